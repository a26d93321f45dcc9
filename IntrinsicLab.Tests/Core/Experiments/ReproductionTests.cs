using System.Text.Json.Nodes;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Data;
using IntrinsicLab.Tests.Support;

namespace IntrinsicLab.Tests.Core.Experiments;

public class ReproductionTests
{
    [Fact]
    public void Read_AFigure_HasBothPlansAndItsGroups()
    {
        var figure = QuickFigure.Read();

        Assert.Equal(["with PPO", "with A2C"], figure.GroupNames);
        Assert.Equal((4096, 2048), (figure.Full.Runs[0].Steps, figure.Reduced!.Runs[0].Steps));
        Assert.Equal(("quick-figure:full", "quick-figure:reduced"), (figure.Key(ReproductionScale.Full), figure.Key(ReproductionScale.Reduced)));
        Assert.Equal(["arm", "environment"], figure.Settings.GroupBy);
        Assert.Equal("with PPO better than with A2C on cartpole", figure.Expectations(ReproductionScale.Full)[0].Sentence);
        Assert.DoesNotContain("reproduction", figure.ReducedJson);
        Assert.Equal(4, figure.Runs(ReproductionScale.Reduced).Count);
        Assert.All(figure.Runs(ReproductionScale.Full).Zip(figure.Full.Runs), pair => Assert.Equal(pair.Second.ConfigurationHash, pair.First.ConfigurationHash));
    }

    [Fact]
    public void Read_APlanWithTheMember_IsAPlanLikeAnyOther()
    {
        var problems = new List<Problem>();

        Assert.Equal(4, ExperimentPlan.Read(QuickFigure.Changed(null), problems)!.Runs.Count);
        Assert.Empty(problems);
    }

    [Fact]
    public void Read_WithoutTheMember_IsNoFigureAndNoFault()
    {
        var problems = new List<Problem>();

        Assert.Null(Reproduction.Read(QuickFigure.Changed(plan => plan.Remove("reproduction")), problems));
        Assert.Empty(problems);
    }

    [Fact]
    public void Read_Reduced_IsAMergePatch()
    {
        var figure = QuickFigure.Read(plan =>
        {
            plan["environmentParameters"] = JsonNode.Parse("""{"*": {"delay": 5, "timeLimit": 100}}""");
            plan["reproduction"]!["reduced"] = JsonNode.Parse("""{"environmentParameters": {"*": {"delay": null, "frameStack": 2}}, "seeds": [7]}""");
        });
        var reduced = Assert.Single(figure.Reduced!.Runs, run => run.Algorithm == "ppo");

        Assert.Equal((1, 100, 2, 7), (reduced.Wrappers.Delay, reduced.Wrappers.TimeLimit, reduced.Wrappers.FrameStack, reduced.Seed));
        Assert.Equal((5, 100, 1), (figure.Full.Runs[0].Wrappers.Delay, figure.Full.Runs[0].Wrappers.TimeLimit, figure.Full.Runs[0].Wrappers.FrameStack));
    }

    [Fact]
    public void Read_GroupsOverAGrid_AreCalledByTheirValues()
    {
        var figure = QuickFigure.Read(plan =>
        {
            plan.Remove("arms");
            plan["algorithms"] = new JsonArray("ppo");
            plan["grid"] = JsonNode.Parse("""{"cartpole.delay": [1, 20]}""");
            plan["reproduction"]!["settings"] = JsonNode.Parse("""{"groupBy": ["environmentParameters.delay", "environment"]}""");
            plan["reproduction"]!["expected"] = JsonNode.Parse("""[{"better": "1", "worse": "20"}]""");
        });

        Assert.Equal(["1", "20"], figure.GroupNames);
    }

    [Fact]
    public void Expectations_WithoutAnEnvironment_HoldInEachWhereBothGroupsRun()
    {
        var figure = QuickFigure.Read(plan =>
        {
            plan["environments"] = new JsonArray("cartpole", "catch");
            plan["reproduction"]!["reduced"] = JsonNode.Parse("""{"environments": ["catch"]}""");
        });

        Assert.Equal(["cartpole", "catch"], figure.Expectations(ReproductionScale.Full).Where(each => each.IsComparison).Select(each => each.Environment));
        Assert.Equal(["catch"], figure.Expectations(ReproductionScale.Reduced).Where(each => each.IsComparison).Select(each => each.Environment));
    }

