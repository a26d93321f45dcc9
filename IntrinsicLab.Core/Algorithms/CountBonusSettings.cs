using IntrinsicLab.Core.Environments;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>Settings that <see cref="CountBonus"/> starts from, what it reports, and what its parts are made with.</summary>
internal static class CountBonusSettings
{
    public const string Places = "exploration/places";
    public const string NewPlaces = "exploration/new_places";
    public const string BonusMean = "exploration/bonus_mean";
    public const string BonusShare = "exploration/bonus_share";

    private const long MostDensityBoxes = 50_000_000;

    // The paper's continuous control, improved by PPO; its trust region is a choice away.
    private static readonly CountBonusConfig Classic = new() { Counting = Counting.Simhash, LearningRate = 1e-3 };

    private static readonly CountBonusConfig DiscreteControl = new()
    {
        StepsPerBatch = 1024,
        WholePaths = false,
        GaeLambda = 0.95,
        BootstrapOnTruncation = true,
        LearningRate = 1e-3,
        EntropyCoefficient = 0.01,
        Baseline = BaselineKind.Network,
        BaselineHiddenSizes = [64, 64],
        HiddenSizes = [64, 64],
    };

    // Flattened; the cells are the places. Once every episode ends at the goal, whitened advantages are noise of full size, and the policy wanders
    // off, for good where the counts have grown: deep-sea was lost again by two of three runs of 50,000 steps, and by none with plain advantages.
    private static readonly CountBonusConfig Grid = new()
    {
        Beta = 0.1,
        StepsPerBatch = 500,
        GaeLambda = 0.95,
        NormaliseAdvantages = false,
        LearningRate = 1e-3,
        Baseline = BaselineKind.Network,
        BaselineHiddenSizes = [64, 64],
        HiddenSizes = [64, 64],
    };

    public static IReadOnlyList<MetricDescription> Reports { get; } =
    [
        .. Metrics.OfActorCritics, .. Metrics.OfClippedUpdates, .. Metrics.OfTrustRegionSteps,
        new(Places, "Places visited", "places", "Boxes of the state space in which there was a step so far, whatever is counted; a curve that has gone flat says that nothing new is found."),
        new(NewPlaces, "New places", "places", "Boxes of the state space that were first visited in the update's batch."),
        new(BonusMean, "Bonus", "reward", "Mean bonus of the batch's steps before it is weighted; of 1/√n it is 1 where every step went where none had been."),
        new(BonusShare, "Share of the bonus", "", "The weighted bonus as a share of all reward learned from, both by their absolute values; 1 where there is no other reward."),
        Metrics.OfLearnedRewards.Single(metric => metric.Path == Metrics.IntrinsicReturn),
    ];

    public static IReadOnlyList<Preset> Presets { get; } =
    [
        new("#Exploration, continuous control", "Tang et al. 2017 with 32 bits and TRPO as rllab had it, the constant added, which states of few values need.",
            Rllab(Counting.Simhash, true)),
        new("#Exploration, as published", "The same without the constant: on two-dimensional states it sees directions only.", Rllab(Counting.Simhash, false)),
        new("Counts of boxes", "A bonus of 1/√n for each box of the state space.", new Dictionary<string, object>
        {
            ["counting"] = Counting.States, ["reward"] = CountReward.InverseRoot,
        }),
        new("Counts of boxes and actions", "A bonus of 1/√n for each box and action, as in MBIE-EB (Strehl and Littman 2008).", new Dictionary<string, object>
        {
            ["counting"] = Counting.StateActions, ["reward"] = CountReward.InverseRoot,
        }),
        new("Pseudo-counts", "Bellemare et al. 2016, with a product of histograms for their density model of pictures.", new Dictionary<string, object>
        {
            ["counting"] = Counting.PseudoCounts, ["reward"] = CountReward.InverseRoot, ["beta"] = 0.05,
        }),
    ];

    public static CountBonusConfig For(EnvironmentSpec spec) =>
        spec.Observation.Shape.Length > 1 ? Grid
        : spec.Action is Box ? Classic
        : DiscreteControl;

