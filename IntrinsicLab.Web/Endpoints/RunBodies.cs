using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Data;

namespace IntrinsicLab.Web.Endpoints;

/// <summary>Body of POST runs. What is left out is defaulted; the answer shows every default.</summary>
public sealed record NewRun : IRequestBody<NewRun>
{
    /// <summary>Name for people; made from algorithm, environment and seed when left out.</summary>
    public string? Name { get; init; }

    /// <summary>Id of the algorithm; required unless the run is external.</summary>
    public string? Algorithm { get; init; }

    /// <summary>Name of its arm, where figures compare settings of one algorithm.</summary>
    public string? Arm { get; init; }

    /// <summary>Id of the environment; required unless the run is external.</summary>
    public string? Environment { get; init; }

    /// <summary>Budget in environment steps; required unless the run is external.</summary>
    public long? Steps { get; init; }

    /// <summary>Root of all randomness; 1 when left out.</summary>
    public int? Seed { get; init; }

    /// <summary>cpu, cuda or cuda:N.</summary>
    public string? Device { get; init; }

    /// <summary>Hyper-parameters that differ from the defaults; GET algorithms/{id} has the schema.</summary>
    public JsonObject? Parameters { get; init; }

    /// <summary>Parameters of the environment and its wrappers that differ from the defaults.</summary>
    public JsonObject? EnvironmentParameters { get; init; }

    /// <summary>
    /// When the policy is tried out and recorded: times (10; 0 for never) or every (steps), episodes (5), record (1). Training is the same
    /// with and without.
    /// </summary>
    public JsonObject? Evaluation { get; init; }


    /// <summary>-1000 to 1000; higher runs first.</summary>
    public int? Priority { get; init; }
    public IReadOnlyList<string>? Tags { get; init; }
    public string? Notes { get; init; }

    /// <summary>
    /// 'external' for a run whose points another program sends: only a name is required, algorithm and environment are free text.
    /// </summary>
    public string? Source { get; init; }

    internal RunRequest? Request { get; private init; }
    internal ExternalRun? External { get; private init; }

    public static bool NamesRules => true;

    public static NewRun? Read(JsonElement json, List<Problem> problems) => Read(json, problems, null);

    public static NewRun? Read(JsonElement json, List<Problem> problems, IReadOnlyCollection<string>? rules)
    {
        RunRequest? request = null;
        ExternalRun? external = null;
        if (json.ValueKind == JsonValueKind.Object && json.TryGetProperty("source", out var source))
        {
            if (source.ValueKind == JsonValueKind.String && source.GetString() == Run.SourceExternal)
                external = ExternalRun.Read(json, problems);
            else
                problems.Add(new("/source", "Expected 'external'; leave it out for a run that the lab trains."));
        }
        else
            request = RunRequest.Read(json, problems, rules);
        return new() { Request = request, External = external };
    }
}

/// <summary>A run whose points another program sends.</summary>
internal sealed record ExternalRun(
    string Name, string Algorithm, string Environment, long Steps, int Seed, IReadOnlyList<string> Tags, string Notes)
{
    public static ExternalRun? Read(JsonElement json, List<Problem> problems)
    {
        var members = Members.Of(json, "", problems);
        members.Take("source");
        var run = new ExternalRun(
            members.Text("name", 200, required: true) ?? "",
            members.Text("algorithm", 100) ?? "external",
            members.Text("environment", 100) ?? "external",
            members.Whole("steps", 0, RunPlan.LongestRun) ?? 0,
            (int)(members.Whole("seed", 0, int.MaxValue) ?? 1),
            members.Texts("tags", 20, 50),
            members.Text("notes", 20_000) ?? "");
        members.RefuseOthers("member", ["name", "algorithm", "environment", "steps", "seed", "tags", "notes", "source"]);
        return run;
    }

    public Run ToRun() => new()
    {
        Name = Name.Trim(),
        Algorithm = Algorithm,
        Environment = Environment,
        Steps = Steps,
        Seed = Seed,
        Tags = [.. Tags],
        Notes = Notes,
        ConfigurationHash = Convert.ToHexStringLower(
            SHA256.HashData(Encoding.UTF8.GetBytes($"external\n{Algorithm}\n{Environment}\n{Steps}"))),
        Plan = new JsonObject
        {
            ["algorithm"] = Algorithm,
            ["environment"] = Environment,
            ["steps"] = Steps,
            ["seed"] = Seed,
        }.ToJsonString(),
    };
}

/// <summary>Body of PATCH runs/{id}: what is left out stays.</summary>
public sealed record RunChanges : IRequestBody<RunChanges>
{
    public string? Name { get; init; }
    public IReadOnlyList<string>? Tags { get; init; }
    public string? Notes { get; init; }

    /// <summary>Charts show it beside other runs.</summary>
    public bool? Baseline { get; init; }

    public static RunChanges? Read(JsonElement json, List<Problem> problems)
    {
        var members = Members.Of(json, "", problems);
        var tagsGiven = json.ValueKind == JsonValueKind.Object && json.TryGetProperty("tags", out _);
        var nameGiven = json.ValueKind == JsonValueKind.Object && json.TryGetProperty("name", out _);
        var changes = new RunChanges
        {
            Name = nameGiven ? members.Text("name", 200, required: true) : null,
            Tags = tagsGiven ? members.Texts("tags", 20, 50) : null,
            Notes = members.Text("notes", 20_000),
            Baseline = members.Flag("baseline"),
        };
        members.RefuseOthers("member", ["name", "tags", "notes", "baseline"]);
        return changes;
    }
}
