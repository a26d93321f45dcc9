using IntrinsicLab.Data;
using IntrinsicLab.Data.Migrations;
using IntrinsicLab.Tests.Support;
using Microsoft.EntityFrameworkCore;

namespace IntrinsicLab.Tests.Data;

public sealed class BaselinesTests
{
    public static TheoryData<bool> Databases => TestData.Databases;

    [Theory, MemberData(nameof(Databases))]
    public async Task Pin_OfEachKind_FindsItsRuns(bool onServer)
    {
        await using var data = await TestData.Create(onServer);
        var baselines = new Baselines(data.Contexts, data.Time);
        var experiment = await Add(data, new Experiment { Id = Guid.CreateVersion7(), Name = "study", Plan = "{}" });
        var (first, second, other) = (await AddRun(data, "a", 1), await AddRun(data, "a", 2), await AddRun(data, "b", 1, experiment.Id));

        var single = (await baselines.Pin(new() { Name = "", RunId = first.Id })).Baseline!;
        var group = (await baselines.Pin(new() { Name = " both seeds ", ConfigurationHash = "a", Environment = "cartpole" })).Baseline!;
        var study = (await baselines.Pin(new() { Name = "", ExperimentId = experiment.Id })).Baseline!;

        Assert.Equal(("run a 1", "both seeds", "study"), (single.Name, group.Name, study.Name));
        Assert.Equal([first.Id], (await baselines.Find(single.Id))!.Runs.Select(run => run.Id));
        Assert.Equal([first.Id, second.Id], (await baselines.Find(group.Id))!.Runs.Select(run => run.Id));
        Assert.Equal([other.Id], (await baselines.Find(study.Id))!.Runs.Select(run => run.Id));
        Assert.Equal(["both seeds", "run a 1"], (await baselines.Containing(first.Id)).Select(each => each.Name));
        Assert.True((await data.Get(first.Id)).Baseline);
        Assert.False((await data.Get(second.Id)).Baseline);
        Assert.Equal(3, (await baselines.List("cartpole")).Count);
        Assert.Empty(await baselines.List("catch"));

        Assert.False((await baselines.Pin(new() { Name = "again", RunId = first.Id })).IsNew);
        Assert.Null((await baselines.Pin(new() { Name = "", ConfigurationHash = "a", Environment = "catch" })).Baseline);
    }

    [Theory, MemberData(nameof(Databases))]
    public async Task Baselines_OutliveOthers_AndEndWithTheirRun(bool onServer)
    {
        await using var data = await TestData.Create(onServer);
        var baselines = new Baselines(data.Contexts, data.Time);
        var (kept, gone) = (await AddRun(data, "a", 1), await AddRun(data, "a", 2));
        var single = (await baselines.Pin(new() { Name = "", RunId = gone.Id })).Baseline!;
        var group = (await baselines.Pin(new() { Name = "", ConfigurationHash = "a", Environment = "cartpole" })).Baseline!;

        await data.Metrics.Erase(gone.Id);

        Assert.Null(await baselines.Find(single.Id));
        Assert.Equal([kept.Id], (await baselines.Find(group.Id))!.Runs.Select(run => run.Id));
        Assert.True(await baselines.Unpin(group.Id));
        Assert.False(await baselines.Unpin(group.Id));
        Assert.NotNull(await data.Get(kept.Id));
    }

    [Fact]
    public async Task Migration_OfALabWithMarkedRuns_PinsThem()
    {
        await using var data = await TestData.Create();
        var run = await AddRun(data, "a", 1);
        await using (var context = data.Context())
        {
            await context.Runs.ExecuteUpdateAsync(set => set.SetProperty(each => each.Baseline, true));
            foreach (var statement in PinnedBaselines.Migration.Sql.Split(';').Where(each => each.Contains("INSERT", StringComparison.Ordinal)))
                await context.Database.ExecuteSqlRawAsync(statement);
        }

        var pinned = Assert.Single(await new Baselines(data.Contexts, data.Time).List());
        Assert.Equal(("run a 1", run.Id), (pinned.Baseline.Name, Assert.Single(pinned.Runs).Id));
    }

    private static async Task<Run> AddRun(TestData data, string hash, int seed, Guid? experiment = null)
    {
        var run = TestData.NewRun($"run {hash} {seed}");
        (run.ConfigurationHash, run.Seed, run.ExperimentId) = (hash, seed, experiment);
        return await Add(data, run);
    }

    private static async Task<T> Add<T>(TestData data, T row) where T : class
    {
        await using var context = data.Context();
        context.Add(row);
        await context.SaveChangesAsync();
        return row;
    }
}
