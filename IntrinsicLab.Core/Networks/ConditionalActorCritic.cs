using IntrinsicLab.Core.Formulas;
using static TorchSharp.torch;

namespace IntrinsicLab.Core.Networks;

/// <summary>
/// A policy whose last hidden layer is normalised with a gain and a bias that are affine functions of a condition, and a state-value function
/// of its own (Stadie, Zhang and Ba 2020, equations 20 to 22): g = W_g·c + c_g, b = W_b·c + c_b. All parameters lie in one flat tensor:
/// policy up to its last hidden layer, gain and bias, policy's output layer, value network, log-standard-deviation.
/// </summary>
/// <remarks>
/// Works in main memory. As with <see cref="Mlp"/> the function comes twice, over tensors and over plain memory. Gain and bias are the same for
/// every row, so that a batch computes them once.
/// </remarks>
public sealed class ConditionalActorCritic : IActor, IDisposable
{
    private readonly ActorCriticShape shape;
    private readonly int observationSize, units, capacity;
    private readonly Mlp trunk, conditioner, head, critic;
    private readonly MlpPass trunkPass, conditionerPass, headPass, criticPass;
    private readonly Range ofTrunk, ofConditioner, ofHead, ofCritic, ofDeviation;
    private readonly Tensor parameters, gradient;
    private readonly float[] input, normalised, deviations, hidden, hiddenGradient, condition, conditionGradient;
    private bool stale = true;

    /// <summary>
    /// Makes and initialises the networks: orthogonal weights, output scale 1 for the value; gain near 1 and bias near 0, but W_g and W_b not
    /// zero, so that the condition matters from the start.
    /// </summary>
    /// <param name="shape">Observations, actions and hidden layers; fully connected and not shared.</param>
    /// <param name="conditionSize">Values of the condition, D.</param>
    /// <param name="capacity">Most rows of one pass.</param>
    /// <param name="rng">Source of the initial weights.</param>
    /// <param name="outputScale">Scale of the policy's output layer.</param>
    /// <param name="conditionScale">Scale of W_g and of W_b.</param>
    public ConditionalActorCritic(
        ActorCriticShape shape, int conditionSize, int capacity, Rng rng, double outputScale = 0.01, double conditionScale = 0.01)
    {
        (this.shape, this.capacity) = (shape, capacity);
        observationSize = shape.Observation.Aggregate((left, right) => left * right);
        units = shape.Hidden[^1];
        trunk = new Mlp(observationSize, shape.Hidden[..^1], units, shape.Activation);
        conditioner = new Mlp(conditionSize, [], 2 * units, shape.Activation);
        head = new Mlp(units, [], shape.Actions, shape.Activation);
        critic = new Mlp(observationSize, shape.Hidden, 1, shape.Activation);
        var end = 0;
        Range Next(int count) => end..(end += count);
        (ofTrunk, ofConditioner, ofHead, ofCritic) = (
            Next(trunk.ParameterCount), Next(conditioner.ParameterCount), Next(head.ParameterCount), Next(critic.ParameterCount));
        ofDeviation = Next(shape.Continuous ? shape.Actions : 0);
        var memory = new float[end];
        trunk.Initialise(memory.AsSpan(ofTrunk), rng, (units, Math.Sqrt(2)));
        head.Initialise(memory.AsSpan(ofHead), rng, (shape.Actions, outputScale));
        critic.Initialise(memory.AsSpan(ofCritic), rng, (1, 1.0));
        conditioner.Initialise(memory.AsSpan(ofConditioner), rng, (units, conditionScale), (units, conditionScale));
        memory.AsSpan(ofConditioner).Slice(conditioner.Layers[0].BiasOffset, units).Fill(1);
        parameters = FlatMemory.ToTensor(memory, [end], CPU);
        using (no_grad())
            gradient = zeros_like(parameters);
        (trunkPass, headPass, criticPass) = (new MlpPass(trunk, capacity), new MlpPass(head, capacity), new MlpPass(critic, capacity));
        conditionerPass = new MlpPass(conditioner, 1);
        input = new float[capacity * observationSize];
        (normalised, hidden, hiddenGradient) = (new float[capacity * units], new float[capacity * units], new float[capacity * units]);
        deviations = new float[capacity];
        (condition, conditionGradient) = (new float[conditionSize], new float[conditionSize]);
    }

