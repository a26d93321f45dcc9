using IntrinsicLab.Core.Formulas;
using static TorchSharp.torch;

namespace IntrinsicLab.Core.Networks;

/// <summary>What a <see cref="PolicyNetwork"/> looks like.</summary>
/// <param name="ObservationSize">Values of one observation, O.</param>
/// <param name="Actions">Number of discrete actions, or of components of a continuous one, A.</param>
/// <param name="Continuous">Actions are real vectors, from a diagonal Gaussian whose log-standard-deviation is one trained vector.</param>
public sealed record PolicyShape(int ObservationSize, int Actions, bool Continuous)
{
    /// <summary>Units of each hidden layer.</summary>
    public int[] Hidden { get; init; } = [32];

    /// <summary>After each hidden layer.</summary>
    public Activation Activation { get; init; }

    /// <summary>How the weights begin.</summary>
    public WeightScheme Weights { get; init; }

    /// <summary>Standard deviation of a continuous policy at the beginning, in units of its actions.</summary>
    public double InitialDeviation { get; init; } = 1;
}

/// <summary>
/// A fully connected stochastic policy by itself, in main memory, with what a natural gradient needs: the divergence from an earlier policy
/// and products with its curvature. Parameters lie in one flat array: network, then log-standard-deviation.
/// </summary>
public sealed class PolicyNetwork : IStochasticPolicy
{
    /// <summary>A continuous policy never becomes more certain than this log-standard-deviation, ln 10⁻⁶ (rllab).</summary>
    private static readonly float Floor = (float)Math.Log(1e-6);

    private readonly PolicyShape shape;
    private readonly Mlp network;
    private readonly float[] deviations;
    private MlpPass pass;
    private int capacity;
    private float[] input;
    private float[] outputGradient;

    /// <summary>Makes and initialises the network.</summary>
    /// <param name="shape">What it looks like.</param>
    /// <param name="rng">Source of the initial weights.</param>
    public PolicyNetwork(PolicyShape shape, Rng rng)
    {
        this.shape = shape;
        network = new Mlp(shape.ObservationSize, shape.Hidden, shape.Actions, shape.Activation);
        deviations = new float[shape.Continuous ? shape.Actions : 0];
        Parameters = new float[network.ParameterCount + deviations.Length];
        if (shape.Weights == WeightScheme.Glorot)
            Glorot.Fill(network, Parameters, rng);
        else
            network.Initialise(Parameters, rng, (shape.Actions, 0.01));
        Parameters.AsSpan(network.ParameterCount).Fill((float)Math.Log(shape.InitialDeviation));
        capacity = 1;
        (pass, input, outputGradient) = (new MlpPass(network, 1), new float[shape.ObservationSize], new float[shape.Actions]);
    }

    /// <summary>All parameters, flat; whoever writes them calls <see cref="Forward(ReadOnlySpan{float}, int)"/> before asking on.</summary>
    public float[] Parameters { get; }

    /// <summary>Values of one row of <see cref="Outputs"/>, A.</summary>
    public int OutputSize => shape.Actions;

    /// <summary>Rows of the last forward pass, N.</summary>
    public int Rows => pass.Rows;

    /// <summary>Logits or means of the last forward pass, [N, A].</summary>
    public ReadOnlySpan<float> Outputs => pass.Outputs;

    /// <summary>Log-standard-deviation of a continuous policy, as the last forward pass had it, [A]; empty for a discrete one.</summary>
    public ReadOnlySpan<float> LogStandardDeviation => deviations;

    private PolicyRows PolicyRows => new(pass.Outputs, deviations, shape.Actions);

    /// <summary>Logits or means, and the log-standard-deviation, as a pure function of the parameters, differentiable any number of times.</summary>
    /// <param name="parameters">Flat.</param>
    /// <param name="observations">[N, O].</param>
    public (Tensor Outputs, Tensor? LogStandardDeviation) Forward(Tensor parameters, Tensor observations) => (
        network.Forward(parameters.narrow(0, 0, network.ParameterCount), observations),
        shape.Continuous ? parameters.narrow(0, network.ParameterCount, shape.Actions).clamp_min(Floor) : null);

    /// <inheritdoc/>
    public void Forward(ReadOnlySpan<float> observations, int rows)
    {
        Reserve(rows);
        observations[..(rows * shape.ObservationSize)].CopyTo(input);
        for (var i = 0; i < deviations.Length; i++)
            deviations[i] = Math.Max(Parameters[network.ParameterCount + i], Floor);
        pass.Forward(Parameters, observations, rows);
    }

