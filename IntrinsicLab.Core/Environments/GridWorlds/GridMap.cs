namespace IntrinsicLab.Core.Environments.GridWorlds;

/// <summary>
/// Rows × columns of cells, some of them walls; what lies outside is wall. Cell = row · Columns + column, row 0 at the top.
/// </summary>
public sealed class GridMap
{
    /// <summary>Most rows, and most columns, a map can have.</summary>
    public const int LargestExtent = 64;

    private readonly bool[] walls;

    /// <summary>A map with these walls.</summary>
    /// <param name="rows">Rows, from 1 to <see cref="LargestExtent"/>.</param>
    /// <param name="columns">Columns, likewise.</param>
    /// <param name="walls">Cells that are wall; those outside the map are left out.</param>
    public GridMap(int rows, int columns, params IEnumerable<(int Row, int Column)> walls)
        : this(rows, columns, new bool[Math.Max(0, rows) * Math.Max(0, columns)])
    {
        foreach (var (row, column) in walls)
            if (row < rows && column < columns)
                this.walls[row * columns + column] = true;
        FreeCells = Free();
    }

    private GridMap(int rows, int columns, bool[] walls)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rows);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(columns);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rows, LargestExtent);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(columns, LargestExtent);
        (Rows, Columns, this.walls) = (rows, columns, walls);
        FreeCells = Free();
    }

    /// <summary>Number of rows.</summary>
    public int Rows { get; }

    /// <summary>Number of columns.</summary>
    public int Columns { get; }

    /// <summary>Number of cells, walls included.</summary>
    public int Cells => walls.Length;

    /// <summary>The cells that are not wall, ascending.</summary>
    public IReadOnlyList<int> FreeCells { get; private set; }

    /// <summary>Reads <c>#</c> (wall) and <c>.</c> (free), rows from the top, separated by <c>/</c>.</summary>
    /// <param name="map">For example <c>.../.#./...</c>.</param>
    /// <param name="environment">Id that faults are reported under.</param>
    /// <exception cref="ArgumentException">The text is no map; the message says where.</exception>
    public static GridMap Parse(string map, string environment)
    {
        var rows = map.Split('/');
        if (rows.Length > LargestExtent || rows[0].Length > LargestExtent)
            throw new ArgumentException(
                $"{environment}: the map has {rows.Length} rows of {rows[0].Length} cells; the most is {LargestExtent} of each.", nameof(map));
        for (var row = 0; row < rows.Length; row++)
        {
            if (rows[row].Length == 0)
                throw new ArgumentException($"{environment}: row {row + 1} of the map is empty.", nameof(map));
            if (rows[row].Length != rows[0].Length)
                throw new ArgumentException(
                    $"{environment}: row {row + 1} of the map has {rows[row].Length} cells where row 1 has {rows[0].Length}.", nameof(map));
            if (rows[row].FirstOrDefault(cell => cell is not ('#' or '.')) is var other and not '\0')
                throw new ArgumentException(
                    $"{environment}: row {row + 1} of the map has a '{other}'; cells are '#' for wall and '.' for free.", nameof(map));
        }
        var read = new GridMap(rows.Length, rows[0].Length, rows.SelectMany(row => row.Select(cell => cell == '#')).ToArray());
        return read.FreeCells.Count > 0 ? read : throw new ArgumentException($"{environment}: the map has no free cell.", nameof(map));
    }

    /// <summary>Whether a cell is wall.</summary>
    public bool IsWall(int cell) => walls[cell];

    /// <summary>The cell so many rows down and columns to the right, or −1 where that is wall.</summary>
    public int Neighbour(int cell, int rows, int columns)
    {
        var (row, column) = (cell / Columns + rows, cell % Columns + columns);
        if (row < 0 || row >= Rows || column < 0 || column >= Columns)
            return -1;
        var other = row * Columns + column;
        return walls[other] ? -1 : other;
    }

    /// <summary>The map as <see cref="Parse"/> reads it.</summary>
    public override string ToString() =>
        string.Join('/', walls.Chunk(Columns).Select(row => string.Concat(row.Select(wall => wall ? '#' : '.'))));

    private List<int> Free() => [.. Enumerable.Range(0, walls.Length).Where(cell => !walls[cell])];
}
