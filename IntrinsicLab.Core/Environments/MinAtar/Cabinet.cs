using System.Numerics;

namespace IntrinsicLab.Core.Environments.MinAtar;

/// <summary>Which of the six actions a MinAtar game offers.</summary>
public enum ActionSet
{
    /// <summary>Those that do something in the game (ids ending in -v1 in Gymnasium).</summary>
    Minimal,

    /// <summary>All six in every game: none, left, up, right, down, fire (ids ending in -v0 in Gymnasium).</summary>
    Full,
}

/// <summary>The six actions of the MinAtar games under their published numbers.</summary>
internal enum GameAction
{
    None,
    Left,
    Up,
    Right,
    Down,
    Fire,
}

/// <summary>Where a game's chance comes from: the generator given to the environment, or, in tests, a recording.</summary>
internal class Draws
{
    public Rng? Rng { get; set; }

    /// <summary>Uniform in [0, 1).</summary>
    public virtual double Uniform() => Rng!.NextDouble();

    /// <summary>Uniform over 0 … <paramref name="count"/> − 1.</summary>
    public virtual int Integer(int count) => Rng!.NextInt(count);
}

/// <summary>What the five MinAtar games have in common: the joystick with its sticky contact, and the screen of 10 × 10 cells.</summary>
/// <param name="stickiness">Probability that the action executed last is executed again in place of the wanted one.</param>
/// <param name="set">Which actions are offered.</param>
/// <param name="known">The actions that do something in this game, none included, in the order of their numbers.</param>
internal sealed class Cabinet(double stickiness, ActionSet set, params GameAction[] known)
{
    public const int Side = 10;

    // There and back, so that one line draws all; the turns lie under the frame.
    private static readonly double[] RowLines =
        [.. Enumerable.Range(1, Side - 1).SelectMany(y => y % 2 == 1 ? new double[] { 0, y, Side, y } : [Side, y, 0, y])];

    private static readonly double[] ColumnLines = [.. RowLines.Chunk(2).SelectMany(point => new[] { point[1], point[0] })];

    private readonly GameAction[] offered = set == ActionSet.Minimal ? known : Enum.GetValues<GameAction>();
    private readonly Discrete actions = new(set == ActionSet.Minimal ? known.Length : 6)
    {
        Names = set == ActionSet.Minimal ? [.. known.Select(action => $"{action}")] : Enum.GetNames<GameAction>(),
    };

    // Young and Tian's joystick belongs to no episode: a reset leaves what it executed last.
    private GameAction executed;
    private bool running;

    public Draws Draws { get; set; } = new();

    public EnvironmentSpec Spec(int channels) => new(new Box([Side, Side, channels], 0, 1), actions)
    {
        SecondsPerStep = 0.1,
        Keyboard = new Keyboard(
            [
                // The first key that is held counts: fire comes first so that one can shoot while an arrow is held.
                .. Keys(GameAction.Fire, " "), .. Keys(GameAction.Left, "ArrowLeft"), .. Keys(GameAction.Right, "ArrowRight"),
                .. Keys(GameAction.Up, "ArrowUp"), .. Keys(GameAction.Down, "ArrowDown"),
            ],
            Idle: [Array.IndexOf(offered, GameAction.None)]),
    };

    public void Begin(Rng rng)
    {
        Draws.Rng = rng;
        running = true;
    }

    /// <summary>The action to execute: the one that is wanted, or the last one when the contact sticks.</summary>
    public GameAction Read(ReadOnlySpan<float> action)
    {
        if (!running)
            throw new InvalidOperationException("The episode has ended or was not begun; call Reset first.");
        var wanted = offered[actions.IndexOf(action)];
        if (Draws.Uniform() >= stickiness)
            executed = wanted;
        return executed;
    }

    public StepResult Result(int reward, bool terminated)
    {
        running = !terminated;
        return new StepResult(reward, terminated, Truncated: false);
    }

    public void Save(BinaryWriter writer)
    {
        writer.Write((int)executed);
        writer.Write(running);
    }

    public void Load(BinaryReader reader, Rng rng)
    {
        executed = (GameAction)reader.ReadInt32();
        running = reader.ReadBoolean();
        Draws.Rng = rng;
    }

    /// <summary>Lights a cell of an observation [row, column, channel]; cells outside the grid are not shown.</summary>
    public static void Light(Span<float> observation, int x, int y, int channel)
    {
        if (x is >= 0 and < Side && y is >= 0 and < Side)
            observation[(y * Side + x) * (observation.Length / (Side * Side)) + channel] = 1;
    }

    /// <summary>Lights the cells of a set, in which bit 10·y + x stands for the cell (x, y).</summary>
    public static void Light(Span<float> observation, UInt128 cells, int channel)
    {
        var channels = observation.Length / (Side * Side);
        var (half, offset) = ((ulong)(cells & ulong.MaxValue), 0);
        for (var part = 0; part < 2; part++, half = (ulong)(cells >> 64), offset = 64)
            for (; half != 0; half &= half - 1)
                observation[(offset + BitOperations.TrailingZeroCount(half)) * channels + channel] = 1;
    }

    /// <summary>The lit cells of a channel as squares of a picture.</summary>
    public static Shape Cells(ReadOnlySpan<float> observation, int channel, string tone, double opacity = 1, int? row = null)
    {
        var channels = observation.Length / (Side * Side);
        var corners = new List<double>();
        for (var y = row ?? 0; y <= (row ?? Side - 1); y++)
            for (var x = 0; x < Side; x++)
                if (observation[(y * Side + x) * channels + channel] != 0)
                    corners.AddRange([x, Side - 1 - y]);
        return new Shape("cells", [.. corners], tone) { Opacity = opacity };
    }

    /// <summary>A row of the picture, as its background.</summary>
    public static Shape Row(int y, string tone, double opacity = 0.25) =>
        new("polygon", [0, Side - 1 - y, Side, Side - 1 - y, Side, Side - y, 0, Side - y], tone) { Opacity = opacity };

    /// <summary>The picture: the shapes that show anything, in order, with thin lines between the cells and a frame around them.</summary>
    public static Scene Picture(IEnumerable<Shape> shapes, string? caption = null) =>
        new(Side, Side,
        [
            .. shapes.Where(shape => shape.Points.Length > 0),
            new Shape("line", RowLines, "ground", 0.03) { Opacity = 0.4 },
            new Shape("line", ColumnLines, "ground", 0.03) { Opacity = 0.4 },
            new Shape("line", [0, 0, Side, 0, Side, Side, 0, Side, 0, 0], "ground", 0.06),
        ])
        { Caption = caption };

    private IEnumerable<KeyBinding> Keys(GameAction action, string key) =>
        known.Contains(action) ? [new KeyBinding(key, [Array.IndexOf(offered, action)], $"{action}")] : [];
}
