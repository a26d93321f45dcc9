namespace IntrinsicLab.Web.Components;

/// <summary>How a run's curve is drawn: a colour slot from 1 to 8, and a dash pattern beyond eight.</summary>
public readonly record struct SeriesLook(int Slot, int Dash);

/// <summary>
/// Gives runs their colour slots. A run's slot follows from its id, so that it is the same on every page; where two runs of a view
/// share one, the younger moves to the next free slot, and with more than eight runs the slots repeat with another dash.
/// </summary>
internal static class Palette
{
    public const int Slots = 8;

    public static int Own(Guid run) => run.ToByteArray()[^1] % Slots + 1;

    public static Dictionary<Guid, SeriesLook> Assign(IEnumerable<Guid> runs)
    {
        var looks = new Dictionary<Guid, SeriesLook>();
        var taken = new int[Slots];
        foreach (var run in runs.Distinct().Order())
        {
            var own = Own(run) - 1;
            var fewest = taken.Min();
            var slot = Enumerable.Range(own, Slots).Select(index => index % Slots).First(index => taken[index] == fewest);
            looks[run] = new(slot + 1, taken[slot]++);
        }
        return looks;
    }
}
