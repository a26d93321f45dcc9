using System.Text.Json;

namespace IntrinsicLab.Core.Environments;

/// <summary>
/// Scenes as JSON, for pages and recordings: <c>width</c>, <c>height</c>, <c>shapes</c> (<c>kind</c>, <c>points</c>, <c>tone</c> and, where
/// they are not the default, <c>thickness</c>, <c>label</c>, <c>opacity</c>), <c>solids</c> (<c>kind</c>, <c>size</c>, <c>tone</c>),
/// <c>poses</c> (7 numbers per solid: position, quaternion), <c>image</c> (<c>columns</c>, <c>rows</c>, <c>rgb</c> in base64), <c>caption</c>.
/// Along an episode <c>solids</c> and extents are written once: a scene without them keeps those of the scene before.
/// </summary>
public static class SceneFormat
{
    /// <summary>Writes one scene as a JSON object; numbers keep four decimals.</summary>
    /// <param name="writer">Where it goes.</param>
    /// <param name="scene">The scene.</param>
    /// <param name="previous">The scene written before it in the same episode; null for the first.</param>
    public static void Write(Utf8JsonWriter writer, Scene scene, Scene? previous = null)
    {
        writer.WriteStartObject();
        if (previous is null || previous.Width != scene.Width || previous.Height != scene.Height)
        {
            Write(writer, "width", scene.Width);
            Write(writer, "height", scene.Height);
        }
        if (scene.Solids.Count == 0 && scene.Image is null)
            WriteShapes(writer, scene.Shapes);
        if (scene.Solids.Count > 0)
            WriteSolids(writer, scene, previous);
        if (scene.Image is { } image)
        {
            writer.WriteStartObject("image");
            writer.WriteNumber("columns", image.Columns);
            writer.WriteNumber("rows", image.Rows);
            writer.WriteBase64String("rgb", image.Rgb);
            writer.WriteEndObject();
        }
        if (scene.Caption is { } caption)
            writer.WriteString("caption", caption);
        writer.WriteEndObject();
    }

    private static void WriteShapes(Utf8JsonWriter writer, IReadOnlyList<Shape> shapes)
    {
        writer.WriteStartArray("shapes");
        foreach (var shape in shapes)
        {
            writer.WriteStartObject();
            writer.WriteString("kind", shape.Kind);
            writer.WriteString("tone", shape.Tone);
            Write(writer, "points", shape.Points);
            if (shape.Thickness != 0)
                Write(writer, "thickness", shape.Thickness);
            if (shape.Opacity != 1)
                Write(writer, "opacity", shape.Opacity);
            if (shape.Label is { } label)
                writer.WriteString("label", label);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    }

    private static void WriteSolids(Utf8JsonWriter writer, Scene scene, Scene? previous)
    {
        if (previous is null || !SameBodies(scene.Solids, previous.Solids))
        {
            writer.WriteStartArray("solids");
            foreach (var solid in scene.Solids)
            {
                writer.WriteStartObject();
                writer.WriteString("kind", solid.Kind);
                writer.WriteString("tone", solid.Tone);
                Write(writer, "size", solid.Size);
                writer.WriteEndObject();
            }
            writer.WriteEndArray();
        }
        Write(writer, "poses", [.. scene.Solids.SelectMany(solid => solid.Position.Concat(solid.Rotation))]);
    }

    private static bool SameBodies(IReadOnlyList<Solid> left, IReadOnlyList<Solid> right) =>
        left.Count == right.Count
        && left.Zip(right).All(pair => pair.First.Kind == pair.Second.Kind && pair.First.Tone == pair.Second.Tone
            && pair.First.Size.AsSpan().SequenceEqual(pair.Second.Size));

    private static void Write(Utf8JsonWriter writer, string name, double[] values)
    {
        writer.WriteStartArray(name);
        foreach (var value in values)
            writer.WriteNumberValue(Rounded(value));
        writer.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter writer, string name, double value) => writer.WriteNumber(name, Rounded(value));

    // JSON has no infinities, and a picture no use for them. Adding 0 turns −0 into 0.
    private static double Rounded(double value) => double.IsFinite(value) && Math.Abs(value) < 1e9 ? Math.Round(value, 4) + 0.0 : 0.0;
}
