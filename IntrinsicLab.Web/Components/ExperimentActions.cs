using IntrinsicLab.Data;
using IntrinsicLab.Web.Live;
using Microsoft.EntityFrameworkCore;

namespace IntrinsicLab.Web.Components;

/// <summary>What a person can do to a whole experiment; each says what it did.</summary>
public sealed class ExperimentActions(RunQueue queue, IDbContextFactory<LabDbContext> contexts, RunFeed feed, Toasts toasts)
{
    private const string Actor = "user";

    public async Task Move(Guid id, ExperimentAction action)
    {
        var move = await queue.Move(id, action, Actor);
        feed.Wake();
        var (done, infinitive) = action switch
        {
            ExperimentAction.Cancel => ("are cancelled", "cancel"),
            ExperimentAction.Pause => ("pause", "pause"),
            _ => ("are queued again", "resume"),
        };
        if (move is null)
            toasts.Fail("The experiment is gone", "Somebody has deleted it.");
        else if (move.Changed == 0)
            toasts.Say($"There was nothing to {infinitive}", Refused(move));
        else
            toasts.Say($"{Quantities.Plural(move.Changed, "run")} {done}", Refused(move));
    }

    /// <summary>Queues runs again that failed.</summary>
    public async Task ResumeFailed(IReadOnlyCollection<Guid> runs)
    {
        var resumed = 0;
        foreach (var id in runs)
            if ((await queue.Resume(id, Actor)).Outcome == TransitionOutcome.Done)
                resumed++;
        feed.Wake();
        toasts.Say($"{Quantities.Plural(resumed, "run")} queued again", "Each goes on from its last checkpoint.");
    }

    /// <summary>Adds seeds; true where it worked.</summary>
    public async Task<bool> AddSeeds(Guid id, SeedRequest request)
    {
        var addition = await queue.AddSeeds(id, request, Actor);
        feed.Wake();
        var fault = addition is null ? "Somebody has deleted it."
            : addition.Conflict ?? (addition.Problems.Count > 0 ? string.Join(" ", addition.Problems.Select(problem => problem.Message)) : null);
        if (fault is not null)
            toasts.Fail("No seeds were added", fault);
        else
            toasts.Say(
                addition!.Added.Count == 0 ? "No seeds were added" : $"{Quantities.Plural(addition.Added.Count, "run")} queued",
                addition.Present.Count == 0 ? "They start as workers are free." : $"{Quantities.Plural(addition.Present.Count, "run")} of these seeds were there already.");
        return fault is null;
    }

    public async Task Change(Guid id, string name, string notes)
    {
        await using var context = await contexts.CreateDbContextAsync();
        await context.Experiments.Where(each => each.Id == id)
            .ExecuteUpdateAsync(set => set.SetProperty(each => each.Name, name).SetProperty(each => each.Notes, notes));
        feed.Wake();
    }

    private static string Refused(ExperimentMove move) => move.Refused.Count == 0 ? "" : "Left as they are: "
        + string.Join(", ", move.Refused.Select(pair => $"{Quantities.Exact(pair.Value)} {pair.Key.ToString().ToLowerInvariant()}")) + ".";
}
