using System.Globalization;
using IntrinsicLab.Core.Environments;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>Published settings of <see cref="Sac"/>, and what they have to keep to.</summary>
internal static class SacSettings
{
    private const double UniformShare = 0.89;
    private const long MostBytes = 8L << 30;

    // RL Baselines3 Zoo's step size for pendulum, with networks of the size of the task.
    private static readonly SacConfig Classic = new()
    {
        RandomSteps = 100,
        LearningStarts = 100,
        BatchSize = 128,
        ActorLearningRate = 1e-3,
        CriticLearningRate = 1e-3,
        TemperatureLearningRate = 1e-3,
        HiddenSizes = [64, 64],
    };

    // With few actions a fixed temperature is easier to keep right than a learned one: an entropy near the uniform policy's hides what was learned.
    // A policy that is soon almost certain sees no more of what it has never reached: on catch, 8,000 steps with 4,000 random ones end at 1.00,
    // with 100 at 0.4 to 0.6, critics and policy in full agreement.
    private static readonly SacConfig FewActions = Classic with
    {
        RandomSteps = 4000,
        AutomaticTemperature = false,
        InitialTemperature = 0.05,
        TargetEntropyScale = UniformShare,
        BufferSize = 100_000,
    };

    private static Dictionary<string, object> Settings(
        int starts, double actor, double critic, int policyFrequency) => new()
        {
            ["randomSteps"] = starts,
            ["learningStarts"] = starts,
            ["bufferSize"] = 1_000_000,
            ["trainFrequency"] = 1,
            ["gradientSteps"] = 1,
            ["batchSize"] = 256,
            ["actorLearningRate"] = actor,
            ["criticLearningRate"] = critic,
            ["policyFrequency"] = policyFrequency,
            ["adamEpsilon"] = 1e-8,
            ["gamma"] = 0.99,
            ["tau"] = 0.005,
            ["targetFrequency"] = 1,
            ["automaticTemperature"] = true,
            ["initialTemperature"] = 1.0,
            ["temperatureLearningRate"] = critic,
            ["hiddenSizes"] = new[] { 256, 256 },
        };

    public static IReadOnlyList<Preset> Presets { get; } =
    [
        new("CleanRL", "CleanRL, sac_continuous_action.py: critics learn faster than the policy, which takes every second turn twice.", Settings(5000, 3e-4, 1e-3, 2)),
        new("Stable-Baselines3", "Stable-Baselines3's defaults, those of the paper: one step size for all.", Settings(100, 3e-4, 3e-4, 1)),
        new("Small task", "Networks of 64 units and a step size of 1e-3: pendulum in 5,000 steps.", new Dictionary<string, object>
        {
            ["randomSteps"] = 100, ["learningStarts"] = 100, ["batchSize"] = 128, ["actorLearningRate"] = 1e-3, ["criticLearningRate"] = 1e-3,
            ["temperatureLearningRate"] = 1e-3, ["hiddenSizes"] = new[] { 64, 64 },
        }),
    ];

    public static SacConfig For(EnvironmentSpec spec) =>
        spec.Action is Discrete ? FewActions
        : spec.CostlyStep ? new()
        : Classic;

    public static string? WhyNotOn(EnvironmentSpec spec) => TrpoSettings.WhyNotOn(spec);

    public static IEnumerable<(string Member, string Message)> Check(SacConfig config, EnvironmentSpec spec)
    {
        var bytes = config.BufferSize * ReplayBuffer.BytesOfTransition(spec.Observation.Size, spec.Action.Size);
        if (bytes > MostBytes)
            yield return ("bufferSize", string.Create(CultureInfo.InvariantCulture,
                $"{config.BufferSize} transitions would take {bytes / 1e9:F1} GB of memory; at most {MostBytes * config.BufferSize / bytes} fit into {MostBytes / 1e9:F1} GB."));
        if (config.BufferSize < config.Environments)
            yield return ("bufferSize", $"{config.Environments} environments need room for as many transitions.");
        if (config.LowestLogDeviation > config.HighestLogDeviation)
            yield return ("lowestLogDeviation", "The lower bound of the log-deviation lies above the upper one.");
        if ((long)config.BatchSize * (spec.Observation.Size + spec.Action.Size) > int.MaxValue / 4)
            yield return ("batchSize", $"{config.BatchSize} transitions do not fit into one batch.");
    }

    public static SoftActorCriticSettings Learner(SacConfig config, Space actions) => new()
    {
        Hidden = config.HiddenSizes,
        Activation = config.Activation,
        BatchSize = config.BatchSize,
        Gamma = config.Gamma,
        Tau = config.Tau,
        ActorLearningRate = config.ActorLearningRate,
        CriticLearningRate = config.CriticLearningRate,
        TemperatureLearningRate = config.TemperatureLearningRate,
        AdamEpsilon = config.AdamEpsilon,
        AutomaticTemperature = config.AutomaticTemperature,
        InitialTemperature = config.InitialTemperature,
        TargetEntropy = config.TargetEntropyScale * (actions is Discrete discrete ? Math.Log(discrete.Count) : -actions.Size),
        PolicyFrequency = config.PolicyFrequency,
        TargetFrequency = config.TargetFrequency,
        LowestLogDeviation = config.LowestLogDeviation,
        HighestLogDeviation = config.HighestLogDeviation,
    };
}
