namespace IntrinsicLab.Data;

/// <summary>Where a run is in its life. <see cref="RunTransitions"/> says which may follow which.</summary>
public enum RunStatus
{
    /// <summary>Waits for a worker.</summary>
    Queued,

    /// <summary>A worker has claimed it and starts its process.</summary>
    Starting,

    /// <summary>Trains.</summary>
    Running,

    /// <summary>Was asked to pause and writes its checkpoint.</summary>
    Pausing,

    /// <summary>Stopped with a checkpoint; goes on when resumed.</summary>
    Paused,

    /// <summary>Was asked to stop for good.</summary>
    Cancelling,

    /// <summary>Stopped for good; what it measured is kept.</summary>
    Cancelled,

    /// <summary>Spent its budget.</summary>
    Completed,

    /// <summary>Ended with an error; its reason is stored.</summary>
    Failed,
}

/// <summary>The table of legal transitions.</summary>
public static class RunTransitions
{
    private static readonly Dictionary<RunStatus, RunStatus[]> Table = new()
    {
        [RunStatus.Queued] = [RunStatus.Starting, RunStatus.Paused, RunStatus.Cancelled],
        [RunStatus.Starting] =
            [RunStatus.Running, RunStatus.Pausing, RunStatus.Cancelling, RunStatus.Failed, RunStatus.Queued],
        [RunStatus.Running] =
        [
            RunStatus.Pausing, RunStatus.Paused, RunStatus.Cancelling, RunStatus.Cancelled, RunStatus.Completed, RunStatus.Failed, RunStatus.Queued,
        ],
        [RunStatus.Pausing] = [RunStatus.Paused, RunStatus.Cancelling, RunStatus.Completed, RunStatus.Failed],
        [RunStatus.Paused] = [RunStatus.Queued, RunStatus.Cancelled],
        [RunStatus.Cancelling] = [RunStatus.Cancelled, RunStatus.Completed, RunStatus.Failed],
        [RunStatus.Cancelled] = [],
        [RunStatus.Completed] = [],
        [RunStatus.Failed] = [RunStatus.Queued],
    };

    /// <summary>What may follow a status.</summary>
    public static IReadOnlyList<RunStatus> From(RunStatus status) => Table[status];

    /// <summary>The step from one to the other is legal.</summary>
    public static bool IsLegal(RunStatus from, RunStatus to) => Table[from].Contains(to);

    /// <summary>Nothing more happens without a person: completed, cancelled or failed.</summary>
    public static bool IsTerminal(this RunStatus status) =>
        status is RunStatus.Completed or RunStatus.Cancelled or RunStatus.Failed;

    /// <summary>A worker holds the run.</summary>
    public static bool IsHeld(this RunStatus status) =>
        status is RunStatus.Starting or RunStatus.Running or RunStatus.Pausing or RunStatus.Cancelling;
}
