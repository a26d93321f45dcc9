using System.Text.Json;
using System.Text.Json.Nodes;
using IntrinsicLab.Core.Statistics;
using IntrinsicLab.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace IntrinsicLab.Tests.Web.Endpoints;

[Collection(ApiCollection.Name)]
public class ComparisonEndpointTests(ApiApplication lab)
{
    private static readonly double[] Good = [10, 12, 9, 15, 11];
    private static readonly double[] Poor = [5, 6, 4, 8, 5];

    [Fact]
    public async Task Compare_TwoConfigurations_GivesCurvesScoresAndTests()
    {
        var comparison = await Compare(await Group("good", Good), await Group("poor", Poor));

        Assert.Equal(["good · maze", "poor · maze"], Labels(comparison));
        var (good, poor) = (comparison["groups"]![0]!, comparison["groups"]![1]!);

        // The curve of seed i is the straight line from 0 at step 0 to its score at step 100, where the last tenth is flat.
        Assert.Equal((0, 0), ((double)good["curve"]!["x"]![0]!, (double)good["curve"]!["y"]![0]!));
        Assert.Equal(Good.Average() * 50 / 90, At(good, 50), 9);
        Assert.Equal(Good.Average(), At(good, 100), 9);
        Assert.All(good["curve"]!["n"]!.AsArray(), seeds => Assert.Equal(5, (int)seeds!));
        Assert.Contains("over 5 seeds; band: 95 % percentile bootstrap", (string)good["curve"]!["method"]!);

        // The recorded t interval of these five numbers.
        Assert.Equal(11.4, (double)good["final"]!["mean"]!, 9);
        Assert.Equal(8.54147480901298, (double)good["final"]!["t95"]![0]!, 9);
        Assert.Equal(Good.Average() * 0.55, (double)good["area"]!["mean"]!, 9);
        Assert.True((double)good["final"]!["bootstrap95"]![0]! < 11.4 && (double)good["final"]!["bootstrap95"]![1]! > 11.4);

        var pair = Assert.Single(comparison["pairs"]!.AsArray())!;
        Assert.Equal(Good.Average() - Poor.Average(), (double)pair["difference"]!, 9);
        Assert.Equal(ProbabilityOfImprovement.Of(Good, Poor), (double)pair["probabilityOfImprovement"]!, 9);
        Assert.Equal(WelchTest.Of(Good, Poor)!.P, (double)pair["welchP"]!, 9);
        Assert.Equal(PermutationTest.Of(Good, Poor)!.P, (double)pair["adjustedP"]!, 9);
        Assert.Equal(2 / 252.0, (double)pair["smallestP"]!, 9);
        Assert.Equal(5, (int)poor["final"]!["n"]!);
        Assert.Empty(comparison["warnings"]!.AsArray());
    }

    [Fact]
    public async Task Compare_WithAnotherGroupShown_ChangesNoNumber()
    {
        var (good, poor) = (await Group("alone-good", Good), await Group("alone-poor", Poor, steps: 200));

        Assert.Equal(
            (await Compare(good))["groups"]![0]!.ToJsonString(),
            (await Compare(good, poor))["groups"]!.AsArray().Single(group => ((string)group!["label"]!).StartsWith("alone-good", StringComparison.Ordinal))!.ToJsonString());
    }

    [Fact]
    public async Task Compare_GroupedByAlgorithm_PoolsAndWarns()
    {
        var short100 = await Group("pooled", Good[..2]);
        var long200 = await Group("pooled", Good[2..4], steps: 200);
        var comparison = await Compare(short100.Concat(long200), """, "groupBy": ["algorithm"], "interval": "minmax", "statistic": "iqm" """);

        var group = Assert.Single(comparison["groups"]!.AsArray())!;
        Assert.Equal("pooled", (string)group["label"]!);
        Assert.Equal(4, group["runs"]!.AsArray().Count);

        // Two runs end at half of the group's budget: they count only where they were observed, and have no final score.
        Assert.Equal(4, Seeds(group, 100));
        Assert.Equal(2, Seeds(group, 150));
        Assert.Equal(2, (int)group["final"]!["n"]!);
        Assert.Contains(comparison["warnings"]!.AsArray(), warning => ((string)warning!).Contains("2 of 4 runs have not reached"));
        Assert.Contains(comparison["warnings"]!.AsArray(), warning => ((string)warning!).Contains("2 seeds are few"));
    }

    [Fact]
    public async Task Compare_OnSeveralEnvironments_TestsNoPairAcrossThem()
    {
        var comparison = await Compare(await Group("a", Good), await Group("b", Poor), await Group("a", Good, environment: "island"));

        Assert.Equal(["a · island", "a · maze", "b · maze"], Labels(comparison));
        var pair = Assert.Single(comparison["pairs"]!.AsArray())!;
        Assert.Equal(("a · maze", "b · maze"), ((string)pair["x"]!, (string)pair["y"]!));
    }

    [Fact]
    public async Task Compare_ConfigurationsAlikeInName_AreToldApart()
    {
        var labels = Labels(await Compare(await Group("twin", Good), await Group("twin", Good, steps: 200))).ToList();

        Assert.All(labels, label => Assert.Matches("^twin · maze · configuration [0-9a-f]{8}$", label));
        Assert.Distinct(labels);
    }

    [Fact]
    public async Task Compare_GroupedByConfigurationAlone_IsNamedByIt()
    {
        var comparison = await Compare(await Group("named", Good), """, "groupBy": ["configuration"] """);

        Assert.Matches("^configuration [0-9a-f]{8}$", Assert.Single(Labels(comparison)));
    }

