using System.ComponentModel.DataAnnotations;
using IntrinsicLab.Core.Experiments;

namespace IntrinsicLab.Core.Environments.Navigation;

/// <summary>The walls of <see cref="PointNavigation"/>.</summary>
public enum FieldMap
{
    /// <summary>None; 20 steps.</summary>
    Open,

    /// <summary>A wall from the left edge to the middle, the start below it; 30 steps.</summary>
    Shelf,

    /// <summary>A wall from the left edge over three quarters, the start in the corner below it; 40 steps.</summary>
    LongShelf,

    /// <summary>A cup upside down over the start; 40 steps.</summary>
    Cup,
}

/// <summary>How <see cref="PointNavigation"/> is steered.</summary>
public enum PointActions
{
    /// <summary>A motion along both axes.</summary>
    Continuous,

    /// <summary>Up, down, left, right or stay.</summary>
    Discrete,
}

/// <summary>What <see cref="PointNavigation"/> wants.</summary>
public enum PointGoal
{
    /// <summary>Nothing: the observation is the state alone and every reward is 0.</summary>
    None,

    /// <summary>One point for the whole episode.</summary>
    Fixed,

    /// <summary>A point that moves on a circle; its speed is within the agent's.</summary>
    Dynamic,

    /// <summary>One point for the whole episode, shown as a picture of 10 × 10 pixels.</summary>
    Image,

    /// <summary>Several points in order, each wanted for its slot of time.</summary>
    Waypoints,
}

/// <summary>What happens to a move that would leave the field of <see cref="PointNavigation"/>.</summary>
public enum FieldEdge
{
    /// <summary>It ends at the edge.</summary>
    Stop,

    /// <summary>It does not happen at all.</summary>
    Refuse,
}

/// <summary>How <see cref="PointNavigation"/> pays.</summary>
public enum NavigationReward
{
    /// <summary>Minus the Euclidean distance between point and goal after the step.</summary>
    Distance,

    /// <summary>0 within the success radius, else −1.</summary>
    Sparse,

    /// <summary>Distance before the step less distance after it, to the same goal.</summary>
    Progress,

    /// <summary>Minus the length of the shortest way round the walls: the strongest reward there is.</summary>
    Geodesic,

    /// <summary>Minus the L2 distance between the pictures of point and goal; for image goals alone.</summary>
    Pixel,
}

/// <summary>Parameters of <see cref="PointNavigation"/>.</summary>
public sealed record PointNavigationConfig
{
    /// <summary>Where the walls are; also sets start and time limit.</summary>
    [Group("Field")]
    public FieldMap Map { get; init; } = FieldMap.Open;

    /// <summary>Motions of any length and direction, or steps along the axes.</summary>
    [Group("Field")]
    public PointActions Actions { get; init; } = PointActions.Continuous;

    /// <summary>Way along an axis that a full action moves; the field's side is 2.</summary>
    [Range(0.01, 0.2), Group("Field")]
    public double StepSize { get; init; } = 0.1;

    /// <summary>
    /// What the edge does with a move that would leave the field. A look-alike in use elsewhere has Refuse with steps of 0.05.
    /// </summary>
    [Group("Field")]
    public FieldEdge Edge { get; init; } = FieldEdge.Stop;

    /// <summary>Each coordinate starts within minus and plus this of the map's start.</summary>
    [Range(0.0, 0.2), Group("Field")]
    public double StartNoise { get; init; } = 0.02;

    /// <summary>What is wanted and how it is shown.</summary>
    [Group("Goal")]
    public PointGoal Goal { get; init; } = PointGoal.Fixed;

    /// <summary>Where fixed, image and way-point goals are; way-points named by Given are all the same point.</summary>
    [Group("Goal")]
    public GoalPlacement GoalPlacement { get; init; } = GoalPlacement.Uniform;

    /// <summary>x of the goal where it is given.</summary>
    [Range(-1.0, 1.0), Group("Goal")]
    public double GoalX { get; init; } = 0.8;

