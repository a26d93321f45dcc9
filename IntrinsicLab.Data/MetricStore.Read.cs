using System.Data.Common;
using System.Runtime.InteropServices;

namespace IntrinsicLab.Data;

public sealed partial class MetricStore
{
    private const string BucketColumns =
        "n, non_finite, first_step, last_step, last_seconds, min_value, max_value, sum_value, first_value, last_value";

    /// <summary>The metrics of a run, by name.</summary>
    public async Task<IReadOnlyList<MetricSummary>> Names(Guid runId, CancellationToken cancellationToken = default)
    {
        await using var connection = await database.Open(cancellationToken);
        await using var transaction = LabDatabase.BeginRead(connection);
        return [.. (await LoadAll(transaction, runId, cancellationToken)).Where(state => state.Count > 0)
            .OrderBy(state => state.Name, StringComparer.Ordinal)
            .Select(state => new MetricSummary(
                state.Name, state.Count, state.LastValue, state.LastStep, Finite(state.Min), Finite(state.Max), state.NonFinite, state.Sequence))];
    }

    /// <summary>
    /// One metric over a range; null when the run has none of that name. The range is in units of the axis, both ends included. With
    /// <see cref="MetricAggregate.MinMax"/> a range of more than <paramref name="points"/> points comes as at most that many buckets, which
    /// stay in place while points are added, until they double in width.
    /// </summary>
    public async Task<MetricColumns?> Read(
        Guid runId, string metric, double? from = null, double? to = null, int points = 1000,
        MetricAggregate aggregate = MetricAggregate.MinMax, MetricAxis axis = MetricAxis.Steps, CancellationToken cancellationToken = default)
    {
        await using var connection = await database.Open(cancellationToken);
        await using var transaction = LabDatabase.BeginRead(connection);
        if (await Find(transaction, runId, metric, cancellationToken) is not { } state)
            return null;
        var episodes = axis == MetricAxis.Episodes ? await EpisodeCurve.Read(transaction, runId, cancellationToken) : null;
        var low = from is { } least ? await OrdinalAt(transaction, state, least, axis, episodes, inclusive: true, cancellationToken) : 0;
        var high = to is { } most ? await OrdinalAt(transaction, state, most, axis, episodes, inclusive: false, cancellationToken) : state.Count;
        high = Math.Max(low, high);
        var buckets = aggregate == MetricAggregate.Raw || high - low <= points
            ? await ReadPoints(transaction, state, low, high, cancellationToken)
            : await ReadReduced(transaction, state, low, high, Math.Max(points, 1), cancellationToken);
        return Columns(buckets, state, high - low, axis, episodes);
    }

    /// <summary>
    /// For each run that has the metric, at most <paramref name="points"/> values over its whole course (means of equal parts, the last value
    /// as it is), in one query.
    /// </summary>
    public async Task<IReadOnlyDictionary<Guid, double[]>> Sparklines(
        IReadOnlyCollection<Guid> runIds, string metric = ReturnMetric, int points = 32, CancellationToken cancellationToken = default)
    {
        var sparklines = new Dictionary<Guid, double[]>();
        if (runIds.Count == 0)
            return sparklines;
        await using var connection = await database.Open(cancellationToken);
        await using var transaction = LabDatabase.BeginRead(connection);
        // Each series is read from the narrowest tier that has at most 16 times as many rows as are shown.
        var most = points * SeriesState.Widths[0];
        var parameters = runIds.Distinct().Select((id, index) => ($"run{index}", (object)id))
            .Append(("metric", metric)).Append(("most", most)).Append(("widest", SeriesState.Widths[^1])).ToArray();
        await using var rows = await transaction.Query(
            $"""
            WITH wanted AS (
                SELECT id, run_id, count, CASE WHEN count <= @most THEN 1 WHEN count <= @most * 16 THEN 16 WHEN count <= @most * 256 THEN 256 ELSE @widest END AS width
                FROM metric_series WHERE name = @metric AND run_id IN ({string.Join(", ", parameters.Take(parameters.Length - 3).Select(each => "@" + each.Item1))}))
            SELECT run_id, step AS place, 1 AS n, CASE WHEN value IS NULL OR value - value <> 0 THEN 1 ELSE 0 END AS non_finite, value, value AS last
            FROM wanted JOIN metric_points ON series_id = id WHERE wanted.width = 1
            UNION ALL
            SELECT run_id, last_step, n, non_finite, sum_value, last_value
            FROM wanted JOIN metric_tiers ON series_id = id AND metric_tiers.width = wanted.width
            ORDER BY run_id, place
            """, cancellationToken, parameters);
        var held = new List<Bucket>();
        Guid? current = null;
        while (await rows.ReadAsync(cancellationToken))
        {
            var run = rows.GetGuid(0);
            if (current is { } before && before != run)
                Flush(before);
            current = run;
            held.Add(new Bucket { N = rows.GetInt64(2), NonFinite = rows.GetInt64(3), Sum = rows.Real(4), Last = rows.Real(5) });
        }
        if (current is { } last)
            Flush(last);
        return sparklines;

        void Flush(Guid run)
        {
            var values = new double[Math.Min(points, held.Count)];
            for (var part = 0; part < values.Length; part++)
            {
                var sum = new Bucket();
                for (var index = part * held.Count / values.Length; index < (part + 1) * held.Count / values.Length; index++)
                    sum.Add(held[index]);
                values[part] = sum.Mean;
            }
            values[^1] = held[^1].Last;
            sparklines[run] = values;
            held.Clear();
        }
    }

