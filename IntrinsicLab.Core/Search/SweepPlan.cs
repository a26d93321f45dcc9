using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Environments.Wrappers;
using IntrinsicLab.Core.Experiments;

namespace IntrinsicLab.Core.Search;

/// <summary>
/// A search for good parameters as people write it. A trial is a configuration, its seeds are runs.
/// <code>{ name, algorithm, environment, seeds (count or list, of each trial), steps (full budget), parameters{}, environmentParameters{},
/// search: { method: grid | random | tpe | asha, space: { "parameter" or "environment.parameter": {low, high, scale: linear | log, whole, count} or {values} },
/// trials, seed, parallel, metric, goal: maximise | minimise, finalShare, aggregate: mean | median | iqm | worst, reduction, firstRung, defaultFirst,
/// racing: {most, rivals} }, evaluation{…}, device, priority, tags[], notes }</code>
/// </summary>
public sealed record SweepPlan
{
    /// <summary>The most trials a sweep may have.</summary>
    public const int MostTrials = 1000;

    /// <summary>Before the name of an environment's parameter in the space.</summary>
    public const string EnvironmentPrefix = "environment.";

    private static readonly string[] Known =
    [
        "name", "algorithm", "environment", "seeds", "steps", "device", "parameters", "environmentParameters", "search", "evaluation", "priority", "tags", "notes",
    ];

    private static readonly string[] KnownOfSearch =
    [
        "method", "space", "trials", "seed", "parallel", "metric", "goal", "finalShare", "aggregate", "reduction", "firstRung", "defaultFirst", "racing",
    ];

    /// <summary>The words for the methods.</summary>
    public static IReadOnlyDictionary<string, SearchMethod> Methods { get; } = Words<SearchMethod>();

    /// <summary>The words for the goals.</summary>
    public static IReadOnlyDictionary<string, SearchGoal> Goals { get; } = Words<SearchGoal>();

    /// <summary>The words for the aggregates.</summary>
    public static IReadOnlyDictionary<string, TrialAggregate> TrialAggregates { get; } = Words<TrialAggregate>();

    private AlgorithmEntry algorithm = null!;
    private World plainWorld = null!;
    private IReadOnlyList<Axis> axes = [];

    /// <summary>Name for people.</summary>
    public required string Name { get; init; }

    /// <summary>The default configuration with the first seed: what every trial starts from.</summary>
    public required RunPlan Start { get; init; }

    /// <summary>The search.</summary>
    public required SearchTask Search { get; init; }

    /// <summary>Metric whose last part is a run's score.</summary>
    public required string Metric { get; init; }

    /// <summary>Share of a run's steps so far, at their end, over which the metric's mean is the score.</summary>
    public required double FinalShare { get; init; }

    /// <summary>Higher runs first.</summary>
    public int Priority { get; init; }

    /// <summary>Words to find its runs by.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>Free text.</summary>
    public string Notes { get; init; } = "";

