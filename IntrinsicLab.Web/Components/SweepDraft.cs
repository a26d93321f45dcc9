using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Environments.Wrappers;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Core.Search;

namespace IntrinsicLab.Web.Components;

/// <summary>One parameter in the form's space, as typed: a range, or a list of values.</summary>
public sealed class SpaceRow
{
    public string Name { get; set; } = "";
    public string Kind { get; set; } = "log";
    public string Low { get; set; } = "";
    public string High { get; set; } = "";
    public string Count { get; set; } = "";
    public string Values { get; set; } = "";
}

/// <summary>
/// What the form of a sweep holds: texts as they are typed. It becomes the JSON that a script would send, and the reader of that JSON finds
/// every fault. Members that the form has no fields for are kept.
/// </summary>
public sealed class SweepDraft
{
    private JsonObject rest = [];

    public string Name { get; set; } = "";
    public string Algorithm { get; set; } = "";
    public string Environment { get; set; } = "";
    public string Method { get; set; } = "asha";
    public string Steps { get; set; } = "100000";
    public string Seeds { get; set; } = "3";
    public string Trials { get; set; } = "27";
    public string Seed { get; set; } = "1";
    public string Parallel { get; set; } = "4";
    public string Aggregate { get; set; } = "mean";
    public string Goal { get; set; } = "maximise";
    public string Metric { get; set; } = Metrics.ExtrinsicReturn;
    public string Reduction { get; set; } = "3";
    public string FirstRung { get; set; } = "";
    public string RacingMost { get; set; } = "";
    public List<SpaceRow> Space { get; } = [];

    public AlgorithmEntry? AlgorithmEntry => AlgorithmCatalog.Find(Algorithm);

    public EnvironmentEntry? EnvironmentEntry => EnvironmentCatalog.Find(Environment);

    /// <summary>The methods, with a sentence each.</summary>
    public static IReadOnlyList<(string Id, string Name, string Sentence)> Methods { get; } =
    [
        ("asha", "Successive halving", "Starts many configurations with few steps; the best third goes on, and again, without repeating a step."),
        ("tpe", "Parzen estimator", "Tries what lies where good results were found. For few parameters and whole budgets."),
        ("random", "Random", "Independent draws. Hard to beat when nobody knows which parameter matters."),
        ("grid", "Grid", "Every combination of the listed values. For figures that need each of them."),
    ];

    public static string MethodName(SearchMethod method) => Methods.First(each => each.Id == SweepPlan.Word(method)).Name;

    /// <summary>Names of what can be searched: the algorithm's parameters, then the environment's.</summary>
    public IEnumerable<(string Name, Parameter Parameter)> Searchable =>
        (AlgorithmEntry is { } algorithm ? ParameterSchema.Of(algorithm.Parameters).Parameters.Select(each => (each.Name, each)) : [])
        .Concat(EnvironmentEntry is { } environment
            ? ParameterSchema.Of(environment.Parameters).Parameters.Concat(ParameterSchema.Of(typeof(WrapperConfig)).Parameters)
                .Select(each => (SweepPlan.EnvironmentPrefix + each.Name, each))
            : []);

    public Parameter? Find(string name) => Searchable.FirstOrDefault(each => each.Name == name).Parameter;

    public JsonObject ToJson()
    {
        var json = (JsonObject)rest.DeepClone();
        json["name"] = Name.Trim().Length > 0 ? Name.Trim() : $"{Algorithm}-{Environment}-{Method}";
        json["algorithm"] = Algorithm;
        json["environment"] = Environment;
        json["seeds"] = Seeds.Contains(',') ? new JsonArray([.. Seeds.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(Number)]) : Number(Seeds);
        json["steps"] = Number(Steps);
        var search = json["search"] as JsonObject ?? [];
        search.Remove("space");
        search["method"] = Method;
        search["space"] = new JsonObject(Space.Where(row => row.Name.Length > 0).DistinctBy(row => row.Name).Select(row => KeyValuePair.Create(row.Name, (JsonNode?)Write(row))));
        Set("trials", Trials, Method != "grid");
        Set("seed", Seed, Method != "grid");
        Set("parallel", Parallel, true);
        Set("reduction", Reduction, Method == "asha");
        Set("firstRung", FirstRung, Method == "asha");
        (search["metric"], search["goal"], search["aggregate"]) = (Metric, Goal, Aggregate);
        if (Method == "grid")
            search.Remove("defaultFirst");
        search.Remove("racing");
        if (RacingMost.Trim().Length > 0)
            search["racing"] = new JsonObject { ["most"] = Number(RacingMost) };
        json["search"] = search;
        return json;

        void Set(string name, string text, bool applies)
        {
            search.Remove(name);
            if (applies && text.Trim().Length > 0)
                search[name] = Number(text);
        }
    }

