using System.Globalization;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Data;

namespace IntrinsicLab.Web.Components;

/// <summary>What is expected of a reproduced figure, with the name of what is measured and its unit.</summary>
internal static class ExpectationWords
{
    /// <summary>The metric of a figure, by its name for people.</summary>
    public static string NameOf(FigureSettings settings) => Metrics.Find(settings.Metric)?.Name ?? settings.Metric;

    /// <summary>Which number of a run is compared, and which way is better.</summary>
    public static string Score(ReproductionScore score, FigureSettings settings)
    {
        var part = score switch
        {
            ReproductionScore.Area => "Its mean over all of a run",
            ReproductionScore.Early => "Its mean over the first fifth of a run",
            _ => "Its mean over the last tenth of a run",
        };
        return $"{part} is the run’s score; {(settings.LowerIsBetter ? "lower" : "higher")} is better.";
    }

    /// <summary>An expectation as a sentence without its full stop.</summary>
    public static string Of(ExpectationResource expected, FigureSettings settings)
    {
        var where = expected.Scope switch { "all" => " in every environment", "most" => " in most environments", _ => On(expected.Environment) };
        if (expected.Trend is { } trend)
            return $"{expected.Group}: {Small(Metrics.Find(trend.Series)?.Name ?? trend.Series)} {Way(trend)}{where}";
        var measured = Measured(expected.Score, settings);
        var unit = UnitOf(settings);
        if (expected.Group is { } group)
        {
            var bound = expected.Above is { } above ? $"above {Shown(above)}{unit}" : $"below {Shown(expected.Below ?? 0)}{unit}";
            return expected.SeedShare is { } share ? $"{group}: at least {Percent(share)} of the seeds with a {measured} {bound}{where}" : $"{group}: {measured} {bound}{where}";
        }
        var margin = expected.Ratio is { } ratio ? $", at least {Shown(ratio)} times" : expected.AtLeast > 0 ? $" by at least {Shown(expected.AtLeast)}{unit}" : "";
        var which = $"{(settings.LowerIsBetter ? "lower" : "higher")} {measured}";
        return expected.SeedShare is { } ofSeeds
            ? $"{expected.Better}: at least {Percent(ofSeeds)} of the seeds better than the mean of {expected.Worse}{margin}{where} ({which})"
            : $"{expected.Better} better than {expected.Worse}{margin}{where} ({which})";
    }

    /// <summary>Where, with a space before it; empty for everywhere.</summary>
    public static string On(string? environment) => environment is null ? "" : $" on {EnvironmentCatalog.Find(environment)?.Name ?? environment}";

    private static string Measured(ReproductionScore score, FigureSettings settings) => score switch
    {
        ReproductionScore.Area => $"mean {Small(NameOf(settings))} over training",
        ReproductionScore.Early => $"mean {Small(NameOf(settings))} over the first fifth of training",
        _ => $"final {Small(NameOf(settings))}",
    };

    // A return of 450 needs no unit: its name is one.
    private static string UnitOf(FigureSettings settings) =>
        Metrics.Find(settings.Metric) is { Unit: { Length: > 0 } unit } metric && !metric.Name.Contains(unit, StringComparison.OrdinalIgnoreCase) ? $"\u00a0{unit}" : "";

    private static string Way(TrendResource trend)
    {
        var way = trend.Direction switch { "increasing" => "rises", "decreasing" => "falls", _ => "has no trend" };
        return $"{way}{(trend.FromStep > 0 ? $" from step {Quantities.Count(trend.FromStep)}" : "")}{(trend.ToStep is { } to ? $" up to step {Quantities.Count(to)}" : "")}";
    }

    // Within a sentence; what is written in capitals stays so.
    private static string Small(string name) => name.Length > 1 && char.IsUpper(name[0]) && char.IsLower(name[1]) ? char.ToLowerInvariant(name[0]) + name[1..] : name;

    private static string Percent(double share) => (100 * share).ToString("0.#", CultureInfo.InvariantCulture) + "\u202f%";

    private static string Shown(double value) => value.ToString(Math.Abs(value) >= 1000 ? "0" : "G4", CultureInfo.InvariantCulture).Replace('-', '\u2212');
}
