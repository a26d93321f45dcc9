using IntrinsicLab.Core.Formulas;
using TorchSharp;
using static TorchSharp.torch;

namespace IntrinsicLab.Core.Networks;

/// <summary>Kind of network.</summary>
public enum NetworkKind
{
    /// <summary>Convolutions for grids, fully connected layers for vectors.</summary>
    Auto,

    /// <summary>Fully connected layers; grids are flattened.</summary>
    Mlp,

    /// <summary>Convolutions; observations must be grids.</summary>
    Cnn,
}

/// <summary>Who computes gradients.</summary>
public enum GradientEngine
{
    /// <summary>The hand-written backward pass where there is one (on the CPU), else libtorch.</summary>
    Auto,

    /// <summary>Always libtorch's automatic differentiation; equal up to rounding, and slower on small batches.</summary>
    Autograd,
}

/// <summary>What an <see cref="ActorCritic"/> looks like.</summary>
/// <param name="Observation">Extents of one observation.</param>
/// <param name="Actions">Number of discrete actions, or of components of a continuous one.</param>
/// <param name="Continuous">Actions are real vectors, from a diagonal Gaussian whose log-standard-deviation is one trained vector.</param>
public sealed record ActorCriticShape(int[] Observation, int Actions, bool Continuous)
{
    /// <summary>Kind of network.</summary>
    public NetworkKind Network { get; init; }

    /// <summary>Units of each hidden layer of fully connected networks.</summary>
    public int[] Hidden { get; init; } = [64, 64];

    /// <summary>Activation of fully connected networks.</summary>
    public Activation Activation { get; init; }

    /// <summary>Policy and value share all layers but the last. Convolutions are always shared.</summary>
    public bool Shared { get; init; }

    /// <summary>The network has convolutions.</summary>
    public bool Convolutional => Network == NetworkKind.Cnn || (Network == NetworkKind.Auto && Observation.Length > 1);
}

/// <summary>
/// A stochastic policy and a state-value function. All parameters lie in one flat tensor, so that optimisers, norms and clipping are one
/// pass each: policy network, value network (or both as one), log-standard-deviation.
/// </summary>
public sealed class ActorCritic : IActor, IDisposable
{
    private readonly ActorCriticShape shape;
    private readonly Device device;
    private readonly NatureCnn? vision;
    private readonly NatureCnnPass? visionPass;
    private readonly Mlp[] networks;
    private readonly MlpPass[] passes;
    private readonly Tensor parameters;
    private readonly Tensor gradient;
    private readonly int capacity;
    private readonly int observationSize;
    private readonly long networkParameters;
    private readonly bool fast;
    private readonly float[] policy;
    private readonly float[] values;
    private readonly float[] policyGradient;
    private readonly float[] mirror;
    private float[] input = [];
    private bool mirrorIsStale = true;

    /// <summary>Makes and initialises the networks: orthogonal weights, output scale 0.01 for the policy and 1 for the value.</summary>
    /// <param name="shape">What they look like.</param>
    /// <param name="capacity">Most rows of one pass.</param>
    /// <param name="rng">Source of the initial weights.</param>
    /// <param name="device">Where the parameters live.</param>
    /// <param name="engine">Who computes gradients.</param>
    public ActorCritic(ActorCriticShape shape, int capacity, Rng rng, Device device, GradientEngine engine = GradientEngine.Auto)
    {
        (this.shape, this.capacity, this.device) = (shape, capacity, device);
        observationSize = shape.Observation.Aggregate((left, right) => left * right);
        networks = [];
        if (shape.Convolutional)
        {
            vision = new NatureCnn(shape.Observation, shape.Actions + 1);
            visionPass = new NatureCnnPass(vision, capacity);
            networkParameters = vision.ParameterCount;
        }
        else
        {
            networks = shape.Shared
                ? [new Mlp(observationSize, shape.Hidden, shape.Actions + 1, shape.Activation)]
                :
                [
                    new Mlp(observationSize, shape.Hidden, shape.Actions, shape.Activation),
                    new Mlp(observationSize, shape.Hidden, 1, shape.Activation),
                ];
            networkParameters = networks.Sum(network => network.ParameterCount);
        }
        fast = device.type == DeviceType.CPU && engine == GradientEngine.Auto;
        passes = [.. networks.Select(network => new MlpPass(network, capacity))];
        mirror = new float[networkParameters + (shape.Continuous ? shape.Actions : 0)];
        Initialise(mirror, rng);
        parameters = FlatMemory.ToTensor(mirror, [mirror.Length], device);
        using (no_grad())
            gradient = zeros_like(parameters);
        policy = new float[capacity * shape.Actions];
        values = new float[capacity];
        policyGradient = new float[capacity * shape.Actions];
    }

