using IntrinsicLab.Core;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Environments.Wrappers;
using IntrinsicLab.Tests.Contracts;
using IntrinsicLab.Tests.Support;
using TorchSharp;

namespace IntrinsicLab.Tests.Core.Algorithms;

public class LiveBonusTests
{
    private static EnvironmentFactory Cartpole(int delay) =>
        (AlgorithmContractTests.Plan("ppo", "cartpole") with { Wrappers = new() { Delay = delay } }).CreateEnvironments();

    [Fact]
    public void Experience_WithABonus_AddsItToEveryRewardAfterAllElseAndToNoScore()
    {
        Experience Make(double bonus) => new(new EnvironmentBatch(Cartpole(7), 3, new Rng(1)), null, new RewardNormaliser(3), bonus);
        using var plain = Make(0);
        using var paid = Make(0.25);
        var ends = 0;

        for (var step = 0; step < 200; step++)
        {
            float[] actions = [step % 2, step % 3 % 2, step / 5 % 2];
            plain.Step(actions);
            paid.Step(actions);

            for (var index = 0; index < 3; index++)
                Assert.Equal(plain.Rewards[index] + 0.25, paid.Rewards[index]);
            Assert.Equal(plain.Batch.Ended, paid.Batch.Ended);
            ends += paid.Batch.Ended.Count;
        }
        Assert.True(ends > 0);
    }

    [Fact]
    public void Algorithms_WithABonus_LearnOtherwiseFromEquallyScoredEpisodes()
    {
        TrainingSetup Setup() => new(Cartpole(1), 100_000, new Rng(1), torch.CPU);
        double[] Scores(Progress progress) => [.. progress.Points.Where(point => point.Metric == Metrics.EpisodeReturn).Select(point => point.Value)];
        using var ppo = new Ppo(new PpoConfig(), Setup());
        using var paidPpo = new Ppo(new PpoConfig { LiveBonus = 1 }, Setup());
        using var a2c = new A2C(new A2CConfig { StepsPerRollout = 50 }, Setup());
        using var paidA2c = new A2C(new A2CConfig { StepsPerRollout = 50, LiveBonus = 1 }, Setup());

        Assert.Equal(Scores(ppo.Update()), Scores(paidPpo.Update()));
        Assert.Equal(Scores(a2c.Update()), Scores(paidA2c.Update()));
        Assert.NotEqual(ppo.Parameters.Floats(), paidPpo.Parameters.Floats());
        Assert.NotEqual(a2c.Parameters.Floats(), paidA2c.Parameters.Floats());
    }
}
