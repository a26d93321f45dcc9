using IntrinsicLab.Core.Environments;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>
/// How often each field of a plane of the state space was visited: of the first map that a world names (<see cref="EnvironmentSpec.Maps"/>) where two
/// components of the observation or the whole of it say where one is, else of the first two components, between the extremes of the first batch.
/// </summary>
internal sealed class VisitMap
{
    private const int Fields = MapAxis.Fields;

    private readonly int size;
    private readonly Dictionary<string, int>? cells;
    private readonly bool named;
    private int first, second = 1;
    private StateMap? map;
    private long[] visits = [];

    /// <summary>Makes an empty map.</summary>
    /// <param name="spec">What is observed.</param>
    /// <param name="raw">The learner sees observations as the world gives them, so that the world's own maps hold.</param>
    public VisitMap(EnvironmentSpec spec, bool raw)
    {
        size = spec.Observation.Size;
        if (!raw || spec.Maps.Count == 0)
            return;
        var plane = spec.Maps[0];
        if (Components(plane) is var (x, y))
            (first, second) = (x, y);
        else if ((cells = Cells(plane)) is null)
            return;
        named = true;
        Lay(plane);
    }

    /// <summary>The plane; null before the first batch where the world names none, and where an observation has one component.</summary>
    public StateMap? Map => map;

    /// <summary>Visits of each field, row after row.</summary>
    public IReadOnlyList<long> Visits => visits;

    /// <summary>Fields visited at least once.</summary>
    public int Visited { get; private set; }

    /// <summary>Counts a batch.</summary>
    /// <param name="observations">[N, O].</param>
    public void Add(ReadOnlySpan<float> observations)
    {
        if (map is null && size > 1)
            LayAround(observations);
        for (var at = 0; at < observations.Length; at += size)
            if (FieldOf(observations.Slice(at, size)) is >= 0 and var field && visits[field]++ == 0)
                Visited++;
    }

    /// <summary>The field of an observation; −1 beyond the plane.</summary>
    /// <param name="observation">[O].</param>
    public int FieldOf(ReadOnlySpan<float> observation)
    {
        if (map is null)
            return -1;
        if (cells is not null)
            return cells.GetValueOrDefault(Key(observation), -1);
        var (column, row) = (Along(map.X, observation[first]), Along(map.Y, observation[second]));
        return column < 0 || row < 0 ? -1 : row * map.X.Centres.Count + column;
    }

    /// <summary>Writes the whole state.</summary>
    public void Save(CheckpointWriter writer)
    {
        writer.Write(map is not null);
        if (map is null)
            return;
        foreach (var centres in (IReadOnlyList<double>[])[map.X.Centres, map.Y.Centres])
        {
            writer.Write(centres[0]);
            writer.Write(centres[^1]);
        }
        writer.Write<long>(visits);
    }

    /// <summary>Restores what <see cref="Save"/> wrote.</summary>
    public void Load(CheckpointReader reader)
    {
        Visited = 0;
        if (!reader.ReadBoolean())
            return;
        var (left, right, low, high) = (reader.ReadDouble(), reader.ReadDouble(), reader.ReadDouble(), reader.ReadDouble());
        if (!named)
            Lay(StateMap.Plane(first, Axis(first, left, right), second, Axis(second, low, high)));
        reader.ReadInto(visits.AsSpan());
        foreach (var count in visits)
            Visited += count > 0 ? 1 : 0;
    }

    private void LayAround(ReadOnlySpan<float> observations)
    {
        (first, second) = (0, 1);
        Span<double> low = [double.MaxValue, double.MaxValue], high = [double.MinValue, double.MinValue];
        for (var at = 0; at < observations.Length; at += size)
            for (var i = 0; i < 2; i++)
                (low[i], high[i]) = (Math.Min(low[i], observations[at + i]), Math.Max(high[i], observations[at + i]));
        // Twice as far as was seen: what is explored lies beyond.
        for (var i = 0; i < 2; i++)
        {
            var reach = Math.Max(high[i] - low[i], 1e-3);
            (low[i], high[i]) = (low[i] - reach / 2, high[i] + reach / 2);
        }
        Lay(StateMap.Plane(0, Axis(0, low[0], high[0]), 1, Axis(1, low[1], high[1])));
    }

    private static MapAxis Axis(int component, double low, double high)
    {
        var centres = new double[Fields];
        for (var field = 0; field < Fields; field++)
            centres[field] = low + (high - low) * field / (Fields - 1);
        return new($"observation {component + 1}, as the policy sees it", centres);
    }

    private void Lay(StateMap plane) => (map, visits) = (plane, new long[plane.X.Centres.Count * plane.Y.Centres.Count]);

    private static int Along(MapAxis axis, double value)
    {
        var field = (int)Math.Clamp(Math.Round((value - axis.Centres[0]) / (axis.Centres[1] - axis.Centres[0])), -1, axis.Centres.Count);
        return field < axis.Centres.Count ? field : -1;
    }

    // The two components that a map of a plane writes; null for another kind of map.
    private (int, int)? Components(StateMap named)
    {
        if (named.Grid || named.X.Centres.Count < 2 || named.Y.Centres.Count < 2)
            return null;
        var (x, y) = (named.X.Centres, named.Y.Centres);
        var (here, there) = (Observed(named, x[0], y[0]), Observed(named, x[^1], y[^1]));
        if (here is null || there is null)
            return null;
        var across = Array.FindIndex(here, value => value == (float)x[0]);
        var up = Array.FindLastIndex(here, value => value == (float)y[0]);
        var plain = across >= 0 && up >= 0 && across != up && there[across] == (float)x[^1] && there[up] == (float)y[^1]
            && here.Count(value => !float.IsNaN(value)) == 2;
        return plain ? (across, up) : null;
    }

    // The field of each observation, where each place has one that differs from those of all others.
    private Dictionary<string, int>? Cells(StateMap named)
    {
        var found = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var field = 0; field < named.X.Centres.Count * named.Y.Centres.Count; field++)
        {
            if (Observed(named, named.X.Centres[field % named.X.Centres.Count], named.Y.Centres[field / named.X.Centres.Count]) is not { } observed)
                continue;
            if (!named.Grid || observed.Any(float.IsNaN) || !found.TryAdd(Key(observed), field))
                return null;
        }
        return found;
    }

    private float[]? Observed(StateMap named, double x, double y)
    {
        var observed = new float[size];
        Array.Fill(observed, float.NaN);
        return named.Observe(x, y, 0, observed) ? observed : null;
    }

    private static string Key(ReadOnlySpan<float> observation) => new(System.Runtime.InteropServices.MemoryMarshal.Cast<float, char>(observation));
}
