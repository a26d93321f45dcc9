using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Data;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntrinsicLab.Web.Endpoints;

/// <summary>Groups of runs compared, with seeds as evidence.</summary>
public static class ComparisonEndpoint
{
    public static void Map(RouteGroupBuilder group)
    {
        group.MapPost("/comparisons", Compare).WithName("CompareRuns");
        ComparisonExports.Map(group);
    }

    /// <summary>
    /// Compares groups of runs: a curve with its band and the number of seeds at every place, final scores with intervals, performance profiles,
    /// and tests of every pair. Nothing is stored; equal runs and settings give equal numbers.
    /// </summary>
    public static async Task<Results<Ok<ComparisonResource>, ProblemResult>> Compare(
        Body<NewComparison> body, Comparisons comparisons, CancellationToken cancellation)
    {
        try
        {
            return TypedResults.Ok(ComparisonResource.Of(body.Value.Query!, await comparisons.Compare(body.Value.Query!, cancellation)));
        }
        catch (ComparisonException fault)
        {
            return Refused(fault);
        }
    }

    internal static ProblemResult Refused(ComparisonException fault) => ProblemResult.Invalid([new(Problem.At("", fault.Member), fault.Message)]);
}
