using System.ComponentModel.DataAnnotations;
using IntrinsicLab.Core.Experiments;

namespace IntrinsicLab.Core.Environments.Navigation;

/// <summary>What <see cref="ObjectPush"/> wants.</summary>
public enum PushGoal
{
    /// <summary>Nothing: the observation is the state alone and every reward is 0.</summary>
    None,

    /// <summary>The first object at a place.</summary>
    Position,

    /// <summary>The object of a colour and shape at a place, as in "push the blue circle to (6.7, 8)"; it may be either.</summary>
    Description,
}

/// <summary>Parameters of <see cref="ObjectPush"/>.</summary>
public sealed record ObjectPushConfig
{
    /// <summary>Objects on the field; with one the episode has 30 steps and begins beside it.</summary>
    [Range(1, 2), Group("Field")]
    public int Objects { get; init; } = 2;

    /// <summary>What is wanted.</summary>
    [Group("Goal")]
    public PushGoal Goal { get; init; } = PushGoal.Position;

    /// <summary>Has every episode want the object at <see cref="GoalX"/>, <see cref="GoalY"/>, in place of somewhere.</summary>
    [Group("Goal")]
    public bool GoalIsGiven { get; init; }

    /// <summary>x of the place where it is given; the field's side is 10.</summary>
    [Range(0.6, 9.4), Group("Goal")]
    public double GoalX { get; init; } = 6.7;

    /// <summary>y of the place where it is given.</summary>
    [Range(0.6, 9.4), Group("Goal")]
    public double GoalY { get; init; } = 8.0;

    /// <summary>How closeness of the object to its place is paid.</summary>
    [Group("Reward")]
    public GoalReward Reward { get; init; } = GoalReward.Distance;

    /// <summary>An object nearer than this to its place has arrived.</summary>
    [Range(0.05, 5.0), Group("Reward")]
    public double SuccessRadius { get; init; } = 0.75;

    /// <summary>Terminates the episode where the object has arrived.</summary>
    [Group("Episode")]
    public bool EndAtGoal { get; init; }
}

/// <summary>
/// A point pushes coloured shapes about a field of 10 × 10 and has to bring the right one to a place.
/// <para>Actions: motion along x and y, each from −1 to 1 times 0.5.</para>
/// <para>Observation: the agent's x and y; then for each object x and y, its colour (red, green, blue) and its shape (circle, square,
/// triangle), both one-hot. Then the goal wanted and the goal achieved: x and y of the first object, or, for descriptions, colour, shape, x
/// and y of the object that has moved most. Positions are divided by 5, less 1.</para>
/// <para>Reward: minus the distance between the object and its place after the step, in observed units (a fifth of the field's; see
/// <see cref="ObjectPushConfig.Reward"/> for others); 0 without goals.</para>
/// <para>Start: agent in the middle; objects of different looks anywhere in [2, 8]², 1.5 from it and each other (a single object at
/// distance 1). Terminated: never, unless asked to on arrival. Time limit 50 steps, with a single object 30.</para>
/// <para>An object nearer than 0.6 is pushed away along the line to it until that far, but not nearer than 0.6 to the field's edge; then
/// the agent is pushed back instead. Where the agent is wedged between two objects, nothing moves.</para>
/// <para>Source: the task of Liu, Wang, Tian and Chen 2022 (GPIM); sizes and rules are this lab's own.</para>
/// </summary>
public sealed class ObjectPush(ObjectPushConfig config) : IEnvironment
{
    /// <summary>Distance between agent and object at which they touch.</summary>
    internal const double Touch = 0.6;

    private const double Side = 10;
    private const double Stride = 0.5;
    private const double Apart = 1.5;
    private const double HalfSide = Side / 2;
    private const double Rounding = 1e-9;
    private const int ValuesPerObject = 8;
    private const int MostPushes = 8;

    private static readonly Box Actions = new([2], -1, 1);
    private static readonly string[] Colours = ["red", "green", "blue"];

    private readonly double[] objects = new double[2 * config.Objects];
    private readonly double[] starts = new double[2 * config.Objects];
    private readonly double[] before = new double[2 * config.Objects];
    private readonly int[] looks = new int[config.Objects];
    private double x, y, goalX, goalY;
    private int named;
    private bool running;

    /// <inheritdoc/>
    public EnvironmentSpec Spec { get; } = SpecOf(config);

    /// <summary>Where the agent is; setting it moves it there within its episode.</summary>
    internal (double X, double Y) Position
    {
        get => (x, y);
        set => (x, y) = value;
    }

    /// <summary>x and y of each object; writing them moves it.</summary>
    internal Span<double> Objects => objects;

    /// <summary>The object that is wanted elsewhere.</summary>
    internal int Named => named;

