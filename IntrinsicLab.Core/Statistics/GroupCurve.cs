using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace IntrinsicLab.Core.Statistics;

/// <summary>What the shaded region around a group's curve is.</summary>
public enum Band
{
    /// <summary>Percentile bootstrap interval of the statistic, whole runs resampled.</summary>
    Bootstrap,

    /// <summary>Student's t interval of the mean.</summary>
    Student,

    /// <summary>Plus and minus one standard error of the mean.</summary>
    StandardError,

    /// <summary>Plus and minus one standard deviation over seeds: their spread, not the uncertainty of the mean.</summary>
    StandardDeviation,

    /// <summary>From the smallest to the largest seed.</summary>
    MinMax,

    /// <summary>From the 12.5th to the 87.5th percentile of the seeds.</summary>
    Percentiles,
}

/// <summary>How seeds become one curve.</summary>
public sealed record GroupCurveSettings
{
    /// <summary>What the line is.</summary>
    public Aggregate Statistic { get; init; } = Aggregate.Mean;

    /// <summary>What the region around it is.</summary>
    public Band Band { get; init; } = Band.Bootstrap;

    /// <summary>Confidence of bootstrap and t intervals.</summary>
    public double Confidence { get; init; } = 0.95;

    /// <summary>How a seed is read between its points.</summary>
    public Interpolation Interpolation { get; init; } = Interpolation.Linear;

    /// <summary>Weight of the exponential moving average that each seed is given before anything else; 0 for none.</summary>
    public double Smoothing { get; init; }

    /// <summary>Bootstrap replicates.</summary>
    public int Replicates { get; init; } = 2000;
}

/// <summary>
/// Seeds of one configuration as one curve. It depends on its own seeds, the grid and the settings alone: other groups, the zoom and
/// reloading change nothing.
/// </summary>
/// <param name="Grid">Places, as declared.</param>
/// <param name="Centre">The statistic; NaN where no seed was observed.</param>
/// <param name="Low">Lower edge of the band; NaN where there is none.</param>
/// <param name="High">Upper edge of the band.</param>
/// <param name="Seeds">Seeds observed at each place.</param>
/// <param name="Method">One line that says how it was made, for print under a chart.</param>
public sealed record GroupCurve(double[] Grid, double[] Centre, double[] Low, double[] High, int[] Seeds, string Method)
{
    /// <summary>Aggregates seeds.</summary>
    /// <param name="seeds">At least one curve.</param>
    /// <param name="grid">Ascending places.</param>
    /// <param name="settings">How.</param>
    /// <param name="cancellation">Ends the work early.</param>
    public static GroupCurve Of(
        IReadOnlyList<SeedCurve> seeds, double[] grid, GroupCurveSettings settings, CancellationToken cancellation = default)
    {
        // Smoothing comes before alignment and aggregation: the interquartile mean of smoothed seeds is not the smoothed interquartile mean.
        var aligned = seeds
            .Select(seed => CurveAlignment.OnGrid(seed.X, Smoothing.Exponential(seed.Y, settings.Smoothing), grid, settings.Interpolation)).ToArray();
        var (centre, low, high) = (Filled(grid.Length), Filled(grid.Length), Filled(grid.Length));
        var counts = new int[grid.Length];
        var bootstrap = settings.Band == Band.Bootstrap && seeds.Count > 1
            ? Bootstrap.Band(settings.Statistic, [aligned], settings.Confidence, settings.Replicates, Seed(aligned), cancellation)
            : null;
        for (var place = 0; place < grid.Length; place++)
        {
            var values = aligned.Select(curve => curve[place]).Where(value => !double.IsNaN(value)).ToArray();
            counts[place] = values.Length;
            if (values.Length == 0)
                continue;
            var bounds = settings.Band == Band.Bootstrap ? bootstrap?[place] : Bounds(settings, values);
            centre[place] = Aggregates.Of(settings.Statistic, ScoreTable.Of(values));
            (low[place], high[place]) = bounds is { } interval ? (interval.Low, interval.High) : (double.NaN, double.NaN);
        }
        return new GroupCurve(grid, centre, low, high, counts, Describe(seeds.Count, settings));
    }

