using System.Globalization;
using System.Text;

namespace IntrinsicLab.Data;

/// <summary>Comparisons as comma-separated text; lines that begin with # say how the numbers were made.</summary>
public static class ComparisonCsv
{
    /// <summary>Exactly what a chart draws.</summary>
    public static string Figure(ComparisonFigure figure)
    {
        var text = new StringBuilder();
        foreach (var line in figure.Origin.Concat(figure.Notes).Distinct())
            text.Append(Comment(line));
        text.Append(figure.Kind switch
        {
            FigureKind.Curves => $"group,{figure.XLabel},value,low,high,seeds\n",
            FigureKind.Profile => "group,threshold,share,low,high,runs\n",
            _ => "group,value,low,high,seeds\n",
        });
        foreach (var series in figure.Series)
            for (var index = 0; index < series.X.Length; index++)
                text.Append(Quoted(series.Label)).Append(',').Append(Number(series.X[index])).Append(figure.Kind == FigureKind.Finals ? "" : $",{Number(series.Y[index])}")
                    .Append(',').Append(Number(series.Low[index])).Append(',').Append(Number(series.High[index])).Append(',')
                    .Append(series.N[index].ToString(CultureInfo.InvariantCulture)).Append('\n');
        return text.ToString();
    }

    /// <summary>Every stored point of the compared runs, none left out, in pieces of one run.</summary>
    public static async IAsyncEnumerable<string> Points(
        ComparisonQuery query, Comparison comparison, MetricStore metrics,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation = default)
    {
        var head = new StringBuilder();
        foreach (var line in ComparisonFigure.Head(query, comparison))
            head.Append(Comment(line));
        yield return head.Append(Comment("every stored point, neither reduced, smoothed nor normalised"))
            .Append(CultureInfo.InvariantCulture, $"group,run,name,environment,seed,{ComparisonQuery.Word(query.X)},{Quoted(query.Metric)}\n").ToString();
        foreach (var group in comparison.Groups)
            foreach (var run in group.Runs)
            {
                var columns = await metrics.Read(run.Id, query.Metric, aggregate: MetricAggregate.Raw, axis: query.X, cancellationToken: cancellation);
                var start = string.Create(CultureInfo.InvariantCulture, $"{Quoted(group.Label)},{run.Id},{Quoted(run.Name)},{Quoted(run.Environment)},{run.Seed},");
                var text = new StringBuilder();
                for (var index = 0; index < (columns?.X.Length ?? 0); index++)
                {
                    text.Append(start).Append(Number(columns!.X[index])).Append(',').Append(columns.Value[index].ToString("R", CultureInfo.InvariantCulture)).Append('\n');
                    if (text.Length < 1 << 16)
                        continue;
                    yield return text.ToString();
                    text.Clear();
                }
                yield return text.ToString();
            }
    }

    private static string Comment(string line) => $"# {line.ReplaceLineEndings(" ")}\n";

    private static string Number(double value) => double.IsNaN(value) ? "" : value.ToString("R", CultureInfo.InvariantCulture);

    // A name that a spreadsheet would take for a formula stays a name.
    private static string Quoted(string text) => $"\"{(text.Length > 0 && "=+-@\t\r".Contains(text[0]) ? "'" : "")}{text.Replace("\"", "\"\"").ReplaceLineEndings(" ")}\"";
}
