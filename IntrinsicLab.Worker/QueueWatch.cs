using IntrinsicLab.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Quartz;

namespace IntrinsicLab.Worker;

/// <summary>
/// Looks at the run table several times a second: turns waiting runs into triggers, takes runs from workers that are gone, and says that this
/// one is alive. At a start the table alone says what is to be done.
/// </summary>
internal sealed partial class QueueWatch(
    RunQueue queue, IDbContextFactory<LabDbContext> contexts, ISchedulerFactory schedulers, WorkerNode node,
    WorkerRegistration registration, TimeProvider time, ILogger<QueueWatch> logger) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan CarePeriod = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Forgotten = TimeSpan.FromMinutes(10);

    private readonly SemaphoreSlim changed = new(0, 1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        queue.Changed += Wake;
        try
        {
            var scheduler = await schedulers.GetScheduler(stoppingToken);
            var cared = DateTimeOffset.MinValue;
            while (!stoppingToken.IsCancellationRequested)
            {
                try
                {
                    if (time.GetUtcNow() - cared > CarePeriod)
                    {
                        await ReleaseLost(stoppingToken);
                        await registration.Renew(stoppingToken);
                        cared = time.GetUtcNow();
                    }
                    foreach (var group in (string[])[Run.GroupCpu, Run.GroupGpu])
                        await TriggerWaiting(scheduler, group, stoppingToken);
                }
                catch (Exception error) when (error is not OperationCanceledException)
                {
                    // A database that cannot be reached for a while must not end the worker.
                    Unreachable(logger, error);
                    await Task.Delay(CarePeriod, stoppingToken);
                }
                await changed.WaitAsync(Period, stoppingToken);
            }
        }
        catch (OperationCanceledException)
        {
            // The host stops.
        }
        finally
        {
            queue.Changed -= Wake;
        }
    }

    private void Wake(Guid run)
    {
        try
        {
            if (changed.CurrentCount == 0)
                changed.Release();
        }
        catch (SemaphoreFullException)
        {
            // Somebody else woke it in the same moment.
        }
    }

    private async Task TriggerWaiting(IScheduler scheduler, string group, CancellationToken cancellationToken)
    {
        var slots = node.Slots(group);
        if (slots == 0)
            return;
        foreach (var run in await queue.Waiting(group, slots * 2, node.Scope.ExperimentId, cancellationToken))
        {
            var trigger = RunJob.Trigger(group, run.ToString("N"), run.ToString("N"));
            if (await scheduler.Exists(trigger.Key, cancellationToken))
                continue;
            try
            {
                await scheduler.ScheduleJob(trigger, cancellationToken: cancellationToken);
            }
            catch (ObjectAlreadyExistsException)
            {
                // Another node was faster.
            }
        }
    }

    private async Task ReleaseLost(CancellationToken cancellationToken)
    {
        var released = await queue.ReleaseExpired(cancellationToken);
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        // On this machine a dead process need not be waited for.
        var neighbours = await context.Workers.AsNoTracking()
            .Where(worker => worker.Host == Environment.MachineName && worker.Id != node.Id).ToListAsync(cancellationToken);
        foreach (var worker in neighbours.Where(worker => !LocalProcess.IsAlive(worker.ProcessId, worker.StartedAt)))
        {
            var held = await context.Runs.Where(run => run.WorkerId == worker.Id)
                .Select(run => new { run.Id, run.Fence, run.ProcessId }).ToListAsync(cancellationToken);
            var waiting = held.Where(run => run.ProcessId is { } id && LocalProcess.IsAlive(id, run.Id.ToString())).ToList();
            foreach (var run in held.Except(waiting))
                if ((await queue.Release(run.Id, run.Fence, node.Id, $"worker {worker.Id} is gone", cancellationToken)).Outcome == TransitionOutcome.Done)
                    released++;
            // A child that still lives writes its last checkpoint and queues the run itself.
            if (waiting.Count == 0)
                await context.Workers.Where(each => each.Id == worker.Id).ExecuteDeleteAsync(cancellationToken);
        }
        var forgotten = time.GetUtcNow() - Forgotten;
        await context.Workers.Where(worker => worker.LastSeenAt < forgotten).ExecuteDeleteAsync(cancellationToken);
        if (released > 0)
            Released(logger, released);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The run table cannot be read or written; trying again")]
    private static partial void Unreachable(ILogger logger, Exception error);

    [LoggerMessage(Level = LogLevel.Information, Message = "Took {Count} runs from workers that are gone")]
    private static partial void Released(ILogger logger, int count);
}
