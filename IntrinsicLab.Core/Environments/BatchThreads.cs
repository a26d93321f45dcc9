using System.Runtime.ExceptionServices;

namespace IntrinsicLab.Core.Environments;

/// <summary>
/// Threads that wait between the steps of one batch. Whoever is free takes the next environment, the caller too: a thread that the machine
/// keeps waiting holds up no more than the environment it has, and which thread stepped which environment shows nowhere.
/// </summary>
internal sealed class BatchThreads : IDisposable
{
    // About as long as the pause between two steps without learning; a thread that waits longer gives its core away.
    private const int SpinsBeforeSleep = 60;

    private readonly int count;
    private readonly Action<int> step;
    private readonly Exception?[] failures;
    private readonly object gate = new();
    private int next;
    private int unfinished;
    private int sleeping;
    private volatile bool stopping;

    /// <summary>Starts the threads; the caller of <see cref="Run"/> is one more.</summary>
    internal BatchThreads(int threads, int count, Action<int> step)
    {
        this.count = count;
        this.step = step;
        next = count;
        failures = new Exception?[count];
        for (var thread = 1; thread < threads; thread++)
            new Thread(Serve) { IsBackground = true, Name = $"environment batch {thread}" }.Start();
    }

    /// <summary>Steps every environment once and returns when all have been.</summary>
    internal void Run()
    {
        unfinished = count;
        Interlocked.Exchange(ref next, 0);
        if (Volatile.Read(ref sleeping) > 0)
            Wake();
        StepWhatIsLeft();
        for (var wait = new SpinWait(); Volatile.Read(ref unfinished) > 0;)
            wait.SpinOnce(sleep1Threshold: -1);
        foreach (var failure in failures)
            if (failure is not null)
            {
                Array.Clear(failures);
                ExceptionDispatchInfo.Throw(failure);
            }
    }

    /// <summary>Ends the threads.</summary>
    public void Dispose()
    {
        stopping = true;
        Wake();
    }

    private void Serve()
    {
        while (!stopping)
        {
            StepWhatIsLeft();
            for (var wait = new SpinWait(); !HasWork && wait.Count < SpinsBeforeSleep;)
                wait.SpinOnce(sleep1Threshold: -1);
            if (!HasWork)
                Sleep();
        }
    }

    private bool HasWork => stopping || Volatile.Read(ref next) < count;

    // Says first that it sleeps and looks for work then, while Run offers work first and looks for sleepers then: one of them sees the other.
    private void Sleep()
    {
        lock (gate)
        {
            Interlocked.Increment(ref sleeping);
            while (!HasWork)
                Monitor.Wait(gate);
            Interlocked.Decrement(ref sleeping);
        }
    }

    private void Wake()
    {
        lock (gate)
            Monitor.PulseAll(gate);
    }

    private void StepWhatIsLeft()
    {
        while (Volatile.Read(ref next) < count)
        {
            var index = Interlocked.Increment(ref next) - 1;
            if (index >= count)
                return;
            try
            {
                step(index);
            }
            catch (Exception exception)
            {
                // Carried over to the caller's thread; thrown here it would end the process.
                failures[index] = exception;
            }
            Interlocked.Decrement(ref unfinished);
        }
    }
}
