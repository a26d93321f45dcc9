using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Tests.Contracts;

namespace IntrinsicLab.Tests.Core.Algorithms;

/// <summary>What learners of skills and goals promise once they learn, which the contract's two updates do not reach.</summary>
public class GoalLearnersTests
{
    private const string Small = "\"hiddenSizes\": [8], \"batchSize\": 8, \"warmUpEpisodes\": 1, \"stepsBetweenTrials\": 20";

    public static TheoryData<string, string> Kinds => new()
    {
        { "diayn", "\"skillCount\": 4" },
        { "diayn", "\"skillCount\": 4, \"objective\": \"dads\"" },
        { "diayn", "\"skillCount\": 4, \"objective\": \"forward\", \"discriminatorSteps\": 2" },
        { "diayn", "\"prior\": \"uniform2d\", \"automaticTemperature\": true" },
        { "gpim", "\"skillCount\": 4" },
        { "gpim", "\"skillCount\": 4, \"relabel\": \"any\", \"discriminatorOnBoth\": true" },
        { "gpim", "\"skillCount\": 4, \"relabel\": \"waypoints\", \"freezeMuAfter\": 2" },
        { "gpim", "\"skillCount\": 4, \"relabel\": \"latent\", \"discriminatorInput\": \"achieved\"" },
        { "gpim", "\"prior\": \"uniform2d\", \"relabel\": \"last\", \"thetaReward\": \"oracle\", \"muObjective\": \"random\"" },
        { "goal-sac", "\"reward\": \"cosine\"" },
        { "goal-sac", "\"goals\": \"world\", \"reward\": \"sparse\", \"replay\": \"hindsight\"" },
        { "goal-sac", "\"goals\": \"world\", \"reward\": \"world\"" },
        { "goal-sac", "\"reward\": \"discern\"" },
    };

    private const string Imagined = "\"goals\": \"vae\", \"reward\": \"latent\", \"vaeSizes\": [8], \"vaeSteps\": 3, \"trialGoals\": 5";

    public static TheoryData<string> ImaginedKinds =>
        [$"{Imagined}, \"replay\": \"rig\"", $"{Imagined}, \"replay\": \"rig\", \"skewPower\": -1, \"fittedPrior\": true", $"{Imagined}, \"replay\": \"hindsight\""];

    private static Trainer Trainer(string algorithm, string parameters, string environment = "point-navigation", string environmentParameters = "{}") =>
        new(AlgorithmContractTests.Plan(algorithm, environment, parameters: $"{{{Small}, {parameters}}}", environmentParameters: environmentParameters));

    private static List<MetricValue> Run(Trainer trainer, int updates) =>
        [.. Enumerable.Range(0, updates).SelectMany(_ => trainer.Update().Points)];

