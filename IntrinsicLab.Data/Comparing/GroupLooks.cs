namespace IntrinsicLab.Data;

/// <summary>
/// Gives groups their colour slots, from 1 to 8, and dashes. A group's slot follows from its label, so that it keeps its colour while others
/// come and go; of two that want the same the later by name moves to the next free one.
/// </summary>
public static class GroupLooks
{
    private const int Slots = 8;

    /// <summary>A slot and a dash for each label.</summary>
    public static IReadOnlyDictionary<string, (int Slot, int Dash)> Assign(IEnumerable<string> labels)
    {
        var (looks, taken) = (new Dictionary<string, (int, int)>(), new int[Slots]);
        foreach (var label in labels.Distinct().Order(StringComparer.Ordinal))
        {
            var own = Own(label);
            var fewest = taken.Min();
            var slot = Enumerable.Range(own, Slots).Select(index => index % Slots).First(index => taken[index] == fewest);
            looks[label] = (slot + 1, taken[slot]++);
        }
        return looks;
    }

    // FNV-1a: the runtime's own hash of a text differs from process to process.
    private static int Own(string label)
    {
        var hash = 2166136261u;
        foreach (var letter in label)
            hash = unchecked((hash ^ letter) * 16777619u);
        return (int)(hash % Slots);
    }
}
