using System.Text.Json;
using System.Text.RegularExpressions;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Data;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace IntrinsicLab.Web.Endpoints;

/// <summary>Points of runs that another program trains.</summary>
public static class MetricIngestEndpoint
{
    public static void Map(RouteGroupBuilder group) => group.MapPost("/runs/{id:guid}/metrics", Ingest).WithName("IngestMetrics");

    /// <summary>
    /// Stores points of an external run: all or none. A step sent again gets the new value, so retries do no harm. gzip is accepted.
    /// </summary>
    public static async Task<Results<Ok<Ingested>, ProblemResult>> Ingest(
        Guid id, Body<NewPoints> body, MetricStore store, IDbContextFactory<LabDbContext> contexts, CancellationToken cancellation)
    {
        await using var lab = await contexts.CreateDbContextAsync(cancellation);
        if (await lab.Find(id, cancellation) is not { } run)
            return RunEndpoints.Missing(id);
        if (run.Source != Run.SourceExternal)
            return ProblemResult.Conflict(
                "The lab trains this run and writes its points; create one with {\"source\":\"external\"} for points of your own.");
        if (run.Status.IsTerminal())
            return ProblemResult.Conflict($"The run is {Words.Of(run.Status)}; its points are final.");
        var before = (await store.Names(id, cancellation)).Sum(metric => metric.Count);
        await store.Upsert(id, body.Value.Columns, cancellation);
        var after = (await store.Names(id, cancellation)).Sum(metric => metric.Count);
        var sent = body.Value.Columns.Values.Sum(series => (long)series.Steps.Distinct().Count());
        return TypedResults.Ok(new Ingested(sent, after - before, sent - (after - before)));
    }
}

/// <summary>What became of points.</summary>
/// <param name="Accepted">Points stored, each step of a metric counted once.</param>
/// <param name="Added">Of these, new ones.</param>
/// <param name="Replaced">Of these, ones that took the place of an earlier value.</param>
public sealed record Ingested(long Accepted, long Added, long Replaced);

/// <summary>Columns of one metric; <c>value</c> takes numbers and the texts NaN, Infinity and -Infinity.</summary>
/// <param name="Step">Environment step of each value.</param>
/// <param name="Value">The values.</param>
/// <param name="Seconds">Seconds since the run began, for the seconds axis.</param>
public sealed record PointColumns(IReadOnlyList<long> Step, IReadOnlyList<double> Value, IReadOnlyList<double>? Seconds = null);

/// <summary>Body of POST runs/{id}/metrics.</summary>
public sealed partial record NewPoints : IRequestBody<NewPoints>
{
    private const int MostMetrics = 1000;
    private const int MostFaults = 50;
    private const int LongestName = 200;

    /// <summary>By metric name, such as return/extrinsic.</summary>
    public required IReadOnlyDictionary<string, PointColumns> Series { get; init; }

    internal Dictionary<string, SeriesColumns> Columns { get; } = [];

    public static int Largest => RequestBody.Largest;

    public static NewPoints? Read(JsonElement json, List<Problem> problems)
    {
        var points = new NewPoints { Series = new Dictionary<string, PointColumns>() };
        var body = Members.Of(json, "", problems);
        var series = body.Take("series");
        body.RefuseOthers("member", ["series"]);
        if (series is null)
            problems.Add(new("/series", "This member is required: an object of metrics, each with 'step' and 'value'."));
        var metrics = Members.Of(series, "/series", problems).TakeAll().ToList();
        if (metrics.Count > MostMetrics)
            problems.Add(new("/series", $"At most {MostMetrics} metrics a call."));
        foreach (var (name, columns) in metrics)
        {
            var at = Problem.At("/series", name);
            if (name.Length > LongestName || !MetricName().IsMatch(name))
                problems.Add(new(at,
                    $"A metric's name is a path of letters, digits, '_', '-' and '.', at most {LongestName} of them: return/extrinsic."));
            var members = Members.Of(columns, at, problems);
            var steps = Column<long>(members, "step", problems, value => Whole(value) is >= 0 and { } step ? step : null,
                "a whole number from 0");
            var values = Column<double>(members, "value", problems, Number, "a number, or \"NaN\", \"Infinity\" or \"-Infinity\"");
            var seconds = Column<double>(members, "seconds", problems,
                value => Number(value) is { } number && double.IsFinite(number) && number >= 0 ? number : null,
                "a number from 0", required: false);
            members.RefuseOthers("member", ["step", "value", "seconds"]);
            if (steps?.Count != values?.Count && steps is not null && values is not null)
                problems.Add(new(at, $"'step' has {steps.Count} entries, 'value' has {values.Count}."));
            if (seconds is not null && steps is not null && seconds.Count != steps.Count)
                problems.Add(new(at, $"'step' has {steps.Count} entries, 'seconds' has {seconds.Count}."));
            if (steps is not null && values is not null)
                points.Columns[name] = new(steps, values, seconds);
            if (problems.Count > MostFaults)
                break;
        }
        return points;
    }

    private static List<T>? Column<T>(
        Members members, string name, List<Problem> problems, Func<JsonElement, T?> read, string expected, bool required = true)
        where T : struct
    {
        if (members.Take(name) is not { ValueKind: JsonValueKind.Array } array)
        {
            if (required)
                members.Fault(name, "A list is required.");
            return null;
        }
        var column = new List<T>(array.GetArrayLength());
        var before = problems.Count;
        foreach (var element in array.EnumerateArray())
        {
            if (read(element) is { } value)
                column.Add(value);
            else
            {
                problems.Add(new($"{members.At(name)}/{column.Count + problems.Count - before}", $"Expected {expected}."));
                if (problems.Count > MostFaults)
                    break;
            }
        }
        return problems.Count == before ? column : null;
    }

    private static long? Whole(JsonElement json) =>
        json.ValueKind == JsonValueKind.Number && json.TryGetInt64(out var whole) ? whole : null;

    private static double? Number(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Number when double.IsFinite(json.GetDouble()) => json.GetDouble(),
        JsonValueKind.String => json.GetString() switch
        {
            "NaN" => double.NaN,
            "Infinity" => double.PositiveInfinity,
            "-Infinity" => double.NegativeInfinity,
            _ => null,
        },
        _ => null,
    };

    [GeneratedRegex(@"^[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*$")]
    private static partial Regex MetricName();
}
