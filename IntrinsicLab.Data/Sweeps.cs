using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Core.Search;
using IntrinsicLab.Core.Statistics;
using Microsoft.EntityFrameworkCore;

namespace IntrinsicLab.Data;

/// <summary>A run of a sweep, as far as its sweep cares.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Trial">Number of its trial.</param>
/// <param name="Seed">Its seed.</param>
/// <param name="Status">Where it is.</param>
/// <param name="StepsDone">Environment steps done.</param>
/// <param name="PauseAt">Where it waits for the sweep; null for nowhere.</param>
/// <param name="Error">Why it failed.</param>
/// <param name="ConfigurationHash">Which configuration.</param>
/// <param name="Deleted">Somebody deleted it.</param>
public sealed record SweepRun(
    Guid Id, int Trial, int Seed, RunStatus Status, long StepsDone, long? PauseAt, string? Error, string ConfigurationHash, bool Deleted);

/// <summary>Seeds of a configuration and what they say.</summary>
/// <param name="Seeds">Number of seeds with a score.</param>
/// <param name="Score">Their aggregate; null without any.</param>
/// <param name="Interval">95 % interval; null where there are too few seeds, or none is defined.</param>
public sealed record TrialEvidence(int Seeds, double? Score, Interval? Interval)
{
    private const int Replicates = 10_000;

    /// <summary>The mean's interval is Student's; of median and interquartile mean it is a bootstrap interval; the worst seed has none.</summary>
    public static TrialEvidence Of(TrialAggregate aggregate, SearchGoal goal, IReadOnlyList<double> scores)
    {
        if (scores.Count == 0)
            return new(0, null, null);
        var score = RungResult.Of(aggregate, goal, scores);
        double[] values = [.. scores];
        Interval? interval = values.Length < 2 ? null : aggregate switch
        {
            TrialAggregate.Mean => SeedBand.Of(values).StudentInterval,
            TrialAggregate.Worst => null,
            _ => Bootstrap.Bounds(BootstrapInterval.Percentile, Bootstrap.Replicates(
                aggregate == TrialAggregate.Median ? Aggregate.Median : Aggregate.Iqm, ScoreTable.Of(values), Replicates, GroupCurve.Seed([values])), score, 0.95),
        };
        return new(values.Length, score, interval);
    }
}

/// <summary>A sweep with its plan, its trials as far as they are, and its runs.</summary>
/// <param name="Experiment">Its row.</param>
/// <param name="Plan">Its plan.</param>
/// <param name="State">What the search makes of the results.</param>
/// <param name="Runs">All its runs, by trial and seed.</param>
/// <param name="Scores">Scores that were read, by run and steps; null where there is none.</param>
public sealed record SweepView(
    Experiment Experiment, SweepPlan Plan, SweepState State, IReadOnlyDictionary<(int Trial, int Seed), SweepRun> Runs,
    IReadOnlyDictionary<(Guid Run, long Steps), double?> Scores)
{
    /// <summary>The best trial so far; null before the first result.</summary>
    public SweepTrial? Best => State.Best(Plan.Search.Settings.Goal);

    /// <summary>What the seeds say that decided about a trial, at the highest rung it has finished.</summary>
    public TrialEvidence Evidence(SweepTrial trial) => trial.Last?.Score is null
        ? new(0, null, null)
        : TrialEvidence.Of(Plan.Search.Settings.Aggregate, Plan.Search.Settings.Goal, [.. trial.Last.Seeds.Select(seed => seed.Score!.Value)]);

    /// <summary>
    /// What those seeds of a trial say that somebody added and no decision rests on, at the full budget: the only ones from which the best
    /// can be judged, because it was chosen for its results on the others.
    /// </summary>
    public TrialEvidence Fresh(SweepTrial trial) => TrialEvidence.Of(Plan.Search.Settings.Aggregate, Plan.Search.Settings.Goal,
        [.. Added(trial).Where(run => run.Status == RunStatus.Completed).Select(run => Scores.GetValueOrDefault((run.Id, Plan.Search.Steps))).OfType<double>()]);

    /// <summary>Runs of a trial that somebody added.</summary>
    public IEnumerable<SweepRun> Added(SweepTrial trial) => Runs.Values.Where(run => run.Trial == trial.Number && !trial.Seeds.Contains(run.Seed));
}

