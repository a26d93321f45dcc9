using System.Runtime.CompilerServices;

namespace IntrinsicLab.Core.Statistics;

/// <summary>The area under a learning curve, which rewards learning early.</summary>
public static class AreaUnderCurve
{
    /// <summary>
    /// Trapezoid area divided by the extent of x: the return averaged over training. An unweighted mean of the points would depend on where
    /// they happen to lie.
    /// </summary>
    /// <param name="x">Ascending.</param>
    /// <param name="y">As many values.</param>
    /// <param name="end">Area up to here, the last segment cut by linear interpolation; null for the whole curve.</param>
    /// <returns>NaN where no extent is left.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double Mean(ReadOnlySpan<double> x, ReadOnlySpan<double> y, double? end = null)
    {
        if (x.Length != y.Length)
            throw new ArgumentException($"{x.Length} places do not fit {y.Length} values.", nameof(y));
        if (x.IsEmpty)
            return double.NaN;
        var last = Math.Min(end ?? x[^1], x[^1]);
        var area = 0.0;
        for (var index = 1; index < x.Length && x[index - 1] < last; index++)
        {
            var to = Math.Min(x[index], last);
            var width = x[index] - x[index - 1];
            var value = width == 0 ? y[index] : y[index - 1] + (y[index] - y[index - 1]) * (to - x[index - 1]) / width;
            area += (to - x[index - 1]) * (y[index - 1] + value) / 2;
        }
        return last > x[0] ? area / (last - x[0]) : double.NaN;
    }
}
