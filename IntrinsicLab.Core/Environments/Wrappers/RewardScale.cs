namespace IntrinsicLab.Core.Environments.Wrappers;

/// <summary>Multiplies every reward the learner sees; the raw reward, by which episodes are scored, stays.</summary>
/// <param name="inner">The environment.</param>
/// <param name="scale">The factor; 0 leaves a learner with intrinsic rewards alone.</param>
public sealed class RewardScale(IEnvironment inner, double scale) : IEnvironment
{
    /// <inheritdoc/>
    public EnvironmentSpec Spec => inner.Spec;

    /// <inheritdoc/>
    public void Reset(Rng rng, Span<float> observation) => inner.Reset(rng, observation);

    /// <inheritdoc/>
    public StepResult Step(ReadOnlySpan<float> action, Span<float> observation)
    {
        var result = inner.Step(action, observation);
        return result with { Reward = scale * result.Reward };
    }

    /// <inheritdoc/>
    public void Announce(ReadOnlySpan<float> action) => inner.Announce(action);

    /// <inheritdoc/>
    public void Save(BinaryWriter writer) => inner.Save(writer);

    /// <inheritdoc/>
    public void Load(BinaryReader reader, Rng rng) => inner.Load(reader, rng);

    /// <inheritdoc/>
    public Scene? Render() => inner.Render();

    /// <inheritdoc/>
    public GoalPlaces? Places => inner.Places;

    /// <inheritdoc/>
    public void Want(double x, double y, Span<float> observation) => inner.Want(x, y, observation);

    /// <inheritdoc/>
    public void Dispose() => inner.Dispose();
}
