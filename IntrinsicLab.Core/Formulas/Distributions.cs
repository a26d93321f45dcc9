using System.Numerics;
using static TorchSharp.torch;

namespace IntrinsicLab.Core.Formulas;

/// <summary>
/// Distribution over the actions 0 … A − 1 given by logits z: p = softmax(z). Tensor forms are differentiable any number of times; array
/// forms work on one row and come with their gradient.
/// </summary>
public static class Categorical
{
    /// <summary>−log p(a) = logsumexp(z) − z_a.</summary>
    /// <param name="logits">z, [N, A].</param>
    /// <param name="actions">Indices as int64, [N].</param>
    /// <returns>[N].</returns>
    public static Tensor NegativeLogProbability(Tensor logits, Tensor actions) =>
        logits.logsumexp(1) - logits.gather(1, actions.unsqueeze(1)).squeeze(1);

    /// <summary>H = −Σ p·log p.</summary>
    /// <param name="logits">z, [N, A].</param>
    /// <returns>[N].</returns>
    public static Tensor Entropy(Tensor logits)
    {
        var logProbabilities = logits - logits.logsumexp(1, true);
        return (logProbabilities.exp() * logProbabilities).sum(1).neg();
    }

    /// <summary>Draws an action by inverting the cumulative distribution: one uniform number per draw.</summary>
    /// <param name="logits">z, [A].</param>
    /// <param name="rng">Source of the number.</param>
    public static int Sample(ReadOnlySpan<float> logits, Rng rng)
    {
        var maximum = Maximum(logits);
        var total = 0.0;
        foreach (var logit in logits)
            total += Math.Exp(logit - maximum);
        var remaining = rng.NextDouble() * total;
        for (var action = 0; action < logits.Length - 1; action++)
        {
            remaining -= Math.Exp(logits[action] - maximum);
            if (remaining < 0)
                return action;
        }
        return logits.Length - 1;
    }

    /// <summary>The most likely action, the first of equals.</summary>
    /// <param name="logits">z, [A].</param>
    public static int Mode(ReadOnlySpan<float> logits)
    {
        var best = 0;
        for (var action = 1; action < logits.Length; action++)
            if (logits[action] > logits[best])
                best = action;
        return best;
    }

    /// <summary>−log p(a) and entropy of one row.</summary>
    /// <param name="logits">z, [A].</param>
    /// <param name="action">a.</param>
    public static (T NegativeLogProbability, T Entropy) Evaluate<T>(ReadOnlySpan<T> logits, int action) where T : IFloatingPointIeee754<T>
    {
        var logTotal = LogSumExp(logits);
        var entropy = T.Zero;
        foreach (var logit in logits)
            entropy -= T.Exp(logit - logTotal) * (logit - logTotal);
        return (logTotal - logits[action], entropy);
    }

    /// <summary>
    /// Gradient with respect to the logits of u·nlp(a) + w·H: u·(p − onehot(a)) − w·p·(log p + H).
    /// </summary>
    /// <param name="logits">z, [A].</param>
    /// <param name="action">a.</param>
    /// <param name="nlpFactor">u.</param>
    /// <param name="entropyFactor">w.</param>
    /// <param name="gradient">Receives the gradient, [A].</param>
    public static void Gradient<T>(ReadOnlySpan<T> logits, int action, T nlpFactor, T entropyFactor, Span<T> gradient)
        where T : IFloatingPointIeee754<T>
    {
        var logTotal = LogSumExp(logits);
        var entropy = T.Zero;
        for (var i = 0; i < logits.Length; i++)
        {
            gradient[i] = T.Exp(logits[i] - logTotal);
            entropy -= gradient[i] * (logits[i] - logTotal);
        }
        for (var i = 0; i < logits.Length; i++)
            gradient[i] = gradient[i] * (nlpFactor - entropyFactor * (logits[i] - logTotal + entropy));
        gradient[action] -= nlpFactor;
    }

    /// <summary>KL[old‖new] = Σ p_old·(log p_old − log p_new).</summary>
    /// <param name="oldLogits">z of the old distribution, [N, A].</param>
    /// <param name="logits">z of the new one, [N, A].</param>
    /// <returns>[N].</returns>
    public static Tensor Divergence(Tensor oldLogits, Tensor logits)
    {
        var old = oldLogits - oldLogits.logsumexp(1, true);
        return (old.exp() * (old - logits + logits.logsumexp(1, true))).sum(1);
    }

