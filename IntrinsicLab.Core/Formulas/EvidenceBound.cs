namespace IntrinsicLab.Core.Formulas;

/// <summary>
/// The pieces of the evidence lower bound of a variational auto-encoder with a Gaussian code and a standard normal prior (Kingma and Welling 2014,
/// "Auto-Encoding Variational Bayes"), in nats.
/// </summary>
public static class EvidenceBound
{
    private static readonly double HalfLogTwoPi = 0.5 * Math.Log(2 * Math.PI);

    /// <summary>KL(N(μ, σ²) ‖ N(0, 1)), summed over the code: ½·Σ(μ² + σ² − 1 − log σ²).</summary>
    /// <param name="mean">μ, [L].</param>
    /// <param name="logVariance">log σ², [L].</param>
    public static double Divergence(ReadOnlySpan<float> mean, ReadOnlySpan<float> logVariance)
    {
        var sum = 0.0;
        for (var i = 0; i < mean.Length; i++)
            sum += 0.5 * ((double)mean[i] * mean[i] + Math.Exp(logVariance[i]) - 1 - logVariance[i]);
        return sum;
    }

    /// <summary>log d(x|z) of independent Bernoulli values, from their logits o: Σ(x·o − log(1 + eᵒ)); x may lie between 0 and 1.</summary>
    /// <param name="logits">o, [G].</param>
    /// <param name="values">x, [G].</param>
    public static double Bernoulli(ReadOnlySpan<float> logits, ReadOnlySpan<float> values)
    {
        var sum = 0.0;
        for (var i = 0; i < values.Length; i++)
            sum += (double)values[i] * logits[i] - Math.Max(0, logits[i]) - Math.Log(1 + Math.Exp(-Math.Abs(logits[i])));
        return sum;
    }

    /// <summary>log p(z) − log q(z|x) of a code z = μ + σ·ε: what a draw says of minus the divergence.</summary>
    /// <param name="code">z, [L].</param>
    /// <param name="noise">ε, [L].</param>
    /// <param name="logVariance">log σ², [L].</param>
    public static double PriorOverPosterior(ReadOnlySpan<float> code, ReadOnlySpan<float> noise, ReadOnlySpan<float> logVariance)
    {
        var sum = 0.0;
        for (var i = 0; i < code.Length; i++)
            sum += Normal(code[i]) - Normal(noise[i]) + 0.5 * logVariance[i];
        return sum;
    }

    private static double Normal(double value) => -0.5 * value * value - HalfLogTwoPi;
}
