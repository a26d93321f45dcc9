using System.ComponentModel.DataAnnotations;
using System.Globalization;
using IntrinsicLab.Core.Experiments;

namespace IntrinsicLab.Core.Environments.GridWorlds;

/// <summary>The grids with objects at fixed cells, and distributions over such grids.</summary>
public enum GridConfiguration
{
    /// <summary>11 × 11, 2 × [1, 0, 0.05], [−1, 0.5, 0.1], [−1, 0, 0.5], 500 steps.</summary>
    Dense,

    /// <summary>13 × 13, [1, 1, 0], [−1, 1, 0], 50 steps.</summary>
    Sparse,

    /// <summary>11 × 11, 2 × [1, 0, 0.01], 2 × [−1, 0.5, 1], 1,000 steps.</summary>
    LongHorizon,

    /// <summary>7 × 9 with a dividing wall, 2 × [1, 0.1, 0.01], 5 × [−1, 0.8, 1], 2,000 steps.</summary>
    LongerHorizon,

    /// <summary>11 × 11 with four rooms, 4 × [1, 0, 0.005], 2,000 steps.</summary>
    LongDense,

    /// <summary>Dense with 4 to 6 rows and columns, 100 steps.</summary>
    SmallDense,

    /// <summary>Sparse with 4 to 6 rows and columns, 30 steps.</summary>
    SmallSparse,

    /// <summary>Long horizon with 4 to 6 rows and columns, 150 steps.</summary>
    SmallLongHorizon,

    /// <summary>4 to 6 rows and columns, no walls, [1, 0.1, 0.02], 3 × [−1, 0.8, 1], 200 steps.</summary>
    SmallLongerHorizon,

    /// <summary>Long dense with 4 to 6 rows and columns, no walls, 200 steps.</summary>
    SmallLongDense,

    /// <summary>Sparse with 7 to 10 rows and columns, 40 steps.</summary>
    MediumSparse,

    /// <summary>A level with everything random: 4 to 10 cells square, 1 to 5 objects, 20 to 750 steps.</summary>
    RandomLevel,

    /// <summary>A random level of 4 to 6 cells square, 1 to 3 objects, 20 to 100 steps.</summary>
    RandomLevelSmall,

    /// <summary>A random level of 6 to 8 cells square, 2 to 4 objects, 100 to 250 steps.</summary>
    RandomLevelMedium,

    /// <summary>A random level of 8 to 10 cells square, 2 to 5 objects, 250 to 750 steps.</summary>
    RandomLevelLarge,
}

/// <summary>Where an episode begins.</summary>
public enum GridStart
{
    /// <summary>On a free cell drawn each episode.</summary>
    Random,

    /// <summary>Always on the same cell, drawn with the layout.</summary>
    Fixed,
}

/// <summary>How a state is shown.</summary>
public enum GridObservation
{
    /// <summary>One value per state, 1 at the state's index.</summary>
    OneHot,

    /// <summary>Row and column from 0 to 1, then 1 for each object that is present.</summary>
    Compact,
}

/// <summary>Parameters of <see cref="GridTabular"/>.</summary>
public sealed record GridTabularConfig
{
    /// <summary>
    /// Which grid: its extent, walls, objects and time limit. Numbers of an object: reward, probability to end, to come back.
    /// </summary>
    [Group("Grid")]
    public GridConfiguration Configuration { get; init; } = GridConfiguration.Dense;

    /// <summary>What the agent can do.</summary>
    [Group("Grid")]
    public GridActionSet Actions { get; init; } = GridActionSet.NineMoves;

    /// <summary>Which of the possible layouts: object cells, a fixed start and random levels are drawn from it once.</summary>
    [Range(0, int.MaxValue), Group("Grid")]
    public int LayoutSeed { get; init; }

    /// <summary>Takes the place of the configuration's map: # wall, . free, rows from the top separated by /. Empty keeps that.</summary>
    [Group("Grid")]
    public string Map { get; init; } = "";

