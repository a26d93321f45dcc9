using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using IntrinsicLab.Core.Algorithms;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace IntrinsicLab.Data.Imports;

/// <summary>A run of a file, and the run of the lab that it is or became.</summary>
/// <param name="Run">The run of the file.</param>
/// <param name="Id">Id of the lab's run; null while there is none.</param>
/// <param name="Existed">The lab had it before.</param>
public sealed record ImportOutcome(ImportedRun Run, Guid? Id, bool Existed);

/// <summary>Stores runs of other programs: finished ones, all of them or none, and none twice.</summary>
public sealed class RunImports(IDbContextFactory<LabDbContext> contexts, MetricStore metrics, TimeProvider time)
{
    /// <summary>The tag of runs that came so.</summary>
    public const string Tag = "imported";

    /// <summary>Which of these runs the lab has already, by content; nothing is written.</summary>
    public async Task<IReadOnlyList<ImportOutcome>> Compare(IReadOnlyList<ImportedRun> runs, CancellationToken cancellation = default)
    {
        await using var lab = await contexts.CreateDbContextAsync(cancellation);
        return await Compare(lab, runs, cancellation);
    }

    /// <summary>Stores those that the lab does not have, in one transaction.</summary>
    public async Task<IReadOnlyList<ImportOutcome>> Store(IReadOnlyList<ImportedRun> runs, string file, string actor, CancellationToken cancellation = default)
    {
        await using var lab = await contexts.CreateDbContextAsync(cancellation);
        await using var transaction = await lab.Database.BeginTransactionAsync(cancellation);
        var outcomes = new List<ImportOutcome>();
        var now = UnixMicroseconds.To(UnixMicroseconds.From(time.GetUtcNow()));
        foreach (var (index, outcome) in (await Compare(lab, runs, cancellation)).Index())
        {
            // Twice in one file counts as once, too.
            var earlier = outcomes.FirstOrDefault(each => each.Run.Hash == outcome.Run.Hash);
            if (outcome.Existed || earlier is not null)
            {
                outcomes.Add(outcome with { Id = outcome.Id ?? earlier!.Id, Existed = true });
                continue;
            }
            var row = Row(outcome.Run, file, now.AddMicroseconds(index));
            lab.Runs.Add(row);
            // Finished elsewhere: it enters in its last status, and no transition is passed over.
            lab.RunEvents.Add(new() { RunId = row.Id, Time = row.CreatedAt, To = row.Status, Actor = actor, Reason = $"imported from {file}" });
            outcomes.Add(outcome with { Id = row.Id });
        }
        await lab.SaveChangesAsync(cancellation);
        foreach (var outcome in outcomes.Where(each => !each.Existed))
            await metrics.Fill(transaction.GetDbTransaction(), outcome.Id!.Value, outcome.Run.Series, cancellation);
        await transaction.CommitAsync(cancellation);
        return outcomes;
    }

    private static async Task<List<ImportOutcome>> Compare(LabDbContext lab, IReadOnlyList<ImportedRun> runs, CancellationToken cancellation)
    {
        var (algorithms, environments) = (runs.Select(run => run.Algorithm).Distinct().ToList(), runs.Select(run => run.Environment).Distinct().ToList());
        var plans = await lab.Runs.AsNoTracking()
            .Where(run => run.Source == Run.SourceExternal && run.DeletedAt == null && algorithms.Contains(run.Algorithm) && environments.Contains(run.Environment))
            .OrderBy(run => run.Id).Select(run => new { run.Id, run.Plan }).ToListAsync(cancellation);
        var known = new Dictionary<string, Guid>();
        foreach (var run in plans)
            if (JsonNode.Parse(run.Plan)?["import"]?["sha256"] is JsonValue hash)
                known.TryAdd(hash.GetValue<string>(), run.Id);
        return [.. runs.Select(run => known.TryGetValue(run.Hash, out var id) ? new ImportOutcome(run, id, true) : new ImportOutcome(run, null, false))];
    }

    private static Run Row(ImportedRun run, string file, DateTimeOffset now)
    {
        var seconds = run.Series.Values.Max(series => series.Seconds is { Count: > 0 } each ? each.Max() : 0);
        var episodes = run.Series.TryGetValue(Metrics.Episodes, out var counted) ? counted.Values.Max() : 0;
        return new()
        {
            Id = Guid.CreateVersion7(now),
            Name = run.Name,
            Algorithm = run.Algorithm,
            Environment = run.Environment,
            Steps = run.Steps,
            Seed = run.Seed,
            Status = RunStatus.Completed,
            Tags = [Tag],
            Source = Run.SourceExternal,
            CreatedAt = now,
            StartedAt = now,
            FinishedAt = now,
            UpdatedAt = now,
            ActiveSeconds = double.IsFinite(seconds) ? seconds : 0,
            EpisodesDone = double.IsFinite(episodes) ? (long)episodes : 0,
            // Without the budget: seeds that end at different steps are one configuration.
            ConfigurationHash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(
                $"imported\n{run.Algorithm}\n{run.Environment}\n{run.EnvironmentParameters.ToJsonString()}"))),
            Plan = new JsonObject
            {
                ["algorithm"] = run.Algorithm,
                ["environment"] = run.Environment,
                ["steps"] = run.Steps,
                ["seed"] = run.Seed,
                ["environmentParameters"] = run.EnvironmentParameters.DeepClone(),
                ["import"] = new JsonObject { ["file"] = file, ["sha256"] = run.Hash, ["points"] = run.Points.ToString(CultureInfo.InvariantCulture) },
            }.ToJsonString(),
        };
    }
}
