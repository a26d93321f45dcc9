using IntrinsicLab.Core;
using IntrinsicLab.Core.Environments;

namespace IntrinsicLab.Tests.Support;

/// <summary>
/// Shows (episode, step, last action); the n-th step pays n. Ends after a random number of steps from 1 to <c>longest</c>, terminated when that
/// number is odd and truncated when it is even.
/// </summary>
internal sealed class CountingEnvironment(int longest) : IEnvironment
{
    private int episode, step, end;

    public static EnvironmentFactory Factory(int longest) =>
        new(new CountingEnvironment(longest).Spec, () => new CountingEnvironment(longest));

    public EnvironmentSpec Spec { get; } = new(new Box([3], float.NegativeInfinity, float.PositiveInfinity), new Box([1], -1, 2));

    public void Reset(Rng rng, Span<float> observation)
    {
        (episode, step, end) = (episode + 1, 0, 1 + rng.NextInt(longest));
        (observation[0], observation[1], observation[2]) = (episode, 0, 0);
    }

    public StepResult Step(ReadOnlySpan<float> action, Span<float> observation)
    {
        if (episode == 0 || step == end)
            throw new InvalidOperationException("The episode has ended or was not begun.");
        step++;
        (observation[0], observation[1], observation[2]) = (episode, step, action[0]);
        return new StepResult(step, step == end && end % 2 == 1, step == end && end % 2 == 0);
    }

    public void Save(BinaryWriter writer)
    {
        writer.Write(episode);
        writer.Write(step);
        writer.Write(end);
    }

    public void Load(BinaryReader reader, Rng rng) => (episode, step, end) = (reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt32());

    public Scene? Render() => null;

    public void Dispose()
    {
    }
}
