using System.Text.Json.Nodes;
using IntrinsicLab.Core.Experiments;
using Microsoft.EntityFrameworkCore;

namespace IntrinsicLab.Data;

/// <summary>How a request to change a run's status ended.</summary>
public enum TransitionOutcome
{
    /// <summary>The run changed.</summary>
    Done,

    /// <summary>The run already was, or was on its way, where it should go.</summary>
    Unchanged,

    /// <summary>There is no such run.</summary>
    NotFound,

    /// <summary>The run's status does not allow it.</summary>
    Illegal,

    /// <summary>Another worker has claimed the run since.</summary>
    Stale,
}

/// <summary>What came of a request to change a run's status.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="Status">The run's status now.</param>
/// <param name="Allowed">Statuses that may follow it.</param>
public sealed record TransitionResult(TransitionOutcome Outcome, RunStatus Status, IReadOnlyList<RunStatus> Allowed)
{
    public bool Succeeded => Outcome is TransitionOutcome.Done or TransitionOutcome.Unchanged;

    /// <summary>One sentence for people.</summary>
    public string Message => Outcome switch
    {
        TransitionOutcome.Done => $"The run is now {Status}.",
        TransitionOutcome.Unchanged => $"The run already is {Status}.",
        TransitionOutcome.NotFound => "There is no such run.",
        TransitionOutcome.Stale => "Another worker has claimed the run since.",
        _ => $"A run that is {Status} does not allow this; it can become {(Allowed.Count == 0 ? "nothing else" : string.Join(", ", Allowed))}.",
    };
}

/// <summary>
/// Enqueues, claims and moves runs: the only place where a run's status changes. Queue order is priority, then age. Each change is one
/// conditional update and one row in <c>run_events</c>, in one transaction.
/// </summary>
public sealed partial class RunQueue(IDbContextFactory<LabDbContext> contexts, TimeProvider time)
{
    /// <summary>Lost attempts in a row, none of which got further than the one before, after which a run fails.</summary>
    public const int MostFruitlessAttempts = 3;

    /// <summary>A run was added or changed status in this process. A wake-up only: other processes write too.</summary>
    public event Action<Guid>? Changed;

    public async Task<Run> Enqueue(RunRequest request, Guid? experimentId, string actor, CancellationToken cancellationToken = default)
    {
        var run = From(request.Plan, request, experimentId, Now());
        await Add([run], null, actor, cancellationToken);
        return run;
    }

    /// <summary>Stores an experiment and all its runs, or nothing.</summary>
    public Task<Experiment> EnqueueExperiment(ExperimentPlan plan, string actor, CancellationToken cancellationToken = default) =>
        EnqueueExperiment(plan, new JsonObject
        {
            ["name"] = plan.Name,
            ["runs"] = new JsonArray([.. plan.Runs.Select(run => (JsonNode)run.ToJson())]),
        }.ToJsonString(), actor, cancellationToken);

    /// <summary>As above, and keeps the plan's JSON as it was given.</summary>
    public async Task<Experiment> EnqueueExperiment(ExperimentPlan plan, string json, string actor, CancellationToken cancellationToken = default)
    {
        var now = Now();
        var experiment = new Experiment { Id = Guid.CreateVersion7(now), Name = plan.Name, Plan = json, Notes = plan.Notes, CreatedAt = now };
        // A microsecond apart, so that they start in the order of the plan.
        var runs = plan.Runs.Select((each, index) => From(
            each, new RunRequest(each, plan.Priority, plan.Tags, ""), experiment.Id, now.AddMicroseconds(index)));
        await Add([.. runs], experiment, actor, cancellationToken);
        return experiment;
    }

    /// <summary>Adds a run whose points another program will send; it is Running until somebody completes, fails or cancels it.</summary>
    public async Task<Run> AddExternal(Run run, string actor, CancellationToken cancellationToken = default)
    {
        var now = Now();
        if (run.Id == Guid.Empty)
            run.Id = Guid.CreateVersion7(now);
        (run.Source, run.Status) = (Run.SourceExternal, RunStatus.Running);
        (run.CreatedAt, run.UpdatedAt, run.StartedAt) = (now, now, now);
        await Add([run], null, actor, cancellationToken);
        return run;
    }

