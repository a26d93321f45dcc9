using IntrinsicLab.Data;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace IntrinsicLab.Web.Endpoints;

/// <summary>Sweeps: searches for good parameters.</summary>
public static class SweepEndpoints
{
    public static void Map(RouteGroupBuilder group)
    {
        group.MapPost("/sweeps", Create).WithName("CreateSweep").Creates();
        group.MapGet("/sweeps", List).WithName("ListSweeps");
        group.MapGet("/sweeps/{id:guid}", Get).WithName("GetSweep");
        group.MapPost("/sweeps/{id:guid}/cancel", Cancel).WithName("CancelSweep");
        group.MapPost("/sweeps/{id:guid}/pause", Pause).WithName("PauseSweep");
        group.MapPost("/sweeps/{id:guid}/resume", Resume).WithName("ResumeSweep");
        group.MapPost("/sweeps/{id:guid}/best-seeds", AddSeeds).WithName("AddSeedsToBest").Creates();
    }

    /// <summary>Starts a search. Its runs are queued step by step, as results come in; equal plans decide equally, whatever finishes first.</summary>
    public static async Task<Created<SweepResource>> Create(Body<NewSweep> body, Sweeps sweeps, CancellationToken cancellation)
    {
        var sweep = await sweeps.Create(body.Value.Plan!, cancellation);
        var resource = SweepResource.Of((await sweeps.View(sweep.Id, cancellation))!, whole: true);
        return TypedResults.Created(resource.Links.Self, resource);
    }

    /// <summary>Lists sweeps, newest first, without those whose plan only another version can read.</summary>
    public static async Task<Ok<Page<SweepResource>>> List(
        Query<SweepListQuery> query, HttpContext context, Sweeps sweeps, IDbContextFactory<LabDbContext> contexts, CancellationToken cancellation)
    {
        var asked = query.Value;
        await using var lab = await contexts.CreateDbContextAsync(cancellation);
        var found = lab.Experiments.AsNoTracking().Where(each => each.SweepStatus != null);
        foreach (var word in asked.Q.ToLowerInvariant().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
            found = found.Where(each => each.Name.ToLower().Contains(word) || each.Notes.ToLower().Contains(word));
        // Ids rise with time, so they are the order.
        if (Guid.TryParseExact(asked.Cursor, "N", out var after))
            found = found.Where(each => each.Id.CompareTo(after) < 0);
        var ids = await found.OrderByDescending(each => each.Id).Take(asked.Limit + 1).Select(each => each.Id).ToListAsync(cancellation);
        var page = new List<SweepResource>();
        foreach (var id in ids.Take(asked.Limit))
            if (await sweeps.ViewIfReadable(id, cancellation) is { } view)
                page.Add(SweepResource.Of(view, whole: false));
        return TypedResults.Ok(new Page<SweepResource>(page, ids.Count > asked.Limit ? ids[asked.Limit - 1].ToString("N") : null).Announced(context));
    }

    /// <summary>
    /// One sweep with its trials, the best so far and what each parameter explains. With 'wait' the answer comes when the sweep has ended or is paused.
    /// </summary>
    public static async Task<Results<Ok<SweepResource>, ProblemResult>> Get(
        Guid id, Query<SweepQuery> query, HttpContext context, Sweeps sweeps, IDbContextFactory<LabDbContext> contexts, CancellationToken cancellation)
    {
        await Waiting.UntilAsync(new WaitQuery { Wait = query.Value.Wait }, context, async () =>
        {
            await using var polled = await contexts.CreateDbContextAsync(cancellation);
            return !await polled.Experiments.AnyAsync(each => each.Id == id && each.SweepStatus == SweepStatus.Active, cancellation);
        });
        return await Answer(id, sweeps, cancellation);
    }

    /// <summary>Ends a sweep for good, with all its runs.</summary>
    public static Task<Results<Ok<SweepResource>, ProblemResult>> Cancel(Guid id, Sweeps sweeps, CancellationToken cancellation) =>
        Do("be cancelled", id, sweeps, () => sweeps.Cancel(id, RunEndpoints.Actor, cancellation), SweepStatus.Cancelled, cancellation);

    /// <summary>Pauses a sweep; its runs wait with checkpoints.</summary>
    public static Task<Results<Ok<SweepResource>, ProblemResult>> Pause(Guid id, Sweeps sweeps, CancellationToken cancellation) =>
        Do("be paused", id, sweeps, () => sweeps.Pause(id, RunEndpoints.Actor, cancellation), SweepStatus.Paused, cancellation);

    /// <summary>Lets a paused sweep go on where it was.</summary>
    public static Task<Results<Ok<SweepResource>, ProblemResult>> Resume(Guid id, Sweeps sweeps, CancellationToken cancellation) =>
        Do("be resumed", id, sweeps, () => sweeps.Resume(id, RunEndpoints.Actor, cancellation), SweepStatus.Active, cancellation);

    /// <summary>
    /// Runs the best configuration with fresh seeds and the full budget. No decision rests on them: they say how good it is without the luck by
    /// which it was chosen.
    /// </summary>
    public static async Task<Results<Created<SweepResource>, ProblemResult>> AddSeeds(
        Guid id, Body<MoreSeeds> body, Sweeps sweeps, CancellationToken cancellation)
    {
        var added = await sweeps.AddSeedsToBest(id, body.Value.Count!.Value, RunEndpoints.Actor, cancellation);
        if (await sweeps.View(id, cancellation) is not { } view)
            return Missing(id);
        if (added.Count == 0)
            return ProblemResult.Conflict("No trial has a result yet.");
        var resource = SweepResource.Of(view, whole: true);
        return TypedResults.Created(resource.Links.Runs, resource);
    }

    private static async Task<Results<Ok<SweepResource>, ProblemResult>> Do(
        string what, Guid id, Sweeps sweeps, Func<Task<bool>> step, SweepStatus goal, CancellationToken cancellation)
    {
        var done = await step();
        if (!done && await sweeps.View(id, cancellation) is { Experiment.SweepStatus: { } status } && status != goal)
            return ProblemResult.Conflict($"A sweep that is {Words.Of(status)} cannot {what}.");
        return await Answer(id, sweeps, cancellation);
    }

    private static async Task<Results<Ok<SweepResource>, ProblemResult>> Answer(Guid id, Sweeps sweeps, CancellationToken cancellation)
    {
        try
        {
            return await sweeps.View(id, cancellation) is { } view ? TypedResults.Ok(SweepResource.Of(view, whole: true)) : Missing(id);
        }
        catch (InvalidDataException error)
        {
            return ProblemResult.Conflict(error.Message);
        }
    }

    private static ProblemResult Missing(Guid id) => ProblemResult.NotFound($"There is no sweep {id}.");
}
