using IntrinsicLab.Core.Formulas;

namespace IntrinsicLab.Core.Environments.Wrappers;

/// <summary>
/// Observations to mean 0 and variance 1 by running moments, then clipped: clip((o − mean)/√(variance + 10⁻⁸), ±clip). The moments take a
/// batch in before it is normalised (VecNormalize of OpenAI Baselines); feed it reset observations too.
/// </summary>
/// <param name="size">Values of one observation, O.</param>
/// <param name="clip">Largest absolute value let through.</param>
public sealed class ObservationNormaliser(int size, double clip = 10.0)
{
    private const double Epsilon = 1e-8;

    /// <summary>Moments of the observations seen so far, [O].</summary>
    public RunningMoments Moments { get; } = new(size);

    /// <summary>Normalises a batch.</summary>
    /// <param name="observations">[K × O].</param>
    /// <param name="normalised">Where the result goes, [K × O]; may be the same memory.</param>
    /// <param name="update">False leaves the moments as they are: for evaluation and for final observations.</param>
    /// <exception cref="ArgumentException">The lengths differ or are no whole observations.</exception>
    public void Normalise(ReadOnlySpan<float> observations, Span<float> normalised, bool update = true)
    {
        if (observations.Length != normalised.Length || observations.Length % size != 0)
            throw new ArgumentException(
                $"{observations.Length} values in, {normalised.Length} out, {size} per observation.", nameof(observations));
        if (update)
            Moments.Update(observations);
        for (var component = 0; component < size; component++)
        {
            var mean = Moments.Mean[component];
            var deviation = Math.Sqrt(Moments.Variance[component] + Epsilon);
            for (var index = component; index < observations.Length; index += size)
                normalised[index] = (float)Math.Clamp((observations[index] - mean) / deviation, -clip, clip);
        }
    }

    /// <summary>Writes the whole state.</summary>
    public void Save(BinaryWriter writer) => Moments.Save(writer);

    /// <summary>Restores what <see cref="Save"/> wrote.</summary>
    public void Load(BinaryReader reader) => Moments.Load(reader);
}
