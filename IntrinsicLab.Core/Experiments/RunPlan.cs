using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Environments.Wrappers;

namespace IntrinsicLab.Core.Experiments;

/// <summary>
/// One run, fully resolved: algorithm, environment, budget, seed, and every parameter with its value. Plan, seed and code version
/// determine a run's metrics.
/// </summary>
public sealed partial record RunPlan
{
    /// <summary>The most environment steps a run may have.</summary>
    public const long LongestRun = 1_000_000_000_000;

    private static readonly string[] Known =
        ["name", "algorithm", "arm", "environment", "steps", "seed", "device", "parameters", "environmentParameters", "evaluation"];

    /// <summary>Name for people.</summary>
    public required string Name { get; init; }

    /// <summary>Id of the algorithm.</summary>
    public required string Algorithm { get; init; }

    /// <summary>Name of its arm in an experiment that compares settings of algorithms; empty elsewhere.</summary>
    public string Arm { get; init; } = "";

    /// <summary>Id of the environment.</summary>
    public required string Environment { get; init; }

    /// <summary>Budget in environment steps; the run ends with the last whole update within it.</summary>
    public required long Steps { get; init; }

    /// <summary>Root of all randomness.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Where tensors live: <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>The algorithm's config record.</summary>
    public required object Parameters { get; init; }

    /// <summary>The environment's config record.</summary>
    public required object EnvironmentParameters { get; init; }

    /// <summary>What is wrapped around the environment.</summary>
    public WrapperConfig Wrappers { get; init; } = new();

    /// <summary>When the policy is tried out and recorded.</summary>
    public EvaluationPlan Evaluation { get; init; } = new();

    /// <summary>Reads and resolves a plan, adding every fault to <paramref name="problems"/>; null when there were any.</summary>
    /// <param name="json">The plan.</param>
    /// <param name="problems">Receives the faults.</param>
    /// <param name="rules">The learned rules there are, as "name@version"; parameters that name another are faults. Null to look nothing up.</param>
    public static RunPlan? Read(JsonElement json, List<Problem> problems, IReadOnlyCollection<string>? rules = null)
    {
        var before = problems.Count;
        var members = Members.Of(json, "", problems);
        var plan = Read(members, problems, rules);
        members.RefuseOthers("member", Known);
        return problems.Count == before ? plan : null;
    }

    internal static RunPlan? Read(Members members, List<Problem> problems, IReadOnlyCollection<string>? rules = null)
    {
        var before = problems.Count;
        var name = members.Text("name", 200);
        var arm = members.Text("arm", 80);
        var steps = members.Whole("steps", 1, LongestRun, required: true);
        var seed = members.Whole("seed", 0, int.MaxValue) ?? 1;
        var device = ReadDevice(members);
        var algorithm = FindAlgorithm(members.Text("algorithm", 100, required: true), members.At("algorithm"), problems);
        var environment = FindEnvironment(members.Text("environment", 100, required: true), members.At("environment"), problems);
        var parametersJson = members.Take("parameters");
        var environmentJson = members.Take("environmentParameters");
        var evaluation = ReadEvaluation(members, steps, problems);
        var world = environment is null ? null : World.Read(environment, environmentJson, members.At("environmentParameters"), problems);
        if (algorithm is not null && world is null)
            FindFaults(algorithm, parametersJson, members.At("parameters"), problems, rules);
        if (algorithm is null || world is null)
            return null;
        var parameters = ReadParameters(algorithm, world, parametersJson, members.At("parameters"), members.At("environment"), problems, rules);
        if (problems.Count != before || parameters is null)
            return null;
        return new RunPlan
        {
            Name = string.IsNullOrWhiteSpace(name) ? $"{algorithm.Id}-{world.Entry.Id}-{seed.ToString(CultureInfo.InvariantCulture)}" : name.Trim(),
            Algorithm = algorithm.Id,
            Arm = arm?.Trim() ?? "",
            Environment = world.Entry.Id,
            Steps = steps!.Value,
            Seed = (int)seed,
            Device = device,
            Parameters = parameters,
            EnvironmentParameters = world.Parameters,
            Wrappers = world.Wrappers,
            Evaluation = evaluation,
        };
    }

