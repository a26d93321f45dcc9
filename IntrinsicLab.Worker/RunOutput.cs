using System.Diagnostics;
using System.Text;
using System.Threading.Channels;
using IntrinsicLab.Data;

namespace IntrinsicLab.Worker;

/// <summary>
/// What a run's process writes, on its way into the run's log. The channel is bounded: a process that writes faster than the database
/// stores waits, instead of filling the worker's memory.
/// </summary>
internal sealed class RunOutput
{
    private const int KeptErrors = 20;
    private const int Batch = 500;

    private readonly Channel<LogText> lines = Channel.CreateBounded<LogText>(2000);
    private readonly Queue<string> lastErrors = new();
    private readonly RunLog log;
    private readonly Guid run;
    private readonly Task reading;
    private readonly Task writing;

    public RunOutput(RunLog log, Guid run, Process process)
    {
        (this.log, this.run) = (log, run);
        reading = Task.WhenAll(Read(process.StandardOutput, LogLine.Out), Read(process.StandardError, LogLine.Err));
        writing = Write();
    }

    /// <summary>The last lines of standard error.</summary>
    public string LastErrors
    {
        get
        {
            lock (lastErrors)
                return string.Join('\n', lastErrors);
        }
    }

    /// <summary>A line of the lab's own.</summary>
    public ValueTask Say(string text) => lines.Writer.WriteAsync(new LogText(LogLine.Lab, text));

    /// <summary>Waits until what was written is stored; not for ever, because a grandchild may hold the pipe open.</summary>
    public async Task Finish()
    {
        await Task.WhenAny(reading, Task.Delay(TimeSpan.FromSeconds(2)));
        lines.Writer.TryComplete();
        await writing;
    }

    private async Task Read(StreamReader reader, string stream)
    {
        var buffer = new char[4096];
        var line = new StringBuilder();
        try
        {
            for (int count; (count = await reader.ReadAsync(buffer)) > 0;)
                foreach (var character in buffer.AsMemory(0, count).ToArray())
                    if (character == '\n')
                        await End();
                    else if (character != '\r' && line.Length <= RunLog.LongestLine) // one more than is shown, to show that it was cut
                        line.Append(character);
            if (line.Length > 0)
                await End();
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException or ChannelClosedException)
        {
            // The process and its pipe are gone, or nobody waits for the rest any more.
        }

        async ValueTask End()
        {
            var text = line.ToString();
            line.Clear();
            if (stream == LogLine.Err)
                lock (lastErrors)
                {
                    lastErrors.Enqueue(text);
                    if (lastErrors.Count > KeptErrors)
                        lastErrors.Dequeue();
                }
            await lines.Writer.WriteAsync(new LogText(stream, text));
        }
    }

    private async Task Write()
    {
        var batch = new List<LogText>();
        while (await lines.Reader.WaitToReadAsync())
        {
            while (batch.Count < Batch && lines.Reader.TryRead(out var line))
                batch.Add(line);
            try
            {
                await log.Append(run, batch);
            }
            catch (System.Data.Common.DbException)
            {
                // A full disk must not stop the process's pipe; the run itself fails for the same reason, and says so.
            }
            batch.Clear();
            if (lines.Reader.Count == 0)
                await Task.WhenAny(Task.Delay(200), lines.Reader.Completion); // lines come in bursts; one transaction for each
        }
    }
}
