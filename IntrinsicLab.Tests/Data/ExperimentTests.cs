using System.Text.Json;
using System.Text.Json.Nodes;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Data;
using IntrinsicLab.Tests.Support;
using Microsoft.EntityFrameworkCore;

namespace IntrinsicLab.Tests.Data;

public sealed class ExperimentTests
{
    private const string Rates = """
        {"name":"rates","algorithms":["ppo"],"environments":["cartpole"],"seeds":2,"steps":1000,"grid":{"ppo.gamma":[0.9,0.99]},
         "evaluation":{"times":3},"tags":["kept"],"priority":4}
        """;

    public static TheoryData<bool> Databases => TestData.Databases;

    [Theory, MemberData(nameof(Databases))]
    public async Task Move_OfMixedStatuses_ChangesWhatMayChangeAndCountsTheRest(bool onServer)
    {
        await using var data = await TestData.Create(onServer);
        var experiment = await Enqueue(data, Rates.Replace("\"seeds\":2", "\"seeds\":4"));
        RunStatus[] statuses =
            [RunStatus.Queued, RunStatus.Running, RunStatus.Paused, RunStatus.Cancelling, RunStatus.Cancelled, RunStatus.Completed, RunStatus.Failed, RunStatus.Queued];
        await SetStatuses(data, experiment, statuses);

        var paused = await data.Queue.Move(experiment, ExperimentAction.Pause, "user");

        Assert.Equal((3, 1), (paused!.Changed, paused.Unchanged));
        Assert.Equal([RunStatus.Cancelling, RunStatus.Cancelled, RunStatus.Completed, RunStatus.Failed], paused.Refused.Keys);
        Assert.Equal(
            [RunStatus.Paused, RunStatus.Pausing, RunStatus.Paused, RunStatus.Cancelling, RunStatus.Cancelled, RunStatus.Completed, RunStatus.Failed, RunStatus.Paused],
            await Statuses(data, experiment));
        var again = await data.Queue.Move(experiment, ExperimentAction.Pause, "user");
        Assert.Equal((0, 4), (again!.Changed, again.Unchanged));

        var resumed = await data.Queue.Move(experiment, ExperimentAction.Resume, "user");
        Assert.Equal((4, 0), (resumed!.Changed, resumed.Unchanged));
        Assert.Equal(1, resumed.Refused[RunStatus.Pausing]);

        var cancelled = await data.Queue.Move(experiment, ExperimentAction.Cancel, "user");
        Assert.Equal((5, 2), (cancelled!.Changed, cancelled.Unchanged));
        Assert.Equal([RunStatus.Completed], cancelled.Refused.Keys);
        Assert.Equal(["created", "pause requested for the experiment", "resume requested for the experiment", "cancel requested for the experiment"],
            (await data.Events((await Runs(data, experiment))[0].Id)).Select(each => each.Reason));
        Assert.Null(await data.Queue.Move(Guid.NewGuid(), ExperimentAction.Cancel, "user"));
    }

    [Theory, MemberData(nameof(Databases))]
    public async Task AddSeeds_FiveAtOnce_NeverRepeatASeed(bool onServer)
    {
        await using var data = await TestData.Create(onServer);
        var experiment = await Enqueue(data, Rates);

        var additions = await Task.WhenAll(Enumerable.Range(0, 5)
            .Select(_ => Task.Run(() => data.Queue.AddSeeds(experiment, new(null, [2, 3, 7], []), "user"))));

        Assert.Equal(4, additions.Sum(each => each!.Added.Count));
        Assert.Equal(5 * 6, additions.Sum(each => each!.Added.Count + each.Present.Count));
        var runs = await Runs(data, experiment);
        Assert.Equal(8, runs.Count);
        foreach (var configuration in runs.GroupBy(run => run.ConfigurationHash))
            Assert.Equal([1, 2, 3, 7], configuration.Select(run => run.Seed).Order());
    }