    /// <summary>All parameters, flat. Whoever changes them calls <see cref="ParametersChanged"/>.</summary>
    public Tensor Parameters => parameters;

    /// <summary>Gradient of the last <see cref="Backward"/> with respect to the parameters, flat.</summary>
    public Tensor Gradient => gradient;

    /// <summary>Gradient of the last <see cref="Backward"/> with respect to the condition, [D].</summary>
    public ReadOnlySpan<float> ConditionGradient => conditionGradient;

    /// <summary>Gain g of each unit under the present condition, [H].</summary>
    public ReadOnlySpan<float> Gain => Modulation()[..units];

    /// <summary>Bias b of each unit under the present condition, [H].</summary>
    public ReadOnlySpan<float> Bias => Modulation()[units..];

    /// <summary>What gain and bias would be under a condition of zeros: c_g and c_b, [2·H].</summary>
    public ReadOnlySpan<float> Unconditioned => Of(ofConditioner)[conditioner.Layers[0].BiasOffset..];

    /// <summary>Rows of the last forward pass.</summary>
    public int Rows { get; private set; }

    /// <inheritdoc/>
    public ReadOnlySpan<float> Values => criticPass.Outputs;

    private PolicyRows PolicyRows => new(headPass.Outputs, Of(ofDeviation), shape.Actions);

    /// <summary>Euclidean norm of all parameters; not finite where one of them is not.</summary>
    public double ParameterNorm() => FlatMemory.Norm(FlatMemory.Of(parameters));

    /// <summary>Tells that <see cref="Parameters"/> hold new numbers.</summary>
    public void ParametersChanged() => stale = true;

    /// <summary>Sets what the policy is conditioned on.</summary>
    /// <param name="condition">c, [D].</param>
    public void Condition(ReadOnlySpan<float> condition)
    {
        condition.CopyTo(this.condition);
        stale = true;
    }

    /// <summary>The network's outputs as a pure function of parameters and condition, differentiable any number of times.</summary>
    /// <param name="parameters">θ, flat.</param>
    /// <param name="condition">c, [D].</param>
    /// <param name="observations">[N, O].</param>
    /// <returns>Logits or means [N, A], values [N], and the log-standard-deviation [A] where actions are continuous.</returns>
    public (Tensor Policy, Tensor Values, Tensor? LogStandardDeviation) Forward(Tensor parameters, Tensor condition, Tensor observations)
    {
        Tensor Part(Range range) => parameters.narrow(0, range.Start.Value, range.End.Value - range.Start.Value);
        var modulation = conditioner.Forward(Part(ofConditioner), condition.unsqueeze(0)).squeeze(0);
        var layer = ConditionalLayerNorm.Apply(
            trunk.Forward(Part(ofTrunk), observations), modulation.narrow(0, 0, units), modulation.narrow(0, units, units));
        return (
            head.Forward(Part(ofHead), shape.Activation.Apply(layer)),
            critic.Forward(Part(ofCritic), observations).squeeze(1),
            shape.Continuous ? Part(ofDeviation) : null);
    }

    /// <inheritdoc/>
    public void Forward(ReadOnlySpan<float> observations, int rows)
    {
        ForwardPolicy(observations, rows);
        criticPass.Forward(Of(ofCritic), input.AsSpan(0, rows * observationSize), rows);
    }

