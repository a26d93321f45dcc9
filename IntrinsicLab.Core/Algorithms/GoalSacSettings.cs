using IntrinsicLab.Core.Environments;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>What <see cref="GoalSac"/> can learn, reports, and is often started with.</summary>
internal static class GoalSacSettings
{
    private static readonly GoalSacConfig Robots = new()
    {
        HiddenSizes = [300, 300],
        LearningRate = 3e-4,
        Gamma = 0.99,
        BatchSize = 128,
        BufferSize = 1_000_000,
        StepsBetweenTrials = 50_000,
        TrialGoals = 20,
    };

    /// <summary>Of replayed goals in RIG's mixture: those imagined anew, and those that were achieved later.</summary>
    public const double ImaginedShare = 0.5, LaterShare = 0.3;

    public static IReadOnlyList<MetricDescription> Reports { get; } = [.. SkillMetrics.OfGoals, .. SkillMetrics.OfAutoencoders, .. SkillMetrics.OfFields];

    public static IReadOnlyList<Preset> Presets { get; } =
    [
        Parts("L2", "Goals from its own replay, paid by distance.", GoalSource.Own, GoalRewardKind.L2),
        Parts("L2, the world's goals", "Trains on the goals that it is tried on.", GoalSource.World, GoalRewardKind.L2),
        Parts("HER", "A sparse reward, and goals that were achieved later in the same episode (Andrychowicz et al. 2017).",
            GoalSource.World, GoalRewardKind.Sparse, GoalReplay.Hindsight),
        Parts("DISCERN, dense", "Learned embeddings of goals, paid at every step (after Warde-Farley et al. 2018).", GoalSource.Own, GoalRewardKind.Discern),
        Imagined("RIG", "Goals that an auto-encoder of pictures imagines, paid by distance of its codes (Nair et al. 2018).", 0),
        Imagined("Skew-Fit", "RIG whose auto-encoder is trained on rare pictures more often (Pong et al. 2020).", -1),
        Parts("Oracle", "Knows where goals lie whatever they look like.", GoalSource.World, GoalRewardKind.Oracle),
        Parts("The world's reward", "What the world pays for its own goals; with its geodesic reward the strongest there is.", GoalSource.World, GoalRewardKind.World),
    ];

    // With a small fixed weight a policy over a few discrete actions is soon certain of one, and explores no more.
    public static GoalSacConfig For(EnvironmentSpec spec) =>
        spec.CostlyStep ? Robots : spec.Action is Discrete ? new() { AutomaticTemperature = true } : new();

    public static string? WhyNotOn(EnvironmentSpec spec) => GpimSettings.WhyNotOn(spec);

    public static IEnumerable<(string Member, string Message)> Check(GoalSacConfig config, EnvironmentSpec spec)
    {
        if (config.Reward == GoalRewardKind.World && config.Goals != GoalSource.World)
            yield return ("reward", "The world pays for its own goals only: set goals to world.");
        if (config.Reward == GoalRewardKind.World && config.Replay != GoalReplay.None)
            yield return ("replay", "What the world paid does not hold for other goals: set it to none.");
        if (config.Reward == GoalRewardKind.Sparse && config.Radius == 0 && spec.Goal is { SuccessRadius: null })
            yield return ("radius", "This world has no success radius; name one.");
        if (config.Goals == GoalSource.Vae && config.Reward != GoalRewardKind.Latent)
            yield return ("reward", "Imagined goals are codes, and only codes tell how near they are: set it to latent.");
        if (config.Goals != GoalSource.Vae && config.Reward == GoalRewardKind.Latent)
            yield return ("goals", "The distance of codes is for goals that are codes: set goals to vae.");
        if (config.Goals != GoalSource.Vae && config.Replay == GoalReplay.Rig)
            yield return ("replay", "It imagines goals, which the goals vae alone can: set it to none or hindsight.");
        if (config.Goals == GoalSource.Vae && !HasPictures(spec))
            yield return ("goals", "The auto-encoder reads goals whose values lie from 0 to 1, such as pictures, and this world's do not: choose own or world, or image goals.");
    }

    public static SoftActorCriticSettings Of(GoalSacConfig config) => DiaynSettings.Learner(
        config.HiddenSizes, config.LearningRate, config.Gamma, config.Tau, config.BatchSize, config.Temperature, config.AutomaticTemperature);

    public static GoalAutoencoderSettings AutoencoderOf(GoalSacConfig config) => new()
    {
        Latents = config.Latents,
        Hidden = config.VaeSizes,
        Beta = config.VaeBeta,
        LearningRate = config.VaeLearningRate,
        SkewPower = config.SkewPower,
        Fitted = config.FittedPrior,
    };

    private static bool HasPictures(EnvironmentSpec spec) =>
        spec is { Goal: { } goal, Observation: Box box }
        && box.Low.AsSpan(goal.StateSize, goal.GoalSize).IndexOfAnyExceptInRange(0f, 1f) < 0
        && box.High.AsSpan(goal.StateSize, goal.GoalSize).IndexOfAnyExceptInRange(0f, 1f) < 0;

    private static Preset Imagined(string name, string summary, double power) => new(name, summary, new Dictionary<string, object>
    {
        ["goals"] = GoalSource.Vae,
        ["reward"] = GoalRewardKind.Latent,
        ["replay"] = GoalReplay.Rig,
        ["skewPower"] = power,
    });

    private static Preset Parts(string name, string summary, GoalSource goals, GoalRewardKind reward, GoalReplay replay = GoalReplay.None) =>
        new(name, summary, new Dictionary<string, object> { ["goals"] = goals, ["reward"] = reward, ["replay"] = replay });
}