    /// <summary>Takes a queued run for a worker; null when it is not queued any more.</summary>
    public async Task<Run?> Claim(Guid runId, string workerId, TimeSpan lease, CancellationToken cancellationToken = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        var now = Now();
        var claimed = await context.Runs
            .Where(run => run.Id == runId && run.Status == RunStatus.Queued && run.DeletedAt == null)
            .ExecuteUpdateAsync(set => set
                .SetProperty(run => run.Status, RunStatus.Starting)
                .SetProperty(run => run.WorkerId, workerId)
                .SetProperty(run => run.Fence, run => run.Fence + 1)
                .SetProperty(run => run.Attempt, run => run.Attempt + 1)
                .SetProperty(run => run.StepsAtClaim, run => run.StepsDone)
                .SetProperty(run => run.LeaseUntil, now + lease)
                .SetProperty(run => run.Version, run => run.Version + 1)
                .SetProperty(run => run.UpdatedAt, now), cancellationToken);
        if (claimed == 0)
            return null;
        var taken = await context.Runs.AsNoTracking().SingleAsync(run => run.Id == runId, cancellationToken);
        context.RunEvents.Add(new RunEvent
        {
            RunId = runId,
            Time = now,
            From = RunStatus.Queued,
            To = RunStatus.Starting,
            Actor = workerId,
            Reason = $"claimed, attempt {taken.Attempt}",
        });
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        Changed?.Invoke(runId);
        return taken;
    }

    /// <summary>Takes the first queued run of an execution group (and experiment, if given); null when none waits.</summary>
    public async Task<Run?> ClaimNext(
        string executionGroup, string workerId, TimeSpan lease, Guid? experimentId = null, CancellationToken cancellationToken = default)
    {
        while (await Waiting(executionGroup, 1, experimentId, cancellationToken) is [var first])
            if (await Claim(first, workerId, lease, cancellationToken) is { } run)
                return run;
        return null;
    }

    /// <summary>Ids of the queued runs of an execution group (and experiment, if given), in queue order.</summary>
    public async Task<IReadOnlyList<Guid>> Waiting(
        string executionGroup, int count, Guid? experimentId = null, CancellationToken cancellationToken = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Runs
            .Where(run => run.Status == RunStatus.Queued && run.ExecutionGroup == executionGroup && run.DeletedAt == null
                && (experimentId == null || run.ExperimentId == experimentId))
            .OrderByDescending(run => run.Priority).ThenBy(run => run.CreatedAt).ThenBy(run => run.Id)
            .Select(run => run.Id).Take(count).ToListAsync(cancellationToken);
    }

    /// <summary>Prolongs a lease; false when the run belongs to another worker by now.</summary>
    public async Task<bool> Renew(Guid runId, long fence, TimeSpan lease, CancellationToken cancellationToken = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var until = Now() + lease;
        return await context.Runs
            .Where(run => run.Id == runId && run.Fence == fence && run.WorkerId != null)
            .ExecuteUpdateAsync(set => set.SetProperty(run => run.LeaseUntil, until), cancellationToken) == 1;
    }

    /// <summary>Moves a run to a status if the table of transitions allows it and, where a fence is given, it is the newest.</summary>
    public Task<TransitionResult> Transition(
        Guid runId, RunStatus to, string actor, string reason, long? fence = null, CancellationToken cancellationToken = default)
    {
        if (to == RunStatus.Starting)
            throw new ArgumentException("A run becomes Starting by being claimed.", nameof(to));
        return Apply(runId, _ => to, actor, reason, fence, cancellationToken);
    }

    /// <summary>Stops a run for good: at once when no worker holds it, otherwise as soon as its worker has written a checkpoint.</summary>
    public Task<TransitionResult> Cancel(Guid runId, string actor, CancellationToken cancellationToken = default) =>
        Apply(runId, ToCancel, actor, "cancel requested", null, cancellationToken);

    /// <summary>Stops a run with a checkpoint, to go on later.</summary>
    public Task<TransitionResult> Pause(Guid runId, string actor, CancellationToken cancellationToken = default) =>
        Apply(runId, ToPause, actor, "pause requested", null, cancellationToken);

