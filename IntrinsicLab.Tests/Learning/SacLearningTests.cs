using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Tests.Contracts;

namespace IntrinsicLab.Tests.Learning;

/// <summary>Small tasks that soft actor-critic must learn with fixed seeds and default settings, judged by its most likely actions.</summary>
[Trait("Kind", "Learning")]
public class SacLearningTests
{
    [Theory]
    [InlineData("pendulum", 5_000, -250)] // random play: -1200
    [InlineData("catch", 8_000, 0.7)] // random play: -0.6
    public void Training_SmallTask_ReachesTheReturn(string environment, int steps, double wanted)
    {
        using var trainer = new Trainer(AlgorithmContractTests.Plan("sac", environment) with
        {
            Steps = steps,
            Evaluation = new EvaluationPlan { Every = steps, Episodes = 20 },
        });

        while (!trainer.Finished)
            trainer.Update();
        using var evaluation = trainer.Evaluate();
        evaluation.Play();

        var reached = evaluation.Points.Single(point => point.Metric == Metrics.EvaluationReturn).Value;
        Assert.True(reached >= wanted, $"The evaluation returned {reached:F2} on average; {wanted} was expected.");
    }
}
