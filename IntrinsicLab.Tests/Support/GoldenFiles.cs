using System.Text.Json;

namespace IntrinsicLab.Tests.Support;

/// <summary>Recordings of reference implementations: those of the project, and those of the folder in INTRINSICLAB_GOLDEN where it is set.</summary>
internal static class GoldenFiles
{
    /// <summary>Every recording whose member <c>env</c> is this.</summary>
    public static IEnumerable<JsonElement> Of(string environment) => All.Value.Where(
        recording => recording.ValueKind == JsonValueKind.Object
            && recording.TryGetProperty("env", out var name) && name.GetString() == environment);

    /// <summary>Every case, of recordings that list cases, that has all of these members or whose recording has them.</summary>
    public static IEnumerable<(JsonElement Recording, JsonElement Case)> CasesWith(params string[] members) =>
        from recording in All.Value
        where recording.ValueKind == JsonValueKind.Object && recording.TryGetProperty("cases", out _)
        from item in recording.GetProperty("cases").EnumerateArray()
        where members.All(member => recording.TryGetProperty(member, out _) || item.TryGetProperty(member, out _))
        select (recording, item);

    /// <summary>Every recording that has this member.</summary>
    public static IEnumerable<JsonElement> Holding(string member) => All.Value.Where(
        recording => recording.ValueKind == JsonValueKind.Object && recording.TryGetProperty(member, out _));

    public static double[] Numbers(this JsonElement array) => [.. Flat(array)];

    public static string Text(this JsonElement element, string member) => element.GetProperty(member).GetString()!;

    public static double Number(this JsonElement element, string member) => element.GetProperty(member).GetDouble();

    public static double[] Numbers(this JsonElement element, string member) => element.GetProperty(member).Numbers();

    private static readonly Lazy<List<JsonElement>> All = new(() =>
    {
        List<string> folders = [Path.Combine(AppContext.BaseDirectory, "Golden")];
        if (Environment.GetEnvironmentVariable("INTRINSICLAB_GOLDEN") is { Length: > 0 } more)
            folders.Add(more);
        return [.. folders.SelectMany(folder => Directory.EnumerateFiles(folder, "*.json")).Order(StringComparer.Ordinal)
            .Select(file => JsonDocument.Parse(File.ReadAllBytes(file)).RootElement)];
    });

    private static IEnumerable<double> Flat(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Array => element.EnumerateArray().SelectMany(Flat),
        JsonValueKind.True => [1.0],
        JsonValueKind.False => [0.0],
        _ => [element.GetDouble()],
    };
}
