using System.Text.Json;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Data;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntrinsicLab.Web.Endpoints;

/// <summary>Baselines: runs, configurations and experiments that others are measured by.</summary>
public static class BaselineEndpoints
{
    public static void Map(RouteGroupBuilder group)
    {
        group.MapGet("/baselines", List).WithName("ListBaselines");
        group.MapPost("/baselines", Pin).WithName("PinBaseline").Creates();
        group.MapGet("/baselines/{id:guid}", Get).WithName("GetBaseline");
        group.MapGet("/baselines/{id:guid}/curves", Curves).WithName("GetBaselineCurves");
        group.MapDelete("/baselines/{id:guid}", Unpin).WithName("UnpinBaseline");
    }

    /// <summary>Lists baselines by name; with 'environment' those that have runs on it, and only these runs.</summary>
    public static async Task<Ok<Listing<BaselineResource>>> List(Query<BaselineQuery> query, Baselines baselines, CancellationToken cancellation) =>
        TypedResults.Ok(new Listing<BaselineResource>(
            [.. (await baselines.List(query.Value.Environment is { Length: > 0 } environment ? environment : null, cancellation)).Select(BaselineResource.Of)]));

    /// <summary>Pins a run, every seed of a configuration, or an experiment under a name. Pinned twice it is 409.</summary>
    public static async Task<Results<Created<BaselineResource>, ProblemResult>> Pin(Body<NewBaseline> body, Baselines baselines, CancellationToken cancellation)
    {
        var wanted = body.Value.ToBaseline();
        var (baseline, isNew) = await baselines.Pin(wanted, cancellation);
        if (baseline is null)
            return ProblemResult.Invalid($"/{wanted.Kind}", wanted.Kind switch
            {
                "run" => $"There is no run {wanted.RunId}.",
                "experiment" => $"There is no experiment {wanted.ExperimentId}.",
                _ => $"No run on {wanted.Environment} has this configuration; a run's configurationHash is in GET runs/ID.",
            });
        if (!isNew)
            return ProblemResult.Conflict($"It is pinned already, as “{baseline.Name}”: GET /api/v1/baselines/{baseline.Id}.");
        var resource = BaselineResource.Of((await baselines.Find(baseline.Id, null, cancellation))!);
        return TypedResults.Created(resource.Links.Self, resource);
    }

    /// <summary>One baseline with its runs.</summary>
    public static async Task<Results<Ok<BaselineResource>, ProblemResult>> Get(Guid id, Baselines baselines, CancellationToken cancellation) =>
        await baselines.Find(id, null, cancellation) is { } found ? TypedResults.Ok(BaselineResource.Of(found)) : Missing(id);

    /// <summary>
    /// The baseline's curves on one environment, as POST comparisons would give them: one group, or one per configuration of an experiment.
    /// </summary>
    public static async Task<Results<Ok<ComparisonResource>, ProblemResult>> Curves(
        Guid id, Query<BaselineCurveQuery> query, Baselines baselines, Comparisons comparisons, CancellationToken cancellation)
    {
        if (await baselines.Find(id, query.Value.Environment is { Length: > 0 } environment ? environment : null, cancellation) is not { } found)
            return Missing(id);
        if (found.Runs.Count == 0)
            return ProblemResult.NotFound($"The baseline “{found.Baseline.Name}” has no runs{(query.Value.Environment.Length > 0 ? $" on {query.Value.Environment}" : " left")}.");
        var asked = new ComparisonQuery { Runs = [.. found.Runs.Select(run => run.Id)], Metric = query.Value.Metric, X = query.Value.Axis };
        try
        {
            var answer = ComparisonResource.Of(asked, await comparisons.Compare(asked, cancellation));
            return TypedResults.Ok(answer with
            {
                Groups = [.. answer.Groups.Select(group => group with
                {
                    Label = answer.Groups.Count == 1 ? found.Baseline.Name : $"{found.Baseline.Name}: {group.Label}",
                })],
                Pairs = [],
            });
        }
        catch (ComparisonException fault)
        {
            return ProblemResult.NotFound(fault.Message);
        }
    }

    /// <summary>Takes a baseline off the list; its runs stay.</summary>
    public static async Task<Results<NoContent, ProblemResult>> Unpin(Guid id, Baselines baselines, CancellationToken cancellation) =>
        await baselines.Unpin(id, cancellation) ? TypedResults.NoContent() : Missing(id);

    private static ProblemResult Missing(Guid id) => ProblemResult.NotFound($"There is no baseline {id}.");
}

/// <summary>Query of the baselines.</summary>
public sealed record BaselineQuery
{
    /// <summary>Id of an environment.</summary>
    public string Environment { get; init; } = "";
}

/// <summary>Query of a baseline's curves.</summary>
public sealed record BaselineCurveQuery : ICheckedQuery
{
    /// <summary>Id of an environment; all of the baseline's when left out.</summary>
    public string Environment { get; init; } = "";

