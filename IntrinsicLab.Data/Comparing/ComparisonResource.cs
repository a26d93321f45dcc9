using IntrinsicLab.Core.Statistics;

namespace IntrinsicLab.Data;

/// <summary>Groups of runs compared.</summary>
/// <param name="Settings">How they were compared, as the body of POST comparisons would say it, with nothing left to default.</param>
/// <param name="Groups">Each with its curve and scores.</param>
/// <param name="Pairs">Every pair of groups that have final scores.</param>
/// <param name="Warnings">What a reader has to know.</param>
public sealed record ComparisonResource(
    ComparisonSettings Settings, IReadOnlyList<ComparedGroupResource> Groups, IReadOnlyList<ComparedPairResource> Pairs, IReadOnlyList<string> Warnings)
{
    /// <summary>Every environment of the runs.</summary>
    public IReadOnlyList<string> Environments { get; init; } = [];

    /// <summary>What scores are normalised between, by environment; empty for raw scores.</summary>
    public IReadOnlyList<ScoreScale> Scales { get; init; } = [];

    /// <summary>How final scores, intervals and tests were made, in one line.</summary>
    public string Method { get; init; } = "";

    /// <summary>Changes when a number may have changed.</summary>
    public string Version { get; init; } = "";

    public static ComparisonResource Of(ComparisonQuery query, Comparison comparison)
    {
        var looks = GroupLooks.Assign(comparison.Groups.Select(group => group.Label));
        return new(
            ComparisonSettings.Of(query), [.. comparison.Groups.Select(group => ComparedGroupResource.Of(group, query.Lines) with
            {
                Slot = looks[group.Label].Slot,
                Dash = looks[group.Label].Dash,
            })],
            [.. comparison.Pairs.Select(ComparedPairResource.Of)], comparison.Warnings)
        {
            Environments = comparison.Environments,
            Scales = comparison.Scales,
            Method = comparison.Method,
            Version = comparison.Version,
        };
    }
}

/// <summary>How groups were compared.</summary>
/// <param name="Metric">Name of the metric.</param>
/// <param name="GroupBy">Members of the plan that make a group; empty for whole configurations.</param>
/// <param name="X">steps, episodes or seconds.</param>
/// <param name="Statistic">mean, median or iqm.</param>
/// <param name="Interval">ci95, t95, se, sd, minmax or p12.5-87.5; ci or t where the level is another.</param>
/// <param name="Smoothing">Weight of the moving average given to each seed.</param>
/// <param name="Budget">Where curves end; null for the runs' own budget.</param>
/// <param name="Points">Most places of a curve.</param>
/// <param name="FinalShare">Share of the budget, at its end, whose mean is the final score.</param>
/// <param name="Replicates">Bootstrap resamples for bands.</param>
public sealed record ComparisonSettings(
    string Metric, IReadOnlyList<string> GroupBy, string X, string Statistic, string Interval, double Smoothing, double? Budget, int Points, double FinalShare,
    int Replicates)
{
    /// <summary>Confidence of the curves' bootstrap and t bands.</summary>
    public double Level { get; init; } = 0.95;

    /// <summary>auto, none, reference, human or minmax.</summary>
    public string Normalise { get; init; } = "auto";

    /// <summary>Score whose reaching is timed; null for none.</summary>
    public double? Threshold { get; init; }

    public static ComparisonSettings Of(ComparisonQuery query) => new(
        query.Metric, query.GroupBy, ComparisonQuery.Word(query.X), ComparisonQuery.Word(query.Curve.Statistic), query.Interval,
        query.Curve.Smoothing, query.Budget, query.Points, query.FinalShare, query.Curve.Replicates)
    {
        Level = query.Curve.Confidence,
        Normalise = ComparisonQuery.Word(query.Normalise),
        Threshold = query.Threshold,
    };
}

