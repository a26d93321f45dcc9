using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Spectre.Console;

namespace IntrinsicLab.Worker;

/// <summary>
/// The verb <c>run</c>: a plan without a web server. Its runs are rows like any others, and a dashboard on the same data folder shows them and
/// may run them. Exit codes: 0 all completed, 1 some failed or were cancelled, 2 the plan or the settings are wrong, 130 interrupted.
/// </summary>
internal static class RunCommand
{
    private static readonly TimeSpan LookPeriod = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan PlainPeriod = TimeSpan.FromSeconds(10);

    public static async Task<int> Execute(FileInfo file)
    {
        try
        {
            return await ReadPlan(file) is { } read ? await Train(read.Plan, read.Json) : 2;
        }
        catch (Exception error) when (StartProblem.Of(error) is { } problem)
        {
            Console.Error.WriteLine(problem);
            return 2;
        }
    }

    /// <summary>Trains the runs of a plan here and shows how they get on.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="json">It as it was given.</param>
    internal static async Task<int> Train(ExperimentPlan plan, string json)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { ContentRootPath = AppContext.BaseDirectory });
        builder.Logging.ClearProviders().AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace).SetMinimumLevel(LogLevel.Warning);
        builder.Services.AddLabData(builder.Configuration);
        // The experiment is stored before there is a worker, so that the worker takes these runs and no others.
        Experiment experiment;
        await using (var data = builder.Services.BuildServiceProvider())
        {
            await data.MigrateLabDatabase();
            experiment = await data.GetRequiredService<RunQueue>().EnqueueExperiment(plan, json, "command line");
        }
        builder.Services.AddSingleton(new WorkerScope(experiment.Id));
        builder.Services.AddLabWorker(builder.Configuration);
        // Ctrl-C is ours: it pauses the runs before the host stops.
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        using var host = builder.Build();
        await host.StartAsync();
        var interrupted = await Follow(host.Services, experiment);
        var failed = await Report(host.Services, experiment);
        await host.StopAsync();
        return interrupted ? 130 : failed ? 1 : 0;
    }

    private static async Task<(ExperimentPlan Plan, string Json)?> ReadPlan(FileInfo file)
    {
        var text = await File.ReadAllTextAsync(file.FullName);
        var problems = new List<Problem>();
        ExperimentPlan? plan = null;
        try
        {
            using var json = JsonDocument.Parse(text, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            if (json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("algorithm", out _))
            {
                if (RunRequest.Read(json.RootElement, problems) is { } request)
                    plan = new ExperimentPlan(request.Plan.Name, [request.Plan], request.Priority, request.Tags, request.Notes);
            }
            else
                plan = ExperimentPlan.Read(json.RootElement, problems);
        }
        catch (JsonException error)
        {
            Console.Error.WriteLine($"{file.Name} is not JSON: {error.Message}");
            return null;
        }
        if (plan is not null)
            return (plan, text);
        Console.Error.WriteLine($"{file.Name} cannot be run:");
        foreach (var problem in problems)
            Console.Error.WriteLine($"  {(problem.Pointer.Length == 0 ? "/" : problem.Pointer)}  {problem.Message}");
        return null;
    }

    /// <summary>Shows how the runs get on, until all have ended; returns whether somebody interrupted.</summary>
    private static async Task<bool> Follow(IServiceProvider services, Experiment experiment)
    {
        var queue = services.GetRequiredService<RunQueue>();
        var queries = services.GetRequiredService<RunQueries>();
        var filter = new RunFilter { ExperimentId = experiment.Id };
        var interrupted = false;
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Interrupt);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Interrupt);
        var pausing = false;

        async Task<IReadOnlyList<RunRow>> Look()
        {
            var rows = new List<RunRow>();
            Cursor? cursor = null;
            do
            {
                var page = await queries.List(filter, new RunSort(RunSortKey.Created, false), RunQueries.MostRows, cursor);
                rows.AddRange(page.Rows);
                cursor = page.Next is null ? null : Cursor.Parse(page.Next, new RunSort(RunSortKey.Created, false));
            }
            while (cursor is not null);
            if (interrupted && !pausing)
            {
                pausing = true;
                foreach (var run in rows)
                    await queue.Pause(run.Id, "command line");
            }
            return rows;
        }

        if (AnsiConsole.Profile.Capabilities.Interactive && !Console.IsOutputRedirected)
            await ShowBars(Look);
        else
        {
            // A file or pipe gets neither colours nor the width of a terminal that is not there.
            AnsiConsole.Console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors });
            AnsiConsole.Profile.Width = 200;
            await ShowLines(Look);
        }
        return interrupted;

        void Interrupt(PosixSignalContext context)
        {
            context.Cancel = true;
            interrupted = true;
        }
    }

    private static bool HasEnded(RunRow run) => run.Status.IsTerminal() || run.Status == RunStatus.Paused;

    private static async Task ShowBars(Func<Task<IReadOnlyList<RunRow>>> look) => await AnsiConsole.Progress()
        .AutoClear(false)
        .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
        .StartAsync(async progress =>
        {
            var bars = new Dictionary<Guid, ProgressTask>();
            ProgressTask? all = null;
            while (true)
            {
                var runs = await look();
                // A bar for each run would not fit: those at work, and one for all.
                if (runs.Count > 1)
                {
                    all ??= progress.AddTask("All runs", maxValue: runs.Sum(run => (double)run.Steps));
                    all.Value = runs.Sum(run => (double)(run.Status == RunStatus.Completed ? run.Steps : run.StepsDone));
                }
                foreach (var run in runs.Where(run => bars.ContainsKey(run.Id) || (run.Status != RunStatus.Queued && bars.Count < 40)))
                {
                    if (!bars.TryGetValue(run.Id, out var bar))
                        bars[run.Id] = bar = progress.AddTask(Markup.Escape(run.Name), maxValue: run.Steps);
                    bar.Description = Markup.Escape(Describe(run));
                    bar.Value = run.Status == RunStatus.Completed ? run.Steps : run.StepsDone;
                    if (HasEnded(run))
                        bar.StopTask();
                }
                if (runs.All(HasEnded))
                {
                    all?.StopTask();
                    return;
                }
                await Task.Delay(LookPeriod);
            }
        });

    private static async Task ShowLines(Func<Task<IReadOnlyList<RunRow>>> look)
    {
        var shown = new Dictionary<Guid, (RunStatus Status, DateTime Time)>();
        while (true)
        {
            var runs = await look();
            foreach (var run in runs)
            {
                var known = shown.TryGetValue(run.Id, out var last);
                if (run.Status == RunStatus.Queued || (known && last.Status == run.Status && (HasEnded(run) || DateTime.UtcNow - last.Time < PlainPeriod)))
                    continue;
                shown[run.Id] = (run.Status, DateTime.UtcNow);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Describe(run)}  {run.StepsDone}/{run.Steps} steps"));
            }
            if (runs.All(HasEnded))
                return;
            await Task.Delay(LookPeriod);
        }
    }

    private static string Describe(RunRow run) => string.Create(CultureInfo.InvariantCulture,
        $"{run.Name}  {run.Status.ToString().ToLowerInvariant()}{(run.LastReturn is { } value ? $"  return {value:0.##}" : "")}{(run.StepsPerSecond is { } speed ? $"  {speed:N0} steps/s" : "")}");

    private static async Task<bool> Report(IServiceProvider services, Experiment experiment)
    {
        await using var context = await services.GetRequiredService<IDbContextFactory<LabDbContext>>().CreateDbContextAsync();
        var runs = await context.Runs.AsNoTracking().Where(run => run.ExperimentId == experiment.Id).OrderBy(run => run.CreatedAt)
            .Select(run => new
            {
                run.Id,
                run.Name,
                run.Algorithm,
                run.Environment,
                run.Seed,
                run.Status,
                run.ConfigurationHash,
                run.LastReturn,
                run.StepsDone,
                run.ActiveSeconds,
                run.Error,
            }).ToListAsync();
        var evaluations = await context.MetricSeries.AsNoTracking()
            .Where(series => series.Name == Metrics.EvaluationReturn && context.Runs.Any(run => run.Id == series.RunId && run.ExperimentId == experiment.Id))
            .ToDictionaryAsync(series => series.RunId, series => series.LastValue);
        var table = new Table().Title(Markup.Escape(experiment.Name)).Border(TableBorder.Simple)
            .AddColumns("Configuration", "Algorithm", "Environment").AddColumn(new TableColumn("Seeds").RightAligned())
            .AddColumn(new TableColumn("Final return").RightAligned());
        if (evaluations.Count > 0)
            table.AddColumn(new TableColumn("Evaluation").RightAligned());
        table.AddColumn(new TableColumn("Steps/s").RightAligned()).AddColumn(new TableColumn("Time").RightAligned());
        foreach (var group in runs.GroupBy(run => run.ConfigurationHash))
        {
            var first = group.First();
            var completed = group.Where(run => run.Status == RunStatus.Completed).ToList();
            var returns = completed.Select(run => run.LastReturn).OfType<double>().ToList();
            var speeds = completed.Where(run => run.ActiveSeconds > 0).Select(run => run.StepsDone / run.ActiveSeconds).ToList();
            List<string> cells =
            [
                Markup.Escape(Configuration(first.Name, first.Seed)), first.Algorithm, first.Environment,
                completed.Count == group.Count() ? $"{completed.Count}" : $"{completed.Count} of {group.Count()}",
                Spread(returns),
                speeds.Count == 0 ? "" : speeds.Average().ToString("N0", CultureInfo.InvariantCulture),
                completed.Count == 0 ? "" : TimeSpan.FromSeconds(completed.Average(run => run.ActiveSeconds)).ToString(@"h\:mm\:ss", CultureInfo.InvariantCulture),
            ];
            if (evaluations.Count > 0)
                cells.Insert(5, Spread([.. completed.Select(run => evaluations.GetValueOrDefault(run.Id)).OfType<double>()]));
            table.AddRow([.. cells]);
        }
        AnsiConsole.Write(table);
        AnsiConsole.MarkupLine("[dim]Final return: mean ± standard deviation over seeds of the mean return of the last 100 training episodes.[/]");
        if (evaluations.Count > 0)
            AnsiConsole.MarkupLine("[dim]Evaluation: the same of the policy's most likely actions after the last update.[/]");
        foreach (var run in runs.Where(run => run.Status == RunStatus.Failed))
            AnsiConsole.WriteLine($"{run.Name} failed: {run.Error}");
        var paused = runs.Count(run => run.Status == RunStatus.Paused);
        if (paused > 0)
            AnsiConsole.WriteLine($"Paused with a checkpoint: {paused}. The dashboard (./lab up) resumes them.");
        return runs.Any(run => run.Status is RunStatus.Failed or RunStatus.Cancelled);
    }

    private static string Configuration(string name, int seed)
    {
        var end = string.Create(CultureInfo.InvariantCulture, $"-{seed}");
        return name.EndsWith(end, StringComparison.Ordinal) ? name[..^end.Length] : name;
    }

    private static string Spread(List<double> values)
    {
        if (values.Count == 0)
            return "";
        var mean = values.Average();
        if (values.Count == 1)
            return mean.ToString("0.00", CultureInfo.InvariantCulture);
        var deviation = Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Count - 1));
        return string.Create(CultureInfo.InvariantCulture, $"{mean:0.00} ± {deviation:0.00}");
    }

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
