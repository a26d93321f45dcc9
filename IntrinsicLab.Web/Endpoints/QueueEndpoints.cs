using IntrinsicLab.Data;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace IntrinsicLab.Web.Endpoints;

/// <summary>What runs, what waits, and who works.</summary>
public static class QueueEndpoints
{
    private const int Recent = 500;
    private const int MostShown = 1000;
    private static readonly TimeSpan SignOfLife = TimeSpan.FromSeconds(60);

    public static void Map(RouteGroupBuilder group)
    {
        group.MapGet("/queue", Queue).WithName("GetQueue");
        group.MapGet("/workers", Workers).WithName("ListWorkers");
    }

    /// <summary>
    /// Runs that are at work, then those that wait in the order they will start, with rough times from the speed of earlier runs.
    /// </summary>
    public static async Task<Ok<QueueResource>> Queue(
        IDbContextFactory<LabDbContext> contexts, TimeProvider time, CancellationToken cancellation)
    {
        await using var lab = await contexts.CreateDbContextAsync(cancellation);
        var now = time.GetUtcNow();
        var runs = lab.Runs.AsNoTracking().Where(run => run.DeletedAt == null && run.Source == Run.SourceLab);
        var active = await Rows(runs.Where(run => run.Status == RunStatus.Starting || run.Status == RunStatus.Running
            || run.Status == RunStatus.Pausing || run.Status == RunStatus.Cancelling)
            .OrderBy(run => run.StartedAt)).ToListAsync(cancellation);
        var queued = runs.Where(run => run.Status == RunStatus.Queued);
        var waiting = await Rows(queued.OrderByDescending(run => run.Priority).ThenBy(run => run.CreatedAt).ThenBy(run => run.Id)
            .Take(MostShown)).ToListAsync(cancellation);
        var history = await runs.Where(run => run.Status == RunStatus.Completed && run.ActiveSeconds > 0 && run.StepsDone > 0)
            .OrderByDescending(run => run.CreatedAt).Take(Recent)
            .Select(run => new { run.Algorithm, run.Environment, Speed = run.StepsDone / run.ActiveSeconds }).ToListAsync(cancellation);
        var oldest = now - SignOfLife;
        var workers = await lab.Workers.AsNoTracking().Where(worker => worker.LastSeenAt > oldest).ToListAsync(cancellation);

        double? Speed(Row run) => run.StepsPerSecond
            ?? history.Where(past => past.Algorithm == run.Algorithm && past.Environment == run.Environment)
                .Average(past => (double?)past.Speed)
            ?? history.Where(past => past.Environment == run.Environment).Average(past => (double?)past.Speed)
            ?? history.Average(past => (double?)past.Speed);
        double? Remaining(Row run) => Speed(run) is > 0 and { } speed ? Math.Max(0, run.Steps - run.StepsDone) / speed : null;

        var slots = new Dictionary<string, PriorityQueue<double, double>>
        {
            [Run.GroupCpu] = Free(workers.Sum(worker => worker.CpuSlots), active, Run.GroupCpu, Remaining),
            [Run.GroupGpu] = Free(workers.Sum(worker => worker.GpuSlots), active, Run.GroupGpu, Remaining),
        };
        var places = new List<QueuedRun>();
        foreach (var run in active)
            places.Add(Place(run, null, null, Remaining(run)));
        foreach (var (index, run) in waiting.Index())
        {
            var (start, remaining, free) = ((double?)null, Remaining(run), slots[run.ExecutionGroup]);
            // The slot that falls free first takes the next run; where a time is unknown, so are all behind it.
            if (free.TryDequeue(out var at, out _) && remaining is not null)
                free.Enqueue((start = at).Value + remaining.Value, at + remaining.Value);
            places.Add(Place(run, index + 1, start, start + remaining));
        }
        return TypedResults.Ok(new QueueResource(
            [.. places.Take(active.Count)], [.. places.Skip(active.Count)], await queued.CountAsync(cancellation)));

        QueuedRun Place(Row run, int? position, double? start, double? finish) => new(
            run.Id, run.Name, run.Algorithm, run.Environment, run.Status, run.ExecutionGroup, run.Priority, run.Steps, run.StepsDone,
            position, start is null ? null : now.AddSeconds(start.Value), finish is null ? null : now.AddSeconds(finish.Value));
    }

