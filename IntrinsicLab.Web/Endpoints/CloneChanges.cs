using System.Text.Json;
using System.Text.Json.Nodes;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Data;

namespace IntrinsicLab.Web.Endpoints;

/// <summary>
/// Body of POST runs/{id}/clone: members of a new run that differ from the run's own; parameters are laid over its own one by one.
/// </summary>
public sealed record CloneChanges : IRequestBody<CloneChanges>
{
    public string? Name { get; init; }
    public long? Steps { get; init; }
    public int? Seed { get; init; }
    public string? Device { get; init; }
    public JsonObject? Parameters { get; init; }
    public JsonObject? EnvironmentParameters { get; init; }
    public JsonObject? Evaluation { get; init; }
    public int? Priority { get; init; }
    public IReadOnlyList<string>? Tags { get; init; }
    public string? Notes { get; init; }

    public static bool Optional => true;

    internal JsonObject Overrides { get; private init; } = [];

    public static CloneChanges? Read(JsonElement json, List<Problem> problems)
    {
        var members = Members.Of(json, "", problems);
        string[] known = ["name", "steps", "seed", "device", "parameters", "environmentParameters", "evaluation", "priority", "tags", "notes"];
        var overrides = new JsonObject(known.Select(name => (Name: name, Value: members.Take(name)))
            .Where(member => member.Value is not null)
            .Select(member => KeyValuePair.Create(member.Name, JsonSerializer.SerializeToNode(member.Value))));
        members.RefuseOthers("member", known);
        return new() { Overrides = overrides };
    }

    /// <summary>The request for a run like another one.</summary>
    internal JsonObject Over(Run run)
    {
        var request = JsonNode.Parse(run.Plan)!.AsObject();
        // A name made from the seed would be wrong for another one.
        if (run.Name == $"{run.Algorithm}-{run.Environment}-{run.Seed}")
            request.Remove("name");
        request["priority"] = run.Priority;
        request["tags"] = new JsonArray([.. run.Tags.Select(tag => (JsonNode)JsonValue.Create(tag))]);
        request["notes"] = run.Notes;
        foreach (var (name, value) in Overrides)
            if (value is JsonObject changes && request[name] is JsonObject own)
                foreach (var (member, changed) in changes)
                    own[member] = changed?.DeepClone();
            else
                request[name] = value?.DeepClone();
        return request;
    }
}
