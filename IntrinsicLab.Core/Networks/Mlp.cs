using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace IntrinsicLab.Core.Networks;

/// <summary>
/// Fully connected layers y = x·W + b with an activation after each but the last: a function from parameters and input to output.
/// All parameters lie in one flat vector, layer after layer, W ([inputs, outputs], row-major) before b.
/// </summary>
/// <remarks>
/// The function comes twice: over tensors, differentiable any number of times, and over plain memory on one thread with its gradient
/// (<see cref="MlpPass"/>), which is several times faster at the sizes of reinforcement learning. Tests hold the two equal.
/// </remarks>
public sealed class Mlp
{
    private readonly long[] pieces;

    /// <summary>Describes a network.</summary>
    /// <param name="inputs">Values of one input row.</param>
    /// <param name="hidden">Units of each hidden layer; may be empty.</param>
    /// <param name="outputs">Values of one output row.</param>
    /// <param name="activation">After each hidden layer.</param>
    public Mlp(int inputs, IReadOnlyList<int> hidden, int outputs, Activation activation)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(inputs);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(outputs);
        Activation = activation;
        var widths = new List<int> { inputs };
        widths.AddRange(hidden);
        widths.Add(outputs);
        var layers = new List<DenseLayer>();
        for (var index = 0; index + 1 < widths.Count; index++)
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(widths[index + 1], nameof(hidden));
            layers.Add(new DenseLayer(widths[index], widths[index + 1], ParameterCount));
            ParameterCount += (widths[index] + 1) * widths[index + 1];
        }
        Layers = layers;
        pieces = [.. layers.SelectMany(layer => new long[] { layer.Inputs * layer.Outputs, layer.Outputs })];
    }

    /// <summary>The layers from input to output.</summary>
    public IReadOnlyList<DenseLayer> Layers { get; }

    /// <summary>After each hidden layer.</summary>
    public Activation Activation { get; }

    /// <summary>Values of one input row.</summary>
    public int Inputs => Layers[0].Inputs;

    /// <summary>Values of one output row.</summary>
    public int Outputs => Layers[^1].Outputs;

    /// <summary>Length of the flat parameter vector.</summary>
    public int ParameterCount { get; }

    /// <summary>
    /// Fills the parameters: orthogonal weights, scaled by √2 in hidden layers and by each head's own factor in the last; biases 0
    /// (Engstrom et al. 2020, "Implementation Matters in Deep Policy Gradients", and the Baselines code).
    /// </summary>
    /// <param name="parameters">Receives them.</param>
    /// <param name="rng">Source of the weights.</param>
    /// <param name="heads">Groups of outputs, in order, each orthogonal for itself: their number and scale.</param>
    public void Initialise(Span<float> parameters, Rng rng, params ReadOnlySpan<(int Outputs, double Scale)> heads)
    {
        parameters[..ParameterCount].Clear();
        foreach (var layer in Layers)
        {
            if (layer != Layers[^1])
            {
                Orthogonal.Fill(layer.Inputs, layer.Outputs, Math.Sqrt(2), rng, parameters[layer.Offset..], layer.Outputs);
                continue;
            }
            var first = 0;
            foreach (var (outputs, scale) in heads)
            {
                Orthogonal.Fill(layer.Inputs, outputs, scale, rng, parameters[(layer.Offset + first)..], layer.Outputs);
                first += outputs;
            }
            if (first != layer.Outputs)
                throw new ArgumentException($"The heads have {first} outputs together where the network has {layer.Outputs}.");
        }
    }

    /// <summary>The network's output, differentiable with respect to parameters and input.</summary>
    /// <param name="parameters">Flat, [<see cref="ParameterCount"/>].</param>
    /// <param name="input">[N, <see cref="Inputs"/>].</param>
    /// <returns>[N, <see cref="Outputs"/>].</returns>
    public Tensor Forward(Tensor parameters, Tensor input)
    {
        // One split, whose gradient is one concatenation, is cheaper than a view per layer.
        var split = parameters.split(pieces);
        var output = input;
        for (var index = 0; index < Layers.Count; index++)
        {
            var layer = Layers[index];
            output = split[2 * index + 1].addmm(output, split[2 * index].view(layer.Inputs, layer.Outputs));
            if (index + 1 < Layers.Count)
                output = Activation.Apply(output);
        }
        return output;
    }
}

/// <summary>One layer y = x·W + b of an <see cref="Mlp"/>.</summary>
/// <param name="Inputs">Rows of W.</param>
/// <param name="Outputs">Columns of W and length of b.</param>
/// <param name="Offset">Where W begins in the flat parameters; b follows it.</param>
public sealed record DenseLayer(int Inputs, int Outputs, int Offset)
{
    /// <summary>Where b begins in the flat parameters.</summary>
    public int BiasOffset => Offset + Inputs * Outputs;
}

