using System.Numerics;

namespace IntrinsicLab.Core.Environments.GridWorlds;

/// <summary>An object and the cell it lies on.</summary>
/// <param name="Cell">Its cell.</param>
/// <param name="Kind">What collecting it does.</param>
public readonly record struct GridObject(int Cell, GridObjectKind Kind);

/// <summary>
/// A grid with objects at fixed cells. State = cell + cells · mask, where bit i of mask says that object i is present, so
/// S = cells · 2^objects. One step: the agent moves; an object present before the step on the cell it moves to (or collects at) is hit;
/// every object absent before the step may come back; the hit object is removed; its reward is paid and the termination drawn. Draws are
/// made in this order, by object, and only for probabilities strictly between 0 and 1.
/// </summary>
public sealed class GridLevel : ITabularLevel
{
    /// <summary>Most objects a level can have.</summary>
    public const int MostObjects = 10;

    private readonly int cells;
    private readonly int all;

    // Bits of the objects that certainly come back, and of those that may.
    private readonly int certain;
    private readonly int possible;

    // By cell · A + action: the cell that follows, and above bit 16 the number of the object hit there, 0 for none.
    private readonly int[] moves;
    private readonly GridObjectKind[] kinds;

    // An object comes back where the upper 53 bits of a draw are below this: NextDouble() < Respawn without the way through doubles.
    private readonly ulong[] respawns;

    /// <summary>A level with its objects in place.</summary>
    /// <param name="map">Extent and walls.</param>
    /// <param name="objects">At most <see cref="MostObjects"/>, on free cells of their own.</param>
    /// <param name="actionSet">What the agent can do.</param>
    /// <param name="timeLimit">Steps after which an episode is truncated.</param>
    /// <param name="start">Cell every episode begins at; null draws a free one each time.</param>
    /// <exception cref="ArgumentException">
    /// An object or the start lies on no free cell, or on another object's; a reward is not finite, a probability none.
    /// </exception>
    public GridLevel(GridMap map, IReadOnlyList<GridObject> objects, GridActionSet actionSet, int timeLimit, int? start = null)
    {
        (Map, Objects, ActionSet, Start) = (map, objects, actionSet, start);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(timeLimit);
        if (objects.Count > MostObjects)
            throw new ArgumentException($"A level has at most {MostObjects} objects, not {objects.Count}.", nameof(objects));
        if (map.FreeCells.Count == 0)
            throw new ArgumentException("The map has no free cell.", nameof(map));
        foreach (var (place, kind) in objects)
        {
            if (!IsFree(place) || objects.Count(other => other.Cell == place) > 1)
                throw new ArgumentException($"Cell {place} of an object is no free cell of its own.", nameof(objects));
            if (!double.IsFinite(kind.Reward) || kind is not { Termination: >= 0 and <= 1, Respawn: >= 0 and <= 1 })
                throw new ArgumentException($"{kind} has a reward that is not finite or a probability out of 0 to 1.", nameof(objects));
        }
        if (start is { } cell && !IsFree(cell))
            throw new ArgumentException($"The agent cannot start on cell {cell}: it is not free.", nameof(start));
        TimeLimit = timeLimit;
        Actions = GridActions.Count(actionSet);
        cells = map.Cells;
        kinds = [.. objects.Select(item => item.Kind)];
        respawns = [.. kinds.Select(kind => (ulong)Math.Ceiling(kind.Respawn * (1UL << 53)))];
        all = (1 << kinds.Length) - 1;
        for (var index = 0; index < kinds.Length; index++)
            if (kinds[index].Respawn >= 1)
                certain |= 1 << index;
            else if (kinds[index].Respawn > 0)
                possible |= 1 << index;
        moves = Moves();
    }

    /// <summary>Extent and walls.</summary>
    public GridMap Map { get; }

    /// <summary>The objects; bit i of a mask belongs to the i-th.</summary>
    public IReadOnlyList<GridObject> Objects { get; }

    /// <summary>What the agent can do.</summary>
    public GridActionSet ActionSet { get; }

    /// <summary>Cell every episode begins at; null where a free one is drawn.</summary>
    public int? Start { get; }

    /// <inheritdoc/>
    public int States => cells << kinds.Length;

    /// <inheritdoc/>
    public int Actions { get; }

    /// <inheritdoc/>
    public int? TimeLimit { get; }

    /// <summary>
    /// Draws a level: the configuration's template where it is a distribution, a free cell of its own for each object, the start.
    /// </summary>
    /// <param name="configuration">Which grid.</param>
    /// <param name="actionSet">What the agent can do.</param>
    /// <param name="rng">Equal generators give equal levels.</param>
    /// <param name="start">Whether the start is one cell for good.</param>
    /// <param name="map">Takes the place of the configuration's map; null keeps that.</param>
    /// <exception cref="ArgumentException">The map has fewer free cells than there are objects.</exception>
    public static GridLevel Draw(
        GridConfiguration configuration, GridActionSet actionSet, Rng rng, GridStart start = GridStart.Random, GridMap? map = null)
    {
        var template = GridTemplate.Draw(configuration, rng);
        map ??= template.Map;
        var kinds = template.Objects;
        var free = map.FreeCells.ToArray();
        if (free.Length < kinds.Count)
            throw new ArgumentException($"grid-tabular: the map has {free.Length} free cells for {kinds.Count} objects.", nameof(map));
        rng.Shuffle<int>(free);
        int? first = start == GridStart.Fixed ? map.FreeCells[rng.NextInt(free.Length)] : null;
        var objects = kinds.Select((kind, index) => new GridObject(free[index], kind)).ToArray();
        return new GridLevel(map, objects, actionSet, template.TimeLimit, first);
    }