    /// <inheritdoc/>
    public void Reset(Rng rng, Span<float> observation)
    {
        (x, y) = (HalfSide, HalfSide);
        looks[0] = rng.NextInt(9);
        if (config.Objects == 1)
        {
            var angle = rng.NextDouble(0, 2 * Math.PI);
            (objects[0], objects[1]) = (x + Math.Cos(angle), y + Math.Sin(angle));
        }
        else
        {
            looks[1] = (looks[0] + 1 + rng.NextInt(8)) % 9;
            do
                foreach (ref var coordinate in objects.AsSpan())
                    coordinate = rng.NextDouble(2, 8);
            while (Math.Min(DistanceTo(0, x, y), DistanceTo(1, x, y)) < Apart || DistanceTo(0, objects[2], objects[3]) < Apart);
        }
        objects.CopyTo(starts, 0);
        named = config.Goal == PushGoal.Description ? rng.NextInt(config.Objects) : 0;
        if (config.Goal != PushGoal.None)
            (goalX, goalY) = config.GoalIsGiven
                ? (config.GoalX, config.GoalY)
                : (rng.NextDouble(Touch, Side - Touch), rng.NextDouble(Touch, Side - Touch));
        running = true;
        Observe(observation);
    }

    /// <inheritdoc/>
    public StepResult Step(ReadOnlySpan<float> action, Span<float> observation)
    {
        if (!running)
            throw new InvalidOperationException("The episode has ended or was not begun; call Reset first.");
        Actions.Require(action);
        var distanceBefore = DistanceTo(named, goalX, goalY) / HalfSide;
        Move(Stride * Math.Clamp(action[0], -1, 1), Stride * Math.Clamp(action[1], -1, 1));
        Observe(observation);
        if (config.Goal == PushGoal.None)
            return default;

        var distance = DistanceTo(named, goalX, goalY) / HalfSide;
        var radius = config.SuccessRadius / HalfSide;
        running = !(config.EndAtGoal && distance < radius);
        return new StepResult(GoalRewards.Of(config.Reward, distanceBefore, distance, radius), Terminated: !running, Truncated: false);
    }

    /// <inheritdoc/>
    public void Save(BinaryWriter writer)
    {
        foreach (var value in (ReadOnlySpan<double>)[x, y, goalX, goalY, .. objects, .. starts])
            writer.Write(value);
        foreach (var look in looks)
            writer.Write(look);
        writer.Write(named);
        writer.Write(running);
    }

    /// <inheritdoc/>
    public void Load(BinaryReader reader, Rng rng)
    {
        (x, y, goalX, goalY) = (reader.ReadDouble(), reader.ReadDouble(), reader.ReadDouble(), reader.ReadDouble());
        foreach (ref var coordinate in objects.AsSpan())
            coordinate = reader.ReadDouble();
        foreach (ref var coordinate in starts.AsSpan())
            coordinate = reader.ReadDouble();
        foreach (ref var look in looks.AsSpan())
            look = reader.ReadInt32();
        named = reader.ReadInt32();
        running = reader.ReadBoolean();
    }

    /// <inheritdoc/>
    public Scene Render()
    {
        var shapes = new List<Shape>
        {
            new("line", [0.05, 0.05, Side - 0.05, 0.05, Side - 0.05, Side - 0.05, 0.05, Side - 0.05, 0.05, 0.05], "ground", 0.1),
        };
        if (config.Goal != PushGoal.None)
        {
            shapes.Add(new Shape("circle", [goalX, goalY, goalX + config.SuccessRadius, goalY], "goal", 0.1));
            shapes.Add(Look(looks[named], goalX, goalY) with { Opacity = 0.3 });
        }
        for (var index = 0; index < config.Objects; index++)
            shapes.Add(Look(looks[index], objects[2 * index], objects[2 * index + 1]));
        shapes.Add(new Shape("circle", [x, y, x + 0.22, y], "agent"));
        return new Scene(Side, Side, shapes);
    }

    /// <inheritdoc/>
    public GoalPlaces? Places => Spec.GoalPlane is null ? null
        : GoalPlaces.Between(goalX, goalY, objects[2 * named], objects[2 * named + 1], config.SuccessRadius);

    /// <inheritdoc/>
    public void Want(double x, double y, Span<float> observation)
    {
        var plane = Spec.GoalPlane ?? throw new NotSupportedException("Nothing is wanted here.");
        if (!running)
            throw new InvalidOperationException("The episode has ended or was not begun; call Reset first.");
        plane.Require(x, y);
        (goalX, goalY) = (x, y);
        Observe(observation);
    }

    /// <inheritdoc/>
    public void Dispose() { }

    private void Move(double alongX, double alongY)
    {
        var (fromX, fromY) = (x, y);
        objects.CopyTo(before, 0);
        x = Math.Clamp(x + alongX, 0, Side);
        y = Math.Clamp(y + alongY, 0, Side);
        // Being pushed back by one object can bring the agent upon the other.
        for (var push = 0; push < MostPushes; push++)
        {
            var touched = false;
            for (var index = 0; index < config.Objects; index++)
                touched |= Push(index, alongX, alongY);
            if (!touched)
                return;
        }
        (x, y) = (fromX, fromY);
        before.CopyTo(objects, 0);
    }

