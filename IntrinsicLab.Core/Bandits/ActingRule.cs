using System.Globalization;
using System.Text.Json;

namespace IntrinsicLab.Core.Bandits;

/// <summary>
/// How a player of a bandit chooses an arm. Rules with an index pull each arm once first; for the others the mean of an arm never pulled is 0.
/// </summary>
public enum ActingRuleKind
{
    /// <summary>The arm with the highest mean plus sqrt(c·ln N / n), the first of equal ones (Auer, Cesa-Bianchi and Fischer 2002).</summary>
    Ucb1,

    /// <summary>An arm drawn in proportion to the same index: a misreading of UCB1 that explores for ever. For teaching.</summary>
    Proportional,

    /// <summary>Any arm with probability ε, else the one with the highest mean; ties are drawn.</summary>
    EpsilonGreedy,

    /// <summary>In proportion to the exponential of the mean over a temperature.</summary>
    Boltzmann,

    /// <summary>The arm with the highest mean; ties are drawn.</summary>
    Greedy,

    /// <summary>Any arm.</summary>
    Uniform,
}

/// <summary>A rule with its parameter.</summary>
/// <param name="Kind">Which rule.</param>
/// <param name="Parameter">c, ε or the temperature; 0 for rules without one.</param>
public sealed record ActingRule(ActingRuleKind Kind, double Parameter)
{
    /// <summary>The words that rules are written with.</summary>
    public static IReadOnlyList<string> Words { get; } = [.. Enum.GetNames<ActingRuleKind>().Select(WordOf)];

    /// <summary>The rule's word.</summary>
    public string Word => WordOf(Kind.ToString());

    /// <summary>The rule as people write it: <c>ucb1:2</c>, <c>greedy</c>.</summary>
    public string Text => Usual(Kind) is null ? Word : $"{Word}:{Parameter.ToString("R", CultureInfo.InvariantCulture)}";

    /// <summary>Name for people.</summary>
    public string Name => Kind switch
    {
        ActingRuleKind.Ucb1 => Parameter == 2 ? "UCB-1" : $"UCB-1 with c {Shown}",
        ActingRuleKind.Proportional => Parameter == 2 ? "In proportion" : $"In proportion with c {Shown}",
        ActingRuleKind.EpsilonGreedy => $"ε-greedy {Shown}",
        ActingRuleKind.Boltzmann => $"Boltzmann {Shown}",
        ActingRuleKind.Greedy => "Greedy",
        _ => "Uniform",
    };

    private string Shown => Parameter.ToString("0.####", CultureInfo.InvariantCulture);

    /// <summary>The parameter a rule has where none is named; null for a rule without one.</summary>
    public static double? Usual(ActingRuleKind kind) => kind switch
    {
        ActingRuleKind.Ucb1 or ActingRuleKind.Proportional => 2,
        ActingRuleKind.EpsilonGreedy or ActingRuleKind.Boltzmann => 0.1,
        _ => null,
    };

    /// <summary>What the parameter is, with its range, for people; null for a rule without one.</summary>
    public static (string Name, double Low, double High)? Range(ActingRuleKind kind) => kind switch
    {
        ActingRuleKind.Ucb1 or ActingRuleKind.Proportional => ("c", 0, 100),
        ActingRuleKind.EpsilonGreedy => ("ε", 0, 1),
        ActingRuleKind.Boltzmann => ("temperature", 0.001, 100),
        _ => null,
    };

    internal static string WordOf(string name) => name == nameof(ActingRuleKind.Ucb1) ? "ucb1" : JsonNamingPolicy.KebabCaseLower.ConvertName(name);
}