    /// <summary>As the tensor form, of one row.</summary>
    /// <param name="oldLogits">z of the old distribution, [A].</param>
    /// <param name="logits">z of the new one, [A].</param>
    public static T Divergence<T>(ReadOnlySpan<T> oldLogits, ReadOnlySpan<T> logits) where T : IFloatingPointIeee754<T>
    {
        var (oldTotal, total) = (LogSumExp(oldLogits), LogSumExp(logits));
        var sum = T.Zero;
        for (var i = 0; i < logits.Length; i++)
            sum += T.Exp(oldLogits[i] - oldTotal) * (oldLogits[i] - oldTotal - (logits[i] - total));
        return sum;
    }

    /// <summary>
    /// The Fisher information with respect to the logits times a vector, (diag(p) − p·pᵀ)·v: the Hessian of <see cref="Divergence{T}"/> at
    /// equal distributions.
    /// </summary>
    /// <param name="logits">z, [A].</param>
    /// <param name="vector">v, [A].</param>
    /// <param name="product">Receives the product, [A].</param>
    public static void FisherProduct<T>(ReadOnlySpan<T> logits, ReadOnlySpan<T> vector, Span<T> product) where T : IFloatingPointIeee754<T>
    {
        var total = LogSumExp(logits);
        var mean = T.Zero;
        for (var i = 0; i < logits.Length; i++)
            mean += T.Exp(logits[i] - total) * vector[i];
        for (var i = 0; i < logits.Length; i++)
            product[i] = T.Exp(logits[i] - total) * (vector[i] - mean);
    }

    private static T LogSumExp<T>(ReadOnlySpan<T> logits) where T : IFloatingPointIeee754<T>
    {
        var maximum = Maximum(logits);
        var total = T.Zero;
        foreach (var logit in logits)
            total += T.Exp(logit - maximum);
        return maximum + T.Log(total);
    }

    private static T Maximum<T>(ReadOnlySpan<T> logits) where T : IFloatingPointIeee754<T>
    {
        var maximum = logits[0];
        foreach (var logit in logits)
            maximum = T.Max(maximum, logit);
        return maximum;
    }
}

/// <summary>
/// Normal distribution with independent components: mean μ and log-standard-deviation s, both [D]. Tensor forms are differentiable any
/// number of times; array forms work on one row and come with their gradient.
/// </summary>
public static class DiagonalGaussian
{
    private static readonly double LogTwoPi = Math.Log(2 * Math.PI);

    /// <summary>−log p(a) = ½·Σ((a − μ)/exp(s))² + ½·D·log 2π + Σs.</summary>
    /// <param name="mean">μ, [N, D].</param>
    /// <param name="logStandardDeviation">s, [D] or [N, D].</param>
    /// <param name="actions">a, [N, D].</param>
    /// <returns>[N].</returns>
    public static Tensor NegativeLogProbability(Tensor mean, Tensor logStandardDeviation, Tensor actions)
    {
        var standardised = (actions - mean) * logStandardDeviation.neg().exp();
        return 0.5 * standardised.square().sum(1) + 0.5 * LogTwoPi * mean.shape[1] + logStandardDeviation.sum(-1);
    }

    /// <summary>H = Σ(s + ½·log 2πe); it does not depend on the mean.</summary>
    /// <param name="logStandardDeviation">s, [D] or [N, D].</param>
    /// <returns>A scalar or [N].</returns>
    public static Tensor Entropy(Tensor logStandardDeviation) => (logStandardDeviation + 0.5 * (LogTwoPi + 1)).sum(-1);

    /// <summary>Draws a = μ + exp(s)·ε, ε standard normal.</summary>
    /// <param name="mean">μ, [D].</param>
    /// <param name="logStandardDeviation">s, [D].</param>
    /// <param name="rng">Source of the noise.</param>
    /// <param name="action">Receives a, [D].</param>
    public static void Sample(ReadOnlySpan<float> mean, ReadOnlySpan<float> logStandardDeviation, Rng rng, Span<float> action)
    {
        for (var i = 0; i < mean.Length; i++)
            action[i] = mean[i] + MathF.Exp(logStandardDeviation[i]) * (float)rng.NextGaussian();
    }

    /// <summary>−log p(a) and entropy of one row.</summary>
    /// <param name="mean">μ, [D].</param>
    /// <param name="logStandardDeviation">s, [D].</param>
    /// <param name="action">a, [D].</param>
    public static (T NegativeLogProbability, T Entropy) Evaluate<T>(
        ReadOnlySpan<T> mean, ReadOnlySpan<T> logStandardDeviation, ReadOnlySpan<T> action)
        where T : IFloatingPointIeee754<T>
    {
        T squares = T.Zero, logDeviations = T.Zero;
        for (var i = 0; i < mean.Length; i++)
        {
            var standardised = (action[i] - mean[i]) * T.Exp(-logStandardDeviation[i]);
            squares += standardised * standardised;
            logDeviations += logStandardDeviation[i];
        }
        var half = T.CreateChecked(0.5);
        var constant = T.CreateChecked(0.5 * LogTwoPi * mean.Length);
        return (half * squares + constant + logDeviations, logDeviations + constant + half * T.CreateChecked(mean.Length));
    }

