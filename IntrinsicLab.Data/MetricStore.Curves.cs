using IntrinsicLab.Core.Statistics;

namespace IntrinsicLab.Data;

/// <summary>Where a metric of a run stands.</summary>
/// <param name="Id">Its series.</param>
/// <param name="Count">Points stored.</param>
/// <param name="NonFinite">Those that are NaN or infinite.</param>
/// <param name="Sequence">Rises with every change: equal numbers mean equal content.</param>
public readonly record struct SeriesHead(long Id, long Count, long NonFinite, long Sequence);

public sealed partial class MetricStore
{
    // A curve of this many points is read as it is; a longer one as means of equal parts, at most so many, out of the roll-up tiers.
    private const int WholeCurve = 4096;
    private const int PartsOfCurve = 1024;

    // SQLite takes 32,766 parameters, older ones 999.
    private const int SeriesAtOnce = 100;

    /// <summary>Heads of one metric of many runs, for those that have it.</summary>
    public async Task<IReadOnlyDictionary<Guid, SeriesHead>> Heads(IReadOnlyCollection<Guid> runs, string metric, CancellationToken cancellationToken = default)
    {
        var heads = new Dictionary<Guid, SeriesHead>();
        await using var connection = await database.Open(cancellationToken);
        await using var transaction = LabDatabase.BeginRead(connection);
        foreach (var part in runs.Chunk(SeriesAtOnce * 5))
        {
            var parameters = part.Select((id, index) => ($"run{index}", (object)id)).ToArray();
            await using var rows = await transaction.Query(
                $"SELECT run_id, id, count, non_finite, sequence FROM metric_series WHERE name = @metric AND count > 0 AND run_id IN ({Placeholders(parameters)})",
                cancellationToken, [.. parameters, ("metric", metric)]);
            while (await rows.ReadAsync(cancellationToken))
                heads[rows.GetGuid(0)] = new(rows.GetInt64(1), rows.GetInt64(2), rows.GetInt64(3), rows.GetInt64(4));
        }
        return heads;
    }

    /// <summary>
    /// One metric of many runs as curves, read in batches. Up to 4,096 points a curve is as stored; a longer one is the means of at most 1,024
    /// equal parts, each in the middle of its part, between the first and the last point as they are. A curve follows from its own points alone.
    /// </summary>
    /// <param name="heads">Which series, by run.</param>
    /// <param name="axis">What they run along.</param>
    /// <param name="episodes">Heads of <see cref="EpisodesMetric"/>, for the axis of episodes.</param>
    /// <param name="cancellationToken">Ends the work early.</param>
    public async Task<IReadOnlyDictionary<Guid, SeedCurve>> Curves(
        IReadOnlyDictionary<Guid, SeriesHead> heads, MetricAxis axis, IReadOnlyDictionary<Guid, SeriesHead>? episodes = null,
        CancellationToken cancellationToken = default)
    {
        var counters = axis == MetricAxis.Episodes ? await Parts(episodes ?? new Dictionary<Guid, SeriesHead>(), whole: true, cancellationToken) : [];
        var curves = new Dictionary<Guid, SeedCurve>();
        foreach (var (run, parts) in await Parts(heads, axis == MetricAxis.Seconds, cancellationToken))
        {
            var counter = axis != MetricAxis.Episodes ? null
                : new EpisodeCurve([.. counters.GetValueOrDefault(run, []).Select(part => part.LastStep)], [.. counters.GetValueOrDefault(run, []).Select(part => part.Last)]);
            if (Curve(parts, axis, counter) is { X.Length: > 0 } curve)
                curves[run] = curve;
        }
        return curves;
    }

