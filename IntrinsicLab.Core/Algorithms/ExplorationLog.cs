using System.Globalization;
using System.Runtime.InteropServices;
using IntrinsicLab.Core.Environments;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>
/// Where a run has been since it began: visits on the planes that the world names, or, where it names none or the policy sees other numbers than
/// the world's, on the first two components that moved in the first batch; and how many places were known when. It is in the checkpoint.
/// </summary>
internal sealed class ExplorationLog
{
    private const int MostPoints = 512;

    private readonly EnvironmentSpec spec;
    private readonly bool raw, named;
    private readonly List<VisitedPlane> planes = [];
    private readonly List<(long Step, long Places)> coverage = [];
    private long batches;
    private int every = 1;

    /// <summary>Begins with nothing visited.</summary>
    /// <param name="spec">What is observed.</param>
    /// <param name="raw">Observations are those of the world, so that its own planes hold.</param>
    public ExplorationLog(EnvironmentSpec spec, bool raw = true)
    {
        (this.spec, this.raw, named) = (spec, raw, raw && spec.Maps.Count > 0);
        if (named)
            planes.AddRange(spec.Maps.Select(map => VisitedPlane.Of(map, spec.Observation.Size)));
    }

    /// <summary>The planes with their visits.</summary>
    public IReadOnlyList<VisitedPlane> Planes => planes;

    /// <summary>Fields of the first plane visited at least once; 0 without a plane.</summary>
    public int Visited => planes.Count > 0 ? planes[0].Visited : 0;

    /// <summary>Environment step, and places known then; thinned out evenly where there are many.</summary>
    public IReadOnlyList<(long Step, long Places)> Coverage => coverage;

    /// <summary>Adds a batch.</summary>
    /// <param name="step">Environment step at its end.</param>
    /// <param name="observations">[N, O], N at least 1.</param>
    /// <param name="places">Places known after it; fields of the first plane where nobody else counts them.</param>
    public void Add(long step, ReadOnlySpan<float> observations, long? places = null)
    {
        if (batches == 0 && !named && FirstThatMove(observations) is var (first, x, second, y))
            planes.Add(new VisitedPlane(first, x, second, y));
        foreach (var plane in planes)
            plane.Add(observations, spec.Observation.Size);
        if (batches++ % every != 0)
            return;
        coverage.Add((step, places ?? Visited));
        if (coverage.Count < MostPoints)
            return;
        for (var index = 0; index < MostPoints / 2; index++)
            coverage[index] = coverage[2 * index];
        coverage.RemoveRange(MostPoints / 2, MostPoints / 2);
        every *= 2;
    }

    /// <summary>Writes everything.</summary>
    public void Save(CheckpointWriter writer)
    {
        writer.Write(batches);
        writer.Write(every);
        writer.Write(coverage.Count);
        foreach (var (step, places) in coverage)
        {
            writer.Write(step);
            writer.Write(places);
        }
        writer.Write(planes.Count);
        foreach (var plane in planes)
            plane.Save(writer);
    }

    /// <summary>Restores what <see cref="Save"/> wrote.</summary>
    public void Load(CheckpointReader reader)
    {
        (batches, every) = (reader.ReadInt64(), reader.ReadInt32());
        coverage.Clear();
        for (var left = reader.ReadInt32(); left > 0; left--)
            coverage.Add((reader.ReadInt64(), reader.ReadInt64()));
        var count = reader.ReadInt32();
        if (!named)
        {
            planes.Clear();
            for (var index = 0; index < count; index++)
                planes.Add(VisitedPlane.Empty(spec.Observation.Size));
        }
        foreach (var plane in planes)
            plane.Load(reader);
    }

