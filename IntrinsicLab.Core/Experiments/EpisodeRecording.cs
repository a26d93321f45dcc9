using System.Text.Json;
using IntrinsicLab.Core.Environments;

namespace IntrinsicLab.Core.Experiments;

/// <summary>
/// Pictures, rewards and actions of an episode while it is played. Frame i shows the state after i · <see cref="FrameEvery"/> steps, the last
/// one the end. An episode too long to keep whole keeps every second frame, then every fourth, and so on.
/// </summary>
internal sealed class EpisodeRecording
{
    private const int MostFrames = 2000;
    private const long MostBytes = 12 << 20;
    private const int MostPixels = 40_000;

    private readonly List<(int Step, Scene Scene)> frames = [];
    private readonly List<double> rewards = [];
    private readonly List<float[]> actions = [];
    private readonly List<double[]> traces = [];
    private readonly long mostBytes;
    private long bytes;
    private double total;
    private string ended = "";

    /// <summary>Begins with the first state.</summary>
    /// <param name="first">Its picture.</param>
    /// <param name="episodes">Episodes that share the space of one replay.</param>
    public EpisodeRecording(Scene first, int episodes)
    {
        mostBytes = MostBytes / episodes;
        Keep(0, first);
    }

    /// <summary>Steps from one frame to the next.</summary>
    public int FrameEvery { get; private set; } = 1;

    /// <summary>Adds a step; the environment is asked for a picture only where it is kept.</summary>
    public void Add(ReadOnlySpan<float> action, double reward, IEnvironment environment, bool last, ReadOnlySpan<double> traced = default)
    {
        rewards.Add(reward);
        traces.Add(traced.ToArray());
        actions.Add(action.ToArray());
        if (!last && rewards.Count % FrameEvery != 0)
            return;
        if (environment.Render() is { } scene)
            Keep(rewards.Count, scene);
        while ((frames.Count > MostFrames || bytes > mostBytes) && frames.Count > 2)
            Thin(keepEnd: last);
    }

    public void End(double episodeReturn, string how) => (total, ended) = (episodeReturn, how);

    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        Write(writer, "return", total);
        writer.WriteNumber("length", rewards.Count);
        writer.WriteString("ended", ended);
        writer.WriteNumber("frameEvery", FrameEvery);
        writer.WriteStartArray("frames");
        Scene? previous = null;
        foreach (var (_, scene) in frames)
        {
            SceneFormat.Write(writer, scene, previous);
            previous = scene;
        }
        writer.WriteEndArray();
        writer.WriteStartArray("rewards");
        foreach (var reward in rewards)
            Write(writer, reward);
        writer.WriteEndArray();
        if (traces is [{ Length: > 0 } first, ..])
        {
            writer.WriteStartArray("traces");
            for (var index = 0; index < first.Length; index++)
            {
                writer.WriteStartArray();
                foreach (var step in traces)
                    Write(writer, step[index]);
                writer.WriteEndArray();
            }
            writer.WriteEndArray();
        }
        writer.WriteStartArray("actions");
        foreach (var action in actions)
        {
            if (action.Length != 1)
                writer.WriteStartArray();
            foreach (var value in action)
                Write(writer, value);
            if (action.Length != 1)
                writer.WriteEndArray();
        }
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    internal static void Write(Utf8JsonWriter writer, string name, double value)
    {
        writer.WritePropertyName(name);
        Write(writer, value);
    }

    // JSON has no infinities; rewards and actions are shown, not computed with.
    internal static void Write(Utf8JsonWriter writer, double value)
    {
        if (double.IsFinite(value))
            writer.WriteNumberValue(Math.Abs(value) < 1e9 ? Math.Round(value, 5) + 0.0 : value);
        else
            writer.WriteNullValue();
    }

    private void Keep(int step, Scene scene)
    {
        if (scene.Image is { } image)
            scene = scene with { Image = Smaller(image) };
        frames.Add((step, scene));
        bytes += Size(scene);
    }

    private void Thin(bool keepEnd)
    {
        FrameEvery *= 2;
        frames.RemoveAll(frame => frame.Step % FrameEvery != 0 && !(keepEnd && frame.Step == rewards.Count));
        bytes = frames.Sum(frame => Size(frame.Scene));
    }

    // About what the scene takes as JSON.
    private static long Size(Scene scene) => 60
        + scene.Shapes.Sum(shape => 60 + 8L * shape.Points.Length) + 60L * scene.Solids.Count
        + (scene.Image is { } image ? image.Rgb.Length * 4L / 3 : 0);

    /// <summary>Pixels averaged in squares, so that a picture has at most <see cref="MostPixels"/>.</summary>
    private static Bitmap Smaller(Bitmap image)
    {
        var factor = 1;
        while ((long)(image.Columns / factor) * (image.Rows / factor) > MostPixels)
            factor++;
        if (factor == 1)
            return image;
        var (columns, rows) = (image.Columns / factor, image.Rows / factor);
        var rgb = new byte[3 * columns * rows];
        for (var row = 0; row < rows; row++)
            for (var column = 0; column < columns; column++)
                for (var channel = 0; channel < 3; channel++)
                {
                    var sum = 0;
                    for (var y = 0; y < factor; y++)
                        for (var x = 0; x < factor; x++)
                            sum += image.Rgb[3 * ((row * factor + y) * image.Columns + column * factor + x) + channel];
                    rgb[3 * (row * columns + column) + channel] = (byte)(sum / (factor * factor));
                }
        return new Bitmap(columns, rows, rgb);
    }
}
