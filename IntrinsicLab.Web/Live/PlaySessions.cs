using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using IntrinsicLab.Worker;

namespace IntrinsicLab.Web.Live;

/// <summary>The environments and policies that are being played in pages, each in a process of its own.</summary>
public sealed class PlaySessions
{
    /// <summary>The most that are played at once.</summary>
    public const int Most = 8;

    // The first answer includes the start of the process; a step that takes longer than this hangs.
    private static readonly TimeSpan Answer = TimeSpan.FromSeconds(60);

    private readonly ConcurrentDictionary<Guid, PlayProcess> running = new();
    private int count;

    /// <summary>How long a session waits for its next command.</summary>
    public TimeSpan Idle { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How many environments are being played.</summary>
    public int Count => Volatile.Read(ref count);

    /// <summary>The processes of the sessions at work.</summary>
    public IReadOnlyList<int> ProcessIds => [.. running.Values.Select(process => process.Id)];

    /// <summary>
    /// Plays until the other side stops asking; commands come and answers go one by one, so that nothing runs ahead. Returns the reason
    /// where the lab had to end it, null where the other side did.
    /// </summary>
    /// <param name="environment">Id of the environment.</param>
    /// <param name="receive">The next command, or null at the end.</param>
    /// <param name="send">Takes an answer, one JSON object in UTF-8.</param>
    /// <param name="ending">The lab stops.</param>
    public Task<PlayEnd?> Play(
        string environment, Func<Task<string?>> receive, Func<byte[], CancellationToken, Task> send, CancellationToken ending) =>
        Play(() => PlayProcess.Start(environment), receive, send, ending);

    /// <summary>The same, in a process that is started some other way.</summary>
    public async Task<PlayEnd?> Play(
        Func<PlayProcess> start, Func<Task<string?>> receive, Func<byte[], CancellationToken, Task> send, CancellationToken ending)
    {
        if (Interlocked.Increment(ref count) > Most)
        {
            Interlocked.Decrement(ref count);
            return new("busy", $"{Most} environments are being played already, the most at once. Close one of their pages and try again.");
        }
        var id = Guid.NewGuid();
        PlayProcess? process = null;
        try
        {
            while (true)
            {
                // Waiting ends, receiving goes on: a socket whose receiving is cancelled could not be told why.
                if (await receive().WaitAsync(Idle, ending) is not { } command)
                    return null;
                process ??= running[id] = start();
                string? answer = null;
                using (var patience = CancellationTokenSource.CreateLinkedTokenSource(ending))
                {
                    patience.CancelAfter(Answer);
                    try
                    {
                        answer = await process.Ask(command, patience.Token);
                    }
                    catch (OperationCanceledException) when (!ending.IsCancellationRequested)
                    {
                    }
                }
                if (answer is null)
                    return new("crashed", $"The environment's process is gone; the lab goes on. {await process.WhyGone()}");
                await send(Encoding.UTF8.GetBytes(answer), ending);
            }
        }
        catch (TimeoutException)
        {
            return new("idle", $"Nothing was played for {Idle.TotalMinutes:0} minutes.");
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            return new("stopping", "The lab is stopping.");
        }
        catch (System.ComponentModel.Win32Exception error)
        {
            return new("crashed", $"No process could be started: {error.Message}");
        }
        finally
        {
            running.TryRemove(id, out _);
            process?.Dispose();
            Interlocked.Decrement(ref count);
        }
    }
}

/// <summary>Why the lab ended a session.</summary>
/// <param name="Reason">busy, idle, crashed or stopping.</param>
/// <param name="Message">A sentence for people.</param>
public sealed record PlayEnd(string Reason, string Message)
{
    /// <summary>As the last message of a session.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(new { kind = "ended", reason = Reason, message = Message });
}
