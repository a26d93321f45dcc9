using System.Runtime.CompilerServices;

namespace IntrinsicLab.Core.Statistics;

/// <summary>How a curve is read between its points.</summary>
public enum Interpolation
{
    /// <summary>On the straight line between neighbours.</summary>
    Linear,

    /// <summary>As the last point before it.</summary>
    PreviousValue,
}

/// <summary>
/// Puts curves of several seeds on one axis. A curve counts only where it was observed: nothing is extrapolated, and a run that ended early
/// is not carried on.
/// </summary>
public static class CurveAlignment
{
    /// <summary>A curve's value at each place of a grid; NaN outside its own range.</summary>
    /// <param name="x">Ascending places of the curve's points.</param>
    /// <param name="y">Their values.</param>
    /// <param name="grid">Ascending places to read at.</param>
    /// <param name="interpolation">How it is read in between.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double[] OnGrid(ReadOnlySpan<double> x, ReadOnlySpan<double> y, ReadOnlySpan<double> grid, Interpolation interpolation)
    {
        if (x.Length != y.Length)
            throw new ArgumentException($"{x.Length} places do not fit {y.Length} values.", nameof(y));
        var values = new double[grid.Length];
        var next = 0;
        for (var place = 0; place < grid.Length; place++)
        {
            while (next < x.Length && x[next] <= grid[place])
                next++;
            values[place] = next == 0 || (next == x.Length && x[^1] < grid[place]) ? double.NaN
                : x[next - 1] == grid[place] || interpolation == Interpolation.PreviousValue ? y[next - 1]
                : y[next - 1] + (y[next] - y[next - 1]) * (grid[place] - x[next - 1]) / (x[next] - x[next - 1]);
        }
        return values;
    }

    /// <summary>Mean of one seed's values within each bin (edge, next edge]; NaN where it has none.</summary>
    /// <param name="x">Ascending places, such as the steps at which episodes ended.</param>
    /// <param name="y">Their values.</param>
    /// <param name="edges">Ascending; one more than there are bins.</param>
    public static double[] InBins(ReadOnlySpan<double> x, ReadOnlySpan<double> y, ReadOnlySpan<double> edges)
    {
        var (sums, counts) = (new double[edges.Length - 1], new int[edges.Length - 1]);
        for (int index = 0, bin = 0; index < x.Length; index++)
        {
            while (bin < sums.Length && x[index] > edges[bin + 1])
                bin++;
            if (bin == sums.Length)
                break;
            if (x[index] <= edges[0])
                continue;
            sums[bin] += y[index];
            counts[bin]++;
        }
        for (var bin = 0; bin < sums.Length; bin++)
            sums[bin] = counts[bin] == 0 ? double.NaN : sums[bin] / counts[bin];
        return sums;
    }
}
