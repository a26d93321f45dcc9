using IntrinsicLab.Core.Formulas;

namespace IntrinsicLab.Core.Environments.Wrappers;

/// <summary>
/// Rewards divided by the running deviation of their discounted sum R ← γR + r, without taking off a mean, then clipped:
/// clip(r/√(variance of R + 10⁻⁸), ±clip) (VecNormalize of OpenAI Baselines).
/// </summary>
/// <remarks>With few environments the first rewards saturate at the clip, as in the original: the variance of one sum is next to 0.</remarks>
/// <param name="count">Number of environments, B.</param>
/// <param name="gamma">Discount γ per step.</param>
/// <param name="clip">Largest absolute value let through.</param>
/// <param name="resetReturnOnDone">Sets R to 0 where an episode ended; false repeats the code released with LIRPG, which lets it run on.</param>
public sealed class RewardNormaliser(int count, double gamma = 0.99, double clip = 10.0, bool resetReturnOnDone = true)
{
    private const double Epsilon = 1e-8;

    private readonly double[] returns = new double[count];

    /// <summary>Moments of the discounted sums seen so far.</summary>
    public RunningMoments Moments { get; } = new(1);

    /// <summary>The discounted sums R, [B].</summary>
    public ReadOnlySpan<double> Returns => returns;

    /// <summary>Normalises the rewards of one step of every environment.</summary>
    /// <param name="rewards">[B].</param>
    /// <param name="terminated">Ends of the task, [B].</param>
    /// <param name="truncated">Ends from outside, [B]; they count as much.</param>
    /// <param name="normalised">Where the result goes, [B]; may be the same memory.</param>
    /// <exception cref="ArgumentException">A length is not B.</exception>
    public void Normalise(
        ReadOnlySpan<double> rewards, ReadOnlySpan<bool> terminated, ReadOnlySpan<bool> truncated, Span<double> normalised)
    {
        if (rewards.Length != count || terminated.Length != count || truncated.Length != count || normalised.Length != count)
            throw new ArgumentException(
                $"{rewards.Length} rewards, {terminated.Length} and {truncated.Length} flags, {normalised.Length} results for {count} environments.");
        for (var index = 0; index < count; index++)
            returns[index] = gamma * returns[index] + rewards[index];
        Moments.Update<double>(returns);
        var deviation = Math.Sqrt(Moments.Variance[0] + Epsilon);
        for (var index = 0; index < count; index++)
        {
            normalised[index] = Math.Clamp(rewards[index] / deviation, -clip, clip);
            if (resetReturnOnDone && (terminated[index] || truncated[index]))
                returns[index] = 0.0;
        }
    }

    /// <summary>Writes the whole state.</summary>
    public void Save(BinaryWriter writer)
    {
        Moments.Save(writer);
        foreach (var value in returns)
            writer.Write(value);
    }

    /// <summary>Restores what <see cref="Save"/> wrote for as many environments.</summary>
    public void Load(BinaryReader reader)
    {
        Moments.Load(reader);
        foreach (ref var value in returns.AsSpan())
            value = reader.ReadDouble();
    }
}
