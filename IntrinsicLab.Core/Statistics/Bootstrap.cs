using System.Runtime.CompilerServices;

namespace IntrinsicLab.Core.Statistics;

/// <summary>Bounds of an interval.</summary>
/// <param name="Low">Lower bound.</param>
/// <param name="High">Upper bound.</param>
public readonly record struct Interval(double Low, double High);

/// <summary>How bounds are read off bootstrap replicates.</summary>
public enum BootstrapInterval
{
    /// <summary>Quantiles of the replicates.</summary>
    Percentile,

    /// <summary>Twice the estimate minus the opposite quantiles.</summary>
    Basic,

    /// <summary>Percentile, corrected for the median bias of the replicates.</summary>
    BiasCorrected,

    /// <summary>Bias corrected and accelerated (Efron 1987); of one task only.</summary>
    Bca,
}

/// <summary>
/// Stratified bootstrap: runs are drawn again, with replacement, within each task (Agarwal et al. 2021). Replicate r depends on seed and r
/// alone: neither threads nor cancellation change a number.
/// </summary>
/// <remarks>
/// The loops of this and its neighbours are compiled with full optimisation at once: a page asks for a comparison once, and most of it would
/// otherwise run in the code that is meant for starting quickly.
/// </remarks>
public static class Bootstrap
{
    // Replicates of one unit of parallel work; small enough that a cancelled request ends soon.
    private const int Block = 512;

    /// <summary>Replicates of an aggregate.</summary>
    /// <param name="aggregate">What is computed of every resample.</param>
    /// <param name="scores">What is resampled.</param>
    /// <param name="count">Number of replicates.</param>
    /// <param name="seed">Where the draws come from: for each replicate, for each task, for each run one draw.</param>
    /// <param name="cancellation">Ends the work early.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static double[] Replicates(Aggregate aggregate, ScoreTable scores, int count, ulong seed, CancellationToken cancellation = default)
    {
        var runs = Runs(scores);
        if (!RankedScores.Answers(aggregate, scores.Tasks))
            return Run<double>(scores.Count, scores.Count, count, seed, cancellation, [MethodImpl(MethodImplOptions.AggressiveOptimization)] (ref generator, resample) =>
            {
                Draw(scores, ref generator, resample);
                return Aggregates.Of(aggregate, resample, runs);
            });
        // How often each score was drawn says all: nothing has to be sorted again.
        var flat = new double[scores.Count];
        scores.CopyTo(flat);
        var ranked = new RankedScores(flat);
        return Run<int>(flat.Length, flat.Length, count, seed, cancellation, [MethodImpl(MethodImplOptions.AggressiveOptimization)] (ref generator, times) =>
        {
            times.Clear();
            var first = 0;
            foreach (var size in runs)
            {
                for (var run = 0; run < size; run++)
                    times[ranked.Rank[first + generator.Below(size)]]++;
                first += size;
            }
            return ranked.Of(aggregate, times, flat.Length);
        });
    }

    /// <summary>Replicates of the difference between two groups' aggregates, x − y; draws for x come first.</summary>
    /// <inheritdoc cref="Replicates"/>
    public static double[] ReplicatesOfDifference(
        Aggregate aggregate, ScoreTable x, ScoreTable y, int count, ulong seed, CancellationToken cancellation = default)
    {
        var (runsOfX, runsOfY, split) = (Runs(x), Runs(y), x.Count);
        return Run<double>(split + y.Count, split + y.Count, count, seed, cancellation, [MethodImpl(MethodImplOptions.AggressiveOptimization)] (ref generator, resample) =>
        {
            Draw(x, ref generator, resample[..split]);
            Draw(y, ref generator, resample[split..]);
            return Aggregates.Of(aggregate, resample[..split], runsOfX) - Aggregates.Of(aggregate, resample[split..], runsOfY);
        });
    }