    /// <summary>A grid of round places from 0 to the budget, at most this many: independent of any run.</summary>
    /// <param name="budget">Where it ends.</param>
    /// <param name="most">Places at most.</param>
    public static double[] RoundGrid(double budget, int most = 200)
    {
        var width = Math.Pow(10, Math.Floor(Math.Log10(budget / most)));
        while (budget / width > most - 1)
            width *= Math.Round(width / Math.Pow(10, Math.Floor(Math.Log10(width) + 1e-9))) == 2 ? 2.5 : 2;
        return [.. Enumerable.Range(0, (int)Math.Floor(budget / width + 1e-9) + 1).Select(index => index * width)];
    }

    /// <summary>Where the bootstrap's draws come from: a hash of the values, so that equal data give equal intervals everywhere.</summary>
    public static ulong Seed(IEnumerable<double[]> values)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var row in values)
            hash.AppendData(MemoryMarshal.AsBytes(row.AsSpan()));
        return BitConverter.ToUInt64(hash.GetHashAndReset());
    }

    private static Interval? Bounds(GroupCurveSettings settings, double[] values)
    {
        var seeds = SeedBand.Of(values, settings.Confidence);
        Array.Sort(values);
        return settings.Band switch
        {
            Band.Student => seeds.StudentInterval,
            Band.StandardError when seeds.StandardError is { } error => new Interval(seeds.Mean!.Value - error, seeds.Mean.Value + error),
            Band.StandardDeviation when seeds.StandardDeviation is { } deviation =>
                new Interval(seeds.Mean!.Value - deviation, seeds.Mean.Value + deviation),
            Band.MinMax when values.Length > 1 => new Interval(values[0], values[^1]),
            Band.Percentiles when values.Length > 1 => new Interval(Quantile.OfSorted(values, 0.125), Quantile.OfSorted(values, 0.875)),
            _ => null,
        };
    }

    private static string Describe(int seeds, GroupCurveSettings settings)
    {
        var statistic = settings.Statistic switch
        {
            Aggregate.Mean => "Mean",
            Aggregate.Median => "Median",
            Aggregate.Iqm when seeds < 4 => "Mean (the interquartile mean of fewer than 4)",
            Aggregate.Iqm => "Interquartile mean",
            _ => "Optimality gap",
        };
        var confidence = string.Create(CultureInfo.InvariantCulture, $"{100 * settings.Confidence:0.##} %");
        var band = seeds < 2 ? "no band for one seed" : settings.Band switch
        {
            Band.Bootstrap => string.Create(CultureInfo.InvariantCulture, $"band: {confidence} percentile bootstrap, {settings.Replicates} resamples of whole runs"),
            Band.Student => $"band: {confidence} t interval of the mean",
            Band.StandardError => "band: ± 1 standard error of the mean",
            Band.StandardDeviation => "band: ± 1 standard deviation over seeds",
            Band.MinMax => "band: smallest to largest seed",
            _ => "band: 12.5th to 87.5th percentile of seeds",
        };
        var smoothing = settings.Smoothing > 0
            ? string.Create(CultureInfo.InvariantCulture, $"; each seed smoothed first (debiased EMA, weight {settings.Smoothing:0.###})")
            : "";
        var reading = settings.Interpolation == Interpolation.Linear ? "linear between a seed's points" : "a seed's previous value";
        return $"{statistic} over {seeds} seed{(seeds == 1 ? "" : "s")}; {band}; {reading}, never beyond its range{smoothing}.";
    }

    private static double[] Filled(int count)
    {
        var values = new double[count];
        Array.Fill(values, double.NaN);
        return values;
    }
}
