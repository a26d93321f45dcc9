using IntrinsicLab.Data;
using Microsoft.EntityFrameworkCore;

namespace IntrinsicLab.Web.Live;

/// <summary>The state of the whole lab at one moment, shared by every open page.</summary>
/// <param name="Counts">Runs by status.</param>
/// <param name="Active">Runs that a worker holds, oldest first.</param>
/// <param name="Finished">Those that ended last, newest first.</param>
/// <param name="Workers">Workers seen in the last minutes.</param>
/// <param name="Revision">Raised when a run appears, disappears or changes its status.</param>
public sealed record LabSnapshot(
    IReadOnlyDictionary<RunStatus, int> Counts,
    IReadOnlyList<RunRow> Active,
    IReadOnlyList<RunRow> Finished,
    IReadOnlyList<LabWorker> Workers,
    long Revision)
{
    public static LabSnapshot Empty { get; } = new(new Dictionary<RunStatus, int>(), [], [], [], 0);

    public int Total => Counts.Values.Sum();

    public int Running => Counts.Where(pair => pair.Key.IsHeld()).Sum(pair => pair.Value);

    public int Queued => Counts.GetValueOrDefault(RunStatus.Queued);

    /// <summary>The fresher of a row and what is known of the same run.</summary>
    public RunRow Fresh(RunRow row) => Active.FirstOrDefault(active => active.Id == row.Id) ?? row;
}

/// <summary>Reads the lab's state once a second while any page is open, and tells them all: one reader however many pages.</summary>
public sealed partial class RunFeed(
    RunQueries queries, IDbContextFactory<LabDbContext> contexts, TimeProvider time, ILogger<RunFeed> logger) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);
    private readonly SemaphoreSlim wake = new(0, 1);
    private Action<LabSnapshot>? listeners;

    public LabSnapshot Now { get; private set; } = LabSnapshot.Empty;

    /// <summary>Raised off any page's dispatcher, at most about once a second.</summary>
    public event Action<LabSnapshot> Changed
    {
        add
        {
            listeners += value;
            Wake();
        }
        remove => listeners -= value;
    }

    /// <summary>Something was just done: read again at once.</summary>
    public void Wake()
    {
        if (wake.CurrentCount == 0)
            try
            {
                wake.Release();
            }
            catch (SemaphoreFullException)
            {
                // Another page woke it first.
            }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
            try
            {
                if (listeners is null)
                    await wake.WaitAsync(stoppingToken);
                else
                    await wake.WaitAsync(Period, stoppingToken);
                await Refresh(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                LogUnread(logger, exception);
                await Task.Delay(Period, time, stoppingToken);
            }
    }

    /// <summary>Reads the state now and tells every page.</summary>
    public async Task<LabSnapshot> Refresh(CancellationToken cancellation = default)
    {
        var counts = await queries.CountByStatus(new RunFilter(), cancellation);
        var active = (await queries.List(new RunFilter { Statuses = RunRows.Held }, new(RunSortKey.Created, false), 200, null, cancellation)).Rows;
        await using var context = await contexts.CreateDbContextAsync(cancellation);
        var seen = time.GetUtcNow().AddMinutes(-5);
        var workers = await context.Workers.AsNoTracking().Where(worker => worker.LastSeenAt > seen).OrderBy(worker => worker.Id).ToListAsync(cancellation);

        var before = Now;
        var moved = before.Revision == 0 || !Same(before.Counts, counts)
            || !before.Active.Select(run => (run.Id, run.Status)).SequenceEqual(active.Select(run => (run.Id, run.Status)));
        var finished = before.Finished;
        if (moved)
            finished = (await queries.List(new RunFilter { Statuses = RunRows.Ended }, new(RunSortKey.Updated, true), 6, null, cancellation)).Rows;
        Now = new LabSnapshot(counts, active, finished, workers, before.Revision + (moved ? 1 : 0));
        listeners?.Invoke(Now);
        return Now;
    }

    private static bool Same(IReadOnlyDictionary<RunStatus, int> one, IReadOnlyDictionary<RunStatus, int> other) =>
        one.Count == other.Count && one.All(pair => other.TryGetValue(pair.Key, out var count) && count == pair.Value);

    [LoggerMessage(LogLevel.Warning, "The state of the runs could not be read; trying again.")]
    private static partial void LogUnread(ILogger logger, Exception exception);
}