    /// <summary>All parameters, flat. Whoever changes them calls <see cref="ParametersChanged"/>.</summary>
    public Tensor Parameters => parameters;

    /// <summary>Gradient of the last <see cref="Backward"/>, flat.</summary>
    public Tensor Gradient => gradient;

    /// <summary>Actions are real vectors.</summary>
    public bool Continuous => shape.Continuous;

    /// <summary>Rows of the last forward pass.</summary>
    public int Rows { get; private set; }

    /// <summary>Logits or means of the last forward pass, [N, A].</summary>
    public ReadOnlySpan<float> PolicyOutputs => policy.AsSpan(0, Rows * shape.Actions);

    /// <summary>State values of the last forward pass, [N].</summary>
    public ReadOnlySpan<float> Values => values.AsSpan(0, Rows);

    private ReadOnlySpan<float> LogStandardDeviation => Memory()[(int)networkParameters..];

    private PolicyRows PolicyRows => new(PolicyOutputs, LogStandardDeviation, shape.Actions);

    /// <summary>Euclidean norm of all parameters; not finite where one of them is not.</summary>
    public double ParameterNorm() => FlatMemory.Norm(Memory());

    /// <summary>Tells that <see cref="Parameters"/> hold new numbers.</summary>
    public void ParametersChanged() => mirrorIsStale = true;

    /// <summary>The network's outputs as a pure function of the parameters, differentiable any number of times.</summary>
    /// <param name="parameters">Flat.</param>
    /// <param name="observations">[N, O].</param>
    /// <returns>Logits or means [N, A], values [N], and the log-standard-deviation [A] where actions are continuous.</returns>
    public (Tensor Policy, Tensor Values, Tensor? LogStandardDeviation) Forward(Tensor parameters, Tensor observations)
    {
        var logStandardDeviation = shape.Continuous ? parameters.narrow(0, networkParameters, shape.Actions) : null;
        if (vision is null && networks.Length == 2)
        {
            var first = networks[0].ParameterCount;
            return (
                networks[0].Forward(parameters.narrow(0, 0, first), observations),
                networks[1].Forward(parameters.narrow(0, first, networks[1].ParameterCount), observations).squeeze(1),
                logStandardDeviation);
        }
        var own = parameters.narrow(0, 0, networkParameters);
        var both = vision is null ? networks[0].Forward(own, observations) : vision.Forward(own, observations);
        return (both.narrow(1, 0, shape.Actions), both.narrow(1, shape.Actions, 1).squeeze(1), logStandardDeviation);
    }

    /// <summary>Computes <see cref="PolicyOutputs"/> and <see cref="Values"/>.</summary>
    /// <param name="observations">[N, O].</param>
    /// <param name="rows">N, at most the capacity.</param>
    public void Forward(ReadOnlySpan<float> observations, int rows) => Forward(observations, rows, withValues: true);

    /// <summary>Computes <see cref="PolicyOutputs"/> for a loss that does not depend on values: where these have a network of their own, it rests.</summary>
    /// <param name="observations">[N, O].</param>
    /// <param name="rows">N, at most the capacity.</param>
    public void ForwardPolicy(ReadOnlySpan<float> observations, int rows) => Forward(observations, rows, withValues: false);

