using IntrinsicLab.Data;

namespace IntrinsicLab.Web.Live;

/// <summary>What pages read off a row of the run list.</summary>
internal static class RunRows
{
    public static IReadOnlyList<RunStatus> Held { get; } = [.. Enum.GetValues<RunStatus>().Where(status => status.IsHeld())];

    public static IReadOnlyList<RunStatus> Ended { get; } = [.. Enum.GetValues<RunStatus>().Where(status => status.IsTerminal())];

    extension(RunRow run)
    {
        /// <summary>Share of the budget that is done, from 0 to 1; a run that completed has done it all, the last whole update included.</summary>
        public double Done => run.Status == RunStatus.Completed ? 1 : run.Steps > 0 ? Math.Clamp((double)run.StepsDone / run.Steps, 0, 1) : 0;

        /// <summary>New points may come without a person doing anything.</summary>
        public bool Live => run.Status.IsHeld() || run.Status == RunStatus.Queued;

        public double? SecondsLeft => run.Status == RunStatus.Running && run.StepsPerSecond is > 0 ? (run.Steps - run.StepsDone) / run.StepsPerSecond : null;
    }
}