/// <summary>One group.</summary>
/// <param name="Label">Name for people.</param>
/// <param name="Key">The members of the plan that make it.</param>
/// <param name="Runs">Its runs, by environment and seed.</param>
/// <param name="Curve">Their curve.</param>
/// <param name="Final">Final scores.</param>
/// <param name="Area">Means of whole curves: the area under them over the extent.</param>
public sealed record ComparedGroupResource(
    string Label, IReadOnlyDictionary<string, string> Key, IReadOnlyList<ComparedRun> Runs, GroupCurveResource Curve, ScoresResource Final, ScoresResource Area)
{
    /// <summary>Colour slot from 1 to 8; follows from the label where no other group has the same.</summary>
    public int Slot { get; init; }

    /// <summary>Dash pattern, 0 for a solid line; more where more than eight groups share the slots.</summary>
    public int Dash { get; init; }

    /// <summary>The environments of its runs.</summary>
    public IReadOnlyList<string> Environments { get; init; } = [];

    /// <summary>Share of final scores above each threshold; null without final scores.</summary>
    public ProfileResource? Profile { get; init; }

    /// <summary>mean, median, iqm and optimality-gap of normalised final scores; empty for raw ones.</summary>
    public IReadOnlyDictionary<string, EstimateResource> Aggregates { get; init; } = new Dictionary<string, EstimateResource>();

    /// <summary>How long runs take to reach the threshold; null where none is asked for.</summary>
    public ReachingResource? Reaching { get; init; }

    /// <summary>Share of runs that succeeded, where every final score is 0 or 1; null elsewhere.</summary>
    public RateResource? Success { get; init; }

    /// <summary>Each environment alone, in its own scores; empty for a group on one.</summary>
    public IReadOnlyList<ComparedTaskResource> Tasks { get; init; } = [];

    public static ComparedGroupResource Of(ComparedGroup group) => Of(group, false);

    public static ComparedGroupResource Of(ComparedGroup group, bool lines) => new(
        group.Label, group.Key, group.Runs, GroupCurveResource.Of(group.Curve, lines),
        ScoresResource.Of(group.Final, group.FinalInterval) with { Statistic = group.FinalStatistic },
        ScoresResource.Of(group.Area, group.AreaInterval) with { Statistic = group.AreaStatistic })
    {
        Environments = group.Environments,
        Profile = group.Profile is { } profile ? new(profile.Thresholds, profile.Shares, profile.Low, profile.High) : null,
        Aggregates = group.Aggregates.ToDictionary(
            each => each.Aggregate == Aggregate.OptimalityGap ? "optimality-gap" : ComparisonQuery.Word(each.Aggregate),
            each => new EstimateResource(each.Value, ScoresResource.Pair(each.Interval))),
        Reaching = group.Reaching is { } reaching
            ? new(reaching.Threshold, reaching.Reached, reaching.Count, [reaching.Share.Low, reaching.Share.High], reaching.Lower, reaching.Median, reaching.Upper)
            : null,
        Success = group.Success is { } rate ? new(rate.Successes, rate.Count, [rate.Interval.Low, rate.Interval.High]) : null,
        Tasks = [.. group.Tasks.Select(task => new ComparedTaskResource(
            task.Environment, GroupCurveResource.Of(task.Curve, lines), ScoresResource.Of(task.Final, task.FinalInterval) with { Statistic = task.FinalStatistic }))],
    };
}

/// <summary>A curve; null where no seed was observed, or where there is no band.</summary>
/// <param name="X">Places.</param>
/// <param name="Y">The statistic.</param>
/// <param name="Low">Lower edge of the band.</param>
/// <param name="High">Upper edge of the band.</param>
/// <param name="N">Seeds at each place.</param>
/// <param name="Method">How it was made, in one line.</param>
public sealed record GroupCurveResource(double[] X, double?[] Y, double?[] Low, double?[] High, int[] N, string Method)
{
    /// <summary>Each run's own curve at these places, in the order of the runs; null unless asked for.</summary>
    public IReadOnlyList<double?[]>? Lines { get; init; }

    public static GroupCurveResource Of(GroupCurve curve) => Of(curve, false);

    public static GroupCurveResource Of(GroupCurve curve, bool lines) =>
        new(curve.Grid, Known(curve.Centre), Known(curve.Low), Known(curve.High), curve.Seeds, curve.Method)
        {
            Lines = lines ? [.. curve.Lines.Select(Known)] : null,
        };

    private static double?[] Known(double[] values) => [.. values.Select(value => double.IsNaN(value) ? (double?)null : value)];
}

/// <summary>Run-score distribution; a step at every score.</summary>
/// <param name="Thresholds">The scores, ascending.</param>
/// <param name="Shares">Share of scores strictly above each; 1 below the first.</param>
/// <param name="Low">Lower edge of the 95 % bootstrap band; empty without one.</param>
/// <param name="High">Upper edge.</param>
public sealed record ProfileResource(double[] Thresholds, double[] Shares, double[] Low, double[] High);

/// <summary>A number and how sure it is.</summary>
/// <param name="Value">The number.</param>
/// <param name="Bootstrap95">Its 95 % bootstrap interval: low, high; null where there are too few seeds.</param>
public sealed record EstimateResource(double Value, double[]? Bootstrap95);

/// <summary>How long runs take to reach a score; null where too few ever did.</summary>
/// <param name="Threshold">The score.</param>
/// <param name="Reached">Runs that did.</param>
/// <param name="Count">Runs.</param>
/// <param name="Wilson95">Wilson's 95 % interval of the share that does.</param>
/// <param name="Quarter">Place by which a quarter of all runs has.</param>
/// <param name="Half">Place by which half has.</param>
/// <param name="ThreeQuarters">Place by which three quarters have.</param>
public sealed record ReachingResource(double Threshold, int Reached, int Count, double[] Wilson95, double? Quarter, double? Half, double? ThreeQuarters);

