using IntrinsicLab.Core.Experiments;
using Microsoft.EntityFrameworkCore;

namespace IntrinsicLab.Data;

public sealed partial class RunQueue
{
    private const long ReproductionLock = 0x5265_7072; // any number that nobody else in the database uses

    /// <summary>
    /// Finds the newest experiment of a reproduced figure whose runs all belong to the plan, or stores one, and adds the runs it lacks: a
    /// configuration and seed that has a run, other than a cancelled one, gets no second. Two who ask at once get one experiment.
    /// </summary>
    public async Task<(Experiment Experiment, bool Created, IReadOnlyList<Run> Added)> EnsureReproduction(
        string reproduction, ExperimentPlan plan, string json, string actor, CancellationToken cancellationToken = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        // SQLite lets one writer in at a time; PostgreSQL has to be told.
        if (context.Database.IsNpgsql())
            await context.Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock({ReproductionLock})", cancellationToken);
        var configurations = plan.Runs.Select(run => run.ConfigurationHash).ToHashSet();
        Experiment? experiment = null;
        var present = new HashSet<(string Configuration, int Seed)>();
        foreach (var candidate in await context.Experiments.Where(each => each.Reproduction == reproduction)
            .OrderByDescending(each => each.CreatedAt).ToListAsync(cancellationToken))
        {
            var runs = await context.Runs.AsNoTracking().Where(run => run.ExperimentId == candidate.Id && run.DeletedAt == null)
                .Select(run => new { run.ConfigurationHash, run.Seed, run.Status }).ToListAsync(cancellationToken);
            if (!runs.All(run => configurations.Contains(run.ConfigurationHash)))
                continue;
            experiment = candidate;
            present.UnionWith(runs.Where(run => run.Status != RunStatus.Cancelled).Select(run => (run.ConfigurationHash, run.Seed)));
            break;
        }
        var now = Now();
        var created = experiment is null;
        if (experiment is null)
        {
            experiment = new Experiment
            {
                Id = Guid.CreateVersion7(now),
                Name = plan.Name,
                Plan = json,
                Notes = plan.Notes,
                CreatedAt = now,
                Reproduction = reproduction,
            };
            context.Experiments.Add(experiment);
        }
        else
            experiment.Plan = json;
        var added = plan.Runs.Where(run => present.Add((run.ConfigurationHash, run.Seed)))
            .Select((run, index) => From(run, new RunRequest(run, plan.Priority, plan.Tags, ""), experiment.Id, now.AddMicroseconds(index))).ToList();
        context.Runs.AddRange(added);
        context.RunEvents.AddRange(added.Select(run =>
            new RunEvent { RunId = run.Id, Time = run.CreatedAt, To = run.Status, Actor = actor, Reason = "created" }));
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        foreach (var run in added)
            Changed?.Invoke(run.Id);
        return (experiment, created, added);
    }
}
