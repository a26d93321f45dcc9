namespace IntrinsicLab.Core.Statistics;

/// <summary>Pearson's correlation (1895): 1 where one quantity is a rising straight line of the other, −1 where it is a falling one.</summary>
public static class LinearCorrelation
{
    /// <summary>The correlation of two quantities.</summary>
    /// <param name="x">One quantity.</param>
    /// <param name="y">The other, as many values.</param>
    /// <returns>NaN for fewer than two values, or where one quantity never changes.</returns>
    public static double Pearson(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        if (x.Length != y.Length)
            throw new ArgumentException($"{x.Length} values do not fit {y.Length}.", nameof(y));
        if (x.Length < 2)
            return double.NaN;
        var (meanOfX, meanOfY) = (Aggregates.Mean(x), Aggregates.Mean(y));
        var (both, ofX, ofY) = (0.0, 0.0, 0.0);
        for (var index = 0; index < x.Length; index++)
        {
            var (a, b) = (x[index] - meanOfX, y[index] - meanOfY);
            (both, ofX, ofY) = (both + a * b, ofX + a * a, ofY + b * b);
        }
        return ofX > 0 && ofY > 0 ? Math.Clamp(both / Math.Sqrt(ofX * ofY), -1, 1) : double.NaN;
    }
}
