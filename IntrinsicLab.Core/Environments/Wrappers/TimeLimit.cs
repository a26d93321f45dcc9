namespace IntrinsicLab.Core.Environments.Wrappers;

/// <summary>
/// Truncates an episode at its step number <paramref name="limit"/>. Reward and termination stay as they are; an episode that
/// terminates on that very step has both flags set, as in Gymnasium.
/// </summary>
/// <param name="inner">The environment, whose own spec names no or another limit.</param>
/// <param name="limit">Steps of the longest episode.</param>
public sealed class TimeLimit(IEnvironment inner, int limit) : IEnvironment
{
    private int steps;
    private bool running;

    /// <inheritdoc/>
    /// <remarks>Published scores hold for the published limit only: another one takes them away.</remarks>
    public EnvironmentSpec Spec { get; } = inner.Spec.TimeLimit == limit
        ? inner.Spec
        : inner.Spec with { TimeLimit = limit, ScoreRange = null, SolvedAt = null };

    /// <inheritdoc/>
    public void Reset(Rng rng, Span<float> observation)
    {
        inner.Reset(rng, observation);
        steps = 0;
        running = true;
    }

    /// <inheritdoc/>
    public StepResult Step(ReadOnlySpan<float> action, Span<float> observation)
    {
        if (!running)
            throw new InvalidOperationException("The episode has ended or was not begun; call Reset first.");
        var result = inner.Step(action, observation);
        steps++;
        if (steps >= limit)
            result = result with { Truncated = true };
        running = !result.Ended;
        return result;
    }

    /// <inheritdoc/>
    public void Announce(ReadOnlySpan<float> action) => inner.Announce(action);

    /// <inheritdoc/>
    public void Save(BinaryWriter writer)
    {
        inner.Save(writer);
        writer.Write(steps);
        writer.Write(running);
    }

    /// <inheritdoc/>
    public void Load(BinaryReader reader, Rng rng)
    {
        inner.Load(reader, rng);
        steps = reader.ReadInt32();
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