    /// <summary>Reads a plan, adding every fault to <paramref name="problems"/>; null when there were any.</summary>
    /// <param name="json">The plan.</param>
    /// <param name="problems">Receives the faults.</param>
    /// <param name="rules">The learned rules there are, as "name@version"; parameters that name another are faults. Null to look nothing up.</param>
    public static SweepPlan? Read(JsonElement json, List<Problem> problems, IReadOnlyCollection<string>? rules = null)
    {
        var faults = new List<Problem>();
        var members = Members.Of(json, "", faults);
        var name = members.Text("name", 200, required: true);
        var steps = members.Whole("steps", 1, RunPlan.LongestRun, required: true);
        var device = RunPlan.ReadDevice(members);
        var seeds = ExperimentPlan.ReadSeeds(members);
        var labels = Labels.Read(members);
        var algorithm = RunPlan.FindAlgorithm(members.Text("algorithm", 100, required: true), members.At("algorithm"), faults);
        var environment = RunPlan.FindEnvironment(members.Text("environment", 100, required: true), members.At("environment"), faults);
        var parametersJson = members.Take("parameters");
        var environmentJson = members.Take("environmentParameters");
        var evaluation = RunPlan.ReadEvaluation(members, steps, faults);
        var world = environment is null ? null : World.Read(environment, environmentJson, members.At("environmentParameters"), faults);
        var start = algorithm is null || world is null ? null
            : RunPlan.ReadParameters(algorithm, world, parametersJson, members.At("parameters"), members.At("environment"), faults);
        var searchJson = members.Take("search");
        if (searchJson is null)
            members.Fault("search", "This member is required: how to search, and where.");
        var search = Members.Of(searchJson, members.At("search"), faults);
        var axes = searchJson is { ValueKind: JsonValueKind.Object } ? ReadSpace(search, algorithm, environment, faults, rules) : [];
        // As written: an axis whose values are faulty is no axis, but its parameter is not left to its default.
        var varied = algorithm is null ? [] : ParameterSchema.Of(algorithm.Parameters).Parameters.Where(parameter => IsSearched(searchJson, parameter.Name)).ToList();
        if (start is not null)
            RuleNames.Check(start, members.At("parameters"), rules, faults, varied);
        else if (algorithm is not null)
            RunPlan.FindFaults(algorithm, parametersJson, members.At("parameters"), faults, rules, varied);
        var settings = ReadSettings(search, steps, seeds.Count, axes, faults, out var metric, out var finalShare);
        search.RefuseOthers("member", KnownOfSearch);
        members.RefuseOthers("member", Known);
        if (faults.Count > 0 || start is null)
        {
            problems.AddRange(faults.Distinct());
            return null;
        }

        var plan = new SweepPlan
        {
            Name = name!.Trim(),
            Start = new RunPlan
            {
                Name = name.Trim(),
                Algorithm = algorithm!.Id,
                Environment = environment!.Id,
                Steps = steps!.Value,
                Seed = seeds[0],
                Device = device,
                Parameters = start,
                EnvironmentParameters = world!.Parameters,
                Wrappers = world.Wrappers,
                Evaluation = evaluation,
            },
            Search = null!,
            Metric = metric,
            FinalShare = finalShare,
            Priority = labels.Priority,
            Tags = labels.Tags,
            Notes = labels.Notes,
            algorithm = algorithm,
            plainWorld = world,
            axes = axes,
        };
        var space = new SearchSpace([.. axes.Select(axis => axis.Dimension)], [.. axes.Select(axis => axis.Value(start, world))], plan.Accepts);
        plan = plan with { Search = new SearchTask(space, settings, steps.Value, seeds) };
        plan.FindFaultsOfTrials(problems);
        return problems.Count == 0 ? plan : null;
    }

    /// <summary>The plan of one seed of a trial.</summary>
    public RunPlan RunOf(SweepTrial trial, int seed)
    {
        var (run, problems) = Configure(trial.Values);
        if (run is null)
            throw new InvalidOperationException($"Trial {trial.Number} has no configuration: {problems[0].Message}");
        var values = Search.Space.Dimensions.Zip(trial.Values, (dimension, value) => $"-{dimension.Name}={Short(value)}");
        return run with
        {
            Name = string.Create(CultureInfo.InvariantCulture, $"trial-{trial.Number}{string.Concat(values)}-{seed}") is { Length: <= 200 } name
                ? name
                : string.Create(CultureInfo.InvariantCulture, $"trial-{trial.Number}-{seed}"),
            Arm = string.Create(CultureInfo.InvariantCulture, $"trial {trial.Number}"),
            Seed = seed,
        };
    }