    /// <inheritdoc/>
    public void Sample(Rng rng, Span<float> actions) => PolicyRows.Sample(rng, actions);

    /// <inheritdoc/>
    public void Mode(Span<float> actions) => PolicyRows.Mode(actions);

    /// <inheritdoc/>
    public float Evaluate(ReadOnlySpan<float> actions, Span<float> negativeLogProbabilities) =>
        PolicyRows.Evaluate(actions, negativeLogProbabilities);

    /// <summary>Gradient of a loss that depends on the last forward pass through −log π(a|s) and the mean entropy.</summary>
    /// <param name="actions">[N, A], or [N] indices.</param>
    /// <param name="nlpGradient">Derivative of the loss with respect to −log π(a|s), [N].</param>
    /// <param name="entropyGradient">Derivative with respect to the mean entropy.</param>
    /// <param name="gradient">Receives the gradient with respect to the parameters, [P].</param>
    public void Backward(ReadOnlySpan<float> actions, ReadOnlySpan<float> nlpGradient, float entropyGradient, Span<float> gradient)
    {
        var ofDeviations = gradient[network.ParameterCount..];
        ofDeviations.Clear();
        PolicyRows.Gradient(actions, nlpGradient, entropyGradient, outputGradient, ofDeviations);
        outputGradient.AsSpan(0, Rows * shape.Actions).CopyTo(pass.OutputGradient);
        pass.Backward(Parameters, input.AsSpan(0, Rows * shape.ObservationSize), gradient);
        MaskFloored(ofDeviations);
    }

    /// <summary>Mean over the rows of the last forward pass of KL[old‖new], new being this policy.</summary>
    /// <param name="oldOutputs">Logits or means of the old policy, [N, A].</param>
    /// <param name="oldLogStandardDeviation">Its log-standard-deviation, [A]; empty for a discrete policy.</param>
    public double Divergence(ReadOnlySpan<float> oldOutputs, ReadOnlySpan<float> oldLogStandardDeviation)
    {
        var sum = 0.0;
        var outputs = pass.Outputs;
        for (var at = 0; at < outputs.Length; at += shape.Actions)
            sum += shape.Continuous
                ? DiagonalGaussian.Divergence(
                    oldOutputs.Slice(at, shape.Actions), oldLogStandardDeviation, outputs.Slice(at, shape.Actions), LogStandardDeviation)
                : Categorical.Divergence(oldOutputs.Slice(at, shape.Actions), outputs.Slice(at, shape.Actions));
        return sum / Rows;
    }

    /// <summary>
    /// The Hessian of the mean divergence from this policy, at this policy, times a vector: (1/N)·Σ Jᵀ·F·J·v over the rows of the last forward
    /// pass, J the Jacobian of the outputs and F the Fisher information of their distribution. Exact, because at equal policies the outputs'
    /// own curvature drops out; one forward-mode and one backward pass.
    /// </summary>
    /// <param name="vector">v, [P].</param>
    /// <param name="product">Receives the product, [P].</param>
    public void FisherProduct(ReadOnlySpan<float> vector, Span<float> product)
    {
        ReadOnlySpan<float> seen = input.AsSpan(0, Rows * shape.ObservationSize);
        var tangent = pass.Tangent(Parameters, seen, vector);
        var upstream = pass.OutputGradient;
        var outputs = pass.Outputs;
        for (var at = 0; at < tangent.Length; at += shape.Actions)
            if (shape.Continuous)
                DiagonalGaussian.FisherProduct(LogStandardDeviation, tangent.Slice(at, shape.Actions), upstream.Slice(at, shape.Actions));
            else
                Categorical.FisherProduct(outputs.Slice(at, shape.Actions), tangent.Slice(at, shape.Actions), upstream.Slice(at, shape.Actions));
        FlatMemory.Scale(upstream, 1f / Rows);
        pass.Backward(Parameters, seen, product);
        for (var i = network.ParameterCount; i < vector.Length; i++)
            product[i] = 2 * vector[i];
        MaskFloored(product[network.ParameterCount..]);
    }

    // A deviation at its floor does not follow its parameter.
    private void MaskFloored(Span<float> ofDeviations)
    {
        for (var i = 0; i < ofDeviations.Length; i++)
            if (Parameters[network.ParameterCount + i] < Floor)
                ofDeviations[i] = 0;
    }

    private void Reserve(int rows)
    {
        if (rows <= capacity)
            return;
        capacity = Math.Max(rows, 2 * capacity);
        pass = new MlpPass(network, capacity);
        input = new float[capacity * shape.ObservationSize];
        outputGradient = new float[capacity * shape.Actions];
    }
}