    /// <summary>Queues a paused or failed run again; it goes on from its last good checkpoint.</summary>
    public Task<TransitionResult> Resume(Guid runId, string actor, CancellationToken cancellationToken = default) =>
        Apply(runId, ToResume, actor, "resume requested", null, cancellationToken);

    private static RunStatus ToCancel(RunHead run) => run.Status switch
    {
        RunStatus.Cancelling or RunStatus.Cancelled => run.Status,
        RunStatus.Running when run.WorkerId is null => RunStatus.Cancelled,
        RunStatus.Queued or RunStatus.Paused => RunStatus.Cancelled,
        _ => RunStatus.Cancelling,
    };

    private static RunStatus ToPause(RunHead run) => run.Status switch
    {
        RunStatus.Pausing or RunStatus.Paused => run.Status,
        RunStatus.Queued => RunStatus.Paused,
        _ => RunStatus.Pausing,
    };

    private static RunStatus ToResume(RunHead run) =>
        run.Status is RunStatus.Starting or RunStatus.Running ? run.Status : RunStatus.Queued;

    /// <summary>
    /// Takes a run from a worker that is gone: it is queued again (paused or cancelled where that was asked for), or fails after
    /// <see cref="MostFruitlessAttempts"/> lost attempts of which none got further than the one before.
    /// </summary>
    public Task<TransitionResult> Release(Guid runId, long fence, string actor, string reason, CancellationToken cancellationToken = default) =>
        Apply(runId, run => run.Status switch
        {
            RunStatus.Cancelling => RunStatus.Cancelled,
            RunStatus.Pausing => RunStatus.Paused,
            _ when run.LostAttempts >= MostFruitlessAttempts => RunStatus.Failed,
            _ => RunStatus.Queued,
        }, actor, reason, fence, cancellationToken, lost: true);

    /// <summary>Releases every run whose lease has run out; returns how many.</summary>
    public async Task<int> ReleaseExpired(CancellationToken cancellationToken = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var now = Now();
        var expired = await context.Runs
            .Where(run => run.LeaseUntil != null && run.LeaseUntil < now && run.WorkerId != null)
            .Select(run => new { run.Id, run.Fence, run.WorkerId }).ToListAsync(cancellationToken);
        var released = 0;
        foreach (var run in expired)
            if ((await Release(run.Id, run.Fence, "lab", $"worker {run.WorkerId} gave no sign of life until its lease ran out", cancellationToken)).Outcome
                == TransitionOutcome.Done)
                released++;
        return released;
    }

    private sealed record RunHead(
        RunStatus Status, long Fence, string? WorkerId, string Source, long StepsDone, long StepsAtClaim, int FruitlessAttempts, int? Trial)
    {
        /// <summary>Attempts lost without progress, the present one included.</summary>
        public int LostAttempts => StepsDone > StepsAtClaim ? 0 : FruitlessAttempts + 1;

        // Another program's run never comes near a worker; a sweep has counted a failure, and its later trials follow from that.
        public bool Allows(RunStatus to) => RunTransitions.IsLegal(Status, to)
            && !(Trial is not null && Status == RunStatus.Failed)
            && (Source == Run.SourceLab || to is RunStatus.Cancelled or RunStatus.Completed or RunStatus.Failed);
    }