    /// <summary>Name of the metric.</summary>
    public string Metric { get; init; } = MetricStore.ReturnMetric;

    /// <summary>steps, episodes or seconds.</summary>
    public string X { get; init; } = "steps";

    internal MetricAxis Axis => X switch { "episodes" => MetricAxis.Episodes, "seconds" => MetricAxis.Seconds, _ => MetricAxis.Steps };

    public void Check(List<Problem> faults)
    {
        if (X is not ("steps" or "episodes" or "seconds"))
            faults.Add(new("/x", Problem.Unknown("choice", X, ["steps", "episodes", "seconds"])));
    }
}

/// <summary>Body of POST baselines: exactly one of run, experiment and configuration.</summary>
public sealed record NewBaseline : IRequestBody<NewBaseline>
{
    /// <summary>Id of a run.</summary>
    public Guid? Run { get; init; }

    /// <summary>Id of an experiment; all its runs count.</summary>
    public Guid? Experiment { get; init; }

    /// <summary>A run's configurationHash; with 'environment', all runs that share it count.</summary>
    public string? Configuration { get; init; }

    /// <summary>Id of the environment that a configuration is of.</summary>
    public string? Environment { get; init; }

    /// <summary>Name for people; that of what is pinned when left out.</summary>
    public string? Name { get; init; }
    public string? Notes { get; init; }

    public static NewBaseline? Read(JsonElement json, List<Problem> problems)
    {
        var before = problems.Count;
        var members = Members.Of(json, "", problems);
        var baseline = new NewBaseline
        {
            Run = Id(members, "run"),
            Experiment = Id(members, "experiment"),
            Configuration = members.Text("configuration", 100),
            Environment = members.Text("environment", 100),
            Name = members.Text("name", 200),
            Notes = members.Text("notes", 20_000),
        };
        members.RefuseOthers("member", ["run", "experiment", "configuration", "environment", "name", "notes"]);
        if (problems.Count > before)
            return null;
        if (new object?[] { baseline.Run, baseline.Experiment, baseline.Configuration }.Count(each => each is not null) != 1)
            problems.Add(new("", "Name exactly one of 'run', 'experiment' and 'configuration'."));
        else if (baseline.Configuration is not null && baseline.Environment is null)
            problems.Add(new("/environment", "Say which environment the configuration is of."));
        else if (baseline.Configuration is null && baseline.Environment is not null)
            problems.Add(new("/environment", "Only a configuration needs its environment."));
        return problems.Count == before ? baseline : null;
    }

    internal Baseline ToBaseline() => new()
    {
        Name = Name ?? "",
        RunId = Run,
        ExperimentId = Experiment,
        ConfigurationHash = Configuration,
        Environment = Environment,
        Notes = Notes ?? "",
    };

    private static Guid? Id(Members members, string name)
    {
        if (members.Text(name, 40) is not { } text)
            return null;
        if (Guid.TryParse(text, out var id))
            return id;
        members.Fault(name, $"'{text}' is no id.");
        return null;
    }
}

/// <summary>A baseline.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Name for people.</param>
/// <param name="Kind">run, configuration or experiment.</param>
/// <param name="Run">The run that is pinned.</param>
/// <param name="Experiment">The experiment that is pinned.</param>
/// <param name="Configuration">Hash of the configuration that is pinned.</param>
/// <param name="Environments">Environments of its runs.</param>
/// <param name="Algorithms">Algorithms of its runs.</param>
/// <param name="Runs">Its runs that are not deleted; empty where all are.</param>
/// <param name="Notes">Free text.</param>
/// <param name="CreatedAt">When it was pinned.</param>
/// <param name="Links">Where to go from here.</param>
public sealed record BaselineResource(
    Guid Id, string Name, string Kind, Guid? Run, Guid? Experiment, string? Configuration, IReadOnlyList<string> Environments,
    IReadOnlyList<string> Algorithms, IReadOnlyList<Guid> Runs, string Notes, DateTimeOffset CreatedAt, BaselineLinks Links)
{
    public static BaselineResource Of(PinnedRuns pinned)
    {
        var (baseline, runs) = pinned;
        return new(baseline.Id, baseline.Name, baseline.Kind, baseline.RunId, baseline.ExperimentId, baseline.ConfigurationHash,
            [.. runs.Select(run => run.Environment).Distinct()], [.. runs.Select(run => run.Algorithm).Distinct()], [.. runs.Select(run => run.Id)],
            baseline.Notes, baseline.CreatedAt, new(baseline.Id));
    }
}

/// <summary>Where to go from a baseline.</summary>
/// <param name="id">The baseline.</param>
public sealed class BaselineLinks(Guid id)
{
    public string Self => $"/api/v1/baselines/{id}";
    public string Curves => $"{Self}/curves";
}
