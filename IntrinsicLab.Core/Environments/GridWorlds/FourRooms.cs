using System.ComponentModel.DataAnnotations;
using IntrinsicLab.Core.Experiments;

namespace IntrinsicLab.Core.Environments.GridWorlds;

/// <summary>Where the goal of <see cref="FourRooms"/> lies.</summary>
public enum FourRoomsGoal
{
    /// <summary>The hallway between the two rooms on the right.</summary>
    EastHallway,

    /// <summary>The hallway between the two lower rooms.</summary>
    SouthHallway,

    /// <summary>The hallway between the two rooms on the left.</summary>
    WestHallway,

    /// <summary>The hallway between the two upper rooms.</summary>
    NorthHallway,

    /// <summary>The middle of the lower right room.</summary>
    Room,

    /// <summary>The lower right corner, farthest from the start.</summary>
    Corner,
}

/// <summary>What <see cref="FourRooms"/> shows.</summary>
public enum FourRoomsView
{
    /// <summary>One value per free cell, 1 in the agent's.</summary>
    OneHot,

    /// <summary>Column and row, scaled to 0 … 1.</summary>
    Coordinates,
}

/// <summary>Parameters of <see cref="FourRooms"/>.</summary>
public sealed record FourRoomsConfig
{
    /// <summary>Probability that a move goes in one of the other three directions (Sutton, Precup and Singh 1999: 1/3).</summary>
    [Range(0.0, 1.0), Group("Moves")]
    public double SlipProbability { get; init; } = 1.0 / 3.0;

    /// <summary>Where the goal lies (Sutton, Precup and Singh 1999: a hallway, or a cell inside a room).</summary>
    [Group("Goal")]
    public FourRoomsGoal Goal { get; init; } = FourRoomsGoal.EastHallway;

    /// <summary>Episodes start in any free cell but the goal; otherwise in the upper left corner.</summary>
    [Group("Episode")]
    public bool RandomStart { get; init; }

    /// <summary>What is observed.</summary>
    [Group("Observation")]
    public FourRoomsView View { get; init; } = FourRoomsView.OneHot;
}

/// <summary>
/// Four rooms joined by four hallways one cell wide; the agent slips now and then and looks for a goal cell.
/// <para>Actions: 0 up, 1 right, 2 down, 3 left; into a wall the agent stays where it is.</para>
/// <para>Observation: one value for each of the 104 free cells, 1 in the agent's (see <see cref="FourRoomsConfig.View"/>).</para>
/// <para>Reward: 1 at the goal, else 0.</para>
/// <para>Start: upper left corner (see <see cref="FourRoomsConfig.RandomStart"/>). Terminated: at the goal. Time limit 500 steps.</para>
/// <para>Source: Sutton, Precup and Singh 1999, the map of 13 × 13 with its walls, and moves that fail with probability 1/3.</para>
/// </summary>
public sealed class FourRooms : IEnvironment, ITabular
{
    private const int Side = 13;
    private const int Wall = 6;
    private const int RightWall = 7;

    private static readonly Discrete Actions = new(4) { Names = ["Up", "Right", "Down", "Left"] };

    private static readonly (int Row, int Column)[] Moves = [(-1, 0), (0, 1), (1, 0), (0, -1)];

    private static readonly (int Row, int Column)[] Free =
        [.. from row in Enumerable.Range(0, Side) from column in Enumerable.Range(0, Side) where IsFree(row, column) select (row, column)];

    private static readonly int[,] NextCell = Neighbours();

    private readonly FourRoomsConfig config;
    private readonly int goal;
    private Rng? rng;
    private int cell;
    private bool running;

    /// <summary>Places the goal.</summary>
    public FourRooms(FourRoomsConfig config)
    {
        this.config = config;
        goal = Array.IndexOf(Free, config.Goal switch
        {
            FourRoomsGoal.EastHallway => (RightWall, 9),
            FourRoomsGoal.SouthHallway => (10, Wall),
            FourRoomsGoal.WestHallway => (Wall, 2),
            FourRoomsGoal.NorthHallway => (3, Wall),
            FourRoomsGoal.Room => (9, 9),
            _ => (11, 11),
        });
        Starts = config.RandomStart
            ? [.. Enumerable.Range(0, Free.Length).Where(start => start != goal).Select(start => (start, 1.0 / (Free.Length - 1)))]
            : [(0, 1.0)];
        Spec = new(config.View == FourRoomsView.OneHot ? new Box([Free.Length], 0, 1) : new Box([2], 0, 1), Actions)
        {
            TimeLimit = 500,
            ScoreRange = (0, 1),
            Deterministic = config.SlipProbability == 0 && !config.RandomStart,
            Table = new(Free.Length, config.View == FourRoomsView.OneHot ? StateTable.HotIndex : CellAt)
            {
                Columns = Side,
                Rows = Side,
                CellOf = static state => Free[state].Row * Side + Free[state].Column,
            },
            Keyboard = new(
                [new("ArrowUp", [0], "Up"), new("ArrowRight", [1], "Right"), new("ArrowDown", [2], "Down"), new("ArrowLeft", [3], "Left")],
                Idle: null),
            Maps = [StateMap.Cells(Side, Side, ObserveCell) with { Places = [("Goal", Free[goal].Column, Free[goal].Row)] }],
        };

        bool ObserveCell(int row, int column, Span<float> observation)
        {
            var at = Array.IndexOf(Free, (row, column));
            if (at >= 0)
                Observe(at, observation);
            return at >= 0;
        }
    }

