using System.ComponentModel.DataAnnotations;
using IntrinsicLab.Core.Experiments;

namespace IntrinsicLab.Core.Environments.Navigation;

/// <summary>What <see cref="ThreeLinkSwimmer"/> wants.</summary>
public enum ThreeLinkGoal
{
    /// <summary>Nothing: the observation is the state alone and every reward is 0.</summary>
    None,

    /// <summary>The middle link at a place.</summary>
    Position,

    /// <summary>The whole state: joints, heading and place.</summary>
    Pose,
}

/// <summary>Parameters of <see cref="ThreeLinkSwimmer"/>.</summary>
public sealed record ThreeLinkSwimmerConfig
{
    /// <summary>What is wanted.</summary>
    [Group("Goal")]
    public ThreeLinkGoal Goal { get; init; } = ThreeLinkGoal.Pose;

    /// <summary>How closeness to the goal is paid.</summary>
    [Group("Reward")]
    public GoalReward Reward { get; init; } = GoalReward.Distance;

    /// <summary>A goal nearer than this, over its coordinates, is reached; a link is 1 long.</summary>
    [Range(0.001, 1.0), Group("Reward")]
    public double SuccessRadius { get; init; } = 0.1;

    /// <summary>Terminates the episode where the goal is reached.</summary>
    [Group("Episode")]
    public bool EndAtGoal { get; init; }
}

/// <summary>
/// Three links in honey: without inertia a stroke that goes back the way it came moves nothing, so that only going round gets anywhere.
/// <para>Actions: speed of the left and of the right joint, each from −1 to 1 rad/s.</para>
/// <para>Observation: angles of the left and right joint (rad, within ±1.2), cosine and sine of the middle link's heading, x and y of its
/// centre (link lengths); then the goal wanted and the goal achieved: x and y, or all six values. Without goals the first six.</para>
/// <para>Reward: minus the distance to the goal after the step, over its coordinates (see <see cref="ThreeLinkSwimmerConfig.Reward"/> for
/// others); 0 without goals.</para>
/// <para>Start: stretched along x at the origin. Goals are where 100 steps of a drawn stroke end, so that each can be reached. Terminated:
/// never, unless asked to at the goal. Time limit 100 steps of 0.2 s.</para>
/// <para>Each link of length 1 is dragged with 1 per unit of length along itself and 2 across, and turned against with 2/12; the forces and
/// torques sum to 0, which is a linear system for the middle link's motion, integrated with the mid-point rule. Motion past a joint's
/// limit is cut.</para>
/// <para>Source: Purcell 1977, Life at low Reynolds number; the state imitation is that of Liu, Wang, Tian and Chen 2022 (GPIM).</para>
/// </summary>
public sealed class ThreeLinkSwimmer(ThreeLinkSwimmerConfig config) : IEnvironment
{
    private const int StateSize = 6;
    private const int StepLimit = 100;
    private const double StepDuration = 0.2;
    private const double JointLimit = 1.2;
    private const double SceneWidth = 6;
    private const double SceneHeight = 4;

    // Goals lie within about a length of the start: strokes carry no farther in an episode.
    private const double Farthest = 3;
    private const int StepsPerGoalAction = 10;

    private static readonly Box Actions = new([2], -1, 1);

    private readonly float[] goal = new float[config.Goal == ThreeLinkGoal.Position ? 2 : StateSize];
    private Pose pose;
    private bool running;

    /// <inheritdoc/>
    public EnvironmentSpec Spec { get; } = SpecOf(config);

    /// <summary>The body; setting it moves it within its episode.</summary>
    internal Pose Body
    {
        get => pose;
        set => pose = value;
    }

