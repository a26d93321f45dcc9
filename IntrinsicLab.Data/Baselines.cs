using Microsoft.EntityFrameworkCore;

namespace IntrinsicLab.Data;

/// <summary>A baseline with the runs that stand for it.</summary>
/// <param name="Baseline">What is pinned.</param>
/// <param name="Runs">Its runs that are not deleted, by environment and seed.</param>
public sealed record PinnedRuns(Baseline Baseline, IReadOnlyList<PinnedRun> Runs);

/// <summary>One run of a baseline.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="Algorithm">Id of its algorithm.</param>
/// <param name="Environment">Id of its environment.</param>
/// <param name="Seed">Its seed.</param>
/// <param name="Steps">Its budget.</param>
/// <param name="LastReturn">Its last <c>return/extrinsic</c>.</param>
public sealed record PinnedRun(Guid Id, string Name, string Algorithm, string Environment, int Seed, long Steps, double? LastReturn);

/// <summary>What came of a wish to pin.</summary>
/// <param name="Baseline">The baseline, new or the one that exists; null where there is nothing to pin.</param>
/// <param name="IsNew">It was pinned now.</param>
public sealed record PinResult(Baseline? Baseline, bool IsNew);

/// <summary>
/// Pins runs as baselines, and finds them again. The mark on a run (<see cref="Run.Baseline"/>) says that the run itself is pinned; it is kept in
/// step here, so that lists can filter by it.
/// </summary>
public sealed class Baselines(IDbContextFactory<LabDbContext> contexts, TimeProvider time)
{
    /// <summary>Pins what <paramref name="wanted"/> points at; its id and time are given here. The name defaults to that of what is pinned.</summary>
    public async Task<PinResult> Pin(Baseline wanted, CancellationToken cancellation = default)
    {
        await using var lab = await contexts.CreateDbContextAsync(cancellation);
        if (await Same(lab.Baselines.AsNoTracking(), wanted).FirstOrDefaultAsync(cancellation) is { } known)
            return new(known, false);
        if (wanted.RunId is { } runId)
        {
            if (await lab.Runs.SingleOrDefaultAsync(run => run.Id == runId && run.DeletedAt == null, cancellation) is not { } run)
                return new(null, false);
            run.Baseline = true;
            wanted.Name = Named(wanted.Name, run.Name);
        }
        else if (wanted.ExperimentId is { } experimentId)
        {
            if (await lab.Experiments.AsNoTracking().SingleOrDefaultAsync(each => each.Id == experimentId, cancellation) is not { } experiment)
                return new(null, false);
            wanted.Name = Named(wanted.Name, experiment.Name);
        }
        else
        {
            if (await RunsOf(lab, wanted).OrderBy(run => run.Id).FirstOrDefaultAsync(cancellation) is not { } any)
                return new(null, false);
            wanted.Name = Named(wanted.Name, $"{any.Algorithm} on {any.Environment}");
        }
        (wanted.Id, wanted.CreatedAt) = (Guid.CreateVersion7(time.GetUtcNow()), time.GetUtcNow());
        lab.Baselines.Add(wanted);
        await lab.SaveChangesAsync(cancellation);
        return new(wanted, true);
    }

    /// <summary>Takes a baseline off the list; its runs stay. False where there is none.</summary>
    public async Task<bool> Unpin(Guid id, CancellationToken cancellation = default)
    {
        await using var lab = await contexts.CreateDbContextAsync(cancellation);
        if (await lab.Baselines.SingleOrDefaultAsync(each => each.Id == id, cancellation) is not { } baseline)
            return false;
        if (baseline.RunId is { } runId && await lab.Runs.SingleOrDefaultAsync(run => run.Id == runId, cancellation) is { } run)
            run.Baseline = false;
        lab.Baselines.Remove(baseline);
        await lab.SaveChangesAsync(cancellation);
        return true;
    }

