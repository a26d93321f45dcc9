using System.Text.Json;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Experiments;
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
            var (plan, problems) = Read(File.ReadAllText(file));
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
