namespace IntrinsicLab.Core.Algorithms;

/// <summary>How the information gain of a transition is computed.</summary>
public enum GainKind
{
    /// <summary>λ²·gᵀH⁻¹g, the second-order expansion: what VIME's authors ran.</summary>
    Taylor,

    /// <summary>The exact divergence after one natural step.</summary>
    ExactNatural,

    /// <summary>The exact divergence after some steps of Adam with the training's step size.</summary>
    ExactAdam,

    /// <summary>The exact divergence after one plain gradient step.</summary>
    ExactPlain,
}

/// <summary>
/// Settings of a <see cref="DynamicsModel"/>. Defaults are those of the code released with Houthooft et al. 2016, "VIME: Variational Information
/// Maximizing Exploration", for classic control.
/// </summary>
public sealed record DynamicsSettings
{
    /// <summary>Units of each hidden layer.</summary>
    public int[] Hidden { get; init; } = [32];

    /// <summary>Deviation of the prior N(0, p²) over every weight.</summary>
    public double PriorDeviation { get; init; } = 0.5;

    /// <summary>Deviation of the likelihood, in units of the normalised observation.</summary>
    public double LikelihoodDeviation { get; init; } = 5;

    /// <summary>Monte-Carlo samples S, in training and in scoring.</summary>
    public int Samples { get; init; } = 10;

    /// <summary>One noise vector for all rows of a minibatch instead of one for each.</summary>
    public bool SharedTrainingNoise { get; init; } = true;

    /// <summary>
    /// Minibatches that the prior's divergence is spread over: 5 in the released code, whatever the pool holds, so that the model learns for ever
    /// as if it had seen 50 transitions. 0 takes pool size/minibatch, the weight of Bayes' rule.
    /// </summary>
    public double Batches { get; init; } = 5;

    /// <summary>Step size α of Adam.</summary>
    public double LearningRate { get; init; } = 1e-4;

    /// <summary>Observations that the pool holds.</summary>
    public int PoolSize { get; init; } = 100_000;

    /// <summary>Transitions below which nothing is trained.</summary>
    public int MinimumPool { get; init; } = 500;

    /// <summary>Transitions of one gradient step.</summary>
    public int Minibatch { get; init; } = 10;

    /// <summary>Gradient steps of one iteration.</summary>
    public int Updates { get; init; } = 500;

    /// <summary>Predicts the change of the observation instead of the next one.</summary>
    public bool PredictChange { get; init; }

    /// <summary>Normalises actions, too, those of one-hot form included.</summary>
    public bool NormaliseActions { get; init; } = true;

    /// <summary>How the information gain is computed.</summary>
    public GainKind Gain { get; init; } = GainKind.Taylor;

    /// <summary>λ, length of the step whose gain is computed.</summary>
    public double GainStep { get; init; } = 0.01;

    /// <summary>Steps of <see cref="GainKind.ExactAdam"/>.</summary>
    public int GainAdamSteps { get; init; } = 5;

    /// <summary>Multiplies the second-order gain by ½, as the paper's equation does and the released code does not.</summary>
    public bool HalfFactor { get; init; }

    /// <summary>Largest gain let through, before any normalisation.</summary>
    public double MaximumGain { get; init; } = 1000;

    /// <summary>
    /// Repeats what look like slips of the released code: those of its pool (<see cref="TransitionPool"/>), deviations without a floor,
    /// <see cref="GainKind.ExactAdam"/> by the training's own updates, prior and moments included, which stay advanced, and a last step of each
    /// path that is not scored but takes the score of the step before.
    /// </summary>
    public bool AsReleased { get; init; }
}
