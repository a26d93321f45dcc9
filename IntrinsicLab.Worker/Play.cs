using System.Text.Json;
using System.Text.Json.Nodes;
using IntrinsicLab.Core;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Experiments;

namespace IntrinsicLab.Worker;

/// <summary>
/// One environment, played command by command. Commands: <c>start</c> (with <c>environmentParameters</c> and <c>seed</c>), <c>reset</c>
/// (with a <c>seed</c>, or on to the next episode), <c>step</c> (with an <c>action</c>, or at random; <c>count</c> times, at most to
/// the end of the episode). Answers are of the kind <c>started</c>, <c>frames</c> or <c>problems</c>.
/// </summary>
/// <param name="entry">The environment.</param>
internal sealed class Play(EnvironmentEntry entry) : IDisposable
{
    /// <summary>The most steps of one command.</summary>
    public const int MostSteps = 240;

    /// <summary>The most values of an observation that an answer carries.</summary>
    public const int MostValues = 64;

    private static readonly string[] Commands = ["start", "reset", "step"];

    private EnvironmentFactory? factory;
    private IEnvironment? environment;
    private Rng world = new(1), hand = new(1);
    private float[] observation = [];
    private double sum;
    private int steps;
    private bool running;
    private Scene? shown;

    /// <summary>Carries out a command and writes the answer as one line of JSON.</summary>
    public byte[] Answer(string command)
    {
        var problems = new List<Problem>();
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            try
            {
                using var json = JsonDocument.Parse(command);
                Carry(Members.Of(json.RootElement, "", problems), writer, problems);
            }
            catch (JsonException broken)
            {
                problems.Add(new("", $"The command is not JSON: {broken.Message}"));
            }
            catch (Exception fault) when (fault is ArgumentException or InvalidOperationException)
            {
                problems.Add(new("", fault.Message));
            }
            if (problems.Count > 0)
            {
                // What was begun of an answer is dropped.
                buffer.SetLength(0);
                writer.Reset(buffer);
                Write(writer, problems);
            }
        }
        return buffer.ToArray();
    }

    public void Dispose() => environment?.Dispose();

    private void Carry(Members members, Utf8JsonWriter writer, List<Problem> problems)
    {
        var before = problems.Count;
        var what = members.Text("do", 20, required: true);
        if (what is not null && !Commands.Contains(what))
            members.Fault("do", Problem.Unknown("command", what, Commands));
        switch (what)
        {
            case "start":
                var plan = PlayPlan.Read(entry, members, problems);
                members.RefuseOthers("member", ["do", "seed", "environmentParameters"]);
                if (problems.Count == before)
                    Start(plan!, writer);
                break;
            case "reset":
                var seed = members.Whole("seed", 0, int.MaxValue);
                members.RefuseOthers("member", ["do", "seed"]);
                if (problems.Count == before && Started(problems))
                    Reset(seed, writer);
                break;
            case "step":
                var count = members.Whole("count", 1, MostSteps) ?? 1;
                var action = ReadAction(members, problems);
                members.RefuseOthers("member", ["do", "action", "count"]);
                if (problems.Count == before && Started(problems))
                    Step(action, (int)count, writer, problems);
                break;
        }
    }

    private bool Started(List<Problem> problems)
    {
        if (environment is null)
            problems.Add(new("", "Nothing has been started yet; the first command is start."));
        return environment is not null;
    }

    private void Start(PlayPlan plan, Utf8JsonWriter writer)
    {
        environment?.Dispose();
        environment = null;
        factory = plan.Environment;
        environment = factory.Create();
        observation = new float[factory.Spec.Observation.Size];
        Seed(plan.Seed);
        writer.WriteStartObject();
        writer.WriteString("kind", "started");
        writer.WritePropertyName("spec");
        Describe(factory.Spec).WriteTo(writer);
        writer.WriteStartArray("frames");
        Begin(writer);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private void Reset(long? seed, Utf8JsonWriter writer)
    {
        if (seed is { } given)
            Seed(given);
        BeginFrames(writer);
        Begin(writer);
        EndFrames(writer);
    }

    private void Step(float[]? action, int count, Utf8JsonWriter writer, List<Problem> problems)
    {
        if (!running)
        {
            problems.Add(new("", "The episode is over; reset begins the next one."));
            return;
        }
        BeginFrames(writer);
        while (count-- > 0 && running)
        {
            var taken = action ?? AtRandom(factory!.Spec.Action);
            StepResult result;
            try
            {
                result = environment!.Step(taken, observation);
            }
            catch (ArgumentException fault)
            {
                problems.Add(new("/action", fault.Message.Split(" (Parameter")[0]));
                return;
            }
            steps++;
            sum += result.Reward;
            running = !result.Ended;
            WriteFrame(writer, result, taken);
        }
        EndFrames(writer);
    }

    // Worlds and random actions have generators of their own: the same seed shows the same episode.
    private void Seed(long seed)
    {
        var root = new Rng((ulong)seed);
        world = root.Split("environment");
        hand = root.Split("actions");
    }

    private void Begin(Utf8JsonWriter writer)
    {
        environment!.Reset(world, observation);
        (sum, steps, running, shown) = (0, 0, true, null);
        WriteFrame(writer, null, null);
    }

    private void WriteFrame(Utf8JsonWriter writer, StepResult? result, float[]? action)
    {
        writer.WriteStartObject();
        writer.WriteNumber("step", steps);
        writer.WriteNumber("return", Finite(sum));
        if (result is { } step)
        {
            writer.WriteNumber("reward", Finite(step.Reward));
            if (step.Terminated)
                writer.WriteBoolean("terminated", true);
            if (step.Truncated)
                writer.WriteBoolean("truncated", true);
        }
        if (action is not null)
            Write(writer, "action", action);
        Write(writer, "observation", observation.AsSpan(0, Math.Min(observation.Length, MostValues)));
        if (environment!.Render() is { } scene)
        {
            writer.WritePropertyName("scene");
            SceneFormat.Write(writer, scene, shown);
            shown = scene;
        }
        writer.WriteEndObject();
    }

    private float[] AtRandom(Space space)
    {
        var action = new float[space.Size];
        space.Sample(hand, action);
        return action;
    }

    private static float[]? ReadAction(Members members, List<Problem> problems)
    {
        if (members.Take("action") is not { } json || json.ValueKind == JsonValueKind.Null)
            return null;
        if (json.ValueKind == JsonValueKind.Array && json.EnumerateArray().All(value => value.ValueKind == JsonValueKind.Number))
            return [.. json.EnumerateArray().Select(value => (float)value.GetDouble())];
        problems.Add(new(members.At("action"), "Expected a list of numbers, or none for a random action."));
        return null;
    }

    private static JsonObject Describe(EnvironmentSpec spec) => new()
    {
        ["action"] = spec.Action switch
        {
            Discrete discrete => new JsonObject
            {
                ["kind"] = "discrete",
                ["count"] = discrete.Count,
                ["names"] = List(discrete.Names, name => name),
            },
            Box box => new JsonObject
            {
                ["kind"] = "box",
                ["low"] = List(box.Low, bound => float.IsFinite(bound) ? bound : null),
                ["high"] = List(box.High, bound => float.IsFinite(bound) ? bound : null),
            },
            _ => null,
        },
        ["observationShape"] = List(spec.Observation.Shape, extent => extent),
        ["timeLimit"] = spec.TimeLimit,
        ["secondsPerStep"] = spec.SecondsPerStep,
        ["keyboard"] = spec.Keyboard is not { } keyboard ? null : new JsonObject
        {
            ["keys"] = List(keyboard.Keys, key =>
                new JsonObject { ["key"] = key.Key, ["action"] = List(key.Action, value => value), ["name"] = key.Name }),
            ["idle"] = keyboard.Idle is { } idle ? List(idle, value => value) : null,
        },
    };

    private static JsonArray List<T>(IEnumerable<T> values, Func<T, JsonNode?> write) => [.. values.Select(write)];

    private static void Write(Utf8JsonWriter writer, string name, ReadOnlySpan<float> values)
    {
        writer.WriteStartArray(name);
        foreach (var value in values)
            writer.WriteNumberValue(Finite(Math.Round(value, 5)));
        writer.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter writer, List<Problem> problems)
    {
        writer.WriteStartObject();
        writer.WriteString("kind", "problems");
        writer.WriteStartObject("problems");
        foreach (var place in problems.GroupBy(problem => problem.Pointer))
        {
            writer.WriteStartArray(place.Key);
            foreach (var problem in place)
                writer.WriteStringValue(problem.Message);
            writer.WriteEndArray();
        }
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void BeginFrames(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("kind", "frames");
        writer.WriteStartArray("frames");
    }

    private static void EndFrames(Utf8JsonWriter writer)
    {
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    // JSON has no infinities.
    private static double Finite(double value) =>
        double.IsFinite(value) ? value + 0.0 : double.IsNaN(value) ? 0.0 : Math.CopySign(1e30, value);
}