    /// <summary>
    /// The plan with nothing left to default: it stays the same sweep when a later version has other defaults. Reading it gives an equal plan.
    /// </summary>
    public JsonObject ToJson()
    {
        var settings = Search.Settings;
        var run = Start.ToJson();
        var json = new JsonObject { ["name"] = Name };
        foreach (var member in (string[])["algorithm", "environment", "steps", "device", "parameters", "environmentParameters", "evaluation"])
            json[member] = run[member]!.DeepClone();
        json["seeds"] = new JsonArray([.. Search.Seeds.Select(seed => (JsonNode)seed)]);
        var space = new JsonObject();
        foreach (var axis in axes)
            space[axis.Dimension.Name] = axis.Json.DeepClone();
        var search = new JsonObject
        {
            ["method"] = Word(settings.Method),
            ["space"] = space,
            ["seed"] = settings.Seed,
            ["parallel"] = settings.Parallel,
            ["metric"] = Metric,
            ["goal"] = Word(settings.Goal),
            ["finalShare"] = FinalShare,
            ["aggregate"] = Word(settings.Aggregate),
        };
        if (settings.Method == SearchMethod.Asha)
            (search["reduction"], search["firstRung"]) = (settings.Reduction, settings.FirstRung);
        if (settings.Method != SearchMethod.Grid)
            (search["trials"], search["defaultFirst"]) = (settings.Trials, settings.DefaultFirst);
        if (settings.RacingMost > 0)
            search["racing"] = new JsonObject { ["most"] = settings.RacingMost, ["rivals"] = settings.RacingRivals };
        json["search"] = search;
        json["priority"] = Priority;
        json["tags"] = new JsonArray([.. Tags.Select(tag => (JsonNode)tag)]);
        json["notes"] = Notes;
        return json;
    }

    /// <summary>The word for a method, a goal or an aggregate.</summary>
    public static string Word<T>(T value) where T : struct, Enum => JsonNamingPolicy.KebabCaseLower.ConvertName(value.ToString());

    /// <summary>A value in few characters, for names and tables.</summary>
    public static string Short(JsonNode value) => value.GetValueKind() == JsonValueKind.Number
        && double.Parse(value.ToJsonString(), CultureInfo.InvariantCulture) is var number
        ? number.ToString(Math.Abs(number) is >= 1e-3 and < 1e6 or 0 ? "G4" : "0.###e-0", CultureInfo.InvariantCulture)
        : value.ToJsonString().Trim('"');

    private static Dictionary<string, T> Words<T>() where T : struct, Enum => Enum.GetValues<T>().ToDictionary(Word);

    // One parameter that the search varies: where it belongs, and how it was written.
    private sealed record Axis(Dimension Dimension, ParameterSchema Schema, Parameter Parameter, JsonNode Json, bool IsOfEnvironment)
    {
        public bool IsWrapper => Schema == ParameterSchema.Of(typeof(WrapperConfig));

        public JsonNode Value(object parameters, World world) =>
            Parameter.GetJson(!IsOfEnvironment ? parameters : IsWrapper ? world.Wrappers : world.Parameters)!;
    }

    private bool Accepts(IReadOnlyList<JsonNode> values) => Configure(values).Run is not null;

    private (RunPlan? Run, IReadOnlyList<Problem> Problems) Configure(IReadOnlyList<JsonNode> values)
    {
        var problems = new List<Problem>();
        var (parametersOfWorld, wrappers) = (plainWorld.Parameters, plainWorld.Wrappers);
        foreach (var (axis, value) in axes.Zip(values).Where(pair => pair.First.IsOfEnvironment))
            if (axis.Parameter.Read(JsonSerializer.SerializeToElement(value), At(axis), problems) is { } read)
                if (axis.IsWrapper)
                    wrappers = (WrapperConfig)axis.Schema.With(wrappers, axis.Parameter, read);
                else
                    parametersOfWorld = axis.Schema.With(parametersOfWorld, axis.Parameter, read);
        var world = axes.Any(axis => axis.IsOfEnvironment)
            ? World.Of(plainWorld.Entry, parametersOfWorld, wrappers, "/search/space", problems)
            : plainWorld;
        if (world is null)
            return (null, problems);
        if (algorithm.WhyNotOn(world.Spec) is { } reason)
        {
            problems.Add(new("/search/space", $"{algorithm.Name} cannot learn {world.Entry.Name} with these parameters: {reason}"));
            return (null, problems);
        }
        var config = Start.Parameters;
        foreach (var (axis, value) in axes.Zip(values).Where(pair => !pair.First.IsOfEnvironment))
            if (axis.Parameter.Read(JsonSerializer.SerializeToElement(value), At(axis), problems) is { } read)
                config = axis.Schema.With(config, axis.Parameter, read);
        RunPlan.Check(algorithm, config, world, "/search/space", problems);
        return problems.Count > 0
            ? (null, problems)
            : (Start with { Parameters = config, EnvironmentParameters = world.Parameters, Wrappers = world.Wrappers }, problems);

        static string At(Axis axis) => Problem.At("/search/space", axis.Dimension.Name);
    }

