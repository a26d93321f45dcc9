using System.Globalization;
using System.Text.Json;
using IntrinsicLab.Core.Algorithms;

namespace IntrinsicLab.Core.Experiments;

/// <summary>
/// The matrix people write: algorithms × environments × grid × seeds under one budget, expanded into runs.
/// <code>{ name, algorithms[], environments[], seeds (count or list), steps, parameters{algorithm:{…}}, environmentParameters{environment:{…}},
/// grid{"algorithm.parameter":[…]}, evaluation{…}, device, priority, tags[], notes }</code>
/// </summary>
/// <param name="Name">Name for people.</param>
/// <param name="Runs">Every run, in the order environment, algorithm, grid point, seed.</param>
/// <param name="Priority">Higher runs first.</param>
/// <param name="Tags">Words to find it by.</param>
/// <param name="Notes">Free text.</param>
public sealed record ExperimentPlan(string Name, IReadOnlyList<RunPlan> Runs, int Priority, IReadOnlyList<string> Tags, string Notes)
{
    /// <summary>The most runs one experiment may have.</summary>
    public const int MostRuns = 10_000;

    private static readonly string[] Known =
    [
        "name", "algorithms", "environments", "seeds", "steps", "device", "parameters", "environmentParameters", "grid", "evaluation", "priority",
        "tags", "notes",
    ];

    /// <summary>Reads a plan, adding every fault to <paramref name="problems"/>; null when there were any.</summary>
    public static ExperimentPlan? Read(JsonElement json, List<Problem> problems)
    {
        var faults = new List<Problem>();
        var members = Members.Of(json, "", faults);
        var name = members.Text("name", 200, required: true);
        var steps = members.Whole("steps", 1, RunPlan.LongestRun, required: true);
        var device = RunPlan.ReadDevice(members);
        var seeds = ReadSeeds(members);
        var labels = Labels.Read(members);
        var algorithms = Each(members, "algorithms", faults, RunPlan.FindAlgorithm);
        var environments = Each(members, "environments", faults, RunPlan.FindEnvironment);
        var parameters = PerId(members, "parameters", algorithms.Select(entry => entry.Id), "algorithm", faults);
        var environmentParameters = PerId(members, "environmentParameters", environments.Select(entry => entry.Id), "environment", faults);
        var grid = ReadGrid(members, algorithms, faults);
        var evaluation = RunPlan.ReadEvaluation(members, steps, faults);
        members.RefuseOthers("member", Known);

        foreach (var algorithm in algorithms)
            RunPlan.FindFaults(algorithm, parameters.GetValueOrDefault(algorithm.Id), Problem.At("/parameters", algorithm.Id), faults);
        var runs = new List<RunPlan>();
        foreach (var environment in environments)
        {
            var pointer = Problem.At("/environmentParameters", environment.Id);
            if (World.Read(environment, environmentParameters.GetValueOrDefault(environment.Id), pointer, faults) is not { } world)
                continue;
            foreach (var algorithm in algorithms)
            {
                var given = parameters.TryGetValue(algorithm.Id, out var element) ? element : (JsonElement?)null;
                var at = Problem.At("/parameters", algorithm.Id);
                if (RunPlan.ReadParameters(algorithm, world, given, at, "/environments", faults) is not { } start)
                    continue;
                var axes = grid.Where(axis => axis.Algorithm == algorithm).ToList();
                var count = axes.Aggregate((long)seeds.Count, (product, axis) => Math.Min(product * axis.Values.Count, 1L << 40));
                if (runs.Count + count > MostRuns)
                {
                    faults.Add(new("", $"This makes more than {MostRuns} runs; split it or make the grid smaller."));
                    problems.AddRange(faults.Distinct());
                    return null;
                }
                foreach (var (point, label) in Points(start, axes))
                {
                    RunPlan.Check(algorithm, point, world, at, faults);
                    foreach (var seed in seeds)
                        runs.Add(new RunPlan
                        {
                            Name = $"{algorithm.Id}-{environment.Id}{label}-{seed.ToString(CultureInfo.InvariantCulture)}",
                            Algorithm = algorithm.Id,
                            Environment = environment.Id,
                            Steps = steps ?? 1,
                            Seed = seed,
                            Device = device,
                            Parameters = point,
                            EnvironmentParameters = world.Parameters,
                            Wrappers = world.Wrappers,
                            Evaluation = evaluation,
                        });
                }
            }
        }
        problems.AddRange(faults.Distinct());
        return faults.Count == 0 ? new ExperimentPlan(name!.Trim(), runs, labels.Priority, labels.Tags, labels.Notes) : null;
    }

    private static List<int> ReadSeeds(Members members)
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

    private sealed record Axis(AlgorithmEntry Algorithm, Parameter Parameter, IReadOnlyList<object> Values);

    private static List<Axis> ReadGrid(Members members, List<AlgorithmEntry> algorithms, List<Problem> faults)
    {
        var axes = new List<Axis>();
        foreach (var (key, json) in Members.Of(members.Take("grid"), members.At("grid"), faults).TakeAll())
        {
            var at = Problem.At(members.At("grid"), key);
            var dot = key.IndexOf('.');
            var algorithm = dot < 0 ? null : algorithms.Find(entry => entry.Id == key[..dot]);
            var parameter = algorithm is null ? null : ParameterSchema.Of(algorithm.Parameters).Find(key[(dot + 1)..]);
            if (parameter is null)
            {
                var known = algorithms.SelectMany(entry => ParameterSchema.Of(entry.Parameters).Parameters.Select(each => $"{entry.Id}.{each.Name}"));
                faults.Add(new(at, Problem.Unknown("algorithm.parameter", key, [.. known])));
            }
            else if (json.ValueKind != JsonValueKind.Array || json.GetArrayLength() is 0 or > 1000)
                faults.Add(new(at, "Expected a list of 1 to 1000 values."));
            else
                axes.Add(new(algorithm!, parameter, [.. json.EnumerateArray()
                    .Select((value, index) => parameter.Read(value, Problem.At(at, index.ToString(CultureInfo.InvariantCulture)), faults))
                    .OfType<object>()]));
        }
        return axes;
    }

    private static IEnumerable<(object Config, string Label)> Points(object start, IReadOnlyList<Axis> axes)
    {
        IEnumerable<(object Config, string Label)> points = [(start, "")];
        foreach (var axis in axes)
            points = [.. points.SelectMany(point => axis.Values.Select(value =>
            {
                var config = ParameterSchema.Of(axis.Algorithm.Parameters).With(point.Config, axis.Parameter, value);
                return (config, $"{point.Label}-{axis.Parameter.Name}={axis.Parameter.GetJson(config)!.ToJsonString().Trim('"')}");
            }))];
        return points;
    }
}
