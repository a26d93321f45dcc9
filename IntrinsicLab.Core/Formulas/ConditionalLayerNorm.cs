using System.Numerics;
using System.Runtime.Intrinsics;
using static TorchSharp.torch;

namespace IntrinsicLab.Core.Formulas;

/// <summary>
/// Layer normalisation whose gain and bias are given from outside, so that something else than the layer's own weights can set them:
/// y = g·(a − μ)/σ + b over the H units of each row, μ = mean a, σ = √(mean (a − μ)² + 10⁻⁵) (Ba, Kiros and Hinton 2016, "Layer
/// Normalization"; conditioned as by Stadie, Zhang and Ba 2020, "Learning Intrinsic Rewards as a Bi-Level Optimization Problem", equation 20,
/// before its activation). With g = 1 and b = 0 every row comes out with mean 0 and deviation 1.
/// </summary>
/// <remarks>The tensor form is differentiable any number of times; the array forms work on rows and come with their gradient.</remarks>
public static class ConditionalLayerNorm
{
    private const double Epsilon = 1e-5;

    /// <summary>y, differentiable.</summary>
    /// <param name="input">a, [N, H].</param>
    /// <param name="gain">g, [H].</param>
    /// <param name="bias">b, [H].</param>
    /// <returns>[N, H].</returns>
    public static Tensor Apply(Tensor input, Tensor gain, Tensor bias)
    {
        var centred = input - input.mean([1], true);
        return centred / (centred.square().mean([1], true) + Epsilon).sqrt() * gain + bias;
    }

    /// <summary>y, keeping what <see cref="Backward"/> needs.</summary>
    /// <param name="input">a, [N, H].</param>
    /// <param name="gain">g, [H].</param>
    /// <param name="bias">b, [H].</param>
    /// <param name="normalised">Receives (a − μ)/σ, [N, H].</param>
    /// <param name="deviations">Receives σ, [N].</param>
    /// <param name="output">Receives y, [N, H].</param>
    public static void Forward<T>(
        ReadOnlySpan<T> input, ReadOnlySpan<T> gain, ReadOnlySpan<T> bias, Span<T> normalised, Span<T> deviations, Span<T> output)
        where T : IFloatingPointIeee754<T>
    {
        var (units, count) = (gain.Length, T.CreateChecked(gain.Length));
        for (var row = 0; row * units < input.Length; row++)
        {
            var a = input.Slice(row * units, units);
            var n = normalised.Slice(row * units, units);
            var y = output.Slice(row * units, units);
            T mean = Sum(a) / count, variance = T.Zero;
            var (unit, squares) = (0, Vector256<T>.Zero);
            for (; unit + Vector256<T>.Count <= units; unit += Vector256<T>.Count)
            {
                var centred = Vector256.Create(a[unit..]) - Vector256.Create(mean);
                squares += centred * centred;
            }
            for (; unit < units; unit++)
                variance += (a[unit] - mean) * (a[unit] - mean);
            deviations[row] = T.Sqrt((variance + Fold(squares)) / count + T.CreateChecked(Epsilon));
            for (unit = 0; unit + Vector256<T>.Count <= units; unit += Vector256<T>.Count)
            {
                var standardised = (Vector256.Create(a[unit..]) - Vector256.Create(mean)) / deviations[row];
                standardised.CopyTo(n[unit..]);
                (Vector256.Create(gain[unit..]) * standardised + Vector256.Create(bias[unit..])).CopyTo(y[unit..]);
            }
            for (; unit < units; unit++)
            {
                n[unit] = (a[unit] - mean) / deviations[row];
                y[unit] = gain[unit] * n[unit] + bias[unit];
            }
        }
    }

    /// <summary>
    /// Gradients: with u = dL/dy, n = (a − μ)/σ and v = u·g they are dL/dg = Σ u·n and dL/db = Σ u over the rows, and
    /// dL/da = (v − mean v − n·mean(v·n))/σ, which sums to 0 over every row.
    /// </summary>
    /// <param name="normalised">n, [N, H].</param>
    /// <param name="deviations">σ, [N].</param>
    /// <param name="gain">g, [H].</param>
    /// <param name="upstream">u, [N, H].</param>
    /// <param name="gainGradient">Receives dL/dg, [H].</param>
    /// <param name="biasGradient">Receives dL/db, [H].</param>
    /// <param name="inputGradient">Receives dL/da, [N, H].</param>
    public static void Backward<T>(
        ReadOnlySpan<T> normalised, ReadOnlySpan<T> deviations, ReadOnlySpan<T> gain, ReadOnlySpan<T> upstream, Span<T> gainGradient,
        Span<T> biasGradient, Span<T> inputGradient)
        where T : IFloatingPointIeee754<T>
    {
        var (units, count) = (gain.Length, T.CreateChecked(gain.Length));
        gainGradient.Clear();
        biasGradient.Clear();
        for (var row = 0; row * units < upstream.Length; row++)
        {
            var n = normalised.Slice(row * units, units);
            var u = upstream.Slice(row * units, units);
            var result = inputGradient.Slice(row * units, units);
            T mean = T.Zero, along = T.Zero;
            var (unit, means, alongs) = (0, Vector256<T>.Zero, Vector256<T>.Zero);
            for (; unit + Vector256<T>.Count <= units; unit += Vector256<T>.Count)
            {
                var (un, nn) = (Vector256.Create<T>(u[unit..]), Vector256.Create<T>(n[unit..]));
                (Vector256.Create<T>(gainGradient[unit..]) + un * nn).CopyTo(gainGradient[unit..]);
                (Vector256.Create<T>(biasGradient[unit..]) + un).CopyTo(biasGradient[unit..]);
                var v = un * Vector256.Create(gain[unit..]);
                means += v;
                alongs += v * nn;
            }
            for (; unit < units; unit++)
            {
                gainGradient[unit] += u[unit] * n[unit];
                biasGradient[unit] += u[unit];
                mean += u[unit] * gain[unit];
                along += u[unit] * gain[unit] * n[unit];
            }
            mean = (mean + Fold(means)) / count;
            along = (along + Fold(alongs)) / count;
            for (unit = 0; unit + Vector256<T>.Count <= units; unit += Vector256<T>.Count)
            {
                var v = Vector256.Create<T>(u[unit..]) * Vector256.Create(gain[unit..]);
                ((v - Vector256.Create(mean) - Vector256.Create<T>(n[unit..]) * along) / deviations[row]).CopyTo(result[unit..]);
            }
            for (; unit < units; unit++)
                result[unit] = (u[unit] * gain[unit] - mean - n[unit] * along) / deviations[row];
        }
    }

    private static T Sum<T>(ReadOnlySpan<T> values) where T : IFloatingPointIeee754<T>
    {
        var (sums, rest, at) = (Vector256<T>.Zero, T.Zero, 0);
        for (; at + Vector256<T>.Count <= values.Length; at += Vector256<T>.Count)
            sums += Vector256.Create(values[at..]);
        for (; at < values.Length; at++)
            rest += values[at];
        return rest + Fold(sums);
    }

    // In halves, alike on every machine.
    private static T Fold<T>(Vector256<T> sums) where T : IFloatingPointIeee754<T>
    {
        var half = sums.GetLower() + sums.GetUpper();
        var quarter = half.GetLower() + half.GetUpper();
        var total = T.Zero;
        for (var i = 0; i < Vector64<T>.Count; i++)
            total += quarter[i];
        return total;
    }
}
