namespace IntrinsicLab.Core.Statistics;

/// <summary>Chooses the points of a long curve that a picture of limited width needs. All return indices in ascending order.</summary>
public static class Downsampling
{
    /// <summary>Smallest and largest value of each bin along x, with its first and last point at the curve's ends.</summary>
    /// <remarks>Bins lie at multiples of the width: those that are full never change when points are added.</remarks>
    /// <param name="x">Ascending places.</param>
    /// <param name="y">The curve.</param>
    /// <param name="width">Extent of a bin along x.</param>
    public static int[] MinMax(ReadOnlySpan<double> x, ReadOnlySpan<double> y, double width)
    {
        var kept = new SortedSet<int>();
        for (int from = 0, to; from < x.Length; from = to)
        {
            var bin = Math.Floor(x[from] / width);
            var (low, high) = (from, from);
            for (to = from; to < x.Length && Math.Floor(x[to] / width) == bin; to++)
            {
                low = y[to] < y[low] ? to : low;
                high = y[to] > y[high] ? to : high;
            }
            kept.Add(low);
            kept.Add(high);
        }
        if (x.Length > 0)
            kept.UnionWith([0, x.Length - 1]);
        return [.. kept];
    }

    /// <summary>First, last, smallest and largest point of each pixel column (M4, Jugel et al. 2014): a line chart of that width is exact.</summary>
    /// <param name="x">Ascending places.</param>
    /// <param name="y">The curve.</param>
    /// <param name="columns">Pixel columns over the extent of x.</param>
    public static int[] M4(ReadOnlySpan<double> x, ReadOnlySpan<double> y, int columns)
    {
        var kept = new SortedSet<int>();
        for (int from = 0, to; from < x.Length; from = to)
        {
            var column = Column(x[from], x);
            var (low, high) = (from, from);
            for (to = from; to < x.Length && Column(x[to], x) == column; to++)
            {
                low = y[to] < y[low] ? to : low;
                high = y[to] > y[high] ? to : high;
            }
            kept.UnionWith([from, low, high, to - 1]);
        }
        return [.. kept];

        int Column(double place, ReadOnlySpan<double> x) =>
            x[^1] == x[0] ? 0 : Math.Min(columns - 1, (int)((place - x[0]) / (x[^1] - x[0]) * columns));
    }

    /// <summary>
    /// Largest triangle three buckets (Steinarsson 2013): pleasant thumbnails; a spike can be lost, and every choice depends on those before.
    /// </summary>
    /// <param name="x">Ascending places.</param>
    /// <param name="y">The curve.</param>
    /// <param name="count">Points to keep, at least three.</param>
    public static int[] LargestTriangles(ReadOnlySpan<double> x, ReadOnlySpan<double> y, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 3);
        if (x.Length <= count)
            return [.. Enumerable.Range(0, x.Length)];
        var kept = new int[count];
        kept[^1] = x.Length - 1;
        var every = (x.Length - 2) / (double)(count - 2);
        for (var bucket = 0; bucket < count - 2; bucket++)
        {
            var (from, to) = ((int)(bucket * every) + 1, (int)((bucket + 1) * every) + 1);
            var after = Math.Min((int)((bucket + 2) * every) + 1, x.Length);
            var (meanX, meanY) = (Aggregates.Mean(x[to..after]), Aggregates.Mean(y[to..after]));
            var before = kept[bucket];
            var largest = -1.0;
            for (var index = from; index < to; index++)
            {
                var area = Math.Abs((x[before] - meanX) * (y[index] - y[before]) - (x[before] - x[index]) * (meanY - y[before]));
                if (area > largest)
                    (largest, kept[bucket + 1]) = (area, index);
            }
        }
        return kept;
    }
}
