using System.Collections.Concurrent;
using System.Text.Json;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Environments.Wrappers;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Web.Live;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntrinsicLab.Web.Endpoints;

/// <summary>What can be trained, and on what.</summary>
public static class CatalogEndpoints
{
    private static readonly ConcurrentDictionary<string, EnvironmentSpec> Specs = new();

    public static void Map(RouteGroupBuilder group)
    {
        group.MapGet("/algorithms", Algorithms).WithName("ListAlgorithms");
        group.MapGet("/algorithms/{id}", Algorithm).WithName("GetAlgorithm");
        group.MapGet("/environments", Environments).WithName("ListEnvironments");
        group.MapGet("/environments/{id}", Environment).WithName("GetEnvironment");
        group.MapGet("/environments/{id}/picture", Picture).WithName("GetEnvironmentPicture")
            .Produces(StatusCodes.Status200OK, contentType: "application/json").Produces(StatusCodes.Status304NotModified);
    }

    /// <summary>Every algorithm with the JSON Schema of its parameters; their defaults are those for 'environment'.</summary>
    public static Ok<Listing<AlgorithmResource>> Algorithms(Query<AlgorithmQuery> query) =>
        TypedResults.Ok(new Listing<AlgorithmResource>([.. AlgorithmCatalog.All.Select(entry => Describe(entry, query.Value.Entry))]));

    /// <summary>One algorithm with the JSON Schema of its parameters; their defaults are those for 'environment'.</summary>
    public static Results<Ok<AlgorithmResource>, ProblemResult> Algorithm(string id, Query<AlgorithmQuery> query) =>
        AlgorithmCatalog.Find(id) is { } entry
            ? TypedResults.Ok(Describe(entry, query.Value.Entry))
            : ProblemResult.NotFound(Problem.Unknown("algorithm", id, [.. AlgorithmCatalog.All.Select(known => known.Id)]));

    /// <summary>Every environment: whether it can run here, or why not, its spaces, and the JSON Schema of its parameters.</summary>
    public static Ok<Listing<EnvironmentResource>> Environments() =>
        TypedResults.Ok(new Listing<EnvironmentResource>([.. EnvironmentCatalog.All.Select(entry => Describe(entry, bounds: false))]));

    /// <summary>One environment, with the bounds of its spaces and the algorithms that can learn it.</summary>
    public static Results<Ok<EnvironmentResource>, ProblemResult> Environment(string id) =>
        EnvironmentCatalog.Find(id) is { } entry
            ? TypedResults.Ok(Describe(entry, bounds: true))
            : ProblemResult.NotFound(Problem.Unknown("environment", id, [.. EnvironmentCatalog.All.Select(known => known.Id)]));

    /// <summary>
    /// The first scene of an environment with default parameters and seed 1, as shapes or solids; the page colours them. 404 with the reason
    /// where it has none. It changes with the lab's version only: send its ETag back.
    /// </summary>
    public static IResult Picture(string id, HttpContext context, EnvironmentStills stills)
    {
        if (EnvironmentCatalog.Find(id) is not { } entry)
            return ProblemResult.NotFound(Problem.Unknown("environment", id, [.. EnvironmentCatalog.All.Select(known => known.Id)]));
        var still = stills.Of(entry);
        if (still.WhyNone is { } reason)
            return ProblemResult.NotFound(reason);
        return ETags.Seen(context, still.Tag) ? TypedResults.StatusCode(StatusCodes.Status304NotModified) : TypedResults.Bytes(still.Json, "application/json");
    }

    private static AlgorithmResource Describe(AlgorithmEntry entry, EnvironmentEntry? environment)
    {
        var whyNot = environment is not null && SpecOf(environment) is { } asked ? entry.WhyNotOn(asked) : null;
        // Defaults depend on the kind of task; where none is named, or the one named cannot be learned or has no spec before its parameters
        // are given, the first that can stands for all.
        var shown = whyNot is null && environment is not null && SpecOf(environment) is not null
            ? environment
            : EnvironmentCatalog.All.First(each => SpecOf(each) is { } spec && entry.WhyNotOn(spec) is null);
        var schema = ParameterSchema.Of(entry.Parameters).JsonSchema(entry.Defaults(SpecOf(shown)!));
        var presets = entry.Presets.Select(preset =>
            new PresetResource(preset.Name, preset.Summary, JsonSerializer.SerializeToNode(preset.Values, ApiJson.Options)!.AsObject()));
        return new(entry.Id, entry.Name, entry.Summary, entry.Paper, shown.Id, whyNot, schema, [.. presets],
            [.. Metrics.OfEveryRun, .. entry.Reports]);
    }

    private static EnvironmentResource Describe(EnvironmentEntry entry, bool bounds)
    {
        var spec = SpecOf(entry);
        var schema = ParameterSchema.Of(entry.Parameters).JsonSchema(Activator.CreateInstance(entry.Parameters)!);
        var wrappers = ParameterSchema.Of(typeof(WrapperConfig)).JsonSchema(new WrapperConfig())["properties"]!.AsObject();
        foreach (var (name, parameter) in wrappers)
            schema["properties"]!.AsObject()[name] = parameter!.DeepClone();
        var whyNot = entry.WhyUnavailable();
        return new(entry.Id, entry.Name, entry.Summary, entry.Family, entry.Source, whyNot is null, whyNot, schema)
        {
            NeedsParameters = entry.NeedsParameters,
            Observation = spec is null ? null : SpaceResource.Of(spec.Observation, bounds),
            Action = spec is null ? null : SpaceResource.Of(spec.Action, bounds),
            TimeLimit = spec?.TimeLimit,
            ScoreRange = spec?.ScoreRange is { } range ? [range.Low, range.High] : null,
            SolvedAt = spec?.SolvedAt,
            Algorithms = bounds && spec is not null
                ? [.. AlgorithmCatalog.All.Where(each => each.WhyNotOn(spec) is null).Select(each => each.Id)]
                : null,
        };
    }

    // Making a sample costs a physics model for some, and none of it changes while the lab runs; what is missing may be installed.
    private static EnvironmentSpec? SpecOf(EnvironmentEntry entry)
    {
        if (Specs.TryGetValue(entry.Id, out var known))
            return known;
        return entry.StartsByItself ? Specs.GetOrAdd(entry.Id, _ => EnvironmentCatalog.Factory(entry).Spec) : null;
    }
}