/// <summary>
/// Sweeps: experiments whose runs a search asks for, step by step. Nothing about a search is stored but its plan: every look plays it again
/// with the results in the tables (<see cref="Sweep"/>), and adds, promotes or ends runs until the tables agree with it. Any number of
/// processes may do so at any time, and be killed at any moment.
/// </summary>
public sealed class Sweeps(RunQueue queue, MetricStore metrics, IDbContextFactory<LabDbContext> contexts)
{
    private readonly ConcurrentDictionary<Guid, SweepPlan> plans = new();
    private readonly ConcurrentDictionary<Guid, ConcurrentDictionary<(Guid Run, long Steps), double?>> scores = new();

    /// <summary>Stores a sweep and adds its first runs.</summary>
    public async Task<Experiment> Create(SweepPlan plan, CancellationToken cancellation = default)
    {
        var sweep = await queue.EnqueueSweep(plan, cancellation);
        await Advance(sweep.Id, cancellation);
        return sweep;
    }

    /// <summary>Ids of the sweeps that go on.</summary>
    public async Task<IReadOnlyList<Guid>> Active(CancellationToken cancellation = default)
    {
        await using var lab = await contexts.CreateDbContextAsync(cancellation);
        return await lab.Experiments.Where(each => each.SweepStatus == SweepStatus.Active).OrderBy(each => each.Id).Select(each => each.Id).ToListAsync(cancellation);
    }

    /// <summary>A sweep as it is; null when there is none with this id.</summary>
    /// <exception cref="InvalidDataException">The stored plan cannot be read by this version.</exception>
    public async Task<SweepView?> View(Guid id, CancellationToken cancellation = default)
    {
        await using var lab = await contexts.CreateDbContextAsync(cancellation);
        if (await lab.Experiments.AsNoTracking().SingleOrDefaultAsync(each => each.Id == id && each.SweepStatus != null, cancellation) is not { } sweep)
            return null;
        var plan = plans.GetOrAdd(id, _ => Read(sweep.Plan));
        var runs = (await lab.Runs.AsNoTracking().Where(run => run.ExperimentId == id && run.Trial != null)
                .Select(run => new SweepRun(
                    run.Id, run.Trial!.Value, run.Seed, run.Status, run.StepsDone, run.PauseAt, run.Error, run.ConfigurationHash, run.DeletedAt != null))
                .ToListAsync(cancellation))
            .ToDictionary(run => (run.Trial, run.Seed));
        var rungs = plan.Search.Rungs;
        var known = scores.GetOrAdd(id, _ => new());
        foreach (var run in runs.Values)
            for (var rung = 0; rung < rungs.Count; rung++)
                if (HasReached(run, rung, rungs) && !known.ContainsKey((run.Id, rungs[rung])))
                    known[(run.Id, rungs[rung])] = await Score(run.Id, rungs[rung], plan, cancellation);
        var state = Sweep.Next(plan.Search, (trial, rung, seed) =>
        {
            if (!runs.TryGetValue((trial, seed), out var run))
                return null;
            if (HasReached(run, rung, rungs))
                return known[(run.Id, rungs[rung])] is { } score ? new(seed, score) : new(seed, null, $"seed {seed} has no finite {plan.Metric}");
            // A cancelled sweep is shown as it was; in one that goes on a run that somebody took away has failed.
            return run.Status == RunStatus.Failed ? new(seed, null, $"seed {seed} failed: {run.Error?.Split('\n')[0]}")
                : sweep.SweepStatus == SweepStatus.Cancelled ? null
                : run.Status == RunStatus.Cancelled || run.Deleted ? new(seed, null, $"seed {seed} was {(run.Deleted ? "deleted" : "cancelled")}")
                : null;
        });
        return new(sweep, plan, state, runs, known);
    }