    [Fact]
    public async Task AddSeeds_CarriesThePlanOver()
    {
        await using var data = await TestData.Create();
        var experiment = await Enqueue(data, """
            {"name":"arms","arms":[{"name":"far","algorithm":"ppo"},{"name":"near","algorithm":"ppo","parameters":{"gamma":0.9}}],
             "environments":["cartpole"],"seeds":[5],"steps":1000,"evaluation":{"times":3},"tags":["kept"],"priority":4}
            """);

        var added = (await data.Queue.AddSeeds(experiment, new(2, [], []), "user"))!.Added;

        // Every configuration's first new seed before anybody's second.
        Assert.Equal([("far-cartpole-1", 1), ("near-cartpole-1", 1), ("far-cartpole-2", 2), ("near-cartpole-2", 2)], added.Select(run => (run.Name, run.Seed)));
        var run = await data.Get(added[1].Id);
        var plan = JsonNode.Parse(run.Plan)!;
        Assert.Equal(("near", 3, 0.9, 1000, 1), ((string)plan["arm"]!, (int)plan["evaluation"]!["times"]!, (double)plan["parameters"]!["gamma"]!, (long)plan["steps"]!, (int)plan["seed"]!));
        Assert.Equal((4, 1000, RunStatus.Queued, experiment), (run.Priority, run.Steps, run.Status, run.ExperimentId!.Value));
        Assert.Equal(["kept"], run.Tags);
    }

    [Fact]
    public async Task AddSeeds_ToOneConfiguration_FillsItsGaps()
    {
        await using var data = await TestData.Create();
        var experiment = await Enqueue(data, Rates.Replace("\"seeds\":2", "\"seeds\":[2,4]"));
        var hash = (await Runs(data, experiment))[0].ConfigurationHash;

        var added = await data.Queue.AddSeeds(experiment, new(3, [], [hash[..8]]), "user");
        var unknown = await data.Queue.AddSeeds(experiment, new(3, [], ["00000000", hash]), "user");

        Assert.Equal([1, 3, 5], added!.Added.Select(run => run.Seed));
        Assert.All(added.Added, run => Assert.Equal(hash, run.Configuration));
        Assert.Equal("/configurations/0", Assert.Single(unknown!.Problems).Pointer);
        Assert.Equal(7, (await Runs(data, experiment)).Count);
    }

    [Fact]
    public async Task AddSeeds_BeyondTheMost_AddsNothing()
    {
        await using var data = await TestData.Create();
        var experiment = await Enqueue(data, Rates.Replace("[0.9,0.99]", $"[{string.Join(',', Enumerable.Range(1, 20).Select(index => 0.9 + index / 1000.0))}]"));

        var addition = await data.Queue.AddSeeds(experiment, new(1000, [], []), "user");

        Assert.Equal("/seeds", Assert.Single(addition!.Problems).Pointer);
        Assert.Equal(40, (await Runs(data, experiment)).Count);
    }

    [Fact]
    public async Task AddSeeds_OfAPlanThatReadsAsAnotherConfigurationNow_IsRefused()
    {
        await using var data = await TestData.Create();
        var experiment = await Enqueue(data, Rates);
        await using (var context = data.Context())
            await context.Runs.ExecuteUpdateAsync(set => set.SetProperty(run => run.ConfigurationHash, run => "old" + run.ConfigurationHash));

        var addition = await data.Queue.AddSeeds(experiment, new(1, [], []), "user");

        Assert.Contains("another version", addition!.Conflict);
        Assert.Equal(4, (await Runs(data, experiment)).Count);
    }

