using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using IntrinsicLab.Core.Search;
using IntrinsicLab.Data;
using IntrinsicLab.Tests.Support;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace IntrinsicLab.Tests.Faults;

/// <summary>A sweep with real workers, killed (SIGKILL) at moments that nobody chose.</summary>
public sealed class KilledSweepTests : IDisposable
{
    private const string Json = """
        {"name":"killed","algorithm":"ppo","environment":"cartpole","seeds":1,"steps":6144,"evaluation":{"times":2},
         "search":{"method":"asha","space":{"learningRate":{"low":1e-4,"high":1e-2,"scale":"log","count":4}},"trials":3,"reduction":2,"firstRung":3000,"parallel":2}}
        """;

    private readonly string folder = Directory.CreateTempSubdirectory("lab-sweep-").FullName;
    private readonly List<Process> workers = [];

    [Fact]
    public async Task Sweep_WorkersKilledTwice_EndsLikeItsPlanAndPromotedRunsLikeUninterruptedOnes()
    {
        await using var lab = await TestWorker.Start(folder, worker: false);
        var sweeps = lab.Services.GetRequiredService<Sweeps>();
        using var document = JsonDocument.Parse(Json);
        var plan = SweepPlan.Read(document.RootElement, [])!;
        var id = (await sweeps.Create(plan)).Id;
        for (var kill = 0; kill < 2; kill++)
        {
            var worker = StartWorker();
            var begun = await Steps(lab, id);
            await Until(async () => await Steps(lab, id) > begun || (await sweeps.View(id))!.Experiment.SweepStatus == SweepStatus.Finished);
            await Task.Delay(Random.Shared.Next(700));
            worker.Kill(entireProcessTree: true);
            worker.WaitForExit();
        }
        StartWorker();
        await Until(async () => (await sweeps.View(id))!.Experiment.SweepStatus == SweepStatus.Finished);

        // The same search with every run trained alone, here, to its end: equal decisions, equal points.
        var alone = new Dictionary<int, Dictionary<string, (long[] Steps, double[] Values)>>();
        var expected = Sweep.Next(plan.Search, (_, _, _) => null);
        for (var known = new Dictionary<(int, int), SeedScore>(); !expected.Finished;)
        {
            foreach (var job in expected.Jobs)
            {
                if (!alone.TryGetValue(job.Trial, out var points))
                    alone[job.Trial] = points = TestWorker.TrainAlone(plan.RunOf(expected.Trials[job.Trial], 1));
                var (steps, returns) = points["return/extrinsic"];
                var last = steps.Index().Where(pair => pair.Item > 0.9 * job.Steps && pair.Item <= job.Steps).Select(pair => returns[pair.Index]).ToList();
                known[(job.Trial, job.Rung)] = new(1, last.Count > 0 ? last.Average() : returns[steps.Index().Last(pair => pair.Item <= job.Steps).Index]);
            }
            expected = Sweep.Next(plan.Search, (trial, rung, _) => known.GetValueOrDefault((trial, rung)));
        }
        var view = (await sweeps.View(id))!;
        Assert.Equal(
            expected.Trials.Select(trial => (trial.Number, SearchSpace.KeyOf(trial.Values), trial.Rung, trial.Standing, trial.Last!.Score)),
            view.State.Trials.Select(trial => (trial.Number, SearchSpace.KeyOf(trial.Values), trial.Rung, trial.Standing, trial.Last!.Score)));
        Assert.Equal(view.State.Trials.Count, view.Runs.Count);
        var finished = view.State.Trials.Where(trial => trial.Standing == TrialStanding.Finished).ToList();
        Assert.NotEmpty(finished);
        foreach (var trial in finished)
            TestWorker.AssertEqual(alone[trial.Number], await lab.Points(view.Runs[(trial.Number, 1)].Id));
        var dropped = view.Runs[(view.State.Trials.First(trial => trial.Standing == TrialStanding.Dropped).Number, 1)];
        Assert.Equal(RunStatus.Cancelled, dropped.Status);
        Assert.Contains("not among the best 1 at rung 1 of 2", (await lab.Events(dropped.Id))[^1].Reason);
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

    private static async Task<long> Steps(TestWorker lab, Guid sweep)
    {
        await using var context = lab.Context();
        return await context.Runs.Where(run => run.ExperimentId == sweep).SumAsync(run => run.StepsDone);
    }

    private static async Task Until(Func<Task<bool>> condition)
    {
        for (var deadline = DateTime.UtcNow.AddSeconds(120); !await condition(); await Task.Delay(50))
            if (DateTime.UtcNow > deadline)
                throw new TimeoutException("The sweep got no further.");
    }

    private Process StartWorker()
    {
        var dotnet = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "../../../dotnet"));
        var start = new ProcessStartInfo(dotnet, [Path.Combine(AppContext.BaseDirectory, "IntrinsicLab.Worker.dll"), "serve"]);
        start.Environment["Lab__DataFolder"] = folder;
        start.Environment["Lab__CheckpointSeconds"] = "0.3";
        start.Environment["Lab__CpuSlots"] = "2";
        start.Environment["Logging__LogLevel__Default"] = "Warning";
        workers.Add(Process.Start(start)!);
        return workers[^1];
    }
}
