namespace IntrinsicLab.Core.Statistics;

/// <summary>Spearman's rank correlation (1904): 1 where one quantity always rises with the other, −1 where it always falls, whatever the shape.</summary>
public static class RankCorrelation
{
    // Fewer points say nothing about a trend.
    private const int FewestPoints = 3;

    /// <summary>The correlation of the ranks; equal values share the mean of their ranks.</summary>
    /// <param name="x">One quantity.</param>
    /// <param name="y">The other, as many values.</param>
    /// <returns>NaN for fewer than two values, or where one quantity never changes.</returns>
    public static double Spearman(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        if (x.Length != y.Length)
            throw new ArgumentException($"{x.Length} values do not fit {y.Length}.", nameof(y));
        var (left, right, middle) = (Ranks(x), Ranks(y), (x.Length + 1) / 2.0);
        var (both, ofX, ofY) = (0.0, 0.0, 0.0);
        for (var index = 0; index < left.Length; index++)
        {
            var (a, b) = (left[index] - middle, right[index] - middle);
            (both, ofX, ofY) = (both + a * b, ofX + a * a, ofY + b * b);
        }
        return ofX > 0 && ofY > 0 ? Math.Clamp(both / Math.Sqrt(ofX * ofY), -1, 1) : double.NaN;
    }

    /// <summary>
    /// The trend of one seed's curve: the correlation of its values with their places. Points of one curve hang together, so that it is one number
    /// of evidence, not as many as there are points. A curve that never changes has no trend: 0.
    /// </summary>
    /// <param name="curve">The curve.</param>
    /// <param name="from">Points from here on.</param>
    /// <param name="to">Points up to here; null for all.</param>
    /// <returns>NaN where fewer than three points lie there.</returns>
    public static double Trend(SeedCurve curve, double from, double? to)
    {
        var (x, y) = (new List<double>(), new List<double>());
        for (var index = 0; index < curve.X.Length; index++)
            if (curve.X[index] >= from && curve.X[index] <= (to ?? double.PositiveInfinity) && double.IsFinite(curve.Y[index]) && curve.Weights?[index] is not 0)
            {
                x.Add(curve.X[index]);
                y.Add(curve.Y[index]);
            }
        return x.Count < FewestPoints ? double.NaN : Spearman([.. x], [.. y]) is var found && double.IsNaN(found) ? 0 : found;
    }

    private static double[] Ranks(ReadOnlySpan<double> values)
    {
        var (sorted, order) = (values.ToArray(), Enumerable.Range(0, values.Length).ToArray());
        Array.Sort(sorted, order);
        var ranks = new double[sorted.Length];
        for (int first = 0, next; first < sorted.Length; first = next)
        {
            for (next = first + 1; next < sorted.Length && sorted[next] == sorted[first];)
                next++;
            for (var place = first; place < next; place++)
                ranks[order[place]] = (first + next + 1) / 2.0;
        }
        return ranks;
    }
}