    private static byte[] State(Trainer trainer)
    {
        using var stream = new MemoryStream();
        trainer.Save(stream);
        return stream.ToArray();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Load_WhileItLearns_ContinuesBitForBitWithItsBuffers(string algorithm, string parameters)
    {
        using var uninterrupted = Trainer(algorithm, parameters);
        Run(uninterrupted, 4);
        using var resumed = Trainer(algorithm, parameters);
        resumed.Load(new MemoryStream(State(uninterrupted)));

        var points = Run(uninterrupted, 2);

        Assert.Equal(points, Run(resumed, 2));
        Assert.True(State(uninterrupted).AsSpan().SequenceEqual(State(resumed)), "The states differ.");
        Assert.Contains(points, point => point.Metric is "loss/skill_critic" or "loss/goal_critic" && point.Value > 0);
        Assert.NotEmpty(resumed.Figures()!.Figures);
    }

    [Theory]
    [MemberData(nameof(ImaginedKinds))]
    public void Load_WhileItImaginesGoals_ContinuesBitForBitWithItsAutoencoder(string parameters)
    {
        const string Pictures = "{\"goal\": \"image\"}";
        using var uninterrupted = Trainer("goal-sac", parameters, environmentParameters: Pictures);
        Run(uninterrupted, 4);
        using var resumed = Trainer("goal-sac", parameters, environmentParameters: Pictures);
        resumed.Load(new MemoryStream(State(uninterrupted)));

        var points = Run(uninterrupted, 12);

        Assert.Equal(points, Run(resumed, 12));
        Assert.True(State(uninterrupted).AsSpan().SequenceEqual(State(resumed)), "The states differ.");
        foreach (var metric in new[] { "loss/vae", "vae/kl", "vae/reconstruction" })
            Assert.Equal(12, points.Count(point => point.Metric == metric && point.Value > 0));
        Assert.All(points.Where(point => point.Metric == "goal/reward"), point => Assert.True(point.Value < 0));
        Assert.Contains(resumed.Figures()!.Figures, figure => figure.Id == "reconstructions");
    }

    [Theory]
    [InlineData("dads", 16)]
    [InlineData("forward", 16)]
    [InlineData("diayn", 0)]
    public void Update_WithAModelOfSkills_SaysWhatItPays(string objective, int expected)
    {
        using var trainer = Trainer("diayn", $"\"skillCount\": 4, \"objective\": \"{objective}\"");

        var paid = Run(trainer, 16).Where(point => point.Metric == "skill/reward_foretold").ToList();

        Assert.Equal(expected, paid.Count);
        Assert.All(paid, point => Assert.InRange(point.Value, -50, Math.Log(4)));
        Assert.Equal(expected > 0, paid.Any(point => point.Value != 0));
    }

    [Theory]
    [InlineData("gpim", "grid-rooms")]
    [InlineData("gpim", "object-push")]
    [InlineData("gpim", "three-link-swimmer")]
    [InlineData("gpim", "planar-arm")]
    [InlineData("goal-sac", "point-maze")]
    [InlineData("goal-sac", "grid-rooms")]
    [InlineData("diayn", "grid-rooms")]
    [InlineData("diayn", "pendulum")]
    public void Update_OnOtherWorlds_LearnsAndShowsItself(string algorithm, string environment)
    {
        using var trainer = Trainer(algorithm, algorithm == "goal-sac" ? "\"trialGoals\": 5, \"episodeSteps\": 10" : "\"skillCount\": 3, \"episodeSteps\": 10", environment);

        var points = Run(trainer, 4);

        Assert.Contains(points, point => point.Metric is "loss/skill_critic" or "loss/goal_critic" && point.Value > 0);
        Assert.All(points, point => Assert.True(double.IsFinite(point.Value), point.ToString()));
        Assert.NotEmpty(trainer.Figures()!.Figures);
    }

    [Theory]
    [InlineData("gpim", "point-navigation", "\"relabel\": \"latent\"", "/parameters/discriminatorInput")]
    [InlineData("gpim", "cartpole", "", "/environment")]
    [InlineData("goal-sac", "point-navigation", "\"reward\": \"world\"", "/parameters/reward")]
    [InlineData("goal-sac", "point-navigation", "\"goals\": \"vae\", \"reward\": \"latent\"", "/parameters/goals")]
    [InlineData("goal-sac", "point-navigation", "\"goals\": \"vae\"", "/parameters/reward")]
    [InlineData("goal-sac", "point-navigation", "\"reward\": \"latent\"", "/parameters/goals")]
    [InlineData("goal-sac", "point-navigation", "\"replay\": \"rig\"", "/parameters/replay")]
    [InlineData("diayn", "catch", "", "/environment")]
    [InlineData("diayn", "point-navigation", "\"prior\": \"uniform2d\", \"objective\": \"dads\"", "/parameters/objective")]
    public void Read_SettingsThatDoNotGoTogether_SaysWhere(string algorithm, string environment, string parameters, string pointer)
    {
        var problems = new List<Problem>();
        RunPlan.Read(
            System.Text.Json.JsonDocument.Parse($$"""
                {"algorithm": "{{algorithm}}", "environment": "{{environment}}", "steps": 1000, "parameters": { {{parameters}} } }
                """).RootElement,
            problems);

        Assert.Contains(problems, problem => problem.Pointer == pointer);
    }
}
