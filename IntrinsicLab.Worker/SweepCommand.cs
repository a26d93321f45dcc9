using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Core.Search;
using IntrinsicLab.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Spectre.Console;

namespace IntrinsicLab.Worker;

/// <summary>
/// The verb <c>sweep</c>: a search for good parameters without a web server. A sweep of the same plan that has not ended goes on; its runs are
/// rows like any others. Exit codes: 0 finished, 1 cancelled or stopped, 2 the plan or the settings are wrong, 130 interrupted.
/// </summary>
internal static class SweepCommand
{
    private const int ShownTrials = 20;
    private static readonly TimeSpan LookPeriod = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan PlainPeriod = TimeSpan.FromSeconds(10);

    public static async Task<int> Execute(FileInfo file)
    {
        try
        {
            if (await ReadPlan(file) is not { } plan)
                return 2;
            var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { ContentRootPath = AppContext.BaseDirectory });
            builder.Logging.ClearProviders().AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace).SetMinimumLevel(LogLevel.Warning);
            builder.Services.AddLabData(builder.Configuration);
            // The sweep is stored before there is a worker, so that the worker takes its runs and no others.
            Guid id;
            await using (var data = builder.Services.BuildServiceProvider())
            {
                await data.MigrateLabDatabase();
                id = await FindOrCreate(data, plan);
            }
            builder.Services.AddSingleton(new WorkerScope(id));
            builder.Services.AddLabWorker(builder.Configuration);
            // Ctrl-C is ours: it pauses the sweep before the host stops.
            builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
            using var host = builder.Build();
            await host.StartAsync();
            var (view, interrupted) = await Follow(host.Services.GetRequiredService<Sweeps>(), id);
            Report(view);
            await host.StopAsync();
            return interrupted ? 130 : view.Experiment.SweepStatus == SweepStatus.Finished ? 0 : 1;
        }
        catch (Exception error) when (StartProblem.Of(error) is { } problem)
        {
            Console.Error.WriteLine(problem);
            return 2;
        }
    }

    private static async Task<SweepPlan?> ReadPlan(FileInfo file)
    {
        var problems = new List<Problem>();
        try
        {
            var text = await File.ReadAllTextAsync(file.FullName);
            using var json = JsonDocument.Parse(text, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            if (SweepPlan.Read(json.RootElement, problems, await ForegroundRuns.RulesFor(text)) is { } plan)
                return plan;
        }
        catch (JsonException error)
        {
            Console.Error.WriteLine($"{file.Name} is not JSON: {error.Message}");
            return null;
        }
        Console.Error.WriteLine($"{file.Name} is no plan of a sweep:");
        foreach (var problem in problems)
            Console.Error.WriteLine($"  {(problem.Pointer.Length == 0 ? "/" : problem.Pointer)}  {problem.Message}");
        return null;
    }

    private static async Task<Guid> FindOrCreate(IServiceProvider data, SweepPlan plan)
    {
        var sweeps = data.GetRequiredService<Sweeps>();
        var json = plan.ToJson().ToJsonString();
        await using var lab = await data.GetRequiredService<IDbContextFactory<LabDbContext>>().CreateDbContextAsync();
        var unfinished = await lab.Experiments.AsNoTracking()
            .Where(each => each.Name == plan.Name && (each.SweepStatus == SweepStatus.Active || each.SweepStatus == SweepStatus.Paused))
            .OrderByDescending(each => each.Id).ToListAsync();
        if (unfinished.FirstOrDefault(each => each.Plan == json) is not { } found)
        {
            var (expected, most) = plan.Search.Cost();
            Console.WriteLine($"{plan.Name}: about {Steps(expected)} environment steps, {Steps(most)} at most.");
            return (await sweeps.Create(plan)).Id;
        }
        Console.WriteLine($"{plan.Name}: goes on with the sweep of {found.CreatedAt:yyyy-MM-dd HH:mm} UTC.");
        await sweeps.Resume(found.Id, "command line");
        return found.Id;
    }

    private static async Task<(SweepView View, bool Interrupted)> Follow(Sweeps sweeps, Guid id)
    {
        var interrupted = false;
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Interrupt);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Interrupt);
        var shown = "";
        var shownAt = DateTime.MinValue;
        while (true)
        {
            if (interrupted)
                await sweeps.Pause(id, "command line");
            var view = (await sweeps.View(id))!;
            var line = Progress(view);
            if (line != shown && DateTime.UtcNow - shownAt > PlainPeriod)
            {
                Console.WriteLine(line);
                (shown, shownAt) = (line, DateTime.UtcNow);
            }
            if (view.Experiment.SweepStatus != SweepStatus.Active && view.Runs.Values.All(run => !run.Status.IsHeld()))
                return (view, interrupted);
            await Task.Delay(LookPeriod);
        }

        void Interrupt(PosixSignalContext context)
        {
            context.Cancel = true;
            interrupted = true;
        }
    }

    private static string Progress(SweepView view)
    {
        var trials = view.State.Trials;
        var (under, waiting) = (trials.Count(trial => trial.Standing == TrialStanding.UnderWay), trials.Count(trial => trial.Standing == TrialStanding.Waits));
        var best = view.Best is { } found
            ? string.Create(CultureInfo.InvariantCulture, $", best {found.Last!.Score:0.##} (trial {found.Number}, {Steps(found.Last.Steps)} steps)")
            : "";
        return $"{trials.Count} of {view.Plan.Search.Settings.Trials} trials, {under} under way, {waiting} waiting{(view.State.Racing ? ", race" : "")}; {Steps(Spent(view))} steps{best}";
    }

    private static long Spent(SweepView view) => view.Runs.Values.Sum(run => run.StepsDone);

    private static void Report(SweepView view)
    {
        if (Console.IsOutputRedirected)
        {
            AnsiConsole.Console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors });
            AnsiConsole.Profile.Width = 200;
        }
        var (plan, settings) = (view.Plan, view.Plan.Search.Settings);
        var table = new Table().Title(Markup.Escape(view.Experiment.Name)).Border(TableBorder.Simple).AddColumn(new TableColumn("Trial").RightAligned());
        foreach (var dimension in plan.Search.Space.Dimensions)
            table.AddColumn(new TableColumn(Markup.Escape(dimension.Name)).RightAligned());
        foreach (var heading in (string[])["Steps", "Seeds", "Result", "95 % interval", ""])
            table.AddColumn(new TableColumn(heading).RightAligned());
        var ranked = view.State.Trials.OrderByDescending(trial => trial.Last?.Score is null ? -1 : trial.Results.Count)
            .ThenBy(trial => trial.Last?.Score is { } score ? settings.Goal == SearchGoal.Maximise ? -score : score : 0).ThenBy(trial => trial.Number).ToList();
        foreach (var trial in ranked.Take(ShownTrials))
        {
            var evidence = view.Evidence(trial);
            table.AddRow([
                $"{trial.Number}", .. trial.Values.Select(value => Markup.Escape(SweepPlan.Short(value))),
                trial.Last is { } last ? Steps(last.Steps) : "", $"{evidence.Seeds}",
                evidence.Score is { } result ? result.ToString("0.00", CultureInfo.InvariantCulture) : "–",
                evidence.Interval is { } bounds ? string.Create(CultureInfo.InvariantCulture, $"{bounds.Low:0.00} to {bounds.High:0.00}") : "–",
                Markup.Escape(trial.Number == 0 && settings is { DefaultFirst: true } ? $"default; {Words(trial)}" : Words(trial))]);
        }
        AnsiConsole.Write(table);
        if (ranked.Count > ShownTrials)
            AnsiConsole.WriteLine($"And {ranked.Count - ShownTrials} more trials, none of them better.");
        if (view.Best is { } best)
        {
            AnsiConsole.WriteLine($"Best: trial {best.Number}, {string.Join(", ", plan.Search.Space.Dimensions.Zip(best.Values, (dimension, value) => $"{dimension.Name} = {value.ToJsonString()}"))}");
            AnsiConsole.WriteLine("It was chosen for these results; run it with fresh seeds before claiming them.");
        }
        AnsiConsole.WriteLine($"{Steps(Spent(view))} environment steps in {view.Runs.Count} runs. Result: {SweepPlan.Word(settings.Aggregate)} over seeds of the mean {plan.Metric} of the last {plan.FinalShare * 100:0.#} % of the steps.");
        if (view.Experiment.SweepMessage is { } message)
            AnsiConsole.WriteLine(message);
    }

    private static string Words(SweepTrial trial) => trial.Standing switch
    {
        TrialStanding.UnderWay => "under way",
        TrialStanding.Waits => "waits",
        TrialStanding.Dropped => "dropped",
        TrialStanding.Finished => "whole budget",
        _ => $"failed: {trial.Reason}",
    };

    private static string Steps(long steps) => steps.ToString("#,0", CultureInfo.InvariantCulture).Replace(',', ' ');

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
