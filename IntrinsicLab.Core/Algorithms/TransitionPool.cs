namespace IntrinsicLab.Core.Algorithms;

/// <summary>
/// The newest observations and actions, to train a model of the world on, with their statistics. A ring of slots, one per observation: the slot after
/// it holds the next observation, a path's last observation has a slot of its own that no transition begins at, and so nothing is stored twice.
/// </summary>
/// <remarks>
/// <paramref name="released"/> repeats what the pool of the code released with Houthooft et al. 2016 does: paths lose their last observation, so that
/// their last step is paired with the first observation of the next path; of a full ring slot size − 1 is refused instead of the newest; the
/// statistics of a ring that is not full include one row of zeros.
/// </remarks>
/// <param name="capacity">Slots.</param>
/// <param name="observationSize">Values of one observation, O.</param>
/// <param name="actionSize">Values of one action as it is stored, A.</param>
/// <param name="released">Repeats the released code's three quirks.</param>
public sealed class TransitionPool(int capacity, int observationSize, int actionSize, bool released = false)
{
    private float[] observations = [];
    private float[] actions = [];
    private bool[] begins = [];
    private int newest = -1;
    private bool measured;

    /// <summary>Slots in use.</summary>
    public int Size { get; private set; }

    /// <summary>Transitions that can be drawn.</summary>
    public int Count { get; private set; }

    /// <summary>Means of the observations, as of the last <see cref="Measure"/>, [O].</summary>
    public double[] ObservationMean { get; } = new double[observationSize];

    /// <summary>Population deviations of the observations, without any floor, [O].</summary>
    public double[] ObservationDeviation { get; } = Ones(observationSize);

    /// <summary>Means of the actions, [A].</summary>
    public double[] ActionMean { get; } = new double[actionSize];

    /// <summary>Population deviations of the actions, without any floor, [A].</summary>
    public double[] ActionDeviation { get; } = Ones(actionSize);

    /// <summary>Adds a path, in place of the oldest slots where the ring is full. Of a path longer than the ring its last part is kept.</summary>
    /// <param name="seen">Observations of its T steps, [T, O].</param>
    /// <param name="done">Actions, [T, A].</param>
    /// <param name="last">The observation after its last step, [O].</param>
    public void AddPath(ReadOnlySpan<float> seen, ReadOnlySpan<float> done, ReadOnlySpan<float> last)
    {
        var steps = seen.Length / observationSize;
        if (steps * observationSize != seen.Length || steps * actionSize != done.Length || last.Length != observationSize)
            throw new ArgumentException($"{seen.Length} values observed, {done.Length} done and {last.Length} at the end are no path.");
        for (var step = Math.Max(0, steps + 1 - capacity); step < steps; step++)
            Add(seen.Slice(step * observationSize, observationSize), done.Slice(step * actionSize, actionSize), begins: true);
        if (!released)
            Add(last, [], begins: false);
    }

    /// <summary>Draws a transition, each with equal probability.</summary>
    /// <param name="rng">Source of the choice.</param>
    /// <returns>Its slot.</returns>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public int Draw(Rng rng)
    {
        if (Count == 0 || (released && Size < 2))
            throw new InvalidOperationException("The pool holds no transition.");
        while (true)
        {
            var slot = rng.NextInt(Size);
            if (released ? slot != Size - 1 : begins[slot])
                return slot;
        }
    }

    /// <summary>The observation in a slot.</summary>
    /// <param name="slot">From <see cref="Draw"/>.</param>
    public ReadOnlySpan<float> Observation(int slot) => observations.AsSpan(slot * observationSize, observationSize);

    /// <summary>What was done after it.</summary>
    /// <param name="slot">From <see cref="Draw"/>.</param>
    public ReadOnlySpan<float> Action(int slot) => actions.AsSpan(slot * actionSize, actionSize);

    /// <summary>The observation after that.</summary>
    /// <param name="slot">From <see cref="Draw"/>.</param>
    public ReadOnlySpan<float> NextObservation(int slot) => Observation(slot + 1 == capacity ? 0 : slot + 1);

