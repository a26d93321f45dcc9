using System.Runtime.InteropServices;

namespace IntrinsicLab.Core.Environments.Wrappers;

/// <summary>
/// Ends the learner's episode at every lost life while the game goes on: the next reset shows the game as it stands (as in OpenAI Baselines,
/// which takes a step with the first action there; none is needed). Scores are still those of whole games.
/// </summary>
/// <param name="inner">An environment that tells of lost lives (<see cref="StepResult.LifeLost"/>); others are left as they are.</param>
public sealed class EpisodicLife(IEnvironment inner) : IEnvironment
{
    private readonly float[] latest = new float[inner.Spec.Observation.Size];
    private bool gameGoesOn;
    private bool running;

    /// <inheritdoc/>
    public EnvironmentSpec Spec => inner.Spec;

    /// <inheritdoc/>
    public void Reset(Rng rng, Span<float> observation)
    {
        running = true;
        if (gameGoesOn)
            latest.CopyTo(observation);
        else
            inner.Reset(rng, observation);
        gameGoesOn = false;
    }

    /// <inheritdoc/>
    public StepResult Step(ReadOnlySpan<float> action, Span<float> observation)
    {
        if (!running)
            throw new InvalidOperationException("The episode has ended or was not begun; call Reset first.");
        var result = inner.Step(action, observation);
        gameGoesOn = result.LifeLost && !result.Ended;
        if (gameGoesOn)
        {
            observation.CopyTo(latest);
            result = result with { Terminated = true, GameGoesOn = true };
        }
        running = !result.Ended;
        return result;
    }

    /// <inheritdoc/>
    public void Announce(ReadOnlySpan<float> action) => inner.Announce(action);

    /// <inheritdoc/>
    public void Save(BinaryWriter writer)
    {
        inner.Save(writer);
        writer.Write(MemoryMarshal.AsBytes(latest.AsSpan()));
        writer.Write(gameGoesOn);
        writer.Write(running);
    }

    /// <inheritdoc/>
    public void Load(BinaryReader reader, Rng rng)
    {
        inner.Load(reader, rng);
        reader.ReadExactly(MemoryMarshal.AsBytes(latest.AsSpan()));
        gameGoesOn = reader.ReadBoolean();
        running = reader.ReadBoolean();
    }

    /// <inheritdoc/>
    public Scene? Render() => inner.Render();

    /// <inheritdoc/>
    public GoalPlaces? Places => inner.Places;

    /// <inheritdoc/>
    public void Want(double x, double y, Span<float> observation) => inner.Want(x, y, observation);

    /// <inheritdoc/>
    public void Dispose() => inner.Dispose();
}
