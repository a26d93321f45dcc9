using System.Numerics;

namespace IntrinsicLab.Core.Networks;

/// <summary>What a rule reads of the agent's predictions, and whether it says how these are to change.</summary>
public enum RuleSemantics
{
    /// <summary>Predictions without a fixed meaning, of this state and of the next (Oh et al. 2020).</summary>
    Predictions,

    /// <summary>Predictions of this state alone: nothing can be carried back from the next state.</summary>
    PredictionsWithoutNext,

    /// <summary>No predictions: rewards, ends and probabilities alone.</summary>
    None,

    /// <summary>State values learned by hand-made TD(λ) in place of predictions (LPG-V).</summary>
    Values,
}

/// <summary>
/// The rule of LPG (Oh, Hessel, Czarnecki, Xu, van Hasselt, Singh and Silver 2020): a recurrent network that reads a rollout from its end to
/// its beginning and says for each step how the policy and the predictions are to change. Input of step t: r, d, γ, π(a|s), φ(y(s)) and φ(y(s')),
/// the last one 0 where the episode ended; φ is one hidden layer of 16 ReLU units, the same for both. Outputs: π̂, and the logits q of ŷ. The
/// observation and the action's index never enter, which is why one rule serves every world. Parameters lie in one flat vector: φ's first
/// weights ([m, 16]) and biases, its second weights and bias, the <see cref="Lstm"/>, the heads ([H, 1 + m], π̂ first) and their biases.
/// </summary>
/// <param name="Predictions">Values of a prediction vector, m; 0 with <see cref="RuleSemantics.Values"/>.</param>
/// <param name="Units">Recurrent units, H.</param>
/// <param name="Semantics">What it reads of predictions.</param>
public sealed record RuleNetwork(int Predictions, int Units, RuleSemantics Semantics)
{
    /// <summary>Hidden units of φ.</summary>
    public const int EmbeddingUnits = 16;

    /// <summary>Inputs of a step.</summary>
    public const int Inputs = 6;

    /// <summary>Length of the flat parameter vector.</summary>
    public int ParameterCount => BiasOffset + Heads;

    /// <summary>Outputs of a step, 1 + m.</summary>
    public int Heads => 1 + Predictions;

    /// <summary>The recurrent part.</summary>
    public Lstm Memory => new(Inputs, Units);

    /// <summary>Where the recurrent part's parameters begin.</summary>
    public int MemoryOffset => Predictions == 0 ? 0 : Predictions * EmbeddingUnits + 2 * EmbeddingUnits + 1;

    /// <summary>Where the heads' weights begin.</summary>
    public int HeadOffset => MemoryOffset + Memory.ParameterCount;

    /// <summary>Where the heads' biases begin.</summary>
    public int BiasOffset => HeadOffset + Units * Heads;

    /// <summary>Multiplications and additions of a forward pass, twice each multiplication, for one step.</summary>
    public long OperationsPerStep => 8L * Units * (Units + Inputs) + 2L * Units * Heads + (Predictions == 0 ? 0 : 2L * EmbeddingUnits * (Predictions + 1));

    /// <summary>
    /// Fills the parameters: normal weights of deviation 1/√H (recurrent), 1/√6 (inputs), 0.3/√H and 0.6/√H (heads of π̂ and ŷ), 0.5 and 0.25
    /// (φ); biases 0, those of the forget gates 1.
    /// </summary>
    /// <param name="parameters">Receives them.</param>
    /// <param name="rng">Source of the weights.</param>
    public void Initialise(Span<float> parameters, Rng rng)
    {
        parameters[..ParameterCount].Clear();
        if (Predictions > 0)
        {
            Fill(parameters[..(Predictions * EmbeddingUnits)], 0.5);
            Fill(parameters.Slice((Predictions + 1) * EmbeddingUnits, EmbeddingUnits), 0.25);
        }
        var root = 1 / Math.Sqrt(Units);
        var memory = parameters[MemoryOffset..HeadOffset];
        Fill(memory[..Memory.RecurrentOffset], 1 / Math.Sqrt(Inputs));
        Fill(memory[Memory.RecurrentOffset..Memory.BiasOffset], root);
        memory.Slice(Memory.BiasOffset + Units, Units).Fill(1);
        var heads = parameters[HeadOffset..BiasOffset];
        for (var i = 0; i < heads.Length; i++)
            heads[i] = (float)(rng.NextGaussian() * (i % Heads == 0 ? 0.3 : 0.6) * root);

        void Fill(Span<float> weights, double deviation)
        {
            foreach (ref var weight in weights)
                weight = (float)(rng.NextGaussian() * deviation);
        }
    }
}

