using System.ComponentModel.DataAnnotations;
using System.Globalization;
using IntrinsicLab.Core.Experiments;

namespace IntrinsicLab.Core.Environments.Navigation;

/// <summary>What <see cref="PlanarArm"/> wants.</summary>
public enum ArmGoal
{
    /// <summary>Nothing: the observation is the state alone and every reward is 0.</summary>
    None,

    /// <summary>The fingertip at a point.</summary>
    Fingertip,

    /// <summary>The fingertip at a point that is shown as a picture of 10 × 10 pixels.</summary>
    Image,
}

/// <summary>How <see cref="PlanarArm"/> pays.</summary>
public enum ArmReward
{
    /// <summary>Minus the distance between fingertip and goal after the step.</summary>
    Distance,

    /// <summary>0 within the success radius, else −1.</summary>
    Sparse,

    /// <summary>Distance before the step less distance after it.</summary>
    Progress,

    /// <summary>Minus the L2 distance between the pictures of fingertip and goal; for image goals alone.</summary>
    Pixel,
}

/// <summary>Parameters of <see cref="PlanarArm"/>.</summary>
public sealed record PlanarArmConfig
{
    /// <summary>What is wanted and how it is shown.</summary>
    [Group("Goal")]
    public ArmGoal Goal { get; init; } = ArmGoal.Fingertip;

    /// <summary>Both joints start within minus and plus this of straight ahead.</summary>
    [Range(0.0, 1.0), Unit("rad"), Group("Episode")]
    public double ResetRange { get; init; } = 0.05;

    /// <summary>How closeness of fingertip and goal is paid.</summary>
    [Group("Reward")]
    public ArmReward Reward { get; init; } = ArmReward.Distance;

    /// <summary>A goal nearer than this is reached; the arm is 1 long.</summary>
    [Range(0.001, 1.0), Group("Reward")]
    public double SuccessRadius { get; init; } = 0.05;

    /// <summary>Terminates the episode where the goal is reached.</summary>
    [Group("Episode")]
    public bool EndAtGoal { get; init; }
}

/// <summary>
/// An arm of two links in the plane brings its fingertip to goals; joints go where they are told, without inertia.
/// <para>Actions: turn of shoulder and elbow, each from −1 to 1 times 0.2 rad.</para>
/// <para>Observation: cosine and sine of the shoulder's angle, of the elbow's, x and y of the fingertip; then the goal wanted and the goal
/// achieved: x and y of the fingertip, or pictures of 10 × 10 pixels of the square [−1, 1]², rows from the bottom. Without goals the first
/// six values.</para>
/// <para>Reward: minus the distance between fingertip and goal after the step (see <see cref="PlanarArmConfig.Reward"/> for others), also
/// where pictures are shown; 0 without goals.</para>
/// <para>Start: stretched along x, with noise; the goal anywhere in reach. Terminated: never, unless asked to at the goal. Time limit 25
/// steps.</para>
/// <para>Both links are 0.5 long. The shoulder turns within ±π, the elbow within ±2.6 rad, so that points nearer than 0.27 to the shoulder
/// are out of reach.</para>
/// <para>Source: a small counterpart of the reaching tasks of Plappert et al. 2018; sizes are this lab's own.</para>
/// </summary>
public sealed class PlanarArm(PlanarArmConfig config) : IEnvironment
{
    private const int StateSize = 6;
    private const int StepLimit = 25;
    private const double Link = 0.5;
    private const double Turn = 0.2;
    private const double ElbowLimit = 2.6;
    private const double SceneScale = 10;
    private const double SceneCentre = 11;

    private static readonly Box Actions = new([2], -1, 1);
    private static readonly double InnerReach = Math.Sqrt(2 * Link * Link * (1 + Math.Cos(ElbowLimit)));

    private readonly float[] wantedImage = new float[BlobImage.Size];
    private readonly float[] achievedImage = new float[BlobImage.Size];
    private double shoulder, elbow, goalX, goalY;
    private bool running;

    /// <inheritdoc/>
    public EnvironmentSpec Spec { get; } = SpecOf(config);

    /// <summary>Angles of shoulder and elbow; setting them moves the arm within its episode.</summary>
    internal (double Shoulder, double Elbow) Joints
    {
        get => (shoulder, elbow);
        set => (shoulder, elbow) = value;
    }

    /// <summary>Where the fingertip is.</summary>
    internal (double X, double Y) Fingertip =>
        (Link * (Math.Cos(shoulder) + Math.Cos(shoulder + elbow)), Link * (Math.Sin(shoulder) + Math.Sin(shoulder + elbow)));

