using System.Text.Json;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Core.Search;
using IntrinsicLab.Tests.Support;

namespace IntrinsicLab.Tests.Core.Experiments;

public class ExperimentPlanTests
{
    private static (ExperimentPlan? Plan, List<Problem> Problems) Read(string json)
    {
        var problems = new List<Problem>();
        return (ExperimentPlan.Read(JsonDocument.Parse(json).RootElement, problems), problems);
    }

    [Fact]
    public void Read_Matrix_ExpandsInOrder()
    {
        var (plan, problems) = Read("""
            {"name": "m", "algorithms": ["ppo", "a2c"], "environments": ["cartpole", "catch"], "seeds": [3, 5], "steps": 1000,
             "grid": {"ppo.gamma": [0.9, 0.99], "ppo.clipRange": [0.1, 0.2]}}
            """);

        Assert.Empty(problems);
        Assert.Equal(2 * (4 * 2 + 2), plan!.Runs.Count);
        Assert.Equal("ppo-cartpole-gamma=0.9-clipRange=0.1-3", plan.Runs[0].Name);
        Assert.Equal(10, plan.Runs.Select(run => run.ConfigurationHash).Distinct().Count());
    }

    [Fact]
    public void Read_Arms_HaveSettingsOfTheirOwn()
    {
        var (plan, problems) = Read("""
            {"name": "m", "environments": ["cartpole", "catch"], "seeds": 2, "steps": 1000, "environmentParameters": {"*": {"delay": 5}, "catch": {"delay": 6}},
             "arms": [{"name": "PPO", "algorithm": "ppo"},
                      {"name": "Without delay", "algorithm": "ppo", "parameters": {"gamma": 0.9}, "environmentParameters": {"*": {"delay": 1}}}]}
            """);

        Assert.Empty(problems);
        Assert.Equal(
            ["PPO cartpole 5", "Without delay cartpole 1", "PPO catch 6", "Without delay catch 1"],
            plan!.Runs.Where(run => run.Seed == 1).Select(run => $"{run.Arm} {run.Environment} {run.Wrappers.Delay}"));
        Assert.Equal("Without delay-catch-2", plan.Runs[^1].Name);
        Assert.Equal(0.9, (double)plan.Runs[^1].ToJson()["parameters"]!["gamma"]!);
        Assert.Equal("Without delay", (string)plan.Runs[^1].ToJson()["arm"]!);
    }

    [Fact]
    public void Read_GridOverAnEnvironment_VariesItsParametersAndWrappers()
    {
        var (plan, problems) = Read("""
            {"name": "m", "algorithms": ["ppo"], "environments": ["mountain-car-x", "catch"], "seeds": 1, "steps": 1000,
             "grid": {"mountain-car-x.sparse": [true, false], "mountain-car-x.delay": [1, 20], "ppo.gamma": [0.9, 0.99]}}
            """);

        Assert.Empty(problems);
        Assert.Equal(2 * 2 * 2 + 2, plan!.Runs.Count);
        Assert.Equal("ppo-mountain-car-x-sparse=true-delay=20-gamma=0.9-1", plan.Runs[2].Name);
        Assert.Equal(20, plan.Runs[2].Wrappers.Delay);
    }

    [Theory]
    [InlineData(""" "arms": [{"name": "A", "algorithm": "ppo"}, {"name": "B", "algorithm": "ppo"}] """, "/arms/1", "A-cartpole")]
    [InlineData(""" "algorithms": ["ppo"], "grid": {"ppo.gamma": [0.9, 0.90]} """, "/grid", "gamma=0.9")]
    [InlineData(""" "algorithms": ["ppo"], "arms": [{"name": "A", "algorithm": "ppo"}] """, "/algorithms", "either")]
    [InlineData(""" "arms": [{"name": "A", "algorithm": "ppo"}, {"name": "A", "algorithm": "a2c"}] """, "/arms/1/name", "'A'")]
    [InlineData(""" "arms": [{"name": "A", "algorithm": "ppo", "environmentParameters": {"*": {"delay": -1}}}] """, "/arms/0/environmentParameters/*/delay", "")]
    [InlineData(""" "arms": [{"name": "A", "algorithm": "ppo", "environmentParameters": {"*": {"delay": -1}}}], "environmentParameters": {"cartpole": {"dely": 3}} """,
        "/arms/0/environmentParameters/*/delay /environmentParameters/cartpole/dely", "")]
    [InlineData(""" "arms": {"A": 1} """, "/arms", "list")]
    [InlineData(""" "algorithms": ["ppo"], "grid": {"cartpole.delay": [1, -3], "cartpole.dely": [1]} """, "/grid/cartpole.delay/1 /grid/cartpole.dely", "")]
    public void Read_AContradictoryMatrix_IsRefusedWhereItIs(string members, string pointers, string words)
    {
        var (plan, problems) = Read($$"""{"name": "m", "environments": ["cartpole"], "seeds": 2, "steps": 1000, {{members}}}""");

        Assert.Null(plan);
        Assert.Equal(pointers, string.Join(" ", problems.Select(problem => problem.Pointer).Order(StringComparer.Ordinal)));
        Assert.Contains(words, problems[0].Message);
    }

