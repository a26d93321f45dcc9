using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Core.Statistics;

namespace IntrinsicLab.Data;

/// <summary>Which scale scores are compared on.</summary>
public enum ScoreScaling
{
    /// <summary>Raw where every group is on one environment; otherwise normalised, where every environment has a scale.</summary>
    Auto,

    /// <summary>Raw scores.</summary>
    None,

    /// <summary>0 is random play (or the least possible return), 1 a stated reference or the greatest possible return.</summary>
    Reference,

    /// <summary>0 is random play, 1 a human tester: the published table of Atari games.</summary>
    Human,

    /// <summary>0 is the least, 1 the greatest final score of the compared runs on each environment.</summary>
    MinMax,
}

/// <summary>Scores between which an environment's are normalised, as somebody states them.</summary>
/// <param name="Floor">Becomes 0; null for random play, or the least possible return.</param>
/// <param name="Ceiling">Becomes 1.</param>
public readonly record struct ScoreReference(double? Floor, double Ceiling);

/// <summary>What is compared, and how.</summary>
public sealed record ComparisonQuery
{
    private static readonly string[] Known =
    [
        "runs", "experiments", "metric", "groupBy", "x", "statistic", "interval", "level", "smoothing", "budget", "points", "finalShare", "replicates",
        "normalise", "references", "threshold", "lines",
    ];

    internal static readonly IReadOnlyDictionary<string, Band> Bands = new Dictionary<string, Band>
    {
        ["ci95"] = Band.Bootstrap,
        ["t95"] = Band.Student,
        ["se"] = Band.StandardError,
        ["sd"] = Band.StandardDeviation,
        ["minmax"] = Band.MinMax,
        ["p12.5-87.5"] = Band.Percentiles,
        ["ci"] = Band.Bootstrap,
        ["t"] = Band.Student,
    };

    internal static readonly IReadOnlyDictionary<string, Aggregate> Statistics = new Dictionary<string, Aggregate>
    {
        ["mean"] = Aggregate.Mean,
        ["median"] = Aggregate.Median,
        ["iqm"] = Aggregate.Iqm,
    };

    internal static readonly IReadOnlyDictionary<string, MetricAxis> Axes = new Dictionary<string, MetricAxis>
    {
        ["steps"] = MetricAxis.Steps,
        ["episodes"] = MetricAxis.Episodes,
        ["seconds"] = MetricAxis.Seconds,
    };

    private static readonly Dictionary<string, ScoreScaling> Scalings = new()
    {
        ["auto"] = ScoreScaling.Auto,
        ["none"] = ScoreScaling.None,
        ["reference"] = ScoreScaling.Reference,
        ["human"] = ScoreScaling.Human,
        ["minmax"] = ScoreScaling.MinMax,
    };

    /// <summary>Runs by id.</summary>
    public IReadOnlyList<Guid> Runs { get; init; } = [];

    /// <summary>Experiments by id; all their runs count.</summary>
    public IReadOnlyList<Guid> Experiments { get; init; } = [];

    /// <summary>Name of the metric.</summary>
    public string Metric { get; init; } = MetricStore.ReturnMetric;

    /// <summary>
    /// Members of a run's plan that make a group, such as <c>algorithm</c> or <c>parameters.learningRate</c>; empty groups by whole
    /// configuration, of which the seeds are then the members.
    /// </summary>
    public IReadOnlyList<string> GroupBy { get; init; } = [];

    /// <summary>What the curves run along.</summary>
    public MetricAxis X { get; init; }

    /// <summary>How seeds become curves.</summary>
    public GroupCurveSettings Curve { get; init; } = new();

    /// <summary>Where curves end and final scores are read; null for the budget of each group's runs.</summary>
    public double? Budget { get; init; }

    /// <summary>Most places of a curve.</summary>
    public int Points { get; init; } = 200;

    /// <summary>Share of the budget, at its end, whose mean is the final score.</summary>
    public double FinalShare { get; init; } = 0.1;

    /// <summary>Which scale scores are on.</summary>
    public ScoreScaling Normalise { get; init; }

    /// <summary>Stated scores to normalise between, by environment.</summary>
    public IReadOnlyDictionary<string, ScoreReference> References { get; init; } = new Dictionary<string, ScoreReference>();

    /// <summary>Score, on the scale that is used, whose reaching is timed; null for none.</summary>
    public double? Threshold { get; init; }

    /// <summary>The seeds' own curves are asked for too.</summary>
    public bool Lines { get; init; }

    /// <summary>Reads the body of <c>POST comparisons</c>, adding every fault to <paramref name="problems"/>; null when there were any.</summary>
    public static ComparisonQuery? Read(JsonElement json, List<Problem> problems)
    {
        var before = problems.Count;
        var members = Members.Of(json, "", problems);
        var interval = members.Text("interval", 40) ?? "ci95";
        if (!Bands.TryGetValue(interval, out var band))
            members.Fault("interval", Problem.Unknown("choice", interval, [.. Bands.Keys]));
        var level = Number(members, "level", 0.5, 0.999) ?? 0.95;
        if (level != 0.95 && interval is "ci95" or "t95")
            members.Fault("level", $"'{interval}' holds 95 %. For another level write '{interval[..^2]}'.");
        var query = new ComparisonQuery
        {
            Runs = Ids(members, "runs", problems),
            Experiments = Ids(members, "experiments", problems),
            Metric = members.Text("metric", 200) ?? MetricStore.ReturnMetric,
            GroupBy = members.Texts("groupBy", 10, 200),
            X = Choice(members, "x", Axes, "steps"),
            Budget = Number(members, "budget", double.Epsilon, 1e15),
            Points = (int)(members.Whole("points", 2, 2000) ?? 200),
            FinalShare = Number(members, "finalShare", 0.001, 1) ?? 0.1,
            Normalise = Choice(members, "normalise", Scalings, "auto"),
            References = ReadReferences(members, problems),
            Threshold = Number(members, "threshold", -1e300, 1e300),
            Lines = members.Flag("lines") ?? false,
            Curve = new GroupCurveSettings
            {
                Statistic = Choice(members, "statistic", Statistics, "mean"),
                Band = band,
                Confidence = level,
                Smoothing = Number(members, "smoothing", 0, 0.999) ?? 0,
                Replicates = (int)(members.Whole("replicates", 100, 50_000) ?? 2000),
            },
        };
        members.RefuseOthers("member", Known);
        if (problems.Count == before && query.Runs.Count + query.Experiments.Count == 0)
            problems.Add(new("", "Name the runs or the experiments to compare."));
        return problems.Count == before ? query : null;
    }

