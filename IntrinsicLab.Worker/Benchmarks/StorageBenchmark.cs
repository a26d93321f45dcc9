using System.Diagnostics;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace IntrinsicLab.Worker.Benchmarks;

internal static class StorageBenchmark
{
    private const int Batch = 10_000;

    public static async Task Run()
    {
        var folder = Directory.CreateTempSubdirectory("intrinsiclab-bench-").FullName;
        try
        {
            await using var services = Services(folder);
            await services.MigrateLabDatabase();
            var run = await AddRun(services);
            var watch = Stopwatch.StartNew();
            await Ingest(services, run, 1_000_000);
            BenchCommand.Report("ingest in batches of 10,000, one series, roll-ups included", 1_000_000 / watch.Elapsed.TotalSeconds, "points/s");
            var metrics = services.GetRequiredService<MetricStore>();
            BenchCommand.Report("chart of 1,000,000 points at 1,000 buckets", 1e3 * await BenchCommand.MedianSeconds(5, () =>
                metrics.Read(run.Id, "return/episode", null, null, 1000, MetricAggregate.MinMax, MetricAxis.Steps)), "ms");
            BenchCommand.Report("a hundredth of it, zoomed", 1e3 * await BenchCommand.MedianSeconds(5, () =>
                metrics.Read(run.Id, "return/episode", 500_000, 510_000, 1000, MetricAggregate.MinMax, MetricAxis.Steps)), "ms");
            await AddRuns(services, run, 10_000);
            var queries = services.GetRequiredService<RunQueries>();
            BenchCommand.Report("first page of 10,000 runs, newest first", 1e3 * await BenchCommand.MedianSeconds(5, () =>
                queries.List(new RunFilter(), RunSort.Newest, 100)), "ms");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    internal static ServiceProvider Services(string folder)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?> { ["Lab:DataFolder"] = folder }).Build();
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddLabData(configuration);
        return services.BuildServiceProvider();
    }

    /// <summary>A run that a worker holds, so that points can be written.</summary>
    internal static async Task<Run> AddRun(IServiceProvider services)
    {
        var problems = new List<Problem>();
        using var json = System.Text.Json.JsonDocument.Parse("""{"algorithm": "ppo", "environment": "cartpole", "steps": 1000000}""");
        var queue = services.GetRequiredService<RunQueue>();
        var run = await queue.Enqueue(RunRequest.Read(json.RootElement, problems)!, null, "bench");
        return (await queue.Claim(run.Id, "bench", TimeSpan.FromHours(1)))!;
    }

    internal static async Task Ingest(IServiceProvider services, Run run, int count)
    {
        var metrics = services.GetRequiredService<MetricStore>();
        var points = new StoredPoint[Batch];
        for (var first = 0; first < count; first += Batch)
        {
            for (var point = 0; point < Batch; point++)
                points[point] = new("return/episode", first + point + 1, (first + point) * 1e-3, Math.Sin((first + point) * 1e-4));
            await metrics.Append(run.Id, run.Fence, points, progress: new RunProgress(first + Batch, 0, first * 1e-3));
        }
    }

    internal static async Task AddRuns(IServiceProvider services, Run like, int count)
    {
        await using var context = await services.GetRequiredService<IDbContextFactory<LabDbContext>>().CreateDbContextAsync();
        var now = DateTimeOffset.UtcNow;
        for (var number = 0; number < count; number++)
            context.Runs.Add(new Run
            {
                Id = Guid.CreateVersion7(now.AddMilliseconds(-number)),
                Name = $"ppo-cartpole-{number}",
                Algorithm = "ppo",
                Environment = "cartpole",
                Steps = 1_000_000,
                Seed = number,
                Device = "cpu",
                ExecutionGroup = "cpu",
                Plan = like.Plan,
                ConfigurationHash = like.ConfigurationHash,
                Status = number % 3 == 0 ? RunStatus.Failed : RunStatus.Completed,
                CreatedAt = now.AddMilliseconds(-number),
                UpdatedAt = now,
                StepsDone = 1_000_000,
                LastReturn = number,
            });
        await context.SaveChangesAsync();
    }
}
