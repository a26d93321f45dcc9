using System.Globalization;
using System.Security;
using System.Text;
using IntrinsicLab.Core.Experiments;

namespace IntrinsicLab.Data;

/// <summary>
/// A reproduced figure as a picture of lines or bars, a panel for each environment. The same comparison gives the same bytes on every machine:
/// sizes of text are estimated, never measured.
/// </summary>
public static class FigureSvg
{
    // The light theme's series, and its neutral tones, as figures are printed on white.
    private static readonly string[] Series = ["#0072b2", "#c4480a", "#00805c", "#b5588c", "#b97900", "#2a8bc4", "#7a8000", "#3b3f43"];
    private static readonly string[] Dashes = ["", "6 4", "2 3", "8 3 2 3"];
    private const string Text = "#1b1d1f", Muted = "#62676c", Line = "#e4e3df";
    private const string Font = "'Helvetica Neue', Helvetica, Arial, 'DejaVu Sans', sans-serif";

    private const double PanelWidth = 400, PanelHeight = 260, Left = 64, Right = 16, Top = 28, Bottom = 48, Edge = 16;
    private const int MostColumns = 3;

    /// <summary>Draws a figure for print.</summary>
    /// <param name="figure">Its entry.</param>
    /// <param name="comparison">What to draw.</param>
    /// <param name="notes">Sentences under the caption, such as the verdict's.</param>
    public static string Draw(Reproduction figure, ComparisonResource comparison, IReadOnlyList<string> notes)
    {
        var settings = figure.Settings;
        var names = Names(figure, comparison);
        var panels = Panels(figure, comparison);
        var columns = Math.Clamp(panels.Count, 1, MostColumns);
        // A single panel is wide enough for its caption.
        var panelWidth = columns == 1 ? 1.6 * PanelWidth : PanelWidth;
        var width = 2 * Edge + columns * panelWidth;
        var svg = new StringBuilder();
        var y = Edge + 16.0;
        Write(svg, Edge, y, 16, figure.Title, Text, weight: 600);
        y += 20;
        Write(svg, Edge, y, 12, $"After {figure.Paper.Authors} {figure.Paper.Year.ToString(CultureInfo.InvariantCulture)}, {figure.Figure}", Muted);
        y = Legend(svg, names, y + 14, width);
        foreach (var (index, panel) in panels.Index())
            Panel(svg, settings, panel, names, Edge + index % columns * panelWidth, y + Math.Floor((double)index / columns) * PanelHeight, panelWidth);
        y += Math.Ceiling(panels.Count / (double)columns) * PanelHeight + 14;
        foreach (var sentence in (IEnumerable<string>)[.. Methods(settings, comparison), .. notes])
            foreach (var line in Wrapped(sentence, (int)((width - 2 * Edge) / 5.6)))
            {
                Write(svg, Edge, y, 11, line, Muted);
                y += 15;
            }
        var height = y + Edge - 11;
        return $"""
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {N(width)} {N(height)}" width="{N(width)}" height="{N(height)}" role="img" font-family="{Font}">
            <title>{Escape($"{figure.Title}: {Words(settings, comparison)}")}</title>
            <rect width="100%" height="100%" fill="#ffffff"/>
            {svg}</svg>

            """.ReplaceLineEndings("\n");
    }

    /// <summary>The same without words, in the page's colours: lines or bars only, panel beside panel.</summary>
    public static string Thumbnail(Reproduction figure, ComparisonResource comparison)
    {
        const double width = 320, height = 120;
        var names = Names(figure, comparison);
        var panels = Panels(figure, comparison).Take(4).ToList();
        var svg = new StringBuilder();
        foreach (var (index, panel) in panels.Index())
        {
            var area = new Area(index * width / panels.Count + 4, 6, width / panels.Count - 8, height - 12, Range.Of(figure.Settings, panel.Groups));
            Marks(svg, figure.Settings, panel.Groups, names, area, slot => $"var(--series-{(slot % Series.Length + 1).ToString(CultureInfo.InvariantCulture)})", 1.5);
        }
        return $"""<svg viewBox="0 0 {N(width)} {N(height)}" preserveAspectRatio="none" role="img" aria-label="{Escape(Words(figure.Settings, comparison))}">{svg}</svg>""".ReplaceLineEndings("");
    }