/// <summary>One network's forward pass over plain memory, kept for its backward pass. Allocates nothing after it is made.</summary>
/// <remarks>
/// Rows go through all layers in blocks, so that what one layer puts out is still at hand when the next one, or the gradient, asks for it. The
/// numbers do not depend on the blocks.
/// </remarks>
public sealed class MlpPass
{
    private readonly Mlp network;
    private readonly int capacity, block;
    private readonly Memory<float>[] outputs, gradients, transposed;
    private readonly float[] narrow;
    private float[][] tangents = [];

    /// <summary>Makes room for a number of rows.</summary>
    /// <param name="network">The network.</param>
    /// <param name="capacity">Most rows of one pass.</param>
    public MlpPass(Mlp network, int capacity)
    {
        this.network = network;
        this.capacity = capacity;
        // Weights that are larger than the cache are read once per block: then all rows are one.
        var largest = network.Layers.Max(layer => layer.Inputs * layer.Outputs);
        block = Math.Max(1, largest <= LargestBlockedLayer ? Math.Min(capacity, RowsOfBlock) : capacity);
        outputs = [.. network.Layers.Select(layer => Aligned(capacity * layer.Outputs))];
        gradients = [.. network.Layers.Select(layer => Aligned((layer == network.Layers[^1] ? capacity : block) * layer.Outputs))];
        transposed = [.. network.Layers.Select(layer => Aligned(layer.Inputs * layer.Outputs))];
        narrow = new float[network.Layers.Where(Swapped).Select(layer => layer.Inputs * layer.Outputs).DefaultIfEmpty(0).Max()];
    }

    private const int RowsOfBlock = 64, LargestBlockedLayer = 1 << 16;

    /// <summary>Rows of the last forward pass.</summary>
    public int Rows { get; private set; }

    /// <summary>Outputs of the last forward pass, [N, O].</summary>
    public ReadOnlySpan<float> Outputs => outputs[^1].Span[..(Rows * network.Outputs)];

    /// <summary>Where <see cref="Backward"/> expects the gradient with respect to the outputs, [N, O].</summary>
    public Span<float> OutputGradient => gradients[^1].Span[..(Rows * network.Outputs)];

