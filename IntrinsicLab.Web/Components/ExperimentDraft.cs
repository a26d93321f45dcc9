using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Environments.Wrappers;
using IntrinsicLab.Core.Experiments;

namespace IntrinsicLab.Web.Components;

/// <summary>
/// What the experiment form holds: texts as they are typed. It becomes the JSON that a script would send, and the reader of that JSON finds every
/// fault, so that form and API say the same.
/// </summary>
public sealed class ExperimentDraft
{
    public const string EveryEnvironment = "*";

    /// <summary>An algorithm under a name, with settings of its own.</summary>
    public sealed class Arm
    {
        public string Name { get; set; } = "";
        public string Algorithm { get; set; } = "";
        public Dictionary<string, string> Parameters { get; } = [];

        /// <summary>What is wrapped around every environment.</summary>
        public Dictionary<string, string> Wrappers { get; } = [];

        /// <summary>Parameters of single environments, for which the form has no fields; kept as they were pasted.</summary>
        public JsonObject Worlds { get; set; } = [];
    }

    /// <summary>A parameter and the values it takes.</summary>
    public sealed class Axis
    {
        public string Key { get; set; } = "";
        public string Values { get; set; } = "";
    }

    private static readonly ConcurrentDictionary<(string, string), object> KnownDefaults = new();

    public string Name { get; set; } = "";
    public string Steps { get; set; } = "100000";
    public string Seeds { get; set; } = "5";
    public string Device { get; set; } = "cpu";
    public string Priority { get; set; } = "";
    public string Tags { get; set; } = "";
    public string Notes { get; set; } = "";
    public List<string> Algorithms { get; } = [];

    /// <summary>In place of algorithms where there are any.</summary>
    public List<Arm> Arms { get; } = [];
    public List<string> Environments { get; } = [];
    public List<Axis> Grid { get; } = [];

    /// <summary>Changed parameters, by algorithm.</summary>
    public Dictionary<string, Dictionary<string, string>> Parameters { get; } = [];

    /// <summary>Changed parameters, by environment; <see cref="EveryEnvironment"/> for what is wrapped around each.</summary>
    public Dictionary<string, Dictionary<string, string>> Worlds { get; } = [];

    /// <summary>Changed settings of the evaluation.</summary>
    public Dictionary<string, string> Evaluation { get; } = [];

    /// <summary>Members of a pasted plan that the form has no fields for; the reader says what is wrong with them.</summary>
    public JsonObject Other { get; private set; } = [];

    /// <summary>The algorithms that learn: those chosen, or those of the arms.</summary>
    public IReadOnlyList<string> Learners => Arms.Count > 0 ? [.. Arms.Select(arm => arm.Algorithm).Distinct()] : Algorithms;

    public string DefaultName => $"{string.Join(" and ", Arms.Count > 0 ? Arms.Select(arm => arm.Name) : Algorithms.Select(id => AlgorithmCatalog.Find(id)?.Name ?? id))} on "
        + (Environments.Count <= 3 ? string.Join(", ", Environments.Select(id => EnvironmentCatalog.Find(id)?.Name ?? id)) : $"{Environments.Count} environments");

    /// <summary>What a grid may vary: key, name for people, parameter.</summary>
    public IEnumerable<(string Key, string Word, Parameter Parameter)> Axes =>
    [
        .. Learners.Select(AlgorithmCatalog.Find).OfType<AlgorithmEntry>()
            .SelectMany(entry => ParameterSchema.Of(entry.Parameters).Parameters.Select(parameter => ($"{entry.Id}.{parameter.Name}", $"{entry.Name}: {parameter.Label}", parameter))),
        .. Environments.Select(EnvironmentCatalog.Find).OfType<EnvironmentEntry>()
            .SelectMany(entry => WorldParameters(entry).Select(parameter => ($"{entry.Id}.{parameter.Name}", $"{entry.Name}: {parameter.Label}", parameter))),
    ];

    public static IReadOnlyList<Parameter> WrapperParameters => ParameterSchema.Of(typeof(WrapperConfig)).Parameters;

    public static IReadOnlyList<Parameter> WorldParameters(EnvironmentEntry entry) => [.. ParameterSchema.Of(entry.Parameters).Parameters, .. WrapperParameters];

