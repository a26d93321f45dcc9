namespace IntrinsicLab.Core.Environments.GridWorlds;

/// <summary>What an agent in a grid can do.</summary>
public enum GridActionSet
{
    /// <summary>To one of the 8 neighbours or stay; the object on the new cell is collected by itself.</summary>
    NineMoves,

    /// <summary>The 9 moves, which collect nothing, then 9 actions that collect at one of the same 9 cells without moving.</summary>
    NineMovesAndCollect,

    /// <summary>Up, down, left, right or stay; the object on the new cell is collected by itself.</summary>
    FiveMoves,
}

/// <summary>The action sets as numbers, names and keys.</summary>
internal static class GridActions
{
    private static readonly (int Rows, int Columns, string Name, string Key)[] Nine =
    [
        (-1, -1, "up left", "q"), (-1, 0, "up", "ArrowUp"), (-1, 1, "up right", "e"),
        (0, -1, "left", "ArrowLeft"), (0, 0, "stay", " "), (0, 1, "right", "ArrowRight"),
        (1, -1, "down left", "z"), (1, 0, "down", "ArrowDown"), (1, 1, "down right", "c"),
    ];

    private static readonly (int Rows, int Columns, string Name, string Key)[] Five = [Nine[1], Nine[7], Nine[3], Nine[5], Nine[4]];

    // Keys that lie on the keyboard as the cells do around the agent.
    private const string CollectKeys = "tyughjbnm";

    /// <summary>How many actions there are.</summary>
    internal static int Count(GridActionSet set) => set switch { GridActionSet.FiveMoves => 5, GridActionSet.NineMoves => 9, _ => 18 };

    /// <summary>Where an action moves or reaches, in rows down and columns right, and whether it collects instead of moving.</summary>
    internal static (int Rows, int Columns, bool Collects) Offset(GridActionSet set, int action)
    {
        var (rows, columns, _, _) = set == GridActionSet.FiveMoves ? Five[action] : Nine[action % 9];
        return (rows, columns, action >= 9);
    }

    /// <summary>Every action with its name.</summary>
    internal static Discrete Space(GridActionSet set) => new(Count(set))
    {
        Names = [.. Enumerable.Range(0, Count(set)).Select(action => Name(set, action))],
    };

    /// <summary>Every action's key; the world waits for one.</summary>
    internal static Keyboard Keyboard(GridActionSet set) =>
        new([.. Enumerable.Range(0, Count(set)).Select(action => new KeyBinding(Key(set, action), [action], Name(set, action)))],
            Idle: null);

    private static string Key(GridActionSet set, int action) =>
        set == GridActionSet.FiveMoves ? Five[action].Key : action < 9 ? Nine[action].Key : CollectKeys[action - 9].ToString();

    private static string Name(GridActionSet set, int action)
    {
        if (action >= 9)
            return action == 13 ? "Collect here" : $"Collect {Nine[action - 9].Name}";
        var name = set == GridActionSet.FiveMoves ? Five[action].Name : Nine[action].Name;
        return char.ToUpperInvariant(name[0]) + name[1..];
    }
}
