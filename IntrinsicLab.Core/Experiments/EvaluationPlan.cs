using System.ComponentModel.DataAnnotations;

namespace IntrinsicLab.Core.Experiments;

/// <summary>
/// When a run's policy is tried out and shown: some episodes of its most likely actions, in environments of their own. Training is the same
/// with and without, so that none of this is part of a run's configuration hash.
/// </summary>
public sealed record EvaluationPlan
{
    /// <summary>
    /// Evaluations spread evenly over the run, the first after the first update; one more follows the last update. Fewer where episodes of
    /// the longest kind would take more than a twentieth of the budget. 0 turns evaluation off.
    /// </summary>
    [Range(0, 1000), Unit("evaluations"), Group("Evaluation")]
    public int Times { get; init; } = 10;

    /// <summary>Steps from one evaluation to the next, whatever they cost, in place of a number of times; 0 spreads them evenly.</summary>
    [Range(0, RunPlan.LongestRun), Unit("steps"), Group("Evaluation")]
    public long Every { get; init; }

    /// <summary>
    /// Episodes of each evaluation; one where nothing is random. With evaluations spread evenly, no further episode begins where it would
    /// take them beyond a twentieth of the budget.
    /// </summary>
    [Range(1, 1000), Unit("episodes"), Group("Evaluation")]
    public int Episodes { get; init; } = 5;

    /// <summary>How many of these episodes are recorded as a replay, from the first on; 0 for none.</summary>
    [Range(0, 20), Unit("episodes"), Group("Evaluation")]
    public int Record { get; init; } = 1;
}
