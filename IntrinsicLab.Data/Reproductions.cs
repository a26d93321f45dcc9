using System.Collections.Concurrent;
using System.Globalization;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Core.Statistics;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace IntrinsicLab.Data;

/// <summary>How far a figure's experiment is.</summary>
public enum ReproductionStatus
{
    /// <summary>It has no experiment in this lab.</summary>
    NotStarted,

    /// <summary>Runs are at work or wait.</summary>
    Running,

    /// <summary>Nothing runs, and something waits to be resumed.</summary>
    Paused,

    /// <summary>Nothing runs, and some planned runs failed, were cancelled or are missing.</summary>
    Incomplete,

    /// <summary>Every planned run is completed.</summary>
    Finished,
}

/// <summary>A run of a figure's experiment.</summary>
public sealed record FigureRun(
    Guid Id, string Name, string Group, string Environment, int Seed, string ConfigurationHash, RunStatus Status, long Steps, long StepsDone, double? LastReturn,
    string? Error);

/// <summary>A figure's experiment in this lab.</summary>
/// <param name="Status">How far it is.</param>
/// <param name="ExperimentId">The experiment; null where there is none.</param>
/// <param name="Runs">Its runs, those of the plan first.</param>
/// <param name="Planned">How many runs the plan has.</param>
/// <param name="Steps">Environment steps of the plan.</param>
/// <param name="StepsDone">How many of them are done.</param>
/// <param name="SecondsLeft">Rough time until the end, from the speed of earlier runs or, without any, from the entry's own figure.</param>
public sealed record FigureProgress(
    ReproductionStatus Status, Guid? ExperimentId, IReadOnlyList<FigureRun> Runs, int Planned, long Steps, long StepsDone, double SecondsLeft)
{
    /// <summary>How many planned runs are completed.</summary>
    public int Completed => Runs.Count(run => run.Status == RunStatus.Completed);
}

/// <summary>A figure as this lab's runs draw it.</summary>
/// <param name="Comparison">Its curves; null where no run has a point yet.</param>
/// <param name="Verdict">What its completed runs say.</param>
/// <param name="Scores">Scores of completed runs by id.</param>
/// <param name="Trends">Rank correlations of completed runs, by id, for each trend that is expected.</param>
public sealed record FigureEvidence(
    ComparisonResource? Comparison, FigureVerdict Verdict, IReadOnlyDictionary<Guid, ComparedRun> Scores,
    IReadOnlyDictionary<SeriesTrend, IReadOnlyDictionary<Guid, double>> Trends);

/// <summary>Where something shown of a figure comes from.</summary>
public enum EvidenceSource
{
    /// <summary>There is nothing yet.</summary>
    None,

    /// <summary>This lab's own runs.</summary>
    Lab,

    /// <summary>A result kept from an earlier reproduction.</summary>
    Kept,
}

/// <summary>What is shown of a figure: this lab's own runs before kept results, and a verdict of own runs once all are completed.</summary>
/// <param name="Verdict">The verdict.</param>
/// <param name="VerdictSource">Whose.</param>
/// <param name="Comparison">The curves; null where there are none.</param>
/// <param name="ComparisonSource">Whose.</param>
public sealed record FigureStanding(Verdict Verdict, EvidenceSource VerdictSource, ComparisonResource? Comparison, EvidenceSource ComparisonSource);

/// <summary>What a start did.</summary>
/// <param name="Experiment">The experiment that runs now.</param>
/// <param name="Created">It is new.</param>
/// <param name="Added">Runs that were added to it.</param>
/// <param name="Resumed">Paused and failed runs that were queued again.</param>
public sealed record ReproductionStart(Experiment Experiment, bool Created, int Added, int Resumed);

