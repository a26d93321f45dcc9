using IntrinsicLab.Core;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Environments.Wrappers;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Core.Formulas;
using IntrinsicLab.Core.Networks;
using IntrinsicLab.Tests.Contracts;
using IntrinsicLab.Tests.Support;
using TorchSharp;

namespace IntrinsicLab.Tests.Core.Algorithms;

public class TrpoTests
{
    private const int Rows = 400;

    private static TrainingSetup Setup(string environment, WrapperConfig? wrappers = null) => new(
        (AlgorithmContractTests.Plan("trpo", environment) with { Wrappers = wrappers ?? new() }).CreateEnvironments(), 100_000, new Rng(1), torch.CPU);

    private static (PolicyNetwork Policy, float[] Seen, float[] Actions, double[] Advantages) Batch(bool continuous)
    {
        var rng = new Rng(8);
        var policy = new PolicyNetwork(new PolicyShape(4, 2, continuous) { Hidden = [16] }, rng);
        var seen = Numbers.RandomFloats(rng, Rows * 4);
        var actions = new float[Rows * (continuous ? 2 : 1)];
        policy.Forward(seen, Rows);
        policy.Sample(rng, actions);
        // Better, the larger the first component (the action's number) is where the first observation is positive, and with some noise.
        double[] advantages = [.. Enumerable.Range(0, Rows).Select(row =>
            (actions[row * (continuous ? 2 : 1)] - 0.5) * Math.Sign(seen[4 * row]) + 0.1 * rng.NextGaussian())];
        PolicyGradients.Normalise<double>(advantages);
        return (policy, seen, actions, advantages);
    }