    // That single values are in range says nothing about their combinations.
    private void FindFaultsOfTrials(List<Problem> problems)
    {
        if (Sweep.Next(Search, (_, _, _) => null).Trials is [_, ..] first && (first.Count > 1 || !Search.Settings.DefaultFirst || Search.Settings.Trials == 1))
            return;
        var space = Search.Space;
        var point = space.ValuesOf([.. space.Dimensions.Select(dimension => dimension.At(0.5))]);
        problems.AddRange(Configure(point).Problems.DefaultIfEmpty(new("/search/space", "No other configuration of this space makes sense.")));
    }

    private static bool IsSearched(JsonElement? search, string parameter) =>
        search is { ValueKind: JsonValueKind.Object } members && members.TryGetProperty("space", out var space)
        && space.ValueKind == JsonValueKind.Object && space.TryGetProperty(parameter, out _);

    private static List<Axis> ReadSpace(Members search, AlgorithmEntry? algorithm, EnvironmentEntry? environment, List<Problem> faults, IReadOnlyCollection<string>? rules)
    {
        var pointer = search.At("space");
        if (search.Take("space") is not { } json)
        {
            search.Fault("space", "This member is required: by parameter, the values to search.");
            return [];
        }
        var axes = new List<Axis>();
        var own = algorithm is null ? null : ParameterSchema.Of(algorithm.Parameters);
        ParameterSchema[] worlds = environment is null ? [] : [ParameterSchema.Of(environment.Parameters), ParameterSchema.Of(typeof(WrapperConfig))];
        var before = faults.Count;
        foreach (var (key, value) in Members.Of(json, pointer, faults).TakeAll())
        {
            var at = Problem.At(pointer, key);
            var isOfEnvironment = key.StartsWith(EnvironmentPrefix, StringComparison.Ordinal);
            if (isOfEnvironment ? environment is null : algorithm is null)
                continue; // its owner's fault is enough
            var name = isOfEnvironment ? key[EnvironmentPrefix.Length..] : key;
            var schema = isOfEnvironment ? worlds.FirstOrDefault(each => each.Find(name) is not null) : own!.Find(name) is null ? null : own;
            if (schema is null)
                faults.Add(new(at, Problem.Unknown("parameter", key,
                    [.. own?.Parameters.Select(each => each.Name) ?? [], .. worlds.SelectMany(each => each.Parameters).Select(each => EnvironmentPrefix + each.Name)])));
            else if (ReadDimension(key, schema.Find(name)!, value, at, faults, rules) is var (dimension, resolved))
                axes.Add(new(dimension, schema, schema.Find(name)!, resolved, isOfEnvironment));
        }
        if (axes.Count == 0 && faults.Count == before && algorithm is not null && environment is not null)
            faults.Add(new(pointer, "Name at least one parameter, such as \"learningRate\": {\"low\": 1e-5, \"high\": 1e-2, \"scale\": \"log\"}."));
        if (axes.Count > 12)
            faults.Add(new(pointer, $"{axes.Count} parameters are too many to search at once; at most 12."));
        return axes;
    }

