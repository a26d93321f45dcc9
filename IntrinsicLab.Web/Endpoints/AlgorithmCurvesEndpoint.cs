using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Data;
using IntrinsicLab.Web.Components;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntrinsicLab.Web.Endpoints;

/// <summary>Learning curves of an algorithm.</summary>
public static class AlgorithmCurvesEndpoint
{
    public static void Map(RouteGroupBuilder group) => group.MapGet("/algorithms/{id}/curves", Read).WithName("GetAlgorithmCurves");

    /// <summary>
    /// Curves of an algorithm with default parameters, one group per environment: of this lab's completed runs where there are any, else of the
    /// results that come with the program. In the form that POST comparisons answers in; 404 where nobody has trained it so.
    /// </summary>
    public static async Task<Results<Ok<ComparisonResource>, ProblemResult>> Read(
        string id, Query<BaselineQuery> query, AlgorithmCurves curves, CancellationToken cancellation)
    {
        if (AlgorithmCatalog.Find(id) is not { } entry)
            return ProblemResult.NotFound(Problem.Unknown("algorithm", id, [.. AlgorithmCatalog.All.Select(known => known.Id)]));
        try
        {
            return await curves.Read(entry, query.Value.Environment is { Length: > 0 } environment ? environment : null, cancellation) is { } found
                ? TypedResults.Ok(found)
                : ProblemResult.NotFound($"No run of {entry.Name} with default parameters{(query.Value.Environment.Length > 0 ? $" on {query.Value.Environment}" : "")} has completed here.");
        }
        catch (ComparisonException fault)
        {
            return ProblemResult.NotFound(fault.Message);
        }
    }
}
