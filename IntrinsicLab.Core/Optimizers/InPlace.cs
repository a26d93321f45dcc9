using static TorchSharp.torch;

namespace IntrinsicLab.Core.Optimizers;

/// <summary>The in-place step where memory cannot be reached directly (accelerators, double precision).</summary>
internal static class InPlace
{
    /// <summary>Takes the pure step and copies its results over the arguments.</summary>
    public static void Assign(IOptimizer optimizer, Tensor parameters, Tensor gradient, OptimizerState state, double learningRate)
    {
        using var held = no_grad();
        using var scope = NewDisposeScope();
        var (next, nextState) = optimizer.Step(parameters, gradient, state, learningRate);
        parameters.copy_(next);
        for (var slot = 0; slot < state.Slots.Count; slot++)
            state.Slots[slot].copy_(nextState.Slots[slot]);
        state.Steps = nextState.Steps;
    }
}
