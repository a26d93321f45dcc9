using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using TorchSharp;

namespace IntrinsicLab.Core.Networks;

/// <summary>Non-linearity after each hidden layer.</summary>
public enum Activation
{
    /// <summary>tanh(x).</summary>
    Tanh,

    /// <summary>max(x, 0).</summary>
    Relu,
}

/// <summary>The activations and their derivatives, over tensors and over plain memory.</summary>
public static class Activations
{
    // Beyond the first, tanh rounds to 1.
    private const float Saturation = 10, TwoLog2E = 2.88539008f, Rounding = 12582912;
    private const float E1 = 0.6931472029f, E2 = 0.2402264791f, E3 = 0.05550332468f, E4 = 0.009618437377f, E5 = 0.001339887544f, E6 = 0.000153533591f;

    /// <summary>Applies the activation, differentiably.</summary>
    /// <param name="activation">Which.</param>
    /// <param name="input">x, any shape.</param>
    public static torch.Tensor Apply(this Activation activation, torch.Tensor input) =>
        activation == Activation.Tanh ? input.tanh() : input.relu();

    /// <summary>Applies the activation in place.</summary>
    /// <param name="activation">Which.</param>
    /// <param name="values">x, replaced.</param>
    public static void Apply(this Activation activation, Span<float> values)
    {
        var at = 0;
        if (activation == Activation.Relu)
        {
            for (; at + 8 <= values.Length; at += 8)
            {
                var value = Vector256.Create<float>(values[at..]);
                Vector256.AndNot(value, Vector256.LessThanOrEqual(value, Vector256<float>.Zero)).CopyTo(values[at..]);
            }
            for (; at < values.Length; at++)
                values[at] = values[at] <= 0 ? 0 : values[at];
            return;
        }
        ref var first = ref MemoryMarshal.GetReference(values);
        if (Vector512.IsHardwareAccelerated)
        {
            // Two at a time: a division is long, and the second does not wait for the first.
            for (; at + 32 <= values.Length; at += 32)
            {
                var (left, right) = (Tanh(Vector512.LoadUnsafe(ref first, (nuint)at)), Tanh(Vector512.LoadUnsafe(ref first, (nuint)at + 16)));
                left.StoreUnsafe(ref first, (nuint)at);
                right.StoreUnsafe(ref first, (nuint)at + 16);
            }
            for (; at + 16 <= values.Length; at += 16)
                Tanh(Vector512.LoadUnsafe(ref first, (nuint)at)).StoreUnsafe(ref first, (nuint)at);
        }
        for (; at + 8 <= values.Length; at += 8)
            Tanh(Vector256.LoadUnsafe(ref first, (nuint)at)).StoreUnsafe(ref first, (nuint)at);
        if (at == values.Length)
            return;
        Span<float> rest = stackalloc float[8];
        rest.Clear();
        values[at..].CopyTo(rest);
        Tanh(Vector256.Create<float>(rest)).CopyTo(rest);
        rest[..(values.Length - at)].CopyTo(values[at..]);
    }

    /// <summary>Multiplies a gradient with respect to outputs by the derivative, in place: with respect to inputs afterwards.</summary>
    /// <param name="activation">Which.</param>
    /// <param name="outputs">What the activation gave.</param>
    /// <param name="gradient">Gradient, replaced.</param>
    public static void Backward(this Activation activation, ReadOnlySpan<float> outputs, Span<float> gradient)
    {
        outputs = outputs[..gradient.Length];
        var at = 0;
        if (activation == Activation.Relu)
        {
            for (; at + 8 <= gradient.Length; at += 8)
            {
                var off = Vector256.LessThanOrEqual(Vector256.Create(outputs[at..]), Vector256<float>.Zero);
                Vector256.AndNot(Vector256.Create<float>(gradient[at..]), off).CopyTo(gradient[at..]);
            }
            for (; at < gradient.Length; at++)
                gradient[at] = outputs[at] <= 0 ? 0 : gradient[at];
            return;
        }
        ref var given = ref MemoryMarshal.GetReference(outputs);
        ref var first = ref MemoryMarshal.GetReference(gradient);
        if (Vector512.IsHardwareAccelerated)
            for (; at + 16 <= gradient.Length; at += 16)
            {
                var output = Vector512.LoadUnsafe(ref given, (nuint)at);
                (Vector512.LoadUnsafe(ref first, (nuint)at) * (Vector512<float>.One - output * output)).StoreUnsafe(ref first, (nuint)at);
            }
        for (; at + 8 <= gradient.Length; at += 8)
        {
            var output = Vector256.LoadUnsafe(ref given, (nuint)at);
            (Vector256.LoadUnsafe(ref first, (nuint)at) * (Vector256<float>.One - output * output)).StoreUnsafe(ref first, (nuint)at);
        }
        for (; at < gradient.Length; at++)
            gradient[at] *= 1 - outputs[at] * outputs[at];
    }

