using System.ComponentModel.DataAnnotations;
using IntrinsicLab.Core.Experiments;

namespace IntrinsicLab.Core.Environments.GridWorlds;

/// <summary>The grids whose objects lie elsewhere in every episode.</summary>
public enum GridRandomConfiguration
{
    /// <summary>11 × 11, 2 × [1, 0, 0.05], [−1, 0.5, 0.1], [−1, 0, 0.5], 500 steps.</summary>
    Dense,

    /// <summary>11 × 11, 2 × [1, 0, 0.01], 2 × [−1, 0.5, 1], 1,000 steps.</summary>
    LongHorizon,

    /// <summary>5 × 7 with two walls, 2 × [1, 0, 0.05], 2 × [−1, 0.5, 0.1], 500 steps.</summary>
    Small,

    /// <summary>5 × 7, [1, 1, 1], 2 × [−1, 1, 1], 50 steps.</summary>
    SmallSparse,

    /// <summary>11 × 11, [1, 0, 1], 2,000 steps.</summary>
    VeryDense,
}

/// <summary>Parameters of <see cref="GridRandom"/>.</summary>
public sealed record GridRandomConfig
{
    /// <summary>
    /// Which grid: its extent, walls, objects and time limit. Numbers of an object: reward, probability to end, to come back.
    /// </summary>
    [Group("Grid")]
    public GridRandomConfiguration Configuration { get; init; } = GridRandomConfiguration.Dense;

    /// <summary>What the agent can do.</summary>
    [Group("Grid")]
    public GridActionSet Actions { get; init; } = GridActionSet.NineMoves;

    /// <summary>A fixed start is drawn from it.</summary>
    [Range(0, int.MaxValue), Group("Grid")]
    public int LayoutSeed { get; init; }

    /// <summary>Takes the place of the configuration's map: # wall, . free, rows from the top separated by /. Empty keeps that.</summary>
    [Group("Grid")]
    public string Map { get; init; } = "";

    /// <summary>Where an episode begins.</summary>
    [Group("Episode")]
    public GridStart StartCell { get; init; } = GridStart.Random;
}

/// <summary>
/// A grid with objects to collect or avoid that lie elsewhere in every episode, and come back elsewhere: the agent has to see them.
/// <para>Actions: 9 moves (8 neighbours in reading order, 4 stays; the object on the new cell is collected), 18 (the 9 moves collect
/// nothing, 9 more collect at the same cells) or 5 (up, down, left, right, stay). Walls stop a move.</para>
/// <para>Observation: rows × columns × planes of 0 and 1: the agent's cell, then the cells of each type of object that are present, types
/// in the configuration's order. Walls are not shown; they never change.</para>
/// <para>Reward: that of the object collected, else 0.</para>
/// <para>Start: agent and objects on random free cells of their own. Terminated: with the collected object's probability. Time limit of the
/// configuration, 50 to 2,000 steps. An object comes back with its probability in each step after the one that took it, on a random cell
/// free of walls, objects and the agent.</para>
/// <para>Source: Oh et al. 2020, appendix A; order within a step as in Jackson et al. 2023. Re-implementations differ in whether planes
/// stand for types or for single objects; types here.</para>
/// </summary>
public sealed class GridRandom : IEnvironment
{
    private readonly GridMap map;
    private readonly GridObjectKind[] kinds;
    private readonly int[] planes;
    private readonly GridActionSet actionSet;
    private readonly Discrete actions;
    private readonly int? start;

    // The cell of each object, −1 while it is absent.
    private readonly int[] cells;
    private int agent;
    private Rng? rng;
    private bool running;

