using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Environments.Wrappers;
using IntrinsicLab.Core.Experiments;

namespace IntrinsicLab.Web.Components;

/// <summary>
/// What the form holds: texts as they are typed. It becomes the JSON that a script would send, and the reader of that JSON finds every
/// fault, so that form and API say the same.
/// </summary>
public sealed class RunDraft
{
    public string Algorithm { get; set; } = "";
    public string Environment { get; set; } = "";
    public string Steps { get; set; } = "100000";
    public string Seeds { get; set; } = "1";
    public string Name { get; set; } = "";
    public string Tags { get; set; } = "";
    public string Device { get; set; } = "cpu";

    /// <summary>Changed parameters of the algorithm, by name.</summary>
    public Dictionary<string, string> Parameters { get; } = [];

    /// <summary>Changed parameters of the environment and its wrappers, by name.</summary>
    public Dictionary<string, string> World { get; } = [];

    /// <summary>Changed settings of the evaluation, by name.</summary>
    public Dictionary<string, string> Evaluation { get; } = [];

    /// <summary>A pasted plan that is wider than the form; it is started as it is.</summary>
    public JsonObject? Pasted { get; private set; }

    public AlgorithmEntry? AlgorithmEntry => AlgorithmCatalog.Find(Algorithm);

    public EnvironmentEntry? EnvironmentEntry => EnvironmentCatalog.Find(Environment);

    /// <summary>More than one run, or a pasted experiment.</summary>
    public bool IsExperiment => Pasted is not null ? Pasted.ContainsKey("environments") : SeedList is { Count: > 1 };

