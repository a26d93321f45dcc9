using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Formulas;
using IntrinsicLab.Core.Networks;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>Published settings of <see cref="Vime"/>, what they have to keep to, and what its parts are made with.</summary>
internal static class VimeSettings
{
    // The released code's classic tasks; on other tasks TRPO's defaults, with as many model updates per step.
    private static VimeConfig Locomotion { get; } = new() { HiddenSizes = [64, 32] };

    private static Dictionary<string, object> Settings(
        double eta, int[] hidden, int steps = 5000, int updates = 500, int pool = 100_000, bool normaliseActions = true) => new()
        {
            ["eta"] = eta,
            ["hiddenSizes"] = hidden,
            ["stepsPerBatch"] = steps,
            ["modelUpdates"] = updates,
            ["poolSize"] = pool,
            ["normaliseActions"] = normaliseActions,
            ["wholePaths"] = true,
            ["baseline"] = BaselineKind.Linear,
            ["normaliseObservations"] = false,
            ["gaeLambda"] = 1.0,
            ["cgDamping"] = 1e-5,
            ["bootstrapOnTruncation"] = false,
        };

    public static IReadOnlyList<Preset> Presets { get; } =
    [
        new("Sparse classic", "The authors' sparse mountain car and double pendulum, with the weight of their pendulum.", Settings(0.001, [32])),
        new("Shaped classic", "The weight that the authors chose for shaped classic tasks.", Settings(0.1, [32])),
        new("Sparse half cheetah", "The authors' sparse HalfCheetah, actions in the robot's own units.", Settings(0.001, [64, 32], normaliseActions: false)),
        new("Swimmer gather", "The released script: ten times the batch.", Settings(1e-4, [64, 32], 50_000, 5000, 1_000_000)),
    ];

    public static VimeConfig For(EnvironmentSpec spec)
    {
        if (spec.CostlyStep && spec.Observation.Shape.Length == 1)
            return Locomotion;
        var trpo = TrpoSettings.For(spec);
        return new()
        {
            StepsPerBatch = trpo.StepsPerBatch,
            WholePaths = trpo.WholePaths,
            CgDamping = trpo.CgDamping,
            SubsampleFactor = trpo.SubsampleFactor,
            GaeLambda = trpo.GaeLambda,
            BootstrapOnTruncation = trpo.BootstrapOnTruncation,
            Baseline = trpo.Baseline,
            BaselineHiddenSizes = trpo.BaselineHiddenSizes,
            HiddenSizes = trpo.HiddenSizes,
            NormaliseObservations = trpo.NormaliseObservations,
            ModelUpdates = trpo.StepsPerBatch / 10,
        };
    }

    public static IEnumerable<(string Member, string Message)> Check(VimeConfig config, EnvironmentSpec spec)
    {
        if (config.StepsPerBatch > int.MaxValue / 4 / Math.Max(1, spec.Observation.Size))
            yield return ("stepsPerBatch", $"{config.StepsPerBatch} steps do not fit into one batch.");
        if (config.SubsampleFactor * config.StepsPerBatch < 1)
            yield return ("subsampleFactor", $"{config.SubsampleFactor} of {config.StepsPerBatch} steps is less than one step.");
        if (config.PoolSize > int.MaxValue / 2 / Math.Max(1, spec.Observation.Size))
            yield return ("poolSize", $"{config.PoolSize} observations of {spec.Observation.Size} values do not fit into one pool.");
        if (config.MinimumPool >= config.PoolSize)
            yield return ("minimumPool", $"A pool of {config.PoolSize} observations never holds {config.MinimumPool} transitions; the model would not be trained.");
    }

    public static PolicyShape Policy(VimeConfig config, EnvironmentSpec spec) =>
        new(spec.Observation.Size, (spec.Action as Discrete)?.Count ?? spec.Action.Size, spec.Action is Box)
        {
            Hidden = config.HiddenSizes,
            Activation = config.Activation,
            Weights = config.InitialWeights,
            InitialDeviation = config.InitialDeviation,
        };

    public static TrustRegionSettings TrustRegion(VimeConfig config) => new()
    {
        MaximumKl = config.MaximumKl,
        CgIterations = config.CgIterations,
        CgDamping = config.CgDamping,
        SubsampleFactor = config.SubsampleFactor,
        BacktrackRatio = config.BacktrackRatio,
        LineSearchTries = config.LineSearchTries,
        EntropyCoefficient = config.EntropyCoefficient,
    };

    public static ClippedSettings Clipped(VimeConfig config) => new()
    {
        Epochs = config.PolicyEpochs,
        MinibatchSize = config.PolicyMinibatchSize,
        ClipRange = config.ClipRange,
        LearningRate = config.PolicyLearningRate,
        EntropyCoefficient = config.EntropyCoefficient,
    };

    public static NetworkBaselineSettings Baseline(VimeConfig config) => new()
    {
        Hidden = config.BaselineHiddenSizes,
        Activation = config.Activation,
        LearningRate = config.BaselineLearningRate,
        Epochs = config.BaselineEpochs,
        MinibatchSize = config.BaselineMinibatchSize,
    };

    public static DynamicsSettings Model(VimeConfig config) => new()
    {
        Hidden = config.ModelHiddenSizes,
        PriorDeviation = config.PriorDeviation,
        LikelihoodDeviation = config.LikelihoodDeviation,
        Samples = config.Samples,
        SharedTrainingNoise = config.SharedTrainingNoise,
        Batches = config.PriorBatches,
        LearningRate = config.ModelLearningRate,
        PoolSize = config.PoolSize,
        MinimumPool = config.MinimumPool,
        Minibatch = config.ModelMinibatchSize,
        Updates = config.ModelUpdates,
        PredictChange = config.PredictChange,
        Gain = config.Gain,
        GainStep = config.GainStep,
        GainAdamSteps = config.GainAdamSteps,
        HalfFactor = config.HalfFactor,
        MaximumGain = config.MaximumGain,
        AsReleased = config.Fidelity == Fidelity.Release,
    };

    public static RandomNetworkSettings RandomNetwork(VimeConfig config) => new() { LearningRate = config.ModelLearningRate, Gamma = config.Gamma };

    public static GainNormaliser Normaliser(VimeConfig config) => new(
        config.Normaliser, config.NormaliserLength, config.NormaliserIncludesCurrent, config.NormaliserDecay, config.NormaliserStart);
}
