using System.Collections.Concurrent;
using System.Data;
using System.Data.Common;
using IntrinsicLab.Core.Experiments;

namespace IntrinsicLab.Data;

/// <summary>
/// Points of metrics and their roll-up tiers: buckets of 16, 256 and 4096 consecutive points, written in the same transaction as the
/// points, so that a chart of any length reads a few thousand rows. Plain SQL on either database. A value that is not a number is
/// stored as NULL and read as NaN; infinities are stored as such; neither enters least, greatest and mean.
/// </summary>
public sealed partial class MetricStore(LabDatabase database, TimeProvider time)
{
    /// <summary>The metric that the run's columns <c>last_return</c> and <c>best_return</c> follow.</summary>
    public const string ReturnMetric = "return/extrinsic";

    /// <summary>The metric that the axis of episodes is read from.</summary>
    public const string EpisodesMetric = "progress/episodes";

    private const string HeldByFence = "id = @run AND fence = @fence AND status IN ('Starting', 'Running', 'Pausing', 'Cancelling')";

    // States of series as last written by this process. An entry counts only while its sequence equals that of the row.
    private readonly ConcurrentDictionary<long, SeriesState> known = [];

    /// <summary>Appends points, whose steps rise within each metric, together with progress, checkpoint and artifacts: all or nothing.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="fence">Number the run was claimed with.</param>
    /// <param name="points">Points, in the order they happened.</param>
    /// <param name="checkpoint">Checkpoint taken after these points.</param>
    /// <param name="progress">Where the run stands after them.</param>
    /// <param name="artifacts">Artifacts, each in place of one of the same name.</param>
    /// <param name="dropStale">Leave out points at or before their metric's last step instead of refusing them all.</param>
    /// <param name="cancellationToken">Gives up before anything is written.</param>
    /// <exception cref="StaleFenceException">Another worker has claimed the run since, or it was ended.</exception>
    /// <exception cref="ArgumentException">A point does not follow its metric's last one.</exception>
    public async Task Append(
        Guid runId, long fence, IReadOnlyList<StoredPoint> points, NewCheckpoint? checkpoint = null, RunProgress? progress = null,
        IReadOnlyList<NewArtifact>? artifacts = null, bool dropStale = false, CancellationToken cancellationToken = default)
    {
        await using var connection = await database.Open(cancellationToken);
        await using var transaction = LabDatabase.BeginWrite(connection);
        await WriteProgress(transaction, runId, fence, points, progress, cancellationToken);
        foreach (var artifact in artifacts ?? [])
            await ArtifactStore.Write(transaction, runId, artifact, time.GetUtcNow(), cancellationToken);
        var batch = new SeriesBatch(transaction);
        if (points.Count > 0)
        {
            var series = await Load(transaction, runId, points.Select(point => point.Metric), cancellationToken);
            foreach (var point in points)
            {
                var state = series[point.Metric];
                if (state.Count > 0 && point.Step <= state.LastStep)
                {
                    if (dropStale)
                        continue;
                    throw new ArgumentException($"{point.Metric} at step {point.Step} does not follow the point at step {state.LastStep}.", nameof(points));
                }
                batch.Points.Add([state.Id, point.Step], [point.Seconds, point.Value]);
                state.Add(point.Step, point.Seconds, point.Value, batch.Tiers);
            }
            batch.Write(series.Values);
            await Commit(transaction, checkpoint, runId, cancellationToken);
            Remember(series.Values);
            return;
        }
        await Commit(transaction, checkpoint, runId, cancellationToken);
    }

