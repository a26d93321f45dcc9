using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Data;
using IntrinsicLab.Tests.Support;
using Microsoft.EntityFrameworkCore;

namespace IntrinsicLab.Tests.Data;

public sealed class ReproductionsTests
{
    private const ReproductionScale Full = ReproductionScale.Full;

    public static TheoryData<bool> Databases => TestData.Databases;

    [Theory]
    [MemberData(nameof(Databases))]
    public async Task Start_AgainAndAgain_ContinuesAndRepeatsNothing(bool onServer)
    {
        await using var data = await TestData.Create(onServer);
        var figure = QuickFigure.Read();
        Assert.Equal(ReproductionStatus.NotStarted, (await data.Reproductions.Progress(figure, Full)).Status);

        var first = await data.Reproductions.Start(figure, Full, "test");
        Assert.True(first.Created);
        Assert.Equal((4, 0), (first.Added, first.Resumed));
        var runs = await Runs(data, first.Experiment.Id);
        await Set(data, runs[0], RunStatus.Completed);
        await Set(data, runs[1], RunStatus.Paused);
        await Set(data, runs[2], RunStatus.Failed);
        await Set(data, runs[3], RunStatus.Cancelled);

        var second = await data.Reproductions.Start(figure, Full, "test");
        Assert.Equal((first.Experiment.Id, false, 1, 2), (second.Experiment.Id, second.Created, second.Added, second.Resumed));
        var now = await Runs(data, first.Experiment.Id);
        Assert.Equal(
            [RunStatus.Completed, RunStatus.Queued, RunStatus.Queued, RunStatus.Cancelled, RunStatus.Queued], now.Select(run => run.Status));
        Assert.Distinct(now.Where(run => run.Status != RunStatus.Cancelled).Select(run => (run.ConfigurationHash, run.Seed)));
        var progress = await data.Reproductions.Progress(figure, Full);
        Assert.Equal((ReproductionStatus.Running, 4, 1, 4 * 4096L, 4096L), (progress.Status, progress.Runs.Count, progress.Completed, progress.Steps, progress.StepsDone));

        Assert.Equal((0, 0), (await data.Reproductions.Start(figure, Full, "test")) is var third ? (third.Added, third.Resumed) : default);
        Assert.Equal(3, await data.Reproductions.Pause(figure, Full, "test"));
        Assert.Equal(ReproductionStatus.Paused, (await data.Reproductions.Progress(figure, Full)).Status);
    }

