using System.Text.Json;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Environments;

namespace IntrinsicLab.Core.Experiments;

/// <summary>
/// Recorded episodes of one evaluation as JSON: <c>version</c> 1, <c>environment</c>, <c>algorithm</c>, <c>seed</c>, <c>step</c> (of training),
/// <c>secondsPerStep</c> (null where a step has no duration), <c>actionNames</c>, <c>returns</c> and <c>lengths</c> of every episode of the
/// evaluation, and <c>episodes</c>, those recorded: <c>return</c>, <c>length</c>, <c>ended</c> (<c>terminated</c>, <c>truncated</c>, or
/// <c>stopped</c> because an evaluation ends no later), <c>frameEvery</c>, <c>frames</c> (<see cref="SceneFormat"/>; frame i shows the state
/// after i · frameEvery steps, the last frame the end), <c>rewards</c> (raw) and <c>actions</c> of every step. Where the learner has numbers of
/// its own for steps (<see cref="StepTrace"/>), <c>traces</c> has <c>name</c> and <c>meaning</c> of each, and so has every episode, in the
/// same order, the number of every step.
/// </summary>
public sealed class Replay
{
    /// <summary>What the names of replays among a run's artifacts begin with.</summary>
    public const string NamePrefix = "replays/";

    private readonly RunPlan plan;
    private readonly EnvironmentSpec spec;
    private readonly IReadOnlyList<StepTrace> traces;
    private readonly IReadOnlyList<double> returns;
    private readonly IReadOnlyList<int> lengths;
    private readonly IReadOnlyList<EpisodeRecording> episodes;

    internal Replay(
        RunPlan plan, long step, EnvironmentSpec spec, IReadOnlyList<StepTrace> traces, IReadOnlyList<double> returns, IReadOnlyList<int> lengths,
        IReadOnlyList<EpisodeRecording> episodes) =>
        (this.plan, Step, this.spec, this.traces, this.returns, this.lengths, this.episodes) = (plan, step, spec, traces, returns, lengths, episodes);

    /// <summary>Environment steps of training that the policy has seen.</summary>
    public long Step { get; }

    /// <summary>Name among the run's artifacts; names sort by step.</summary>
    public string Name => NameAt(Step);

    /// <summary>Name of the replay of a step.</summary>
    public static string NameAt(long step) => $"{NamePrefix}{step:D13}.json";

    /// <summary>The replay as UTF-8 JSON.</summary>
    public byte[] ToJson()
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteNumber("version", 1);
            writer.WriteString("environment", plan.Environment);
            writer.WriteString("algorithm", plan.Algorithm);
            writer.WriteNumber("seed", plan.Seed);
            writer.WriteNumber("step", Step);
            if (spec.SecondsPerStep is { } seconds)
                writer.WriteNumber("secondsPerStep", seconds);
            else
                writer.WriteNull("secondsPerStep");
            writer.WriteStartArray("actionNames");
            foreach (var name in (spec.Action as Discrete)?.Names ?? [])
                writer.WriteStringValue(name);
            writer.WriteEndArray();
            writer.WriteStartArray("returns");
            foreach (var value in returns)
                EpisodeRecording.Write(writer, value);
            writer.WriteEndArray();
            writer.WriteStartArray("lengths");
            foreach (var value in lengths)
                writer.WriteNumberValue(value);
            writer.WriteEndArray();
            if (traces.Count > 0)
            {
                writer.WriteStartArray("traces");
                foreach (var trace in traces)
                {
                    writer.WriteStartObject();
                    writer.WriteString("name", trace.Name);
                    writer.WriteString("meaning", trace.Meaning);
                    writer.WriteEndObject();
                }
                writer.WriteEndArray();
            }
            writer.WriteStartArray("episodes");
            foreach (var episode in episodes)
                episode.Write(writer);
            writer.WriteEndArray();
            writer.WriteEndObject();
        }
        return buffer.ToArray();
    }
}
