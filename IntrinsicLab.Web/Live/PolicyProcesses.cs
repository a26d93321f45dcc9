using System.ComponentModel;
using System.Text.Json.Nodes;
using IntrinsicLab.Data;
using IntrinsicLab.Worker;
using Microsoft.Extensions.Options;

namespace IntrinsicLab.Web.Live;

/// <summary>
/// Processes that hold what runs have learned and answer requests about it, one for each run asked about lately. A process that crashes ends
/// the call it was at and no other; one that nobody asks for a while ends.
/// </summary>
public sealed class PolicyProcesses(LabDatabase database, IOptions<LabOptions> options) : IDisposable
{
    /// <summary>The most that are kept at once.</summary>
    public const int Most = 4;

    // The first answer includes the start of the process and of the run's own environments.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly List<Warm> kept = [];

    /// <summary>How long one is kept without being asked.</summary>
    public TimeSpan Idle { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Their process ids.</summary>
    public IReadOnlyList<int> ProcessIds
    {
        get
        {
            lock (kept)
                return [.. kept.Select(warm => warm.Process.Id)];
        }
    }

    /// <summary>Asks what a run has learned.</summary>
    /// <param name="run">The run.</param>
    /// <param name="step">Step of its newest checkpoint; a process that holds an older one is replaced.</param>
    /// <param name="command">One JSON object.</param>
    public async Task<PolicyAnswer> Ask(Guid run, long step, string command)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            Warm? warm;
            try
            {
                warm = Take(run, step);
            }
            catch (Win32Exception error)
            {
                return new(PolicyOutcome.Gone, null, $"No process could be started: {error.Message}");
            }
            if (warm is null)
                return new(PolicyOutcome.Busy, null, $"The policies of {Most} runs are at work already, the most at once. Try again in a moment.");
            if (await Ask(warm, command, patience.Token) is { } answer)
                return answer;
        }
    }

    public void Dispose()
    {
        lock (kept)
        {
            foreach (var warm in kept)
                warm.End();
            kept.Clear();
        }
    }

    /// <summary>Waits for its turn and asks; null where the process was lost before it came.</summary>
    private async Task<PolicyAnswer?> Ask(Warm warm, string command, CancellationToken patience)
    {
        var (mine, lost) = (false, false);
        try
        {
            await warm.Turn.WaitAsync(patience);
            mine = true;
            if (warm.IsOver)
                return null;
            lost = true;
            if (await warm.Process.Ask(command, patience) is not { } line)
                return new(PolicyOutcome.Gone, null, $"The policy's process is gone; the lab goes on. {await warm.Process.WhyGone()}");
            var answer = JsonNode.Parse(line)!.AsObject();
            // One that could not load its policy is not asked again: next time it may.
            lost = (string?)answer["kind"] == "ended";
            return lost ? new(PolicyOutcome.Unusable, null, (string)answer["message"]!) : new(PolicyOutcome.Answered, answer, "");
        }
        catch (OperationCanceledException)
        {
            // Where its turn came, half an answer would be taken for the next one's.
            return new(PolicyOutcome.Late, null, $"No answer came within {Patience.TotalSeconds:0} s. Ask for fewer steps or episodes at a time.");
        }
        finally
        {
            Leave(warm, lost);
            if (mine)
                warm.Turn.Release();
        }
    }

    private Warm? Take(Guid run, long step)
    {
        lock (kept)
        {
            var warm = kept.Find(each => each.Run == run && each.Step == step);
            if (warm is null)
            {
                foreach (var old in kept.Where(each => each.Run == run && each.Users == 0).ToList())
                    Drop(old);
                if (kept.Count >= Most)
                {
                    if (kept.Where(each => each.Users == 0).MinBy(each => each.LastAsked) is not { } longest)
                        return null;
                    Drop(longest);
                }
                warm = new Warm(run, step, PlayProcess.StartPolicy(run, database, options.Value), EndIfIdle);
                kept.Add(warm);
            }
            warm.Users++;
            return warm;
        }
    }

    private void Leave(Warm warm, bool lost)
    {
        lock (kept)
        {
            warm.Users--;
            warm.LastAsked = DateTimeOffset.UtcNow;
            if (lost)
                Drop(warm);
            else if (warm.Users == 0)
                warm.Sleep.Change(Idle, Timeout.InfiniteTimeSpan);
        }
    }

    private void EndIfIdle(Warm warm)
    {
        lock (kept)
            if (warm.Users == 0)
                Drop(warm);
    }

    private void Drop(Warm warm)
    {
        if (kept.Remove(warm))
            warm.End();
    }

    private sealed class Warm
    {
        public Warm(Guid run, long step, PlayProcess process, Action<Warm> slept)
        {
            (Run, Step, Process) = (run, step, process);
            Sleep = new Timer(_ => slept(this));
        }

        public Guid Run { get; }

        public long Step { get; }

        public PlayProcess Process { get; }

        public SemaphoreSlim Turn { get; } = new(1);

        public Timer Sleep { get; }

        public int Users { get; set; }

        public DateTimeOffset LastAsked { get; set; }

        /// <summary>The process is ended; whoever still waits for its turn takes another.</summary>
        public bool IsOver { get; private set; }

        public void End()
        {
            IsOver = true;
            Sleep.Dispose();
            Process.Dispose();
        }
    }
}

/// <summary>How a question about a policy ended.</summary>
public enum PolicyOutcome
{
    Answered,
    Unusable,
    Busy,
    Gone,
    Late,
}

/// <summary>What came of a question about a policy.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="Answer">The answer, where there is one.</param>
/// <param name="Why">A sentence for people, where there is none.</param>
public sealed record PolicyAnswer(PolicyOutcome Outcome, JsonObject? Answer, string Why);
