namespace IntrinsicLab.Core.Networks;

/// <summary>
/// The layers from an observation to its features: for grids the convolutions of <see cref="NatureCnn"/> and its dense layer, for vectors
/// fully connected layers; an activation follows every layer, the last one too. Parameters lie in one flat vector, layer after layer.
/// </summary>
public sealed class Encoder
{
    private readonly int convolutionParameters;

    /// <summary>Describes the layers for observations of a shape.</summary>
    /// <param name="shape">What is observed, and which layers are wanted.</param>
    public Encoder(ActorCriticShape shape)
    {
        Inputs = shape.Observation.Aggregate((left, right) => left * right);
        if (shape.Convolutional)
        {
            Convolutions = NatureCnn.ConvolutionsFor(shape.Observation);
            convolutionParameters = Convolutions[^1].End;
            Dense = new Mlp(Convolutions[^1].Outputs, [], NatureCnn.HiddenUnitsFor(shape.Observation), Activation.Relu);
        }
        else
            Dense = new Mlp(Inputs, shape.Hidden[..^1], shape.Hidden[^1], shape.Activation);
    }

    /// <summary>Values of one observation.</summary>
    public int Inputs { get; }

    /// <summary>Number of features.</summary>
    public int Outputs => Dense.Outputs;

    /// <summary>Values of one row of what is perceived: of the last convolution, or of the features where there is none.</summary>
    public int Perceived => Convolutions.Count > 0 ? Convolutions[^1].Outputs : Outputs;

    /// <summary>Length of the flat parameter vector.</summary>
    public int ParameterCount => convolutionParameters + Dense.ParameterCount;

    internal IReadOnlyList<ConvolutionLayer> Convolutions { get; } = [];

    internal Mlp Dense { get; }

    internal int DenseOffset => convolutionParameters;

    /// <summary>Fills the parameters: orthogonal weights scaled by √2, biases 0.</summary>
    /// <param name="parameters">Receives them.</param>
    /// <param name="rng">Source of the weights.</param>
    public void Initialise(Span<float> parameters, Rng rng)
    {
        parameters[..convolutionParameters].Clear();
        foreach (var layer in Convolutions)
            Orthogonal.Fill(layer.Patch, layer.Filters, Math.Sqrt(2), rng, parameters[layer.Offset..], layer.Filters);
        Dense.Initialise(parameters[convolutionParameters..], rng, (Outputs, Math.Sqrt(2)));
    }
}

/// <summary>One encoder's forward pass over plain memory, kept for its backward pass. Allocates nothing after it is made.</summary>
public sealed class EncoderPass
{
    private readonly Encoder encoder;
    private readonly ConvolutionPass? convolutions;
    private readonly MlpPass dense;
    private readonly float[] outputs;
    private int rows;

    /// <summary>Makes room for a number of rows.</summary>
    /// <param name="encoder">The encoder.</param>
    /// <param name="capacity">Most rows of one pass.</param>
    public EncoderPass(Encoder encoder, int capacity)
    {
        this.encoder = encoder;
        convolutions = encoder.Convolutions.Count > 0 ? new ConvolutionPass(encoder.Convolutions, capacity) : null;
        dense = new MlpPass(encoder.Dense, capacity);
        outputs = new float[capacity * encoder.Outputs];
    }

    /// <summary>Features of the last forward pass, [N, F].</summary>
    public ReadOnlySpan<float> Outputs => outputs.AsSpan(0, rows * encoder.Outputs);

    /// <summary>What was perceived: outputs of the last convolution, or the features where there is none.</summary>
    public ReadOnlySpan<float> Perception => convolutions is null ? Outputs : convolutions.Outputs;

    /// <summary>Computes <see cref="Outputs"/>.</summary>
    /// <param name="parameters">Flat.</param>
    /// <param name="input">[N, O].</param>
    /// <param name="rows">N.</param>
    public void Forward(ReadOnlySpan<float> parameters, ReadOnlySpan<float> input, int rows)
    {
        this.rows = rows;
        convolutions?.Forward(parameters, input, rows);
        dense.Forward(parameters[encoder.DenseOffset..], convolutions is null ? input : convolutions.Outputs, rows);
        dense.Outputs.CopyTo(outputs);
        encoder.Dense.Activation.Apply(outputs.AsSpan(0, rows * encoder.Outputs));
    }

    /// <summary>Computes <see cref="Perception"/>, and no more than it takes.</summary>
    /// <inheritdoc cref="Forward"/>
    public void Perceive(ReadOnlySpan<float> parameters, ReadOnlySpan<float> input, int rows)
    {
        if (convolutions is null)
            Forward(parameters, input, rows);
        else
            convolutions.Forward(parameters, input, rows);
    }

    /// <summary>Back-propagates through the last <see cref="Forward"/>.</summary>
    /// <param name="parameters">As in the forward pass.</param>
    /// <param name="input">As in the forward pass.</param>
    /// <param name="outputGradient">Gradient with respect to the features, [N, F].</param>
    /// <param name="gradient">Receives the gradient with respect to the parameters, flat.</param>
    public void Backward(ReadOnlySpan<float> parameters, ReadOnlySpan<float> input, ReadOnlySpan<float> outputGradient, Span<float> gradient)
    {
        outputGradient.CopyTo(dense.OutputGradient);
        encoder.Dense.Activation.Backward(Outputs, dense.OutputGradient);
        dense.Backward(
            parameters[encoder.DenseOffset..], convolutions is null ? input : convolutions.Outputs, gradient[encoder.DenseOffset..],
            convolutions is null ? default : convolutions.OutputGradient);
        convolutions?.Backward(parameters, input, gradient);
    }

    /// <summary>Back-propagates through the last <see cref="Perceive"/>.</summary>
    /// <param name="parameters">As in the forward pass.</param>
    /// <param name="input">As in the forward pass.</param>
    /// <param name="perceptionGradient">Gradient with respect to what was perceived, [N, P].</param>
    /// <param name="gradient">Receives the gradient with respect to the parameters, flat.</param>
    public void BackwardPerception(
        ReadOnlySpan<float> parameters, ReadOnlySpan<float> input, ReadOnlySpan<float> perceptionGradient, Span<float> gradient)
    {
        if (convolutions is null)
        {
            Backward(parameters, input, perceptionGradient, gradient);
            return;
        }
        gradient[encoder.DenseOffset..encoder.ParameterCount].Clear();
        perceptionGradient.CopyTo(convolutions.OutputGradient);
        convolutions.Backward(parameters, input, gradient);
    }
}
