using System.Numerics;

namespace IntrinsicLab.Core.Formulas;

/// <summary>
/// Rewards of skills that a discriminator can tell apart, and of goals that a learned score recognises. All are in nats, and none has a gradient:
/// they are paid, not optimised.
/// </summary>
public static class SkillRewards
{
    /// <summary>
    /// log q(ω|s) − log p(ω) of one of n skills with equal prior: log softmax(z)_ω + log n, at most log n and 0 where q knows nothing (Eysenbach et
    /// al. 2018, DIAYN; Liu, Wang, Tian and Chen 2022, GPIM).
    /// </summary>
    /// <param name="logits">z, [n].</param>
    /// <param name="skill">ω.</param>
    public static T Categorical<T>(ReadOnlySpan<T> logits, int skill) where T : IFloatingPointIeee754<T> =>
        logits[skill] - LogSumExp(logits) + T.Log(T.CreateChecked(logits.Length));

    /// <summary>log q(ω|s) − log p(ω) for ω uniform on [−1, 1]^d and q a Gaussian with one deviation: log N(ω; mean, σ²) + d·log 2.</summary>
    /// <param name="mean">Mean of q, [d].</param>
    /// <param name="skill">ω, [d].</param>
    /// <param name="deviation">σ.</param>
    public static double Gaussian(ReadOnlySpan<float> mean, ReadOnlySpan<float> skill, double deviation)
    {
        var sum = mean.Length * (Math.Log(2) - Math.Log(deviation) - 0.5 * Math.Log(2 * Math.PI));
        for (var i = 0; i < mean.Length; i++)
        {
            var distance = ((double)skill[i] - mean[i]) / deviation;
            sum -= 0.5 * distance * distance;
        }
        return sum;
    }

    /// <summary>
    /// log p(s′|s,ω) less the log of its mean over ω and L other skills: log(L+1) − log(1 + Σ exp(clip(log p(s′|s,ωᵢ) − log p(s′|s,ω), ±50))) (Sharma
    /// et al. 2020, DADS, as released).
    /// </summary>
    /// <param name="own">log p(s′|s,ω) of the skill that acted.</param>
    /// <param name="others">The same of L other skills, [L].</param>
    public static double Dynamics(double own, ReadOnlySpan<double> others)
    {
        var sum = 1.0;
        foreach (var other in others)
            sum += Math.Exp(Math.Clamp(other - own, -50, 50));
        return Math.Log(others.Length + 1) - Math.Log(sum);
    }

    /// <summary>
    /// log q̂(g|s): how surely a state is told to be the goal's rather than one of K decoys', by cosines that are sharpened by b = K + 1 (Warde-Farley
    /// et al. 2018, DISCERN).
    /// </summary>
    /// <param name="goal">Cosine of the embeddings of state and goal.</param>
    /// <param name="decoys">Those of state and decoys, [K].</param>
    public static double Recognition(double goal, ReadOnlySpan<double> decoys)
    {
        var (sum, sharpness) = (1.0, decoys.Length + 1);
        foreach (var decoy in decoys)
            sum += Math.Exp(sharpness * (decoy - goal));
        return -Math.Log(sum);
    }

    /// <summary>
    /// log p(s|ω) + log n − log Σᵢ p(s|ωᵢ) with unit Gaussians around what each skill is expected to reach: the forward form of the mutual information
    /// (Campos et al. 2020, EDL). The densities' constant cancels.
    /// </summary>
    /// <param name="squaredDistances">|s − mean of skill i|², [n].</param>
    /// <param name="skill">ω.</param>
    public static double Forward(ReadOnlySpan<double> squaredDistances, int skill)
    {
        var nearest = double.PositiveInfinity;
        foreach (var distance in squaredDistances)
            nearest = Math.Min(nearest, distance);
        var sum = 0.0;
        foreach (var distance in squaredDistances)
            sum += Math.Exp(-0.5 * (distance - nearest));
        return -0.5 * (squaredDistances[skill] - nearest) - Math.Log(sum) + Math.Log(squaredDistances.Length);
    }

    /// <summary>Cosine of two vectors; 0 where one has no length.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    public static double Cosine(ReadOnlySpan<float> left, ReadOnlySpan<float> right)
    {
        var (product, a, b) = (0.0, 0.0, 0.0);
        for (var i = 0; i < left.Length; i++)
        {
            product += (double)left[i] * right[i];
            a += (double)left[i] * left[i];
            b += (double)right[i] * right[i];
        }
        return a == 0 || b == 0 ? 0 : product / Math.Sqrt(a * b);
    }

    private static T LogSumExp<T>(ReadOnlySpan<T> values) where T : IFloatingPointIeee754<T>
    {
        var largest = values[0];
        foreach (var value in values)
            largest = T.Max(largest, value);
        var sum = T.Zero;
        foreach (var value in values)
            sum += T.Exp(value - largest);
        return largest + T.Log(sum);
    }
}
