using System.Globalization;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Analyses;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Core.Statistics;
using IntrinsicLab.Data;
using Microsoft.Extensions.DependencyInjection;
using Spectre.Console;

namespace IntrinsicLab.Worker;

/// <summary>
/// The verb <c>rule-report</c>: measures learned rules, prints them side by side, and keeps a report of each. Exit codes: 0 done, 2 a rule cannot be
/// read or settings are wrong.
/// </summary>
internal static class RuleReportCommand
{
    public static async Task<int> Execute(
        IReadOnlyList<string> names, RuleReportSettings settings, FileInfo? output, FileInfo? baselines, int threads)
    {
        try
        {
            if (output is not null && names.Count > 1)
                throw new ArgumentException("--out takes the report of one rule; without it the lab keeps a report of each.");
            ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
            await using var data = ForegroundRuns.Builder().Services.BuildServiceProvider();
            await data.MigrateLabDatabase();
            LearnedRule[] rules = [.. names.Select(name => Read(name, data.GetRequiredService<Rules>()))];
            var known = baselines is null ? null : RuleReport.Read(await File.ReadAllBytesAsync(baselines.FullName));

            void Say(string what) => Console.Error.WriteLine(what);
            var found = RuleReport.Baselines(settings, threads, known, Say);
            var reports = new List<RuleReport>();
            foreach (var rule in rules)
            {
                var report = RuleReport.Make(rule, settings, found, threads, Say);
                reports.Add(report);
                if (output is null)
                    Console.Error.WriteLine($"The report of {rule.Id} is in {data.GetRequiredService<RuleReports>().Keep(report)}");
                else
                    await File.WriteAllBytesAsync(output.FullName, report.ToJson());
            }
            Print(reports);
            return 0;
        }
        catch (Exception error) when (error is InvalidDataException || StartProblem.Of(error) is not null)
        {
            Console.Error.WriteLine(StartProblem.Of(error) ?? error.Message);
            return 2;
        }
    }

    private static LearnedRule Read(string name, Rules shelf)
    {
        if (!name.EndsWith(LearnedRuleFile.Extension, StringComparison.Ordinal))
            return shelf.Find(name) ?? throw new ArgumentException(
                $"There is no rule {name}: expected NAME@VERSION of one that this lab has, or a file that ends with {LearnedRuleFile.Extension}.");
        var problems = new List<Problem>();
        return LearnedRuleFile.Read(File.ReadAllBytes(name), problems) ?? throw new InvalidDataException(
            $"{name} cannot be read:\n{string.Join('\n', problems.Select(problem => $"{problem.Pointer}  {problem.Message}".Trim()))}");
    }

    private static void Print(List<RuleReport> reports)
    {
        var scores = new Table().Border(TableBorder.Simple).AddColumn("Family");
        foreach (var heading in (string[])["Random", "A2C", "A2C tuned", .. reports.SelectMany(report => (string[])[report.Rule, "Normalised"])])
            scores.AddColumn(new TableColumn(Markup.Escape(heading)).RightAligned());
        foreach (var (index, family) in reports[0].Families.Index())
            scores.AddRow(
            [
                Markup.Escape(family.Seen ? family.Label : $"{family.Label} (not seen in training)"), Shown(family.Baseline.Random), Shown(family.Baseline.Default), Shown(family.Baseline.Tuned),
                .. reports.SelectMany(report => (string[])
                [
                    Shown(report.Families[index].Score.Mean),
                    Between(report.Families[index].Normalised, report.Families[index].Interval),
                ]),
            ]);
        scores.AddRow(
        [
            "Mean over families", "", "", "",
            .. reports.SelectMany(report => (string[])["", Between(report.Mean, report.MeanInterval)]),
        ]);
        var numbers = new Table().Border(TableBorder.Simple).AddColumn("Analysis");
        foreach (var report in reports)
            numbers.AddColumn(new TableColumn(Markup.Escape(report.Rule)).RightAligned());
        foreach (var label in reports.SelectMany(report => report.Analyses.SelectMany(analysis => analysis.Numbers)).Select(number => number.Label).Distinct())
            numbers.AddRow(
            [
                Markup.Escape(label),
                .. reports.Select(report => report.Analyses.SelectMany(analysis => analysis.Numbers).FirstOrDefault(number => number.Label == label) is { } number
                    ? Shown(number.Value) : "–"),
            ]);
        if (Console.IsOutputRedirected)
            AnsiConsole.Profile.Width = 220;
        AnsiConsole.Write(scores);
        AnsiConsole.WriteLine("Scores are mean returns of the last fifth of a life. Normalised: 0 is chance, 1 is tuned A2C; in brackets 95 % of bootstrap replicates over levels.");
        AnsiConsole.Write(numbers);
    }

    private static string Between(double value, Interval interval) =>
        Markup.Escape(string.Create(CultureInfo.InvariantCulture, $"{value:0.00} [{interval.Low:0.00}, {interval.High:0.00}]"));

    private static string Shown(double value) => double.IsFinite(value) ? value.ToString("0.###", CultureInfo.InvariantCulture) : "–";
}
