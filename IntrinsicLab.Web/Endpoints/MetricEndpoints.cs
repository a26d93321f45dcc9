using System.ComponentModel.DataAnnotations;
using System.Globalization;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Data;
using Microsoft.EntityFrameworkCore;

namespace IntrinsicLab.Web.Endpoints;

/// <summary>Metrics of a run, as charts and scripts read them.</summary>
public static class MetricEndpoints
{
    public static void Map(RouteGroupBuilder group)
    {
        group.MapGet("/runs/{id:guid}/metrics", Names).WithName("ListMetrics").Produces<MetricList>()
            .Produces(StatusCodes.Status304NotModified);
        group.MapGet("/runs/{id:guid}/metrics/{**name}", Read).WithName("ReadMetric")
            .Produces<MetricResource>(200, "application/json", "text/csv", "application/octet-stream")
            .Produces(StatusCodes.Status304NotModified);
    }

    /// <summary>Names of a run's metrics, with count, last, least and greatest value.</summary>
    public static async Task<IResult> Names(
        Guid id, HttpContext context, MetricStore store, IDbContextFactory<LabDbContext> contexts, CancellationToken cancellation)
    {
        await using var lab = await contexts.CreateDbContextAsync(cancellation);
        if (!await lab.Exists(id, cancellation))
            return RunEndpoints.Missing(id);
        var metrics = await store.Names(id, cancellation);
        return ETags.Seen(context,
            string.Create(CultureInfo.InvariantCulture, $"\"{metrics.Count}.{metrics.Sum(metric => metric.Sequence)}\""))
            ? TypedResults.StatusCode(StatusCodes.Status304NotModified)
            : TypedResults.Ok(new MetricList(metrics));
    }

    /// <summary>
    /// One metric as columns: JSON, CSV, or little-endian binary ('format', or the Accept header). More points than asked for are
    /// reduced to buckets with mean, least and greatest value, and the answer says so. NaN and infinities are texts in JSON.
    /// </summary>
    public static async Task<IResult> Read(
        Guid id, string name, Query<ChartQuery> query, HttpContext context, MetricStore store, IDbContextFactory<LabDbContext> contexts,
        CancellationToken cancellation)
    {
        var asked = query.Value;
        await using var lab = await contexts.CreateDbContextAsync(cancellation);
        var known = await lab.MetricSeries
            .Where(series => series.RunId == id && (series.Name == name || series.Name == MetricStore.EpisodesMetric))
            .Select(series => new { series.Name, series.Sequence }).ToListAsync(cancellation);
        if (known.Find(series => series.Name == name) is not { } head || !await lab.Exists(id, cancellation))
            return await Missing(lab, id, name, cancellation);
        if (SeriesFormat.Choose(context, asked.Format) is not { } format)
            return new ProblemResult(StatusCodes.Status406NotAcceptable,
                "This is available as application/json, text/csv and application/octet-stream.");
        // Between points of the episodes axis lie values of another series; its changes count too.
        var episodes = asked.X == MetricAxis.Episodes ? known.Find(series => series.Name == MetricStore.EpisodesMetric)?.Sequence ?? 0 : 0;
        context.Response.Headers.Vary = "Accept";
        if (ETags.Seen(context, string.Create(CultureInfo.InvariantCulture, $"\"{head.Sequence}.{episodes}.{format.Name}\"")))
            return TypedResults.StatusCode(StatusCodes.Status304NotModified);
        var columns = await store.Read(
            id, name, ChartQuery.Number(asked.From), ChartQuery.Number(asked.To), asked.Points,
            asked.Agg == ChartAggregate.Raw ? MetricAggregate.Raw : MetricAggregate.MinMax, asked.X, cancellation);
        if (columns is null)
            return await Missing(lab, id, name, cancellation);
        // Points that arrived since belong to the next answer's tag; telling the older one only costs a repeated read.
        return format.Write(name, asked, columns);
    }

    private static async Task<ProblemResult> Missing(LabDbContext lab, Guid id, string name, CancellationToken cancellation)
    {
        if (!await lab.Exists(id, cancellation))
            return RunEndpoints.Missing(id);
        var names = await lab.MetricSeries.Where(series => series.RunId == id).Select(series => series.Name).ToListAsync(cancellation);
        return ProblemResult.NotFound(Problem.Unknown("metric", name, names));
    }
}

/// <summary>The metrics of a run.</summary>
/// <param name="Items">By name.</param>
public sealed record MetricList(IReadOnlyList<MetricSummary> Items);

/// <summary>How a chart is reduced.</summary>
public enum ChartAggregate
{
    /// <summary>To buckets with mean, least and greatest value.</summary>
    Minmax,

    /// <summary>Not at all.</summary>
    Raw,
}

/// <summary>Query of a chart.</summary>
public sealed record ChartQuery : ICheckedQuery
{
    /// <summary>What runs along the axis.</summary>
    public MetricAxis X { get; init; }

    /// <summary>Least x, a number; everything when left out.</summary>
    public string From { get; init; } = "";

    /// <summary>Greatest x, a number; everything when left out.</summary>
    public string To { get; init; } = "";

    /// <summary>How many points the chart has room for.</summary>
    [Range(1, 1_000_000)]
    public int Points { get; init; } = 1000;

    /// <summary>minmax reduces to 'points' buckets, raw returns every point.</summary>
    public ChartAggregate Agg { get; init; }

    /// <summary>Takes the place of the Accept header.</summary>
    public ChartFormat Format { get; init; }

    public void Check(List<Problem> faults)
    {
        if (From.Length > 0 && Number(From) is null)
            faults.Add(new("/from", "Expected a number."));
        if (To.Length > 0 && Number(To) is null)
            faults.Add(new("/to", "Expected a number."));
        if (Number(From) > Number(To))
            faults.Add(new("/from", "This is greater than 'to'."));
    }

    internal static double? Number(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : null;
}

/// <summary>How a chart is written.</summary>
public enum ChartFormat
{
    /// <summary>As the Accept header says.</summary>
    Accept,
    Json,
    Csv,
    Binary,
}

/// <summary>A metric as columns.</summary>
/// <param name="Metric">Its name.</param>
/// <param name="Axis">What x is.</param>
/// <param name="Reduced">The columns hold buckets rather than points.</param>
/// <param name="Total">Points in the range before reduction.</param>
/// <param name="NonFinite">How many of them are NaN or infinite.</param>
/// <param name="Sequence">Rises with every change of the metric.</param>
/// <param name="X">Positions; of buckets, those of their last points.</param>
/// <param name="Value">Values; of buckets, means of the finite values.</param>
/// <param name="Min">Least value of each bucket, where reduced.</param>
/// <param name="Max">Greatest value of each bucket, where reduced.</param>
public sealed record MetricResource(
    string Metric, MetricAxis Axis, bool Reduced, long Total, long NonFinite, long Sequence,
    double[] X, double[] Value, double[]? Min, double[]? Max);
