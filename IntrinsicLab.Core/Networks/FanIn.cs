namespace IntrinsicLab.Core.Networks;

/// <summary>Initial weights and biases uniform in ±1/√inputs in every layer, as PyTorch's linear layers begin (LeCun et al. 1998, "Efficient BackProp").</summary>
public static class FanIn
{
    /// <summary>Fills all layers.</summary>
    /// <param name="network">The network.</param>
    /// <param name="parameters">Receives its parameters, flat.</param>
    /// <param name="rng">Source of the numbers.</param>
    public static void Fill(Mlp network, Span<float> parameters, Rng rng)
    {
        foreach (var layer in network.Layers)
        {
            var bound = 1 / Math.Sqrt(layer.Inputs);
            foreach (ref var parameter in parameters[layer.Offset..(layer.BiasOffset + layer.Outputs)])
                parameter = (float)rng.NextDouble(-bound, bound);
        }
    }
}
