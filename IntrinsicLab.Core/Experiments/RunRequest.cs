using System.Text.Json;

namespace IntrinsicLab.Core.Experiments;

/// <summary>A run somebody asks for: its plan, and how it is to be queued and found again.</summary>
/// <param name="Plan">What to run.</param>
/// <param name="Priority">Higher runs first; 0 is usual.</param>
/// <param name="Tags">Words to find it by.</param>
/// <param name="Notes">Free text.</param>
public sealed record RunRequest(RunPlan Plan, int Priority, IReadOnlyList<string> Tags, string Notes)
{
    private static readonly string[] Known =
    [
        "name", "algorithm", "arm", "environment", "steps", "seed", "device", "parameters", "environmentParameters", "evaluation", "priority", "tags", "notes",
    ];

    /// <summary>Reads a request, adding every fault to <paramref name="problems"/>; null when there were any.</summary>
    /// <param name="json">The request.</param>
    /// <param name="problems">Receives the faults.</param>
    /// <param name="rules">The learned rules there are, as "name@version"; parameters that name another are faults. Null to look nothing up.</param>
    public static RunRequest? Read(JsonElement json, List<Problem> problems, IReadOnlyCollection<string>? rules = null)
    {
        var before = problems.Count;
        var members = Members.Of(json, "", problems);
        var plan = RunPlan.Read(members, problems, rules);
        var labels = Labels.Read(members);
        if (members.Take("seeds") is not null)
            members.Fault("seeds", "A run has one 'seed'; an experiment has 'seeds'.");
        members.RefuseOthers("member", Known);
        return problems.Count == before ? new RunRequest(plan!, labels.Priority, labels.Tags, labels.Notes) : null;
    }
}

/// <summary>What runs and experiments are queued and found by.</summary>
internal readonly record struct Labels(int Priority, IReadOnlyList<string> Tags, string Notes)
{
    public static Labels Read(Members members) => new(
        (int)(members.Whole("priority", -1000, 1000) ?? 0),
        members.Texts("tags", 20, 50),
        members.Text("notes", 20_000) ?? "");
}