    private bool Push(int index, double alongX, double alongY)
    {
        var distance = DistanceTo(index, x, y);
        if (distance >= Touch - Rounding)
            return false;
        var (directionX, directionY) = Direction(index, distance, alongX, alongY);
        objects[2 * index] = Math.Clamp(x + Touch * directionX, Touch, Side - Touch);
        objects[2 * index + 1] = Math.Clamp(y + Touch * directionY, Touch, Side - Touch);

        distance = DistanceTo(index, x, y);
        if (distance >= Touch - Rounding)
            return true;
        (directionX, directionY) = Direction(index, distance, directionX, directionY);
        x = Math.Clamp(objects[2 * index] - Touch * directionX, 0, Side);
        y = Math.Clamp(objects[2 * index + 1] - Touch * directionY, 0, Side);
        return true;
    }

    // Unit vector from the agent to an object; where they are at one point, along the motion.
    private (double X, double Y) Direction(int index, double distance, double alongX, double alongY)
    {
        if (distance > 0)
            return ((objects[2 * index] - x) / distance, (objects[2 * index + 1] - y) / distance);
        var length = Math.Sqrt(alongX * alongX + alongY * alongY);
        return length > 0 ? (alongX / length, alongY / length) : (1, 0);
    }

    private double DistanceTo(int index, double toX, double toY)
    {
        var (right, up) = (objects[2 * index] - toX, objects[2 * index + 1] - toY);
        return Math.Sqrt(right * right + up * up);
    }

    private int MovedMost()
    {
        var (most, longest) = (named, 0.0);
        for (var index = 0; index < config.Objects; index++)
            if (DistanceTo(index, starts[2 * index], starts[2 * index + 1]) is var moved && moved > longest)
                (most, longest) = (index, moved);
        return most;
    }

    private void Observe(Span<float> observation)
    {
        observation.Clear();
        WritePosition(observation, x, y);
        var rest = observation[2..];
        for (var index = 0; index < config.Objects; index++)
        {
            WritePosition(rest, objects[2 * index], objects[2 * index + 1]);
            WriteLook(rest[2..], looks[index]);
            rest = rest[ValuesPerObject..];
        }
        if (config.Goal == PushGoal.Position)
        {
            WritePosition(rest, goalX, goalY);
            WritePosition(rest[2..], objects[0], objects[1]);
        }
        else if (config.Goal == PushGoal.Description)
        {
            WriteLook(rest, looks[named]);
            WritePosition(rest[6..], goalX, goalY);
            var moved = MovedMost();
            WriteLook(rest[8..], looks[moved]);
            WritePosition(rest[14..], objects[2 * moved], objects[2 * moved + 1]);
        }
    }

    private static void WritePosition(Span<float> values, double x, double y) =>
        (values[0], values[1]) = ((float)(x / HalfSide - 1), (float)(y / HalfSide - 1));

    private static void WriteLook(Span<float> values, int look)
    {
        values[look / 3] = 1;
        values[3 + look % 3] = 1;
    }

    private static Shape Look(int look, double x, double y)
    {
        const double half = 0.35;
        var tone = Colours[look / 3];
        return (look % 3) switch
        {
            0 => new Shape("circle", [x, y, x + 0.4, y], tone),
            1 => new Shape("polygon", [x - half, y - half, x + half, y - half, x + half, y + half, x - half, y + half], tone),
            _ => new Shape("polygon", [x - 0.45, y - 0.35, x + 0.45, y - 0.35, x, y + 0.45], tone),
        };
    }

    private static EnvironmentSpec SpecOf(ObjectPushConfig config)
    {
        var stateSize = 2 + ValuesPerObject * config.Objects;
        var goalSize = config.Goal switch { PushGoal.None => 0, PushGoal.Position => 2, _ => 8 };
        var limit = config.Objects == 1 ? 30 : 50;
        var span = Math.Sqrt(2) * (Side - 2 * Touch) / HalfSide;
        return new EnvironmentSpec(new Box([stateSize + 2 * goalSize], -1, 1), Actions)
        {
            TimeLimit = limit,
            ScoreRange = config.Goal == PushGoal.None ? null : GoalRewards.Range(config.Reward, limit, span),
            Keyboard = ArrowKeys.Motions,
            Goal = config.Goal == PushGoal.None
                ? null
                : new GoalLayout(stateSize, goalSize) { SuccessRadius = config.SuccessRadius / HalfSide },
            GoalPlane = config.Goal == PushGoal.None ? null : new GoalPlane(Touch, Touch, Side - Touch, Side - Touch),
        };
    }
}
