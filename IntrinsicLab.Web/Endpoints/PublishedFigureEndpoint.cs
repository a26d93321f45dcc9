using System.Text.Json.Nodes;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Experiments;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntrinsicLab.Web.Endpoints;

/// <summary>What others have published on the lab's environments.</summary>
public static class PublishedFigureEndpoint
{
    public static void Map(RouteGroupBuilder group) => group.MapGet("/published-figures", List).WithName("ListPublishedFigures");

    /// <summary>Lists published results with their sources and how far each can be relied on. They never enter statistics of runs.</summary>
    public static Ok<Listing<PublishedFigureResource>> List(Query<PublishedFigureQuery> query) => TypedResults.Ok(new Listing<PublishedFigureResource>(
        [.. PublishedFigures.All.Where(query.Value.Holds).Select(PublishedFigureResource.Of)]));
}

/// <summary>Query of the published figures.</summary>
public sealed record PublishedFigureQuery : ICheckedQuery
{
    /// <summary>Id of one of the lab's environments.</summary>
    public string Environment { get; init; } = "";

    /// <summary>Id of one of the lab's algorithms, or words of a published name.</summary>
    public string Algorithm { get; init; } = "";

    /// <summary>table, read from a figure, log file or our prototype.</summary>
    public string Trust { get; init; } = "";

    public void Check(List<Problem> faults)
    {
        if (Environment.Length > 0 && EnvironmentCatalog.Find(Environment) is null)
            faults.Add(new("/environment", Problem.Unknown("environment", Environment, [.. EnvironmentCatalog.All.Select(known => known.Id)])));
        if (Trust.Length > 0 && !PublishedFigures.TrustWords.Values.Contains(Trust))
            faults.Add(new("/trust", Problem.Unknown("level of trust", Trust, [.. PublishedFigures.TrustWords.Values])));
    }

    internal bool Holds(PublishedFigure figure) =>
        (Environment.Length == 0 || figure.Environment == Environment)
        && (Trust.Length == 0 || PublishedFigures.TrustWords[figure.Trust] == Trust)
        && (Algorithm.Length == 0 || figure.Ours == Algorithm || figure.Algorithm.Contains(Algorithm, StringComparison.OrdinalIgnoreCase));
}

/// <summary>A published result.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Algorithm">The algorithm, as published.</param>
/// <param name="Ours">Id of the lab's algorithm that does the same; null where there is none.</param>
/// <param name="Environment">Id of the lab's environment.</param>
/// <param name="Task">The task's name, as published.</param>
/// <param name="EnvironmentParameters">Parameters of the environment that come nearest; others have their defaults.</param>
/// <param name="Metric">The metric to compare with.</param>
/// <param name="Reading">final, or what else of the curve it is.</param>
/// <param name="Statistic">mean or median over seeds.</param>
/// <param name="Value">The figure.</param>
/// <param name="Spread">How far seeds lie apart: kind, and amount or low and high.</param>
/// <param name="Seeds">How many; null where not stated.</param>
/// <param name="Steps">Budget at which it holds; null where not established.</param>
/// <param name="Source">Authors, year, title, table or figure.</param>
/// <param name="Trust">table, read from a figure, log file or our prototype.</param>
/// <param name="Note">What a reader has to know besides.</param>
public sealed record PublishedFigureResource(
    string Id, string Algorithm, string? Ours, string Environment, string Task, JsonObject EnvironmentParameters, string Metric, string Reading, string Statistic,
    double Value, FigureSpread Spread, int? Seeds, long? Steps, FigureSource Source, string Trust, string Note)
{
    public static PublishedFigureResource Of(PublishedFigure figure) => new(
        figure.Id, figure.Algorithm, figure.Ours, figure.Environment, figure.Task, (JsonObject)figure.EnvironmentParameters.DeepClone(), figure.Metric,
        figure.Reading, figure.Statistic, figure.Value, figure.Spread, figure.Seeds, figure.Steps, figure.Source,
        PublishedFigures.TrustWords[figure.Trust], figure.Note);
}
