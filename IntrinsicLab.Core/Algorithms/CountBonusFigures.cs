using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Networks;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>What <see cref="CountBonus"/> shows of itself: where it has been, what it would pay where, and how fast it finds new places.</summary>
internal static class CountBonusFigures
{
    /// <summary>Name of the trace under replays.</summary>
    public const string TraceName = "Bonus";

    /// <summary>What the trace says.</summary>
    public const string TraceMeaning = "What one more such step would be paid by the counts of that moment, before it is weighted; 0 before anything was counted.";

    private const int MostActions = 64;

    /// <summary>All figures.</summary>
    /// <param name="exploration">Where the run has been.</param>
    /// <param name="curiosity">The counts.</param>
    /// <param name="policy">The policy.</param>
    /// <param name="scale">Turns its actions into the environment's; null where they are.</param>
    /// <param name="paths">The last batch.</param>
    /// <param name="experience">The world.</param>
    public static IEnumerable<Figure> Of(
        ExplorationLog exploration, CountCuriosity curiosity, PolicyNetwork policy, ActionScale? scale, PathBatch paths, Experience experience) =>
        [.. Visits(exploration), .. Bonuses(curiosity, policy, scale, paths, experience).Select(figure => figure with { Logarithmic = true }), Coverage(exploration)];

    private static IEnumerable<HeatFigure> Visits(ExplorationLog exploration)
    {
        foreach (var (number, plane) in exploration.Planes.Index())
        {
            if (plane.Visits.All(count => count == 0))
                continue;
            var name = plane.Map is { Name.Length: > 0 } map ? $"Where it has been, {map.Name}" : "Where it has been";
            yield return new HeatFigure(
                number == 0 ? "visits" : $"visits-{number + 1}", name,
                "Steps in each part of the state space since the run began; gaps were never visited, and colours grow with the logarithm."
                + (plane.IsGrid ? "" : " What lay beyond the edges is counted at them."),
                new(plane.X.Label), new(plane.Y.Label), plane.X.Centres, plane.Y.Centres,
                [.. plane.Visits.Select(count => count == 0 ? double.NaN : count)], "steps")
            {
                Logarithmic = true,
                Map = plane.IsGrid,
                Overlay = [.. (plane.Map?.Places ?? []).Select(at => new FigureSeries(at.Name, [at.X], [at.Y]) { Points = true })],
            };
        }
    }

    private static IEnumerable<HeatFigure> Bonuses(
        CountCuriosity curiosity, PolicyNetwork policy, ActionScale? scale, PathBatch paths, Experience experience)
    {
        const string Id = "bonus-map", Title = "Bonus over the state space", Caption = "What one more step in each state would be paid now, before it is weighted and in logarithmic colours";
        var space = experience.Batch.Spec.Action;
        var action = new float[space.Size];
        if (space is Discrete { Count: > MostActions })
            return [];
        if (space is not Discrete discrete)
            return StateMapFigures.Of(Id, Title, $"{Caption}, for the policy's most likely action.", "bonus", diverging: false, paths.Observations, experience, seen =>
            {
                policy.Forward(seen, 1);
                policy.Mode(action);
                CountBonusSettings.Taken(action, scale, space, action);
                return curiosity.Bonus(seen, action);
            });
        return StateMapFigures.Of(Id, Title, $"{Caption}, averaged over the policy's actions.", "bonus", diverging: false, paths.Observations, experience, seen =>
        {
            Span<float> nlp = [0f];
            policy.Forward(seen, 1);
            var (sum, all) = (0.0, 0.0);
            for (var index = 0; index < discrete.Count; index++)
            {
                action[0] = index;
                policy.Evaluate(action, nlp);
                var probability = Math.Exp(-nlp[0]);
                (sum, all) = (sum + probability * curiosity.Bonus(seen, action), all + probability);
            }
            return sum / all;
        });
    }

    private static LineFigure Coverage(ExplorationLog exploration) => new(
        "coverage", "Places found", "Boxes of the state space visited at least once, over the run so far; a curve that has gone flat finds nothing new.",
        new("environment steps"), new("places"),
        [
            new("Places", [0, .. exploration.Coverage.Select(point => (double)point.Step)], [0, .. exploration.Coverage.Select(point => (double)point.Places)]),
        ]);
}
