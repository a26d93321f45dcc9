using System.Reflection;
using IntrinsicLab.Core.Experiments;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>The learned rules that come with the lab: the files in <c>Rules</c>, inside the assembly.</summary>
public static class ShippedRules
{
    private static readonly Lazy<IReadOnlyList<LearnedRule>> Rules = new(Read);

    /// <summary>All of them, by name and version.</summary>
    /// <exception cref="InvalidDataException">One cannot be read.</exception>
    public static IReadOnlyList<LearnedRule> All => Rules.Value;

    /// <summary>The rule of this <see cref="LearnedRule.Id"/>; null where none is shipped.</summary>
    public static LearnedRule? Find(string id) => All.FirstOrDefault(rule => rule.Id == id);

    private static List<LearnedRule> Read()
    {
        var assembly = Assembly.GetExecutingAssembly();
        var rules = new List<LearnedRule>();
        foreach (var name in assembly.GetManifestResourceNames().Where(name => name.EndsWith(LearnedRuleFile.Extension, StringComparison.Ordinal)))
        {
            using var buffer = new MemoryStream();
            using (var resource = assembly.GetManifestResourceStream(name)!)
                resource.CopyTo(buffer);
            var problems = new List<Problem>();
            rules.Add(LearnedRuleFile.Read(buffer.ToArray(), problems) ?? throw new InvalidDataException(
                $"The shipped rule {name} cannot be read: {string.Join(" ", problems.Select(problem => $"{problem.Pointer} {problem.Message}".Trim()))}"));
        }
        return [.. rules.OrderBy(rule => rule.Name, StringComparer.Ordinal).ThenBy(rule => rule.Version)];
    }
}
