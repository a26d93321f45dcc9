using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Nodes;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Data;

namespace IntrinsicLab.Web.Endpoints;

/// <summary>An experiment and how far it is.</summary>
/// <param name="Id">UUID version 7.</param>
/// <param name="Name">Name for people.</param>
/// <param name="Notes">Free text.</param>
/// <param name="CreatedAt">When it was queued.</param>
/// <param name="Runs">How many runs it has.</param>
/// <param name="Finished">Every run has ended.</param>
/// <param name="RunsByStatus">How many runs are in which status.</param>
/// <param name="Steps">Environment steps of all its runs together.</param>
/// <param name="StepsDone">How many of them are done.</param>
public sealed record ExperimentResource(
    Guid Id, string Name, string Notes, DateTimeOffset CreatedAt, int Runs, bool Finished,
    IReadOnlyDictionary<string, int> RunsByStatus, long Steps, long StepsDone)
{
    internal ExperimentResource(ExperimentRow row) : this(
        row.Id, row.Name, row.Notes, row.CreatedAt, row.Runs, row.Finished, row.ByStatus.ToDictionary(pair => Words.Of(pair.Key), pair => pair.Value), row.Steps,
        row.StepsDone) =>
        (Algorithms, Environments, Configurations, Seeds, UpdatedAt) = (row.Algorithms, row.Environments, row.Configurations, row.Seeds, row.UpdatedAt);

    /// <summary>Ids of its algorithms.</summary>
    public IReadOnlyList<string> Algorithms { get; init; } = [];

    /// <summary>Ids of its environments.</summary>
    public IReadOnlyList<string> Environments { get; init; } = [];

    /// <summary>How many configurations its runs are seeds of.</summary>
    public int Configurations { get; init; }

    /// <summary>How many different seeds there are.</summary>
    public int Seeds { get; init; }

    /// <summary>Last change of any of its runs.</summary>
    public DateTimeOffset UpdatedAt { get; init; }

    /// <summary>The plan as it was given; only where one experiment is read.</summary>
    public JsonObject? Plan { get; init; }
    public ExperimentLinks Links => new(Id);
}

/// <summary>Where to go from an experiment.</summary>
/// <param name="id">The experiment.</param>
public sealed class ExperimentLinks(Guid id)
{
    public string Self => $"/api/v1/experiments/{id}";
    public string Page => $"/experiments/{id}";
    public string Runs => $"/api/v1/runs?experiment={id}";
    public string Differences => $"{Self}/differences";
    public string Curves => $"{Self}/curves";
}

/// <summary>Query of the list of experiments.</summary>
public sealed record ExperimentListQuery : ICheckedQuery
{
    /// <summary>Words that all occur in name or notes.</summary>
    public string Q { get; init; } = "";

    /// <summary>Rows per page.</summary>
    [Range(1, 1000)]
    public int Limit { get; init; } = 100;

    /// <summary>Where the page before ended: its 'next'.</summary>
    public string Cursor { get; init; } = "";

    /// <summary>Also say how many experiments match.</summary>
    public bool Count { get; init; }

    public void Check(List<Problem> faults)
    {
        if (Cursor.Length > 0 && !Guid.TryParseExact(Cursor, "N", out _))
            faults.Add(new("/cursor", "This cursor belongs to another list; leave it out to start at the beginning."));
    }
}

/// <summary>Body of POST experiments: algorithms × environments × grid × seeds under one budget.</summary>
public sealed record NewExperiment : IRequestBody<NewExperiment>
{
    public required string Name { get; init; }

    /// <summary>Ids of algorithms; either these or arms.</summary>
    public IReadOnlyList<string>? Algorithms { get; init; }

    /// <summary>Algorithms under names, with settings of their own: {name, algorithm, parameters, environmentParameters}.</summary>
    public IReadOnlyList<NewArm>? Arms { get; init; }
    public required IReadOnlyList<string> Environments { get; init; }

    /// <summary>A count, or a list of seeds.</summary>
    public required JsonNode Seeds { get; init; }

    /// <summary>Budget of each run in environment steps.</summary>
    public required long Steps { get; init; }
    public string? Device { get; init; }

    /// <summary>By algorithm: hyper-parameters that differ from the defaults.</summary>
    public JsonObject? Parameters { get; init; }

    /// <summary>By environment: parameters that differ from the defaults; "*" stands for every environment.</summary>
    public JsonObject? EnvironmentParameters { get; init; }

    /// <summary>By 'algorithm.parameter' or 'environment.parameter': the values to try.</summary>
    public JsonObject? Grid { get; init; }

    /// <summary>When policies are tried out and recorded, as in POST runs.</summary>
    public JsonObject? Evaluation { get; init; }
    public int? Priority { get; init; }
    public IReadOnlyList<string>? Tags { get; init; }
    public string? Notes { get; init; }

    internal ExperimentPlan? Plan { get; private init; }
    internal string? Json { get; private init; }

    public static bool NamesRules => true;

    public static NewExperiment? Read(JsonElement json, List<Problem> problems) => Read(json, problems, null);

    public static NewExperiment? Read(JsonElement json, List<Problem> problems, IReadOnlyCollection<string>? rules) => new()
    {
        Name = "",
        Environments = [],
        Seeds = 0,
        Steps = 0,
        Plan = ExperimentPlan.Read(json, problems, rules),
        Json = json.GetRawText(),
    };
}

/// <summary>One arm of an experiment.</summary>
public sealed record NewArm
{
    /// <summary>What figures call it.</summary>
    public required string Name { get; init; }

    /// <summary>Id of its algorithm.</summary>
    public required string Algorithm { get; init; }

    /// <summary>Hyper-parameters that differ from the defaults.</summary>
    public JsonObject? Parameters { get; init; }

    /// <summary>By environment, or under "*": parameters that differ from the plan's.</summary>
    public JsonObject? EnvironmentParameters { get; init; }
}

/// <summary>Body of PATCH experiments/{id}: what is left out stays.</summary>
public sealed record ExperimentChanges : IRequestBody<ExperimentChanges>
{
    public string? Name { get; init; }
    public string? Notes { get; init; }

    public static ExperimentChanges? Read(JsonElement json, List<Problem> problems)
    {
        var members = Members.Of(json, "", problems);
        var nameGiven = json.ValueKind == JsonValueKind.Object && json.TryGetProperty("name", out _);
        var changes = new ExperimentChanges
        {
            Name = nameGiven ? members.Text("name", 200, required: true) : null,
            Notes = members.Text("notes", 20_000),
        };
        members.RefuseOthers("member", ["name", "notes"]);
        return changes;
    }
}
