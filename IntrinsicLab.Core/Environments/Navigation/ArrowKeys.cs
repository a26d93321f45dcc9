namespace IntrinsicLab.Core.Environments.Navigation;

/// <summary>How people steer a point with the arrow keys.</summary>
internal static class ArrowKeys
{
    /// <summary>Motions along x and y; none while no key is held.</summary>
    internal static Keyboard Motions { get; } = new(
        [
            new("ArrowUp", [0, 1], "Up"), new("ArrowDown", [0, -1], "Down"), new("ArrowLeft", [-1, 0], "Left"),
            new("ArrowRight", [1, 0], "Right"),
        ],
        [0, 0]);

    /// <summary>The actions up, down, left, right and, on the space bar, stay; the world waits for them.</summary>
    internal static Keyboard Moves { get; } = new(
        [
            new("ArrowUp", [0], "Up"), new("ArrowDown", [1], "Down"), new("ArrowLeft", [2], "Left"), new("ArrowRight", [3], "Right"),
            new(" ", [4], "Stay"),
        ],
        null);
}
