using IntrinsicLab.Core.Analyses;
using IntrinsicLab.Core.Networks;
using IntrinsicLab.Tests.Support;

namespace IntrinsicLab.Tests.Core.Analyses;

public class CreditReachTests
{
    // 235 updates: the last fifth of them are 47 rollouts of 20 steps, so that each step of the chain is seen at every place of a rollout.
    private static readonly CreditReachSettings Settings = new(47, 235);

    [Fact]
    public void Of_ARuleThatAddsRewardsUp_FindsCreditWithinARolloutOnly()
    {
        var reach = CreditReach.Of(TestRules.ReturnsToGo().Content, Settings);

        // 1 against −1, in those rollouts of 20 that hold the step and the end.
        Assert.Equal(46, reach.Learned.Count);
        for (var left = 1; left <= reach.Learned.Count; left++)
            Assert.Equal(2 * Math.Max(0, 21 - left) / 20.0, reach.Learned[left - 1], 0.01);
        Assert.Equal(reach.Learned, reach.Even);
        Assert.Equal(0, CreditReach.FarShare(reach.Learned), 1e-3);
    }

    [Fact]
    public void Analysis_OfRulesOfEverySemantics_HasFiguresThatCanBeWritten()
    {
        foreach (var semantics in Enum.GetValues<RuleSemantics>())
        {
            var analysis = CreditReach.Of(TestRules.Random(semantics).Content, new(Updates: 60)).Analysis();

            Assert.All(analysis.Numbers, number => Assert.True(double.IsFinite(number.Value), $"{semantics}: {number}"));
            Assert.Equal(
                semantics switch { RuleSemantics.Predictions => 4, RuleSemantics.PredictionsWithoutNext => 3, _ => 2 },
                RuleReport.Stored(analysis).Figures.GetArrayLength());
        }
    }
}