    public static string WorldDefault(EnvironmentEntry entry, Parameter parameter) => RunDraft.Text(parameter.GetJson(
        ParameterSchema.Of(entry.Parameters).Find(parameter.Name) is null ? new WrapperConfig() : Activator.CreateInstance(entry.Parameters)!));

    /// <summary>The default of a parameter on the chosen environments; several where they differ.</summary>
    public string Usual(AlgorithmEntry algorithm, Parameter parameter)
    {
        var texts = Environments.Select(EnvironmentCatalog.Find).OfType<EnvironmentEntry>().Where(entry => entry.StartsByItself)
            .Select(entry => Defaults(algorithm, entry)).OfType<object>().Select(defaults => RunDraft.Text(parameter.GetJson(defaults))).Distinct().ToList();
        if (texts.Count == 0 && EnvironmentCatalog.All.FirstOrDefault(entry => entry.StartsByItself && Defaults(algorithm, entry) is not null) is { } other)
            texts = [RunDraft.Text(parameter.GetJson(Defaults(algorithm, other)!))];
        return parameter.Kind is ParameterKind.Boolean or ParameterKind.Choice ? texts.FirstOrDefault() ?? "" : string.Join(" or ", texts);
    }

    /// <summary>How many values a row of the grid has.</summary>
    public int Count(Axis axis) => Split(axis, Find(axis.Key)).Count;

    public Parameter? Find(string key) => Axes.FirstOrDefault(axis => axis.Key == key).Parameter;

    /// <summary>What the reader of the JSON cannot see, as the JSON has no place for it.</summary>
    public IEnumerable<Problem> OwnProblems()
    {
        foreach (var (index, axis) in Grid.Index())
            if (axis.Key.Length == 0 && axis.Values.Length > 0)
                yield return new($"/grid/{index.ToString(CultureInfo.InvariantCulture)}", "Choose the parameter that takes these values.");
            else if (axis.Key.Length > 0 && Grid.Take(index).Any(other => other.Key == axis.Key))
                yield return new(Problem.At("/grid", axis.Key), $"{axis.Key} has a row already; put all its values there.");
    }

