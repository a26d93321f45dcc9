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

    public static IReadOnlyList<MetricDescription> Reports => SkillMetrics.OfGoals;

    public static IReadOnlyList<Preset> Presets { get; } =
    [
        Parts("L2", "Goals from its own replay, paid by distance.", GoalSource.Own, GoalRewardKind.L2),
        Parts("L2, the world's goals", "Trains on the goals that it is tried on.", GoalSource.World, GoalRewardKind.L2),
        Parts("HER", "A sparse reward, and goals that were achieved later in the same episode (Andrychowicz et al. 2017).",
            GoalSource.World, GoalRewardKind.Sparse, GoalReplay.Hindsight),
        Parts("DISCERN, dense", "Learned embeddings of goals, paid at every step (after Warde-Farley et al. 2018).", GoalSource.Own, GoalRewardKind.Discern),
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
    }

    public static SoftActorCriticSettings Of(GoalSacConfig config) => DiaynSettings.Learner(
        config.HiddenSizes, config.LearningRate, config.Gamma, config.Tau, config.BatchSize, config.Temperature, config.AutomaticTemperature);

    private static Preset Parts(string name, string summary, GoalSource goals, GoalRewardKind reward, GoalReplay replay = GoalReplay.None) =>
        new(name, summary, new Dictionary<string, object> { ["goals"] = goals, ["reward"] = reward, ["replay"] = replay });
}
