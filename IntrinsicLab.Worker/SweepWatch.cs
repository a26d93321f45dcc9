using System.Collections.Concurrent;
using IntrinsicLab.Data;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace IntrinsicLab.Worker;

/// <summary>
/// Brings the active sweeps on whenever a run changes in this process, and every second for what others do. Each worker does so: that they
/// agree, and that it matters to nobody which of them is first, is <see cref="Sweeps"/>' affair.
/// </summary>
internal sealed partial class SweepWatch(RunQueue queue, Sweeps sweeps, WorkerNode node, ILogger<SweepWatch> logger) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    // Results come in bursts; one look for all of them.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly SemaphoreSlim changed = new(0, 1);
    private readonly ConcurrentDictionary<Guid, bool> unreadable = new();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        queue.Changed += Wake;
        try
        {
            while (!stoppingToken.IsCancellationRequested)
            {
                try
                {
                    foreach (var sweep in await sweeps.Active(stoppingToken))
                        if (node.Scope.ExperimentId is null || node.Scope.ExperimentId == sweep)
                            await Advance(sweep, stoppingToken);
                }
                catch (Exception error) when (error is not OperationCanceledException)
                {
                    // A database that cannot be reached for a while must not end the worker.
                    Unreachable(logger, error);
                }
                await changed.WaitAsync(Period, stoppingToken);
                await Task.Delay(Pause, stoppingToken);
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

    private async Task Advance(Guid sweep, CancellationToken stoppingToken)
    {
        try
        {
            await sweeps.Advance(sweep, stoppingToken);
        }
        catch (InvalidDataException error)
        {
            // One sweep of another version must not stop the others, nor fill the log.
            if (unreadable.TryAdd(sweep, true))
                Unreadable(logger, sweep, error.Message);
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

    [LoggerMessage(Level = LogLevel.Warning, Message = "The sweeps cannot be read or written; trying again")]
    private static partial void Unreachable(ILogger logger, Exception error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Sweep {Sweep} cannot go on here: {Reason}")]
    private static partial void Unreadable(ILogger logger, Guid sweep, string reason);
}
