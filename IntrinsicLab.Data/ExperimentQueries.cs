using IntrinsicLab.Core.Statistics;
using Microsoft.EntityFrameworkCore;

namespace IntrinsicLab.Data;

/// <summary>An experiment in a list: everything but its plan.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Name for people.</param>
/// <param name="Notes">Free text.</param>
/// <param name="CreatedAt">When it was queued.</param>
/// <param name="UpdatedAt">Last change of any of its runs.</param>
/// <param name="ByStatus">How many runs are in which status.</param>
/// <param name="Steps">Environment steps of all its runs together.</param>
/// <param name="StepsDone">How many of them are done.</param>
/// <param name="StepsLeft">How many the runs that have not ended still have before them.</param>
/// <param name="StepsPerSecond">Speed of the runs that are at work, together.</param>
/// <param name="Algorithms">Ids of its algorithms.</param>
/// <param name="Environments">Ids of its environments.</param>
/// <param name="Configurations">How many configurations it has.</param>
/// <param name="Seeds">How many different seeds it has.</param>
/// <param name="BestReturn">Greatest last return of a run; null before the first, and with several environments, which share no scale.</param>
public sealed record ExperimentRow(
    Guid Id, string Name, string Notes, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, IReadOnlyDictionary<RunStatus, int> ByStatus, long Steps,
    long StepsDone, long StepsLeft, double StepsPerSecond, IReadOnlyList<string> Algorithms, IReadOnlyList<string> Environments, int Configurations, int Seeds,
    double? BestReturn)
{
    public int Runs => ByStatus.Values.Sum();

    /// <summary>A search makes its runs: it is listed among the sweeps.</summary>
    public bool IsSweep { get; init; }

    /// <summary>Every run has ended.</summary>
    public bool Finished => ByStatus.Keys.All(status => status.IsTerminal());

    /// <summary>Share of the work that is done, from 0 to 1.</summary>
    public double Done => Steps > 0 ? Math.Clamp((double)StepsDone / Steps, 0, 1) : 0;
}

/// <summary>Some experiments, and where the next begin.</summary>
/// <param name="Rows">The experiments, newest first.</param>
/// <param name="Next">Id after which the next page begins; null on the last.</param>
public sealed record ExperimentPage(IReadOnlyList<ExperimentRow> Rows, Guid? Next);

/// <summary>How far one configuration of an experiment is, and what its seeds say.</summary>
/// <param name="Hash">Its hash.</param>
/// <param name="Seeds">Its seeds.</param>
/// <param name="ByStatus">How many runs are in which status.</param>
/// <param name="Steps">Environment steps of all its runs.</param>
/// <param name="StepsDone">How many of them are done.</param>
/// <param name="Final">Of the final scores: means of each run's last tenth of the budget.</param>
/// <param name="LastReturn">Mean over runs of the last return, for configurations that have no final score yet.</param>
public sealed record ConfigurationResult(
    string Hash, IReadOnlyList<int> Seeds, IReadOnlyDictionary<RunStatus, int> ByStatus, long Steps, long StepsDone, SeedBand Final, double? LastReturn)
{
    public int Runs => ByStatus.Values.Sum();
}

/// <summary>Lists of experiments and what came of them, for pages and endpoints alike.</summary>
public sealed class ExperimentQueries(IDbContextFactory<LabDbContext> contexts, LabDatabase database)
{
    /// <summary>Experiments in whose name or notes every word occurs, newest first.</summary>
    public async Task<ExperimentPage> List(string text, int limit, Guid? after = null, CancellationToken cancellationToken = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var experiments = Matching(context, text);
        // Ids rise with time, so they are the order.
        if (after is { } last)
            experiments = experiments.Where(each => each.Id.CompareTo(last) < 0);
        var rows = await Describe(context, experiments.OrderByDescending(each => each.Id).Take(limit + 1), cancellationToken);
        return rows.Count > limit ? new(rows[..limit], rows[limit - 1].Id) : new(rows, null);
    }

    /// <summary>How many experiments match.</summary>
    public async Task<int> Count(string text, CancellationToken cancellationToken = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await Matching(context, text).CountAsync(cancellationToken);
    }

    /// <summary>One experiment; null when there is none.</summary>
    public async Task<ExperimentRow?> Find(Guid id, CancellationToken cancellationToken = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return (await Describe(context, context.Experiments.Where(each => each.Id == id), cancellationToken)).SingleOrDefault();
    }

    /// <summary>What came of each configuration of an experiment, by hash.</summary>
    public async Task<IReadOnlyDictionary<string, ConfigurationResult>> Results(Guid id, CancellationToken cancellationToken = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var runs = await context.Runs.AsNoTracking().Where(run => run.ExperimentId == id && run.DeletedAt == null)
            .Select(run => new { run.Id, run.ConfigurationHash, run.Seed, run.Status, run.Steps, run.StepsDone, run.LastReturn }).ToListAsync(cancellationToken);
        var finals = await Finals(id, cancellationToken);
        return runs.GroupBy(run => run.ConfigurationHash).ToDictionary(group => group.Key, group => new ConfigurationResult(
            group.Key,
            [.. group.Select(run => run.Seed).Distinct().Order()],
            group.GroupBy(run => run.Status).ToDictionary(same => same.Key, same => same.Count()),
            group.Sum(run => run.Steps),
            group.Sum(run => Counted(run.Status, run.Steps, run.StepsDone)),
            // In the order of seeds: sums must not depend on which run was read first.
            SeedBand.Of([.. group.OrderBy(run => run.Seed).ThenBy(run => run.Id).Where(run => finals.ContainsKey(run.Id)).Select(run => finals[run.Id])]),
            group.Average(run => run.LastReturn)));
    }

