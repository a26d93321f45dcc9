using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Tests.Contracts;

namespace IntrinsicLab.Tests.Learning;

/// <summary>Small tasks that must be learned with fixed seeds, and default settings where none are given.</summary>
[Trait("Kind", "Learning")]
public class ActorCriticLearningTests
{
    private const string SegwaySettings =
        """{"stepsPerRollout": 512, "minibatches": 8, "learningRateSchedule": "constant", "resetReturnOnDone": false}""";

    [Theory]
    [InlineData("ppo", "cartpole", 60_000, 300)]
    [InlineData("ppo", "catch", 50_000, 0.5)]
    [InlineData("ppo", "breakout", 60_000, 2.5)] // random play: 0.5
    [InlineData("ppo", "mountain-car-continuous", 60_000, 85)]
    [InlineData("ppo", "segway", 61_440, 1500, SegwaySettings)]
    [InlineData("a2c", "cartpole", 200_000, 300)]
    [InlineData("a2c", "catch", 100_000, 0.5)]
    [InlineData("trpo", "cartpole", 60_000, 300)]
    [InlineData("trpo", "catch", 50_000, 0.5)]
    public void Training_SmallTask_ReachesTheReturn(string algorithm, string environment, int steps, double wanted, string parameters = "{}")
    {
        using var trainer = new Trainer(AlgorithmContractTests.Plan(algorithm, environment, parameters: parameters) with { Steps = steps });
        var last = double.NegativeInfinity;

        while (!trainer.Finished)
            foreach (var point in trainer.Update().Points)
                if (point.Metric == Metrics.ExtrinsicReturn)
                    last = point.Value;

        Assert.True(last >= wanted, $"The last 100 episodes returned {last:F2} on average; {wanted} was expected.");
    }
}
