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
        (int Filters, int Extent, int Stride)[] filters =
            Math.Min(shape[0], shape[1]) >= 36 ? [(32, 8, 4), (64, 4, 2), (64, 3, 1)] : [(16, 3, 1)];
        var (rows, columns, channels) = (shape[0], shape[1], this.shape[2]);
        var layers = new List<ConvolutionLayer>();
        foreach (var (count, wanted, stride) in filters)
        {
            var (height, width) = (Math.Min(wanted, rows), Math.Min(wanted, columns));
            layers.Add(new ConvolutionLayer(rows, columns, channels, height, width, count, stride, ConvolutionParameters));
            ConvolutionParameters += (height * width * channels + 1) * count;
            (rows, columns, channels) = (layers[^1].OutputRows, layers[^1].OutputColumns, count);
        }
        Layers = layers;
        Dense = new Mlp(rows * columns * channels, [filters.Length > 1 ? 512 : 128], outputs, Activation.Relu);
        pieces = [.. layers.SelectMany(layer => new long[] { layer.Weights, layer.Filters }), Dense.ParameterCount];
    }

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
}

/// <summary>One network's forward pass over plain memory, kept for its backward pass. Allocates nothing after it is made.</summary>
public sealed class NatureCnnPass
{
    private readonly NatureCnn network;
    private readonly MlpPass dense;
    private readonly float[][] outputs;
    private readonly float[][] gradients;
    private readonly float[] patches;
    private readonly float[] transposed;
    private readonly float[] weightGradient;
    private float[][] tangents = [];
    private float[] product = [];

    /// <summary>Makes room for a number of rows.</summary>
    /// <param name="network">The network.</param>
    /// <param name="capacity">Most rows of one pass.</param>
    public NatureCnnPass(NatureCnn network, int capacity)
    {
        this.network = network;
        dense = new MlpPass(network.Dense, capacity);
        outputs = [.. network.Layers.Select(layer => new float[capacity * layer.Positions * layer.Filters])];
        gradients = [.. network.Layers.Select(layer => new float[capacity * layer.Positions * layer.Filters])];
        patches = new float[network.Layers.Max(layer => layer.Positions * layer.Patch)];
        transposed = new float[network.Layers.Max(layer => layer.Weights)];
        weightGradient = new float[network.Layers.Max(layer => layer.Weights)];
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
        for (var index = 0; index < outputs.Length; index++)
        {
            var layer = network.Layers[index];
            var (inputSize, outputSize) = (layer.Rows * layer.Columns * layer.Channels, layer.Positions * layer.Filters);
            var output = outputs[index].AsSpan(0, rows * outputSize);
            for (var row = 0; row < rows; row++)
            {
                GatherPatches(layer, input.Slice(row * inputSize, inputSize));
                MatrixProduct.Multiply(
                    patches, layer.Patch, 1, parameters.Slice(layer.Offset, layer.Weights),
                    parameters.Slice(layer.Offset + layer.Weights, layer.Filters), output.Slice(row * outputSize, outputSize),
                    layer.Positions, layer.Patch, layer.Filters);
            }
            Activation.Relu.Apply(output);
            input = output;
        }
        dense.Forward(parameters[network.ConvolutionParameters..], input, rows);
    }

    /// <summary>Directional derivative of the last forward pass's outputs with respect to the parameters; see <see cref="MlpPass.Tangent"/>.</summary>
    /// <param name="parameters">As in the forward pass.</param>
    /// <param name="input">As in the forward pass.</param>
    /// <param name="direction">Direction in the space of the parameters, flat.</param>
    /// <returns>[N, O], valid until the next call.</returns>
    public ReadOnlySpan<float> Tangent(ReadOnlySpan<float> parameters, ReadOnlySpan<float> input, ReadOnlySpan<float> direction)
    {
        var rows = dense.Rows;
        if (tangents.Length == 0)
        {
            tangents = [.. outputs.Select(output => new float[output.Length])];
            product = new float[network.Layers.Max(layer => layer.Positions * layer.Filters)];
        }
        for (var index = 0; index < outputs.Length; index++)
        {
            var layer = network.Layers[index];
            var (inputSize, outputSize) = (layer.Rows * layer.Columns * layer.Channels, layer.Positions * layer.Filters);
            for (var row = 0; row < rows; row++)
            {
                var tangent = tangents[index].AsSpan(row * outputSize, outputSize);
                GatherPatches(layer, (index == 0 ? input : outputs[index - 1]).Slice(row * inputSize, inputSize));
                MatrixProduct.Multiply(
                    patches, layer.Patch, 1, direction.Slice(layer.Offset, layer.Weights),
                    direction.Slice(layer.Offset + layer.Weights, layer.Filters), tangent, layer.Positions, layer.Patch, layer.Filters);
                if (index == 0)
                    continue;
                GatherPatches(layer, tangents[index - 1].AsSpan(row * inputSize, inputSize));
                MatrixProduct.Multiply(
                    patches, layer.Patch, 1, parameters.Slice(layer.Offset, layer.Weights), [], product, layer.Positions, layer.Patch, layer.Filters);
                for (var i = 0; i < outputSize; i++)
                    tangent[i] += product[i];
            }
            Activation.Relu.Backward(outputs[index], tangents[index].AsSpan(0, rows * outputSize));
        }
        return dense.Tangent(
            parameters[network.ConvolutionParameters..], outputs[^1], direction[network.ConvolutionParameters..],
            tangents[^1].AsSpan(0, rows * network.Dense.Inputs));
    }

