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
/// Parameters lie in one flat vector, layer after layer, weights before biases; the weights of a convolution are
/// [filter rows, filter columns, input channels, filters], and the dense layer reads its input in the order (row, column, filter).
/// </remarks>
public sealed class NatureCnn
{
    private readonly int[] shape;
    private readonly long[] pieces;
    private readonly Mlp dense;

    /// <summary>Describes a network for grids of a shape.</summary>
    /// <param name="shape">Rows, columns, channels; two axes mean one channel.</param>
    /// <param name="outputs">Values of one output row.</param>
    /// <param name="valueScale">Factor on the input, 1/255 for pictures in bytes.</param>
    public NatureCnn(int[] shape, int outputs, double valueScale = 1)
    {
        if (shape.Length is not (2 or 3))
            throw new ArgumentException($"A grid has two or three axes; this one has {shape.Length}.", nameof(shape));
        this.shape = [shape[0], shape[1], shape.Length == 3 ? shape[2] : 1];
        ValueScale = valueScale;
        (int Filters, int Extent, int Stride)[] filters =
            Math.Min(shape[0], shape[1]) >= 36 ? [(32, 8, 4), (64, 4, 2), (64, 3, 1)] : [(16, 3, 1)];
        var (rows, columns, channels) = (shape[0], shape[1], this.shape[2]);
        var layers = new List<ConvolutionLayer>();
        foreach (var (count, wanted, stride) in filters)
        {
            var (height, width) = (Math.Min(wanted, rows), Math.Min(wanted, columns));
            layers.Add(new ConvolutionLayer(height, width, channels, count, stride, ConvolutionParameters));
            ConvolutionParameters += (height * width * channels + 1) * count;
            (rows, columns, channels) = ((rows - height) / stride + 1, (columns - width) / stride + 1, count);
        }
        Layers = layers;
        dense = new Mlp(rows * columns * channels, [filters.Length > 1 ? 512 : 128], outputs, Activation.Relu);
        pieces = [.. layers.SelectMany(layer => new long[] { layer.Weights, layer.Filters }), dense.ParameterCount];
    }

    /// <summary>The convolutions from input on.</summary>
    public IReadOnlyList<ConvolutionLayer> Layers { get; }

    /// <summary>Factor on the input.</summary>
    public double ValueScale { get; }

    /// <summary>Values of one output row.</summary>
    public int Outputs => dense.Outputs;

    /// <summary>Length of the flat parameter vector.</summary>
    public int ParameterCount => ConvolutionParameters + dense.ParameterCount;

    private int ConvolutionParameters { get; }

    /// <summary>Fills the parameters: orthogonal weights, scaled by √2 in hidden layers and by each head's own factor in the last; biases 0.</summary>
    /// <param name="parameters">Receives them.</param>
    /// <param name="rng">Source of the weights.</param>
    /// <param name="heads">Groups of outputs, in order, each orthogonal for itself: their number and scale.</param>
    public void Initialise(Span<float> parameters, Rng rng, params ReadOnlySpan<(int Outputs, double Scale)> heads)
    {
        parameters[..ConvolutionParameters].Clear();
        foreach (var layer in Layers)
            Orthogonal.Fill(layer.Weights / layer.Filters, layer.Filters, Math.Sqrt(2), rng, parameters[layer.Offset..], layer.Filters);
        dense.Initialise(parameters[ConvolutionParameters..], rng, heads);
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
        if (ValueScale != 1)
            output = output * ValueScale;
        for (var index = 0; index < Layers.Count; index++)
        {
            var layer = Layers[index];
            var weights = split[2 * index].view(layer.Height, layer.Width, layer.Channels, layer.Filters).permute(3, 2, 0, 1);
            output = functional.conv2d(output, weights, split[2 * index + 1], [layer.Stride, layer.Stride]).relu();
        }
        return dense.Forward(split[^1], output.permute(0, 2, 3, 1).reshape(rows, dense.Inputs));
    }
}

/// <summary>One convolution without padding.</summary>
/// <param name="Height">Rows of a filter.</param>
/// <param name="Width">Columns of a filter.</param>
/// <param name="Channels">Channels of the input.</param>
/// <param name="Filters">Channels of the output.</param>
/// <param name="Stride">Distance of neighbouring applications.</param>
/// <param name="Offset">Where the weights begin in the flat parameters; the biases follow them.</param>
public sealed record ConvolutionLayer(int Height, int Width, int Channels, int Filters, int Stride, int Offset)
{
    /// <summary>Number of weights, without biases.</summary>
    public int Weights => Height * Width * Channels * Filters;
}
