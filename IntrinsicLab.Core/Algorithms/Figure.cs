using System.Text.Json;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>
/// A picture of what an algorithm has learned, as data: the run's page draws it, with a table, for every moment at which it was made.
/// Numbers that are not finite are gaps.
/// </summary>
/// <param name="Id">Kebab-case name, the same throughout a run.</param>
/// <param name="Title">Name for people.</param>
/// <param name="Caption">What it shows and how to read it, in a sentence or two.</param>
public abstract record Figure(string Id, string Title, string Caption)
{
    /// <summary>Writes the members of this kind.</summary>
    private protected abstract void WriteMembers(Utf8JsonWriter writer);

    private protected abstract string Kind { get; }

    /// <summary>Writes the figure as a JSON object.</summary>
    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("id", Id);
        writer.WriteString("title", Title);
        writer.WriteString("caption", Caption);
        writer.WriteString("kind", Kind);
        WriteMembers(writer);
        writer.WriteEndObject();
    }

    private protected static void WriteNumbers(Utf8JsonWriter writer, string name, IReadOnlyList<double>? values)
    {
        if (values is null)
            return;
        writer.WriteStartArray(name);
        foreach (var value in values)
            if (double.IsFinite(value))
                writer.WriteNumberValue((float)value);
            else
                writer.WriteNullValue();
        writer.WriteEndArray();
    }
}

/// <summary>An axis of a figure.</summary>
/// <param name="Label">What runs along it, with its unit.</param>
public sealed record FigureAxis(string Label)
{
    /// <summary>Distances grow with the logarithm.</summary>
    public bool Logarithmic { get; init; }

    internal void Write(Utf8JsonWriter writer, string name)
    {
        writer.WriteStartObject(name);
        writer.WriteString("label", Label);
        writer.WriteBoolean("logarithmic", Logarithmic);
        writer.WriteEndObject();
    }
}

/// <summary>One line, or one cloud of points, of a <see cref="LineFigure"/>.</summary>
/// <param name="Name">Name in the legend.</param>
/// <param name="X">Places.</param>
/// <param name="Y">Values, as many.</param>
public sealed record FigureSeries(string Name, IReadOnlyList<double> X, IReadOnlyList<double> Y)
{
    /// <summary>Lower edge of a band around the line; null for none.</summary>
    public IReadOnlyList<double>? Low { get; init; }

    /// <summary>Upper edge of the band.</summary>
    public IReadOnlyList<double>? High { get; init; }

    /// <summary>Points without a line between them.</summary>
    public bool Points { get; init; }

    /// <summary>Measured along the axis on the right, <see cref="LineFigure.Right"/>.</summary>
    public bool OnRight { get; init; }
}

