using System.ComponentModel.DataAnnotations;
using IntrinsicLab.Core.Experiments;

namespace IntrinsicLab.Core.Environments.Navigation;

/// <summary>The mazes of <see cref="PointMaze"/>.</summary>
public enum MazeMap
{
    /// <summary>A winding corridor along three sides of a square, with a dead end inside.</summary>
    SquareA,

    /// <summary>A corridor that forks twice, with four ends.</summary>
    Tree,

    /// <summary>A straight corridor, five cells to each side of the start.</summary>
    Corridor,
}

/// <summary>What <see cref="PointMaze"/> wants.</summary>
public enum MazeGoal
{
    /// <summary>Nothing: the observation is the state alone and every reward is 0.</summary>
    None,

    /// <summary>One point for the whole episode.</summary>
    Fixed,
}

/// <summary>How <see cref="PointMaze"/> pays.</summary>
public enum MazeReward
{
    /// <summary>Minus the Euclidean distance between point and goal after the step, as observed.</summary>
    Distance,

    /// <summary>0 within the success radius, else −1.</summary>
    Sparse,

    /// <summary>Distance before the step less distance after it.</summary>
    Progress,

    /// <summary>Minus the length of the shortest way round the walls: the strongest reward there is.</summary>
    Geodesic,
}

/// <summary>Parameters of <see cref="PointMaze"/>.</summary>
public sealed record PointMazeConfig
{
    /// <summary>Which cells there are.</summary>
    [Group("Maze")]
    public MazeMap Map { get; init; } = MazeMap.SquareA;

    /// <summary>Way along an axis that a full action moves.</summary>
    [Range(0.05, 0.95), Unit("cells"), Group("Maze")]
    public double StepSize { get; init; } = 0.95;

    /// <summary>What is wanted.</summary>
    [Group("Goal")]
    public MazeGoal Goal { get; init; } = MazeGoal.Fixed;

    /// <summary>Where the goal is: in any cell, in the far ends (hard), or as given.</summary>
    [Group("Goal")]
    public GoalPlacement GoalPlacement { get; init; } = GoalPlacement.Uniform;

    /// <summary>x of the goal where it is given; the start's cell is centred on 0.</summary>
    [Range(-6.5, 6.5), Unit("cells"), Group("Goal")]
    public double GoalX { get; init; }

    /// <summary>y of the goal where it is given.</summary>
    [Range(-6.5, 0.5), Unit("cells"), Group("Goal")]
    public double GoalY { get; init; }

    /// <summary>How closeness to the goal is paid.</summary>
    [Group("Reward")]
    public MazeReward Reward { get; init; } = MazeReward.Distance;

    /// <summary>A goal nearer than this is reached.</summary>
    [Range(0.01, 1.0), Unit("cells"), Group("Reward")]
    public double SuccessRadius { get; init; } = 0.15;

    /// <summary>Terminates the episode where the goal is reached.</summary>
    [Group("Episode")]
    public bool EndAtGoal { get; init; }
}

/// <summary>
/// A point in a maze of unit cells; it slides along walls, and the goal may be near as the crow flies and far to walk.
/// <para>Actions: motion along x and y, each from −1 to 1 times the step size.</para>
/// <para>Observation: x and y, in cells over 5; then the goal wanted and the goal that the point achieves, likewise. Without goals x and y
/// alone.</para>
/// <para>Reward: minus the distance to the goal after the step, in the same units (see <see cref="PointMazeConfig.Reward"/> for others); 0
/// without goals.</para>
/// <para>Start: anywhere in the cell of the origin, 0.05 from its sides. Terminated: never, unless asked to at the goal. Time limit 50
/// steps.</para>
/// <para>A wall takes what is perpendicular to it from a motion, throws the point back by up to 0.01, and lets it slide on along the wall;
/// the third wall ends the motion.</para>
/// <para>Source: the mazes of Trott, Zheng, Xiong and Socher 2019 (sibling rivalry) and Campos et al. 2020 (EDL), rebuilt from their
/// description.</para>
/// </summary>
public sealed class PointMaze(PointMazeConfig config) : IEnvironment
{
    private const double Scale = 5.0;
    private const double WallMargin = 0.05;
    private const double SceneMargin = 0.25;

