using System.Text.Json;
using System.Text.Json.Nodes;
using IntrinsicLab.Core;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Experiments;

namespace IntrinsicLab.Worker;

/// <summary>
/// One environment, played command by command. Commands: <c>start</c> (with <c>environmentParameters</c> and <c>seed</c>), <c>reset</c>
/// (with a <c>seed</c>, or on to the next episode), <c>step</c> (with an <c>action</c>, or at random; <c>count</c> times, at most to
/// the end of the episode), <c>goal</c> (with a <c>goal</c>, which stays wanted in later episodes too, or back to the episodes' own from
/// the next on). Answers are of the kind <c>started</c>, <c>frames</c> or <c>problems</c>.
/// Where a policy plays, it acts in place of chance, <c>start</c> takes <c>goal</c> and <c>withoutTimeLimit</c> in place of
/// <c>environmentParameters</c>, which are the run's, and returns are sums of raw rewards over whole games, as in evaluations.
/// </summary>
/// <param name="entry">The environment.</param>
/// <param name="policy">Who acts; null for chance.</param>
internal sealed class Play(EnvironmentEntry entry, RunPolicy? policy = null) : IDisposable
{
    /// <summary>The most steps of one command.</summary>
    public const int MostSteps = 240;

    /// <summary>The most values of an observation that an answer carries.</summary>
    public const int MostValues = 64;

    private static readonly string[] Commands = ["start", "reset", "step", "goal"];

    private EnvironmentFactory? factory;
    private IEnvironment? environment;
    private Rng world = new(1), hand = new(1);
    private float[] observation = [], before = [];
    private (double X, double Y)? goal;
    private double sum;
    private int steps;
    private bool running;
    private Scene? shown;

    /// <summary>Carries out a command and writes the answer as one line of JSON.</summary>
    public byte[] Answer(string command) => PlayAnswer.To(command, Carry);

    public void Dispose() => environment?.Dispose();

    private void Carry(Members members, Utf8JsonWriter writer, List<Problem> problems)
    {
        var faults = problems.Count;
        var what = members.Text("do", 20, required: true);
        if (what is not null && !Commands.Contains(what))
            members.Fault("do", Problem.Unknown("command", what, Commands));
        switch (what)
        {
            case "start" when policy is not null:
                var number = members.Whole("seed", 0, int.MaxValue) ?? 1;
                var endless = members.Flag("withoutTimeLimit") ?? false;
                var first = GoalMember.Take(members, policy.Spec, problems);
                members.RefuseOthers("member", ["do", "seed", "withoutTimeLimit", "goal"]);
                if (problems.Count == faults)
                    Start(policy.Environments(endless), number, first, writer, problems);
                break;
            case "start":
                var plan = PlayPlan.Read(entry, members, problems);
                members.RefuseOthers("member", ["do", "seed", "environmentParameters"]);
                if (problems.Count == faults)
                    Start(plan!.Environment, plan.Seed, null, writer, problems);
                break;
            case "reset":
                var seed = members.Whole("seed", 0, int.MaxValue);
                members.RefuseOthers("member", ["do", "seed"]);
                if (problems.Count == faults && Started(problems))
                    Reset(seed, writer);
                break;
            case "step":
                var count = members.Whole("count", 1, MostSteps) ?? 1;
                var action = ReadAction(members, problems);
                members.RefuseOthers("member", ["do", "action", "count"]);
                if (problems.Count == faults && Started(problems))
                    Step(action, (int)count, writer, problems);
                break;
            case "goal":
                var place = Started(problems) ? GoalMember.Take(members, factory!.Spec, problems) : null;
                members.RefuseOthers("member", ["do", "goal"]);
                if (problems.Count == faults)
                    Want(place, writer, problems);
                break;
        }
    }

    private bool Started(List<Problem> problems)
    {
        if (environment is null)
            problems.Add(new("", "Nothing has been started yet; the first command is start."));
        return environment is not null;
    }

