using IntrinsicLab.Core.Experiments;

namespace IntrinsicLab.Web;

/// <summary>Every link between pages is built here.</summary>
internal static class PageUrls
{
    public const string Overview = "";
    public const string Runs = "runs";
    public const string Experiments = "experiments";
    public const string NewExperiment = "experiments/new";
    public const string Compare = "compare";
    public const string Reproductions = "reproductions";
    public const string New = "new";
    public const string Queue = "queue";
    public const string Algorithms = "algorithms";
    public const string Environments = "environments";
    public const string Settings = "settings";
    public const string Baselines = "baselines";
    public const string Notation = "notation";
    public const string Gymnasium = "gymnasium";
    public const string Bandits = "bandits";

    public const string Rules = "rules";

    public static string Rule(string id) => $"{Rules}/{id}";

    public static string NewWithPlan(string plan) => $"{New}?plan={Uri.EscapeDataString(plan)}";

    public const string Sweeps = "sweeps";
    public const string NewSweep = "sweeps/new";

    public static string Sweep(Guid id) => $"sweeps/{id}";

    public static string NewSweepLike(Guid id) => $"sweeps/new?from={id}";

    public static string Run(Guid id) => $"runs/{id}";

    public static string RunTab(Guid id, string tab) => $"runs/{id}?tab={tab}";

    public static string RunsWhere(string query) => $"runs?q={Uri.EscapeDataString(query)}";

    public static string CompareWhere(string query) => query.Length > 0 ? $"compare?q={Uri.EscapeDataString(query)}" : Compare;

    public static string Reproduction(string id, ReproductionScale scale) =>
        $"{Reproductions}/{id}?scale={Core.Experiments.Reproduction.Word(scale)}";

    public static string Experiment(Guid id) => $"experiments/{id}";

    public static string CloneExperiment(Guid id) => $"experiments/new?from={id}";

    public static string NewExperimentWith(string plan) => $"experiments/new?plan={Uri.EscapeDataString(plan)}";

    public static string Clone(Guid id) => $"new?from={id}";

    public static string NewWith(string? algorithm = null, string? environment = null) =>
        algorithm is not null ? $"new?algorithm={algorithm}" : $"new?environment={environment}";

    public static string Algorithm(string id) => $"algorithms/{id}";

    public static string Environment(string id) => $"environments/{id}";

    /// <summary>A run's id in 22 characters, for addresses that name many.</summary>
    public static string Short(Guid id) => Convert.ToBase64String(id.ToByteArray()).TrimEnd('=').Replace('+', '-').Replace('/', '_');

    public static Guid? FromShort(string text)
    {
        Span<byte> bytes = stackalloc byte[16];
        return text.Length == 22
            && Convert.TryFromBase64String(text.Replace('-', '+').Replace('_', '/') + "==", bytes, out var read) && read == 16
            ? new Guid(bytes)
            : null;
    }
}
