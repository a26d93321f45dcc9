using static TorchSharp.torch;

namespace IntrinsicLab.Tests.Torch;

/// <summary>Compares tensors with values worked out by hand, and gradients with finite differences.</summary>
internal static class Expect
{
    public static void Values(Tensor actual, params double[] expected)
    {
        using var wide = actual.detach().to(ScalarType.Float64);
        var values = wide.data<double>().ToArray();
        Assert.Equal(expected.Length, values.Length);
        for (var i = 0; i < values.Length; i++)
            Assert.Equal(expected[i], values[i], 1e-5);
    }

    public static void Shape(Tensor actual, params long[] expected) => Assert.Equal(expected, actual.shape);

    public static Tensor Vector(params double[] values) => tensor(values);

    public static Tensor Matrix(long rows, long columns, params double[] values) => tensor(values, [rows, columns]);

    /// <summary>The gradient of a scalar function against central differences, then that of a fixed mixture of the gradient.</summary>
    public static void Gradients(Func<Tensor, Tensor> function, Tensor at)
    {
        GradientOf(function, at);
        GradientOf(Mixture, at);

        Tensor Mixture(Tensor point)
        {
            var gradient = autograd.grad([function(point)], [point], create_graph: true, retain_graph: true)[0];
            return (gradient * (arange(gradient.numel(), dtype: ScalarType.Float64).view(gradient.shape) + 1.0).cos()).sum();
        }
    }

    private static void GradientOf(Func<Tensor, Tensor> function, Tensor at)
    {
        const double Step = 1e-5;
        using var scope = NewDisposeScope();
        var point = at.detach().clone().requires_grad_();
        var analytic = autograd.grad([function(point)], [point])[0].contiguous().data<double>().ToArray();
        var origin = at.detach().contiguous().data<double>().ToArray();
        for (var i = 0; i < origin.Length; i++)
        {
            var numeric = (Shifted(i, Step) - Shifted(i, -Step)) / (2 * Step);
            Assert.True(Math.Abs(numeric - analytic[i]) <= 1e-6 * Math.Max(1, Math.Abs(numeric)),
                $"element {i}: difference quotient {numeric}, gradient {analytic[i]}");
        }

        double Shifted(int index, double step)
        {
            var values = (double[])origin.Clone();
            values[index] += step;
            return function(tensor(values, at.shape).requires_grad_()).item<double>();
        }
    }
}

/// <summary>Tests of process-wide state (thread counts, live tensors) run alone.</summary>
[CollectionDefinition(nameof(WholeProcess), DisableParallelization = true)]
public sealed class WholeProcess;
