using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Experiments;

namespace IntrinsicLab.Data.Imports;

/// <summary>What other programs call metrics and environments, and what the lab calls the same.</summary>
internal static partial class ImportNames
{
    private static readonly Dictionary<string, string> Metrics = new(StringComparer.OrdinalIgnoreCase)
    {
        ["return"] = Core.Algorithms.Metrics.ExtrinsicReturn,
        ["score"] = Core.Algorithms.Metrics.ExtrinsicReturn,
        ["rollout/ep_rew_mean"] = Core.Algorithms.Metrics.ExtrinsicReturn,
        ["ep_rew_mean"] = Core.Algorithms.Metrics.ExtrinsicReturn,
        ["eprewmean"] = Core.Algorithms.Metrics.ExtrinsicReturn,
        ["episode_reward_mean"] = Core.Algorithms.Metrics.ExtrinsicReturn,
        ["charts/episodic_return"] = Core.Algorithms.Metrics.EpisodeReturn,
        ["charts_episodic_return"] = Core.Algorithms.Metrics.EpisodeReturn,
        ["episodic_return"] = Core.Algorithms.Metrics.EpisodeReturn,
        ["episode_return"] = Core.Algorithms.Metrics.EpisodeReturn,
        ["episode_reward"] = Core.Algorithms.Metrics.EpisodeReturn,
        ["charts/episodic_length"] = Core.Algorithms.Metrics.EpisodeLength,
        ["charts_episodic_length"] = Core.Algorithms.Metrics.EpisodeLength,
        ["episodic_length"] = Core.Algorithms.Metrics.EpisodeLength,
        ["episode_length"] = Core.Algorithms.Metrics.EpisodeLength,
        ["eval/mean_reward"] = Core.Algorithms.Metrics.EvaluationReturn,
        ["eval_mean_reward"] = Core.Algorithms.Metrics.EvaluationReturn,
        ["eval/mean_ep_length"] = Core.Algorithms.Metrics.EvaluationLength,
        ["charts/sps"] = Core.Algorithms.Metrics.StepsPerSecond,
        ["charts_sps"] = Core.Algorithms.Metrics.StepsPerSecond,
        ["time/fps"] = Core.Algorithms.Metrics.StepsPerSecond,
        ["charts/learning_rate"] = Core.Algorithms.Metrics.LearningRate,
        ["train/learning_rate"] = Core.Algorithms.Metrics.LearningRate,
    };

    /// <summary>The metric's name here: the lab's own where it means the same, else the given one with odd characters replaced.</summary>
    public static string Metric(string given)
    {
        var name = given.Trim();
        if (Metrics.TryGetValue(name, out var ours))
            return ours;
        var parts = Odd().Replace(name, "_").Split('/', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var path = string.Join('/', parts.Where(part => part.Length > 0));
        return path.Length is > 0 and <= 200 ? path : path.Length > 200 ? path[..200].TrimEnd('/') : "value";
    }

    /// <summary>
    /// The environment here that a Gymnasium id means, with its version's rules; the id itself where there is none. Games are MinAtar's only where
    /// the id says so: without it they are Atari's.
    /// </summary>
    public static (string Environment, JsonObject Parameters) Environment(string given)
    {
        var id = given.Trim();
        if (EnvironmentCatalog.Find(id) is not null || Versioned().Match(id) is not { Success: true } match)
            return (id, []);
        var small = match.Groups["family"].Value is "MinAtar/";
        var word = Letters(match.Groups["name"].Value);
        var entry = match.Groups["family"].Length > 0 && !small
            ? null
            : EnvironmentCatalog.All.FirstOrDefault(each => Letters(each.Id) == word && (each.Family.Contains("MinAtar", StringComparison.OrdinalIgnoreCase) == small));
        if (entry is null)
            return (id, []);
        var version = $"v{match.Groups["version"].Value}";
        return (entry.Id, ParameterSchema.Of(entry.Parameters).Find("version")?.Choices.Contains(version) == true ? new() { ["version"] = version } : []);
    }

    private static string Letters(string text) => new([.. text.ToLowerInvariant().Where(char.IsLetterOrDigit)]);

    [GeneratedRegex("[^A-Za-z0-9_.\\-/]+")]
    private static partial Regex Odd();

    [GeneratedRegex("^(?<family>[A-Za-z]+/)?(?<name>[A-Za-z0-9]+)-v(?<version>[0-9]+)$")]
    private static partial Regex Versioned();
}
