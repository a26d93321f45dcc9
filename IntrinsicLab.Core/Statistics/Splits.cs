namespace IntrinsicLab.Core.Statistics;

/// <summary>Ways to split pooled values into two groups of given sizes: what chance alone could have done to two groups of seeds.</summary>
internal static class Splits
{
    /// <summary>The most splits that are listed one by one.</summary>
    public const int Most = 200_000;

    /// <summary>Number of splits of n + m values into n and m, or more than <see cref="Most"/> where it is larger.</summary>
    public static long Count(int n, int m)
    {
        var count = 1L;
        for (var step = 1; step <= Math.Min(n, m); step++)
        {
            count = count * (n + m - Math.Min(n, m) + step) / step;
            if (count > Most)
                return Most + 1L;
        }
        return count;
    }

    /// <summary>Calls <paramref name="visit"/> with every set of <paramref name="n"/> indices below <paramref name="total"/>, ascending.</summary>
    public static void ForEach(int n, int total, Action<int[]> visit)
    {
        var chosen = Enumerable.Range(0, n).ToArray();
        while (true)
        {
            visit(chosen);
            var place = n - 1;
            while (place >= 0 && chosen[place] == total - n + place)
                place--;
            if (place < 0)
                return;
            chosen[place]++;
            for (var next = place + 1; next < n; next++)
                chosen[next] = chosen[next - 1] + 1;
        }
    }

    /// <summary>Shuffles the front of <paramref name="values"/> so that its first <paramref name="n"/> are a random split.</summary>
    public static void Draw(Span<double> values, int n, ref SplitMix64 generator)
    {
        for (var place = 0; place < n; place++)
        {
            var other = place + generator.Below(values.Length - place);
            (values[place], values[other]) = (values[other], values[place]);
        }
    }
}
