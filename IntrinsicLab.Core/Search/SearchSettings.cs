namespace IntrinsicLab.Core.Search;

/// <summary>How the next configuration is chosen.</summary>
public enum SearchMethod
{
    /// <summary>Every combination of the listed values; see <see cref="GridSearch"/>.</summary>
    Grid,

    /// <summary>Independent draws; see <see cref="RandomSearch"/>.</summary>
    Random,

    /// <summary>Draws where good results were found; see <see cref="TreeParzenSearch"/>.</summary>
    Tpe,

    /// <summary>Random draws of which only the best get more steps; see <see cref="SuccessiveHalving"/>.</summary>
    Asha,
}

/// <summary>Which results are better.</summary>
public enum SearchGoal
{
    /// <summary>Larger ones.</summary>
    Maximise,

    /// <summary>Smaller ones.</summary>
    Minimise,
}

/// <summary>One number for the seeds of a trial.</summary>
public enum TrialAggregate
{
    /// <summary>Arithmetic mean.</summary>
    Mean,

    /// <summary>Median.</summary>
    Median,

    /// <summary>Interquartile mean; of fewer than four seeds their mean.</summary>
    Iqm,

    /// <summary>The worst seed: for configurations that must not fail.</summary>
    Worst,
}

/// <summary>What a search does; with its space, budget and seeds it determines every decision but for the results.</summary>
public sealed record SearchSettings
{
    /// <summary>How the next configuration is chosen.</summary>
    public SearchMethod Method { get; init; } = SearchMethod.Random;

    /// <summary>Configurations tried, at most.</summary>
    public int Trials { get; init; } = 20;

    /// <summary>Root of the search's own randomness.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Virtual workers: trials under way at a time. Real workers may be more or fewer; see <see cref="Sweep"/>.</summary>
    public int Parallel { get; init; } = 4;

    /// <summary>Which results are better.</summary>
    public SearchGoal Goal { get; init; } = SearchGoal.Maximise;

    /// <summary>One number for the seeds of a trial.</summary>
    public TrialAggregate Aggregate { get; init; } = TrialAggregate.Mean;

    /// <summary>η of <see cref="SuccessiveHalving"/>: one in so many goes on, with so many times the steps.</summary>
    public int Reduction { get; init; } = 3;

    /// <summary>Least environment steps before the first decision of <see cref="SuccessiveHalving"/>.</summary>
    public long FirstRung { get; init; } = 1;

    /// <summary>The first trial is the default configuration, so that every result has something to stand against.</summary>
    public bool DefaultFirst { get; init; } = true;

    /// <summary>Seeds that <see cref="Racing"/> may give to a configuration; 0 for no race.</summary>
    public int RacingMost { get; init; }

    /// <summary>Rivals of the best that get seeds at a time, at most.</summary>
    public int RacingRivals { get; init; } = 3;
}

/// <summary>A search with everything its decisions depend on but the results.</summary>
/// <param name="Space">What may be tried.</param>
/// <param name="Settings">How.</param>
/// <param name="Steps">Full budget of a run in environment steps.</param>
/// <param name="Seeds">Seeds of every trial.</param>
public sealed record SearchTask(SearchSpace Space, SearchSettings Settings, long Steps, IReadOnlyList<int> Seeds)
{
    /// <summary>Steps after which trials are compared, ascending; the last is the full budget.</summary>
    public IReadOnlyList<long> Rungs { get; } =
        Settings.Method == SearchMethod.Asha ? SuccessiveHalving.Rungs(Steps, Settings.FirstRung, Settings.Reduction) : [Steps];

    /// <summary>Environment steps of the whole search, races apart.</summary>
    /// <returns>What is to be expected, and what it takes if every trial goes on to the end.</returns>
    public (long Expected, long Most) Cost()
    {
        var trials = Math.Min(Settings.Trials, Space.Size is { } size ? size + (Settings.DefaultFirst ? 1 : 0) : Settings.Trials);
        if (Settings.Method == SearchMethod.Grid)
            trials = Space.Size ?? Settings.Trials;
        var (expected, going, before) = (0L, trials, 0L);
        foreach (var rung in Rungs)
        {
            expected += going * (rung - before) * Seeds.Count;
            (going, before) = (going / Settings.Reduction, rung);
        }
        return (expected, trials * Steps * Seeds.Count);
    }
}
