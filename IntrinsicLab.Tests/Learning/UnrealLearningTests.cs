using IntrinsicLab.Core;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Tests.Support;
using static TorchSharp.torch;

namespace IntrinsicLab.Tests.Learning;

/// <summary>What A2C learns with a memory and cannot learn without.</summary>
[Trait("Kind", "Learning")]
public class UnrealLearningTests
{
    private static double LastReturn(A2CConfig config, int steps)
    {
        using var algorithm = AlgorithmCatalog.Find("a2c")!.Create(config, new TrainingSetup(CueRecall.Factory(delay: 6), steps, new Rng(1), CPU));
        var (last, taken) = (double.NaN, 0L);
        while (taken < steps)
        {
            var progress = algorithm.Update();
            taken = progress.Steps;
            foreach (var point in progress.Points)
                if (point.Metric == Metrics.ExtrinsicReturn)
                    last = point.Value;
        }
        return last;
    }

    private static A2CConfig Config => new()
    {
        Environments = 8,
        StepsPerRollout = 10,
        LearningRate = 2e-3,
        LearningRateSchedule = Schedule.Constant,
        RmspropEpsilonStyle = IntrinsicLab.Core.Optimizers.EpsilonStyle.Pytorch,
        MemoryUnits = 32,
        HiddenSizes = [32],
    };

    [Fact]
    public void Training_CueSixStepsAgo_IsSolvedWithMemoryAlone()
    {
        var remembering = LastReturn(Config with { Memory = PolicyMemory.Lstm }, 80_000);
        var forgetting = LastReturn(Config, 80_000);

        Assert.True(remembering >= 0.9, $"With memory the last 100 episodes returned {remembering:F2} on average.");
        Assert.True(forgetting <= 0.5, $"Without memory they returned {forgetting:F2}, which only luck could bring.");
    }

    [Fact]
    public void Training_WithEveryAuxiliaryTask_StillSolvesIt()
    {
        var config = Config with { Memory = PolicyMemory.Lstm, PixelControl = 0.01, FeatureControl = 0.001, RewardPrediction = 1, ValueReplay = 1 };

        Assert.True(LastReturn(config, 80_000) >= 0.9);
    }
}
