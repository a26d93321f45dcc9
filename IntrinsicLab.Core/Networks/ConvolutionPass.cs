namespace IntrinsicLab.Core.Networks;

/// <summary>
/// Convolutions with a ReLU after each, over plain memory: their forward pass, kept for the backward one. Allocates nothing after it is made.
/// </summary>
public sealed class ConvolutionPass
{
    private readonly IReadOnlyList<ConvolutionLayer> layers;
    private readonly float[][] outputs;
    private readonly float[][] gradients;
    private readonly float[] patches;
    private readonly float[] transposed;
    private readonly float[] weightGradient;
    private float[][] tangents = [];
    private float[] product = [];

    /// <summary>Makes room for a number of rows.</summary>
    /// <param name="layers">The convolutions from input on; each says where its parameters lie.</param>
    /// <param name="capacity">Most rows of one pass.</param>
    public ConvolutionPass(IReadOnlyList<ConvolutionLayer> layers, int capacity)
    {
        this.layers = layers;
        outputs = [.. layers.Select(layer => new float[capacity * layer.Outputs])];
        gradients = [.. layers.Select(layer => new float[capacity * layer.Outputs])];
        patches = new float[layers.Max(layer => layer.Positions * layer.Patch)];
        transposed = new float[layers.Max(layer => layer.Weights)];
        weightGradient = new float[layers.Max(layer => layer.Weights)];
    }

    /// <summary>Rows of the last forward pass.</summary>
    public int Rows { get; private set; }

    /// <summary>Outputs of the last convolution, [N, output rows × output columns × filters].</summary>
    public ReadOnlySpan<float> Outputs => outputs[^1].AsSpan(0, Rows * layers[^1].Outputs);

    /// <summary>Where <see cref="Backward"/> expects the gradient with respect to the outputs, and what it overwrites.</summary>
    public Span<float> OutputGradient => gradients[^1].AsSpan(0, Rows * layers[^1].Outputs);

    /// <summary>Computes the outputs.</summary>
    /// <param name="parameters">Flat.</param>
    /// <param name="input">[N, rows × columns × channels].</param>
    /// <param name="rows">N.</param>
    public void Forward(ReadOnlySpan<float> parameters, ReadOnlySpan<float> input, int rows)
    {
        Rows = rows;
        for (var index = 0; index < outputs.Length; index++)
        {
            var layer = layers[index];
            var (inputSize, outputSize) = (layer.Inputs, layer.Outputs);
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
    }

    /// <summary>Directional derivative of the last forward pass's outputs with respect to the parameters; see <see cref="MlpPass.Tangent"/>.</summary>
    /// <param name="parameters">As in the forward pass.</param>
    /// <param name="input">As in the forward pass.</param>
    /// <param name="direction">Direction in the space of the parameters, flat.</param>
    /// <returns>As <see cref="Outputs"/>, valid until the next call.</returns>
    public ReadOnlySpan<float> Tangent(ReadOnlySpan<float> parameters, ReadOnlySpan<float> input, ReadOnlySpan<float> direction)
    {
        if (tangents.Length == 0)
        {
            tangents = [.. outputs.Select(output => new float[output.Length])];
            product = new float[layers.Max(layer => layer.Outputs)];
        }
        for (var index = 0; index < outputs.Length; index++)
        {
            var layer = layers[index];
            var (inputSize, outputSize) = (layer.Inputs, layer.Outputs);
            for (var row = 0; row < Rows; row++)
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
            Activation.Relu.Backward(outputs[index], tangents[index].AsSpan(0, Rows * outputSize));
        }
        return tangents[^1].AsSpan(0, Rows * layers[^1].Outputs);
    }

    /// <summary>Back-propagates <see cref="OutputGradient"/> through the last forward pass.</summary>
    /// <param name="parameters">As in the forward pass.</param>
    /// <param name="input">As in the forward pass.</param>
    /// <param name="gradient">Receives the gradient with respect to the parameters, flat.</param>
    public void Backward(ReadOnlySpan<float> parameters, ReadOnlySpan<float> input, Span<float> gradient)
    {
        gradient[..layers[^1].End].Clear();
        for (var index = outputs.Length - 1; index >= 0; index--)
        {
            var layer = layers[index];
            var (inputSize, outputSize) = (layer.Inputs, layer.Outputs);
            var upstream = gradients[index].AsSpan(0, Rows * outputSize);
            Activation.Relu.Backward(outputs[index], upstream);
            MatrixProduct.AddRows(upstream, gradient.Slice(layer.Offset + layer.Weights, layer.Filters));
            MatrixProduct.Transpose(parameters.Slice(layer.Offset, layer.Weights), layer.Patch, layer.Filters, transposed);
            var layerInput = index == 0 ? input : outputs[index - 1];
            if (index > 0)
                gradients[index - 1].AsSpan(0, Rows * inputSize).Clear();
            for (var row = 0; row < Rows; row++)
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