    /// <summary>As <see cref="Forward(ReadOnlySpan{float}, int)"/> for a loss that does not depend on values: their network rests.</summary>
    /// <param name="observations">[N, O].</param>
    /// <param name="rows">N, at most the capacity.</param>
    public void ForwardPolicy(ReadOnlySpan<float> observations, int rows)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rows, capacity);
        Rows = rows;
        observations[..(rows * observationSize)].CopyTo(input);
        var seen = input.AsSpan(0, rows * observationSize);
        trunkPass.Forward(Of(ofTrunk), seen, rows);
        var layer = hidden.AsSpan(0, rows * units);
        ConditionalLayerNorm.Forward(trunkPass.Outputs, Gain, Bias, normalised, deviations, layer);
        shape.Activation.Apply(layer);
        headPass.Forward(Of(ofHead), layer, rows);
    }

    /// <inheritdoc/>
    public void Sample(Rng rng, Span<float> actions) => PolicyRows.Sample(rng, actions);

    /// <inheritdoc/>
    public void Mode(Span<float> actions) => PolicyRows.Mode(actions);

    /// <inheritdoc/>
    public float Evaluate(ReadOnlySpan<float> actions, Span<float> negativeLogProbabilities) =>
        PolicyRows.Evaluate(actions, negativeLogProbabilities);

    /// <summary>
    /// Fills <see cref="Gradient"/> and <see cref="ConditionGradient"/> with those of a loss which depends on the last forward pass through
    /// −log π(a|s), the mean entropy and the values.
    /// </summary>
    /// <param name="actions">[N, A], or [N] indices.</param>
    /// <param name="nlpGradient">Derivative of the loss with respect to −log π(a|s), [N].</param>
    /// <param name="entropyGradient">Derivative with respect to the mean entropy.</param>
    /// <param name="valueGradient">Derivative with respect to the values, [N]; empty where the loss does not depend on them.</param>
    /// <param name="ofCondition">Fills <see cref="ConditionGradient"/> too; else it keeps what it held.</param>
    public void Backward(
        ReadOnlySpan<float> actions, ReadOnlySpan<float> nlpGradient, float entropyGradient, ReadOnlySpan<float> valueGradient,
        bool ofCondition = true)
    {
        var target = FlatMemory.Of(gradient);
        ReadOnlySpan<float> seen = input.AsSpan(0, Rows * observationSize);
        BackwardToModulation(actions, nlpGradient, entropyGradient, target);
        conditionerPass.Backward(Of(ofConditioner), condition, target[ofConditioner], ofCondition ? conditionGradient : []);
        trunkPass.Backward(Of(ofTrunk), seen, target[ofTrunk]);
        if (valueGradient.IsEmpty)
        {
            target[ofCritic].Clear();
            return;
        }
        valueGradient.CopyTo(criticPass.OutputGradient);
        criticPass.Backward(Of(ofCritic), seen, target[ofCritic]);
    }

    /// <summary>Fills <see cref="ConditionGradient"/> alone: <see cref="Gradient"/> is of no use afterwards.</summary>
    /// <param name="actions">[N, A], or [N] indices.</param>
    /// <param name="nlpGradient">Derivative of the loss with respect to −log π(a|s), [N].</param>
    public void BackwardToCondition(ReadOnlySpan<float> actions, ReadOnlySpan<float> nlpGradient)
    {
        BackwardToModulation(actions, nlpGradient, 0, FlatMemory.Of(gradient));
        var layer = conditioner.Layers[0];
        MatrixProduct.Multiply(
            Of(ofConditioner), layer.Outputs, 1, conditionerPass.OutputGradient, [], conditionGradient, layer.Inputs, layer.Outputs, 1);
    }

    // From the loss to gain and bias, and to the trunk's outputs; fills the gradient of what comes after these.
    private void BackwardToModulation(
        ReadOnlySpan<float> actions, ReadOnlySpan<float> nlpGradient, float entropyGradient, Span<float> target)
    {
        var layer = hidden.AsSpan(0, Rows * units);
        var layerGradient = hiddenGradient.AsSpan(0, Rows * units);
        target[ofDeviation].Clear();
        PolicyRows.Gradient(actions, nlpGradient, entropyGradient, headPass.OutputGradient, target[ofDeviation]);
        headPass.Backward(Of(ofHead), layer, target[ofHead], layerGradient);
        shape.Activation.Backward(layer, layerGradient);
        var modulationGradient = conditionerPass.OutputGradient;
        ConditionalLayerNorm.Backward(
            normalised, deviations, Gain, layerGradient, modulationGradient[..units], modulationGradient[units..], trunkPass.OutputGradient);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        parameters.Dispose();
        gradient.Dispose();
    }

    private ReadOnlySpan<float> Modulation()
    {
        if (stale)
            conditionerPass.Forward(Of(ofConditioner), condition, 1);
        stale = false;
        return conditionerPass.Outputs;
    }

    private ReadOnlySpan<float> Of(Range range) => FlatMemory.Of(parameters)[range];
}
