using System.Runtime.ExceptionServices;

namespace IntrinsicLab.Core.Environments;

/// <summary>
/// Threads that wait between the steps of one batch. Each has the same environments every time, so nothing depends on scheduling, and
/// a step costs two barriers instead of the allocations of a parallel loop.
/// </summary>
internal sealed class BatchThreads : IDisposable
{
    private readonly int threads;
    private readonly int count;
    private readonly Action<int> step;
    private readonly Barrier start;
    private readonly Barrier finish;
    private readonly Exception?[] failures;
    private volatile bool stopping;

    /// <summary>Starts the threads; the caller of <see cref="Run"/> is one more.</summary>
    internal BatchThreads(int threads, int count, Action<int> step)
    {
        this.threads = threads;
        this.count = count;
        this.step = step;
        start = new Barrier(threads);
        finish = new Barrier(threads);
        failures = new Exception?[threads];
        for (var thread = 1; thread < threads; thread++)
        {
            var share = thread;
            new Thread(() => Serve(share)) { IsBackground = true, Name = $"environment batch {share}" }.Start();
        }
    }

    /// <summary>Steps every environment once and returns when all have been.</summary>
    internal void Run()
    {
        start.SignalAndWait();
        StepShare(0);
        finish.SignalAndWait();
        foreach (var failure in failures)
            if (failure is not null)
                ExceptionDispatchInfo.Throw(failure);
    }

    /// <summary>Ends the threads.</summary>
    public void Dispose()
    {
        if (stopping)
            return;
        stopping = true;
        start.SignalAndWait();
    }

    private void Serve(int share)
    {
        while (true)
        {
            start.SignalAndWait();
            if (stopping)
                return;
            StepShare(share);
            finish.SignalAndWait();
        }
    }

    private void StepShare(int share)
    {
        failures[share] = null;
        try
        {
            for (var index = share; index < count; index += threads)
                step(index);
        }
        catch (Exception exception)
        {
            // Carried over to the caller's thread; thrown here it would end the process.
            failures[share] = exception;
        }
    }
}