    /// <summary>Takes over a plan.</summary>
    public void Take(JsonObject json)
    {
        rest = (JsonObject)json.DeepClone();
        var search = json["search"] as JsonObject ?? [];
        (Name, Algorithm, Environment) = (Text(json["name"]), Text(json["algorithm"]), Text(json["environment"]));
        Steps = Text(json["steps"]);
        Seeds = json["seeds"] is JsonArray seeds
            ? seeds.Index().All(pair => Text(pair.Item) == (pair.Index + 1).ToString(CultureInfo.InvariantCulture)) ? $"{seeds.Count}" : string.Join(", ", seeds.Select(Text))
            : Text(json["seeds"]);
        Method = Given("method", "asha");
        (Trials, Seed, Parallel) = (Given("trials", "27"), Given("seed", "1"), Given("parallel", "4"));
        (Metric, Goal, Aggregate) = (Given("metric", Metrics.ExtrinsicReturn), Given("goal", "maximise"), Given("aggregate", "mean"));
        (Reduction, FirstRung, RacingMost) = (Given("reduction", "3"), Given("firstRung", ""), Text((search["racing"] as JsonObject)?["most"]));
        Space.Clear();
        foreach (var (name, node) in search["space"] as JsonObject ?? [])
            if (node is JsonObject range)
                Space.Add(new SpaceRow
                {
                    Name = name,
                    Kind = range.ContainsKey("values") ? "values" : Text(range["scale"]) is { Length: > 0 } scale ? scale : "linear",
                    Low = Text(range["low"]),
                    High = Text(range["high"]),
                    Count = Text(range["count"]),
                    Values = range["values"] is JsonArray values ? string.Join(", ", values.Select(value => value is JsonArray ? value.ToJsonString() : Text(value))) : "",
                });

        string Given(string name, string usual) => Text(search[name]) is { Length: > 0 } text ? text : usual;
    }

    /// <summary>A first guess for a parameter: a range around its default, its choices, or what it is now.</summary>
    public void Suggest(SpaceRow row, JsonNode? usual)
    {
        var parameter = Find(row.Name);
        (row.Low, row.High, row.Count, row.Values) = ("", "", "", "");
        if (parameter?.Kind is ParameterKind.Choice)
            (row.Kind, row.Values) = ("values", string.Join(", ", parameter.Choices));
        else if (parameter?.Kind is ParameterKind.Boolean)
            (row.Kind, row.Values) = ("values", "true, false");
        else if (parameter?.Kind is ParameterKind.Number or ParameterKind.Integer && usual is not null
            && double.Parse(usual.ToJsonString(), CultureInfo.InvariantCulture) is var number and > 0)
        {
            var whole = parameter.Kind == ParameterKind.Integer;
            var (low, high) = (Math.Max(number / (whole ? 4 : 10), whole ? 1 : 0), number * (whole ? 4 : 10));
            // A share near 1 is no matter of magnitude.
            if (!whole && parameter.Maximum is { } most && high > most)
                (row.Kind, low, high) = ("linear", Math.Max(parameter.Minimum ?? 0, 2 * number - most > 0 ? 2 * number - most : number / 2), most);
            else
                row.Kind = "log";
            low = Math.Max(low, parameter.Minimum ?? low);
            high = Math.Min(high, parameter.Maximum ?? high);
            (row.Low, row.High) = (RunDraft.Text(Shown(low)), RunDraft.Text(Shown(high)));
            JsonNode Shown(double value) => whole ? JsonValue.Create((long)value) : JsonValue.Create(double.Parse(value.ToString("G4", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture));
        }
        else
            (row.Kind, row.Values) = ("values", RunDraft.Text(usual));
    }

    private static string Text(JsonNode? node) => RunDraft.Text(node);

    private JsonObject Write(SpaceRow row)
    {
        if (row.Kind == "values")
            return new() { ["values"] = Values(row) };
        var range = new JsonObject { ["scale"] = row.Kind };
        if (row.Low.Trim().Length > 0)
            range["low"] = Number(row.Low);
        if (row.High.Trim().Length > 0)
            range["high"] = Number(row.High);
        if (row.Count.Trim().Length > 0)
            range["count"] = Number(row.Count);
        return range;
    }

    private JsonArray Values(SpaceRow row)
    {
        var kind = Find(row.Name)?.Kind;
        try
        {
            // Lists of lists, such as layer sizes, are typed as JSON.
            if (row.Values.Contains('[') && JsonNode.Parse(kind == ParameterKind.Integers ? $"[{row.Values}]" : row.Values) is JsonArray lists)
                return lists;
        }
        catch (JsonException)
        {
            // The reader says what was expected.
        }
        return new JsonArray([.. row.Values.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(text => kind switch
        {
            ParameterKind.Number or ParameterKind.Integer => Number(text),
            ParameterKind.Boolean => text is "true" or "false" ? JsonValue.Create(text == "true") : JsonValue.Create(text),
            _ => JsonValue.Create(text),
        })]);
    }

    // What is no number stays text: the reader then says what was expected.
    private static JsonNode Number(string text)
    {
        var plain = text.Replace("\u2009", "").Replace("_", "").Replace(" ", "");
        return long.TryParse(plain, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) ? whole
            : double.TryParse(plain, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number
            : JsonValue.Create(text);
    }
}