    private static readonly Box Actions = new([2], -1, 1);

    private Rng? random;
    private double x, y, goalX, goalY;
    private bool running;
    private GeodesicField? geodesics;

    /// <inheritdoc/>
    public EnvironmentSpec Spec { get; } = SpecOf(config);

    /// <summary>Walls, start and free cells.</summary>
    public NavigationMap Map { get; } = MapOf(config.Map);

    /// <summary>The map that a choice stands for.</summary>
    public static NavigationMap MapOf(MazeMap map) => map switch
    {
        MazeMap.Tree => NavigationMap.Tree,
        MazeMap.Corridor => NavigationMap.Corridor,
        _ => NavigationMap.SquareA,
    };

    /// <summary>Where the point is, in cells; setting it moves it there within its episode.</summary>
    internal (double X, double Y) Position
    {
        get => (x, y);
        set => (x, y) = value;
    }

    /// <summary>The goal, in cells.</summary>
    internal (double X, double Y) Wanted => (goalX, goalY);

    /// <inheritdoc/>
    public void Reset(Rng rng, Span<float> observation)
    {
        random = rng;
        var nearness = 0.5 - WallMargin;
        x = Map.Start.X + rng.NextDouble(-nearness, nearness);
        y = Map.Start.Y + rng.NextDouble(-nearness, nearness);
        if (config.Goal == MazeGoal.Fixed)
            (goalX, goalY) = config.GoalPlacement switch
            {
                GoalPlacement.Given => (config.GoalX, config.GoalY),
                GoalPlacement.Hard => NavigationMap.Draw(Map.Hard, WallMargin, rng),
                _ => NavigationMap.Draw(Map.Free, WallMargin, rng),
            };
        geodesics = null;
        running = true;
        Observe(observation);
    }

    /// <inheritdoc/>
    public StepResult Step(ReadOnlySpan<float> action, Span<float> observation)
    {
        if (!running)
            throw new InvalidOperationException("The episode has ended or was not begun; call Reset first.");
        Actions.Require(action);
        var before = Distance();
        (x, y) = Map.Slide(x, y, config.StepSize * Math.Clamp(action[0], -1, 1), config.StepSize * Math.Clamp(action[1], -1, 1), random!);
        Observe(observation);
        if (config.Goal == MazeGoal.None)
            return default;

        var after = Distance();
        var reward = config.Reward switch
        {
            MazeReward.Sparse => GoalRewards.Of(GoalReward.Sparse, before, after, config.SuccessRadius / Scale),
            MazeReward.Progress => GoalRewards.Of(GoalReward.Progress, before, after, config.SuccessRadius / Scale),
            MazeReward.Geodesic => -(geodesics ??= Map.DistancesTo(goalX, goalY)).From(x, y) / Scale,
            _ => -after,
        };
        running = !(config.EndAtGoal && after < config.SuccessRadius / Scale);
        return new StepResult(reward, Terminated: !running, Truncated: false);
    }

    /// <inheritdoc/>
    public void Save(BinaryWriter writer)
    {
        foreach (var value in (ReadOnlySpan<double>)[x, y, goalX, goalY])
            writer.Write(value);
        writer.Write(running);
    }

    /// <inheritdoc/>
    public void Load(BinaryReader reader, Rng rng)
    {
        random = rng;
        (x, y, goalX, goalY) = (reader.ReadDouble(), reader.ReadDouble(), reader.ReadDouble(), reader.ReadDouble());
        running = reader.ReadBoolean();
        geodesics = null;
    }

    /// <inheritdoc/>
    public Scene Render()
    {
        var shapes = new List<Shape>();
        foreach (var cell in Map.Free)
            shapes.Add(new Shape("cells", Drawn(cell.Left, cell.Bottom), "ground") { Opacity = 0.1 });
        foreach (var cell in Map.Hard)
            shapes.Add(new Shape("cells", Drawn(cell.Left, cell.Bottom), "ground") { Opacity = 0.1 });
        foreach (var wall in Map.Walls)
            shapes.Add(new Shape("line", Drawn(wall.FromX, wall.FromY, wall.ToX, wall.ToY), "wall", 0.08));
        if (config.Goal == MazeGoal.Fixed)
        {
            shapes.Add(new Shape("circle", Drawn(goalX, goalY, goalX + config.SuccessRadius, goalY), "goal", 0.06));
            shapes.Add(new Shape("circle", Drawn(goalX, goalY, goalX + 0.05, goalY), "goal"));
        }
        shapes.Add(new Shape("circle", Drawn(x, y, x + 0.14, y), "agent"));
        var bounds = Map.Bounds;
        return new Scene(bounds.Right - bounds.Left + 2 * SceneMargin, bounds.Top - bounds.Bottom + 2 * SceneMargin, shapes);
    }

