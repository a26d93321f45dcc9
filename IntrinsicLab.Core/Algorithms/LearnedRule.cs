using IntrinsicLab.Core.Networks;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>An update rule that was meta-learned, by name.</summary>
/// <param name="Name">Kebab-case name.</param>
/// <param name="Version">1, 2, …; a name with a version never changes its content.</param>
/// <param name="Content">What an agent learns with.</param>
/// <param name="Origin">Where it comes from.</param>
public sealed record LearnedRule(string Name, int Version, RuleContent Content, RuleOrigin Origin)
{
    /// <summary>What plans call it: "name@version".</summary>
    public string Id => $"{Name}@{Version}";
}

/// <summary>What an agent learns with.</summary>
/// <param name="Network">Form of the rule.</param>
/// <param name="Gamma">γ that the rule reads.</param>
/// <param name="Parameters">η, flat, <see cref="RuleNetwork.ParameterCount"/> values.</param>
public sealed record RuleContent(RuleNetwork Network, double Gamma, float[] Parameters);

/// <summary>How a rule was made, for people and for repeating it.</summary>
/// <param name="Command">The command that makes it again.</param>
/// <param name="Seed">Seed of the meta-training.</param>
/// <param name="Updates">Meta-updates.</param>
/// <param name="Steps">Environment steps over all lifetimes.</param>
/// <param name="Seconds">Wall time of the meta-training; null where unknown.</param>
/// <param name="Machine">Processor and threads, in words.</param>
/// <param name="Date">Day it was finished, ISO 8601.</param>
/// <param name="Configuration">Hyper-parameters and worlds of the meta-training, as JSON.</param>
public sealed record RuleOrigin(
    string Command, int Seed, long Updates, long Steps, double? Seconds, string Machine, string Date, string Configuration);
