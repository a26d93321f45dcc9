using System.Runtime.CompilerServices;

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

    /// <summary>Two quantiles of values in any order, as <see cref="OfSorted"/> gives them; cheaper than sorting many.</summary>
    /// <param name="values">At least one, none of them NaN; they are reordered.</param>
    /// <param name="low">Lower probability.</param>
    /// <param name="high">Upper probability, not below <paramref name="low"/>.</param>
    internal static Interval Between(Span<double> values, double low, double high)
    {
        var below = (int)Math.Floor(low * (values.Length - 1));
        var above = (int)Math.Floor(high * (values.Length - 1));
        Place(values, below);
        Place(values[below..], Math.Min(1, values.Length - 1 - below));
        Place(values[below..], above - below);
        Place(values[above..], Math.Min(1, values.Length - 1 - above));
        // Only these four places are in order now, which is all that either quantile looks at.
        return new Interval(OfSorted(values, low), OfSorted(values, high));
    }

    // Hoare's selection: the value that sorting would put at this place, smaller ones before it, larger ones behind.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Place(Span<double> values, int place)
    {
        var (first, last) = (0, values.Length - 1);
        while (first < last)
        {
            if (last - first < 16)
            {
                values[first..(last + 1)].Sort();
                return;
            }
            var pivot = Median(values[first], values[first + (last - first) / 2], values[last]);
            var (left, right) = (first, last);
            while (left <= right)
            {
                while (values[left] < pivot)
                    left++;
                while (values[right] > pivot)
                    right--;
                if (left <= right)
                {
                    (values[left], values[right]) = (values[right], values[left]);
                    left++;
                    right--;
                }
            }
            if (place <= right)
                last = right;
            else if (place >= left)
                first = left;
            else
                return;
        }
    }

    private static double Median(double a, double b, double c) => Math.Max(Math.Min(a, b), Math.Min(Math.Max(a, b), c));
}
