using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Tests.Contracts;

namespace IntrinsicLab.Tests.Learning;

/// <summary>A treasure that chance finds in one of a thousand episodes: counts in the reward find and keep it, the same PPO without them does not.</summary>
[Trait("Kind", "Learning")]
public class CountBonusLearningTests
{
    [Theory]
    [InlineData("{}", 0.9, 0.99)]
    [InlineData("""{"counting": "pseudo-counts"}""", 0.9, 0.99)]
    [InlineData("""{"beta": 0}""", -0.01, 0)]
    public void Training_DeepSea_EndsWithinTheReturns(string parameters, double low, double high)
    {
        using var trainer = new Trainer(AlgorithmContractTests.Plan("count-bonus", "deep-sea", parameters: parameters) with { Steps = 15_000 });
        var last = double.NegativeInfinity;

        while (!trainer.Finished)
            foreach (var point in trainer.Update().Points)
                if (point.Metric == Metrics.ExtrinsicReturn)
                    last = point.Value;

        Assert.InRange(last, low, high + 1e-9);
    }
}
