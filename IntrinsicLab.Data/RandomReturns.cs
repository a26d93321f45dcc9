using System.Text.Json;

namespace IntrinsicLab.Data;

/// <summary>What random actions earn in each environment, measured beforehand; a file that comes with the application.</summary>
public static class RandomReturns
{
    private static readonly Lazy<Dictionary<string, RandomReturn>> Known = new(Read);

    /// <summary>The figures of one environment; null where nobody measured.</summary>
    public static RandomReturn? Of(string environment) => Known.Value.GetValueOrDefault(environment);

    private static Dictionary<string, RandomReturn> Read()
    {
        var file = Path.Combine(AppContext.BaseDirectory, "docs", "random-returns.json");
        if (!File.Exists(file))
            return [];
        return JsonSerializer.Deserialize<Measured>(File.ReadAllText(file), JsonSerializerOptions.Web)?.Returns ?? [];
    }

    private sealed record Measured(Dictionary<string, RandomReturn> Returns);
}

/// <summary>Returns of episodes with random actions.</summary>
/// <param name="Mean">Mean return.</param>
/// <param name="StandardDeviation">Of the returns of single episodes.</param>
/// <param name="Episodes">How many were played.</param>
/// <param name="Length">Mean steps of an episode.</param>
public sealed record RandomReturn(double Mean, double StandardDeviation, int Episodes, double? Length);