    /// <inheritdoc/>
    public void Reset(Rng rng, Span<float> observation)
    {
        pose = default;
        if (config.Goal != ThreeLinkGoal.None)
        {
            for (var part = 0; part < StepLimit / StepsPerGoalAction; part++)
            {
                var (left, right) = (rng.NextDouble(-1, 1), rng.NextDouble(-1, 1));
                for (var step = 0; step < StepsPerGoalAction; step++)
                    pose = Stepped(pose, left, right);
            }
            WriteGoal(goal);
            pose = default;
        }
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
        pose = Stepped(pose, Math.Clamp(action[0], -1, 1), Math.Clamp(action[1], -1, 1));
        Observe(observation);
        if (config.Goal == ThreeLinkGoal.None)
            return default;
        var after = Distance();
        running = !(config.EndAtGoal && after < config.SuccessRadius);
        return new StepResult(GoalRewards.Of(config.Reward, before, after, config.SuccessRadius), Terminated: !running, Truncated: false);
    }

    /// <inheritdoc/>
    public void Save(BinaryWriter writer)
    {
        foreach (var value in (ReadOnlySpan<double>)[pose.X, pose.Y, pose.Angle, pose.Left, pose.Right])
            writer.Write(value);
        foreach (var value in goal)
            writer.Write(value);
        writer.Write(running);
    }

    /// <inheritdoc/>
    public void Load(BinaryReader reader, Rng rng)
    {
        pose = new Pose(reader.ReadDouble(), reader.ReadDouble(), reader.ReadDouble(), reader.ReadDouble(), reader.ReadDouble());
        foreach (ref var value in goal.AsSpan())
            value = reader.ReadSingle();
        running = reader.ReadBoolean();
    }

    /// <inheritdoc/>
    public Scene Render()
    {
        const double width = SceneWidth, height = SceneHeight;
        var (originX, originY) = Corner;
        var shapes = new List<Shape>();
        for (var column = 0; column <= width; column++)
            for (var row = 0; row <= height; row++)
                shapes.Add(new Shape("circle", [column, row, column + 0.03, row], "ground") { Opacity = 0.6 });
        if (config.Goal == ThreeLinkGoal.Pose)
        {
            var wanted = new Pose(goal[4], goal[5], Math.Atan2(goal[3], goal[2]), goal[0], goal[1]);
            shapes.Add(new Shape("line", Outline(wanted, originX, originY), "goal", 0.12) { Opacity = 0.5 });
        }
        else if (config.Goal == ThreeLinkGoal.Position)
        {
            var (x, y) = (goal[0] - originX, goal[1] - originY);
            shapes.Add(new Shape("circle", [x, y, x + config.SuccessRadius, y], "goal", 0.05));
        }
        var body = Outline(pose, originX, originY);
        shapes.Add(new Shape("line", body, "agent", 0.12));
        foreach (var joint in (ReadOnlySpan<int>)[2, 4])
            shapes.Add(new Shape("circle", [body[joint], body[joint + 1], body[joint] + 0.09, body[joint + 1]], "object"));
        return new Scene(width, height, shapes);
    }

    /// <inheritdoc/>
    public GoalPlaces? Places => Spec.GoalPlane is null ? null
        : GoalPlaces.Between(goal[0], goal[1], pose.X, pose.Y, config.SuccessRadius) with { OriginX = -Corner.X, OriginY = -Corner.Y };

    /// <inheritdoc/>
    public void Want(double x, double y, Span<float> observation)
    {
        var plane = Spec.GoalPlane ?? throw new NotSupportedException("Only goals that are positions are places.");
        if (!running)
            throw new InvalidOperationException("The episode has ended or was not begun; call Reset first.");
        plane.Require(x, y);
        (goal[0], goal[1]) = ((float)x, (float)y);
        Observe(observation);
    }

    /// <inheritdoc/>
    public void Dispose() { }

    /// <summary>The body after a time in which its joints turn steadily (mid-point rule).</summary>
    internal static Pose Advanced(Pose pose, double leftSpeed, double rightSpeed, double duration)
    {
        var (x, y, turn) = Velocity(pose, leftSpeed, rightSpeed);
        var half = duration / 2;
        var middle = new Pose(pose.X + half * x, pose.Y + half * y, pose.Angle + half * turn,
            pose.Left + half * leftSpeed, pose.Right + half * rightSpeed);
        (x, y, turn) = Velocity(middle, leftSpeed, rightSpeed);
        return new Pose(pose.X + duration * x, pose.Y + duration * y, pose.Angle + duration * turn,
            pose.Left + duration * leftSpeed, pose.Right + duration * rightSpeed);
    }