    /// <summary>Index of a state.</summary>
    /// <param name="cell">Where the agent is.</param>
    /// <param name="mask">Which objects are present.</param>
    public int StateOf(int cell, int mask) => cell + cells * mask;

    /// <summary>Where the agent is in a state.</summary>
    public int CellOf(int state) => state % cells;

    /// <summary>Which objects are present in a state.</summary>
    public int MaskOf(int state) => state / cells;

    /// <inheritdoc/>
    public int Begin(Rng rng) => StateOf(Start ?? Map.FreeCells[rng.NextInt(Map.FreeCells.Count)], all);

    /// <inheritdoc/>
    public int Step(int state, int action, Rng rng, out double reward, out bool terminated)
    {
        unchecked
        {
            var mask = state / cells;
            var move = moves[(state - mask * cells) * Actions + action];
            var absent = all & ~mask;
            var next = mask | (absent & certain);
            for (var waiting = absent & possible; waiting != 0; waiting &= waiting - 1)
            {
                var index = BitOperations.TrailingZeroCount(waiting);
                if (rng.NextUInt64() >> 11 < respawns[index])
                    next |= 1 << index;
            }
            reward = 0.0;
            terminated = false;
            var hit = (1 << (move >> 16) >> 1) & mask;
            if (hit != 0)
            {
                ref readonly var kind = ref kinds[(move >> 16) - 1];
                next &= ~hit;
                reward = kind.Reward;
                terminated = kind.Termination >= 1 || (kind.Termination > 0 && rng.NextDouble() < kind.Termination);
            }
            return (move & 0xffff) + cells * next;
        }
    }

    /// <summary>Where an episode can begin.</summary>
    internal IReadOnlyList<(int State, double Probability)> Starts => Start is { } cell
        ? [(StateOf(cell, all), 1.0)]
        : [.. Map.FreeCells.Select(free => (StateOf(free, all), 1.0 / Map.FreeCells.Count))];

    /// <summary>Adds everything that an action can lead to, as <see cref="ITabular.Outcomes"/> asks.</summary>
    internal void AddOutcomes(int state, int action, List<Outcome> outcomes)
    {
        var mask = MaskOf(state);
        var move = moves[CellOf(state) * Actions + action];
        var absent = all & ~mask;
        var hit = (1 << (move >> 16) >> 1) & mask;
        var kind = hit != 0 ? kinds[(move >> 16) - 1] : default;

        // Every subset of the objects that may come back, from all of them down to none.
        var waiting = absent & possible;
        for (var back = waiting; ; back = (back - 1) & waiting)
        {
            var probability = 1.0;
            for (var index = 0; index < kinds.Length; index++)
                if ((waiting >> index & 1) != 0)
                    probability *= (back >> index & 1) != 0 ? kinds[index].Respawn : 1.0 - kinds[index].Respawn;
            var next = StateOf(move & 0xffff, (mask | (absent & certain) | back) & ~hit);
            if (kind.Termination > 0)
                outcomes.Add(new Outcome(probability * kind.Termination, next, kind.Reward, Terminated: true));
            if (kind.Termination < 1)
                outcomes.Add(new Outcome(probability * (1.0 - kind.Termination), next, kind.Reward, Terminated: false));
            if (back == 0)
                return;
        }
    }

    /// <summary>Whether no step draws anything.</summary>
    internal bool Deterministic => Start is not null && possible == 0 && kinds.All(kind => kind.Termination is 0 or 1);

    internal void Save(BinaryWriter writer)
    {
        writer.Write(Map.ToString());
        writer.Write((int)ActionSet);
        writer.Write(TimeLimit!.Value);
        writer.Write(Start ?? -1);
        writer.Write(Objects.Count);
        foreach (var (cell, kind) in Objects)
        {
            writer.Write(cell);
            writer.Write(kind.Reward);
            writer.Write(kind.Termination);
            writer.Write(kind.Respawn);
        }
    }

    internal static GridLevel Load(BinaryReader reader)
    {
        var map = GridMap.Parse(reader.ReadString(), "grid-tabular");
        var actionSet = (GridActionSet)reader.ReadInt32();
        var timeLimit = reader.ReadInt32();
        int? start = reader.ReadInt32() is var cell and >= 0 ? cell : null;
        var objects = new GridObject[reader.ReadInt32()];
        for (var index = 0; index < objects.Length; index++)
            objects[index] = new(reader.ReadInt32(), new(reader.ReadDouble(), reader.ReadDouble(), reader.ReadDouble()));
        return new GridLevel(map, objects, actionSet, timeLimit, start);
    }

    private bool IsFree(int cell) => cell >= 0 && cell < Map.Cells && !Map.IsWall(cell);

    private int[] Moves()
    {
        var table = new int[cells * Actions];
        for (var cell = 0; cell < cells; cell++)
            for (var action = 0; action < Actions; action++)
            {
                var (rows, columns, collects) = GridActions.Offset(ActionSet, action);
                var reached = Map.Neighbour(cell, rows, columns);
                var next = collects || reached < 0 ? cell : reached;
                var touched = ActionSet == GridActionSet.NineMovesAndCollect ? (collects ? reached : -1) : next;
                var number = 0;
                for (var index = 0; index < Objects.Count; index++)
                    if (Objects[index].Cell == touched)
                        number = index + 1;
                table[cell * Actions + action] = next | number << 16;
            }
        return table;
    }
}
