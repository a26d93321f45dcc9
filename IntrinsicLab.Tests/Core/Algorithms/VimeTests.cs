using IntrinsicLab.Core;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Environments.Wrappers;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Core.Formulas;
using IntrinsicLab.Tests.Contracts;
using TorchSharp;

namespace IntrinsicLab.Tests.Core.Algorithms;

public class VimeTests
{
    private const string Quick = """ "stepsPerBatch": 600, "modelUpdates": 30, "minimumPool": 100 """;

    private static TrainingSetup Setup(string environment, WrapperConfig? wrappers = null) => new(
        (AlgorithmContractTests.Plan("vime", environment) with { Wrappers = wrappers ?? new() }).CreateEnvironments(), 100_000, new Rng(1), torch.CPU);

    private static Vime Make(string environment, VimeConfig? config = null, WrapperConfig? wrappers = null) =>
        new(config ?? new VimeConfig { StepsPerBatch = 600, ModelUpdates = 30, MinimumPool = 100 }, Setup(environment, wrappers));

    private static double Of(Progress progress, string metric) => progress.Points.Single(point => point.Metric == metric).Value;

    private static byte[] State(IAlgorithm algorithm)
    {
        using var stream = new MemoryStream();
        using (var writer = new CheckpointWriter(stream))
            algorithm.Save(writer);
        return stream.ToArray();
    }

    [Theory]
    [InlineData("pendulum", "")]
    [InlineData("pendulum", """, "baselineTarget": "augmented", "fidelity": "release" """)]
    [InlineData("cartpole", """, "bonus": "random-network", "subsampleFactor": 0.3""")]
    public void Update_EtaZero_IsTrpoBitForBit(string environment, string more)
    {
        var subsample = more.Contains("subsample", StringComparison.Ordinal) ? """, "subsampleFactor": 0.3""" : "";
        using var trpo = new Trainer(AlgorithmContractTests.Plan("trpo", environment, parameters: $$"""{"stepsPerBatch": 600{{subsample}}}"""));
        using var vime = new Trainer(AlgorithmContractTests.Plan("vime", environment, parameters: $$"""{"eta": 0, {{Quick}}{{more}}}"""));

        for (var update = 0; update < 3; update++)
        {
            var expected = trpo.Update().Points;
            var metrics = expected.Select(point => point.Metric).ToHashSet();
            Assert.Equal(
                expected.OrderBy(point => point.Metric, StringComparer.Ordinal).ThenBy(point => point.Step),
                vime.Update().Points.Where(point => metrics.Contains(point.Metric)).OrderBy(point => point.Metric, StringComparer.Ordinal).ThenBy(point => point.Step));
        }
    }

    [Fact]
    public void Update_EtaAboveZero_IsAnotherPolicy()
    {
        using var plain = Make("pendulum", new VimeConfig { StepsPerBatch = 600, ModelUpdates = 30, MinimumPool = 100, Eta = 0 });
        using var curious = Make("pendulum", new VimeConfig { StepsPerBatch = 600, ModelUpdates = 30, MinimumPool = 100, Eta = 0.1 });

        // There is no bonus before the model is trained.
        plain.Update();
        curious.Update();
        Assert.True(plain.Parameters.SequenceEqual(curious.Parameters));
        plain.Update();
        curious.Update();

        Assert.False(plain.Parameters.SequenceEqual(curious.Parameters));
    }

