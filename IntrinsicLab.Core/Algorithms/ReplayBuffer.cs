namespace IntrinsicLab.Core.Algorithms;

/// <summary>Some of the numbers that a <see cref="ReplayBuffer"/> keeps of every transition.</summary>
/// <param name="Name">What they are, in snake case.</param>
/// <param name="Width">How many.</param>
public sealed record ReplayColumn(string Name, int Width)
{
    /// <summary>Where they begin in a row.</summary>
    internal int Offset { get; init; }
}

/// <summary>
/// The last transitions of one or more environments, for learners that go back to them: a ring of rows, each with observation, action, reward,
/// next observation and any further columns side by side, so that reading one is one visit to memory.
/// </summary>
/// <remarks>
/// Only the end of the task itself is kept as an end; a time limit is none, and values continue beyond it. Where episodes end, whatever ended them, is known
/// beside that, so that a later step of the same episode can be drawn (<see cref="DrawLater"/>). Memory grows in pieces as rows come, and no row ever moves.
/// </remarks>
public sealed class ReplayBuffer
{
    private const int ChunkBits = 13, ChunkRows = 1 << ChunkBits;
    private const byte TerminatedFlag = 1, EndedFlag = 2;
    private const int Open = -1;

    private readonly int environments;
    private int width;
    private readonly ReplayColumn[] extras;
    private readonly List<float[]> values = [];
    private readonly List<byte[]> flags = [];
    private readonly List<int[]> lasts = [];
    private readonly int[] lengths;

