using IntrinsicLab.Core.Formulas;
using IntrinsicLab.Core.Networks;
using IntrinsicLab.Core.Optimizers;
using static TorchSharp.torch;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>
/// Learns what makes goals alike (Warde-Farley et al. 2018, DISCERN): embeddings of unit length in which the state that an episode ended in lies nearer to
/// its own goal than to decoys. The cosine of two embeddings, where above 0, is the reward.
/// </summary>
internal sealed class GoalEmbedding : IDisposable
{
    /// <summary>K, goals of other steps that an end is told from.</summary>
    public const int Decoys = 8;

    // Keeps a goal to which every hidden unit is dead, and whose embedding has no length, from dominating the gradient.
    private const double Softening = 0.01;

    private const int Episodes = 32, Features = 16, Kept = 4096, PerEpisode = 2 + Decoys;

    private readonly Mlp network;
    private readonly MlpPass pass, pairs;
    private readonly Tensor parameters, gradient;
    private readonly Adam optimizer = new(epsilon: 1e-8, style: EpsilonStyle.Pytorch);
    private readonly OptimizerState moments;
    private readonly int goalSize, rows;
    private readonly double learningRate;
    private readonly float[] ends, input, pairInput, unit;
    private readonly double[] cosines = new double[1 + Decoys];
    private int count, next;

    /// <summary>Makes and initialises the network.</summary>
    /// <param name="goalSize">Values of a goal, G.</param>
    /// <param name="hidden">Units of each hidden layer.</param>
    /// <param name="learningRate">Step size of Adam.</param>
    /// <param name="rows">Rows of a batch that is paid.</param>
    /// <param name="rng">Source of the initial weights.</param>
    public GoalEmbedding(int goalSize, int[] hidden, double learningRate, int rows, Rng rng)
    {
        (this.goalSize, this.learningRate, this.rows) = (goalSize, learningRate, rows);
        network = new Mlp(goalSize, hidden, Features, Activation.Relu);
        (pass, pairs) = (new MlpPass(network, Episodes * PerEpisode), new MlpPass(network, 2 * rows));
        var initial = new float[network.ParameterCount];
        Glorot.Fill(network, initial, rng);
        parameters = FlatMemory.ToTensor(initial, [initial.Length], CPU);
        using (no_grad())
            gradient = zeros_like(parameters);
        moments = optimizer.Initial(parameters);
        ends = new float[Kept * 2 * goalSize];
        (input, pairInput) = (new float[Episodes * PerEpisode * goalSize], new float[2 * rows * goalSize]);
        unit = new float[Episodes * PerEpisode * Features];
    }

    /// <summary>All parameters, flat.</summary>
    public Span<float> Parameters => FlatMemory.Of(parameters);

    /// <summary>Keeps the goal of an episode and what it achieved in the end.</summary>
    public void Add(ReadOnlySpan<float> goal, ReadOnlySpan<float> achieved)
    {
        achieved.CopyTo(ends.AsSpan(2 * next * goalSize));
        goal.CopyTo(ends.AsSpan((2 * next + 1) * goalSize));
        next = (next + 1) % Kept;
        count = Math.Max(count, next == 0 ? Kept : next);
    }

    /// <summary>Takes a step of Adam on −log q̂ of some episodes; the decoys come from the agent's replay.</summary>
    /// <returns>The mean of −log q̂ before.</returns>
    public double Learn(GoalAgent agent, Rng rng)
    {
        for (var episode = 0; episode < Episodes; episode++)
        {
            var rowsOfEpisode = input.AsSpan(episode * PerEpisode * goalSize, PerEpisode * goalSize);
            ends.AsSpan(rng.NextInt(count) * 2 * goalSize, 2 * goalSize).CopyTo(rowsOfEpisode);
            for (var decoy = 0; decoy < Decoys; decoy++)
                agent.AnyAchieved(rng).CopyTo(rowsOfEpisode[((2 + decoy) * goalSize)..]);
        }
        var loss = Gradient(input, FlatMemory.Of(gradient));
        optimizer.StepInPlace(parameters, gradient, moments, learningRate);
        return loss;
    }

