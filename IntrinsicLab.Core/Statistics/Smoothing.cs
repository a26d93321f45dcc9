namespace IntrinsicLab.Core.Statistics;

/// <summary>Filters for one seed's curve, applied before seeds are aggregated. NaN passes through and does not enter a filter.</summary>
public static class Smoothing
{
    /// <summary>Exponential moving average without the pull towards 0 at its start (TensorBoard). A constant curve stays as it is.</summary>
    /// <param name="y">The curve.</param>
    /// <param name="weight">Of the past, from 0 to below 1.</param>
    public static double[] Exponential(ReadOnlySpan<double> y, double weight) => Exponential(y, weight, []);

    /// <summary>As above for a curve whose values are means of several points: each takes the past's weight once for every one of them.</summary>
    /// <param name="y">The curve.</param>
    /// <param name="weight">Of the past, for each point.</param>
    /// <param name="points">How many points each value stands for; empty for one each.</param>
    public static double[] Exponential(ReadOnlySpan<double> y, double weight, ReadOnlySpan<double> points)
    {
        var smoothed = y.ToArray();
        var (average, count, constant, first) = (0.0, 0.0, true, double.NaN);
        foreach (var value in y)
        {
            if (double.IsNaN(value))
                continue;
            first = double.IsNaN(first) ? value : first;
            constant &= value == first;
        }
        if (constant || weight == 0)
            return smoothed;
        for (var index = 0; index < smoothed.Length; index++)
        {
            // A value that stands for no point is an end of the curve, repeated from its neighbour's points.
            if (double.IsNaN(smoothed[index]) || (!points.IsEmpty && points[index] == 0 && count == 0))
                continue;
            var past = points.IsEmpty ? weight : Math.Pow(weight, points[index]);
            average = past * average + (1 - past) * smoothed[index];
            count += points.IsEmpty ? 1 : points[index];
            smoothed[index] = average / (1 - Math.Pow(weight, count));
        }
        return smoothed;
    }

    /// <summary>Exponential moving average whose memory is measured along x, so that dense stretches do not count for more (W&amp;B).</summary>
    /// <param name="x">Ascending places.</param>
    /// <param name="y">The curve.</param>
    /// <param name="parameter">From 0 to 1; the larger, the smoother.</param>
    /// <param name="range">Extent of x that <paramref name="scale"/> refers to; pinned, so that zooming changes nothing.</param>
    /// <param name="scale">Number of average gaps that the range counts as.</param>
    public static double[] TimeWeighted(ReadOnlySpan<double> x, ReadOnlySpan<double> y, double parameter, double range, double scale = 1000)
    {
        var weight = Math.Min(Math.Sqrt(parameter), 0.999);
        var smoothed = y.ToArray();
        var (sum, mass, before) = (0.0, 0.0, double.NaN);
        for (var index = 0; index < smoothed.Length; index++)
        {
            if (double.IsNaN(smoothed[index]))
                continue;
            var decay = double.IsNaN(before) || range <= 0 ? 0 : Math.Pow(weight, (x[index] - before) / range * scale);
            before = x[index];
            sum = sum * decay + smoothed[index];
            mass = mass * decay + 1;
            smoothed[index] = sum / mass;
        }
        return smoothed;
    }

    /// <summary>Mean over a window around each point, cut off at the ends.</summary>
    /// <param name="y">The curve.</param>
    /// <param name="width">Points in the window, odd.</param>
    public static double[] Centred(ReadOnlySpan<double> y, int width) => Window(y, (width - 1) / 2, (width - 1) / 2);

    /// <summary>Mean over a window that ends at each point: nothing is taken from the future.</summary>
    /// <param name="y">The curve.</param>
    /// <param name="width">Points in the window.</param>
    public static double[] Trailing(ReadOnlySpan<double> y, int width) => Window(y, width - 1, 0);

    /// <summary>Mean weighted by a Gaussian over the distance along x.</summary>
    /// <param name="x">Places.</param>
    /// <param name="y">The curve.</param>
    /// <param name="deviation">Standard deviation, in units of x.</param>
    public static double[] Gaussian(ReadOnlySpan<double> x, ReadOnlySpan<double> y, double deviation)
    {
        var smoothed = y.ToArray();
        for (var index = 0; index < y.Length; index++)
        {
            if (double.IsNaN(y[index]))
                continue;
            var (sum, mass) = (0.0, 0.0);
            for (var other = 0; other < y.Length; other++)
            {
                if (double.IsNaN(y[other]))
                    continue;
                var distance = (x[other] - x[index]) / deviation;
                var share = Math.Exp(-distance * distance / 2);
                sum += share * y[other];
                mass += share;
            }
            smoothed[index] = sum / mass;
        }
        return smoothed;
    }

    private static double[] Window(ReadOnlySpan<double> y, int before, int after)
    {
        var smoothed = y.ToArray();
        for (var index = 0; index < y.Length; index++)
        {
            if (double.IsNaN(y[index]))
                continue;
            var (sum, count) = (0.0, 0);
            for (var other = Math.Max(0, index - before); other <= Math.Min(y.Length - 1, index + after); other++)
            {
                if (double.IsNaN(y[other]))
                    continue;
                sum += y[other];
                count++;
            }
            smoothed[index] = sum / count;
        }
        return smoothed;
    }
}
