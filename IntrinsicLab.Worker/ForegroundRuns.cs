using System.Globalization;
using System.Runtime.InteropServices;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Data;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Spectre.Console;

namespace IntrinsicLab.Worker;

/// <summary>
/// Works at one experiment in the foreground: progress on the terminal, Ctrl-C pauses its runs with a checkpoint. Exit codes: 0 all completed,
/// 1 some failed or were cancelled, 2 the settings are wrong, 130 interrupted.
/// </summary>
internal static class ForegroundRuns
{
    private static readonly TimeSpan LookPeriod = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan PlainPeriod = TimeSpan.FromSeconds(10);

    /// <summary>Stores an experiment, runs what it has to run, and reports.</summary>
    /// <param name="store">Stores the experiment, or finds it.</param>
    /// <param name="report">Prints what came of it; true when something failed.</param>
    public static async Task<int> Execute(Func<IServiceProvider, Task<Experiment>> store, Func<IServiceProvider, Experiment, Task<bool>> report)
    {
        try
        {
            var builder = Builder();
            // The experiment is stored before there is a worker, so that the worker takes these runs and no others.
            Experiment experiment;
            await using (var data = builder.Services.BuildServiceProvider())
            {
                await data.MigrateLabDatabase();
                experiment = await store(data);
            }
            builder.Services.AddSingleton(new WorkerScope(experiment.Id));
            builder.Services.AddLabWorker(builder.Configuration);
            // Ctrl-C is ours: it pauses the runs before the host stops.
            builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
            using var host = builder.Build();
            await host.StartAsync();
            var interrupted = await Follow(host.Services, experiment);
            var failed = await report(host.Services, experiment);
            await host.StopAsync();
            return interrupted ? 130 : failed ? 1 : 0;
        }
        catch (Exception error) when (StartProblem.Of(error) is { } problem)
        {
            Console.Error.WriteLine(problem);
            return 2;
        }
    }

    /// <summary>The learned rules that a plan may name; null where it names none.</summary>
    public static async Task<IReadOnlyList<string>?> RulesFor(string plan)
    {
        if (!RuleNames.MayBeIn(plan))
            return null;
        await using var data = Builder().Services.BuildServiceProvider();
        await data.MigrateLabDatabase();
        return await data.GetRequiredService<Rules>().Ids();
    }

    /// <summary>A host with the lab's data and settings, quiet but for warnings.</summary>
    public static HostApplicationBuilder Builder()
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { ContentRootPath = AppContext.BaseDirectory });
        builder.Logging.ClearProviders().AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace).SetMinimumLevel(LogLevel.Warning);
        builder.Services.AddLabData(builder.Configuration);
        return builder;
    }

    /// <summary>A file or pipe gets neither colours nor the width of a terminal that is not there.</summary>
    public static void PrintPlainly()
    {
        AnsiConsole.Console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors });
        AnsiConsole.Profile.Width = 200;
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
            PrintPlainly();
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

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
