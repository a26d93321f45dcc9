using IntrinsicLab.Core.Formulas;
using IntrinsicLab.Core.Networks;
using IntrinsicLab.Core.Optimizers;
using static TorchSharp.torch;

namespace IntrinsicLab.Core.Analyses;

/// <summary>
/// Least squares with a network of one hidden layer of 32 ReLU units, by Adam on minibatches of 64: how much of a quantity can be read from another
/// by a simple reader. The quantity is brought to mean 0 and deviation 1 on the rows that are learned from.
/// </summary>
/// <param name="steps">Steps of Adam.</param>
/// <param name="rate">Its step size.</param>
public sealed class NetworkRegression(int steps = 6000, double rate = 3e-3)
{
    private const int Hidden = 32, Minibatch = 64;

    /// <summary>Learns from rows and says what it expects of others.</summary>
    /// <param name="inputs">Rows to learn from, [N, I].</param>
    /// <param name="targets">Their quantity, [N].</param>
    /// <param name="others">Other rows, [M, I].</param>
    /// <param name="scale">Brings each input to mean 0 and deviation 1 too; not for rows of zeros with a single one.</param>
    /// <param name="rng">Source of the weights and the minibatches.</param>
    /// <returns>What is expected, [M].</returns>
    public double[] Predict(IReadOnlyList<double[]> inputs, IReadOnlyList<double> targets, IReadOnlyList<double[]> others, bool scale, Rng rng)
    {
        var width = inputs[0].Length;
        var (shifts, scales) = (new double[width], new double[width]);
        for (var column = 0; column < width; column++)
            (shifts[column], scales[column]) = scale ? Moments([.. inputs.Select(row => row[column])]) : (0, 1);
        var (shift, spread) = Moments(targets);
        var (rows, quantities) = (Scaled(inputs), Array.ConvertAll<double, float>([.. targets], target => (float)((target - shift) / spread)));

        var network = new Mlp(width, [Hidden], 1, Activation.Relu);
        var pass = new MlpPass(network, Minibatch);
        var initial = new float[network.ParameterCount];
        network.Initialise(initial, rng.Split("weights"), (1, 1));
        using var scope = NewDisposeScope();
        using var parameters = FlatMemory.ToTensor(initial, [initial.Length], CPU);
        using var gradient = zeros_like(parameters);
        var optimizer = new Adam(1e-8, EpsilonStyle.Pytorch);
        var moments = optimizer.Initial(parameters);
        var draws = rng.Split("minibatches");
        var (batch, wanted) = (new float[Minibatch * width], new float[Minibatch]);
        for (var step = 0; step < steps; step++)
        {
            for (var row = 0; row < Minibatch; row++)
            {
                var drawn = draws.NextInt(targets.Count);
                rows.AsSpan(drawn * width, width).CopyTo(batch.AsSpan(row * width));
                wanted[row] = quantities[drawn];
            }
            pass.Forward(FlatMemory.Of(parameters), batch, Minibatch);
            for (var row = 0; row < Minibatch; row++)
                pass.OutputGradient[row] = 2f / Minibatch * (pass.Outputs[row] - wanted[row]);
            pass.Backward(FlatMemory.Of(parameters), batch, FlatMemory.Of(gradient));
            optimizer.StepInPlace(parameters, gradient, moments, rate);
        }

        var (asked, expected) = (Scaled(others), new double[others.Count]);
        for (var first = 0; first < expected.Length; first += Minibatch)
        {
            var count = Math.Min(Minibatch, expected.Length - first);
            pass.Forward(FlatMemory.Of(parameters), asked.AsSpan(first * width, count * width), count);
            for (var row = 0; row < count; row++)
                expected[first + row] = shift + spread * pass.Outputs[row];
        }
        return expected;

        float[] Scaled(IReadOnlyList<double[]> from)
        {
            var flat = new float[from.Count * width];
            for (var row = 0; row < from.Count; row++)
                for (var column = 0; column < width; column++)
                    flat[row * width + column] = (float)((from[row][column] - shifts[column]) / scales[column]);
            return flat;
        }
    }

    // What never changes is left as it is.
    private static (double Mean, double Deviation) Moments(IReadOnlyList<double> values)
    {
        var mean = values.Average();
        var deviation = Math.Sqrt(values.Average(value => (value - mean) * (value - mean)));
        return (mean, deviation > 0 ? deviation : 1);
    }
}
