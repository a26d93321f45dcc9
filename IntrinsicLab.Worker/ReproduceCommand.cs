using System.Diagnostics;
using System.Globalization;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Data;
using Microsoft.Extensions.DependencyInjection;
using Spectre.Console;

namespace IntrinsicLab.Worker;

/// <summary>
/// The verb <c>reproduce</c>: runs published figures, or goes on where an earlier call was interrupted, judges them, keeps the results as JSON
/// and SVG, and ends with one table of all of them. Exit codes: 0 all runs completed, whatever the verdict; 1 some failed; 2 unknown figures or wrong
/// settings; 130 interrupted.
/// </summary>
internal static class ReproduceCommand
{
    private const string Actor = "command line";

    public static async Task<int> Execute(IReadOnlyList<string> words, bool reduced, bool all, bool list, DirectoryInfo output)
    {
        try
        {
            var begun = Stopwatch.GetTimestamp();
            await using var data = ForegroundRuns.Builder().Services.BuildServiceProvider();
            await data.MigrateLabDatabase();
            var reproductions = data.GetRequiredService<Reproductions>();
            foreach (var (file, problem) in reproductions.Catalog.Problems)
                Console.Error.WriteLine($"{file}{problem.Pointer}  {problem.Message}");
            if (list)
                return await List(reproductions);
            var figures = Choose(reproductions.Catalog, words, all);
            if (figures is null)
                return 2;
            var scale = reduced ? ReproductionScale.Reduced : ReproductionScale.Full;
            foreach (var figure in figures.Where(figure => !figure.Scales.Contains(scale)))
                Console.WriteLine($"{figure.Id} has no reduced form and is skipped.");
            figures = [.. figures.Where(figure => figure.Scales.Contains(scale))];
            Plain();
            if (figures.Count > 1)
                await Announce(reproductions, figures, scale);
            var (worst, summary) = (0, new ReproductionSummary());
            foreach (var figure in figures)
            {
                AnsiConsole.MarkupLineInterpolated($"[bold]{figure.Title}[/] ({figure.Id}, {Reproduction.Word(scale)})");
                var code = await ForegroundRuns.Execute(
                    async services => (await services.GetRequiredService<Reproductions>().Start(figure, scale, Actor)).Experiment,
                    (services, _) => Report(services.GetRequiredService<Reproductions>(), figure, scale, output, summary));
                worst = code is 2 or 130 ? code : Math.Max(worst, code);
                if (code is 2 or 130)
                    break;
            }
            if (figures.Count > 1)
                summary.Print(Stopwatch.GetElapsedTime(begun));
            return worst;
        }
        catch (Exception error) when (StartProblem.Of(error) is { } problem)
        {
            Console.Error.WriteLine(problem);
            return 2;
        }
    }

    // Null, after a word about it, where nothing or something unknown was named.
    private static IReadOnlyList<Reproduction>? Choose(ReproductionCatalog catalog, IReadOnlyList<string> words, bool all)
    {
        if (all)
            return catalog.All;
        var chosen = catalog.Select(words, out var unknown);
        if (words.Count > 0 && unknown.Count == 0)
            return chosen;
        List<string> ids = [.. catalog.All.Select(figure => figure.Id)];
        foreach (var word in unknown)
            Console.Error.WriteLine($"There is no figure and no tag '{word}'.{(Problem.Nearest(word, ids.Concat(catalog.Tags)) is { } nearest ? $" Did you mean '{nearest}'?" : "")}");
        if (words.Count == 0)
            Console.Error.WriteLine("Name the figures to reproduce, or tags that stand for all figures with them, or --all.");
        Console.Error.WriteLine($"Figures: {string.Join(", ", ids)}.");
        Console.Error.WriteLine($"Tags: {string.Join(", ", catalog.Tags)}.");
        return null;
    }

