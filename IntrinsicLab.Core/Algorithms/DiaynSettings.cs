using IntrinsicLab.Core.Environments;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>What <see cref="Diayn"/> can learn, reports, and is often started with.</summary>
internal static class DiaynSettings
{
    // The released code's sizes for robots.
    private static readonly DiaynConfig Robots = new()
    {
        HiddenSizes = [300, 300],
        DiscriminatorSizes = [300, 300],
        LearningRate = 3e-4,
        Gamma = 0.99,
        Tau = 0.01,
        BatchSize = 128,
        BufferSize = 1_000_000,
        StepsBetweenTrials = 100_000,
    };

    public static IReadOnlyList<MetricDescription> Reports { get; } = [.. SkillMetrics.OfSkills, .. SkillMetrics.OfFields];

    public static IReadOnlyList<Preset> Presets { get; } =
    [
        new("Released code, robots", "Sizes of the code that Eysenbach et al. 2018 released; the learner is today's soft actor-critic.", new Dictionary<string, object>
        {
            ["hiddenSizes"] = new[] { 300, 300 }, ["discriminatorSizes"] = new[] { 300, 300 }, ["learningRate"] = 3e-4, ["gamma"] = 0.99, ["tau"] = 0.01,
            ["batchSize"] = 128, ["bufferSize"] = 1_000_000, ["skillCount"] = 50, ["temperature"] = 0.1,
        }),
        new("Ten skills", "Few enough to see each one: small networks, large steps.", new Dictionary<string, object>
        {
            ["skillCount"] = 10, ["hiddenSizes"] = new[] { 64, 64 }, ["discriminatorSizes"] = new[] { 64, 64 }, ["learningRate"] = 1e-3, ["gamma"] = 0.95,
            ["batchSize"] = 64,
        }),
        new("DADS, ten skills", "Skills paid for being foretold (Sharma et al. 2020), with indices in place of points.", new Dictionary<string, object>
        {
            ["objective"] = SkillObjective.Dads, ["skillCount"] = 10,
        }),
    ];

    // With a small fixed weight a policy over a few discrete actions is soon certain of one, and explores no more.
    public static DiaynConfig For(EnvironmentSpec spec) =>
        spec.CostlyStep ? Robots : spec.Action is Discrete ? new() { AutomaticTemperature = true } : new();

    public static string? WhyNotOn(EnvironmentSpec spec) =>
        spec.Observation.Shape.Length > 1 ? "Its networks read vectors, and what is observed here is a grid."
        : spec.Action is Box box && !(box.Low.All(float.IsFinite) && box.High.All(float.IsFinite)) ? "Its actions are bounded, and the world's are not."
        : null;

    public static IEnumerable<(string Member, string Message)> Check(DiaynConfig config, EnvironmentSpec spec)
    {
        if (config.Prior == SkillPrior.Uniform2d && config.Objective is (SkillObjective.Dads or SkillObjective.Forward))
            yield return ("objective", "It compares with every other skill, so skills have to be few: set prior to categorical.");
        if (config.DiscriminatorInput == DiscriminatorInput.Achieved && spec.Goal is null)
            yield return ("discriminatorInput", "What is achieved is known in worlds with goals only; set it to state.");
    }

    public static SkillSettings Of(DiaynConfig config) => new()
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
        Objective = config.Objective,
        Learner = Learner(
            config.HiddenSizes, config.LearningRate, config.Gamma, config.Tau, config.BatchSize, config.Temperature, config.AutomaticTemperature),
        Capacity = config.BufferSize,
        EpisodeSteps = config.EpisodeSteps,
        WarmUpEpisodes = config.WarmUpEpisodes,
        UpdatesPerStep = config.UpdatesPerStep,
        DiscriminatorSteps = config.DiscriminatorSteps,
    };

    public static SoftActorCriticSettings Learner(
        int[] hidden, double learningRate, double gamma, double tau, int batch, double temperature, bool automatic) => new()
        {
            Hidden = hidden,
            ActorLearningRate = learningRate,
            CriticLearningRate = learningRate,
            TemperatureLearningRate = learningRate,
            Gamma = gamma,
            Tau = tau,
            BatchSize = batch,
            InitialTemperature = temperature,
            AutomaticTemperature = automatic,
        };
}
