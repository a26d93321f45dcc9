using System.Globalization;
using System.Text.Json;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Spectre.Console;

namespace IntrinsicLab.Worker;

/// <summary>
/// The verb <c>run</c>: a plan without a web server. Its runs are rows like any others, and a dashboard on the same data folder shows them and
/// may run them. Exit codes: 0 all completed, 1 some failed or were cancelled, 2 the plan or the settings are wrong, 130 interrupted.
/// </summary>
internal static class RunCommand
{
    public static async Task<int> Execute(FileInfo file)
    {
        if (await ReadPlan(file) is not { } read)
            return 2;
        foreach (var memory in read.Plan.Runs.DistinctBy(run => run.ConfigurationHash).Select(run => run.Memory()).OfType<string>().Distinct())
            Console.WriteLine(memory);
        return await Train(read.Plan, read.Json);
    }

    /// <summary>Trains the runs of a plan here and shows how they get on.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="json">It as it was given.</param>
    internal static Task<int> Train(ExperimentPlan plan, string json) => ForegroundRuns.Execute(
        services => services.GetRequiredService<RunQueue>().EnqueueExperiment(plan, json, "command line"), Report);

    private static async Task<(ExperimentPlan Plan, string Json)?> ReadPlan(FileInfo file)
    {
        string text;
        IReadOnlyList<string>? rules;
        try
        {
            text = await File.ReadAllTextAsync(file.FullName);
            rules = await ForegroundRuns.RulesFor(text);
        }
        catch (Exception error) when (StartProblem.Of(error) is { } problem)
        {
            Console.Error.WriteLine(problem);
            return null;
        }
        var problems = new List<Problem>();
        ExperimentPlan? plan = null;
        try
        {
            using var json = JsonDocument.Parse(text, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            if (json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("algorithm", out _))
            {
                if (RunRequest.Read(json.RootElement, problems, rules) is { } request)
                    plan = new ExperimentPlan(request.Plan.Name, [request.Plan], request.Priority, request.Tags, request.Notes);
            }
            else
                plan = ExperimentPlan.Read(json.RootElement, problems, rules);
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
}
