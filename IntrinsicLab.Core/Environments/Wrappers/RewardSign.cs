namespace IntrinsicLab.Core.Environments.Wrappers;

/// <summary>
/// Shows the learner −1, 0 or 1 in place of every reward (Mnih et al. 2015); the raw reward, by which episodes are scored, stays.
/// </summary>
/// <param name="inner">The environment.</param>
public sealed class RewardSign(IEnvironment inner) : IEnvironment
{
    /// <inheritdoc/>
    public EnvironmentSpec Spec => inner.Spec;

    /// <inheritdoc/>
    public void Reset(Rng rng, Span<float> observation) => inner.Reset(rng, observation);

    /// <inheritdoc/>
    public StepResult Step(ReadOnlySpan<float> action, Span<float> observation)
    {
        var result = inner.Step(action, observation);
        // A reward that is no number stays one: the run has to notice.
        return double.IsNaN(result.Reward) ? result : result with { Reward = Math.Sign(result.Reward) };
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
