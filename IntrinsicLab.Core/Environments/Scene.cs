namespace IntrinsicLab.Core.Environments;

/// <summary>
/// A picture as shapes in world units; the page scales and colours it. The origin is the lower left corner, the y axis points up. A scene
/// with <see cref="Solids"/> is drawn in three dimensions and its shapes are left out; one with an <see cref="Image"/> shows that.
/// </summary>
/// <param name="Width">Extent of the picture along x.</param>
/// <param name="Height">Extent of the picture along y.</param>
/// <param name="Shapes">Drawn in order.</param>
public sealed record Scene(double Width, double Height, IReadOnlyList<Shape> Shapes)
{
    /// <summary>The kinds of <see cref="Shape"/>.</summary>
    public static IReadOnlyList<string> ShapeKinds { get; } = ["line", "polygon", "circle", "cells", "text"];

    /// <summary>The kinds of <see cref="Solid"/>.</summary>
    public static IReadOnlyList<string> SolidKinds { get; } = ["sphere", "capsule", "cylinder", "box", "plane"];

    /// <summary>The roles a shape or solid can have; the page gives each a colour that reads in light and dark.</summary>
    public static IReadOnlyList<string> Tones { get; } =
        ["agent", "goal", "object", "ground", "hazard", "wall", "trail", "red", "green", "blue", "yellow", "purple", "orange", "cyan"];

    /// <summary>Bodies in three dimensions, x forward, z up, in metres; always the same ones in the same order along an episode.</summary>
    public IReadOnlyList<Solid> Solids { get; init; } = [];

    /// <summary>Pixels that the environment drew itself, where it knows no shapes; null for none.</summary>
    public Bitmap? Image { get; init; }

    /// <summary>One short line about what the picture does not show, such as the oxygen left; null for none.</summary>
    public string? Caption { get; init; }
}

/// <summary>One shape of a <see cref="Scene"/>.</summary>
/// <param name="Kind">
/// What to draw: <c>line</c> (through the points), <c>polygon</c>, <c>circle</c> (centre, then a point on the rim), <c>cells</c> (squares
/// of side 1 whose lower left corners are the points), or <c>text</c> (the label, centred on the first point, as high as Thickness).
/// </param>
/// <param name="Points">x and y in turn.</param>
/// <param name="Tone">Role of the shape, one of <see cref="Scene.Tones"/>.</param>
/// <param name="Thickness">Line width in world units; 0 fills.</param>
public sealed record Shape(string Kind, double[] Points, string Tone, double Thickness = 0)
{
    /// <summary>Words of a <c>text</c>; null for other kinds.</summary>
    public string? Label { get; init; }

    /// <summary>From 0, not seen, to 1.</summary>
    public double Opacity { get; init; } = 1;
}

/// <summary>One body of a scene in three dimensions.</summary>
/// <param name="Kind">
/// What to draw, one of <see cref="Scene.SolidKinds"/>; capsule and cylinder lie along their own z axis.
/// </param>
/// <param name="Size">
/// Metres: sphere radius; capsule and cylinder radius and half length; box half extents; plane half extents, 0 for without end.
/// </param>
/// <param name="Position">Centre: x, y, z.</param>
/// <param name="Rotation">Unit quaternion w, x, y, z.</param>
/// <param name="Tone">Role of the body, one of <see cref="Scene.Tones"/>.</param>
public sealed record Solid(string Kind, double[] Size, double[] Position, double[] Rotation, string Tone);

/// <summary>A picture as pixels.</summary>
/// <param name="Columns">Pixels across.</param>
/// <param name="Rows">Pixels down.</param>
/// <param name="Rgb">Rows from the top, red, green and blue of each pixel in turn, 3 · Columns · Rows bytes.</param>
public sealed record Bitmap(int Columns, int Rows, byte[] Rgb);
