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
        var labels = Labels(await Compare(await Group("twin", Good), await Group("twin", Good, steps: 200)));

        Assert.Equal(["twin · maze · steps 100", "twin · maze · steps 200"], labels);
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
            """{"runs":["x"],"statistic":"mode","interval":"ci90","smoothing":1,"budget":0,"points":1,"x":"epochs","colour":1,"normalise":"most","references":{"maze":"x"},"level":2}"""), 400);

        Assert.Equal(["/budget", "/colour", "/interval", "/level", "/normalise", "/points", "/references/maze", "/runs/0", "/smoothing", "/statistic", "/x"],
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

    [Fact]
    public async Task Compare_OneMethodOverEnvironments_NormalisesInsteadOfPooling()
    {
        // cartpole: random play to 500; world: stated.
        var runs = (await Group("over", [100, 200, 300], environment: "cartpole")).Concat(await Group("over", [2, 4, 6], environment: "world"))
            .Concat(await Group("under", [50, 60, 70], environment: "cartpole")).Concat(await Group("under", [1, 2, 3], environment: "world")).ToList();
        var comparison = await Compare(runs, """, "groupBy": ["algorithm"], "references": {"world": [0, 10]}, "threshold": 0.3 """);
        var (over, under) = (comparison["groups"]![0]!, comparison["groups"]![1]!);

        Assert.Equal(["over", "under"], Labels(comparison));
        Assert.Equal(["cartpole", "world"], comparison["scales"]!.AsArray().Select(scale => (string)scale!["environment"]!));
        var floor = (double)comparison["scales"]![0]!["floor"]!;
        Assert.Equal(500, (double)comparison["scales"]![0]!["ceiling"]!);
        var expected = ((200 - floor) / (500 - floor) + 0.4) / 2;
        Assert.Equal(expected, (double)over["final"]!["mean"]!, 9);
        Assert.Equal(expected, At(over, 100), 9);
        Assert.Equal(expected, (double)over["aggregates"]!["mean"]!["value"]!, 9);
        Assert.Equal(1 - expected, (double)over["aggregates"]!["optimality-gap"]!["value"]!, 9);
        Assert.Equal(200, (double)over["tasks"]![0]!["final"]!["mean"]!, 9);
        Assert.Equal(200, (double)over["runs"]![1]!["rawFinal"]!, 9);
        Assert.Contains("6 runs on 2 environments", (string)over["curve"]!["method"]!);
        Assert.Contains("random play", (string)comparison["method"]!);

        // Of cartpole the second and third run, of the world the second and third get that far.
        Assert.Equal((4, 6), ((int)over["reaching"]!["reached"]!, (int)over["reaching"]!["count"]!));
        Assert.Null(under["reaching"]!["half"]);

        // A pair over environments: every other test than that of ranks, which do not mix.
        var pair = Assert.Single(comparison["pairs"]!.AsArray())!;
        Assert.NotNull(pair["adjustedP"]);
        Assert.NotNull(pair["adjustedWelchP"]);
        Assert.Null(pair["adjustedMannWhitneyP"]);
        Assert.Equal((1 + 7.5 / 9) / 2, (double)pair["probabilityOfImprovement"]!, 9);
        Assert.DoesNotContain(comparison["warnings"]!.AsArray(), warning => ((string)warning!).Contains("pooled"));

        // Its numbers stay as they are without the other group.
        var alone = await Compare(runs.Take(6), """, "groupBy": ["algorithm"], "references": {"world": [0, 10]}, "threshold": 0.3 """);
        Assert.Equal(over["final"]!.ToJsonString(), alone["groups"]![0]!["final"]!.ToJsonString());
        Assert.Equal(over["profile"]!.ToJsonString(), alone["groups"]![0]!["profile"]!.ToJsonString());
    }

    [Fact]
    public async Task Compare_EnvironmentsWithoutAScale_PoolsAndSaysWhatIsMissing()
    {
        var runs = (await Group("heap", Good, environment: "here")).Concat(await Group("heap", Poor, environment: "there")).ToList();
        var comparison = await Compare(runs, """, "groupBy": ["algorithm"] """);

        Assert.Equal(Good.Concat(Poor).Average(), (double)comparison["groups"]![0]!["final"]!["mean"]!, 9);
        Assert.Contains(comparison["warnings"]!.AsArray(), warning => ((string)warning!).Contains("pooled; they share no scale"));
        Assert.Contains(comparison["warnings"]!.AsArray(), warning => ((string)warning!).Contains("here has neither"));

        var problem = await ApiApplication.Problem(await lab.Send(HttpMethod.Post, "comparisons", Body(runs, """, "normalise": "reference" """)), 400);
        Assert.Equal(["/normalise"], problem["errors"]!.AsObject().Select(pair => pair.Key));
        var between = await Compare(runs, """, "groupBy": ["algorithm"], "normalise": "minmax" """);
        Assert.Equal((0.0, 1.0), ((double)between["groups"]![0]!["final"]!["min"]!, (double)between["groups"]![0]!["final"]!["max"]!));
    }

    [Fact]
    public async Task Compare_AskedAgainAfterAPoint_SeesIt()
    {
        var runs = await Group("growing", Good);
        var before = await Compare(runs);
        Assert.Equal(before.ToJsonString(), (await Compare(runs)).ToJsonString());
        await lab.Post($"runs/{runs[0]}/metrics", """{"series":{"return/extrinsic":{"step":[100],"value":[1000]}}}""");
        var after = await Compare(runs);

        Assert.NotEqual((string)before["version"]!, (string)after["version"]!);
        Assert.True((double)after["groups"]![0]!["final"]!["max"]! > 500);
    }

    [Fact]
    public async Task Compare_CurvesOfManyPoints_KeepTheirNumbers()
    {
        // 20,000 points: read in parts of 32. Of a line every mean is known.
        var path = await lab.CreateRun("""{"source":"external","name":"long","algorithm":"long","environment":"maze","steps":20000,"seed":1}""");
        await lab.Post($"{path}/metrics", JsonSerializer.Serialize(new
        {
            series = new Dictionary<string, object> { ["return/extrinsic"] = new { step = Enumerable.Range(1, 20_000), value = Enumerable.Range(1, 20_000).Select(step => step / 1000.0) } },
        }));
        var group = (await Compare([ApiApplication.IdOf(path).ToString()], ""))["groups"]![0]!;

        Assert.Equal(10, At(group, 10_000), 9);
        Assert.Equal(20, At(group, 20_000), 9);
        Assert.Equal(19.0, (double)group["final"]!["mean"]!, 0.02);
        Assert.Equal(10.0005, (double)group["area"]!["mean"]!, 3);
    }

    [Theory]
    [InlineData("figure.csv?chart=profile", "group,threshold,share,low,high,runs")]
    [InlineData("figure.csv?chart=finals", "group,value,low,high,seeds")]
    [InlineData("figure.csv", "\"files-good · maze\",100,11.4,")]
    [InlineData("points.csv", ",\"files-good 0\",\"maze\",0,90,10\n")]
    [InlineData("figure.svg", "<text x=\"91\"")]
    [InlineData("figure.svg?chart=finals", "<circle ")]
    [InlineData("figure.svg?chart=profile", "class=\"band\"")]
    [InlineData("figure.tex", "\\begin{axis}")]
    [InlineData("figure.tex?chart=profile", "const plot")]
    [InlineData("table.tex", "\\toprule")]
    [InlineData("table.tex?cells=pm", " \\pm ")]
    [InlineData("manifest.json", "\"./lab repeat manifest.json\"")]
    public async Task Export_OfAComparison_CarriesItsOrigin(string name, string expected)
    {
        var runs = (await Group("files-good", Good)).Concat(await Group("files-poor", Poor)).ToList();
        using var response = await lab.Send(HttpMethod.Post, $"comparisons/{name}", Body(runs, ""));
        var text = await response.Content.ReadAsStringAsync();

        Assert.True(response.IsSuccessStatusCode, text);
        if (name != "figure.svg")
            Assert.Contains(expected, text);
        Assert.Contains(runs[0], text);
        Assert.Contains("bootstrap", text);
        Assert.Contains("finalShare", text);
        if (name.Contains(".svg", StringComparison.Ordinal))
        {
            var drawing = System.Xml.Linq.XDocument.Parse(text);
            Assert.Contains(drawing.Descendants(), element => element.Name.LocalName == "text" && element.Value.Contains("files-good · maze"));
            Assert.Contains(drawing.Descendants(), element => element.Name.LocalName == "path");
            Assert.DoesNotContain("NaN", text);
        }
        if (name.Contains(".tex", StringComparison.Ordinal))
            AssertBalanced(text);
    }

    [Fact]
    public async Task TableTex_BoldsOnlyWhatTheTestsSupport()
    {
        var clear = await Body(await Group("tab_a&b", [10, 11, 12, 13, 14]), await Group("tab-c", [1, 2, 3, 4, 5]));
        Assert.Contains("tab\\_a\\&b & $\\mathbf{12.00", clear);
        Assert.Contains("^{\\ast}", clear);
        var unclear = await Body(await Group("even-a", [10, 11, 12]), await Group("even-b", [10.5, 11, 11.9]));
        Assert.DoesNotContain("mathbf", unclear);
        Assert.Contains("none is bold", unclear);

        async Task<string> Body(IReadOnlyList<string> one, IReadOnlyList<string> other)
        {
            using var response = await lab.Send(HttpMethod.Post, "comparisons/table.tex", ComparisonEndpointTests.Body(one.Concat(other), ""));
            return await response.Content.ReadAsStringAsync();
        }
    }

    [Fact]
    public async Task Export_WithALogarithmicAxis_SaysWhatIsLeftOut()
    {
        var runs = await Group("logged", Good);
        using var response = await lab.Send(HttpMethod.Post, "comparisons/figure.svg?logx=true&logy=true", Body(runs, ""));
        var text = await response.Content.ReadAsStringAsync();

        Assert.Contains("1 point at or below 0 cannot be shown on the logarithmic x axis and is left out.", text);
        Assert.Contains("1 point at or below 0 cannot be shown on the logarithmic y axis and is left out.", text);
        Assert.DoesNotContain("NaN", text);
        var problem = await ApiApplication.Problem(await lab.Send(HttpMethod.Post, "comparisons/figure.svg?chart=pie&logx=maybe&colour=red", Body(runs, "")), 400);
        Assert.Equal(["/chart", "/colour", "/logx"], problem["errors"]!.AsObject().Select(pair => pair.Key).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Compare_AFinalScoreOfZeroOrOne_IsASuccessRate()
    {
        var rate = (await Compare(await Group("solver", [1, 0, 1, 1])))["groups"]![0]!["success"]!;

        Assert.Equal((3, 4), ((int)rate["successes"]!, (int)rate["count"]!));
        Assert.Equal(SuccessRate.Wilson(3, 4).Low, (double)rate["wilson95"]![0]!, 9);
    }

    [Fact]
    public async Task Compare_AnotherLevel_IsWrittenWithoutOne()
    {
        var runs = await Group("levels", Good);
        var narrow = await Compare(runs, """, "interval": "t", "level": 0.5 """);

        Assert.Equal("t", (string)narrow["settings"]!["interval"]!);
        Assert.Contains("50 % t interval", (string)narrow["groups"]![0]!["curve"]!["method"]!);
        Assert.Equal(["/level"], (await ApiApplication.Problem(await lab.Send(HttpMethod.Post, "comparisons", Body(runs, """, "interval": "t95", "level": 0.5 """)), 400))["errors"]!
            .AsObject().Select(pair => pair.Key));
    }

    private static void AssertBalanced(string tex)
    {
        var plain = string.Join('\n', tex.Split('\n').Where(line => !line.StartsWith('%')));
        var depth = 0;
        for (var index = 0; index < plain.Length; index++)
        {
            depth += plain[index] is '{' or '}' && (index == 0 || plain[index - 1] != '\\') ? plain[index] == '{' ? 1 : -1 : 0;
            Assert.True(depth >= 0);
        }
        Assert.Equal(0, depth);
        foreach (System.Text.RegularExpressions.Match begin in System.Text.RegularExpressions.Regex.Matches(plain, @"\\begin\{(\w+)\}"))
            Assert.Equal(
                plain.Split($"\\begin{{{begin.Groups[1].Value}}}").Length, plain.Split($"\\end{{{begin.Groups[1].Value}}}").Length);
        Assert.DoesNotContain("·", plain);
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