    [Theory]
    [InlineData("mountain-car-x", """ "wholePaths": false, "poolSize": 700, "baselineTarget": "augmented" """)]
    [InlineData("mountain-car-x", """ "fidelity": "release", "gain": "exact-adam", "gainAdamSteps": 2, "etaDiscount": 0.9, "poolSize": 1500 """)]
    [InlineData("cartpole", """ "optimizer": "ppo", "bonus": "random-network", "normaliseObservations": true""")]
    [InlineData("cartpole", """ "bonus": "prediction-error", "normaliser": "exponential-mean", "baseline": "network" """)]
    [InlineData("four-rooms", """ "predictChange": true, "priorBatches": 0""")]
    public void Load_OtherSettings_ContinuesBitForBit(string environment, string parameters)
    {
        var plan = AlgorithmContractTests.Plan("vime", environment, parameters: $"{{{Quick}, {parameters}}}");
        using var uninterrupted = new Trainer(plan);
        using var resumed = new Trainer(plan);
        uninterrupted.Update();
        uninterrupted.Update();
        using var saved = new MemoryStream();
        uninterrupted.Save(saved);
        saved.Position = 0;
        resumed.Load(saved);

        for (var update = 0; update < 2; update++)
            Assert.Equal(uninterrupted.Update().Points, resumed.Update().Points);
        Assert.Equal(uninterrupted.Figures()!.ToJson(), resumed.Figures()!.ToJson());
    }

    [Theory]
    [InlineData(Fidelity.Ours, GainKind.Taylor)]
    [InlineData(Fidelity.Release, GainKind.ExactAdam)]
    public void TracesAndFigures_Asked_ChangeNothingAndAnswerAlike(Fidelity fidelity, GainKind gain)
    {
        using var vime = Make("mountain-car-x", new VimeConfig { StepsPerBatch = 600, ModelUpdates = 30, MinimumPool = 100, Fidelity = fidelity, Gain = gain });
        vime.Update();
        vime.Update();
        var before = State(vime);

        var trace = vime.Traces.Single();
        var (near, far) = (trace.Of([0f, 0.3f], [0.5f], [0.02f, 0.35f]), trace.Of([0f, 0.3f], [0.5f], [2f, -3f]));
        var again = trace.Of([0f, 0.3f], [0.5f], [0.02f, 0.35f]);
        Assert.NotEmpty(vime.Figures());

        Assert.Equal(near, again);
        Assert.True(near > 0 && far > near, $"{near} and {far}");
        Assert.True(before.AsSpan().SequenceEqual(State(vime)));
    }

    [Fact]
    public void Update_NoRewardButCuriosity_MovesThePolicyAndAddsUp()
    {
        using var vime = Make("mountain-car-x");
        var first = vime.Update();
        var old = vime.Parameters.ToArray();
        var second = vime.Update();

        Assert.Equal((0, 0, 0), (Of(first, Metrics.GainMean), Of(first, Metrics.BonusShare), Of(first, Metrics.StepAccepted)));
        Assert.Equal(1, Of(second, Metrics.BonusShare));
        Assert.Equal(1, Of(second, Metrics.StepAccepted));
        Assert.False(old.AsSpan().SequenceEqual(vime.Parameters));
        // Whole paths: what episodes were paid is what steps scored, in units of the divisor. The first divisor is the batch's own median.
        var paid = second.Points.Where(point => point.Metric == Metrics.IntrinsicReturn).Sum(point => point.Value);
        Assert.Equal(Of(second, Metrics.GainMean) * (second.Steps - first.Steps), paid * Of(second, Metrics.GainDivisor), 1e-9);
        Assert.Equal(Of(second, Metrics.GainMedian), Of(second, Metrics.GainDivisor), 1e-12);
        Assert.True(Of(second, Metrics.GainMaximum) > Of(second, Metrics.GainMean) && Of(second, Metrics.GainMean) > 0);
        // Scores are the task's alone.
        Assert.All(second.Points.Where(point => point.Metric is Metrics.EpisodeReturn or Metrics.ExtrinsicReturn), point => Assert.Equal(0, point.Value));
    }

    [Fact]
    public void Update_CutPaths_CarriesAnEpisodesBonusesOver()
    {
        // Episodes of 500 steps in batches of 200: the sum of an episode's bonuses is reported once, where it ends.
        using var vime = Make("mountain-car-x", new VimeConfig { StepsPerBatch = 200, WholePaths = false, ModelUpdates = 10, MinimumPool = 100 });
        var (sum, reported) = (0.0, new List<MetricValue>());
        for (var update = 0; update < 5; update++)
        {
            var progress = vime.Update();
            if (progress.Steps <= 400)
                sum += Of(progress, Metrics.GainMean) * 200 / Of(progress, Metrics.GainDivisor);
            reported.AddRange(progress.Points.Where(point => point.Metric == Metrics.IntrinsicReturn));
        }

        Assert.Equal([500L, 1000L], reported.Select(point => point.Step));
        Assert.True(reported[0].Value > sum, $"{reported[0].Value} is not more than the {sum} of its first 400 steps.");
    }