    /// <summary>
    /// Drops points, checkpoints, figures and replays beyond a step and sets the run's progress back, so that a run can go on from its checkpoint there;
    /// −1 drops everything.
    /// </summary>
    /// <exception cref="StaleFenceException">Another worker has claimed the run since.</exception>
    public async Task TruncateAfter(Guid runId, long fence, long step, CancellationToken cancellationToken = default)
    {
        await using var connection = await database.Open(cancellationToken);
        await using var transaction = LabDatabase.BeginWrite(connection);
        await WriteProgress(transaction, runId, fence, [], null, cancellationToken);
        var beyond = (await LoadAll(transaction, runId, cancellationToken)).Where(state => state.LastStep > step).ToList();
        var batch = new SeriesBatch(transaction);
        foreach (var state in beyond)
        {
            var dropped = await transaction.Execute(
                "DELETE FROM metric_points WHERE series_id = @series AND step > @step", cancellationToken, ("series", state.Id), ("step", step));
            if (dropped == state.Count)
                await transaction.Execute("DELETE FROM metric_series WHERE id = @series", cancellationToken, ("series", state.Id));
            await RollUpFrom(transaction, state, state.Count - dropped, batch, cancellationToken);
        }
        batch.Write(beyond);
        await transaction.Execute(
            "DELETE FROM checkpoints WHERE run_id = @run AND step > @step", cancellationToken, ("run", runId), ("step", step));
        foreach (var (kind, last) in ((string, string)[])[(Replay.NamePrefix, Replay.NameAt(Math.Max(step, 0))), (FigureSheet.NamePrefix, FigureSheet.NameAt(Math.Max(step, 0)))])
            await transaction.Execute(
                "DELETE FROM artifacts WHERE run_id = @run AND name LIKE @kind AND name > @last", cancellationToken,
                ("run", runId), ("kind", kind + "%"), ("last", last));
        await transaction.Execute(
            $"""
            UPDATE runs SET steps_done = CASE WHEN steps_done > @step THEN @step ELSE steps_done END,
                last_return = (SELECT last_value FROM metric_series WHERE run_id = @run AND name = '{ReturnMetric}'),
                best_return = (SELECT max_value FROM metric_series WHERE run_id = @run AND name = '{ReturnMetric}')
            WHERE id = @run
            """, cancellationToken, ("run", runId), ("step", Math.Max(step, 0)));
        await transaction.CommitAsync(cancellationToken);
        foreach (var state in beyond)
            known.TryRemove(state.Id, out _);
    }

    /// <summary>Stores points of an external run, in any order; a step that exists already gets the new value. All or nothing.</summary>
    /// <exception cref="ArgumentException">Columns differ in length, or the run is not external.</exception>
    public async Task Upsert(Guid runId, IReadOnlyDictionary<string, SeriesColumns> series, CancellationToken cancellationToken = default)
    {
        foreach (var (name, columns) in series)
            if (columns.Steps.Count != columns.Values.Count || (columns.Seconds is { } seconds && seconds.Count != columns.Steps.Count))
                throw new ArgumentException($"The columns of {name} differ in length.", nameof(series));
        await using var connection = await database.Open(cancellationToken);
        await using var transaction = LabDatabase.BeginWrite(connection);
        var updated = await transaction.Execute(
            "UPDATE runs SET updated_at = @now WHERE id = @run AND source = 'external' AND deleted_at IS NULL", cancellationToken,
            ("run", runId), ("now", UnixMicroseconds.From(time.GetUtcNow())));
        if (updated == 0)
            throw new ArgumentException("There is no such external run.", nameof(runId));
        var states = await Load(transaction, runId, series.Where(pair => pair.Value.Steps.Count > 0).Select(pair => pair.Key), cancellationToken);
        var batch = new SeriesBatch(transaction);
        foreach (var (name, state) in states)
            await Upsert(transaction, state, series[name], batch, cancellationToken);
        batch.Write(states.Values);
        await transaction.Execute(
            $"""
            UPDATE runs SET steps_done = (SELECT coalesce(max(last_step), 0) FROM metric_series WHERE run_id = @run),
                last_return = (SELECT last_value FROM metric_series WHERE run_id = @run AND name = '{ReturnMetric}'),
                best_return = (SELECT max_value FROM metric_series WHERE run_id = @run AND name = '{ReturnMetric}')
            WHERE id = @run
            """, cancellationToken, ("run", runId));
        await transaction.CommitAsync(cancellationToken);
        Remember(states.Values);
    }

