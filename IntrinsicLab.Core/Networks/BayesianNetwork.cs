using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using IntrinsicLab.Core.Formulas;

namespace IntrinsicLab.Core.Networks;

/// <summary>
/// A fully connected network that believes in a Gaussian for every weight and bias instead of knowing it (Blundell et al. 2015, "Weight
/// Uncertainty in Neural Networks"), as the model of the world in Houthooft et al. 2016, "VIME: Variational Information Maximizing Exploration".
/// ReLU after hidden layers; outputs are means of a Gaussian likelihood with one fixed deviation.
/// </summary>
/// <remarks>
/// The belief φ is one flat vector: all means M, laid out as the parameters of an <see cref="Mlp"/>, then all ρ in the same order; the deviation of
/// a weight is Σ = softplus(ρ). Computed by <see cref="BayesianPass{T}"/>.
/// </remarks>
public sealed class BayesianNetwork
{
    /// <summary>Describes a network.</summary>
    /// <param name="inputs">Values of one input row.</param>
    /// <param name="hidden">Units of each hidden layer; may be empty.</param>
    /// <param name="outputs">Values of one output row.</param>
    /// <param name="priorDeviation">Deviation p of the prior N(0, p²) over every weight.</param>
    /// <param name="likelihoodDeviation">Deviation σ of the likelihood N(output, σ²).</param>
    public BayesianNetwork(int inputs, IReadOnlyList<int> hidden, int outputs, double priorDeviation = 0.5, double likelihoodDeviation = 5)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(priorDeviation);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(likelihoodDeviation);
        Means = new Mlp(inputs, hidden, outputs, Activation.Relu);
        (PriorDeviation, LikelihoodDeviation) = (priorDeviation, likelihoodDeviation);
    }

    /// <summary>The network whose weights are the means, over the first half of φ.</summary>
    public Mlp Means { get; }

    /// <summary>p.</summary>
    public double PriorDeviation { get; }

    /// <summary>σ.</summary>
    public double LikelihoodDeviation { get; }

    /// <summary>Weights and biases, P.</summary>
    public int Weights => Means.ParameterCount;

    /// <summary>Length of φ, 2P.</summary>
    public int ParameterCount => 2 * Weights;

    /// <summary>The belief before anything was seen, as VIME's authors start it: means from N(0, 1), every deviation that of the prior.</summary>
    /// <param name="belief">Receives φ, [2P].</param>
    /// <param name="rng">Source of the means.</param>
    public void Initialise(Span<float> belief, Rng rng)
    {
        for (var i = 0; i < Weights; i++)
            belief[i] = (float)rng.NextGaussian();
        belief[Weights..ParameterCount].Fill((float)Softplus.Inverse(PriorDeviation));
    }

    /// <summary>KL[q ‖ prior], the sum over weights of ln(p/Σ) + (Σ² + M²)/(2p²) − ½.</summary>
    /// <param name="belief">φ, [2P].</param>
    public double PriorDivergence<T>(ReadOnlySpan<T> belief) where T : INumberBase<T>
    {
        var total = 0.0;
        for (var i = 0; i < Weights; i++)
        {
            var (mean, rho) = (double.CreateChecked(belief[i]), double.CreateChecked(belief[Weights + i]));
            total += InformationGain.OfChange(Softplus.LogOf(rho) - Math.Log(PriorDeviation), mean / PriorDeviation);
        }
        return total;
    }
}

