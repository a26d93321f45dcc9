using IntrinsicLab.Core.Environments;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>Published settings of <see cref="Trpo"/>, and what they have to keep to.</summary>
internal static class TrpoSettings
{
    // rllab's classic tasks.
    private static readonly TrpoConfig Classic = new();

    // rllab's policy for discrete actions, with Baselines' small batches and network baseline. With rllab's batches, a task that is solved holds a
    // handful of equally good episodes; their whitened advantages are noise of full size, and the policy wanders off again.
    private static readonly TrpoConfig DiscreteControl = new()
    {
        StepsPerBatch = 1024,
        WholePaths = false,
        CgDamping = 0.1,
        GaeLambda = 0.97,
        BootstrapOnTruncation = true,
        Baseline = BaselineKind.Network,
        BaselineHiddenSizes = [64, 64],
        HiddenSizes = [32, 32],
    };

    // Grids, flattened: a linear baseline would need the square of their thousands of features.
    private static readonly TrpoConfig Grid = new()
    {
        StepsPerBatch = 1000,
        HiddenSizes = [64, 64],
        Baseline = BaselineKind.Network,
        BaselineHiddenSizes = [64, 64],
    };

    // Baselines' trpo_mpi for MuJoCo, with curvature on the whole batch. rllab's own settings stay near 950 on hopper after a million steps.
    private static readonly TrpoConfig Locomotion = new()
    {
        StepsPerBatch = 1024,
        WholePaths = false,
        CgDamping = 0.1,
        GaeLambda = 0.97,
        Baseline = BaselineKind.Network,
        BaselineHiddenSizes = [64, 64],
        HiddenSizes = [64, 64],
        NormaliseObservations = true,
    };

    // The members in which published settings differ: a preset is whole whatever task it is chosen on.
    private static Dictionary<string, object> Settings(
        int steps, bool whole, int[] hidden, double lambda = 1, double damping = 1e-5, double subsample = 1, BaselineKind baseline = BaselineKind.Linear,
        bool normaliseObservations = false) => new()
        {
            ["stepsPerBatch"] = steps,
            ["wholePaths"] = whole,
            ["hiddenSizes"] = hidden,
            ["gaeLambda"] = lambda,
            ["cgDamping"] = damping,
            ["subsampleFactor"] = subsample,
            ["baseline"] = baseline,
            ["baselineHiddenSizes"] = hidden,
            ["normaliseObservations"] = normaliseObservations,
            ["bootstrapOnTruncation"] = false,
        };

    public static IReadOnlyList<Preset> Presets { get; } =
    [
        new("rllab classic", "rllab on its classic tasks, as VIME used it.", Settings(5000, true, [32])),
        new("rllab discrete", "rllab with discrete actions: two layers of 32.", Settings(5000, true, [32, 32])),
        new("rllab locomotion", "rllab on locomotion, as VIME used it.", Settings(5000, true, [64, 32])),
        new("rllab gather", "rllab on gathering tasks: ten times the batch.", Settings(50_000, true, [64, 32])),
        new("Baselines MuJoCo", "OpenAI Baselines, trpo_mpi defaults for MuJoCo: small batches that are cut, curvature on a fifth of them.",
            Settings(1024, false, [32, 32], 0.98, 0.1, 0.2, BaselineKind.Network, true)),
    ];

    public static TrpoConfig For(EnvironmentSpec spec) =>
        spec.Observation.Shape.Length > 1 ? Grid
        : spec.CostlyStep ? Locomotion
        : spec.Action is Box ? Classic
        : DiscreteControl;

    public static string? WhyNotOn(EnvironmentSpec spec) =>
        spec.Observation.Shape.Length > 3 ? "Its networks read vectors and flattened grids, not observations of more than three axes."
        : spec.Observation.Shape is [>= 36, >= 36, ..] ? "Its networks are fully connected and read vectors and small grids, not pictures."
        : null;

    public static IEnumerable<(string Member, string Message)> Check(TrpoConfig config, EnvironmentSpec spec)
    {
        if (config.StepsPerBatch > int.MaxValue / 4 / Math.Max(1, spec.Observation.Size))
            yield return ("stepsPerBatch", $"{config.StepsPerBatch} steps do not fit into one batch.");
        if (config.SubsampleFactor * config.StepsPerBatch < 1)
            yield return ("subsampleFactor", $"{config.SubsampleFactor} of {config.StepsPerBatch} steps is less than one step.");
    }
}
