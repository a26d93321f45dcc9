using System.Text.Json;
using System.Text.Json.Nodes;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Web.Components;

namespace IntrinsicLab.Tests.Web.Components;

public sealed class ExperimentDraftTests
{
    private const string Whole = """
        {
          "name": "whole", "algorithms": ["ppo", "a2c"], "environments": ["cartpole", "acrobot"], "seeds": [1, 2, 5], "steps": 5000, "device": "cuda",
          "parameters": { "ppo": { "gamma": 0.9 } }, "environmentParameters": { "*": { "delay": 5 }, "acrobot": { "timeLimit": 100 } },
          "grid": { "ppo.hiddenSizes": [[64, 64], [256]], "a2c.gamma": [0.9, 0.99] }, "evaluation": { "times": 3 }, "priority": 2, "tags": ["a", "b"], "notes": "why"
        }
        """;

    private const string Arms = """
        {
          "name": "arms",
          "arms": [
            { "name": "with", "algorithm": "ppo", "environmentParameters": { "acrobot": { "timeLimit": 50 }, "*": { "delay": 5 } } },
            { "name": "without", "algorithm": "ppo", "parameters": { "valueClip": false } }
          ],
          "environments": ["acrobot"], "seeds": 3, "steps": 5000
        }
        """;

    [Theory, InlineData(Whole), InlineData(Arms)]
    public void Take_ThenToJson_GivesThePlanBack(string json)
    {
        var plan = JsonNode.Parse(json)!.AsObject();
        var draft = new ExperimentDraft();

        draft.Take(plan);

        Assert.True(JsonNode.DeepEquals(plan, draft.ToJson()), draft.ToJson().ToJsonString());
        Assert.Empty(draft.Other);
    }

    [Fact]
    public void Take_OfARun_MakesAnExperimentOfItsChanges()
    {
        var run = RunPlan.Read(JsonSerializer.SerializeToElement(new { algorithm = "ppo", environment = "cartpole", steps = 1000, parameters = new { gamma = 0.5 } }), [])!;
        var draft = new ExperimentDraft();

        draft.Take(run.ToJson());
        var problems = new List<Problem>();
        var plan = ExperimentPlan.Read(JsonSerializer.SerializeToElement(draft.ToJson()), problems);

        Assert.Empty(problems);
        Assert.Equal(["gamma"], draft.Parameters["ppo"].Keys);
        Assert.Equal(5, plan!.Runs.Count);
        Assert.All(plan.Runs, each => Assert.Equal(run.ConfigurationHash, each.ConfigurationHash));
    }

    [Fact]
    public void Take_OfWhatTheFormCannotHold_LeavesItForTheReaderToRefuse()
    {
        var draft = new ExperimentDraft();
        draft.Take(JsonNode.Parse("""{"algorithms":"ppo","environments":["cartpole"],"seeds":"some","steps":10,"grid":[],"colour":"red"}""")!.AsObject());
        var problems = new List<Problem>();

        Assert.Null(ExperimentPlan.Read(JsonSerializer.SerializeToElement(draft.ToJson()), problems));

        Assert.Equal(["/algorithms", "/colour", "/grid", "/seeds"], problems.Select(problem => problem.Pointer).Order());
    }

    [Fact]
    public void OwnProblems_AreWhatJsonHasNoPlaceFor()
    {
        var draft = new ExperimentDraft();
        draft.Algorithms.Add("ppo");
        draft.Environments.Add("cartpole");
        draft.Grid.AddRange([new() { Key = "ppo.gamma", Values = "0.9" }, new() { Key = "ppo.gamma", Values = "0.8" }, new() { Values = "1" }, new()]);

        Assert.Equal(["/grid/ppo.gamma", "/grid/2"], draft.OwnProblems().Select(problem => problem.Pointer));
        Assert.Equal(1, draft.Count(draft.Grid[0]));
    }

    [Fact]
    public void AddArm_KeepsWhatWasChosen()
    {
        var draft = new ExperimentDraft();
        draft.Take(JsonNode.Parse(Whole)!.AsObject());

        draft.AddArm();

        Assert.Equal([("PPO", "ppo"), ("A2C", "a2c"), ("arm 1", "a2c")], draft.Arms.Select(arm => (arm.Name, arm.Algorithm)));
        Assert.Equal("0.9", draft.Arms[0].Parameters["gamma"]);
        Assert.False(draft.ToJson().ContainsKey("algorithms"));
        Assert.Equal("two of three", new ExperimentDraft { Name = "two of three" }.ToJson()["name"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("5", 5, "")]
    [InlineData("1-3", null, "1-3")]
    [InlineData("7,", null, "7")]
    [InlineData("1, 2 9-11", null, "1, 2, 9-11")]
    [InlineData("4-4", null, "4")]
    public void Seeds_AreACountOrAList(string text, int? count, string list)
    {
        var read = SeedWords.Read(text)!.Value;

        Assert.Equal(count, read.Count);
        Assert.Equal(list, SeedWords.Write(read.List));
    }

    [Theory, InlineData(""), InlineData("0"), InlineData("1001"), InlineData("3-1"), InlineData("1, 1"), InlineData("-4"), InlineData("1-2-3"), InlineData("all")]
    public void Seeds_ThatAreNeither_AreNone(string text) => Assert.Null(SeedWords.Read(text));
}
