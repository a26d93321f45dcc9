using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Environments.Wrappers;

namespace IntrinsicLab.Core.Experiments;

/// <summary>
/// The matrix people write: algorithms × environments × grid × seeds under one budget, expanded into runs.
/// <code>{ name, algorithms[] or arms[{name, algorithm, parameters{}, environmentParameters{environment:{…}}}], environments[], seeds (count or list),
/// steps, parameters{algorithm:{…}}, environmentParameters{environment:{…}}, grid{"algorithm.parameter" or "environment.parameter":[…]},
/// evaluation{…}, device, priority, tags[], notes, reproduction{…} }</code>
/// An arm is an algorithm under a name with settings of its own, for claims such as "with the bonus against without". Environment parameters
/// under "*" hold for every environment; an arm's come before the plan's, an environment's own before "*".
/// </summary>
/// <param name="Name">Name for people.</param>
/// <param name="Runs">Every run, in the order environment, algorithm or arm, grid point of the environment, of the algorithm, seed.</param>
/// <param name="Priority">Higher runs first.</param>
/// <param name="Tags">Words to find it by.</param>
/// <param name="Notes">Free text.</param>
public sealed record ExperimentPlan(string Name, IReadOnlyList<RunPlan> Runs, int Priority, IReadOnlyList<string> Tags, string Notes)
{
    /// <summary>The most runs one experiment may have.</summary>
    public const int MostRuns = 10_000;

    private const int MostArms = 100;
    private const string EveryEnvironment = "*";

    private static readonly string[] Known =
    [
        "name", "algorithms", "arms", "environments", "seeds", "steps", "device", "parameters", "environmentParameters", "grid", "evaluation", "priority",
        "tags", "notes", Reproduction.Member,
    ];

    /// <summary>Reads a plan, adding every fault to <paramref name="problems"/>; null when there were any.</summary>
    /// <param name="json">The plan.</param>
    /// <param name="problems">Receives the faults.</param>
    /// <param name="rules">The learned rules there are, as "name@version"; parameters that name another are faults. Null to look nothing up.</param>
    public static ExperimentPlan? Read(JsonElement json, List<Problem> problems, IReadOnlyCollection<string>? rules = null)
    {
        var faults = new List<Problem>();
        var members = Members.Of(json, "", faults);
        var name = members.Text("name", 200, required: true);
        var steps = members.Whole("steps", 1, RunPlan.LongestRun, required: true);
        var device = RunPlan.ReadDevice(members);
        var seeds = ReadSeeds(members);
        var labels = Labels.Read(members);
        var environments = Each(members, "environments", faults, RunPlan.FindEnvironment);
        var arms = ReadArms(members, environments, faults);
        var environmentParameters = PerId(members, "environmentParameters", [EveryEnvironment, .. environments.Select(entry => entry.Id)], "environment", faults);
        var grid = ReadGrid(members, [.. arms.Select(arm => arm.Algorithm).Distinct()], environments, faults, rules);
        var evaluation = RunPlan.ReadEvaluation(members, steps, faults);
        var reproduction = members.Take(Reproduction.Member);
        members.RefuseOthers("member", Known);

        foreach (var arm in arms)
            RunPlan.FindFaults(arm.Algorithm, arm.Parameters, arm.ParametersPointer, faults, rules, Varied(arm));
        var runs = new List<RunPlan>();
        var configurations = new Dictionary<string, string>();
        foreach (var environment in environments)
        {
            var worldAxes = grid.Where(axis => axis.Owner == environment.Id).ToList();
            foreach (var arm in arms)
            {
                if (ReadWorld(environment, environmentParameters, arm, faults) is not { } plainWorld)
                    continue;
                var axes = grid.Where(axis => axis.Owner == arm.Algorithm.Id).ToList();
                var count = worldAxes.Concat(axes).Aggregate((long)seeds.Count, (product, axis) => Math.Min(product * axis.Values.Count, 1L << 40));
                if (runs.Count + count > MostRuns)
                {
                    faults.Add(new("", $"This makes more than {MostRuns} runs; split it or make the grid smaller."));
                    problems.AddRange(faults.Distinct());
                    return null;
                }
                foreach (var (world, worldLabel) in Worlds(plainWorld, worldAxes, faults))
                {
                    if (RunPlan.ReadParameters(arm.Algorithm, world, arm.Parameters, arm.ParametersPointer, "/environments", faults, rules, Varied(arm)) is not { } start)
                        continue;
                    foreach (var (point, label) in Points(start, axes))
                    {
                        RunPlan.Check(arm.Algorithm, point, world, arm.ParametersPointer, faults);
                        var configuration = $"{(arm.Name.Length > 0 ? arm.Name : arm.Algorithm.Id)}-{environment.Id}{worldLabel}{label}";
                        var first = runs.Count;
                        foreach (var seed in seeds)
                            runs.Add(new RunPlan
                            {
                                Name = $"{configuration}-{seed.ToString(CultureInfo.InvariantCulture)}",
                                Algorithm = arm.Algorithm.Id,
                                Arm = arm.Name,
                                Environment = environment.Id,
                                Steps = steps ?? 1,
                                Seed = seed,
                                Device = device,
                                Parameters = point,
                                EnvironmentParameters = world.Parameters,
                                Wrappers = world.Wrappers,
                                Evaluation = evaluation,
                            });
                        if (runs.Count > first && !configurations.TryAdd(runs[first].ConfigurationHash, configuration))
                            faults.Add(new(arm.Pointer.Length > 0 ? arm.Pointer : "/grid",
                                $"{configuration} is the same configuration as {configurations[runs[first].ConfigurationHash]}; every seed would run twice."));
                    }
                }
            }
        }
        var plan = faults.Count == 0 ? new ExperimentPlan(name!.Trim(), runs, labels.Priority, labels.Tags, labels.Notes) : null;
        if (reproduction is { } figure)
            Reproduction.Read(figure, json, plan, faults);
        problems.AddRange(faults.Distinct());
        return faults.Count == 0 ? plan : null;

        // What an axis of the grid sets is checked there.
        List<Parameter> Varied(Arm arm) => [.. grid.Where(axis => axis.Owner == arm.Algorithm.Id).Select(axis => axis.Parameter)];
    }

