using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace IntrinsicLab.Core.Experiments;

/// <summary>How much a published figure can be relied on: by what it was read from.</summary>
public enum FigureTrust
{
    /// <summary>Printed in a table of a paper or of a project's own benchmark page.</summary>
    Table,

    /// <summary>Measured by eye or machine in a published picture.</summary>
    Read,

    /// <summary>In the authors' logs, notebooks or plotting scripts.</summary>
    Log,

    /// <summary>Measured with throw-away prototypes before this lab existed; nobody else has checked it.</summary>
    Prototype,
}

/// <summary>Where a figure was published.</summary>
/// <param name="Authors">Authors.</param>
/// <param name="Year">Year; null where unknown.</param>
/// <param name="Title">Paper or project.</param>
/// <param name="Place">Table, figure, page or file in it.</param>
public sealed record FigureSource(string Authors, int? Year, string Title, string Place)
{
    /// <summary>One line for people.</summary>
    public override string ToString() => $"{Authors}{(Year is null ? "" : $" {Year}")}, {Title}, {Place}";
}

/// <summary>What stands behind ± or from–to beside a figure.</summary>
/// <param name="Kind">sd, se, ci95, minmax, quartiles, unstated (printed without saying what it is), or none.</param>
/// <param name="Amount">Half width, for those that are printed as ±.</param>
/// <param name="Low">Lower end, for ranges.</param>
/// <param name="High">Upper end, for ranges.</param>
public sealed record FigureSpread(string Kind, double? Amount = null, double? Low = null, double? High = null);

/// <summary>A result that somebody else published, or that a prototype gave. It is drawn and listed beside our runs and never enters their statistics.</summary>
public sealed record PublishedFigure
{
    /// <summary>Kebab-case id, for addresses.</summary>
    public required string Id { get; init; }

    /// <summary>The algorithm, as it was published.</summary>
    public required string Algorithm { get; init; }

    /// <summary>Id of our algorithm that does the same; null where there is none.</summary>
    public string? Ours { get; init; }

    /// <summary>Id of our environment.</summary>
    public required string Environment { get; init; }

    /// <summary>The task's name as it was published.</summary>
    public required string Task { get; init; }

    /// <summary>Parameters of our environment that come nearest to the task; what is not named has its default.</summary>
    public JsonObject EnvironmentParameters { get; init; } = [];

    /// <summary>The metric it is to be compared with.</summary>
    public required string Metric { get; init; }

    /// <summary>What of the curve it is: <c>final</c>, or words such as "mean of the curve".</summary>
    public required string Reading { get; init; }

    /// <summary>mean or median over seeds.</summary>
    public string Statistic { get; init; } = "mean";

    /// <summary>The figure.</summary>
    public required double Value { get; init; }

    /// <summary>How far the seeds lie apart.</summary>
    public FigureSpread Spread { get; init; } = new("none");

    /// <summary>How many seeds; null where not stated.</summary>
    public int? Seeds { get; init; }

    /// <summary>Budget in environment steps at which it holds; null where not established.</summary>
    public long? Steps { get; init; }

    /// <summary>Where it comes from.</summary>
    public required FigureSource Source { get; init; }

    /// <summary>What it was read from.</summary>
    public required FigureTrust Trust { get; init; }

    /// <summary>What a reader has to know besides.</summary>
    public string Note { get; init; } = "";

    /// <summary>It tells where the curve ends, so that it can be drawn across one.</summary>
    [JsonIgnore]
    public bool IsFinal => Reading == "final";
}

/// <summary>Every published figure that this lab knows, from the file that comes with it.</summary>
public static class PublishedFigures
{
    private const string File = "published-figures.json";

    private static readonly Lazy<IReadOnlyList<PublishedFigure>> Known = new(Read);

    /// <summary>The words that files and answers use for each level of trust.</summary>
    public static IReadOnlyDictionary<FigureTrust, string> TrustWords { get; } = new Dictionary<FigureTrust, string>
    {
        [FigureTrust.Table] = "table",
        [FigureTrust.Read] = "read from a figure",
        [FigureTrust.Log] = "log file",
        [FigureTrust.Prototype] = "our prototype",
    };

    /// <summary>All of them, in the order of the file.</summary>
    public static IReadOnlyList<PublishedFigure> All => Known.Value;

    /// <summary>Those of one environment, the most reliable first.</summary>
    public static IReadOnlyList<PublishedFigure> On(string environment) =>
        [.. All.Where(figure => figure.Environment == environment).OrderBy(figure => figure.Trust)];

    /// <summary>In which of its environment's parameters a figure differs from a run, such as "delay 1, here 20"; empty where it is the same task.</summary>
    /// <param name="figure">The figure.</param>
    /// <param name="parameters">Every parameter of the run's environment and wrappers.</param>
    /// <param name="defaults">Their defaults, which hold for the figure where it names nothing else.</param>
    public static IReadOnlyList<string> Differences(PublishedFigure figure, JsonObject parameters, JsonObject defaults) =>
        [.. from parameter in parameters
            let theirs = figure.EnvironmentParameters[parameter.Key] ?? defaults[parameter.Key]
            where theirs is not null && !JsonNode.DeepEquals(theirs, parameter.Value)
            select $"{parameter.Key} {Word(theirs)}, here {Word(parameter.Value)}"];

    private static string Word(JsonNode? value) => value is JsonValue && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : value?.ToJsonString() ?? "none";

    private static IReadOnlyList<PublishedFigure> Read()
    {
        using var stream = typeof(PublishedFigures).Assembly.GetManifestResourceStream(File)
            ?? throw new InvalidOperationException($"{File} is missing from this build.");
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web) { UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow };
        options.Converters.Add(new TrustConverter());
        return JsonSerializer.Deserialize<Contents>(stream, options)!.Figures;
    }

    private sealed record Contents(IReadOnlyList<PublishedFigure> Figures);

    private sealed class TrustConverter : JsonConverter<FigureTrust>
    {
        public override FigureTrust Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options)
        {
            var word = reader.GetString();
            foreach (var (trust, known) in TrustWords)
                if (known == word)
                    return trust;
            throw new JsonException($"'{word}' is no level of trust; known are {string.Join(", ", TrustWords.Values)}.");
        }

        public override void Write(Utf8JsonWriter writer, FigureTrust value, JsonSerializerOptions options) => writer.WriteStringValue(TrustWords[value]);
    }
}