    /// <summary>Mean of −log q̂ and its gradient; changes nothing.</summary>
    /// <param name="goals">32 × (end, goal, decoys), each G values.</param>
    /// <param name="result">Receives the gradient with respect to the parameters.</param>
    public double Gradient(ReadOnlySpan<float> goals, Span<float> result)
    {
        pass.Forward(Parameters, goals, Episodes * PerEpisode);
        var loss = 0.0;
        for (var at = 0; at < unit.Length; at += Features)
            Normalise(pass.Outputs.Slice(at, Features), unit.AsSpan(at, Features));
        pass.OutputGradient.Clear();
        for (var episode = 0; episode < Episodes; episode++)
        {
            var first = episode * PerEpisode;
            for (var other = 0; other < cosines.Length; other++)
                cosines[other] = Product(Unit(first), Unit(first + 1 + other));
            var logarithm = SkillRewards.Recognition(cosines[0], cosines.AsSpan(1));
            loss -= logarithm / Episodes;
            for (var other = 0; other < cosines.Length; other++)
            {
                // dL/dcos = b·(softmax − 1 for the goal).
                var share = Math.Exp(logarithm + (1 + Decoys) * (cosines[other] - cosines[0])) - (other == 0 ? 1 : 0);
                var upstream = (float)((1 + Decoys) * share / Episodes);
                AddThroughLength(first, Unit(first + 1 + other), upstream);
                AddThroughLength(first + 1 + other, Unit(first), upstream);
            }
        }
        pass.Backward(Parameters, goals, result);
        return loss;
    }

    /// <summary>max(0, cosine of the embeddings) of what was achieved and wanted, row by row.</summary>
    /// <param name="achieved">[N, G].</param>
    /// <param name="wanted">[N, G].</param>
    /// <param name="rewards">Receives them, [N].</param>
    public void Rewards(ReadOnlySpan<float> achieved, ReadOnlySpan<float> wanted, Span<float> rewards)
    {
        achieved.CopyTo(pairInput);
        wanted.CopyTo(pairInput.AsSpan(rows * goalSize));
        pairs.Forward(Parameters, pairInput, 2 * rows);
        for (var row = 0; row < rows; row++)
            rewards[row] = (float)Math.Max(0, SkillRewards.Cosine(
                pairs.Outputs.Slice(row * Features, Features), pairs.Outputs.Slice((rows + row) * Features, Features)));
    }

    /// <summary>The same of many states and one goal.</summary>
    /// <param name="achieved">[M, G].</param>
    /// <param name="wanted">[G].</param>
    /// <param name="rewards">Receives them, [M].</param>
    public void RewardsTo(ReadOnlySpan<float> achieved, ReadOnlySpan<float> wanted, Span<float> rewards)
    {
        var (some, goals, paid) = (new float[rows * goalSize], new float[rows * goalSize], new float[rows]);
        for (var row = 0; row < rows; row++)
            wanted.CopyTo(goals.AsSpan(row * goalSize));
        for (var first = 0; first < rewards.Length; first += rows)
        {
            var count = Math.Min(rows, rewards.Length - first);
            achieved.Slice(first * goalSize, count * goalSize).CopyTo(some);
            Rewards(some, goals, paid);
            paid.AsSpan(0, count).CopyTo(rewards[first..]);
        }
    }

    /// <summary>Writes the whole state.</summary>
    public void Save(CheckpointWriter writer)
    {
        writer.WriteTensor(parameters);
        writer.Write(moments);
        writer.Write<float>(ends);
        writer.Write(count);
        writer.Write(next);
    }

    /// <summary>Restores what <see cref="Save"/> wrote.</summary>
    public void Load(CheckpointReader reader)
    {
        reader.ReadInto(parameters);
        reader.ReadInto(moments);
        reader.ReadInto<float>(ends);
        (count, next) = (reader.ReadInt32(), reader.ReadInt32());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        parameters.Dispose();
        gradient.Dispose();
        moments.Dispose();
    }

    private ReadOnlySpan<float> Unit(int row) => unit.AsSpan(row * Features, Features);

    // The gradient of a cosine with respect to an embedding before it was brought to unit length: (other − unit·cos)/|e|.
    private void AddThroughLength(int row, ReadOnlySpan<float> other, float upstream)
    {
        var own = row * Features;
        var target = pass.OutputGradient.Slice(own, Features);
        var cosine = (float)Product(Unit(row), other);
        var length = (float)Math.Sqrt(Product(pass.Outputs.Slice(own, Features), pass.Outputs.Slice(own, Features)) + Softening);
        for (var i = 0; i < Features; i++)
            target[i] += upstream * (other[i] - unit[own + i] * cosine) / length;
    }

    private static void Normalise(ReadOnlySpan<float> values, Span<float> result)
    {
        var length = (float)Math.Sqrt(Product(values, values) + Softening);
        for (var i = 0; i < values.Length; i++)
            result[i] = values[i] / length;
    }

    private static double Product(ReadOnlySpan<float> left, ReadOnlySpan<float> right)
    {
        var sum = 0.0;
        for (var i = 0; i < left.Length; i++)
            sum += (double)left[i] * right[i];
        return sum;
    }
}
