using System.Globalization;
using System.Text.Json;
using IntrinsicLab.Core.Statistics;

namespace IntrinsicLab.Core.Experiments;

/// <summary>
/// Groups that stand for one method, such as sizes of its one parameter: on each environment the one with the best mean score counts. It is chosen on
/// the very seeds that are then compared, which favours the family; papers that search a parameter for each task do the same.
/// </summary>
/// <param name="Name">Name by which expectations call it.</param>
/// <param name="Groups">Its groups.</param>
public sealed record GroupFamily(string Name, IReadOnlyList<string> Groups)
{
    internal static List<GroupFamily> ReadAll(JsonElement? json, string pointer, List<Problem> problems)
    {
        var families = new List<GroupFamily>();
        foreach (var (name, value) in Members.Of(json, pointer, problems).TakeAll())
        {
            var family = Members.Of(value, Problem.At(pointer, name), problems);
            var groups = family.Texts("bestOf", 100, 200, required: true);
            family.RefuseOthers("member", ["bestOf"]);
            families.Add(new(name, groups));
        }
        return families;
    }

    internal void FindUnknown(IReadOnlyCollection<string> known, string pointer, List<Problem> problems)
    {
        if (known.Contains(Name))
            problems.Add(new(Problem.At(pointer, Name), "A group of this plan is called so; a family needs a name of its own."));
        foreach (var (index, group) in Groups.Index())
            if (!known.Contains(group))
                problems.Add(new($"{Problem.At(pointer, Name)}/bestOf/{index.ToString(CultureInfo.InvariantCulture)}", Problem.Unknown("group in this plan", group, known)));
    }
}

/// <summary>One side of an expectation: the scores that count, and how many there are to come.</summary>
internal sealed record Side(IReadOnlyList<double> Scores, int Seen, int Planned, string Choice)
{
    public static Side None { get; } = new([], 0, 0, "");

    /// <summary>A group's scores, or those of the best group of a family.</summary>
    public static Side Of(string name, IReadOnlyList<GroupFamily> families, bool lowerIsBetter, Func<string, GroupScores> scores)
    {
        if (families.FirstOrDefault(family => family.Name == name) is not { } family)
            return scores(name) is var own ? new(own.Scores, own.Scores.Count, own.Planned, "") : None;
        var members = family.Groups.Select(group => (Group: group, Found: scores(group))).Where(member => member.Found.Planned > 0).ToList();
        var scored = members.Where(member => member.Found.Scores.Count > 0).ToList();
        if (scored.Count == 0)
            return new([], 0, members.Sum(member => member.Found.Planned), "");
        // The first of equals, in the order of the plan.
        var best = scored.MaxBy(member => (lowerIsBetter ? -1 : 1) * Aggregates.Mean([.. member.Found.Scores]));
        var choice = members.Count == 1
            ? $"Of {name} only {best.Group} is run here."
            : $"Of {name} its best here counts, {best.Group}: chosen from {members.Count.ToString(CultureInfo.InvariantCulture)} on these same seeds, which favours {name}.";
        return new(best.Found.Scores, members.Sum(member => member.Found.Scores.Count), members.Sum(member => member.Found.Planned), choice);
    }
}