    /// <summary>y of the goal where it is given.</summary>
    [Range(-1.0, 1.0), Group("Goal")]
    public double GoalY { get; init; } = 0.8;

    /// <summary>Radius of the circle, around the middle of the field, that a dynamic goal moves on.</summary>
    [Range(0.05, 1.0), Group("Goal")]
    public double CircleRadius { get; init; } = 0.6;

    /// <summary>Steps in which a dynamic goal goes round once, against the clock.</summary>
    [Range(4, 1000), Unit("steps"), Group("Goal")]
    public int StepsPerTurn { get; init; } = 40;

    /// <summary>Number of way-points.</summary>
    [Range(1, 20), Group("Goal")]
    public int Waypoints { get; init; } = 4;

    /// <summary>Steps for which each way-point is wanted.</summary>
    [Range(1, 100), Unit("steps"), Group("Goal")]
    public int StepsPerWaypoint { get; init; } = 10;

    /// <summary>Draws a second blob into pictures, which walks at random and which nothing controls.</summary>
    [Group("Goal")]
    public bool Distractor { get; init; }

    /// <summary>How closeness to the goal is paid.</summary>
    [Group("Reward")]
    public NavigationReward Reward { get; init; } = NavigationReward.Distance;

    /// <summary>A goal nearer than this is reached.</summary>
    [Range(0.001, 1.0), Group("Reward")]
    public double SuccessRadius { get; init; } = 0.1;

    /// <summary>Terminates the episode where the goal is reached (of way-points, the last).</summary>
    [Group("Episode")]
    public bool EndAtGoal { get; init; }
}

/// <summary>
/// A point in the square [−1, 1]² goes to goals: plain ones, moving ones, pictures, lists of way-points; with walls, the straight way is
/// often the wrong one.
/// <para>Actions: motion along x and y, each from −1 to 1 times the step size; or 0 up, 1 down, 2 left, 3 right, 4 stay.</para>
/// <para>Observation: x and y; then the goal wanted now and the goal that the point achieves: its x and y, or for image goals pictures of
/// 10 × 10 pixels, rows from the bottom. Without goals x and y alone.</para>
/// <para>Reward: minus the distance to the goal that was wanted when the action was chosen (see <see cref="PointNavigationConfig.Reward"/>
/// for others), measured between points also where pictures are shown; 0 without goals.</para>
/// <para>Start: the map's, with noise. Terminated: never, unless asked to at the goal. Time limit: the map's 20, 30 or 40 steps; at least
/// 40 for dynamic goals; for way-points the sum of their slots.</para>
/// <para>Source: the kinds of goals of Liu, Wang, Tian and Chen 2022 (GPIM); sizes, maps and pictures are this lab's own.</para>
/// </summary>
public sealed class PointNavigation(PointNavigationConfig config) : IEnvironment
{
    private const double DistractorStep = 0.1;
    private const double FieldSide = 20;
    private const double Margin = 1;
    private const double Diagonal = 2.8284271247461903;

    private static readonly Box Motions = new([2], -1, 1);
    private static readonly Discrete Moves = new(5) { Names = ["Up", "Down", "Left", "Right", "Stay"] };
    private static readonly (int X, int Y)[] Directions = [(0, 1), (0, -1), (-1, 0), (1, 0), (0, 0)];

    private readonly double[] goals = new double[2 * (config.Goal == PointGoal.Waypoints ? config.Waypoints : 1)];
    private readonly float[] wantedImage = new float[BlobImage.Size];
    private readonly float[] achievedImage = new float[BlobImage.Size];

    private Rng? random;
    private double x, y, phase, distractorX, distractorY, wantedDistractorX, wantedDistractorY;
    private int steps;
    private bool running;
    private GeodesicField? geodesics;
    private (double X, double Y) geodesicsGoal;

    /// <inheritdoc/>
    public EnvironmentSpec Spec { get; } = SpecOf(config);

    /// <summary>Walls, start and free space.</summary>
    public NavigationMap Map { get; } = MapOf(config.Map);