/// <summary>Lines or clouds of points over a common axis: rewards along an episode, paths of skills.</summary>
/// <param name="Id">See <see cref="Figure"/>.</param>
/// <param name="Title">See <see cref="Figure"/>.</param>
/// <param name="Caption">See <see cref="Figure"/>.</param>
/// <param name="X">Horizontal axis.</param>
/// <param name="Y">Vertical axis.</param>
/// <param name="Series">The lines.</param>
public sealed record LineFigure(string Id, string Title, string Caption, FigureAxis X, FigureAxis Y, IReadOnlyList<FigureSeries> Series)
    : Figure(Id, Title, Caption)
{
    /// <summary>One unit is as long on both axes: for places on a map.</summary>
    public bool EqualScales { get; init; }

    /// <summary>A second vertical axis with a scale of its own; null for none.</summary>
    public FigureAxis? Right { get; init; }

    /// <summary>Places along the horizontal axis where a dotted line stands, such as the ends of episodes.</summary>
    public IReadOnlyList<double> Breaks { get; init; } = [];

    private protected override string Kind => "lines";

    private protected override void WriteMembers(Utf8JsonWriter writer)
    {
        X.Write(writer, "x");
        Y.Write(writer, "y");
        Right?.Write(writer, "right");
        if (Right is null && Series.Any(series => series.OnRight))
            throw new InvalidOperationException($"{Id} has a line on the right, where it has no axis.");
        writer.WriteBoolean("equalScales", EqualScales);
        WriteNumbers(writer, "breaks", Breaks);
        writer.WriteStartArray("series");
        foreach (var series in Series)
        {
            writer.WriteStartObject();
            writer.WriteString("name", series.Name);
            writer.WriteBoolean("points", series.Points);
            if (series.OnRight)
                writer.WriteBoolean("onRight", true);
            WriteNumbers(writer, "x", series.X);
            WriteNumbers(writer, "y", series.Y);
            WriteNumbers(writer, "low", series.Low);
            WriteNumbers(writer, "high", series.High);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    }
}

/// <summary>One row of bars of a <see cref="BarFigure"/>, with an axis of its own.</summary>
/// <param name="Label">What the bars measure, with its unit.</param>
/// <param name="Values">One for each category.</param>
public sealed record BarPanel(string Label, IReadOnlyList<double> Values)
{
    /// <summary>Standard deviation around each value; null for none.</summary>
    public IReadOnlyList<double>? Deviations { get; init; }
}

/// <summary>Bars over categories, in panels above each other: what each action was paid, and how often it was chosen.</summary>
/// <param name="Id">See <see cref="Figure"/>.</param>
/// <param name="Title">See <see cref="Figure"/>.</param>
/// <param name="Caption">See <see cref="Figure"/>.</param>
/// <param name="Categories">Names, in order.</param>
/// <param name="Panels">Rows of bars.</param>
public sealed record BarFigure(string Id, string Title, string Caption, IReadOnlyList<string> Categories, IReadOnlyList<BarPanel> Panels)
    : Figure(Id, Title, Caption)
{
    private protected override string Kind => "bars";

    private protected override void WriteMembers(Utf8JsonWriter writer)
    {
        writer.WriteStartArray("categories");
        foreach (var category in Categories)
            writer.WriteStringValue(category);
        writer.WriteEndArray();
        writer.WriteStartArray("panels");
        foreach (var panel in Panels)
        {
            writer.WriteStartObject();
            writer.WriteString("label", panel.Label);
            WriteNumbers(writer, "values", panel.Values);
            WriteNumbers(writer, "deviations", panel.Deviations);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    }
}

/// <summary>A number at every place of a plane: a reward or a value over the state space, visits, predictions over a grid.</summary>
/// <param name="Id">See <see cref="Figure"/>.</param>
/// <param name="Title">See <see cref="Figure"/>.</param>
/// <param name="Caption">See <see cref="Figure"/>.</param>
/// <param name="X">Horizontal axis.</param>
/// <param name="Y">Vertical axis.</param>
/// <param name="Columns">Centres of the columns, rising.</param>
/// <param name="Rows">Centres of the rows, rising.</param>
/// <param name="Values">Row after row.</param>
/// <param name="ValueLabel">What the colour means, with its unit.</param>
public sealed record HeatFigure(
    string Id, string Title, string Caption, FigureAxis X, FigureAxis Y, IReadOnlyList<double> Columns, IReadOnlyList<double> Rows,
    IReadOnlyList<double> Values, string ValueLabel)
    : Figure(Id, Title, Caption)
{
    /// <summary>Zero is special: two colours meet there.</summary>
    public bool Diverging { get; init; }

    /// <summary>Colours grow with the logarithm: for counts. What is not above zero is a gap.</summary>
    public bool Logarithmic { get; init; }

    /// <summary>One unit is as long on both axes, and the first row is at the top: for maps of grids.</summary>
    public bool Map { get; init; }

    /// <summary>One unit is as long on both axes, and the first row at the bottom: for places of a plane.</summary>
    public bool EqualScales { get; init; }

    /// <summary>Paths and places drawn over it.</summary>
    public IReadOnlyList<FigureSeries> Overlay { get; init; } = [];

    private protected override string Kind => "heat";

    private protected override void WriteMembers(Utf8JsonWriter writer)
    {
        if (Values.Count != Columns.Count * Rows.Count)
            throw new InvalidOperationException($"{Id} has {Values.Count} values for {Rows.Count} rows of {Columns.Count}.");
        X.Write(writer, "x");
        Y.Write(writer, "y");
        WriteNumbers(writer, "columns", Columns);
        WriteNumbers(writer, "rows", Rows);
        WriteNumbers(writer, "values", Values);
        writer.WriteString("valueLabel", ValueLabel);
        writer.WriteBoolean("diverging", Diverging);
        if (Logarithmic)
            writer.WriteBoolean("logarithmic", true);
        writer.WriteBoolean("map", Map);
        if (EqualScales)
            writer.WriteBoolean("equalScales", true);
        writer.WriteStartArray("overlay");
        foreach (var series in Overlay)
        {
            writer.WriteStartObject();
            writer.WriteString("name", series.Name);
            writer.WriteBoolean("points", series.Points);
            WriteNumbers(writer, "x", series.X);
            WriteNumbers(writer, "y", series.Y);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    }
}