    /// <summary>What is drawn, in words: for each environment and group the value at the end.</summary>
    public static string Words(FigureSettings settings, ComparisonResource comparison) => string.Join("; ", comparison.Groups.Select(group =>
        $"{group.Label} {(Last(settings, group) is { } value ? Shown(value) : "without a value")} over {group.Runs.Count.ToString(CultureInfo.InvariantCulture)} seeds"));

    private sealed record PanelOf(string Title, IReadOnlyList<ComparedGroupResource> Groups);

    // Where data lie in a panel, and the panel's rectangle.
    private readonly record struct Range(double MaxX, double Low, double High)
    {
        public static Range Of(FigureSettings settings, IReadOnlyList<ComparedGroupResource> groups)
        {
            var values = settings.Bars
                ? groups.SelectMany(group => (double?[])[0, group.Final.Mean, Ends(group)?.Low, Ends(group)?.High])
                : groups.SelectMany(group => group.Curve.Y.Concat(group.Curve.Low).Concat(group.Curve.High));
            var known = values.OfType<double>().DefaultIfEmpty(0).ToList();
            var (low, high) = (known.Min(), known.Max());
            var places = groups.SelectMany(group => group.Curve.X).DefaultIfEmpty(1).Max();
            return high > low ? new(places, low, high) : new(places, low - 1, high + 1);
        }

        public Range Rounded()
        {
            var step = Step(High - Low, 5);
            return new(MaxX, Math.Floor(Low / step) * step, Math.Ceiling(High / step) * step);
        }
    }

    private readonly record struct Area(double X, double Y, double Width, double Height, Range Range)
    {
        public double AtX(double value) => X + Width * value / Range.MaxX;

        public double AtY(double value) => Y + Height * (1 - (value - Range.Low) / (Range.High - Range.Low));
    }

    private static List<PanelOf> Panels(Reproduction figure, ComparisonResource comparison) => figure.Settings.PanelPerEnvironment
        ? [.. figure.FullRuns.Concat(figure.ReducedRuns).Select(run => run.Environment).Distinct()
            .Select(environment => new PanelOf(environment, [.. comparison.Groups.Where(group => group.Key.GetValueOrDefault("environment") == environment)]))
            .Where(panel => panel.Groups.Count > 0)]
        : [new PanelOf("", comparison.Groups)];

    // A group keeps its colour in every panel; where all environments share one panel, each line is a group of its own.
    private static List<string> Names(Reproduction figure, ComparisonResource comparison)
    {
        string Name(ComparedGroupResource group) => NameOf(figure.Settings, group);
        var order = figure.GroupNames.ToList();
        return [.. comparison.Groups.OrderBy(group => order.IndexOf(FigureSettings.GroupName(group.Key)) is >= 0 and var place ? place : order.Count)
            .ThenBy(Name, StringComparer.Ordinal).Select(Name).Distinct()];
    }

    private static string NameOf(FigureSettings settings, ComparedGroupResource group) =>
        settings.PanelPerEnvironment ? FigureSettings.GroupName(group.Key) : group.Label;

    private static double Legend(StringBuilder svg, List<string> names, double y, double width)
    {
        var x = Edge;
        y += 8;
        foreach (var (slot, name) in names.Index())
        {
            var needs = 26 + 6.6 * name.Length + 20;
            if (x + needs > width - Edge && x > Edge)
                (x, y) = (Edge, y + 18);
            svg.Append(CultureInfo.InvariantCulture, $"""<line x1="{N(x)}" x2="{N(x + 20)}" y1="{N(y - 4)}" y2="{N(y - 4)}" stroke="{Series[slot % Series.Length]}" stroke-width="2"{Dash(slot)}/>""").Append('\n');
            Write(svg, x + 26, y, 12, name, Text);
            x += needs;
        }
        return y + 10;
    }

