using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace IntrinsicLab.Core.Environments.External;

/// <summary>What a Python environment shows, accepts and pays, as its process told it.</summary>
/// <param name="Text">The description itself; equal environments have equal ones.</param>
/// <param name="About">Versions of Python and of what the environment uses.</param>
/// <param name="Spec">The description as the lab reads it.</param>
/// <param name="Parts">Places inside the observation with their number of values, in order.</param>
/// <param name="HasPictures">It can draw itself.</param>
internal sealed record GymnasiumSpec(string Text, string About, EnvironmentSpec Spec, (string Place, int Size)[] Parts, bool HasPictures)
{
    private const long Kept = 600_000;
    private const long FaultKept = 10_000;
    private static readonly ConcurrentDictionary<(GymnasiumConfig, string), Known> Cache = new();

    /// <summary>
    /// The spec of the environment that a configuration names. Python is started to learn it, unless that was done a short while ago and the
    /// environment's files are as they were then.
    /// </summary>
    /// <exception cref="ArgumentException">There is no such environment, or policies cannot act in it; the message says why.</exception>
    internal static GymnasiumSpec Of(GymnasiumConfig config)
    {
        var interpreter = Interpreter(config);
        if (Cache.TryGetValue((config, interpreter), out var known) && known.IsCurrent)
            return known.Spec ?? throw new ArgumentException(known.Fault, known.Parameter);
        try
        {
            var request = Request(config);
            using var process = Start(config, interpreter);
            var (_, description) = process.Make(request, config.StartTimeout);
            var spec = Read(description, out var files);
            Cache[(config, interpreter)] = new(spec, null, null, Stamps(files), Environment.TickCount64 + Kept);
            return spec;
        }
        catch (PythonFault fault)
        {
            var error = NotMade(config, fault);
            string[] files = config.Environment.LastIndexOf(':') is > 0 and var colon ? [config.Environment[..colon]] : [];
            Cache[(config, interpreter)] = new(null, Sentence(error), error.ParamName, Stamps(files), Environment.TickCount64 + FaultKept);
            throw error;
        }
    }

    /// <summary>Starts the process that a configuration names.</summary>
    internal static GymnasiumProcess Start(GymnasiumConfig config, string interpreter) =>
        new(interpreter, config.Environment, config.StartTimeout, config.StepTimeout);

    /// <summary>Full path of the interpreter that a configuration names.</summary>
    internal static string Interpreter(GymnasiumConfig config) => PythonInterpreter.Find(config.Python)
        ?? throw new ArgumentException($"There is no Python interpreter '{PythonInterpreter.Wanted(config.Python)}'.", "python");

    /// <summary>The message that asks for the environment of a configuration.</summary>
    internal static byte[] Request(GymnasiumConfig config)
    {
        if (config.Environment.Trim().Length == 0)
            throw new ArgumentException("Name the environment: an id such as CartPole-v1, module:Class or /path/to/file.py:Class.", "environment");
        var request = new JsonObject
        {
            ["protocol"] = GymnasiumProcess.Protocol,
            ["environment"] = config.Environment.Trim(),
            ["arguments"] = Arguments(config.Arguments),
            ["import"] = new JsonArray([.. config.Import.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries)
                .Select(module => (JsonNode)module)]),
        };
        if (config.Atari)
            request["atari"] = true;
        return JsonSerializer.SerializeToUtf8Bytes(request);
    }

    /// <summary>The exception for an environment that could not be made.</summary>
    internal static ArgumentException NotMade(GymnasiumConfig config, PythonFault fault) =>
        new(fault.Traceback.Length == 0 ? fault.Message : $"{config.Environment.Trim()} could not be made: {fault.Message}\n{fault.Traceback}",
            "environment");

    /// <summary>Reads what the process answered to <see cref="Request"/>.</summary>
    internal static GymnasiumSpec Read(string description, out string[] files)
    {
        using var json = JsonDocument.Parse(description);
        var root = json.RootElement.GetProperty("spec");
        files = [.. json.RootElement.GetProperty("files").EnumerateArray().Select(file => file.GetString()!)];
        var parts = root.GetProperty("observation").GetProperty("parts").EnumerateArray().Select(part => (part[0].GetString()!, part[1].GetInt32()));
        var action = root.GetProperty("action");
        var spec = new EnvironmentSpec(ReadBox(root.GetProperty("observation")),
            action.TryGetProperty("count", out var count) ? new Discrete(count.GetInt32()) : ReadBox(action))
        {
            TimeLimit = root.GetProperty("timeLimit") is { ValueKind: JsonValueKind.Number } limit ? limit.GetInt32() : null,
            SolvedAt = root.GetProperty("solvedAt") is { ValueKind: JsonValueKind.Number } solved ? solved.GetDouble() : null,
            SecondsPerStep = root.GetProperty("secondsPerStep") is { ValueKind: JsonValueKind.Number } seconds ? seconds.GetDouble() : null,
            Goal = root.GetProperty("goal") is { ValueKind: JsonValueKind.Array } goal ? new GoalLayout(goal[0].GetInt32(), goal[1].GetInt32()) : null,
            Elsewhere = true,
        };
        var about = json.RootElement.GetProperty("about").GetString()!;
        return new GymnasiumSpec(root.GetRawText(), about, spec, [.. parts], root.GetProperty("pictures").GetBoolean());
    }

    /// <summary>An exception's message without the parameter's name that .NET adds.</summary>
    private static string Sentence(ArgumentException error) => error.Message.Replace($" (Parameter '{error.ParamName}')", "");

    private static JsonNode Arguments(string text)
    {
        try
        {
            if ((text.Trim().Length == 0 ? new JsonObject() : JsonNode.Parse(text)) is JsonObject arguments)
                return arguments;
        }
        catch (JsonException error)
        {
            throw new ArgumentException($"The arguments are no JSON: {error.Message}", "arguments");
        }
        throw new ArgumentException("The arguments are not a JSON object such as {\"size\": 8}.", "arguments");
    }

    private static Box ReadBox(JsonElement json)
    {
        int[] shape = [.. json.GetProperty("shape").EnumerateArray().Select(extent => extent.GetInt32())];
        var size = shape.Aggregate(1, (product, extent) => product * extent);
        return new Box(shape, Bounds("low", float.NegativeInfinity), Bounds("high", float.PositiveInfinity));

        float[] Bounds(string name, float none)
        {
            float[] told = [.. json.GetProperty(name).EnumerateArray()
                .Select(bound => bound.ValueKind == JsonValueKind.Null ? none : (float)bound.GetDouble())];
            if (told.Length == size)
                return told;
            var all = new float[size];
            Array.Fill(all, told[0]);
            return all;
        }
    }

    private static (string File, DateTime Written)[] Stamps(IEnumerable<string> files) =>
        [.. files.Select(file => (file, File.GetLastWriteTimeUtc(file)))];

    private sealed record Known(GymnasiumSpec? Spec, string? Fault, string? Parameter, (string File, DateTime Written)[] Files, long Until)
    {
        internal bool IsCurrent => Environment.TickCount64 < Until && Files.All(file => File.GetLastWriteTimeUtc(file.File) == file.Written);
    }
}
