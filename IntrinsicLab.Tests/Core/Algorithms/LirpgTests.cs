using IntrinsicLab.Core;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Core.Formulas;
using IntrinsicLab.Core.Networks;
using IntrinsicLab.Core.Optimizers;
using IntrinsicLab.Tests.Contracts;
using IntrinsicLab.Tests.Support;
using TorchSharp;

namespace IntrinsicLab.Tests.Core.Algorithms;

public class LirpgTests
{
    private static readonly LirpgConfig Small = new() { StepsPerRollout = 32, Epochs = 2, NormaliseRewards = true, LearningRate = 1e-3 };

    private static readonly LirpgConfig SmallA2c = new()
    {
        Optimizer = LirpgOptimizer.A2c,
        Environments = 8,
        StepsPerRollout = 5,
        LearningRate = 7e-4,
        ExtrinsicCoefficient = 1,
        IntrinsicCoefficient = 0.01,
        RewardLearningRate = 7e-4,
        ExtrinsicValueCoefficient = 0.1,
    };

    private static TrainingSetup Setup(string environment = "cartpole", int seed = 1) => new(
        AlgorithmContractTests.Plan("ppo", environment).CreateEnvironments(), 100_000, new Rng((ulong)seed), torch.CPU);

    // Reward networks of the default size for these tasks.
    private static int RewardParameters(string environment) => environment == "cartpole"
        ? new Mlp(4, [64, 64], 2, Activation.Tanh).ParameterCount
        : new Mlp(2 + 1, [64, 64], 1, Activation.Tanh).ParameterCount;

    [Theory]
    [InlineData("cartpole", false)]
    [InlineData("cartpole", true)]
    [InlineData("mountain-car-continuous", false)]
    [InlineData("mountain-car-continuous", true)]
    public void Ppo_ExtrinsicRewardAlone_TakesTheStepsOfPlainPpoBitForBit(string environment, bool continued)
    {
        using var plain = new Ppo(
            new PpoConfig { StepsPerRollout = 64, NormaliseRewards = true, NormaliseObservations = true, BootstrapOnTruncation = continued }, Setup(environment));
        using var lirpg = new Lirpg(
            new LirpgConfig
            {
                StepsPerRollout = 64,
                NormaliseRewards = true,
                NormaliseObservations = true,
                BootstrapOnTruncation = continued,
                AdamEpsilonStyle = EpsilonStyle.Pytorch,
                ExtrinsicCoefficient = 1,
                IntrinsicCoefficient = 0,
            },
            Setup(environment));
        var before = lirpg.RewardParameters.Floats();

        for (var update = 0; update < 10; update++)
        {
            plain.Update();
            lirpg.Update();

            Assert.Equal(plain.Parameters.Floats(), lirpg.Parameters.Floats());
        }

        var (after, reward) = (lirpg.RewardParameters.Floats(), RewardParameters(environment));
        Assert.Equal(before[..reward], after[..reward]);
        Assert.NotEqual(before[reward..], after[reward..]);
    }

    [Theory]
    [InlineData("cartpole")]
    [InlineData("mountain-car-continuous")]
    public void A2c_ExtrinsicRewardAlone_TakesTheStepsOfPlainA2cBitForBit(string environment)
    {
        using var plain = new A2C(new A2CConfig { Environments = 8 }, Setup(environment));
        using var lirpg = new Lirpg(SmallA2c with { IntrinsicCoefficient = 0 }, Setup(environment));
        var before = lirpg.RewardParameters.Floats();

        for (var update = 0; update < 10; update++)
        {
            plain.Update();
            lirpg.Update();

            Assert.Equal(plain.Parameters.Floats(), lirpg.Parameters.Floats());
        }

        var (after, reward) = (lirpg.RewardParameters.Floats(), RewardParameters(environment));
        Assert.Equal(before[..reward], after[..reward]);
        Assert.NotEqual(before[reward..], after[reward..]);
    }