    /// <inheritdoc/>
    public void Reset(Rng rng, Span<float> observation)
    {
        shoulder = rng.NextDouble(-config.ResetRange, config.ResetRange);
        elbow = rng.NextDouble(-config.ResetRange, config.ResetRange);
        if (config.Goal != ArmGoal.None)
        {
            var angle = rng.NextDouble(-Math.PI, Math.PI);
            var radius = Math.Sqrt(rng.NextDouble(InnerReach * InnerReach, 4 * Link * Link));
            (goalX, goalY) = (radius * Math.Cos(angle), radius * Math.Sin(angle));
        }
        running = true;
        DrawWanted();
        Observe(observation);
    }

    /// <inheritdoc/>
    public StepResult Step(ReadOnlySpan<float> action, Span<float> observation)
    {
        if (!running)
            throw new InvalidOperationException("The episode has ended or was not begun; call Reset first.");
        Actions.Require(action);
        var before = Distance();
        shoulder = Math.Clamp(shoulder + Turn * Math.Clamp(action[0], -1, 1), -Math.PI, Math.PI);
        elbow = Math.Clamp(elbow + Turn * Math.Clamp(action[1], -1, 1), -ElbowLimit, ElbowLimit);
        Observe(observation);
        if (config.Goal == ArmGoal.None)
            return default;

        var after = Distance();
        var reward = config.Reward switch
        {
            ArmReward.Sparse => GoalRewards.Of(GoalReward.Sparse, before, after, config.SuccessRadius),
            ArmReward.Progress => GoalRewards.Of(GoalReward.Progress, before, after, config.SuccessRadius),
            ArmReward.Pixel => -BlobImage.Distance(achievedImage, wantedImage),
            _ => -after,
        };
        running = !(config.EndAtGoal && after < config.SuccessRadius);
        return new StepResult(reward, Terminated: !running, Truncated: false);
    }

    /// <inheritdoc/>
    public void Save(BinaryWriter writer)
    {
        foreach (var value in (ReadOnlySpan<double>)[shoulder, elbow, goalX, goalY])
            writer.Write(value);
        writer.Write(running);
    }

    /// <inheritdoc/>
    public void Load(BinaryReader reader, Rng rng)
    {
        (shoulder, elbow, goalX, goalY) = (reader.ReadDouble(), reader.ReadDouble(), reader.ReadDouble(), reader.ReadDouble());
        running = reader.ReadBoolean();
        DrawWanted();
        DrawAchieved();
    }

    /// <inheritdoc/>
    public Scene Render()
    {
        const double scale = SceneScale, centre = SceneCentre, height = 2 * SceneCentre;
        var (tipX, tipY) = Fingertip;
        var (elbowX, elbowY) = (centre + scale * Link * Math.Cos(shoulder), centre + scale * Link * Math.Sin(shoulder));
        var (tipDrawnX, tipDrawnY) = (centre + scale * tipX, centre + scale * tipY);
        var shapes = new List<Shape>
        {
            new("circle", [centre, centre, centre + scale * 2 * Link, centre], "ground", 0.08),
            new("circle", [centre, centre, centre + scale * InnerReach, centre], "ground", 0.08),
        };
        if (config.Goal != ArmGoal.None)
        {
            var (goalDrawnX, goalDrawnY) = (centre + scale * goalX, centre + scale * goalY);
            shapes.Add(new Shape("circle", [goalDrawnX, goalDrawnY, goalDrawnX + scale * config.SuccessRadius, goalDrawnY], "goal", 0.2));
        }
        shapes.Add(new Shape("line", [centre, centre, elbowX, elbowY], "object", 0.7));
        shapes.Add(new Shape("line", [elbowX, elbowY, tipDrawnX, tipDrawnY], "object", 0.5));
        shapes.Add(new Shape("circle", [centre, centre, centre + 0.6, centre], "ground"));
        shapes.Add(new Shape("circle", [elbowX, elbowY, elbowX + 0.4, elbowY], "ground"));
        shapes.Add(new Shape("circle", [tipDrawnX, tipDrawnY, tipDrawnX + 0.4, tipDrawnY], "agent"));
        if (config.Goal != ArmGoal.Image)
            return new Scene(height, height, shapes);
        BlobImage.Draw(shapes, wantedImage, height, height - BlobImage.Side - 1.2, "goal");
        BlobImage.Draw(shapes, achievedImage, height, 0.2, "agent");
        shapes.Add(new Shape("text", [height + BlobImage.Side / 2.0, height - 0.5], "goal", 0.8) { Label = "wanted" });
        shapes.Add(new Shape("text", [height + BlobImage.Side / 2.0, BlobImage.Side + 0.7], "agent", 0.8) { Label = "achieved" });
        return new Scene(height + BlobImage.Side + 1, height, shapes);
    }

