using IntrinsicLab.Core.Bandits;

namespace IntrinsicLab.Tests.Core.Bandits;

public class BanditExperimentTests
{
    private static readonly double[] TenArms = [0.5, 0.45, 0.4, 0.35, 0.3, 0.6, 0.2, 0.25, 0.1, 0.15];

    private static BanditResult Play(string rule, double[] arms, int horizon, int runs, int seed = 1, int threads = 2)
    {
        var kind = Enum.GetValues<ActingRuleKind>().Single(each => new ActingRule(each, 0).Word == rule.Split(':')[0]);
        var parameter = rule.Split(':') is [_, var text] ? double.Parse(text, System.Globalization.CultureInfo.InvariantCulture) : ActingRule.Usual(kind) ?? 0;
        return new BanditExperiment { Arms = arms, Rules = [new(kind, parameter)], Horizon = horizon, Runs = runs, Seed = seed }.Play(threads);
    }

    // An independent implementation with 500 runs: mean regret and its standard error.
    [Theory]
    [InlineData("ucb1", 0.8, 25.27, 0.22)]
    [InlineData("ucb1:0.5", 0.8, 13.44, 0.24)]
    [InlineData("proportional", 0.8, 47.89, 0.07)]
    [InlineData("epsilon-greedy", 0.8, 11.29, 0.64)]
    [InlineData("boltzmann", 0.8, 47.0, 2.1)]
    [InlineData("greedy", 0.8, 42.4, 2.2)]
    [InlineData("uniform", 0.8, 50.04, 0.07)]
    [InlineData("ucb1", 0.6, 23.12, 0.26)]
    [InlineData("ucb1:0.5", 0.6, 8.11, 0.19)]
    [InlineData("proportional", 0.6, 129.8, 0.2)]
    [InlineData("epsilon-greedy", 0.6, 19.06, 0.32)]
    [InlineData("boltzmann", 0.6, 55.8, 3.9)]
    [InlineData("greedy", 0.6, 113, 7)]
    [InlineData("uniform", 0.6, 150.1, 0.2)]
    public void Regret_AfterAThousandSteps_IsThatOfAnotherImplementation(string rule, double worse, double expected, double error) =>
        Agree(Play(rule, [0.9, worse], 1000, 500), expected, error);

    [Fact]
    public void Regret_AfterTenThousandSteps_IsThatOfAnotherImplementation()
    {
        var two = Play("ucb1", [0.9, 0.8], 10_000, 100);
        Agree(two, 89.08, 0.71);
        Assert.InRange(two.Rules[0].Pulls[1], 890.8 - 100, 890.8 + 100);
        Agree(Play("ucb1", TenArms, 10_000, 30), 448.7, 1.7);
        Agree(Play("greedy", TenArms, 10_000, 30), 2046, 67);
        Agree(Play("boltzmann", TenArms, 10_000, 30), 780, 4);
    }

    [Fact]
    public void Result_WhateverTheThreadsAndTheOtherRules_IsTheSame()
    {
        var rules = Enum.GetValues<ActingRuleKind>().Select(kind => new ActingRule(kind, ActingRule.Usual(kind) ?? 0)).ToList();
        var experiment = new BanditExperiment { Arms = [0.7, 0.2, 0.5], Rules = rules, Horizon = 300, Runs = 20, Seed = 3 };

        var (one, four) = (experiment.Play(threads: 1), experiment.Play(threads: 4));
        var alone = (experiment with { Rules = [rules[^1]] }).Play();

        foreach (var (left, right) in one.Rules.Zip(four.Rules))
        {
            Assert.Equal(left.Curve, right.Curve);
            Assert.Equal(left.Pulls, right.Pulls);
        }
        Assert.Equal(one.Rules[^1].Curve, alone.Rules[0].Curve);
        Assert.NotEqual(one.Rules[^1].Curve, (experiment with { Seed = 4 }).Play().Rules[^1].Curve);
    }

    [Fact]
    public void Curve_BeginsAtZeroAndEndsAtTheHorizon()
    {
        var result = Play("uniform", [0.9, 0.5], 1000, 10);

        Assert.Equal((0, 1000), (result.Steps[0], result.Steps[^1]));
        Assert.Equal(result.Steps.Order().Distinct(), result.Steps);
        Assert.Equal(0, result.Rules[0].Curve[0].Mean);
        Assert.Equal(1000, result.Rules[0].Pulls.Sum(), 9);
        Assert.Equal(result.Rules[0].Pulls[1] * 0.4, result.Rules[0].Final.Mean, 9);
        Assert.Equal([0, 1, 2, 3], Play("greedy", [0.1, 0.2], 3, 2).Steps);
    }

    [Fact]
    public void OneRun_HasNoInterval() => Assert.Null(Play("greedy", [0.1, 0.2], 10, 1).Rules[0].Final.Interval);

    private static void Agree(BanditResult result, double expected, double error)
    {
        var final = result.Rules[0].Final;
        var within = 5 * Math.Sqrt(error * error + final.StandardError!.Value * final.StandardError.Value);
        Assert.True(Math.Abs(final.Mean - expected) <= within, $"{final.Mean:F2} ± {final.StandardError:F2} where {expected} ± {error} was found.");
    }
}
