using IntrinsicLab.Core.Experiments;

namespace IntrinsicLab.Core.Environments.Navigation;

/// <summary>How <see cref="GridRooms"/> shows the cell.</summary>
public enum CellObservation
{
    /// <summary>One value per cell, 1 where the agent is.</summary>
    OneHot,

    /// <summary>x and y from −1 to 1.</summary>
    Position,
}

/// <summary>Which room <see cref="GridRooms"/> wants.</summary>
public enum RoomGoal
{
    /// <summary>None: the observation is the state alone and every reward is 0.</summary>
    None,

    /// <summary>One of the four, drawn anew each episode.</summary>
    Random,

    /// <summary>The upper left one.</summary>
    Red,

    /// <summary>The upper right one.</summary>
    Green,

    /// <summary>The lower right one.</summary>
    Blue,

    /// <summary>The lower left one.</summary>
    Yellow,
}

/// <summary>How <see cref="GridRooms"/> pays.</summary>
public enum RoomReward
{
    /// <summary>0 in the wanted room, else −1.</summary>
    Sparse,

    /// <summary>Minus the number of steps that lead into the wanted room.</summary>
    Distance,
}

/// <summary>Parameters of <see cref="GridRooms"/>.</summary>
public sealed record GridRoomsConfig
{
    /// <summary>How the cell is shown.</summary>
    [Group("Observation")]
    public CellObservation Observation { get; init; } = CellObservation.OneHot;

    /// <summary>The room that is wanted.</summary>
    [Group("Goal")]
    public RoomGoal Goal { get; init; } = RoomGoal.Random;

    /// <summary>What is paid on the way.</summary>
    [Group("Reward")]
    public RoomReward Reward { get; init; } = RoomReward.Sparse;

    /// <summary>Terminates the episode in the wanted room.</summary>
    [Group("Episode")]
    public bool EndAtGoal { get; init; }
}

/// <summary>
/// A grid of 11 × 11 cells with a coloured room in each corner; the goal is not a cell but a colour.
/// <para>Actions: 0 up, 1 down, 2 left, 3 right, 4 stay; one cell, not beyond the edge.</para>
/// <para>Observation: the cell, one-hot (11 · row + column, rows from the bottom) or as x and y; then the colour wanted and the colour of
/// the cell, one-hot over red, green, blue, yellow and none. Without goals the cell alone.</para>
/// <para>Reward: after the step, 0 in the wanted room, else −1 (see <see cref="GridRoomsConfig.Reward"/>); 0 without goals.</para>
/// <para>Start: the middle. Terminated: never, unless asked to in the wanted room. Time limit 20 steps.</para>
/// <para>Rooms are the blocks of 4 × 4 cells in the corners: red upper left, green upper right, blue lower right, yellow lower left.</para>
/// <para>Source: the illustration of Liu, Wang, Tian and Chen 2022 (GPIM); sizes and coding are this lab's own.</para>
/// </summary>
public sealed class GridRooms(GridRoomsConfig config) : IEnvironment, ITabular
{
    private const int Side = 11;
    private const int RoomSide = 4;
    private const int Cells = Side * Side;
    private const int Middle = Side / 2;
    private const int NoRoom = 4;
    private const int Colours = 5;

    private static readonly Discrete Actions = new(5) { Names = ["Up", "Down", "Left", "Right", "Stay"] };
    private static readonly (int Columns, int Rows)[] Directions = [(0, 1), (0, -1), (-1, 0), (1, 0), (0, 0)];
    private static readonly string[] Tones = ["red", "green", "blue", "yellow"];
    private static readonly (int Column, int Row)[] Corners =
        [(0, Side - RoomSide), (Side - RoomSide, Side - RoomSide), (Side - RoomSide, 0), (0, 0)];

    private int cell, wanted;
    private bool running;

    /// <inheritdoc/>
    public EnvironmentSpec Spec { get; } = SpecOf(config);

    /// <summary>121 cells, for each room that can be wanted.</summary>
    public int States => config.Goal == RoomGoal.Random ? 4 * Cells : Cells;

    /// <summary>The cell, 11 · row + column, rows from the bottom; plus 121 times the wanted room where that is drawn.</summary>
    public int State => config.Goal == RoomGoal.Random ? Cells * wanted + cell : cell;

    /// <inheritdoc/>
    public IReadOnlyList<(int State, double Probability)> Starts => config.Goal == RoomGoal.Random
        ? [.. Enumerable.Range(0, 4).Select(room => (Cells * room + Side * Middle + Middle, 0.25))]
        : [(Side * Middle + Middle, 1.0)];

