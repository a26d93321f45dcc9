using System.Diagnostics;
using System.Text.Json;
using IntrinsicLab.Core.Statistics;
using IntrinsicLab.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace IntrinsicLab.Worker.Benchmarks;

/// <summary>What comparing costs: 200 runs in 20 groups of 10 seeds, 10,000 points each, five environments.</summary>
internal static class CompareBenchmark
{
    private const int Groups = 20;
    private const int Seeds = 10;
    private const int Points = 10_000;

    public static async Task Run()
    {
        var folder = Directory.CreateTempSubdirectory("intrinsiclab-bench-").FullName;
        try
        {
            await using var services = StorageBenchmark.Services(folder);
            await services.MigrateLabDatabase();
            var runs = await AddRuns(services);
            await Store(services.GetRequiredService<MetricStore>(), runs);
            var query = new ComparisonQuery { Runs = runs, GroupBy = ["algorithm", "environment"] };
            var first = Stopwatch.StartNew();
            await Answer(Fresh(services), query);
            BenchCommand.Report("200 runs, 20 groups, mean, first of the process", first.Elapsed.TotalMilliseconds, "ms", "with compilation");
            foreach (var (statistic, words) in new[] { (Aggregate.Mean, "mean"), (Aggregate.Iqm, "interquartile mean") })
            {
                var asked = query with { Curve = query.Curve with { Statistic = statistic } };
                // A new service each time: nothing is remembered from the time before.
                await Measure($"200 runs, 20 groups, {words}, asked for the first time", () => Answer(Fresh(services), asked));
            }
            var kept = Fresh(services);
            await Measure("the same asked again", () => Answer(kept, query));
            await Measure("over five environments, normalised", () => Answer(Fresh(services), query with { GroupBy = ["algorithm"], Normalise = ScoreScaling.MinMax }));
            var metrics = services.GetRequiredService<MetricStore>();
            var heads = await metrics.Heads(runs, MetricStore.ReturnMetric);
            await Measure("of which reading 200 curves", () => metrics.Curves(heads, MetricAxis.Steps));
            var scores = new ScoreTable(Enumerable.Range(0, 26).Select(task => Enumerable.Range(0, 5).Select(run => Math.Sin(task * 31 + run * 7)).ToArray()));
            await Measure("50,000 replicates of the IQM of 5 runs on 26 tasks", () => Task.FromResult(Bootstrap.Replicates(Aggregate.Iqm, scores, 50_000, 42)));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    // Processor time says what the work is where other programs keep the machine busy.
    private static async Task Measure(string what, Func<Task> action)
    {
        var before = TimeSpan.Zero;
        var runs = 0;
        var seconds = await BenchCommand.MedianSeconds(5, async () =>
        {
            if (runs++ == 1)
                before = Environment.CpuUsage.TotalTime;
            await action();
        });
        BenchCommand.Report(what, 1e3 * seconds, "ms", $"processor time {(Environment.CpuUsage.TotalTime - before).TotalMilliseconds / 5:0} ms");
    }

    private static Comparisons Fresh(IServiceProvider services) =>
        new(services.GetRequiredService<IDbContextFactory<LabDbContext>>(), services.GetRequiredService<MetricStore>());

    // As the endpoint answers: JSON included.
    private static async Task<int> Answer(Comparisons comparisons, ComparisonQuery query) =>
        JsonSerializer.SerializeToUtf8Bytes(ComparisonResource.Of(query, await comparisons.Compare(query)), ComparisonManifest.Options).Length;

    private static async Task<Guid[]> AddRuns(IServiceProvider services)
    {
        await using var context = await services.GetRequiredService<IDbContextFactory<LabDbContext>>().CreateDbContextAsync();
        var now = DateTimeOffset.UtcNow;
        var ids = new List<Guid>();
        for (var group = 0; group < Groups; group++)
            for (var seed = 1; seed <= Seeds; seed++)
            {
                var (algorithm, environment) = ($"method-{group / 5}", $"world-{group % 5}");
                context.Runs.Add(new Run
                {
                    Id = Guid.CreateVersion7(now),
                    Name = $"{algorithm}-{environment}-{seed}",
                    Algorithm = algorithm,
                    Environment = environment,
                    Steps = 1_000_000,
                    Seed = seed,
                    Plan = $$"""{"algorithm": "{{algorithm}}", "environment": "{{environment}}", "steps": 1000000, "parameters": {"learningRate": 0.0003} }""",
                    ConfigurationHash = $"{group:x64}",
                    Source = Data.Run.SourceExternal,
                    Status = RunStatus.Completed,
                    CreatedAt = now,
                    UpdatedAt = now,
                    StepsDone = 1_000_000,
                });
                ids.Add(context.Runs.Local.Last().Id);
            }
        await context.SaveChangesAsync();
        return [.. ids];
    }

    private static async Task Store(MetricStore metrics, Guid[] runs)
    {
        var (steps, seconds) = (new long[Points], new double[Points]);
        for (var point = 0; point < Points; point++)
            (steps[point], seconds[point]) = ((point + 1) * 100, point * 0.1);
        var watch = Stopwatch.StartNew();
        foreach (var (index, run) in runs.Index())
        {
            var generator = new SplitMix64((ulong)index);
            var (values, level) = (new double[Points], 1 + index / Seeds % 7 + generator.Below(1000) / 1000.0);
            for (var point = 0; point < Points; point++)
                values[point] = level * (1 - Math.Exp(-point / 3000.0)) + generator.Below(1000) / 2000.0;
            await metrics.Upsert(run, new Dictionary<string, SeriesColumns> { [MetricStore.ReturnMetric] = new(steps, values, seconds) });
        }
        BenchCommand.Report("storing 200 runs of 10,000 points", watch.Elapsed.TotalSeconds, "s");
    }
}