    /// <summary>Makes the grid.</summary>
    /// <exception cref="ArgumentException">The map is none, or has too few free cells for agent and objects.</exception>
    public GridRandom(GridRandomConfig config)
    {
        var template = GridTemplate.Of(config.Configuration);
        map = config.Map.Length > 0 ? GridMap.Parse(config.Map, "grid-random") : template.Map;
        kinds = [.. template.Objects];
        if (map.FreeCells.Count <= kinds.Length)
            throw new ArgumentException(
                $"grid-random: the map has {map.FreeCells.Count} free cells for the agent and {kinds.Length} objects.", nameof(config.Map));
        var types = kinds.Distinct().ToList();
        planes = [.. kinds.Select(kind => 1 + types.IndexOf(kind))];
        cells = [.. Enumerable.Repeat(-1, kinds.Length)];
        actionSet = config.Actions;
        actions = GridActions.Space(actionSet);
        if (config.StartCell == GridStart.Fixed)
            start = map.FreeCells[new Rng((ulong)config.LayoutSeed).Split("layout").NextInt(map.FreeCells.Count)];
        agent = start ?? map.FreeCells[0];
        Spec = new EnvironmentSpec(new Box([map.Rows, map.Columns, 1 + types.Count], 0, 1), actions)
        {
            TimeLimit = template.TimeLimit,
            ScoreRange = kinds.All(kind => kind.Termination >= 1) ? (-1, 1)
                : config.Configuration == GridRandomConfiguration.VeryDense ? (0, template.TimeLimit) : null,
            Keyboard = GridActions.Keyboard(actionSet),
        };
    }

    /// <inheritdoc/>
    public EnvironmentSpec Spec { get; }

    /// <summary>The agent's cell and those of the objects, −1 for absent ones; setting them begins an episode there.</summary>
    internal (int Agent, int[] Objects) Cells
    {
        get => (agent, [.. cells]);
        set
        {
            agent = value.Agent;
            value.Objects.CopyTo(cells, 0);
            running = true;
        }
    }

    /// <inheritdoc/>
    public void Reset(Rng rng, Span<float> observation)
    {
        this.rng = rng;
        agent = start ?? map.FreeCells[rng.NextInt(map.FreeCells.Count)];
        Array.Fill(cells, -1);
        for (var index = 0; index < cells.Length; index++)
            cells[index] = Place();
        running = true;
        Observe(observation);
    }

    /// <inheritdoc/>
    public StepResult Step(ReadOnlySpan<float> action, Span<float> observation)
    {
        if (!running)
            throw new InvalidOperationException("The episode has ended or was not begun; call Reset first.");
        var (rows, columns, collects) = GridActions.Offset(actionSet, actions.IndexOf(action));
        var reached = map.Neighbour(agent, rows, columns);
        if (!collects && reached >= 0)
            agent = reached;
        var touched = actionSet != GridActionSet.NineMovesAndCollect ? agent : collects ? reached : -1;
        var hit = touched < 0 ? -1 : Array.IndexOf(cells, touched);

        // What comes back does so beside the object that is about to be removed, as that was there before the step.
        for (var index = 0; index < cells.Length; index++)
            if (cells[index] < 0 && Happens(kinds[index].Respawn))
                cells[index] = Place();
        var (reward, terminated) = (0.0, false);
        if (hit >= 0)
        {
            cells[hit] = -1;
            reward = kinds[hit].Reward;
            terminated = Happens(kinds[hit].Termination);
        }
        running = !terminated;
        Observe(observation);
        return new StepResult(reward, terminated, Truncated: false);
    }

    /// <inheritdoc/>
    public void Save(BinaryWriter writer)
    {
        writer.Write(agent);
        foreach (var cell in cells)
            writer.Write(cell);
        writer.Write(running);
    }

    /// <inheritdoc/>
    public void Load(BinaryReader reader, Rng rng)
    {
        this.rng = rng;
        agent = reader.ReadInt32();
        foreach (ref var cell in cells.AsSpan())
            cell = reader.ReadInt32();
        running = reader.ReadBoolean();
    }

    /// <inheritdoc/>
    public Scene Render() => GridScene.Draw(
        map, cells.Index().Where(item => item.Item >= 0).Select(item => (item.Item, kinds[item.Index].Reward, true)), agent, GridScene.Describe(kinds));

    /// <inheritdoc/>
    public void Dispose() { }

    // There always is such a cell: the constructor asks for more free cells than objects.
    private int Place()
    {
        while (true)
        {
            var cell = map.FreeCells[rng!.NextInt(map.FreeCells.Count)];
            if (cell != agent && !cells.Contains(cell))
                return cell;
        }
    }

    private bool Happens(double probability) => probability >= 1 || (probability > 0 && rng!.NextDouble() < probability);

    private void Observe(Span<float> observation)
    {
        observation.Clear();
        var channels = Spec.Observation.Shape[2];
        observation[agent * channels] = 1;
        for (var index = 0; index < cells.Length; index++)
            if (cells[index] >= 0)
                observation[cells[index] * channels + planes[index]] = 1;
    }
}
