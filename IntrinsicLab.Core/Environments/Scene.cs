namespace IntrinsicLab.Core.Environments;

/// <summary>A picture as shapes in world units; the page scales and colours it. The origin is the lower left corner, the y axis points up.</summary>
/// <param name="Width">Extent of the picture along x.</param>
/// <param name="Height">Extent of the picture along y.</param>
/// <param name="Shapes">Drawn in order.</param>
public sealed record Scene(double Width, double Height, IReadOnlyList<Shape> Shapes);

/// <summary>One shape of a <see cref="Scene"/>.</summary>
/// <param name="Kind">What to draw: <c>line</c> (through the points), <c>polygon</c>, or <c>circle</c> (centre, then a point on the rim).</param>
/// <param name="Points">x and y in turn.</param>
/// <param name="Tone">Role of the shape: <c>agent</c>, <c>goal</c>, <c>object</c>, <c>ground</c> or <c>hazard</c>.</param>
/// <param name="Thickness">Line width in world units; 0 fills.</param>
public sealed record Shape(string Kind, double[] Points, string Tone, double Thickness = 0);
