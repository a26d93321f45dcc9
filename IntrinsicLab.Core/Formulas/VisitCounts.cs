namespace IntrinsicLab.Core.Formulas;

/// <summary>How often each of an unknown number of places was visited.</summary>
public sealed class VisitCounts
{
    private readonly Dictionary<string, long> counts = new(StringComparer.Ordinal);

    /// <summary>Places visited at least once.</summary>
    public int Places => counts.Count;

    /// <summary>Visits in all.</summary>
    public long Visits { get; private set; }

    /// <summary>Visits of a place.</summary>
    /// <param name="place">Its key.</param>
    public long this[string place] => counts.GetValueOrDefault(place);

    /// <summary>Counts one visit more.</summary>
    /// <param name="place">Its key.</param>
    /// <returns>Visits of the place, this one included.</returns>
    public long Add(string place)
    {
        Visits++;
        counts.TryGetValue(place, out var before);
        return counts[place] = before + 1;
    }

    /// <summary>Writes the whole state.</summary>
    public void Save(BinaryWriter writer)
    {
        writer.Write(counts.Count);
        foreach (var (place, count) in counts)
        {
            writer.Write(place);
            writer.Write(count);
        }
    }

    /// <summary>Restores what <see cref="Save"/> wrote.</summary>
    public void Load(BinaryReader reader)
    {
        counts.Clear();
        Visits = 0;
        for (var left = reader.ReadInt32(); left > 0; left--)
        {
            var place = reader.ReadString();
            Visits += counts[place] = reader.ReadInt64();
        }
    }
}