    private static async Task<SeriesState?> Find(DbTransaction transaction, Guid runId, string metric, CancellationToken cancellationToken)
    {
        await using var rows = await transaction.Query(
            "SELECT id, count, last_step, sequence FROM metric_series WHERE run_id = @run AND name = @metric AND count > 0", cancellationToken,
            ("run", runId), ("metric", metric));
        return await rows.ReadAsync(cancellationToken)
            ? new SeriesState(rows.GetInt64(0), metric) { Count = rows.GetInt64(1), LastStep = rows.GetInt64(2), Sequence = rows.GetInt64(3) }
            : null;
    }

    /// <summary>
    /// How many points lie before a place on the axis (<paramref name="inclusive"/>: a point there does not), by bisection over the narrowest tier.
    /// </summary>
    private static async Task<long> OrdinalAt(
        DbTransaction transaction, SeriesState state, double place, MetricAxis axis, EpisodeCurve? episodes, bool inclusive,
        CancellationToken cancellationToken)
    {
        bool IsBefore(long step, double seconds)
        {
            var x = Place(step, seconds, axis, episodes);
            return inclusive ? x < place : x <= place;
        }

        var width = SeriesState.Widths[0];
        long low = 0, high = (state.Count - 1) / width + 1;
        while (low < high) // the first bucket that does not end before the place
        {
            var middle = low + (high - low) / 2;
            await using var rows = await transaction.Query(
                "SELECT last_step, last_seconds FROM metric_tiers WHERE series_id = @series AND width = @width AND bucket = @bucket", cancellationToken,
                ("series", state.Id), ("width", width), ("bucket", middle));
            await rows.ReadAsync(cancellationToken);
            if (IsBefore(rows.GetInt64(0), rows.GetDouble(1)))
                low = middle + 1;
            else
                high = middle;
        }
        var ordinal = low * width;
        if (ordinal >= state.Count)
            return state.Count;
        foreach (var bucket in await ReadPoints(transaction, state, ordinal, Math.Min(ordinal + width, state.Count), cancellationToken))
        {
            if (!IsBefore(bucket.LastStep, bucket.LastSeconds))
                break;
            ordinal++;
        }
        return ordinal;
    }

    /// <summary>The points of a range of ordinals, each as a bucket of one.</summary>
    private static async Task<List<Bucket>> ReadPoints(
        DbTransaction transaction, SeriesState state, long low, long high, CancellationToken cancellationToken)
    {
        if (high <= low)
            return [];
        var buckets = new List<Bucket>((int)Math.Min(high - low, int.MaxValue / 2));
        // The points are found by step: from the first step of the bucket that holds the first ordinal, leaving out those before it.
        var width = SeriesState.Widths[0];
        var first = low == 0
            ? long.MinValue
            : await transaction.Scalar<long>(
                "SELECT first_step FROM metric_tiers WHERE series_id = @series AND width = @width AND bucket = @bucket", cancellationToken,
                ("series", state.Id), ("width", width), ("bucket", low / width));
        var skipped = low % width;
        await using var rows = await transaction.Query(
            "SELECT step, seconds, value FROM metric_points WHERE series_id = @series AND step >= @first ORDER BY step LIMIT @count", cancellationToken,
            ("series", state.Id), ("first", first), ("count", skipped + high - low));
        while (await rows.ReadAsync(cancellationToken))
        {
            if (skipped-- > 0)
                continue;
            var bucket = default(Bucket);
            bucket.Add(rows.GetInt64(0), rows.GetDouble(1), rows.Real(2));
            buckets.Add(bucket);
        }
        return buckets;
    }