    /// <summary>The map that a choice stands for.</summary>
    public static NavigationMap MapOf(FieldMap map) => map switch
    {
        FieldMap.Shelf => NavigationMap.Shelf,
        FieldMap.LongShelf => NavigationMap.LongShelf,
        FieldMap.Cup => NavigationMap.Cup,
        _ => NavigationMap.Open,
    };

    /// <summary>Where the point is; setting it moves it there within its episode, or begins one.</summary>
    internal (double X, double Y) Position
    {
        get => (x, y);
        set
        {
            (x, y) = value;
            running = true;
        }
    }

    /// <summary>The point that is wanted now.</summary>
    internal (double X, double Y) Wanted => WantedAt(steps);

    /// <inheritdoc/>
    public void Reset(Rng rng, Span<float> observation)
    {
        random = rng;
        var noise = config.StartNoise;
        x = Map.Start.X + rng.NextDouble(-noise, noise);
        y = Map.Start.Y + rng.NextDouble(-noise, noise);
        if (config.Goal == PointGoal.Dynamic)
            phase = rng.NextDouble(0, 2 * Math.PI);
        else if (config.Goal != PointGoal.None)
            for (var goal = 0; goal < goals.Length; goal += 2)
                (goals[goal], goals[goal + 1]) = config.GoalPlacement switch
                {
                    GoalPlacement.Given => (config.GoalX, config.GoalY),
                    GoalPlacement.Hard => NavigationMap.Draw(Map.Hard, 0, rng),
                    _ => NavigationMap.Draw(Map.Free, 0, rng),
                };
        if (HasDistractor)
        {
            (distractorX, distractorY) = NavigationMap.Draw(Map.Free, 0, rng);
            (wantedDistractorX, wantedDistractorY) = NavigationMap.Draw(Map.Free, 0, rng);
        }
        steps = 0;
        running = true;
        DrawWanted();
        Observe(observation);
    }

    /// <inheritdoc/>
    public StepResult Step(ReadOnlySpan<float> action, Span<float> observation)
    {
        if (!running)
            throw new InvalidOperationException("The episode has ended or was not begun; call Reset first.");
        var (alongX, alongY) = MotionOf(action);
        var (wantedX, wantedY) = WantedAt(steps);
        var before = Distance(wantedX, wantedY);
        var leaves = Math.Abs(x + alongX) > 1 || Math.Abs(y + alongY) > 1;
        if (config.Edge == FieldEdge.Stop || !leaves)
            (x, y) = Map.Move(x, y, alongX, alongY);
        if (HasDistractor)
        {
            distractorX = Math.Clamp(distractorX + random!.NextDouble(-DistractorStep, DistractorStep), -1, 1);
            distractorY = Math.Clamp(distractorY + random.NextDouble(-DistractorStep, DistractorStep), -1, 1);
        }
        var last = config.Goal != PointGoal.Waypoints || steps / config.StepsPerWaypoint >= config.Waypoints - 1;
        steps++;
        Observe(observation);
        if (config.Goal == PointGoal.None)
            return default;

        var after = Distance(wantedX, wantedY);
        var reward = config.Reward switch
        {
            NavigationReward.Sparse => GoalRewards.Of(GoalReward.Sparse, before, after, config.SuccessRadius),
            NavigationReward.Progress => GoalRewards.Of(GoalReward.Progress, before, after, config.SuccessRadius),
            NavigationReward.Geodesic => -WayTo(wantedX, wantedY),
            NavigationReward.Pixel => -BlobImage.Distance(achievedImage, wantedImage),
            _ => -after,
        };
        running = !(config.EndAtGoal && last && after < config.SuccessRadius);
        return new StepResult(reward, Terminated: !running, Truncated: false);
    }

    /// <inheritdoc/>
    public void Save(BinaryWriter writer)
    {
        foreach (var value in (ReadOnlySpan<double>)[x, y, phase, distractorX, distractorY, wantedDistractorX, wantedDistractorY, .. goals])
            writer.Write(value);
        writer.Write(steps);
        writer.Write(running);
    }

