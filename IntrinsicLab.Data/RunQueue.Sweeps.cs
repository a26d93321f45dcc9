using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Core.Search;
using Microsoft.EntityFrameworkCore;

namespace IntrinsicLab.Data;

/// <summary>A run that a sweep asks for.</summary>
/// <param name="Plan">What to run.</param>
/// <param name="Trial">Number of its trial.</param>
/// <param name="PauseAt">Where it waits for the sweep; null for nowhere.</param>
public sealed record TrialRun(RunPlan Plan, int Trial, long? PauseAt);

public sealed partial class RunQueue
{
    /// <summary>Who a sweep's own transitions are by.</summary>
    public const string SweepActor = "sweep";

    /// <summary>Stores a sweep; its runs are added as the search asks for them.</summary>
    public async Task<Experiment> EnqueueSweep(SweepPlan plan, CancellationToken cancellationToken = default)
    {
        var now = Now();
        var experiment = new Experiment
        {
            Id = Guid.CreateVersion7(now),
            Name = plan.Name,
            Plan = plan.ToJson().ToJsonString(),
            Notes = plan.Notes,
            CreatedAt = now,
            SweepStatus = SweepStatus.Active,
        };
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        context.Experiments.Add(experiment);
        await context.SaveChangesAsync(cancellationToken);
        return experiment;
    }

    /// <summary>
    /// Adds those runs of a sweep that are not there yet, all or none; returns which. Several processes may ask for the same at the same time.
    /// A search asks only while its sweep is active, a person at any time.
    /// </summary>
    public async Task<IReadOnlyList<Run>> AddTrials(
        Guid sweepId, SweepPlan plan, IReadOnlyList<TrialRun> wanted, string actor, bool onlyWhileActive, CancellationToken cancellationToken = default)
    {
        for (var attempt = 0; ; attempt++)
        {
            await using var context = await contexts.CreateDbContextAsync(cancellationToken);
            await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
            // Written as it is: whoever cancels the sweep meanwhile waits for this, and sees the runs.
            if (await context.Experiments.Where(each => each.Id == sweepId && (!onlyWhileActive || each.SweepStatus == SweepStatus.Active))
                .ExecuteUpdateAsync(set => set.SetProperty(each => each.SweepMessage, each => each.SweepMessage), cancellationToken) == 0)
                return [];
            var present = (await context.Runs.Where(run => run.ExperimentId == sweepId && run.Trial != null)
                .Select(run => new { run.Trial, run.Seed }).ToListAsync(cancellationToken)).Select(run => (run.Trial!.Value, run.Seed)).ToHashSet();
            var now = Now();
            var runs = new List<Run>();
            foreach (var each in wanted.Where(each => !present.Contains((each.Trial, each.Plan.Seed))))
            {
                var run = From(each.Plan, new RunRequest(each.Plan, plan.Priority, plan.Tags, ""), sweepId, now.AddMicroseconds(runs.Count));
                (run.Trial, run.PauseAt) = (each.Trial, each.PauseAt);
                runs.Add(run);
            }
            context.Runs.AddRange(runs);
            context.RunEvents.AddRange(runs.Select(run => new RunEvent
            {
                RunId = run.Id,
                Time = run.CreatedAt,
                To = run.Status,
                Actor = actor,
                Reason = $"trial {run.Trial} of the sweep",
            }));
            try
            {
                await context.SaveChangesAsync(cancellationToken);
                await transaction.CommitAsync(cancellationToken);
            }
            catch (DbUpdateException) when (attempt < 5)
            {
                continue; // somebody else added one of them; look again
            }
            foreach (var run in runs)
                Changed?.Invoke(run.Id);
            return runs;
        }
    }

    /// <summary>Lets a run that waits for its sweep go on to a later step, or (null) to its end. Nothing happens to one that may already.</summary>
    public async Task<bool> Promote(Guid runId, long? pauseAt, string reason, CancellationToken cancellationToken = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        var now = Now();
        if (await context.Runs.Where(run => run.Id == runId && run.DeletedAt == null && run.Status == RunStatus.Paused
                && run.PauseAt != null && run.StepsDone >= run.PauseAt && (pauseAt == null || run.PauseAt < pauseAt))
            .ExecuteUpdateAsync(set => set
                .SetProperty(run => run.PauseAt, pauseAt)
                .SetProperty(run => run.Status, RunStatus.Queued)
                .SetProperty(run => run.Version, run => run.Version + 1)
                .SetProperty(run => run.UpdatedAt, now), cancellationToken) == 0)
            return false;
        context.RunEvents.Add(new RunEvent
        {
            RunId = runId,
            Time = now,
            From = RunStatus.Paused,
            To = RunStatus.Queued,
            Actor = SweepActor,
            Reason = reason,
        });
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        Changed?.Invoke(runId);
        return true;
    }
}