    [Fact]
    public void Read_FaultsEverywhere_AreListedTogether()
    {
        var problems = new List<Problem>();
        var plan = QuickFigure.Changed(plan => plan["reproduction"] = JsonNode.Parse("""
            {"id": "Quick Figure", "paper": {"authors": "", "year": 3, "link": "ftp://x", "doi": 1}, "title": 1, "colour": "red",
             "reduced": {"steps": -1, "stps": 3}, "score": "best", "minutes": {"full": 0},
             "settings": {"x": "epochs", "statistic": "mode", "interval": "ci90", "groupBy": ["arm"], "panels": "all", "kind": "pie", "smoothing": 1,
                          "lowerIsBetter": 1, "shade": 1},
             "expected": [{"better": "with PPO", "worse": "with TRPO"}, {"better": "with PPO", "worse": "with PPO"}, {"group": "with PPO"}, 3,
                          {"better": "with PPO", "worse": "with A2C", "atLeast": 1, "ratio": 2}, {"group": "with PPO", "above": 1, "atLeast": 2},
                          {"better": "with PPO", "worse": "with A2C", "environment": "catch"}, {"group": "with PPO", "above": "x", "wors": "y"},
                          {"better": "with PPO", "worse": "with A2C", "ratio": 0}, {}]}
            """));

        Assert.Null(Reproduction.Read(plan, problems));
        string[] expected =
        [
            "claim", "colour", "expected/0/worse", "expected/1", "expected/2", "expected/3", "expected/4", "expected/5", "expected/6/environment",
            "expected/7/above", "expected/7/wors", "expected/8/ratio", "expected/9", "figure", "id", "minutes/full", "minutes/reduced", "paper/authors",
            "paper/doi", "paper/link", "paper/title", "paper/year", "reduced/steps", "reduced/stps", "score", "settings/groupBy", "settings/interval",
            "settings/kind", "settings/lowerIsBetter", "settings/panels", "settings/shade", "settings/smoothing", "settings/statistic", "settings/x", "title",
        ];
        Assert.Equal(expected.Select(place => $"/reproduction/{place}"), problems.Select(problem => problem.Pointer).Distinct().Order(StringComparer.Ordinal));
        Assert.Contains("Did you mean", problems.Single(problem => problem.Pointer.EndsWith("/wors", StringComparison.Ordinal)).Message);
    }

    [Fact]
    public void Read_EmptyMember_NamesWhatIsRequired()
    {
        var problems = new List<Problem>();

        Assert.Null(Reproduction.Read(QuickFigure.Changed(plan => plan["reproduction"] = new JsonObject()), problems));
        Assert.Equal(
            ["claim", "expected", "figure", "id", "minutes", "paper", "title"],
            problems.Select(problem => problem.Pointer["/reproduction/".Length..]).Where(place => !place.Contains('/')).Distinct().Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("""{"arms": [{"name": "with TRPO", "algorithm": "ppo"}]}""", "/reproduction/reduced", "every group")]
    [InlineData("""{"algorithms": ["ppo"]}""", "/reproduction/reduced/algorithms", "either")]
    [InlineData("""{"seeds": null}""", "/reproduction/reduced/seeds", "required")]
    [InlineData("""{"reproduction": {}}""", "/reproduction/reduced/reproduction", "leave this out")]
    [InlineData("3", "/reproduction/reduced", "object")]
    public void Read_AReducedPlanThatCannotRun_SaysWhere(string reduced, string pointer, string words)
    {
        var problems = new List<Problem>();

        Assert.Null(Reproduction.Read(QuickFigure.Changed(plan => plan["reproduction"]!["reduced"] = JsonNode.Parse(reduced)), problems));
        var problem = Assert.Single(problems);
        Assert.Equal(pointer, problem.Pointer);
        Assert.Contains(words, problem.Message);
    }

    [Fact]
    public void Catalog_OfAFolder_KeepsWhatIsRightAndNamesWhatIsNot()
    {
        var folder = Directory.CreateTempSubdirectory("lab-plans-").FullName;
        File.WriteAllText(Path.Combine(folder, "1.json"), QuickFigure.Json);
        File.WriteAllText(Path.Combine(folder, "2.json"), QuickFigure.Json);
        File.WriteAllText(Path.Combine(folder, "3.json"), "{");
        File.WriteAllText(Path.Combine(folder, "4.json"), QuickFigure.Json.Replace("\"figure 1\"", "1").Replace("quick-figure", "other"));
        File.WriteAllText(Path.Combine(folder, "5.json"), """{"name": "no figure"}""");
        var catalog = ReproductionCatalog.Read(folder);
        Directory.Delete(folder, recursive: true);

        Assert.Equal(["quick-figure"], catalog.All.Select(figure => figure.Id));
        Assert.Equal(
            ["2.json /reproduction/id", "3.json ", "4.json /reproduction/figure"],
            catalog.Problems.Select(problem => $"{problem.File} {problem.Problem.Pointer}"));
        Assert.Empty(ReproductionCatalog.Read(folder).All);
    }

    [MujocoFact]
    public void Catalog_OfTheRepository_HasNoFaults()
    {
        var catalog = ReproductionCatalog.Read(Path.Combine(Repository.Root, "experiments"));

        Assert.Empty(catalog.Problems);
        Assert.Equal(["ppo-a2c-cartpole", "ppo-a2c-hopper", "ppo-delayed-hopper", "ppo-delayed-segway"], catalog.All.Select(figure => figure.Id).Intersect(
            ["ppo-a2c-cartpole", "ppo-a2c-hopper", "ppo-delayed-hopper", "ppo-delayed-segway"]));
        Assert.All(catalog.All, figure => Assert.True(
            figure.ReducedRuns.Sum(run => run.Steps) < figure.FullRuns.Sum(run => run.Steps), $"{figure.Id}: the reduced plan is not smaller."));
    }

    [Fact]
    public void Words_AreThoseOfComparisons()
    {
        Assert.Equal(ComparisonQuery.Axes.Keys, FigureSettings.Axes);
        Assert.Equal(ComparisonQuery.Statistics.Keys, FigureSettings.Statistics);
        Assert.Equal(ComparisonQuery.Bands.Keys.Except(["ci", "t"]), FigureSettings.Intervals);
    }
}
