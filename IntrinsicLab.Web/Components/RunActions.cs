using System.Text.Json;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Data;
using IntrinsicLab.Web.Live;
using Microsoft.EntityFrameworkCore;

namespace IntrinsicLab.Web.Components;

/// <summary>What a person can do to runs from any page; each says what it did.</summary>
public sealed class RunActions(RunQueue queue, Baselines baselines, Rules rules, IDbContextFactory<LabDbContext> contexts, RunFeed feed, Toasts toasts, TimeProvider time)
{
    private const string Actor = "user";

    public async Task Cancel(Guid id, string name) => Report(await queue.Cancel(id, Actor), $"Cancelling {name}", "cancel", name);

    public async Task Pause(Guid id, string name) => Report(await queue.Pause(id, Actor), $"Pausing {name}", "pause", name);

    public async Task Resume(Guid id, string name) => Report(await queue.Resume(id, Actor), $"{name} is queued again", "resume", name);

    /// <summary>Takes the run out of every list; nothing is erased, so that it can come back.</summary>
    public async Task Delete(Guid id, string name)
    {
        await Mark(id, time.GetUtcNow());
        toasts.Undoable($"{name} was deleted", "Undo", () => Mark(id, null));
    }

    /// <summary>Pins a run, every seed of a configuration, or an experiment.</summary>
    public async Task Pin(Baseline wanted)
    {
        var (pinned, isNew) = await baselines.Pin(wanted);
        feed.Wake();
        if (pinned is null)
            toasts.Fail("Nothing was pinned", "Its runs have been deleted.");
        else
            toasts.Say(isNew ? $"“{pinned.Name}” is a baseline now" : $"It is pinned already, as “{pinned.Name}”", "It is offered beside the charts of its environment.");
    }

    /// <summary>Takes a baseline off the list, with the way back.</summary>
    public async Task Unpin(Baseline pinned)
    {
        await baselines.Unpin(pinned.Id);
        feed.Wake();
        toasts.Undoable($"“{pinned.Name}” is no baseline any more", "Undo", async () =>
        {
            await baselines.Pin(new()
            {
                Name = pinned.Name,
                RunId = pinned.RunId,
                ExperimentId = pinned.ExperimentId,
                ConfigurationHash = pinned.ConfigurationHash,
                Environment = pinned.Environment,
                Notes = pinned.Notes,
            });
            feed.Wake();
        });
    }

    /// <summary>Pins a run, or unpins it.</summary>
    public async Task TogglePin(RunRow run)
    {
        var known = (await baselines.Containing(run.Id)).FirstOrDefault(each => each.RunId == run.Id);
        await (known is null ? Pin(new() { Name = "", RunId = run.Id }) : Unpin(known));
    }

    public async Task Rename(Guid id, string name)
    {
        await using var context = await contexts.CreateDbContextAsync();
        if (await context.Runs.FindAsync(id) is not { } run)
            return;
        run.Name = name;
        await context.SaveChangesAsync();
        feed.Wake();
    }

    /// <summary>Queues what a request asks for; null, and a note, where it cannot run here.</summary>
    public async Task<Run?> Start(object request)
    {
        var problems = new List<Problem>();
        if (RunRequest.Read(JsonSerializer.SerializeToElement(request), problems, await rules.Ids()) is not { } read)
        {
            toasts.Fail("The run was not started", string.Join(" ", problems.Select(problem => problem.Message)));
            return null;
        }
        var run = await queue.Enqueue(read, null, Actor);
        feed.Wake();
        toasts.Say($"{run.Name} is queued", "It starts as soon as a worker is free.");
        return run;
    }

    private async Task Mark(Guid id, DateTimeOffset? deleted)
    {
        await using var context = await contexts.CreateDbContextAsync();
        if (await context.Runs.FindAsync(id) is not { } run)
            return;
        run.DeletedAt = deleted;
        await context.SaveChangesAsync();
        feed.Wake();
    }

    private void Report(TransitionResult result, string done, string verb, string name)
    {
        feed.Wake();
        if (result.Succeeded)
            toasts.Say(done);
        else
            toasts.Fail($"{name} could not {verb}", result.Message);
    }
}