    /// <summary>Computes the network's output.</summary>
    /// <param name="parameters">Flat.</param>
    /// <param name="input">[N, I].</param>
    /// <param name="rows">N.</param>
    public void Forward(ReadOnlySpan<float> parameters, ReadOnlySpan<float> input, int rows)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rows, capacity);
        Rows = rows;
        for (var first = 0; first < rows; first += block)
        {
            var count = Math.Min(block, rows - first);
            var layerInput = input.Slice(first * network.Inputs, count * network.Inputs);
            for (var index = 0; index < outputs.Length; index++)
            {
                var layer = network.Layers[index];
                var output = outputs[index].Span.Slice(first * layer.Outputs, count * layer.Outputs);
                MatrixProduct.Multiply(
                    layerInput, layer.Inputs, 1, parameters.Slice(layer.Offset, layer.Inputs * layer.Outputs),
                    parameters.Slice(layer.BiasOffset, layer.Outputs), output, count, layer.Inputs, layer.Outputs);
                if (index + 1 < outputs.Length)
                    network.Activation.Apply(output);
                layerInput = output;
            }
        }
    }

    /// <summary>
    /// Directional derivative of the last forward pass's outputs with respect to the parameters, exact, by forward-mode differentiation:
    /// ẏ = x·Ẇ + ḃ + ẋ·W through each layer and f′·ẏ through each activation (Pearlmutter 1994).
    /// </summary>
    /// <param name="parameters">As in the forward pass.</param>
    /// <param name="input">As in the forward pass.</param>
    /// <param name="direction">Direction in the space of the parameters, flat.</param>
    /// <param name="inputTangent">Directional derivative of the input, [N, I]; empty where the input does not depend on the parameters.</param>
    /// <returns>[N, O], valid until the next call.</returns>
    public ReadOnlySpan<float> Tangent(
        ReadOnlySpan<float> parameters, ReadOnlySpan<float> input, ReadOnlySpan<float> direction, ReadOnlySpan<float> inputTangent = default)
    {
        if (tangents.Length == 0)
            tangents = [.. network.Layers.Select(layer => new float[capacity * layer.Outputs])];
        for (var index = 0; index < outputs.Length; index++)
        {
            var layer = network.Layers[index];
            var tangent = tangents[index].AsSpan(0, Rows * layer.Outputs);
            MatrixProduct.Multiply(
                index == 0 ? input : outputs[index - 1].Span, layer.Inputs, 1, direction.Slice(layer.Offset, layer.Inputs * layer.Outputs),
                direction.Slice(layer.BiasOffset, layer.Outputs), tangent, Rows, layer.Inputs, layer.Outputs);
            if (!inputTangent.IsEmpty)
                MatrixProduct.AddProduct(
                    inputTangent, layer.Inputs, 1, parameters.Slice(layer.Offset, layer.Inputs * layer.Outputs), tangent,
                    Rows, layer.Inputs, layer.Outputs);
            if (index + 1 < outputs.Length)
                network.Activation.Backward(outputs[index].Span, tangent);
            inputTangent = tangent;
        }
        return inputTangent;
    }

    /// <summary>Back-propagates <see cref="OutputGradient"/> through the last forward pass.</summary>
    /// <param name="parameters">As in the forward pass.</param>
    /// <param name="input">As in the forward pass.</param>
    /// <param name="gradient">Receives the gradient with respect to the parameters, flat; empty where nobody needs it.</param>
    /// <param name="inputGradient">Receives the gradient with respect to the input, [N, I]; empty where nobody needs it.</param>
    public void Backward(
        ReadOnlySpan<float> parameters, ReadOnlySpan<float> input, Span<float> gradient, Span<float> inputGradient = default)
    {
        for (var index = 0; index < outputs.Length; index++)
        {
            var layer = network.Layers[index];
            if (!gradient.IsEmpty)
                gradient.Slice(layer.BiasOffset, layer.Outputs).Clear();
            if (Rows > 1 && (index > 0 || !inputGradient.IsEmpty))
                MatrixProduct.Transpose(parameters.Slice(layer.Offset, layer.Inputs * layer.Outputs), layer.Inputs, layer.Outputs, transposed[index].Span);
        }
        for (var first = 0; first < Rows; first += block)
        {
            var count = Math.Min(block, Rows - first);
            for (var index = outputs.Length - 1; index >= 0; index--)
            {
                var layer = network.Layers[index];
                var layerInput = (index == 0 ? input : outputs[index - 1].Span).Slice(first * layer.Inputs, count * layer.Inputs);
                var upstream = gradients[index].Span.Slice(index == outputs.Length - 1 ? first * layer.Outputs : 0, count * layer.Outputs);
                // dL/dW = xᵀ·u, dL/db = Σ u over the rows, dL/dx = u·Wᵀ.
                if (!gradient.IsEmpty)
                {
                    WeightGradient(layer, layerInput, upstream, count, gradient, add: first > 0);
                    MatrixProduct.AddRows(upstream, gradient.Slice(layer.BiasOffset, layer.Outputs));
                }
                if (index == 0 && inputGradient.IsEmpty)
                    break;
                var downstream = index == 0
                    ? inputGradient.Slice(first * layer.Inputs, count * layer.Inputs)
                    : gradients[index - 1].Span[..(count * layer.Inputs)];
                // W times one row is no more work than turning W over.
                if (Rows == 1)
                    MatrixProduct.Multiply(
                        parameters.Slice(layer.Offset, layer.Inputs * layer.Outputs), layer.Outputs, 1, upstream, [], downstream, layer.Inputs,
                        layer.Outputs, 1);
                else
                    MatrixProduct.Multiply(upstream, layer.Outputs, 1, transposed[index].Span, [], downstream, count, layer.Outputs, layer.Inputs);
                if (index > 0)
                    network.Activation.Backward(layerInput, downstream);
            }
        }
    }

    private void WeightGradient(
        DenseLayer layer, ReadOnlySpan<float> input, ReadOnlySpan<float> upstream, int rows, Span<float> gradient, bool add)
    {
        var target = gradient.Slice(layer.Offset, layer.Inputs * layer.Outputs);
        if (!Swapped(layer))
        {
            Product(input, layer.Inputs, upstream, target, layer.Inputs, layer.Outputs);
            return;
        }
        // The same sums, as uᵀ·x: then it is the many inputs that lie side by side, not the few outputs.
        var sums = layer.Outputs == 1 ? target : narrow.AsSpan(0, target.Length);
        if (layer.Outputs > 1 && add)
            MatrixProduct.Transpose(target, layer.Inputs, layer.Outputs, sums);
        Product(upstream, layer.Outputs, input, sums, layer.Outputs, layer.Inputs);
        if (layer.Outputs > 1)
            MatrixProduct.Transpose(sums, layer.Outputs, layer.Inputs, target);

        void Product(ReadOnlySpan<float> left, int leftWidth, ReadOnlySpan<float> right, Span<float> result, int height, int width)
        {
            if (add)
                MatrixProduct.AddProduct(left, 1, leftWidth, right, result, height, rows, width);
            else
                MatrixProduct.Multiply(left, 1, leftWidth, right, [], result, height, rows, width);
        }
    }

    // From an address that is a multiple of a vector's 64 bytes: a load across two lines of the cache costs twice.
    private static Memory<float> Aligned(int length)
    {
        var array = GC.AllocateArray<float>(length + 15, pinned: true);
        var beyond = (int)(Marshal.UnsafeAddrOfPinnedArrayElement(array, 0) % 64);
        return array.AsMemory((64 - beyond) % 64 / sizeof(float), length);
    }

    private static bool Swapped(DenseLayer layer) => layer.Outputs < 16 && layer.Inputs >= 16;
}
