namespace IntrinsicLab.Core.Networks;

/// <summary>
/// A stochastic policy and a state-value function over sequences, as UNREAL has them (Jaderberg et al. 2016): an <see cref="Encoder"/>, then a
/// memory that also reads what was done and paid last (the <i>feedback</i>), then one linear layer for policy and value together. Without
/// memory the features go straight to that layer. Parameters lie in one flat vector: encoder, memory, heads, log-standard-deviation.
/// </summary>
public sealed class RecurrentNetwork
{
    /// <summary>Describes a network.</summary>
    /// <param name="shape">What is observed and done, and which layers are wanted; policy and value share all but the last.</param>
    /// <param name="memoryUnits">Units of the memory; 0 for none.</param>
    public RecurrentNetwork(ActorCriticShape shape, int memoryUnits)
    {
        Shape = shape;
        Encoder = new Encoder(shape);
        FeedbackSize = memoryUnits > 0 ? shape.Actions + 1 : 0;
        Memory = memoryUnits > 0 ? new Lstm(Encoder.Outputs + FeedbackSize, memoryUnits) : null;
        CoreSize = memoryUnits > 0 ? memoryUnits : Encoder.Outputs;
        Heads = new Mlp(CoreSize, [], shape.Actions + 1, Activation.Tanh);
        ParameterCount = DeviationOffset + (shape.Continuous ? shape.Actions : 0);
    }

    /// <summary>What is observed and done.</summary>
    public ActorCriticShape Shape { get; }

    /// <summary>From observations to features.</summary>
    public Encoder Encoder { get; }

    /// <summary>The memory; null for none.</summary>
    public Lstm? Memory { get; }

    /// <summary>Values that say what was done and paid last: the action, one-hot where it is discrete, and the reward. 0 without memory.</summary>
    public int FeedbackSize { get; }

    /// <summary>Values that policy and value are computed from, and what auxiliary tasks read: outputs of the memory, or the features.</summary>
    public int CoreSize { get; }

    /// <summary>Length of the flat parameter vector.</summary>
    public int ParameterCount { get; }

    internal Mlp Heads { get; }

    internal int MemoryOffset => Encoder.ParameterCount;

    internal int HeadOffset => MemoryOffset + (Memory?.ParameterCount ?? 0);

    internal int DeviationOffset => HeadOffset + Heads.ParameterCount;

    /// <summary>Fills the parameters; output scale 0.01 for the policy and 1 for the value.</summary>
    /// <param name="parameters">Receives them.</param>
    /// <param name="rng">Source of the weights.</param>
    public void Initialise(Span<float> parameters, Rng rng)
    {
        Encoder.Initialise(parameters, rng);
        Memory?.Initialise(parameters[MemoryOffset..], rng);
        Heads.Initialise(parameters[HeadOffset..], rng, (Shape.Actions, 0.01), (1, 1.0));
        parameters[DeviationOffset..ParameterCount].Clear();
    }

    /// <summary>Writes what a step leaves behind for the next one to read.</summary>
    /// <param name="action">What was done, [A], or an index.</param>
    /// <param name="reward">What was paid; clipped to ±1.</param>
    /// <param name="feedback">Receives <see cref="FeedbackSize"/> values; may be empty.</param>
    public void WriteFeedback(ReadOnlySpan<float> action, double reward, Span<float> feedback)
    {
        if (feedback.IsEmpty)
            return;
        feedback.Clear();
        if (Shape.Continuous)
            action.CopyTo(feedback);
        else
            feedback[(int)action[0]] = 1;
        feedback[^1] = (float)Math.Clamp(reward, -1, 1);
    }
}

/// <summary>
/// One network's forward pass over sequences of B environments, kept for its backward pass. Rows are time-major: that of step t in environment b
/// is t·B + b. Allocates nothing after it is made but for continuous actions.
/// </summary>
public sealed class RecurrentPass
{
    private readonly RecurrentNetwork network;
    private readonly int environments, actions;
    private readonly EncoderPass encoder;
    private readonly LstmPass<float>? memory;
    private readonly MlpPass heads;
    private readonly float[] memoryInput, memoryInputGradient, featureGradient, coreGradient, policy, values, policyGradient, deviation;

    /// <summary>Makes room.</summary>
    /// <param name="network">The network.</param>
    /// <param name="steps">Most steps of one pass.</param>
    /// <param name="environments">B.</param>
    public RecurrentPass(RecurrentNetwork network, int steps, int environments)
    {
        (this.network, this.environments, actions) = (network, environments, network.Shape.Actions);
        var rows = steps * environments;
        encoder = new EncoderPass(network.Encoder, rows);
        memory = network.Memory is { } lstm ? new LstmPass<float>(lstm, steps, environments) : null;
        heads = new MlpPass(network.Heads, rows);
        var inputs = network.Memory is null ? 0 : network.Memory.Inputs;
        (memoryInput, memoryInputGradient) = (new float[rows * inputs], new float[rows * inputs]);
        featureGradient = new float[rows * network.Encoder.Outputs];
        coreGradient = new float[rows * network.CoreSize];
        (policy, policyGradient, values) = (new float[rows * actions], new float[rows * actions], new float[rows]);
        deviation = new float[network.Shape.Continuous ? actions : 0];
    }

    /// <summary>T·B of the last forward pass.</summary>
    public int Rows { get; private set; }

    /// <summary>State values, [T, B].</summary>
    public ReadOnlySpan<float> Values => values.AsSpan(0, Rows);

    /// <summary>Logits or means, [T, B, A].</summary>
    public ReadOnlySpan<float> PolicyOutputs => policy.AsSpan(0, Rows * actions);

    /// <summary>What policy and value were computed from, [T, B, C].</summary>
    public ReadOnlySpan<float> Core => memory is null ? encoder.Outputs : memory.Outputs;

