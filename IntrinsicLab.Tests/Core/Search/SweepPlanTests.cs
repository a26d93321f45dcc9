using System.Text.Json;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Core.Search;

namespace IntrinsicLab.Tests.Core.Search;

public sealed class SweepPlanTests
{
    private const string Asha = """
        {"name":"s","algorithm":"ppo","environment":"cartpole","seeds":2,"steps":9000,"parameters":{"gamma":0.98},
         "search":{"method":"asha","space":{"learningRate":{"low":1e-5,"high":1e-2,"scale":"log"},"epochs":{"low":1,"high":8},
           "activation":{"values":["tanh","relu"]},"environment.delay":{"values":[1,5]}},
           "trials":27,"seed":4,"firstRung":1000,"racing":{"most":5}},"tags":["a"],"notes":"n"}
        """;

    [Theory]
    [InlineData(Asha)]
    [InlineData("""{"name":"g","algorithm":"ppo","environment":"cartpole","seeds":[4],"steps":9000,"search":{"method":"grid","space":{"gamma":{"low":0.9,"high":1,"count":3}}}}""")]
    [InlineData("""{"name":"t","algorithm":"a2c","environment":"catch","seeds":1,"steps":900,"search":{"method":"tpe","aggregate":"worst","goal":"minimise","space":{"learningRate":{"low":1e-5,"high":1,"scale":"log"}}}}""")]
    public void Read_WrittenAgain_IsTheSameSweep(string json)
    {
        var plan = Read(json);
        var again = Read(plan.ToJson().ToJsonString());

        Assert.Equal(plan.ToJson().ToJsonString(), again.ToJson().ToJsonString());
        var (first, second) = (Sweep.Next(plan.Search, Nothing), Sweep.Next(again.Search, Nothing));
        Assert.Equal(first.Trials.Select(trial => plan.RunOf(trial, 1).ConfigurationHash), second.Trials.Select(trial => again.RunOf(trial, 1).ConfigurationHash));
    }

    [Fact]
    public void RunOf_FirstTrial_IsTheDefaultAndOthersCarryTheirValues()
    {
        var plan = Read(Asha);
        var trials = Sweep.Next(plan.Search, Nothing).Trials;
        var (start, other) = (plan.RunOf(trials[0], 1), plan.RunOf(trials[1], 2).ToJson());

        Assert.Equal(plan.Start.ConfigurationHash, start.ConfigurationHash);
        Assert.Equal("trial 1", (string?)other["arm"]);
        Assert.Equal(2, (int?)other["seed"]);
        Assert.Equal([1000, 3000, 9000], plan.Search.Rungs);
        Assert.Equal(9000, (long?)other["steps"]);
        Assert.Equal(0.98, (double?)other["parameters"]!["gamma"]);
        Assert.Equal(trials[1].Values[0].ToJsonString(), other["parameters"]!["learningRate"]!.ToJsonString());
        Assert.Equal(trials[1].Values[3].ToJsonString(), other["environmentParameters"]!["delay"]!.ToJsonString());
    }

    [Fact]
    public void Read_ManyFaults_ListsThemAllAtTheirPlaces()
    {
        Assert.Equal(
            [
                "/search/finalShare", "/search/goal", "/search/racing/most", "/search/reduction", "/search/space/activation", "/search/space/clipRange/low",
                "/search/space/environment.delai", "/search/space/epochs/high", "/search/space/gamma/values/1", "/search/space/learningRat",
                "/search/space/learningRate/low", "/search/wat", "/seeds",
            ],
            Faults("""
                {"name":"s","algorithm":"ppo","environment":"cartpole","steps":9000,
                 "search":{"method":"random","space":{"learningRate":{"low":0,"high":1,"scale":"log"},"learningRat":{"values":[1]},"epochs":{"low":5,"high":2},
                   "activation":{"low":1,"high":2},"gamma":{"values":[0.9,7]},"clipRange":{"high":0.3},"environment.delai":{"values":[1]}},
                   "goal":"best","finalShare":2,"reduction":3,"racing":{"rivals":2},"wat":1}}
                """));
    }

    [Theory]
    [InlineData("""{"method":"grid","space":{"gamma":{"low":0.9,"high":1}}}""", "/search/space/gamma")]
    [InlineData("""{"method":"grid","trials":5,"space":{"gamma":{"values":[0.9]}}}""", "/search/trials")]
    [InlineData("""{"method":"asha","trials":8,"firstRung":1000,"space":{"gamma":{"low":0.9,"high":1}}}""", "/search/trials")]
    [InlineData("""{"method":"asha","trials":8,"firstRung":9000,"space":{"gamma":{"low":0.9,"high":1}}}""", "/search/firstRung")]
    [InlineData("""{"method":"random","space":{}}""", "/search/space")]
    [InlineData("""{"space":{"gamma":{"values":[0.9,0.9]}}}""", "/search/method /search/space/gamma/values/1")]
    [InlineData("""{"method":"random","space":{"minibatches":{"values":[7,11]}}}""", "/search/space/minibatches")]
    public void Read_SearchThatCannotBe_IsRefused(string search, string places) =>
        Assert.Equal(places.Split(' '), Faults($$"""{"name":"s","algorithm":"ppo","environment":"cartpole","seeds":2,"steps":9000,"search":{{search}}}"""));

    private static SeedScore? Nothing(int trial, int rung, int seed) => null;

    private static SweepPlan Read(string json)
    {
        var problems = new List<Problem>();
        using var document = JsonDocument.Parse(json);
        return SweepPlan.Read(document.RootElement, problems) ?? throw new InvalidOperationException(string.Join("; ", problems));
    }

    private static IEnumerable<string> Faults(string json)
    {
        var problems = new List<Problem>();
        using var document = JsonDocument.Parse(json);
        Assert.Null(SweepPlan.Read(document.RootElement, problems));
        return problems.Select(problem => problem.Pointer).Order(StringComparer.Ordinal);
    }
}
