namespace IntrinsicLab.Core.Environments.Wrappers;

/// <summary>
/// Adds values to a vector observation that are drawn anew on every step, each from N(0, 1), and mean nothing: a television that shows
/// noise, on which curiosity that rewards surprise gets stuck (Burda et al. 2019).
/// </summary>
/// <param name="inner">An environment whose observation is a vector.</param>
/// <param name="count">Values added, at the end.</param>
public sealed class NoisyChannels(IEnvironment inner, int count) : IEnvironment
{
    private readonly int size = Vector(inner.Spec.Observation).Size;
    private Rng? rng;

    /// <inheritdoc/>
    public EnvironmentSpec Spec { get; } = inner.Spec with
    {
        Observation = new Box(
            [inner.Spec.Observation.Size + count],
            [.. inner.Spec.Observation.Low, .. Enumerable.Repeat(float.NegativeInfinity, count)],
            [.. inner.Spec.Observation.High, .. Enumerable.Repeat(float.PositiveInfinity, count)]),
        Goal = null,
        Table = null,
        Deterministic = false,
    };

    /// <inheritdoc/>
    public void Reset(Rng rng, Span<float> observation)
    {
        this.rng = rng;
        inner.Reset(rng, observation[..size]);
        Draw(rng, observation[size..]);
    }

    /// <inheritdoc/>
    public StepResult Step(ReadOnlySpan<float> action, Span<float> observation)
    {
        var result = inner.Step(action, observation[..size]);
        Draw(rng!, observation[size..]);
        return result;
    }

    /// <inheritdoc/>
    public void Announce(ReadOnlySpan<float> action) => inner.Announce(action);

    /// <inheritdoc/>
    public void Save(BinaryWriter writer) => inner.Save(writer);

    /// <inheritdoc/>
    public void Load(BinaryReader reader, Rng rng)
    {
        inner.Load(reader, rng);
        this.rng = rng;
    }

    /// <inheritdoc/>
    public Scene? Render() => inner.Render();

    /// <inheritdoc/>
    public GoalPlaces? Places => inner.Places;

    /// <inheritdoc/>
    public void Want(double x, double y, Span<float> observation) => inner.Want(x, y, observation[..size]);

    /// <inheritdoc/>
    public void Dispose() => inner.Dispose();

    private static Box Vector(Box observation) => observation.Shape.Length == 1
        ? observation
        : throw new ArgumentException("noisyChannels needs an observation that is a vector; this environment shows a grid.", nameof(WrapperConfig.NoisyChannels));

    private static void Draw(Rng rng, Span<float> values)
    {
        foreach (ref var value in values)
            value = (float)rng.NextGaussian();
    }
}