    /// <inheritdoc/>
    public void Outcomes(int state, int action, List<Outcome> outcomes)
    {
        var room = config.Goal == RoomGoal.Random ? state / Cells : GivenRoom;
        var next = Moved(state % Cells, action);
        var reward = config.Goal == RoomGoal.None ? 0.0 : RewardAt(next, room);
        outcomes.Add(new Outcome(1.0, state - state % Cells + next, reward, Ends(next, room)));
    }

    /// <inheritdoc/>
    public void Reset(Rng rng, Span<float> observation)
    {
        cell = Side * Middle + Middle;
        wanted = config.Goal == RoomGoal.Random ? rng.NextInt(4) : GivenRoom;
        running = true;
        Observe(observation);
    }

    /// <inheritdoc/>
    public StepResult Step(ReadOnlySpan<float> action, Span<float> observation)
    {
        if (!running)
            throw new InvalidOperationException("The episode has ended or was not begun; call Reset first.");
        cell = Moved(cell, Actions.IndexOf(action));
        Observe(observation);
        if (config.Goal == RoomGoal.None)
            return default;
        running = !Ends(cell, wanted);
        return new StepResult(RewardAt(cell, wanted), Terminated: !running, Truncated: false);
    }

    /// <inheritdoc/>
    public void Save(BinaryWriter writer)
    {
        writer.Write(cell);
        writer.Write(wanted);
        writer.Write(running);
    }

    /// <inheritdoc/>
    public void Load(BinaryReader reader, Rng rng)
    {
        cell = reader.ReadInt32();
        wanted = reader.ReadInt32();
        running = reader.ReadBoolean();
    }

    /// <inheritdoc/>
    public Scene Render()
    {
        var shapes = new List<Shape>();
        for (var room = 0; room < 4; room++)
        {
            var (left, bottom) = Corners[room];
            var (right, top) = (left + RoomSide, bottom + RoomSide);
            shapes.Add(new Shape("polygon", [left, bottom, right, bottom, right, top, left, top], Tones[room]) { Opacity = 0.45 });
        }
        for (var line = 0; line <= Side; line++)
        {
            shapes.Add(new Shape("line", [line, 0, line, Side], "ground", 0.03) { Opacity = 0.5 });
            shapes.Add(new Shape("line", [0, line, Side, line], "ground", 0.03) { Opacity = 0.5 });
        }
        if (config.Goal != RoomGoal.None)
        {
            var (left, bottom) = (Corners[wanted].Column + 0.08, Corners[wanted].Row + 0.08);
            var (right, top) = (left + RoomSide - 0.16, bottom + RoomSide - 0.16);
            shapes.Add(new Shape("line", [left, bottom, right, bottom, right, top, left, top, left, bottom], "goal", 0.16));
        }
        var (x, y) = (cell % Side + 0.5, cell / Side + 0.5);
        shapes.Add(new Shape("circle", [x, y, x + 0.35, y], "agent"));
        return new Scene(Side, Side, shapes);
    }

    /// <inheritdoc/>
    public GoalPlaces? Places => Spec.GoalPlane is null ? null
        : new GoalPlaces(
            Corners[wanted].Column + (RoomSide - 1) / 2.0, Corners[wanted].Row + (RoomSide - 1) / 2.0, cell % Side, cell / Side,
            StepsInto(cell, Corners[wanted]), RoomOf(cell) == wanted)
        { OriginX = 0.5, OriginY = 0.5 };

    /// <inheritdoc/>
    public void Want(double x, double y, Span<float> observation)
    {
        var plane = Spec.GoalPlane ?? throw new NotSupportedException("The room is not drawn, so none other can be wanted.");
        if (!running)
            throw new InvalidOperationException("The episode has ended or was not begun; call Reset first.");
        plane.Require(x, y);
        var room = RoomOf(Side * (int)Math.Round(y) + (int)Math.Round(x));
        if (room == NoRoom)
            throw new ArgumentException("No room is there; the rooms are in the corners.");
        wanted = room;
        Observe(observation);
    }

    /// <inheritdoc/>
    public void Dispose() { }

    /// <summary>Colour of a cell: 0 red, 1 green, 2 blue, 3 yellow, 4 none.</summary>
    internal static int RoomOf(int cell)
    {
        var room = Array.FindIndex(Corners, corner => StepsInto(cell, corner) == 0);
        return room >= 0 ? room : NoRoom;
    }

    private int GivenRoom => Math.Max(0, (int)config.Goal - (int)RoomGoal.Red);

