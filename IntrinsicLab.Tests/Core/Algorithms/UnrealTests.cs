using IntrinsicLab.Core;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Core.Formulas;
using IntrinsicLab.Core.Networks;
using IntrinsicLab.Tests.Contracts;
using IntrinsicLab.Tests.Support;
using static TorchSharp.torch;

namespace IntrinsicLab.Tests.Core.Algorithms;

public class UnrealTests
{
    private const string Discrete =
        """{"environments": 3, "stepsPerRollout": 6, "memory": "lstm", "memoryUnits": 12, "pixelControl": 0.05, "featureControl": 0.01, "rewardPrediction": 1, "valueReplay": 1, "replayLength": 50, "normaliseRewards": true}""";

    private const string Continuous =
        """{"environments": 3, "stepsPerRollout": 6, "memory": "lstm", "memoryUnits": 12, "rewardPrediction": 1, "valueReplay": 1, "replayLength": 50}""";

    private const string WithoutMemory =
        """{"environments": 3, "stepsPerRollout": 6, "pixelControl": 0.05, "featureControl": 0.01, "rewardPrediction": 1, "valueReplay": 1, "replayLength": 50}""";

    public static TheoryData<string, string> Cases => new()
    {
        { "cartpole", Discrete },
        { "catch", Discrete },
        { "catch", WithoutMemory },
        { "mountain-car-continuous", Continuous },
    };

    private static RunPlan Plan(string environment, string parameters) => AlgorithmContractTests.Plan("a2c", environment, parameters: parameters);

    private static List<MetricValue> Run(Trainer trainer, int updates) =>
        [.. Enumerable.Range(0, updates).SelectMany(_ => trainer.Update().Points)];

    private static byte[] State(Trainer trainer)
    {
        using var stream = new MemoryStream();
        trainer.Save(stream);
        return stream.ToArray();
    }

    private static TrainingSetup Setup(string environment) =>
        new(AlgorithmContractTests.Plan("ppo", environment).CreateEnvironments(), 100_000, new Rng(1), CPU);

    [Theory]
    [InlineData("cartpole")]
    [InlineData("mountain-car-continuous")]
    [InlineData("catch")]
    public void Update_NeitherMemoryNorTasks_IsA2CBitForBit(string environment)
    {
        var config = new A2CConfig { Environments = 4, SharedNetwork = true, BootstrapOnTruncation = true };
        using var a2c = new A2C(config, Setup(environment));
        using var unreal = new Unreal(config, Setup(environment));

        for (var update = 0; update < 50; update++)
            Assert.Equal(a2c.Update().Points, unreal.Update().Points);

        Assert.Equal(a2c.Parameters.Floats(), unreal.Parameters.Floats());
    }

