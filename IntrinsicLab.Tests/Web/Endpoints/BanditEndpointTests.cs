namespace IntrinsicLab.Tests.Web.Endpoints;

[Collection(ApiCollection.Name)]
public class BanditEndpointTests(ApiApplication lab)
{
    [Fact]
    public async Task Bandits_WithoutAQuery_PlaysTheUsualRules()
    {
        var answer = await lab.Get("bandits");

        var rules = answer["rules"]!.AsArray();
        Assert.Equal(["ucb1:2", "epsilon-greedy:0.1", "boltzmann:0.1", "greedy", "uniform"], rules.Select(rule => (string)rule!["rule"]!));
        var steps = answer["steps"]!.AsArray().Select(step => (int)step!).ToList();
        Assert.Equal((0, 1000), (steps[0], steps[^1]));
        Assert.All(rules, rule => Assert.Equal(steps.Count, rule!["mean"]!.AsArray().Count));
        Assert.All(rules, rule => Assert.InRange((double)rule!["regret"]!, (double)rule["interval"]![0]!, (double)rule["interval"]![1]!));
        Assert.All(rules, rule => Assert.Equal(1000, rule!["pulls"]!.AsArray().Sum(pulls => (double)pulls!), 6));
        Assert.Equal(552.95, (double)answer["bound"]!.AsArray()[^1]!, 0.2);
        Assert.Contains("has lost least", (string)answer["meaning"]!);
    }

    [Fact]
    public async Task Bandits_EqualQueries_EqualAnswers()
    {
        const string query = "bandits?arms=0.5,0.6,0.1&rules=boltzmann:0.2,ucb1:0.5&horizon=200&runs=30&seed=7";

        Assert.Equal(await lab.Client.GetStringAsync(query), await lab.Client.GetStringAsync(query));
        Assert.NotEqual(await lab.Client.GetStringAsync(query), await lab.Client.GetStringAsync(query.Replace("seed=7", "seed=8")));
    }

    [Fact]
    public async Task Bandits_EqualArms_LoseNothing() =>
        Assert.Equal("All arms pay alike, so that no rule can lose anything.", (string)(await lab.Get("bandits?arms=0.5,0.5&horizon=100&runs=2"))["meaning"]!);

    [Fact]
    public async Task Bandits_OneRun_HasNoIntervals()
    {
        var rule = (await lab.Get("bandits?rules=greedy&horizon=10&runs=1"))["rules"]![0]!;

        Assert.Null(rule["interval"]);
        Assert.All(rule["low"]!.AsArray(), Assert.Null);
    }

    [Fact]
    public async Task Bandits_WrongValues_AreAllNamedAtTheirPlaces()
    {
        var problem = await ApiApplication.Problem(
            await lab.Client.GetAsync("bandits?arms=0.5,1.5,x&rules=ucb1:2,ucb,greedy:1,boltzmann:0,ucb1&horizon=0&runs=no&seeds=1"), 400);

        Assert.Contains("1.5", ApiApplication.Errors(problem, "/arms/1"));
        Assert.Contains("x", ApiApplication.Errors(problem, "/arms/2"));
        Assert.Contains("'ucb1'", ApiApplication.Errors(problem, "/rules/1"));
        Assert.Contains("no parameter", ApiApplication.Errors(problem, "/rules/2"));
        Assert.Contains("0.001 to 100", ApiApplication.Errors(problem, "/rules/3"));
        Assert.Contains("twice", ApiApplication.Errors(problem, "/rules/4"));
        Assert.Contains("1 to 100000", ApiApplication.Errors(problem, "/horizon"));
        ApiApplication.Errors(problem, "/runs");
        Assert.Contains("'seed'", ApiApplication.Errors(problem, "/seeds"));
    }

    [Theory]
    [InlineData("arms=0.5", "/arms")]
    [InlineData("arms=0,0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1", "/arms")]
    [InlineData("rules=,", "/rules")]
    [InlineData("horizon=100000&runs=5000", "/runs")]
    [InlineData("arms=NaN,0.5", "/arms/0")]
    public async Task Bandits_TooFewOrTooMany_IsRefused(string query, string place) =>
        Assert.NotEmpty(ApiApplication.Errors(await ApiApplication.Problem(await lab.Client.GetAsync($"bandits?{query}"), 400), place));
}
