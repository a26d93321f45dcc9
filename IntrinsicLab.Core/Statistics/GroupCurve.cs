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
/// reloading change nothing. It is there where more than half of the seeds were observed: those that go on longest are no sample of all, and a
/// median of all is bounded by those observed only while they are the majority.
/// </summary>
/// <param name="Grid">Places, as declared.</param>
/// <param name="Centre">The statistic; NaN where half of the seeds or fewer were observed.</param>
/// <param name="Low">Lower edge of the band; NaN where there is none.</param>
/// <param name="High">Upper edge of the band.</param>
/// <param name="Seeds">Seeds observed at each place.</param>
/// <param name="Method">One line that says how it was made, for print under a chart.</param>
public sealed record GroupCurve(double[] Grid, double[] Centre, double[] Low, double[] High, int[] Seeds, string Method)
{
    /// <summary>Each seed on the grid, smoothed, in the order given; NaN where it was not observed.</summary>
    public IReadOnlyList<double[]> Lines { get; init; } = [];

    /// <summary>Aggregates seeds.</summary>
    /// <param name="seeds">At least one curve.</param>
    /// <param name="grid">Ascending places.</param>
    /// <param name="settings">How.</param>
    /// <param name="cancellation">Ends the work early.</param>
    public static GroupCurve Of(
        IReadOnlyList<SeedCurve> seeds, double[] grid, GroupCurveSettings settings, CancellationToken cancellation = default) =>
        OfTasks([seeds], grid, settings, cancellation);

    /// <summary>
    /// Aggregates the runs of one method on several tasks, whose scores are normalised: at each place the statistic of the table of runs by tasks.
    /// Where a task has lost half of its runs there is no value, since fewer tasks would be another question.
    /// </summary>
    /// <param name="tasks">For each task its runs, at least one each.</param>
    /// <param name="grid">Ascending places.</param>
    /// <param name="settings">How.</param>
    /// <param name="cancellation">Ends the work early.</param>
    public static GroupCurve OfTasks(
        IReadOnlyList<IReadOnlyList<SeedCurve>> tasks, double[] grid, GroupCurveSettings settings, CancellationToken cancellation = default)
    {
        // Smoothing comes before alignment and aggregation: the interquartile mean of smoothed seeds is not the smoothed interquartile mean.
        var aligned = tasks.Select(seeds => (IReadOnlyList<double[]>)[.. seeds
            .Select(seed => CurveAlignment.OnGrid(seed.X, seed.Smoothed(settings.Smoothing), grid, settings.Interpolation))]).ToArray();
        double[][] lines = [.. aligned.SelectMany(runs => runs)];
        var (centre, low, high) = (Filled(grid.Length), Filled(grid.Length), Filled(grid.Length));
        var counts = new int[grid.Length];
        var bootstrap = settings.Band == Band.Bootstrap && aligned.All(runs => runs.Count > 1)
            ? Bootstrap.Band(settings.Statistic, aligned, settings.Confidence, settings.Replicates, Seed(lines), cancellation)
            : null;
        for (var place = 0; place < grid.Length; place++)
        {
            double[][] values = [.. aligned.Select(runs => runs.Select(curve => curve[place]).Where(value => !double.IsNaN(value)).ToArray())];
            counts[place] = values.Sum(task => task.Length);
            if (values.Zip(aligned).Any(task => 2 * task.First.Length <= task.Second.Count))
                continue;
            var table = new ScoreTable(values);
            var bounds = settings.Band == Band.Bootstrap ? bootstrap?[place] : Bounds(settings, table);
            centre[place] = Aggregates.Of(settings.Statistic, table);
            (low[place], high[place]) = bounds is { } interval ? (interval.Low, interval.High) : (double.NaN, double.NaN);
        }
        return new GroupCurve(grid, centre, low, high, counts, Describe(lines.Length, tasks.Count, settings)) { Lines = lines };
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

    private static Interval? Bounds(GroupCurveSettings settings, ScoreTable scores)
    {
        var mean = StratifiedMean.Of(scores, settings.Confidence);
        var values = new double[scores.Count];
        scores.CopyTo(values);
        Array.Sort(values);
        return settings.Band switch
        {
            Band.Student => mean.Interval,
            Band.StandardError when mean.StandardError is { } error => new Interval(mean.Mean - error, mean.Mean + error),
            Band.StandardDeviation when Aggregates.StandardDeviation(values) is var deviation && !double.IsNaN(deviation) =>
                new Interval(mean.Mean - deviation, mean.Mean + deviation),
            Band.MinMax when values.Length > 1 => new Interval(values[0], values[^1]),
            Band.Percentiles when values.Length > 1 => new Interval(Quantile.OfSorted(values, 0.125), Quantile.OfSorted(values, 0.875)),
            _ => null,
        };
    }

    private static string Describe(int seeds, int tasks, GroupCurveSettings settings)
    {
        var statistic = settings.Statistic switch
        {
            Aggregate.Mean when tasks > 1 => "Mean of the environments' means",
            Aggregate.Median when tasks > 1 => "Median of the environments' means",
            Aggregate.Mean => "Mean",
            Aggregate.Median => "Median",
            Aggregate.Iqm when seeds < 4 => "Mean (the interquartile mean of fewer than 4)",
            Aggregate.Iqm => "Interquartile mean",
            _ => "Optimality gap",
        };
        var confidence = string.Create(CultureInfo.InvariantCulture, $"{100 * settings.Confidence:0.##} %");
        var band = seeds < 2 ? "no band for one seed" : settings.Band switch
        {
            Band.Bootstrap => string.Create(CultureInfo.InvariantCulture, $"band: {confidence} percentile bootstrap, {settings.Replicates} resamples of whole runs{(tasks > 1 ? " within each environment" : "")}"),
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
        var what = tasks > 1 ? $"{seeds} runs on {tasks} environments" : $"{seeds} seed{(seeds == 1 ? "" : "s")}";
        var majority = seeds < 2 ? "" : "; where more than half of the seeds were observed";
        return $"{statistic} over {what}; {band}; {reading}, never beyond its range{majority}{smoothing}.";
    }

    private static double[] Filled(int count)
    {
        var values = new double[count];
        Array.Fill(values, double.NaN);
        return values;
    }
}
