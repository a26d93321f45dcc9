using IntrinsicLab.Core;
using static TorchSharp.torch;

namespace IntrinsicLab.Tests.Support;

/// <summary>Comparison of arrays, and gradients by finite differences.</summary>
internal static class Numbers
{
    public static void Close(ReadOnlySpan<double> expected, ReadOnlySpan<double> actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - actual[i]) <= tolerance, $"Element {i}: expected {expected[i]:R}, got {actual[i]:R}.");
    }

    public static void Close(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - actual[i]) <= tolerance, $"Element {i}: expected {expected[i]:R}, got {actual[i]:R}.");
    }

    public static double[] Doubles(this Tensor tensor)
    {
        using var held = tensor.detach().to(ScalarType.Float64).contiguous();
        return held.data<double>().ToArray();
    }

    public static float[] Floats(this Tensor tensor)
    {
        using var held = tensor.detach().contiguous();
        return held.data<float>().ToArray();
    }

    public static Tensor Vector(params double[] values) => tensor(values);

    public static double[] Random(Rng rng, int count, double scale = 1) => [.. Enumerable.Range(0, count).Select(_ => scale * rng.NextGaussian())];

    public static float[] RandomFloats(Rng rng, int count, double scale = 1) => [.. Random(rng, count, scale).Select(value => (float)value)];

    /// <summary>Gradient of f at x by central differences.</summary>
    public static double[] FiniteDifferences(Func<double[], double> f, double[] x, double h = 1e-6)
    {
        var gradient = new double[x.Length];
        for (var i = 0; i < x.Length; i++)
        {
            var (up, down) = ((double[])x.Clone(), (double[])x.Clone());
            up[i] += h;
            down[i] -= h;
            gradient[i] = (f(up) - f(down)) / (2 * h);
        }
        return gradient;
    }

    /// <summary>Checks first and second derivatives of a scalar function of a vector against finite differences.</summary>
    public static void CheckGradients(Func<Tensor, Tensor> f, double[] x, double tolerance = 1e-6)
    {
        using var scope = NewDisposeScope();
        var at = tensor(x).requires_grad_(true);
        var first = autograd.grad([f(at)], [at], create_graph: true, retain_graph: true)[0];
        Close(FiniteDifferences(values => f(tensor(values)).item<double>(), x), first.Doubles(), tolerance);

        // A fixed direction makes the gradient a scalar whose own gradient is a Hessian-vector product.
        var direction = tensor(Random(new Rng(7), x.Length));
        var second = autograd.grad([(first * direction).sum()], [at])[0];
        Close(FiniteDifferences(values => Slope(f, values, direction), x), second.Doubles(), tolerance * 10);
    }

    private static double Slope(Func<Tensor, Tensor> f, double[] x, Tensor direction)
    {
        var at = tensor(x).requires_grad_(true);
        return (autograd.grad([f(at)], [at])[0] * direction).sum().item<double>();
    }
}