    [Theory]
    [MemberData(nameof(Databases))]
    public async Task Start_ManyAtOnce_MakesOneExperiment(bool onServer)
    {
        await using var data = await TestData.Create(onServer);
        var figure = QuickFigure.Read();

        var started = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(() => data.Reproductions.Start(figure, Full, "test"))));

        Assert.Single(started.Select(each => each.Experiment.Id).Distinct());
        Assert.Single(started, each => each.Created);
        Assert.Equal(4, (await Runs(data, started[0].Experiment.Id)).Count);
    }

    [Fact]
    public async Task Start_WithMoreSeeds_AddsThem_AndWithAnotherBudget_BeginsAnew()
    {
        await using var data = await TestData.Create();
        var first = await data.Reproductions.Start(QuickFigure.Read(), Full, "test");

        var more = await data.Reproductions.Start(QuickFigure.Read(plan => plan["seeds"] = 3), Full, "test");
        Assert.Equal((first.Experiment.Id, 2), (more.Experiment.Id, more.Added));

        var other = await data.Reproductions.Start(QuickFigure.Read(plan => plan["steps"] = 8192), Full, "test");
        Assert.NotEqual(first.Experiment.Id, other.Experiment.Id);
        Assert.True(other.Created);

        // Going back finds the first again.
        Assert.Equal(first.Experiment.Id, (await data.Reproductions.Start(QuickFigure.Read(), Full, "test")).Experiment.Id);
        Assert.NotEqual(first.Experiment.Id, (await data.Reproductions.Start(QuickFigure.Read(), ReproductionScale.Reduced, "test")).Experiment.Id);
    }

    [Fact]
    public async Task Result_OfCompletedRuns_IsTheSameTwiceAndReadsBack()
    {
        await using var data = await TestData.Create();
        var figure = QuickFigure.Read();
        Assert.Null(await data.Reproductions.Result(figure, Full));
        var started = await data.Reproductions.Start(figure, Full, "test");
        foreach (var run in await Runs(data, started.Experiment.Id))
        {
            await Measure(data, run, run.Algorithm == "ppo" ? 100 + run.Seed : 10 + run.Seed);
            await Set(data, run, RunStatus.Completed);
        }

        var result = (await data.Reproductions.Result(figure, Full))!;
        Assert.Equal(["with PPO · cartpole", "with A2C · cartpole"], result.Comparison.Groups.Select(group => group.Label).OrderDescending(StringComparer.Ordinal));
        Assert.Equal([101, 102, 11, 12], result.Runs.Select(run => run.Final!.Value));
        Assert.Equal([Verdict.Holds, Verdict.Holds], result.Expected.Select(found => found.Verdict));
        Assert.Equal(90, result.Expected[0].Estimate!.Value, 9);
        Assert.Equal((Verdict.Holds, "./lab reproduce quick-figure"), (result.Verdict, result.Command));
        Assert.Equal(ReproductionStatus.Finished, (await data.Reproductions.Progress(figure, Full)).Status);
        Assert.Equal(result.ToJson(), (await data.Reproductions.Result(figure, Full))!.ToJson());

        Assert.Null(data.Reproductions.Kept(figure, Full));
        var folder = Directory.CreateDirectory(Path.Combine(data.Folder, "results")).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "quick-figure-full.json"), result.ToJson());
        Assert.Equal(result.ToJson(), data.Reproductions.Kept(figure, Full)!.ToJson());
        Assert.DoesNotContain("    1,\n", result.ToJson());

        await File.WriteAllTextAsync(Path.Combine(folder, "quick-figure-reduced.json"), "{\"schema\": 99}");
        Assert.Null(data.Reproductions.Kept(figure, ReproductionScale.Reduced));
    }

    [Fact]
    public async Task Result_OfSharesTrendsAndEarlyScores_ComesFromTheRunsOwnCurves()
    {
        await using var data = await TestData.Create();
        var figure = QuickFigure.Read(plan =>
        {
            plan["seeds"] = 3;
            plan["environments"] = new System.Text.Json.Nodes.JsonArray("cartpole", "catch");
            plan["reproduction"]!["expected"] = System.Text.Json.Nodes.JsonNode.Parse("""
                [{"better": "with PPO", "worse": "with A2C", "score": "early", "environment": "most"},
                 {"group": "with PPO", "above": 150, "seedShare": 0.4, "environment": "cartpole"},
                 {"group": "with PPO", "series": "loss/value", "trend": "increasing", "fromStep": 1024, "environment": "cartpole"}]
                """);
        });
        var started = await data.Reproductions.Start(figure, Full, "test");
        foreach (var run in await Runs(data, started.Experiment.Id))
        {
            await Measure(data, run, [0, 1638, run.Steps], [0, run.Algorithm == "ppo" ? 400 + run.Seed : 40 + run.Seed, run.Seed == 2 ? 500 : 100], MetricStore.ReturnMetric);
            await Measure(data, run, [0, 1024, 2048, 3000, 4000], [9, 1, 2, run.Seed == 3 ? 1.5 : 3, 4], "loss/value");
            await Set(data, run, RunStatus.Completed);
        }

        var result = (await data.Reproductions.Result(figure, Full))!;
        var (most, share, trend) = (result.Expected[0], result.Expected[1], result.Expected[2]);
        Assert.Equal(("environments", "most", "2 of 2", Verdict.Holds), (most.Measure, most.Scope, most.Found, most.Verdict));
        // On the line from 0 to the score at step 1638 the mean up to a fifth of 4096 is this share of the score.
        const double early = 0.2 * 4096 / 1638 / 2;
        Assert.All(most.Parts!, part => Assert.Equal(360 * early, part.Estimate!.Value, 9));
        Assert.Equal(("seed-share", 1 / 3.0, "33.3\u202f%"), (share.Measure, share.Estimate!.Value, share.Found));
        Assert.Equal(("rank-correlation", "increasing", 1024), (trend.Measure, trend.Trend!.Direction, trend.Trend.FromStep));
        Assert.Equal((1 + 1 + 0.8) / 3, trend.Estimate!.Value, 12);
        var third = result.Runs.Single(run => run is { Group: "with PPO", Environment: "cartpole", Seed: 3 });
        Assert.Equal(403 * early, third.Early!.Value, 9);
        Assert.Equal(0.8, Assert.Single(third.Trends!).Value, 12);
        var folder = Directory.CreateDirectory(Path.Combine(data.Folder, "results")).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "quick-figure-full.json"), result.ToJson());
        Assert.Equal(result.ToJson(), data.Reproductions.Kept(figure, Full)!.ToJson());
    }

    [Fact]
    public async Task Standing_WhileRunsAreAtWork_ShowsTheirCurvesButTheKeptVerdict()
    {
        await using var data = await TestData.Create();
        var figure = QuickFigure.Read();
        var started = await data.Reproductions.Start(figure, Full, "test");
        var runs = await Runs(data, started.Experiment.Id);
        await Measure(data, runs[0], 50);

        async Task<FigureStanding> Now() => await data.Reproductions.Standing(figure, Full, await data.Reproductions.Progress(figure, Full));
        Assert.Equal((Verdict.NotRun, EvidenceSource.Lab, EvidenceSource.Lab), await Now() is var own ? (own.Verdict, own.VerdictSource, own.ComparisonSource) : default);

        var result = (await data.Reproductions.Result(figure, Full))! with { Verdict = Verdict.DoesNotHold };
        var folder = Directory.CreateDirectory(Path.Combine(data.Folder, "results")).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "quick-figure-full.json"), result.ToJson());
        Assert.Equal((Verdict.DoesNotHold, EvidenceSource.Kept, EvidenceSource.Lab), await Now() is var kept ? (kept.Verdict, kept.VerdictSource, kept.ComparisonSource) : default);
    }

    private static async Task<List<Run>> Runs(TestData data, Guid experiment)
    {
        await using var lab = data.Context();
        return await lab.Runs.AsNoTracking().Where(run => run.ExperimentId == experiment).OrderBy(run => run.CreatedAt).ToListAsync();
    }

    private static async Task Set(TestData data, Run run, RunStatus status)
    {
        await using var lab = data.Context();
        var finished = status.IsTerminal() ? data.Time.GetUtcNow() : (DateTimeOffset?)null;
        await lab.Runs.Where(each => each.Id == run.Id).ExecuteUpdateAsync(set => set
            .SetProperty(each => each.Status, status).SetProperty(each => each.FinishedAt, finished)
            .SetProperty(each => each.StepsDone, status == RunStatus.Completed ? run.Steps : 0));
        data.Time.Advance(TimeSpan.FromSeconds(1));
    }

    // Only workers write a trained run's points; for as long as they are written, these are somebody else's.
    private static Task Measure(TestData data, Run run, double score) => Measure(data, run, [0, run.Steps], [score, score], MetricStore.ReturnMetric);

    private static async Task Measure(TestData data, Run run, double[] steps, double[] values, string metric)
    {
        await using var lab = data.Context();
        await lab.Runs.Where(each => each.Id == run.Id).ExecuteUpdateAsync(set => set.SetProperty(each => each.Source, Run.SourceExternal));
        await data.Metrics.Upsert(run.Id, new Dictionary<string, SeriesColumns> { [metric] = new(Array.ConvertAll(steps, step => (long)step), values) });
        await lab.Runs.Where(each => each.Id == run.Id).ExecuteUpdateAsync(set => set.SetProperty(each => each.Source, Run.SourceLab));
    }
}
