using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Formulas;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>What <see cref="Lpg"/> shows of itself: which step sizes its bandits have come to prefer.</summary>
internal static class LpgFigures
{
    public static IReadOnlyList<Figure> Of(
        RuleContent rule, IReadOnlyList<LevelFamily> families, IReadOnlyList<AgentRates> arms, IReadOnlyList<RateBandit> bandits)
    {
        var chances = new double[families.Count * arms.Count];
        for (var family = 0; family < families.Count; family++)
            bandits[family].Probabilities(chances.AsSpan(family * arms.Count, arms.Count));
        return
        [
            new HeatFigure("step-sizes", "Step sizes by family",
                "How likely the next lifetime in a family of worlds gets a pair of step sizes, by the scores of lifetimes before; even while nothing is known.",
                new("step size α and weight of predictions α_y") { Names = [.. arms.Select(arm => FormattableString.Invariant($"{arm.LearningRate} / {arm.PredictionCoefficient}"))] },
                new("family") { Names = [.. families.Select(family => family.Label)] },
                [.. Enumerable.Range(0, arms.Count).Select(index => (double)index)], [.. Enumerable.Range(0, families.Count).Select(index => (double)index)],
                chances, "probability"),
        ];
    }
}