    private sealed record Arm(
        string Name, AlgorithmEntry Algorithm, JsonElement? Parameters, string ParametersPointer, Dictionary<string, JsonElement?> EnvironmentParameters, string Pointer);

    private static List<Arm> ReadArms(Members members, List<EnvironmentEntry> environments, List<Problem> faults)
    {
        if (members.Take("arms") is not { } json)
        {
            var algorithms = Each(members, "algorithms", faults, RunPlan.FindAlgorithm);
            var parameters = PerId(members, "parameters", algorithms.Select(entry => entry.Id), "algorithm", faults);
            return algorithms.ConvertAll(entry => new Arm("", entry, parameters.GetValueOrDefault(entry.Id), Problem.At("/parameters", entry.Id), [], ""));
        }
        foreach (var other in (string[])["algorithms", "parameters"])
            if (members.Take(other) is not null)
                members.Fault(other, "A plan has either 'algorithms' with 'parameters', or 'arms' that name an algorithm and its parameters each.");
        if (json.ValueKind != JsonValueKind.Array || json.GetArrayLength() is 0 or > MostArms)
        {
            members.Fault("arms", $"Expected a list of 1 to {MostArms} arms.");
            return [];
        }
        var arms = new List<Arm>();
        foreach (var (index, element) in json.EnumerateArray().Index())
        {
            var arm = Members.Of(element, Problem.At(members.At("arms"), index.ToString(CultureInfo.InvariantCulture)), faults);
            var name = arm.Text("name", 80, required: true)?.Trim();
            var algorithm = RunPlan.FindAlgorithm(arm.Text("algorithm", 100, required: true), arm.At("algorithm"), faults);
            var parameters = arm.Take("parameters");
            var own = PerId(arm, "environmentParameters", [EveryEnvironment, .. environments.Select(entry => entry.Id)], "environment", faults);
            arm.RefuseOthers("member", ["name", "algorithm", "parameters", "environmentParameters"]);
            if (arms.Any(other => other.Name == name))
                arm.Fault("name", $"Another arm is called '{name}'.");
            if (name is not null && algorithm is not null)
                arms.Add(new(name, algorithm, parameters, arm.At("parameters"), own, Problem.At(members.At("arms"), index.ToString(CultureInfo.InvariantCulture))));
        }
        return arms;
    }

