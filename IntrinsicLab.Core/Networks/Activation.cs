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
        if (Vector512.IsHardwareAccelerated)
            for (; at + 16 <= values.Length; at += 16)
                Tanh(Vector512.Create<float>(values[at..])).CopyTo(values[at..]);
        for (; at + 8 <= values.Length; at += 8)
            Tanh(Vector256.Create<float>(values[at..])).CopyTo(values[at..]);
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
        if (Vector512.IsHardwareAccelerated)
            for (; at + 16 <= gradient.Length; at += 16)
            {
                var output = Vector512.Create(outputs[at..]);
                (Vector512.Create<float>(gradient[at..]) * (Vector512<float>.One - output * output)).CopyTo(gradient[at..]);
            }
        for (; at < gradient.Length; at++)
            gradient[at] *= 1 - outputs[at] * outputs[at];
    }

    // tanh(x) = 1 − 2 / (e^2x + 1): right at both ends, where the exponential is infinite or zero, and to 10⁻⁷ in between.
    private static Vector512<float> Tanh(Vector512<float> x) =>
        Vector512<float>.One - Vector512.Create(2f) / (Vector512.Exp(x + x) + Vector512<float>.One);

    private static Vector256<float> Tanh(Vector256<float> x) =>
        Vector256<float>.One - Vector256.Create(2f) / (Vector256.Exp(x + x) + Vector256<float>.One);
}