    /// <inheritdoc/>
    public EnvironmentSpec Spec { get; }

    /// <inheritdoc/>
    public int States => Free.Length;

    /// <inheritdoc/>
    public int State => cell;

    /// <inheritdoc/>
    public IReadOnlyList<(int State, double Probability)> Starts { get; }

    /// <inheritdoc/>
    public void Reset(Rng rng, Span<float> observation)
    {
        this.rng = rng;
        cell = Starts[rng.NextInt(Starts.Count)].State;
        running = true;
        Observe(observation);
    }

    /// <inheritdoc/>
    public StepResult Step(ReadOnlySpan<float> action, Span<float> observation)
    {
        if (!running)
            throw new InvalidOperationException("The episode has ended or was not begun; call Reset first.");
        var direction = Actions.IndexOf(action);
        if (rng!.NextDouble() < config.SlipProbability)
            direction = (direction + 1 + rng.NextInt(3)) % 4;
        cell = NextCell[cell, direction];
        running = cell != goal;
        Observe(observation);
        return new StepResult(running ? 0.0 : 1.0, Terminated: !running, Truncated: false);
    }

    /// <inheritdoc/>
    public void Outcomes(int state, int action, List<Outcome> outcomes)
    {
        for (var direction = 0; direction < 4; direction++)
        {
            var probability = direction == action ? 1 - config.SlipProbability : config.SlipProbability / 3;
            var next = NextCell[state, direction];
            if (probability > 0)
                outcomes.Add(new Outcome(probability, next, next == goal ? 1.0 : 0.0, Terminated: next == goal));
        }
    }

    /// <inheritdoc/>
    public void Save(BinaryWriter writer)
    {
        writer.Write(cell);
        writer.Write(running);
    }

    /// <inheritdoc/>
    public void Load(BinaryReader reader, Rng rng)
    {
        this.rng = rng;
        (cell, running) = (reader.ReadInt32(), reader.ReadBoolean());
    }

    /// <inheritdoc/>
    public Scene Render()
    {
        var walls = Enumerable.Range(0, Side * Side).Select(index => (Row: index / Side, Column: index % Side)).Where(at => !IsFree(at.Row, at.Column));
        var (goalX, goalY) = Corner(Free[goal]);
        var (x, y) = Corner(Free[cell]);
        return new Scene(Side, Side,
        [
            new Shape("cells", [.. walls.SelectMany(wall => new[] { Corner(wall).X, Corner(wall).Y })], "wall"),
            new Shape("cells", [goalX, goalY], "goal"),
            new Shape("circle", [x + 0.5, y + 0.5, x + 0.85, y + 0.5], "agent"),
        ]);

        static (double X, double Y) Corner((int Row, int Column) place) => (place.Column, Side - 1 - place.Row);
    }

    /// <inheritdoc/>
    public void Dispose() { }

    /// <summary>The wall from top to bottom is straight; of the one from left to right, the right half lies one row lower.</summary>
    private static bool IsFree(int row, int column) =>
        row is > 0 and < Side - 1 && column is > 0 and < Side - 1
        && (column == Wall ? row is 3 or 10
            : column < Wall ? row != Wall || column == 2
            : row != RightWall || column == 9);

    private static int[,] Neighbours()
    {
        var next = new int[Free.Length, Moves.Length];
        for (var from = 0; from < Free.Length; from++)
            for (var move = 0; move < Moves.Length; move++)
            {
                var to = Array.IndexOf(Free, (Free[from].Row + Moves[move].Row, Free[from].Column + Moves[move].Column));
                next[from, move] = to < 0 ? from : to;
            }
        return next;
    }

    private static int CellAt(ReadOnlySpan<float> observation) => Math.Max(0, Array.IndexOf(
        Free, ((int)MathF.Round(observation[1] * (Side - 3)) + 1, (int)MathF.Round(observation[0] * (Side - 3)) + 1)));

    private void Observe(Span<float> observation) => Observe(cell, observation);

    private void Observe(int cell, Span<float> observation)
    {
        if (config.View == FourRoomsView.Coordinates)
        {
            observation[0] = (Free[cell].Column - 1) / (Side - 3f);
            observation[1] = (Free[cell].Row - 1) / (Side - 3f);
            return;
        }
        observation.Clear();
        observation[cell] = 1;
    }
}
