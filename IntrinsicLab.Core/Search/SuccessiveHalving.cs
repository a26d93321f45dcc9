namespace IntrinsicLab.Core.Search;

/// <summary>
/// Asynchronous successive halving (Li, Jamieson, Rostamizadeh, Gonina, Ben-tzur, Hardt, Recht and Talwalkar, "A system for massively parallel
/// hyperparameter tuning", 2020, algorithm 2). All trials start on the lowest rung; whenever a worker is free, the best trial among the top
/// ⌊n/η⌋ of the n that have finished some rung goes on to the next, highest rung first, and where there is none a new trial starts. Here a trial
/// is compared by the aggregate over its seeds, and going on means that its runs go on: nothing is trained twice.
/// </summary>
public static class SuccessiveHalving
{
    /// <summary>
    /// Steps of the rungs: the budget R divided by powers of η, ⌈R/ηᵏ⌉, as far as they are no fewer than <paramref name="first"/>.
    /// </summary>
    public static IReadOnlyList<long> Rungs(long steps, long first, int reduction)
    {
        var rungs = new List<long> { steps };
        var divisor = (long)reduction;
        while (divisor <= steps && (steps + divisor - 1) / divisor is var rung && rung >= first && rung < rungs[0])
        {
            rungs.Insert(0, rung);
            divisor *= reduction;
        }
        return rungs;
    }

    /// <summary>The trial that goes on next, and from which rung; null when none may.</summary>
    /// <param name="trials">All trials with the results known now.</param>
    /// <param name="rungs">Number of rungs.</param>
    /// <param name="reduction">η.</param>
    /// <param name="goal">Which results are better.</param>
    internal static SweepTrial? Promotable(IReadOnlyList<SweepTrial> trials, int rungs, int reduction, SearchGoal goal)
    {
        for (var rung = rungs - 2; rung >= 0; rung--)
        {
            var ranked = Ranked(trials, rung, goal);
            var promotable = ranked.Take(ranked.Count / reduction).FirstOrDefault(trial => trial.Rung == rung && trial.Results[rung].Score is not null);
            if (promotable is not null)
                return promotable;
        }
        return null;
    }

    /// <summary>The trials that have finished a rung, best first.</summary>
    internal static List<SweepTrial> Ranked(IReadOnlyList<SweepTrial> trials, int rung, SearchGoal goal) =>
        [.. trials.Where(trial => trial.Results.Count > rung).OrderBy(trial => trial, TrialOrder.At(goal, rung))];
}
