using System.Numerics;
using System.Runtime.InteropServices;
using IntrinsicLab.Core.Formulas;
using TorchSharp;
using static TorchSharp.torch;

namespace IntrinsicLab.Core.Optimizers;

/// <summary>Gradient descent without momentum: θ ← θ − α·g.</summary>
public sealed class Sgd : IOptimizer
{
    /// <inheritdoc/>
    public OptimizerState Initial(Tensor parameters) => new([], 0);

    /// <inheritdoc/>
    public (Tensor Parameters, OptimizerState State) Step(Tensor parameters, Tensor gradient, OptimizerState state, double learningRate) =>
        (parameters - gradient * learningRate, new OptimizerState([], state.Steps + 1));

    /// <inheritdoc/>
    public void StepInPlace(Tensor parameters, Tensor gradient, OptimizerState state, double learningRate)
    {
        if (parameters.device_type != DeviceType.CPU || parameters.dtype != ScalarType.Float32)
        {
            InPlace.Assign(this, parameters, gradient, state, learningRate);
            return;
        }
        state.Steps++;
        var values = FlatMemory.Of(parameters);
        var slopes = FlatMemory.Of(gradient);
        var rate = (float)learningRate;
        var p = MemoryMarshal.Cast<float, Vector<float>>(values);
        var g = MemoryMarshal.Cast<float, Vector<float>>(slopes)[..p.Length];
        for (var i = 0; i < p.Length; i++)
            p[i] -= g[i] * rate;
        for (var i = p.Length * Vector<float>.Count; i < values.Length; i++)
            values[i] -= slopes[i] * rate;
    }

    /// <inheritdoc/>
    public void Backward(OptimizerState state, ReadOnlySpan<float> gradient, double learningRate, ReadOnlySpan<float> upstream, Span<float> result) =>
        MetaGradients.ThroughSgd(upstream, (float)learningRate, result);
}
