using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Networks;
using IntrinsicLab.Core.Optimizers;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>Published settings of <see cref="Lirpg"/>, and what they have to keep to.</summary>
internal static class LirpgSettings
{
    // Those of PPO for the same tasks, so that the two compare: see PpoSettings. The weights of the rewards and the reward's step size are the
    // paper's for PPO.
    private static readonly LirpgConfig DiscreteControl = new()
    {
        LearningRate = 1e-3,
        AdamEpsilonStyle = EpsilonStyle.Pytorch,
        NormaliseRewards = true,
    };

    private static readonly LirpgConfig Grid = new()
    {
        Environments = 16,
        Minibatches = 8,
        LearningRate = 2.5e-3,
        AdamEpsilonStyle = EpsilonStyle.Pytorch,
        SharedNetwork = true,
    };

    // The released code, ppo2/run_mujoco.py, with the paper's weight of the extrinsic reward in place of the script's 0.
    private static readonly LirpgConfig Mujoco = new()
    {
        Environments = 1,
        StepsPerRollout = 2048,
        Epochs = 10,
        Minibatches = 32,
        LearningRate = 3e-4,
        LearningRateSchedule = Schedule.Constant,
        EntropyCoefficient = 0,
        NormaliseObservations = true,
        NormaliseRewards = true,
        ResetReturnOnDone = false,
    };

    // The released code, a2c/run_atari.py.
    private static readonly LirpgConfig Atari = new()
    {
        Optimizer = LirpgOptimizer.A2c,
        ExtrinsicCoefficient = 1,
        IntrinsicCoefficient = 0.01,
        RewardLearningRate = 7e-4,
        RewardLearningRateSchedule = Schedule.Linear,
        ExtrinsicValueCoefficient = 0.1,
        Environments = 16,
        StepsPerRollout = 5,
        LearningRate = 7e-4,
        SharedNetwork = true,
    };

    private static readonly Dictionary<string, object> MujocoPreset = new()
    {
        ["optimizer"] = LirpgOptimizer.Ppo,
        ["extrinsicCoefficient"] = 0.01,
        ["intrinsicCoefficient"] = 1.0,
        ["rewardLearningRate"] = 1e-4,
        ["rewardLearningRateSchedule"] = Schedule.Constant,
        ["extrinsicValueCoefficient"] = 0.5,
        ["environments"] = 1,
        ["stepsPerRollout"] = 2048,
        ["epochs"] = 10,
        ["minibatches"] = 32,
        ["learningRate"] = 3e-4,
        ["learningRateSchedule"] = Schedule.Constant,
        ["adamEpsilonStyle"] = EpsilonStyle.Tensorflow,
        ["clipRange"] = 0.2,
        ["entropyCoefficient"] = 0.0,
        ["normaliseObservations"] = true,
        ["normaliseRewards"] = true,
        ["resetReturnOnDone"] = false,
    };

    public static IReadOnlyList<Preset> Presets { get; } =
    [
        new("PPO-LIRPG, MuJoCo", "Zheng, Oh and Singh 2018, delayed MuJoCo: extrinsic rewards at a hundredth.", MujocoPreset),
        new("PPO-LIRPG (R_in), MuJoCo", "The same paper: the policy sees the learned reward alone; what the released script runs by default.",
            new Dictionary<string, object>(MujocoPreset) { ["extrinsicCoefficient"] = 0.0 }),
        new("A2C-LIRPG, Atari", "The released code's defaults; the paper chose the weight of the learned reward, 0.003 to 0.05, for each game.",
            new Dictionary<string, object>
            {
                ["optimizer"] = LirpgOptimizer.A2c, ["extrinsicCoefficient"] = 1.0, ["intrinsicCoefficient"] = 0.01, ["rewardLearningRate"] = 7e-4,
                ["rewardLearningRateSchedule"] = Schedule.Linear, ["extrinsicValueCoefficient"] = 0.1, ["environments"] = 16,
                ["stepsPerRollout"] = 5, ["learningRate"] = 7e-4, ["learningRateSchedule"] = Schedule.Linear,
                ["adamEpsilonStyle"] = EpsilonStyle.Tensorflow, ["entropyCoefficient"] = 0.01, ["valueCoefficient"] = 0.5, ["sharedNetwork"] = true,
            }),
        new("A2C-LIRPG, small grids", "The same weights with A2C's settings for small grids.",
            new Dictionary<string, object>
            {
                ["optimizer"] = LirpgOptimizer.A2c, ["extrinsicCoefficient"] = 1.0, ["intrinsicCoefficient"] = 0.01, ["rewardLearningRate"] = 7e-4,
                ["rewardLearningRateSchedule"] = Schedule.Constant, ["extrinsicValueCoefficient"] = 0.1, ["environments"] = 8,
                ["stepsPerRollout"] = 5, ["learningRate"] = 7e-4, ["learningRateSchedule"] = Schedule.Constant,
                ["adamEpsilonStyle"] = EpsilonStyle.Pytorch, ["entropyCoefficient"] = 0.01, ["valueCoefficient"] = 0.5,
                ["bootstrapOnTruncation"] = true, ["sharedNetwork"] = true,
            }),
        new("A2C-LIRPG, classic control", "The same weights with A2C's settings for classic control, but TensorFlow's smoother first steps.",
            new Dictionary<string, object>
            {
                ["optimizer"] = LirpgOptimizer.A2c, ["extrinsicCoefficient"] = 1.0, ["intrinsicCoefficient"] = 0.01, ["rewardLearningRate"] = 7e-4,
                ["rewardLearningRateSchedule"] = Schedule.Constant, ["extrinsicValueCoefficient"] = 0.1, ["environments"] = 8,
                ["stepsPerRollout"] = 5, ["learningRate"] = 7e-4, ["learningRateSchedule"] = Schedule.Constant,
                ["adamEpsilonStyle"] = EpsilonStyle.Tensorflow, ["entropyCoefficient"] = 0.0, ["valueCoefficient"] = 1.0,
                ["bootstrapOnTruncation"] = true, ["normaliseRewards"] = false, ["sharedNetwork"] = false,
            }),
    ];

    public static LirpgConfig For(EnvironmentSpec spec) =>
        spec.Action is Box ? Mujoco
        : spec.Observation.Shape is [>= 36, >= 36, ..] ? Atari
        : spec.Observation.Shape.Length > 1 ? Grid
        : DiscreteControl;

    public static IEnumerable<(string Member, string Message)> Check(LirpgConfig config, EnvironmentSpec spec)
    {
        var rows = (long)config.Environments * config.StepsPerRollout;
        if (rows > int.MaxValue / Math.Max(1, spec.Observation.Size))
            yield return ("stepsPerRollout", $"{config.Environments} environments × {config.StepsPerRollout} steps do not fit into one rollout.");
        else if (config.Optimizer == LirpgOptimizer.Ppo && rows % config.Minibatches != 0)
            yield return ("minibatches",
                $"{config.Minibatches} minibatches do not divide {config.Environments} environments × {config.StepsPerRollout} steps = {rows} evenly.");
        if (config.Network == NetworkKind.Cnn && spec.Observation.Shape.Length == 1)
            yield return ("network", "Convolutions need observations that are grids; this environment shows a vector.");
    }
}
