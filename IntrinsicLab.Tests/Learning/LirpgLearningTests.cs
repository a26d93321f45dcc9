using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Tests.Contracts;

namespace IntrinsicLab.Tests.Learning;

/// <summary>The paper's setting in small: rewards paid every 20 steps, and a policy that sees them at a hundredth.</summary>
[Trait("Kind", "Learning")]
public class LirpgLearningTests
{
    // A policy that learns nothing, or learns to fall fast, returns about 35; the most is 2000.
    [Fact]
    public void Training_DelayedSegway_LearnsToStayUp()
    {
        var plan = AlgorithmContractTests.Plan("lirpg", "segway", parameters: """{"stepsPerRollout": 512, "minibatches": 8}""");
        using var trainer = new Trainer(plan with { Steps = 30_720, Wrappers = new() { Delay = 20 } });
        var last = double.NegativeInfinity;

        while (!trainer.Finished)
            foreach (var point in trainer.Update().Points)
                if (point.Metric == Metrics.ExtrinsicReturn)
                    last = point.Value;

        Assert.True(last >= 300, $"The last 100 episodes returned {last:F2} on average; 300 was expected.");
    }
}
