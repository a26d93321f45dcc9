using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Networks;
using IntrinsicLab.Core.Optimizers;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>Published settings of <see cref="A2C"/>, and what they have to keep to.</summary>
internal static class A2CSettings
{
    // The LIRPG fork of Baselines, a2c/run_atari.py.
    private static readonly A2CConfig Atari = new() { SharedNetwork = true };

    // Stable-Baselines3's defaults with the changes of RL Baselines3 Zoo, a2c.yml, for CartPole-v1: 8 environments, no entropy bonus.
    private static readonly A2CConfig ClassicControl = new()
    {
        Environments = 8,
        LearningRateSchedule = Schedule.Constant,
        RmspropEpsilonStyle = EpsilonStyle.Pytorch,
        EntropyCoefficient = 0,
        ValueLossHalf = false,
        BootstrapOnTruncation = true,
    };

    // Atari's loss for small grids, but PyTorch's RMSProp. TensorFlow's slot starts at 1, far above squared gradients, and holds the steps small
    // until it has worn off: some 1,500 updates at a decay of 0.99, which is all that a short run has. Its ε then slows what remains.
    private static readonly A2CConfig Grid = Atari with
    {
        Environments = 8,
        LearningRateSchedule = Schedule.Constant,
        RmspropEpsilonStyle = EpsilonStyle.Pytorch,
        BootstrapOnTruncation = true,
    };

    // Classic control's for continuous actions, with the normalisation that Baselines uses there.
    private static readonly A2CConfig Continuous = ClassicControl with { NormaliseObservations = true, NormaliseRewards = true };

    public static IReadOnlyList<Preset> Presets { get; } =
    [
        new("LIRPG fork, Atari", "The A2C that Zheng, Oh and Singh 2018 compare with.", new Dictionary<string, object>
        {
            ["environments"] = 16, ["stepsPerRollout"] = 5, ["learningRate"] = 7e-4, ["learningRateSchedule"] = Schedule.Linear,
            ["rmspropEpsilonStyle"] = EpsilonStyle.Tensorflow, ["entropyCoefficient"] = 0.01, ["valueCoefficient"] = 0.5, ["valueLossHalf"] = true,
            ["sharedNetwork"] = true,
        }),
        new("Baselines, Atari", "OpenAI Baselines, a2c defaults (2020).", new Dictionary<string, object>
        {
            ["environments"] = 16, ["stepsPerRollout"] = 5, ["learningRate"] = 7e-4, ["learningRateSchedule"] = Schedule.Linear,
            ["rmspropEpsilonStyle"] = EpsilonStyle.Tensorflow, ["entropyCoefficient"] = 0.01, ["valueCoefficient"] = 0.5, ["valueLossHalf"] = false,
            ["sharedNetwork"] = true,
        }),
        new("UNREAL", "Memory and all of UNREAL's auxiliary tasks, with the settings of the re-implementation miyosuda/unreal for mazes.", new Dictionary<string, object>
        {
            ["environments"] = 8, ["stepsPerRollout"] = 20, ["learningRate"] = 7.07e-4, ["learningRateSchedule"] = Schedule.Linear,
            ["maximumGradientNorm"] = 40.0, ["rmspropEpsilon"] = 0.1, ["rmspropEpsilonStyle"] = EpsilonStyle.Tensorflow, ["entropyCoefficient"] = 0.001,
            ["valueCoefficient"] = 0.5, ["valueLossHalf"] = true, ["memory"] = PolicyMemory.Lstm, ["memoryUnits"] = 256, ["pixelControl"] = 0.05,
            ["rewardPrediction"] = 1.0, ["valueReplay"] = 1.0, ["controlGamma"] = 0.9, ["replayLength"] = 2000,
        }),
        new("Zoo, classic control", "Stable-Baselines3's defaults with RL Baselines3 Zoo's changes for CartPole-v1.", new Dictionary<string, object>
        {
            ["environments"] = 8, ["stepsPerRollout"] = 5, ["learningRate"] = 7e-4, ["learningRateSchedule"] = Schedule.Constant,
            ["rmspropEpsilonStyle"] = EpsilonStyle.Pytorch, ["entropyCoefficient"] = 0.0, ["valueCoefficient"] = 0.5, ["valueLossHalf"] = false,
            ["bootstrapOnTruncation"] = true, ["sharedNetwork"] = false,
        }),
    ];

    public static A2CConfig For(EnvironmentSpec spec) =>
        spec.Action is Box ? Continuous
        : spec.Observation.Shape is [>= 36, >= 36, ..] ? Atari
        : spec.Observation.Shape.Length > 1 ? Grid
        : ClassicControl;

    public static IEnumerable<(string Member, string Message)> Check(A2CConfig config, EnvironmentSpec spec)
    {
        if ((long)config.Environments * config.StepsPerRollout > int.MaxValue / Math.Max(1, spec.Observation.Size))
            yield return ("stepsPerRollout", $"{config.Environments} environments × {config.StepsPerRollout} steps do not fit into one rollout.");
        if (config.Network == NetworkKind.Cnn && spec.Observation.Shape.Length == 1)
            yield return ("network", "Convolutions need observations that are grids; this environment shows a vector.");
        if (!config.WithMemoryOrTasks)
            yield break;
        if (config.Gradients == GradientEngine.Autograd)
            yield return ("gradients", "With memory or auxiliary tasks gradients are always computed by the hand-written backward pass; choose auto.");
        if (config.HiddenSizes.Length == 0 && !new ActorCriticShape(spec.Observation.Shape, 1, false) { Network = config.Network }.Convolutional)
            yield return ("hiddenSizes", "With memory or auxiliary tasks there has to be a hidden layer.");
        if (spec.Action is Box)
            foreach (var (member, weight) in new[] { ("pixelControl", config.PixelControl), ("featureControl", config.FeatureControl) })
                if (weight > 0)
                    yield return (member, "It learns a value for every action, and this environment's actions are real vectors.");
        if (config.PixelControl > 0 && spec.Observation.Shape.Length > 1 && config.PixelControlSide > Math.Min(spec.Observation.Shape[0], spec.Observation.Shape[1]))
            yield return ("pixelControlSide", $"A square of {config.PixelControlSide} × {config.PixelControlSide} does not fit into the observation.");
        if (config.WithTasks && config.ReplayLength < config.StepsPerRollout + 2)
            yield return ("replayLength", $"Sequences of {config.StepsPerRollout} steps need at least {config.StepsPerRollout + 2}.");
        if (config.WithTasks && (long)config.Environments * config.ReplayLength > int.MaxValue / Math.Max(1, spec.Observation.Size) / 4)
            yield return ("replayLength", $"{config.Environments} environments × {config.ReplayLength} steps do not fit into the replay memory.");
    }
}
