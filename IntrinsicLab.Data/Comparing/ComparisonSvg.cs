using System.Globalization;
using System.Security;
using System.Text;

namespace IntrinsicLab.Data;

/// <summary>
/// A chart of a comparison as a vector picture for print: white, text as text, legend and method inside. Drawn here, not in a browser, so that
/// scripts get the same picture as the page.
/// </summary>
public static class ComparisonSvg
{
    private const double Width = 760;
    private const double Left = 64;
    private const double Right = 16;
    private const double Letter = 5.6;

    // The light theme's series colours.
    private static readonly string[] Colours = ["#0072b2", "#c4480a", "#00805c", "#b5588c", "#b97900", "#2a8bc4", "#7a8000", "#3b3f43"];
    private static readonly string[] Dashes = ["", "6 3", "2 3", "6 3 2 3", "10 4", "10 3 2 3"];

    /// <summary>The picture.</summary>
    public static string Of(ComparisonFigure figure)
    {
        var drawing = new StringBuilder();
        var bottom = figure.Kind == FigureKind.Finals ? Finals(drawing, figure) : Curves(drawing, figure);
        bottom = Legend(drawing, figure, bottom);
        foreach (var line in figure.Notes.SelectMany(note => Wrapped(note, (int)((Width - Left - Right) / 5.1))))
            Text(drawing, Left, bottom += 14, line, "note");
        var head = new StringBuilder();
        head.Append(CultureInfo.InvariantCulture, $"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Width} {bottom + 12}" width="{Width}" height="{bottom + 12}" role="img" font-family="Helvetica, Arial, 'DejaVu Sans', sans-serif" font-size="11" fill="#1b1d1f">""").Append('\n');
        head.Append("<title>").Append(Escaped(figure.YLabel.Length > 0 ? $"{figure.YLabel} by {figure.XLabel}" : figure.XLabel)).Append("</title>\n");
        head.Append("<desc>").Append(Escaped(string.Join("\n", figure.Origin))).Append("</desc>\n");
        head.Append("<style>.note{font-size:10px;fill:#55595e}.rule{stroke:#e4e3df}.axis{stroke:#868b90}.line{fill:none;stroke-width:1.8;stroke-linejoin:round}.band{stroke:none;fill-opacity:.16}</style>\n");
        head.Append("<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n");
        return head.Append(drawing).Append("</svg>\n").ToString();
    }

    private static double Curves(StringBuilder drawing, ComparisonFigure figure)
    {
        var (top, bottom) = (16.0, 336.0);
        var x = new ChartAxis(figure.Series.SelectMany(series => series.X), figure.View.LogX, 8);
        var y = figure.Kind == FigureKind.Profile
            ? new ChartAxis([0, 1], false, 5)
            : new ChartAxis(figure.Series.SelectMany(series => series.Y.Concat(series.Low).Concat(series.High)), figure.View.LogY, 6);
        double X(double value) => Left + x.At(value) * (Width - Left - Right);
        double Y(double value) => bottom - y.At(value) * (bottom - top);
        Rules(drawing, y, Y, figure.YLabel, top, bottom);
        foreach (var series in figure.Series)
        {
            var stepped = figure.Kind == FigureKind.Profile ? Steps(series, x.Ticks[0], x.Ticks[^1]) : series;
            foreach (var (from, to) in Stretches(stepped, index => !double.IsNaN(stepped.Low[index]), X, index => Y(Math.Min(stepped.Low[index], stepped.High[index]))))
            {
                var edge = Enumerable.Range(from, to - from).Select(index => (X(stepped.X[index]), Y(stepped.High[index])))
                    .Concat(Enumerable.Range(from, to - from).Reverse().Select(index => (X(stepped.X[index]), Y(stepped.Low[index]))));
                drawing.Append(CultureInfo.InvariantCulture, $"<path class=\"band\" fill=\"{Colour(series)}\" d=\"{Path(edge)}Z\"/>\n");
            }
            foreach (var (from, to) in Stretches(stepped, index => !double.IsNaN(stepped.Y[index]), X, index => Y(stepped.Y[index])))
                drawing.Append(CultureInfo.InvariantCulture,
                    $"<path class=\"line\" stroke=\"{Colour(series)}\"{Dash(series)} d=\"{Path(Enumerable.Range(from, to - from).Select(index => (X(stepped.X[index]), Y(stepped.Y[index]))))}\"/>\n");
        }
        if (figure.Kind == FigureKind.Curves)
        {
            var (first, last) = (bottom + 14, bottom + 58);
            var n = new ChartAxis(figure.Series.SelectMany(series => series.N.Select(count => (double)count)), false, 2, fromZero: true);
            double N(double value) => last - n.At(value) * (last - first);
            Rules(drawing, n, N, "seeds", first, last);
            foreach (var series in figure.Series)
            {
                var places = Enumerable.Range(0, series.X.Length).Where(index => double.IsFinite(X(series.X[index]))).ToList();
                var strip = places.SelectMany((place, order) => order == 0 || series.N[places[order - 1]] == series.N[place]
                    ? [(X(series.X[place]), N(series.N[place]))]
                    : new[] { (X(series.X[place]), N(series.N[places[order - 1]])), (X(series.X[place]), N(series.N[place])) });
                drawing.Append(CultureInfo.InvariantCulture, $"<path class=\"line\" stroke-width=\"1.2\" stroke=\"{Colour(series)}\"{Dash(series)} d=\"{Path(strip)}\"/>\n");
            }
            bottom = last;
        }
        Below(drawing, x, X, figure.XLabel, bottom);
        return bottom + 38;
    }

    private static double Finals(StringBuilder drawing, ComparisonFigure figure)
    {
        var names = Math.Min(300, 16 + Letter * figure.Series.Max(series => series.Label.Length));
        var (top, bottom) = (12.0, 12.0 + 24 * figure.Series.Count);
        var x = new ChartAxis(figure.Series.SelectMany(series => series.X.Concat(series.Low).Concat(series.High)), figure.View.LogX, 6);
        double X(double value) => names + x.At(value) * (Width - names - Right - 48);
        foreach (var tick in x.Ticks)
            drawing.Append(CultureInfo.InvariantCulture, $"<path class=\"rule\" d=\"M{X(tick):0.##} {top}V{bottom:0.##}\"/>\n");
        foreach (var (row, series) in figure.Series.Index())
        {
            var y = top + 24 * row + 12;
            Text(drawing, names - 10, y + 4, series.Label, "", "end");
            Text(drawing, Width - Right, y + 4, string.Create(CultureInfo.InvariantCulture, $"n = {series.N[0]}"), "note", "end");
            if (double.IsFinite(X(series.Low[0])) && double.IsFinite(X(series.High[0])))
                drawing.Append(CultureInfo.InvariantCulture, $"<path stroke=\"{Colour(series)}\" stroke-width=\"6\" stroke-opacity=\".35\" d=\"M{X(series.Low[0]):0.##} {y:0.##}H{X(series.High[0]):0.##}\"/>\n");
            if (double.IsFinite(X(series.X[0])))
                drawing.Append(CultureInfo.InvariantCulture, $"<circle cx=\"{X(series.X[0]):0.##}\" cy=\"{y:0.##}\" r=\"4\" fill=\"{Colour(series)}\"/>\n");
        }
        Below(drawing, x, X, figure.XLabel, bottom);
        return bottom + 38;
    }

    private static double Legend(StringBuilder drawing, ComparisonFigure figure, double bottom)
    {
        if (figure.Kind == FigureKind.Finals)
            return bottom;
        var (x, y) = (Left, bottom + 10);
        foreach (var series in figure.Series)
        {
            var width = 34 + Letter * series.Label.Length;
            if (x > Left && x + width > Width - Right)
                (x, y) = (Left, y + 16);
            drawing.Append(CultureInfo.InvariantCulture, $"<path class=\"line\" stroke=\"{Colour(series)}\"{Dash(series)} d=\"M{x:0.##} {y - 4:0.##}h22\"/>\n");
            Text(drawing, x + 27, y, series.Label);
            x += width + 12;
        }
        return y + 6;
    }

    private static void Rules(StringBuilder drawing, ChartAxis axis, Func<double, double> place, string name, double top, double bottom)
    {
        foreach (var tick in axis.Ticks)
        {
            drawing.Append(CultureInfo.InvariantCulture, $"<path class=\"rule\" d=\"M{Left} {place(tick):0.##}H{Width - Right}\"/>\n");
            Text(drawing, Left - 6, place(tick) + 4, Short(tick), "", "end");
        }
        drawing.Append(CultureInfo.InvariantCulture,
            $"<text transform=\"translate(14 {(top + bottom) / 2:0.##}) rotate(-90)\" text-anchor=\"middle\">{Escaped(name)}</text>\n");
    }

    private static void Below(StringBuilder drawing, ChartAxis axis, Func<double, double> place, string name, double bottom)
    {
        drawing.Append(CultureInfo.InvariantCulture, $"<path class=\"axis\" d=\"M{place(axis.Ticks[0]):0.##} {bottom}H{place(axis.Ticks[^1]):0.##}\"/>\n");
        foreach (var tick in axis.Ticks)
            Text(drawing, place(tick), bottom + 15, Short(tick), "", "middle");
        Text(drawing, (place(axis.Ticks[0]) + place(axis.Ticks[^1])) / 2, bottom + 30, name, "", "middle");
    }

    // A profile holds its value from one score to the next: 1 before the first, 0 after the last.
    private static FigureSeries Steps(FigureSeries series, double from, double to)
    {
        var (x, y, low, high) = (new List<double> { from }, new List<double> { 1 }, new List<double>(), new List<double>());
        var banded = series.Low.Length > 0 && !double.IsNaN(series.Low[0]);
        low.Add(banded ? 1 : double.NaN);
        high.Add(banded ? 1 : double.NaN);
        for (var index = 0; index < series.X.Length; index++)
        {
            x.AddRange([series.X[index], series.X[index]]);
            y.AddRange([y[^1], series.Y[index]]);
            low.AddRange([low[^1], series.Low[index]]);
            high.AddRange([high[^1], series.High[index]]);
        }
        x.Add(to);
        y.Add(y[^1]);
        low.Add(low[^1]);
        high.Add(high[^1]);
        return series with { X = [.. x], Y = [.. y], Low = [.. low], High = [.. high] };
    }

    // Stretches of places that can be drawn: a line breaks where there is no value, or where a logarithmic axis cannot show one.
    private static IEnumerable<(int From, int To)> Stretches(FigureSeries series, Func<int, bool> has, Func<double, double> x, Func<int, double> y)
    {
        var from = -1;
        for (var index = 0; index <= series.X.Length; index++)
        {
            var drawn = index < series.X.Length && has(index) && double.IsFinite(x(series.X[index])) && double.IsFinite(y(index));
            if (drawn && from < 0)
                from = index;
            if (drawn || from < 0)
                continue;
            yield return (from, index);
            from = -1;
        }
    }

    private static string Path(IEnumerable<(double X, double Y)> points)
    {
        var path = new StringBuilder();
        foreach (var (x, y) in points)
            path.Append(path.Length == 0 ? 'M' : 'L').Append(CultureInfo.InvariantCulture, $"{x:0.##} {y:0.##}");
        return path.ToString();
    }

    private static void Text(StringBuilder drawing, double x, double y, string text, string style = "", string anchor = "start") =>
        drawing.Append(CultureInfo.InvariantCulture, $"<text x=\"{x:0.##}\" y=\"{y:0.##}\"")
            .Append(anchor == "start" ? "" : $" text-anchor=\"{anchor}\"").Append(style.Length > 0 ? $" class=\"{style}\"" : "").Append('>').Append(Escaped(text)).Append("</text>\n");

    private static IEnumerable<string> Wrapped(string text, int width)
    {
        var line = "";
        foreach (var word in text.Split(' '))
        {
            if (line.Length > 0 && line.Length + word.Length >= width)
            {
                yield return line;
                line = "";
            }
            line = line.Length == 0 ? word : $"{line} {word}";
        }
        yield return line;
    }

    private static string Short(double value) => Math.Abs(value) switch
    {
        >= 1e9 => (value / 1e9).ToString("0.##", CultureInfo.InvariantCulture) + " G",
        >= 1e6 => (value / 1e6).ToString("0.##", CultureInfo.InvariantCulture) + " M",
        >= 1e4 => (value / 1e3).ToString("0.##", CultureInfo.InvariantCulture) + " k",
        0 => "0",
        < 0.001 => value.ToString("0.##e0", CultureInfo.InvariantCulture),
        _ => value.ToString("0.####", CultureInfo.InvariantCulture),
    };

    private static string Colour(FigureSeries series) => Colours[(series.Slot - 1) % Colours.Length];

    private static string Dash(FigureSeries series) => series.Dash == 0 ? "" : $" stroke-dasharray=\"{Dashes[series.Dash % Dashes.Length]}\"";

    private static string Escaped(string text) => SecurityElement.Escape(new string([.. text.Where(letter => !char.IsControl(letter) || letter == '\n')])) ?? "";
}
