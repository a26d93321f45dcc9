using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Tests.Contracts;

namespace IntrinsicLab.Tests.Learning;

/// <summary>Tables that must fill with fixed seeds: what counts in the reward find, chance does not.</summary>
[Trait("Kind", "Learning")]
public class QLearningLearningTests
{
    [Theory]
    [InlineData("""{"exploration": "bonus"}""", "deep-sea", 5_000, 0.9, 1)]
    [InlineData("""{"exploration": "mbie-eb"}""", "deep-sea", 5_000, 0.9, 1)]
    [InlineData("{}", "deep-sea", 5_000, -1, 0.1)]
    [InlineData("{}", "four-rooms", 60_000, 0.95, 1)]
    [InlineData("""{"exploration": "boltzmann"}""", "delayed-chain", 20_000, 0.9, 1)]
    public void Training_SmallTask_EndsWithinTheReturns(string parameters, string environment, int steps, double low, double high)
    {
        using var trainer = new Trainer(AlgorithmContractTests.Plan("q-learning", environment, parameters: parameters) with { Steps = steps });
        var last = double.NegativeInfinity;

        while (!trainer.Finished)
            foreach (var point in trainer.Update().Points)
                if (point.Metric == Metrics.ExtrinsicReturn)
                    last = point.Value;

        Assert.InRange(last, low, high);
    }
}