    /// <summary>Replicates of <see cref="ProbabilityOfImprovement"/>; draws for x come first.</summary>
    /// <inheritdoc cref="Replicates"/>
    public static double[] ReplicatesOfImprovement(ScoreTable x, ScoreTable y, int count, ulong seed, CancellationToken cancellation = default)
    {
        var (runsOfX, runsOfY, split) = (Runs(x), Runs(y), x.Count);
        if (x.Tasks == 1)
            return ReplicatesOfOneTask(x[0], y[0], count, seed, cancellation);
        return Run<double>(split + y.Count, split + y.Count, count, seed, cancellation, [MethodImpl(MethodImplOptions.AggressiveOptimization)] (ref generator, resample) =>
        {
            Draw(x, ref generator, resample[..split]);
            Draw(y, ref generator, resample[split..]);
            return ProbabilityOfImprovement.Of(resample[..split], runsOfX, resample[split..], runsOfY);
        });
    }

    // Wins are counted in one pass over the values that occur, in ascending order.
    private static double[] ReplicatesOfOneTask(ReadOnlySpan<double> x, ReadOnlySpan<double> y, int count, ulong seed, CancellationToken cancellation)
    {
        double[] values = [.. x, .. y];
        double[] distinct = [.. values.Distinct().Order()];
        var rank = Array.ConvertAll(values, value => Array.BinarySearch(distinct, value));
        var (n, m) = (x.Length, y.Length);
        return Run<int>(2 * distinct.Length, n + m, count, seed, cancellation, [MethodImpl(MethodImplOptions.AggressiveOptimization)] (ref generator, times) =>
        {
            times.Clear();
            var ofX = times[..distinct.Length];
            var ofY = times[distinct.Length..];
            for (var run = 0; run < n; run++)
                ofX[rank[generator.Below(n)]]++;
            for (var run = 0; run < m; run++)
                ofY[rank[n + generator.Below(m)]]++;
            var (twice, below) = (0L, 0);
            for (var value = 0; value < ofX.Length; below += ofY[value], value++)
                twice += (long)ofX[value] * (2 * below + ofY[value]);
            return twice / 2.0 / ((double)n * m);
        });
    }

    /// <summary>
    /// Bounds of an aggregate at every place of a grid, from resampling whole runs: a drawn run brings its value at every place.
    /// </summary>
    /// <param name="aggregate">What is computed at each place over the runs that have a value there.</param>
    /// <param name="curves">For each task its runs, for each run its values; NaN where it has none.</param>
    /// <param name="confidence">Share of replicates within the bounds, such as 0.95.</param>
    /// <param name="count">Number of replicates.</param>
    /// <param name="seed">Where the draws come from: for each replicate, for each task, for each run one draw.</param>
    /// <param name="cancellation">Ends the work early.</param>
    /// <returns>One pair per place; null where fewer than two runs of a task have a value.</returns>
    public static Interval?[] Band(
        Aggregate aggregate, IReadOnlyList<IReadOnlyList<double[]>> curves, double confidence, int count, ulong seed,
        CancellationToken cancellation = default)
    {
        var places = curves[0][0].Length;
        var draws = Draws(curves, count, seed);
        var bounds = new Interval?[places];
        Parallel.For(0, places, new ParallelOptions { CancellationToken = cancellation }, place =>
            bounds[place] = BandAt.Of(aggregate, curves, place, draws, count, confidence));
        return bounds;
    }

    /// <summary>Reads bounds off replicates.</summary>
    /// <param name="method">How.</param>
    /// <param name="replicates">In any order.</param>
    /// <param name="estimate">The statistic of the scores themselves.</param>
    /// <param name="confidence">Such as 0.95.</param>
    /// <param name="leftOut">For <see cref="BootstrapInterval.Bca"/>: the statistic with each score left out in turn.</param>
    public static Interval Bounds(
        BootstrapInterval method, ReadOnlySpan<double> replicates, double estimate, double confidence, ReadOnlySpan<double> leftOut = default)
    {
        var tail = (1 - confidence) / 2;
        var sorted = replicates.ToArray();
        if (method == BootstrapInterval.Percentile)
            return Quantile.Between(sorted, tail, 1 - tail);
        Array.Sort(sorted);
        return method switch
        {
            BootstrapInterval.Basic => new Interval(
                2 * estimate - Quantile.OfSorted(sorted, 1 - tail), 2 * estimate - Quantile.OfSorted(sorted, tail)),
            BootstrapInterval.BiasCorrected => Corrected(sorted, Bias(sorted, estimate), 0, tail),
            BootstrapInterval.Bca => Corrected(sorted, Bias(sorted, estimate), Acceleration(leftOut), tail),
            _ => throw new ArgumentOutOfRangeException(nameof(method)),
        };
    }