    internal static EvaluationPlan ReadEvaluation(Members members, long? steps, List<Problem> problems)
    {
        var pointer = members.At("evaluation");
        var schema = ParameterSchema.Of(typeof(EvaluationPlan));
        var evaluation = (EvaluationPlan)schema.Read(members.Take("evaluation"), new EvaluationPlan(), pointer, problems);
        if (evaluation.Every > 0 && steps / evaluation.Every > EvaluationSchedule.MostEvaluations)
            problems.Add(new(Problem.At(pointer, "every"), string.Create(CultureInfo.InvariantCulture,
                $"That makes {steps / evaluation.Every} evaluations; a run has at most {EvaluationSchedule.MostEvaluations}.")));
        return evaluation;
    }

    internal static string ReadDevice(Members members)
    {
        var device = members.Text("device", 20) ?? "cpu";
        if (!DevicePattern().IsMatch(device))
            members.Fault("device", "Expected cpu, cuda or cuda:N.");
        return device;
    }

    internal static AlgorithmEntry? FindAlgorithm(string? id, string pointer, List<Problem> problems)
    {
        if (id is null)
            return null;
        var entry = AlgorithmCatalog.Find(id);
        if (entry is null)
            problems.Add(new(pointer, Problem.Unknown("algorithm", id, [.. AlgorithmCatalog.All.Select(known => known.Id)])));
        return entry;
    }

    internal static EnvironmentEntry? FindEnvironment(string? id, string pointer, List<Problem> problems)
    {
        if (id is null)
            return null;
        var entry = EnvironmentCatalog.Find(id);
        if (entry is null)
            problems.Add(new(pointer, Problem.Unknown("environment", id, [.. EnvironmentCatalog.All.Select(known => known.Id)])));
        else if (entry.WhyUnavailable() is { } reason)
        {
            problems.Add(new(pointer, $"{entry.Name} cannot run here: {reason}"));
            return null;
        }
        return entry;
    }

    /// <summary>What is wrong with parameters whatever the environment: used where that is itself in doubt, so that no fault waits for another.</summary>
    internal static void FindFaults(
        AlgorithmEntry algorithm, JsonElement? json, string pointer, List<Problem> problems, IReadOnlyCollection<string>? rules = null,
        IReadOnlyCollection<Parameter>? varied = null)
    {
        var defaults = algorithm.Defaults(new EnvironmentSpec(new Box([1], 0, 1), new Discrete(2)));
        RuleNames.Check(ParameterSchema.Of(algorithm.Parameters).Read(json, defaults, pointer, problems), pointer, rules, problems, varied);
    }

    internal static object? ReadParameters(
        AlgorithmEntry algorithm, World world, JsonElement? json, string pointer, string environmentPointer, List<Problem> problems,
        IReadOnlyCollection<string>? rules = null, IReadOnlyCollection<Parameter>? varied = null)
    {
        if (algorithm.WhyNotOn(world.Spec) is { } reason)
        {
            problems.Add(new(environmentPointer, $"{algorithm.Name} cannot learn {world.Entry.Name}: {reason}"));
            return null;
        }
        var before = problems.Count;
        var parameters = ParameterSchema.Of(algorithm.Parameters).Read(json, algorithm.Defaults(world.Spec), pointer, problems);
        RuleNames.Check(parameters, pointer, rules, problems, varied);
        if (problems.Count == before)
            Check(algorithm, parameters, world, pointer, problems);
        return parameters;
    }

    internal static void Check(AlgorithmEntry algorithm, object parameters, World world, string pointer, List<Problem> problems)
    {
        foreach (var (member, message) in algorithm.CrossCheck(parameters, world.Spec))
            problems.Add(new(Problem.At(pointer, member), message));
    }

    /// <summary>What the run will hold in memory, as a sentence; null where its algorithm does not say.</summary>
    public string? Memory() => AlgorithmCatalog.Find(Algorithm)!.Memory(Parameters, CreateEnvironments().Spec);

