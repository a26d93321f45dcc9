using IntrinsicLab.Core.Statistics;

namespace IntrinsicLab.Data;

/// <summary>One run of a group.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="Seed">Its seed.</param>
/// <param name="Final">Its final score, normalised where the comparison is; null where it did not get so far.</param>
/// <param name="Area">Its curve's mean over the budget, on the same scale; null where it has no curve.</param>
public sealed record ComparedRun(Guid Id, string Name, int Seed, double? Final, double? Area)
{
    /// <summary>What it was trained on.</summary>
    public string Environment { get; init; } = "";

    /// <summary>Its curve's mean over the first fifth of the budget, on the same scale; null where it has none there.</summary>
    public double? Early { get; init; }

    /// <summary>Its final score as it was measured.</summary>
    public double? RawFinal { get; init; }

    /// <summary>The first place at which it was seen at or above the threshold; null where it never was, or where no threshold is asked for.</summary>
    public double? ReachedAt { get; init; }
}

/// <summary>One configuration with its seeds, or whatever else makes a group.</summary>
/// <param name="Label">Name for people.</param>
/// <param name="Key">The members that make it.</param>
/// <param name="Runs">Its runs, by environment and seed.</param>
/// <param name="Curve">Their curve.</param>
/// <param name="Final">What their final scores say; of several environments each weighs the same.</param>
/// <param name="FinalInterval">95 % bootstrap interval of the statistic of the final scores; null for fewer than two.</param>
/// <param name="Area">What the means of their curves say.</param>
public sealed record ComparedGroup(
    string Label, IReadOnlyDictionary<string, string> Key, IReadOnlyList<ComparedRun> Runs, GroupCurve Curve, SeedBand Final, Interval? FinalInterval,
    SeedBand Area)
{
    /// <summary>The environments of its runs.</summary>
    public IReadOnlyList<string> Environments { get; init; } = [];

    /// <summary>The statistic that was asked for, of the final scores; null without any.</summary>
    public double? FinalStatistic { get; init; }

    /// <summary>The same of the curves' means.</summary>
    public double? AreaStatistic { get; init; }

    /// <summary>95 % bootstrap interval of it; null for fewer than two.</summary>
    public Interval? AreaInterval { get; init; }

    /// <summary>What share of its final scores lies above each threshold; null without any.</summary>
    public ScoreProfile? Profile { get; init; }

    /// <summary>Every aggregate of the final scores; empty unless they are normalised.</summary>
    public IReadOnlyList<ComparedAggregate> Aggregates { get; init; } = [];

    /// <summary>How long its runs take to reach the threshold; null where none is asked for.</summary>
    public Reaching? Reaching { get; init; }

    /// <summary>Share of runs whose final score is 1 where all are 0 or 1, with Wilson's interval; null elsewhere.</summary>
    public ComparedRate? Success { get; init; }

    /// <summary>Each environment alone, in its own scores; empty for a group on one.</summary>
    public IReadOnlyList<ComparedTask> Tasks { get; init; } = [];
}

/// <summary>One aggregate of normalised final scores.</summary>
/// <param name="Aggregate">Which.</param>
/// <param name="Value">Its value.</param>
/// <param name="Interval">95 % stratified bootstrap interval; null for fewer than two runs of an environment.</param>
public sealed record ComparedAggregate(Aggregate Aggregate, double Value, Interval? Interval);

/// <summary>A share of runs.</summary>
/// <param name="Successes">How many succeeded.</param>
/// <param name="Count">Of how many.</param>
/// <param name="Interval">Wilson's 95 % interval.</param>
public sealed record ComparedRate(int Successes, int Count, Interval Interval);

/// <summary>A group on one of its environments, in that environment's own scores.</summary>
/// <param name="Environment">Which.</param>
/// <param name="Curve">The curve of its runs there.</param>
/// <param name="Final">Final scores there.</param>
/// <param name="FinalStatistic">The statistic that was asked for, of them; null without any.</param>
/// <param name="FinalInterval">Its 95 % bootstrap interval; null for fewer than two.</param>
public sealed record ComparedTask(string Environment, GroupCurve Curve, SeedBand Final, double? FinalStatistic, Interval? FinalInterval);

/// <summary>Two groups' final scores side by side.</summary>
/// <param name="X">Label of one.</param>
/// <param name="Y">Label of the other.</param>
/// <param name="Difference">The comparison of x with y.</param>
/// <param name="AdjustedP">p-value of the permutation test after Holm, over all pairs; null where there is none.</param>
public sealed record ComparedPair(string X, string Y, GroupDifference Difference, double? AdjustedP)
{
    /// <summary>p-value of Welch's test after Holm, over all pairs.</summary>
    public double? AdjustedWelchP { get; init; }

    /// <summary>p-value of Mann and Whitney's test after Holm, over all pairs.</summary>
    public double? AdjustedMannWhitneyP { get; init; }
}

/// <summary>What an environment's scores are normalised between.</summary>
/// <param name="Environment">Which.</param>
/// <param name="Floor">Score that counts as 0.</param>
/// <param name="Ceiling">Score that counts as 1.</param>
/// <param name="Source">Where both come from, in a sentence.</param>
public sealed record ScoreScale(string Environment, double Floor, double Ceiling, string Source);

/// <summary>Groups of runs compared.</summary>
/// <param name="Groups">By label.</param>
/// <param name="Pairs">Every pair of groups on the same environments that have final scores.</param>
/// <param name="Warnings">What a reader has to know, in sentences.</param>
public sealed record Comparison(IReadOnlyList<ComparedGroup> Groups, IReadOnlyList<ComparedPair> Pairs, IReadOnlyList<string> Warnings)
{
    /// <summary>Every environment of its runs.</summary>
    public IReadOnlyList<string> Environments { get; init; } = [];

    /// <summary>What scores are normalised between, by environment; empty for raw scores.</summary>
    public IReadOnlyList<ScoreScale> Scales { get; init; } = [];

    /// <summary>How final scores, intervals and tests were made, in a line.</summary>
    public string Method { get; init; } = "";

    /// <summary>Changes when a number may have changed.</summary>
    public string Version { get; init; } = "";

    /// <summary>Scores are normalised.</summary>
    public bool IsNormalised => Scales.Count > 0;
}

/// <summary>A selection of runs cannot be compared; the message says why.</summary>
public sealed class ComparisonException(string member, string message) : Exception(message)
{
    /// <summary>The member of the query that is at fault.</summary>
    public string Member => member;
}