    /// <summary>As <see cref="View"/>, for lists: null also where only another version can read the plan.</summary>
    public async Task<SweepView?> ViewIfReadable(Guid id, CancellationToken cancellation = default)
    {
        try
        {
            return await View(id, cancellation);
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    /// <summary>Brings an active sweep as far as its results allow; returns what it is then, null when there is none with this id.</summary>
    public async Task<SweepView?> Advance(Guid id, CancellationToken cancellation = default)
    {
        if (await View(id, cancellation) is not { Experiment.SweepStatus: SweepStatus.Active } view)
            return await View(id, cancellation);
        var (plan, state) = (view.Plan, view.State);
        var last = plan.Search.Rungs.Count - 1;
        var wanted = new List<TrialRun>();
        foreach (var job in state.Jobs)
            foreach (var seed in job.Seeds)
            {
                long? pauseAt = job.Rung == last ? null : job.Steps;
                var run = plan.RunOf(state.Trials[job.Trial], seed);
                if (!view.Runs.TryGetValue((job.Trial, seed), out var present))
                    wanted.Add(new(run, job.Trial, pauseAt));
                else if (present.ConfigurationHash != run.ConfigurationHash)
                {
                    await Stop(id, $"Trial {job.Trial} was started with another configuration than the search now asks for: results it rests on were changed, or the code was.", cancellation);
                    return await View(id, cancellation);
                }
                else if (present is { PauseAt: { } at, Status: RunStatus.Paused } && (pauseAt is null || at < pauseAt) && present.StepsDone >= at)
                    await queue.Promote(present.Id, pauseAt, string.Create(CultureInfo.InvariantCulture,
                        $"trial {job.Trial} is among the best at rung {job.Rung} of {last + 1} and goes on to step {job.Steps}"), cancellation);
            }
        if (wanted.Count > 0)
            await queue.AddTrials(id, plan, wanted, RunQueue.SweepActor, onlyWhileActive: true, cancellation);
        foreach (var trial in state.Trials.Where(trial => trial.Standing is TrialStanding.Dropped or TrialStanding.Failed))
            foreach (var run in view.Runs.Values.Where(run => run.Trial == trial.Number && trial.Seeds.Contains(run.Seed) && run is { Status: RunStatus.Paused, Deleted: false }))
                await queue.Transition(run.Id, RunStatus.Cancelled, RunQueue.SweepActor,
                    trial.Standing == TrialStanding.Dropped ? trial.Reason! : $"its trial failed: {trial.Reason}", null, cancellation);
        if (state.Finished)
            await Move(id, [SweepStatus.Active], SweepStatus.Finished, null, cancellation);
        return await View(id, cancellation);
    }

    /// <summary>Ends a sweep for good, with all its runs; false when it has ended already.</summary>
    public async Task<bool> Cancel(Guid id, string actor, CancellationToken cancellation = default)
    {
        if (!await Move(id, [SweepStatus.Active, SweepStatus.Paused, SweepStatus.Failed], SweepStatus.Cancelled, null, cancellation))
            return false;
        foreach (var run in await Runs(id, run => !run.Status.IsTerminal(), cancellation))
            await queue.Cancel(run.Id, actor, cancellation);
        return true;
    }

    /// <summary>Pauses a sweep and its runs, with checkpoints; false when it does not go on.</summary>
    public async Task<bool> Pause(Guid id, string actor, CancellationToken cancellation = default)
    {
        if (!await Move(id, [SweepStatus.Active], SweepStatus.Paused, null, cancellation))
            return false;
        foreach (var run in await Runs(id, run => run.Status is RunStatus.Queued or RunStatus.Starting or RunStatus.Running, cancellation))
            await queue.Pause(run.Id, actor, cancellation);
        return true;
    }

    /// <summary>Lets a paused sweep go on, and every run that has not reached its rung; false when it is not paused.</summary>
    public async Task<bool> Resume(Guid id, string actor, CancellationToken cancellation = default)
    {
        if (!await Move(id, [SweepStatus.Paused], SweepStatus.Active, null, cancellation))
            return false;
        foreach (var run in await Runs(id, run => run.Status is RunStatus.Paused or RunStatus.Pausing && !(run.StepsDone >= run.PauseAt), cancellation))
            await queue.Resume(run.Id, actor, cancellation);
        return true;
    }

    /// <summary>
    /// Runs the best configuration with further seeds and its full budget. No decision of the sweep rests on them. Empty when there is no best yet.
    /// </summary>
    public async Task<IReadOnlyList<Run>> AddSeedsToBest(Guid id, int count, string actor, CancellationToken cancellation = default)
    {
        if (await View(id, cancellation) is not { Best: { } best } view)
            return [];
        var used = view.Runs.Values.Where(run => run.Trial == best.Number).Select(run => run.Seed).Concat(best.Seeds).ToHashSet();
        // A race to come asks for the lowest free seeds; these stay out of its way, or they would decide after all.
        var first = Math.Max(view.Plan.Search.Settings.RacingMost, used.Max()) + 1;
        return await queue.AddTrials(
            id, view.Plan, [.. Enumerable.Range(first, count).Select(seed => new TrialRun(view.Plan.RunOf(best, seed), best.Number, null))], actor,
            onlyWhileActive: false, cancellation);
    }

    private static SweepPlan Read(string json)
    {
        var problems = new List<Problem>();
        using var document = JsonDocument.Parse(json);
        return SweepPlan.Read(document.RootElement, problems)
            ?? throw new InvalidDataException($"The stored plan cannot be read here: {string.Join("; ", problems.Select(problem => $"{problem.Pointer} {problem.Message}"))}");
    }

    // At the top a run has to be complete. Below, it waits there, has been sent on from there, or ended beyond; while a process still holds
    // it at its rung, its checkpoint may not be written yet.
    private static bool HasReached(SweepRun run, int rung, IReadOnlyList<long> rungs) => run.Status == RunStatus.Completed
        || (rung < rungs.Count - 1 && run.StepsDone >= rungs[rung]
            && (run.PauseAt is null || run.PauseAt > rungs[rung] || run.Status == RunStatus.Paused || run.Status.IsTerminal()));

    private async Task<double?> Score(Guid run, long steps, SweepPlan plan, CancellationToken cancellation)
    {
        var part = await Values(steps * (1 - plan.FinalShare));
        // Where the share holds no value, as with rare episodes, the last one before it stands.
        if (part.Final(steps, plan.FinalShare) is var score && double.IsFinite(score))
            return score;
        return (await Values(0)).Y is [.., var last] ? last : null;

        async Task<SeedCurve> Values(double from)
        {
            var columns = await metrics.Read(run, plan.Metric, from, steps, aggregate: MetricAggregate.Raw, cancellationToken: cancellation);
            var finite = Enumerable.Range(0, columns?.X.Length ?? 0).Where(index => double.IsFinite(columns!.Value[index])).ToList();
            return new SeedCurve([.. finite.Select(index => columns!.X[index])], [.. finite.Select(index => columns!.Value[index])]);
        }
    }

    private async Task<List<SweepRun>> Runs(Guid id, Func<SweepRun, bool> which, CancellationToken cancellation) =>
        await View(id, cancellation) is { } view ? [.. view.Runs.Values.Where(run => !run.Deleted && which(run)).OrderBy(run => run.Id)] : [];

    private Task Stop(Guid id, string message, CancellationToken cancellation) => Move(id, [SweepStatus.Active], SweepStatus.Failed, message, cancellation);

    private async Task<bool> Move(Guid id, SweepStatus?[] from, SweepStatus to, string? message, CancellationToken cancellation)
    {
        await using var lab = await contexts.CreateDbContextAsync(cancellation);
        var moved = await lab.Experiments.Where(each => each.Id == id && from.Contains(each.SweepStatus))
            .ExecuteUpdateAsync(set => set.SetProperty(each => each.SweepStatus, to).SetProperty(each => each.SweepMessage, message), cancellation) == 1;
        return moved;
    }
}
