using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Networks;

namespace IntrinsicLab.Web.Components;

/// <summary>What a learned rule reads, for people.</summary>
internal static class RuleWords
{
    /// <summary>In a few words, such as "8 predictions, of this state and the next".</summary>
    public static string Reads(string semantics, int predictions) =>
        semantics == LearnedRuleFile.Word(RuleSemantics.Predictions) ? $"{Quantities.Plural(predictions, "prediction")}, of this state and the next"
        : semantics == LearnedRuleFile.Word(RuleSemantics.PredictionsWithoutNext) ? $"{Quantities.Plural(predictions, "prediction")}, of this state alone"
        : semantics == LearnedRuleFile.Word(RuleSemantics.Values) ? "state values, learned by hand-made TD(λ)"
        : "rewards, ends and probabilities alone";
}
