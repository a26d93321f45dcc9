using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Tests.Contracts;
using IntrinsicLab.Tests.Support;

namespace IntrinsicLab.Tests.Learning;

/// <summary>A rule that adds rewards up makes the agent REINFORCE: with it, tables and networks must learn what REINFORCE learns.</summary>
[Trait("Kind", "Learning")]
public class LpgAgentLearningTests
{
    [Theory]
    [InlineData("delayed-chain", """{"length": 5}""", "{}", 30_000)]
    [InlineData("grid-tabular", """{"configuration": "small-sparse"}""", "{}", 60_000)]
    [InlineData("delayed-chain", """{"length": 5}""", """{"agent": "network", "learningRate": 0.005, "predictionCoefficient": 0.5}""", 30_000)]
    public void Training_ByARuleThatAddsRewardsUp_Learns(string environment, string world, string parameters, int steps)
    {
        var plan = AlgorithmContractTests.Plan("lpg-agent", environment, parameters: parameters, environmentParameters: world) with { Steps = steps };
        using var trainer = new Trainer(plan, _ => TestRules.ReturnsToGo());
        var last = double.NegativeInfinity;

        while (!trainer.Finished)
            foreach (var point in trainer.Update().Points)
                if (point.Metric == Metrics.ExtrinsicReturn)
                    last = point.Value;

        Assert.InRange(last, 0.95, 1);
    }
}