    // Settings of an environment come from up to four places; a fault is shown where its member was written.
    private static World? ReadWorld(EnvironmentEntry environment, Dictionary<string, JsonElement?> shared, Arm arm, List<Problem> faults)
    {
        (JsonElement? Json, string Pointer)[] places =
        [
            (shared.GetValueOrDefault(EveryEnvironment), Problem.At("/environmentParameters", EveryEnvironment)),
            (shared.GetValueOrDefault(environment.Id), Problem.At("/environmentParameters", environment.Id)),
            (arm.EnvironmentParameters.GetValueOrDefault(EveryEnvironment), Problem.At($"{arm.Pointer}/environmentParameters", EveryEnvironment)),
            (arm.EnvironmentParameters.GetValueOrDefault(environment.Id), Problem.At($"{arm.Pointer}/environmentParameters", environment.Id)),
        ];
        var given = places.Where(place => place.Json is not null).ToList();
        if (given.Count <= 1 || given.Any(place => place.Json!.Value.ValueKind != JsonValueKind.Object))
        {
            foreach (var place in given)
                if (place.Json!.Value.ValueKind != JsonValueKind.Object || given.Count == 1)
                    return World.Read(environment, place.Json, place.Pointer, faults);
            return World.Read(environment, null, places[1].Pointer, faults);
        }
        var merged = new JsonObject();
        var origins = new Dictionary<string, string>();
        foreach (var (json, pointer) in given)
            foreach (var member in json!.Value.EnumerateObject())
                (merged[member.Name], origins[Problem.At("", member.Name)]) = (JsonNode.Parse(member.Value.GetRawText()), Problem.At(pointer, member.Name));
        var found = new List<Problem>();
        var world = World.Read(environment, JsonSerializer.SerializeToElement(merged), "", found);
        faults.AddRange(found.Select(fault =>
        {
            var end = fault.Pointer.IndexOf('/', Math.Min(1, fault.Pointer.Length));
            var member = end < 0 ? fault.Pointer : fault.Pointer[..end];
            return fault with { Pointer = origins.TryGetValue(member, out var origin) ? origin + fault.Pointer[member.Length..] : given[^1].Pointer + fault.Pointer };
        }));
        return world;
    }

    internal static List<int> ReadSeeds(Members members)
    {
        if (members.Take("seeds") is not { } json)
        {
            members.Fault("seeds", "This member is required: a count, or a list of seeds.");
            return [];
        }
        if (Parameter.Whole(json) is { } count and >= 1 and <= 1000)
            return [.. Enumerable.Range(1, (int)count)];
        if (json.ValueKind == JsonValueKind.Array && json.GetArrayLength() is > 0 and <= 1000)
        {
            var seeds = json.EnumerateArray().Select(Parameter.Whole).ToList();
            if (seeds.All(seed => seed is >= 0 and <= int.MaxValue) && seeds.Distinct().Count() == seeds.Count)
                return [.. seeds.Select(seed => (int)seed!.Value)];
        }
        members.Fault("seeds", "Expected a count from 1 to 1000, or a list of different whole numbers from 0 to 2147483647.");
        return [];
    }

    private static List<T> Each<T>(Members members, string name, List<Problem> faults, Func<string?, string, List<Problem>, T?> find) where T : class =>
        [.. members.Texts(name, 100, 100, required: true)
            .Select((id, index) => find(id, Problem.At(members.At(name), index.ToString(CultureInfo.InvariantCulture)), faults))
            .OfType<T>()];

    private static Dictionary<string, JsonElement?> PerId(Members members, string name, IEnumerable<string> ids, string kind, List<Problem> faults)
    {
        var known = ids.ToList();
        var given = new Dictionary<string, JsonElement?>();
        foreach (var (id, value) in Members.Of(members.Take(name), members.At(name), faults).TakeAll())
            if (known.Contains(id))
                given[id] = value;
            else
                faults.Add(new(Problem.At(members.At(name), id), Problem.Unknown($"{kind} in this plan", id, known)));
        return given;
    }

