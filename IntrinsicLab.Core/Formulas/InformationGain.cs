using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace IntrinsicLab.Core.Formulas;

/// <summary>How a belief moves along the gradient of what was observed.</summary>
public enum BeliefStep
{
    /// <summary>φ′ = φ − λ·H⁻¹·g with the curvature H of the divergence: one step of natural gradient descent.</summary>
    Natural,

    /// <summary>φ′ = φ − λ·g.</summary>
    Plain,
}

/// <summary>
/// What one observation teaches a belief q over weights, KL[q_φ′ ‖ q_φ] after a step φ → φ′ along the gradient g of the observation's negative
/// log likelihood (Houthooft et al. 2016, "VIME: Variational Information Maximizing Exploration", section 2.5): exactly, and as the second-order
/// expansion ½·λ²·gᵀ·H⁻¹·g of the natural step. Every weight has mean M and deviation Σ = softplus(ρ) of its own; φ = (M, ρ).
/// </summary>
/// <remarks>
/// Of a layer with input x, mean m = x·M and variance v = (x∘x)·(Σ∘Σ), sampled as a = m + √v∘e, let δ be the derivative of the loss with respect
/// to a and γ = δ∘e/√v. Then g_M = x·δ and g_ρ = x²·γ·Σ·sig(ρ), averaged over the S samples; in gᵀH⁻¹g with H_M = 1/Σ² and
/// H_ρ = 2·sig(ρ)²/Σ² the logistic factors cancel, so that nothing is divided by a deviation that may have underflowed.
/// </remarks>
public static class InformationGain
{
    /// <summary>KL[N(m₁, s₁²) ‖ N(m₂, s₂²)].</summary>
    /// <param name="mean">m₁.</param>
    /// <param name="deviation">s₁, positive.</param>
    /// <param name="otherMean">m₂.</param>
    /// <param name="otherDeviation">s₂, positive.</param>
    public static double Divergence(double mean, double deviation, double otherMean, double otherDeviation) =>
        OfChange(Math.Log(deviation / otherDeviation), (mean - otherMean) / otherDeviation);

    /// <summary>
    /// KL of a Gaussian against what it was before: ½·(e^2u − 1 − 2u + w²). The usual form subtracts numbers near 1 from each other and is
    /// nothing but rounding at the 10⁻⁶ to 10⁻¹² of learning; this one is exact to the last places.
    /// </summary>
    /// <param name="logRatio">u = ln(σ′/σ).</param>
    /// <param name="shift">w = (μ′ − μ)/σ.</param>
    public static double OfChange(double logRatio, double shift) => OfLogRatio(logRatio) + 0.5 * shift * shift;

    /// <summary>H_M = 1/Σ², curvature of the divergence in a mean.</summary>
    /// <param name="rho">ρ.</param>
    public static double MeanCurvature(double rho) => 1 / (Softplus.Of(rho) * Softplus.Of(rho));

    /// <summary>H_ρ = 2·sig(ρ)²/Σ², curvature of the divergence in ρ; its limit 2 where both underflow.</summary>
    /// <param name="rho">ρ.</param>
    public static double RhoCurvature(double rho)
    {
        var ratio = rho < -40 ? 1 : Softplus.Slope(rho) / Softplus.Of(rho);
        return 2 * ratio * ratio;
    }