    /// <inheritdoc/>
    public GoalPlaces? Places => Spec.GoalPlane is null ? null : GoalPlaces.Between(goalX, goalY, x, y, config.SuccessRadius) with
    {
        OriginX = SceneMargin - Map.Bounds.Left,
        OriginY = SceneMargin - Map.Bounds.Bottom,
    };

    /// <inheritdoc/>
    public void Want(double x, double y, Span<float> observation)
    {
        var plane = Spec.GoalPlane ?? throw new NotSupportedException("This maze has no goals.");
        if (!running)
            throw new InvalidOperationException("The episode has ended or was not begun; call Reset first.");
        plane.Require(x, y);
        if (!Map.IsFree(x, y))
            throw new ArgumentException("That place lies in no cell of the maze.");
        (goalX, goalY) = (x, y);
        geodesics = null;
        Observe(observation);
    }

    /// <inheritdoc/>
    public void Dispose() { }

    private double Distance() => Math.Sqrt((x - goalX) * (x - goalX) + (y - goalY) * (y - goalY)) / Scale;

    private void Observe(Span<float> observation)
    {
        (observation[0], observation[1]) = ((float)(x / Scale), (float)(y / Scale));
        if (config.Goal == MazeGoal.Fixed)
            ((ReadOnlySpan<float>)[(float)(goalX / Scale), (float)(goalY / Scale), observation[0], observation[1]])
                .CopyTo(observation[2..]);
    }

    private double[] Drawn(params double[] points) =>
        [.. points.Select((value, index) => value - (index % 2 == 0 ? Map.Bounds.Left : Map.Bounds.Bottom) + SceneMargin)];

    private static EnvironmentSpec SpecOf(PointMazeConfig config)
    {
        var map = MapOf(config.Map);
        if (config.GoalPlacement == GoalPlacement.Given && !map.IsFree(config.GoalX, config.GoalY))
            throw new ArgumentException($"point-maze: the goal ({config.GoalX}, {config.GoalY}) lies in no cell of the map {map.Name}.", nameof(config.GoalX));
        var (left, bottom) = ((float)(map.Bounds.Left / Scale), (float)(map.Bounds.Bottom / Scale));
        var (right, top) = ((float)(map.Bounds.Right / Scale), (float)(map.Bounds.Top / Scale));
        var points = config.Goal == MazeGoal.None ? 1 : 3;
        var diagonal = Math.Sqrt((right - left) * (right - left) + (top - bottom) * (top - bottom));
        return new EnvironmentSpec(
            new Box([2 * points], [.. Enumerable.Range(0, points).SelectMany(_ => new[] { left, bottom })],
                [.. Enumerable.Range(0, points).SelectMany(_ => new[] { right, top })]),
            Actions)
        {
            TimeLimit = map.TimeLimit,
            ScoreRange = config.Goal == MazeGoal.None ? null : config.Reward switch
            {
                MazeReward.Sparse => (-map.TimeLimit, 0),
                MazeReward.Progress => (-diagonal, diagonal),
                MazeReward.Distance => (-map.TimeLimit * diagonal, 0),
                _ => null,
            },
            Keyboard = ArrowKeys.Motions,
            Goal = config.Goal == MazeGoal.None ? null : new GoalLayout(2, 2) { SuccessRadius = config.SuccessRadius / Scale },
            GoalPlane = config.Goal == MazeGoal.None
                ? null
                : new GoalPlane(map.Bounds.Left, map.Bounds.Bottom, map.Bounds.Right, map.Bounds.Top) { Unit = "cells" },
        };
    }
}
