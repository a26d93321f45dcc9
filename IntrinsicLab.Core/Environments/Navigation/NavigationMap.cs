namespace IntrinsicLab.Core.Environments.Navigation;

/// <summary>A straight wall parallel to an axis, from its lower or left end to the other.</summary>
/// <param name="FromX">x of the first end.</param>
/// <param name="FromY">y of the first end.</param>
/// <param name="ToX">x of the second end, not less than the first's.</param>
/// <param name="ToY">y of the second end, not less than the first's.</param>
public readonly record struct Wall(double FromX, double FromY, double ToX, double ToY)
{
    /// <summary>Whether it runs along y.</summary>
    public bool Vertical => FromX == ToX;
}

/// <summary>An axis-parallel rectangle.</summary>
/// <param name="Left">Least x.</param>
/// <param name="Bottom">Least y.</param>
/// <param name="Right">Greatest x.</param>
/// <param name="Top">Greatest y.</param>
public readonly record struct Region(double Left, double Bottom, double Right, double Top)
{
    /// <summary>Whether the point lies in it, its edge included.</summary>
    public bool Contains(double x, double y) => x >= Left && x <= Right && y >= Bottom && y <= Top;
}

/// <summary>
/// Where a point can be and what stops it: the walled fields of the square [−1, 1]² and mazes of unit cells. Maps never change.
/// </summary>
public sealed class NavigationMap
{
    private const double Gap = 0.001;
    private const double LeastRepulsion = 0.0001;
    private const double GreatestRepulsion = 0.01;
    private const int MostSlides = 3;
    private const double Rounding = 1e-9;

    private readonly Lazy<VisibilityGraph> graph;

    private NavigationMap(
        string name, Region[] free, Region[] hard, Wall[] walls, (double X, double Y) start, int timeLimit)
    {
        Name = name;
        Free = free;
        Hard = hard;
        Walls = walls;
        Start = start;
        TimeLimit = timeLimit;
        var (left, bottom) = (free.Min(part => part.Left), free.Min(part => part.Bottom));
        Bounds = new Region(left, bottom, free.Max(part => part.Right), free.Max(part => part.Top));
        graph = new Lazy<VisibilityGraph>(() => new VisibilityGraph(this));
    }

    /// <summary>The square without walls.</summary>
    public static NavigationMap Open { get; } = Field("open", (0, 0), 20, []);

    /// <summary>A wall from the left edge to the middle; the start is below it.</summary>
    public static NavigationMap Shelf { get; } = Field("shelf", (-0.5, -0.4), 30, [new(-1, 0.1, -0.1, 1)], new Wall(-1, 0, 0, 0));

    /// <summary>A wall from the left edge that leaves a quarter open; the start is in the corner below it.</summary>
    public static NavigationMap LongShelf { get; } = Field("long-shelf", (-0.6, -0.6), 40, [new(-1, 0, 0.4, 1)], new Wall(-1, 0, 0.5, 0));

    /// <summary>A cup upside down over the start.</summary>
    public static NavigationMap Cup { get; } = Field("cup", (0, 0), 40, [new(-0.5, 0.3, 0.5, 1)],
        new Wall(-0.5, 0.3, 0.5, 0.3), new Wall(-0.5, -0.4, -0.5, 0.3), new Wall(0.5, -0.4, 0.5, 0.3));

    /// <summary>A winding corridor along three sides of a square, with a dead end inside.</summary>
    public static NavigationMap SquareA { get; } = Maze("square-a",
        [.. Line(0, 0, 0, -4), .. Line(1, -4, 4, -4), .. Line(4, -3, 4, 0), .. Line(1, -2, 2, -2), .. Line(2, -1, 2, 0)],
        [(4, -1), (4, 0)]);

