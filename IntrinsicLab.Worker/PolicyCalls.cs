using System.Globalization;
using System.Text.Json;
using IntrinsicLab.Core;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Experiments;

namespace IntrinsicLab.Worker;

/// <summary>
/// Questions about what a run has learned. Commands: <c>act</c> (with <c>observations</c>), <c>episodes</c> (with <c>seed</c>,
/// <c>episodes</c>, <c>maxSteps</c>, <c>goal</c>, <c>observations</c>). Answers are of the kind <c>actions</c>, <c>episodes</c>,
/// <c>problems</c> or <c>ended</c>.
/// </summary>
/// <param name="policy">Who acts.</param>
internal sealed class PolicyCalls(RunPolicy policy)
{
    /// <summary>The most observations of one question.</summary>
    public const int MostObservations = 1000;

    /// <summary>The most episodes of one question.</summary>
    public const int MostEpisodes = 100;

    /// <summary>The most steps, over all episodes of one question.</summary>
    public const int MostSteps = 50_000;

    /// <summary>The most values of observations that one answer carries.</summary>
    public const int MostValues = 500_000;

    private const int UsualSteps = 1000;

    private static readonly string[] Commands = ["act", "episodes"];

    /// <summary>Carries out a command and writes the answer as one line of JSON.</summary>
    public byte[] Answer(string command) => PlayAnswer.To(command, Carry);

    private void Carry(Members members, Utf8JsonWriter writer, List<Problem> problems)
    {
        var what = members.Text("do", 20, required: true);
        if (what == "act")
            Act(members, writer, problems);
        else if (what == "episodes")
            Play(members, writer, problems);
        else if (what is not null)
            members.Fault("do", Problem.Unknown("command", what, Commands));
    }

    private void Act(Members members, Utf8JsonWriter writer, List<Problem> problems)
    {
        var observations = ReadObservations(members, problems);
        members.RefuseOthers("member", ["observations"]);
        if (problems.Count > 0)
            return;
        var action = new float[policy.Spec.Action.Size];
        writer.WriteStartObject();
        writer.WriteString("kind", "actions");
        writer.WriteNumber("step", policy.Step);
        writer.WriteStartArray("actions");
        foreach (var observation in observations)
        {
            // Nothing came before it, as far as a policy with a memory is told.
            policy.Begin();
            policy.Act(observation, action);
            Write(writer, action);
        }
        writer.WriteEndArray();
        if (policy.Spec.Action is Discrete { Names.Count: > 0 } discrete)
        {
            writer.WriteStartArray("actionNames");
            foreach (var name in discrete.Names)
                writer.WriteStringValue(name);
            writer.WriteEndArray();
        }
        writer.WriteEndObject();
    }

