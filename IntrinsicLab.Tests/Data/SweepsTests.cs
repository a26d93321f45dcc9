using System.Text.Json;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Core.Search;
using IntrinsicLab.Data;
using IntrinsicLab.Tests.Support;
using Microsoft.EntityFrameworkCore;

namespace IntrinsicLab.Tests.Data;

/// <summary>Sweeps whose runs are trained by nobody: their results are written as a worker would.</summary>
public sealed class SweepsTests
{
    private const string Plan = """
        {"name":"s","algorithm":"ppo","environment":"cartpole","seeds":2,"steps":9000,
         "search":{"method":"asha","space":{"learningRate":{"low":1e-5,"high":1e-2,"scale":"log"},"epochs":{"low":1,"high":8}},"trials":9,"firstRung":1000,"parallel":3}}
        """;

    public static TheoryData<bool> Databases => TestData.Databases;

    [Theory]
    [MemberData(nameof(Databases))]
    public async Task Advance_ManyProcessesInAnyOrder_EndsAsOneDoes(bool onServer)
    {
        var expected = await Finish(new Random(0), drivers: 1, onServer: false);

        Assert.Equal(expected, await Finish(new Random(1), drivers: 2, onServer));
        Assert.Contains("Finished", expected);
        Assert.Contains("not among the best", expected);
    }

