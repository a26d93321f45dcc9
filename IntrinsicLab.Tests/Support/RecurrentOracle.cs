using IntrinsicLab.Core.Networks;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace IntrinsicLab.Tests.Support;

/// <summary><see cref="RecurrentNetwork"/> over again in libtorch, in double precision and straight from its description.</summary>
internal static class RecurrentOracle
{
    public static Tensor Double(ReadOnlySpan<float> values, params long[] shape) => tensor(values.ToArray()).to(ScalarType.Float64).view(shape);

    /// <summary>Outputs of the last convolution [N, P], or the features where there is none.</summary>
    public static Tensor Perceive(Encoder encoder, int[] shape, Tensor theta, Tensor observations)
    {
        if (encoder.Convolutions.Count == 0)
            return Encode(encoder, shape, theta, observations);
        var rows = observations.shape[0];
        var output = observations.view(rows, shape[0], shape[1], shape[2]).permute(0, 3, 1, 2);
        foreach (var layer in encoder.Convolutions)
        {
            var weights = theta.narrow(0, layer.Offset, layer.Weights).view(layer.Height, layer.Width, layer.Channels, layer.Filters).permute(3, 2, 0, 1);
            output = functional.conv2d(output, weights, theta.narrow(0, layer.Offset + layer.Weights, layer.Filters), [layer.Stride, layer.Stride]).relu();
        }
        return output.permute(0, 2, 3, 1).reshape(rows, encoder.Perceived);
    }

    /// <summary>Features, [N, F].</summary>
    public static Tensor Encode(Encoder encoder, int[] shape, Tensor theta, Tensor observations)
    {
        var input = encoder.Convolutions.Count == 0 ? observations : Perceive(encoder, shape, theta, observations);
        return encoder.Dense.Activation.Apply(encoder.Dense.Forward(theta.narrow(0, encoder.DenseOffset, encoder.Dense.ParameterCount), input));
    }

    /// <summary>Core [T·B, C], logits or means [T·B, A] and values [T·B] of a sequence.</summary>
    public static (Tensor Core, Tensor Policy, Tensor Values) Forward(
        RecurrentNetwork network, Tensor theta, Tensor observations, Tensor feedback, bool[] starts, Tensor hidden, Tensor cell, int environments)
    {
        var core = Encode(network.Encoder, network.Shape.Observation, theta, observations);
        if (network.Memory is { } lstm)
        {
            var own = theta.narrow(0, network.MemoryOffset, lstm.ParameterCount);
            var inputWeights = own.narrow(0, 0, lstm.RecurrentOffset).view(lstm.Inputs, lstm.Gates);
            var recurrentWeights = own.narrow(0, lstm.RecurrentOffset, lstm.Units * lstm.Gates).view(lstm.Units, lstm.Gates);
            var biases = own.narrow(0, lstm.BiasOffset, lstm.Gates);
            var input = cat([core, feedback], 1);
            var outputs = new List<Tensor>();
            for (var t = 0; t < starts.Length / environments; t++)
            {
                var kept = tensor(starts.Skip(t * environments).Take(environments).Select(start => start ? 0.0 : 1.0).ToArray()).view(environments, 1);
                var gates = (input.narrow(0, t * environments, environments).mm(inputWeights) + (hidden * kept).mm(recurrentWeights) + biases).split(lstm.Units, 1);
                cell = gates[1].sigmoid() * (cell * kept) + gates[0].sigmoid() * gates[3].tanh();
                hidden = gates[2].sigmoid() * cell.tanh();
                outputs.Add(hidden);
            }
            core = cat(outputs, 0);
        }
        var both = network.Heads.Forward(theta.narrow(0, network.HeadOffset, network.Heads.ParameterCount), core);
        return (core, both.narrow(1, 0, network.Shape.Actions), both.narrow(1, network.Shape.Actions, 1).squeeze(1));
    }
}
