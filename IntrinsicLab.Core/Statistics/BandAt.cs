namespace IntrinsicLab.Core.Statistics;

/// <summary>Bootstrap bounds of an aggregate at one place of a grid.</summary>
internal static class BandAt
{
    /// <summary>The bounds; null where fewer than two runs of a task have a value.</summary>
    /// <param name="aggregate">What is computed.</param>
    /// <param name="curves">For each task its runs, for each run its values.</param>
    /// <param name="place">Which of the values.</param>
    /// <param name="draws">For each replicate how often each run is in it, task by task.</param>
    /// <param name="count">Number of replicates.</param>
    /// <param name="confidence">Share of replicates within the bounds.</param>
    public static Interval? Of(
        Aggregate aggregate, IReadOnlyList<IReadOnlyList<double[]>> curves, int place, double[] draws, int count, double confidence)
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
        var replicates = new List<double>(count);
        if (missing)
            OfPresent(aggregate, values, sizes, draws, count, replicates);
        else if (values.AsSpan().IndexOfAnyExcept(values[0]) < 0)
            return Alike(aggregate, values, sizes);
        else if (aggregate == Aggregate.Mean)
            OfMeans(values, sizes, draws, count, replicates);
        else if (RankedScores.Answers(aggregate, sizes.Length))
            OfRanks(aggregate, values, draws, count, replicates);
        else
            OfPresent(aggregate, values, sizes, draws, count, replicates);
        if (replicates.Count == 0)
            return null;
        var tail = (1 - confidence) / 2;
        return Quantile.Between(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(replicates), tail, 1 - tail);
    }

    private static Interval Alike(Aggregate aggregate, double[] values, int[] sizes) =>
        Aggregates.Of(aggregate, values, sizes) is var value ? new Interval(value, value) : default;

    private static void OfMeans(double[] values, int[] sizes, double[] draws, int count, List<double> replicates)
    {
        for (var replicate = 0; replicate < count; replicate++)
        {
            var (sum, first) = (0.0, 0);
            foreach (var size in sizes)
            {
                var times = draws.AsSpan(replicate * values.Length + first, size);
                var scores = values.AsSpan(first, size);
                var total = 0.0;
                for (var run = 0; run < times.Length; run++)
                    total += times[run] * scores[run];
                sum += total / size;
                first += size;
            }
            replicates.Add(sum / sizes.Length);
        }
    }

    private static void OfRanks(Aggregate aggregate, double[] values, double[] draws, int count, List<double> replicates)
    {
        var order = new RankedScores(values).Order;
        var ascending = Array.ConvertAll(order, index => values[index]);
        var (first, last) = RankedScores.Middle(aggregate, values.Length);
        for (var replicate = 0; replicate < count; replicate++)
        {
            var times = draws.AsSpan(replicate * values.Length, values.Length);
            var (sum, seen) = (0.0, 0.0);
            for (var rank = 0; seen < last; rank++)
            {
                var before = seen;
                seen += times[order[rank]];
                sum += Math.Max(0, Math.Min(seen, last) - Math.Max(before, first)) * ascending[rank];
            }
            replicates.Add(sum / (last - first));
        }
    }

    // A resample in which no run of a task reaches this place says nothing about it.
    private static void OfPresent(Aggregate aggregate, double[] values, int[] sizes, double[] draws, int count, List<double> replicates)
    {
        var (resample, present) = (new double[values.Length], new int[sizes.Length]);
        for (var replicate = 0; replicate < count; replicate++)
        {
            var (filled, index) = (0, 0);
            for (var task = 0; task < sizes.Length; task++)
            {
                var before = filled;
                for (var run = 0; run < sizes[task]; run++, index++)
                    for (var copies = double.IsNaN(values[index]) ? 0 : draws[replicate * values.Length + index]; copies > 0; copies--)
                        resample[filled++] = values[index];
                present[task] = filled - before;
            }
            if (!present.AsSpan().Contains(0))
                replicates.Add(Aggregates.Of(aggregate, resample.AsSpan(0, filled), present));
        }
    }
}