    private static async Task<List<Bucket>> ReadReduced(
        DbTransaction transaction, SeriesState state, long low, long high, int points, CancellationToken cancellationToken)
    {
        // Powers of two that start at multiples of themselves: buckets do not move while the series grows.
        long size = 1;
        while ((high - 1) / size - low / size + 1 > points)
            size *= 2;
        var width = SeriesState.Widths.LastOrDefault(width => width <= size, 1);
        var whole = new List<Bucket>();
        if (width == 1)
            whole = await ReadPoints(transaction, state, low, high, cancellationToken);
        else
        {
            // Buckets of the tier that reach beyond the range give way to their points.
            var inner = (First: (low + width - 1) / width, End: high == state.Count ? (high + width - 1) / width : high / width);
            if (inner.First >= inner.End)
                whole = await ReadPoints(transaction, state, low, high, cancellationToken);
            else
            {
                whole.AddRange(await ReadPoints(transaction, state, low, inner.First * width, cancellationToken));
                await using (var rows = await transaction.Query(
                    $"""
                    SELECT {BucketColumns} FROM metric_tiers
                    WHERE series_id = @series AND width = @width AND bucket >= @first AND bucket < @end ORDER BY bucket
                    """, cancellationToken, ("series", state.Id), ("width", width), ("first", inner.First), ("end", inner.End)))
                    while (await rows.ReadAsync(cancellationToken))
                        whole.Add(ReadBucket(rows));
                whole.AddRange(await ReadPoints(transaction, state, inner.End * width, high, cancellationToken));
            }
        }

        var merged = new List<Bucket>(points);
        var ordinal = low;
        var index = -1L;
        foreach (var part in whole)
        {
            if (ordinal / size != index)
            {
                merged.Add(part);
                index = ordinal / size;
            }
            else
                CollectionsMarshal.AsSpan(merged)[^1].Add(part);
            ordinal += part.N;
        }
        return merged;
    }

    private static MetricColumns Columns(List<Bucket> buckets, SeriesState state, long total, MetricAxis axis, EpisodeCurve? episodes)
    {
        var reduced = buckets.Count < total;
        var columns = new MetricColumns
        {
            X = new double[buckets.Count],
            Value = new double[buckets.Count],
            Min = reduced ? new double[buckets.Count] : null,
            Max = reduced ? new double[buckets.Count] : null,
            Steps = new long[buckets.Count],
            Reduced = reduced,
            Total = total,
            NonFinite = buckets.Sum(bucket => bucket.NonFinite),
            LastSequence = state.Sequence,
        };
        for (var index = 0; index < buckets.Count; index++)
        {
            var bucket = buckets[index];
            columns.Steps[index] = bucket.LastStep;
            columns.X[index] = Place(bucket.LastStep, bucket.LastSeconds, axis, episodes);
            columns.Value[index] = reduced ? bucket.Mean : bucket.Last;
            if (reduced)
                (columns.Min![index], columns.Max![index]) = (bucket.Min, bucket.Max);
        }
        return columns;
    }

    private static double Place(long step, double seconds, MetricAxis axis, EpisodeCurve? episodes) => axis switch
    {
        MetricAxis.Steps => step,
        MetricAxis.Seconds => seconds,
        _ => episodes!.At(step),
    };

    private static Bucket ReadBucket(DbDataReader row) => new()
    {
        N = row.GetInt64(0),
        NonFinite = row.GetInt64(1),
        FirstStep = row.GetInt64(2),
        LastStep = row.GetInt64(3),
        LastSeconds = row.GetDouble(4),
        Min = row.Real(5),
        Max = row.Real(6),
        Sum = row.Real(7),
        First = row.Real(8),
        Last = row.Real(9),
    };

    private static double? Finite(double value) => double.IsNaN(value) ? null : value;

    /// <summary>Episodes as a function of steps: straight lines from none at step 0 through the known places, flat after the last.</summary>
    private sealed class EpisodeCurve(long[] steps, double[] episodes)
    {
        private const int MostPlaces = 4096;

        public static async Task<EpisodeCurve> Read(DbTransaction transaction, Guid runId, CancellationToken cancellationToken)
        {
            if (await Find(transaction, runId, EpisodesMetric, cancellationToken) is not { } state)
                return new([], []);
            var buckets = state.Count <= MostPlaces
                ? await ReadPoints(transaction, state, 0, state.Count, cancellationToken)
                : await ReadReduced(transaction, state, 0, state.Count, MostPlaces, cancellationToken);
            return new([.. buckets.Select(bucket => bucket.LastStep)], [.. buckets.Select(bucket => bucket.Last)]);
        }

        public double At(long step)
        {
            if (steps.Length == 0)
                return double.NaN;
            var index = Array.BinarySearch(steps, step);
            if (index >= 0)
                return episodes[index];
            index = ~index;
            var (beforeStep, before) = index == 0 ? (0, 0.0) : (steps[index - 1], episodes[index - 1]);
            return index == steps.Length ? episodes[^1] : before + (episodes[index] - before) * (step - beforeStep) / (steps[index] - beforeStep);
        }
    }
}
