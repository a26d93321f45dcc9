using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Formulas;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>What methods with a trust region show of themselves: the batch's actions, its first path's values, and the last line search.</summary>
internal static class TrpoFigures
{
    private const int MostSteps = 500;

    /// <summary>Figures of a batch whose values and returns are filled.</summary>
    public static IReadOnlyList<Figure> Of(
        PathBatch paths, double[] returns, IReadOnlyList<LineSearchTry> tries, double limit, Space space)
    {
        var figures = new List<Figure>();
        var advantages = new double[paths.Rows];
        for (var row = 0; row < advantages.Length; row++)
            advantages[row] = returns[row] - paths.Values[row];
        if (RolloutFigures.Actions(paths.Actions, advantages, space) is { } actions)
            figures.Add(actions);
        if (paths.Paths.Count > 0)
            figures.Add(Values(paths, returns));
        if (tries.Count > 0)
            figures.Add(Search(tries, limit));
        return figures;
    }

    private static LineFigure Values(PathBatch paths, double[] returns)
    {
        var steps = Math.Min(paths.Paths[0].Length, MostSteps);
        double[] x = [.. Enumerable.Range(0, steps).Select(step => (double)step)];
        return new LineFigure("values", "Values along the first path",
            "What the baseline, fitted to the batch before, expected along the batch's first path, and the return that came.",
            new("step of the path"), new("discounted return"),
            [new("Expected", x, paths.Values[..steps].ToArray()), new("Return", x, returns[..steps])]);
    }

    private static LineFigure Search(IReadOnlyList<LineSearchTry> tries, double limit)
    {
        double[] x = [.. tries.Select(each => each.Share)];
        return new LineFigure("line-search", "Last line search",
            "Divergence from the old policy, and surrogate loss, at each share of the full step that was tried, from right to left; the leftmost try was taken if it lies below the limit and lowers the loss.",
            new("share of the full step"), new("divergence (nats) and surrogate loss"),
            [
                new("Divergence", x, [.. tries.Select(each => each.Divergence)]), new("Surrogate loss", x, [.. tries.Select(each => each.Loss)]),
                new("Limit", x, [.. tries.Select(_ => limit)]),
            ]);
    }
}