    /// <summary>The plan as people may write it, with nothing left to default; reading it gives an equal plan.</summary>
    public JsonObject ToJson()
    {
        var environmentParameters = ParameterSchema.Of(EnvironmentParameters.GetType()).Write(EnvironmentParameters);
        foreach (var (name, value) in ParameterSchema.Of(typeof(WrapperConfig)).Write(Wrappers))
            environmentParameters[name] = value?.DeepClone();
        var plan = new JsonObject
        {
            ["name"] = Name,
            ["algorithm"] = Algorithm,
            ["environment"] = Environment,
            ["steps"] = Steps,
            ["seed"] = Seed,
            ["device"] = Device,
            ["parameters"] = ParameterSchema.Of(Parameters.GetType()).Write(Parameters),
            ["environmentParameters"] = environmentParameters,
            ["evaluation"] = ParameterSchema.Of(typeof(EvaluationPlan)).Write(Evaluation),
        };
        if (Arm.Length > 0)
            plan["arm"] = Arm;
        return plan;
    }

    /// <summary>
    /// SHA-256 of everything but name, arm, seed and evaluation, in hexadecimal: runs that share it are seeds of one configuration. Evaluation is
    /// left out because training is bit for bit the same with and without it.
    /// </summary>
    public string ConfigurationHash
    {
        get
        {
            var json = ToJson();
            json.Remove("name");
            json.Remove("arm");
            json.Remove("seed");
            json.Remove("evaluation");
            return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Sorted(json)!.ToJsonString())));
        }
    }

    /// <summary>What makes the plan's environments.</summary>
    public EnvironmentFactory CreateEnvironments() =>
        EnvironmentCatalog.Factory(EnvironmentCatalog.Find(Environment)!, EnvironmentParameters, Wrappers);

    private static JsonNode? Sorted(JsonNode? node) => node is not JsonObject members
        ? node?.DeepClone()
        : new JsonObject(members.OrderBy(member => member.Key, StringComparer.Ordinal)
            .Select(member => KeyValuePair.Create(member.Key, Sorted(member.Value))));

    [GeneratedRegex("^(cpu|cuda(:[0-9]{1,2})?)$")]
    private static partial Regex DevicePattern();
}

/// <summary>An environment with its parameters read, and the spec that follows from them.</summary>
internal sealed record World(EnvironmentEntry Entry, object Parameters, WrapperConfig Wrappers, EnvironmentSpec Spec)
{
    public static World? Read(EnvironmentEntry entry, JsonElement? json, string pointer, List<Problem> problems)
    {
        var before = problems.Count;
        var members = Members.Of(json, pointer, problems);
        var own = ParameterSchema.Of(entry.Parameters);
        var shared = ParameterSchema.Of(typeof(WrapperConfig));
        var parameters = own.Read(members, Activator.CreateInstance(entry.Parameters)!, problems);
        var wrappers = (WrapperConfig)shared.Read(members, new WrapperConfig(), problems);
        members.RefuseOthers("parameter", [.. own.Parameters.Concat(shared.Parameters).Select(parameter => parameter.Name)]);
        return problems.Count == before ? Of(entry, parameters, wrappers, pointer, problems) : null;
    }

    public static World? Of(EnvironmentEntry entry, object parameters, WrapperConfig wrappers, string pointer, List<Problem> problems)
    {
        try
        {
            return new World(entry, parameters, wrappers, EnvironmentCatalog.Factory(entry, parameters, wrappers).Spec);
        }
        catch (ArgumentException error)
        {
            // What attributes cannot say: an impossible map, a class that is not there. .NET adds the parameter's name to the sentence.
            var parameter = ParameterSchema.Of(entry.Parameters).Parameters.Concat(ParameterSchema.Of(typeof(WrapperConfig)).Parameters)
                .FirstOrDefault(each => string.Equals(each.Name, error.ParamName, StringComparison.OrdinalIgnoreCase));
            var sentence = error.ParamName is { } name ? error.Message.Replace($" (Parameter '{name}')", "") : error.Message;
            if (sentence.StartsWith($"{entry.Id}: ", StringComparison.OrdinalIgnoreCase))
                sentence = char.ToUpperInvariant(sentence[entry.Id.Length + 2]) + sentence[(entry.Id.Length + 3)..];
            problems.Add(new(parameter is null ? pointer : Problem.At(pointer, parameter.Name), $"{entry.Name}: {sentence}"));
        }
        catch (InvalidOperationException error)
        {
            problems.Add(new(pointer, $"{entry.Name} cannot run here: {error.Message}"));
        }
        return null;
    }
}
