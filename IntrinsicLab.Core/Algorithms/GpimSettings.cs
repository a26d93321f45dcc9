using IntrinsicLab.Core.Environments;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>What <see cref="Gpim"/> can learn, reports, and is often started with.</summary>
internal static class GpimSettings
{
    // The paper's own sizes are not known: those of DIAYN's released code.
    private static readonly GpimConfig Robots = new()
    {
        HiddenSizes = [300, 300],
        DiscriminatorSizes = [300, 300],
        LearningRate = 3e-4,
        Gamma = 0.99,
        BatchSize = 128,
        BufferSize = 1_000_000,
        StepsBetweenTrials = 50_000,
        TrialGoals = 20,
    };

    public static IReadOnlyList<MetricDescription> Reports { get; } = [.. SkillMetrics.OfSkills, .. SkillMetrics.OfGoals, .. SkillMetrics.OfSkillGoals, .. SkillMetrics.OfFields];

    public static IReadOnlyList<Preset> Presets { get; } =
    [
        new("Ten skills", "Few enough to see each one.", new Dictionary<string, object> { ["skillCount"] = 10 }),
        new("L2 on skills' goals", "The same goals, paid by distance: tells what the goals are worth from what the reward is.", new Dictionary<string, object>
        {
            ["thetaReward"] = GoalPay.L2,
        }),
        new("Robots", "Sizes of the code that Eysenbach et al. 2018 released; the paper's own are not known.", new Dictionary<string, object>
        {
            ["hiddenSizes"] = new[] { 300, 300 }, ["discriminatorSizes"] = new[] { 300, 300 }, ["learningRate"] = 3e-4, ["gamma"] = 0.99, ["batchSize"] = 128,
            ["bufferSize"] = 1_000_000, ["stepsBetweenTrials"] = 50_000, ["trialGoals"] = 20,
        }),
    ];

    // With a small fixed weight a policy over a few discrete actions is soon certain of one, and explores no more.
    public static GpimConfig For(EnvironmentSpec spec) =>
        spec.CostlyStep ? Robots : spec.Action is Discrete ? new() { AutomaticTemperature = true } : new();

    public static string? WhyNotOn(EnvironmentSpec spec) =>
        spec.Goal is null ? "It reaches goals, and this world wants none; those under Navigation and goals do."
        : DiaynSettings.WhyNotOn(spec);

    public static IEnumerable<(string Member, string Message)> Check(GpimConfig config, EnvironmentSpec spec)
    {
        if (config.Prior == SkillPrior.Uniform2d && config.MuObjective is (SkillObjective.Dads or SkillObjective.Forward))
            yield return ("muObjective", "It compares with every other skill, so skills have to be few: set prior to categorical.");
        if (config.Relabel != GoalRelabelling.Latent)
            yield break;
        if (config.ThetaReward != GoalPay.Gpim)
            yield return ("thetaReward", "Skills as goals lie nowhere; only the discriminator can pay for them: set it to gpim.");
        if (config.DiscriminatorInput != DiscriminatorInput.Achieved)
            yield return ("discriminatorInput", "To find the skill that leads to a goal, the discriminator has to see what states achieve: set it to achieved.");
    }

    public static SkillSettings Of(GpimConfig config) => new()
    {
        Discriminator = new()
        {
            Prior = config.Prior,
            Skills = config.SkillCount,
            Hidden = config.DiscriminatorSizes,
            LearningRate = config.LearningRate,
            Deviation = config.Deviation,
        },
        Input = config.DiscriminatorInput,
        Objective = config.MuObjective,
        Learner = DiaynSettings.Learner(
            config.HiddenSizes, config.LearningRate, config.Gamma, config.Tau, config.BatchSize, config.Temperature, config.AutomaticTemperature),
        Capacity = config.BufferSize,
        EpisodeSteps = config.EpisodeSteps,
        WarmUpEpisodes = config.WarmUpEpisodes,
        UpdatesPerStep = config.UpdatesPerStep,
        DiscriminatorSteps = config.DiscriminatorSteps,
    };
}
