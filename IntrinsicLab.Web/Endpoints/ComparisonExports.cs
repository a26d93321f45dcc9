using System.Text;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Data;

namespace IntrinsicLab.Web.Endpoints;

/// <summary>
/// Comparisons as files: POST the same body to a name. Every file carries the method, the settings and the ids of the runs. <c>chart</c> says
/// which chart (curves, finals or profile), <c>environment</c> takes one environment's own scores, <c>hide</c> leaves a group out of the
/// picture, <c>logx</c> and <c>logy</c> make an axis logarithmic; none of them changes a number.
/// </summary>
public static class ComparisonExports
{
    private static readonly string[] Known = ["chart", "environment", "hide", "logx", "logy"];

    public static void Map(RouteGroupBuilder group)
    {
        group.MapPost("/comparisons/figure.csv", FigureCsv).WithName("ExportFigureAsCsv").Produces<string>(200, "text/csv");
        group.MapPost("/comparisons/figure.svg", FigureSvg).WithName("ExportFigureAsSvg").Produces<string>(200, "image/svg+xml");
        group.MapPost("/comparisons/figure.tex", FigureTex).WithName("ExportFigureAsTex").Produces<string>(200, "application/x-tex");
        group.MapPost("/comparisons/table.tex", TableTex).WithName("ExportTableAsTex").Produces<string>(200, "application/x-tex");
        group.MapPost("/comparisons/points.csv", PointsCsv).WithName("ExportEveryPoint").Produces<string>(200, "text/csv");
        group.MapPost("/comparisons/manifest.json", Manifest).WithName("ExportComparisonManifest").Produces<object>();
    }

    /// <summary>Exactly what a chart draws, as CSV.</summary>
    public static Task<IResult> FigureCsv(Body<NewComparison> body, HttpContext context, Comparisons comparisons, CancellationToken cancellation) =>
        Figure(body, context, comparisons, "text/csv", ComparisonCsv.Figure, cancellation);

    /// <summary>A chart as a vector picture for print: white, text as text, legend and method inside.</summary>
    public static Task<IResult> FigureSvg(Body<NewComparison> body, HttpContext context, Comparisons comparisons, CancellationToken cancellation) =>
        Figure(body, context, comparisons, "image/svg+xml", ComparisonSvg.Of, cancellation);

    /// <summary>A chart as LaTeX (pgfplots) with its data inside.</summary>
    public static Task<IResult> FigureTex(Body<NewComparison> body, HttpContext context, Comparisons comparisons, CancellationToken cancellation) =>
        Figure(body, context, comparisons, "application/x-tex", ComparisonTex.Figure, cancellation);

    /// <summary>Final scores as a LaTeX table (booktabs); with cells=pm mean ± half of the t interval.</summary>
    public static Task<IResult> TableTex(Body<NewComparison> body, HttpContext context, Comparisons comparisons, CancellationToken cancellation) =>
        Answer(body, comparisons, comparison => context.Request.Query["cells"].ToString() switch
        {
            "" or "interval" => Text(ComparisonTex.Table(body.Value.Query!, comparison, plusMinus: false), "application/x-tex"),
            "pm" => Text(ComparisonTex.Table(body.Value.Query!, comparison, plusMinus: true), "application/x-tex"),
            var word => ProblemResult.Invalid("/cells", Problem.Unknown("form of cells", word, ["interval", "pm"])),
        }, cancellation);

    /// <summary>Every stored point of the compared runs as CSV, streamed: neither reduced, smoothed nor normalised.</summary>
    public static Task<IResult> PointsCsv(Body<NewComparison> body, MetricStore metrics, Comparisons comparisons, CancellationToken cancellation) =>
        Answer(body, comparisons, comparison => TypedResults.Stream(async stream =>
        {
            await foreach (var piece in ComparisonCsv.Points(body.Value.Query!, comparison, metrics, cancellation))
                await stream.WriteAsync(Encoding.UTF8.GetBytes(piece), cancellation);
        }, "text/csv"), cancellation);

    /// <summary>Runs with their whole plans, seeds and versions, and the question, from which './lab repeat' makes the comparison again.</summary>
    public static async Task<IResult> Manifest(Body<NewComparison> body, Comparisons comparisons, CancellationToken cancellation)
    {
        try
        {
            var query = body.Value.Query!;
            var manifest = ComparisonManifest.Of(query, await comparisons.Compare(query, cancellation), await comparisons.RunsOf(query, cancellation));
            return Text(manifest.ToJsonString(ComparisonManifest.Options) + "\n", "application/json");
        }
        catch (ComparisonException fault)
        {
            return ComparisonEndpoint.Refused(fault);
        }
    }

    private static Task<IResult> Figure(
        Body<NewComparison> body, HttpContext context, Comparisons comparisons, string type, Func<ComparisonFigure, string> write, CancellationToken cancellation)
    {
        var (view, problems) = View(context.Request.Query);
        return problems.Count > 0
            ? Task.FromResult<IResult>(ProblemResult.Invalid(problems))
            : Answer(body, comparisons, comparison => Text(write(ComparisonFigure.Of(body.Value.Query!, comparison, view)), type), cancellation);
    }

    private static async Task<IResult> Answer(Body<NewComparison> body, Comparisons comparisons, Func<Comparison, IResult> write, CancellationToken cancellation)
    {
        try
        {
            return write(await comparisons.Compare(body.Value.Query!, cancellation));
        }
        catch (ComparisonException fault)
        {
            return ComparisonEndpoint.Refused(fault);
        }
    }

    private static (FigureView View, List<Problem> Problems) View(IQueryCollection query)
    {
        var problems = query.Keys.Where(key => !Known.Contains(key)).Select(key => new Problem(Problem.At("", key), Problem.Unknown("parameter", key, Known))).ToList();
        var chart = query["chart"].ToString() is { Length: > 0 } word ? word : "curves";
        if (!FigureView.Charts.Contains(chart))
            problems.Add(new("/chart", Problem.Unknown("chart", chart, [.. FigureView.Charts])));
        return (new FigureView
        {
            Kind = (FigureKind)Math.Max(0, FigureView.Charts.ToList().IndexOf(chart)),
            Environment = query["environment"].ToString() is { Length: > 0 } environment ? environment : null,
            Hidden = [.. query["hide"].OfType<string>()],
            LogX = Flag("logx"),
            LogY = Flag("logy"),
        }, problems);

        bool Flag(string name)
        {
            var text = query[name].ToString();
            if (text is not ("" or "true" or "false"))
                problems.Add(new(Problem.At("", name), "Expected true or false."));
            return text == "true";
        }
    }

    private static IResult Text(string text, string type) => TypedResults.Text(text, type, Encoding.UTF8);
}
