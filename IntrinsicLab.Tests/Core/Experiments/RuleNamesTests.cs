using System.Text.Json;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Core.Search;

namespace IntrinsicLab.Tests.Core.Experiments;

public class RuleNamesTests
{
    private static readonly string[] Shelf = ["grid-rule@1", "grid-rule@2"];

    [Theory]
    [InlineData("""{"algorithm": "lpg-agent", "environment": "grid-tabular", "steps": 5000, "parameters": {"rule": "grid-rule@2"}}""", "")]
    [InlineData("""{"algorithm": "lpg-agent", "environment": "grid-tabular", "steps": 5000, "parameters": {"rule": "grid-rule@3"}}""", "/parameters/rule")]
    [InlineData("""{"algorithm": "lpg-agent", "environment": "no-such-world", "steps": 5000, "parameters": {"rule": "grid-rule@3"}}""", "/environment /parameters/rule")]
    [InlineData("""{"algorithm": "lpg-agent", "environment": "grid-tabular", "steps": 0, "parameters": {"rule": ""}}""", "/parameters/rule /steps")]
    [InlineData("""{"algorithm": "lpg-agent", "environment": "grid-tabular", "steps": 5000}""", "/parameters/rule")]
    [InlineData("""{"algorithm": "ppo", "environment": "cartpole", "steps": 5000}""", "")]
    public void RunPlan_NamesARule_WhichMustExist(string json, string places)
    {
        var problems = new List<Problem>();

        var plan = RunPlan.Read(JsonDocument.Parse(json).RootElement, problems, Shelf);

        Assert.Equal(places, Places(problems));
        Assert.Equal(places.Length == 0, plan is not null);
    }

    [Fact]
    public void RunPlan_ThatIsStored_IsReadWithoutALookAtTheShelf()
    {
        using var json = JsonDocument.Parse("""{"algorithm": "lpg-agent", "environment": "grid-tabular", "steps": 5000, "parameters": {"rule": "gone@1"}}""");

        Assert.NotNull(RunPlan.Read(json.RootElement, []));
    }

    [Fact]
    public void Faults_SayWhatThereIs()
    {
        string Message(string[] rules)
        {
            var problems = new List<Problem>();
            using var json = JsonDocument.Parse("""{"algorithm": "lpg-agent", "environment": "grid-tabular", "steps": 5000, "parameters": {"rule": "x@3"}}""");
            RunPlan.Read(json.RootElement, problems, rules);
            return Assert.Single(problems).Message;
        }

        Assert.Equal("There is no rule x@3; there are: grid-rule@1, grid-rule@2.", Message(Shelf));
        Assert.StartsWith("There is no rule x@3; there are none yet", Message([]));
        Assert.EndsWith("r@12, and 3 more.", Message([.. Enumerable.Range(1, 15).Select(version => $"r@{version}")]));
    }

    [Theory]
    [InlineData("""{"algorithms": ["lpg-agent"], "parameters": {"lpg-agent": {"rule": "x@1"}}}""", "/parameters/lpg-agent/rule")]
    [InlineData("""{"algorithms": ["lpg-agent"], "grid": {"lpg-agent.rule": ["grid-rule@1", "x@1", "grid-rule@2"]}}""", "/grid/lpg-agent.rule/1")]
    [InlineData("""{"algorithms": ["lpg-agent"], "grid": {"lpg-agent.rule": ["grid-rule@1", "grid-rule@2"]}}""", "")]
    [InlineData("""{"arms": [{"name": "a", "algorithm": "lpg-agent", "parameters": {"rule": "grid-rule@1"}}, {"name": "b", "algorithm": "lpg-agent", "parameters": {"rule": "x@1"}}]}""", "/arms/1/parameters/rule")]
    public void ExperimentPlan_NamesRules_WhichMustExist(string json, string places)
    {
        var plan = System.Text.Json.Nodes.JsonNode.Parse(json)!.AsObject();
        (plan["name"], plan["environments"], plan["seeds"], plan["steps"]) = ("rules", new System.Text.Json.Nodes.JsonArray("grid-tabular"), 1, 5000);
        var problems = new List<Problem>();

        ExperimentPlan.Read(JsonSerializer.SerializeToElement(plan), problems, Shelf);

        Assert.Equal(places, Places(problems));
    }

    [Theory]
    [InlineData("""{"rule": "x@1"}""", """{"learningRate": {"values": [20, 40]}}""", "/parameters/rule")]
    [InlineData("{}", """{"rule": {"values": ["grid-rule@1", "x@1"]}}""", "/search/space/rule/values/1")]
    [InlineData("{}", """{"rule": {"values": ["grid-rule@1", "grid-rule@2"]}}""", "")]
    public void SweepPlan_NamesRules_WhichMustExist(string parameters, string space, string places)
    {
        var problems = new List<Problem>();
        using var json = JsonDocument.Parse($$$"""
            {"name": "rules", "algorithm": "lpg-agent", "environment": "grid-tabular", "seeds": 1, "steps": 5000, "parameters": {{{parameters}}},
             "search": {"method": "grid", "space": {{{space}}}}}
            """);

        SweepPlan.Read(json.RootElement, problems, Shelf);

        Assert.Equal(places, Places(problems));
    }

    [Fact]
    public void Schema_SaysWhatTheTextNames()
    {
        var schema = ParameterSchema.Of(typeof(LpgAgentConfig)).JsonSchema(new LpgAgentConfig());

        Assert.Equal("rule", (string?)schema["properties"]!["rule"]!["x-names"]);
        Assert.Null(schema["properties"]!["learningRate"]!["x-names"]);
    }

    private static string Places(List<Problem> problems) => string.Join(' ', problems.Select(problem => problem.Pointer).Order(StringComparer.Ordinal));
}