    /// <inheritdoc/>
    public void Load(BinaryReader reader, Rng rng)
    {
        random = rng;
        (x, y, phase) = (reader.ReadDouble(), reader.ReadDouble(), reader.ReadDouble());
        (distractorX, distractorY) = (reader.ReadDouble(), reader.ReadDouble());
        (wantedDistractorX, wantedDistractorY) = (reader.ReadDouble(), reader.ReadDouble());
        foreach (ref var goal in goals.AsSpan())
            goal = reader.ReadDouble();
        steps = reader.ReadInt32();
        running = reader.ReadBoolean();
        DrawWanted();
        DrawAchieved();
    }

    /// <inheritdoc/>
    public Scene Render()
    {
        var shapes = new List<Shape>
        {
            new("line", Drawn(-1, -1, 1, -1, 1, 1, -1, 1, -1, -1), "ground", 0.15),
        };
        foreach (var region in Map.Hard)
            shapes.Add(new Shape("polygon",
                Drawn(region.Left, region.Bottom, region.Right, region.Bottom, region.Right, region.Top, region.Left, region.Top), "ground")
            { Opacity = 0.12 });
        foreach (var wall in Map.Walls)
            shapes.Add(new Shape("line", Drawn(wall.FromX, wall.FromY, wall.ToX, wall.ToY), "wall", 0.35));
        DrawGoals(shapes);
        shapes.Add(new Shape("circle", Drawn(x, y, x + 0.045, y), "agent"));
        var side = FieldSide + 2 * Margin;
        if (config.Goal != PointGoal.Image)
            return new Scene(side, side, shapes);
        BlobImage.Draw(shapes, wantedImage, side, FieldSide + Margin - BlobImage.Side - 0.2, "goal");
        BlobImage.Draw(shapes, achievedImage, side, Margin - 0.8, "agent");
        shapes.Add(new Shape("text", [side + BlobImage.Side / 2.0, side - 0.5], "goal", 0.8) { Label = "wanted" });
        shapes.Add(new Shape("text", [side + BlobImage.Side / 2.0, BlobImage.Side + 0.8], "agent", 0.8) { Label = "achieved" });
        return new Scene(side + BlobImage.Side + Margin, side, shapes);
    }

    /// <inheritdoc/>
    public GoalPlaces? Places => Spec.GoalPlane is null ? null
        : GoalPlaces.Between(Wanted.X, Wanted.Y, x, y, config.SuccessRadius) with { OriginX = Margin + FieldSide / 2, OriginY = Margin + FieldSide / 2 };

    /// <inheritdoc/>
    public void Want(double x, double y, Span<float> observation)
    {
        var plane = Spec.GoalPlane ?? throw new NotSupportedException("Without goals there is nothing to put anywhere.");
        if (!running)
            throw new InvalidOperationException("The episode has ended or was not begun; call Reset first.");
        plane.Require(x, y);
        if (config.Goal == PointGoal.Dynamic)
            // From the nearest point of its circle on, as if it were there now.
            phase = Math.Atan2(y, x) - 2 * Math.PI * steps / config.StepsPerTurn;
        else
            (goals[^2], goals[^1]) = (x, y);
        DrawWanted();
        Observe(observation);
    }

    /// <inheritdoc/>
    public void Dispose() { }

    private bool HasDistractor => config.Goal == PointGoal.Image && config.Distractor;

    private (double X, double Y) MotionOf(ReadOnlySpan<float> action)
    {
        if (config.Actions == PointActions.Discrete)
        {
            var (right, up) = Directions[Moves.IndexOf(action)];
            return (config.StepSize * right, config.StepSize * up);
        }
        Motions.Require(action);
        return (config.StepSize * Math.Clamp(action[0], -1, 1), config.StepSize * Math.Clamp(action[1], -1, 1));
    }