    /// <summary>Every worker seen lately, and the runs it holds.</summary>
    public static async Task<Ok<Listing<WorkerResource>>> Workers(
        IDbContextFactory<LabDbContext> contexts, TimeProvider time, CancellationToken cancellation)
    {
        await using var lab = await contexts.CreateDbContextAsync(cancellation);
        var oldest = time.GetUtcNow() - SignOfLife;
        var workers = await lab.Workers.AsNoTracking().OrderBy(worker => worker.StartedAt).ToListAsync(cancellation);
        var held = await lab.Runs.AsNoTracking().Where(run => run.WorkerId != null && run.DeletedAt == null)
            .Select(run => new { run.Id, run.WorkerId }).ToListAsync(cancellation);
        return TypedResults.Ok(new Listing<WorkerResource>([.. workers.Select(worker => new WorkerResource(
            worker.Id, worker.Host, worker.ProcessId, worker.CpuSlots, worker.GpuSlots, worker.StartedAt, worker.LastSeenAt, worker.Version,
            worker.LastSeenAt > oldest, [.. held.Where(run => run.WorkerId == worker.Id).Select(run => run.Id)]))]));
    }

    private static PriorityQueue<double, double> Free(int slots, List<Row> active, string group, Func<Row, double?> remaining)
    {
        var busy = active.Where(run => run.ExecutionGroup == group).Select(run => remaining(run) ?? 0).ToList();
        var free = busy.Concat(Enumerable.Repeat(0.0, Math.Max(0, slots - busy.Count)));
        return new(free.Select(seconds => (seconds, seconds)));
    }

    private static IQueryable<Row> Rows(IQueryable<Run> runs) => runs.Select(run => new Row(
        run.Id, run.Name, run.Algorithm, run.Environment, run.Status, run.ExecutionGroup, run.Priority, run.Steps, run.StepsDone,
        run.StepsPerSecond));

    private sealed record Row(
        Guid Id, string Name, string Algorithm, string Environment, RunStatus Status, string ExecutionGroup, int Priority,
        long Steps, long StepsDone, double? StepsPerSecond);
}

/// <summary>The queue.</summary>
/// <param name="Running">Runs that a worker holds.</param>
/// <param name="Queued">Runs that wait, first come first; at most 1000.</param>
/// <param name="QueuedCount">How many wait in all.</param>
public sealed record QueueResource(IReadOnlyList<QueuedRun> Running, IReadOnlyList<QueuedRun> Queued, int QueuedCount);

/// <summary>A run in the queue.</summary>
/// <param name="Id">The run.</param>
/// <param name="Name">Name for people.</param>
/// <param name="Algorithm">Its algorithm.</param>
/// <param name="Environment">Its environment.</param>
/// <param name="Status">Where it is in its life.</param>
/// <param name="ExecutionGroup">cpu or gpu: which slots it takes.</param>
/// <param name="Priority">Higher runs first.</param>
/// <param name="Steps">Budget.</param>
/// <param name="StepsDone">How much is done.</param>
/// <param name="Position">1 starts next; null for runs at work.</param>
/// <param name="StartsAround">Rough time of the start; null where nothing is known.</param>
/// <param name="FinishesAround">Rough time of the end; null where nothing is known.</param>
public sealed record QueuedRun(
    Guid Id, string Name, string Algorithm, string Environment, RunStatus Status, string ExecutionGroup, int Priority, long Steps,
    long StepsDone, int? Position, DateTimeOffset? StartsAround, DateTimeOffset? FinishesAround);

/// <summary>A worker.</summary>
/// <param name="Id">Host, process id and a random part.</param>
/// <param name="Host">Machine.</param>
/// <param name="ProcessId">Process on it.</param>
/// <param name="CpuSlots">Runs at a time on the processor.</param>
/// <param name="GpuSlots">Runs at a time on graphics cards.</param>
/// <param name="StartedAt">Since when.</param>
/// <param name="LastSeenAt">Last sign of life.</param>
/// <param name="Version">Its code version.</param>
/// <param name="Alive">It gave a sign of life within the last minute.</param>
/// <param name="Runs">Runs it holds.</param>
public sealed record WorkerResource(
    string Id, string Host, int ProcessId, int CpuSlots, int GpuSlots, DateTimeOffset StartedAt, DateTimeOffset LastSeenAt,
    string Version, bool Alive, IReadOnlyList<Guid> Runs);
