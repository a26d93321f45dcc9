using System.Runtime.CompilerServices;

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

    /// <summary>How many sets of <paramref name="n"/> values have a sum that is at least <paramref name="far"/> away from a middle.</summary>
    /// <param name="values">The pooled values.</param>
    /// <param name="n">Size of a set.</param>
    /// <param name="distance">How far a sum is from where chance alone would put it.</param>
    /// <param name="far">From where on a set counts.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int CountFar(ReadOnlySpan<double> values, int n, Func<double, double> distance, double far)
    {
        // Sums grow from left to right, as if each set were added up alone.
        var (sums, chosen) = (new double[n + 1], new int[n]);
        for (var place = 0; place < n; place++)
            (chosen[place], sums[place + 1]) = (place, sums[place] + values[place]);
        var count = 0;
        while (true)
        {
            for (; chosen[n - 1] < values.Length; chosen[n - 1]++)
                count += distance(sums[n - 1] + values[chosen[n - 1]]) >= far ? 1 : 0;
            var place = n - 2;
            while (place >= 0 && chosen[place] == values.Length - n + place)
                place--;
            if (place < 0)
                return count;
            chosen[place]++;
            sums[place + 1] = sums[place] + values[chosen[place]];
            for (var next = place + 1; next < n; next++)
                (chosen[next], sums[next + 1]) = (chosen[next - 1] + 1, sums[next] + values[chosen[next - 1] + 1]);
        }
    }

    /// <summary>Shuffles the front of <paramref name="values"/> so that its first <paramref name="n"/> are a random split.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Draw(Span<double> values, int n, ref SplitMix64 generator)
    {
        for (var place = 0; place < n; place++)
        {
            var other = place + generator.Below(values.Length - place);
            (values[place], values[other]) = (values[other], values[place]);
        }
    }
}
