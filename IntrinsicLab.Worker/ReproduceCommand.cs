using System.Globalization;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Data;
using Microsoft.Extensions.DependencyInjection;
using Spectre.Console;

namespace IntrinsicLab.Worker;

/// <summary>
/// The verb <c>reproduce</c>: runs published figures, or goes on where an earlier call was interrupted, judges them and keeps the result as JSON
/// and SVG. Exit codes: 0 all runs completed, whatever the verdict; 1 some failed; 2 unknown figures or wrong settings; 130 interrupted.
/// </summary>
internal static class ReproduceCommand
{
    private const string Actor = "command line";

    public static async Task<int> Execute(IReadOnlyList<string> ids, bool reduced, bool all, bool list, DirectoryInfo output)
    {
        try
        {
            await using var data = ForegroundRuns.Builder().Services.BuildServiceProvider();
            await data.MigrateLabDatabase();
            var reproductions = data.GetRequiredService<Reproductions>();
            foreach (var (file, problem) in reproductions.Catalog.Problems)
                Console.Error.WriteLine($"{file}{problem.Pointer}  {problem.Message}");
            if (list)
                return await List(reproductions);
            var known = reproductions.Catalog.All.Select(figure => figure.Id).ToList();
            var unknown = ids.Where(id => !known.Contains(id)).ToList();
            foreach (var id in unknown)
                Console.Error.WriteLine(Problem.Unknown("figure", id, known));
            if (ids.Count == 0 && !all)
                Console.Error.WriteLine($"Name the figures to reproduce, or --all: {string.Join(", ", known)}");
            if (unknown.Count > 0 || (ids.Count == 0 && !all))
                return 2;
            var (scale, worst) = (reduced ? ReproductionScale.Reduced : ReproductionScale.Full, 0);
            foreach (var figure in all ? reproductions.Catalog.All : [.. ids.Distinct().Select(id => reproductions.Catalog.Find(id)!)])
            {
                AnsiConsole.MarkupLineInterpolated($"[bold]{figure.Title}[/] ({figure.Id}, {Reproduction.Word(scale)})");
                var code = await ForegroundRuns.Execute(
                    async services => (await services.GetRequiredService<Reproductions>().Start(figure, scale, Actor)).Experiment,
                    (services, _) => Report(services.GetRequiredService<Reproductions>(), figure, scale, output));
                if (code is 2 or 130)
                    return code;
                worst = Math.Max(worst, code);
            }
            return worst;
        }
        catch (Exception error) when (StartProblem.Of(error) is { } problem)
        {
            Console.Error.WriteLine(problem);
            return 2;
        }
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
        var table = new Table().Border(TableBorder.Simple).AddColumns("Figure", "Paper", "Full", "Reduced").AddColumn(new TableColumn("Minutes").RightAligned());
        foreach (var figure in reproductions.Catalog.All)
            table.AddRow(
                Markup.Escape(figure.Id), Markup.Escape($"{figure.Paper.Authors.Split(',')[0]} {figure.Paper.Year}, {figure.Figure}"),
                await Found(ReproductionScale.Full), await Found(ReproductionScale.Reduced),
                string.Create(CultureInfo.InvariantCulture, $"{figure.FullMinutes:0.#} / {figure.ReducedMinutes:0.#}"));

        Plain();
        AnsiConsole.Write(table);
        AnsiConsole.WriteLine("Verdicts of this lab's own runs; in brackets those of kept results. Minutes on two cores, full and reduced.");
        return 0;

        async Task<string> Found(ReproductionScale scale)
        {
            var figure = reproductions.Catalog.All[table.Rows.Count];
            var progress = await reproductions.Progress(figure, scale);
            if (progress.Status != ReproductionStatus.NotStarted)
                return progress.Status == ReproductionStatus.Finished
                    ? Word((await reproductions.Evidence(figure, scale)).Verdict.Verdict)
                    : $"{progress.Completed} of {progress.Planned} runs";
            return reproductions.Kept(figure, scale) is { } kept ? $"({Word(kept.Verdict)})" : Word(Verdict.NotRun);
        }
    }

    private static async Task<bool> Report(Reproductions reproductions, Reproduction figure, ReproductionScale scale, DirectoryInfo output)
    {
        var progress = await reproductions.Progress(figure, scale);
        foreach (var run in progress.Runs.Where(run => run.Status == RunStatus.Failed))
            AnsiConsole.WriteLine($"{run.Name} failed: {run.Error}");
        var result = await reproductions.Result(figure, scale);
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
        var table = new Table().Title(Markup.Escape($"{result.Title}: {Word(result.Verdict)}")).Border(TableBorder.Simple)
            .AddColumn("Expected").AddColumn("Verdict").AddColumn(new TableColumn("Found").RightAligned()).AddColumn(new TableColumn("95 %").RightAligned())
            .AddColumn(new TableColumn("P(better)").RightAligned()).AddColumn(new TableColumn("p, adjusted").RightAligned()).AddColumn(new TableColumn("Seeds").RightAligned());
        foreach (var found in result.Expected)
            table.AddRow(
                Markup.Escape(found.Sentence), Word(found.Verdict), Number(found.Estimate), found.Interval95 is [var low, var high] ? $"{Number(low)} to {Number(high)}" : "",
                Number(found.ProbabilityOfImprovement), Number(found.AdjustedP),
                found.Worse is null ? $"{found.Seeds}" : $"{found.Seeds} and {found.OtherSeeds}");
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

    private static string Number(double? value) => value is { } number ? number.ToString(Math.Abs(number) >= 1000 ? "0" : "G4", CultureInfo.InvariantCulture) : "";
}
