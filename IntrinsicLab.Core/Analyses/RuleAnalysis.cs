using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Networks;

namespace IntrinsicLab.Core.Analyses;

/// <summary>A number that an analysis found.</summary>
/// <param name="Name">Kebab-case name.</param>
/// <param name="Label">What it is, with its unit, for people.</param>
/// <param name="Value">The number; not a number where it could not be computed.</param>
public sealed record AnalysisNumber(string Name, string Label, double Value);

/// <summary>One question to a rule, with what was found.</summary>
/// <param name="Name">Kebab-case name.</param>
/// <param name="Title">Name for people.</param>
/// <param name="Question">What is asked, and how, in a few sentences.</param>
/// <param name="Numbers">What was measured.</param>
/// <param name="Figures">Pictures of it.</param>
public sealed record RuleAnalysis(
    string Name, string Title, string Question, IReadOnlyList<AnalysisNumber> Numbers, IReadOnlyList<Figure> Figures)
{
    /// <summary>
    /// Step sizes of predictions whose policy never changes; only the product α·α_y matters. The step of a state is the product times the share of all
    /// steps that are taken in it, and beyond about 8 it overshoots: policies that stay in two states leave room for no more than 20.
    /// </summary>
    public static AgentRates Rates { get; } = new(20, 1);

    /// <summary>Whether a rule has predictions that it reads; analyses of their meaning need them.</summary>
    public static bool HasPredictions(RuleContent rule) =>
        rule.Network is { Predictions: > 1, Semantics: RuleSemantics.Predictions or RuleSemantics.PredictionsWithoutNext };
}
