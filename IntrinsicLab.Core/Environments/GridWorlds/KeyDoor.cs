using System.ComponentModel.DataAnnotations;
using IntrinsicLab.Core.Experiments;

namespace IntrinsicLab.Core.Environments.GridWorlds;

/// <summary>What <see cref="KeyDoor"/> shows.</summary>
public enum KeyDoorView
{
    /// <summary>The whole maze.</summary>
    Full,

    /// <summary>A square around the agent; what lies beyond has to be remembered.</summary>
    Window,
}

/// <summary>Parameters of <see cref="KeyDoor"/>.</summary>
public sealed record KeyDoorConfig
{
    /// <summary>Rows and columns of the maze, its outer wall left out; a wall in the middle column parts it into two rooms.</summary>
    [Range(3, 16), Unit("cells"), Group("Maze")]
    public int Size { get; init; } = 7;

    /// <summary>Key, door and start are drawn anew each episode; otherwise they have fixed places.</summary>
    [Group("Maze")]
    public bool RandomPlacement { get; init; }

    /// <summary>What is observed.</summary>
    [Group("Observation")]
    public KeyDoorView View { get; init; } = KeyDoorView.Full;

    /// <summary>How far the window reaches from the agent in every direction: it has 2 · reach + 1 rows and columns.</summary>
    [Range(1, 8), Unit("cells"), Group("Observation")]
    public int WindowReach { get; init; } = 2;
}

/// <summary>
/// Two rooms with a locked door between them: fetch the key, pass the door, reach the goal. Nothing pays before the end.
/// <para>Actions: 0 up, 1 right, 2 down, 3 left; into a wall, or the door without the key, the agent stays where it is. Walking onto the
/// key takes it, walking into the door with it opens it.</para>
/// <para>Observation: the maze, rows from the top × columns × 6 channels: agent, wall, key, locked door, goal, and key in hand (1 or 0 in
/// every cell). With a window: the square around the agent × 5 channels, the same without the agent, who is in its middle; walls hide
/// nothing.</para>
/// <para>Reward: 1 at the goal, else 0.</para>
/// <para>Start: upper left corner, key in the lower left one, door in the middle row, goal in the lower right corner (see
/// <see cref="KeyDoorConfig.RandomPlacement"/>; the goal stays). Terminated: at the goal. Time limit 10 · size² steps.</para>
/// <para>Source: own maze for the task of MiniGrid's DoorKey (Chevalier-Boisvert et al. 2023).</para>
/// </summary>
public sealed class KeyDoor : IEnvironment, ITabular
{
    private const int KeyOnFloor = 0, KeyInHand = 1, DoorOpen = 2, Phases = 3;

    private static readonly Discrete Actions = new(4) { Names = ["Up", "Right", "Down", "Left"] };

    private static readonly (int Row, int Column)[] Moves = [(-1, 0), (0, 1), (1, 0), (0, -1)];

    private readonly KeyDoorConfig config;
    private readonly int size, wall, goal;
    private readonly Lazy<IReadOnlyList<(int State, double Probability)>> starts;
    private Place place;
    private bool running;

    /// <summary>Lays out the maze.</summary>
    public KeyDoor(KeyDoorConfig config)
    {
        this.config = config;
        (size, wall, goal) = (config.Size, config.Size / 2, config.Size * config.Size - 1);
        starts = new(AllStarts);
        var window = 2 * config.WindowReach + 1;
        Spec = new(new Box(config.View == KeyDoorView.Full ? [size, size, 6] : [window, window, 5], 0, 1), Actions)
        {
            TimeLimit = 10 * size * size,
            ScoreRange = (0, 1),
            Deterministic = !config.RandomPlacement,
            // With places drawn anew, the key's cell is part of the state and no longer seen once it is taken.
            Table = config.View == KeyDoorView.Full && !config.RandomPlacement
                ? new(States, StateOf) { Columns = size, Rows = size, CellOf = state => state % (size * size) }
                : null,
            Keyboard = new(
                [new("ArrowUp", [0], "Up"), new("ArrowRight", [1], "Right"), new("ArrowDown", [2], "Down"), new("ArrowLeft", [3], "Left")],
                Idle: null),
            Maps = [MapOf("before the key is taken", KeyOnFloor), MapOf("with the key", KeyInHand)],
        };
    }

    /// <inheritdoc/>
    public EnvironmentSpec Spec { get; }

    /// <inheritdoc/>
    public int States => (config.RandomPlacement ? RoomCells * size : 1) * Phases * size * size;

    /// <inheritdoc/>
    public int State => IndexOf(place);

    /// <inheritdoc/>
    public IReadOnlyList<(int State, double Probability)> Starts => starts.Value;