    [Theory]
    [InlineData(true, 1.0)]
    [InlineData(false, 1.0)]
    [InlineData(true, 0.25)]
    [InlineData(false, 0.25)]
    public void Improve_AGoodBatch_LowersTheLossWithinTheLimit(bool continuous, double subsample)
    {
        var (policy, seen, actions, advantages) = Batch(continuous);
        var update = new TrustRegionUpdate(policy, new TrustRegionSettings { SubsampleFactor = subsample });
        var (oldNlp, nlp) = (new float[Rows], new float[Rows]);
        policy.Forward(seen, Rows);
        policy.Evaluate(actions, oldNlp);
        var (oldOutputs, oldDeviations) = (policy.Outputs.ToArray(), policy.LogStandardDeviation.ToArray());

        var result = update.Improve(seen, actions, advantages, new Rng(1), 0);

        policy.Forward(seen, Rows);
        policy.Evaluate(actions, nlp);
        var divergence = policy.Divergence(oldOutputs, oldDeviations);
        var loss = -Enumerable.Range(0, Rows).Average(row => Math.Exp(oldNlp[row] - nlp[row]) * advantages[row]);
        Assert.True(result.Search.Accepted);
        Assert.Equal(divergence, result.Search.Divergence, 7);
        Assert.Equal(loss, result.Search.Loss, 5);
        Assert.InRange(divergence, 0.003, 0.01);
        Assert.True(result.Improvement > (subsample < 1 ? 0 : 0.05), $"The step gained {result.Improvement}.");
        Assert.Equal(0, result.LossBefore, 5);
        Assert.Equal(result.Search.Backtracks + 1, update.Tries.Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Improve_NoStepGoodEnough_LeavesThePolicyBitForBit(bool continuous)
    {
        var (policy, seen, actions, advantages) = Batch(continuous);
        var old = (float[])policy.Parameters.Clone();
        // One row tells nearly nothing of the curvature: the only try goes far beyond the limit.
        var update = new TrustRegionUpdate(policy, new TrustRegionSettings { SubsampleFactor = 1.0 / Rows, LineSearchTries = 1 });

        var result = update.Improve(seen, actions, advantages, new Rng(1), 0);

        Assert.False(result.Search.Accepted);
        Assert.True(result.GradientNorm > 0);
        Assert.True(update.Tries.Single().Divergence > 0.01);
        Assert.Equal((1, 0, 0), (result.Search.Backtracks, result.Search.Divergence, result.Improvement));
        Assert.True(old.AsSpan().SequenceEqual(policy.Parameters));
    }

    [Fact]
    public void Improve_AdvantagesZero_LeavesThePolicyBitForBit()
    {
        var (policy, seen, actions, advantages) = Batch(continuous: true);
        var old = (float[])policy.Parameters.Clone();
        Array.Clear(advantages);

        var result = new TrustRegionUpdate(policy, new TrustRegionSettings()).Improve(seen, actions, advantages, new Rng(1), 0);

        Assert.Equal((false, 0, 0.0, 0.0), (result.Search.Accepted, result.Search.Backtracks, result.GradientNorm, result.StepLength));
        Assert.True(old.AsSpan().SequenceEqual(policy.Parameters));
    }

    [Fact]
    public void Improve_AnAdvantageNoNumber_NamesMetricAndStep()
    {
        var (policy, seen, actions, advantages) = Batch(continuous: true);
        advantages[3] = double.NaN;

        var thrown = Assert.Throws<DivergedException>(
            () => new TrustRegionUpdate(policy, new TrustRegionSettings()).Improve(seen, actions, advantages, new Rng(1), 77));

        Assert.Equal((Metrics.PolicyLoss, 77), (thrown.Metric, thrown.Step));
    }

    [Fact]
    public void Improve_EntropyBonusAlone_RaisesTheEntropy()
    {
        var (policy, seen, actions, advantages) = Batch(continuous: false);
        Array.Clear(advantages);
        policy.Forward(seen, Rows);
        var before = policy.Evaluate(actions, new float[Rows]);

        var result = new TrustRegionUpdate(policy, new TrustRegionSettings { EntropyCoefficient = 0.1 }).Improve(seen, actions, advantages, new Rng(1), 0);

        Assert.True(result.Search.Accepted);
        Assert.True(result.Entropy > before + 1e-3, $"{before} became {result.Entropy}.");
    }

    [Fact]
    public void Update_NoReward_LeavesThePolicyBitForBit()
    {
        // The first batch of a task that pays only at a goal it does not reach by chance.
        using var trpo = new Trpo(new TrpoConfig { StepsPerBatch = 600 }, Setup("mountain-car-x"));
        var old = trpo.Parameters.ToArray();

        var points = trpo.Update().Points;

        Assert.All(
            points.Where(point => point.Metric is Metrics.StepAccepted or Metrics.Divergence or Metrics.GradientNorm or Metrics.EpisodeReturn),
            point => Assert.Equal(0, point.Value));
        Assert.True(old.AsSpan().SequenceEqual(trpo.Parameters));
    }

    [Fact]
    public void Update_RewardsBeyondAllNumbers_StopsTheRun()
    {
        using var trpo = new Trpo(new TrpoConfig { StepsPerBatch = 200 }, Setup("cartpole", new WrapperConfig { RewardScale = 1e300 }));

        var thrown = Assert.Throws<DivergedException>(() => trpo.Update());

        Assert.True(thrown.Step >= 200);
    }

    [Theory]
    [InlineData("pendulum", """{"stepsPerBatch": 300, "wholePaths": false, "bootstrapOnTruncation": true}""")]
    [InlineData("cartpole", """{"stepsPerBatch": 300, "subsampleFactor": 0.3, "baseline": "network", "normaliseObservations": true, "gaeLambda": 0.9}""")]
    public void Load_OtherSettings_ContinuesBitForBit(string environment, string parameters)
    {
        var plan = AlgorithmContractTests.Plan("trpo", environment, parameters: parameters);
        using var uninterrupted = new Trainer(plan);
        using var resumed = new Trainer(plan);
        uninterrupted.Update();
        using var saved = new MemoryStream();
        uninterrupted.Save(saved);
        saved.Position = 0;
        resumed.Load(saved);

        for (var update = 0; update < 3; update++)
            Assert.Equal(uninterrupted.Update().Points, resumed.Update().Points);
    }

    [Fact]
    public void Policy_OfAScaledTask_ActsInTheEnvironmentsUnits()
    {
        using var scaled = new Trpo(new TrpoConfig { StepsPerBatch = 200 }, Setup("pendulum"));
        using var plain = new Trpo(new TrpoConfig { StepsPerBatch = 200, NormaliseActions = false }, Setup("pendulum"));
        var (one, other) = (new float[1], new float[1]);

        scaled.Policy.Act([0.1f, 0.2f, 0.3f], one);
        plain.Policy.Act([0.1f, 0.2f, 0.3f], other);

        // Bounds ±2: the same network's output, twice as strong.
        Assert.NotEqual(0, other[0]);
        Assert.Equal(2 * other[0], one[0], 6);
    }

    [MujocoTheory]
    [InlineData("mountain-car-x", 5000, 32)]
    [InlineData("cartpole", 1024, 32, 32)]
    [InlineData("catch", 1000, 64, 64)]
    [InlineData("half-cheetah", 1024, 64, 64)]
    public void Defaults_DependOnTheTask(string environment, int steps, params int[] hidden)
    {
        var config = (TrpoConfig)AlgorithmContractTests.Plan("trpo", environment).Parameters;

        Assert.Equal(steps, config.StepsPerBatch);
        Assert.Equal(hidden, config.HiddenSizes);
    }

    [Fact]
    public void CrossCheck_AndWhyNotOn_SayWhatDoesNotFit()
    {
        var trpo = AlgorithmCatalog.Find("trpo")!;
        var spec = Setup("cartpole").Environments.Spec;

        Assert.Empty(trpo.CrossCheck(new TrpoConfig(), spec));
        Assert.Equal(["subsampleFactor"], trpo.CrossCheck(new TrpoConfig { StepsPerBatch = 10, SubsampleFactor = 0.01 }, spec).Select(each => each.Member));
        Assert.Equal(
            ["stepsPerBatch"], trpo.CrossCheck(new TrpoConfig { StepsPerBatch = 10_000_000 }, spec with { Observation = new Box([1000], 0, 1) }).Select(each => each.Member));
        Assert.NotNull(trpo.WhyNotOn(spec with { Observation = new Box([84, 84, 4], 0, 1) }));
        Assert.NotNull(trpo.WhyNotOn(spec with { Observation = new Box([2, 2, 2, 2], 0, 1) }));
        Assert.Null(trpo.WhyNotOn(spec));
    }
}