    private bool Ends(int next, int room) => config.EndAtGoal && config.Goal != RoomGoal.None && RoomOf(next) == room;

    private double RewardAt(int next, int room)
    {
        var steps = StepsInto(next, Corners[room]);
        return config.Reward == RoomReward.Distance ? 0.0 - steps : steps == 0 ? 0.0 : -1.0;
    }

    private static int StepsInto(int cell, (int Column, int Row) corner) =>
        Outside(cell % Side - corner.Column) + Outside(cell / Side - corner.Row);

    private static int Outside(int offset) => offset < 0 ? -offset : Math.Max(0, offset - RoomSide + 1);

    private static int Moved(int from, int action)
    {
        var (columns, rows) = Directions[action];
        return Side * Math.Clamp(from / Side + rows, 0, Side - 1) + Math.Clamp(from % Side + columns, 0, Side - 1);
    }

    private void Observe(Span<float> observation)
    {
        observation.Clear();
        var size = config.Observation == CellObservation.OneHot ? Cells : 2;
        if (config.Observation == CellObservation.OneHot)
            observation[cell] = 1;
        else
            (observation[0], observation[1]) = ((cell % Side - Middle) / (float)Middle, (cell / Side - Middle) / (float)Middle);
        if (config.Goal == RoomGoal.None)
            return;
        observation[size + wanted] = 1;
        observation[size + Colours + RoomOf(cell)] = 1;
    }

    private static int StateOf(GridRoomsConfig config, ReadOnlySpan<float> observation)
    {
        var oneHot = config.Observation == CellObservation.OneHot;
        var at = oneHot ? StateTable.HotIndex(observation[..Cells])
            : Side * ((int)MathF.Round(observation[1] * Middle) + Middle) + (int)MathF.Round(observation[0] * Middle) + Middle;
        return config.Goal == RoomGoal.Random ? Cells * StateTable.HotIndex(observation.Slice(oneHot ? Cells : 2, Colours)) + at : at;
    }

    // Round the cells of a room, whose middles are whole numbers.
    private static Wall[] Borders((int Column, int Row) corner)
    {
        var (left, bottom) = (corner.Column - 0.5, corner.Row - 0.5);
        var (right, top) = (left + RoomSide, bottom + RoomSide);
        return [new(left, bottom, right, bottom), new(left, top, right, top), new(left, bottom, left, top), new(right, bottom, right, top)];
    }

    private static EnvironmentSpec SpecOf(GridRoomsConfig config)
    {
        const int limit = 20;
        var (size, lowest) = config.Observation == CellObservation.OneHot ? (Cells, 0f) : (2, -1f);
        var goals = config.Goal == RoomGoal.None ? 0 : 2 * Colours;
        return new EnvironmentSpec(
            new Box([size + goals], [.. Enumerable.Repeat(lowest, size), .. new float[goals]], [.. Enumerable.Repeat(1f, size + goals)]),
            Actions)
        {
            TimeLimit = limit,
            ScoreRange = config.Goal == RoomGoal.None ? null
                : config.Reward == RoomReward.Sparse ? (-limit, 0) : (-limit * 2.0 * (Side - RoomSide), 0),
            Deterministic = config.Goal != RoomGoal.Random,
            Keyboard = ArrowKeys.Moves,
            Goal = config.Goal == RoomGoal.None ? null : new GoalLayout(size, Colours) { SuccessRadius = 0.5, Names = [.. Tones, "none"] },
            Plan = config.Observation != CellObservation.OneHot ? null : new FloorPlan([.. Corners.SelectMany(Borders)])
            {
                PlaceOfState = static (state, place) =>
                    (place[0], place[1]) = (StateTable.HotIndex(state) % Side, StateTable.HotIndex(state) / Side),
                Bounds = new(-0.5, -0.5, Side - 0.5, Side - 0.5),
            },
            WhyNoGoalPlane = config.Goal is RoomGoal.None or RoomGoal.Random
                ? "" : $"Its goal is the {config.Goal.ToString().ToLowerInvariant()} room in every episode; with the goal “random” it can be sent to any.",
            GoalPlane = config.Goal == RoomGoal.Random ? new GoalPlane(0, 0, Side - 1, Side - 1) { Unit = "cells" } : null,
            Table = new(config.Goal == RoomGoal.Random ? 4 * Cells : Cells, observation => StateOf(config, observation))
            {
                Columns = Side,
                Rows = Side,
                CellOf = static state => (Side - 1 - state % Cells / Side) * Side + state % Side,
            },
        };
    }
}