    /// <summary>Cells of the left room, where key and start can be.</summary>
    private int RoomCells => size * wall;

    /// <inheritdoc/>
    public void Reset(Rng rng, Span<float> observation)
    {
        var (key, door, agent) = (RoomCells - wall, size / 2, 0);
        if (config.RandomPlacement)
        {
            (key, door, agent) = (rng.NextInt(RoomCells), rng.NextInt(size), rng.NextInt(RoomCells - 1));
            if (agent >= key)
                agent++;
        }
        place = new Place(RoomCell(key), door, KeyOnFloor, RoomCell(agent));
        running = true;
        Observe(observation);
    }

    /// <inheritdoc/>
    public StepResult Step(ReadOnlySpan<float> action, Span<float> observation)
    {
        if (!running)
            throw new InvalidOperationException("The episode has ended or was not begun; call Reset first.");
        place = After(place, Actions.IndexOf(action));
        running = place.Agent != goal;
        Observe(observation);
        return new StepResult(running ? 0.0 : 1.0, Terminated: !running, Truncated: false);
    }

    /// <inheritdoc/>
    public void Outcomes(int state, int action, List<Outcome> outcomes)
    {
        var next = After(PlaceOf(state), action);
        outcomes.Add(new Outcome(1, IndexOf(next), next.Agent == goal ? 1 : 0, Terminated: next.Agent == goal));
    }

    /// <inheritdoc/>
    public void Save(BinaryWriter writer)
    {
        foreach (var value in (ReadOnlySpan<int>)[place.Key, place.Door, place.Phase, place.Agent])
            writer.Write(value);
        writer.Write(running);
    }

    /// <inheritdoc/>
    public void Load(BinaryReader reader, Rng rng)
    {
        place = new Place(reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt32());
        running = reader.ReadBoolean();
    }

    /// <inheritdoc/>
    public Scene Render()
    {
        var side = size + 2;
        var walls = new List<double>();
        for (var row = -1; row <= size; row++)
            for (var column = -1; column <= size; column++)
                if (row < 0 || row == size || column < 0 || column == size || (column == wall && row != place.Door))
                    walls.AddRange([column + 1, size - row]);
        var (goalX, goalY) = Corner(goal);
        var (agentX, agentY) = Corner(place.Agent);
        var (doorX, doorY) = Corner(place.Door * size + wall);
        var shapes = new List<Shape> { new("cells", [.. walls], "wall"), new("cells", [goalX, goalY], "goal") };
        if (place.Phase == DoorOpen)
            shapes.Add(new Shape("line", [doorX, doorY + 0.93, doorX + 1, doorY + 0.93], "orange", 0.14));
        else
            shapes.AddRange(
            [
                new Shape("cells", [doorX, doorY], "orange"),
                new Shape("circle", [doorX + 0.75, doorY + 0.5, doorX + 0.85, doorY + 0.5], "ground"),
            ]);
        if (config.View == KeyDoorView.Window)
        {
            var (low, high) = (-config.WindowReach, config.WindowReach + 1);
            var (left, right) = (Math.Max(0, agentX + low), Math.Min(side, agentX + high));
            var (lower, upper) = (Math.Max(0, agentY + low), Math.Min(side, agentY + high));
            shapes.Add(new Shape("polygon", [left, lower, right, lower, right, upper, left, upper], "yellow") { Opacity = 0.15 });
        }
        shapes.Add(new Shape("circle", [agentX + 0.5, agentY + 0.5, agentX + 0.88, agentY + 0.5], "agent"));
        if (place.Phase == KeyOnFloor)
            shapes.AddRange(KeyAt(Corner(place.Key).X + 0.5, Corner(place.Key).Y + 0.5, 1));
        if (place.Phase == KeyInHand)
            shapes.AddRange(KeyAt(agentX + 0.5, agentY + 0.5, 0.65));
        return new Scene(side, side, shapes)
        {
            Caption = place.Phase switch { KeyOnFloor => "Looking for the key", KeyInHand => "Carries the key", _ => "The door is open" },
        };

        (double X, double Y) Corner(int cell) => (cell % size + 1, size - cell / size);
    }

    /// <inheritdoc/>
    public void Dispose() { }

    private static IEnumerable<Shape> KeyAt(double x, double y, double scale) =>
    [
        new Shape("circle", [x - 0.17 * scale, y, x + 0.01 * scale, y], "yellow"),
        new Shape("line", [x, y, x + 0.36 * scale, y, x + 0.36 * scale, y - 0.16 * scale], "yellow", 0.1 * scale),
        new Shape("line", [x + 0.2 * scale, y, x + 0.2 * scale, y - 0.13 * scale], "yellow", 0.1 * scale),
    ];