    /// <summary>Where an episode begins.</summary>
    [Group("Episode")]
    public GridStart StartCell { get; init; } = GridStart.Random;

    /// <summary>How a state is shown; one-hot is the table of the article, compact suits networks and large grids.</summary>
    [Group("Observation")]
    public GridObservation Observation { get; init; } = GridObservation.OneHot;
}

/// <summary>
/// A grid with objects to collect or avoid, at cells that stay the same for the agent's whole lifetime; some end the episode, some come
/// back.
/// <para>Actions: 9 moves (8 neighbours in reading order, 4 stays; the object on the new cell is collected), 18 (the 9 moves collect
/// nothing, 9 more collect at the same cells) or 5 (up, down, left, right, stay). Walls stop a move.</para>
/// <para>Observation: the state one-hot, s = cell + cells · mask with bit i of mask for "object i is present"; or compact: row and column
/// from 0 to 1, then the bits.</para>
/// <para>Reward: that of the object collected, else 0.</para>
/// <para>Start: a random free cell (or one fixed cell), all objects present. Terminated: with the collected object's probability. Time
/// limit of the configuration, 50 to 2,000 steps. An object comes back with its probability in each step after the one that took it, so one
/// that certainly comes back pays every second step to an agent that stays.</para>
/// <para>Source: Oh et al. 2020, appendix A. The article leaves the order within a step open; here it is that of Jackson et al. 2023: move,
/// hit, respawn draws of what was absent before, removal, termination draw. Their 9 × 9 "longer horizon" has 7 rows here, as in
/// re-implementations of the original. The small ones are reductions of our own, the random levels those of Jackson et al. 2023 (there with 5 actions and a
/// fixed start).</para>
/// </summary>
public sealed class GridTabular : IEnvironment, ITabular
{
    private const int LargestOneHot = 100_000;

    private readonly GridLevel level;
    private readonly Discrete actions;
    private readonly GridObservation shown;
    private Rng? rng;
    private bool running;

    /// <summary>Draws the layout.</summary>
    /// <exception cref="ArgumentException">The map is none, or its free cells are too few for the objects.</exception>
    public GridTabular(GridTabularConfig config)
        : this(GridLevel.Draw(config.Configuration, config.Actions, new Rng((ulong)config.LayoutSeed).Split("layout"), config.StartCell,
            config.Map.Length > 0 ? GridMap.Parse(config.Map, "grid-tabular") : null), config.Observation)
    {
        var map = config.Map.Length > 0 ? level.Map : null;
        Spec = Spec with { Families = [LevelFamilies.Grid(config.Configuration, config.Actions, config.StartCell, map)] };
    }

    /// <summary>The environment of a level.</summary>
    internal GridTabular(GridLevel level, GridObservation shown = GridObservation.OneHot)
    {
        if (shown == GridObservation.OneHot && level.States > LargestOneHot)
            throw new ArgumentException($"grid-tabular: {level.States} states are too many to show one-hot; choose the compact observation.");
        (this.level, this.shown) = (level, shown);
        actions = GridActions.Space(level.ActionSet);
        var size = shown == GridObservation.OneHot ? level.States : 2 + level.Objects.Count;
        Spec = new EnvironmentSpec(new Box([size], 0, 1), actions)
        {
            TimeLimit = level.TimeLimit,
            ScoreRange = level.Objects.All(item => item.Kind.Termination >= 1)
                ? (level.Objects.Min(item => Math.Min(0, item.Kind.Reward)), level.Objects.Max(item => Math.Max(0, item.Kind.Reward)))
                : null,
            Deterministic = level.Deterministic,
            Level = level,
            Table = new(level.States, shown == GridObservation.OneHot ? StateTable.HotIndex : StateOf)
            {
                Columns = level.Map.Columns,
                Rows = level.Map.Rows,
                CellOf = level.CellOf,
            },
            Keyboard = GridActions.Keyboard(level.ActionSet),
            Maps =
            [
                StateMap.Cells(level.Map.Rows, level.Map.Columns, ObserveCell) with
                {
                    Name = "with every object present",
                    Places = [.. level.Objects.Select(item => (
                        string.Create(CultureInfo.InvariantCulture, $"Object of reward {item.Kind.Reward}"),
                        (double)(item.Cell % level.Map.Columns), (double)(item.Cell / level.Map.Columns)))],
                },
            ],
        };

        bool ObserveCell(int row, int column, Span<float> observation)
        {
            var cell = row * level.Map.Columns + column;
            if (!level.Map.IsWall(cell))
                Observe(level.StateOf(cell, (1 << level.Objects.Count) - 1), observation);
            return !level.Map.IsWall(cell);
        }
    }