    public static TheoryData<string, LirpgOptimizer, bool> Kinds
    {
        get
        {
            var kinds = new TheoryData<string, LirpgOptimizer, bool>();
            foreach (var environment in new[] { "cartpole", "mountain-car-continuous", "catch" })
                foreach (var optimizer in Enum.GetValues<LirpgOptimizer>())
                    kinds.Add(environment, optimizer, environment != "catch");
            kinds.Add("cartpole", LirpgOptimizer.Ppo, false);
            return kinds;
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Update_FirstOrderOrTwice_TakesTheSameSteps(string environment, LirpgOptimizer optimizer, bool separate)
    {
        var config = (optimizer == LirpgOptimizer.Ppo ? Small : SmallA2c) with { IntrinsicCoefficient = 1, SharedNetwork = !separate };
        using var once = new Lirpg(config, Setup(environment));
        using var twice = new Lirpg(config with { MetaGradient = MetaGradientRoute.DoubleBackpropagation }, Setup(environment));
        var begun = once.RewardParameters.Floats();

        var (a, b) = (once.Update().Points, twice.Update().Points);

        // Adam's steps are about as long whatever the gradient, so equal parameters tell of equal directions in every coordinate.
        Assert.NotEqual(begun, once.RewardParameters.Floats());
        Numbers.Close(twice.RewardParameters.Floats(), once.RewardParameters.Floats(), 2e-5);
        double Norm(IReadOnlyList<MetricValue> points) => points.Single(point => point.Metric == Metrics.MetaGradientNorm).Value;
        Assert.True(Norm(a) > 0);
        Assert.Equal(1, Norm(a) / Norm(b), 1e-2);
    }

    [Theory]
    [InlineData("cartpole")]
    [InlineData("mountain-car-continuous")]
    [InlineData("catch")]
    public void Update_HandWrittenGradients_TakesTheStepsOfAutograd(string environment)
    {
        using var fast = new Lirpg(Small, Setup(environment));
        using var slow = new Lirpg(Small with { Gradients = GradientEngine.Autograd }, Setup(environment));

        fast.Update();
        slow.Update();

        Numbers.Close(slow.Parameters.Floats(), fast.Parameters.Floats(), 2e-5);
        Numbers.Close(slow.RewardParameters.Floats(), fast.RewardParameters.Floats(), 2e-5);
    }

    [Fact]
    public void Update_NoExtrinsicWeight_LetsNoExtrinsicRewardReachTheInnerLoss()
    {
        // The first step of the policy sees rewards through their weights alone; the reward has not learned yet.
        var config = Small with { ExtrinsicCoefficient = 0, Epochs = 1, Minibatches = 1, StepsPerRollout = 64 };
        var world = Setup();
        using var paid = new Lirpg(config with { NormaliseRewards = false }, world);
        using var paidOtherwise = new Lirpg(config, world);

        paid.Update();
        paidOtherwise.Update();

        Assert.Equal(paid.Parameters.Floats(), paidOtherwise.Parameters.Floats());
        Assert.NotEqual(paid.RewardParameters.Floats(), paidOtherwise.RewardParameters.Floats());
    }

    [Fact]
    public void Update_LearnedReward_IsReportedPerStepAndPerEpisode()
    {
        using var lirpg = new Lirpg(Small with { StepsPerRollout = 256 }, Setup());

        var points = lirpg.Update().Points;

        var returns = points.Where(point => point.Metric == Metrics.IntrinsicReturn).ToList();
        var ends = points.Where(point => point.Metric == Metrics.EpisodeReturn).ToList();
        Assert.Equal(ends.Select(point => point.Step), returns.Select(point => point.Step));
        Assert.All(returns.Zip(ends), pair => Assert.True(Math.Abs(pair.First.Value) <= pair.Second.Value, "A cartpole episode has as many steps as return."));
        Assert.InRange(points.Single(point => point.Metric == Metrics.MetaGradientCosine).Value, -1, 1);
        Assert.InRange(points.Single(point => point.Metric == Metrics.MetaRatioClipFraction).Value, 0, 1);
    }

    [Theory]
    [InlineData(LirpgOptimizer.Ppo)]
    [InlineData(LirpgOptimizer.A2c)]
    public void Update_HugeLearningRates_StopWithTheMetricToBlame(LirpgOptimizer optimizer)
    {
        var config = optimizer == LirpgOptimizer.Ppo ? Small : SmallA2c;
        foreach (var broken in new[] { config with { LearningRate = 1e30 }, config with { RewardLearningRate = 1e38 } })
        {
            using var lirpg = new Lirpg(broken, Setup());

            var thrown = Assert.Throws<DivergedException>(() =>
            {
                for (var update = 0; update < 50; update++)
                    lirpg.Update();
            });

            Assert.NotNull(Metrics.Find(thrown.Metric));
        }
    }

    [Theory]
    [InlineData(MetaGradientRoute.FirstOrder)]
    [InlineData(MetaGradientRoute.DoubleBackpropagation)]
    public void Update_MetaGradientThatIsNotFinite_StopsBeforeAnyStep(MetaGradientRoute route)
    {
        using var lirpg = new Lirpg(Small with { MetaGradient = route }, Setup("mountain-car-continuous"));
        // A reward of exactly 0 everywhere, whose gradient with respect to its first layer is the product of two huge numbers.
        var network = new Mlp(2 + 1, [64, 64], 1, Activation.Tanh);
        var eta = FlatMemory.Of(lirpg.RewardParameters);
        eta[..network.ParameterCount].Clear();
        eta.Slice(network.Layers[1].Offset, 64 * 64).Fill(1e20f);
        eta.Slice(network.Layers[2].Offset, 64).Fill(1e30f);
        var (theta, before) = (lirpg.Parameters.Floats(), lirpg.RewardParameters.Floats());

        var thrown = Assert.Throws<DivergedException>(() => lirpg.Update());

        Assert.Equal((Metrics.MetaGradientNorm, 4 * 32), (thrown.Metric, thrown.Step));
        Assert.Contains($"{Metrics.MetaGradientNorm} became", thrown.Message);
        Assert.Contains($"at step {thrown.Step}", thrown.Message);
        Assert.Equal(theta, lirpg.Parameters.Floats());
        Assert.Equal(before, lirpg.RewardParameters.Floats());
    }

    [Theory]
    [InlineData("cartpole", LirpgOptimizer.Ppo, 0.01, 4)]
    [InlineData("mountain-car-continuous", LirpgOptimizer.Ppo, 0.01, 1)]
    public void Defaults_DependOnTheEnvironment(string environment, LirpgOptimizer optimizer, double extrinsic, int environments)
    {
        var config = (LirpgConfig)AlgorithmContractTests.Plan("lirpg", environment).Parameters;

        Assert.Equal((optimizer, extrinsic, 1.0, environments), (config.Optimizer, config.ExtrinsicCoefficient, config.IntrinsicCoefficient, config.Environments));
    }

    [Fact]
    public void Presets_AsPlans_AreValidAndNameTheInnerMethod()
    {
        var schema = ParameterSchema.Of(typeof(LirpgConfig));
        Assert.Equal(["ppo", "a2c"], schema.Find("optimizer")!.Choices);
        Assert.Equal(["first-order", "double-backpropagation"], schema.Find("metaGradient")!.Choices);
        Assert.NotEmpty(AlgorithmCatalog.Find("lirpg")!.Presets);
    }

    [Fact]
    public void CrossCheck_OfSettingsThatContradict_NamesTheMember()
    {
        var (entry, spec) = (AlgorithmCatalog.Find("lirpg")!, Setup().Environments.Spec);

        Assert.Empty(entry.CrossCheck(new LirpgConfig(), spec));
        Assert.Equal(["minibatches"], entry.CrossCheck(new LirpgConfig { Minibatches = 3 }, spec).Select(problem => problem.Member));
        Assert.Empty(entry.CrossCheck(new LirpgConfig { Minibatches = 3, Optimizer = LirpgOptimizer.A2c }, spec));
    }

    [Fact]
    public void Save_A2c_ContinuesBitForBit()
    {
        using var uninterrupted = new Lirpg(SmallA2c, Setup("catch"));
        for (var update = 0; update < 3; update++)
            uninterrupted.Update();
        using var stream = new MemoryStream();
        using (var writer = new CheckpointWriter(stream))
            uninterrupted.Save(writer);
        stream.Position = 0;
        using var resumed = new Lirpg(SmallA2c, Setup("catch", seed: 2));
        using (var reader = new CheckpointReader(stream))
            resumed.Load(reader);

        Assert.Equal(uninterrupted.Update().Points, resumed.Update().Points);
        Assert.Equal(uninterrupted.Update().Points, resumed.Update().Points);
    }
}
