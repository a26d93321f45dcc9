using System.Globalization;
using System.Text;
using IntrinsicLab.Core.Statistics;

namespace IntrinsicLab.Data;

/// <summary>Comparisons for papers: a chart as pgfplots with its data inside, final scores as a booktabs table.</summary>
public static class ComparisonTex
{
    private const double Significant = 0.05;

    private static readonly string[] Colours = ["0072B2", "C4480A", "00805C", "B5588C", "B97900", "2A8BC4", "7A8000", "3B3F43"];
    private static readonly string[] Dashes = ["solid", "dashed", "dotted", "dashdotted", "densely dashed", "densely dotted"];

    /// <summary>The chart: a document of its own, which a paper may also take in with <c>\input</c> and the package standalone.</summary>
    public static string Figure(ComparisonFigure figure)
    {
        var text = Head(figure.Origin.Concat(figure.Notes).Distinct());
        text.Append("""
            \documentclass[border=2pt]{standalone}
            \usepackage[utf8]{inputenc}
            \usepackage[T1]{fontenc}
            \usepackage{textcomp}
            \usepackage{pgfplots}
            \pgfplotsset{compat=1.16}

            """);
        foreach (var slot in figure.Series.Select(series => series.Slot).Distinct().Order())
            text.Append(CultureInfo.InvariantCulture, $"\\definecolor{{lab{slot}}}{{HTML}}{{{Colours[(slot - 1) % Colours.Length]}}}\n");
        text.Append("\\begin{document}\n\\begin{tikzpicture}\n");
        var (logX, logY) = (figure.View.LogX && figure.Kind != FigureKind.Profile, figure.View.LogY && figure.Kind == FigureKind.Curves);
        var options = new List<string>
        {
            "width=12cm", $"height={(figure.Kind == FigureKind.Finals ? (1.5 + 0.6 * figure.Series.Count).ToString("0.#", CultureInfo.InvariantCulture) : "7")}cm",
            $"xlabel={{{Escaped(figure.XLabel)}}}", $"ylabel={{{Escaped(figure.YLabel)}}}", "axis lines=left", "ymajorgrids", "grid style={gray!20}",
            "scaled x ticks=false", "legend style={draw=none, font=\\small, at={(0.5,-0.22)}, anchor=north, legend columns=2}", "legend cell align=left",
        };
        if (logX)
            options.Add("xmode=log");
        if (logY)
            options.Add("ymode=log");
        if (figure.Kind == FigureKind.Profile)
            options.AddRange(["ymin=0", "ymax=1"]);
        if (figure.Kind == FigureKind.Finals)
            options.AddRange([
                $"ytick={{{string.Join(",", Enumerable.Range(0, figure.Series.Count))}}}", "y dir=reverse", "enlarge y limits={abs=0.5}",
                $"yticklabels={{{string.Join(",", figure.Series.Select(series => $"{{{Escaped(series.Label)}}}"))}}}",
            ]);
        text.Append("\\begin{axis}[\n  ").AppendJoin(",\n  ", options).Append(",\n]\n");
        foreach (var series in figure.Series)
            Append(text, figure, series, logX, logY);
        return text.Append("\\end{axis}\n\\end{tikzpicture}\n\\end{document}\n").ToString();
    }

