using System.Globalization;

namespace IntrinsicLab.Core.Environments.GridWorlds;

/// <summary>Pictures of grids with objects, one unit per cell.</summary>
internal static class GridScene
{
    /// <summary>Walls, objects coloured by the sign of their reward (faded while absent), the agent.</summary>
    internal static Scene Draw(GridMap map, IEnumerable<(int Cell, double Reward, bool Present)> objects, int agent, string caption)
    {
        var (width, height) = ((double)map.Columns, (double)map.Rows);
        List<Shape> shapes = [];
        for (var column = 1; column < map.Columns; column++)
            shapes.Add(new Shape("line", [column, 0, column, height], "ground", 0.02) { Opacity = 0.35 });
        for (var row = 1; row < map.Rows; row++)
            shapes.Add(new Shape("line", [0, row, width, row], "ground", 0.02) { Opacity = 0.35 });
        var walls = Enumerable.Range(0, map.Cells).Where(map.IsWall).ToList();
        if (walls.Count > 0)
            shapes.Add(new Shape("cells", [.. walls.SelectMany(cell => Corner(map, cell))], "wall"));
        shapes.Add(new Shape("line", [0, 0, width, 0, width, height, 0, height, 0, 0], "wall", 0.08));
        foreach (var (cell, reward, present) in objects)
            shapes.AddRange(Item(map, cell, reward, present));
        var (x, y) = Centre(map, agent);
        shapes.Add(new Shape("circle", [x, y, x + 0.26, y], "agent"));
        shapes.Add(new Shape("circle", [x, y, x + 0.36, y], "agent", 0.06) { Opacity = 0.6 });
        return new Scene(width, height, shapes) { Caption = caption };
    }

    /// <summary>What the kinds of object do, such as "2 × +1, back 5 %".</summary>
    internal static string Describe(IEnumerable<GridObjectKind> kinds) => string.Join(" · ", kinds.GroupBy(kind => kind).Select(group =>
    {
        var (reward, termination, respawn) = group.Key;
        List<string> words = [group.Count() > 1 ? $"{group.Count()} × {Signed(reward)}" : Signed(reward)];
        if (termination > 0)
            words.Add($"ends {Percent(termination)}");
        if (respawn > 0)
            words.Add($"back {Percent(respawn)}");
        return string.Join(", ", words);
    }));

    private static IEnumerable<Shape> Item(GridMap map, int cell, double reward, bool present)
    {
        var (x, y) = Centre(map, cell);
        var tone = reward > 0 ? "goal" : "hazard";
        var opacity = present ? 1.0 : 0.25;
        yield return new Shape("circle", [x, y, x + 0.4, y], tone) { Opacity = 0.3 * opacity };
        yield return new Shape("circle", [x, y, x + 0.4, y], tone, 0.06) { Opacity = opacity };
        var label = Signed(reward);
        yield return new Shape("text", [x, y], tone, label.Length > 2 ? 0.2 : 0.32) { Label = label, Opacity = opacity };
    }

    private static (double X, double Y) Centre(GridMap map, int cell) => (cell % map.Columns + 0.5, map.Rows - cell / map.Columns - 0.5);

    private static double[] Corner(GridMap map, int cell) => [cell % map.Columns, map.Rows - cell / map.Columns - 1];

    private static string Signed(double reward) => reward.ToString("+0.##;−0.##;0", CultureInfo.InvariantCulture);

    private static string Percent(double probability) => string.Create(CultureInfo.InvariantCulture, $"{100 * probability:0.##} %");
}