    /// <summary>Deletes a run for good, with everything that belongs to it.</summary>
    public async Task Erase(Guid runId, CancellationToken cancellationToken = default)
    {
        await using var connection = await database.Open(cancellationToken);
        await using var transaction = LabDatabase.BeginWrite(connection);
        foreach (var table in (string[])["metric_points", "metric_tiers"])
            await transaction.Execute(
                $"DELETE FROM {table} WHERE series_id IN (SELECT id FROM metric_series WHERE run_id = @run)", cancellationToken, ("run", runId));
        await transaction.Execute("DELETE FROM runs WHERE id = @run", cancellationToken, ("run", runId));
        await transaction.CommitAsync(cancellationToken);
    }

    private static async Task Upsert(
        DbTransaction transaction, SeriesState state, SeriesColumns columns, SeriesBatch batch, CancellationToken cancellationToken)
    {
        var rows = new SortedDictionary<long, int>();
        for (var index = 0; index < columns.Steps.Count; index++)
            rows[columns.Steps[index]] = index;
        var first = rows.First().Key;
        if (state.Count == 0 || first > state.LastStep)
        {
            foreach (var (step, index) in rows)
            {
                var seconds = columns.Seconds?[index] ?? 0;
                batch.Points.Add([state.Id, step], [seconds, columns.Values[index]]);
                state.Add(step, seconds, columns.Values[index], batch.Tiers);
            }
            return;
        }
        var replace = RowBatch.Insert("metric_points", ["series_id", "step"], ["seconds", "value"], ["series_id", "step"]);
        foreach (var (step, index) in rows)
            replace.Add([state.Id, step], [columns.Seconds?[index] ?? 0, columns.Values[index]]);
        replace.Write(transaction);
        var before = await transaction.Scalar<long>(
            "SELECT count(*) FROM metric_points WHERE series_id = @series AND step < @step", cancellationToken, ("series", state.Id), ("step", first));
        await RollUpFrom(transaction, state, before, batch, cancellationToken);
    }

    /// <summary>Builds tiers and summary anew from an ordinal on, after points there were changed or dropped.</summary>
    private static async Task RollUpFrom(
        DbTransaction transaction, SeriesState state, long ordinal, SeriesBatch batch, CancellationToken cancellationToken)
    {
        var widest = SeriesState.Widths[^1];
        var kept = ordinal / widest * widest;
        foreach (var width in SeriesState.Widths)
            await transaction.Execute(
                "DELETE FROM metric_tiers WHERE series_id = @series AND width = @width AND bucket >= @bucket", cancellationToken,
                ("series", state.Id), ("width", width), ("bucket", kept / width));
        var sequence = state.Sequence;
        state.Clear();
        if (kept > 0)
        {
            await using var summary = await transaction.Query(
                """
                SELECT min(min_value), max(max_value), sum(non_finite), max(last_step) FROM metric_tiers
                WHERE series_id = @series AND width = @width
                """, cancellationToken, ("series", state.Id), ("width", widest));
            await summary.ReadAsync(cancellationToken);
            (state.Count, state.Min, state.Max) = (kept, summary.Real(0), summary.Real(1));
            (state.NonFinite, state.LastStep) = (Convert.ToInt64(summary.GetValue(2)), summary.GetInt64(3));
        }
        await using (var points = await transaction.Query(
            "SELECT step, seconds, value FROM metric_points WHERE series_id = @series AND step > @step ORDER BY step", cancellationToken,
            ("series", state.Id), ("step", kept > 0 ? state.LastStep : long.MinValue)))
            while (await points.ReadAsync(cancellationToken))
                state.Add(points.GetInt64(0), points.GetDouble(1), points.Real(2), batch.Tiers);
        if (state.Count == kept && kept > 0)
        {
            await using var last = await transaction.Query(
                "SELECT seconds, value FROM metric_points WHERE series_id = @series AND step = @step", cancellationToken,
                ("series", state.Id), ("step", state.LastStep));
            await last.ReadAsync(cancellationToken);
            (state.LastSeconds, state.LastValue) = (last.GetDouble(0), last.Real(1));
        }
        state.Sequence = sequence + 1;
    }

