using System.Text.Json;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Data;
using IntrinsicLab.Worker;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace IntrinsicLab.Tests.Support;

/// <summary>A lab without pages: the data layer and, once started, a worker with real child processes.</summary>
internal sealed class TestWorker : IAsyncDisposable
{
    private readonly bool ownsFolder;
    private readonly IHost host;

    public TestWorker(string? folder = null, string database = "", bool worker = true, int slots = 2)
    {
        ownsFolder = folder is null;
        Folder = folder ?? Path.Combine(Path.GetTempPath(), $"lab-{Guid.NewGuid():N}");
        Settings = new()
        {
            ["Lab:DataFolder"] = Folder,
            ["Lab:Database"] = database,
            ["Lab:CpuSlots"] = slots.ToString(System.Globalization.CultureInfo.InvariantCulture),
            ["Lab:GpuSlots"] = "0",
            ["Lab:CheckpointSeconds"] = "0.3",
        };
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Configuration.AddInMemoryCollection(Settings);
        builder.Services.AddLabData(builder.Configuration);
        if (worker)
            builder.Services.AddLabWorker(builder.Configuration);
        host = builder.Build();
    }

    public string Folder { get; }
    public Dictionary<string, string?> Settings { get; }
    public RunQueue Queue => host.Services.GetRequiredService<RunQueue>();
    public MetricStore Metrics => host.Services.GetRequiredService<MetricStore>();
    public RunLog Log => host.Services.GetRequiredService<RunLog>();
    public IServiceProvider Services => host.Services;

    public static async Task<TestWorker> Start(string? folder = null, string database = "", bool worker = true, int slots = 2)
    {
        var lab = new TestWorker(folder, database, worker, slots);
        await lab.host.StartAsync();
        return lab;
    }

    public static RunPlan Plan(long steps, int seed = 1) => Plan($$"""{"algorithm":"ppo","environment":"cartpole","steps":{{steps}},"seed":{{seed}}}""");

    public static RunPlan Plan(string json)
    {
        var problems = new List<Problem>();
        using var document = JsonDocument.Parse(json);
        return RunPlan.Read(document.RootElement, problems) ?? throw new InvalidOperationException(string.Join("; ", problems));
    }

    public Task<Run> Enqueue(RunPlan plan) => Queue.Enqueue(new RunRequest(plan, 0, [], ""), null, "test");

    public LabDbContext Context() => host.Services.GetRequiredService<IDbContextFactory<LabDbContext>>().CreateDbContext();

    public async Task<Run> Get(Guid id)
    {
        await using var context = Context();
        return await context.Runs.AsNoTracking().SingleAsync(run => run.Id == id);
    }

    public async Task<List<RunEvent>> Events(Guid id)
    {
        await using var context = Context();
        return await context.RunEvents.AsNoTracking().Where(each => each.RunId == id).OrderBy(each => each.Id).ToListAsync();
    }

    /// <summary>Waits until a run is as described.</summary>
    public async Task<Run> Until(Guid id, Func<Run, bool> reached, int seconds = 90)
    {
        var deadline = DateTime.UtcNow.AddSeconds(seconds);
        while (true)
        {
            var run = await Get(id);
            if (reached(run))
                return run;
            if (DateTime.UtcNow > deadline)
                throw new TimeoutException($"The run is {run.Status} at step {run.StepsDone}: {run.Error}\n{await Story(id)}");
            await Task.Delay(50);
        }
    }

    public Task<Run> Until(Guid id, RunStatus status, int seconds = 90) => Until(id, run => run.Status == status, seconds);

    /// <summary>What a plan's run reports when nothing disturbs it, in this process.</summary>
    public static Dictionary<string, (long[] Steps, double[] Values)> TrainAlone(RunPlan plan, Dictionary<string, byte[]>? artifacts = null)
    {
        using var trainer = new Trainer(plan);
        var points = new List<MetricValue>();
        while (!trainer.Finished)
        {
            points.AddRange(trainer.Update().Points);
            if (!trainer.EvaluationIsDue)
                continue;
            if (trainer.Figures() is { } sheet)
                artifacts?.Add(sheet.Name, sheet.ToJson());
            using var evaluation = trainer.Evaluate();
            evaluation.Play();
            points.AddRange(evaluation.Points);
            if (evaluation.Replay is { } replay)
                artifacts?.Add(replay.Name, replay.ToJson());
        }
        return points.GroupBy(point => point.Metric).ToDictionary(
            group => group.Key, group => (group.Select(point => point.Step).ToArray(), group.Select(point => point.Value).ToArray()));
    }

    public static void AssertEqual(
        Dictionary<string, (long[] Steps, double[] Values)> expected, Dictionary<string, (long[] Steps, double[] Values)> actual)
    {
        Assert.Equal(expected.Keys.Order(), actual.Keys.Order());
        foreach (var (name, (steps, values)) in expected)
        {
            Assert.True(steps.SequenceEqual(actual[name].Steps), $"{name}: {steps.Length} and {actual[name].Steps.Length} points");
            Assert.Equal(values, actual[name].Values);
        }
    }

    /// <summary>Every point of the metrics that plan, seed and code alone determine.</summary>
    public async Task<Dictionary<string, (long[] Steps, double[] Values)>> Points(Guid id)
    {
        var points = new Dictionary<string, (long[], double[])>();
        foreach (var metric in await Metrics.Names(id))
            if (!metric.Name.StartsWith("speed/") && !metric.Name.StartsWith("system/"))
            {
                var read = await Metrics.Read(id, metric.Name, aggregate: MetricAggregate.Raw);
                points[metric.Name] = (read!.Steps, read.Value);
            }
        return points;
    }

    /// <summary>Asserts that a run's figures and replays are these, byte for byte.</summary>
    public async Task AssertArtifacts(Dictionary<string, byte[]> expected, Guid id)
    {
        var store = host.Services.GetRequiredService<ArtifactStore>();
        // A rule's file says how long its training took.
        Assert.Equal(
            expected.Keys.Order(StringComparer.Ordinal),
            (await store.List(id)).Select(artifact => artifact.Name).Where(name => name != Rules.ArtifactName));
        foreach (var (name, content) in expected)
        {
            var stored = (await store.Get(id, name))!.Unpack();
            Assert.True(content.AsSpan().SequenceEqual(stored), $"{name} differs.");
        }
    }

    public async Task<string> Story(Guid id) => string.Join('\n', [
        .. (await Events(id)).Select(each => $"{each.Time:mm:ss.fff} {each.From} -> {each.To}, {each.Actor}: {each.Reason}"),
        .. (await Log.Read(id)).TakeLast(30).Select(line => $"{line.Stream}: {line.Text}")]);

    public Task Stop() => host.StopAsync();

    public async ValueTask DisposeAsync()
    {
        await host.StopAsync();
        host.Dispose();
        if (ownsFolder && Directory.Exists(Folder))
            Directory.Delete(Folder, recursive: true);
    }
}
