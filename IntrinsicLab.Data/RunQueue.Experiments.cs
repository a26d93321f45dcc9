using System.Globalization;
using System.Text.Json;
using IntrinsicLab.Core.Experiments;
using Microsoft.EntityFrameworkCore;

namespace IntrinsicLab.Data;

/// <summary>What can be done with every run of an experiment at once.</summary>
public enum ExperimentAction
{
    /// <summary>Stops the runs for good.</summary>
    Cancel,

    /// <summary>Stops the runs with a checkpoint.</summary>
    Pause,

    /// <summary>Queues paused and failed runs again.</summary>
    Resume,
}

/// <summary>What came of moving every run of an experiment.</summary>
/// <param name="Changed">Runs that changed status.</param>
/// <param name="Unchanged">Runs that already were, or were on their way, where they should go.</param>
/// <param name="Refused">Runs whose status does not allow it, by status.</param>
public sealed record ExperimentMove(int Changed, int Unchanged, IReadOnlyDictionary<RunStatus, int> Refused);

/// <summary>Seeds to add to an experiment.</summary>
/// <param name="Count">How many to each configuration: the smallest from 1 on that it lacks. Null where they are listed.</param>
/// <param name="Seeds">The seeds; empty where they are counted.</param>
/// <param name="Configurations">Hashes, or beginnings of them, of the configurations that get them; empty for every one.</param>
public sealed record SeedRequest(int? Count, IReadOnlyList<int> Seeds, IReadOnlyList<string> Configurations);

/// <summary>One seed of one configuration.</summary>
/// <param name="Id">Its run.</param>
/// <param name="Name">The run's name.</param>
/// <param name="Configuration">Hash of the configuration.</param>
/// <param name="Seed">The seed.</param>
/// <param name="Status">The run's status.</param>
public sealed record SeededRun(Guid Id, string Name, string Configuration, int Seed, RunStatus Status);

/// <summary>What came of adding seeds.</summary>
/// <param name="Added">Runs that were queued.</param>
/// <param name="Present">Runs that were there already.</param>
/// <param name="Problems">What is wrong with the request; nothing was queued then.</param>
/// <param name="Conflict">Why the experiment as it is cannot take them; nothing was queued then.</param>
public sealed record SeedAddition(
    IReadOnlyList<SeededRun> Added, IReadOnlyList<SeededRun> Present, IReadOnlyList<Problem> Problems, string? Conflict = null);

public sealed partial class RunQueue
{
    // Few enough that a worker's claim is not kept waiting.
    private const int MovedAtOnce = 100;

    /// <summary>Cancels, pauses or resumes every run of an experiment, each by its own guarded transition; null when there is no such experiment, or a search makes its runs.</summary>
    public async Task<ExperimentMove?> Move(Guid experimentId, ExperimentAction action, string actor, CancellationToken cancellationToken = default)
    {
        (Func<RunHead, RunStatus> choose, string reason) = action switch
        {
            ExperimentAction.Cancel => ((Func<RunHead, RunStatus>)ToCancel, "cancel requested for the experiment"),
            ExperimentAction.Pause => (ToPause, "pause requested for the experiment"),
            _ => (ToResume, "resume requested for the experiment"),
        };
        List<Guid> ids;
        await using (var context = await contexts.CreateDbContextAsync(cancellationToken))
        {
            if (!await context.Experiments.AnyAsync(each => each.Id == experimentId && each.SweepStatus == null, cancellationToken))
                return null;
            var runs = await context.Runs.Where(run => run.ExperimentId == experimentId && run.DeletedAt == null)
                .OrderBy(run => run.CreatedAt).ThenBy(run => run.Id).Select(run => new { run.Id, run.Status }).ToListAsync(cancellationToken);
            // Those that wait come first, or a slot that falls free would start one of them meanwhile.
            ids = [.. runs.OrderBy(run => run.Status == RunStatus.Queued ? 0 : 1).Select(run => run.Id)];
        }
        var (changed, unchanged, refused) = (0, 0, new SortedDictionary<RunStatus, int>());
        foreach (var some in ids.Chunk(MovedAtOnce))
        {
            // In the order of ids, as everybody else who moves several: two at once cannot wait for each other.
            Array.Sort(some);
            var moved = new List<Guid>();
            await using var context = await contexts.CreateDbContextAsync(cancellationToken);
            await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
            foreach (var id in some)
            {
                var result = await Step(context, id, choose, actor, reason, null, lost: false, cancellationToken);
                if (result.Outcome == TransitionOutcome.Done)
                    moved.Add(id);
                else if (result.Outcome == TransitionOutcome.Unchanged)
                    unchanged++;
                else if (result.Outcome == TransitionOutcome.Illegal)
                    refused[result.Status] = refused.GetValueOrDefault(result.Status) + 1;
            }
            await context.SaveChangesAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            changed += moved.Count;
            foreach (var id in moved)
                Changed?.Invoke(id);
        }
        return new(changed, unchanged, refused);
    }

