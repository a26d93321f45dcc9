using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace IntrinsicLab.Core.Statistics;

/// <summary>Bootstrap bounds of an aggregate at one place of a grid.</summary>
internal static class BandAt
{
    /// <summary>The bounds; null where fewer than two runs of a task have a value.</summary>
    /// <param name="aggregate">What is computed.</param>
    /// <param name="curves">For each task its runs, for each run its values.</param>
    /// <param name="place">Which of the values.</param>
    /// <param name="draws">For each run, task by task, how often it is in each replicate.</param>
    /// <param name="count">Number of replicates.</param>
    /// <param name="confidence">Share of replicates within the bounds.</param>
    public static Interval? Of(
        Aggregate aggregate, IReadOnlyList<IReadOnlyList<double[]>> curves, int place, double[][] draws, int count, double confidence)
    {
        var sizes = curves.Select(runs => runs.Count).ToArray();
        var values = new double[sizes.Sum()];
        var (filled, missing) = (0, false);
        foreach (var runs in curves)
        {
            var present = 0;
            foreach (var run in runs)
            {
                values[filled++] = run[place];
                present += double.IsNaN(run[place]) ? 0 : 1;
            }
            if (present < 2)
                return null;
            missing |= present < runs.Count;
        }
        Span<double> replicates;
        if (!missing && values.AsSpan().IndexOfAnyExcept(values[0]) < 0)
            return Alike(aggregate, values, sizes);
        if (!missing && aggregate == Aggregate.Mean)
            replicates = OfMeans(values, sizes, draws, count);
        else if (!missing && RankedScores.Answers(aggregate, sizes.Length))
            replicates = OfRanks(aggregate, values, draws, count);
        else
            replicates = OfPresent(aggregate, values, sizes, draws, count);
        if (replicates.IsEmpty)
            return null;
        var tail = (1 - confidence) / 2;
        return Quantile.Between(replicates, tail, 1 - tail);
    }

    private static Interval Alike(Aggregate aggregate, double[] values, int[] sizes) =>
        Aggregates.Of(aggregate, values, sizes) is var value ? new Interval(value, value) : default;

    // Several replicates at a time; each adds up its runs in their order, so that the machine's vector width changes no bit.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double[] OfMeans(double[] values, int[] sizes, double[][] draws, int count)
    {
        var (means, task, first) = (new double[count], new double[count], 0);
        foreach (var size in sizes)
        {
            Array.Clear(task);
            for (var run = first; run < first + size; run++)
            {
                var sums = Vectors(task);
                var times = Vectors(draws[run]);
                var score = new Vector<double>(values[run]);
                for (var part = 0; part < sums.Length; part++)
                    sums[part] += times[part] * score;
                for (var replicate = sums.Length * Vector<double>.Count; replicate < count; replicate++)
                    task[replicate] += draws[run][replicate] * values[run];
            }
            for (var replicate = 0; replicate < count; replicate++)
                means[replicate] += task[replicate] / size;
            first += size;
        }
        for (var replicate = 0; replicate < count; replicate++)
            means[replicate] /= sizes.Length;
        return means;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double[] OfRanks(Aggregate aggregate, double[] values, double[][] draws, int count)
    {
        var order = new RankedScores(values).Order;
        var (first, last) = RankedScores.Middle(aggregate, values.Length);
        var (sums, seen) = (new double[count], new double[count]);
        var (from, to) = (new Vector<double>(first), new Vector<double>(last));
        foreach (var run in order)
        {
            var sum = Vectors(sums);
            var before = Vectors(seen);
            var times = Vectors(draws[run]);
            var score = new Vector<double>(values[run]);
            for (var part = 0; part < sum.Length; part++)
            {
                var after = before[part] + times[part];
                sum[part] += Vector.Max(Vector<double>.Zero, Vector.Min(after, to) - Vector.Max(before[part], from)) * score;
                before[part] = after;
            }
            for (var replicate = sum.Length * Vector<double>.Count; replicate < count; replicate++)
            {
                var after = seen[replicate] + draws[run][replicate];
                sums[replicate] += Math.Max(0, Math.Min(after, last) - Math.Max(seen[replicate], first)) * values[run];
                seen[replicate] = after;
            }
        }
        for (var replicate = 0; replicate < count; replicate++)
            sums[replicate] /= last - first;
        return sums;
    }

    // A resample in which no run of a task reaches this place says nothing about it.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static Span<double> OfPresent(Aggregate aggregate, double[] values, int[] sizes, double[][] draws, int count)
    {
        var (replicates, resample, present) = (new List<double>(count), new double[values.Length], new int[sizes.Length]);
        for (var replicate = 0; replicate < count; replicate++)
        {
            var (filled, index) = (0, 0);
            for (var task = 0; task < sizes.Length; task++)
            {
                var before = filled;
                for (var run = 0; run < sizes[task]; run++, index++)
                    for (var copies = double.IsNaN(values[index]) ? 0 : draws[index][replicate]; copies > 0; copies--)
                        resample[filled++] = values[index];
                present[task] = filled - before;
            }
            if (!present.AsSpan().Contains(0))
                replicates.Add(Aggregates.Of(aggregate, resample.AsSpan(0, filled), present));
        }
        return CollectionsMarshal.AsSpan(replicates);
    }

    private static Span<Vector<double>> Vectors(double[] values) => MemoryMarshal.Cast<double, Vector<double>>(values.AsSpan());
}
