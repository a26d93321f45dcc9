using System.Runtime.InteropServices;

namespace IntrinsicLab.Worker;

/// <summary>
/// How a run's process learns that it should end: SIGTERM from its worker (cancel, pause, worker stops; the run's status says which), or the
/// end of its standard input (the worker's process is gone). Signals that a terminal sends to the whole group are the worker's business.
/// </summary>
internal sealed class StopRequest : IDisposable
{
    private readonly List<PosixSignalRegistration> signals = [];
    private volatile bool asked;
    private volatile bool orphaned;

    public StopRequest()
    {
        On(PosixSignal.SIGTERM, () => asked = true);
        foreach (var signal in (PosixSignal[])[PosixSignal.SIGINT, PosixSignal.SIGQUIT, PosixSignal.SIGHUP])
            On(signal, () => { });
        new Thread(WatchInput) { IsBackground = true, Name = "watch of standard input" }.Start();
    }

    /// <summary>The run should end as soon as it can.</summary>
    public bool IsAsked => asked || orphaned;

    /// <summary>The worker's process is gone.</summary>
    public bool IsOrphaned => orphaned;

    public void Dispose() => signals.ForEach(signal => signal.Dispose());

    private void On(PosixSignal signal, Action act) => signals.Add(PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true;
        act();
    }));

    private void WatchInput()
    {
        using var input = Console.OpenStandardInput();
        var buffer = new byte[64];
        try
        {
            while (input.Read(buffer) > 0)
            {
            }
        }
        catch (IOException)
        {
            // Broken is as good as ended.
        }
        orphaned = true;
    }
}