    /// <summary>
    /// Queues seeds that configurations of an experiment lack, planned as their other seeds are; a seed that a configuration has is never repeated.
    /// All or nothing; null when there is no such experiment, or a search makes its runs.
    /// </summary>
    public async Task<SeedAddition?> AddSeeds(Guid experimentId, SeedRequest request, string actor, CancellationToken cancellationToken = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        // Holds the experiment's row: of two who add at once, the second sees what the first added.
        if (await context.Experiments.Where(each => each.Id == experimentId && each.SweepStatus == null)
            .ExecuteUpdateAsync(set => set.SetProperty(each => each.Name, each => each.Name), cancellationToken) == 0)
            return null;
        var runs = await context.Runs.Where(run => run.ExperimentId == experimentId && run.DeletedAt == null && run.Source == Run.SourceLab)
            .OrderBy(run => run.CreatedAt).ThenBy(run => run.Id)
            .Select(run => new SeededRun(run.Id, run.Name, run.ConfigurationHash, run.Seed, run.Status)).ToListAsync(cancellationToken);
        var configurations = runs.GroupBy(run => run.Configuration).ToList();
        if (configurations.Count == 0)
            return Refuse("The experiment has no run whose plan could be repeated with another seed.");

        var problems = new List<Problem>();
        var chosen = new List<IGrouping<string, SeededRun>>();
        foreach (var (index, hash) in request.Configurations.Index())
            if (configurations.Where(each => each.Key.StartsWith(hash, StringComparison.OrdinalIgnoreCase)).ToList() is [var found])
                chosen.Add(found);
            else
                problems.Add(new($"/configurations/{index.ToString(CultureInfo.InvariantCulture)}",
                    $"No one configuration of this experiment has the hash '{hash}'; GET experiments/{experimentId}/differences lists them."));
        chosen = request.Configurations.Count == 0 ? configurations : [.. chosen.Distinct()];

        var present = new List<SeededRun>();
        var missing = new List<(int Turn, IGrouping<string, SeededRun> Configuration, int Seed)>();
        foreach (var configuration in chosen)
        {
            var known = configuration.ToLookup(run => run.Seed);
            var wanted = request.Count is { } count
                ? Enumerable.Range(1, int.MaxValue).Where(seed => !known.Contains(seed)).Take(count)
                : request.Seeds.Distinct();
            foreach (var (turn, seed) in wanted.Index())
                if (known.Contains(seed))
                    present.AddRange(known[seed]);
                else
                    missing.Add((turn, configuration, seed));
        }
        if (runs.Count + missing.Count > ExperimentPlan.MostRuns)
            problems.Add(new("/seeds",
                $"The experiment would have {runs.Count + missing.Count} runs; it may have {ExperimentPlan.MostRuns}. Add fewer seeds, or to fewer configurations."));
        if (problems.Count > 0)
            return new([], [], problems);

        var now = Now();
        var added = new List<Run>();
        var templates = new Dictionary<string, (RunPlan Plan, Run Run)>();
        // Each configuration's first new seed before anybody's second: what runs early already compares.
        foreach (var (_, configuration, seed) in missing.OrderBy(each => each.Turn))
        {
            if (!templates.TryGetValue(configuration.Key, out var template))
            {
                var first = configuration.First().Id;
                var run = await context.Runs.AsNoTracking().SingleAsync(each => each.Id == first, cancellationToken);
                using var json = JsonDocument.Parse(run.Plan);
                var faults = new List<Problem>();
                if (RunPlan.Read(json.RootElement, faults) is not { } plan)
                    return Refuse($"{run.Name} cannot be repeated here: {string.Join(" ", faults.Select(fault => fault.Message))}");
                if (plan.ConfigurationHash != configuration.Key)
                    return Refuse($"{run.Name} was planned by another version of the lab, in which its configuration had other parameters: "
                        + "new seeds would not be seeds of the same. Start the experiment anew to have them all alike.");
                template = templates[configuration.Key] = (plan, run);
            }
            var ending = string.Create(CultureInfo.InvariantCulture, $"-{template.Run.Seed}");
            var name = template.Run.Name.EndsWith(ending, StringComparison.Ordinal) ? template.Run.Name[..^ending.Length] : template.Run.Name;
            var next = template.Plan with { Seed = seed, Name = string.Create(CultureInfo.InvariantCulture, $"{name}-{seed}") };
            added.Add(From(next, new RunRequest(next, template.Run.Priority, template.Run.Tags, ""), experimentId, now.AddMicroseconds(added.Count)));
        }
        context.Runs.AddRange(added);
        context.RunEvents.AddRange(added.Select(run =>
            new RunEvent { RunId = run.Id, Time = run.CreatedAt, To = run.Status, Actor = actor, Reason = "seed added" }));
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        foreach (var run in added)
            Changed?.Invoke(run.Id);
        return new([.. added.Select(run => new SeededRun(run.Id, run.Name, run.ConfigurationHash, run.Seed, run.Status))], present, []);

        static SeedAddition Refuse(string why) => new([], [], [], why);
    }
}
