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
    [
        .. ExplorationFigures.Visits(exploration), .. Bonuses(curiosity, policy, scale, paths, experience).Select(figure => figure with { Logarithmic = true }),
        ExplorationFigures.Coverage(exploration, "Boxes of the state space"),
    ];

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
}
