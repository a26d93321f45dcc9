namespace IntrinsicLab.Core.Algorithms;

/// <summary>What an <see cref="ExplorationLog"/> shows: where a run has been, and how fast it finds new places.</summary>
internal static class ExplorationFigures
{
    /// <summary>One figure for each plane on which anything was visited.</summary>
    public static IEnumerable<HeatFigure> Visits(ExplorationLog exploration)
    {
        foreach (var (number, plane) in exploration.Planes.Index())
        {
            if (plane.Visited == 0)
                continue;
            yield return Heat(
                number == 0 ? "visits" : $"visits-{number + 1}", "Where it has been",
                "Steps in each part of the state space since the run began; gaps were never visited, and colours grow with the logarithm.",
                plane, [.. plane.Visits.Select(count => count == 0 ? double.NaN : count)], "steps")
                with
            { Logarithmic = true };
        }
    }

    /// <summary>A number over the fields of a plane.</summary>
    public static HeatFigure Heat(string id, string title, string caption, VisitedPlane plane, IReadOnlyList<double> values, string label) => new(
        id, plane.Map is { Name.Length: > 0 } map ? $"{title}, {map.Name}" : title, caption,
        new(plane.X.Label), new(plane.Y.Label), plane.X.Centres, plane.Y.Centres, values, label)
    {
        Map = plane.IsGrid,
        Overlay = [.. (plane.Map?.Places ?? []).Select(at => new FigureSeries(at.Name, [at.X], [at.Y]) { Points = true })],
    };

    /// <summary>Places over steps.</summary>
    /// <param name="exploration">Where the run has been.</param>
    /// <param name="places">What is counted as a place.</param>
    public static LineFigure Coverage(ExplorationLog exploration, string places) => new(
        "coverage", "Places found", $"{places} visited at least once, over the run so far; a curve that has gone flat finds nothing new.",
        new("environment steps"), new("places"),
        [
            new("Places", [0, .. exploration.Coverage.Select(point => (double)point.Step)], [0, .. exploration.Coverage.Select(point => (double)point.Places)]),
        ]);
}