    /// <summary>
    /// Final scores: groups by environments where the groups name theirs, one column otherwise. The best of a column is bold only where it differs
    /// from every other group there with p below 0.05; groups that the best beats so carry a mark.
    /// </summary>
    /// <param name="query">What was asked.</param>
    /// <param name="comparison">The answer.</param>
    /// <param name="plusMinus">Mean ± half of the t interval, instead of the statistic with its bootstrap interval.</param>
    public static string Table(ComparisonQuery query, Comparison comparison, bool plusMinus)
    {
        var text = Head(ComparisonFigure.Head(query, comparison));
        var cells = comparison.Groups.Select(group => (Group: group, Row: Row(group), Column: Column(group))).ToList();
        if (cells.GroupBy(cell => (cell.Row, cell.Column)).Any(same => same.Count() > 1))
            cells = cells.ConvertAll(cell => (cell.Group, cell.Group.Label, "Final score"));
        var rows = cells.Select(cell => cell.Row).Distinct().ToList();
        var columns = cells.Select(cell => cell.Column).Distinct().Order(StringComparer.Ordinal).ToList();
        var marks = columns.ToDictionary(column => column, column => Marks(comparison, [.. cells.Where(cell => cell.Column == column).Select(cell => cell.Group)]));

        text.Append("% \\usepackage{booktabs}\n\\begin{table}\n  \\centering\n  \\caption{").Append(Caption(query, comparison, plusMinus, marks.Values)).Append("}\n");
        text.Append("  \\begin{tabular}{l").Append('r', columns.Count).Append("}\n    \\toprule\n    ");
        text.AppendJoin(" & ", columns.Prepend("").Select(Escaped)).Append(" \\\\\n    \\midrule\n");
        foreach (var row in rows)
            text.Append("    ").AppendJoin(" & ", columns
                .Select(column => cells.Find(cell => cell.Row == row && cell.Column == column).Group is { } group ? Cell(group, marks[column], plusMinus) : "--")
                .Prepend(Escaped(row))).Append(" \\\\\n");
        return text.Append("    \\bottomrule\n  \\end{tabular}\n\\end{table}\n").ToString();
    }

    /// <summary>Text as LaTeX prints it.</summary>
    public static string Escaped(string text)
    {
        var safe = new StringBuilder();
        foreach (var letter in text)
            safe.Append(letter switch
            {
                '&' or '%' or '$' or '#' or '_' or '{' or '}' => $"\\{letter}",
                '\\' => "\\textbackslash{}",
                '~' => "\\textasciitilde{}",
                '^' => "\\textasciicircum{}",
                '<' => "\\textless{}",
                '>' => "\\textgreater{}",
                '·' => "\\textperiodcentered{}",
                '±' => "\\textpm{}",
                '\u2212' => "\\textminus{}",
                '\u2009' => "\\,",
                _ when char.IsControl(letter) => " ",
                _ => letter.ToString(),
            });
        return safe.ToString();
    }

    private static void Append(StringBuilder text, ComparisonFigure figure, FigureSeries series, bool logX, bool logY)
    {
        var colour = $"lab{series.Slot.ToString(CultureInfo.InvariantCulture)}";
        if (figure.Kind == FigureKind.Finals)
        {
            if (double.IsNaN(series.X[0]))
                return;
            if (!double.IsNaN(series.Low[0]))
                text.Append(CultureInfo.InvariantCulture, $"\\addplot[forget plot, {colour}, line width=4pt, opacity=.35] coordinates {{({Number(series.Low[0])},{series.Y[0]}) ({Number(series.High[0])},{series.Y[0]})}};\n");
            text.Append(CultureInfo.InvariantCulture, $"\\addplot[forget plot, only marks, mark=*, {colour}] coordinates {{({Number(series.X[0])},{series.Y[0]})}};\n");
            return;
        }
        bool Drawn(int index, double value) => !double.IsNaN(value) && (!logX || series.X[index] > 0) && (!logY || value > 0);
        var stepped = figure.Kind == FigureKind.Profile ? ", const plot" : "";
        var banded = Enumerable.Range(0, series.X.Length).Where(index => Drawn(index, series.Low[index]) && Drawn(index, series.High[index])).ToList();
        if (banded.Count > 1 && figure.Kind == FigureKind.Curves)
            text.Append(CultureInfo.InvariantCulture, $"\\addplot[forget plot, draw=none, fill={colour}, fill opacity=.16] coordinates {{")
                .AppendJoin(' ', banded.Select(index => $"({Number(series.X[index])},{Number(series.High[index])})")
                    .Concat(banded.AsEnumerable().Reverse().Select(index => $"({Number(series.X[index])},{Number(series.Low[index])})"))).Append("} -- cycle;\n");
        text.Append(CultureInfo.InvariantCulture, $"\\addplot[{colour}, thick, {Dashes[series.Dash % Dashes.Length]}, mark=none, unbounded coords=jump{stepped}] table[row sep=newline] {{\n  x y low high n\n");
        for (var index = 0; index < series.X.Length; index++)
            text.Append(CultureInfo.InvariantCulture,
                $"  {Number(series.X[index])} {(Drawn(index, series.Y[index]) ? Number(series.Y[index]) : "nan")} {Number(series.Low[index])} {Number(series.High[index])} {series.N[index]}\n");
        text.Append("};\n\\addlegendentry{").Append(Escaped(series.Label)).Append("}\n");
    }