/// <summary>A share of runs.</summary>
/// <param name="Successes">How many succeeded.</param>
/// <param name="Count">Of how many.</param>
/// <param name="Wilson95">Wilson's 95 % interval of the share.</param>
public sealed record RateResource(int Successes, int Count, double[] Wilson95);

/// <summary>A group on one of its environments.</summary>
/// <param name="Environment">Which.</param>
/// <param name="Curve">Its curve there.</param>
/// <param name="Final">Its final scores there, as measured.</param>
public sealed record ComparedTaskResource(string Environment, GroupCurveResource Curve, ScoresResource Final);

/// <summary>What a handful of seeds say about one number; null for what they cannot say.</summary>
/// <param name="N">Seeds that have it.</param>
/// <param name="Mean">Mean.</param>
/// <param name="StandardDeviation">Over seeds, with n − 1.</param>
/// <param name="StandardError">Of the mean.</param>
/// <param name="T95">95 % t interval of the mean: low, high.</param>
/// <param name="Bootstrap95">95 % bootstrap interval of the statistic asked for: low, high.</param>
/// <param name="Median">Median.</param>
/// <param name="Iqm">Interquartile mean; of fewer than four the mean.</param>
/// <param name="Min">Least.</param>
/// <param name="Max">Greatest.</param>
public sealed record ScoresResource(
    int N, double? Mean, double? StandardDeviation, double? StandardError, double[]? T95, double[]? Bootstrap95, double? Median, double? Iqm, double? Min, double? Max)
{
    /// <summary>The statistic that was asked for, which the bootstrap interval belongs to.</summary>
    public double? Statistic { get; init; }

    public static ScoresResource Of(SeedBand band, Interval? bootstrap) => new(
        band.Count, band.Mean, band.StandardDeviation, band.StandardError, Pair(band.StudentInterval), Pair(bootstrap), band.Median, band.Iqm, band.Minimum,
        band.Maximum);

    internal static double[]? Pair(Interval? interval) => interval is { } bounds ? [bounds.Low, bounds.High] : null;
}

/// <summary>Final scores of two groups, x against y; null where there are too few seeds.</summary>
/// <param name="X">Label of one.</param>
/// <param name="Y">Label of the other.</param>
/// <param name="Difference">Of the means, x − y.</param>
/// <param name="Difference95">Its 95 % bootstrap interval.</param>
/// <param name="ProbabilityOfImprovement">How likely a run of x beats a run of y; 0.5 says nothing.</param>
/// <param name="ProbabilityOfImprovement95">Its 95 % bootstrap interval.</param>
/// <param name="HedgesG">Difference in standard deviations.</param>
/// <param name="WelchP">Two-sided p-value of Welch's test.</param>
/// <param name="PermutationP">Two-sided p-value of the permutation test.</param>
/// <param name="MannWhitneyP">Two-sided p-value of Mann and Whitney's test.</param>
/// <param name="AdjustedP">The permutation test's after Holm, over all pairs.</param>
/// <param name="SmallestP">The least p-value that so few seeds can reach.</param>
public sealed record ComparedPairResource(
    string X, string Y, double Difference, double[]? Difference95, double ProbabilityOfImprovement, double[]? ProbabilityOfImprovement95, double? HedgesG,
    double? WelchP, double? PermutationP, double? MannWhitneyP, double? AdjustedP, double SmallestP)
{
    /// <summary>Welch's after Holm, over all pairs.</summary>
    public double? AdjustedWelchP { get; init; }

    /// <summary>Mann and Whitney's after Holm, over all pairs.</summary>
    public double? AdjustedMannWhitneyP { get; init; }

    /// <summary>Cliff's delta, from −1 to 1.</summary>
    public double CliffsDelta { get; init; }

    public static ComparedPairResource Of(ComparedPair pair)
    {
        var found = pair.Difference;
        return new(
            pair.X, pair.Y, found.Difference.Value, ScoresResource.Pair(found.Difference.Interval), found.Improvement.Value,
            ScoresResource.Pair(found.Improvement.Interval), double.IsFinite(found.HedgesG) ? found.HedgesG : null, found.Welch?.P, found.Permutation?.P,
            found.MannWhitney?.P, pair.AdjustedP, found.SmallestP)
        {
            AdjustedWelchP = pair.AdjustedWelchP,
            AdjustedMannWhitneyP = pair.AdjustedMannWhitneyP,
            CliffsDelta = found.CliffsDelta,
        };
    }
}
