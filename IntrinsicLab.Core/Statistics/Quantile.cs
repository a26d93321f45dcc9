namespace IntrinsicLab.Core.Statistics;

/// <summary>Sample quantiles.</summary>
public static class Quantile
{
    /// <summary>The quantile with linear interpolation between order statistics (type 7 of Hyndman and Fan 1996).</summary>
    /// <param name="sorted">Values in ascending order, at least one.</param>
    /// <param name="probability">From 0 to 1.</param>
    public static double OfSorted(ReadOnlySpan<double> sorted, double probability)
    {
        if (sorted.IsEmpty)
            throw new ArgumentException("There is no value to take a quantile of.", nameof(sorted));
        ArgumentOutOfRangeException.ThrowIfNegative(probability);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(probability, 1);
        var position = probability * (sorted.Length - 1);
        var below = (int)Math.Floor(position);
        return below + 1 < sorted.Length ? sorted[below] + (position - below) * (sorted[below + 1] - sorted[below]) : sorted[below];
    }

    /// <summary>The median: the middle value, or the mean of the two middle ones.</summary>
    /// <param name="sorted">Values in ascending order, at least one.</param>
    public static double MedianOfSorted(ReadOnlySpan<double> sorted) => sorted.Length % 2 == 1
        ? sorted[sorted.Length / 2]
        : (sorted[sorted.Length / 2 - 1] + sorted[sorted.Length / 2]) / 2;
}
