using System.Globalization;
using System.Text.Json.Nodes;
using IntrinsicLab.Data;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.WebUtilities;

namespace IntrinsicLab.Web.Components;

/// <summary>What the compare page asks and how it looks at the answer. All of it lives in the address.</summary>
public sealed record CompareView
{
    public static IReadOnlyList<string> Axes { get; } = ["steps", "episodes", "seconds"];

    public static IReadOnlyDictionary<string, string> Statistics { get; } =
        new Dictionary<string, string> { ["mean"] = "Mean", ["median"] = "Median", ["iqm"] = "Interquartile mean" };

    public static IReadOnlyDictionary<string, string> Intervals { get; } = new Dictionary<string, string>
    {
        ["ci"] = "Bootstrap interval",
        ["t"] = "t interval",
        ["se"] = "Standard error",
        ["sd"] = "Standard deviation",
        ["minmax"] = "Least to greatest",
        ["p12.5-87.5"] = "Middle 75 %",
    };

    public static IReadOnlyDictionary<string, string> Scales { get; } = new Dictionary<string, string>
    {
        ["auto"] = "Automatic",
        ["none"] = "Raw scores",
        ["reference"] = "Random play to reference",
        ["human"] = "Human-normalised (Atari)",
        ["minmax"] = "Least to greatest found",
    };

    public string Metric { get; init; } = MetricStore.ReturnMetric;
    public string Axis { get; init; } = "steps";
    public string Statistic { get; init; } = "mean";
    public string Interval { get; init; } = "ci";
    public double Level { get; init; } = 0.95;
    public double Smoothing { get; init; }
    public double? Budget { get; init; }
    public double FinalShare { get; init; } = 0.1;
    public IReadOnlyList<string> Grouping { get; init; } = [];
    public string Scale { get; init; } = "auto";

    /// <summary>Stated scores as typed: environment 0 to 1, such as <c>breakout 0.5 12; asterix 8</c>.</summary>
    public string References { get; init; } = "";

    public double? Threshold { get; init; }
    public IReadOnlyList<string> Hidden { get; init; } = [];
    public bool LogX { get; init; }
    public bool LogY { get; init; }

    /// <summary>Every seed's own line is drawn too.</summary>
    public bool Seeds { get; init; }

    /// <summary>Visible part of the x axis, as the charts take it.</summary>
    public string? Range { get; init; }

    /// <summary>Charts shown as tables.</summary>
    public IReadOnlyList<string> Tables { get; init; } = [];

    public static CompareView Read(string address)
    {
        var query = QueryHelpers.ParseQuery(new Uri(address).Query);
        return new()
        {
            Metric = Text("metric") is { Length: > 0 } metric ? metric : MetricStore.ReturnMetric,
            Axis = Word("x", Axes),
            Statistic = Word("statistic", [.. Statistics.Keys]),
            // Links of before name the level in the word.
            Interval = Text("interval") switch { "ci95" => "ci", "t95" => "t", _ => Word("interval", [.. Intervals.Keys]) },
            Level = Number("level") is >= 0.5 and <= 0.999 and var level ? level : 0.95,
            Smoothing = Number("smooth") is { } weight ? Math.Clamp(weight, 0, 0.99) : 0,
            Budget = Number("budget") is > 0 and var budget ? budget : null,
            FinalShare = Number("share") is >= 0.001 and <= 1 and var share ? share : 0.1,
            Grouping = [.. (Text("group") ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries)],
            Scale = Word("scale", [.. Scales.Keys]),
            References = Text("refs") ?? "",
            Threshold = Number("threshold"),
            Hidden = [.. query.TryGetValue("hide", out var hidden) ? hidden.OfType<string>() : []],
            LogX = Text("logx") == "on",
            LogY = Text("logy") == "on",
            Seeds = Text("seeds") == "on",
            Range = Text("range"),
            Tables = [.. (Text("table") ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries)],
        };

        string? Text(string name) => query.TryGetValue(name, out var values) ? values.ToString() : null;

        string Word(string name, IReadOnlyList<string> words) => Text(name) is { } text && words.Contains(text) ? text : words[0];

        double? Number(string name) =>
            double.TryParse(Text(name), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : null;
    }

    /// <summary>The parameters of the address that stand for this view; null where it is the usual.</summary>
    public Dictionary<string, object?> Parameters => new()
    {
        ["metric"] = Metric == MetricStore.ReturnMetric ? null : Metric,
        ["x"] = Axis == Axes[0] ? null : Axis,
        ["statistic"] = Statistic == "mean" ? null : Statistic,
        ["interval"] = Interval == "ci" ? null : Interval,
        ["level"] = Level == 0.95 ? null : Written(Level),
        ["smooth"] = Smoothing == 0 ? null : Written(Smoothing),
        ["budget"] = Budget is { } budget ? Written(budget) : null,
        ["share"] = FinalShare == 0.1 ? null : Written(FinalShare),
        ["group"] = Grouping.Count == 0 ? null : string.Join(',', Grouping),
        ["scale"] = Scale == "auto" ? null : Scale,
        ["refs"] = References.Length == 0 ? null : References,
        ["threshold"] = Threshold is { } threshold ? Written(threshold) : null,
        ["hide"] = Hidden.Count == 0 ? null : Hidden.ToArray(),
        ["logx"] = LogX ? "on" : null,
        ["logy"] = LogY ? "on" : null,
        ["seeds"] = Seeds ? "on" : null,
        ["range"] = Range,
        ["table"] = Tables.Count == 0 ? null : string.Join(',', Tables),
    };

    /// <summary>Puts this view into the address; the page renders from there.</summary>
    public void Show(NavigationManager navigation, bool replace = false) => navigation.NavigateTo(navigation.GetUriWithQueryParameters(Parameters), replace: replace);

    /// <summary>The question as the body of POST comparisons.</summary>
    public JsonObject Question(IEnumerable<Guid> runs)
    {
        var body = new JsonObject
        {
            ["runs"] = new JsonArray([.. runs.Select(id => (JsonNode)JsonValue.Create(id.ToString()))]),
            ["metric"] = Metric,
            ["groupBy"] = new JsonArray([.. Grouping.Select(key => (JsonNode)JsonValue.Create(key))]),
            ["x"] = Axis,
            ["statistic"] = Statistic,
            ["interval"] = Interval,
            ["level"] = Level,
            ["smoothing"] = Smoothing,
            ["finalShare"] = FinalShare,
            ["normalise"] = Scale,
        };
        if (Budget is { } budget)
            body["budget"] = budget;
        if (Threshold is { } threshold)
            body["threshold"] = threshold;
        if (Seeds)
            body["lines"] = true;
        var references = new JsonObject();
        foreach (var entry in References.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var words = entry.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var numbers = words.Skip(1).Select(word => double.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? (JsonNode)number : word).ToArray();
            references[words[0]] = numbers.Length == 1 ? numbers[0] : new JsonArray(numbers);
        }
        if (references.Count > 0)
            body["references"] = references;
        return body;
    }

    /// <summary>Whether a chart is shown as a table.</summary>
    public bool IsTable(string chart) => Tables.Contains(chart);

    public CompareView ToggleTable(string chart) => this with { Tables = Toggled(Tables, chart) };

    public CompareView ToggleGroup(string label) => this with { Hidden = Toggled(Hidden, label) };

    public CompareView ToggleKey(string key) => this with { Grouping = Toggled(Grouping, key), Hidden = [] };

    private static string Written(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static List<string> Toggled(IReadOnlyList<string> list, string item) => list.Contains(item) ? [.. list.Where(each => each != item)] : [.. list, item];
}
