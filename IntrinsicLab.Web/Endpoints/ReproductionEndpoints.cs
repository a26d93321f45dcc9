using System.Text;
using System.Text.Json;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Data;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntrinsicLab.Web.Endpoints;

/// <summary>Published figures, this lab's runs of them, and what these say.</summary>
public static class ReproductionEndpoints
{
    private const string SourceHeader = "Figure-Source";

    public static void Map(RouteGroupBuilder group)
    {
        group.MapGet("/reproductions", List).WithName("ListReproductions");
        group.MapGet("/reproductions/{id}", Get).WithName("GetReproduction");
        group.MapPost("/reproductions/{id}/start", Start).WithName("StartReproduction").Creates();
        group.MapPost("/reproductions/{id}/pause", Pause).WithName("PauseReproduction");
        group.MapGet("/reproductions/{id}/figure", Figure).WithName("GetReproductionFigure");
        group.MapGet("/reproductions/{id}/figure.svg", Picture).WithName("GetReproductionPicture")
            .Produces(StatusCodes.Status200OK, contentType: "image/svg+xml").Produces(StatusCodes.Status304NotModified);
    }

    /// <summary>Every figure at both scales: how far its runs are, what they say, and what it costs; faults of files that could not be read.</summary>
    public static async Task<Ok<ReproductionListing>> List(Reproductions reproductions, CancellationToken cancellation)
    {
        var progress = await reproductions.ProgressOfAll(cancellation);
        var items = new List<ReproductionResource>();
        foreach (var figure in reproductions.Catalog.All)
            items.Add(await Describe(reproductions, figure, scale => Task.FromResult(progress[figure.Key(scale)]), cancellation));
        return TypedResults.Ok(new ReproductionListing(items,
            [.. reproductions.Catalog.Problems.Select(problem => new FileFault(problem.File, problem.Problem.Pointer, problem.Problem.Message))]));
    }

    /// <summary>One figure at a scale: claim, plan, every expectation with what was found, every run, and the result that was kept.</summary>
    public static async Task<Results<Ok<ReproductionDetail>, ProblemResult>> Get(
        string id, Query<ReproductionQuery> query, Reproductions reproductions, CancellationToken cancellation)
    {
        if (reproductions.Catalog.Find(id) is not { } figure)
            return Missing(reproductions, id);
        var scale = query.Value.Scale;
        if (!figure.Scales.Contains(scale))
            return NoSuchScale(figure);
        var progress = await reproductions.Progress(figure, scale, cancellation);
        var evidence = await reproductions.Evidence(figure, scale, cancellation);
        return TypedResults.Ok(new ReproductionDetail(
            await Describe(reproductions, figure, each => reproductions.Progress(figure, each, cancellation), cancellation), scale, figure.DeviationsAt(scale),
            figure.Measured.Length > 0 ? figure.Measured : null, JsonSerializer.SerializeToElement(figure.Settings, ApiJson.Options), [.. evidence.Verdict.Expectations.Select(ExpectationResource.Of)],
            [.. progress.Runs.Select(run => FigureRunResource.Of(run, evidence.Scores.GetValueOrDefault(run.Id)))],
            JsonDocument.Parse(figure.PlanJson(scale)).RootElement, Reproductions.Command(figure, scale),
            reproductions.Kept(figure, scale) is { } kept ? KeptResource.Of(kept) : null));
    }

    /// <summary>
    /// Starts a figure's experiment, or continues it: runs it lacks are added, paused and failed ones queued again, completed ones kept. 201 with
    /// a new experiment, 200 with one that goes on.
    /// </summary>
    public static async Task<Results<Created<ReproductionStarted>, Ok<ReproductionStarted>, ProblemResult>> Start(
        string id, Body<NewReproduction> body, Reproductions reproductions, CancellationToken cancellation)
    {
        if (reproductions.Catalog.Find(id) is not { } figure)
            return Missing(reproductions, id);
        if (!figure.Scales.Contains(body.Value.Scale))
            return NoSuchScale(figure);
        var started = await reproductions.Start(figure, body.Value.Scale, RunEndpoints.Actor, cancellation);
        var resource = new ReproductionStarted(
            figure.Id, body.Value.Scale, started.Experiment.Id, started.Added, started.Resumed, new ExperimentLinks(started.Experiment.Id));
        return started.Created ? TypedResults.Created(resource.Links.Self, resource) : TypedResults.Ok(resource);
    }

    /// <summary>Pauses every run of a figure's experiment that is at work or waits, each with a checkpoint; start goes on.</summary>
    public static async Task<Results<Ok<ReproductionPaused>, ProblemResult>> Pause(
        string id, Body<NewReproduction> body, Reproductions reproductions, CancellationToken cancellation) =>
        reproductions.Catalog.Find(id) is { } figure && figure.Scales.Contains(body.Value.Scale)
            ? TypedResults.Ok(new ReproductionPaused(await reproductions.Pause(figure, body.Value.Scale, RunEndpoints.Actor, cancellation)))
            : reproductions.Catalog.Find(id) is { } other ? NoSuchScale(other) : Missing(reproductions, id);