    [Fact]
    public async Task Compare_ARunWithoutAFiniteValue_IsLeftOut()
    {
        var lost = await lab.CreateRun("""{"source":"external","name":"lost","algorithm":"lost","environment":"maze","seed":9}""");
        await lab.Post($"{lost}/metrics", """{"series":{"return/extrinsic":{"step":[1,2],"value":["NaN","Infinity"],"seconds":[1,2]}}}""");
        var comparison = await Compare([.. await Group("kept", Good), ApiApplication.IdOf(lost).ToString()], """, "x": "seconds" """);

        Assert.Equal(["kept · maze"], Labels(comparison));
        Assert.Contains("1 of 6 runs have no finite return/extrinsic", (string)comparison["warnings"]![0]!);
    }

    [Fact]
    public async Task Compare_TheSameSeedTwice_CountsItOnce()
    {
        var once = await lab.CreateRun("""{"algorithm":"ppo","environment":"catch","steps":1000,"seed":5}""");
        var again = await lab.CreateRun("""{"algorithm":"ppo","environment":"catch","steps":1000,"seed":5}""");
        Guid[] ids = [ApiApplication.IdOf(once), ApiApplication.IdOf(again)];
        await using var context = await lab.Services.GetRequiredService<IDbContextFactory<LabDbContext>>().CreateDbContextAsync();
        var runs = context.Runs.Where(run => ids.Contains(run.Id));

        // Only workers write a trained run's points; for as long as they are written, these are somebody else's.
        await runs.ExecuteUpdateAsync(change => change.SetProperty(run => run.Source, Run.SourceExternal));
        foreach (var id in ids)
            await lab.Services.GetRequiredService<MetricStore>().Upsert(
                id, new Dictionary<string, SeriesColumns> { ["return/extrinsic"] = new([1000], [0.5]) });
        await runs.ExecuteUpdateAsync(change => change.SetProperty(run => run.Source, Run.SourceLab));
        var comparison = await Compare(ids.Select(id => id.ToString()));

        Assert.Single(comparison["groups"]![0]!["runs"]!.AsArray());
        Assert.Contains(comparison["warnings"]!.AsArray(), warning => ((string)warning!).Contains("1 runs repeat a seed"));
    }

    [Fact]
    public async Task Compare_OneSeed_InventsNoInterval()
    {
        var comparison = await Compare(await Group("single", Good[..1]));
        var group = comparison["groups"]![0]!;

        Assert.Null(group["final"]!["t95"]);
        Assert.Null(group["final"]!["bootstrap95"]);
        Assert.All(group["curve"]!["low"]!.AsArray(), Assert.Null);
        Assert.Contains("one seed has a final score", (string)comparison["warnings"]![0]!);
    }

    [Fact]
    public async Task Compare_FaultyRequest_ListsEveryFault()
    {
        var problem = await ApiApplication.Problem(await lab.Send(HttpMethod.Post, "comparisons",
            """{"runs":["x"],"statistic":"mode","interval":"ci90","smoothing":1,"budget":0,"points":1,"x":"epochs","colour":1}"""), 400);

        Assert.Equal(["/budget", "/colour", "/interval", "/points", "/runs/0", "/smoothing", "/statistic", "/x"],
            problem["errors"]!.AsObject().Select(pair => pair.Key).Order(StringComparer.Ordinal));
        Assert.Equal([""], (await ApiApplication.Problem(await lab.Send(HttpMethod.Post, "comparisons", "{}"), 400))["errors"]!.AsObject().Select(pair => pair.Key));
    }

    [Theory]
    [InlineData(""", "metric": "return/none" """, "/metric")]
    [InlineData(""", "groupBy": ["parameters.gama"] """, "/groupBy")]
    [InlineData(""", "experiments": ["019f0000-0000-7000-8000-000000000000"] """, "/experiments")]
    public async Task Compare_WhatIsNotThere_SaysWhere(string members, string pointer)
    {
        var runs = await Group("faulty", Good[..1]);
        var problem = await ApiApplication.Problem(await lab.Send(HttpMethod.Post, "comparisons", Body(runs, members)), 400);

        Assert.Equal([pointer], problem["errors"]!.AsObject().Select(pair => pair.Key));
    }

    private async Task<IReadOnlyList<string>> Group(string algorithm, double[] scores, int steps = 100, string environment = "maze")
    {
        var ids = new List<string>();
        foreach (var (seed, score) in scores.Index())
        {
            var path = await lab.CreateRun(JsonSerializer.Serialize(new { source = "external", name = $"{algorithm} {seed}", algorithm, environment, steps, seed }));
            double[] step = [0, 0.9 * steps, steps];
            await lab.Post($"{path}/metrics", JsonSerializer.Serialize(new
            {
                series = new Dictionary<string, object> { ["return/extrinsic"] = new { step, value = new[] { 0, score, score } } },
            }));
            ids.Add(ApiApplication.IdOf(path).ToString());
        }
        return ids;
    }

    private Task<JsonObject> Compare(params IEnumerable<string>[] groups) => Compare(groups.SelectMany(ids => ids), "");

    private Task<JsonObject> Compare(IEnumerable<string> runs, string members) => lab.Post("comparisons", Body(runs, members));

    private static string Body(IEnumerable<string> runs, string members) => $$"""{"runs": {{JsonSerializer.Serialize(runs)}}{{members}}}""";

    private static IEnumerable<string> Labels(JsonObject comparison) => comparison["groups"]!.AsArray().Select(group => (string)group!["label"]!);

    private static int Place(JsonNode group, double x) => group["curve"]!["x"]!.AsArray().Index().First(place => (double)place.Item! == x).Index;

    private static double At(JsonNode group, double x) => (double)group["curve"]!["y"]![Place(group, x)]!;

    private static int Seeds(JsonNode group, double x) => (int)group["curve"]!["n"]![Place(group, x)]!;
}
