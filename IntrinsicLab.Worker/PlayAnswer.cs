using System.Text.Json;
using IntrinsicLab.Core.Experiments;

namespace IntrinsicLab.Worker;

/// <summary>Lines of JSON between the dashboard and a process that plays: one command, one answer, each with a <c>kind</c>.</summary>
internal static class PlayAnswer
{
    /// <summary>Carries out a command; what is wrong with it is the answer in place of anything begun.</summary>
    /// <param name="command">A line of JSON.</param>
    /// <param name="carry">Does it and writes the answer, or adds faults.</param>
    public static byte[] To(string command, Action<Members, Utf8JsonWriter, List<Problem>> carry)
    {
        var problems = new List<Problem>();
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            try
            {
                using var json = JsonDocument.Parse(command);
                carry(Members.Of(json.RootElement, "", problems), writer, problems);
            }
            catch (JsonException broken)
            {
                problems.Add(new("", $"The command is not JSON: {broken.Message}"));
            }
            catch (Exception fault) when (fault is ArgumentException or InvalidOperationException)
            {
                problems.Add(new("", fault.Message));
            }
            if (problems.Count > 0)
            {
                // What was begun of an answer is dropped.
                buffer.SetLength(0);
                writer.Reset(buffer);
                Write(writer, problems);
            }
        }
        return buffer.ToArray();
    }

    /// <summary>The last answer: the process cannot do what it was started for.</summary>
    public static byte[] Ended(string reason, string message) => JsonSerializer.SerializeToUtf8Bytes(new { kind = "ended", reason, message });

    /// <summary>Writes values with five decimals.</summary>
    public static void Write(Utf8JsonWriter writer, string name, ReadOnlySpan<float> values)
    {
        writer.WriteStartArray(name);
        foreach (var value in values)
            writer.WriteNumberValue(Finite(Math.Round(value, 5)));
        writer.WriteEndArray();
    }

    /// <summary>The number, or what stands for it in JSON, which has no infinities.</summary>
    public static double Finite(double value) =>
        double.IsFinite(value) ? value + 0.0 : double.IsNaN(value) ? 0.0 : Math.CopySign(1e30, value);

    private static void Write(Utf8JsonWriter writer, List<Problem> problems)
    {
        writer.WriteStartObject();
        writer.WriteString("kind", "problems");
        writer.WriteStartObject("problems");
        foreach (var place in problems.GroupBy(problem => problem.Pointer))
        {
            writer.WriteStartArray(place.Key);
            foreach (var problem in place)
                writer.WriteStringValue(problem.Message);
            writer.WriteEndArray();
        }
        writer.WriteEndObject();
        writer.WriteEndObject();
    }
}