    private (double X, double Y) WantedAt(int step)
    {
        if (config.Goal == PointGoal.Dynamic)
        {
            var angle = phase + 2 * Math.PI * step / config.StepsPerTurn;
            return (config.CircleRadius * Math.Cos(angle), config.CircleRadius * Math.Sin(angle));
        }
        var goal = config.Goal == PointGoal.Waypoints ? 2 * Math.Min(step / config.StepsPerWaypoint, config.Waypoints - 1) : 0;
        return (goals[goal], goals[goal + 1]);
    }

    private double Distance(double toX, double toY) => Math.Sqrt((x - toX) * (x - toX) + (y - toY) * (y - toY));

    private double WayTo(double toX, double toY)
    {
        if (geodesics is null || geodesicsGoal != (toX, toY))
            (geodesics, geodesicsGoal) = (Map.DistancesTo(toX, toY), (toX, toY));
        return geodesics.From(x, y);
    }

    private void DrawWanted()
    {
        if (config.Goal != PointGoal.Image)
            return;
        Array.Clear(wantedImage);
        BlobImage.Add(wantedImage, goals[0], goals[1]);
        if (HasDistractor)
            BlobImage.Add(wantedImage, wantedDistractorX, wantedDistractorY);
    }

    private void DrawAchieved()
    {
        if (config.Goal != PointGoal.Image)
            return;
        Array.Clear(achievedImage);
        BlobImage.Add(achievedImage, x, y);
        if (HasDistractor)
            BlobImage.Add(achievedImage, distractorX, distractorY);
    }

    private void Observe(Span<float> observation)
    {
        DrawAchieved();
        (observation[0], observation[1]) = ((float)x, (float)y);
        if (config.Goal == PointGoal.None)
            return;
        if (config.Goal == PointGoal.Image)
        {
            wantedImage.CopyTo(observation[2..]);
            achievedImage.CopyTo(observation[(2 + BlobImage.Size)..]);
            return;
        }
        var (wantedX, wantedY) = WantedAt(steps);
        ((ReadOnlySpan<float>)[(float)wantedX, (float)wantedY, (float)x, (float)y]).CopyTo(observation[2..]);
    }

    private void DrawGoals(List<Shape> shapes)
    {
        if (config.Goal == PointGoal.None)
            return;
        if (config.Goal == PointGoal.Dynamic)
            for (var dash = 0; dash < 36; dash++)
            {
                var (from, to) = (2 * Math.PI * dash / 36, 2 * Math.PI * (dash + 0.5) / 36);
                shapes.Add(new Shape("line",
                    Drawn(config.CircleRadius * Math.Cos(from), config.CircleRadius * Math.Sin(from),
                        config.CircleRadius * Math.Cos(to), config.CircleRadius * Math.Sin(to)), "goal", 0.1)
                { Opacity = 0.5 });
            }
        if (config.Goal == PointGoal.Waypoints)
            for (var goal = 0; goal < config.Waypoints; goal++)
            {
                var seen = Math.Min(steps / config.StepsPerWaypoint, config.Waypoints - 1) == goal ? 1 : 0.35;
                var (left, right) = (goals[2 * goal], goals[2 * goal + 1]);
                shapes.Add(new Shape("circle", Drawn(left, right, left + config.SuccessRadius, right), "goal", 0.2) { Opacity = seen });
                shapes.Add(new Shape("text", Drawn(left, right), "goal", 1) { Label = $"{goal + 1}", Opacity = seen });
            }
        if (config.Goal is PointGoal.Fixed or PointGoal.Image or PointGoal.Dynamic)
        {
            var (wantedX, wantedY) = Wanted;
            shapes.Add(new Shape("circle", Drawn(wantedX, wantedY, wantedX + config.SuccessRadius, wantedY), "goal", 0.2));
            shapes.Add(new Shape("circle", Drawn(wantedX, wantedY, wantedX + 0.02, wantedY), "goal"));
        }
        if (HasDistractor)
            shapes.Add(new Shape("circle", Drawn(distractorX, distractorY, distractorX + 0.045, distractorY), "object"));
    }

