using System.Globalization;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Data;
using Spectre.Console;

namespace IntrinsicLab.Worker;

/// <summary>What a call that reproduced several figures ends with: every expectation of each in one table.</summary>
internal sealed class ReproductionSummary
{
    private readonly Table table = new Table().Title("Summary").Border(TableBorder.Simple)
        .AddColumn("Figure").AddColumn("Expected").AddColumn(new TableColumn("Observed").RightAligned()).AddColumn(new TableColumn("95 %").RightAligned())
        .AddColumn(new TableColumn("P(better)").RightAligned()).AddColumn(new TableColumn("p, adjusted").RightAligned()).AddColumn("Verdict");

    private readonly Dictionary<Verdict, int> verdicts = [];

    public void Add(string id, FigureProgress progress, ReproductionResult? result)
    {
        if (progress.Status != ReproductionStatus.Finished || result is null)
        {
            table.AddRow(Markup.Escape(id), $"{progress.Completed} of {progress.Planned} runs are completed", "", "", "", "", "not finished");
            return;
        }
        if (result.Expected.Count == 0)
            table.AddRow(Markup.Escape(id), "nothing: shown without a verdict", "", "", "", "", "");
        foreach (var (index, found) in result.Expected.Index())
        {
            verdicts[found.Verdict] = verdicts.GetValueOrDefault(found.Verdict) + 1;
            table.AddRow(
                Markup.Escape(index == 0 ? id : ""), Markup.Escape(found.Sentence), $"{found.Found}{(found.Found.Length > 0 && found.Measure != "difference" && found.Measure != "mean" ? $" {found.MeasureWords}" : "")}",
                found.Between, ReproduceCommand.Number(found.ProbabilityOfImprovement), ReproduceCommand.Number(found.AdjustedP), ReproduceCommand.Word(found.Verdict));
        }
    }

    public void Print(TimeSpan elapsed)
    {
        AnsiConsole.Write(table);
        var counted = verdicts.OrderByDescending(pair => pair.Key).Select(pair => $"{pair.Value} {ReproduceCommand.Word(pair.Key)}");
        AnsiConsole.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{string.Join(", ", counted)}{(verdicts.Count > 0 ? ". " : "")}This call took {(int)elapsed.TotalHours}:{elapsed:mm\\:ss} (hours, minutes, seconds)."));
    }
}