    /// <summary>Features of the observations, [T, B, F].</summary>
    public ReadOnlySpan<float> Features => encoder.Outputs;

    private PolicyRows PolicyRows => new(PolicyOutputs, deviation, actions);

    /// <summary>Runs through T steps.</summary>
    /// <param name="parameters">Flat.</param>
    /// <param name="observations">[T, B, O].</param>
    /// <param name="feedback">What was done and paid before each row, [T, B, feedback].</param>
    /// <param name="starts">Whether an episode begins with the row, [T, B].</param>
    /// <param name="state">What is remembered before the first step; holds what is remembered after the last when this returns.</param>
    /// <param name="steps">T.</param>
    public void Forward(
        ReadOnlySpan<float> parameters, ReadOnlySpan<float> observations, ReadOnlySpan<float> feedback, ReadOnlySpan<bool> starts, LstmState<float> state,
        int steps)
    {
        Rows = steps * environments;
        encoder.Forward(parameters, observations, Rows);
        if (memory is not null)
        {
            var (features, inputs) = (network.Encoder.Outputs, network.Memory!.Inputs);
            for (var row = 0; row < Rows; row++)
            {
                encoder.Outputs.Slice(row * features, features).CopyTo(memoryInput.AsSpan(row * inputs));
                feedback.Slice(row * network.FeedbackSize, network.FeedbackSize).CopyTo(memoryInput.AsSpan(row * inputs + features));
            }
            memory.Forward(parameters[network.MemoryOffset..], memoryInput.AsSpan(0, Rows * inputs), starts, state, steps);
        }
        heads.Forward(parameters[network.HeadOffset..], Core, Rows);
        for (var row = 0; row < Rows; row++)
        {
            var both = heads.Outputs.Slice(row * (actions + 1), actions + 1);
            both[..^1].CopyTo(policy.AsSpan(row * actions));
            values[row] = both[^1];
        }
        parameters.Slice(network.DeviationOffset, deviation.Length).CopyTo(deviation);
    }

    /// <summary>Draws an action for every row of the last forward pass; see <see cref="IStochasticPolicy.Sample"/>.</summary>
    public void Sample(Rng rng, Span<float> chosen) => PolicyRows.Sample(rng, chosen);

    /// <summary>The most likely action for every row of the last forward pass; see <see cref="IStochasticPolicy.Mode"/>.</summary>
    public void Mode(Span<float> chosen) => PolicyRows.Mode(chosen);

    /// <summary>How likely actions are after the last forward pass; see <see cref="IStochasticPolicy.Evaluate"/>.</summary>
    public float Evaluate(ReadOnlySpan<float> taken, Span<float> negativeLogProbabilities) => PolicyRows.Evaluate(taken, negativeLogProbabilities);

    /// <summary>Back-propagates a loss through the last forward pass, from its last step to its first and no further.</summary>
    /// <param name="parameters">As in the forward pass.</param>
    /// <param name="observations">As in the forward pass.</param>
    /// <param name="starts">As in the forward pass.</param>
    /// <param name="taken">[T, B, A], or [T, B] indices; empty where the loss does not depend on the policy.</param>
    /// <param name="nlpGradient">Derivative of the loss with respect to −log π(a|s), [T, B].</param>
    /// <param name="entropyGradient">Derivative with respect to the mean entropy.</param>
    /// <param name="valueGradient">Derivative with respect to the values, [T, B]; empty where the loss does not depend on them.</param>
    /// <param name="addedCoreGradient">Derivative with respect to <see cref="Core"/> of whatever else reads it, [T, B, C]; may be empty.</param>
    /// <param name="gradient">Receives the gradient with respect to the parameters, flat.</param>
    public void Backward(
        ReadOnlySpan<float> parameters, ReadOnlySpan<float> observations, ReadOnlySpan<bool> starts, ReadOnlySpan<float> taken,
        ReadOnlySpan<float> nlpGradient, float entropyGradient, ReadOnlySpan<float> valueGradient, ReadOnlySpan<float> addedCoreGradient,
        Span<float> gradient)
    {
        var deviationGradient = gradient[network.DeviationOffset..network.ParameterCount];
        deviationGradient.Clear();
        if (taken.IsEmpty)
            Array.Clear(policyGradient);
        else
            PolicyRows.Gradient(taken, nlpGradient, entropyGradient, policyGradient, deviationGradient);
        for (var row = 0; row < Rows; row++)
        {
            var both = heads.OutputGradient.Slice(row * (actions + 1), actions + 1);
            policyGradient.AsSpan(row * actions, actions).CopyTo(both);
            both[^1] = valueGradient.IsEmpty ? 0 : valueGradient[row];
        }
        var core = coreGradient.AsSpan(0, Rows * network.CoreSize);
        heads.Backward(parameters[network.HeadOffset..], Core, gradient[network.HeadOffset..], core);
        for (var i = 0; i < addedCoreGradient.Length; i++)
            core[i] += addedCoreGradient[i];
        if (memory is null)
        {
            encoder.Backward(parameters, observations, core, gradient);
            return;
        }
        var (features, inputs) = (network.Encoder.Outputs, network.Memory!.Inputs);
        memory.Backward(
            parameters[network.MemoryOffset..], memoryInput.AsSpan(0, Rows * inputs), starts, core, gradient[network.MemoryOffset..],
            memoryInputGradient.AsSpan(0, Rows * inputs));
        for (var row = 0; row < Rows; row++)
            memoryInputGradient.AsSpan(row * inputs, features).CopyTo(featureGradient.AsSpan(row * features));
        encoder.Backward(parameters, observations, featureGradient.AsSpan(0, Rows * features), gradient);
    }
}