    // tanh|x| = 1 − 2/(e^2|x| + 1), at most 1 and right to 10⁻⁷; the sign comes last. e^2|x| = 2ⁿ·2^f: n the nearest whole number, which adding
    // 1.5·2²³ leaves in the lowest bits; 2^f, |f| ≤ ½, a polynomial fitted to a relative error of 2·10⁻⁹. Every operation is rounded alike on every
    // machine, and what is not a number stays so.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Tanh(Vector512<float> x)
    {
        var size = Vector512.MinNative(Vector512.Create(Saturation), Vector512.Abs(x));
        var shifted = Vector512.FusedMultiplyAdd(size, Vector512.Create(TwoLog2E), Vector512.Create(Rounding));
        var fraction = Vector512.FusedMultiplyAdd(size, Vector512.Create(TwoLog2E), Vector512.Create(Rounding) - shifted);
        var power = Vector512.FusedMultiplyAdd(fraction, Vector512.Create(E6), Vector512.Create(E5));
        power = Vector512.FusedMultiplyAdd(fraction, power, Vector512.Create(E4));
        power = Vector512.FusedMultiplyAdd(fraction, power, Vector512.Create(E3));
        power = Vector512.FusedMultiplyAdd(fraction, power, Vector512.Create(E2));
        power = Vector512.FusedMultiplyAdd(fraction, power, Vector512.Create(E1));
        power = Vector512.FusedMultiplyAdd(fraction, power, Vector512<float>.One);
        var whole = ((Vector512.AsInt32(shifted) << 23) + Vector512.Create(0x3f800000)).AsSingle();
        var result = Vector512<float>.One - Vector512.Create(2f) / Vector512.FusedMultiplyAdd(power, whole, Vector512<float>.One);
        return result | (x & Vector512.Create(-0f));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Tanh(Vector256<float> x)
    {
        var size = Vector256.MinNative(Vector256.Create(Saturation), Vector256.Abs(x));
        var shifted = Vector256.FusedMultiplyAdd(size, Vector256.Create(TwoLog2E), Vector256.Create(Rounding));
        var fraction = Vector256.FusedMultiplyAdd(size, Vector256.Create(TwoLog2E), Vector256.Create(Rounding) - shifted);
        var power = Vector256.FusedMultiplyAdd(fraction, Vector256.Create(E6), Vector256.Create(E5));
        power = Vector256.FusedMultiplyAdd(fraction, power, Vector256.Create(E4));
        power = Vector256.FusedMultiplyAdd(fraction, power, Vector256.Create(E3));
        power = Vector256.FusedMultiplyAdd(fraction, power, Vector256.Create(E2));
        power = Vector256.FusedMultiplyAdd(fraction, power, Vector256.Create(E1));
        power = Vector256.FusedMultiplyAdd(fraction, power, Vector256<float>.One);
        var whole = ((Vector256.AsInt32(shifted) << 23) + Vector256.Create(0x3f800000)).AsSingle();
        var result = Vector256<float>.One - Vector256.Create(2f) / Vector256.FusedMultiplyAdd(power, whole, Vector256<float>.One);
        return result | (x & Vector256.Create(-0f));
    }
}
