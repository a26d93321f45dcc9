namespace IntrinsicLab.Core.Environments.Navigation;

/// <summary>
/// Length of the shortest way round the walls of a map to one point: a way of straight parts that turns at the ends and corners of walls, 0.001
/// off them, and hence longer than the shortest by about that much per turn.
/// </summary>
public sealed class GeodesicField
{
    private readonly VisibilityGraph graph;
    private readonly double[] left;
    private readonly double goalX, goalY;

    internal GeodesicField(VisibilityGraph graph, double[] left, double goalX, double goalY)
    {
        this.graph = graph;
        this.left = left;
        (this.goalX, this.goalY) = (goalX, goalY);
    }

    /// <summary>Length of the shortest way from a point; infinite from where no way leads.</summary>
    public double From(double x, double y) => graph.Map.Sees(x, y, goalX, goalY)
        ? VisibilityGraph.Distance((x, y), (goalX, goalY))
        : graph.Shortest(left, x, y);
}

/// <summary>The points of a map at which shortest ways turn, and the lengths of the ways between them: made once per map.</summary>
internal sealed class VisibilityGraph
{
    private const double OffTheWall = 0.001;

    private readonly (double X, double Y)[] turns;
    private readonly double[,] lengths;

    /// <summary>Finds the turns: the four points around each end of a wall, as far as they are free.</summary>
    internal VisibilityGraph(NavigationMap map)
    {
        Map = map;
        turns =
        [
            .. map.Walls.SelectMany(wall => ((double X, double Y)[])[(wall.FromX, wall.FromY), (wall.ToX, wall.ToY)]).Distinct()
                .SelectMany(end => ((int X, int Y)[])[(1, 1), (-1, 1), (-1, -1), (1, -1)],
                    (end, side) => (X: end.X + OffTheWall * side.X, Y: end.Y + OffTheWall * side.Y))
                .Where(turn => map.IsFree(turn.X, turn.Y)),
        ];
        lengths = new double[turns.Length, turns.Length];
        for (var from = 0; from < turns.Length; from++)
            for (var to = 0; to < turns.Length; to++)
                lengths[from, to] = Sees(turns[from], turns[to]) ? Distance(turns[from], turns[to]) : double.PositiveInfinity;
        // Floyd 1962: ways over ever more turns.
        for (var over = 0; over < turns.Length; over++)
            for (var from = 0; from < turns.Length; from++)
                for (var to = 0; to < turns.Length; to++)
                    lengths[from, to] = Math.Min(lengths[from, to], lengths[from, over] + lengths[over, to]);
    }

    /// <summary>The map.</summary>
    internal NavigationMap Map { get; }

    /// <summary>Ways to a point from each turn.</summary>
    internal GeodesicField DistancesTo(double x, double y)
    {
        var left = new double[turns.Length];
        Array.Fill(left, double.PositiveInfinity);
        for (var last = 0; last < turns.Length; last++)
            if (Sees(turns[last], (x, y)))
                for (var from = 0; from < turns.Length; from++)
                    left[from] = Math.Min(left[from], lengths[from, last] + Distance(turns[last], (x, y)));
        return new GeodesicField(this, left, x, y);
    }

    /// <summary>Shortest way over one of the turns that a point sees.</summary>
    internal double Shortest(double[] left, double x, double y)
    {
        var shortest = double.PositiveInfinity;
        for (var first = 0; first < turns.Length; first++)
            if (left[first] + Distance((x, y), turns[first]) is var length && length < shortest && Sees((x, y), turns[first]))
                shortest = length;
        return shortest;
    }

    /// <summary>Euclidean distance.</summary>
    internal static double Distance((double X, double Y) from, (double X, double Y) to) =>
        Math.Sqrt((from.X - to.X) * (from.X - to.X) + (from.Y - to.Y) * (from.Y - to.Y));

    private bool Sees((double X, double Y) from, (double X, double Y) to) => Map.Sees(from.X, from.Y, to.X, to.Y);
}
