namespace IntrinsicLab.Core.Formulas;

/// <summary>
/// Density of boxes of a <see cref="StateLattice"/> as the product of one histogram per axis, each smoothed by Laplace's rule: a box's share is
/// (n + α)/(N + α·K). What lies beyond the last box counts as in it.
/// </summary>
/// <param name="size">Axes, D.</param>
/// <param name="reach">Boxes on either side of the centre; K is 2·reach + 1.</param>
/// <param name="smoothing">α, visits that every box starts with.</param>
public sealed class HistogramDensity(int size, int reach, double smoothing)
{
    private readonly long[] counts = new long[size * (2 * reach + 1)];

    /// <summary>Observations seen, N.</summary>
    public long Seen { get; private set; }

    /// <summary>ln ρ before and ln ρ′ after the model has seen the boxes once more, which it then has.</summary>
    /// <param name="boxes">Number of the box along each axis, [D].</param>
    public (double Before, double After) Add(ReadOnlySpan<int> boxes)
    {
        var width = 2 * reach + 1;
        var (before, after) = (0.0, 0.0);
        for (var axis = 0; axis < size; axis++)
        {
            ref var count = ref counts[axis * width + Math.Clamp(boxes[axis], -reach, reach) + reach];
            before += Math.Log((count + smoothing) / (Seen + smoothing * width));
            count++;
            after += Math.Log((count + smoothing) / (Seen + 1 + smoothing * width));
        }
        Seen++;
        return (before, after);
    }

    /// <summary>Takes over what another of the same size has seen.</summary>
    /// <param name="other">Left as it is.</param>
    public void Copy(HistogramDensity other)
    {
        other.counts.CopyTo(counts, 0);
        Seen = other.Seen;
    }

    /// <summary>Writes the whole state.</summary>
    public void Save(BinaryWriter writer)
    {
        writer.Write(Seen);
        foreach (var count in counts)
            writer.Write(count);
    }

    /// <summary>Restores what <see cref="Save"/> wrote.</summary>
    public void Load(BinaryReader reader)
    {
        Seen = reader.ReadInt64();
        foreach (ref var count in counts.AsSpan())
            count = reader.ReadInt64();
    }
}