    // Half as wide again to either side: what is explored lies beyond what a first batch has seen.
    private (int First, MapAxis X, int Second, MapAxis Y)? FirstThatMove(ReadOnlySpan<float> observations)
    {
        if (spec.Observation.Shape is not [> 1] || !observations.ContainsAnyExcept(0, 1))
            return null;
        var size = spec.Observation.Size;
        var (low, high) = (new double[size], new double[size]);
        Array.Fill(low, double.PositiveInfinity);
        Array.Fill(high, double.NegativeInfinity);
        for (var index = 0; index < observations.Length; index++)
        {
            low[index % size] = Math.Min(low[index % size], observations[index]);
            high[index % size] = Math.Max(high[index % size], observations[index]);
        }
        int[] moving = [.. Enumerable.Range(0, size).Where(index => high[index] > low[index]).Take(2)];
        return moving is [var first, var second] ? (first, Axis(first), second, Axis(second)) : null;

        MapAxis Axis(int index)
        {
            var margin = (high[index] - low[index]) / 2;
            var (left, right) = (low[index] - margin, high[index] + margin);
            return raw
                ? MapAxis.Between(Label(index), Math.Max(left, spec.Observation.Low[index]), Math.Min(right, spec.Observation.High[index]))
                : MapAxis.Between($"{Label(index)}, as the policy sees it", left, right);
        }
    }

    private static string Label(int index) => string.Create(CultureInfo.InvariantCulture, $"observation {index + 1}");
}

/// <summary>
/// Visits of the fields of a plane: of cells, each known by what is observed there; of two components of the observation; or of fields that
/// several components together determine, as cosine and sine do an angle, where the nearest counts.
/// </summary>
internal sealed class VisitedPlane
{
    private readonly Dictionary<string, int>? cells;
    private readonly (int[] Components, float[] Points)? fields;
    private readonly long[] visits;
    private int first, second;

    /// <summary>A plane of two components; what lies beyond its edges is not counted.</summary>
    public VisitedPlane(int first, MapAxis x, int second, MapAxis y)
    {
        (this.first, this.second, X, Y) = (first, second, x, y);
        visits = new long[x.Centres.Count * y.Centres.Count];
    }

    private VisitedPlane(StateMap map, Dictionary<string, int>? cells, (int[], float[])? fields)
    {
        (Map, X, Y, this.cells, this.fields) = (map, map.X, map.Y, cells, fields);
        visits = new long[X.Centres.Count * Y.Centres.Count];
    }

    /// <summary>The world's own plane; null for two components of the observation.</summary>
    public StateMap? Map { get; private init; }

    /// <summary>Cells rather than real numbers.</summary>
    public bool IsGrid => cells is not null;

    /// <summary>What runs to the right.</summary>
    public MapAxis X { get; private set; }

    /// <summary>What runs up, or down on a grid.</summary>
    public MapAxis Y { get; private set; }

    /// <summary>Visits of each field, row after row.</summary>
    public IReadOnlyList<long> Visits => visits;

    /// <summary>Fields visited at least once.</summary>
    public int Visited { get; private set; }

    /// <summary>The plane of a world's map.</summary>
    public static VisitedPlane Of(StateMap map, int size)
    {
        var (columns, rows) = (map.X.Centres, map.Y.Centres);
        var raw = new float[size];
        if (map.Grid)
        {
            var cells = new Dictionary<string, int>(StringComparer.Ordinal);
            for (var place = 0; place < rows.Count * columns.Count; place++)
            {
                Array.Clear(raw);
                if (map.Observe(columns[place % columns.Count], rows[place / columns.Count], 0, raw))
                    cells.TryAdd(new string(Bits(raw)), place);
            }
            return new VisitedPlane(map, cells, null);
        }
        var other = new float[size];
        Array.Fill(raw, float.NaN);
        Array.Fill(other, float.NaN);
        map.Observe(columns[0], rows[0], 0, raw);
        map.Observe(columns[^1], rows[^1], 0, other);
        var (first, second) = (-1, -1);
        for (var index = 0; index < size; index++)
        {
            if (raw[index] == (float)columns[0] && other[index] == (float)columns[^1])
                first = index;
            if (raw[index] == (float)rows[0] && other[index] == (float)rows[^1])
                second = index;
        }
        return first >= 0 && second >= 0 ? new VisitedPlane(first, map.X, second, map.Y) { Map = map } : new VisitedPlane(map, null, Fields(map, size));
    }