    [Theory, MemberData(nameof(Databases))]
    public async Task Results_AreMeansOfTheLastTenth(bool onServer)
    {
        await using var data = await TestData.Create(onServer);
        var experiment = await Enqueue(data, Rates.Replace("\"seeds\":2", "\"seeds\":3"));
        var runs = await Runs(data, experiment);
        // Of the first configuration two runs got into the last tenth; the step 900 itself is before it.
        await Points(data, runs[0], (800, 1), (900, 100), (901, 10), (1000, 14));
        await Points(data, runs[1], (950, double.NaN), (960, 18));
        await Points(data, runs[2], (900, 50));
        await SetStatuses(data, experiment, [RunStatus.Completed, RunStatus.Completed, RunStatus.Running, RunStatus.Queued, RunStatus.Queued, RunStatus.Failed]);

        var results = await data.Experiments.Results(experiment);

        var first = results[runs[0].ConfigurationHash];
        Assert.Equal((2, 15.0), (first.Final.Count, first.Final.Mean));
        // t at 0.975 with one degree of freedom is 12.7062; the standard error of 12 and 18 is 3.
        Assert.Equal(15 - 3 * 12.7062, first.Final.StudentInterval!.Value.Low, 3);
        Assert.Equal([1, 2, 3], first.Seeds);
        Assert.Equal(2, first.ByStatus[RunStatus.Completed]);
        Assert.Equal(0, results[runs[3].ConfigurationHash].Final.Count);

        var row = (await data.Experiments.Find(experiment))!;
        Assert.Equal((6, 2, 3, false), (row.Runs, row.Configurations, row.Seeds, row.Finished));
        Assert.Equal(["ppo", "cartpole"], row.Algorithms.Concat(row.Environments));
        // A run that completed did all its steps, though its last whole update ends before.
        Assert.Equal(1000 + 1000 + 900, row.StepsDone);
        Assert.Equal(50, row.BestReturn);
    }

    [Theory, MemberData(nameof(Databases))]
    public async Task List_PagesAndSearches(bool onServer)
    {
        await using var data = await TestData.Create(onServer);
        foreach (var index in Enumerable.Range(0, 5))
        {
            data.Time.Advance(TimeSpan.FromSeconds(1));
            await Enqueue(data, Rates.Replace("\"rates\"", $"\"Rates {index}\""));
        }
        var first = await data.Experiments.List("RATES", 3);
        var second = await data.Experiments.List("RATES", 3, first.Next);

        Assert.Equal(["Rates 4", "Rates 3", "Rates 2", "Rates 1", "Rates 0"], first.Rows.Concat(second.Rows).Select(row => row.Name));
        Assert.Null(second.Next);
        Assert.All(first.Rows, row => Assert.Equal(4, row.Runs));
        Assert.Equal("Rates 2", Assert.Single((await data.Experiments.List("rates 2", 3)).Rows).Name);
        Assert.Equal(5, await data.Experiments.Count("rates"));
    }

    internal static async Task<Guid> Enqueue(TestData data, string json)
    {
        var problems = new List<Problem>();
        using var document = JsonDocument.Parse(json);
        var plan = ExperimentPlan.Read(document.RootElement, problems);
        Assert.Empty(problems);
        return (await data.Queue.EnqueueExperiment(plan!, json, "test")).Id;
    }

    internal static async Task<List<Run>> Runs(TestData data, Guid experiment)
    {
        await using var context = data.Context();
        return await context.Runs.AsNoTracking().Where(run => run.ExperimentId == experiment).OrderBy(run => run.CreatedAt).ToListAsync();
    }

    private static async Task<List<RunStatus>> Statuses(TestData data, Guid experiment) => [.. (await Runs(data, experiment)).Select(run => run.Status)];

    // As if they had come about by themselves: the queue would not let them.
    private static async Task SetStatuses(TestData data, Guid experiment, RunStatus[] statuses)
    {
        await using var context = data.Context();
        var runs = await context.Runs.Where(run => run.ExperimentId == experiment).OrderBy(run => run.CreatedAt).ToListAsync();
        Assert.Equal(statuses.Length, runs.Count);
        foreach (var (run, status) in runs.Zip(statuses))
            (run.Status, run.WorkerId) = (status, status.IsHeld() ? "w" : null);
        await context.SaveChangesAsync();
    }

    private static async Task Points(TestData data, Run run, params (long Step, double Value)[] points)
    {
        await using (var context = data.Context())
            await context.Runs.Where(each => each.Id == run.Id).ExecuteUpdateAsync(set => set
                .SetProperty(each => each.Source, Run.SourceExternal).SetProperty(each => each.StepsDone, points[^1].Step));
        await data.Metrics.Upsert(run.Id, new Dictionary<string, SeriesColumns>
        {
            [MetricStore.ReturnMetric] = new([.. points.Select(point => point.Step)], [.. points.Select(point => point.Value)], null),
        });
    }
}