    private async Task WriteProgress(
        DbTransaction transaction, Guid runId, long fence, IReadOnlyList<StoredPoint> points, RunProgress? progress, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        double? last = null, best = null;
        foreach (var point in points)
            if (point.Metric == ReturnMetric && double.IsFinite(point.Value))
                (last, best) = (point.Value, Math.Max(best ?? point.Value, point.Value));
        var columns = progress is null
            ? ""
            : """
              , steps_done = @steps, episodes_done = @episodes, active_seconds = @seconds, steps_per_second = coalesce(@speed, steps_per_second),
              lease_until = coalesce(@lease, lease_until)
              """;
        var updated = await transaction.Execute(
            $"""
            UPDATE runs SET updated_at = @now, last_return = coalesce(@last, last_return),
                best_return = CASE WHEN @best IS NULL OR best_return >= @best THEN best_return ELSE @best END {columns}
            WHERE {HeldByFence}
            """, cancellationToken,
            [
                ("run", runId), ("fence", fence), ("now", UnixMicroseconds.From(now)), ("last", last ?? (object)DbType.Double),
                ("best", best ?? (object)DbType.Double),
                .. progress is null ? ((string, object)[])[] :
                [
                    ("steps", progress.Steps), ("episodes", progress.Episodes), ("seconds", progress.ActiveSeconds),
                    ("speed", progress.StepsPerSecond ?? (object)DbType.Double),
                    ("lease", progress.Lease is { } lease ? UnixMicroseconds.From(now + lease) : DbType.Int64),
                ],
            ]);
        if (updated == 0)
            throw new StaleFenceException(runId, fence);
    }

