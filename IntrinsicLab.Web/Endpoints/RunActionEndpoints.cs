using System.Text.Json;
using System.Text.Json.Nodes;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Data;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace IntrinsicLab.Web.Endpoints;

/// <summary>What can be done with a run: cancel, pause, resume, clone; complete for external ones.</summary>
public static class RunActionEndpoints
{
    public static void Map(RouteGroupBuilder group)
    {
        group.MapPost("/runs/{id:guid}/cancel", Cancel).WithName("CancelRun");
        group.MapPost("/runs/{id:guid}/pause", Pause).WithName("PauseRun");
        group.MapPost("/runs/{id:guid}/resume", Resume).WithName("ResumeRun");
        group.MapPost("/runs/{id:guid}/complete", Complete).WithName("CompleteRun");
        group.MapPost("/runs/{id:guid}/clone", Clone).WithName("CloneRun").Creates();
    }

    /// <summary>Stops a run for good, after a last checkpoint. What it measured is kept.</summary>
    public static Task<Results<Ok<RunResource>, ProblemResult>> Cancel(
        Guid id, HttpContext context, RunQueue queue, IDbContextFactory<LabDbContext> contexts, CancellationToken cancellation) =>
        Do("be cancelled", id, context, contexts, () => queue.Cancel(id, RunEndpoints.Actor, cancellation), cancellation);

    /// <summary>Stops a run after a checkpoint, to go on when resumed.</summary>
    public static Task<Results<Ok<RunResource>, ProblemResult>> Pause(
        Guid id, HttpContext context, RunQueue queue, IDbContextFactory<LabDbContext> contexts, CancellationToken cancellation) =>
        Do("be paused", id, context, contexts, () => queue.Pause(id, RunEndpoints.Actor, cancellation), cancellation);

    /// <summary>Queues a paused or failed run again; it goes on from its last checkpoint, bit for bit.</summary>
    public static Task<Results<Ok<RunResource>, ProblemResult>> Resume(
        Guid id, HttpContext context, RunQueue queue, IDbContextFactory<LabDbContext> contexts, CancellationToken cancellation) =>
        Do("be resumed", id, context, contexts, () => queue.Resume(id, RunEndpoints.Actor, cancellation), cancellation);

    /// <summary>Ends an external run.</summary>
    public static async Task<Results<Ok<RunResource>, ProblemResult>> Complete(
        Guid id, Body<Completion> body, HttpContext context, RunQueue queue, IDbContextFactory<LabDbContext> contexts,
            CancellationToken cancellation)
    {
        await using var lab = await contexts.CreateDbContextAsync(cancellation);
        if (await lab.Find(id, cancellation) is not { } run)
            return RunEndpoints.Missing(id);
        if (run.Source != Run.SourceExternal)
            return ProblemResult.Conflict(
                "The lab trains this run and completes it by itself; only external runs are completed by request.");
        var (to, reason) = body.Value.Error is { } error
            ? (RunStatus.Failed, error)
            : (RunStatus.Completed, "Completed by its own program.");
        return await Do("be completed", id, context, contexts,
            () => queue.Transition(id, to, RunEndpoints.Actor, reason, null, cancellation), cancellation);
    }

    /// <summary>Queues a run like this one, with the members of the body laid over its plan.</summary>
    public static async Task<Results<Created<RunResource>, ProblemResult>> Clone(
        Guid id, Body<CloneChanges> body, HttpContext context, RunQueue queue, Rules rules, IDbContextFactory<LabDbContext> contexts,
            CancellationToken cancellation)
    {
        await using var lab = await contexts.CreateDbContextAsync(cancellation);
        if (await lab.Find(id, cancellation) is not { } run)
            return RunEndpoints.Missing(id);
        if (run.Source == Run.SourceExternal)
            return ProblemResult.Conflict("Another program trained this run; the lab cannot repeat it.");
        var faults = new List<Problem>();
        var request = RunRequest.Read(JsonSerializer.SerializeToElement(body.Value.Over(run)), faults, await rules.Ids(cancellation));
        if (request is null)
            return ProblemResult.Invalid(faults);
        return RunEndpoints.Answer(context, await queue.Enqueue(request, null, RunEndpoints.Actor, cancellation));
    }

    private static async Task<Results<Ok<RunResource>, ProblemResult>> Do(
        string what, Guid id, HttpContext context, IDbContextFactory<LabDbContext> contexts, Func<Task<TransitionResult>> step,
        CancellationToken cancellation)
    {
        var result = await step();
        await using var lab = await contexts.CreateDbContextAsync(cancellation);
        if (result.Outcome == TransitionOutcome.NotFound || await lab.Find(id, cancellation) is not { } run)
            return RunEndpoints.Missing(id);
        if (!result.Succeeded)
            return Illegal(what, run.Source, result);
        context.Response.Headers.ETag = ETags.Of(run.Version, run.UpdatedAt);
        return TypedResults.Ok(new RunResource(run));
    }

    private static ProblemResult Illegal(string what, string source, TransitionResult result)
    {
        var allowed = Allowed(source, result).ToList();
        var status = Words.Of(result.Status);
        return new(StatusCodes.Status409Conflict,
            $"A run that is {status} cannot {what}; possible now: {(allowed.Count == 0 ? "nothing" : string.Join(", ", allowed))}.")
        {
            Extensions = new()
            {
                ["runStatus"] = status,
                ["allowed"] = new JsonArray([.. allowed.Select(each => (JsonNode)JsonValue.Create(each))]),
            },
        };
    }

    private static IEnumerable<string> Allowed(string source, TransitionResult result)
    {
        var may = result.Allowed;
        if (may.Contains(RunStatus.Cancelled) || may.Contains(RunStatus.Cancelling))
            yield return "cancel";
        if (result.Status != RunStatus.Pausing && (may.Contains(RunStatus.Paused) || may.Contains(RunStatus.Pausing)))
            yield return "pause";
        if (result.Status is RunStatus.Paused or RunStatus.Failed && may.Contains(RunStatus.Queued))
            yield return "resume";
        if (source == Run.SourceExternal && may.Contains(RunStatus.Completed))
            yield return "complete";
        if (source == Run.SourceLab)
            yield return "clone";
    }
}

/// <summary>Body of POST runs/{id}/complete.</summary>
public sealed record Completion : IRequestBody<Completion>
{
    /// <summary>Why it failed; left out when it did not.</summary>
    public string? Error { get; init; }

    public static bool Optional => true;

    public static Completion? Read(JsonElement json, List<Problem> problems)
    {
        var members = Members.Of(json, "", problems);
        var read = new Completion { Error = members.Text("error", 20_000) };
        members.RefuseOthers("member", ["error"]);
        return read;
    }
}
