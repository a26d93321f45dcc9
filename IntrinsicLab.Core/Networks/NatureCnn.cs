using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace IntrinsicLab.Core.Networks;

/// <summary>
/// Convolutions and one hidden dense layer, all with ReLU, then a linear output, over grids [rows, columns, channels]. Frames of at least
/// 36 × 36 get the network of Mnih et al. 2015 ("Human-level control through deep reinforcement learning"): 32 filters 8 × 8 at stride 4,
/// 64 filters 4 × 4 at stride 2, 64 filters 3 × 3, 512 units. Smaller grids get that of Young and Tian 2019 ("MinAtar"): 16 filters
/// 3 × 3, 128 units.
/// </summary>
/// <remarks>
/// As with <see cref="Mlp"/> the function comes twice, over tensors and over plain memory (<see cref="NatureCnnPass"/>). Parameters lie in
/// one flat vector, layer after layer, weights before biases; the weights of a convolution are [filter rows, filter columns, input
/// channels, filters], and the dense layer reads its input in the order (row, column, filter).
/// </remarks>
public sealed class NatureCnn
{
    private readonly int[] shape;
    private readonly long[] pieces;

    /// <summary>Describes a network for grids of a shape.</summary>
    /// <param name="shape">Rows, columns, channels; two axes mean one channel.</param>
    /// <param name="outputs">Values of one output row.</param>
    public NatureCnn(int[] shape, int outputs)
    {
        if (shape.Length is not (2 or 3))
            throw new ArgumentException($"A grid has two or three axes; this one has {shape.Length}.", nameof(shape));
        this.shape = [shape[0], shape[1], shape.Length == 3 ? shape[2] : 1];
        Layers = ConvolutionsFor(this.shape);
        ConvolutionParameters = Layers[^1].End;
        Dense = new Mlp(Layers[^1].Outputs, [HiddenUnitsFor(shape)], outputs, Activation.Relu);
        pieces = [.. Layers.SelectMany(layer => new long[] { layer.Weights, layer.Filters }), Dense.ParameterCount];
    }

    /// <summary>The convolutions for grids of a shape, from input on; their parameters lie one after the other.</summary>
    /// <param name="shape">Rows, columns, channels; two axes mean one channel.</param>
    public static IReadOnlyList<ConvolutionLayer> ConvolutionsFor(int[] shape)
    {
        (int Filters, int Extent, int Stride)[] filters = Large(shape) ? [(32, 8, 4), (64, 4, 2), (64, 3, 1)] : [(16, 3, 1)];
        var (rows, columns, channels) = (shape[0], shape[1], shape.Length == 3 ? shape[2] : 1);
        var layers = new List<ConvolutionLayer>();
        foreach (var (count, wanted, stride) in filters)
        {
            var (height, width) = (Math.Min(wanted, rows), Math.Min(wanted, columns));
            layers.Add(new ConvolutionLayer(rows, columns, channels, height, width, count, stride, layers.Count == 0 ? 0 : layers[^1].End));
            (rows, columns, channels) = (layers[^1].OutputRows, layers[^1].OutputColumns, count);
        }
        return layers;
    }

    /// <summary>Units of the dense layer after the convolutions.</summary>
    /// <param name="shape">Rows, columns and perhaps channels.</param>
    public static int HiddenUnitsFor(int[] shape) => Large(shape) ? 512 : 128;

    private static bool Large(int[] shape) => Math.Min(shape[0], shape[1]) >= 36;

    /// <summary>The convolutions from input on.</summary>
    public IReadOnlyList<ConvolutionLayer> Layers { get; }

    /// <summary>The fully connected layers after them.</summary>
    public Mlp Dense { get; }

    /// <summary>Values of one input row.</summary>
    public int Inputs => shape[0] * shape[1] * shape[2];

    /// <summary>Values of one output row.</summary>
    public int Outputs => Dense.Outputs;

    /// <summary>Length of the flat parameter vector.</summary>
    public int ParameterCount => ConvolutionParameters + Dense.ParameterCount;

    /// <summary>How many of them belong to the convolutions.</summary>
    public int ConvolutionParameters { get; }

    /// <summary>Fills the parameters: orthogonal weights, scaled by √2 in hidden layers and by each head's own factor in the last; biases 0.</summary>
    /// <param name="parameters">Receives them.</param>
    /// <param name="rng">Source of the weights.</param>
    /// <param name="heads">Groups of outputs, in order, each orthogonal for itself: their number and scale.</param>
    public void Initialise(Span<float> parameters, Rng rng, params ReadOnlySpan<(int Outputs, double Scale)> heads)
    {
        parameters[..ConvolutionParameters].Clear();
        foreach (var layer in Layers)
            Orthogonal.Fill(layer.Weights / layer.Filters, layer.Filters, Math.Sqrt(2), rng, parameters[layer.Offset..], layer.Filters);
        Dense.Initialise(parameters[ConvolutionParameters..], rng, heads);
    }