    private static void Panel(StringBuilder svg, FigureSettings settings, PanelOf panel, List<string> names, double x, double y, double width)
    {
        var range = Range.Of(settings, panel.Groups).Rounded();
        var area = new Area(x + Left, y + Top, width - Left - Right, PanelHeight - Top - Bottom, range);
        if (panel.Title.Length > 0)
            Write(svg, area.X + area.Width / 2, y + 18, 13, panel.Title, Text, "middle", 600);
        var step = Step(range.High - range.Low, 5);
        for (var tick = 0; range.Low + tick * step <= range.High + step * 1e-9; tick++)
        {
            var value = range.Low + tick * step;
            svg.Append(CultureInfo.InvariantCulture, $"""<line x1="{N(area.X)}" x2="{N(area.X + area.Width)}" y1="{N(area.AtY(value))}" y2="{N(area.AtY(value))}" stroke="{Line}"/>""").Append('\n');
            Write(svg, area.X - 6, area.AtY(value) + 4, 11, Shown(Math.Abs(value) < step * 1e-9 ? 0 : value), Muted, "end");
        }
        svg.Append(CultureInfo.InvariantCulture, $"""<line x1="{N(area.X)}" x2="{N(area.X + area.Width)}" y1="{N(area.Y + area.Height)}" y2="{N(area.Y + area.Height)}" stroke="{Muted}"/>""").Append('\n');
        if (settings.Bars)
            foreach (var (index, group) in Ordered(settings, panel.Groups, names).Index())
                Write(svg, Centre(area, index, panel.Groups.Count), area.Y + area.Height + 16, 11, NameOf(settings, group), Muted, "middle");
        else
        {
            var places = Step(range.MaxX, 5);
            for (var tick = 0; tick * places <= range.MaxX * (1 + 1e-9); tick++)
                Write(svg, area.AtX(tick * places), area.Y + area.Height + 16, 11, Short(tick * places), Muted, "middle");
            Write(svg, area.X + area.Width / 2, area.Y + area.Height + 34, 11, settings.X == "steps" ? "Environment steps" : settings.X == "episodes" ? "Episodes" : "Seconds of training", Muted, "middle");
        }
        var (labelX, labelY) = (x + 14, area.Y + area.Height / 2);
        svg.Append(CultureInfo.InvariantCulture, $"""<text x="{N(labelX)}" y="{N(labelY)}" font-size="11" fill="{Muted}" text-anchor="middle" transform="rotate(-90 {N(labelX)} {N(labelY)})">{Escape(settings.Label)}</text>""").Append('\n');
        Marks(svg, settings, panel.Groups, names, area, slot => Series[slot % Series.Length], 2);
    }

    private static void Marks(
        StringBuilder svg, FigureSettings settings, IReadOnlyList<ComparedGroupResource> groups, List<string> names, Area area, Func<int, string> colour, double stroke)
    {
        foreach (var (index, group) in Ordered(settings, groups, names).Index())
        {
            var slot = names.IndexOf(NameOf(settings, group));
            if (settings.Bars)
                Bar(svg, group, area, Centre(area, index, groups.Count), 0.6 * area.Width / groups.Count, colour(slot));
            else
                Curve(svg, group.Curve, area, slot, colour(slot), stroke);
        }
    }

    private static void Curve(StringBuilder svg, GroupCurveResource curve, Area area, int slot, string colour, double stroke)
    {
        // Where nobody was observed the line breaks.
        foreach (var part in Parts(curve.X.Length, index => curve.Low[index] is not null && curve.High[index] is not null))
        {
            var upper = part.Select(index => $"{N(area.AtX(curve.X[index]))},{N(area.AtY(curve.High[index]!.Value))}");
            var lower = part.Reverse().Select(index => $"{N(area.AtX(curve.X[index]))},{N(area.AtY(curve.Low[index]!.Value))}");
            svg.Append(CultureInfo.InvariantCulture, $"""<polygon points="{string.Join(' ', upper.Concat(lower))}" style="fill:{colour}" fill-opacity="0.16"/>""").Append('\n');
        }
        foreach (var part in Parts(curve.X.Length, index => curve.Y[index] is not null))
            svg.Append(CultureInfo.InvariantCulture, $"""<polyline points="{string.Join(' ', part.Select(index => $"{N(area.AtX(curve.X[index]))},{N(area.AtY(curve.Y[index]!.Value))}"))}" style="stroke:{colour}" fill="none" stroke-width="{N(stroke)}" stroke-linejoin="round"{Dash(slot)}/>""").Append('\n');
    }