    // Every column read costs as much as the rest of its row: unless parts are asked for whole, they have no seconds, and only a curve's ends
    // have their first and last values.
    private async Task<Dictionary<Guid, List<Bucket>>> Parts(IReadOnlyDictionary<Guid, SeriesHead> heads, bool whole, CancellationToken cancellationToken)
    {
        var runs = heads.ToDictionary(pair => pair.Value.Id, pair => pair.Key);
        var found = heads.ToDictionary(pair => pair.Key, _ => new List<Bucket>());
        // Readers do not wait for each other: two batches are read at a time.
        await Parallel.ForEachAsync(
            heads.Values.GroupBy(head => Width(head.Count)).SelectMany(same => same.OrderBy(head => head.Id).Chunk(SeriesAtOnce).Select(part => (Width: same.Key, Heads: part))),
            new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = cancellationToken },
            async (batch, cancellation) => await Task.Run(() => ReadParts(batch.Width, batch.Heads, whole, runs, found, cancellation), cancellation));
        return found;
    }

    private async Task ReadParts(
        long width, SeriesHead[] heads, bool whole, Dictionary<long, Guid> runs, Dictionary<Guid, List<Bucket>> found, CancellationToken cancellationToken)
    {
        await using var connection = await database.Open(cancellationToken);
        await using var transaction = LabDatabase.BeginRead(connection);
        var parameters = heads.Select((head, index) => ($"series{index}", (object)head.Id)).ToArray();
        var known = heads.ToDictionary(head => head.Id);
        await using var rows = width == 1
            ? await transaction.Query(
                $"SELECT series_id, step, seconds, value FROM metric_points WHERE series_id IN ({Placeholders(parameters)}) ORDER BY series_id, step",
                cancellationToken, parameters)
            : await transaction.Query(
                $"""
                SELECT series_id, first_step, last_step, n, non_finite, sum_value, first_value, last_value, last_seconds FROM metric_tiers
                WHERE width = @width AND series_id IN ({Placeholders(parameters)}) ORDER BY series_id, bucket
                """, cancellationToken, [.. parameters, ("width", width)]);
        var (series, count, size, ordinal, into) = (-1L, 0L, 1L, 0L, new List<Bucket>());
        while (rows.Read())
        {
            if (rows.GetInt64(0) is var id && id != series)
            {
                cancellationToken.ThrowIfCancellationRequested();
                (series, count, size, ordinal, into) = (id, known[id].Count, Size(known[id].Count), 0, found[runs[id]]);
            }
            var bucket = default(Bucket);
            if (width == 1)
                bucket.Add(rows.GetInt64(1), rows.GetDouble(2), rows.Real(3));
            else
                bucket = new Bucket
                {
                    FirstStep = rows.GetInt64(1),
                    LastStep = rows.GetInt64(2),
                    N = rows.GetInt64(3),
                    NonFinite = rows.GetInt64(4),
                    Sum = rows.Real(5),
                    First = whole || ordinal == 0 ? rows.Real(6) : double.NaN,
                    Last = whole || ordinal + width >= count ? rows.Real(7) : double.NaN,
                    LastSeconds = whole ? rows.GetDouble(8) : double.NaN,
                };
            if (ordinal % size == 0)
                into.Add(bucket);
            else
                System.Runtime.InteropServices.CollectionsMarshal.AsSpan(into)[^1].Add(bucket);
            ordinal += width == 1 ? 1 : width;
        }
    }

    private static SeedCurve Curve(List<Bucket> parts, MetricAxis axis, EpisodeCurve? episodes)
    {
        var (x, y, weights) = (new List<double>(parts.Count + 2), new List<double>(parts.Count + 2), new List<double>(parts.Count + 2));
        var reduced = parts.Exists(part => part.N > 1);
        if (reduced && axis != MetricAxis.Seconds)
            Add(Place(parts[0].FirstStep, 0, axis, episodes), parts[0].First, 0);
        for (var index = 0; index < parts.Count; index++)
        {
            var part = parts[index];
            var place = part.N == 1 ? Place(part.LastStep, part.LastSeconds, axis, episodes)
                : axis == MetricAxis.Seconds ? (part.LastSeconds + (index > 0 ? parts[index - 1].LastSeconds : part.LastSeconds)) / 2
                : (Place(part.FirstStep, 0, axis, episodes) + Place(part.LastStep, 0, axis, episodes)) / 2;
            Add(place, part.Mean, part.N - part.NonFinite);
        }
        if (reduced)
            Add(Place(parts[^1].LastStep, parts[^1].LastSeconds, axis, episodes), parts[^1].Last, 0);
        return new SeedCurve([.. x], [.. y]) { Weights = reduced ? [.. weights] : null };

        // Several updates can fall into one episode, or into one tick of the clock: the last of them counts.
        void Add(double place, double value, double weight)
        {
            if (!double.IsFinite(value) || !double.IsFinite(place) || (x.Count > 0 && x[^1] > place))
                return;
            if (x.Count > 0 && x[^1] == place)
            {
                if (weight > 0)
                    (y[^1], weights[^1]) = (value, weight);
                return;
            }
            x.Add(place);
            y.Add(value);
            weights.Add(weight);
        }
    }

    private static long Size(long count)
    {
        if (count <= WholeCurve)
            return 1;
        var size = SeriesState.Widths[0];
        while ((count - 1) / size + 1 > PartsOfCurve)
            size *= 2;
        return size;
    }

    private static long Width(long count) => Size(count) is var size ? SeriesState.Widths.LastOrDefault(width => width <= size, 1) : 1;

    private static string Placeholders((string Name, object Value)[] parameters) => string.Join(", ", parameters.Select(parameter => "@" + parameter.Name));
}