    public static IEnumerable<(string Member, string Message)> Check(CountBonusConfig config, EnvironmentSpec spec)
    {
        if (config.Reward == CountReward.Ucb && config.Counting != Counting.StateActions)
            yield return ("reward", "ucb compares visits of a state with visits of its actions; it needs counting by state-actions.");
        if (config.Reward == CountReward.Inverse && config.Counting == Counting.PseudoCounts)
            yield return ("reward", "Pseudo-counts are paid by a rule of their own, (N̂ + 0.01)^−½; leave the reward at inverse-root.");
        if (config.Counting == Counting.PseudoCounts && spec.Observation.Size * (2L * config.DensityReach + 1) > MostDensityBoxes)
            yield return ("densityReach", $"{config.DensityReach} boxes on either side of {spec.Observation.Size} axes are too many to keep.");
        if (config.StepsPerBatch > int.MaxValue / 4 / Math.Max(1, spec.Observation.Size))
            yield return ("stepsPerBatch", $"{config.StepsPerBatch} steps do not fit into one batch.");
        if (config.Optimizer == PolicyOptimizer.Trpo && config.SubsampleFactor * config.StepsPerBatch < 1)
            yield return ("subsampleFactor", $"{config.SubsampleFactor} of {config.StepsPerBatch} steps is less than one step.");
    }

    public static CountSettings CountsOf(CountBonusConfig config) => new()
    {
        Counting = config.Counting,
        Reward = config.Reward,
        BoxWidth = config.BoxWidth,
        HashBits = config.HashBits,
        HashConstant = config.HashConstant,
        DensityReach = config.DensityReach,
        DensitySmoothing = config.DensitySmoothing,
    };

    public static TrustRegionSettings TrustRegionOf(CountBonusConfig config) => new()
    {
        MaximumKl = config.MaximumKl,
        CgIterations = config.CgIterations,
        CgDamping = config.CgDamping,
        SubsampleFactor = config.SubsampleFactor,
        BacktrackRatio = config.BacktrackRatio,
        LineSearchTries = config.LineSearchTries,
        EntropyCoefficient = config.EntropyCoefficient,
    };

    public static ClippedSettings ClippedOf(CountBonusConfig config) => new()
    {
        Epochs = config.Epochs,
        MinibatchSize = config.MinibatchSize,
        ClipRange = config.ClipRange,
        LearningRate = config.LearningRate,
        EntropyCoefficient = config.EntropyCoefficient,
        MaximumGradientNorm = config.MaximumGradientNorm,
    };

    public static IBaseline BaselineOf(CountBonusConfig config, EnvironmentSpec spec, Rng rng) => config.Baseline == BaselineKind.Linear
        ? new LinearFeatureBaseline(spec.Observation.Size)
        : new NetworkBaseline(
            spec.Observation.Size,
            new NetworkBaselineSettings
            {
                Hidden = config.BaselineHiddenSizes,
                Activation = config.Activation,
                LearningRate = config.BaselineLearningRate,
                Epochs = config.BaselineEpochs,
                MinibatchSize = config.BaselineMinibatchSize,
            },
            rng);

    /// <summary>The policy's action as the environment takes it: in its units, held within its bounds.</summary>
    public static void Taken(ReadOnlySpan<float> action, ActionScale? scale, Space space, Span<float> taken)
    {
        action.CopyTo(taken);
        scale?.Apply(action, taken);
        if (space is Box box)
            for (var axis = 0; axis < taken.Length; axis++)
                taken[axis] = Math.Clamp(taken[axis], box.Low[axis], box.High[axis]);
    }

    private static Dictionary<string, object> Rllab(Counting counting, bool constant) => new()
    {
        ["counting"] = counting,
        ["reward"] = CountReward.InverseRoot,
        ["beta"] = 0.01,
        ["hashBits"] = 32,
        ["hashConstant"] = constant,
        ["optimizer"] = PolicyOptimizer.Trpo,
        ["entropyCoefficient"] = 0.0,
        ["stepsPerBatch"] = 5000,
        ["wholePaths"] = true,
        ["gaeLambda"] = 1.0,
        ["baseline"] = BaselineKind.Linear,
        ["hiddenSizes"] = new[] { 32 },
        ["bootstrapOnTruncation"] = false,
    };
}
