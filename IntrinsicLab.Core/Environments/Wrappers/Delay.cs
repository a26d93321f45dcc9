namespace IntrinsicLab.Core.Environments.Wrappers;

/// <summary>Pays rewards late, see <see cref="DelayedRewards"/>; the raw reward of each step stays.</summary>
/// <param name="inner">The environment, its time limit included: the end of an episode pays what is owed.</param>
/// <param name="period">Steps from one payment to the next.</param>
public sealed class Delay(IEnvironment inner, int period) : IEnvironment
{
    private readonly DelayedRewards rewards = new(count: 1, period);

    /// <inheritdoc/>
    public EnvironmentSpec Spec => inner.Spec;

    /// <inheritdoc/>
    public void Reset(Rng rng, Span<float> observation)
    {
        inner.Reset(rng, observation);
        rewards.Forget(0);
    }

    /// <inheritdoc/>
    public StepResult Step(ReadOnlySpan<float> action, Span<float> observation)
    {
        var result = inner.Step(action, observation);
        return result with { Reward = rewards.Pay(0, result.Reward, result.Ended) };
    }

    /// <inheritdoc/>
    public void Announce(ReadOnlySpan<float> action) => inner.Announce(action);

    /// <inheritdoc/>
    public void Save(BinaryWriter writer)
    {
        inner.Save(writer);
        rewards.Save(writer);
    }

    /// <inheritdoc/>
    public void Load(BinaryReader reader, Rng rng)
    {
        inner.Load(reader, rng);
        rewards.Load(reader);
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