    /// <summary>The network's output, differentiable with respect to parameters and input.</summary>
    /// <param name="parameters">Flat, [<see cref="ParameterCount"/>].</param>
    /// <param name="input">[N, rows × columns × channels].</param>
    /// <returns>[N, <see cref="Outputs"/>].</returns>
    public Tensor Forward(Tensor parameters, Tensor input)
    {
        var split = parameters.split(pieces);
        var rows = input.shape[0];
        var output = input.view(rows, shape[0], shape[1], shape[2]).permute(0, 3, 1, 2);
        for (var index = 0; index < Layers.Count; index++)
        {
            var layer = Layers[index];
            var weights = split[2 * index].view(layer.Height, layer.Width, layer.Channels, layer.Filters).permute(3, 2, 0, 1);
            output = functional.conv2d(output, weights, split[2 * index + 1], [layer.Stride, layer.Stride]).relu();
        }
        return Dense.Forward(split[^1], output.permute(0, 2, 3, 1).reshape(rows, Dense.Inputs));
    }
}

/// <summary>One convolution without padding.</summary>
/// <param name="Rows">Rows of the input.</param>
/// <param name="Columns">Columns of the input.</param>
/// <param name="Channels">Channels of the input.</param>
/// <param name="Height">Rows of a filter.</param>
/// <param name="Width">Columns of a filter.</param>
/// <param name="Filters">Channels of the output.</param>
/// <param name="Stride">Distance of neighbouring applications.</param>
/// <param name="Offset">Where the weights begin in the flat parameters; the biases follow them.</param>
public sealed record ConvolutionLayer(int Rows, int Columns, int Channels, int Height, int Width, int Filters, int Stride, int Offset)
{
    /// <summary>Number of weights, without biases.</summary>
    public int Weights => Patch * Filters;

    /// <summary>Values that one application of a filter reads.</summary>
    public int Patch => Height * Width * Channels;

    /// <summary>Rows of the output.</summary>
    public int OutputRows => (Rows - Height) / Stride + 1;

    /// <summary>Columns of the output.</summary>
    public int OutputColumns => (Columns - Width) / Stride + 1;

    /// <summary>Number of applications.</summary>
    public int Positions => OutputRows * OutputColumns;

    /// <summary>Values of one input row.</summary>
    public int Inputs => Rows * Columns * Channels;

    /// <summary>Values of one output row.</summary>
    public int Outputs => Positions * Filters;

    /// <summary>Where its parameters end in the flat ones.</summary>
    public int End => Offset + Weights + Filters;
}

/// <summary>One network's forward pass over plain memory, kept for its backward pass. Allocates nothing after it is made.</summary>
public sealed class NatureCnnPass
{
    private readonly NatureCnn network;
    private readonly ConvolutionPass convolutions;
    private readonly MlpPass dense;

    /// <summary>Makes room for a number of rows.</summary>
    /// <param name="network">The network.</param>
    /// <param name="capacity">Most rows of one pass.</param>
    public NatureCnnPass(NatureCnn network, int capacity)
    {
        this.network = network;
        convolutions = new ConvolutionPass(network.Layers, capacity);
        dense = new MlpPass(network.Dense, capacity);
    }

    /// <summary>Outputs of the last forward pass, [N, O].</summary>
    public ReadOnlySpan<float> Outputs => dense.Outputs;

    /// <summary>Where <see cref="Backward"/> expects the gradient with respect to the outputs, [N, O].</summary>
    public Span<float> OutputGradient => dense.OutputGradient;

    /// <summary>Computes the network's output.</summary>
    /// <param name="parameters">Flat.</param>
    /// <param name="input">[N, rows × columns × channels].</param>
    /// <param name="rows">N.</param>
    public void Forward(ReadOnlySpan<float> parameters, ReadOnlySpan<float> input, int rows)
    {
        convolutions.Forward(parameters, input, rows);
        dense.Forward(parameters[network.ConvolutionParameters..], convolutions.Outputs, rows);
    }

    /// <summary>Directional derivative of the last forward pass's outputs with respect to the parameters; see <see cref="MlpPass.Tangent"/>.</summary>
    /// <param name="parameters">As in the forward pass.</param>
    /// <param name="input">As in the forward pass.</param>
    /// <param name="direction">Direction in the space of the parameters, flat.</param>
    /// <returns>[N, O], valid until the next call.</returns>
    public ReadOnlySpan<float> Tangent(ReadOnlySpan<float> parameters, ReadOnlySpan<float> input, ReadOnlySpan<float> direction) =>
        dense.Tangent(
            parameters[network.ConvolutionParameters..], convolutions.Outputs, direction[network.ConvolutionParameters..],
            convolutions.Tangent(parameters, input, direction));

    /// <summary>Back-propagates <see cref="OutputGradient"/> through the last forward pass.</summary>
    /// <param name="parameters">As in the forward pass.</param>
    /// <param name="input">As in the forward pass.</param>
    /// <param name="gradient">Receives the gradient with respect to the parameters, flat.</param>
    public void Backward(ReadOnlySpan<float> parameters, ReadOnlySpan<float> input, Span<float> gradient)
    {
        dense.Backward(
            parameters[network.ConvolutionParameters..], convolutions.Outputs, gradient[network.ConvolutionParameters..],
            convolutions.OutputGradient);
        convolutions.Backward(parameters, input, gradient);
    }
}
