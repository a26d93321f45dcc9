using System.Text.Json.Nodes;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Experiments;

namespace IntrinsicLab.Web.Endpoints;

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
            faults.Add(new("/environment",
                Problem.Unknown("environment", Environment, [.. EnvironmentCatalog.All.Select(known => known.Id)])));
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
/// <param name="Metrics">What its runs store: path, name, unit and meaning of each metric.</param>
public sealed record AlgorithmResource(
    string Id, string Name, string Summary, string Paper, string DefaultsFor, string? WhyNot, JsonObject Parameters,
    IReadOnlyList<PresetResource> Presets, IReadOnlyList<MetricDescription> Metrics);

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
    /// <summary>Its spaces follow from its parameters: none are told here, and its parameters have to be given.</summary>
    public bool NeedsParameters { get; init; }

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
