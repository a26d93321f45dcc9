using System.Text.Json;
using System.Text.Json.Nodes;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Web.Components;

namespace IntrinsicLab.Tests.Web.Components;

public sealed class RunDraftTests
{
    private static RunDraft Draft() => new() { Algorithm = "ppo", Environment = "cartpole", Steps = "50000" };

    [Fact]
    public void ToJson_OfAnUntouchedForm_IsTheShortestPlan() => Assert.True(JsonNode.DeepEquals(
        JsonNode.Parse("""{ "algorithm": "ppo", "environment": "cartpole", "seed": 1, "steps": 50000 }"""), Draft().ToJson()));

    [Theory]
    [InlineData("3", new[] { 3 })]
    [InlineData("1, 2, 5", new[] { 1, 2, 5 })]
    [InlineData("1-4", new[] { 1, 2, 3, 4 })]
    [InlineData("1-2 9", new[] { 1, 2, 9 })]
    [InlineData("many", null)]
    [InlineData("5-1", null)]
    public void Seeds_AreOneAListOrARange(string text, int[]? expected) => Assert.Equal(expected, new RunDraft { Seeds = text }.SeedList);

    [Fact]
    public void ToJson_WithSeveralSeeds_IsAnExperimentThatReads()
    {
        var draft = Draft();
        draft.Seeds = "1-3";
        draft.Parameters["gamma"] = "0.9";
        var problems = new List<Problem>();

        var plan = ExperimentPlan.Read(JsonSerializer.SerializeToElement(draft.ToJson()), problems);

        Assert.Empty(problems);
        Assert.Equal(3, plan!.Runs.Count);
    }

    [Fact]
    public void ToJson_WithTextWhereANumberBelongs_LeavesTheFaultToTheReader()
    {
        var draft = Draft();
        draft.Parameters["gamma"] = "often";
        var problems = new List<Problem>();

        Assert.Null(RunPlan.Read(JsonSerializer.SerializeToElement(draft.ToJson()), problems));
        Assert.Equal("/parameters/gamma", Assert.Single(problems).Pointer);
    }

    [Fact]
    public void Take_OfAResolvedPlan_KeepsOnlyWhatWasChanged()
    {
        var draft = Draft();
        draft.Parameters["gamma"] = "0.9";
        var resolved = RunPlan.Read(JsonSerializer.SerializeToElement(draft.ToJson()), [])!.ToJson();
        var copy = new RunDraft();

        copy.Take(resolved);

        Assert.Equal(["gamma"], copy.Parameters.Keys);
        Assert.Empty(copy.World);
    }

    [Fact]
    public void Take_OfAGrid_KeepsThePlanAsItIs()
    {
        var grid = JsonNode.Parse("""{ "name": "g", "algorithms": ["ppo", "a2c"], "environments": ["cartpole"], "seeds": 2, "steps": 1000 }""")!.AsObject();
        var draft = new RunDraft();

        draft.Take(grid);

        Assert.True(draft.IsExperiment);
        Assert.Same(grid, draft.ToJson());
    }
}
