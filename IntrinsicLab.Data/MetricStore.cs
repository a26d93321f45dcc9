namespace IntrinsicLab.Data;

/// <summary>Points and their roll-up tiers.</summary>
public sealed class MetricStore(LabDatabase database, TimeProvider time)
{
    /// <summary>Appends points, whose steps rise within each metric, together with progress and checkpoint: all or nothing.</summary>
    /// <exception cref="StaleFenceException">Another worker has claimed the run since.</exception>
    public Task Append(
        Guid runId, long fence, IReadOnlyList<StoredPoint> points, NewCheckpoint? checkpoint = null, RunProgress? progress = null,
        CancellationToken cancellationToken = default) => throw new NotImplementedException(database.DataFolder + time);

    /// <summary>Drops what lies beyond a step, so that a run can go on from its checkpoint there.</summary>
    public Task TruncateAfter(Guid runId, long fence, long step, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Stores points of an external run, in any order; a step that exists already gets the new value.</summary>
    public Task Upsert(Guid runId, IReadOnlyDictionary<string, SeriesColumns> series, CancellationToken cancellationToken = default) =>
        throw new NotImplementedException();

    /// <summary>The metrics of a run, by name.</summary>
    public Task<IReadOnlyList<MetricSummary>> Names(Guid runId, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>One metric; null when the run has none of that name. <paramref name="from"/> and <paramref name="to"/> are in units of the axis.</summary>
    public Task<MetricColumns?> Read(
        Guid runId, string metric, double? from = null, double? to = null, int points = 1000,
        MetricAggregate aggregate = MetricAggregate.MinMax, MetricAxis axis = MetricAxis.Steps, CancellationToken cancellationToken = default) =>
        throw new NotImplementedException();

    /// <summary>For each run that has the metric, at most <paramref name="points"/> values over its whole course, in one query.</summary>
    public Task<IReadOnlyDictionary<Guid, double[]>> Sparklines(
        IReadOnlyCollection<Guid> runIds, string metric = "return/extrinsic", int points = 32, CancellationToken cancellationToken = default) =>
        throw new NotImplementedException();
}