    private static string Row(ComparedGroup group) =>
        group.Environments.Count == 1 && group.Label.Split(" · ") is var parts && parts.Contains(group.Environments[0]) && parts.Length > 1
            ? string.Join(" · ", parts.Where(part => part != group.Environments[0]))
            : group.Label;

    private static string Column(ComparedGroup group) => group.Environments.Count == 1 ? group.Environments[0] : "All environments";

    // The best of the column, whether every other is significantly different from it, and those that are.
    private static (ComparedGroup? Best, bool Alone, HashSet<string> Beaten) Marks(Comparison comparison, List<ComparedGroup> column)
    {
        var best = column.Where(group => group.FinalStatistic is not null).MaxBy(group => group.FinalStatistic);
        if (best is null || column.Count < 2)
            return (null, false, []);
        var beaten = column.Where(group => group != best && comparison.Pairs.Any(pair =>
            ((pair.X == best.Label && pair.Y == group.Label) || (pair.X == group.Label && pair.Y == best.Label)) && pair.AdjustedP < Significant)).Select(group => group.Label).ToHashSet();
        return (best, beaten.Count == column.Count - 1, beaten);
    }

    private static string Cell(ComparedGroup group, (ComparedGroup? Best, bool Alone, HashSet<string> Beaten) marks, bool plusMinus)
    {
        if (group.FinalStatistic is not { } statistic)
            return "--";
        string value;
        if (plusMinus)
            value = group.Final.StudentInterval is { } interval ? $"{Short(group.Final.Mean!.Value)} \\pm {Short((interval.High - interval.Low) / 2)}" : Short(group.Final.Mean!.Value);
        else
            value = group.FinalInterval is { } bounds ? $"{Short(statistic)}\\ [{Short(bounds.Low)}, {Short(bounds.High)}]" : Short(statistic);
        var mark = marks.Beaten.Contains(group.Label) ? "^{\\ast}" : "";
        return marks.Alone && marks.Best == group ? $"$\\mathbf{{{value}}}$" : $"${value}{mark}$";
    }

    private static string Caption(ComparisonQuery query, Comparison comparison, bool plusMinus, IEnumerable<(ComparedGroup? Best, bool Alone, HashSet<string> Beaten)> marks)
    {
        var cells = plusMinus ? "Mean $\\pm$ half of the 95\\,\\% t interval over seeds"
            : query.Curve.Statistic switch { Aggregate.Iqm => "Interquartile mean", Aggregate.Median => "Median", _ => "Mean" } + " with its 95\\,\\% bootstrap interval";
        var seeds = comparison.Groups.Select(group => group.Final.Count).Distinct().Order().ToList();
        var counts = seeds.Count == 1 ? $"{seeds[0]}" : $"{seeds[0]} to {seeds[^1]}";
        var caption = $"{cells} of the final {Escaped(query.Metric)}{(comparison.IsNormalised ? ", normalised" : "")} ({counts} runs each). {Escaped(comparison.Method)} Greater is better.";
        if (comparison.Pairs.Count == 0)
            return $"{caption} No pairs were tested.";
        return marks.Any(mark => mark.Beaten.Count > 0)
            ? $"{caption} $\\ast$: differs from the best of its column (permutation test, Holm, $p < 0.05$); bold: the best, where it differs so from all others."
            : $"{caption} No group differs significantly from the best of its column (permutation test, Holm, $p < 0.05$), so none is bold.";
    }

    private static StringBuilder Head(IEnumerable<string> lines)
    {
        var text = new StringBuilder();
        foreach (var line in lines)
            text.Append("% ").Append(line.ReplaceLineEndings(" ")).Append('\n');
        return text;
    }

    private static string Number(double value) => double.IsNaN(value) ? "nan" : value.ToString("R", CultureInfo.InvariantCulture);

    private static string Short(double value) => Math.Abs(value) switch
    {
        >= 1000 => value.ToString("0", CultureInfo.InvariantCulture),
        >= 100 => value.ToString("0.0", CultureInfo.InvariantCulture),
        >= 1 => value.ToString("0.00", CultureInfo.InvariantCulture),
        _ => value.ToString("0.000", CultureInfo.InvariantCulture),
    };
}
