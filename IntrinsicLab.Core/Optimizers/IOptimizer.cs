using IntrinsicLab.Core.Formulas;
using TorchSharp;
using static TorchSharp.torch;

namespace IntrinsicLab.Core.Optimizers;

/// <summary>
/// A rule from parameters, gradient and state to new parameters and state. <see cref="Step"/> is pure and differentiable, so that a
/// meta-gradient can pass through an update; <see cref="StepInPlace"/> computes the same numbers, bit for bit, without allocating.
/// </summary>
public interface IOptimizer
{
    /// <summary>The state before the first step.</summary>
    /// <param name="parameters">What will be optimised, flat.</param>
    OptimizerState Initial(Tensor parameters);

    /// <summary>The parameters and state after a step; the arguments stay as they are.</summary>
    /// <param name="parameters">θ, flat.</param>
    /// <param name="gradient">g, of the same shape.</param>
    /// <param name="state">Slots and step count.</param>
    /// <param name="learningRate">α.</param>
    (Tensor Parameters, OptimizerState State) Step(Tensor parameters, Tensor gradient, OptimizerState state, double learningRate);

    /// <summary>Changes parameters and state as <see cref="Step"/> would.</summary>
    /// <param name="parameters">θ, flat; overwritten.</param>
    /// <param name="gradient">g, of the same shape.</param>
    /// <param name="state">Slots and step count; overwritten.</param>
    /// <param name="learningRate">α.</param>
    void StepInPlace(Tensor parameters, Tensor gradient, OptimizerState state, double learningRate);

    /// <summary>The derivative of the last step: turns a gradient with respect to the new parameters into one with respect to g.</summary>
    /// <param name="state">Slots and step count after the step.</param>
    /// <param name="gradient">g as the step was given it, [P].</param>
    /// <param name="learningRate">α of the step.</param>
    /// <param name="upstream">Gradient with respect to the new parameters, [P].</param>
    /// <param name="result">Receives the gradient with respect to g, [P].</param>
    void Backward(OptimizerState state, ReadOnlySpan<float> gradient, double learningRate, ReadOnlySpan<float> upstream, Span<float> result);
}

/// <summary>What an optimiser remembers between steps.</summary>
/// <param name="slots">Tensors shaped like the parameters; their meaning is the optimiser's.</param>
/// <param name="steps">Steps taken.</param>
public sealed class OptimizerState(IReadOnlyList<Tensor> slots, long steps) : IDisposable
{
    /// <summary>Tensors shaped like the parameters; their meaning is the optimiser's.</summary>
    public IReadOnlyList<Tensor> Slots => slots;

    /// <summary>Steps taken.</summary>
    public long Steps { get; set; } = steps;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var slot in slots)
            slot.Dispose();
    }
}

/// <summary>Limits the length of a gradient.</summary>
public static class GlobalNorm
{
    /// <summary>g·min(1, c/|g|) with |g| the Euclidean norm over all parameters (Pascanu, Mikolov and Bengio 2013), differentiable.</summary>
    /// <param name="gradient">g, flat.</param>
    /// <param name="maximum">c; 0 leaves the gradient as it is.</param>
    public static Tensor Clip(Tensor gradient, double maximum) =>
        maximum == 0 ? gradient : gradient * (maximum / gradient.square().sum().sqrt()).clamp_max(1);

    /// <summary>Scales a gradient in place as <see cref="Clip"/> would, up to rounding.</summary>
    /// <param name="gradient">g, flat; overwritten.</param>
    /// <param name="maximum">c; 0 leaves the gradient as it is.</param>
    /// <returns>|g| before.</returns>
    public static double ClipInPlace(Tensor gradient, double maximum)
    {
        if (gradient.device_type != DeviceType.CPU)
        {
            using var length = gradient.square().sum().sqrt();
            var measured = (double)length.item<float>();
            if (maximum != 0 && measured > maximum)
                gradient.mul_(maximum / measured);
            return measured;
        }
        var values = FlatMemory.Of(gradient);
        var norm = FlatMemory.Norm(values);
        if (maximum != 0 && norm > maximum)
            FlatMemory.Scale(values, (float)(maximum / norm));
        return norm;
    }
}