    private static async Task Announce(Reproductions reproductions, IReadOnlyList<Reproduction> figures, ReproductionScale scale)
    {
        var (runs, seconds) = (0, 0.0);
        foreach (var figure in figures)
        {
            var progress = await reproductions.Progress(figure, scale);
            (runs, seconds) = (runs + progress.Planned - progress.Completed, seconds + progress.SecondsLeft);
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{figures.Count} figures, {runs} runs to go, about {seconds / 60:0} min: {string.Join(", ", figures.Select(figure => figure.Id))}"));
    }

    /// <summary>Words for a verdict.</summary>
    internal static string Word(Verdict verdict) => verdict switch
    {
        Verdict.Holds => "holds",
        Verdict.DoesNotHold => "does not hold",
        Verdict.Undecided => "undecided",
        _ => "not run",
    };

    private static async Task<int> List(Reproductions reproductions)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns("Figure", "Tags", "Paper", "Full", "Reduced").AddColumn(new TableColumn("Minutes").RightAligned());
        foreach (var figure in reproductions.Catalog.All)
            table.AddRow(
                Markup.Escape(figure.Id), Markup.Escape(string.Join(", ", figure.Full.Tags)), Markup.Escape($"{figure.Paper.Authors.Split(',')[0]} {figure.Paper.Year}, {figure.Figure}"),
                await Found(ReproductionScale.Full), await Found(ReproductionScale.Reduced),
                string.Create(CultureInfo.InvariantCulture, $"{figure.FullMinutes:0.#} / {(figure.Reduced is null ? "–" : figure.ReducedMinutes.ToString("0.#", CultureInfo.InvariantCulture))}"));

        Plain();
        AnsiConsole.Write(table);
        AnsiConsole.WriteLine("Verdicts of this lab's own runs; in brackets those of kept results. Minutes on two cores, full and reduced.");
        return 0;

        async Task<string> Found(ReproductionScale scale)
        {
            var figure = reproductions.Catalog.All[table.Rows.Count];
            if (!figure.Scales.Contains(scale))
                return "–";
            var progress = await reproductions.Progress(figure, scale);
            if (progress.Status != ReproductionStatus.NotStarted)
                return progress.Status == ReproductionStatus.Finished
                    ? Word((await reproductions.Evidence(figure, scale)).Verdict.Verdict)
                    : $"{progress.Completed} of {progress.Planned} runs";
            return reproductions.Kept(figure, scale) is { } kept ? $"({Word(kept.Verdict)})" : Word(Verdict.NotRun);
        }
    }

    private static async Task<bool> Report(Reproductions reproductions, Reproduction figure, ReproductionScale scale, DirectoryInfo output, ReproductionSummary summary)
    {
        var progress = await reproductions.Progress(figure, scale);
        foreach (var run in progress.Runs.Where(run => run.Status == RunStatus.Failed))
            AnsiConsole.WriteLine($"{run.Name} failed: {run.Error}");
        var result = await reproductions.Result(figure, scale);
        summary.Add(figure.Id, progress, result);
        if (result is not null)
            Print(result);
        if (result is not null && progress.Status == ReproductionStatus.Finished)
        {
            output.Create();
            var file = Path.Combine(output.FullName, ReproductionResult.FileName(figure, scale));
            Keep($"{file}.json", result.ToJson());
            Keep($"{file}.svg", FigureSvg.Draw(figure, result.Comparison, result.Notes));
            AnsiConsole.WriteLine($"Kept: {file}.json and .svg");
        }
        else
            AnsiConsole.WriteLine($"{progress.Completed} of {progress.Planned} runs are completed. {Reproductions.Command(figure, scale)} goes on from here.");
        return progress.Runs.Any(run => run.Status is RunStatus.Failed or RunStatus.Cancelled);
    }

    private static void Print(ReproductionResult result)
    {
        if (result.Expected.Count == 0)
        {
            AnsiConsole.WriteLine($"{result.Title}: nothing is expected at this scale, the figure is shown without a verdict.");
            return;
        }
        var table = new Table().Title(Markup.Escape($"{result.Title}: {Word(result.Verdict)}")).Border(TableBorder.Simple)
            .AddColumn("Expected").AddColumn("Verdict").AddColumn(new TableColumn("Found").RightAligned()).AddColumn(new TableColumn("95 %").RightAligned())
            .AddColumn(new TableColumn("P(better)").RightAligned()).AddColumn(new TableColumn("p, adjusted").RightAligned()).AddColumn(new TableColumn("Seeds").RightAligned());
        foreach (var found in result.Expected.SelectMany(each => (each.Parts ?? []).Prepend(each)))
            table.AddRow(
                Markup.Escape(found.Parts is null && !result.Expected.Contains(found) ? $"  on {found.Environment}" : found.Sentence), Word(found.Verdict), found.Found, found.Between,
                Number(found.ProbabilityOfImprovement), Number(found.AdjustedP), found.Worse is null ? $"{found.Seeds}" : $"{found.Seeds} and {found.OtherSeeds}");
        AnsiConsole.Write(table);
        foreach (var found in result.Expected)
            AnsiConsole.WriteLine($"{found.Sentence}: {Word(found.Verdict)}. {found.Reason}");
    }

    // A reader of the file sees the old one or the new one.
    private static void Keep(string file, string content)
    {
        File.WriteAllText($"{file}.new", content);
        File.Move($"{file}.new", file, overwrite: true);
    }

    private static void Plain()
    {
        if (Console.IsOutputRedirected)
            ForegroundRuns.PrintPlainly();
    }

    internal static string Number(double? value) => value is { } number ? number.ToString(Math.Abs(number) >= 1000 ? "0" : "G4", CultureInfo.InvariantCulture) : "";
}
