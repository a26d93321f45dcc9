using System.Data.Common;
using System.Diagnostics;
using System.Text.Json;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Data;
using Microsoft.EntityFrameworkCore;

namespace IntrinsicLab.Worker;

/// <summary>
/// One attempt at a run, in a process of its own: from the last good checkpoint to the end of the budget, or until asked to stop. Points go
/// to the store at least every second, a checkpoint with all points before it; the lease is prolonged by the loop itself, so that a loop that
/// hangs looks hung. A lease covers ten times the longest update seen. Evaluations run between updates and count neither as training time nor
/// as speed; one that is broken off is played again from its start when the run goes on.
/// </summary>
internal sealed class RunTraining(
    RunQueue queue, MetricStore metrics, CheckpointStore checkpoints, Rules rules, IDbContextFactory<LabDbContext> contexts, LabOptions options, StopRequest stop)
{
    private const int MostBuffered = 1000;
    private static readonly TimeSpan FlushPeriod = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan DatabasePatience = TimeSpan.FromSeconds(60);

    // An evaluation looks up this often; it has to be far less than a lease, and far more than a look costs.
    private const int StepsAtATime = 50;

    private readonly List<StoredPoint> buffer = [];
    private readonly List<NewArtifact> artifacts = [];
    private readonly Stopwatch sinceStart = new();
    private readonly Stopwatch sinceFlush = new();
    private bool evaluationIsPending;
    private long updates;
    private Guid runId;
    private long fence;
    private long pauseAt;
    private double activeBefore;
    private TimeSpan longestUpdate;
    private TimeSpan lastCheckpointTook;
    private long lastFlushSteps;
    private double lastFlushActive;
    private double? speed;

    private double ActiveSeconds => activeBefore + sinceStart.Elapsed.TotalSeconds;

    /// <summary>Trains; returns the process's exit code. Whatever went wrong with the run is in its row.</summary>
    public async Task<int> Run(Guid id, long claimedFence)
    {
        (runId, fence) = (id, claimedFence);
        try
        {
            await Attempt();
            return 0;
        }
        catch (StaleFenceException error)
        {
            Console.Error.WriteLine(error.Message);
            return 3;
        }
        catch (DivergedException error)
        {
            return await Fail(error.Message, keepPoints: true);
        }
        catch (DbException error)
        {
            Console.Error.WriteLine(error);
            return await Fail($"its results could not be stored: {error.Message}", keepPoints: false);
        }
        catch (OutOfMemoryException)
        {
            return await Fail("it needs more memory than there is", keepPoints: false);
        }
        catch (Exception error)
        {
            // The one place that catches everything: whatever an algorithm or environment throws ends this run alone.
            Console.Error.WriteLine(error);
            return await Fail($"{error.GetType().Name}: {error.Message}", keepPoints: true);
        }
    }

    private async Task Attempt()
    {
        await using (var context = await contexts.CreateDbContextAsync())
        {
            var run = await context.Runs.AsNoTracking().SingleOrDefaultAsync(each => each.Id == runId);
            if (run is null || run.Fence != fence || !run.Status.IsHeld())
                throw new StaleFenceException(runId, fence);
            await Provenance.Record(context, runId, fence, run.Device);
            var problems = new List<Problem>();
            using var json = JsonDocument.Parse(run.Plan);
            var plan = RunPlan.Read(json.RootElement, problems)
                ?? throw new InvalidDataException(
                    $"the stored plan cannot be run here: {string.Join("; ", problems.Select(problem => $"{problem.Pointer} {problem.Message}"))}");
            pauseAt = run.PauseAt ?? long.MaxValue;
            await Train(plan);
        }
    }

    private async Task Train(RunPlan plan)
    {
        var trainer = new Trainer(plan, rules.Find);
        try
        {
            var start = await checkpoints.LoadLastGood(runId, Loads, step => Console.WriteLine($"The checkpoint at step {step} cannot be used."));
            await metrics.TruncateAfter(runId, fence, start?.Step ?? -1);
            activeBefore = start?.ActiveSeconds ?? 0;
            (lastFlushSteps, lastFlushActive) = (trainer.Steps, activeBefore);
            if (plan.Memory() is { } memory)
                Console.WriteLine(memory);
            Console.WriteLine(start is null ? "Starts at step 0." : $"Goes on from step {start.Step}.");
            await queue.Transition(runId, RunStatus.Running, "train", start is null ? "training" : $"training from step {start.Step}", fence);
            // The checkpoint may lie before or after the evaluation of its step.
            var stored = await metrics.Names(runId);
            var evaluated = stored.FirstOrDefault(metric => metric.Name == Metrics.EvaluationReturn)?.LastStep;
            // Every update reports it once.
            updates = stored.FirstOrDefault(metric => metric.Name == Metrics.Episodes)?.Count ?? 0;
            evaluationIsPending = trainer.EvaluationIsDue && evaluated != trainer.Steps;
            await Loop(trainer);
            await Finish(trainer);
        }
        finally
        {
            trainer.Dispose();
        }

        bool Loads(Checkpoint checkpoint)
        {
            try
            {
                using var content = new MemoryStream(checkpoint.Content);
                trainer.Load(content);
                return trainer.Steps == checkpoint.Step;
            }
            catch (Exception error) when (error is InvalidDataException or EndOfStreamException)
            {
                Console.WriteLine(error.Message);
                // It may be half filled.
                trainer.Dispose();
                trainer = new Trainer(plan, rules.Find);
                return false;
            }
        }
    }

    private async Task Loop(Trainer trainer)
    {
        sinceStart.Start();
        sinceFlush.Start();
        var sinceCheckpoint = Stopwatch.StartNew();
        while (!stop.IsAsked)
        {
            if (evaluationIsPending)
                await Evaluate(trainer);
            if (trainer.Finished || trainer.Steps >= pauseAt || stop.IsAsked)
                return;
            var update = Stopwatch.StartNew();
            var progress = trainer.Update();
            updates++;
            evaluationIsPending = trainer.EvaluationIsDue;
            // Now, not with the evaluation: what figures show may not be in the checkpoint that an evaluation can be resumed from.
            if (evaluationIsPending && trainer.Figures() is { } sheet)
                artifacts.Add(new NewArtifact(sheet.Name, "application/json", sheet.ToJson()).Compressed());
            if (evaluationIsPending)
                AddRule(trainer);
            if (update.Elapsed > longestUpdate)
                longestUpdate = update.Elapsed;
            var active = ActiveSeconds;
            foreach (var point in progress.Points)
                buffer.Add(new StoredPoint(point.Metric, point.Step, active, point.Value));
            // Big checkpoints are written more rarely: never more than about a twentieth of the time.
            var checkpointIsDue = sinceCheckpoint.Elapsed.TotalSeconds >= Math.Max(options.CheckpointSeconds, 20 * lastCheckpointTook.TotalSeconds);
            if (!checkpointIsDue && sinceFlush.Elapsed < FlushPeriod && buffer.Count < MostBuffered)
                continue;
            await Flush(trainer, checkpointIsDue);
            if (checkpointIsDue)
                sinceCheckpoint.Restart();
        }
    }

    /// <summary>Plays an evaluation; what it found is stored together with its points, or, where the run is asked to stop, not at all.</summary>
    private async Task Evaluate(Trainer trainer)
    {
        sinceStart.Stop();
        using var evaluation = trainer.Evaluate();
        while (!evaluation.Finished)
        {
            evaluation.Play(StepsAtATime);
            if (stop.IsAsked)
                break;
            if (sinceFlush.Elapsed >= FlushPeriod)
                await Flush(trainer, withCheckpoint: false);
        }
        if (evaluation.Finished)
        {
            foreach (var point in evaluation.Points)
                buffer.Add(new StoredPoint(point.Metric, point.Step, ActiveSeconds, point.Value));
            if (evaluation.Replay is { } replay)
                artifacts.Add(new NewArtifact(replay.Name, "application/json", replay.ToJson()).Compressed());
            evaluationIsPending = false;
        }
        sinceStart.Start();
    }

    private async Task Finish(Trainer trainer)
    {
        if (trainer.Steps > 0)
        {
            AddRule(trainer);
            await Flush(trainer, withCheckpoint: true);
        }
        while (true)
        {
            var status = await Status();
            var (to, reason) = trainer.Finished && !evaluationIsPending ? (RunStatus.Completed, $"{trainer.Steps} steps done") : status switch
            {
                RunStatus.Cancelling => (RunStatus.Cancelled, $"stopped at step {trainer.Steps}"),
                RunStatus.Pausing => (RunStatus.Paused, $"checkpoint at step {trainer.Steps}"),
                _ when trainer.Steps >= pauseAt && !evaluationIsPending =>
                    (RunStatus.Paused, $"step {pauseAt} of its sweep is reached; it goes on if its trial is among the best"),
                _ => (RunStatus.Queued, stop.IsOrphaned ? "the worker's process ended" : "the worker stops"),
            };
            // Somebody may have changed the status since it was read.
            if ((await queue.Transition(runId, to, "train", reason, fence)).Outcome != TransitionOutcome.Illegal)
                return;
        }
    }

    // In place of the one before: a run has one rule, the newest.
    private void AddRule(Trainer trainer)
    {
        if (trainer.Rule is { } rule)
            artifacts.Add(RunRule.Artifact(
                rule, trainer.Plan, updates, trainer.Steps, ActiveSeconds, Provenance.Commit, Provenance.Hardware(trainer.Plan.Device),
                DateOnly.FromDateTime(DateTime.UtcNow)));
    }

    private async Task Flush(Trainer trainer, bool withCheckpoint)
    {
        var clock = Stopwatch.StartNew();
        var active = ActiveSeconds;
        if (trainer.Steps > lastFlushSteps && active > lastFlushActive)
        {
            speed = (trainer.Steps - lastFlushSteps) / (active - lastFlushActive);
            buffer.Add(new StoredPoint(Metrics.StepsPerSecond, trainer.Steps, active, speed.Value));
        }
        (lastFlushSteps, lastFlushActive) = (trainer.Steps, active);
        NewCheckpoint? checkpoint = null;
        if (withCheckpoint)
            checkpoint = new(trainer.Steps, trainer.Episodes, active, trainer.Save());
        var progress = new RunProgress(trainer.Steps, trainer.Episodes, active, speed, Lease());
        await Store(checkpoint, progress);
        buffer.Clear();
        artifacts.Clear();
        sinceFlush.Restart();
        if (withCheckpoint)
            lastCheckpointTook = clock.Elapsed;
    }

    private TimeSpan Lease()
    {
        var lease = TimeSpan.FromSeconds(options.LeaseSeconds);
        return longestUpdate == TimeSpan.Zero ? WorkerNode.StartLease : 10 * longestUpdate > lease ? 10 * longestUpdate : lease;
    }

    /// <summary>Tries for a while when the database is busy or away. Points of a try that reached it after all are left out of the next.</summary>
    private async Task Store(NewCheckpoint? checkpoint, RunProgress progress)
    {
        var patience = Stopwatch.StartNew();
        for (var attempt = 0; ; attempt++)
            try
            {
                await metrics.Append(runId, fence, buffer, checkpoint, progress, artifacts, dropStale: attempt > 0);
                return;
            }
            catch (DbException error) when (patience.Elapsed < DatabasePatience && IsPassing(error))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200 * (attempt + 1)));
            }
    }

    private static bool IsPassing(DbException error) =>
        error.IsTransient || error is Microsoft.Data.Sqlite.SqliteException { SqliteErrorCode: 5 or 6 };

    private async Task<RunStatus> Status()
    {
        await using var context = await contexts.CreateDbContextAsync();
        return await context.Runs.Where(run => run.Id == runId).Select(run => run.Status).SingleAsync();
    }

    private async Task<int> Fail(string reason, bool keepPoints)
    {
        Console.Error.WriteLine($"Failed: {reason}");
        try
        {
            if (keepPoints && buffer.Count > 0)
                await metrics.Append(runId, fence, buffer, artifacts: artifacts, dropStale: true);
            await queue.Transition(runId, RunStatus.Failed, "train", reason, fence);
            return 0;
        }
        catch (Exception error) when (error is DbException or DbUpdateException or StaleFenceException or InvalidOperationException)
        {
            // The worker reads the reason from standard error and tries again.
            Console.Error.WriteLine(error.Message);
            return 4;
        }
    }
}
