using System.Globalization;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Networks;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>What <see cref="Lpg"/> can learn on, reports, and is often started with.</summary>
internal static class LpgSettings
{
    public const string Loss = "loss/meta";
    public const string LifetimeScore = "lifetime/score";
    public const string LifetimesEnded = "lifetime/ended";
    public const string LifetimesDropped = "lifetime/dropped";
    public const string LargestGradient = "meta/gradient_norm_max";
    public const string PolicyTarget = "rule/policy_target";
    public const string PredictionEntropy = "rule/prediction_entropy";

    // Beyond this the machine would swap rather than train.
    private const double ShareOfMemory = 0.8;

    public static IReadOnlyList<MetricDescription> Reports { get; } =
    [
        Metrics.OfActorCritics.First(metric => metric.Path == Metrics.Entropy),
        Metrics.OfActorCritics.First(metric => metric.Path == Metrics.LearningRate),
        Metrics.OfLearnedRewards.First(metric => metric.Path == Metrics.MetaLoss),
        Metrics.OfLearnedRewards.First(metric => metric.Path == Metrics.MetaGradientNorm),
        new(LargestGradient, "Largest gradient of a lifetime", "", "Euclidean norm of the largest gradient of a single lifetime, before it is clipped; far above the mean, an agent's own updates are unstable."),
        new(LifetimeScore, "Score of lifetimes", "", "Mean score of the lifetimes that ended in the update, in deviations of their family's scores so far: 0 is the family's mean, above it the rule gets better. No point where none ended.") { Optional = true },
        new(LifetimesEnded, "Lifetimes", "lifetimes", "Lifetimes ended since the run began; each met another world."),
        new(LifetimesDropped, "Lifetimes dropped", "lifetimes", "Lifetimes given up since the run began because their gradient was not finite."),
        new(PolicyTarget, "Size of π̂", "", "Root mean square of what the rule says a policy is to change by; steady growth precedes instability."),
        new(PredictionEntropy, "Entropy of the predictions", "nats", "Mean entropy of the agents' prediction vectors, at most ln m; well below it, predictions have come to say something."),
    ];

    public static IReadOnlyList<Preset> Presets { get; } =
    [
        new("Chains, a minute", "Enough to see bootstrapping discovered on chains of 5 to 40 steps; for level-mix with the suite chains, 60,000,000 steps.",
            new Dictionary<string, object> { ["firstUpdates"] = 0L, ["predictionCoefficients"] = "0.8, 4, 8", ["policyEntropy"] = 0.01 }),
        new("Paper, size of the networks", "As far as the article and its re-implementations say: 64 environments, 256 units, 30 predictions, 960 lifetimes (Oh et al. 2020). Days on a laptop.",
            new Dictionary<string, object>
            {
                ["lifetimes"] = 960, ["environments"] = 64, ["units"] = 256, ["predictions"] = 30, ["gamma"] = 0.995,
                ["learningRates"] = "20, 40, 80", ["predictionCoefficients"] = "0.1, 0.5, 1", ["policyEntropy"] = 0.01, ["metaLearningRate"] = 1e-4,
                ["lifetimeUpdates"] = 2344, ["firstUpdates"] = 0L,
            }),
        new("LPG-V", "Ablation: hand-made state values in place of learned predictions (Oh et al. 2020).",
            new Dictionary<string, object> { ["semantics"] = RuleSemantics.Values }),
    ];

    public static LpgConfig For(EnvironmentSpec spec) => new();

    public static string? WhyNotOn(EnvironmentSpec spec) =>
        spec.Families.Count == 0 ? "It learns over many worlds drawn from a family; level-mix, grid-tabular and delayed-chain have families, without wrappers."
        : null;

    public static IEnumerable<(string Member, string Message)> Check(LpgConfig config, EnvironmentSpec spec)
    {
        foreach (var (member, text, positive) in new[]
            { ("learningRates", config.LearningRates, true), ("predictionCoefficients", config.PredictionCoefficients, false) })
            if (Numbers(text) is not { Length: > 0 and <= 16 } values)
                yield return (member, $"Expected 1 to 16 numbers with commas between them, such as 5, 10, 20; not \"{text}\".");
            else if (values.Any(value => value < 0 || (positive && value == 0) || value > 1e6))
                yield return (member, $"Every number has to be {(positive ? "above" : "at least")} 0 and at most 1,000,000.");
        if (spec.Families.Count > 0 && Memory(config, spec) is var memory && memory.Total > ShareOfMemory * GC.GetGCMemoryInfo().TotalAvailableMemoryBytes)
            yield return ("lifetimes", string.Create(CultureInfo.InvariantCulture,
                $"{memory}, more than {ShareOfMemory:P0} of this machine's {GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 1e9:0.#} GB. Fewer lifetimes, environments, units or threads need less."));
    }

    /// <summary>What the tables, the windows and the gradients of a meta-training hold.</summary>
    public static LpgMemory Memory(LpgConfig config, EnvironmentSpec spec)
    {
        var network = Network(config);
        long states = spec.Families.Max(family => family.MostStates), actions = spec.Families.Max(family => family.MostActions);
        var rows = (long)config.Lifetimes * config.Environments * config.StepsPerRollout * config.UpdatesPerWindow;
        // libtorch keeps what it differentiates of all lifetimes at once, and a copy of η and its gradient for each; the factors were measured.
        var graph = 4.0 * rows * (34.0 * config.Units + 16 * (actions + network.Predictions) + 128) + 8.0 * config.Lifetimes * network.ParameterCount;
        return new(
            4 * config.Lifetimes * states * (actions + network.Predictions + 1),
            config.Gradients == GradientEngine.Autograd ? (long)Math.Min(1e18, graph) : Math.Min(config.Threads, Lpg.Groups(config)) * LifetimeWindow<float>.Bytes(
                network, config.UpdatesPerWindow, config.StepsPerRollout, config.Environments, (int)states, (int)actions),
            4L * (Lpg.Groups(config) + 5) * network.ParameterCount);
    }

    public static RuleNetwork Network(LpgConfig config) =>
        new(config.Semantics == RuleSemantics.Values ? 0 : config.Predictions, config.Units, config.Semantics);

    public static double[]? Numbers(string text)
    {
        var parts = text.Split(',', StringSplitOptions.TrimEntries);
        var values = new double[parts.Length];
        for (var i = 0; i < parts.Length; i++)
            if (!double.TryParse(parts[i], NumberStyles.Float, CultureInfo.InvariantCulture, out values[i]) || !double.IsFinite(values[i]))
                return null;
        return values;
    }
}

/// <summary>Bytes that a meta-training holds.</summary>
/// <param name="Tables">Agents of all lifetimes.</param>
/// <param name="Windows">Unrolled windows: one for each thread, or those of all lifetimes by automatic differentiation.</param>
/// <param name="Gradients">Gradients, parameters and the optimiser's means.</param>
internal sealed record LpgMemory(long Tables, long Windows, long Gradients)
{
    public long Total => Tables + Windows + Gradients;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"Tables {Tables / 1e6:0.#} MB + unrolled windows {Windows / 1e6:0.#} MB + gradients {Gradients / 1e6:0.#} MB = {Total / 1e6:0.#} MB");
}
