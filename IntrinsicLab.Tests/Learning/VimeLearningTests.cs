using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Tests.Contracts;

namespace IntrinsicLab.Tests.Learning;

/// <summary>Curiosity finds what chance does not.</summary>
[Trait("Kind", "Learning")]
public class VimeLearningTests
{
    private const int Steps = 100_000;

    // Steps until an episode was paid for the first time; null where none was.
    private static long? FirstReward(string algorithm, string parameters = "{}")
    {
        using var trainer = new Trainer(AlgorithmContractTests.Plan(algorithm, "mountain-car-x", parameters: parameters) with { Steps = Steps });
        while (!trainer.Finished)
            foreach (var point in trainer.Update().Points)
                if (point.Metric == Metrics.EpisodeReturn && point.Value > 0)
                    return point.Step;
        return null;
    }

    [Fact]
    public void Training_OnlyTheGoalPays_VimeFindsItAndTrpoDoesNot()
    {
        Assert.Null(FirstReward("trpo"));
        Assert.NotNull(FirstReward("vime", """{"baselineTarget": "augmented"}"""));
    }

    [Fact]
    public void Training_WithTheClippedUpdate_SolvesCartpole()
    {
        const string Settings = """{"optimizer": "ppo", "eta": 0, "modelUpdates": 0}""";
        using var trainer = new Trainer(AlgorithmContractTests.Plan("vime", "cartpole", parameters: Settings) with { Steps = 50_000 });
        var last = 0.0;

        while (!trainer.Finished)
            foreach (var point in trainer.Update().Points)
                if (point.Metric == Metrics.ExtrinsicReturn)
                    last = point.Value;

        Assert.True(last >= 200, $"The last 100 episodes returned {last:F2} on average.");
    }
}