    private void Forward(ReadOnlySpan<float> observations, int rows, bool withValues)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rows, capacity);
        Rows = rows;
        if (input.Length < observations.Length)
            input = new float[capacity * observationSize];
        observations.CopyTo(input);
        var memory = Memory();
        visionPass?.Forward(memory, observations, rows);
        for (var index = 0; index < passes.Length && (index == 0 || withValues); index++)
        {
            passes[index].Forward(memory, observations, rows);
            memory = memory[networks[index].ParameterCount..];
        }
        if (passes.Length == 2)
        {
            passes[0].Outputs.CopyTo(policy);
            if (withValues)
                passes[1].Outputs.CopyTo(values);
            return;
        }
        for (var row = 0; row < rows; row++)
        {
            var heads = visionPass is null ? passes[0].Outputs : visionPass.Outputs;
            var both = heads.Slice(row * (shape.Actions + 1), shape.Actions + 1);
            both[..^1].CopyTo(policy.AsSpan(row * shape.Actions));
            values[row] = both[^1];
        }
    }

    /// <inheritdoc/>
    public void Sample(Rng rng, Span<float> actions) => PolicyRows.Sample(rng, actions);

    /// <inheritdoc/>
    public void Mode(Span<float> actions) => PolicyRows.Mode(actions);

    /// <inheritdoc/>
    public float Evaluate(ReadOnlySpan<float> actions, Span<float> negativeLogProbabilities) =>
        PolicyRows.Evaluate(actions, negativeLogProbabilities);

    /// <summary>
    /// Fills <see cref="Gradient"/> with that of a loss which depends on the last forward pass through −log π(a|s), the mean entropy and
    /// the values.
    /// </summary>
    /// <param name="actions">[N, A], or [N] indices.</param>
    /// <param name="nlpGradient">Derivative of the loss with respect to −log π(a|s), [N].</param>
    /// <param name="entropyGradient">Derivative with respect to the mean entropy.</param>
    /// <param name="valueGradient">Derivative with respect to the values, [N]; empty where the loss does not depend on them.</param>
    public void Backward(
        ReadOnlySpan<float> actions, ReadOnlySpan<float> nlpGradient, float entropyGradient, ReadOnlySpan<float> valueGradient)
    {
        Span<float> logStandardDeviationGradient = shape.Continuous ? new float[shape.Actions] : [];
        PolicyRows.Gradient(actions, nlpGradient, entropyGradient, policyGradient, logStandardDeviationGradient);
        if (fast)
            BackwardFast(valueGradient, logStandardDeviationGradient);
        else
            BackwardAutograd(valueGradient, logStandardDeviationGradient);
    }

    /// <summary>
    /// Directional derivatives, with respect to the parameters, of what the last forward pass and these actions gave; exact, by forward-mode
    /// differentiation.
    /// </summary>
    /// <param name="actions">[N, A], or [N] indices.</param>
    /// <param name="direction">Direction in the space of the parameters, flat.</param>
    /// <param name="nlpTangent">Receives the derivative of −log π(a|s), [N].</param>
    /// <param name="valueTangent">Receives that of the values, [N].</param>
    public void Tangent(ReadOnlySpan<float> actions, ReadOnlySpan<float> direction, Span<float> nlpTangent, Span<float> valueTangent)
    {
        var memory = Memory();
        ReadOnlySpan<float> seen = input.AsSpan(0, Rows * observationSize);
        var size = shape.Actions;
        var deviationTangent = direction[(int)networkParameters..];
        // Where policy and value share their network, a row of its output is the policy's part and the value.
        var separate = passes.Length == 2;
        var heads = visionPass is null ? passes[0].Tangent(memory, seen, direction) : visionPass.Tangent(memory, seen, direction);
        var width = separate ? size : size + 1;
        Span<float> deviationGradient = shape.Continuous ? new float[size] : [];
        var target = policyGradient.AsSpan(0, size);
        for (var row = 0; row < Rows; row++)
        {
            if (shape.Continuous)
            {
                deviationGradient.Clear();
                DiagonalGaussian.Gradient(
                    PolicyRow(row), LogStandardDeviation, actions.Slice(row * size, size), 1f, 0f, target, deviationGradient);
            }
            else
                Categorical.Gradient(PolicyRow(row), (int)actions[row], 1f, 0f, target);
            var sum = 0f;
            for (var i = 0; i < size; i++)
                sum += target[i] * heads[row * width + i];
            for (var i = 0; i < deviationGradient.Length; i++)
                sum += deviationGradient[i] * deviationTangent[i];
            nlpTangent[row] = sum;
            if (!separate)
                valueTangent[row] = heads[row * width + size];
        }
        if (separate)
        {
            var first = networks[0].ParameterCount;
            // Unless the clip couples it to the policy, the value network has no part in the direction.
            if (!direction.Slice(first, networks[1].ParameterCount).ContainsAnyExcept(0f))
                valueTangent[..Rows].Clear();
            else
                passes[1].Tangent(memory[first..], seen, direction[first..]).CopyTo(valueTangent);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        parameters.Dispose();
        gradient.Dispose();
    }

    private void BackwardFast(ReadOnlySpan<float> valueGradient, ReadOnlySpan<float> logStandardDeviationGradient)
    {
        if (passes.Length == 2)
        {
            policyGradient.AsSpan(0, Rows * shape.Actions).CopyTo(passes[0].OutputGradient);
            if (!valueGradient.IsEmpty)
                valueGradient.CopyTo(passes[1].OutputGradient);
        }
        else
        {
            for (var row = 0; row < Rows; row++)
            {
                var heads = visionPass is null ? passes[0].OutputGradient : visionPass.OutputGradient;
                var both = heads.Slice(row * (shape.Actions + 1), shape.Actions + 1);
                policyGradient.AsSpan(row * shape.Actions, shape.Actions).CopyTo(both);
                both[^1] = valueGradient.IsEmpty ? 0 : valueGradient[row];
            }
        }
        var memory = Memory();
        var target = FlatMemory.Of(gradient);
        visionPass?.Backward(memory, input.AsSpan(0, Rows * observationSize), target);
        for (var index = 0; index < passes.Length; index++)
        {
            var count = networks[index].ParameterCount;
            if (valueGradient.IsEmpty && index == 1)
                target[..count].Clear();
            else
                passes[index].Backward(memory, input.AsSpan(0, Rows * observationSize), target);
            memory = memory[count..];
            target = target[count..];
        }
        logStandardDeviationGradient.CopyTo(FlatMemory.Of(gradient)[(int)networkParameters..]);
    }

    private void BackwardAutograd(ReadOnlySpan<float> valueGradient, ReadOnlySpan<float> logStandardDeviationGradient)
    {
        if (valueGradient.IsEmpty)
            valueGradient = new float[Rows];
        using var scope = NewDisposeScope();
        var theta = parameters.detach().requires_grad_(true);
        var outputs = Forward(theta, FlatMemory.ToTensor(input.AsSpan(0, Rows * observationSize), [Rows, observationSize], device));
        List<Tensor> heads = [outputs.Policy, outputs.Values];
        List<Tensor> upstream =
        [
            FlatMemory.ToTensor(policyGradient.AsSpan(0, Rows * shape.Actions), [Rows, shape.Actions], device),
            FlatMemory.ToTensor(valueGradient, [Rows], device),
        ];
        if (outputs.LogStandardDeviation is { } logStandardDeviation)
        {
            heads.Add(logStandardDeviation);
            upstream.Add(FlatMemory.ToTensor(logStandardDeviationGradient, [shape.Actions], device));
        }
        var result = autograd.grad(heads, [theta], upstream)[0];
        using (no_grad())
            gradient.copy_(result);
    }

    private void Initialise(Span<float> memory, Rng rng)
    {
        memory.Clear();
        if (vision is not null)
            vision.Initialise(memory, rng, (shape.Actions, 0.01), (1, 1.0));
        else if (networks.Length == 1)
            networks[0].Initialise(memory, rng, (shape.Actions, 0.01), (1, 1.0));
        else
        {
            networks[0].Initialise(memory, rng, (shape.Actions, 0.01));
            networks[1].Initialise(memory[networks[0].ParameterCount..], rng, (1, 1.0));
        }
    }

    private ReadOnlySpan<float> PolicyRow(int row) => policy.AsSpan(row * shape.Actions, shape.Actions);

    // The parameters in main memory: their own on the CPU, a copy of those of an accelerator.
    private ReadOnlySpan<float> Memory()
    {
        if (device.type == DeviceType.CPU)
            return FlatMemory.Of(parameters);
        if (mirrorIsStale)
        {
            using var copy = parameters.detach().cpu();
            FlatMemory.Of(copy).CopyTo(mirror);
            mirrorIsStale = false;
        }
        return mirror;
    }
}