    /// <summary>The seeds, or null where the text is none.</summary>
    public IReadOnlyList<int>? SeedList
    {
        get
        {
            var seeds = new List<int>();
            foreach (var part in Seeds.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries))
            {
                var ends = part.Split('-', '–');
                if (!int.TryParse(ends[0], CultureInfo.InvariantCulture, out var first) || !int.TryParse(ends[^1], CultureInfo.InvariantCulture, out var last)
                    || ends.Length > 2 || last < first || last - first >= 1000)
                    return null;
                seeds.AddRange(Enumerable.Range(first, last - first + 1));
            }
            return seeds.Count > 0 ? seeds : null;
        }
    }

    /// <summary>Parameters of the environment and what can be wrapped around it.</summary>
    public IReadOnlyList<Parameter> WorldParameters => EnvironmentEntry is not { } entry ? []
        : [.. ParameterSchema.Of(entry.Parameters).Parameters, .. ParameterSchema.Of(typeof(WrapperConfig)).Parameters];

    public static IReadOnlyList<Parameter> EvaluationParameters => ParameterSchema.Of(typeof(EvaluationPlan)).Parameters;

    /// <summary>The defaults that the algorithm has in this environment; null while that cannot be known.</summary>
    public object? Defaults
    {
        get
        {
            if (AlgorithmEntry is not { } algorithm || EnvironmentEntry is not { } environment || environment.WhyUnavailable() is not null)
                return null;
            try
            {
                return algorithm.Defaults(EnvironmentCatalog.Factory(environment, EnvironmentConfig(environment)).Spec);
            }
            catch (Exception error) when (error is ArgumentException or InvalidOperationException)
            {
                // The fault stands at the environment's parameters; meanwhile the algorithm's are shown with the defaults of another task.
                var other = EnvironmentCatalog.All.FirstOrDefault(each => each.StartsByItself && algorithm.WhyNotOn(EnvironmentCatalog.Factory(each).Spec) is null);
                return other is null ? null : algorithm.Defaults(EnvironmentCatalog.Factory(other).Spec);
            }
        }
    }

    public JsonNode? WorldDefault(Parameter parameter)
    {
        var type = ParameterSchema.Of(EnvironmentEntry!.Parameters).Find(parameter.Name) is null ? typeof(WrapperConfig) : EnvironmentEntry.Parameters;
        return parameter.GetJson(Activator.CreateInstance(type)!);
    }

    public JsonObject ToJson()
    {
        if (Pasted is not null)
            return Pasted;
        var json = new JsonObject();
        if (Name.Trim().Length > 0 || IsExperiment)
            json["name"] = Name.Trim().Length > 0 ? Name.Trim() : $"{Algorithm}-{Environment}";
        var parameters = Members(Parameters, AlgorithmEntry is { } entry ? ParameterSchema.Of(entry.Parameters).Parameters : []);
        var world = Members(World, WorldParameters);
        if (IsExperiment)
        {
            json["algorithms"] = new JsonArray(Algorithm);
            json["environments"] = new JsonArray(Environment);
            json["seeds"] = new JsonArray([.. SeedList!.Select(seed => (JsonNode)seed)]);
        }
        else
        {
            if (Algorithm.Length > 0)
                json["algorithm"] = Algorithm;
            if (Environment.Length > 0)
                json["environment"] = Environment;
            json["seed"] = SeedList is [var seed] ? seed : Seeds.Trim();
        }
        json["steps"] = Typed(ParameterKind.Integer, Steps);
        if (Device != "cpu")
            json["device"] = Device;
        if (parameters.Count > 0)
            json["parameters"] = IsExperiment ? new JsonObject { [Algorithm] = parameters } : parameters;
        if (world.Count > 0)
            json["environmentParameters"] = IsExperiment ? new JsonObject { [Environment] = world } : world;
        if (Evaluation.Count > 0)
            json["evaluation"] = Members(Evaluation, EvaluationParameters);
        if (Tags.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) is { Length: > 0 } tags)
            json["tags"] = new JsonArray([.. tags.Select(tag => (JsonNode)tag)]);
        return json;
    }

    /// <summary>Takes over a plan. One that the form has no fields for is kept as it is.</summary>
    public void Take(JsonObject json)
    {
        Pasted = null;
        var experiment = json.ContainsKey("algorithms") || json.ContainsKey("environments");
        if (json.ContainsKey("grid") || (experiment && (json["algorithms"] is not JsonArray { Count: 1 } || json["environments"] is not JsonArray { Count: 1 })))
        {
            Pasted = json;
            return;
        }
        Algorithm = Text(experiment ? json["algorithms"]![0] : json["algorithm"]);
        Environment = Text(experiment ? json["environments"]![0] : json["environment"]);
        Steps = Text(json["steps"]) is { Length: > 0 } steps ? steps : Steps;
        Seeds = experiment
            ? json["seeds"] is JsonArray list ? SeedText([.. list.Select(Text)]) : Text(json["seeds"]) is "1" or "" ? "1" : $"1-{Text(json["seeds"])}"
            : Text(json["seed"]) is { Length: > 0 } seed ? seed : "1";
        Name = Text(json["name"]);
        Device = Text(json["device"]) is { Length: > 0 } device ? device : "cpu";
        Tags = json["tags"] is JsonArray tags ? string.Join(", ", tags.Select(Text)) : "";
        Fill(Parameters, experiment ? json["parameters"]?[Algorithm] : json["parameters"], name =>
            AlgorithmEntry is { } entry && Defaults is { } defaults ? ParameterSchema.Of(entry.Parameters).Find(name)?.GetJson(defaults) : null);
        Fill(World, experiment ? json["environmentParameters"]?[Environment] : json["environmentParameters"], name =>
            WorldParameters.FirstOrDefault(parameter => parameter.Name == name) is { } parameter ? WorldDefault(parameter) : null);
        Fill(Evaluation, json["evaluation"], name =>
            EvaluationParameters.FirstOrDefault(parameter => parameter.Name == name)?.GetJson(new EvaluationPlan()));
    }

    /// <summary>A JSON value as the field shows it.</summary>
    public static string Text(JsonNode? value) => value switch
    {
        null => "",
        JsonArray list => string.Join(", ", list.Select(Text)),
        JsonValue text when text.GetValueKind() == JsonValueKind.String => text.GetValue<string>(),
        // 1E-05 is how .NET writes it, 1e-5 how people do.
        _ => value.ToJsonString().Replace("E+", "e").Replace("E-0", "e-").Replace("E-", "e-"),
    };

    public void DropPasted() => Pasted = null;

    private static string SeedText(IReadOnlyList<string> seeds) =>
        seeds.Count > 2 && int.TryParse(seeds[0], CultureInfo.InvariantCulture, out var first)
        && seeds.Select((seed, index) => seed == (first + index).ToString(CultureInfo.InvariantCulture)).All(follows => follows)
            ? $"{seeds[0]}-{seeds[^1]}"
            : string.Join(", ", seeds);

    internal static void Fill(Dictionary<string, string> target, JsonNode? source, Func<string, JsonNode?> usual)
    {
        target.Clear();
        if (source is JsonObject members)
            foreach (var (name, value) in members)
                if (!JsonNode.DeepEquals(usual(name), value))
                    target[name] = Text(value);
    }

    internal static JsonObject Members(Dictionary<string, string> typed, IReadOnlyList<Parameter> schema)
    {
        var json = new JsonObject();
        foreach (var (name, text) in typed)
            json[name] = Typed(schema.FirstOrDefault(parameter => parameter.Name == name)?.Kind ?? ParameterKind.Text, text);
        return json;
    }

    private object EnvironmentConfig(EnvironmentEntry environment)
    {
        var schema = ParameterSchema.Of(environment.Parameters);
        var own = World.Where(typed => schema.Find(typed.Key) is not null).ToDictionary();
        return schema.Read(JsonSerializer.SerializeToElement(Members(own, schema.Parameters)), Activator.CreateInstance(environment.Parameters)!, "", []);
    }

    // What is no number stays text: the reader then says what was expected.
    internal static JsonNode Typed(ParameterKind kind, string text)
    {
        var plain = text.Replace("\u2009", "").Replace("_", "").Trim();
        return kind switch
        {
            ParameterKind.Integer when long.TryParse(plain.Replace(" ", ""), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) => whole,
            ParameterKind.Integer or ParameterKind.Number when double.TryParse(plain, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) => number,
            ParameterKind.Boolean => plain == "true",
            ParameterKind.Integers => new JsonArray([.. plain.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries).Select(part => Typed(ParameterKind.Integer, part))]),
            _ => text,
        };
    }
}
