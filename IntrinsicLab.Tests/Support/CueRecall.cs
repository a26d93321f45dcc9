using IntrinsicLab.Core;
using IntrinsicLab.Core.Environments;

namespace IntrinsicLab.Tests.Support;

/// <summary>
/// Shows a cue of +1 or −1 once, then nothing for some steps, then asks: action 1 after +1 and action 0 after −1 pay 1, the others cost 1. Nothing
/// but the last action counts. Who cannot remember gets 0 on average.
/// </summary>
internal sealed class CueRecall(int delay) : IEnvironment
{
    private int cue, step;

    public static EnvironmentFactory Factory(int delay) => new(new CueRecall(delay).Spec, () => new CueRecall(delay));

    public EnvironmentSpec Spec { get; } = new(new Box([2], -1, 1), new Discrete(2));

    public void Reset(Rng rng, Span<float> observation)
    {
        (cue, step) = (rng.NextInt(2), 0);
        (observation[0], observation[1]) = (2 * cue - 1, 0);
    }

    public StepResult Step(ReadOnlySpan<float> action, Span<float> observation)
    {
        step++;
        (observation[0], observation[1]) = (0, step == delay ? 1 : 0);
        return new StepResult(step <= delay ? 0 : action[0] == cue ? 1 : -1, Terminated: step > delay, Truncated: false);
    }

    public void Save(BinaryWriter writer)
    {
        writer.Write(cue);
        writer.Write(step);
    }

    public void Load(BinaryReader reader, Rng rng) => (cue, step) = (reader.ReadInt32(), reader.ReadInt32());

    public Scene? Render() => null;

    public void Dispose()
    {
    }
}
