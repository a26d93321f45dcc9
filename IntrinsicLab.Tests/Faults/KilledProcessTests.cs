using System.Diagnostics;
using System.Runtime.InteropServices;
using IntrinsicLab.Data;
using IntrinsicLab.Tests.Support;

namespace IntrinsicLab.Tests.Faults;

/// <summary>Real processes, really killed (SIGKILL), at moments that nobody chose.</summary>
public sealed class KilledProcessTests : IDisposable
{
    private const long Steps = 100_000;

    private readonly string folder = Directory.CreateTempSubdirectory("lab-faults-").FullName;
    private readonly List<Process> workers = [];

    [Fact]
    public async Task Run_ChildThenWorkerThenBothKilled_EndsWithThePointsFiguresAndReplaysOfAnUndisturbedOne()
    {
        await using var lab = await TestWorker.Start(folder, worker: false);
        var plan = TestWorker.Plan(Steps);
        var run = await lab.Enqueue(plan);
        var worker = StartWorker();

        // The child alone: the run fails with the signal, and a person resumes it.
        Kill(await SomewhereIn(lab, run.Id));
        await lab.Until(run.Id, RunStatus.Failed);
        await lab.Queue.Resume(run.Id, "test");

        // The worker alone: its child writes a checkpoint and queues the run itself.
        await SomewhereIn(lab, run.Id);
        Kill(worker.Id);
        await lab.Until(run.Id, RunStatus.Queued, 20);
        Assert.Equal("the worker's process ended", (await lab.Events(run.Id))[^1].Reason);
        worker = StartWorker();

        // Both at once: the next worker on this machine sees that they are gone, long before the lease ends.
        var child = await SomewhereIn(lab, run.Id);
        Kill(worker.Id);
        Kill(child);
        StartWorker();

        var done = await lab.Until(run.Id, RunStatus.Completed);
        var artifacts = new Dictionary<string, byte[]>();
        TestWorker.AssertEqual(TestWorker.TrainAlone(plan, artifacts), await lab.Points(run.Id));
        await lab.AssertArtifacts(artifacts, run.Id);
        Assert.Equal(4, done.Attempt);
        Assert.Equal(1, (await lab.Events(run.Id)).Count(each => each.To == RunStatus.Completed));
    }

    public void Dispose()
    {
        foreach (var worker in workers)
        {
            if (!worker.HasExited)
                worker.Kill(entireProcessTree: true);
            worker.WaitForExit();
            worker.Dispose();
        }
        Directory.Delete(folder, recursive: true);
    }

    private static async Task<int> SomewhereIn(TestWorker lab, Guid run)
    {
        var running = await lab.Until(run, run => run.Status == RunStatus.Running && run.StepsDone > 0 && run.ProcessId is not null);
        await Task.Delay(Random.Shared.Next(400));
        return running.ProcessId!.Value;
    }

    private static void Kill(int process) => Process.GetProcessById(process).Kill();

    private Process StartWorker()
    {
        var dotnet = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "../../../dotnet"));
        var start = new ProcessStartInfo(dotnet, [Path.Combine(AppContext.BaseDirectory, "IntrinsicLab.Worker.dll"), "serve"]);
        start.Environment["Lab__DataFolder"] = folder;
        start.Environment["Lab__CheckpointSeconds"] = "0.3";
        start.Environment["Lab__CpuSlots"] = "1";
        start.Environment["Logging__LogLevel__Default"] = "Warning";
        workers.Add(Process.Start(start)!);
        return workers[^1];
    }
}