    // One parameter of an algorithm or an environment and the values it takes.
    private sealed record Axis(string Owner, ParameterSchema Schema, Parameter Parameter, string Pointer, IReadOnlyList<object> Values)
    {
        public string Label(object config) => $"-{Parameter.Name}={Parameter.GetJson(config)!.ToJsonString().Trim('"')}";
    }

    private static List<Axis> ReadGrid(Members members, List<AlgorithmEntry> algorithms, List<EnvironmentEntry> environments, List<Problem> faults,
        IReadOnlyCollection<string>? rules)
    {
        List<(string Id, ParameterSchema Schema)> owners =
        [
            .. algorithms.Select(entry => (entry.Id, ParameterSchema.Of(entry.Parameters))),
            .. environments.Select(entry => (entry.Id, ParameterSchema.Of(entry.Parameters))),
            .. environments.Select(entry => (entry.Id, ParameterSchema.Of(typeof(WrapperConfig)))),
        ];
        var axes = new List<Axis>();
        foreach (var (key, json) in Members.Of(members.Take("grid"), members.At("grid"), faults).TakeAll())
        {
            var at = Problem.At(members.At("grid"), key);
            var dot = key.IndexOf('.');
            var found = dot < 0 ? default : owners.FirstOrDefault(owner => owner.Id == key[..dot] && owner.Schema.Find(key[(dot + 1)..]) is not null);
            if (found.Schema is null)
                faults.Add(new(at, Problem.Unknown(
                    "algorithm.parameter or environment.parameter", key, [.. owners.SelectMany(owner => owner.Schema.Parameters.Select(each => $"{owner.Id}.{each.Name}"))])));
            else if (json.ValueKind != JsonValueKind.Array || json.GetArrayLength() is 0 or > 1000)
                faults.Add(new(at, "Expected a list of 1 to 1000 values."));
            else
            {
                var parameter = found.Schema.Find(key[(dot + 1)..])!;
                var values = new List<object>();
                foreach (var (index, value) in json.EnumerateArray().Index())
                {
                    var place = Problem.At(at, index.ToString(CultureInfo.InvariantCulture));
                    if (parameter.Read(value, place, faults) is not { } read)
                        continue;
                    RuleNames.Check(parameter, parameter.ToJson(read), place, rules, faults);
                    values.Add(read);
                }
                axes.Add(new(found.Id, found.Schema, parameter, at, values));
            }
        }
        return axes;
    }

    private static IEnumerable<(World World, string Label)> Worlds(World start, IReadOnlyList<Axis> axes, List<Problem> faults)
    {
        IEnumerable<(World? World, string Label)> worlds = [(start, "")];
        foreach (var axis in axes)
            worlds = [.. worlds.Where(point => point.World is not null).SelectMany(point => axis.Values.Select(value =>
            {
                var (parameters, wrappers) = (point.World!.Parameters, point.World.Wrappers);
                if (axis.Schema == ParameterSchema.Of(typeof(WrapperConfig)))
                    wrappers = (WrapperConfig)axis.Schema.With(wrappers, axis.Parameter, value);
                else
                    parameters = axis.Schema.With(parameters, axis.Parameter, value);
                var label = axis.Label(axis.Schema == ParameterSchema.Of(typeof(WrapperConfig)) ? wrappers : parameters);
                return (World.Of(start.Entry, parameters, wrappers, axis.Pointer, faults), point.Label + label);
            }))];
        return worlds.Where(point => point.World is not null).Select(point => (point.World!, point.Label));
    }

    private static IEnumerable<(object Config, string Label)> Points(object start, IReadOnlyList<Axis> axes)
    {
        IEnumerable<(object Config, string Label)> points = [(start, "")];
        foreach (var axis in axes)
            points = [.. points.SelectMany(point => axis.Values.Select(value =>
            {
                var config = axis.Schema.With(point.Config, axis.Parameter, value);
                return (config, point.Label + axis.Label(config));
            }))];
        return points;
    }
}
