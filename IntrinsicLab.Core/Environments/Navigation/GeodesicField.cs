namespace IntrinsicLab.Core.Environments.Navigation;

/// <summary>
/// Length of the shortest way round the walls of a map to one point. Exact where the point is in sight; elsewhere the shortest path over a
/// grid of sixteen directions, at most 3 % too long between corners.
/// </summary>
public sealed class GeodesicField
{
    private readonly GeodesicGrid grid;
    private readonly double[] distances;
    private readonly double goalX, goalY;

    internal GeodesicField(GeodesicGrid grid, double[] distances, double goalX, double goalY)
    {
        this.grid = grid;
        this.distances = distances;
        (this.goalX, this.goalY) = (goalX, goalY);
    }

    /// <summary>Length of the shortest way from a point; infinite from where no way leads.</summary>
    public double From(double x, double y) =>
        grid.Map.Sees(x, y, goalX, goalY) ? Math.Sqrt((x - goalX) * (x - goalX) + (y - goalY) * (y - goalY)) : grid.Shortest(distances, x, y);
}

/// <summary>The free cells of a map and which of them join: made once per map.</summary>
internal sealed class GeodesicGrid
{
    private static readonly (int Columns, int Rows)[] Directions =
    [
        (1, 0), (0, 1), (-1, 0), (0, -1), (1, 1), (-1, 1), (-1, -1), (1, -1), (2, 1), (1, 2), (-1, 2), (-2, 1), (-2, -1), (-1, -2), (1, -2), (2, -1),
    ];

    private readonly int columns, rows;
    private readonly double side;
    private readonly bool[] free;
    private readonly ushort[] joined;

    /// <summary>Lays a grid over a map.</summary>
    /// <param name="map">The map.</param>
    /// <param name="cellsPerUnit">Cells along a unit; their edges should fall on the walls.</param>
    internal GeodesicGrid(NavigationMap map, int cellsPerUnit)
    {
        Map = map;
        side = 1.0 / cellsPerUnit;
        columns = (int)Math.Round((map.Bounds.Right - map.Bounds.Left) / side);
        rows = (int)Math.Round((map.Bounds.Top - map.Bounds.Bottom) / side);
        free = new bool[columns * rows];
        joined = new ushort[columns * rows];
        for (var cell = 0; cell < free.Length; cell++)
            free[cell] = map.IsFree(X(cell), Y(cell));
        for (var cell = 0; cell < free.Length; cell++)
            for (var direction = 0; direction < Directions.Length; direction++)
                if (free[cell] && Neighbour(cell, direction) is >= 0 and var other && free[other] && map.Sees(X(cell), Y(cell), X(other), Y(other)))
                    joined[cell] |= (ushort)(1 << direction);
    }

    /// <summary>The map.</summary>
    internal NavigationMap Map { get; }

    /// <summary>Dijkstra's algorithm from all cells that see the goal.</summary>
    internal GeodesicField DistancesTo(double x, double y)
    {
        var distances = new double[free.Length];
        Array.Fill(distances, double.PositiveInfinity);
        var queue = new PriorityQueue<int, double>();
        for (var cell = 0; cell < free.Length; cell++)
            if (free[cell] && Map.Sees(X(cell), Y(cell), x, y))
            {
                distances[cell] = Distance(cell, x, y);
                queue.Enqueue(cell, distances[cell]);
            }
        while (queue.TryDequeue(out var cell, out var distance))
        {
            if (distance > distances[cell])
                continue;
            for (var direction = 0; direction < Directions.Length; direction++)
            {
                if ((joined[cell] & (1 << direction)) == 0)
                    continue;
                var (right, up) = Directions[direction];
                var (other, longer) = (Neighbour(cell, direction), distance + side * Math.Sqrt(right * right + up * up));
                if (longer >= distances[other])
                    continue;
                distances[other] = longer;
                queue.Enqueue(other, longer);
            }
        }
        return new GeodesicField(this, distances, x, y);
    }

    /// <summary>Shortest way through one of the cells around a point that it sees.</summary>
    internal double Shortest(double[] distances, double x, double y)
    {
        var shortest = double.PositiveInfinity;
        var (column, row) = ((int)Math.Floor((x - Map.Bounds.Left) / side), (int)Math.Floor((y - Map.Bounds.Bottom) / side));
        for (var up = Math.Max(0, row - 1); up <= Math.Min(rows - 1, row + 1); up++)
            for (var right = Math.Max(0, column - 1); right <= Math.Min(columns - 1, column + 1); right++)
            {
                var cell = up * columns + right;
                if (free[cell] && Map.Sees(x, y, X(cell), Y(cell)))
                    shortest = Math.Min(shortest, distances[cell] + Distance(cell, x, y));
            }
        return shortest;
    }

    private int Neighbour(int cell, int direction)
    {
        var (column, row) = (cell % columns + Directions[direction].Columns, cell / columns + Directions[direction].Rows);
        return column >= 0 && column < columns && row >= 0 && row < rows ? row * columns + column : -1;
    }

    private double X(int cell) => Map.Bounds.Left + (cell % columns + 0.5) * side;

    private double Y(int cell) => Map.Bounds.Bottom + (cell / columns + 0.5) * side;

    private double Distance(int cell, double x, double y) => Math.Sqrt((X(cell) - x) * (X(cell) - x) + (Y(cell) - y) * (Y(cell) - y));
}