    /// <summary>
    /// Computes means and deviations over what the pool holds now, where something was added since. They are computed anew, so that they depend on
    /// nothing that is gone, and no sum drifts.
    /// </summary>
    public void Measure()
    {
        if (Size == 0 || measured)
            return;
        measured = true;
        var zeros = released && Size < capacity ? 1 : 0;
        MeasureColumns(observations, observationSize, [], Size, zeros, ObservationMean, ObservationDeviation);
        MeasureColumns(actions, actionSize, released ? [] : begins, released ? Size : Count, zeros, ActionMean, ActionDeviation);
    }

    /// <summary>Writes what the pool holds: no more than each observation and action once, and a bit for every slot.</summary>
    public void Save(CheckpointWriter writer)
    {
        writer.Write(Size);
        writer.Write(newest);
        writer.Write<float>(observations.AsSpan(0, Size * observationSize));
        writer.Write<float>(actions.AsSpan(0, Size * actionSize));
        var bits = new byte[(Size + 7) / 8];
        for (var slot = 0; slot < Size; slot++)
            bits[slot / 8] |= (byte)(begins[slot] ? 1 << (slot % 8) : 0);
        writer.Write<byte>(bits);
        foreach (var statistics in (double[][])[ObservationMean, ObservationDeviation, ActionMean, ActionDeviation])
            writer.Write<double>(statistics);
    }

    /// <summary>Restores what <see cref="Save"/> wrote into a pool made alike.</summary>
    public void Load(CheckpointReader reader)
    {
        (Size, measured) = (0, false);
        var size = reader.ReadInt32();
        newest = reader.ReadInt32();
        if (size > capacity)
            throw new InvalidDataException($"The checkpoint holds {size} observations where {capacity} fit.");
        Grow(size);
        Size = size;
        reader.ReadInto(observations.AsSpan(0, Size * observationSize));
        reader.ReadInto(actions.AsSpan(0, Size * actionSize));
        var bits = new byte[(Size + 7) / 8];
        reader.ReadInto(bits.AsSpan());
        Count = 0;
        for (var slot = 0; slot < Size; slot++)
            Count += (begins[slot] = (bits[slot / 8] >> (slot % 8) & 1) != 0) ? 1 : 0;
        foreach (var statistics in (double[][])[ObservationMean, ObservationDeviation, ActionMean, ActionDeviation])
            reader.ReadInto(statistics.AsSpan());
    }

    private void Add(ReadOnlySpan<float> observation, ReadOnlySpan<float> action, bool begins)
    {
        measured = false;
        newest = newest + 1 == capacity ? 0 : newest + 1;
        if (newest == Size)
        {
            Grow(Size + 1);
            Size++;
        }
        else if (this.begins[newest])
            Count--;
        observation.CopyTo(observations.AsSpan(newest * observationSize));
        var target = actions.AsSpan(newest * actionSize, actionSize);
        target.Clear();
        action.CopyTo(target);
        this.begins[newest] = begins;
        Count += begins ? 1 : 0;
    }

    private void Grow(int slots)
    {
        if (slots <= begins.Length)
            return;
        var room = (int)Math.Min(capacity, Math.Max(slots, 2L * begins.Length));
        Array.Resize(ref observations, room * observationSize);
        Array.Resize(ref actions, room * actionSize);
        Array.Resize(ref begins, room);
    }

    // Rows that do not count are left out; rows of zeros beyond the end are counted in.
    private static void MeasureColumns(
        float[] values, int width, ReadOnlySpan<bool> counted, int rows, int zeros, Span<double> mean, Span<double> deviation)
    {
        mean.Clear();
        deviation.Clear();
        if (rows == 0)
        {
            deviation.Fill(1);
            return;
        }
        var slots = counted.IsEmpty ? rows : counted.Length;
        for (var slot = 0; slot < slots; slot++)
            for (var i = 0; i < width && (counted.IsEmpty || counted[slot]); i++)
                mean[i] += values[slot * width + i];
        for (var i = 0; i < width; i++)
        {
            mean[i] /= rows + zeros;
            deviation[i] = zeros * mean[i] * mean[i];
        }
        for (var slot = 0; slot < slots; slot++)
            for (var i = 0; i < width && (counted.IsEmpty || counted[slot]); i++)
            {
                var difference = values[slot * width + i] - mean[i];
                deviation[i] += difference * difference;
            }
        for (var i = 0; i < width; i++)
            deviation[i] = Math.Sqrt(deviation[i] / (rows + zeros));
    }

    private static double[] Ones(int count)
    {
        var ones = new double[count];
        Array.Fill(ones, 1);
        return ones;
    }
}