    /// <inheritdoc/>
    public GoalPlaces? Places => Spec.GoalPlane is null ? null : GoalPlaces.Between(goalX, goalY, Fingertip.X, Fingertip.Y, config.SuccessRadius) with
    {
        OriginX = SceneCentre,
        OriginY = SceneCentre,
    };

    /// <inheritdoc/>
    public void Want(double x, double y, Span<float> observation)
    {
        var plane = Spec.GoalPlane ?? throw new NotSupportedException("Nothing is wanted here.");
        if (!running)
            throw new InvalidOperationException("The episode has ended or was not begun; call Reset first.");
        plane.Require(x, y);
        if (Math.Sqrt(x * x + y * y) is var reach && (reach < InnerReach || reach > 2 * Link))
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"That place is out of reach: the fingertip comes to distances from {InnerReach:0.##} to {2 * Link} of the shoulder."));
        (goalX, goalY) = (x, y);
        DrawWanted();
        Observe(observation);
    }

    /// <inheritdoc/>
    public void Dispose() { }

    private double Distance()
    {
        var (x, y) = Fingertip;
        return Math.Sqrt((x - goalX) * (x - goalX) + (y - goalY) * (y - goalY));
    }

    private void DrawWanted()
    {
        if (config.Goal != ArmGoal.Image)
            return;
        Array.Clear(wantedImage);
        BlobImage.Add(wantedImage, goalX, goalY);
    }

    private void DrawAchieved()
    {
        if (config.Goal != ArmGoal.Image)
            return;
        Array.Clear(achievedImage);
        BlobImage.Add(achievedImage, Fingertip.X, Fingertip.Y);
    }

    private void Observe(Span<float> observation)
    {
        DrawAchieved();
        var (x, y) = ((float)Fingertip.X, (float)Fingertip.Y);
        ((ReadOnlySpan<float>)[(float)Math.Cos(shoulder), (float)Math.Sin(shoulder), (float)Math.Cos(elbow), (float)Math.Sin(elbow), x, y])
            .CopyTo(observation);
        if (config.Goal == ArmGoal.Image)
        {
            wantedImage.CopyTo(observation[StateSize..]);
            achievedImage.CopyTo(observation[(StateSize + BlobImage.Size)..]);
        }
        else if (config.Goal == ArmGoal.Fingertip)
            ((ReadOnlySpan<float>)[(float)goalX, (float)goalY, x, y]).CopyTo(observation[StateSize..]);
    }

    private static EnvironmentSpec SpecOf(PlanarArmConfig config)
    {
        if (config.Reward == ArmReward.Pixel && config.Goal == ArmGoal.Fingertip)
            throw new ArgumentException("planar-arm: the reward pixel is for goals shown as an image; set goal to image.", nameof(config.Reward));
        var goalSize = config.Goal switch { ArmGoal.None => 0, ArmGoal.Image => BlobImage.Size, _ => 2 };
        var lowest = config.Goal == ArmGoal.Image ? 0f : -1f;
        return new EnvironmentSpec(
            new Box([StateSize + 2 * goalSize], [.. Enumerable.Repeat(-1f, StateSize), .. Enumerable.Repeat(lowest, 2 * goalSize)],
                [.. Enumerable.Repeat(1f, StateSize + 2 * goalSize)]),
            Actions)
        {
            TimeLimit = StepLimit,
            ScoreRange = config.Goal == ArmGoal.None ? null : config.Reward switch
            {
                ArmReward.Sparse => GoalRewards.Range(GoalReward.Sparse, StepLimit, 4 * Link),
                ArmReward.Progress => GoalRewards.Range(GoalReward.Progress, StepLimit, 4 * Link),
                ArmReward.Pixel => null,
                _ => GoalRewards.Range(GoalReward.Distance, StepLimit, 4 * Link),
            },
            Deterministic = config.Goal == ArmGoal.None && config.ResetRange == 0,
            Keyboard = new Keyboard(
                [
                    new("ArrowLeft", [1, 0], "Shoulder left"), new("ArrowRight", [-1, 0], "Shoulder right"),
                    new("ArrowUp", [0, 1], "Elbow left"), new("ArrowDown", [0, -1], "Elbow right"),
                ],
                [0, 0]),
            Goal = config.Goal == ArmGoal.None
                ? null
                : new GoalLayout(StateSize, goalSize)
                {
                    SuccessRadius = config.SuccessRadius,
                    Place = config.Goal == ArmGoal.Image ? BlobImage.Places : null,
                    Picture = config.Goal == ArmGoal.Image ? (BlobImage.Side, BlobImage.Side) : null,
                },
            GoalPlane = config.Goal == ArmGoal.None ? null : new GoalPlane(-2 * Link, -2 * Link, 2 * Link, 2 * Link) { Scale = SceneScale },
        };
    }
}