    /// <inheritdoc/>
    public EnvironmentSpec Spec { get; private init; }

    /// <inheritdoc/>
    public int States => level.States;

    /// <inheritdoc/>
    public int State { get; private set; }

    /// <inheritdoc/>
    public IReadOnlyList<(int State, double Probability)> Starts => level.Starts;

    /// <inheritdoc/>
    public void Outcomes(int state, int action, List<Outcome> outcomes) => level.AddOutcomes(state, action, outcomes);

    /// <inheritdoc/>
    public void Reset(Rng rng, Span<float> observation)
    {
        this.rng = rng;
        State = level.Begin(rng);
        running = true;
        Observe(observation);
    }

    /// <inheritdoc/>
    public StepResult Step(ReadOnlySpan<float> action, Span<float> observation)
    {
        if (!running)
            throw new InvalidOperationException("The episode has ended or was not begun; call Reset first.");
        State = level.Step(State, actions.IndexOf(action), rng!, out var reward, out var terminated);
        running = !terminated;
        Observe(observation);
        return new StepResult(reward, terminated, Truncated: false);
    }

    /// <inheritdoc/>
    public void Save(BinaryWriter writer)
    {
        writer.Write(State);
        writer.Write(running);
    }

    /// <inheritdoc/>
    public void Load(BinaryReader reader, Rng rng)
    {
        this.rng = rng;
        State = reader.ReadInt32();
        running = reader.ReadBoolean();
    }

    /// <inheritdoc/>
    public Scene Render() => GridScene.Draw(level.Map,
        level.Objects.Select((item, index) => (item.Cell, item.Kind.Reward, (level.MaskOf(State) >> index & 1) != 0)),
        level.CellOf(State), GridScene.Describe(level.Objects.Select(item => item.Kind)));

    /// <inheritdoc/>
    public void Dispose() { }

    private int StateOf(ReadOnlySpan<float> observation)
    {
        var row = (int)MathF.Round(observation[0] * Math.Max(1, level.Map.Rows - 1));
        var column = (int)MathF.Round(observation[1] * Math.Max(1, level.Map.Columns - 1));
        var mask = 0;
        for (var index = 0; index < level.Objects.Count; index++)
            if (observation[2 + index] > 0)
                mask |= 1 << index;
        return level.StateOf(row * level.Map.Columns + column, mask);
    }

    private void Observe(Span<float> observation) => Observe(State, observation);

    private void Observe(int state, Span<float> observation)
    {
        observation.Clear();
        if (shown == GridObservation.OneHot)
        {
            observation[state] = 1;
            return;
        }
        var (cell, mask) = (level.CellOf(state), level.MaskOf(state));
        observation[0] = (float)(cell / level.Map.Columns) / Math.Max(1, level.Map.Rows - 1);
        observation[1] = (float)(cell % level.Map.Columns) / Math.Max(1, level.Map.Columns - 1);
        for (var index = 0; index < level.Objects.Count; index++)
            observation[2 + index] = mask >> index & 1;
    }
}