    // The last whole update of a run ends within its budget, not at it.
    private static long Counted(RunStatus status, long steps, long done) => status == RunStatus.Completed ? steps : Math.Min(done, steps);

    private static IQueryable<Experiment> Matching(LabDbContext context, string text)
    {
        var experiments = context.Experiments.AsNoTracking().Where(each => each.SweepStatus == null);
        foreach (var word in text.ToLowerInvariant().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Take(10))
            experiments = experiments.Where(each => each.Name.ToLower().Contains(word) || each.Notes.ToLower().Contains(word));
        return experiments;
    }

    private static async Task<List<ExperimentRow>> Describe(LabDbContext context, IQueryable<Experiment> chosen, CancellationToken cancellationToken)
    {
        var experiments = await chosen.AsNoTracking().Select(each => new { each.Id, each.Name, each.Notes, each.CreatedAt, IsSweep = each.SweepStatus != null }).ToListAsync(cancellationToken);
        var ids = experiments.Select(each => (Guid?)each.Id).ToList();
        var runs = context.Runs.Where(run => ids.Contains(run.ExperimentId) && run.DeletedAt == null);
        var byStatus = (await runs.GroupBy(run => new { run.ExperimentId, run.Status }).Select(group => new
        {
            group.Key.ExperimentId,
            group.Key.Status,
            Count = group.Count(),
            Steps = group.Sum(run => run.Steps),
            Done = group.Sum(run => run.StepsDone),
            Speed = group.Sum(run => run.StepsPerSecond ?? 0),
            Updated = group.Max(run => run.UpdatedAt),
        }).ToListAsync(cancellationToken)).ToLookup(row => row.ExperimentId);
        var byTask = (await runs.GroupBy(run => new { run.ExperimentId, run.Algorithm, run.Environment }).Select(group => new
        {
            group.Key.ExperimentId,
            group.Key.Algorithm,
            group.Key.Environment,
            Best = group.Max(run => run.LastReturn),
            First = group.Min(run => run.CreatedAt),
        }).ToListAsync(cancellationToken)).ToLookup(row => row.ExperimentId);
        var sizes = await runs.GroupBy(run => run.ExperimentId).Select(group => new
        {
            group.Key,
            Configurations = group.Select(run => run.ConfigurationHash).Distinct().Count(),
            Seeds = group.Select(run => run.Seed).Distinct().Count(),
        }).ToDictionaryAsync(row => row.Key!.Value, cancellationToken);
        return [.. experiments.Select(each =>
        {
            var statuses = byStatus[each.Id].ToList();
            var tasks = byTask[each.Id].OrderBy(task => task.First).ToList();
            List<string> environments = [.. tasks.Select(task => task.Environment).Distinct()];
            var size = sizes.GetValueOrDefault(each.Id);
            return new ExperimentRow(
                each.Id, each.Name, each.Notes, each.CreatedAt, statuses.Select(row => row.Updated).Append(each.CreatedAt).Max(),
                statuses.ToDictionary(row => row.Status, row => row.Count), statuses.Sum(row => row.Steps),
                statuses.Sum(row => Counted(row.Status, row.Steps, row.Done)),
                statuses.Where(row => !row.Status.IsTerminal()).Sum(row => Math.Max(0, row.Steps - row.Done)),
                statuses.Where(row => row.Status.IsHeld()).Sum(row => row.Speed), [.. tasks.Select(task => task.Algorithm).Distinct()], environments,
                size?.Configurations ?? 0, size?.Seeds ?? 0, environments.Count == 1 ? tasks.Max(task => task.Best) : null)
            {
                IsSweep = each.IsSweep,
            };
        })];
    }

    // The mean of finite values over the last tenth of the budget, for each run that got there; in one query, however many runs.
    private async Task<Dictionary<Guid, double>> Finals(Guid id, CancellationToken cancellationToken)
    {
        await using var connection = await database.Open(cancellationToken);
        await using var transaction = LabDatabase.BeginRead(connection);
        await using var rows = await transaction.Query(
            """
            SELECT runs.id, avg(metric_points.value)
            FROM runs
            JOIN metric_series ON metric_series.run_id = runs.id AND metric_series.name = @metric
            JOIN metric_points ON metric_points.series_id = metric_series.id
                AND metric_points.step > runs.steps * 9 / 10 AND metric_points.step <= runs.steps
            WHERE runs.experiment_id = @experiment AND runs.deleted_at IS NULL AND metric_points.value - metric_points.value = 0
            GROUP BY runs.id
            """, cancellationToken, ("metric", MetricStore.ReturnMetric), ("experiment", id));
        var finals = new Dictionary<Guid, double>();
        while (await rows.ReadAsync(cancellationToken))
            finals[rows.GetGuid(0)] = rows.GetDouble(1);
        return finals;
    }
}