    /// <summary>Velocity of the middle link, x′, y′ and θ′, that makes forces and torques sum to 0.</summary>
    internal static (double X, double Y, double Turn) Velocity(Pose pose, double leftSpeed, double rightSpeed)
    {
        Span<double> angles = [pose.Angle, pose.Angle + pose.Left, pose.Angle + pose.Right];
        Span<double> system = stackalloc double[12];
        // A unit of x′, y′ and θ′ in turn, then the joints' speeds: each gives link velocities, these a force and a torque, all linear.
        Span<double> unit = stackalloc double[3];
        for (var column = 0; column < 4; column++)
        {
            unit.Clear();
            if (column < 3)
                unit[column] = 1;
            var (left, right) = column < 3 ? (0.0, 0.0) : (leftSpeed, rightSpeed);
            for (var link = 0; link < 3; link++)
            {
                // Arm: from the middle link's centre; side −1 the left link, 1 the right one.
                var side = link == 0 ? 0 : link == 1 ? -0.5 : 0.5;
                var spin = unit[2] + (link == 1 ? left : link == 2 ? right : 0.0);
                var (cosine, sine) = (Math.Cos(angles[link]), Math.Sin(angles[link]));
                var (middleCosine, middleSine) = (Math.Cos(angles[0]), Math.Sin(angles[0]));
                var (armX, armY) = (side * (middleCosine + cosine), side * (middleSine + sine));
                var velocityX = unit[0] - side * (middleSine * unit[2] + sine * spin);
                var velocityY = unit[1] + side * (middleCosine * unit[2] + cosine * spin);
                var along = cosine * velocityX + sine * velocityY;
                var across = cosine * velocityY - sine * velocityX;
                var (forceX, forceY) = (-(along * cosine - 2 * across * sine), -(along * sine + 2 * across * cosine));
                system[column] += forceX;
                system[4 + column] += forceY;
                system[8 + column] += armX * forceY - armY * forceX - 2.0 / 12.0 * spin;
            }
        }
        return Solved(system);
    }

    // Cramer's rule on three rows of three coefficients and a constant.
    private static (double X, double Y, double Turn) Solved(ReadOnlySpan<double> system)
    {
        var determinant = Determinant(system, 0, 1, 2);
        var (x, y, turn) = (Determinant(system, 3, 1, 2), Determinant(system, 0, 3, 2), Determinant(system, 0, 1, 3));
        return (-x / determinant, -y / determinant, -turn / determinant);
    }

    private static double Determinant(ReadOnlySpan<double> system, int first, int second, int third) =>
        system[first] * (system[4 + second] * system[8 + third] - system[4 + third] * system[8 + second])
        - system[second] * (system[4 + first] * system[8 + third] - system[4 + third] * system[8 + first])
        + system[third] * (system[4 + first] * system[8 + second] - system[4 + second] * system[8 + first]);

    private static Pose Stepped(Pose pose, double leftSpeed, double rightSpeed)
    {
        var left = Math.Clamp(pose.Left + StepDuration * leftSpeed, -JointLimit, JointLimit);
        var right = Math.Clamp(pose.Right + StepDuration * rightSpeed, -JointLimit, JointLimit);
        var (leftCut, rightCut) = ((left - pose.Left) / StepDuration, (right - pose.Right) / StepDuration);
        return Advanced(pose, leftCut, rightCut, StepDuration) with { Left = left, Right = right };
    }

