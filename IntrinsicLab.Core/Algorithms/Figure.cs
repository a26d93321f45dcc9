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

    /// <summary>What stands at 0, 1 and so on; empty where numbers do.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    internal void Write(Utf8JsonWriter writer, string name)
    {
        writer.WriteStartObject(name);
        writer.WriteString("label", Label);
        writer.WriteBoolean("logarithmic", Logarithmic);
        if (Names.Count > 0)
        {
            writer.WriteStartArray("names");
            foreach (var each in Names)
                writer.WriteStringValue(each);
            writer.WriteEndArray();
        }
        writer.WriteEndObject();
    }
}

/// <summary>A straight wall in a picture of a plane.</summary>
/// <param name="FromX">x of one end.</param>
/// <param name="FromY">y of it.</param>
/// <param name="ToX">x of the other end.</param>
/// <param name="ToY">y of it.</param>
public sealed record FigureWall(double FromX, double FromY, double ToX, double ToY)
{
    internal static void Write(Utf8JsonWriter writer, IReadOnlyList<FigureWall> walls)
    {
        if (walls.Count == 0)
            return;
        writer.WriteStartArray("walls");
        foreach (var wall in walls)
        {
            writer.WriteStartArray();
            foreach (var end in (ReadOnlySpan<double>)[wall.FromX, wall.FromY, wall.ToX, wall.ToY])
                writer.WriteNumberValue((float)end);
            writer.WriteEndArray();
        }
        writer.WriteEndArray();
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

    /// <summary>Ends of the scale of colours, the same in every run; null for those of the values at all moments of this one.</summary>
    public (double Low, double High)? Range { get; init; }

    /// <summary>Colours grow with the logarithm: for counts. What is not above zero is a gap.</summary>
    public bool Logarithmic { get; init; }

    /// <summary>One unit is as long on both axes, and the first row is at the top: for maps of grids.</summary>
    public bool Map { get; init; }

    /// <summary>One unit is as long on both axes, and the first row at the bottom: for places of a plane.</summary>
    public bool EqualScales { get; init; }

    /// <summary>Values are numbers of things, from 1, each with a colour of its own that says nothing of size; the same as in a <see cref="PathFigure"/>.</summary>
    public bool Kinds { get; init; }

    /// <summary>How full the colour of each place is, from 0 to 1; null for full everywhere. For <see cref="Kinds"/> alone.</summary>
    public IReadOnlyList<double>? Strengths { get; init; }

    /// <summary>Walls drawn over it.</summary>
    public IReadOnlyList<FigureWall> Walls { get; init; } = [];

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
        if (Range is { } range)
            WriteNumbers(writer, "range", [range.Low, range.High]);
        if (Logarithmic)
            writer.WriteBoolean("logarithmic", true);
        writer.WriteBoolean("map", Map);
        if (EqualScales)
            writer.WriteBoolean("equalScales", true);
        if (Kinds)
            writer.WriteBoolean("kinds", true);
        if (Strengths is not null && (!Kinds || Strengths.Count != Values.Count))
            throw new InvalidOperationException($"{Id} has {Strengths.Count} strengths of colour for {Values.Count} values.");
        WriteNumbers(writer, "strengths", Strengths);
        FigureWall.Write(writer, Walls);
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

/// <summary>One way over a plane, from a start to an end.</summary>
/// <param name="Name">Whose way it is.</param>
/// <param name="X">x of its places, in order.</param>
/// <param name="Y">y of them, as many.</param>
public sealed record FigurePath(string Name, IReadOnlyList<double> X, IReadOnlyList<double> Y)
{
    /// <summary>Number of its colour, from 1; 0 for one that recedes.</summary>
    public int Colour { get; init; }

    /// <summary>Dashed and without an end, such as the way of a goal that somebody follows.</summary>
    public bool Dashed { get; init; }
}

/// <summary>Places on a plane.</summary>
/// <param name="Name">What is there.</param>
/// <param name="X">x of the places.</param>
/// <param name="Y">y of them, as many.</param>
public sealed record FigurePlaces(string Name, IReadOnlyList<double> X, IReadOnlyList<double> Y)
{
    /// <summary>Open circles rather than dots: for what is wanted.</summary>
    public bool Rings { get; init; }

    /// <summary>Number of the colour, from 1; 0 for one that recedes.</summary>
    public int Colour { get; init; }
}

/// <summary>Ways over a plane seen from above: where each skill goes, how goals are reached. An open square is a start, a dot an end.</summary>
/// <param name="Id">See <see cref="Figure"/>.</param>
/// <param name="Title">See <see cref="Figure"/>.</param>
/// <param name="Caption">See <see cref="Figure"/>.</param>
/// <param name="X">Horizontal axis; unless they are different quantities one unit is as long on both.</param>
/// <param name="Y">Vertical axis.</param>
/// <param name="Paths">The ways.</param>
public sealed record PathFigure(string Id, string Title, string Caption, FigureAxis X, FigureAxis Y, IReadOnlyList<FigurePath> Paths)
    : Figure(Id, Title, Caption)
{
    /// <summary>Places drawn with them.</summary>
    public IReadOnlyList<FigurePlaces> Places { get; init; } = [];

    /// <summary>Walls drawn with them.</summary>
    public IReadOnlyList<FigureWall> Walls { get; init; } = [];

    /// <summary>The axes are different quantities: each has a scale of its own.</summary>
    public bool FreeScales { get; init; }

    /// <summary>Left, bottom, right and top of the plane; null to show what is drawn.</summary>
    public (double Left, double Bottom, double Right, double Top)? Bounds { get; init; }

    private protected override string Kind => "paths";

    private protected override void WriteMembers(Utf8JsonWriter writer)
    {
        X.Write(writer, "x");
        Y.Write(writer, "y");
        if (FreeScales)
            writer.WriteBoolean("freeScales", true);
        if (Bounds is { } bounds)
            WriteNumbers(writer, "bounds", [bounds.Left, bounds.Bottom, bounds.Right, bounds.Top]);
        FigureWall.Write(writer, Walls);
        writer.WriteStartArray("paths");
        foreach (var path in Paths)
        {
            writer.WriteStartObject();
            writer.WriteString("name", path.Name);
            writer.WriteNumber("colour", path.Colour);
            if (path.Dashed)
                writer.WriteBoolean("dashed", true);
            WriteNumbers(writer, "x", path.X);
            WriteNumbers(writer, "y", path.Y);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
        writer.WriteStartArray("places");
        foreach (var places in Places)
        {
            writer.WriteStartObject();
            writer.WriteString("name", places.Name);
            writer.WriteNumber("colour", places.Colour);
            if (places.Rings)
                writer.WriteBoolean("rings", true);
            WriteNumbers(writer, "x", places.X);
            WriteNumbers(writer, "y", places.Y);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    }
}

/// <summary>A row of a <see cref="PictureFigure"/>.</summary>
/// <param name="Name">What the row shows.</param>
/// <param name="Pictures">Its pictures: values row after row, from the bottom.</param>
public sealed record PictureRow(string Name, IReadOnlyList<IReadOnlyList<double>> Pictures);

/// <summary>Small pictures beside and above each other in one scale of colours: what was wanted, what came of it, the difference.</summary>
/// <param name="Id">See <see cref="Figure"/>.</param>
/// <param name="Title">See <see cref="Figure"/>.</param>
/// <param name="Caption">See <see cref="Figure"/>.</param>
/// <param name="Height">Rows of values of a picture.</param>
/// <param name="Width">Values of a row.</param>
/// <param name="Columns">Name of each column of pictures.</param>
/// <param name="Rows">Rows of pictures, from the top.</param>
/// <param name="ValueLabel">What the colour means.</param>
public sealed record PictureFigure(
    string Id, string Title, string Caption, int Height, int Width, IReadOnlyList<string> Columns, IReadOnlyList<PictureRow> Rows, string ValueLabel)
    : Figure(Id, Title, Caption)
{
    private protected override string Kind => "pictures";

    private protected override void WriteMembers(Utf8JsonWriter writer)
    {
        if (Rows.Any(row => row.Pictures.Count != Columns.Count || row.Pictures.Any(picture => picture.Count != Height * Width)))
            throw new InvalidOperationException($"{Id} needs {Columns.Count} pictures of {Height} by {Width} values in every row.");
        writer.WriteNumber("height", Height);
        writer.WriteNumber("width", Width);
        writer.WriteString("valueLabel", ValueLabel);
        writer.WriteStartArray("columns");
        foreach (var column in Columns)
            writer.WriteStringValue(column);
        writer.WriteEndArray();
        writer.WriteStartArray("rows");
        foreach (var row in Rows)
        {
            writer.WriteStartObject();
            writer.WriteString("name", row.Name);
            writer.WriteStartArray("pictures");
            foreach (var picture in row.Pictures)
            {
                writer.WriteStartArray();
                foreach (var value in picture)
                    writer.WriteNumberValue((float)value);
                writer.WriteEndArray();
            }
            writer.WriteEndArray();
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    }
}
