using System.Text.Json;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Experiments;

namespace IntrinsicLab.Tests.Core.Experiments;

public class RunPlanTests
{
    private static (RunPlan? Plan, List<Problem> Problems) Read(string json)
    {
        var problems = new List<Problem>();
        return (RunPlan.Read(JsonDocument.Parse(json).RootElement, problems), problems);
    }

    private static string Pointers(List<Problem> problems) => string.Join(" ", problems.Select(problem => problem.Pointer).Order(StringComparer.Ordinal));

    [Fact]
    public void Read_ShortestPlan_ResolvesEverything()
    {
        var (plan, problems) = Read("""{"algorithm": "ppo", "environment": "cartpole", "steps": 1e5}""");

        Assert.Empty(problems);
        Assert.Equal(100_000, plan!.Steps);
        Assert.Equal(1, plan.Seed);
        Assert.Equal("ppo-cartpole-1", plan.Name);
        Assert.NotNull(plan.ToJson()["parameters"]!["gamma"]);
        Assert.NotNull(plan.ToJson()["environmentParameters"]!["delay"]);
    }

    [Theory]
    [InlineData("""[]""", "")]
    [InlineData("""{}""", "/algorithm /environment /steps")]
    [InlineData("""{"algorithm": "poo", "environment": "cart-pole", "steps": 0}""", "/algorithm /environment /steps")]
    [InlineData("""{"algorithm": "ppo", "environment": "cartpole", "steps": 10, "sead": 1}""", "/sead")]
    [InlineData("""{"algorithm": "ppo", "environment": "cartpole", "steps": 1e300, "seed": -1, "device": "tpu"}""", "/device /seed /steps")]
    [InlineData("""{"algorithm": "ppo", "environment": "cartpole", "steps": 10, "parameters": {"gamma": 2, "lambda": 1}}""", "/parameters/gamma /parameters/lambda")]
    [InlineData("""{"algorithm": "ppo", "environment": "cartpole", "steps": 10, "environmentParameters": {"delay": 0}}""", "/environmentParameters/delay")]
    [InlineData("""{"algorithm": "ppo", "environment": "hoper", "steps": 10, "parameters": {"gama": 1}}""", "/environment /parameters/gama")]
    [InlineData("""{"algorithm": 5, "environment": null, "steps": "many", "name": 3}""", "/algorithm /environment /name /steps")]
    public void Read_FaultyPlan_NamesEveryPlace(string json, string pointers)
    {
        var (plan, problems) = Read(json);

        Assert.Null(plan);
        Assert.Equal(pointers, Pointers(problems));
    }

    [Theory]
    [InlineData("grid-tabular", """{"map": "##/#"}""", "/environmentParameters/map", "Grid, fixed objects: Row 2 of the map has 1 cells where row 1 has 2.")]
    [InlineData("catch", """{"noisyChannels": 2}""", "/environmentParameters/noisyChannels", "needs an observation that is a vector")]
    [InlineData("point-navigation", """{"reward": "pixel"}""", "/environmentParameters/reward", "set goal to image")]
    public void Read_WorldThatCannotBe_SaysWhyAtTheParameter(string environment, string parameters, string pointer, string message)
    {
        var (plan, problems) = Read($$"""{"algorithm": "ppo", "environment": "{{environment}}", "steps": 10, "environmentParameters": {{parameters}}}""");

        Assert.Null(plan);
        Assert.Equal(pointer, Assert.Single(problems).Pointer);
        Assert.Contains(message, problems[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_NearMiss_NamesTheNearestWord()
    {
        var (_, problems) = Read("""{"algorithm": "pppo", "environment": "cart_pole", "steps": 10}""");

        Assert.Contains(problems, problem => problem.Message.Contains("'ppo'", StringComparison.Ordinal));
        Assert.Contains(problems, problem => problem.Message.Contains("'cartpole'", StringComparison.Ordinal));
    }

    [Fact]
    public void ToJson_ThenRead_GivesTheSameConfiguration()
    {
        foreach (var algorithm in AlgorithmCatalog.All)
            foreach (var environment in EnvironmentCatalog.All.Where(entry => entry.StartsByItself))
            {
                var (plan, problems) = Read($$"""{"algorithm": "{{algorithm.Id}}", "environment": "{{environment.Id}}", "steps": 1000, "seed": 7}""");
                if (plan is null)
                {
                    Assert.Contains("cannot learn", Assert.Single(problems).Message, StringComparison.Ordinal);
                    continue;
                }
                var (again, _) = Read(plan.ToJson().ToJsonString());
                Assert.Equal(plan.ConfigurationHash, again!.ConfigurationHash);
                Assert.Equal(plan.ToJson().ToJsonString(), again.ToJson().ToJsonString());
            }
    }

    [Fact]
    public void ConfigurationHash_DependsOnParametersButNotOnSeedOrName()
    {
        var (plan, _) = Read("""{"algorithm": "ppo", "environment": "cartpole", "steps": 1000}""");
        var (other, _) = Read("""{"algorithm": "ppo", "environment": "cartpole", "steps": 1000, "seed": 9, "name": "x"}""");
        var (different, _) = Read("""{"algorithm": "ppo", "environment": "cartpole", "steps": 1000, "parameters": {"gamma": 0.9}}""");

        Assert.Equal(plan!.ConfigurationHash, other!.ConfigurationHash);
        Assert.NotEqual(plan.ConfigurationHash, different!.ConfigurationHash);
    }

    [Fact]
    public void RunRequest_WithSeeds_PointsToExperiments()
    {
        var problems = new List<Problem>();

        RunRequest.Read(JsonDocument.Parse("""{"algorithm": "ppo", "environment": "cartpole", "steps": 10, "seeds": 5}""").RootElement, problems);

        Assert.Contains("experiment", Assert.Single(problems).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void RunRequest_Labels_AreReadAndBounded()
    {
        var problems = new List<Problem>();
        var request = RunRequest.Read(
            JsonDocument.Parse("""{"algorithm": "ppo", "environment": "cartpole", "steps": 10, "priority": 3, "tags": ["a", "b"], "notes": "n"}""").RootElement, problems);
        Assert.Equal(3, request!.Priority);
        Assert.Equal(["a", "b"], request.Tags);

        RunRequest.Read(
            JsonDocument.Parse("""{"algorithm": "ppo", "environment": "cartpole", "steps": 10, "priority": 3000, "tags": ["a", "a", ""]}""").RootElement, problems);
        Assert.Equal("/priority /tags/1 /tags/2", Pointers(problems));
    }
}