    [Fact]
    public void Update_BaselineTargets_DifferOnceThereIsABonus()
    {
        double Loss(BaselineTarget target)
        {
            using var vime = Make("mountain-car-x", new VimeConfig { StepsPerBatch = 600, ModelUpdates = 30, MinimumPool = 100, BaselineTarget = target });
            vime.Update();
            return Of(vime.Update(), Metrics.ValueLoss);
        }

        // Nothing was earned: there is nothing to expect but curiosity.
        Assert.Equal(0, Loss(BaselineTarget.Extrinsic));
        Assert.True(Loss(BaselineTarget.Augmented) > 0);
    }

    [Fact]
    public void Update_RewardsBeyondAllNumbers_StopsTheRun()
    {
        using var vime = Make("cartpole", wrappers: new WrapperConfig { RewardScale = 1e300 });

        Assert.True(Assert.Throws<DivergedException>(() => vime.Update()).Step >= 600);
    }

    [Fact]
    public void Update_AModelThatDiverges_NamesMetricAndStep()
    {
        using var vime = Make("mountain-car-x", new VimeConfig
        {
            StepsPerBatch = 600,
            MinimumPool = 100,
            ModelUpdates = 200,
            ModelLearningRate = 1000,
            ModelHiddenSizes = [16, 16, 16, 16, 16, 16, 16, 16],
        });

        var thrown = Assert.Throws<DivergedException>(() =>
        {
            for (var update = 0; update < 5; update++)
                vime.Update();
        });

        Assert.StartsWith("vime/", thrown.Metric);
        Assert.True(thrown.Step >= 1000);
    }

    [Fact]
    public void Score_AsReleased_LosesTheLastStepOfEachPath()
    {
        var spec = new EnvironmentSpec(new Box([2], -10, 10), new Box([1], -1, 1));
        var settings = new DynamicsSettings { MinimumPool = 20, Updates = 5 };
        float[] seen = [.. Enumerable.Range(0, 60).Select(i => (float)Math.Sin(i))], next = [.. seen.Skip(2), 0.5f, -0.5f], done = new float[30];
        var ends = new bool[30];
        (ends[9], ends[10], ends[29]) = (true, true, true);
        double[] Scores(bool released)
        {
            using var curiosity = new DynamicsCuriosity(
                DynamicsBonus.PredictionError, settings with { AsReleased = released }, new GainNormaliser(), spec, new Rng(1));
            curiosity.Learn(new(seen, done, next, ends));
            var (scores, bonuses) = (new double[30], new double[30]);
            curiosity.Score(new(seen, done, next, ends), scores, bonuses);
            return scores;
        }

        var (ours, released) = (Scores(false), Scores(true));

        Assert.Equal((released[8], 0.0, released[28]), (released[9], released[10], released[29]));
        Assert.True(released[8] > 0 && released[28] > 0);
        Assert.True(ours[9] != ours[8] && ours[10] > 0 && ours[29] != ours[28]);
    }

    [Fact]
    public void CrossCheck_SaysWhatDoesNotFit()
    {
        var vime = AlgorithmCatalog.Find("vime")!;
        var spec = Setup("mountain-car-x").Environments.Spec;

        Assert.Empty(vime.CrossCheck(vime.Defaults(spec), spec));
        Assert.Equal(
            ["subsampleFactor", "minimumPool"],
            vime.CrossCheck(new VimeConfig { StepsPerBatch = 10, SubsampleFactor = 0.01, PoolSize = 400 }, spec).Select(each => each.Member));
        Assert.Equal(["poolSize"], vime.CrossCheck(new VimeConfig { PoolSize = 100_000_000 }, spec with { Observation = new Box([1000], 0, 1) }).Select(each => each.Member));
    }
}