    /// <summary>
    /// Gradient of u·nlp(a) + w·H, with z = (a − μ)/exp(s): with respect to μ it is −u·z/exp(s), with respect to s it is u·(1 − z²) + w.
    /// </summary>
    /// <param name="mean">μ, [D].</param>
    /// <param name="logStandardDeviation">s, [D].</param>
    /// <param name="action">a, [D].</param>
    /// <param name="nlpFactor">u.</param>
    /// <param name="entropyFactor">w.</param>
    /// <param name="meanGradient">Receives the gradient with respect to μ, [D].</param>
    /// <param name="logStandardDeviationGradient">The gradient with respect to s is added to it, [D].</param>
    public static void Gradient<T>(
        ReadOnlySpan<T> mean, ReadOnlySpan<T> logStandardDeviation, ReadOnlySpan<T> action, T nlpFactor, T entropyFactor, Span<T> meanGradient,
        Span<T> logStandardDeviationGradient)
        where T : IFloatingPointIeee754<T>
    {
        for (var i = 0; i < mean.Length; i++)
        {
            var precision = T.Exp(-logStandardDeviation[i]);
            var standardised = (action[i] - mean[i]) * precision;
            meanGradient[i] = -nlpFactor * standardised * precision;
            logStandardDeviationGradient[i] += nlpFactor * (T.One - standardised * standardised) + entropyFactor;
        }
    }

    /// <summary>KL[old‖new] = Σ(½·((μ_old − μ)² + exp(2s_old))/exp(2s) − ½ + s − s_old).</summary>
    /// <param name="oldMean">μ of the old distribution, [N, D].</param>
    /// <param name="oldLogStandardDeviation">s of the old one, [D] or [N, D].</param>
    /// <param name="mean">μ of the new one, [N, D].</param>
    /// <param name="logStandardDeviation">s of the new one, [D] or [N, D].</param>
    /// <returns>[N].</returns>
    public static Tensor Divergence(Tensor oldMean, Tensor oldLogStandardDeviation, Tensor mean, Tensor logStandardDeviation)
    {
        var distance = (oldMean - mean) * logStandardDeviation.neg().exp();
        var change = oldLogStandardDeviation - logStandardDeviation;
        return (0.5 * distance.square() + 0.5 * ((2 * change).exp() - 1) - change).sum(1);
    }

    /// <summary>As the tensor form, of one row.</summary>
    /// <param name="oldMean">μ of the old distribution, [D].</param>
    /// <param name="oldLogStandardDeviation">s of the old one, [D].</param>
    /// <param name="mean">μ of the new one, [D].</param>
    /// <param name="logStandardDeviation">s of the new one, [D].</param>
    public static T Divergence<T>(
        ReadOnlySpan<T> oldMean, ReadOnlySpan<T> oldLogStandardDeviation, ReadOnlySpan<T> mean, ReadOnlySpan<T> logStandardDeviation)
        where T : IFloatingPointIeee754<T>
    {
        var half = T.CreateChecked(0.5);
        var sum = T.Zero;
        for (var i = 0; i < mean.Length; i++)
        {
            var distance = (oldMean[i] - mean[i]) * T.Exp(-logStandardDeviation[i]);
            var change = oldLogStandardDeviation[i] - logStandardDeviation[i];
            sum += half * distance * distance + half * T.ExpM1(change + change) - change;
        }
        return sum;
    }

    /// <summary>
    /// The Fisher information times a vector: v/exp(2s) for the mean and 2v for the log-standard-deviation, without cross terms; the Hessian of
    /// <see cref="Divergence{T}"/> at equal distributions. This is the mean's part, of one row.
    /// </summary>
    /// <param name="logStandardDeviation">s, [D].</param>
    /// <param name="vector">v, [D].</param>
    /// <param name="product">Receives the product, [D].</param>
    public static void FisherProduct<T>(ReadOnlySpan<T> logStandardDeviation, ReadOnlySpan<T> vector, Span<T> product)
        where T : IFloatingPointIeee754<T>
    {
        for (var i = 0; i < vector.Length; i++)
            product[i] = vector[i] * T.Exp(-(logStandardDeviation[i] + logStandardDeviation[i]));
    }
}
