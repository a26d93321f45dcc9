namespace IntrinsicLab.Core.Networks;

/// <summary>
/// A network of its own from observations to some outputs, over plain memory: for grids <see cref="NatureCnn"/>, for vectors fully connected
/// layers. Its parameters lie where the caller keeps them.
/// </summary>
public sealed class ObservationNetwork
{
    private readonly int inputs;
    private readonly Mlp? mlp;
    private readonly MlpPass? mlpPass;
    private readonly NatureCnn? cnn;
    private readonly NatureCnnPass? cnnPass;

    /// <summary>Describes the network and makes room for its passes.</summary>
    /// <param name="shape">What is observed, and which layers are wanted.</param>
    /// <param name="outputs">Values of one output row.</param>
    /// <param name="capacity">Most rows of one pass.</param>
    public ObservationNetwork(ActorCriticShape shape, int outputs, int capacity)
    {
        inputs = shape.Observation.Aggregate((left, right) => left * right);
        if (shape.Convolutional)
        {
            cnn = new NatureCnn(shape.Observation, outputs);
            cnnPass = new NatureCnnPass(cnn, capacity);
        }
        else
        {
            mlp = new Mlp(inputs, shape.Hidden, outputs, shape.Activation);
            mlpPass = new MlpPass(mlp, capacity);
        }
    }

    /// <summary>Length of the flat parameter vector.</summary>
    public int ParameterCount => cnn?.ParameterCount ?? mlp!.ParameterCount;

    /// <summary>Values of one output row.</summary>
    public int Width => cnn?.Outputs ?? mlp!.Outputs;

    /// <summary>Outputs of the last forward pass, [N, <see cref="Width"/>].</summary>
    public ReadOnlySpan<float> Outputs => cnnPass is null ? mlpPass!.Outputs : cnnPass.Outputs;

    /// <summary>Fills the parameters: orthogonal weights scaled by √2, by <paramref name="scale"/> in the last layer; biases 0.</summary>
    /// <param name="parameters">Receives them.</param>
    /// <param name="rng">Source of the weights.</param>
    /// <param name="scale">Factor of the last layer.</param>
    public void Initialise(Span<float> parameters, Rng rng, double scale)
    {
        mlp?.Initialise(parameters, rng, (Width, scale));
        cnn?.Initialise(parameters, rng, (Width, scale));
    }

    /// <summary>Computes <see cref="Outputs"/>.</summary>
    /// <param name="parameters">Flat.</param>
    /// <param name="input">[N, O].</param>
    /// <param name="rows">N.</param>
    public void Forward(ReadOnlySpan<float> parameters, ReadOnlySpan<float> input, int rows)
    {
        mlpPass?.Forward(parameters, input[..(rows * inputs)], rows);
        cnnPass?.Forward(parameters, input[..(rows * inputs)], rows);
    }

    /// <summary>Back-propagates through the last forward pass.</summary>
    /// <param name="parameters">As in the forward pass.</param>
    /// <param name="input">As in the forward pass.</param>
    /// <param name="outputGradient">Derivative of a loss with respect to the outputs, [N, <see cref="Width"/>].</param>
    /// <param name="gradient">Receives the derivative with respect to the parameters, flat.</param>
    public void Backward(
        ReadOnlySpan<float> parameters, ReadOnlySpan<float> input, ReadOnlySpan<float> outputGradient, Span<float> gradient)
    {
        outputGradient.CopyTo(cnnPass is null ? mlpPass!.OutputGradient : cnnPass.OutputGradient);
        mlpPass?.Backward(parameters, input, gradient);
        cnnPass?.Backward(parameters, input, gradient);
    }
}
