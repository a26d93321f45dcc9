using System.Numerics;
using System.Runtime.InteropServices;
using IntrinsicLab.Core.Formulas;
using TorchSharp;
using static TorchSharp.torch;

namespace IntrinsicLab.Core.Optimizers;

/// <summary>
/// RMSProp (Tieleman and Hinton 2012) without momentum: s ← s + (g² − s)(1 − ρ), θ ← θ − α·g/√(s + ε), s initially 1; the style
/// <see cref="EpsilonStyle.Pytorch"/> uses θ ← θ − α·g/(√s + ε), s initially 0, whose first steps are far larger.
/// </summary>
/// <param name="decay">ρ.</param>
/// <param name="epsilon">ε.</param>
/// <param name="style">Where ε is added and where s starts.</param>
public sealed class RmsProp(double decay = 0.99, double epsilon = 1e-5, EpsilonStyle style = EpsilonStyle.Tensorflow) : IOptimizer
{
    /// <inheritdoc/>
    public OptimizerState Initial(Tensor parameters)
    {
        using var held = no_grad();
        return new([style == EpsilonStyle.Tensorflow ? ones_like(parameters) : zeros_like(parameters)], 0);
    }

    /// <inheritdoc/>
    public (Tensor Parameters, OptimizerState State) Step(Tensor parameters, Tensor gradient, OptimizerState state, double learningRate)
    {
        var square = state.Slots[0] + (gradient * gradient - state.Slots[0]) * (1 - decay);
        var root = style == EpsilonStyle.Tensorflow ? (square + epsilon).sqrt() : square.sqrt() + epsilon;
        return (parameters - gradient * learningRate / root, new OptimizerState([square], state.Steps + 1));
    }

    /// <inheritdoc/>
    public void StepInPlace(Tensor parameters, Tensor gradient, OptimizerState state, double learningRate)
    {
        if (parameters.device_type != DeviceType.CPU || parameters.dtype != ScalarType.Float32)
        {
            InPlace.Assign(this, parameters, gradient, state, learningRate);
            return;
        }
        state.Steps++;
        Fused(FlatMemory.Of(parameters), FlatMemory.Of(gradient), FlatMemory.Of(state.Slots[0]), (float)learningRate);
    }

    /// <inheritdoc/>
    public void Backward(OptimizerState state, ReadOnlySpan<float> gradient, double learningRate, ReadOnlySpan<float> upstream, Span<float> result)
    {
        var (inside, outside) = style == EpsilonStyle.Tensorflow ? ((float)epsilon, 0f) : (0f, (float)epsilon);
        using var square = FlatMemory.Held(state.Slots[0]);
        MetaGradients.ThroughRmsProp(
            upstream, gradient, FlatMemory.Of(square), (float)learningRate, inside, outside, (float)(1 - decay), result);
    }

    // The operations of Step, each rounded as libtorch rounds it, in one pass over memory.
    private void Fused(Span<float> parameters, ReadOnlySpan<float> gradient, Span<float> square, float rate)
    {
        var fresh = (float)(1 - decay);
        var (inside, outside) = style == EpsilonStyle.Tensorflow ? ((float)epsilon, 0f) : (0f, (float)epsilon);
        var p = MemoryMarshal.Cast<float, Vector<float>>(parameters);
        var g = MemoryMarshal.Cast<float, Vector<float>>(gradient)[..p.Length];
        var s = MemoryMarshal.Cast<float, Vector<float>>(square)[..p.Length];
        for (var i = 0; i < p.Length; i++)
        {
            s[i] += (g[i] * g[i] - s[i]) * fresh;
            p[i] -= g[i] * rate / (Vector.SquareRoot(s[i] + new Vector<float>(inside)) + new Vector<float>(outside));
        }
        for (var i = p.Length * Vector<float>.Count; i < parameters.Length; i++)
        {
            square[i] += (gradient[i] * gradient[i] - square[i]) * fresh;
            parameters[i] -= gradient[i] * rate / (MathF.Sqrt(square[i] + inside) + outside);
        }
    }
}
