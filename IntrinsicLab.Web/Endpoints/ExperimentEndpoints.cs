using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using IntrinsicLab.Data;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace IntrinsicLab.Web.Endpoints;

/// <summary>Experiments: many runs that answer one question.</summary>
public static class ExperimentEndpoints
{
    public static void Map(RouteGroupBuilder group)
    {
        group.MapPost("/experiments", Create).WithName("CreateExperiment").Creates();
        group.MapPost("/experiments/estimate", Estimate).WithName("EstimateExperiment");
        group.MapGet("/experiments", List).WithName("ListExperiments");
        group.MapGet("/experiments/{id:guid}", Get).WithName("GetExperiment");
        group.MapPatch("/experiments/{id:guid}", Change).WithName("ChangeExperiment").NeedsVersion();
    }

    /// <summary>Queues every run of a matrix of algorithms, environments, parameter values and seeds, or none.</summary>
    public static async Task<Created<ExperimentResource>> Create(
        Body<NewExperiment> body, HttpContext context, RunQueue queue, ExperimentQueries experiments, CancellationToken cancellation)
    {
        var experiment = await queue.EnqueueExperiment(body.Value.Plan!, body.Value.Json!, RunEndpoints.Actor, cancellation);
        var resource = Described(context, (await experiments.Find(experiment.Id, cancellation))!);
        return TypedResults.Created(resource.Links.Self, resource);
    }

    /// <summary>
    /// Judges what an experiment would cost, from the speed of earlier runs: of the same configuration, else with the same parameters, else of the
    /// same algorithm on the same environment, else on environments of the same family. Nothing is queued.
    /// </summary>
    public static async Task<Ok<CostEstimate>> Estimate(Body<NewExperiment> body, CostEstimates estimates, CancellationToken cancellation) =>
        TypedResults.Ok(await estimates.Of(body.Value.Plan!.Runs, cancellation));

    /// <summary>Lists experiments, newest first.</summary>
    public static async Task<Ok<Page<ExperimentResource>>> List(
        Query<ExperimentListQuery> query, HttpContext context, ExperimentQueries experiments, CancellationToken cancellation)
    {
        var asked = query.Value;
        var page = await experiments.List(
            asked.Q, asked.Limit, Guid.TryParseExact(asked.Cursor, "N", out var after) ? after : null, cancellation);
        int? count = asked.Count ? await experiments.Count(asked.Q, cancellation) : null;
        return TypedResults.Ok(new Page<ExperimentResource>([.. page.Rows.Select(row => new ExperimentResource(row))], page.Next?.ToString("N"), count)
            .Announced(context));
    }

    /// <summary>One experiment with how far its runs are. With 'wait' the answer comes when every run is where 'until' says.</summary>
    public static async Task<Results<Ok<ExperimentResource>, ProblemResult>> Get(
        Guid id, Query<WaitQuery> query, HttpContext context, ExperimentQueries experiments, IDbContextFactory<LabDbContext> contexts,
        CancellationToken cancellation)
    {
        var until = query.Value.Statuses();
        await Waiting.UntilAsync(query.Value, context, async () =>
        {
            await using var polled = await contexts.CreateDbContextAsync(cancellation);
            return !await polled.Runs.AnyAsync(
                run => run.ExperimentId == id && run.DeletedAt == null && !until.Contains(run.Status), cancellation);
        });
        if (await experiments.Find(id, cancellation) is not { } row)
            return Missing(id);
        await using var lab = await contexts.CreateDbContextAsync(cancellation);
        var plan = await lab.Experiments.Where(each => each.Id == id).Select(each => each.Plan).SingleAsync(cancellation);
        return TypedResults.Ok(Described(context, row) with { Plan = JsonNode.Parse(plan) as JsonObject });
    }

    /// <summary>Changes name or notes.</summary>
    public static async Task<Results<Ok<ExperimentResource>, ProblemResult>> Change(
        Guid id, Body<ExperimentChanges> body, HttpContext context, ExperimentQueries experiments, IDbContextFactory<LabDbContext> contexts,
        CancellationToken cancellation)
    {
        if (await experiments.Find(id, cancellation) is not { } seen)
            return Missing(id);
        if (ETags.Refuse(context, Version(seen), Tag(seen)) is { } stale)
            return stale;
        var (name, notes) = (body.Value.Name?.Trim() ?? seen.Name, body.Value.Notes ?? seen.Notes);
        await using var lab = await contexts.CreateDbContextAsync(cancellation);
        if (await lab.Experiments.Where(each => each.Id == id && each.Name == seen.Name && each.Notes == seen.Notes)
            .ExecuteUpdateAsync(set => set.SetProperty(each => each.Name, name).SetProperty(each => each.Notes, notes), cancellation) == 0)
            return new ProblemResult(StatusCodes.Status412PreconditionFailed,
                "It was changed at the same moment. Read it again, then repeat the change.");
        return TypedResults.Ok(Described(context, seen with { Name = name, Notes = notes }));
    }

    internal static ProblemResult Missing(Guid id) => ProblemResult.NotFound($"There is no experiment {id}. Sweeps are under /api/v1/sweeps.");

    private static ExperimentResource Described(HttpContext context, ExperimentRow row)
    {
        context.Response.Headers.ETag = Tag(row);
        return new(row);
    }

    // What can be edited makes the version: an experiment's row counts none.
    private static string Version(ExperimentRow row) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{row.Name}\0{row.Notes}")))[..16];

    private static string Tag(ExperimentRow row) =>
        string.Create(CultureInfo.InvariantCulture, $"\"{Version(row)}.{row.UpdatedAt.UtcTicks / TimeSpan.TicksPerMicrosecond}\"");
}