    private static (int[] Components, float[] Points) Fields(StateMap map, int size)
    {
        var (columns, rows) = (map.X.Centres, map.Y.Centres);
        var (raw, all) = (new float[size], new List<float[]>());
        for (var place = 0; place < rows.Count * columns.Count; place++)
        {
            Array.Fill(raw, float.NaN);
            if (!map.Observe(columns[place % columns.Count], rows[place / columns.Count], 0, raw))
                Array.Fill(raw, float.NaN);
            all.Add([.. raw]);
        }
        int[] components = [.. Enumerable.Range(0, size).Where(index => all.Any(point => !float.IsNaN(point[index])))];
        return (components, [.. all.SelectMany(point => components.Select(index => point[index]))]);
    }

    /// <summary>One to load into.</summary>
    public static VisitedPlane Empty(int size) => new(0, MapAxis.Between("", 0, 1), size - 1, MapAxis.Between("", 0, 1));

    /// <summary>Adds the steps of a batch, [N, O].</summary>
    public void Add(ReadOnlySpan<float> observations, int size)
    {
        for (var at = 0; at < observations.Length; at += size)
            if (FieldOf(observations.Slice(at, size)) is >= 0 and var field && visits[field]++ == 0)
                Visited++;
    }

    /// <summary>The field of an observation; −1 beyond the plane, and for what is no cell of a grid.</summary>
    /// <param name="observation">[O].</param>
    public int FieldOf(ReadOnlySpan<float> observation)
    {
        if (fields is var (components, points))
            return Nearest(observation, components, points);
        if (cells is not null)
            return cells.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(Bits(observation), out var place) ? place : -1;
        var (column, row) = (Along(X, observation[first]), Along(Y, observation[second]));
        return column < 0 || row < 0 ? -1 : row * X.Centres.Count + column;
    }

    /// <summary>Writes everything.</summary>
    public void Save(CheckpointWriter writer)
    {
        writer.Write<long>(visits);
        if (Map is not null)
            return;
        writer.Write(first);
        writer.Write(second);
        foreach (var axis in new[] { X, Y })
        {
            writer.Write(axis.Label);
            foreach (var centre in axis.Centres)
                writer.Write(centre);
        }
    }

    /// <summary>Restores what <see cref="Save"/> wrote.</summary>
    public void Load(CheckpointReader reader)
    {
        reader.ReadInto<long>(visits);
        Visited = visits.Count(count => count > 0);
        if (Map is not null)
            return;
        (first, second) = (reader.ReadInt32(), reader.ReadInt32());
        (X, Y) = (Axis(), Axis());

        MapAxis Axis() => new(reader.ReadString(), [.. Enumerable.Range(0, MapAxis.Fields).Select(_ => reader.ReadDouble())]);
    }

    // Distances in the observation's own units: a map chooses components of like size. Fields where nobody can be are never nearest.
    private static int Nearest(ReadOnlySpan<float> observation, int[] components, float[] points)
    {
        var (nearest, least) = (0, float.PositiveInfinity);
        for (int place = 0, at = 0; at < points.Length; place++, at += components.Length)
        {
            var distance = 0f;
            for (var index = 0; index < components.Length; index++)
            {
                var difference = observation[components[index]] - points[at + index];
                distance += difference * difference;
            }
            if (distance < least)
                (nearest, least) = (place, distance);
        }
        return nearest;
    }

    private static int Along(MapAxis axis, double value)
    {
        var field = (int)Math.Clamp(Math.Round((value - axis.Centres[0]) / (axis.Centres[1] - axis.Centres[0])), -1, axis.Centres.Count);
        return field < axis.Centres.Count ? field : -1;
    }

    private static ReadOnlySpan<char> Bits(ReadOnlySpan<float> observation) => MemoryMarshal.Cast<float, char>(observation);
}
