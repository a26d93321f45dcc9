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
    public static ComparisonResource Of(ComparisonQuery query, Comparison comparison) => new(
        ComparisonSettings.Of(query), [.. comparison.Groups.Select(ComparedGroupResource.Of)], [.. comparison.Pairs.Select(ComparedPairResource.Of)], comparison.Warnings);
}

/// <summary>How groups were compared.</summary>
/// <param name="Metric">Name of the metric.</param>
/// <param name="GroupBy">Members of the plan that make a group; empty for whole configurations.</param>
/// <param name="X">steps, episodes or seconds.</param>
/// <param name="Statistic">mean, median or iqm.</param>
/// <param name="Interval">ci95, t95, se, sd, minmax or p12.5-87.5.</param>
/// <param name="Smoothing">Weight of the moving average given to each seed.</param>
/// <param name="Budget">Where curves end; null for the runs' own budget.</param>
/// <param name="Points">Most places of a curve.</param>
/// <param name="FinalShare">Share of the budget, at its end, whose mean is the final score.</param>
/// <param name="Replicates">Bootstrap resamples for bands.</param>
public sealed record ComparisonSettings(
    string Metric, IReadOnlyList<string> GroupBy, string X, string Statistic, string Interval, double Smoothing, double? Budget, int Points, double FinalShare,
    int Replicates)
{
    public static ComparisonSettings Of(ComparisonQuery query) => new(
        query.Metric, query.GroupBy, ComparisonWords.Of(query.X), ComparisonWords.Of(query.Curve.Statistic), ComparisonWords.Of(query.Curve.Band),
        query.Curve.Smoothing, query.Budget, query.Points, query.FinalShare, query.Curve.Replicates);
}

/// <summary>One group.</summary>
/// <param name="Label">Name for people.</param>
/// <param name="Key">The members of the plan that make it.</param>
/// <param name="Runs">Its runs, by seed.</param>
/// <param name="Curve">Their curve.</param>
/// <param name="Final">Final scores.</param>
/// <param name="Area">Means of whole curves: the area under them over the extent.</param>
public sealed record ComparedGroupResource(
    string Label, IReadOnlyDictionary<string, string> Key, IReadOnlyList<ComparedRun> Runs, GroupCurveResource Curve, ScoresResource Final, ScoresResource Area)
{
    public static ComparedGroupResource Of(ComparedGroup group) => new(
        group.Label, group.Key, group.Runs, GroupCurveResource.Of(group.Curve), ScoresResource.Of(group.Final, group.FinalInterval),
        ScoresResource.Of(group.Area, null));
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
    public static GroupCurveResource Of(GroupCurve curve) =>
        new(curve.Grid, Known(curve.Centre), Known(curve.Low), Known(curve.High), curve.Seeds, curve.Method);

    private static double?[] Known(double[] values) => [.. values.Select(value => double.IsNaN(value) ? (double?)null : value)];
}

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
    public static ComparedPairResource Of(ComparedPair pair)
    {
        var found = pair.Difference;
        return new(
            pair.X, pair.Y, found.Difference.Value, ScoresResource.Pair(found.Difference.Interval), found.Improvement.Value,
            ScoresResource.Pair(found.Improvement.Interval), double.IsFinite(found.HedgesG) ? found.HedgesG : null, found.Welch?.P, found.Permutation?.P,
            found.MannWhitney?.P, pair.AdjustedP, found.SmallestP);
    }
}