    private async Task<TransitionResult> Apply(
        Guid runId, Func<RunHead, RunStatus> choose, string actor, string reason, long? fence, CancellationToken cancellationToken, bool lost = false)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        var result = await Step(context, runId, choose, actor, reason, fence, lost, cancellationToken);
        if (result.Outcome == TransitionOutcome.Done)
        {
            await context.SaveChangesAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            Changed?.Invoke(runId);
        }
        return result;
    }

    // Moves one run inside the caller's transaction; its event is added to the context, for the caller to save.
    private async Task<TransitionResult> Step(
        LabDbContext context, Guid runId, Func<RunHead, RunStatus> choose, string actor, string reason, long? fence, bool lost,
        CancellationToken cancellationToken)
    {
        while (true)
        {
            var head = await context.Runs.Where(run => run.Id == runId && run.DeletedAt == null)
                .Select(run => new RunHead(
                    run.Status, run.Fence, run.WorkerId, run.Source, run.StepsDone, run.StepsAtClaim, run.FruitlessAttempts, run.Trial))
                .SingleOrDefaultAsync(cancellationToken);
            if (head is null)
                return new(TransitionOutcome.NotFound, default, []);
            var allowed = RunTransitions.From(head.Status).Where(head.Allows).ToList();
            if (fence is not null && fence != head.Fence)
                return new(TransitionOutcome.Stale, head.Status, allowed);
            var to = choose(head);
            if (to == head.Status)
                return new(TransitionOutcome.Unchanged, to, allowed);
            if (!head.Allows(to))
                return new(TransitionOutcome.Illegal, head.Status, allowed);

            var why = lost && to == RunStatus.Failed ? $"{reason}; {head.LostAttempts} attempts in a row got no further" : reason;
            if (await Write(context, runId, head, to, why, lost, cancellationToken) == 0)
                continue; // PostgreSQL: somebody was faster; look again
            context.RunEvents.Add(new RunEvent { RunId = runId, Time = Now(), From = head.Status, To = to, Actor = actor, Reason = why });
            return new(TransitionOutcome.Done, to, RunTransitions.From(to));
        }
    }

    private Task<int> Write(
        LabDbContext context, Guid runId, RunHead head, RunStatus to, string reason, bool lost, CancellationToken cancellationToken)
    {
        var now = Now();
        return context.Runs.Where(run => run.Id == runId && run.Status == head.Status && run.Fence == head.Fence).ExecuteUpdateAsync(set =>
        {
            set.SetProperty(run => run.Status, to);
            set.SetProperty(run => run.Version, run => run.Version + 1);
            set.SetProperty(run => run.UpdatedAt, now);
            if (to == RunStatus.Running)
                set.SetProperty(run => run.StartedAt, run => run.StartedAt ?? now);
            if (!to.IsHeld())
            {
                set.SetProperty(run => run.WorkerId, (string?)null);
                set.SetProperty(run => run.LeaseUntil, (DateTimeOffset?)null);
                set.SetProperty(run => run.ProcessId, (int?)null);
                set.SetProperty(run => run.FinishedAt, to.IsTerminal() ? now : null);
                set.SetProperty(run => run.Error, to == RunStatus.Failed ? reason : null);
                set.SetProperty(run => run.FruitlessAttempts, lost && to == RunStatus.Queued ? head.LostAttempts : 0);
            }
        }, cancellationToken);
    }

    private async Task Add(IReadOnlyList<Run> runs, Experiment? experiment, string actor, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        if (experiment is not null)
            context.Experiments.Add(experiment);
        context.Runs.AddRange(runs);
        context.RunEvents.AddRange(runs.Select(run =>
            new RunEvent { RunId = run.Id, Time = run.CreatedAt, To = run.Status, Actor = actor, Reason = "created" }));
        await context.SaveChangesAsync(cancellationToken);
        foreach (var run in runs)
            Changed?.Invoke(run.Id);
    }

    private static Run From(RunPlan plan, RunRequest request, Guid? experimentId, DateTimeOffset now) => new()
    {
        Id = Guid.CreateVersion7(now),
        Name = plan.Name,
        ExperimentId = experimentId,
        Algorithm = plan.Algorithm,
        Environment = plan.Environment,
        Steps = plan.Steps,
        Seed = plan.Seed,
        Device = plan.Device,
        ExecutionGroup = plan.Device == "cpu" ? Run.GroupCpu : Run.GroupGpu,
        Status = RunStatus.Queued,
        Priority = request.Priority,
        Tags = [.. request.Tags],
        Notes = request.Notes,
        CreatedAt = now,
        UpdatedAt = now,
        ConfigurationHash = plan.ConfigurationHash,
        Plan = plan.ToJson().ToJsonString(),
    };

    // Whole microseconds, as stored: what is returned equals what is read back.
    private DateTimeOffset Now() => UnixMicroseconds.To(UnixMicroseconds.From(time.GetUtcNow()));
}
