using IntrinsicLab.Core.Environments;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>Published settings of <see cref="Trpo"/>, and what they have to keep to.</summary>
internal static class TrpoSettings
{
    // rllab's classic tasks.
    private static readonly TrpoConfig Classic = new();

    // rllab's policy for discrete actions.
    private static readonly TrpoConfig DiscreteControl = new() { StepsPerBatch = 2000, HiddenSizes = [32, 32] };

    // Grids, flattened: a linear baseline would need the square of their thousands of features.
    private static readonly TrpoConfig Grid = new()
    {
        StepsPerBatch = 2000,
        HiddenSizes = [64, 64],
        SubsampleFactor = 0.2,
        Baseline = BaselineKind.Network,
        BaselineHiddenSizes = [64, 64],
    };

    private static readonly TrpoConfig Locomotion = new() { HiddenSizes = [64, 32] };

    public static IReadOnlyList<Preset> Presets { get; } = [];

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
