using System.Diagnostics;
using System.Runtime.InteropServices;
using IntrinsicLab.Data;
using IntrinsicLab.Tests.Support;
using Microsoft.EntityFrameworkCore;

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
        await lab.Until(run.Id, RunStatus.Queued);
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

    [Fact]
    public async Task RunOfVime_KilledAfterACheckpoint_EndsWithThePointsAndFiguresOfAnUndisturbedOne()
    {
        await using var lab = await TestWorker.Start(folder, worker: false);
        // A pool that has come round, and networks with moments of their own for model, policy and baseline.
        var plan = TestWorker.Plan("""
            {
              "algorithm": "vime", "environment": "mountain-car-x", "steps": 60000,
              "parameters": { "stepsPerBatch": 1000, "modelUpdates": 100, "poolSize": 5000, "baseline": "network", "baselineTarget": "augmented" },
              "evaluation": { "every": 20000, "episodes": 1 }
            }
            """);
        var run = await lab.Enqueue(plan);
        StartWorker();

        await FirstCheckpoint(lab, run.Id);
        Kill(await SomewhereIn(lab, run.Id));
        Assert.InRange((await lab.Until(run.Id, RunStatus.Failed)).StepsDone, 1000, 59_999);
        await lab.Queue.Resume(run.Id, "test");

        var done = await lab.Until(run.Id, RunStatus.Completed);
        var artifacts = new Dictionary<string, byte[]>();
        TestWorker.AssertEqual(TestWorker.TrainAlone(plan, artifacts), await lab.Points(run.Id));
        await lab.AssertArtifacts(artifacts, run.Id);
        Assert.Equal(2, done.Attempt);
    }

    [Theory]
    [InlineData("""
        {
          "algorithm": "gpim", "environment": "point-navigation", "steps": 4000, "environmentParameters": { "map": "shelf" },
          "parameters": { "skillCount": 8, "bufferSize": 1000, "trialGoals": 20 }, "evaluation": { "every": 2000, "episodes": 1 }
        }
        """)]
    [InlineData("""
        {
          "algorithm": "sac", "environment": "pendulum", "steps": 3000,
          "parameters": { "hiddenSizes": [64, 64], "batchSize": 32, "bufferSize": 1000, "learningStarts": 200 }, "evaluation": { "every": 1000, "episodes": 1 }
        }
        """)]
    [InlineData("""
        {
          "algorithm": "lpg", "environment": "level-mix", "steps": 9000000, "environmentParameters": { "suite": "chains" },
          "parameters": { "lifetimes": 8, "environments": 8, "lifetimeUpdates": 50, "threads": 2 }, "evaluation": { "every": 3000000, "episodes": 1 }
        }
        """)]
    public async Task RunWithMuchState_KilledThenPaused_EndsWithThePointsAndFiguresOfAnUndisturbedOne(string json)
    {
        await using var lab = await TestWorker.Start(folder, worker: false);
        // A replay that has come round or lifetimes that have ended, networks with targets, and everything drawn from streams of its own.
        var plan = TestWorker.Plan(json);
        var run = await lab.Enqueue(plan);
        StartWorker();

        await FirstCheckpoint(lab, run.Id);
        Kill(await SomewhereIn(lab, run.Id));
        await lab.Until(run.Id, RunStatus.Failed);
        await lab.Queue.Resume(run.Id, "test");
        await SomewhereIn(lab, run.Id);
        await lab.Queue.Pause(run.Id, "test");
        // On a quick machine it may be over before the pause reaches it.
        if ((await lab.Until(run.Id, run => run.Status is RunStatus.Paused or RunStatus.Completed)).Status == RunStatus.Paused)
            await lab.Queue.Resume(run.Id, "test");

        var done = await lab.Until(run.Id, RunStatus.Completed);
        var artifacts = new Dictionary<string, byte[]>();
        TestWorker.AssertEqual(TestWorker.TrainAlone(plan, artifacts), await lab.Points(run.Id));
        await lab.AssertArtifacts(artifacts, run.Id);
        Assert.InRange(done.Attempt, 2, 3);
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

    private static async Task FirstCheckpoint(TestWorker lab, Guid run)
    {
        await using var context = lab.Context();
        for (var look = 0; !await context.Checkpoints.AnyAsync(checkpoint => checkpoint.RunId == run); look++)
        {
            Assert.True(look < 4500, await lab.Story(run));
            await Task.Delay(20);
        }
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
