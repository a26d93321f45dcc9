namespace IntrinsicLab.Core.Environments.GridWorlds;

/// <summary>What collecting an object does.</summary>
/// <param name="Reward">Paid for it.</param>
/// <param name="Termination">Probability that the episode ends with it, ε_term.</param>
/// <param name="Respawn">Probability per later step that it comes back, ε_respawn.</param>
public readonly record struct GridObjectKind(double Reward, double Termination, double Respawn);

/// <summary>A grid before its objects are placed.</summary>
/// <param name="Map">Extent and walls.</param>
/// <param name="Objects">One entry per object.</param>
/// <param name="TimeLimit">Steps after which an episode is truncated.</param>
internal sealed record GridTemplate(GridMap Map, IReadOnlyList<GridObjectKind> Objects, int TimeLimit)
{
    private const string TwoRoomsAndDoors = "....#..../........./....#..../...###.../....#..../........./....#....";

    private const string FourRooms =
        ".........../.....#...../.....#...../.....#...../##.#####.##/.....#...../"
        + ".....#...../.........../.....#...../.....#...../.....#.....";

    /// <summary>The template of a configuration; where that is a distribution, one drawn from it.</summary>
    internal static GridTemplate Draw(GridConfiguration configuration, Rng rng) => configuration switch
    {
        GridConfiguration.Dense => new(new GridMap(11, 11), DenseObjects, 500),
        GridConfiguration.Sparse => new(new GridMap(13, 13), SparseObjects, 50),
        GridConfiguration.LongHorizon => new(new GridMap(11, 11), LongHorizonObjects, 1000),
        GridConfiguration.LongerHorizon =>
            new(GridMap.Parse(TwoRoomsAndDoors, "grid-tabular"), [.. Two(1, 0.1, 0.01), .. Many(5, new(-1, 0.8, 1))], 2000),
        GridConfiguration.LongDense => new(GridMap.Parse(FourRooms, "grid-tabular"), Many(4, new(1, 0, 0.005)), 2000),
        GridConfiguration.SmallDense => new(Small(rng), DenseObjects, 100),
        GridConfiguration.SmallSparse => new(Small(rng), SparseObjects, 30),
        GridConfiguration.SmallLongHorizon => new(Small(rng), LongHorizonObjects, 150),
        GridConfiguration.SmallLongerHorizon => new(Small(rng), [new(1, 0.1, 0.02), .. Many(3, new(-1, 0.8, 1))], 200),
        GridConfiguration.SmallLongDense => new(Small(rng), Many(4, new(1, 0, 0.005)), 200),
        GridConfiguration.MediumSparse => new(new GridMap(7 + rng.NextInt(4), 7 + rng.NextInt(4)), SparseObjects, 40),
        GridConfiguration.RandomLevel => RandomLevel(rng, (4, 10), walls: 15, objects: (1, 5), steps: (20, 750)),
        GridConfiguration.RandomLevelSmall => RandomLevel(rng, (4, 6), walls: 7, objects: (1, 3), steps: (20, 100)),
        GridConfiguration.RandomLevelMedium => RandomLevel(rng, (6, 8), walls: 10, objects: (2, 4), steps: (100, 250)),
        GridConfiguration.RandomLevelLarge => RandomLevel(rng, (8, 10), walls: 15, objects: (2, 5), steps: (250, 750)),
        _ => throw new ArgumentOutOfRangeException(nameof(configuration), configuration, "There is no such grid."),
    };

    /// <summary>The template of a grid whose objects move.</summary>
    internal static GridTemplate Of(GridRandomConfiguration configuration) => configuration switch
    {
        GridRandomConfiguration.Dense => new(new GridMap(11, 11), DenseObjects, 500),
        GridRandomConfiguration.LongHorizon => new(new GridMap(11, 11), LongHorizonObjects, 1000),
        GridRandomConfiguration.Small => new(new GridMap(5, 7, (1, 2), (3, 4)), [.. Two(1, 0, 0.05), .. Two(-1, 0.5, 0.1)], 500),
        GridRandomConfiguration.SmallSparse => new(new GridMap(5, 7), [new(1, 1, 1), .. Two(-1, 1, 1)], 50),
        GridRandomConfiguration.VeryDense => new(new GridMap(11, 11), [new(1, 0, 1)], 2000),
        _ => throw new ArgumentOutOfRangeException(nameof(configuration), configuration, "There is no such grid."),
    };

    private static GridObjectKind[] DenseObjects => [.. Two(1, 0, 0.05), new(-1, 0.5, 0.1), new(-1, 0, 0.5)];

    private static GridObjectKind[] SparseObjects => [new(1, 1, 0), new(-1, 1, 0)];

    private static GridObjectKind[] LongHorizonObjects => [.. Two(1, 0, 0.01), .. Two(-1, 0.5, 1)];

    private static GridObjectKind[] Two(double reward, double termination, double respawn) => Many(2, new(reward, termination, respawn));

    private static GridObjectKind[] Many(int count, GridObjectKind kind) => [.. Enumerable.Repeat(kind, count)];

    private static GridMap Small(Rng rng) => new(4 + rng.NextInt(3), 4 + rng.NextInt(3));

    // Walls are drawn from the index range of the largest size, so that a smaller level gets its share of them.
    private static GridTemplate RandomLevel(
        Rng rng, (int Low, int High) size, int walls, (int Low, int High) objects, (int Low, int High) steps)
    {
        var extent = size.Low + rng.NextInt(size.High - size.Low + 1);
        var kinds = new GridObjectKind[objects.Low + rng.NextInt(objects.High - objects.Low + 1)];
        for (var index = 0; index < kinds.Length; index++)
            kinds[index] = new(rng.NextDouble(index == 0 ? 0.0 : -1.0, 1.0), LogUniform(rng, 0.01, 1.0), LogUniform(rng, 0.001, 0.1));
        var limit = (int)Math.Round(LogUniform(rng, steps.Low, steps.High));
        var cells = Enumerable.Range(0, size.High * size.High).ToArray();
        GridMap map;
        do
        {
            rng.Shuffle<int>(cells);
            map = new GridMap(extent, extent, cells.Take(walls).Select(cell => (cell / size.High, cell % size.High)));
        }
        while (map.FreeCells.Count <= kinds.Length);
        return new(map, kinds, limit);
    }

    private static double LogUniform(Rng rng, double low, double high) => low * Math.Pow(high / low, rng.NextDouble());
}
