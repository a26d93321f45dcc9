using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Environments.Wrappers;
using IntrinsicLab.Core.Experiments;
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

    private static AlgorithmResource Describe(AlgorithmEntry entry, EnvironmentEntry? environment)
    {
        var whyNot = environment is null ? null : entry.WhyNotOn(SpecOf(environment)!);
        // Defaults depend on the kind of task; where none is named, or the one named cannot be learned, the first that can stands for all.
        var shown = whyNot is null && environment is not null
            ? environment
            : EnvironmentCatalog.All.First(each => SpecOf(each) is { } spec && entry.WhyNotOn(spec) is null);
        var schema = ParameterSchema.Of(entry.Parameters).JsonSchema(entry.Defaults(SpecOf(shown)!));
        var presets = entry.Presets.Select(preset =>
            new PresetResource(preset.Name, preset.Summary, JsonSerializer.SerializeToNode(preset.Values, ApiJson.Options)!.AsObject()));
        return new(entry.Id, entry.Name, entry.Summary, entry.Paper, shown.Id, whyNot, schema, [.. presets]);
    }

    private static EnvironmentResource Describe(EnvironmentEntry entry, bool bounds)
    {
        var spec = SpecOf(entry);
        var schema = ParameterSchema.Of(entry.Parameters).JsonSchema(Activator.CreateInstance(entry.Parameters)!);
        var wrappers = ParameterSchema.Of(typeof(WrapperConfig)).JsonSchema(new WrapperConfig())["properties"]!.AsObject();
        foreach (var (name, parameter) in wrappers)
            schema["properties"]!.AsObject()[name] = parameter!.DeepClone();
        return new(entry.Id, entry.Name, entry.Summary, entry.Family, entry.Source, spec is not null,
            spec is null ? entry.WhyUnavailable() ?? "It cannot be started here." : null, schema)
        {
            Observation = spec is null ? null : SpaceResource.Of(spec.Observation, bounds),
            Action = spec is null ? null : SpaceResource.Of(spec.Action, bounds),
            TimeLimit = spec?.TimeLimit,
            ScoreRange = spec?.ScoreRange is { } range ? [range.Low, range.High] : null,
            SolvedAt = spec?.SolvedAt,
            Algorithms = bounds && spec is not null ? [.. AlgorithmCatalog.All.Where(each => each.WhyNotOn(spec) is null).Select(each => each.Id)] : null,
        };
    }

    // Making a sample costs a physics model for some, and none of it changes while the lab runs; what is missing may be installed meanwhile.
    private static EnvironmentSpec? SpecOf(EnvironmentEntry entry)
    {
        if (Specs.TryGetValue(entry.Id, out var known))
            return known;
        return entry.WhyUnavailable() is null ? Specs.GetOrAdd(entry.Id, _ => EnvironmentCatalog.Factory(entry).Spec) : null;
    }
}

/// <summary>A whole list.</summary>
/// <param name="Items">Everything there is.</param>
public sealed record Listing<T>(IReadOnlyList<T> Items);

/// <summary>Query of the algorithms.</summary>
public sealed record AlgorithmQuery : ICheckedQuery
{
    /// <summary>Id of the environment whose defaults are shown.</summary>
    public string Environment { get; init; } = "";

    internal EnvironmentEntry? Entry => EnvironmentCatalog.Find(Environment);

    public void Check(List<Problem> faults)
    {
        if (Environment.Length > 0 && Entry is null)
            faults.Add(new("/environment", Problem.Unknown("environment", Environment, [.. EnvironmentCatalog.All.Select(known => known.Id)])));
        else if (Entry?.WhyUnavailable() is { } reason)
            faults.Add(new("/environment", $"{Entry.Name} cannot run here: {reason}"));
    }
}

/// <summary>An algorithm.</summary>
/// <param name="Id">Id in plans.</param>
/// <param name="Name">Name for people.</param>
/// <param name="Summary">What it does.</param>
/// <param name="Paper">Authors, year, title.</param>
/// <param name="DefaultsFor">The environment that the defaults in the schema are for.</param>
/// <param name="WhyNot">Why it cannot learn the environment asked for; null where it can.</param>
/// <param name="Parameters">JSON Schema of its parameters.</param>
/// <param name="Presets">Named settings to start from.</param>
public sealed record AlgorithmResource(
    string Id, string Name, string Summary, string Paper, string DefaultsFor, string? WhyNot, JsonObject Parameters, IReadOnlyList<PresetResource> Presets);

/// <summary>A named set of parameter values.</summary>
/// <param name="Name">Name for people.</param>
/// <param name="Summary">Where the values come from.</param>
/// <param name="Values">The parameters that differ from the defaults.</param>
public sealed record PresetResource(string Name, string Summary, JsonObject Values);

/// <summary>An environment.</summary>
/// <param name="Id">Id in plans.</param>
/// <param name="Name">Name for people.</param>
/// <param name="Summary">The task.</param>
/// <param name="Family">Heading it is listed under.</param>
/// <param name="Source">Authors and year.</param>
/// <param name="Available">It can run on this machine.</param>
/// <param name="WhyNot">What is missing otherwise.</param>
/// <param name="Parameters">JSON Schema of its own parameters and those of the wrappers.</param>
public sealed record EnvironmentResource(
    string Id, string Name, string Summary, string Family, string Source, bool Available, string? WhyNot, JsonObject Parameters)
{
    public SpaceResource? Observation { get; init; }
    public SpaceResource? Action { get; init; }

    /// <summary>Steps after which an episode is truncated.</summary>
    public int? TimeLimit { get; init; }

    /// <summary>Range in which episode returns fall.</summary>
    public IReadOnlyList<double>? ScoreRange { get; init; }

    /// <summary>Mean return at which the task's authors call it solved.</summary>
    public double? SolvedAt { get; init; }

    /// <summary>Algorithms that can learn it; only where one environment is read.</summary>
    public IReadOnlyList<string>? Algorithms { get; init; }
}

/// <summary>A space of observations or actions.</summary>
/// <param name="Kind">box or discrete.</param>
public sealed record SpaceResource(string Kind)
{
    /// <summary>Extents of a box.</summary>
    public IReadOnlyList<int>? Shape { get; init; }
    public IReadOnlyList<float>? Low { get; init; }
    public IReadOnlyList<float>? High { get; init; }

    /// <summary>How many actions there are.</summary>
    public int? Count { get; init; }

    /// <summary>What each action does.</summary>
    public IReadOnlyList<string>? Names { get; init; }

    internal static SpaceResource Of(Space space, bool bounds) => space switch
    {
        Box box => new("box") { Shape = box.Shape, Low = bounds ? box.Low : null, High = bounds ? box.High : null },
        Discrete discrete => new("discrete") { Count = discrete.Count, Names = discrete.Names },
        _ => new(space.GetType().Name.ToLowerInvariant()),
    };
}