    private static (Dimension Dimension, JsonNode Json)? ReadDimension(
        string key, Parameter parameter, JsonElement json, string at, List<Problem> faults, IReadOnlyCollection<string>? rules)
    {
        var before = faults.Count;
        var members = Members.Of(json, at, faults);
        if (members.Take("values") is { } list)
        {
            members.RefuseOthers("member beside 'values'", ["values"]);
            if (list.ValueKind != JsonValueKind.Array || list.GetArrayLength() is 0 or > 1000)
                faults.Add(new(Problem.At(at, "values"), "Expected a list of 1 to 1000 values."));
            else
            {
                var values = new List<JsonNode>();
                foreach (var (index, element) in list.EnumerateArray().Index())
                {
                    var place = Problem.At(Problem.At(at, "values"), index.ToString(CultureInfo.InvariantCulture));
                    if (parameter.Read(element, place, faults) is not { } read)
                        continue;
                    var value = parameter.ToJson(read)!;
                    RuleNames.Check(parameter, value, place, rules, faults);
                    if (values.Any(other => other.ToJsonString() == value.ToJsonString()))
                        faults.Add(new(place, "This value is listed twice."));
                    values.Add(value);
                }
                if (faults.Count == before)
                    return (Dimension.Of(key, values), new JsonObject { ["values"] = new JsonArray([.. values.Select(value => value.DeepClone())]) });
            }
            return null;
        }
        if (json.ValueKind != JsonValueKind.Object)
            return null;
        if (parameter.Kind is not (ParameterKind.Number or ParameterKind.Integer))
        {
            faults.Add(new(at, "This parameter has no range; list its 'values'."));
            return null;
        }
        var low = Bound("low");
        var high = Bound("high");
        var scale = Choice(members, "scale", new Dictionary<string, DimensionScale> { ["linear"] = DimensionScale.Linear, ["log"] = DimensionScale.Log },
            DimensionScale.Linear) ?? DimensionScale.Linear;
        var whole = members.Flag("whole");
        var count = members.Whole("count", 2, 1000);
        members.RefuseOthers("member", ["low", "high", "scale", "whole", "count", "values"]);
        if (low >= high)
            faults.Add(new(Problem.At(at, "high"), "This has to be larger than 'low'."));
        if (scale == DimensionScale.Log && low <= 0)
            faults.Add(new(Problem.At(at, "low"), "A logarithmic scale begins above 0."));
        if (whole == false && parameter.Kind == ParameterKind.Integer)
            faults.Add(new(Problem.At(at, "whole"), "This parameter takes whole numbers only."));
        var isWhole = whole ?? parameter.Kind == ParameterKind.Integer;
        if (isWhole && parameter.Kind == ParameterKind.Number)
            foreach (var (name, bound) in ((string, double?)[])[("low", low), ("high", high)])
                if (bound is { } number && !double.IsInteger(number))
                    faults.Add(new(Problem.At(at, name), "Expected a whole number."));
        if (faults.Count > before)
            return null;
        var written = new JsonObject { ["low"] = Number(low!.Value), ["high"] = Number(high!.Value), ["scale"] = Word(scale) };
        if (isWhole)
            written["whole"] = true;
        if (count is { } asked)
            written["count"] = asked;
        return (Dimension.Range(key, low.Value, high.Value, scale, isWhole, (int?)count), written);

        double? Bound(string name)
        {
            if (members.Take(name) is not { } value)
            {
                faults.Add(new(Problem.At(at, name), "A range needs 'low' and 'high'; a list needs 'values'."));
                return null;
            }
            return parameter.Read(value, Problem.At(at, name), faults) is { } read ? Convert.ToDouble(read, CultureInfo.InvariantCulture) : null;
        }

        JsonNode Number(double value) => parameter.Kind == ParameterKind.Integer ? JsonValue.Create((long)value) : JsonValue.Create(value);
    }