/// <summary>
/// One <see cref="BayesianNetwork"/>'s forward pass over plain memory, S samples of every row, kept for the gradient and for the information gain of
/// each row. Weights are never drawn: with Gaussian weights a layer's outputs are Gaussian, and drawing them instead is exact and varies less
/// (Kingma, Salimans and Welling 2015, "Variational Dropout and the Local Reparameterization Trick"):
/// a = m + √v∘e, m = x·M + c, v = (x∘x)·(Σ∘Σ) + κ∘κ. Allocates nothing after it is made.
/// </summary>
/// <remarks>Sample s of row n lies at n·S + s. The double form exists for tests of the formulas.</remarks>
/// <typeparam name="T">float or double.</typeparam>
public sealed class BayesianPass<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private const double SmallestVariance = 1e-12;

    private readonly BayesianNetwork network;
    private readonly int capacity, samples;
    private readonly T[] belief, deviations, slopes, variances;
    private readonly T[][] transposedMeans, transposedVariances;
    private readonly T[] firstFourths;
    private readonly T[][] noise, outputs, squares, ratios, deltas, gammas;
    private readonly T[] firstMean, firstVariance, firstFourth, firstDelta, firstGamma, inputSquares, scratch;
    private T[] input = [];
    private float[] drawn = [];
    private T[] meanProducts = [], deviationProducts = [];
    private bool shared;

    /// <summary>Makes room for a number of rows.</summary>
    /// <param name="network">The network.</param>
    /// <param name="capacity">Most rows of one pass, N.</param>
    /// <param name="samples">Samples of each row, S.</param>
    public BayesianPass(BayesianNetwork network, int capacity, int samples)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacity);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(samples);
        (this.network, this.capacity, this.samples) = (network, capacity, samples);
        var layers = network.Means.Layers;
        belief = new T[network.ParameterCount];
        deviations = new T[network.Weights];
        slopes = new T[network.Weights];
        variances = new T[network.Weights];
        transposedMeans = [.. layers.Select(layer => new T[layer.Inputs * layer.Outputs])];
        transposedVariances = [.. layers.Select(layer => new T[layer.Inputs * layer.Outputs])];
        firstFourths = new T[(layers[0].Inputs + 1) * layers[0].Outputs];
        T[][] PerSample() => [.. layers.Select(layer => new T[capacity * samples * layer.Outputs])];
        (noise, outputs, squares, ratios, deltas, gammas) = (PerSample(), PerSample(), PerSample(), PerSample(), PerSample(), PerSample());
        T[] First() => new T[capacity * layers[0].Outputs];
        (firstMean, firstVariance, firstFourth, firstDelta, firstGamma) = (First(), First(), First(), First(), First());
        inputSquares = new T[capacity * layers[0].Inputs];
        scratch = new T[capacity * samples * layers.Max(layer => Math.Max(layer.Inputs, layer.Outputs))];
    }

    /// <summary>Rows of the last forward pass, N.</summary>
    public int Rows { get; private set; }

    /// <summary>Outputs of the last forward pass, [N, S, O].</summary>
    public ReadOnlySpan<T> Outputs => outputs[^1].AsSpan(0, Rows * samples * network.Means.Outputs);

    /// <summary>Derivative of the loss with respect to the outputs, set by <see cref="NegativeLogLikelihood"/>, [N, S, O].</summary>
    public ReadOnlySpan<T> OutputGradient => deltas[^1].AsSpan(0, Rows * samples * network.Means.Outputs);

    /// <summary>The noise e that the next forward pass takes for one layer: [N, S, width], or [S, width] where all rows share it.</summary>
    /// <param name="layer">Index of the layer.</param>
    public Span<T> Noise(int layer) => noise[layer];

    /// <summary>Takes a belief over: its deviations, and what passes need of them. Call it whenever φ has changed.</summary>
    /// <param name="phi">φ, [2P].</param>
    public void Believe(ReadOnlySpan<T> phi)
    {
        phi[..network.ParameterCount].CopyTo(belief);
        Softplus.Of<T>(belief.AsSpan(network.Weights), deviations, slopes);
        Product(deviations, deviations, variances);
        var layers = network.Means.Layers;
        for (var index = 1; index < layers.Count; index++)
        {
            Transpose(belief, layers[index], transposedMeans[index]);
            Transpose(variances, layers[index], transposedVariances[index]);
        }
        Product(variances.AsSpan(0, firstFourths.Length), variances.AsSpan(0, firstFourths.Length), firstFourths);
    }

    /// <summary>Draws the noise of the next forward pass.</summary>
    /// <param name="source">Source of the numbers.</param>
    /// <param name="rows">N.</param>
    /// <param name="shareRows">Gives sample s of every row the same noise, as VIME's released code does in training.</param>
    public void DrawNoise(GaussianNoise source, int rows, bool shareRows)
    {
        shared = shareRows;
        for (var index = 0; index < noise.Length; index++)
        {
            var target = noise[index].AsSpan(0, (shareRows ? 1 : rows) * samples * network.Means.Layers[index].Outputs);
            if (typeof(T) == typeof(float))
            {
                source.Fill(MemoryMarshal.Cast<T, float>(target));
                continue;
            }
            Array.Resize(ref drawn, target.Length);
            source.Fill(drawn);
            for (var i = 0; i < target.Length; i++)
                target[i] = T.CreateChecked(drawn[i]);
        }
    }

    /// <summary>Says how the noise that was written into <see cref="Noise"/> is laid out.</summary>
    /// <param name="shareRows">True for [S, width].</param>
    public void ShareNoise(bool shareRows) => shared = shareRows;

    /// <summary>Computes samples of the network's output.</summary>
    /// <param name="rowsIn">x, [N, I].</param>
    /// <param name="rows">N.</param>
    public void Forward(ReadOnlySpan<T> rowsIn, int rows)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rows, capacity);
        Rows = rows;
        var layers = network.Means.Layers;
        var first = layers[0];
        if (input.Length == 0)
            input = new T[capacity * first.Inputs];
        rowsIn[..(rows * first.Inputs)].CopyTo(input);
        Product(input.AsSpan(0, rows * first.Inputs), input, inputSquares);
        Multiply(input, first.Inputs, 1, Weights(belief, first), Biases(belief, first), firstMean, rows, first.Inputs, first.Outputs);
        Multiply(inputSquares, first.Inputs, 1, Weights(variances, first), Biases(variances, first), firstVariance, rows, first.Inputs, first.Outputs);
        for (var row = 0; row < rows; row++)
            for (var s = 0; s < samples; s++)
                Sample(0, row * samples + s, 1, firstMean.AsSpan(row * first.Outputs), firstVariance.AsSpan(row * first.Outputs));
        for (var index = 1; index < layers.Count; index++)
        {
            var layer = layers[index];
            var count = rows * samples;
            Multiply(
                outputs[index - 1], layer.Inputs, 1, Weights(belief, layer), Biases(belief, layer), outputs[index], count, layer.Inputs, layer.Outputs);
            Multiply(
                squares[index - 1], layer.Inputs, 1, Weights(variances, layer), Biases(variances, layer), scratch, count, layer.Inputs, layer.Outputs);
            if (shared)
                for (var at = 0; at < count; at++)
                    Sample(index, at, 1, outputs[index].AsSpan(at * layer.Outputs), scratch.AsSpan(at * layer.Outputs));
            else
                Sample(index, 0, count, outputs[index], scratch);
        }
    }

    /// <summary>
    /// −Σ_rows (1/S)·Σ_s log N(y; output, σ²) of the last forward pass, summed over rows and outputs, not averaged. Its derivative with respect to
    /// each output, (output − y)/(σ²·S), is kept for <see cref="Backward"/>.
    /// </summary>
    /// <param name="targets">y, [N, O].</param>
    public double NegativeLogLikelihood(ReadOnlySpan<T> targets)
    {
        var width = network.Means.Outputs;
        var variance = network.LikelihoodDeviation * network.LikelihoodDeviation;
        var scale = T.CreateChecked(1 / (variance * samples));
        var squared = 0.0;
        for (var at = 0; at < Rows * samples; at++)
        {
            var target = targets.Slice(at / samples * width, width);
            for (var j = 0; j < width; j++)
            {
                var error = outputs[^1][at * width + j] - target[j];
                squared += double.CreateTruncating(error * error);
                deltas[^1][at * width + j] = error * scale;
            }
        }
        return squared / (2 * variance * samples) + Rows * width * (Math.Log(network.LikelihoodDeviation) + 0.5 * Math.Log(2 * Math.PI));
    }

    /// <summary>Back-propagates the loss of <see cref="NegativeLogLikelihood"/>.</summary>
    /// <param name="gradient">Receives its gradient with respect to φ, [2P]; empty where only <see cref="Gains"/> are wanted.</param>
    public void Backward(Span<T> gradient)
    {
        var layers = network.Means.Layers;
        for (var index = layers.Count - 1; index >= 0; index--)
        {
            var layer = layers[index];
            var count = Rows * samples;
            var delta = deltas[index].AsSpan(0, count * layer.Outputs);
            var gamma = gammas[index].AsSpan(0, count * layer.Outputs);
            Product(delta, ratios[index], gamma);
            if (index == 0)
            {
                SumSamples(delta, layer.Outputs, firstDelta);
                SumSamples(gamma, layer.Outputs, firstGamma);
                if (!gradient.IsEmpty)
                    Gradient(layer, input, inputSquares, firstDelta, firstGamma, Rows, gradient);
                return;
            }
            if (!gradient.IsEmpty)
                Gradient(layer, outputs[index - 1], squares[index - 1], delta, gamma, count, gradient);
            // dL/dx = δ·Mᵀ + x∘(γ·(Σ²)ᵀ): the input reaches the outputs through their means and through their variances.
            var downstream = deltas[index - 1].AsSpan(0, count * layer.Inputs);
            Multiply(delta, layer.Outputs, 1, transposedMeans[index], [], downstream, count, layer.Outputs, layer.Inputs);
            Multiply(gamma, layer.Outputs, 1, transposedVariances[index], [], scratch, count, layer.Outputs, layer.Inputs);
            ThroughRelu(downstream, outputs[index - 1], scratch);
        }
    }

    /// <summary>
    /// Adds the gradient of weight·KL[q ‖ prior]: M/p² for means, (Σ/p² − 1/Σ)·sig(ρ) for ρ, where sig(ρ)/Σ is 1 once both underflow.
    /// </summary>
    /// <param name="weight">Share of the divergence in the loss, such as 1/batches.</param>
    /// <param name="gradient">Added to, [2P].</param>
    public void AddPriorGradient(double weight, Span<T> gradient)
    {
        var precision = T.CreateChecked(1 / (network.PriorDeviation * network.PriorDeviation));
        var share = T.CreateChecked(weight);
        var smallest = T.CreateChecked(1e-30);
        var means = gradient[..network.Weights];
        var rhos = gradient[network.Weights..network.ParameterCount];
        for (var i = 0; i < means.Length; i++)
        {
            var (deviation, slope) = (deviations[i], slopes[i]);
            means[i] += share * precision * belief[i];
            rhos[i] += share * (deviation * slope * precision - (deviation < smallest ? T.One : slope / deviation));
        }
    }

    /// <summary>
    /// gᵀH⁻¹g of every row, g the gradient of that row's loss with respect to φ and H the curvature of the divergence: what
    /// ½·λ²·gᵀH⁻¹g, the second-order information gain, is made of. After <see cref="Backward"/>; forms no row's gradient.
    /// </summary>
    /// <param name="gains">Receives them, [N].</param>
    public void Gains(Span<double> gains)
    {
        var layers = network.Means.Layers;
        var first = layers[0];
        Product(inputSquares.AsSpan(0, Rows * first.Inputs), inputSquares, scratch);
        Multiply(
            scratch, first.Inputs, 1, firstFourths, firstFourths.AsSpan(first.Inputs * first.Outputs), firstFourth, Rows, first.Inputs, first.Outputs);
        for (var row = 0; row < Rows; row++)
        {
            var (from, width) = (row * first.Outputs, first.Outputs);
            var total = InformationGain.FirstLayer<T>(
                firstVariance.AsSpan(from, width), firstFourth.AsSpan(from, width), firstDelta.AsSpan(from, width), firstGamma.AsSpan(from, width));
            for (var index = 1; index < layers.Count; index++)
            {
                var layer = layers[index];
                total += InformationGain.LaterLayer<T>(
                    outputs[index - 1].AsSpan(row * samples * layer.Inputs, samples * layer.Inputs),
                    deltas[index].AsSpan(row * samples * layer.Outputs, samples * layer.Outputs),
                    gammas[index].AsSpan(row * samples * layer.Outputs, samples * layer.Outputs),
                    transposedVariances[index], variances.AsSpan(layer.BiasOffset, layer.Outputs));
            }
            gains[row] = double.CreateTruncating(total);
        }
    }

    /// <summary>Exact KL[q_φ′ ‖ q_φ] of every row after one step along its own gradient. After <see cref="Backward"/>; changes no belief.</summary>
    /// <param name="step">Which step.</param>
    /// <param name="length">λ.</param>
    /// <param name="gains">Receives them, [N].</param>
    public void ExactGains(BeliefStep step, double length, Span<double> gains)
    {
        var layers = network.Means.Layers;
        if (meanProducts.Length == 0)
            (meanProducts, deviationProducts) = (new T[network.Weights], new T[network.Weights]);
        for (var row = 0; row < Rows; row++)
        {
            // One row's gradient, by the products that a batch's takes.
            meanProducts.AsSpan().Clear();
            deviationProducts.AsSpan().Clear();
            for (var index = 0; index < layers.Count; index++)
            {
                var layer = layers[index];
                var count = index == 0 ? 1 : samples;
                var (at, width) = (row * count * layer.Inputs, row * count * layer.Outputs);
                Accumulate(
                    layer, (index == 0 ? input : outputs[index - 1]).AsSpan(at), (index == 0 ? inputSquares : squares[index - 1]).AsSpan(at),
                    (index == 0 ? firstDelta : deltas[index]).AsSpan(width), (index == 0 ? firstGamma : gammas[index]).AsSpan(width), count);
            }
            var total = 0.0;
            for (var i = 0; i < network.Weights; i++)
                total += InformationGain.Exact(
                    double.CreateTruncating(belief[network.Weights + i]), double.CreateTruncating(deviations[i]), double.CreateTruncating(slopes[i]),
                    double.CreateTruncating(meanProducts[i]), double.CreateTruncating(deviationProducts[i]), step, length);
            gains[row] = total;
        }
    }

    private void Accumulate(
        DenseLayer layer, ReadOnlySpan<T> x, ReadOnlySpan<T> xx, ReadOnlySpan<T> delta, ReadOnlySpan<T> gamma, int count)
    {
        for (var s = 0; s < count; s++)
        {
            var d = delta.Slice(s * layer.Outputs, layer.Outputs);
            var g = gamma.Slice(s * layer.Outputs, layer.Outputs);
            for (var i = 0; i < layer.Inputs; i++)
            {
                var (value, square) = (x[s * layer.Inputs + i], xx[s * layer.Inputs + i]);
                if (value == T.Zero)
                    continue;
                AddScaled(d, value, meanProducts.AsSpan(layer.Offset + i * layer.Outputs));
                AddScaled(g, square, deviationProducts.AsSpan(layer.Offset + i * layer.Outputs));
            }
            AddScaled(d, T.One, meanProducts.AsSpan(layer.BiasOffset));
            AddScaled(g, T.One, deviationProducts.AsSpan(layer.BiasOffset));
        }
    }

    private void Gradient(
        DenseLayer layer, ReadOnlySpan<T> x, ReadOnlySpan<T> xx, ReadOnlySpan<T> delta, ReadOnlySpan<T> gamma, int count, Span<T> gradient)
    {
        var rhos = gradient[network.Weights..];
        delta = delta[..(count * layer.Outputs)];
        gamma = gamma[..(count * layer.Outputs)];
        Multiply(x, 1, layer.Inputs, delta, [], gradient.Slice(layer.Offset, layer.Inputs * layer.Outputs), layer.Inputs, count, layer.Outputs);
        Multiply(xx, 1, layer.Inputs, gamma, [], rhos.Slice(layer.Offset, layer.Inputs * layer.Outputs), layer.Inputs, count, layer.Outputs);
        var ofBiases = gradient.Slice(layer.BiasOffset, layer.Outputs);
        var ofBiasRhos = rhos.Slice(layer.BiasOffset, layer.Outputs);
        ofBiases.Clear();
        ofBiasRhos.Clear();
        for (var row = 0; row < count; row++)
        {
            AddScaled(delta.Slice(row * layer.Outputs, layer.Outputs), T.One, ofBiases);
            AddScaled(gamma.Slice(row * layer.Outputs, layer.Outputs), T.One, ofBiasRhos);
        }
        var length = (layer.Inputs + 1) * layer.Outputs;
        var part = rhos.Slice(layer.Offset, length);
        Product(part, deviations.AsSpan(layer.Offset, length), part);
        Product(part, slopes.AsSpan(layer.Offset, length), part);
    }

    // a = m + √v∘e for some rows of samples, its square where a layer follows, and e/√v for the way back.
    private void Sample(int index, int from, int count, ReadOnlySpan<T> mean, ReadOnlySpan<T> variance)
    {
        var width = network.Means.Layers[index].Outputs;
        var length = count * width;
        var hidden = index + 1 < outputs.Length;
        var target = outputs[index].AsSpan(from * width, length);
        var square = squares[index].AsSpan(from * width, length);
        var ratio = ratios[index].AsSpan(from * width, length);
        var e = noise[index].AsSpan(shared ? from % samples * width : from * width, length);
        mean = mean[..length];
        variance = variance[..length];
        var smallest = T.CreateChecked(SmallestVariance);
        var least = hidden ? T.Zero : T.NegativeInfinity;
        var at = 0;
        var (floor, bottom) = (Vector256.Create(smallest), Vector256.Create(least));
        for (; at + Vector256<T>.Count <= length; at += Vector256<T>.Count)
        {
            var root = Vector256.Sqrt(Vector256.Max(Vector256.Create(variance[at..]), floor));
            var unit = Vector256.Create<T>(e[at..]);
            var value = Vector256.Max(Vector256.Create(mean[at..]) + root * unit, bottom);
            value.CopyTo(target[at..]);
            (value * value).CopyTo(square[at..]);
            (unit / root).CopyTo(ratio[at..]);
        }
        for (; at < length; at++)
        {
            var root = T.Sqrt(T.Max(variance[at], smallest));
            var value = T.Max(mean[at] + root * e[at], least);
            (target[at], square[at], ratio[at]) = (value, value * value, e[at] / root);
        }
    }

    private static void ThroughRelu(Span<T> downstream, ReadOnlySpan<T> x, ReadOnlySpan<T> throughVariance)
    {
        var at = 0;
        for (; at + Vector256<T>.Count <= downstream.Length; at += Vector256<T>.Count)
        {
            var value = Vector256.Create(x[at..]);
            var sum = Vector256.Create<T>(downstream[at..]) + value * Vector256.Create(throughVariance[at..]);
            Vector256.AndNot(sum, Vector256.LessThanOrEqual(value, Vector256<T>.Zero)).CopyTo(downstream[at..]);
        }
        for (; at < downstream.Length; at++)
            downstream[at] = x[at] <= T.Zero ? T.Zero : downstream[at] + x[at] * throughVariance[at];
    }

    private void SumSamples(ReadOnlySpan<T> values, int width, Span<T> sums)
    {
        for (var row = 0; row < Rows; row++)
        {
            var sum = sums.Slice(row * width, width);
            values.Slice(row * samples * width, width).CopyTo(sum);
            for (var s = 1; s < samples; s++)
                AddScaled(values.Slice((row * samples + s) * width, width), T.One, sum);
        }
    }

    private static void AddScaled(ReadOnlySpan<T> values, T factor, Span<T> sums)
    {
        var at = 0;
        for (; at + Vector256<T>.Count <= values.Length; at += Vector256<T>.Count)
            (Vector256.Create<T>(sums[at..]) + Vector256.Create(values[at..]) * factor).CopyTo(sums[at..]);
        for (; at < values.Length; at++)
            sums[at] += values[at] * factor;
    }

    private static void Product(ReadOnlySpan<T> left, ReadOnlySpan<T> right, Span<T> product)
    {
        var at = 0;
        for (; at + Vector256<T>.Count <= left.Length; at += Vector256<T>.Count)
            (Vector256.Create(left[at..]) * Vector256.Create(right[at..])).CopyTo(product[at..]);
        for (; at < left.Length; at++)
            product[at] = left[at] * right[at];
    }

    private static ReadOnlySpan<T> Weights(T[] parameters, DenseLayer layer) => parameters.AsSpan(layer.Offset, layer.Inputs * layer.Outputs);

    private static ReadOnlySpan<T> Biases(T[] parameters, DenseLayer layer) => parameters.AsSpan(layer.BiasOffset, layer.Outputs);

    private static void Transpose(T[] parameters, DenseLayer layer, T[] transposed)
    {
        for (var i = 0; i < layer.Inputs; i++)
            for (var j = 0; j < layer.Outputs; j++)
                transposed[j * layer.Inputs + i] = parameters[layer.Offset + i * layer.Outputs + j];
    }

    private static void Multiply(
        ReadOnlySpan<T> a, int rowStride, int innerStride, ReadOnlySpan<T> b, ReadOnlySpan<T> initial, Span<T> c, int rows, int inner, int columns)
    {
        if (typeof(T) == typeof(float))
        {
            MatrixProduct.Multiply(
                MemoryMarshal.Cast<T, float>(a), rowStride, innerStride, MemoryMarshal.Cast<T, float>(b), MemoryMarshal.Cast<T, float>(initial),
                MemoryMarshal.Cast<T, float>(c), rows, inner, columns);
            return;
        }
        for (var row = 0; row < rows; row++)
            for (var column = 0; column < columns; column++)
            {
                var sum = initial.IsEmpty ? T.Zero : initial[column];
                for (var k = 0; k < inner; k++)
                    sum += a[row * rowStride + k * innerStride] * b[k * columns + column];
                c[row * columns + column] = sum;
            }
    }
}