/// <summary>Published figures and this lab's runs of them: starts, continues, judges.</summary>
public sealed class Reproductions(
    IDbContextFactory<LabDbContext> contexts, RunQueue queue, Comparisons comparisons, MetricStore metrics, IOptions<LabOptions> options, TimeProvider time)
{
    private static readonly TimeSpan SignOfLife = TimeSpan.FromSeconds(60);
    private const int RecentRuns = 500;

    private readonly Lazy<ReproductionCatalog> catalog = new(() => ReproductionCatalog.Read(Folder(options.Value.PlansFolder, "experiments")));
    private readonly SemaphoreSlim judging = new(1);
    private readonly ConcurrentDictionary<string, (string Stamp, FigureEvidence Evidence)> known = new();
    private readonly ConcurrentDictionary<string, (DateTime Written, ReproductionResult? Result)> files = new();

    /// <summary>The figures of the plans that come with the program, or of the folder that the settings name.</summary>
    public ReproductionCatalog Catalog => catalog.Value;

    /// <summary>
    /// Starts a figure's experiment or continues it: the newest one of the same plan gets the runs it lacks, and its paused and failed runs are
    /// queued again. What is completed stays; no configuration and seed runs twice.
    /// </summary>
    public async Task<ReproductionStart> Start(Reproduction figure, ReproductionScale scale, string actor, CancellationToken cancellation = default)
    {
        var (experiment, created, added) = await queue.EnsureReproduction(figure.Key(scale), figure.Plan(scale), figure.PlanJson(scale), actor, cancellation);
        var resumed = 0;
        foreach (var run in (await Load(figure, scale, cancellation)).Runs.Where(run => run.Status is RunStatus.Paused or RunStatus.Failed))
            if ((await queue.Resume(run.Id, actor, cancellation)).Outcome == TransitionOutcome.Done)
                resumed++;
        return new ReproductionStart(experiment, created, added.Count, resumed);
    }

    /// <summary>Pauses every run of a figure's experiment that is at work or waits; returns how many.</summary>
    public async Task<int> Pause(Reproduction figure, ReproductionScale scale, string actor, CancellationToken cancellation = default)
    {
        var paused = 0;
        foreach (var run in (await Load(figure, scale, cancellation)).Runs.Where(run => !run.Status.IsTerminal()))
            if ((await queue.Pause(run.Id, actor, cancellation)).Outcome == TransitionOutcome.Done)
                paused++;
        return paused;
    }

    /// <summary>How far a figure's experiment is.</summary>
    public async Task<FigureProgress> Progress(Reproduction figure, ReproductionScale scale, CancellationToken cancellation = default) =>
        Progress(figure, scale, await Load(figure, scale, cancellation), await Speeds(cancellation));

    /// <summary>How far every figure's experiments are, by <see cref="Reproduction.Key"/>.</summary>
    public async Task<IReadOnlyDictionary<string, FigureProgress>> ProgressOfAll(CancellationToken cancellation = default)
    {
        var speeds = await Speeds(cancellation);
        List<(Reproduction Figure, ReproductionScale Scale)> all = [.. Catalog.All.SelectMany(figure => figure.Scales.Select(scale => (figure, scale)))];
        var found = await Load(all, cancellation);
        return all.ToDictionary(each => each.Figure.Key(each.Scale), each => Progress(each.Figure, each.Scale, found[each.Figure.Key(each.Scale)], speeds));
    }

    /// <summary>The figure of this lab's runs, with its verdict. What ended is computed once.</summary>
    public async Task<FigureEvidence> Evidence(Reproduction figure, ReproductionScale scale, CancellationToken cancellation = default)
    {
        // Panels of one figure ask at once: one of them computes for all.
        await judging.WaitAsync(cancellation);
        try
        {
            var runs = (await Load(figure, scale, cancellation)).Runs;
            var stamp = string.Join('\n', runs.Select(run => string.Create(CultureInfo.InvariantCulture, $"{run.Id} {run.Status} {run.StepsDone}")));
            if (known.TryGetValue(figure.Key(scale), out var cached) && cached.Stamp == stamp)
                return cached.Evidence;
            var evidence = await Judge(figure, scale, runs, cancellation);
            known[figure.Key(scale)] = (stamp, evidence);
            return evidence;
        }
        finally
        {
            judging.Release();
        }
    }

    /// <summary>The result that was kept of a figure, with the program or in the folder that the settings name; null where there is none.</summary>
    public ReproductionResult? Kept(Reproduction figure, ReproductionScale scale)
    {
        var file = Path.Combine(Folder(options.Value.ResultsFolder, "reproductions"), $"{ReproductionResult.FileName(figure, scale)}.json");
        var written = File.GetLastWriteTimeUtc(file);
        if (files.TryGetValue(file, out var read) && read.Written == written)
            return read.Result;
        var result = ReproductionResult.Read(file);
        files[file] = (written, result);
        return result;
    }

    /// <summary>What is shown of a figure, given how far its experiment is.</summary>
    public async Task<FigureStanding> Standing(
        Reproduction figure, ReproductionScale scale, FigureProgress progress, CancellationToken cancellation = default)
    {
        var (own, kept) = (progress.ExperimentId is null ? null : await Evidence(figure, scale, cancellation), Kept(figure, scale));
        var (comparison, source) = own?.Comparison is { } drawn ? (drawn, EvidenceSource.Lab)
            : kept is not null ? (kept.Comparison, EvidenceSource.Kept) : ((ComparisonResource?)null, EvidenceSource.None);
        return own is not null && (progress.Status == ReproductionStatus.Finished || kept is null)
            ? new(own.Verdict.Verdict, EvidenceSource.Lab, comparison, source)
            : kept is not null ? new(kept.Verdict, EvidenceSource.Kept, comparison, source)
            : new(Verdict.NotRun, EvidenceSource.None, comparison, source);
    }

    /// <summary>What there is to keep of this lab's runs; null where none has a point.</summary>
    public async Task<ReproductionResult?> Result(Reproduction figure, ReproductionScale scale, CancellationToken cancellation = default)
    {
        var evidence = await Evidence(figure, scale, cancellation);
        var (experiment, runs) = await Load(figure, scale, cancellation);
        if (evidence.Comparison is null || experiment is null)
            return null;
        await using var lab = await contexts.CreateDbContextAsync(cancellation);
        var made = await lab.Runs.AsNoTracking().Where(run => run.ExperimentId == experiment && run.DeletedAt == null)
            .Select(run => new { run.FinishedAt, run.UpdatedAt, run.CodeVersion, run.GitCommit, run.LibtorchVersion, run.HardwareDescription })
            .ToListAsync(cancellation);
        return new ReproductionResult(
            ReproductionResult.CurrentSchema, figure.Id, scale, figure.Title, figure.Paper, figure.Figure, figure.Claim, figure.DeviationsAt(scale),
            evidence.Verdict.Verdict, made.Max(run => run.FinishedAt ?? run.UpdatedAt), Several(made.Select(run => run.CodeVersion)) ?? "unknown",
            Several(made.Select(run => run.GitCommit)), Several(made.Select(run => run.LibtorchVersion)) ?? "unknown",
            Several(made.Select(run => run.HardwareDescription)) ?? "unknown", Command(figure, scale), [.. runs.Select(run => run.Seed).Distinct().Order()],
            ReproductionStatistics.Of(figure), [.. evidence.Verdict.Expectations.Select(ExpectationResource.Of)],
            [.. runs.Select(run => new ReproducedRun(run.Name, run.Group, run.Environment, run.Seed, run.ConfigurationHash, run.Status,
                evidence.Scores.GetValueOrDefault(run.Id)?.Final, evidence.Scores.GetValueOrDefault(run.Id)?.Area)
            {
                Early = figure.Expectations(scale).Any(each => each.Score == ReproductionScore.Early) ? evidence.Scores.GetValueOrDefault(run.Id)?.Early : null,
                Trends = evidence.Trends.Where(each => each.Value.ContainsKey(run.Id)).ToDictionary(each => each.Key.Sentence, each => each.Value[run.Id]) is { Count: > 0 } own ? own : null,
            })],
            evidence.Comparison);
    }

    /// <summary>The command that repeats a figure.</summary>
    public static string Command(Reproduction figure, ReproductionScale scale) =>
        $"./lab reproduce {figure.Id}{(scale == ReproductionScale.Reduced ? " --reduced" : "")}";

    private async Task<FigureEvidence> Judge(Reproduction figure, ReproductionScale scale, IReadOnlyList<FigureRun> runs, CancellationToken cancellation)
    {
        ComparisonResource? drawn = null;
        var scores = new Dictionary<Guid, ComparedRun>();
        if (runs.Count > 0)
            try
            {
                var query = Query(figure, runs);
                var comparison = await comparisons.Compare(query, cancellation);
                drawn = Named(ComparisonResource.Of(query, comparison));
                var completed = runs.Where(run => run.Status == RunStatus.Completed).Select(run => run.Id).ToHashSet();
                scores = comparison.Groups.SelectMany(group => group.Runs).Where(run => completed.Contains(run.Id)).ToDictionary(run => run.Id);
            }
            catch (ComparisonException)
            {
                // Nothing has been measured yet.
            }
        var expected = figure.Expectations(scale);
        var trends = new Dictionary<SeriesTrend, IReadOnlyDictionary<Guid, double>>();
        foreach (var trend in expected.Select(each => each.Trend).OfType<SeriesTrend>().Distinct())
            trends[trend] = await Trends(trend, [.. runs.Where(run => run.Status == RunStatus.Completed).Select(run => run.Id)], cancellation);
        var seeds = figure.Runs(scale).CountBy(run => (run.Group, run.Environment)).ToDictionary();
        var verdict = Verdicts.Of(expected, figure.Settings.LowerIsBetter, (group, environment, expectation) => new GroupScores(
            seeds.GetValueOrDefault((group, environment)),
            [.. runs.Where(run => run.Group == group && run.Environment == environment).OrderBy(run => run.Seed).ThenBy(run => run.ConfigurationHash, StringComparer.Ordinal)
                .Select(run => Score(expectation, run.Id, scores.GetValueOrDefault(run.Id), trends)).OfType<double>()]), figure.Families);
        return new FigureEvidence(drawn, verdict, scores, trends);
    }

    private static double? Score(
        Expectation expectation, Guid run, ComparedRun? scores, Dictionary<SeriesTrend, IReadOnlyDictionary<Guid, double>> trends) =>
        expectation.Trend is { } trend ? trends[trend].TryGetValue(run, out var correlation) ? correlation : null
            : expectation.Score switch
            {
                ReproductionScore.Final => scores?.Final,
                ReproductionScore.Area => scores?.Area,
                _ => scores?.Early,
            };

    // One number for each run whose series has enough points there.
    private async Task<IReadOnlyDictionary<Guid, double>> Trends(SeriesTrend trend, IReadOnlyCollection<Guid> runs, CancellationToken cancellation)
    {
        var curves = await metrics.Curves(await metrics.Heads(runs, trend.Series, cancellation), MetricAxis.Steps, cancellationToken: cancellation);
        return curves.Select(pair => (pair.Key, Value: RankCorrelation.Trend(pair.Value, trend.FromStep, trend.ToStep)))
            .Where(pair => double.IsFinite(pair.Value)).ToDictionary(pair => pair.Key, pair => pair.Value);
    }

    private static ComparisonQuery Query(Reproduction figure, IReadOnlyList<FigureRun> runs) => new()
    {
        Runs = [.. runs.Select(run => run.Id)],
        Metric = figure.Settings.Metric,
        GroupBy = figure.Settings.GroupBy,
        X = ComparisonQuery.Axes[figure.Settings.X],
        Curve = new GroupCurveSettings
        {
            Statistic = ComparisonQuery.Statistics[figure.Settings.Statistic],
            Band = ComparisonQuery.Bands[figure.Settings.Interval],
            Smoothing = figure.Settings.Smoothing,
        },
    };

    // Groups are called what expectations call them.
    private static ComparisonResource Named(ComparisonResource comparison)
    {
        var labels = comparison.Groups.ToDictionary(
            group => group.Label, group => $"{FigureSettings.GroupName(group.Key)} · {group.Key.GetValueOrDefault("environment")}");
        return comparison with
        {
            Groups = [.. comparison.Groups.Select(group => group with { Label = labels[group.Label] })],
            Pairs = [.. comparison.Pairs.Select(pair => pair with { X = labels[pair.X], Y = labels[pair.Y] })],
        };
    }

    private sealed record Found(Guid? Experiment, IReadOnlyList<FigureRun> Runs);

    private async Task<Found> Load(Reproduction figure, ReproductionScale scale, CancellationToken cancellation) =>
        (await Load([(figure, scale)], cancellation))[figure.Key(scale)];

    // Of each figure the newest experiment whose runs all belong to the plan, as the queue chooses it.
    private async Task<Dictionary<string, Found>> Load(
        IReadOnlyCollection<(Reproduction Figure, ReproductionScale Scale)> wanted, CancellationToken cancellation)
    {
        var keys = wanted.Select(each => (string?)each.Figure.Key(each.Scale)).ToList();
        await using var lab = await contexts.CreateDbContextAsync(cancellation);
        var experiments = await lab.Experiments.AsNoTracking().Where(each => keys.Contains(each.Reproduction)).OrderByDescending(each => each.CreatedAt)
            .Select(each => new { each.Id, each.Reproduction }).ToListAsync(cancellation);
        var ids = experiments.ConvertAll(each => (Guid?)each.Id);
        var runs = (await lab.Runs.AsNoTracking().Where(run => ids.Contains(run.ExperimentId) && run.DeletedAt == null).OrderBy(run => run.CreatedAt)
            .Select(run => new
            {
                Experiment = run.ExperimentId!.Value,
                Run = new FigureRun(
                run.Id, run.Name, "", run.Environment, run.Seed, run.ConfigurationHash, run.Status, run.Steps, run.StepsDone, run.LastReturn, run.Error)
            })
            .ToListAsync(cancellation)).ToLookup(row => row.Experiment, row => row.Run);
        return wanted.ToDictionary(each => each.Figure.Key(each.Scale), each =>
        {
            var groups = each.Figure.Runs(each.Scale).DistinctBy(run => run.ConfigurationHash).ToDictionary(run => run.ConfigurationHash, run => run.Group);
            var own = experiments.FirstOrDefault(
                experiment => experiment.Reproduction == each.Figure.Key(each.Scale) && runs[experiment.Id].All(run => groups.ContainsKey(run.ConfigurationHash)));
            // Of a pair that was cancelled and started anew, the newer run counts.
            return own is null ? new Found(null, []) : new Found(own.Id, [.. runs[own.Id].GroupBy(run => (run.ConfigurationHash, run.Seed))
                .Select(pair => pair.Last()).Select(run => run with { Group = groups[run.ConfigurationHash] })]);
        });
    }

    private static FigureProgress Progress(
        Reproduction figure, ReproductionScale scale, Found found, (Dictionary<(string, string), double> Speeds, int Slots) history)
    {
        var (experiment, runs) = found;
        var plan = figure.Runs(scale);
        var byPair = runs.ToDictionary(run => (run.ConfigurationHash, run.Seed));
        var (steps, done, seconds, known) = (0L, 0L, 0.0, true);
        foreach (var run in plan)
        {
            var own = byPair.GetValueOrDefault((run.ConfigurationHash, run.Seed));
            var finished = own is null ? 0 : own.Status == RunStatus.Completed ? run.Steps : Math.Min(run.Steps, own.StepsDone);
            (steps, done) = (steps + run.Steps, done + finished);
            if (history.Speeds.TryGetValue((run.Algorithm, run.Environment), out var speed))
                seconds += (run.Steps - finished) / speed;
            else
                known = known && finished == run.Steps;
        }
        var left = known ? seconds / Math.Max(1, history.Slots) : 60 * figure.Minutes(scale) * (steps - done) / Math.Max(1, steps);
        var live = runs.Any(run => run.Status == RunStatus.Queued || run.Status.IsHeld());
        var status = experiment is null ? ReproductionStatus.NotStarted
            : live ? ReproductionStatus.Running
            : runs.Any(run => run.Status == RunStatus.Paused) ? ReproductionStatus.Paused
            : plan.All(run => byPair.GetValueOrDefault((run.ConfigurationHash, run.Seed))?.Status == RunStatus.Completed) ? ReproductionStatus.Finished
            : ReproductionStatus.Incomplete;
        return new FigureProgress(status, experiment, runs, plan.Count, steps, done, left);
    }

    private async Task<(Dictionary<(string Algorithm, string Environment), double> Speeds, int Slots)> Speeds(CancellationToken cancellation)
    {
        await using var lab = await contexts.CreateDbContextAsync(cancellation);
        var runs = await lab.Runs.AsNoTracking()
            .Where(run => run.DeletedAt == null && run.Source == Run.SourceLab && run.Status == RunStatus.Completed && run.ActiveSeconds > 1 && run.StepsDone > 0)
            .OrderByDescending(run => run.CreatedAt).Take(RecentRuns)
            .Select(run => new { run.Algorithm, run.Environment, Speed = run.StepsDone / run.ActiveSeconds }).ToListAsync(cancellation);
        var oldest = time.GetUtcNow() - SignOfLife;
        var slots = (await lab.Workers.AsNoTracking().Where(worker => worker.LastSeenAt > oldest).Select(worker => worker.CpuSlots).ToListAsync(cancellation)).Sum();
        return (runs.GroupBy(run => (run.Algorithm, run.Environment)).ToDictionary(same => same.Key, same => same.Average(run => run.Speed)),
            slots > 0 ? slots : options.Value.CpuSlots > 0 ? options.Value.CpuSlots : Environment.ProcessorCount);
    }

    private static string? Several(IEnumerable<string?> values) =>
        values.OfType<string>().Distinct().Order(StringComparer.Ordinal).ToList() is { Count: > 0 } all ? string.Join("; ", all) : null;

    private static string Folder(string named, string usual) =>
        named.Length > 0 ? Path.GetFullPath(named) : Path.Combine(AppContext.BaseDirectory, usual);
}