    private static double[] Outline(Pose pose, double originX, double originY)
    {
        var (x, y) = (pose.X - originX, pose.Y - originY);
        var (leftX, leftY) = (x - Math.Cos(pose.Angle) / 2, y - Math.Sin(pose.Angle) / 2);
        var (rightX, rightY) = (x + Math.Cos(pose.Angle) / 2, y + Math.Sin(pose.Angle) / 2);
        return
        [
            leftX - Math.Cos(pose.Angle + pose.Left), leftY - Math.Sin(pose.Angle + pose.Left), leftX, leftY,
            rightX, rightY, rightX + Math.Cos(pose.Angle + pose.Right), rightY + Math.Sin(pose.Angle + pose.Right),
        ];
    }

    // The picture moves on by whole units when the body nears its edge, so that swimming is seen against the dots.
    private (double X, double Y) Corner => (Math.Round(pose.X) - SceneWidth / 2, Math.Round(pose.Y) - SceneHeight / 2);

    private double Distance()
    {
        Span<float> achieved = stackalloc float[StateSize];
        achieved = achieved[..goal.Length];
        WriteGoal(achieved);
        var squares = 0.0;
        for (var index = 0; index < goal.Length; index++)
            squares += ((double)achieved[index] - goal[index]) * ((double)achieved[index] - goal[index]);
        return Math.Sqrt(squares);
    }

    private void WriteGoal(Span<float> values)
    {
        if (config.Goal == ThreeLinkGoal.Position)
            (values[0], values[1]) = ((float)pose.X, (float)pose.Y);
        else
            WriteState(values);
    }

    private void WriteState(Span<float> values) =>
        ((ReadOnlySpan<float>)
        [
            (float)pose.Left, (float)pose.Right, (float)Math.Cos(pose.Angle), (float)Math.Sin(pose.Angle), (float)pose.X, (float)pose.Y,
        ]).CopyTo(values);

    private void Observe(Span<float> observation)
    {
        WriteState(observation);
        if (config.Goal == ThreeLinkGoal.None)
            return;
        goal.CopyTo(observation[StateSize..]);
        WriteGoal(observation[(StateSize + goal.Length)..]);
    }

    private static EnvironmentSpec SpecOf(ThreeLinkSwimmerConfig config)
    {
        float[] state = [(float)JointLimit, (float)JointLimit, 1, 1, float.PositiveInfinity, float.PositiveInfinity];
        float[] goal = config.Goal switch { ThreeLinkGoal.None => [], ThreeLinkGoal.Position => state[4..], _ => state };
        float[] high = [.. state, .. goal, .. goal];
        return new EnvironmentSpec(new Box([high.Length], [.. high.Select(bound => -bound)], high), Actions)
        {
            TimeLimit = StepLimit,
            ScoreRange = config.Goal != ThreeLinkGoal.None && config.Reward == GoalReward.Sparse ? (-StepLimit, 0) : null,
            Deterministic = config.Goal == ThreeLinkGoal.None,
            SecondsPerStep = StepDuration,
            Keyboard = new Keyboard(
                [
                    new("ArrowLeft", [1, 0], "Left joint up"), new("ArrowRight", [0, 1], "Right joint up"),
                    new("ArrowDown", [-1, 0], "Left joint down"), new("ArrowUp", [0, -1], "Right joint down"),
                ],
                [0, 0]),
            Goal = config.Goal == ThreeLinkGoal.None
                ? null
                : new GoalLayout(StateSize, goal.Length) { SuccessRadius = config.SuccessRadius },
            WhyNoGoalPlane = config.Goal == ThreeLinkGoal.Pose
                ? "Its goals are poses: joints, heading and place. A click would name a place alone, and not how the body should lie there; with the goal “position” it can be sent."
                : "",
            GoalPlane = config.Goal == ThreeLinkGoal.Position ? new GoalPlane(-Farthest, -Farthest, Farthest, Farthest) { Unit = "link lengths" } : null,
        };
    }

    /// <summary>A body: centre of the middle link, its angle, and the angles of the left and right joint.</summary>
    internal readonly record struct Pose(double X, double Y, double Angle, double Left, double Right);
}
