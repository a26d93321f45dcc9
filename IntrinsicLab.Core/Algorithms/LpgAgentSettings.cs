using System.Globalization;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Networks;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>Published settings of <see cref="LpgAgent"/>, what they have to keep to, and what it reports.</summary>
internal static class LpgAgentSettings
{
    public const string PolicyTargetMean = "rule/policy_target_mean";
    public const string PolicyTargetDeviation = "rule/policy_target_deviation";
    public const string PredictionDivergence = "rule/prediction_divergence";
    public const string ValueError = "value/lambda_error";

    // Adam moves every weight by about the step size; this is a hundred times what anybody uses.
    private const double LargestOfNetworks = 0.1;

    private static readonly LpgAgentConfig Tables = new();

    // Jackson et al. 2023 on MinAtar.
    private static readonly LpgAgentConfig Networks = new() { LearningRate = 5e-4, PredictionCoefficient = 0.5 };

    public static IReadOnlyList<MetricDescription> Reports { get; } =
    [
        .. Metrics.OfActorCritics.Where(metric =>
            metric.Path is Metrics.PolicyLoss or Metrics.Entropy or Metrics.LearningRate or Metrics.GradientNorm or Metrics.ParameterNorm),
        .. Metrics.OfLearnedRewards.Where(metric => metric.Path is Metrics.ExtrinsicReward),
        .. LpgSettings.Reports.Where(metric => metric.Path is LpgSettings.PredictionEntropy),
        new(PolicyTargetMean, "Mean of π̂", "", "Mean over the rollout of π̂, by how much the rule wants actions more likely; above 0 it wants more of what was done."),
        new(PolicyTargetDeviation, "Deviation of π̂", "", "Standard deviation of π̂ over the rollout's steps; near 0 the rule tells no step from another, and the policy drifts."),
        new(PredictionDivergence, "Distance of the predictions", "nats", "With rules that read predictions: mean KL from a state's prediction y to the rule's target ŷ; 0 where the predictions have settled."),
        new(ValueError, "Error of the state values", "return", "With rules that read state values: root mean square of the λ-return's distance from the value.") { Optional = true },
    ];

    public static IReadOnlyList<Preset> Presets { get; } =
    [
        new("Jackson et al. 2023, grids", "LPG's test on tabular grids, as restated with GROOVE: 64 environments, α 40, α_y 0.5.", new Dictionary<string, object>
        {
            ["agent"] = RuleAgentKind.Table, ["environments"] = 64, ["stepsPerRollout"] = 20, ["learningRate"] = 40.0, ["predictionCoefficient"] = 0.5,
        }),
        new("Jackson et al. 2023, MinAtar", "LPG's test on MinAtar, as restated with GROOVE: two dense layers of 64, Adam at 5e-4, α_y 0.5.", new Dictionary<string, object>
        {
            ["agent"] = RuleAgentKind.Network, ["environments"] = 64, ["stepsPerRollout"] = 20, ["learningRate"] = 5e-4, ["predictionCoefficient"] = 0.5,
            ["network"] = NetworkKind.Mlp, ["hiddenSizes"] = new[] { 64, 64 },
        }),
    ];

    public static LpgAgentConfig For(EnvironmentSpec spec) => spec.Table is null ? Networks : Tables;

    public static string? WhyNotOn(EnvironmentSpec spec) =>
        spec.Action is not Discrete ? "A learned rule judges actions by their probability, so they have to be discrete; here they are numbers."
        : spec.Table is null && spec.Observation.Shape.Length > 3 ? "Its networks read vectors and grids, not observations of more than three axes."
        : null;

    public static IEnumerable<(string Member, string Message)> Check(LpgAgentConfig config, EnvironmentSpec spec)
    {
        if (config.Agent == RuleAgentKind.Table && spec.Table is null)
            yield return ("agent", "Tables keep a row for each state, and what is observed here does not tell one of few states; choose network.");
        if (config.WithTables(spec))
            yield break;
        if ((long)config.Environments * config.StepsPerRollout > int.MaxValue / Math.Max(1, spec.Observation.Size))
            yield return ("stepsPerRollout", $"{config.Environments} environments × {config.StepsPerRollout} steps do not fit into one rollout.");
        if (config.Network == NetworkKind.Cnn && spec.Observation.Shape.Length == 1)
            yield return ("network", "Convolutions need observations that are grids; this environment shows a vector.");
        if (config.LearningRate > LargestOfNetworks)
            yield return ("learningRate", string.Create(CultureInfo.InvariantCulture,
                $"{config.LearningRate} is a step size for tables; networks take Adam's, at most {LargestOfNetworks}, usually 0.0005."));
    }
}
