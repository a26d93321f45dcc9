using IntrinsicLab.Core.Networks;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>
/// The last steps of B environments that are stepped together, in the order they were taken, for auxiliary tasks: sequences of them, and triples
/// of observations with the reward that followed.
/// </summary>
internal sealed class ReplayMemory
{
    private readonly RecurrentNetwork network;
    private readonly int environments, length, observationSize, actionSize, cells;
    private readonly ObservationStore observations;
    private readonly float[] actions, rewards, targets, felt, changes;
    private readonly bool[] ended;
    private readonly int[][] byClass;
    private int next;

    /// <summary>Makes room.</summary>
    /// <param name="network">Says how feedback is written.</param>
    /// <param name="environments">B.</param>
    /// <param name="length">Steps of each environment that are kept.</param>
    /// <param name="actionSize">Values of an action.</param>
    /// <param name="cells">Pseudo-rewards of pixel control that come with a step; may be 0.</param>
    public ReplayMemory(RecurrentNetwork network, int environments, int length, int actionSize, int cells)
    {
        (this.network, this.environments, this.length, this.actionSize, this.cells) = (network, environments, length, actionSize, cells);
        observationSize = network.Encoder.Inputs;
        var rows = length * environments;
        observations = new ObservationStore(rows, observationSize);
        (actions, changes, ended) = (new float[rows * actionSize], new float[rows * cells], new bool[rows]);
        (rewards, targets, felt) = (new float[rows], new float[rows], new float[rows]);
        byClass = [new int[rows], new int[rows]];
    }

    /// <summary>Steps of each environment that are kept now.</summary>
    public int Count { get; private set; }

    /// <summary>Puts one step of every environment in, in place of the oldest where it is full. All are [B] or [B, …].</summary>
    /// <param name="seen">What was observed.</param>
    /// <param name="taken">What was done.</param>
    /// <param name="paid">What the learner was paid.</param>
    /// <param name="worth">The same with what a time limit cut off, for returns.</param>
    /// <param name="clipped">The reward as the memory of the policy reads it.</param>
    /// <param name="last">Whether the step ended its episode.</param>
    /// <param name="changed">Pseudo-rewards of pixel control.</param>
    public void Add(
        ReadOnlySpan<float> seen, ReadOnlySpan<float> taken, ReadOnlySpan<float> paid, ReadOnlySpan<float> worth, ReadOnlySpan<float> clipped,
        ReadOnlySpan<bool> last, ReadOnlySpan<float> changed)
    {
        var row = next * environments;
        observations.Write(row, seen);
        taken.CopyTo(actions.AsSpan(row * actionSize));
        paid.CopyTo(rewards.AsSpan(row));
        worth.CopyTo(targets.AsSpan(row));
        clipped.CopyTo(felt.AsSpan(row));
        last.CopyTo(ended.AsSpan(row));
        changed.CopyTo(changes.AsSpan(row * cells));
        next = (next + 1) % length;
        Count = Math.Min(Count + 1, length);
    }

    /// <summary>A sequence of so many steps can be drawn: there is one before it, for its feedback, and one after it, to bootstrap from.</summary>
    public bool Holds(int steps) => Count >= steps + 2;

    /// <summary>
    /// Draws a sequence from every environment, each begun at any step with equal probability. It may pass the end of an episode: the row after it
    /// then says that an episode starts.
    /// </summary>
    public void Draw(Rng rng, ReplaySequence into)
    {
        for (var b = 0; b < environments; b++)
        {
            var first = 1 + rng.NextInt(Count - 1 - into.Steps);
            for (var t = 0; t <= into.Steps; t++)
            {
                var (from, before, to) = (Row(first + t, b), Row(first + t - 1, b), t * environments + b);
                observations.Read(from, into.Observations.AsSpan(to * observationSize, observationSize));
                into.Starts[to] = ended[before];
                var feedback = into.Feedback.AsSpan(to * network.FeedbackSize, network.FeedbackSize);
                if (ended[before])
                    feedback.Clear();
                else
                    network.WriteFeedback(actions.AsSpan(before * actionSize, actionSize), felt[before], feedback);
                if (t == into.Steps)
                    break;
                actions.AsSpan(from * actionSize, actionSize).CopyTo(into.Actions.AsSpan(to * actionSize));
                (into.Rewards[to], into.Ended[to]) = (targets[from], ended[from]);
                changes.AsSpan(from * cells, cells).CopyTo(into.Changes.AsSpan(to * cells));
            }
        }
    }