    /// <summary>Back-propagates <see cref="OutputGradient"/> through the last forward pass.</summary>
    /// <param name="parameters">As in the forward pass.</param>
    /// <param name="input">As in the forward pass.</param>
    /// <param name="gradient">Receives the gradient with respect to the parameters, flat.</param>
    public void Backward(ReadOnlySpan<float> parameters, ReadOnlySpan<float> input, Span<float> gradient)
    {
        var rows = dense.Rows;
        gradient[..network.ConvolutionParameters].Clear();
        dense.Backward(
            parameters[network.ConvolutionParameters..], outputs[^1].AsSpan(0, rows * network.Dense.Inputs),
            gradient[network.ConvolutionParameters..], gradients[^1].AsSpan(0, rows * network.Dense.Inputs));
        for (var index = outputs.Length - 1; index >= 0; index--)
        {
            var layer = network.Layers[index];
            var (inputSize, outputSize) = (layer.Rows * layer.Columns * layer.Channels, layer.Positions * layer.Filters);
            var upstream = gradients[index].AsSpan(0, rows * outputSize);
            Activation.Relu.Backward(outputs[index], upstream);
            MatrixProduct.AddRows(upstream, gradient.Slice(layer.Offset + layer.Weights, layer.Filters));
            MatrixProduct.Transpose(parameters.Slice(layer.Offset, layer.Weights), layer.Patch, layer.Filters, transposed);
            var layerInput = index == 0 ? input : outputs[index - 1];
            if (index > 0)
                gradients[index - 1].AsSpan(0, rows * inputSize).Clear();
            for (var row = 0; row < rows; row++)
            {
                GatherPatches(layer, layerInput.Slice(row * inputSize, inputSize));
                var own = upstream.Slice(row * outputSize, outputSize);
                MatrixProduct.Multiply(patches, 1, layer.Patch, own, [], weightGradient, layer.Patch, layer.Positions, layer.Filters);
                var sum = gradient.Slice(layer.Offset, layer.Weights);
                for (var i = 0; i < sum.Length; i++)
                    sum[i] += weightGradient[i];
                if (index == 0)
                    continue;
                MatrixProduct.Multiply(own, layer.Filters, 1, transposed, [], patches, layer.Positions, layer.Filters, layer.Patch);
                ScatterPatches(layer, gradients[index - 1].AsSpan(row * inputSize, inputSize));
            }
        }
    }

    private static int Start(ConvolutionLayer layer, int row, int column, int y) =>
        ((row * layer.Stride + y) * layer.Columns + column * layer.Stride) * layer.Channels;

    private void GatherPatches(ConvolutionLayer layer, ReadOnlySpan<float> input)
    {
        var (run, at) = (layer.Width * layer.Channels, 0);
        for (var row = 0; row < layer.OutputRows; row++)
            for (var column = 0; column < layer.OutputColumns; column++)
                for (var y = 0; y < layer.Height; y++, at += run)
                    input.Slice(Start(layer, row, column, y), run).CopyTo(patches.AsSpan(at));
    }

    private void ScatterPatches(ConvolutionLayer layer, Span<float> inputGradient)
    {
        var (run, at) = (layer.Width * layer.Channels, 0);
        for (var row = 0; row < layer.OutputRows; row++)
            for (var column = 0; column < layer.OutputColumns; column++)
                for (var y = 0; y < layer.Height; y++, at += run)
                {
                    var target = inputGradient.Slice(Start(layer, row, column, y), run);
                    for (var i = 0; i < run; i++)
                        target[i] += patches[at + i];
                }
    }
}