    private void Start(EnvironmentFactory made, long seed, (double X, double Y)? wanted, Utf8JsonWriter writer, List<Problem> problems)
    {
        environment?.Dispose();
        environment = null;
        factory = made;
        environment = factory.Create();
        (observation, before) = (new float[factory.Spec.Observation.Size], new float[factory.Spec.Observation.Size]);
        goal = wanted;
        Seed(seed);
        writer.WriteStartObject();
        writer.WriteString("kind", "started");
        writer.WritePropertyName("spec");
        Describe(factory.Spec).WriteTo(writer);
        if (policy is not null)
        {
            writer.WriteNumber("trainedSteps", policy.Step);
            writer.WriteStartArray("traces");
            foreach (var trace in policy.Traces)
            {
                writer.WriteStartObject();
                writer.WriteString("name", trace.Name);
                writer.WriteString("meaning", trace.Meaning);
                writer.WriteEndObject();
            }
            writer.WriteEndArray();
        }
        writer.WriteStartArray("frames");
        try
        {
            Begin(writer);
        }
        catch (ArgumentException fault) when (goal is not null)
        {
            problems.Add(new("/goal", fault.Message));
            goal = null;
        }
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
            var taken = action ?? Chosen(factory!.Spec.Action);
            StepResult result;
            observation.CopyTo(before, 0);
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
            // A policy is judged by what its evaluations count; a preview shows what a learner would be paid.
            policy?.Paid(result.Reward);
            sum += policy is null ? result.Reward : result.RawReward;
            running = !result.Ended || (policy is not null && result.GameGoesOn);
            if (running && result.Ended)
            {
                environment.Reset(world, observation);
                policy!.Begin();
            }
            WriteFrame(writer, result, taken);
        }
        EndFrames(writer);
    }

    private void Want((double X, double Y)? wanted, Utf8JsonWriter writer, List<Problem> problems)
    {
        var (kept, over) = (goal, !running);
        goal = wanted;
        BeginFrames(writer);
        try
        {
            // After the end a goal begins the next episode.
            if (over && goal is not null)
                Begin(writer);
            else if (goal is { } place)
            {
                environment!.Want(place.X, place.Y, observation);
                WriteFrame(writer, null, null);
            }
        }
        catch (ArgumentException fault)
        {
            problems.Add(new("/goal", fault.Message));
            goal = kept;
            // Nobody has seen an episode that began for a goal that cannot be.
            running = !over;
            return;
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
        policy?.Begin();
        (sum, steps, running, shown) = (0, 0, true, null);
        if (goal is { } place)
            environment.Want(place.X, place.Y, observation);
        WriteFrame(writer, null, null);
    }

    private void WriteFrame(Utf8JsonWriter writer, StepResult? result, float[]? action)
    {
        writer.WriteStartObject();
        writer.WriteNumber("step", steps);
        writer.WriteNumber("return", PlayAnswer.Finite(sum));
        if (result is { } step)
        {
            writer.WriteNumber("reward", PlayAnswer.Finite(policy is null ? step.Reward : step.RawReward));
            if (step.Terminated && !running)
                writer.WriteBoolean("terminated", true);
            if (step.Truncated && !running)
                writer.WriteBoolean("truncated", true);
        }
        if (action is not null)
        {
            PlayAnswer.Write(writer, "action", action);
            if (policy is { Traces.Count: > 0 })
            {
                writer.WriteStartArray("traces");
                foreach (var trace in policy.Traces)
                    writer.WriteNumberValue(PlayAnswer.Finite(trace.Of(before, action, observation)));
                writer.WriteEndArray();
            }
        }
        PlayAnswer.Write(writer, "observation", observation.AsSpan(0, Math.Min(observation.Length, MostValues)));
        if (environment!.Places is { } places)
            Write(writer, places);
        if (environment.Render() is { } scene)
        {
            writer.WritePropertyName("scene");
            SceneFormat.Write(writer, scene, shown);
            shown = scene;
        }
        writer.WriteEndObject();
    }

    private float[] Chosen(Space space)
    {
        var action = new float[space.Size];
        if (policy is null)
            space.Sample(hand, action);
        else
            policy.Act(observation, action);
        return action;
    }

    private static void Write(Utf8JsonWriter writer, GoalPlaces places)
    {
        writer.WriteStartObject("places");
        foreach (var (name, value) in (ReadOnlySpan<(string, double)>)
            [("wantedX", places.WantedX), ("wantedY", places.WantedY), ("x", places.X), ("y", places.Y), ("distance", places.Distance),
                ("originX", places.OriginX), ("originY", places.OriginY)])
            writer.WriteNumber(name, PlayAnswer.Finite(Math.Round(value, 5)));
        writer.WriteBoolean("reached", places.Reached);
        writer.WriteEndObject();
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
        ["goalPlane"] = spec.GoalPlane is not { } plane ? null : new JsonObject
        {
            ["left"] = plane.Left,
            ["bottom"] = plane.Bottom,
            ["right"] = plane.Right,
            ["top"] = plane.Top,
            ["unit"] = plane.Unit,
            ["scale"] = plane.Scale,
            ["meaning"] = plane.Meaning,
        },
        ["whyNoGoalPlane"] = spec.WhyNoGoalPlane,
        ["keyboard"] = spec.Keyboard is not { } keyboard ? null : new JsonObject
        {
            ["keys"] = List(keyboard.Keys, key =>
                new JsonObject { ["key"] = key.Key, ["action"] = List(key.Action, value => value), ["name"] = key.Name }),
            ["idle"] = keyboard.Idle is { } idle ? List(idle, value => value) : null,
        },
    };

    private static JsonArray List<T>(IEnumerable<T> values, Func<T, JsonNode?> write) => [.. values.Select(write)];

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
}
