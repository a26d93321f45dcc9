using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Data;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntrinsicLab.Web.Endpoints;

/// <summary>What can be done with a whole experiment: cancel, pause, resume; add seeds.</summary>
public static class ExperimentActionEndpoints
{
    public static void Map(RouteGroupBuilder group)
    {
        group.MapPost("/experiments/{id:guid}/cancel", Cancel).WithName("CancelExperiment");
        group.MapPost("/experiments/{id:guid}/pause", Pause).WithName("PauseExperiment");
        group.MapPost("/experiments/{id:guid}/resume", Resume).WithName("ResumeExperiment");
        group.MapPost("/experiments/{id:guid}/seeds", AddSeeds).WithName("AddSeeds").Creates();
    }

    /// <summary>Stops every run for good, those at work after a last checkpoint. What they measured is kept.</summary>
    public static Task<Results<Ok<ExperimentMoveResource>, ProblemResult>> Cancel(Guid id, RunQueue queue, CancellationToken cancellation) =>
        Do("cancelled", id, ExperimentAction.Cancel, queue, cancellation);

    /// <summary>Stops every run that has not ended, those at work after a checkpoint, to go on when resumed.</summary>
    public static Task<Results<Ok<ExperimentMoveResource>, ProblemResult>> Pause(Guid id, RunQueue queue, CancellationToken cancellation) =>
        Do("paused", id, ExperimentAction.Pause, queue, cancellation);

    /// <summary>Queues every paused or failed run again; each goes on from its last checkpoint, bit for bit.</summary>
    public static Task<Results<Ok<ExperimentMoveResource>, ProblemResult>> Resume(Guid id, RunQueue queue, CancellationToken cancellation) =>
        Do("resumed", id, ExperimentAction.Resume, queue, cancellation);

    /// <summary>
    /// Queues seeds that configurations lack: a count to each (the smallest from 1 on that it lacks), or those listed. What a configuration has is never
    /// repeated; steps, evaluation, arm, tags and priority are those of its other seeds.
    /// </summary>
    public static async Task<Results<Ok<SeedAdditionResource>, ProblemResult>> AddSeeds(
        Guid id, Body<NewSeeds> body, RunQueue queue, CancellationToken cancellation) =>
        await queue.AddSeeds(id, body.Value.Request!, RunEndpoints.Actor, cancellation) switch
        {
            null => ExperimentEndpoints.Missing(id),
            { Problems.Count: > 0 } faulty => ProblemResult.Invalid(faulty.Problems),
            { Conflict: { } conflict } => ProblemResult.Conflict(conflict),
            var done => TypedResults.Ok(new SeedAdditionResource(
                done.Added.Count, done.Present.Count, done.Added, done.Present, new ExperimentLinks(id))),
        };

    private static async Task<Results<Ok<ExperimentMoveResource>, ProblemResult>> Do(
        string done, Guid id, ExperimentAction action, RunQueue queue, CancellationToken cancellation)
    {
        if (await queue.Move(id, action, RunEndpoints.Actor, cancellation) is not { } move)
            return ExperimentEndpoints.Missing(id);
        var refused = move.Refused.Select(pair => new RefusedRuns(pair.Key, pair.Value, $"A run that is {Words.Of(pair.Key)} cannot be {done}.")).ToList();
        if (move.Changed + move.Unchanged > 0)
            return TypedResults.Ok(new ExperimentMoveResource(move.Changed, move.Unchanged, refused.Sum(each => each.Runs), refused, new ExperimentLinks(id)));
        return new ProblemResult(StatusCodes.Status409Conflict, refused.Count == 0
            ? $"The experiment has no runs that could be {done}."
            : $"No run can be {done}: {string.Join(", ", refused.Select(each => $"{each.Runs} {Words.Of(each.Status)}"))}.")
        {
            Extensions = new()
            {
                ["refused"] = new JsonObject(refused.Select(each => KeyValuePair.Create(Words.Of(each.Status), (JsonNode?)JsonValue.Create(each.Runs)))),
            },
        };
    }
}

/// <summary>What came of moving every run of an experiment.</summary>
/// <param name="Changed">Runs that changed status.</param>
/// <param name="Unchanged">Runs that already were, or were on their way, where they should go.</param>
/// <param name="Refused">Runs whose status does not allow it.</param>
/// <param name="Reasons">Why, by status.</param>
/// <param name="Links">Where to go from here.</param>
public sealed record ExperimentMoveResource(int Changed, int Unchanged, int Refused, IReadOnlyList<RefusedRuns> Reasons, ExperimentLinks Links);

/// <summary>Runs that stayed as they were.</summary>
/// <param name="Status">Their status.</param>
/// <param name="Runs">How many.</param>
/// <param name="Reason">Why.</param>
public sealed record RefusedRuns(RunStatus Status, int Runs, string Reason);

/// <summary>What came of adding seeds.</summary>
/// <param name="AddedCount">How many runs were queued.</param>
/// <param name="PresentCount">How many of those asked for were there already.</param>
/// <param name="Added">Runs that were queued.</param>
/// <param name="Present">Runs that were there already.</param>
/// <param name="Links">Where to go from here.</param>
public sealed record SeedAdditionResource(
    int AddedCount, int PresentCount, IReadOnlyList<SeededRun> Added, IReadOnlyList<SeededRun> Present, ExperimentLinks Links);

/// <summary>Body of POST experiments/{id}/seeds.</summary>
public sealed record NewSeeds : IRequestBody<NewSeeds>
{
    /// <summary>How many to add to each configuration, or a list of seeds.</summary>
    public required JsonNode Seeds { get; init; }

    /// <summary>Hashes of the configurations that get them, at least their first 8 characters; every one when left out.</summary>
    public IReadOnlyList<string>? Configurations { get; init; }

    internal SeedRequest? Request { get; private init; }

    public static NewSeeds? Read(JsonElement json, List<Problem> problems)
    {
        var before = problems.Count;
        var members = Members.Of(json, "", problems);
        int? count = null;
        List<int> seeds = [];
        if (members.Take("seeds") is not { } given)
            members.Fault("seeds", "This member is required: how many to add to each configuration, or a list of seeds.");
        else if (given.ValueKind == JsonValueKind.Number && given.TryGetInt32(out var whole) && whole is >= 1 and <= 1000)
            count = whole;
        else if (given.ValueKind == JsonValueKind.Array && given.GetArrayLength() is > 0 and <= 1000
            && given.EnumerateArray().All(each => each.ValueKind == JsonValueKind.Number && each.TryGetInt32(out var seed) && seed >= 0))
            seeds = [.. given.EnumerateArray().Select(each => each.GetInt32())];
        else
            members.Fault("seeds", "Expected a count from 1 to 1000, or a list of whole numbers from 0 to 2147483647.");
        if (seeds.Distinct().Count() < seeds.Count)
            members.Fault("seeds", "A seed is listed twice.");
        var configurations = members.Texts("configurations", ExperimentPlan.MostRuns, 64);
        foreach (var (index, hash) in configurations.Index())
            if (hash.Length < 8)
                problems.Add(new(Problem.At(members.At("configurations"), index.ToString(CultureInfo.InvariantCulture)),
                    "Expected the hash of a configuration, or at least its first 8 characters."));
        members.RefuseOthers("member", ["seeds", "configurations"]);
        return problems.Count == before ? new() { Seeds = 0, Request = new(count, seeds, configurations) } : null;
    }
}