    private void Play(Members members, Utf8JsonWriter writer, List<Problem> problems)
    {
        var seed = members.Whole("seed", 0, int.MaxValue) ?? 1;
        var count = members.Whole("episodes", 1, MostEpisodes) ?? 1;
        var asked = members.Whole("maxSteps", 1, MostSteps);
        var most = asked ?? Math.Min(policy.Spec.TimeLimit ?? UsualSteps, MostSteps);
        var goal = GoalMember.Take(members, policy.Spec, problems);
        var withObservations = members.Flag("observations") ?? false;
        members.RefuseOthers("member", ["seed", "episodes", "maxSteps", "goal", "observations"]);
        if (problems.Count == 0 && count * most > MostSteps)
            members.Fault(asked is null ? "episodes" : "maxSteps", string.Create(CultureInfo.InvariantCulture,
                $"{count} episodes of up to {most} steps are {count * most} steps; {MostSteps} are allowed at once."));
        if (problems.Count == 0 && withObservations && (count * most + count) * policy.Spec.Observation.Size > MostValues)
            members.Fault("observations", string.Create(CultureInfo.InvariantCulture,
                $"Up to {count * most + count} observations of {policy.Spec.Observation.Size} values are too many for one answer; {MostValues} values are allowed."));
        if (problems.Count > 0)
            return;
        var root = new Rng((ulong)seed);
        // Episodes that the time limit ends go on to maxSteps where more is asked for.
        using var environment = policy.Environments(withoutTimeLimit: asked > policy.Spec.TimeLimit).Create();
        var episodes = new List<Episode>();
        try
        {
            for (var index = 0; index < count; index++)
                episodes.Add(new Episode(policy, environment, root.Split("episode", index), (int)most, goal, withObservations));
        }
        catch (ArgumentException fault) when (goal is not null && episodes.Count == 0)
        {
            problems.Add(new("/goal", fault.Message));
            return;
        }
        writer.WriteStartObject();
        writer.WriteString("kind", "episodes");
        writer.WriteNumber("step", policy.Step);
        writer.WriteNumber("seed", seed);
        writer.WriteNumber("meanReturn", PlayAnswer.Finite(episodes.Average(episode => episode.Return)));
        if (policy.Spec.GoalPlane is { } plane)
        {
            writer.WriteNumber("reachedShare", episodes.Average(episode => episode.ReachedAt is null ? 0.0 : 1.0));
            if (plane.Unit.Length > 0)
                writer.WriteString("unit", plane.Unit);
        }
        writer.WriteStartArray("episodes");
        foreach (var episode in episodes)
            episode.Write(writer);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private List<float[]> ReadObservations(Members members, List<Problem> problems)
    {
        var read = new List<float[]>();
        var pointer = members.At("observations");
        var size = policy.Spec.Observation.Size;
        if (members.Take("observations") is not { } json)
            problems.Add(new(pointer, "This member is required: a list of observations."));
        else if (json.ValueKind != JsonValueKind.Array || json.GetArrayLength() is < 1 or > MostObservations)
            problems.Add(new(pointer, $"Expected a list of 1 to {MostObservations} observations, each a list of {size} numbers."));
        else
            foreach (var (index, element) in json.EnumerateArray().Index())
                read.Add(ReadObservation(element, Problem.At(pointer, index.ToString(CultureInfo.InvariantCulture)), size, problems));
        return read;
    }

    private static float[] ReadObservation(JsonElement json, string pointer, int size, List<Problem> problems)
    {
        var observation = new float[size];
        if (json.ValueKind != JsonValueKind.Array)
            problems.Add(new(pointer, $"Expected a list of {size} numbers."));
        else if (json.GetArrayLength() != size)
            problems.Add(new(pointer, $"This observation has {json.GetArrayLength()} values where {size} belong."));
        else
            foreach (var (index, element) in json.EnumerateArray().Index())
                if (element.ValueKind != JsonValueKind.Number || !float.IsFinite(observation[index] = (float)element.GetDouble()))
                    problems.Add(new(Problem.At(pointer, index.ToString(CultureInfo.InvariantCulture)), "Expected a finite number."));
        return observation;
    }

    private static void Write(Utf8JsonWriter writer, ReadOnlySpan<float> values)
    {
        writer.WriteStartArray();
        foreach (var value in values)
            writer.WriteNumberValue(value);
        writer.WriteEndArray();
    }

    /// <summary>One episode of most likely actions.</summary>
    private sealed class Episode
    {
        private readonly List<GoalPlaces> path = [];
        private readonly List<float[]> observations = [];
        private readonly int length;
        private readonly string ended;

        public Episode(RunPolicy policy, IEnvironment environment, Rng rng, int most, (double X, double Y)? goal, bool withObservations)
        {
            var (observation, action) = (new float[policy.Spec.Observation.Size], new float[policy.Spec.Action.Size]);
            environment.Reset(rng, observation);
            policy.Begin();
            if (goal is { } place)
                environment.Want(place.X, place.Y, observation);
            Note(environment, observation, withObservations);
            var result = default(StepResult);
            do
            {
                if (result.GameGoesOn)
                {
                    environment.Reset(rng, observation);
                    policy.Begin();
                }
                policy.Act(observation, action);
                if (policy.Spec.Elsewhere)
                    environment.Announce(action);
                result = environment.Step(action, observation);
                policy.Paid(result.Reward);
                Return += result.RawReward;
                length++;
                Note(environment, observation, withObservations);
            }
            while (length < most && (!result.Ended || result.GameGoesOn));
            ended = result.GameGoesOn || !result.Ended ? "stopped" : result.Terminated ? "terminated" : "truncated";
        }

        public double Return { get; }

        public int? ReachedAt { get; private set; }

        public void Write(Utf8JsonWriter writer)
        {
            writer.WriteStartObject();
            writer.WriteNumber("return", PlayAnswer.Finite(Return));
            writer.WriteNumber("length", length);
            writer.WriteString("ended", ended);
            if (path.Count > 0)
                WritePath(writer);
            if (observations.Count > 0)
            {
                writer.WriteStartArray("observations");
                foreach (var observation in observations)
                    PolicyCalls.Write(writer, observation);
                writer.WriteEndArray();
            }
            writer.WriteEndObject();
        }

        private void WritePath(Utf8JsonWriter writer)
        {
            writer.WriteStartObject("goal");
            writer.WriteNumber("x", path[^1].WantedX);
            writer.WriteNumber("y", path[^1].WantedY);
            writer.WriteEndObject();
            writer.WriteNumber("firstDistance", PlayAnswer.Finite(path[0].Distance));
            writer.WriteNumber("lastDistance", PlayAnswer.Finite(path[^1].Distance));
            writer.WriteNumber("leastDistance", PlayAnswer.Finite(path.Min(at => at.Distance)));
            if (ReachedAt is { } step)
                writer.WriteNumber("reachedAt", step);
            else
                writer.WriteNull("reachedAt");
            writer.WriteStartArray("path");
            foreach (var at in path)
            {
                writer.WriteStartArray();
                writer.WriteNumberValue(PlayAnswer.Finite(Math.Round(at.X, 5)));
                writer.WriteNumberValue(PlayAnswer.Finite(Math.Round(at.Y, 5)));
                writer.WriteEndArray();
            }
            writer.WriteEndArray();
        }

        private void Note(IEnvironment environment, float[] observation, bool withObservations)
        {
            if (environment.Places is { } places)
            {
                path.Add(places);
                if (places.Reached)
                    ReachedAt ??= length;
            }
            if (withObservations)
                observations.Add([.. observation.Select(value => float.IsFinite(value) ? value : 0)]);
        }
    }
}