    [Fact]
    public void Read_FaultsEverywhere_AreListedTogetherAndOnce()
    {
        var (plan, problems) = Read("""
            {"algorithms": ["ppo", "a3c"], "environments": ["cartpole", "catch"], "seeds": 0, "steps": -1, "parameters": {"ppo": {"gamma": 7}, "sac": {}},
             "environmentParameters": {"hopper": {}}, "grid": {"ppo.gama": [1], "ppo.clipRange": [], "ppo.epochs": [1, "x"]}, "colour": "red"}
            """);

        Assert.Null(plan);
        Assert.Equal(
            "/algorithms/1 /colour /environmentParameters/hopper /grid/ppo.clipRange /grid/ppo.epochs/1 /grid/ppo.gama /name /parameters/ppo/gamma /parameters/sac /seeds /steps",
            string.Join(" ", problems.Select(problem => problem.Pointer).Order(StringComparer.Ordinal)));
    }

    [Fact]
    public void Read_UnknownEnvironment_DoesNotHideFaultsOfParameters()
    {
        var (_, problems) = Read("""{"name": "m", "algorithms": ["a2c"], "environments": ["hoper"], "seeds": 1, "steps": 1, "parameters": {"a2c": {"gama": 1}}}""");

        Assert.Equal(["/environments/0", "/parameters/a2c/gama"], problems.Select(problem => problem.Pointer).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Read_TooManyRuns_IsRefusedBeforeTheyAreMade()
    {
        var values = string.Join(",", Enumerable.Range(1, 900).Select(value => value / 1000.0));

        var (plan, problems) = Read($$$"""
            {"name": "m", "algorithms": ["ppo"], "environments": ["cartpole"], "seeds": 1000, "steps": 1000, "grid": {"ppo.gamma": [{{{values}}}], "ppo.gaeLambda": [{{{values}}}]}}
            """);

        Assert.Null(plan);
        Assert.Contains("10000 runs", Assert.Single(problems).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void SamplePlans_OfTheRepository_AreValidAndRun()
    {
        var files = Directory.GetFiles(Path.Combine(Repository.Root, "experiments"), "*.json");
        Assert.NotEmpty(files);
        foreach (var file in files)
        {
            using var json = JsonDocument.Parse(File.ReadAllText(file));
            if (json.RootElement.TryGetProperty("search", out _))
            {
                var faults = new List<Problem>();
                Assert.NotNull(SweepPlan.Read(json.RootElement, faults));
                Assert.Empty(faults);
                continue;
            }
            var (plan, problems) = Read(File.ReadAllText(file));
            if (json.RootElement.GetProperty("environments").EnumerateArray().Any(world => world.GetString() == "gymnasium"))
            {
                // Read with games of their own in AtariTests. Where Python, Gymnasium or the games are not there, one sentence has to say so.
                Assert.True(problems.Count <= 1, string.Join('\n', problems));
                Assert.All(problems, problem => Assert.Matches("install|No module named", problem.Message));
                continue;
            }
            Assert.Empty(problems);
            foreach (var run in plan!.Runs.DistinctBy(run => run.ConfigurationHash))
            {
                using var trainer = new Trainer(run with { Steps = 1 });
                Assert.NotEmpty(trainer.Update().Points);
                Assert.True(trainer.Finished);
            }
        }
    }

    [Fact]
    public void Catalogue_IdsAreKebabCaseAndUnique()
    {
        Assert.All(AlgorithmCatalog.All, entry => Assert.Matches("^[a-z0-9]+(-[a-z0-9]+)*$", entry.Id));
        Assert.Equal(AlgorithmCatalog.All.Count, AlgorithmCatalog.All.Select(entry => entry.Id).Distinct().Count());
    }
}
