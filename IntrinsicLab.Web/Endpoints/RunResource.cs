using System.Linq.Expressions;
using System.Text.Json.Nodes;
using IntrinsicLab.Data;

namespace IntrinsicLab.Web.Endpoints;

/// <summary>A run as lists show it.</summary>
public record RunSummary
{
    public Guid Id { get; init; }
    public required string Name { get; init; }
    public RunStatus Status { get; init; }
    public required string Algorithm { get; init; }
    public required string Environment { get; init; }

    /// <summary>Budget in environment steps.</summary>
    public long Steps { get; init; }
    public int Seed { get; init; }
    public required string Device { get; init; }
    public int Priority { get; init; }
    public required IReadOnlyList<string> Tags { get; init; }
    public bool Baseline { get; init; }

    /// <summary><c>lab</c>, or <c>external</c> where another program sends the points.</summary>
    public required string Source { get; init; }
    public Guid? ExperimentId { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? StartedAt { get; init; }
    public DateTimeOffset? FinishedAt { get; init; }
    public DateTimeOffset UpdatedAt { get; init; }
    public long StepsDone { get; init; }
    public long EpisodesDone { get; init; }

    /// <summary>Mean raw return of the last 100 training episodes.</summary>
    public double? LastReturn { get; init; }
    public double? BestReturn { get; init; }
    public double? StepsPerSecond { get; init; }

    /// <summary>Seconds spent training, over all attempts, without pauses.</summary>
    public double ActiveSeconds { get; init; }

    /// <summary>SHA-256 of everything but name and seed: runs that share it are seeds of one configuration.</summary>
    public required string ConfigurationHash { get; init; }
    public string? Error { get; init; }
    public RunLinks Links => new(Id);

    /// <summary>What a list reads from the database: no plan, no notes, no package lists.</summary>
    public static Expression<Func<Run, RunSummary>> Of { get; } = run => new RunSummary
    {
        Id = run.Id,
        Name = run.Name,
        Status = run.Status,
        Algorithm = run.Algorithm,
        Environment = run.Environment,
        Steps = run.Steps,
        Seed = run.Seed,
        Device = run.Device,
        Priority = run.Priority,
        Tags = run.Tags,
        Baseline = run.Baseline,
        Source = run.Source,
        ExperimentId = run.ExperimentId,
        CreatedAt = run.CreatedAt,
        StartedAt = run.StartedAt,
        FinishedAt = run.FinishedAt,
        UpdatedAt = run.UpdatedAt,
        StepsDone = run.StepsDone,
        EpisodesDone = run.EpisodesDone,
        LastReturn = run.LastReturn,
        BestReturn = run.BestReturn,
        StepsPerSecond = run.StepsPerSecond,
        ActiveSeconds = run.ActiveSeconds,
        ConfigurationHash = run.ConfigurationHash,
        Error = run.Error,
    };

    internal static Func<Run, RunSummary> Make { get; } = Of.Compile();
}

/// <summary>A run with everything that was defaulted for it.</summary>
public sealed record RunResource : RunSummary
{
    [System.Diagnostics.CodeAnalysis.SetsRequiredMembers]
    public RunResource(Run run)
        : base(Make(run))
    {
        var plan = JsonNode.Parse(run.Plan)!.AsObject();
        Parameters = plan["parameters"]?.DeepClone().AsObject() ?? [];
        EnvironmentParameters = plan["environmentParameters"]?.DeepClone().AsObject() ?? [];
        Notes = run.Notes;
        Attempt = run.Attempt;
        Worker = run.WorkerId;
        Version = run.Version;
    }

    /// <summary>Every hyper-parameter with its value.</summary>
    public JsonObject Parameters { get; }

    /// <summary>Every parameter of the environment and its wrappers with its value.</summary>
    public JsonObject EnvironmentParameters { get; }
    public string Notes { get; }

    /// <summary>How often a worker has claimed it.</summary>
    public int Attempt { get; }

    /// <summary>The worker that holds it, if any.</summary>
    public string? Worker { get; }

    /// <summary>Raised by every edit and transition.</summary>
    public long Version { get; }
}

/// <summary>Where to go from a run.</summary>
/// <param name="id">The run.</param>
public sealed class RunLinks(Guid id)
{
    public string Self => $"/api/v1/runs/{id}";
    public string Page => $"/runs/{id}";
    public string Metrics => $"{Self}/metrics";
    public string Log => $"{Self}/log";
    public string Events => $"{Self}/events";
    public string Artifacts => $"{Self}/artifacts";
    public string Manifest => $"{Self}/manifest";
}

/// <summary>One page of a list.</summary>
/// <param name="Items">The rows.</param>
/// <param name="Next">Cursor of the next page; null on the last.</param>
/// <param name="Count">How many rows the filter matches in all, when asked for.</param>
public sealed record Page<T>(IReadOnlyList<T> Items, string? Next, int? Count)
{
    /// <summary>Adds <c>Link: …; rel="next"</c>.</summary>
    public Page<T> Announced(HttpContext context)
    {
        if (Next is not null)
        {
            var query = context.Request.Query.Where(pair => pair.Key != "cursor").ToDictionary(pair => pair.Key, pair => (string?)pair.Value.ToString());
            query["cursor"] = Next;
            context.Response.Headers.Link = $"<{Microsoft.AspNetCore.WebUtilities.QueryHelpers.AddQueryString(context.Request.Path, query)}>; rel=\"next\"";
        }
        return this;
    }
}
