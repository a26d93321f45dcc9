using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Tests.Contracts;

namespace IntrinsicLab.Tests.Learning;

/// <summary>
/// What CLN as published earns within seconds says nothing, as its paper has millions of flat steps. So each of its two learners is asked alone to learn
/// from the extrinsic reward: the policy when it is paid that, and the reward's weights as the policy's only ones. With the form's defaults both learn together.
/// </summary>
[Trait("Kind", "Learning")]
public class ClnLearningTests
{
    private static double Train(string parameters, long steps) =>
        Train(AlgorithmContractTests.Plan("cln", "cartpole", parameters: parameters), steps);

    private static double Train(RunPlan plan, long steps)
    {
        using var trainer = new Trainer(plan with { Steps = steps });
        var last = double.NegativeInfinity;
        while (!trainer.Finished)
            foreach (var point in trainer.Update().Points)
                if (point.Metric == Metrics.ExtrinsicReturn)
                    last = point.Value;
        return last;
    }

    [Fact]
    public void PolicyRound_PaidExtrinsically_BalancesThePole()
    {
        var last = Train("""{"withoutIntrinsicReward": true, "policyExtrinsicCoefficient": 1, "validationEpochs": 0}""", 80_000);

        Assert.True(last >= 250, $"The last 100 episodes returned {last:F2} on average; 250 was expected.");
    }

    [Fact]
    public void ValidationRound_Alone_BalancesThePoleThroughTheRewardsWeights()
    {
        var last = Train("""{"withoutIntrinsicReward": true, "policyExtrinsicCoefficient": 0, "policyOutputScale": 1, "conditionScale": 1, "rewardLearningRate": 0.003}""", 100_000);

        Assert.True(last >= 60, $"The last 100 episodes returned {last:F2} on average; 60 was expected, where chance has 22.");
    }

    [Fact]
    public void Defaults_RewardsTwentyStepsLate_KeepTheSegwayUpright()
    {
        var plan = AlgorithmContractTests.Plan("cln", "segway");

        var last = Train(plan with { Wrappers = plan.Wrappers with { Delay = 20 } }, 200_000);

        Assert.True(last >= 1000, $"The last 100 episodes returned {last:F2} on average; 1000 was expected, where falling over returns 34.");
    }
}