    private static SearchSettings ReadSettings(
        Members search, long? steps, int seeds, List<Axis> axes, List<Problem> faults, out string metric, out double finalShare)
    {
        var method = Choice(search, "method", Methods, null);
        var trials = search.Whole("trials", 1, MostTrials);
        var seed = search.Whole("seed", 0, int.MaxValue) ?? 1;
        var parallel = search.Whole("parallel", 1, 1000) ?? 4;
        metric = search.Text("metric", 200) ?? Metrics.ExtrinsicReturn;
        var goal = Choice(search, "goal", Goals, SearchGoal.Maximise) ?? SearchGoal.Maximise;
        var aggregate = Choice(search, "aggregate", TrialAggregates, TrialAggregate.Mean) ?? TrialAggregate.Mean;
        finalShare = 0.1;
        if (search.Take("finalShare") is { } share)
            if (share.ValueKind == JsonValueKind.Number && share.GetDouble() is > 0 and <= 1 and var number)
                finalShare = number;
            else
                search.Fault("finalShare", "Expected a share above 0 and up to 1, such as 0.1.");
        var reduction = search.Whole("reduction", 2, 100);
        var firstRung = search.Whole("firstRung", 1, RunPlan.LongestRun);
        if (method is not null and not SearchMethod.Asha)
            foreach (var (name, given) in ((string, long?)[])[("reduction", reduction), ("firstRung", firstRung)])
                if (given is not null)
                    search.Fault(name, "Only the method 'asha' has rungs.");
        var defaultFirst = search.Flag("defaultFirst");
        if (method == SearchMethod.Grid && defaultFirst == true)
            search.Fault("defaultFirst", "A grid is tried as it stands; add the default's values to it.");
        var racing = Members.Of(search.Take("racing"), search.At("racing"), faults);
        var most = racing.Whole("most", 2, 1000);
        var rivals = racing.Whole("rivals", 1, 100);
        racing.RefuseOthers("member", ["most", "rivals"]);
        if (most is { } raced && raced <= seeds)
            racing.Fault("most", $"A race adds seeds; every trial has {seeds} already.");
        if (rivals is not null && most is null)
            racing.Fault("most", "This member is required: the seeds a configuration may get.");

        var settings = new SearchSettings
        {
            Method = method ?? SearchMethod.Random,
            Trials = (int)(trials ?? 20),
            Seed = (int)seed,
            Parallel = (int)parallel,
            Goal = goal,
            Aggregate = aggregate,
            Reduction = (int)(reduction ?? 3),
            FirstRung = firstRung ?? Math.Max(1, (steps ?? 1) / ((reduction ?? 3) * (reduction ?? 3))),
            DefaultFirst = method != SearchMethod.Grid && defaultFirst != false,
            RacingMost = (int)(most ?? 0),
            RacingRivals = (int)(rivals ?? 3),
        };
        if (method == SearchMethod.Grid)
        {
            var endless = axes.Where(axis => axis.Dimension.Count is null).ToList();
            foreach (var axis in endless)
                faults.Add(new(Problem.At(search.At("space"), axis.Dimension.Name), "A grid needs 'values', or the 'count' of values between 'low' and 'high'."));
            var size = endless.Count > 0 ? 1 : axes.Aggregate(1L, (product, axis) => Math.Min(product * axis.Dimension.Count!.Value, 1L << 40));
            if (size > MostTrials)
                search.Fault("space", string.Create(CultureInfo.InvariantCulture, $"This grid has {size} combinations; a sweep has at most {MostTrials} trials."));
            if (trials is not null)
                search.Fault("trials", "A grid has as many trials as combinations; leave this out.");
            settings = settings with { Trials = (int)Math.Min(size, MostTrials) };
        }
        if (method == SearchMethod.Asha && steps is { } budget)
        {
            if (settings.FirstRung >= budget)
                search.Fault("firstRung", "The first decision comes before the end of the budget.");
            var rungs = SuccessiveHalving.Rungs(budget, settings.FirstRung, settings.Reduction).Count;
            var least = Enumerable.Repeat((long)settings.Reduction, rungs - 1).Aggregate(1L, (product, factor) => Math.Min(product * factor, 1L << 40));
            if (settings.Trials < least)
                search.Fault(trials is null ? "firstRung" : "trials", string.Create(CultureInfo.InvariantCulture,
                    $"With {rungs} rungs of which one in {settings.Reduction} goes on, {least} trials are needed to have one reach the end; this has {settings.Trials}."));
        }
        if ((long)settings.Trials * Math.Max(seeds, 1) > ExperimentPlan.MostRuns)
            search.Fault("trials", $"This makes more than {ExperimentPlan.MostRuns} runs.");
        return settings;
    }

    private static T? Choice<T>(Members members, string name, IReadOnlyDictionary<string, T> words, T? usual) where T : struct, Enum
    {
        if (members.Take(name) is not { } value)
        {
            if (usual is null)
                members.Fault(name, $"This member is required: {string.Join(", ", words.Keys)}.");
            return usual;
        }
        if (value.ValueKind == JsonValueKind.String && words.TryGetValue(value.GetString()!, out var read))
            return read;
        members.Fault(name, value.ValueKind == JsonValueKind.String
            ? Problem.Unknown("choice", value.GetString()!, [.. words.Keys])
            : $"Expected one of {string.Join(", ", words.Keys)}.");
        return null;
    }
}
