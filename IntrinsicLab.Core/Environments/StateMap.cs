namespace IntrinsicLab.Core.Environments;

/// <summary>
/// A plane through the states of a world: two quantities, and what is observed where they have certain values. Rewards and values are drawn
/// over it.
/// </summary>
/// <param name="X">What runs to the right.</param>
/// <param name="Y">What runs up, or, on a <see cref="Grid"/>, down.</param>
/// <param name="Observe">What is observed there.</param>
public sealed record StateMap(MapAxis X, MapAxis Y, ObserveAt Observe)
{
    /// <summary>What tells it from the world's other maps, as in "with the key"; empty where there is one.</summary>
    public string Name { get; init; } = "";

    /// <summary>A map of cells: squares, the first row at the top.</summary>
    public bool Grid { get; init; }

    /// <summary>Where something is that the map is read by, such as the goal: name, x, y.</summary>
    public IReadOnlyList<(string Name, double X, double Y)> Places { get; init; } = [];

    /// <summary>Which components of the observation its axes are; null where they are none.</summary>
    public (int X, int Y)? Components { get; init; }

    /// <summary>A map of two components of the observation.</summary>
    /// <param name="first">Index of the one that runs to the right.</param>
    /// <param name="x">Its axis.</param>
    /// <param name="second">Index of the other.</param>
    /// <param name="y">Its axis.</param>
    public static StateMap Plane(int first, MapAxis x, int second, MapAxis y) => new(x, y, (across, up, _, observation) =>
    {
        (observation[first], observation[second]) = ((float)across, (float)up);
        return true;
    })
    { Components = (first, second) };

    /// <summary>A map of cells, row 0 at the top.</summary>
    /// <param name="rows">Rows.</param>
    /// <param name="columns">Columns.</param>
    /// <param name="observe">Writes what is observed in a cell; false for a wall.</param>
    public static StateMap Cells(int rows, int columns, ObserveCell observe) => new(
        MapAxis.Of("column", columns), MapAxis.Of("row", rows),
        (column, row, _, observation) => observe((int)row, (int)column, observation))
    { Grid = true };
}

/// <summary>One axis of a <see cref="StateMap"/>.</summary>
/// <param name="Label">What runs along it, with its unit.</param>
/// <param name="Centres">Where it is looked at, rising.</param>
public sealed record MapAxis(string Label, IReadOnlyList<double> Centres)
{
    /// <summary>Fields along an axis of real numbers.</summary>
    public const int Fields = 41;

    /// <summary>The axis from one number to another, cut into equal fields.</summary>
    /// <param name="label">What runs along it, with its unit.</param>
    /// <param name="low">Lower end.</param>
    /// <param name="high">Upper end.</param>
    public static MapAxis Between(string label, double low, double high) =>
        new(label, [.. Enumerable.Range(0, Fields).Select(field => low + (high - low) * (field + 0.5) / Fields)]);

    /// <summary>The whole numbers from 0 on.</summary>
    /// <param name="label">What runs along it.</param>
    /// <param name="count">How many.</param>
    public static MapAxis Of(string label, int count) => new(label, [.. Enumerable.Range(0, count).Select(number => (double)number)]);
}

/// <summary>Writes what is observed at a place of a <see cref="StateMap"/>; components that the place does not determine are left as they are.</summary>
/// <param name="x">Along the first axis.</param>
/// <param name="y">Along the second.</param>
/// <param name="stepsAgo">How many steps before being there, for learners that see the last few observations; what does not move is as it is.</param>
/// <param name="observation">Receives it, raw.</param>
/// <returns>False where nothing can be observed: in a wall, or before an episode's start.</returns>
public delegate bool ObserveAt(double x, double y, int stepsAgo, Span<float> observation);

/// <summary>Writes what is observed in a cell.</summary>
/// <param name="row">From the top.</param>
/// <param name="column">From the left.</param>
/// <param name="observation">Receives it, raw.</param>
/// <returns>False for a cell where nobody can be.</returns>
public delegate bool ObserveCell(int row, int column, Span<float> observation);
