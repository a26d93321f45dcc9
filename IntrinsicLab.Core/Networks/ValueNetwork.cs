using IntrinsicLab.Core.Formulas;
using static TorchSharp.torch;

namespace IntrinsicLab.Core.Networks;

/// <summary>A fully connected state-value function by itself, in main memory.</summary>
public sealed class ValueNetwork : IDisposable
{
    private readonly Mlp network;
    private readonly MlpPass pass;
    private readonly Tensor parameters, gradient;
    private float[] input = [];

    /// <summary>Makes and initialises the network: orthogonal weights, output scale 1.</summary>
    /// <param name="observationSize">Values of one observation.</param>
    /// <param name="hidden">Units of each hidden layer.</param>
    /// <param name="activation">After each hidden layer.</param>
    /// <param name="capacity">Most rows of one pass.</param>
    /// <param name="rng">Source of the initial weights.</param>
    public ValueNetwork(int observationSize, int[] hidden, Activation activation, int capacity, Rng rng)
    {
        network = new Mlp(observationSize, hidden, 1, activation);
        pass = new MlpPass(network, capacity);
        var memory = new float[network.ParameterCount];
        network.Initialise(memory, rng, (1, 1.0));
        parameters = FlatMemory.ToTensor(memory, [memory.Length], CPU);
        using (no_grad())
            gradient = zeros_like(parameters);
    }

    /// <summary>All parameters, flat.</summary>
    public Tensor Parameters => parameters;

    /// <summary>Gradient of the last <see cref="Backward"/>, flat.</summary>
    public Tensor Gradient => gradient;

    /// <summary>Euclidean norm of all parameters; not finite where one of them is not.</summary>
    public double ParameterNorm() => FlatMemory.Norm(FlatMemory.Of(parameters));

    /// <summary>Computes values.</summary>
    /// <param name="observations">[N, O], kept for <see cref="Backward"/>.</param>
    /// <param name="values">Receives the values, [N].</param>
    public void Forward(float[] observations, Span<float> values)
    {
        input = observations;
        pass.Forward(FlatMemory.Of(parameters), observations, values.Length);
        pass.Outputs.CopyTo(values);
    }

    /// <summary>Fills <see cref="Gradient"/> with that of a loss which depends on the last forward pass.</summary>
    /// <param name="valueGradient">Derivative of the loss with respect to the values, [N].</param>
    public void Backward(ReadOnlySpan<float> valueGradient)
    {
        valueGradient.CopyTo(pass.OutputGradient);
        pass.Backward(FlatMemory.Of(parameters), input.AsSpan(0, pass.Rows * network.Inputs), FlatMemory.Of(gradient));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        parameters.Dispose();
        gradient.Dispose();
    }
}