    /// <summary>Normal quantile of the share of replicates below the estimate.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static double Bias(ReadOnlySpan<double> sorted, double estimate)
    {
        var below = 0;
        foreach (var replicate in sorted)
            below += replicate < estimate ? 1 : 0;
        return Normal.Quantile(below / (double)sorted.Length);
    }

    /// <summary>Efron's acceleration, from the statistic with each score left out in turn.</summary>
    internal static double Acceleration(ReadOnlySpan<double> leftOut)
    {
        var mean = Aggregates.Mean(leftOut);
        var (cubes, squares) = (0.0, 0.0);
        foreach (var value in leftOut)
        {
            var difference = mean - value;
            cubes += difference * difference * difference;
            squares += difference * difference;
        }
        return squares == 0 ? 0 : cubes / (6 * Math.Pow(squares, 1.5));
    }

    private delegate double Statistic<T>(ref SplitMix64 generator, Span<T> resample);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double[] Run<T>(int size, int draws, int count, ulong seed, CancellationToken cancellation, Statistic<T> statistic)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        var replicates = new double[count];
        Parallel.For(0, (count + Block - 1) / Block, new ParallelOptions { CancellationToken = cancellation }, block =>
        {
            var resample = new T[size];
            var generator = SplitMix64.After(seed, (ulong)block * Block * (ulong)draws);
            for (var replicate = block * Block; replicate < Math.Min(count, (block + 1) * Block); replicate++)
                replicates[replicate] = statistic(ref generator, resample);
        });
        return replicates;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Draw(ScoreTable scores, ref SplitMix64 generator, Span<double> resample)
    {
        var place = 0;
        for (var task = 0; task < scores.Tasks; task++)
        {
            var row = scores[task];
            for (var run = 0; run < row.Length; run++)
                resample[place++] = row[generator.Below(row.Length)];
        }
    }

    // How often each run is in each replicate, run by run: the same at every place, because whole runs are drawn.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double[][] Draws(IReadOnlyList<IReadOnlyList<double[]>> curves, int count, ulong seed)
    {
        var generator = new SplitMix64(seed);
        var times = new double[curves.Sum(runs => runs.Count)][];
        for (var run = 0; run < times.Length; run++)
            times[run] = new double[count];
        for (var replicate = 0; replicate < count; replicate++)
        {
            var first = 0;
            foreach (var runs in curves)
            {
                for (var run = 0; run < runs.Count; run++)
                    times[first + generator.Below(runs.Count)][replicate]++;
                first += runs.Count;
            }
        }
        return times;
    }

    private static Interval Quantiles(ReadOnlySpan<double> sorted, double low, double high) =>
        new(Quantile.OfSorted(sorted, low), Quantile.OfSorted(sorted, high));

    private static Interval Corrected(double[] sorted, double bias, double acceleration, double tail)
    {
        return double.IsFinite(bias) ? Quantiles(sorted, Level(tail), Level(1 - tail)) : Quantiles(sorted, tail, 1 - tail);

        double Level(double probability)
        {
            var shifted = bias + Normal.Quantile(probability);
            return Normal.Cumulative(bias + shifted / (1 - acceleration * shifted));
        }
    }

    private static int[] Runs(ScoreTable scores) => [.. Enumerable.Range(0, scores.Tasks).Select(task => scores[task].Length)];
}
