using System.Text.Json.Nodes;
using IntrinsicLab.Data;
using Microsoft.AspNetCore.WebUtilities;

namespace IntrinsicLab.Web.Endpoints;

/// <summary>A run with everything that was defaulted for it.</summary>
public sealed record RunResource
{
    public RunResource(Run run)
    {
        var plan = JsonNode.Parse(run.Plan)!.AsObject();
        (Id, Name, ExperimentId, Status, Source, Version) = (run.Id, run.Name, run.ExperimentId, run.Status, run.Source, run.Version);
        (Algorithm, Environment, Steps, Seed, Device) = (run.Algorithm, run.Environment, run.Steps, run.Seed, run.Device);
        Parameters = plan["parameters"]?.DeepClone().AsObject() ?? [];
        EnvironmentParameters = plan["environmentParameters"]?.DeepClone().AsObject() ?? [];
        Evaluation = plan["evaluation"]?.DeepClone().AsObject() ?? [];
        (Priority, Tags, Notes, Baseline, ConfigurationHash) = (run.Priority, run.Tags, run.Notes, run.Baseline, run.ConfigurationHash);
        (CreatedAt, StartedAt, FinishedAt, UpdatedAt) = (run.CreatedAt, run.StartedAt, run.FinishedAt, run.UpdatedAt);
        (StepsDone, EpisodesDone, LastReturn, BestReturn) = (run.StepsDone, run.EpisodesDone, run.LastReturn, run.BestReturn);
        (StepsPerSecond, ActiveSeconds, Attempt, WorkerId, Host, Error) =
            (run.StepsPerSecond, run.ActiveSeconds, run.Attempt, run.WorkerId, run.Host, run.Error);
    }

    public Guid Id { get; }
    public string Name { get; }
    public Guid? ExperimentId { get; }
    public RunStatus Status { get; }

    /// <summary><c>lab</c>, or <c>external</c> where another program sends the points.</summary>
    public string Source { get; }

    /// <summary>Raised by every edit and transition; the first part of the ETag.</summary>
    public long Version { get; }
    public string Algorithm { get; }
    public string Environment { get; }

    /// <summary>Budget in environment steps.</summary>
    public long Steps { get; }
    public int Seed { get; }
    public string Device { get; }

    /// <summary>Every hyper-parameter with its value.</summary>
    public JsonObject Parameters { get; }

    /// <summary>Every parameter of the environment and its wrappers with its value.</summary>
    public JsonObject EnvironmentParameters { get; }

    /// <summary>When the policy is tried out and recorded.</summary>
    public JsonObject Evaluation { get; }
    public int Priority { get; }
    public IReadOnlyList<string> Tags { get; }
    public string Notes { get; }
    public bool Baseline { get; }

    /// <summary>SHA-256 of everything but name, seed and evaluation: runs that share it are seeds of one configuration.</summary>
    public string ConfigurationHash { get; }
    public DateTimeOffset CreatedAt { get; }
    public DateTimeOffset? StartedAt { get; }
    public DateTimeOffset? FinishedAt { get; }
    public DateTimeOffset UpdatedAt { get; }
    public long StepsDone { get; }
    public long EpisodesDone { get; }

    /// <summary>Mean raw return of the last 100 training episodes.</summary>
    public double? LastReturn { get; }
    public double? BestReturn { get; }
    public double? StepsPerSecond { get; }

    /// <summary>Seconds spent training, over all attempts, without pauses.</summary>
    public double ActiveSeconds { get; }

    /// <summary>How often a worker has claimed it.</summary>
    public int Attempt { get; }

    /// <summary>The worker that holds it, if any.</summary>
    public string? WorkerId { get; }
    public string? Host { get; }
    public string? Error { get; }
    public RunLinks Links => new(Id);
}

/// <summary>Where to go from a run.</summary>
/// <param name="id">The run.</param>
public sealed class RunLinks(Guid id)
{
    public string Self => $"/api/v1/runs/{id}";

    /// <summary>The run's page for people.</summary>
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
/// <param name="Count">How many rows match in all, when asked for.</param>
public sealed record Page<T>(IReadOnlyList<T> Items, string? Next, int? Count = null)
{
    /// <summary>Adds <c>Link: …; rel="next"</c>.</summary>
    public Page<T> Announced(HttpContext context)
    {
        if (Next is null)
            return this;
        var query = context.Request.Query.Where(pair => pair.Key != "cursor")
            .ToDictionary(pair => pair.Key, pair => (string?)pair.Value.ToString());
        query["cursor"] = Next;
        context.Response.Headers.Link = $"<{QueryHelpers.AddQueryString(context.Request.Path, query)}>; rel=\"next\"";
        return this;
    }
}
