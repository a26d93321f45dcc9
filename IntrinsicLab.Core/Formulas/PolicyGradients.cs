using System.Numerics;
using static TorchSharp.torch;

namespace IntrinsicLab.Core.Formulas;

/// <summary>
/// Losses of policy-gradient methods, all minimised. Each comes twice: over tensors, differentiable any number of times, and over plain
/// arrays together with its gradient, which training on small batches uses; tests hold the two equal.
/// </summary>
public static class PolicyGradients
{
    /// <summary>
    /// The clipped surrogate objective (Schulman et al. 2017, "Proximal Policy Optimization Algorithms", equation 7):
    /// L = mean(max(−A·ρ, −A·clip(ρ, 1 − ε, 1 + ε))), ρ = exp(nlp_old − nlp). At ρ = 1 its gradient is the plain policy gradient's.
    /// </summary>
    /// <param name="negativeLogProbabilities">−log π(a|s), [N].</param>
    /// <param name="oldNegativeLogProbabilities">The same under the policy that acted, [N].</param>
    /// <param name="advantages">A, [N].</param>
    /// <param name="clipRange">ε.</param>
    /// <returns>The loss, a scalar.</returns>
    public static Tensor ClippedSurrogate(
        Tensor negativeLogProbabilities, Tensor oldNegativeLogProbabilities, Tensor advantages, double clipRange)
    {
        var ratio = (oldNegativeLogProbabilities - negativeLogProbabilities).exp();
        var plain = advantages.neg() * ratio;
        var clipped = advantages.neg() * ratio.clamp(1 - clipRange, 1 + clipRange);
        return maximum(plain, clipped).mean();
    }

    /// <summary>As the tensor form; also writes dL/d nlp.</summary>
    /// <param name="negativeLogProbabilities">−log π(a|s), [N].</param>
    /// <param name="oldNegativeLogProbabilities">The same under the policy that acted, [N].</param>
    /// <param name="advantages">A, [N].</param>
    /// <param name="clipRange">ε.</param>
    /// <param name="gradient">Receives dL/d nlp, [N].</param>
    /// <returns>
    /// The loss; half the mean squared change of log-probability, which approximates the Kullback–Leibler divergence between the
    /// policies; the share of samples whose ratio left the range.
    /// </returns>
    public static (T Loss, T ApproximateKl, T ClipFraction) ClippedSurrogate<T>(
        ReadOnlySpan<T> negativeLogProbabilities, ReadOnlySpan<T> oldNegativeLogProbabilities, ReadOnlySpan<T> advantages, T clipRange,
        Span<T> gradient)
        where T : IFloatingPointIeee754<T>
    {
        SameLength(negativeLogProbabilities.Length, oldNegativeLogProbabilities.Length, advantages.Length, gradient.Length);
        var count = T.CreateChecked(gradient.Length);
        T loss = T.Zero, squares = T.Zero, outside = T.Zero;
        for (var i = 0; i < gradient.Length; i++)
        {
            var difference = oldNegativeLogProbabilities[i] - negativeLogProbabilities[i];
            var ratio = T.Exp(difference);
            var plain = -advantages[i] * ratio;
            var clipped = -advantages[i] * T.Clamp(ratio, T.One - clipRange, T.One + clipRange);
            // T.Max and a comparison that is false for NaN: what is not finite must reach the loss, so that the run stops.
            loss += T.Max(plain, clipped);
            gradient[i] = clipped > plain ? T.Zero : -plain / count;
            squares += difference * difference;
            if (T.Abs(ratio - T.One) > clipRange)
                outside += T.One;
        }
        return (loss / count, squares / (count + count), outside / count);
    }

    /// <summary>
    /// The policy-gradient loss of advantage actor-critic (Mnih et al. 2016, algorithm S3): L = mean(A·nlp), A a constant.
    /// </summary>
    /// <param name="negativeLogProbabilities">−log π(a|s), [N].</param>
    /// <param name="advantages">A, [N].</param>
    public static Tensor Plain(Tensor negativeLogProbabilities, Tensor advantages) => (advantages * negativeLogProbabilities).mean();