    // From the field's coordinates to the scene's, in which a pixel of a picture is 1 wide.
    private static double[] Drawn(params double[] points) => [.. points.Select(value => Margin + (value + 1) * FieldSide / 2)];

    private static Func<Region, bool> Holds(float x, float y) => region => region.Contains(x, y);

    private static EnvironmentSpec SpecOf(PointNavigationConfig config)
    {
        var map = MapOf(config.Map);
        if (config.GoalPlacement == GoalPlacement.Hard && map.Hard.Count == 0)
            throw new ArgumentException($"point-navigation: the map {map.Name} has no hard goals, so goalPlacement cannot be hard.", nameof(config.GoalPlacement));
        if (config.Reward == NavigationReward.Pixel && config.Goal is not (PointGoal.Image or PointGoal.None))
            throw new ArgumentException("point-navigation: the reward pixel is for goals shown as an image; set goal to image.", nameof(config.Reward));
        var limit = config.Goal switch
        {
            PointGoal.Waypoints => config.Waypoints * config.StepsPerWaypoint,
            PointGoal.Dynamic => Math.Max(40, map.TimeLimit),
            _ => map.TimeLimit,
        };
        var goalSize = config.Goal switch { PointGoal.None => 0, PointGoal.Image => BlobImage.Size, _ => 2 };
        var brightest = config.Distractor ? 2f : 1f;
        var (low, high) = (config.Goal == PointGoal.Image ? 0f : -1f, config.Goal == PointGoal.Image ? brightest : 1f);
        return new EnvironmentSpec(
            new Box([2 + 2 * goalSize],
                [-1, -1, .. Enumerable.Repeat(low, 2 * goalSize)], [1, 1, .. Enumerable.Repeat(high, 2 * goalSize)]),
            config.Actions == PointActions.Discrete ? Moves : Motions)
        {
            TimeLimit = limit,
            ScoreRange = config.Goal == PointGoal.None ? null : config.Reward switch
            {
                NavigationReward.Distance => (-limit * Diagonal, 0),
                NavigationReward.Sparse => (-limit, 0),
                NavigationReward.Progress when config.Goal is PointGoal.Fixed or PointGoal.Image => (-Diagonal, Diagonal),
                _ => null,
            },
            Deterministic = config.StartNoise == 0
                && (config.Goal == PointGoal.None || (config.Goal != PointGoal.Dynamic && config.GoalPlacement == GoalPlacement.Given))
                && !(config.Goal == PointGoal.Image && config.Distractor),
            Keyboard = config.Actions == PointActions.Discrete ? ArrowKeys.Moves : ArrowKeys.Motions,
            Goal = config.Goal == PointGoal.None
                ? null
                : new GoalLayout(2, goalSize)
                {
                    // With a second blob a picture tells two places, and not which is the goal's.
                    SuccessRadius = config.Goal == PointGoal.Image && config.Distractor ? null : config.SuccessRadius,
                    Place = config.Goal == PointGoal.Image && !config.Distractor ? BlobImage.Places : null,
                    Picture = config.Goal == PointGoal.Image ? (BlobImage.Side, BlobImage.Side) : null,
                    IsHard = map.Hard.Count > 0 && config.Goal != PointGoal.Image
                        ? goal => map.Hard.Any(Holds(goal[0], goal[1]))
                        : null,
                },
            Plan = map.Walls.Count == 0 ? null : new FloorPlan(map.Walls) { WaysTo = (x, y) => map.DistancesTo(x, y).From },
            GoalPlane = config.Goal == PointGoal.None ? null : new GoalPlane(-1, -1, 1, 1)
            {
                Scale = FieldSide / 2,
                Meaning = config.Goal switch
                {
                    PointGoal.Dynamic => "The goal goes on from the point of its circle that is nearest to there",
                    PointGoal.Waypoints when config.Waypoints > 1 => "The last of the way-points is put there; the others stay, and each is still wanted for its slot of time",
                    _ => "",
                },
            },
        };
    }
}
