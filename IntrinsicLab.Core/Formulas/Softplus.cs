using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace IntrinsicLab.Core.Formulas;

/// <summary>
/// Σ = softplus(ρ) = ln(1 + e^ρ), which makes any number a positive deviation, its derivative sig(ρ) = 1/(1 + e^−ρ), and their changes, all
/// without overflow and without loss of small results.
/// </summary>
public static class Softplus
{
    /// <summary>Σ = max(ρ, 0) + ln(1 + e^−|ρ|): never overflows, and is e^ρ for very negative ρ.</summary>
    /// <param name="rho">ρ.</param>
    public static double Of(double rho) => Math.Max(rho, 0) + LogOnePlus(Math.Exp(-Math.Abs(rho)));

    /// <summary>ρ = ln(e^Σ − 1), the number whose softplus is Σ.</summary>
    /// <param name="deviation">Σ, positive.</param>
    public static double Inverse(double deviation) => deviation + Math.Log(-ExpMinusOne(-deviation));

    /// <summary>sig(ρ), the derivative of softplus.</summary>
    /// <param name="rho">ρ.</param>
    public static double Slope(double rho)
    {
        var decay = Math.Exp(-Math.Abs(rho));
        return (rho >= 0 ? 1 : decay) / (1 + decay);
    }

    /// <summary>ln Σ, finite where Σ itself underflows.</summary>
    /// <param name="rho">ρ.</param>
    public static double LogOf(double rho) => rho < -40 ? rho : Math.Log(Of(rho));

    /// <summary>
    /// ln(softplus(ρ + h)/softplus(ρ)) to full precision for steps however small: the difference of the two is ln(1 + sig(ρ)·(e^h − 1)).
    /// </summary>
    /// <param name="rho">ρ.</param>
    /// <param name="step">h.</param>
    public static double LogRatio(double rho, double step)
    {
        // Down there softplus is the exponential function.
        if (rho < -40 && rho + step < -40)
            return step;
        // Long steps lose nothing in the plain difference, and everything in the other form, whose e^h − 1 comes near −1 or infinity.
        if (Math.Abs(step) > 1)
            return LogOf(rho + step) - LogOf(rho);
        return LogOnePlus(LogOnePlus(Slope(rho) * ExpMinusOne(step)) / Of(rho));
    }

    /// <summary>Σ and sig(ρ) of many at once.</summary>
    /// <param name="rhos">ρ.</param>
    /// <param name="deviations">Receives Σ.</param>
    /// <param name="slopes">Receives sig(ρ).</param>
    public static void Of(ReadOnlySpan<float> rhos, Span<float> deviations, Span<float> slopes)
    {
        var at = 0;
        for (; at + 8 <= rhos.Length; at += 8)
            Of(Vector256.Create(rhos[at..]), deviations[at..], slopes[at..]);
        if (at == rhos.Length)
            return;
        Span<float> rest = stackalloc float[8], deviation = stackalloc float[8], slope = stackalloc float[8];
        rest.Clear();
        rhos[at..].CopyTo(rest);
        Of(Vector256.Create<float>(rest), deviation, slope);
        deviation[..(rhos.Length - at)].CopyTo(deviations[at..]);
        slope[..(rhos.Length - at)].CopyTo(slopes[at..]);
    }

    /// <inheritdoc cref="Of(ReadOnlySpan{float}, Span{float}, Span{float})"/>
    public static void Of<T>(ReadOnlySpan<T> rhos, Span<T> deviations, Span<T> slopes) where T : unmanaged, System.Numerics.INumberBase<T>
    {
        if (typeof(T) == typeof(float))
        {
            Of(MemoryMarshal.Cast<T, float>(rhos), MemoryMarshal.Cast<T, float>(deviations), MemoryMarshal.Cast<T, float>(slopes));
            return;
        }
        for (var i = 0; i < rhos.Length; i++)
        {
            var rho = double.CreateChecked(rhos[i]);
            (deviations[i], slopes[i]) = (T.CreateChecked(Of(rho)), T.CreateChecked(Slope(rho)));
        }
    }

    /// <summary>ln(1 + x), exact to a few units in the last place for x however small (Kahan; Higham 2002, section 1.14.1).</summary>
    /// <param name="x">x ≥ −1.</param>
    public static double LogOnePlus(double x)
    {
        var sum = 1 + x;
        return sum == 1 ? x : double.IsInfinity(sum) ? sum : Math.Log(sum) * (x / (sum - 1));
    }

    /// <summary>e^x − 1, exact to a few units in the last place for x however small (Kahan; Higham 2002, section 1.14.1).</summary>
    /// <param name="x">x.</param>
    public static double ExpMinusOne(double x)
    {
        var power = Math.Exp(x);
        if (power == 1)
            return x;
        var less = power - 1;
        return less == -1 || double.IsInfinity(power) ? less : less * (x / Math.Log(power));
    }

    private static void Of(Vector256<float> rho, Span<float> deviations, Span<float> slopes)
    {
        var one = Vector256<float>.One;
        var decay = Vector256.Exp(-Vector256.Abs(rho));
        var sum = one + decay;
        // ln(1 + e) as ln(s)·e/(s − 1) with the rounded sum s, or e where s is 1.
        var small = Vector256.Equals(sum, one);
        var log = Vector256.ConditionalSelect(small, decay, Vector256.Log(sum) * (decay / (sum - one)));
        (Vector256.Max(rho, Vector256<float>.Zero) + log).CopyTo(deviations);
        (Vector256.ConditionalSelect(Vector256.LessThan(rho, Vector256<float>.Zero), decay, one) / sum).CopyTo(slopes);
    }
}