    /// <summary>The query as the body of <c>POST comparisons</c>, with nothing left to default; reading it gives an equal query.</summary>
    public JsonObject ToJson()
    {
        var json = new JsonObject
        {
            ["runs"] = new JsonArray([.. Runs.Select(id => (JsonNode)JsonValue.Create(id.ToString()))]),
            ["experiments"] = new JsonArray([.. Experiments.Select(id => (JsonNode)JsonValue.Create(id.ToString()))]),
            ["metric"] = Metric,
            ["groupBy"] = new JsonArray([.. GroupBy.Select(key => (JsonNode)JsonValue.Create(key))]),
            ["x"] = Word(X),
            ["statistic"] = Word(Curve.Statistic),
            ["interval"] = Interval,
            ["level"] = Curve.Confidence,
            ["smoothing"] = Curve.Smoothing,
            ["points"] = Points,
            ["finalShare"] = FinalShare,
            ["replicates"] = Curve.Replicates,
            ["normalise"] = Word(Normalise),
        };
        if (Budget is { } budget)
            json["budget"] = budget;
        if (References.Count > 0)
            json["references"] = new JsonObject(References.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => KeyValuePair.Create(
                pair.Key, (JsonNode?)(pair.Value.Floor is { } floor ? new JsonArray(floor, pair.Value.Ceiling) : JsonValue.Create(pair.Value.Ceiling)))));
        if (Threshold is { } threshold)
            json["threshold"] = threshold;
        if (Lines)
            json["lines"] = true;
        return json;
    }

    /// <summary>As <see cref="ToJson"/>, on one line, letters as they are.</summary>
    public string ToText() => ToJson().ToJsonString(new JsonSerializerOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    /// <summary>The word for the band.</summary>
    public string Interval => Bands.First(pair => pair.Value == Curve.Band && (Curve.Confidence == 0.95 || !pair.Key.EndsWith("95", StringComparison.Ordinal))).Key;

    /// <summary>The word for an axis.</summary>
    public static string Word(MetricAxis x) => Axes.First(pair => pair.Value == x).Key;

    /// <summary>The word for a statistic.</summary>
    public static string Word(Aggregate statistic) => Statistics.First(pair => pair.Value == statistic).Key;

    /// <summary>The word for a scale.</summary>
    public static string Word(ScoreScaling scaling) => Scalings.First(pair => pair.Value == scaling).Key;

    private static Dictionary<string, ScoreReference> ReadReferences(Members members, List<Problem> problems)
    {
        var references = new Dictionary<string, ScoreReference>();
        foreach (var (environment, value) in Members.Of(members.Take("references"), members.At("references"), problems).TakeAll())
        {
            double[] numbers = value.ValueKind switch
            {
                JsonValueKind.Number => [value.GetDouble()],
                JsonValueKind.Array when value.EnumerateArray().All(each => each.ValueKind == JsonValueKind.Number) => [.. value.EnumerateArray().Select(each => each.GetDouble())],
                _ => [],
            };
            if (numbers is [var ceiling] && double.IsFinite(ceiling))
                references[environment] = new(null, ceiling);
            else if (numbers is [var low, var high] && double.IsFinite(low) && double.IsFinite(high) && low != high)
                references[environment] = new(low, high);
            else
                problems.Add(new(Problem.At(members.At("references"), environment), "Expected the score that counts as 1, or [score that counts as 0, score that counts as 1]."));
        }
        return references;
    }

    private static List<Guid> Ids(Members members, string name, List<Problem> problems)
    {
        var ids = new List<Guid>();
        foreach (var (index, text) in members.Texts(name, Comparisons.MostRuns, 40).Index())
            if (Guid.TryParse(text, out var id))
                ids.Add(id);
            else
                problems.Add(new(Problem.At(members.At(name), index.ToString(CultureInfo.InvariantCulture)), $"'{text}' is no id."));
        return ids;
    }

    private static T Choice<T>(Members members, string name, IReadOnlyDictionary<string, T> choices, string usual)
    {
        if (members.Text(name, 40) is not { } word)
            return choices[usual];
        if (choices.TryGetValue(word, out var chosen))
            return chosen;
        members.Fault(name, Problem.Unknown("choice", word, [.. choices.Keys]));
        return choices[usual];
    }

    private static double? Number(Members members, string name, double low, double high)
    {
        if (members.Take(name) is not { } value)
            return null;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && number >= low && number <= high)
            return number;
        members.Fault(name, low == double.Epsilon
            ? $"Expected a number above 0, up to {high.ToString(CultureInfo.InvariantCulture)}."
            : string.Create(CultureInfo.InvariantCulture, $"Expected a number from {low} to {high}."));
        return null;
    }
}