    private Place After(Place before, int action)
    {
        var (row, column) = (before.Agent / size + Moves[action].Row, before.Agent % size + Moves[action].Column);
        if (row < 0 || row >= size || column < 0 || column >= size)
            return before;
        if (column == wall && (row != before.Door || before.Phase == KeyOnFloor))
            return before;
        var agent = row * size + column;
        var phase = before.Phase == KeyOnFloor && agent == before.Key ? KeyInHand
            : before.Phase == KeyInHand && column == wall ? DoorOpen
            : before.Phase;
        return before with { Phase = phase, Agent = agent };
    }

    private IReadOnlyList<(int State, double Probability)> AllStarts()
    {
        if (!config.RandomPlacement)
            return [(0, 1.0)];
        var (all, probability) = (new List<(int State, double Probability)>(), 1.0 / (RoomCells * size * (RoomCells - 1)));
        for (var key = 0; key < RoomCells; key++)
            for (var door = 0; door < size; door++)
                for (var agent = 0; agent < RoomCells; agent++)
                    if (agent != key)
                        all.Add((IndexOf(new Place(RoomCell(key), door, KeyOnFloor, RoomCell(agent))), probability));
        return all;
    }

    /// <summary>The cell of the maze that is number <paramref name="index"/> of the left room, by rows.</summary>
    private int RoomCell(int index) => index / wall * size + index % wall;

    private int IndexOf(Place at)
    {
        var layout = config.RandomPlacement ? (at.Key / size * wall + at.Key % size) * size + at.Door : 0;
        return (layout * Phases + at.Phase) * size * size + at.Agent;
    }

    private Place PlaceOf(int state)
    {
        var (agent, phase, layout) = (state % (size * size), state / (size * size) % Phases, state / (size * size) / Phases);
        return config.RandomPlacement
            ? new Place(RoomCell(layout / size), layout % size, phase, agent)
            : new Place(RoomCell(RoomCells - wall), size / 2, phase, agent);
    }

    private int StateOf(ReadOnlySpan<float> observation)
    {
        const int channels = 6, key = 2, inHand = 5;
        var (agent, phase) = (0, observation[inHand] > 0 ? KeyInHand : DoorOpen);
        for (var cell = 0; cell < size * size; cell++)
        {
            if (observation[cell * channels] > 0)
                agent = cell;
            if (observation[cell * channels + key] > 0)
                phase = KeyOnFloor;
        }
        return phase * size * size + agent;
    }

    // The maze without random places. Nobody is behind a closed door.
    private StateMap MapOf(string name, int phase)
    {
        var (key, door) = (RoomCell(RoomCells - wall), size / 2);
        return StateMap.Cells(size, size, (row, column, observation) =>
        {
            var free = column < wall || (phase != KeyOnFloor && (column > wall || row == door));
            if (free)
                Observe(new Place(key, door, column >= wall ? DoorOpen : phase, row * size + column), observation);
            return free;
        }) with
        {
            Name = name,
            Places = phase == KeyOnFloor ? [("Key", key % size, key / size)] : [("Door", wall, door), ("Goal", size - 1, size - 1)],
        };
    }

    private void Observe(Span<float> observation) => Observe(place, observation);

    private void Observe(Place place, Span<float> observation)
    {
        observation.Clear();
        var full = config.View == KeyDoorView.Full;
        var rows = full ? size : 2 * config.WindowReach + 1;
        var (top, left) = full ? (0, 0) : (place.Agent / size - config.WindowReach, place.Agent % size - config.WindowReach);
        for (var row = 0; row < rows; row++)
            for (var column = 0; column < rows; column++)
            {
                var channels = full ? observation.Slice((row * rows + column) * 6, 6) : observation.Slice((row * rows + column) * 5, 5);
                var (mazeRow, mazeColumn) = (top + row, left + column);
                var cell = mazeRow * size + mazeColumn;
                var inside = mazeRow >= 0 && mazeRow < size && mazeColumn >= 0 && mazeColumn < size;
                var inWall = inside && mazeColumn == wall;
                if (full)
                {
                    channels[0] = Flag(cell == place.Agent);
                    channels = channels[1..];
                }
                channels[0] = Flag(!inside || (inWall && mazeRow != place.Door));
                channels[1] = Flag(inside && place.Phase == KeyOnFloor && cell == place.Key);
                channels[2] = Flag(inWall && mazeRow == place.Door && place.Phase != DoorOpen);
                channels[3] = Flag(inside && cell == goal);
                channels[4] = Flag(place.Phase == KeyInHand);
            }

        static float Flag(bool value) => value ? 1 : 0;
    }

    /// <summary>Everything that can change: the key's cell at the start, the door's row, what has been done, the agent's cell.</summary>
    private readonly record struct Place(int Key, int Door, int Phase, int Agent);
}