    /// <summary>
    /// Draws observations with the two before them, from one episode each, for reward prediction: with probability one half from those whose step
    /// paid something, else from those whose step did not; from the others where there is none of a kind.
    /// </summary>
    /// <param name="rng">Source of the choice.</param>
    /// <param name="triples">Receives three observations for each class, oldest first, [N, 3, O].</param>
    /// <param name="classes">Receives <see cref="Formulas.AuxiliaryLosses.RewardClass"/> of the last one's reward, [N].</param>
    /// <returns>Whether there was anything to draw from.</returns>
    public bool DrawTriples(Rng rng, Span<float> triples, Span<int> classes)
    {
        // Indices count from the oldest step: the row of the last observation of each triple.
        Span<int> counts = [0, 0];
        for (var step = 2; step < Count; step++)
            for (var b = 0; b < environments; b++)
                if (!ended[Row(step - 1, b)] && !ended[Row(step - 2, b)])
                {
                    var kind = rewards[Row(step, b)] == 0 ? 0 : 1;
                    byClass[kind][counts[kind]++] = step * environments + b;
                }
        if (counts[0] + counts[1] == 0)
            return false;
        for (var i = 0; i < classes.Length; i++)
        {
            var wanted = rng.NextDouble() < 0.5 ? 1 : 0;
            var kind = counts[wanted] > 0 ? wanted : 1 - wanted;
            var (step, b) = Math.DivRem(byClass[kind][rng.NextInt(counts[kind])], environments);
            for (var frame = 0; frame < 3; frame++)
                observations.Read(Row(step - 2 + frame, b), triples.Slice((3 * i + frame) * observationSize, observationSize));
            classes[i] = Formulas.AuxiliaryLosses.RewardClass(rewards[Row(step, b)]);
        }
        return true;
    }

    public void Save(CheckpointWriter writer)
    {
        writer.Write(next);
        writer.Write(Count);
        var rows = Count * environments;
        observations.Save(writer, rows);
        foreach (var (values, width) in Fields())
            writer.Write<float>(values.AsSpan(0, rows * width));
        writer.Write<bool>(ended.AsSpan(0, rows));
    }

    public void Load(CheckpointReader reader)
    {
        next = reader.ReadInt32();
        Count = reader.ReadInt32();
        var rows = Count * environments;
        observations.Load(reader, rows);
        foreach (var (values, width) in Fields())
            reader.ReadInto(values.AsSpan(0, rows * width));
        reader.ReadInto(ended.AsSpan(0, rows));
    }

    private (float[] Values, int Width)[] Fields() => [(actions, actionSize), (rewards, 1), (targets, 1), (felt, 1), (changes, cells)];

    // While it is not full the oldest step lies at 0, and only the first rows are used.
    private int Row(int step, int environment) => (Count < length ? step : (next + step) % length) * environments + environment;
}

/// <summary>T steps of B environments out of a <see cref="ReplayMemory"/>, time-major, with the observation after the last of them.</summary>
internal sealed class ReplaySequence(RecurrentNetwork network, int steps, int environments, int actionSize, int cells)
{
    /// <summary>T.</summary>
    public int Steps => steps;

    /// <summary>[T + 1, B, O].</summary>
    public float[] Observations { get; } = new float[(steps + 1) * environments * network.Encoder.Inputs];

    /// <summary>What was done and paid before each row, [T + 1, B, feedback].</summary>
    public float[] Feedback { get; } = new float[(steps + 1) * environments * network.FeedbackSize];

    /// <summary>Whether an episode begins with the row, [T + 1, B].</summary>
    public bool[] Starts { get; } = new bool[(steps + 1) * environments];

    /// <summary>[T, B, A].</summary>
    public float[] Actions { get; } = new float[steps * environments * actionSize];

    /// <summary>Rewards as returns count them, [T, B].</summary>
    public float[] Rewards { get; } = new float[steps * environments];

    /// <summary>Whether the step ended its episode, [T, B].</summary>
    public bool[] Ended { get; } = new bool[steps * environments];

    /// <summary>Pseudo-rewards of pixel control, [T, B, cells].</summary>
    public float[] Changes { get; } = new float[steps * environments * cells];
}

/// <summary>
/// Many observations: one byte for each value as long as all values are whole numbers from 0 to 255, as those of grids are, and four from the
/// first other value on.
/// </summary>
/// <param name="rows">Most observations.</param>
/// <param name="size">Values of each.</param>
internal sealed class ObservationStore(int rows, int size)
{
    private byte[] bytes = new byte[rows * size];
    private float[]? floats;

    /// <summary>Keeps observations from a row on.</summary>
    public void Write(int row, ReadOnlySpan<float> values)
    {
        if (floats is null)
        {
            var own = bytes.AsSpan(row * size, values.Length);
            var at = 0;
            while (at < values.Length && values[at] is >= 0 and <= byte.MaxValue && (byte)values[at] == values[at])
                own[at] = (byte)values[at++];
            if (at == values.Length)
                return;
            Widen();
        }
        values.CopyTo(floats.AsSpan(row * size));
    }

    /// <summary>Reads one observation.</summary>
    public void Read(int row, Span<float> values)
    {
        if (floats is not null)
            floats.AsSpan(row * size, size).CopyTo(values);
        else
            for (var i = 0; i < size; i++)
                values[i] = bytes[row * size + i];
    }

    public void Save(CheckpointWriter writer, int count)
    {
        writer.Write(floats is not null);
        if (floats is not null)
            writer.Write<float>(floats.AsSpan(0, count * size));
        else
            writer.Write<byte>(bytes.AsSpan(0, count * size));
    }

    public void Load(CheckpointReader reader, int count)
    {
        if (reader.ReadBoolean())
        {
            floats ??= new float[rows * size];
            bytes = [];
            reader.ReadInto(floats.AsSpan(0, count * size));
        }
        else
            reader.ReadInto(bytes.AsSpan(0, count * size));
    }

    [System.Diagnostics.CodeAnalysis.MemberNotNull(nameof(floats))]
    private void Widen()
    {
        floats = new float[rows * size];
        for (var i = 0; i < bytes.Length; i++)
            floats[i] = bytes[i];
        bytes = [];
    }
}
