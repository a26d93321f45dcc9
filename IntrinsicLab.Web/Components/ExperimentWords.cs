using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Data;

namespace IntrinsicLab.Web.Components;

/// <summary>Experiments in words.</summary>
internal static class ExperimentWords
{
    private const int Named = 3;

    /// <summary>PPO, A2C on CartPole, 4 configurations × 5 seeds.</summary>
    public static string Matrix(ExperimentRow row) =>
        $"{Some([.. row.Algorithms.Select(id => AlgorithmCatalog.Find(id)?.Name ?? id)], "algorithms")} on "
        + $"{Some([.. row.Environments.Select(id => EnvironmentCatalog.Find(id)?.Name ?? id)], "environments")}, "
        + $"{Quantities.Plural(row.Configurations, "configuration")} × {Quantities.Plural(row.Seeds, "seed")}";

    /// <summary>What a cost estimate says, in a line: a time first, then what it is judged by.</summary>
    public static (string Time, string Basis) Cost(CostEstimate estimate)
    {
        if (estimate.ComputeSeconds is not { } compute)
            return ("unknown", "No earlier run to judge by.");
        var time = estimate.WallSeconds is { } wall
            ? $"about {Quantities.Duration(wall)} on {Quantities.Plural(estimate.Slots, "slot")}"
            : $"about {Quantities.Duration(compute)} of training; no worker is connected";
        var nearest = estimate.Parts.Where(part => part.Basis != CostBasis.Unknown).ToList();
        var basis = string.Join("; ", nearest.GroupBy(part => part.Basis).OrderBy(group => group.Key).Select(group => group.Key switch
        {
            CostBasis.Configuration => "earlier runs of the same configuration",
            CostBasis.Parameters => "earlier runs with the same parameters",
            CostBasis.Task => "earlier runs of the same algorithm on the same environment",
            _ => "earlier runs of the same algorithm on environments of the same family",
        }));
        return (estimate.UnknownRuns > 0 ? $"at least {time["about ".Length..]}" : time,
            $"Judged by {basis}{(estimate.UnknownRuns > 0 ? $"; {Quantities.Plural(estimate.UnknownRuns, "run")} unknown" : "")}.");
    }

    private static string Some(IReadOnlyList<string> names, string word) =>
        names.Count == 0 ? $"no {word}" : names.Count <= Named ? string.Join(", ", names) : $"{names.Count} {word}";
}