    private static void Bar(StringBuilder svg, ComparedGroupResource group, Area area, double centre, double width, string colour)
    {
        if (group.Final.Mean is not { } mean)
            return;
        var (top, bottom) = (area.AtY(Math.Max(mean, 0)), area.AtY(Math.Min(mean, 0)));
        svg.Append(CultureInfo.InvariantCulture, $"""<rect x="{N(centre - width / 2)}" y="{N(top)}" width="{N(width)}" height="{N(Math.Max(0.5, bottom - top))}" style="fill:{colour}" fill-opacity="0.7"/>""").Append('\n');
        if (Ends(group) is { } ends)
            svg.Append(CultureInfo.InvariantCulture, $"""<path d="M{N(centre - 4)} {N(area.AtY(ends.High))}h8m-4 0V{N(area.AtY(ends.Low))}m-4 0h8" stroke="{Text}" fill="none" stroke-width="1.25"/>""").Append('\n');
    }

    private static IEnumerable<ComparedGroupResource> Ordered(FigureSettings settings, IEnumerable<ComparedGroupResource> groups, List<string> names) =>
        groups.OrderBy(group => names.IndexOf(NameOf(settings, group)));

    private static double Centre(Area area, int index, int count) => area.X + (index + 0.5) * area.Width / count;

    private static (double Low, double High)? Ends(ComparedGroupResource group) => group.Final.T95 is [var low, var high] ? (low, high) : null;

    private static double? Last(FigureSettings settings, ComparedGroupResource group) =>
        settings.Bars ? group.Final.Mean : group.Curve.Y.LastOrDefault(value => value is not null);

    private static IEnumerable<string> Methods(FigureSettings settings, ComparisonResource comparison) => settings.Bars
        ? ["Bars: mean final score, the mean of the last tenth of each run; whiskers: its 95 % t interval over seeds."]
        : comparison.Groups.Select(group => group.Curve.Method).Distinct();

    private static IEnumerable<int[]> Parts(int count, Func<int, bool> isThere)
    {
        var part = new List<int>();
        for (var index = 0; index <= count; index++)
            if (index < count && isThere(index))
                part.Add(index);
            else if (part.Count > 0)
            {
                yield return [.. part];
                part.Clear();
            }
    }

    // 1, 2 or 5 times a power of ten, so that at most this many steps fit.
    private static double Step(double extent, int most)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(extent / most)));
        return power * (extent / most / power) switch { <= 1 => 1, <= 2 => 2, <= 5 => 5, _ => 10 };
    }

    private static IEnumerable<string> Wrapped(string text, int most)
    {
        var line = new StringBuilder();
        foreach (var word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > most)
            {
                yield return line.ToString();
                line.Clear();
            }
            line.Append(line.Length > 0 ? " " : "").Append(word);
        }
        if (line.Length > 0)
            yield return line.ToString();
    }

    private static void Write(StringBuilder svg, double x, double y, double size, string text, string colour, string anchor = "start", int weight = 400) =>
        svg.Append(CultureInfo.InvariantCulture, $"""<text x="{N(x)}" y="{N(y)}" font-size="{N(size)}" fill="{colour}"{(anchor == "start" ? "" : $" text-anchor=\"{anchor}\"")}{(weight == 400 ? "" : $" font-weight=\"{weight}\"")}>{Escape(text)}</text>""").Append('\n');

    private static string Dash(int slot) => slot / Series.Length is var round && Dashes[round % Dashes.Length] is { Length: > 0 } dash ? $" stroke-dasharray=\"{dash}\"" : "";

    private static string Short(double value) => value switch
    {
        >= 1e6 => (value / 1e6).ToString("0.##", CultureInfo.InvariantCulture) + "\u2009M",
        >= 1e3 => (value / 1e3).ToString("0.##", CultureInfo.InvariantCulture) + "\u2009k",
        _ => value.ToString("0.##", CultureInfo.InvariantCulture),
    };

    private static string Shown(double value) => value.ToString(Math.Abs(value) >= 1000 ? "0" : "0.####", CultureInfo.InvariantCulture).Replace('-', '\u2212');

    private static string N(double value) => Math.Round(value, 2).ToString("0.##", CultureInfo.InvariantCulture);

    private static string Escape(string text) => SecurityElement.Escape(text);
}