    /// <summary>A corridor that forks twice, with four ends.</summary>
    public static NavigationMap Tree { get; } = Maze("tree",
        [
            .. Line(0, 0, 0, -1), .. Line(-4, -2, 4, -2), (-4, -3), (4, -3), .. Line(-6, -4, -2, -4), .. Line(2, -4, 6, -4),
            .. Line(-6, -5, -6, -6), .. Line(-2, -5, -2, -6), .. Line(2, -5, 2, -6), .. Line(6, -5, 6, -6),
        ],
        [(-6, -6), (-2, -6), (2, -6), (6, -6)]);

    /// <summary>A straight corridor, five cells to each side of the start.</summary>
    public static NavigationMap Corridor { get; } = Maze("corridor", Line(-5, 0, 5, 0), [(-5, 0), (5, 0)]);

    /// <summary>Name as parameters have it.</summary>
    public string Name { get; }

    /// <summary>Rectangle around all of it.</summary>
    public Region Bounds { get; }

    /// <summary>The rectangles that together are free: the field, or a maze's cells.</summary>
    public IReadOnlyList<Region> Free { get; }

    /// <summary>The rectangles of equal size in which goals are hard; empty where none is.</summary>
    public IReadOnlyList<Region> Hard { get; }

    /// <summary>What stops a point, besides the edge of a field.</summary>
    public IReadOnlyList<Wall> Walls { get; }

    /// <summary>Where episodes begin.</summary>
    public (double X, double Y) Start { get; }

    /// <summary>Steps that are enough to reach every goal.</summary>
    public int TimeLimit { get; }

    /// <summary>Whether a point can be there.</summary>
    public bool IsFree(double x, double y)
    {
        foreach (var part in Free)
            if (part.Contains(x, y))
                return true;
        return false;
    }

    /// <summary>Whether the straight way between two points touches no wall.</summary>
    public bool Sees(double fromX, double fromY, double toX, double toY)
    {
        foreach (var wall in Walls)
            if (Meets(wall, fromX, fromY, toX - fromX, toY - fromY) <= 1)
                return false;
        return true;
    }

    /// <summary>
    /// Moves a point of a field: along x, then along y, each held by the field's edge and stopped 0.001 before a wall.
    /// </summary>
    public (double X, double Y) Move(double x, double y, double alongX, double alongY)
    {
        var newX = Math.Clamp(x + alongX, Bounds.Left, Bounds.Right);
        foreach (var wall in Walls)
            if (wall.Vertical && y >= wall.FromY && y <= wall.ToY)
                newX = Stopped(x, newX, wall.FromX);
        var newY = Math.Clamp(y + alongY, Bounds.Bottom, Bounds.Top);
        foreach (var wall in Walls)
            if (!wall.Vertical && newX >= wall.FromX && newX <= wall.ToX)
                newY = Stopped(y, newY, wall.FromY);
        return (newX, newY);
    }

    /// <summary>
    /// Moves a point of a maze in a straight line; a wall takes only what is perpendicular to it, throws the point back by at most 0.01,
    /// and the rest of the motion goes on along it, at the third wall not at all.
    /// </summary>
    public (double X, double Y) Slide(double x, double y, double alongX, double alongY, Rng rng)
    {
        for (var slide = 0; slide < MostSlides; slide++)
        {
            var (first, hit) = (double.PositiveInfinity, default(Wall));
            foreach (var wall in Walls)
                if (Meets(wall, x, y, alongX, alongY) is var share && share < first)
                    (first, hit) = (share, wall);
            if (first > 1)
                return (x + alongX, y + alongY);
            (x, y) = (x + first * alongX, y + first * alongY);
            var repulsion = rng.NextDouble(LeastRepulsion, GreatestRepulsion);
            if (hit.Vertical)
                (x, alongX, alongY) = (hit.FromX - Math.Sign(alongX) * repulsion, 0.0, (1 - first) * alongY);
            else
                (y, alongX, alongY) = (hit.FromY - Math.Sign(alongY) * repulsion, (1 - first) * alongX, 0.0);
        }
        return (x, y);
    }

