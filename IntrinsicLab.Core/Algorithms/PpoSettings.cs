using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Networks;
using IntrinsicLab.Core.Optimizers;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>Published settings of <see cref="Ppo"/>, and what they have to keep to.</summary>
internal static class PpoSettings
{
    // CleanRL's ppo.py with two changes. Its returns of up to 100 make the value loss's gradient some fifty times the policy's, and the
    // common norm clip leaves the policy almost nothing: 265 on cartpole after 100,000 steps. Rewards divided by their deviation, as
    // Baselines does wherever it does not clip them, bring the two to one scale; the step size is that of RL Baselines3 Zoo's cartpole.
    private static readonly PpoConfig DiscreteControl = new() { LearningRate = 1e-3, NormaliseRewards = true };

    // PureJaxRL's for MinAtar (Lu et al. 2022: 64 environments, 5e-3) at a quarter of its rollout, for runs of millions of steps rather than
    // tens of millions, and with the step size divided by the root of four.
    private static readonly PpoConfig Grid = new() { Environments = 16, Minibatches = 8, LearningRate = 2.5e-3, SharedNetwork = true };

    // Baselines, ppo2/defaults.py: MuJoCo.
    private static readonly PpoConfig Mujoco = new()
    {
        Environments = 1,
        StepsPerRollout = 2048,
        Epochs = 10,
        Minibatches = 32,
        LearningRate = 3e-4,
        AdamEpsilonStyle = EpsilonStyle.Tensorflow,
        EntropyCoefficient = 0,
        NormaliseObservations = true,
        NormaliseRewards = true,
    };

    // Baselines, ppo2/defaults.py: Atari.
    private static readonly PpoConfig Atari = new()
    {
        Environments = 8,
        AdamEpsilonStyle = EpsilonStyle.Tensorflow,
        ClipRange = 0.1,
        SharedNetwork = true,
    };