    /// <summary>
    /// The figure as POST comparisons would answer it: of this lab's runs where they have points, else of the kept result. The header
    /// Figure-Source says which: lab or kept.
    /// </summary>
    public static async Task<Results<Ok<ComparisonResource>, ProblemResult>> Figure(
        string id, Query<FigureQuery> query, HttpContext context, Reproductions reproductions, CancellationToken cancellation)
    {
        if (reproductions.Catalog.Find(id) is not { } figure)
            return Missing(reproductions, id);
        var (standing, refusal) = await Drawn(reproductions, figure, query.Value.Scale, cancellation);
        if (refusal is not null)
            return refusal;
        var comparison = standing!.Comparison!;
        context.Response.Headers[SourceHeader] = Words.Of(standing.ComparisonSource);
        context.Response.Headers.CacheControl = "no-cache";
        if (query.Value.Environment is not { Length: > 0 } environment)
            return TypedResults.Ok(comparison);
        var groups = comparison.Groups.Where(group => group.Key.GetValueOrDefault("environment") == environment).ToList();
        if (groups.Count == 0)
            return ProblemResult.Invalid("/environment", $"No run of this figure has points on '{environment}'.");
        var names = groups.ToDictionary(group => group.Label, group => FigureSettings.GroupName(group.Key));
        return TypedResults.Ok(comparison with
        {
            Groups = [.. groups.Select(group => group with { Label = names[group.Label] })],
            Pairs = [.. comparison.Pairs.Where(pair => names.ContainsKey(pair.X)).Select(pair => pair with { X = names[pair.X], Y = names[pair.Y] })],
        });
    }

    /// <summary>The figure as a picture for print, with caption, method and verdict.</summary>
    public static async Task<IResult> Picture(
        string id, Query<ReproductionQuery> query, HttpContext context, Reproductions reproductions, CancellationToken cancellation)
    {
        if (reproductions.Catalog.Find(id) is not { } figure)
            return Missing(reproductions, id);
        var scale = query.Value.Scale;
        var (standing, refusal) = await Drawn(reproductions, figure, scale, cancellation);
        if (refusal is not null)
            return refusal;
        var result = standing!.ComparisonSource == EvidenceSource.Kept
            ? reproductions.Kept(figure, scale)
            : await reproductions.Result(figure, scale, cancellation);
        context.Response.Headers[SourceHeader] = Words.Of(standing.ComparisonSource);
        var svg = Encoding.UTF8.GetBytes(FigureSvg.Draw(figure, result!.Comparison, result.Notes));
        return ETags.Seen(context, $"\"{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(svg))[..16]}\"")
            ? Results.StatusCode(StatusCodes.Status304NotModified)
            : Results.Bytes(svg, "image/svg+xml");
    }

    private static async Task<(FigureStanding? Standing, ProblemResult? Refusal)> Drawn(
        Reproductions reproductions, Reproduction figure, ReproductionScale scale, CancellationToken cancellation)
    {
        if (!figure.Scales.Contains(scale))
            return (null, NoSuchScale(figure));
        var standing = await reproductions.Standing(figure, scale, await reproductions.Progress(figure, scale, cancellation), cancellation);
        return standing.Comparison is null
            ? (null, ProblemResult.NotFound($"{figure.Id} has not been run at this scale: POST it to its start, or choose the other scale."))
            : (standing, null);
    }

    private static async Task<ReproductionResource> Describe(
        Reproductions reproductions, Reproduction figure, Func<ReproductionScale, Task<FigureProgress>> progress, CancellationToken cancellation)
    {
        var scales = new Dictionary<string, FigureScaleResource>();
        foreach (var scale in figure.Scales)
        {
            var found = await progress(scale);
            var standing = await reproductions.Standing(figure, scale, found, cancellation);
            scales[Reproduction.Word(scale)] = new FigureScaleResource(
                found.Status, standing.Verdict, standing.VerdictSource, found.Planned, found.Completed, found.Steps, found.StepsDone, found.SecondsLeft,
                figure.Minutes(scale), found.ExperimentId, new ReproductionLinks(figure.Id, scale, found.ExperimentId));
        }
        return new ReproductionResource(
            figure.Id, figure.Title, figure.Paper, figure.Figure, figure.Claim, [.. figure.FullRuns.Select(run => run.Algorithm).Distinct()],
            [.. figure.FullRuns.Select(run => run.Environment).Distinct()], scales);
    }

    private static ProblemResult NoSuchScale(Reproduction figure) => ProblemResult.Invalid("/scale", $"{figure.Id} has no reduced form.");

    private static ProblemResult Missing(Reproductions reproductions, string id) =>
        ProblemResult.NotFound(Problem.Unknown("figure", id, [.. reproductions.Catalog.All.Select(figure => figure.Id)]));
}
