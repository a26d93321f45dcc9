using IntrinsicLab.Data;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace IntrinsicLab.Web.Endpoints;

/// <summary>Runs: create, read, wait for, edit, delete.</summary>
public static class RunEndpoints
{
    /// <summary>Name that events carry for what was asked through the API.</summary>
    public const string Actor = "api";

    public static void Map(RouteGroupBuilder group)
    {
        group.MapPost("/runs", Create).WithName("CreateRun").Creates();
        group.MapGet("/runs/{id:guid}", Get).WithName("GetRun").Produces(StatusCodes.Status304NotModified);
        group.MapPatch("/runs/{id:guid}", Change).WithName("ChangeRun").NeedsVersion();
        group.MapDelete("/runs/{id:guid}", Delete).WithName("DeleteRun").NeedsVersion();
    }

    /// <summary>Queues a run, or creates an external one. The answer has every default filled in.</summary>
    public static async Task<Created<RunResource>> Create(
        Body<NewRun> body, HttpContext context, RunQueue queue, CancellationToken cancellation)
    {
        var run = body.Value.External is { } external
            ? await queue.AddExternal(external.ToRun(), Actor, cancellation)
            : await queue.Enqueue(body.Value.Request!, null, Actor, cancellation);
        return Answer(context, run);
    }

    /// <summary>One run. With 'wait' the answer comes when 'until' holds, or with Retry-After when the time is over.</summary>
    public static async Task<Results<Ok<RunResource>, StatusCodeHttpResult, ProblemResult>> Get(
        Guid id, Query<WaitQuery> query, HttpContext context, IDbContextFactory<LabDbContext> contexts, CancellationToken cancellation)
    {
        var until = query.Value.Statuses();
        await Waiting.UntilAsync(query.Value, context, async () =>
        {
            await using var polled = await contexts.CreateDbContextAsync(cancellation);
            var status = await polled.Runs.Where(run => run.Id == id).Select(run => (RunStatus?)run.Status)
                .SingleOrDefaultAsync(cancellation);
            return status is null || until.Contains(status.Value);
        });
        await using var lab = await contexts.CreateDbContextAsync(cancellation);
        if (await lab.Find(id, cancellation) is not { } run)
            return Missing(id);
        return ETags.Seen(context, ETags.Of(run.Version, run.UpdatedAt))
            ? TypedResults.StatusCode(StatusCodes.Status304NotModified)
            : TypedResults.Ok(new RunResource(run));
    }

    /// <summary>Changes name, tags, notes or the baseline mark.</summary>
    public static async Task<Results<Ok<RunResource>, ProblemResult>> Change(
        Guid id, Body<RunChanges> body, HttpContext context, IDbContextFactory<LabDbContext> contexts, Baselines baselines,
        CancellationToken cancellation) =>
        await Edit(id, context, contexts, cancellation, async (lab, run) =>
        {
            run.Name = body.Value.Name?.Trim() ?? run.Name;
            run.Tags = [.. body.Value.Tags ?? run.Tags];
            run.Notes = body.Value.Notes ?? run.Notes;
            if (body.Value.Baseline is { } pinned && pinned != run.Baseline)
                await baselines.Mark(lab, run, pinned, cancellation);
            return null;
        });

    /// <summary>
    /// Hides a run from every list. One that a worker holds must be cancelled first; one that a baseline rests on is deleted only with
    /// 'evenIfBaseline'.
    /// </summary>
    public static async Task<Results<NoContent, ProblemResult>> Delete(
        Guid id, Query<DeletionQuery> query, HttpContext context, IDbContextFactory<LabDbContext> contexts, Baselines baselines, TimeProvider time,
        CancellationToken cancellation)
    {
        var edited = await Edit(id, context, contexts, cancellation, async (_, run) =>
        {
            if (run.Source == Run.SourceLab && !run.Status.IsTerminal() && run.Status != RunStatus.Paused)
                return ProblemResult.Conflict($"The run is {Words.Of(run.Status)}; cancel it first: POST {new RunLinks(id).Self}/cancel.");
            if (!query.Value.EvenIfBaseline && await baselines.Containing(id, cancellation) is { Count: > 0 } pinned)
                return ProblemResult.Conflict(
                    $"The baseline {string.Join(" and ", pinned.Select(each => $"“{each.Name}”"))} rests on this run. Unpin it first "
                    + $"(DELETE /api/v1/baselines/{pinned[0].Id}), or delete with ?evenIfBaseline=true.");
            run.DeletedAt = time.GetUtcNow();
            return null;
        });
        return edited.Result is ProblemResult problem ? problem : TypedResults.NoContent();
    }

    private static async Task<Results<Ok<RunResource>, ProblemResult>> Edit(
        Guid id, HttpContext context, IDbContextFactory<LabDbContext> contexts, CancellationToken cancellation,
        Func<LabDbContext, Run, Task<ProblemResult?>> change)
    {
        await using var lab = await contexts.CreateDbContextAsync(cancellation);
        if (await lab.Runs.SingleOrDefaultAsync(each => each.Id == id && each.DeletedAt == null, cancellation) is not { } run)
            return Missing(id);
        if (ETags.Refuse(context, run) is { } stale)
            return stale;
        if (await change(lab, run) is { } refused)
            return refused;
        try
        {
            await lab.SaveChangesAsync(cancellation);
        }
        catch (DbUpdateConcurrencyException)
        {
            return new ProblemResult(StatusCodes.Status412PreconditionFailed,
                "It was changed at the same moment. Read it again, then repeat the change.");
        }
        context.Response.Headers.ETag = ETags.Of(run.Version, run.UpdatedAt);
        return TypedResults.Ok(new RunResource(run));
    }

    internal static Created<RunResource> Answer(HttpContext context, Run run)
    {
        context.Response.Headers.ETag = ETags.Of(run.Version, run.UpdatedAt);
        return TypedResults.Created(new RunLinks(run.Id).Self, new RunResource(run));
    }

    internal static ProblemResult Missing(Guid id) => ProblemResult.NotFound($"There is no run {id}.");

    internal static async Task<Run?> Find(this LabDbContext lab, Guid id, CancellationToken cancellation) =>
        await lab.Runs.AsNoTracking().SingleOrDefaultAsync(run => run.Id == id && run.DeletedAt == null, cancellation);
}

/// <summary>Query of a deletion.</summary>
public sealed record DeletionQuery
{
    /// <summary>Delete it although a pinned baseline rests on it.</summary>
    public bool EvenIfBaseline { get; init; }
}