/// <summary>
/// A rule's forward pass over one rollout, kept for its backward pass. Rows are time-major: that of step t in environment b is t·B + b. Allocates
/// nothing after it is made.
/// </summary>
/// <typeparam name="T">Single precision to train, double to check.</typeparam>
public sealed class RulePass<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly RuleNetwork network;
    private readonly int steps, environments, heads, predictions;
    private readonly LstmPass<T> memory;
    private readonly LstmState<T> state;
    private readonly bool[] starts;
    private readonly T[] inputs, inputGradient, outputs, outputGradient, hiddenGradient, memoryGradient, headGradient, turnedHeads;
    private readonly T[] embedding, embeddingGradient, units, unitGradient, turnedUnits;
    private readonly T[] policyTargets, predictionTargets;

    /// <summary>Makes room.</summary>
    /// <param name="network">The rule.</param>
    /// <param name="steps">Steps of a rollout, T.</param>
    /// <param name="environments">B.</param>
    public RulePass(RuleNetwork network, int steps, int environments)
    {
        (this.network, this.steps, this.environments) = (network, steps, environments);
        (heads, predictions) = (network.Heads, network.Predictions);
        var rows = steps * environments;
        memory = new LstmPass<T>(network.Memory, steps, environments);
        state = new LstmState<T>(environments, network.Units);
        starts = new bool[rows];
        (inputs, inputGradient) = (new T[rows * RuleNetwork.Inputs], new T[rows * RuleNetwork.Inputs]);
        (outputs, outputGradient, hiddenGradient) = (new T[rows * heads], new T[rows * heads], new T[rows * network.Units]);
        (memoryGradient, headGradient) = (new T[network.Memory.ParameterCount], new T[network.Units * heads]);
        turnedHeads = new T[network.Units * heads];
        var embedded = rows + environments;
        (embedding, embeddingGradient) = (new T[embedded], new T[embedded]);
        var width = predictions == 0 ? 0 : RuleNetwork.EmbeddingUnits;
        (units, unitGradient) = (new T[embedded * width], new T[embedded * width]);
        turnedUnits = new T[predictions * width];
        (policyTargets, predictionTargets) = (new T[rows], new T[rows * predictions]);
    }

    /// <summary>π̂ of every step, [T, B]: positive makes the action taken more likely.</summary>
    public ReadOnlySpan<T> PolicyTargets => policyTargets;

    /// <summary>q, the logits of ŷ, of every step, [T, B, m].</summary>
    public ReadOnlySpan<T> PredictionTargets => predictionTargets;

    /// <summary>φ(y) of every state, [T + 1, B]; with <see cref="RuleSemantics.Values"/> the values themselves.</summary>
    public ReadOnlySpan<T> Embeddings => embedding;

    private bool ReadsPredictions => network.Semantics is RuleSemantics.Predictions or RuleSemantics.PredictionsWithoutNext;

    private bool ReadsNext => network.Semantics is RuleSemantics.Predictions or RuleSemantics.Values;

    /// <summary>Reads a rollout.</summary>
    /// <param name="parameters">Flat.</param>
    /// <param name="rewards">r, [T, B].</param>
    /// <param name="ends">Whether the episode ended with the step, d, [T, B]; what comes later is then no part of what the step is judged by.</param>
    /// <param name="gamma">γ.</param>
    /// <param name="probabilities">π(a|s) of what was done, [T, B].</param>
    /// <param name="states">
    /// Predictions y(s) of every state, then of the states that follow the last step, [T + 1, B, m]; with <see cref="RuleSemantics.Values"/> v(s),
    /// [T + 1, B].
    /// </param>
    public void Forward(
        ReadOnlySpan<T> parameters, ReadOnlySpan<T> rewards, ReadOnlySpan<bool> ends, T gamma, ReadOnlySpan<T> probabilities, ReadOnlySpan<T> states)
    {
        Embed(parameters, states);
        for (var t = 0; t < steps; t++)
            for (var b = 0; b < environments; b++)
            {
                var (row, reversed) = (t * environments + b, (steps - 1 - t) * environments + b);
                var input = inputs.AsSpan(reversed * RuleNetwork.Inputs, RuleNetwork.Inputs);
                starts[reversed] = ends[row];
                input[0] = rewards[row];
                input[1] = ends[row] ? T.One : T.Zero;
                input[2] = gamma;
                input[3] = probabilities[row];
                input[4] = embedding[row];
                input[5] = ends[row] || !ReadsNext ? T.Zero : embedding[row + environments];
            }
        // The LSTM walks its rows forward, and they lie from the last step to the first: an end closes the door before its own step is read.
        state.Clear();
        memory.Forward(parameters[network.MemoryOffset..network.HeadOffset], inputs, starts, state, steps);
        NumberProduct.Multiply(
            memory.Outputs, network.Units, 1, parameters[network.HeadOffset..network.BiasOffset], parameters.Slice(network.BiasOffset, heads),
            outputs, steps * environments, network.Units, heads);
        for (var row = 0; row < policyTargets.Length; row++)
        {
            var output = outputs.AsSpan(Reversed(row) * heads, heads);
            policyTargets[row] = output[0];
            output[1..].CopyTo(predictionTargets.AsSpan(row * predictions));
        }
    }

    /// <summary>Back-propagates through the last forward pass.</summary>
    /// <param name="parameters">As in the forward pass.</param>
    /// <param name="states">As in the forward pass.</param>
    /// <param name="policyTargetGradient">Derivative of a loss with respect to π̂, [T, B].</param>
    /// <param name="predictionTargetGradient">Derivative with respect to q, [T, B, m].</param>
    /// <param name="gradient">The derivative with respect to the parameters is added to it, flat.</param>
    /// <param name="probabilityGradient">Receives the derivative with respect to the probabilities, [T, B].</param>
    /// <param name="stateGradient">Receives the derivative with respect to the predictions, [T + 1, B, m]; untouched with values.</param>
    public void Backward(
        ReadOnlySpan<T> parameters, ReadOnlySpan<T> states, ReadOnlySpan<T> policyTargetGradient, ReadOnlySpan<T> predictionTargetGradient,
        Span<T> gradient, Span<T> probabilityGradient, Span<T> stateGradient)
    {
        var (rows, hidden) = (steps * environments, network.Units);
        for (var row = 0; row < rows; row++)
        {
            var output = outputGradient.AsSpan(Reversed(row) * heads, heads);
            output[0] = policyTargetGradient[row];
            predictionTargetGradient.Slice(row * predictions, predictions).CopyTo(output[1..]);
        }
        NumberProduct.Multiply(memory.Outputs, 1, hidden, outputGradient, [], headGradient, hidden, rows, heads);
        Add(headGradient, gradient[network.HeadOffset..network.BiasOffset]);
        NumberProduct.AddRows<T>(outputGradient, gradient.Slice(network.BiasOffset, heads));
        NumberProduct.Transpose(parameters[network.HeadOffset..network.BiasOffset], hidden, heads, turnedHeads);
        NumberProduct.Multiply<T>(outputGradient, heads, 1, turnedHeads, [], hiddenGradient, rows, heads, hidden);
        memory.Backward(parameters[network.MemoryOffset..network.HeadOffset], inputs, starts, hiddenGradient, memoryGradient, inputGradient);
        Add(memoryGradient, gradient[network.MemoryOffset..network.HeadOffset]);
        Array.Clear(embeddingGradient);
        for (var row = 0; row < rows; row++)
        {
            var reversed = Reversed(row);
            var input = inputGradient.AsSpan(reversed * RuleNetwork.Inputs, RuleNetwork.Inputs);
            probabilityGradient[row] = input[3];
            embeddingGradient[row] += input[4];
            if (!starts[reversed] && ReadsNext)
                embeddingGradient[row + environments] += input[5];
        }
        if (ReadsPredictions)
            EmbedBackward(parameters, states, gradient, stateGradient);
        else if (predictions > 0)
            stateGradient.Clear();
    }

    // φ(y) = w₂·relu(y·W₁ + b₁) + b₂.
    private void Embed(ReadOnlySpan<T> parameters, ReadOnlySpan<T> states)
    {
        if (network.Semantics == RuleSemantics.Values)
            states[..embedding.Length].CopyTo(embedding);
        if (!ReadsPredictions)
            return;
        const int Width = RuleNetwork.EmbeddingUnits;
        var first = predictions * Width;
        NumberProduct.Multiply(
            states, predictions, 1, parameters[..first], parameters.Slice(first, Width), units, embedding.Length, predictions, Width);
        var second = parameters.Slice(first + Width, Width);
        for (var row = 0; row < embedding.Length; row++)
        {
            var sum = parameters[first + 2 * Width];
            var hidden = units.AsSpan(row * Width, Width);
            for (var i = 0; i < Width; i++)
            {
                if (hidden[i] <= T.Zero)
                    hidden[i] = T.Zero;
                sum += hidden[i] * second[i];
            }
            embedding[row] = sum;
        }
    }

    private void EmbedBackward(ReadOnlySpan<T> parameters, ReadOnlySpan<T> states, Span<T> gradient, Span<T> stateGradient)
    {
        const int Width = RuleNetwork.EmbeddingUnits;
        var first = predictions * Width;
        var second = parameters.Slice(first + Width, Width);
        var secondGradient = gradient.Slice(first + Width, Width);
        var bias = T.Zero;
        for (var row = 0; row < embedding.Length; row++)
        {
            var slope = embeddingGradient[row];
            bias += slope;
            var hidden = units.AsSpan(row * Width, Width);
            var back = unitGradient.AsSpan(row * Width, Width);
            for (var i = 0; i < Width; i++)
            {
                secondGradient[i] += slope * hidden[i];
                back[i] = hidden[i] > T.Zero ? slope * second[i] : T.Zero;
            }
        }
        gradient[first + 2 * Width] += bias;
        NumberProduct.AddProduct(states, 1, predictions, unitGradient, gradient[..first], predictions, embedding.Length, Width);
        NumberProduct.AddRows<T>(unitGradient, gradient.Slice(first, Width));
        NumberProduct.Transpose(parameters[..first], predictions, Width, turnedUnits);
        NumberProduct.Multiply<T>(unitGradient, Width, 1, turnedUnits, [], stateGradient, embedding.Length, Width, predictions);
    }

    private int Reversed(int row) => (steps - 1 - row / environments) * environments + row % environments;

    private static void Add(ReadOnlySpan<T> values, Span<T> sums)
    {
        for (var i = 0; i < values.Length; i++)
            sums[i] += values[i];
    }
}
