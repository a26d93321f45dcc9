using System.Globalization;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>What <see cref="Unreal"/> shows of itself beside actions and values of the last rollout: what it believes it can change.</summary>
internal static class UnrealFigures
{
    public static IReadOnlyList<Figure> Of(
        Rollout rollout, Experience experience, PixelCells? pixels, ControlTask? pixelControl, ControlTask? featureControl)
    {
        var advantages = new double[rollout.Rows];
        for (var row = 0; row < advantages.Length; row++)
            advantages[row] = (double)rollout.Returns[row] - rollout.Values[row];
        var figures = new List<Figure>();
        if (RolloutFigures.Actions(rollout.Actions, advantages, experience.Batch.Spec.Action) is { } actions)
            figures.Add(actions);
        figures.Add(RolloutFigures.Values(rollout, experience.Batch.Count));
        if (pixelControl is not null && pixels!.OfGrid)
        {
            figures.Add(Map("pixel-control-value", "What pixel control can change",
                "How much change of each square the best action promises, discounted, on the last replayed sequence; squares of the grid, first row at the top.",
                pixels, pixelControl.MeanValues, "discounted change"));
            figures.Add(Map("pixel-control-reward", "What changed",
                "How much each square changed in a step of the last replayed sequence: what pixel control is paid.",
                pixels, pixelControl.MeanRewards, "mean change per step"));
        }
        else if (pixelControl is not null)
            figures.Add(Bars("pixel-control", "Control of the observation's features", pixelControl));
        if (featureControl is not null)
            figures.Add(Bars("feature-control", "Control of the network's features", featureControl));
        return figures;
    }

    private static HeatFigure Map(string id, string title, string caption, PixelCells pixels, double[] values, string label) =>
        new(id, title, caption, new("column of squares"), new("row of squares"), Centres(pixels.Columns), Centres(pixels.Rows), [.. values], label)
        {
            Map = true,
        };

    private static BarFigure Bars(string id, string title, ControlTask task) =>
        new(id, title,
            "How much change of each feature the best action promises, discounted, and how much it changed in a step, both on the last replayed sequence.",
            [.. task.MeanValues.Select((_, cell) => (cell + 1).ToString(CultureInfo.InvariantCulture))],
            [new("promised change", [.. task.MeanValues]), new("change per step", [.. task.MeanRewards])]);

    private static double[] Centres(int count) => [.. Enumerable.Range(1, count).Select(centre => (double)centre)];
}