    [Fact]
    public void Create_OptionsOff_IsPlainA2C()
    {
        var entry = AlgorithmCatalog.Find("a2c")!;
        using var plain = entry.Create(new A2CConfig(), Setup("cartpole"));
        using var remembering = entry.Create(new A2CConfig { Memory = PolicyMemory.Lstm }, Setup("cartpole"));
        using var withTask = entry.Create(new A2CConfig { ValueReplay = 1 }, Setup("cartpole"));

        Assert.IsType<A2C>(plain);
        Assert.IsType<Unreal>(remembering);
        Assert.IsType<Unreal>(withTask);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Load_SavedState_ContinuesBitForBitAndPlaysAlike(string environment, string parameters)
    {
        using var uninterrupted = new Trainer(Plan(environment, parameters));
        using var resumed = new Trainer(Plan(environment, parameters));
        byte[] Played(Trainer trainer)
        {
            using var evaluation = trainer.Evaluate();
            evaluation.Play();
            return evaluation.Replay!.ToJson();
        }

        // Long enough that the memory has gone round.
        Run(uninterrupted, 12);
        resumed.Load(new MemoryStream(State(uninterrupted)));

        Assert.Equal(Played(uninterrupted), Played(resumed));
        Assert.Equal(Run(uninterrupted, 3), Run(resumed, 3));
        Assert.Equal(uninterrupted.Figures()!.ToJson(), resumed.Figures()!.ToJson());
        Assert.True(State(uninterrupted).AsSpan().SequenceEqual(State(resumed)), "The states differ.");
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Update_TasksOn_ReportsWhatThePageDescribes(string environment, string parameters)
    {
        using var trainer = new Trainer(Plan(environment, parameters));
        var described = AlgorithmCatalog.Find("a2c")!.Reports.Concat(Metrics.OfEveryRun).Select(metric => metric.Path).ToHashSet();

        var points = Run(trainer, 40);

        Assert.Subset(described, points.Select(point => point.Metric).ToHashSet());
        Assert.Contains(points, point => point.Metric == Metrics.RewardPredictionLoss);
        Assert.Contains(points, point => point.Metric == Metrics.ValueReplayLoss);
        Assert.Equal(parameters != Continuous, points.Any(point => point.Metric == Metrics.PixelControlLoss));
        Assert.Equal(parameters != Continuous, points.Any(point => point.Metric == Metrics.FeatureControlError));
        Assert.All(points, point => Assert.True(double.IsFinite(point.Value) || point.Metric == Metrics.ExplainedVariance, point.ToString()));
    }

    [Theory]
    [InlineData("valueReplay", "loss/value_replay")]
    [InlineData("pixelControl", "loss/pixel_control")]
    [InlineData("featureControl", "loss/feature_control")]
    [InlineData("rewardPrediction", "loss/reward_prediction")]
    public void Update_OneTask_ChangesWhatTheNetworkBecomes(string task, string loss)
    {
        using var with = new Trainer(Plan("catch", $$"""{"memory": "lstm", "memoryUnits": 8, "environments": 3, "{{task}}": 1}"""));
        using var without = new Trainer(Plan("catch", """{"memory": "lstm", "memoryUnits": 8, "environments": 3}"""));

        var (taught, alone) = (Run(with, 6), Run(without, 6));

        Assert.Contains(taught, point => point.Metric == loss);
        Assert.NotEqual(
            taught.Where(point => point.Metric == Metrics.ValueLoss).Select(point => point.Value),
            alone.Where(point => point.Metric == Metrics.ValueLoss).Select(point => point.Value));
    }

    [Fact]
    public void Update_WeightsFixed_RemembersOverTheEndsOfRollouts()
    {
        // With a step size of 0 nothing is learnt: how time is cut into rollouts must not matter, unless something is forgotten between them.
        List<MetricValue> Episodes(int steps, int updates)
        {
            using var unreal = new Unreal(
                new A2CConfig { Environments = 2, StepsPerRollout = steps, LearningRate = 0, Memory = PolicyMemory.Lstm, MemoryUnits = 16 }, Setup("cartpole"));
            FlatMemory.Scale(FlatMemory.Of(unreal.Parameters), 4);
            return [.. Enumerable.Range(0, updates).SelectMany(_ => unreal.Update().Points).Where(point => point.Metric == Metrics.EpisodeReturn)];
        }

        var together = Episodes(60, 10);

        Assert.NotEmpty(together);
        Assert.Equal(together, Episodes(3, 200));
    }

    [Fact]
    public void Policy_InAnEpisode_RemembersUntilTheNextBegins()
    {
        using var unreal = new Unreal(
            new A2CConfig { Environments = 2, Memory = PolicyMemory.Lstm, MemoryUnits = 16 }, Setup("mountain-car-continuous"));
        FlatMemory.Scale(FlatMemory.Of(unreal.Parameters), 4);
        var (first, second, again, paid) = (new float[1], new float[1], new float[1], new float[1]);

        unreal.Policy.Begin();
        unreal.Policy.Act([0.3f, 0.01f], first);
        unreal.Policy.Act([0.3f, 0.01f], second);
        unreal.Policy.Begin();
        unreal.Policy.Act([0.3f, 0.01f], again);
        unreal.Policy.Paid(1);
        unreal.Policy.Act([0.3f, 0.01f], paid);

        Assert.NotEqual(first, second);
        Assert.Equal(first, again);
        Assert.NotEqual(second, paid);
    }

    [Fact]
    public void ControlTask_Gradient_EqualsFiniteDifferencesInDoublePrecision()
    {
        using var scope = NewDisposeScope();
        const int Core = 5, Cells = 3, Actions = 4, Steps = 6, Environments = 2, Rows = Steps * Environments;
        const float Gamma = 0.9f, Weight = 0.07f;
        var rng = new Rng(4);
        var task = new ControlTask(Core, Cells, Actions, Steps, Environments);
        var parameters = Numbers.RandomFloats(rng, task.Head.ParameterCount, 0.4);
        var core = Numbers.RandomFloats(rng, (Rows + Environments) * Core);
        float[] taken = [.. Enumerable.Range(0, Rows).Select(_ => (float)rng.NextInt(Actions))];
        var rewards = Numbers.RandomFloats(rng, Rows * Cells);
        bool[] ended = [.. Enumerable.Range(0, Rows).Select(row => row == 5)];
        var (gradient, coreGradient) = (new float[parameters.Length], new float[core.Length]);

        var (loss, error) = task.Learn(parameters, core, taken, rewards, ended, Gamma, Weight, gradient, coreGradient);

        double[] Values(Tensor theta, Tensor x)
        {
            var outputs = task.Head.Forward(theta, x).Doubles();
            var values = new double[(Rows + Environments) * Cells * Actions];
            for (var row = 0; row < Rows + Environments; row++)
                AuxiliaryLosses.Duel<double>(outputs.AsSpan(row * task.Head.Outputs, task.Head.Outputs), Actions, values.AsSpan(row * Cells * Actions, Cells * Actions));
            return values;
        }

        var (theta, x) = (RecurrentOracle.Double(parameters, -1), RecurrentOracle.Double(core, -1, Core));
        var targets = new double[Rows * Cells];
        AuxiliaryLosses.ControlTargets<double>(
            [.. rewards.Select(reward => (double)reward)], ended, Values(theta, x).AsSpan(Rows * Cells * Actions), Actions, Gamma, targets);
        double Loss(Tensor at, Tensor input)
        {
            var values = Values(at, input);
            return Enumerable.Range(0, Rows * Cells).Sum(i => Math.Pow(values[i * Actions + (int)taken[i / Cells]] - targets[i], 2)) / 2;
        }

        Assert.Equal(Loss(theta, x) / Rows, loss, 1e-4);
        Assert.True(error > 0);
        for (var trial = 0; trial < 4; trial++)
        {
            var (direction, coreDirection) = (tensor(Numbers.Random(rng, parameters.Length)), tensor(Numbers.Random(rng, core.Length)).view(-1, Core));
            var slope = Weight * Numbers.FiniteDifferences(at => Loss(theta + direction * at[0], x + coreDirection * at[0]), [0.0])[0];
            var found = (direction * RecurrentOracle.Double(gradient, -1)).sum() + (coreDirection * RecurrentOracle.Double(coreGradient, -1, Core)).sum();
            Assert.Equal(slope, found.item<double>(), Math.Abs(slope) * 1e-4 + 1e-4);
        }
        // The rows after the last step are bootstrapped from and learn nothing.
        Assert.All(coreGradient[(Rows * Core)..], value => Assert.Equal(0, value));
    }

    [Theory]
    [InlineData(4)]
    [InlineData(6, 5, 2)]
    public void RewardPrediction_Gradient_EqualsFiniteDifferencesInDoublePrecision(params int[] observation)
    {
        using var scope = NewDisposeScope();
        const float Weight = 0.3f;
        int[] labels = [0, 2, 1, 0];
        var rng = new Rng(6);
        var network = new RecurrentNetwork(new ActorCriticShape(observation, 3, false) { Hidden = [7, 6] }, 5);
        var prediction = new RewardPrediction(network, labels.Length);
        var (encoder, head) = (network.Encoder.ParameterCount, prediction.Head.ParameterCount);
        var parameters = new float[network.ParameterCount];
        network.Initialise(parameters, rng);
        var headParameters = Numbers.RandomFloats(rng, head, 0.2);
        var triples = Numbers.RandomFloats(rng, labels.Length * 3 * network.Encoder.Inputs);
        var (gradient, headGradient) = (new float[network.ParameterCount], new float[head]);

        var loss = prediction.Learn(parameters, headParameters, triples, labels, Weight, gradient, headGradient);

        var (x, classes) = (RecurrentOracle.Double(triples, labels.Length * 3, -1), tensor(labels).to(ScalarType.Int64));
        Tensor Loss(Tensor theta, Tensor own) => Categorical.NegativeLogProbability(
            prediction.Head.Forward(own, RecurrentOracle.Perceive(network.Encoder, observation, theta, x).view(labels.Length, -1)), classes).sum();
        var (theta, heads) = (RecurrentOracle.Double(parameters, -1), RecurrentOracle.Double(headParameters, -1));
        Assert.Equal(Loss(theta, heads).item<double>() / labels.Length, loss, 1e-4);
        for (var trial = 0; trial < 4; trial++)
        {
            var (direction, headDirection) = (tensor(Numbers.Random(rng, parameters.Length)), tensor(Numbers.Random(rng, head)));
            var slope = Weight * Numbers.FiniteDifferences(
                at => Loss(theta + direction * at[0], heads + headDirection * at[0]).item<double>(), [0.0])[0];
            var found = (direction * RecurrentOracle.Double(gradient, -1)).sum() + (headDirection * RecurrentOracle.Double(headGradient, -1)).sum();
            Assert.Equal(slope, found.item<double>(), Math.Abs(slope) * 1e-4 + 1e-3);
        }
        Assert.All(gradient[encoder..], value => Assert.Equal(0, value));
        Assert.Equal([2, 1, 1], prediction.Score.Drawn);
    }

    [Fact]
    public void CrossCheck_OfSettingsThatContradict_NamesTheMember()
    {
        var entry = AlgorithmCatalog.Find("a2c")!;
        string[] Problems(string environment, A2CConfig config) => [.. entry.CrossCheck(config, Setup(environment).Environments.Spec).Select(problem => problem.Member)];

        Assert.Empty(Problems("catch", new A2CConfig { Memory = PolicyMemory.Lstm, PixelControl = 1, FeatureControl = 1, RewardPrediction = 1, ValueReplay = 1 }));
        Assert.Equal(["gradients"], Problems("cartpole", new A2CConfig { Memory = PolicyMemory.Lstm, Gradients = GradientEngine.Autograd }));
        Assert.Equal(["hiddenSizes"], Problems("cartpole", new A2CConfig { Memory = PolicyMemory.Lstm, HiddenSizes = [] }));
        Assert.Equal(["pixelControl", "featureControl"], Problems("mountain-car-continuous", new A2CConfig { PixelControl = 1, FeatureControl = 1 }));
        Assert.Equal(["pixelControlSide"], Problems("catch", new A2CConfig { PixelControl = 1, PixelControlSide = 11 }));
        Assert.Equal(["replayLength"], Problems("cartpole", new A2CConfig { ValueReplay = 1, StepsPerRollout = 20, ReplayLength = 21 }));
        Assert.Equal(["replayLength"], Problems("cartpole", new A2CConfig { ValueReplay = 1, ReplayLength = 10_000_000 }));
    }
}
