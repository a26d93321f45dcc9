using System.Linq.Expressions;
using IntrinsicLab.Data;

namespace IntrinsicLab.Web.Live;

/// <summary>What lists show of a run: everything but its long texts.</summary>
public sealed record RunRow
{
    public required Guid Id { get; init; }
    public required string Name { get; init; }
    public required string Algorithm { get; init; }
    public required string Environment { get; init; }
    public required int Seed { get; init; }
    public required RunStatus Status { get; init; }
    public required long Steps { get; init; }
    public required long StepsDone { get; init; }
    public required double? LastReturn { get; init; }
    public required double? StepsPerSecond { get; init; }
    public required string ExecutionGroup { get; init; }
    public required int Priority { get; init; }
    public required string? WorkerId { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset? StartedAt { get; init; }
    public required DateTimeOffset? FinishedAt { get; init; }

    public static Expression<Func<Run, RunRow>> Of { get; } = run => new RunRow
    {
        Id = run.Id,
        Name = run.Name,
        Algorithm = run.Algorithm,
        Environment = run.Environment,
        Seed = run.Seed,
        Status = run.Status,
        Steps = run.Steps,
        StepsDone = run.StepsDone,
        LastReturn = run.LastReturn,
        StepsPerSecond = run.StepsPerSecond,
        ExecutionGroup = run.ExecutionGroup,
        Priority = run.Priority,
        WorkerId = run.WorkerId,
        CreatedAt = run.CreatedAt,
        StartedAt = run.StartedAt,
        FinishedAt = run.FinishedAt,
    };

    /// <summary>Share of the budget that is done, from 0 to 1.</summary>
    public double Done => Steps > 0 ? Math.Clamp((double)StepsDone / Steps, 0, 1) : 0;

    /// <summary>New points may come without a person doing anything.</summary>
    public bool Live => Status.IsHeld();

    public double? SecondsLeft => Status == RunStatus.Running && StepsPerSecond is > 0 ? (Steps - StepsDone) / StepsPerSecond : null;
}