    public static IReadOnlyList<Preset> Presets { get; } =
    [
        new("Baselines MuJoCo", "OpenAI Baselines, ppo2 defaults for MuJoCo (2020).", new Dictionary<string, object>
        {
            ["environments"] = 1, ["stepsPerRollout"] = 2048, ["epochs"] = 10, ["minibatches"] = 32, ["learningRate"] = 3e-4,
            ["learningRateSchedule"] = Schedule.Linear, ["adamEpsilonStyle"] = EpsilonStyle.Tensorflow, ["clipRange"] = 0.2,
            ["entropyCoefficient"] = 0.0, ["normaliseObservations"] = true, ["normaliseRewards"] = true, ["resetReturnOnDone"] = true,
        }),
        new("LIRPG fork", "The PPO that Zheng, Oh and Singh 2018 compare with: constant step size, and a reward sum that runs on over episodes.",
            new Dictionary<string, object>
            {
                ["environments"] = 1, ["stepsPerRollout"] = 2048, ["epochs"] = 10, ["minibatches"] = 32, ["learningRate"] = 3e-4,
                ["learningRateSchedule"] = Schedule.Constant, ["adamEpsilonStyle"] = EpsilonStyle.Tensorflow, ["clipRange"] = 0.2,
                ["entropyCoefficient"] = 0.0, ["normaliseObservations"] = true, ["normaliseRewards"] = true, ["resetReturnOnDone"] = false,
            }),
        new("CleanRL classic control", "CleanRL, ppo.py.", new Dictionary<string, object>
        {
            ["environments"] = 4, ["stepsPerRollout"] = 128, ["epochs"] = 4, ["minibatches"] = 4, ["learningRate"] = 2.5e-4,
            ["learningRateSchedule"] = Schedule.Linear, ["adamEpsilonStyle"] = EpsilonStyle.Pytorch, ["clipRange"] = 0.2,
            ["entropyCoefficient"] = 0.01, ["normaliseObservations"] = false, ["normaliseRewards"] = false,
        }),
        new("Zoo cartpole", "RL Baselines3 Zoo, ppo.yml, CartPole-v1: many epochs on short rollouts.", new Dictionary<string, object>
        {
            ["environments"] = 8, ["stepsPerRollout"] = 32, ["epochs"] = 20, ["minibatches"] = 1, ["learningRate"] = 1e-3,
            ["learningRateSchedule"] = Schedule.Linear, ["adamEpsilonStyle"] = EpsilonStyle.Pytorch, ["clipRange"] = 0.2,
            ["clipRangeSchedule"] = Schedule.Linear, ["gamma"] = 0.98, ["gaeLambda"] = 0.8, ["entropyCoefficient"] = 0.0,
            ["valueCoefficient"] = 1.0, ["valueClip"] = false, ["bootstrapOnTruncation"] = true, ["normaliseObservations"] = false,
            ["normaliseRewards"] = false,
        }),
        new("PureJaxRL MinAtar", "Lu et al. 2022, PureJaxRL's example for MinAtar: large rollouts, two small networks without convolutions.",
            new Dictionary<string, object>
            {
                ["environments"] = 64, ["stepsPerRollout"] = 128, ["epochs"] = 4, ["minibatches"] = 8, ["learningRate"] = 5e-3,
                ["learningRateSchedule"] = Schedule.Linear, ["adamEpsilonStyle"] = EpsilonStyle.Pytorch, ["clipRange"] = 0.2,
                ["entropyCoefficient"] = 0.01, ["normaliseObservations"] = false, ["normaliseRewards"] = false,
                ["network"] = NetworkKind.Mlp, ["activation"] = Activation.Relu, ["sharedNetwork"] = false,
            }),
        new("Zoo pendulum", "RL Baselines3 Zoo, ppo.yml, Pendulum-v1, without its state-dependent noise: a short horizon, which this task needs.",
            new Dictionary<string, object>
            {
                ["environments"] = 4, ["stepsPerRollout"] = 1024, ["epochs"] = 10, ["minibatches"] = 64, ["learningRate"] = 1e-3,
                ["learningRateSchedule"] = Schedule.Constant, ["adamEpsilonStyle"] = EpsilonStyle.Pytorch, ["clipRange"] = 0.2, ["gamma"] = 0.9,
                ["gaeLambda"] = 0.95, ["entropyCoefficient"] = 0.0, ["valueCoefficient"] = 0.5, ["valueClip"] = false,
                ["bootstrapOnTruncation"] = true, ["normaliseObservations"] = false, ["normaliseRewards"] = false,
            }),
        new("Atari", "OpenAI Baselines, ppo2 defaults for Atari (2020).", new Dictionary<string, object>
        {
            ["environments"] = 8, ["stepsPerRollout"] = 128, ["epochs"] = 4, ["minibatches"] = 4, ["learningRate"] = 2.5e-4,
            ["learningRateSchedule"] = Schedule.Linear, ["adamEpsilonStyle"] = EpsilonStyle.Tensorflow, ["clipRange"] = 0.1,
            ["entropyCoefficient"] = 0.01, ["normaliseObservations"] = false, ["normaliseRewards"] = false, ["sharedNetwork"] = true,
        }),
    ];

    public static PpoConfig For(EnvironmentSpec spec) =>
        spec.Action is Box ? Mujoco
        : spec.Observation.Shape is [>= 36, >= 36, ..] ? Atari
        : spec.Observation.Shape.Length > 1 ? Grid
        : DiscreteControl;

    public static IEnumerable<(string Member, string Message)> Check(PpoConfig config, EnvironmentSpec spec)
    {
        var rows = (long)config.Environments * config.StepsPerRollout;
        if (rows > int.MaxValue / Math.Max(1, spec.Observation.Size))
            yield return ("stepsPerRollout", $"{config.Environments} environments × {config.StepsPerRollout} steps do not fit into one rollout.");
        else if (rows % config.Minibatches != 0)
            yield return ("minibatches",
                $"{config.Minibatches} minibatches do not divide {config.Environments} environments × {config.StepsPerRollout} steps = {rows} evenly.");
        if (config.Network == NetworkKind.Cnn && spec.Observation.Shape.Length == 1)
            yield return ("network", "Convolutions need observations that are grids; this environment shows a vector.");
    }
}
