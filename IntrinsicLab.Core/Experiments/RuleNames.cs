using System.Text.Json.Nodes;
using IntrinsicLab.Core.Algorithms;

namespace IntrinsicLab.Core.Experiments;

/// <summary>
/// Finds parameters that name learned rules (<see cref="NamesRuleAttribute"/>) which do not exist. Which exist is for the caller to say: who
/// submits a plan knows the lab's rules, who reads a stored one need not look.
/// </summary>
internal static class RuleNames
{
    private const int MostListed = 12;

    /// <summary>A plan's text has the id of an algorithm that is given a rule: only then does the lab's list of rules matter.</summary>
    public static bool MayBeIn(string plan) => AlgorithmCatalog.All.Any(entry =>
        plan.Contains($"\"{entry.Id}\"", StringComparison.Ordinal) && ParameterSchema.Of(entry.Parameters).Parameters.Any(parameter => parameter.NamesRule));

    /// <summary>Adds a fault for each parameter of a config whose rule is not there.</summary>
    /// <param name="config">The config, resolved: its defaults are looked up too.</param>
    /// <param name="pointer">Place of its parameters.</param>
    /// <param name="rules">The rules there are, as "name@version"; null to look nothing up.</param>
    /// <param name="problems">Receives the faults.</param>
    /// <param name="varied">Parameters whose values come from elsewhere, such as a grid.</param>
    public static void Check(
        object config, string pointer, IReadOnlyCollection<string>? rules, List<Problem> problems, IReadOnlyCollection<Parameter>? varied = null)
    {
        if (rules is null)
            return;
        foreach (var parameter in ParameterSchema.Of(config.GetType()).Parameters)
            if (varied?.Contains(parameter) != true)
                Check(parameter, parameter.GetJson(config), Problem.At(pointer, parameter.Name), rules, problems);
    }

    /// <summary>Adds a fault where a value of a parameter names a rule that is not there.</summary>
    public static void Check(Parameter parameter, JsonNode? value, string pointer, IReadOnlyCollection<string>? rules, List<Problem> problems)
    {
        if (rules is not null && parameter.NamesRule && value?.GetValue<string>() is { } id && !rules.Contains(id))
            problems.Add(new(pointer, Missing(id, rules)));
    }

    private static string Missing(string id, IReadOnlyCollection<string> rules)
    {
        var named = id.Length is 0 or > 80 ? "such rule" : $"rule {id}";
        if (rules.Count == 0)
            return $"There is no {named}; there are none yet: keep one from a run that learned it, or import a file.";
        var more = rules.Count > MostListed ? $", and {rules.Count - MostListed} more" : "";
        return $"There is no {named}; there are: {string.Join(", ", rules.Take(MostListed))}{more}.";
    }
}
