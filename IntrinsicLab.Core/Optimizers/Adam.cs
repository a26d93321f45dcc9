using System.Numerics;
using System.Runtime.InteropServices;
using IntrinsicLab.Core.Formulas;
using TorchSharp;
using static TorchSharp.torch;

namespace IntrinsicLab.Core.Optimizers;

/// <summary>Where Adam and RMSProp add ε, the number that keeps them from dividing by zero.</summary>
public enum EpsilonStyle
{
    /// <summary>As TensorFlow 1 and Baselines do: Adam to the uncorrected root, RMSProp inside the root, which starts at 1.</summary>
    Tensorflow,

    /// <summary>As PyTorch and CleanRL do: Adam to the bias-corrected root, RMSProp outside the root, which starts at 0.</summary>
    Pytorch,
}

/// <summary>
/// Adam (Kingma and Ba 2015, "Adam: A Method for Stochastic Optimization"): m ← m + (g − m)(1 − β₁), v ← v + (g² − v)(1 − β₂),
/// θ ← θ − α·√(1 − β₂ᵗ)/(1 − β₁ᵗ)·m/(√v + ε); the style <see cref="EpsilonStyle.Pytorch"/> divides √v by √(1 − β₂ᵗ) before it adds ε.
/// </summary>
/// <param name="epsilon">ε.</param>
/// <param name="style">Where ε is added.</param>
/// <param name="beta1">β₁.</param>
/// <param name="beta2">β₂.</param>
/// <param name="constantSquare">
/// Takes v as a constant when a step is differentiated, as the code released by Zheng, Oh and Singh 2018 does; the step itself is the same.
/// </param>
public sealed class Adam(
    double epsilon = 1e-5, EpsilonStyle style = EpsilonStyle.Tensorflow, double beta1 = 0.9, double beta2 = 0.999, bool constantSquare = false)
    : IOptimizer
{
    /// <inheritdoc/>
    public OptimizerState Initial(Tensor parameters)
    {
        using var held = no_grad();
        return new([zeros_like(parameters), zeros_like(parameters)], 0);
    }

    /// <inheritdoc/>
    public (Tensor Parameters, OptimizerState State) Step(Tensor parameters, Tensor gradient, OptimizerState state, double learningRate)
    {
        var (rate, correction) = Scales(state.Steps + 1, learningRate);
        var mean = state.Slots[0] + (gradient - state.Slots[0]) * (1 - beta1);
        var squared = constantSquare ? gradient.detach() : gradient;
        var square = state.Slots[1] + (squared * squared - state.Slots[1]) * (1 - beta2);
        var next = parameters - mean * rate / (square.sqrt() * correction + epsilon);
        return (next, new OptimizerState([mean, square], state.Steps + 1));
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
        var (rate, correction) = Scales(state.Steps, learningRate);
        Fused(
            FlatMemory.Of(parameters), FlatMemory.Of(gradient), FlatMemory.Of(state.Slots[0]), FlatMemory.Of(state.Slots[1]),
            (float)rate, (float)correction);
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The derivative through v is asked for, which only <see cref="Step"/> has.</exception>
    public void Backward(OptimizerState state, ReadOnlySpan<float> gradient, double learningRate, ReadOnlySpan<float> upstream, Span<float> result)
    {
        if (!constantSquare)
            throw new InvalidOperationException("Adam's first-order derivative takes v as a constant; this optimiser does not.");
        var (rate, correction) = Scales(state.Steps, learningRate);
        var slot = state.Slots[1];
        using var held = slot.device_type == DeviceType.CPU ? null : FlatMemory.Held(slot);
        MetaGradients.ThroughAdam(
            upstream, FlatMemory.Of(held ?? slot), (float)rate, (float)correction, (float)epsilon, (float)(1 - beta1), result);
    }

    private (double Rate, double Correction) Scales(long step, double learningRate)
    {
        var (bias1, bias2) = (1 - Math.Pow(beta1, step), Math.Sqrt(1 - Math.Pow(beta2, step)));
        return style == EpsilonStyle.Tensorflow ? (learningRate * bias2 / bias1, 1) : (learningRate / bias1, 1 / bias2);
    }

    // The operations of Step, each rounded as libtorch rounds it, in one pass over memory.
    private void Fused(
        Span<float> parameters, ReadOnlySpan<float> gradient, Span<float> mean, Span<float> square, float rate, float correction)
    {
        var (new1, new2, offset) = ((float)(1 - beta1), (float)(1 - beta2), (float)epsilon);
        var p = MemoryMarshal.Cast<float, Vector<float>>(parameters);
        var g = MemoryMarshal.Cast<float, Vector<float>>(gradient)[..p.Length];
        var m = MemoryMarshal.Cast<float, Vector<float>>(mean)[..p.Length];
        var v = MemoryMarshal.Cast<float, Vector<float>>(square)[..p.Length];
        for (var i = 0; i < p.Length; i++)
        {
            m[i] += (g[i] - m[i]) * new1;
            v[i] += (g[i] * g[i] - v[i]) * new2;
            p[i] -= m[i] * rate / (Vector.SquareRoot(v[i]) * correction + new Vector<float>(offset));
        }
        for (var i = p.Length * Vector<float>.Count; i < parameters.Length; i++)
        {
            mean[i] += (gradient[i] - mean[i]) * new1;
            square[i] += (gradient[i] * gradient[i] - square[i]) * new2;
            parameters[i] -= mean[i] * rate / (MathF.Sqrt(square[i]) * correction + offset);
        }
    }
}
