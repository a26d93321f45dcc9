namespace IntrinsicLab.Core.Networks;

/// <summary>How a network's weights begin; biases begin at 0.</summary>
public enum WeightScheme
{
    /// <summary>Uniform in ±√(6/(inputs + outputs)) in every layer (Glorot and Bengio 2010).</summary>
    Glorot,

    /// <summary>Orthogonal with scale √2, the policy's last layer with 0.01 (OpenAI Baselines).</summary>
    Orthogonal,
}

/// <summary>Initial weights that keep the size of signals and gradients about equal from layer to layer (Glorot and Bengio 2010).</summary>
public static class Glorot
{
    /// <summary>Fills all layers: weights uniform in ±√(6/(inputs + outputs)), biases 0.</summary>
    /// <param name="network">The network.</param>
    /// <param name="parameters">Receives its parameters, flat.</param>
    /// <param name="rng">Source of the weights.</param>
    public static void Fill(Mlp network, Span<float> parameters, Rng rng)
    {
        parameters[..network.ParameterCount].Clear();
        foreach (var layer in network.Layers)
        {
            var bound = Math.Sqrt(6.0 / (layer.Inputs + layer.Outputs));
            foreach (ref var weight in parameters[layer.Offset..layer.BiasOffset])
                weight = (float)rng.NextDouble(-bound, bound);
        }
    }
}