    public JsonObject ToJson()
    {
        var json = new JsonObject { ["name"] = Name.Trim().Length > 0 ? Name.Trim() : DefaultName };
        if (Arms.Count > 0)
            json["arms"] = new JsonArray([.. Arms.Select(ArmJson)]);
        else
            json["algorithms"] = new JsonArray([.. Algorithms.Select(id => (JsonNode)id)]);
        json["environments"] = new JsonArray([.. Environments.Select(id => (JsonNode)id)]);
        json["seeds"] = SeedWords.Read(Seeds) switch
        {
            { Count: { } count } => count,
            { List: var list } => new JsonArray([.. list.Select(seed => (JsonNode)seed)]),
            _ => Seeds,
        };
        json["steps"] = RunDraft.Typed(ParameterKind.Integer, Steps);
        if (Device != "cpu")
            json["device"] = Device;
        var parameters = new JsonObject();
        if (Arms.Count == 0)
            foreach (var entry in Algorithms.Select(AlgorithmCatalog.Find).OfType<AlgorithmEntry>())
                if (Parameters.TryGetValue(entry.Id, out var typed) && typed.Count > 0)
                    parameters[entry.Id] = RunDraft.Members(typed, ParameterSchema.Of(entry.Parameters).Parameters);
        if (parameters.Count > 0)
            json["parameters"] = parameters;
        var worlds = new JsonObject();
        if (Worlds.TryGetValue(EveryEnvironment, out var wrappers) && wrappers.Count > 0)
            worlds[EveryEnvironment] = RunDraft.Members(wrappers, WrapperParameters);
        foreach (var entry in Environments.Select(EnvironmentCatalog.Find).OfType<EnvironmentEntry>())
            if (Worlds.TryGetValue(entry.Id, out var typed) && typed.Count > 0)
                worlds[entry.Id] = RunDraft.Members(typed, WorldParameters(entry));
        if (worlds.Count > 0)
            json["environmentParameters"] = worlds;
        var grid = new JsonObject();
        foreach (var axis in Grid.Where(axis => axis.Key.Length > 0))
            grid.TryAdd(axis.Key, new JsonArray([.. Split(axis, Find(axis.Key))]));
        if (grid.Count > 0)
            json["grid"] = grid;
        if (Evaluation.Count > 0)
            json["evaluation"] = RunDraft.Members(Evaluation, RunDraft.EvaluationParameters);
        if (Priority.Trim().Length > 0)
            json["priority"] = RunDraft.Typed(ParameterKind.Integer, Priority);
        if (Tags.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) is { Length: > 0 } tags)
            json["tags"] = new JsonArray([.. tags.Select(tag => (JsonNode)tag)]);
        if (Notes.Trim().Length > 0)
            json["notes"] = Notes.Trim();
        foreach (var (name, value) in Other)
            json[name] = value?.DeepClone();
        return json;
    }

    /// <summary>Takes over a plan of an experiment, or of a run as the start of one.</summary>
    public void Take(JsonObject given)
    {
        var json = given.DeepClone().AsObject();
        foreach (var list in (System.Collections.IDictionary[])[Parameters, Worlds, Evaluation])
            list.Clear();
        Algorithms.Clear();
        Environments.Clear();
        Arms.Clear();
        Grid.Clear();
        if (json["algorithm"] is not null && json["environment"] is not null)
            json = OfRun(json);
        Name = Text("name");
        Notes = Text("notes");
        Priority = Text("priority");
        Device = Text("device") is { Length: > 0 } device ? device : "cpu";
        Steps = Text("steps");
        Seeds = Taken("seeds") switch
        {
            JsonArray list => SeedTexts(list),
            var count => RunDraft.Text(count),
        };
        Tags = Words("tags") is { } tags ? string.Join(", ", tags) : "";
        Algorithms.AddRange(Words("algorithms") ?? []);
        Environments.AddRange(Words("environments") ?? []);
        if (json["arms"] is JsonArray arms && arms.All(arm => arm is JsonObject))
        {
            Arms.AddRange(arms.Select(arm => ReadArm(arm!.AsObject())));
            json.Remove("arms");
        }
        foreach (var (id, typed) in Nested("parameters"))
            Parameters[id] = typed;
        foreach (var (id, typed) in Nested("environmentParameters"))
            Worlds[id] = typed;
        if (json["grid"] is JsonObject grid && grid.All(axis => axis.Value is JsonArray))
        {
            Grid.AddRange(grid.Select(axis => new Axis { Key = axis.Key, Values = Join(axis.Value!.AsArray()) }));
            json.Remove("grid");
        }
        if (json["evaluation"] is JsonObject evaluation)
        {
            RunDraft.Fill(Evaluation, evaluation, name => ParameterSchema.Of(typeof(EvaluationPlan)).Find(name)?.GetJson(new EvaluationPlan()));
            json.Remove("evaluation");
        }
        Other = json;

        JsonNode? Taken(string name)
        {
            var value = json[name];
            json.Remove(name);
            return value;
        }

        string Text(string name) => RunDraft.Text(Taken(name));

        List<string>? Words(string name) =>
            json[name] is JsonArray list && list.All(each => each?.GetValueKind() == System.Text.Json.JsonValueKind.String) && Taken(name) is JsonArray words
                ? [.. words.Select(RunDraft.Text)] : null;

        IEnumerable<(string, Dictionary<string, string>)> Nested(string name) =>
            json[name] is JsonObject all && all.All(each => each.Value is JsonObject) && Taken(name) is JsonObject taken
                ? taken.Select(each => (each.Key, Typed(each.Value!.AsObject()))).ToList() : [];
    }

    /// <summary>Makes arms of the algorithms that are chosen, and adds one like the last.</summary>
    public void AddArm()
    {
        if (Arms.Count == 0)
            foreach (var id in Algorithms)
                Arms.Add(NewArm(AlgorithmCatalog.Find(id)?.Name ?? id, id, Parameters.GetValueOrDefault(id)));
        var last = Arms.Count > 0 ? Arms[^1] : null;
        Arms.Add(NewArm(Enumerable.Range(1, int.MaxValue).Select(index => $"arm {index}").First(name => Arms.All(arm => arm.Name != name)),
            last?.Algorithm ?? AlgorithmCatalog.All[0].Id, last?.Parameters));
        Algorithms.Clear();
        Parameters.Clear();
    }

    /// <summary>Takes an arm away; with the last one the algorithms are chosen by themselves again.</summary>
    public void RemoveArm(Arm arm)
    {
        Arms.Remove(arm);
        if (Arms.Count == 0)
            Algorithms.Add(arm.Algorithm);
    }

    private static Arm NewArm(string name, string algorithm, Dictionary<string, string>? parameters)
    {
        var arm = new Arm { Name = name, Algorithm = algorithm };
        foreach (var (parameter, text) in parameters ?? [])
            arm.Parameters[parameter] = text;
        return arm;
    }

    private static JsonNode ArmJson(Arm arm)
    {
        var json = new JsonObject { ["name"] = arm.Name, ["algorithm"] = arm.Algorithm };
        if (arm.Parameters.Count > 0)
            json["parameters"] = RunDraft.Members(arm.Parameters, AlgorithmCatalog.Find(arm.Algorithm) is { } entry ? ParameterSchema.Of(entry.Parameters).Parameters : []);
        var worlds = arm.Worlds.DeepClone().AsObject();
        if (arm.Wrappers.Count > 0)
            worlds[EveryEnvironment] = RunDraft.Members(arm.Wrappers, WrapperParameters);
        if (worlds.Count > 0)
            json["environmentParameters"] = worlds;
        return json;
    }

    private static Arm ReadArm(JsonObject json)
    {
        var arm = NewArm(RunDraft.Text(json["name"]), RunDraft.Text(json["algorithm"]), json["parameters"] is JsonObject parameters ? Typed(parameters) : null);
        arm.Worlds = json["environmentParameters"] is JsonObject worlds ? worlds.DeepClone().AsObject() : [];
        // The form's fields hold what is wrapped around every environment.
        if (arm.Worlds[EveryEnvironment] is JsonObject shared)
        {
            foreach (var (name, text) in Typed(shared))
                arm.Wrappers[name] = text;
            arm.Worlds.Remove(EveryEnvironment);
        }
        return arm;
    }

    // What a run's plan says, without its defaults.
    private static JsonObject OfRun(JsonObject run)
    {
        var draft = new RunDraft();
        draft.Take(run);
        // Two seeds make the draft write itself as an experiment.
        draft.Seeds = "1, 2";
        var json = draft.ToJson();
        json["seeds"] = 5;
        json.Remove("name");
        return json;
    }

    private static Dictionary<string, string> Typed(JsonObject members) => members.ToDictionary(member => member.Key, member => RunDraft.Text(member.Value));

    private static string SeedTexts(JsonArray list)
    {
        var texts = list.Select(RunDraft.Text).ToList();
        var seeds = texts.Select(text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seed) ? seed : -1).ToList();
        if (seeds.Contains(-1))
            return string.Join(", ", texts);
        // A number alone would be a count.
        return seeds is [var one] ? $"{one}-{one}" : SeedWords.Write(seeds);
    }

    private static string Join(JsonArray values) =>
        string.Join(values.Any(value => value is JsonArray) ? "; " : ", ", values.Select(RunDraft.Text));

    // Lists, such as layer sizes, stand between semicolons; anything else between commas.
    private static List<JsonNode> Split(Axis axis, Parameter? parameter)
    {
        var lists = parameter?.Kind == ParameterKind.Integers;
        return [.. axis.Values.Split(lists ? ';' : ',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(text => parameter?.Kind == ParameterKind.Boolean && text is not ("true" or "false") ? text : RunDraft.Typed(parameter?.Kind ?? ParameterKind.Text, text))];
    }

    private static object? Defaults(AlgorithmEntry algorithm, EnvironmentEntry environment)
    {
        if (KnownDefaults.TryGetValue((algorithm.Id, environment.Id), out var known))
            return known;
        var spec = EnvironmentCatalog.Factory(environment).Spec;
        return algorithm.WhyNotOn(spec) is null ? KnownDefaults[(algorithm.Id, environment.Id)] = algorithm.Defaults(spec) : null;
    }
}
