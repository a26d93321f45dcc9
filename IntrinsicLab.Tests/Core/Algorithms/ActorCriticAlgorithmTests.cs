using IntrinsicLab.Core;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Networks;
using IntrinsicLab.Core.Optimizers;
using IntrinsicLab.Tests.Contracts;
using IntrinsicLab.Tests.Support;
using TorchSharp;

namespace IntrinsicLab.Tests.Core.Algorithms;

public class ActorCriticAlgorithmTests
{
    private static readonly A2CConfig PlainA2C = new() { Environments = 8 };

    // Huang et al. 2022: with these settings PPO takes A2C's steps.
    private static readonly PpoConfig PpoAsA2C = new()
    {
        Environments = 8,
        StepsPerRollout = 5,
        Epochs = 1,
        Minibatches = 1,
        GaeLambda = 1,
        LearningRate = 7e-4,
        LearningRateSchedule = Schedule.Constant,
        Optimizer = OptimizerKind.Rmsprop,
        AdamEpsilonStyle = EpsilonStyle.Tensorflow,
        NormaliseAdvantages = AdvantageNormalisation.None,
        ValueClip = false,
    };

    private static TrainingSetup Setup(string environment = "cartpole", int seed = 1) => new(
        AlgorithmContractTests.Plan("ppo", environment).CreateEnvironments(), 100_000, new Rng((ulong)seed), torch.CPU);

    [Theory]
    [InlineData("cartpole")]
    [InlineData("mountain-car-continuous")]
    public void Ppo_WithTheSettingsOfA2C_TakesItsSteps(string environment)
    {
        using var a2c = new A2C(PlainA2C with { LearningRateSchedule = Schedule.Constant }, Setup(environment));
        using var ppo = new Ppo(PpoAsA2C, Setup(environment));

        for (var update = 0; update < 20; update++)
        {
            a2c.Update();
            ppo.Update();

            Numbers.Close(a2c.Parameters.Floats(), ppo.Parameters.Floats(), 1e-6);
        }
    }

    [Theory]
    [InlineData("cartpole")]
    [InlineData("mountain-car-continuous")]
    [InlineData("catch")]
    public void Ppo_HandWrittenGradients_TakeTheStepsOfAutograd(string environment)
    {
        var config = new PpoConfig { StepsPerRollout = 16, Epochs = 2, AdamEpsilonStyle = EpsilonStyle.Tensorflow };
        using var fast = new Ppo(config, Setup(environment));
        using var slow = new Ppo(config with { Gradients = GradientEngine.Autograd }, Setup(environment));

        fast.Update();
        slow.Update();

        Numbers.Close(slow.Parameters.Floats(), fast.Parameters.Floats(), 1e-5);
    }

    [Fact]
    public void Update_HugeLearningRate_Diverges()
    {
        using var ppo = new Ppo(new PpoConfig { LearningRate = 1e30 }, Setup());
        using var a2c = new A2C(new A2CConfig { LearningRate = 1e30 }, Setup());

        foreach (var algorithm in new IAlgorithm[] { ppo, a2c })
        {
            var thrown = Assert.Throws<DivergedException>(() =>
            {
                for (var update = 0; update < 50; update++)
                    algorithm.Update();
            });
            Assert.True(thrown.Step > 0);
        }
    }

    [Fact]
    public void Update_TargetKlBelowAnyChange_StopsAfterTheFirstEpoch()
    {
        var config = new PpoConfig { TargetKl = 1e-12, LearningRate = 1e-3 };
        using var stopped = new Ppo(config with { Epochs = 10 }, Setup());
        using var once = new Ppo(config with { Epochs = 1 }, Setup());

        stopped.Update();
        once.Update();

        Assert.Equal(once.Parameters.Floats(), stopped.Parameters.Floats());
    }

    [Fact]
    public void Update_LinearSchedules_FallToZeroOverTheRun()
    {
        using var ppo = new Ppo(new PpoConfig(), Setup() with { Steps = 4 * 512 + 100 });

        var rates = Enumerable.Range(0, 4).Select(_ => ppo.Update().Points.Single(point => point.Metric == Metrics.LearningRate).Value).ToArray();

        Numbers.Close([2.5e-4, 1.875e-4, 1.25e-4, 0.625e-4], rates, 1e-12);
    }

    [Fact]
    public void Update_OtherThreads_EqualNumbers()
    {
        using var one = new Ppo(new PpoConfig(), Setup());
        using var two = new Ppo(new PpoConfig { Threads = 2 }, Setup());

        Assert.Equal(one.Update().Points, two.Update().Points);
    }

    [Theory]
    [InlineData("cartpole", 4, 128, false)]
    [InlineData("mountain-car-continuous", 1, 2048, true)]
    public void Defaults_OfPpo_DependOnTheActions(string environment, int environments, int steps, bool normaliseObservations)
    {
        var config = (PpoConfig)AlgorithmContractTests.Plan("ppo", environment).Parameters;

        Assert.Equal((environments, steps, normaliseObservations), (config.Environments, config.StepsPerRollout, config.NormaliseObservations));
    }

    [Fact]
    public void CrossCheck_OfSettingsThatContradict_NamesTheMember()
    {
        var (ppo, spec) = (AlgorithmCatalog.Find("ppo")!, Setup().Environments.Spec);

        Assert.Empty(ppo.CrossCheck(new PpoConfig(), spec));
        Assert.Equal(["minibatches"], ppo.CrossCheck(new PpoConfig { Minibatches = 3 }, spec).Select(problem => problem.Member));
        Assert.Equal(["network"], ppo.CrossCheck(new PpoConfig { Network = NetworkKind.Cnn }, spec).Select(problem => problem.Member));
        Assert.Equal(["stepsPerRollout"], ppo.CrossCheck(new PpoConfig { Environments = 4096, StepsPerRollout = 1_000_000 }, spec).Select(problem => problem.Member));
    }

    [Fact]
    public void WhyNotOn_FourAxes_SaysWhy() =>
        Assert.NotNull(AlgorithmCatalog.Find("ppo")!.WhyNotOn(new EnvironmentSpec(new Box([2, 2, 2, 2], 0, 1), new Discrete(2))));
}
