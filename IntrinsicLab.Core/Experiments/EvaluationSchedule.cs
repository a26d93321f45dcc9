using IntrinsicLab.Core.Environments;

namespace IntrinsicLab.Core.Experiments;

/// <summary>At which updates a run is evaluated, and for how long: a function of plan and steps alone, so that a resumed run agrees.</summary>
internal sealed class EvaluationSchedule
{
    /// <summary>The most steps of an episode: worlds without end have to be left some time.</summary>
    public const int LongestEpisode = 10_000;

    /// <summary>The most evaluations of a run.</summary>
    public const int MostEvaluations = 1000;

    private const int PartOfBudget = 20;

    private readonly EvaluationPlan plan;
    private readonly long budget;
    private readonly long times;

    public EvaluationSchedule(RunPlan run, EnvironmentSpec spec)
    {
        (plan, budget) = (run.Evaluation, run.Steps);
        EpisodeSteps = Math.Min(spec.TimeLimit ?? LongestEpisode, LongestEpisode);
        Episodes = spec.Deterministic ? 1 : plan.Episodes;
        times = Math.Min(plan.Times, Math.Max(1, budget / PartOfBudget / EpisodeSteps - 1));
        Allowance = plan.Every > 0 ? long.MaxValue : budget / PartOfBudget / (times + 1);
    }

    /// <summary>Steps after which an evaluation episode is left.</summary>
    public int EpisodeSteps { get; }

    /// <summary>Episodes of one evaluation, at most.</summary>
    public int Episodes { get; }

    /// <summary>Steps of one evaluation beyond which no further episode begins.</summary>
    public long Allowance { get; }

    /// <summary>Whether the update that led from one number of steps to another is followed by an evaluation.</summary>
    public bool Includes(long before, long now, bool finished)
    {
        if (now == 0 || (plan.Every == 0 && times == 0))
            return false;
        return before == 0 || finished || (plan.Every > 0 ? now / plan.Every > before / plan.Every : Passed(now) > Passed(before));
    }

    // Marks lie at 1, 1 + budget/times, 1 + 2·budget/times …
    private long Passed(long steps) => Math.Min(times, 1 + (long)((Int128)(steps - 1) * times / budget));
}