    /// <summary>Marks a run of <paramref name="lab"/> and pins it, or neither any more; stored with the context's other changes.</summary>
    public async Task Mark(LabDbContext lab, Run run, bool pinned, CancellationToken cancellation = default)
    {
        var known = await lab.Baselines.Where(each => each.RunId == run.Id).ToListAsync(cancellation);
        run.Baseline = pinned;
        if (!pinned)
            lab.Baselines.RemoveRange(known);
        else if (known.Count == 0)
            lab.Baselines.Add(new() { Id = Guid.CreateVersion7(time.GetUtcNow()), Name = run.Name, RunId = run.Id, CreatedAt = time.GetUtcNow() });
    }

    /// <summary>Every baseline with its runs, by name; those of one environment where it is named.</summary>
    public async Task<IReadOnlyList<PinnedRuns>> List(string? environment = null, CancellationToken cancellation = default)
    {
        await using var lab = await contexts.CreateDbContextAsync(cancellation);
        var found = new List<PinnedRuns>();
        foreach (var baseline in await lab.Baselines.AsNoTracking().OrderBy(each => each.Name).ThenBy(each => each.Id).ToListAsync(cancellation))
        {
            var runs = await Read(lab, baseline, environment, cancellation);
            if (environment is null || runs.Count > 0)
                found.Add(new(baseline, runs));
        }
        return found;
    }

    /// <summary>One baseline with its runs; null where there is none.</summary>
    public async Task<PinnedRuns?> Find(Guid id, string? environment = null, CancellationToken cancellation = default)
    {
        await using var lab = await contexts.CreateDbContextAsync(cancellation);
        return await lab.Baselines.AsNoTracking().SingleOrDefaultAsync(each => each.Id == id, cancellation) is { } baseline
            ? new(baseline, await Read(lab, baseline, environment, cancellation))
            : null;
    }

    /// <summary>The baselines that a run belongs to: whoever deletes it should know.</summary>
    public async Task<IReadOnlyList<Baseline>> Containing(Guid runId, CancellationToken cancellation = default)
    {
        await using var lab = await contexts.CreateDbContextAsync(cancellation);
        return await lab.Baselines.AsNoTracking()
            .Where(each => lab.Runs.Any(run => run.Id == runId && (each.RunId == run.Id
                || (each.ExperimentId != null && each.ExperimentId == run.ExperimentId)
                || (each.ConfigurationHash != null && each.ConfigurationHash == run.ConfigurationHash && each.Environment == run.Environment))))
            .OrderBy(each => each.Name).ToListAsync(cancellation);
    }

    private static IQueryable<Baseline> Same(IQueryable<Baseline> all, Baseline wanted) =>
        all.Where(each => each.RunId == wanted.RunId && each.ExperimentId == wanted.ExperimentId
            && each.ConfigurationHash == wanted.ConfigurationHash && each.Environment == wanted.Environment);

    private static IQueryable<Run> RunsOf(LabDbContext lab, Baseline baseline)
    {
        var runs = lab.Runs.AsNoTracking().Where(run => run.DeletedAt == null);
        return baseline.RunId is { } run ? runs.Where(each => each.Id == run)
            : baseline.ExperimentId is { } experiment ? runs.Where(each => each.ExperimentId == experiment)
            : runs.Where(each => each.ConfigurationHash == baseline.ConfigurationHash && each.Environment == baseline.Environment);
    }

    private static async Task<IReadOnlyList<PinnedRun>> Read(LabDbContext lab, Baseline baseline, string? environment, CancellationToken cancellation)
    {
        var runs = RunsOf(lab, baseline);
        if (environment is not null)
            runs = runs.Where(run => run.Environment == environment);
        return await runs.OrderBy(run => run.Environment).ThenBy(run => run.Algorithm).ThenBy(run => run.Seed).ThenBy(run => run.Id).Take(Comparisons.MostRuns)
            .Select(run => new PinnedRun(run.Id, run.Name, run.Algorithm, run.Environment, run.Seed, run.Steps, run.LastReturn)).ToListAsync(cancellation);
    }

    private static string Named(string given, string usual) => string.IsNullOrWhiteSpace(given) ? usual : given.Trim();
}
