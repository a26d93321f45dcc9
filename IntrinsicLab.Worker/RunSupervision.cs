using System.Data.Common;
using System.Diagnostics;
using System.Globalization;
using IntrinsicLab.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace IntrinsicLab.Worker;

/// <summary>
/// Starts a run's process and stays with it: stores what it writes and uses, asks it to end when somebody cancels or pauses the run or the
/// worker stops, kills it when it does not, and says how it ended where it could not say so itself.
/// </summary>
public sealed partial class RunSupervision(
    RunQueue queue, RunLog log, MetricStore metrics, IDbContextFactory<LabDbContext> contexts, LabDatabase database, WorkerNode node,
    ILogger<RunSupervision> logger)
{
    private static readonly TimeSpan LookPeriod = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan SamplePeriod = TimeSpan.FromSeconds(2);

    /// <summary>Follows a claimed run until its process has ended.</summary>
    public async Task Follow(Run run, CancellationToken stopping)
    {
        var oomKills = LocalProcess.OutOfMemoryKills();
        Process process;
        try
        {
            process = Start(run);
        }
        catch (Exception error) when (error is System.ComponentModel.Win32Exception or IOException)
        {
            await End(run, RunStatus.Failed, $"its process could not be started: {error.Message}");
            return;
        }
        using (process)
        {
            var output = new RunOutput(log, run.Id, process);
            await output.Say($"Attempt {run.Attempt} on {Environment.MachineName}, process {process.Id}");
            var killed = await Watch(run, process, output, stopping);
            await output.Finish();
            await Conclude(run, process, output, killed, LocalProcess.OutOfMemoryKills() > oomKills, stopping);
        }
    }

    private Process Start(Run run)
    {
        var start = new ProcessStartInfo(LocalProcess.Dotnet)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "IntrinsicLab.Worker.dll"));
        foreach (var argument in (string[])["train", "--run", run.Id.ToString(), "--fence", run.Fence.ToString(CultureInfo.InvariantCulture)])
            start.ArgumentList.Add(argument);
        void Set(string name, string value) => start.Environment[name] = value;
        Set("Lab__DataFolder", database.DataFolder);
        Set("Lab__Database", node.Options.Database);
        Set("Lab__LeaseSeconds", node.Options.LeaseSeconds.ToString(CultureInfo.InvariantCulture));
        Set("Lab__CheckpointSeconds", node.Options.CheckpointSeconds.ToString(CultureInfo.InvariantCulture));
        // One thread for each run; many runs share the machine.
        foreach (var name in (string[])["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"])
            Set(name, "1");
        Set("DOTNET_gcServer", "0");
        return Process.Start(start)!;
    }

    /// <summary>Returns whether the process had to be killed.</summary>
    private async Task<bool> Watch(Run run, Process process, RunOutput output, CancellationToken stopping)
    {
        var exited = process.WaitForExitAsync(CancellationToken.None);
        var changed = new SemaphoreSlim(0);
        void Wake(Guid id)
        {
            if (id == run.Id)
                changed.Release();
        }

        using var stop = stopping.Register(() => changed.Release());
        queue.Changed += Wake;
        try
        {
            var use = new ProcessUse(process, run.ExecutionGroup == Run.GroupGpu);
            var sampled = Stopwatch.StartNew();
            Stopwatch? asked = null;
            while (!process.HasExited)
            {
                var head = await Look(run);
                if (head is not null && (head.Fence != run.Fence || head.Gone))
                {
                    await output.Say("The run was taken away; its process is ended.");
                    LocalProcess.End(process);
                    await exited;
                    return true;
                }
                if (asked is null && (stopping.IsCancellationRequested || head?.Status is RunStatus.Cancelling or RunStatus.Pausing))
                {
                    asked = Stopwatch.StartNew();
                    LocalProcess.AskToEnd(process);
                }
                // A run that has ended is given the same time to take its process down.
                if (asked is null && head is not null && !head.Status.IsHeld())
                    asked = Stopwatch.StartNew();
                if (asked is not null && asked.Elapsed.TotalSeconds > node.Options.CancelGraceSeconds)
                {
                    LocalProcess.End(process);
                    await exited;
                    return true;
                }
                if (head is { Status: RunStatus.Running } && sampled.Elapsed > SamplePeriod)
                {
                    sampled.Restart();
                    await Sample(run, head, use);
                }
                await Task.WhenAny(exited, changed.WaitAsync(LookPeriod, CancellationToken.None));
            }
            await exited;
            return false;
        }
        finally
        {
            queue.Changed -= Wake;
        }
    }

    private async Task Conclude(Run run, Process process, RunOutput output, bool killed, bool oomKilled, CancellationToken stopping)
    {
        var head = await LookUntilFound(run);
        if (head is null || head.Gone || head.Fence != run.Fence || !head.Status.IsHeld())
            return;
        var how = killed ? "its process did not end in time and was killed" : Describe(process.ExitCode, oomKilled);
        if (head.Status is RunStatus.Cancelling)
            await End(run, RunStatus.Cancelled, $"cancelled; {how}");
        else if (head.Status is RunStatus.Pausing)
            await End(run, RunStatus.Paused, $"paused; {how}");
        else if (stopping.IsCancellationRequested)
            await End(run, RunStatus.Queued, $"the worker stops; {how}");
        else
            await End(run, RunStatus.Failed, output.LastErrors is { Length: > 0 } errors ? $"{how}\n{errors}" : how);
    }

    private static string Describe(int exitCode, bool oomKilled) => exitCode switch
    {
        137 when oomKilled => "its process was killed by the system, which ran out of memory",
        > 128 and < 128 + 65 => $"its process was ended by signal {exitCode - 128}"
            + ((exitCode - 128) switch { 4 => " (SIGILL)", 6 => " (SIGABRT)", 7 => " (SIGBUS)", 8 => " (SIGFPE)", 9 => " (SIGKILL)", 11 => " (SIGSEGV)", 15 => " (SIGTERM)", _ => "" }),
        0 => "its process ended without saying how",
        _ => $"its process ended with code {exitCode}",
    };

    private sealed record Head(RunStatus Status, long Fence, bool Gone, long StepsDone, double ActiveSeconds);

    private async Task<Head?> Look(Run run)
    {
        try
        {
            await using var context = await contexts.CreateDbContextAsync();
            return await context.Runs.Where(each => each.Id == run.Id)
                .Select(each => new Head(each.Status, each.Fence, each.DeletedAt != null, each.StepsDone, each.ActiveSeconds))
                .SingleOrDefaultAsync() ?? new Head(RunStatus.Cancelled, run.Fence, true, 0, 0);
        }
        catch (Exception error) when (error is DbException or InvalidOperationException)
        {
            Unreachable(logger, run.Id, error);
            return null;
        }
    }

    private async Task<Head?> LookUntilFound(Run run)
    {
        for (var attempt = 0; attempt < 30; attempt++)
        {
            if (await Look(run) is { } head)
                return head;
            await Task.Delay(TimeSpan.FromSeconds(2));
        }
        return null;
    }

    /// <summary>A full disk may clear; until it does the run keeps its lease's fate.</summary>
    private async Task End(Run run, RunStatus to, string reason)
    {
        for (var attempt = 0; attempt < 30; attempt++)
            try
            {
                await queue.Transition(run.Id, to, node.Id, reason, run.Fence);
                return;
            }
            catch (Exception error) when (error is DbException or DbUpdateException or InvalidOperationException)
            {
                Unreachable(logger, run.Id, error);
                await Task.Delay(TimeSpan.FromSeconds(2));
            }
    }

    private async Task Sample(Run run, Head head, ProcessUse use)
    {
        try
        {
            var points = (await use.Read()).Select(value => new StoredPoint(value.Metric, head.StepsDone, head.ActiveSeconds, value.Value)).ToList();
            if (head.StepsDone > 0)
                await metrics.Append(run.Id, run.Fence, points, dropStale: true);
        }
        catch (Exception error) when (error is DbException or StaleFenceException or InvalidOperationException)
        {
            // A sample less; whatever is wrong with the database or the run shows elsewhere.
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The row of run {Run} cannot be read or written; trying again")]
    private static partial void Unreachable(ILogger logger, Guid run, Exception error);
}
