namespace IntrinsicLab.Core.Algorithms;

/// <summary>
/// Settings of a <see cref="RandomNetworkCuriosity"/>. Clip, discount and step size are those of Burda et al. 2018, "Exploration by Random Network
/// Distillation"; the networks are small ones for vectors, where the paper has convolutions.
/// </summary>
public sealed record RandomNetworkSettings
{
    /// <summary>Units of each hidden layer of the fixed network.</summary>
    public int[] TargetHidden { get; init; } = [64];

    /// <summary>Units of each hidden layer of the predictor: more layers than the fixed one, so that it can learn it.</summary>
    public int[] PredictorHidden { get; init; } = [64, 64];

    /// <summary>Outputs of both.</summary>
    public int Features { get; init; } = 64;

    /// <summary>Step size α of Adam.</summary>
    public double LearningRate { get; init; } = 1e-4;

    /// <summary>Rows of one gradient step.</summary>
    public int Minibatch { get; init; } = 64;

    /// <summary>Passes over each rollout.</summary>
    public int Epochs { get; init; } = 4;

    /// <summary>Largest absolute value of a normalised observation.</summary>
    public double ObservationClip { get; init; } = 5;

    /// <summary>Discount γ of the intrinsic return whose deviation divides the bonus.</summary>
    public double Gamma { get; init; } = 0.99;
}