    /// <summary>Draws a point uniformly over rectangles of equal size, away from their edges.</summary>
    /// <param name="regions"><see cref="Free"/> or <see cref="Hard"/>.</param>
    /// <param name="margin">Distance kept from the edges.</param>
    /// <param name="rng">Where it is drawn from.</param>
    public static (double X, double Y) Draw(IReadOnlyList<Region> regions, double margin, Rng rng)
    {
        var region = regions[rng.NextInt(regions.Count)];
        return (rng.NextDouble(region.Left + margin, region.Right - margin), rng.NextDouble(region.Bottom + margin, region.Top - margin));
    }

    /// <summary>Lengths of the shortest ways to a point from everywhere.</summary>
    public GeodesicField DistancesTo(double x, double y) => graph.Value.DistancesTo(x, y);

    // Share of the motion after which it meets the wall; infinite where it does not. Ends are a little longer than drawn, so that rounding
    // opens no gap between two walls that join.
    private static double Meets(Wall wall, double x, double y, double alongX, double alongY)
    {
        var (towards, distance) = wall.Vertical ? (alongX, wall.FromX - x) : (alongY, wall.FromY - y);
        if (towards == 0.0)
            return double.PositiveInfinity;
        var share = distance / towards;
        if (!(share >= 0 && share <= 1))
            return double.PositiveInfinity;
        var (at, low, high) = wall.Vertical ? (y + share * alongY, wall.FromY, wall.ToY) : (x + share * alongX, wall.FromX, wall.ToX);
        return at >= low - Rounding && at <= high + Rounding ? share : double.PositiveInfinity;
    }

    private static double Stopped(double from, double to, double wall) =>
        to != from && (from - wall) * (to - wall) <= 0 ? wall - Gap * Math.Sign(to - from) : to;

    private static NavigationMap Field(string name, (double X, double Y) start, int timeLimit, Region[] hard, params Wall[] walls) =>
        new(name, [new(-1, -1, 1, 1)], hard, walls, start, timeLimit);

    private static NavigationMap Maze(string name, (int X, int Y)[] cells, (int X, int Y)[] ends)
    {
        var walls = new List<Wall>();
        foreach (var (x, y) in cells.OrderBy(cell => cell))
        {
            if (!cells.Contains((x - 1, y)))
                Add(new Wall(x - 0.5, y - 0.5, x - 0.5, y + 0.5));
            if (!cells.Contains((x + 1, y)))
                Add(new Wall(x + 0.5, y - 0.5, x + 0.5, y + 0.5));
            if (!cells.Contains((x, y - 1)))
                Add(new Wall(x - 0.5, y - 0.5, x + 0.5, y - 0.5));
            if (!cells.Contains((x, y + 1)))
                Add(new Wall(x - 0.5, y + 0.5, x + 0.5, y + 0.5));
        }
        return new(name, [.. cells.Select(Cell)], [.. ends.Select(Cell)], [.. walls], (0, 0), timeLimit: 50);

        // A side that continues a wall makes it longer.
        void Add(Wall side)
        {
            var index = walls.FindIndex(wall => wall.Vertical == side.Vertical && (wall.ToX, wall.ToY) == (side.FromX, side.FromY));
            if (index >= 0)
                walls[index] = walls[index] with { ToX = side.ToX, ToY = side.ToY };
            else
                walls.Add(side);
        }
    }

    private static Region Cell((int X, int Y) cell) => new(cell.X - 0.5, cell.Y - 0.5, cell.X + 0.5, cell.Y + 0.5);

    private static (int X, int Y)[] Line(int fromX, int fromY, int toX, int toY)
    {
        var (alongX, alongY) = (Math.Sign(toX - fromX), Math.Sign(toY - fromY));
        var steps = Math.Max(Math.Abs(toX - fromX), Math.Abs(toY - fromY));
        return [.. Enumerable.Range(0, steps + 1).Select(step => (fromX + step * alongX, fromY + step * alongY))];
    }
}
