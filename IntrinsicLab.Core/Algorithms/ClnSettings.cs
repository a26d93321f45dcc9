using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Optimizers;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>Settings of <see cref="Cln"/> for each kind of task, and what they have to keep to.</summary>
internal static class ClnSettings
{
    // Those of PPO for the same tasks, so that the two compare: see PpoSettings.
    private static readonly ClnConfig DiscreteControl = new()
    {
        LearningRate = 1e-3,
        AdamEpsilonStyle = EpsilonStyle.Pytorch,
        NormaliseRewards = true,
    };

    // The paper's base learner is Baselines' PPO. What it does not tell (epochs and step size of the validation round) is as in docs/algorithms/cln.md.
    private static readonly ClnConfig Mujoco = new()
    {
        Environments = 1,
        StepsPerRollout = 2048,
        Epochs = 10,
        ValidationEpochs = 10,
        Minibatches = 32,
        LearningRate = 3e-4,
        EntropyCoefficient = 0,
        NormaliseObservations = true,
        NormaliseRewards = true,
    };

    private static readonly Dictionary<string, object> MujocoPreset = new()
    {
        ["gradientTerms"] = ClnTerms.OneTerm,
        ["policyExtrinsicCoefficient"] = 0.0,
        ["etaRatioDenominator"] = ClnDenominator.Old,
        ["environments"] = 4,
        ["stepsPerRollout"] = 2048,
        ["epochs"] = 10,
        ["validationEpochs"] = 10,
        ["minibatches"] = 128,
        ["learningRate"] = 3e-4,
        ["learningRateSchedule"] = Schedule.Linear,
        ["adamEpsilonStyle"] = EpsilonStyle.Tensorflow,
        ["clipRange"] = 0.2,
        ["entropyCoefficient"] = 0.0,
        ["normaliseObservations"] = true,
        ["normaliseRewards"] = true,
    };

    public static IReadOnlyList<Preset> Presets { get; } =
    [
        new("CLN, MuJoCo", "Stadie, Zhang and Ba 2020: four environments with 2048 steps each; for runs of millions of steps.", MujocoPreset),
        new("CLN without intrinsic reward", "Control: only the reward's weights learn, as parameters of the policy. What this reaches, the intrinsic reward did not do.",
            new Dictionary<string, object>(MujocoPreset) { ["withoutIntrinsicReward"] = true, ["policyOutputScale"] = 1.0, ["conditionScale"] = 1.0 }),
    ];

    public static ClnConfig For(EnvironmentSpec spec) => spec.Action is Box ? Mujoco : DiscreteControl;

    public static string? WhyNotOn(EnvironmentSpec spec) =>
        spec.Observation.Shape.Length > 1
            ? "Its policy and its reward are fully connected and read vectors, with discrete or continuous actions; not grids or pictures." : null;

    public static IEnumerable<(string Member, string Message)> Check(ClnConfig config, EnvironmentSpec spec)
    {
        var rows = (long)config.Environments * config.StepsPerRollout;
        if (rows > int.MaxValue / Math.Max(1, spec.Observation.Size))
            yield return ("stepsPerRollout", $"{config.Environments} environments × {config.StepsPerRollout} steps do not fit into one rollout.");
        else if (rows % config.Minibatches != 0)
            yield return ("minibatches",
                $"{config.Minibatches} minibatches do not divide {config.Environments} environments × {config.StepsPerRollout} steps = {rows} evenly.");
        if (config.HiddenSizes.Length == 0)
            yield return ("hiddenSizes", "The policy needs a hidden layer, whose units are normed.");
        else if (config.HiddenSizes[^1] < 2)
            yield return ("hiddenSizes", "The last hidden layer is normed over its units and needs at least two of them.");
        if (config.WithoutIntrinsicReward && config.GradientTerms != ClnTerms.OneTerm)
            yield return ("gradientTerms", "Without an intrinsic reward there is only the direct term: choose one-term.");
    }
}