    /// <summary>As the tensor form; also writes dL/d nlp.</summary>
    /// <param name="negativeLogProbabilities">−log π(a|s), [N].</param>
    /// <param name="advantages">A, [N].</param>
    /// <param name="gradient">Receives dL/d nlp, [N].</param>
    public static T Plain<T>(ReadOnlySpan<T> negativeLogProbabilities, ReadOnlySpan<T> advantages, Span<T> gradient)
        where T : IFloatingPointIeee754<T>
    {
        SameLength(negativeLogProbabilities.Length, advantages.Length, gradient.Length);
        var count = T.CreateChecked(gradient.Length);
        var loss = T.Zero;
        for (var i = 0; i < gradient.Length; i++)
        {
            loss += advantages[i] * negativeLogProbabilities[i];
            gradient[i] = advantages[i] / count;
        }
        return loss / count;
    }

    /// <summary>
    /// Half the squared error of a critic that may move only so far in one update (the implementation of Schulman et al. 2017, not their
    /// paper): L = ½·mean(max((V − G)², (V_old + clip(V − V_old, −ε, ε) − G)²)).
    /// </summary>
    /// <param name="values">V, [N].</param>
    /// <param name="oldValues">V when acting, [N].</param>
    /// <param name="returns">Targets G, [N].</param>
    /// <param name="clipRange">ε; <see cref="double.PositiveInfinity"/> gives the plain squared error.</param>
    /// <returns>The loss, a scalar.</returns>
    public static Tensor ClippedValueLoss(Tensor values, Tensor oldValues, Tensor returns, double clipRange)
    {
        var plain = (values - returns).square();
        if (double.IsPositiveInfinity(clipRange))
            return 0.5 * plain.mean();
        var clipped = (oldValues + (values - oldValues).clamp(-clipRange, clipRange) - returns).square();
        return 0.5 * maximum(plain, clipped).mean();
    }

    /// <summary>As the tensor form; also writes dL/dV.</summary>
    /// <param name="values">V, [N].</param>
    /// <param name="oldValues">V when acting, [N].</param>
    /// <param name="returns">Targets G, [N].</param>
    /// <param name="clipRange">ε; infinity gives the plain squared error.</param>
    /// <param name="gradient">Receives dL/dV, [N].</param>
    public static T ClippedValueLoss<T>(
        ReadOnlySpan<T> values, ReadOnlySpan<T> oldValues, ReadOnlySpan<T> returns, T clipRange, Span<T> gradient)
        where T : IFloatingPointIeee754<T>
    {
        SameLength(values.Length, oldValues.Length, returns.Length, gradient.Length);
        var count = T.CreateChecked(gradient.Length);
        var loss = T.Zero;
        for (var i = 0; i < gradient.Length; i++)
        {
            var (error, change) = (values[i] - returns[i], values[i] - oldValues[i]);
            // Within the range both squares mean the same; telling them apart by size there would let rounding drop gradients.
            var clippedError = T.Abs(change) <= clipRange ? error : oldValues[i] + T.CopySign(clipRange, change) - returns[i];
            var (plain, clipped) = (error * error, clippedError * clippedError);
            loss += T.Max(plain, clipped);
            gradient[i] = clipped > plain ? T.Zero : error / count;
        }
        return loss / (count + count);
    }

    /// <summary>Subtracts the mean and divides by the population standard deviation plus 10⁻⁸, in place.</summary>
    /// <param name="advantages">A, [N].</param>
    public static void Normalise<T>(Span<T> advantages) where T : IFloatingPointIeee754<T>
    {
        var count = T.CreateChecked(advantages.Length);
        var mean = T.Zero;
        foreach (var advantage in advantages)
            mean += advantage;
        mean /= count;
        var variance = T.Zero;
        foreach (var advantage in advantages)
            variance += (advantage - mean) * (advantage - mean);
        var deviation = T.Sqrt(variance / count) + T.CreateChecked(1e-8);
        for (var i = 0; i < advantages.Length; i++)
            advantages[i] = (advantages[i] - mean) / deviation;
    }

    /// <summary>As the array form, differentiable.</summary>
    /// <param name="advantages">A, [N].</param>
    public static Tensor Normalise(Tensor advantages)
    {
        var centred = advantages - advantages.mean();
        return centred / (centred.square().mean().sqrt() + 1e-8);
    }

    private static void SameLength(int length, params ReadOnlySpan<int> others)
    {
        foreach (var other in others)
            if (other != length)
                throw new ArgumentException($"Arrays of {length} and {other} elements do not belong together.");
    }
}