    /// <summary>Makes an empty buffer.</summary>
    /// <param name="observationSize">Values of one observation, O.</param>
    /// <param name="actionSize">Values of one action, A; 1 for a discrete one, its index.</param>
    /// <param name="capacity">Transitions it keeps at most; rounded down to a multiple of the environments.</param>
    /// <param name="environments">Environments whose transitions are added in turn, B.</param>
    /// <param name="extras">Names and widths of further columns.</param>
    public ReplayBuffer(int observationSize, int actionSize, int capacity, int environments = 1, params ReadOnlySpan<(string Name, int Width)> extras)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(environments);
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, environments);
        this.environments = environments;
        Capacity = capacity / environments * environments;
        lengths = new int[environments];
        Observation = Column("observation", observationSize);
        Action = Column("action", actionSize);
        Reward = Column("reward", 1);
        NextObservation = Column("next_observation", observationSize);
        this.extras = new ReplayColumn[extras.Length];
        for (var i = 0; i < extras.Length; i++)
            this.extras[i] = Column(extras[i].Name, extras[i].Width);

        ReplayColumn Column(string name, int columnWidth)
        {
            var column = new ReplayColumn(name, columnWidth) { Offset = width };
            width += columnWidth;
            return column;
        }
    }

    /// <summary>What was seen.</summary>
    public ReplayColumn Observation { get; }

    /// <summary>What was done, as the policy has it.</summary>
    public ReplayColumn Action { get; }

    /// <summary>What was paid.</summary>
    public ReplayColumn Reward { get; }

    /// <summary>What was seen then, before any reset.</summary>
    public ReplayColumn NextObservation { get; }

    /// <summary>The further columns, in the order they were given.</summary>
    public IReadOnlyList<ReplayColumn> Extras => extras;

    /// <summary>Transitions it keeps at most.</summary>
    public int Capacity { get; }

    /// <summary>Transitions it holds; they are rows 0 … Count − 1.</summary>
    public int Count { get; private set; }

    /// <summary>The row that the next transition goes to.</summary>
    public int Next { get; private set; }

    /// <summary>Memory held for rows so far.</summary>
    public long Bytes => values.Sum(chunk => (long)chunk.Length * sizeof(float)) + flags.Sum(chunk => (long)chunk.Length) + lasts.Sum(chunk => (long)chunk.Length * sizeof(int));

    /// <summary>Memory that a full buffer of this shape holds.</summary>
    public long BytesWhenFull => Capacity * BytesOfRow(width);

    /// <summary>Memory of one transition.</summary>
    /// <param name="observationSize">O.</param>
    /// <param name="actionSize">A.</param>
    /// <param name="extraWidth">Values of all further columns together.</param>
    public static long BytesOfTransition(int observationSize, int actionSize, int extraWidth = 0) =>
        BytesOfRow(2 * observationSize + actionSize + 1 + extraWidth);

    /// <summary>Adds a transition in place of the oldest where the ring is full. With several environments, each adds one in turn, always in the same order.</summary>
    /// <param name="observation">[O].</param>
    /// <param name="action">[A].</param>
    /// <param name="reward">What was paid; anything where rewards are computed when they are needed.</param>
    /// <param name="next">What was seen then, before any reset, [O].</param>
    /// <param name="terminated">The task itself ended.</param>
    /// <param name="ended">The episode ended, whether by itself or by a limit.</param>
    /// <param name="extra">The further columns, one after the other.</param>
    /// <returns>Its row.</returns>
    public int Add(
        ReadOnlySpan<float> observation, ReadOnlySpan<float> action, float reward, ReadOnlySpan<float> next, bool terminated, bool ended,
        ReadOnlySpan<float> extra = default)
    {
        var extraWidth = width - (NextObservation.Offset + NextObservation.Width);
        if (observation.Length != Observation.Width || action.Length != Action.Width || next.Length != NextObservation.Width || extra.Length != extraWidth)
            throw new ArgumentException($"{observation.Length}, {action.Length}, {next.Length} and {extra.Length} values are no transition of {Observation.Width}, {Action.Width}, {NextObservation.Width} and {extraWidth}.");
        var row = Next;
        if (row >> ChunkBits == values.Count)
        {
            var rows = Math.Min(ChunkRows, Capacity - (values.Count << ChunkBits));
            values.Add(GC.AllocateUninitializedArray<float>(rows * width));
            flags.Add(new byte[rows]);
            lasts.Add(new int[rows]);
        }
        var target = RowOf(row);
        observation.CopyTo(target);
        action.CopyTo(target[Action.Offset..]);
        target[Reward.Offset] = reward;
        next.CopyTo(target[NextObservation.Offset..]);
        extra.CopyTo(target[(NextObservation.Offset + NextObservation.Width)..]);
        FlagsOf(row) = (byte)((terminated ? TerminatedFlag : 0) | (ended ? EndedFlag : 0));
        LastOf(row) = Open;
        Next = row + 1 == Capacity ? 0 : row + 1;
        Count = Math.Max(Count, row + 1);
        ref var length = ref lengths[row % environments];
        length = Math.Min(length + 1, Capacity / environments);
        if (!ended)
            return row;
        for (var at = row; length > 0; length--, at = Step(at, -1))
            LastOf(at) = row;
        return row;
    }

    /// <summary>Draws rows, each with equal probability and independently.</summary>
    /// <param name="rng">Source of the choice.</param>
    /// <param name="rows">Receives them.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is none.</exception>
    public void Draw(Rng rng, Span<int> rows)
    {
        foreach (ref var row in rows)
            row = rng.NextInt(Count);
    }

    /// <summary>
    /// Draws a row of the same episode, from this one to the episode's last so far, each with equal probability: for goals made of what was
    /// achieved later (Andrychowicz et al. 2017, "Hindsight Experience Replay").
    /// </summary>
    /// <param name="row">Where it begins.</param>
    /// <param name="rng">Source of the choice.</param>
    public int DrawLater(int row, Rng rng)
    {
        var steps = (LastOfEpisode(row) - row + Capacity) % Capacity / environments;
        return Step(row, rng.NextInt(steps + 1));
    }

    /// <summary>The last row of a row's episode; of one that still runs, its newest.</summary>
    /// <param name="row">Any row held.</param>
    public int LastOfEpisode(int row)
    {
        if (LastOf(row) is var last && last != Open)
            return last;
        // The newest row of the environment that this one belongs to.
        var newest = (Next - 1 + Capacity) % Capacity;
        var back = (newest % environments - row % environments + environments) % environments;
        return (newest - back + Capacity) % Capacity;
    }

    /// <summary>A column of one row, to read or to change.</summary>
    /// <param name="row">Any row held.</param>
    /// <param name="column">Which column.</param>
    public Span<float> this[int row, ReplayColumn column] => RowOf(row).Slice(column.Offset, column.Width);

    /// <summary>Whether the task ended with a row's step.</summary>
    /// <param name="row">Any row held.</param>
    public bool Terminated(int row) => (FlagsOf(row) & TerminatedFlag) != 0;

    /// <summary>Whether the episode ended with a row's step, by itself or by a limit.</summary>
    /// <param name="row">Any row held.</param>
    public bool EpisodeEnded(int row) => (FlagsOf(row) & EndedFlag) != 0;

    /// <summary>Copies a column of some rows to where it is needed, such as part of a network's input.</summary>
    /// <param name="rows">N rows.</param>
    /// <param name="column">Which column.</param>
    /// <param name="target">Receives it, row i from i·stride + offset on.</param>
    /// <param name="stride">Distance of the target's rows; 0 for the column's own width.</param>
    /// <param name="offset">Where the column begins in each of them.</param>
    public void Gather(ReadOnlySpan<int> rows, ReplayColumn column, Span<float> target, int stride = 0, int offset = 0)
    {
        stride = stride == 0 ? column.Width : stride;
        for (var i = 0; i < rows.Length; i++)
            this[rows[i], column].CopyTo(target.Slice(i * stride + offset, column.Width));
    }

    /// <summary>1 for every row whose step ended the task, 0 for the others.</summary>
    /// <param name="rows">N rows.</param>
    /// <param name="target">Receives the numbers, [N].</param>
    public void GatherTerminated(ReadOnlySpan<int> rows, Span<float> target)
    {
        for (var i = 0; i < rows.Length; i++)
            target[i] = FlagsOf(rows[i]) & TerminatedFlag;
    }

    /// <summary>Writes the rows that are filled.</summary>
    public void Save(CheckpointWriter writer)
    {
        writer.Write(Count);
        writer.Write(Next);
        writer.Write<int>(lengths);
        foreach (var (chunk, first, rows) in Filled())
        {
            writer.Write<float>(values[chunk].AsSpan(0, rows * width));
            writer.Write<byte>(flags[chunk].AsSpan(0, rows));
        }
    }

    /// <summary>Restores what <see cref="Save"/> wrote into a buffer made alike.</summary>
    public void Load(CheckpointReader reader)
    {
        var count = reader.ReadInt32();
        if (count > Capacity)
            throw new InvalidDataException($"The checkpoint holds {count} transitions where {Capacity} fit.");
        (Count, Next) = (count, reader.ReadInt32());
        reader.ReadInto(lengths.AsSpan());
        values.Clear();
        flags.Clear();
        lasts.Clear();
        foreach (var (chunk, first, rows) in Filled())
        {
            var room = Math.Min(ChunkRows, Capacity - first);
            values.Add(GC.AllocateUninitializedArray<float>(room * width));
            flags.Add(new byte[room]);
            lasts.Add(new int[room]);
            reader.ReadInto(values[chunk].AsSpan(0, rows * width));
            reader.ReadInto(flags[chunk].AsSpan(0, rows));
        }
        // Backwards from the newest: what ends an episode is the last row of all before it.
        Span<int> last = new int[environments];
        last.Fill(Open);
        for (var (left, row) = (Count, (Next - 1 + Capacity) % Capacity); left > 0; left--, row = (row - 1 + Capacity) % Capacity)
        {
            ref var ofEnvironment = ref last[row % environments];
            if ((FlagsOf(row) & EndedFlag) != 0)
                ofEnvironment = row;
            LastOf(row) = ofEnvironment;
        }
    }

    private IEnumerable<(int Chunk, int First, int Rows)> Filled()
    {
        for (var first = 0; first < Count; first += ChunkRows)
            yield return (first >> ChunkBits, first, Math.Min(ChunkRows, Count - first));
    }

    private static long BytesOfRow(int width) => width * sizeof(float) + sizeof(byte) + sizeof(int);

    private int Step(int row, int steps) => (int)((row + (long)steps * environments + Capacity) % Capacity);

    private Span<float> RowOf(int row) => values[row >> ChunkBits].AsSpan((row & (ChunkRows - 1)) * width, width);

    private ref byte FlagsOf(int row) => ref flags[row >> ChunkBits][row & (ChunkRows - 1)];

    private ref int LastOf(int row) => ref lasts[row >> ChunkBits][row & (ChunkRows - 1)];
}
