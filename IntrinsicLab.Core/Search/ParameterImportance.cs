using IntrinsicLab.Core.Statistics;

namespace IntrinsicLab.Core.Search;

/// <summary>
/// How much of what trials differ in one parameter explains by itself: the share of the variance of their results between bins of the
/// parameter, ε² = 1 − (n − 1)/(n − k) · (1 − SS_between/SS_total) with n trials in k bins (Kelley, "An unbiased correlation ratio measure", 1935), 0 where that
/// is negative. Bins hold equally many trials in the order of the parameter, at most five and at least three trials each; a list has one
/// bin for each value. <see cref="Chance"/> is the 95 % quantile of the same measure when the results are dealt out anew
/// at random: below it nothing can be said.
/// <para>
/// Limits: it sees main effects only, not that two parameters matter together; it is about the trials that were made, and a search that
/// goes where results are good makes its parameters look less important; shares of several parameters need not add up to 1.
/// </para>
/// </summary>
/// <param name="Name">The parameter.</param>
/// <param name="Share">Share of the variance, 0 to 1; null where there are too few trials or all are equal.</param>
/// <param name="Chance">What chance alone reaches in one of twenty cases; null like <see cref="Share"/>.</param>
/// <param name="Trials">Number of trials it rests on.</param>
public sealed record ParameterImportance(string Name, double? Share, double? Chance, int Trials)
{
    private const int Permutations = 999;
    private const int MostBins = 5;
    private const int LeastPerBin = 3;

    /// <summary>Computes it for every dimension.</summary>
    /// <param name="dimensions">The parameters.</param>
    /// <param name="trials">Coordinates and result of each trial; coordinates outside the space (NaN) leave a trial out.</param>
    public static IReadOnlyList<ParameterImportance> Of(
        IReadOnlyList<Dimension> dimensions, IReadOnlyList<(IReadOnlyList<double> Coordinates, double Score)> trials) =>
        [.. dimensions.Select((dimension, index) => Of(dimension, [.. trials
            .Where(trial => double.IsFinite(trial.Coordinates[index])).Select(trial => (trial.Coordinates[index], trial.Score))]))];

    private static ParameterImportance Of(Dimension dimension, IReadOnlyList<(double Coordinate, double Score)> trials)
    {
        var bins = Bins(dimension, [.. trials.Select(trial => trial.Coordinate)]);
        double[] scores = [.. trials.Select(trial => trial.Score)];
        var kinds = bins.Distinct().Count();
        if (kinds < 2 || scores.Length <= kinds || scores.Distinct().Count() < 2)
            return new(dimension.Name, null, null, scores.Length);
        var share = Explained(bins, scores, kinds);
        var rng = new Rng(GroupCurve.Seed([scores])).Split(dimension.Name);
        var dealt = scores.ToArray();
        var chances = new double[Permutations];
        for (var index = 0; index < Permutations; index++)
        {
            rng.Shuffle(dealt.AsSpan());
            chances[index] = Explained(bins, dealt, kinds);
        }
        Array.Sort(chances);
        return new(dimension.Name, share, Quantile.OfSorted(chances, 0.95), scores.Length);
    }

    // Equal coordinates share a bin; a bin is closed once it holds its part of the trials.
    private static int[] Bins(Dimension dimension, double[] coordinates)
    {
        if (dimension.Scale == DimensionScale.Values)
            return [.. coordinates.Select(coordinate => (int)coordinate)];
        var bins = new int[coordinates.Length];
        var wanted = Math.Clamp(coordinates.Length / LeastPerBin, 1, MostBins);
        var different = coordinates.Distinct().Count() <= MostBins;
        var order = Enumerable.Range(0, coordinates.Length).OrderBy(index => coordinates[index]).ToList();
        var bin = 0;
        for (var place = 0; place < order.Count; place++)
        {
            if (place > 0 && coordinates[order[place]] != coordinates[order[place - 1]] && (different || place >= (bin + 1) * order.Count / (double)wanted))
                bin++;
            bins[order[place]] = bin;
        }
        return bins;
    }

    private static double Explained(int[] bins, double[] scores, int kinds)
    {
        var mean = Aggregates.Mean(scores);
        var sums = new double[bins.Max() + 1];
        var counts = new int[sums.Length];
        var total = 0.0;
        for (var index = 0; index < bins.Length; index++)
        {
            sums[bins[index]] += scores[index] - mean;
            counts[bins[index]]++;
            total += (scores[index] - mean) * (scores[index] - mean);
        }
        var between = 0.0;
        for (var bin = 0; bin < sums.Length; bin++)
            between += counts[bin] == 0 ? 0 : sums[bin] * sums[bin] / counts[bin];
        return Math.Max(0, 1 - (scores.Length - 1.0) / (scores.Length - kinds) * (1 - between / total));
    }
}