    private async Task Commit(DbTransaction transaction, NewCheckpoint? checkpoint, Guid runId, CancellationToken cancellationToken)
    {
        if (checkpoint is not null)
        {
            await transaction.Execute(
                """
                INSERT INTO checkpoints (run_id, step, episodes, active_seconds, created_at, sha256, content)
                VALUES (@run, @step, @episodes, @seconds, @now, @sha256, @content)
                ON CONFLICT (run_id, step) DO UPDATE SET episodes = excluded.episodes, active_seconds = excluded.active_seconds,
                    created_at = excluded.created_at, sha256 = excluded.sha256, content = excluded.content
                """, cancellationToken,
                ("run", runId), ("step", checkpoint.Step), ("episodes", checkpoint.Episodes), ("seconds", checkpoint.ActiveSeconds),
                ("now", UnixMicroseconds.From(time.GetUtcNow())), ("sha256", CheckpointStore.Checksum(checkpoint.Content)), ("content", checkpoint.Content));
            await transaction.Execute(
                $"""
                DELETE FROM checkpoints WHERE run_id = @run AND step NOT IN
                    (SELECT step FROM checkpoints WHERE run_id = @run ORDER BY step DESC LIMIT {CheckpointStore.Kept})
                """, cancellationToken, ("run", runId));
        }
        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>The states of some of a run's series, made where they do not exist yet.</summary>
    private async Task<Dictionary<string, SeriesState>> Load(
        DbTransaction transaction, Guid runId, IEnumerable<string> metrics, CancellationToken cancellationToken)
    {
        var wanted = metrics.ToHashSet();
        var states = (await LoadAll(transaction, runId, cancellationToken)).Where(state => wanted.Contains(state.Name)).ToDictionary(state => state.Name);
        foreach (var state in states.Values)
            if (known.TryRemove(state.Id, out var held) && held.Sequence == state.Sequence)
                held.Filling.CopyTo(state.Filling, 0);
            else
                await LoadFilling(transaction, state, cancellationToken);
        foreach (var name in wanted.Where(name => !states.ContainsKey(name)))
        {
            if (name.Length is 0 or > 200)
                throw new ArgumentException("A metric's name has 1 to 200 characters.", nameof(metrics));
            var id = await transaction.Scalar<long>(
                """
                INSERT INTO metric_series (run_id, name, count, last_step, last_seconds, non_finite, sequence)
                VALUES (@run, @name, 0, 0, 0, 0, 0) RETURNING id
                """, cancellationToken, ("run", runId), ("name", name));
            states.Add(name, new SeriesState(id, name));
        }
        return states;
    }

    private static async Task<List<SeriesState>> LoadAll(DbTransaction transaction, Guid runId, CancellationToken cancellationToken)
    {
        var states = new List<SeriesState>();
        await using var rows = await transaction.Query(
            """
            SELECT id, name, count, last_step, last_seconds, last_value, min_value, max_value, non_finite, sequence
            FROM metric_series WHERE run_id = @run
            """, cancellationToken, ("run", runId));
        while (await rows.ReadAsync(cancellationToken))
            states.Add(new SeriesState(rows.GetInt64(0), rows.GetString(1))
            {
                Count = rows.GetInt64(2),
                LastStep = rows.GetInt64(3),
                LastSeconds = rows.GetDouble(4),
                LastValue = rows.Real(5),
                Min = rows.Real(6),
                Max = rows.Real(7),
                NonFinite = rows.GetInt64(8),
                Sequence = rows.GetInt64(9),
            });
        return states;
    }

    private static async Task LoadFilling(DbTransaction transaction, SeriesState state, CancellationToken cancellationToken)
    {
        for (var tier = 0; tier < SeriesState.Widths.Length; tier++)
        {
            var width = SeriesState.Widths[tier];
            if (state.Count % width == 0)
                continue;
            await using var rows = await transaction.Query(
                $"SELECT {BucketColumns} FROM metric_tiers WHERE series_id = @series AND width = @width AND bucket = @bucket", cancellationToken,
                ("series", state.Id), ("width", width), ("bucket", state.Count / width));
            if (!await rows.ReadAsync(cancellationToken))
                throw new InvalidDataException($"The roll-up of {state.Name} lacks the bucket of its last points.");
            state.Filling[tier] = ReadBucket(rows);
        }
    }

    private void Remember(IEnumerable<SeriesState> states)
    {
        if (known.Count > 20_000)
            known.Clear();
        foreach (var state in states)
            known[state.Id] = state;
    }

    /// <summary>What one transaction writes about series.</summary>
    private sealed class SeriesBatch(DbTransaction transaction)
    {
        private readonly RowBatch summaries = RowBatch.Update(
            "metric_series", ["id", "count", "last_step", "non_finite", "sequence"], ["last_seconds", "last_value", "min_value", "max_value"]);

        public RowBatch Points { get; } = RowBatch.Insert("metric_points", ["series_id", "step"], ["seconds", "value"], []);

        public RowBatch Tiers { get; } = RowBatch.Insert(
            "metric_tiers", ["series_id", "width", "bucket", "n", "non_finite", "first_step", "last_step"],
            ["last_seconds", "min_value", "max_value", "sum_value", "first_value", "last_value"], ["series_id", "width", "bucket"]);

        public void Write(IEnumerable<SeriesState> states)
        {
            foreach (var state in states)
            {
                state.WriteFilling(Tiers);
                summaries.Add(
                    [state.Id, state.Count, state.LastStep, state.NonFinite, state.Sequence],
                    [state.LastSeconds, state.LastValue, state.Min, state.Max]);
            }
            Points.Write(transaction);
            Tiers.Write(transaction);
            summaries.Write(transaction);
        }
    }
}