    /// <summary>
    /// gᵀH⁻¹g of the first layer, whose input no sample changes: Σ_j v_j·δ̄_j² + ½·Σ_j w_j·γ̄_j², the bias included, with the sums over samples
    /// δ̄ and γ̄ and w = x⁴·Σ⁴ + κ⁴.
    /// </summary>
    /// <param name="variance">v, [O].</param>
    /// <param name="fourth">w, [O].</param>
    /// <param name="delta">δ̄, [O].</param>
    /// <param name="gamma">γ̄, [O].</param>
    public static T FirstLayer<T>(ReadOnlySpan<T> variance, ReadOnlySpan<T> fourth, ReadOnlySpan<T> delta, ReadOnlySpan<T> gamma)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var half = T.CreateChecked(0.5);
        var sums = Vector256<T>.Zero;
        var at = 0;
        for (; at + Vector256<T>.Count <= delta.Length; at += Vector256<T>.Count)
        {
            var (d, g) = (Vector256.Create(delta[at..]), Vector256.Create(gamma[at..]));
            sums += Vector256.Create(variance[at..]) * d * d + Vector256.Create(fourth[at..]) * (g * g) * half;
        }
        var total = Vector256.Sum(sums);
        for (; at < delta.Length; at++)
            total += variance[at] * delta[at] * delta[at] + fourth[at] * (gamma[at] * gamma[at]) * half;
        return total;
    }

    /// <summary>
    /// gᵀH⁻¹g of a later layer, whose input differs from sample to sample: with D_ij = Σ_s x_i·δ_j and K_ij = Σ_s x_i²·γ_j, the sum of
    /// D²·Σ² + ½·K²·Σ⁴ over its weights, and the same of its biases. D and K live in registers only.
    /// </summary>
    /// <param name="input">x, [S, I].</param>
    /// <param name="delta">δ, [S, O]; carries the 1/S of the mean over samples.</param>
    /// <param name="gamma">γ, [S, O].</param>
    /// <param name="variances">Σ² of the weights, transposed, [O, I].</param>
    /// <param name="biasVariances">κ², [O].</param>
    public static T LaterLayer<T>(
        ReadOnlySpan<T> input, ReadOnlySpan<T> delta, ReadOnlySpan<T> gamma, ReadOnlySpan<T> variances, ReadOnlySpan<T> biasVariances)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var outputs = biasVariances.Length;
        var (inputs, samples) = (variances.Length / outputs, delta.Length / outputs);
        if (input.Length != samples * inputs || gamma.Length != delta.Length)
            throw new ArgumentException($"{input.Length} inputs and {gamma.Length} γ do not fit {samples} samples of {inputs} by {outputs}.");
        var half = T.CreateChecked(0.5);
        var (sums, total) = (Vector256<T>.Zero, T.Zero);
        ref var x = ref MemoryMarshal.GetReference(input);
        ref var d = ref MemoryMarshal.GetReference(delta);
        ref var g = ref MemoryMarshal.GetReference(gamma);
        ref var s2 = ref MemoryMarshal.GetReference(variances);
        var lanes = Vector256<T>.Count;
        for (var j = 0; j < outputs; j++)
        {
            var i = 0;
            for (; i + 2 * lanes <= inputs; i += 2 * lanes)
            {
                Vector256<T> d0 = Vector256<T>.Zero, d1 = Vector256<T>.Zero, k0 = Vector256<T>.Zero, k1 = Vector256<T>.Zero;
                for (nint s = 0, of = i, to = j; s < samples; s++, of += inputs, to += outputs)
                {
                    var x0 = Vector256.LoadUnsafe(ref x, (nuint)of);
                    var x1 = Vector256.LoadUnsafe(ref x, (nuint)(of + lanes));
                    var (fd, fg) = (Vector256.Create(Unsafe.Add(ref d, to)), Vector256.Create(Unsafe.Add(ref g, to)));
                    d0 = Add(x0, fd, d0);
                    d1 = Add(x1, fd, d1);
                    k0 = Add(x0 * x0, fg, k0);
                    k1 = Add(x1 * x1, fg, k1);
                }
                sums += Quadratic(d0, k0, Vector256.LoadUnsafe(ref s2, (nuint)(j * inputs + i)), half);
                sums += Quadratic(d1, k1, Vector256.LoadUnsafe(ref s2, (nuint)(j * inputs + i + lanes)), half);
            }
            for (; i < inputs; i++)
            {
                var (dij, kij) = (T.Zero, T.Zero);
                for (var s = 0; s < samples; s++)
                {
                    var value = input[s * inputs + i];
                    dij += value * delta[s * outputs + j];
                    kij += value * value * gamma[s * outputs + j];
                }
                total += Quadratic(dij, kij, variances[j * inputs + i], half);
            }
            var (dj, gj) = (T.Zero, T.Zero);
            for (var s = 0; s < samples; s++)
            {
                dj += delta[s * outputs + j];
                gj += gamma[s * outputs + j];
            }
            total += Quadratic(dj, gj, biasVariances[j], half);
        }
        return total + Vector256.Sum(sums);
    }

    /// <summary>Exact KL of one weight after a step along its gradient.</summary>
    /// <param name="rho">ρ.</param>
    /// <param name="meanProduct">g_M = Σ_s x·δ.</param>
    /// <param name="deviationProduct">Σ_s x²·γ, which is g_ρ/(Σ·sig(ρ)).</param>
    /// <param name="step">Which step.</param>
    /// <param name="length">λ.</param>
    public static double Exact(double rho, double meanProduct, double deviationProduct, BeliefStep step, double length) =>
        Exact(rho, Softplus.Of(rho), Softplus.Slope(rho), meanProduct, deviationProduct, step, length);

    /// <inheritdoc cref="Exact(double, double, double, BeliefStep, double)"/>
    /// <param name="rho">ρ.</param>
    /// <param name="deviation">Σ, where it is known already.</param>
    /// <param name="slope">sig(ρ), where it is known already.</param>
    /// <param name="meanProduct">g_M = Σ_s x·δ.</param>
    /// <param name="deviationProduct">Σ_s x²·γ, which is g_ρ/(Σ·sig(ρ)).</param>
    /// <param name="step">Which step.</param>
    /// <param name="length">λ.</param>
    public static double Exact(
        double rho, double deviation, double slope, double meanProduct, double deviationProduct, BeliefStep step, double length)
    {
        var natural = step == BeliefStep.Natural;
        var shift = meanProduct == 0 ? 0 : -length * meanProduct * (natural ? deviation : 1 / deviation);
        var square = deviation * deviation;
        var change = -length * deviationProduct * (natural ? slope == 0 ? 0 : square * (deviation / slope) / 2 : deviation * slope);
        return OfChange(change == 0 ? 0 : LogRatio(rho, deviation, slope, change), shift);
    }

    /// <summary>Exact KL of a belief against another, summed over weights.</summary>
    /// <param name="belief">φ′: means, then ρ, [2P].</param>
    /// <param name="before">φ, [2P].</param>
    public static double Divergence(ReadOnlySpan<float> belief, ReadOnlySpan<float> before)
    {
        var weights = before.Length / 2;
        var total = 0.0;
        for (var i = 0; i < weights; i++)
        {
            double mean = belief[i], rho = before[weights + i], change = (double)belief[weights + i] - rho, moved = mean - before[i];
            total += OfChange(change == 0 ? 0 : Softplus.LogRatio(rho, change), moved == 0 ? 0 : moved / Softplus.Of(rho));
        }
        return total;
    }

    /// <summary>Holds a gain between 0 and a maximum. What is not a number stays so, to be seen.</summary>
    /// <param name="gain">KL; infinite where a step left the range of numbers.</param>
    /// <param name="maximum">Largest value let through.</param>
    public static double Clip(double gain, double maximum) => Math.Clamp(gain, 0, maximum);

    // As Softplus.LogRatio, with what is known of ρ already.
    private static double LogRatio(double rho, double deviation, double slope, double step) => rho < -40 || Math.Abs(step) > 1
        ? Softplus.LogRatio(rho, step)
        : Softplus.LogOnePlus(Softplus.LogOnePlus(slope * Softplus.ExpMinusOne(step)) / deviation);

    // Below 10⁻⁴ even e^2u − 1, exact by itself, loses the −2u that is taken off it: the series goes on with 2u⁵/15.
    private static double OfLogRatio(double u) => Math.Abs(u) < 1e-4
        ? u * u * (1 + u * (2.0 / 3 + u / 3))
        : double.IsPositiveInfinity(u) ? u : 0.5 * (Softplus.ExpMinusOne(2 * u) - 2 * u);

    private static Vector256<T> Quadratic<T>(Vector256<T> d, Vector256<T> k, Vector256<T> variance, T half)
    {
        var deviated = k * variance;
        return d * d * variance + deviated * deviated * half;
    }

    private static T Quadratic<T>(T d, T k, T variance, T half) where T : IFloatingPointIeee754<T> =>
        d * d * variance + k * variance * (k * variance) * half;

    private static Vector256<T> Add<T>(Vector256<T> left, Vector256<T> right, Vector256<T> sum) => typeof(T) == typeof(float)
        ? Vector256.FusedMultiplyAdd(left.AsSingle(), right.AsSingle(), sum.AsSingle()).As<float, T>()
        : Vector256.FusedMultiplyAdd(left.AsDouble(), right.AsDouble(), sum.AsDouble()).As<double, T>();
}
