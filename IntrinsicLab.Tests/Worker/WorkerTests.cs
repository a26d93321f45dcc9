using System.Diagnostics;
using IntrinsicLab.Data;
using IntrinsicLab.Tests.Support;
using Microsoft.EntityFrameworkCore;

namespace IntrinsicLab.Tests.Worker;

/// <summary>Real workers with real child processes.</summary>
public sealed class WorkerTests
{
    [Fact]
    public async Task Run_ToItsEnd_StoresPointsCheckpointAndProvenance()
    {
        await using var lab = await TestWorker.Start();
        var run = await lab.Enqueue(TestWorker.Plan(10_000));

        var done = await lab.Until(run.Id, run => run.Status.IsTerminal());

        Assert.True(done.Status == RunStatus.Completed, await lab.Story(run.Id));
        Assert.Equal([RunStatus.Queued, RunStatus.Starting, RunStatus.Running, RunStatus.Completed], (await lab.Events(run.Id)).Select(each => each.To));
        Assert.InRange(done.StepsDone, 9_000, 10_000);
        Assert.NotNull(done.LastReturn);
        Assert.NotNull(done.LibtorchVersion);
        Assert.Contains("Quartz", done.Packages);
        Assert.Equal(Environment.MachineName, done.Host);
        Assert.Equal(done.StepsDone, (await lab.Metrics.Names(run.Id)).Single(metric => metric.Name == "return/extrinsic").LastStep);
        await using var context = lab.Context();
        Assert.Equal(done.StepsDone, await context.Checkpoints.MaxAsync(checkpoint => checkpoint.Step));
        Assert.Contains(await lab.Log.Read(run.Id), line => line.Text == "Starts at step 0.");
    }

    [Fact]
    public async Task Cancel_RunningRun_EndsAndKeepsItsCurve()
    {
        await using var lab = await TestWorker.Start();
        var run = await lab.Enqueue(TestWorker.Plan(100_000_000));
        await lab.Until(run.Id, run => run.StepsDone > 0);

        await lab.Queue.Cancel(run.Id, "test");
        var ended = await lab.Until(run.Id, RunStatus.Cancelled);

        Assert.NotEmpty(await lab.Metrics.Names(run.Id));
        Assert.Null(ended.WorkerId);
    }

    [Fact]
    public async Task PauseAndResume_Twice_EqualsUndisturbed()
    {
        await using var lab = await TestWorker.Start();
        var plan = TestWorker.Plan("""{"algorithm":"ppo","environment":"cartpole","steps":30000,"evaluation":{"every":1000}}""");
        var disturbed = await lab.Enqueue(plan);
        foreach (var steps in (long[])[0, 10_000])
        {
            await lab.Until(disturbed.Id, run => run.StepsDone > steps);
            await lab.Queue.Pause(disturbed.Id, "test");
            await lab.Until(disturbed.Id, run => run.Status is RunStatus.Paused or RunStatus.Completed);
            await lab.Queue.Resume(disturbed.Id, "test");
        }
        await lab.Until(disturbed.Id, RunStatus.Completed);

        var artifacts = new Dictionary<string, byte[]>();
        TestWorker.AssertEqual(TestWorker.TrainAlone(plan, artifacts), await lab.Points(disturbed.Id));
        Assert.InRange(artifacts.Count, 50, 80);
        await lab.AssertArtifacts(artifacts, disturbed.Id);
    }

    [Theory]
    [InlineData(""" "bonus": "information-gain", "baseline": "network" """)]
    [InlineData(""" "bonus": "random-network", "optimizer": "ppo", "normaliseObservations": true """)]
    public async Task PauseAndResume_OfVime_KeepsPoolAndNetworks(string parameters)
    {
        await using var lab = await TestWorker.Start(worker: false);
        var plan = TestWorker.Plan($$"""
            {
              "algorithm": "vime", "environment": "pendulum", "steps": 12000,
              "parameters": { "stepsPerBatch": 1000, "modelUpdates": 100, "poolSize": 5000, {{parameters}} }
            }
            """);
        var disturbed = await lab.Enqueue(plan);
        await PauseAt(7000);
        await using var worker = await TestWorker.Start(lab.Folder);
        var paused = await lab.Until(disturbed.Id, RunStatus.Paused);
        await PauseAt(null);
        await lab.Queue.Resume(disturbed.Id, "test");
        var done = await lab.Until(disturbed.Id, RunStatus.Completed);

        Assert.InRange(paused.StepsDone, 7000, 8000);
        Assert.Equal(2, done.Attempt);
        TestWorker.AssertEqual(TestWorker.TrainAlone(plan), await lab.Points(disturbed.Id));

        // Where a search would pause it: a person's click comes too late for a run of seconds.
        async Task PauseAt(long? step)
        {
            await using var context = lab.Context();
            await context.Runs.ExecuteUpdateAsync(run => run.SetProperty(each => each.PauseAt, step));
        }
    }

    [Fact]
    public async Task Stop_OfTheWorker_HandsRunsBackWithACheckpoint()
    {
        await using var lab = await TestWorker.Start();
        var run = await lab.Enqueue(TestWorker.Plan(100_000_000));
        await lab.Until(run.Id, run => run.StepsDone > 0);

        await lab.Stop();

        var left = await lab.Get(run.Id);
        Assert.True(left.Status == RunStatus.Queued, await lab.Story(run.Id));
        await using var context = lab.Context();
        Assert.Equal(left.StepsDone, await context.Checkpoints.MaxAsync(checkpoint => checkpoint.Step));
        Assert.Empty(await context.Workers.ToListAsync());
    }

    [Fact]
    public async Task Child_KilledFromOutside_FailsWithTheSignalAndGoesOnWhenResumed()
    {
        await using var lab = await TestWorker.Start();
        var run = await lab.Enqueue(TestWorker.Plan(100_000_000));
        var running = await lab.Until(run.Id, run => run.StepsDone > 0);

        Process.GetProcessById(running.ProcessId!.Value).Kill();

        var failed = await lab.Until(run.Id, RunStatus.Failed);
        Assert.Contains("SIGKILL", failed.Error);
        await lab.Queue.Resume(run.Id, "test");
        await lab.Until(run.Id, run => run.Status == RunStatus.Running && run.StepsDone > 0);
        Assert.Equal(2, (await lab.Get(run.Id)).Attempt);
    }

    [Fact]
    public async Task Run_PlanThatCannotBeRead_FailsAndSaysWhy()
    {
        await using var lab = await TestWorker.Start();
        var run = TestData.NewRun();
        run.Plan = """{"algorithm":"ppo","environment":"cartpole","steps":-1}""";
        await using (var context = lab.Context())
        {
            context.Runs.Add(run);
            await context.SaveChangesAsync();
        }

        var failed = await lab.Until(run.Id, RunStatus.Failed);
        Assert.Contains("/steps", failed.Error);
    }

    [Fact]
    public async Task Slots_MoreRunsThanSlots_NeverExceedThem()
    {
        await using var lab = await TestWorker.Start(slots: 1);
        var runs = new List<Run>();
        for (var seed = 1; seed <= 3; seed++)
            runs.Add(await lab.Enqueue(TestWorker.Plan(2_000, seed)));
        while (true)
        {
            await using var context = lab.Context();
            var statuses = await context.Runs.Select(run => run.Status).ToListAsync();
            Assert.True(statuses.Count(status => status.IsHeld()) <= 1);
            if (statuses.All(status => status == RunStatus.Completed))
                break;
            Assert.DoesNotContain(RunStatus.Failed, statuses);
            await Task.Delay(100);
        }
    }
}
