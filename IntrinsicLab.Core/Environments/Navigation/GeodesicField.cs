namespace IntrinsicLab.Core.Environments.Navigation;

/// <summary>
/// Length of the shortest way round the walls of a map to one point. Exact where the point is in sight; elsewhere a way of straight parts
/// that turns at cells of a grid near the corners (Theta*, Nash, Daniel, Koenig and Felner 2007), a few per cent longer than the shortest.
/// </summary>
public sealed class GeodesicField
{
    private readonly GeodesicGrid grid;
    private readonly GeodesicGrid.Turn[] turns;
    private readonly double goalX, goalY;

    internal GeodesicField(GeodesicGrid grid, GeodesicGrid.Turn[] turns, double goalX, double goalY)
    {
        this.grid = grid;
        this.turns = turns;
        (this.goalX, this.goalY) = (goalX, goalY);
    }

    /// <summary>Length of the shortest way from a point; infinite from where no way leads.</summary>
    public double From(double x, double y) =>
        grid.Map.Sees(x, y, goalX, goalY) ? Math.Sqrt((x - goalX) * (x - goalX) + (y - goalY) * (y - goalY)) : grid.Shortest(turns, x, y);
}

/// <summary>The free cells of a map and which of them join: made once per map.</summary>
internal sealed class GeodesicGrid
{
    private static readonly (int Columns, int Rows)[] Directions = [(1, 0), (0, 1), (-1, 0), (0, -1), (1, 1), (-1, 1), (-1, -1), (1, -1)];

    private readonly int columns, rows;
    private readonly double side;
    private readonly bool[] free;
    private readonly byte[] joined;

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
        joined = new byte[columns * rows];
        for (var cell = 0; cell < free.Length; cell++)
            free[cell] = map.IsFree(X(cell), Y(cell));
        for (var cell = 0; cell < free.Length; cell++)
            for (var direction = 0; direction < Directions.Length; direction++)
                if (free[cell] && Neighbour(cell, direction) is >= 0 and var other && free[other] && map.Sees(X(cell), Y(cell), X(other), Y(other)))
                    joined[cell] |= (byte)(1 << direction);
    }

    /// <summary>The map.</summary>
    internal NavigationMap Map { get; }

    /// <summary>Dijkstra's algorithm from all cells that see the goal.</summary>
    internal GeodesicField DistancesTo(double x, double y)
    {
        var distances = new double[free.Length];
        var turns = new Turn[free.Length];
        Array.Fill(distances, double.PositiveInfinity);
        Array.Fill(turns, new Turn(0, 0, double.PositiveInfinity));
        var queue = new PriorityQueue<int, double>();
        for (var cell = 0; cell < free.Length; cell++)
            if (free[cell] && Map.Sees(X(cell), Y(cell), x, y))
            {
                turns[cell] = new Turn(x, y, 0);
                distances[cell] = turns[cell].From(X(cell), Y(cell));
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
                var other = Neighbour(cell, direction);
                var turn = turns[cell];
                if (turn.From(X(other), Y(other)) >= distances[other])
                    continue;
                if (!Map.Sees(turn.X, turn.Y, X(other), Y(other)))
                    turn = new Turn(X(cell), Y(cell), distance);
                var length = turn.From(X(other), Y(other));
                if (length >= distances[other])
                    continue;
                (distances[other], turns[other]) = (length, turn);
                queue.Enqueue(other, length);
            }
        }
        return new GeodesicField(this, turns, x, y);
    }

    /// <summary>Shortest way through one of the cells around a point that it sees.</summary>
    internal double Shortest(Turn[] turns, double x, double y)
    {
        var shortest = double.PositiveInfinity;
        var (column, row) = ((int)Math.Floor((x - Map.Bounds.Left) / side), (int)Math.Floor((y - Map.Bounds.Bottom) / side));
        for (var up = Math.Max(0, row - 1); up <= Math.Min(rows - 1, row + 1); up++)
            for (var right = Math.Max(0, column - 1); right <= Math.Min(columns - 1, column + 1); right++)
            {
                var cell = up * columns + right;
                if (!free[cell] || !Map.Sees(x, y, X(cell), Y(cell)))
                    continue;
                var turn = turns[cell];
                if (!Map.Sees(x, y, turn.X, turn.Y))
                    turn = new Turn(X(cell), Y(cell), turn.From(X(cell), Y(cell)));
                shortest = Math.Min(shortest, turn.From(x, y));
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

    /// <summary>A point at which a way turns, the length that is left from there, and the way to it from elsewhere.</summary>
    internal readonly record struct Turn(double X, double Y, double Left)
    {
        /// <summary>Length of the way from a point that sees it.</summary>
        internal double From(double x, double y) => Left + Math.Sqrt((X - x) * (X - x) + (Y - y) * (Y - y));
    }
}