    [Theory]
    [MemberData(nameof(Databases))]
    public async Task Advance_NobodyReports_AsksForNothingTwice(bool onServer)
    {
        await using var data = await TestData.Create(onServer);
        var sweep = (await data.Sweeps.Create(Read(Plan))).Id;
        await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(() => data.Sweeps.Advance(sweep))));

        var runs = await Runs(data, sweep);
        Assert.Equal(6, runs.Count); // three virtual workers, two seeds
        Assert.Equal(6, runs.Select(run => (run.ConfigurationHash, run.Seed)).Distinct().Count());
        Assert.All(runs, run => Assert.Equal((1000, 9000, RunStatus.Queued), (run.PauseAt, run.Steps, run.Status)));
        Assert.Equal(2, runs.Count(run => run.ConfigurationHash == Read(Plan).Start.ConfigurationHash));
    }

    [Fact]
    public async Task Database_SameConfigurationAndSeedTwiceInASweep_RefusesIt()
    {
        await using var data = await TestData.Create();
        var sweep = (await data.Sweeps.Create(Read(Plan))).Id;
        var first = (await Runs(data, sweep))[0];
        await using var context = data.Context();
        var copy = await context.Runs.AsNoTracking().SingleAsync(run => run.Id == first.Id);
        (copy.Id, copy.Trial) = (Guid.CreateVersion7(), 99);
        context.Runs.Add(copy);

        await Assert.ThrowsAsync<DbUpdateException>(() => context.SaveChangesAsync());
    }

    [Fact]
    public async Task Cancel_AtTheFirstRung_EndsItsRunsAndAsksForNoMore()
    {
        await using var data = await TestData.Create();
        var sweep = (await data.Sweeps.Create(Read(Plan))).Id;
        await Reach(data, (await Runs(data, sweep))[0]);

        Assert.True(await data.Sweeps.Cancel(sweep, "test"));
        await data.Sweeps.Advance(sweep);

        var runs = await Runs(data, sweep);
        Assert.Equal(6, runs.Count);
        Assert.All(runs, run => Assert.Equal(RunStatus.Cancelled, run.Status));
        Assert.False(await data.Sweeps.Cancel(sweep, "test"));
        Assert.False(await data.Sweeps.Resume(sweep, "test"));
    }

    [Fact]
    public async Task PauseAndResume_TouchNoRunThatWaitsAtItsRung()
    {
        await using var data = await TestData.Create();
        var sweep = (await data.Sweeps.Create(Read(Plan))).Id;
        var waiting = (await Runs(data, sweep))[0];
        await Reach(data, waiting);

        Assert.True(await data.Sweeps.Pause(sweep, "test"));
        Assert.All(await Runs(data, sweep), run => Assert.Equal(RunStatus.Paused, run.Status));
        Assert.True(await data.Sweeps.Resume(sweep, "test"));

        Assert.All(await Runs(data, sweep), run => Assert.Equal(run.Id == waiting.Id ? RunStatus.Paused : RunStatus.Queued, run.Status));
    }

    [Fact]
    public async Task FailedRun_CountsAsTheWorst_AndCannotBeResumed()
    {
        await using var data = await TestData.Create();
        var sweep = (await data.Sweeps.Create(Read(Plan))).Id;
        var runs = await Runs(data, sweep);
        var failed = runs[0];
        await data.Queue.Claim(failed.Id, "w", TimeSpan.FromMinutes(1));
        await data.Queue.Transition(failed.Id, RunStatus.Failed, "w", "the loss is not finite");
        foreach (var run in runs.Skip(1))
            await Reach(data, run);

        var view = (await data.Sweeps.Advance(sweep))!;

        Assert.Equal(TrialStanding.Failed, view.State.Trials[0].Standing);
        Assert.Equal("seed 1 failed: the loss is not finite", view.State.Trials[0].Reason);
        Assert.Equal(TransitionOutcome.Illegal, (await data.Queue.Resume(failed.Id, "test")).Outcome);
        var sibling = (await Runs(data, sweep)).Single(run => run.Trial == 0 && run.Seed == 2);
        Assert.Equal(RunStatus.Cancelled, sibling.Status);
        Assert.Equal("its trial failed: seed 1 failed: the loss is not finite", (await data.Events(sibling.Id))[^1].Reason);
    }

    [Fact]
    public async Task PersonResumesARunAtItsRung_ChangesNothing()
    {
        await using var data = await TestData.Create();
        var sweep = (await data.Sweeps.Create(Read(Plan))).Id;
        var runs = await Runs(data, sweep);
        foreach (var run in runs)
            await Reach(data, run);
        var before = Describe((await data.Sweeps.View(sweep))!);

        await data.Queue.Resume(runs[0].Id, "test");
        // A process takes it and finds that it has arrived.
        await Reach(data, (await Runs(data, sweep)).Single(run => run.Id == runs[0].Id));

        Assert.Equal(before, Describe((await data.Sweeps.View(sweep))!));
    }

    [Fact]
    public async Task AddSeedsToBest_AddsFreshOnesThatDecideNothing()
    {
        await using var data = await TestData.Create();
        var sweep = await Play(data, new Random(2), 1);
        var before = (await data.Sweeps.View(sweep))!;

        var added = await data.Sweeps.AddSeedsToBest(sweep, 3, "test");
        Assert.Equal([3, 4, 5], added.Select(run => run.Seed));
        Assert.All(added, run => Assert.Null(run.PauseAt));
        foreach (var run in await Runs(data, sweep))
            if (run.Status == RunStatus.Queued)
                await Reach(data, run);
        var after = (await data.Sweeps.View(sweep))!;

        Assert.Equal(Describe(before), Describe(after));
        Assert.Equal(3, after.Fresh(after.Best!).Seeds);
        Assert.NotNull(after.Fresh(after.Best!).Interval);
        Assert.Equal([6, 7], (await data.Sweeps.AddSeedsToBest(sweep, 2, "test")).Select(run => run.Seed));
    }

    // The story of a whole sweep, with runs that finish in an order that chance decides.
    private static async Task<string> Finish(Random chance, int drivers, bool onServer)
    {
        await using var data = await TestData.Create(onServer);
        return Describe((await data.Sweeps.View(await Play(data, chance, drivers)))!);
    }

    private static async Task<Guid> Play(TestData data, Random chance, int drivers)
    {
        var sweep = (await data.Sweeps.Create(Read(Plan))).Id;
        while (true)
        {
            await Task.WhenAll(Enumerable.Range(0, drivers).Select(_ => Task.Run(() => data.Sweeps.Advance(sweep))));
            var open = (await Runs(data, sweep)).Where(run => run.Status == RunStatus.Queued).ToList();
            if (open.Count == 0)
                return sweep;
            await Reach(data, open[chance.Next(open.Count)]);
        }
    }

    private static string Describe(SweepView view) => string.Join('\n', view.State.Trials.Select(trial =>
        $"{trial.Number} {SearchSpace.KeyOf(trial.Values)} {trial.Rung} {trial.Standing} {trial.Reason} {string.Join(' ', trial.Results.Select(result => result.Score))} "
        + string.Join(' ', view.Runs.Values.Where(run => run.Trial == trial.Number && trial.Seeds.Contains(run.Seed)).OrderBy(run => run.Seed).Select(run => $"{run.Seed}:{run.Status}:{run.StepsDone}:{run.PauseAt}"))))
        + $"\n{view.Experiment.SweepStatus}";

    // What a worker does: points up to the rung and a little beyond, a checkpoint's worth of progress, then it waits or is done.
    private static async Task Reach(TestData data, Run run)
    {
        var claimed = (await data.Queue.Claim(run.Id, "w", TimeSpan.FromMinutes(1)))!;
        await data.Queue.Transition(run.Id, RunStatus.Running, "w", "training", claimed.Fence);
        var (from, to) = (claimed.StepsDone, claimed.PauseAt is { } rung ? rung + 24 : claimed.Steps);
        var points = new List<StoredPoint>();
        var quality = 1000 * Math.Abs(Math.Sin(run.Trial!.Value * 7.1)) + run.Seed;
        for (var step = from - from % 100 + 100; step <= to; step += 100)
            points.Add(new("return/extrinsic", step, step, quality * step / 9000));
        await data.Metrics.Append(run.Id, claimed.Fence, [.. points.Where(point => point.Step > from)], progress: new RunProgress(Math.Max(from, to), 1, 1));
        await data.Queue.Transition(run.Id, claimed.PauseAt is null ? RunStatus.Completed : RunStatus.Paused, "w", "there", claimed.Fence);
    }

    private static async Task<List<Run>> Runs(TestData data, Guid sweep)
    {
        await using var context = data.Context();
        return await context.Runs.AsNoTracking().Where(run => run.ExperimentId == sweep).OrderBy(run => run.Trial).ThenBy(run => run.Seed).ToListAsync();
    }

    private static SweepPlan Read(string json)
    {
        var problems = new List<Problem>();
        using var document = JsonDocument.Parse(json);
        return SweepPlan.Read(document.RootElement, problems) ?? throw new InvalidOperationException(string.Join("; ", problems));
    }
}
