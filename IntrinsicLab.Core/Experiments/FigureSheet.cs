using System.Text.Json;
using IntrinsicLab.Core.Algorithms;

namespace IntrinsicLab.Core.Experiments;

/// <summary>What an algorithm showed of itself at one moment, as JSON: <c>version</c> 1, <c>step</c> (of training) and <c>figures</c>.</summary>
/// <param name="Step">Environment steps of training.</param>
/// <param name="Figures">The figures.</param>
public sealed record FigureSheet(long Step, IReadOnlyList<Figure> Figures)
{
    /// <summary>What the names of sheets among a run's artifacts begin with.</summary>
    public const string NamePrefix = "figures/";

    /// <summary>Name among the run's artifacts; names sort by step.</summary>
    public string Name => NameAt(Step);

    /// <summary>Name of the sheet of a step.</summary>
    public static string NameAt(long step) => $"{NamePrefix}{step:D13}.json";

    /// <summary>The sheet as UTF-8 JSON.</summary>
    public byte[] ToJson()
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteNumber("version", 1);
            writer.WriteNumber("step", Step);
            writer.WriteStartArray("figures");
            foreach (var figure in Figures)
                figure.Write(writer);
            writer.WriteEndArray();
            writer.WriteEndObject();
        }
        return buffer.ToArray();
    }
}
