using System.ComponentModel.DataAnnotations;
using IntrinsicLab.Core.Environments.Navigation;
using IntrinsicLab.Core.Experiments;

namespace IntrinsicLab.Core.Environments.Mujoco;

/// <summary>Parameters of <see cref="SwimmerGoal"/>.</summary>
public sealed record SwimmerGoalConfig
{
    /// <summary>What is wanted.</summary>
    [Group("Goal")]
    public BodyGoal Goal { get; init; } = BodyGoal.Position;

    /// <summary>Places are drawn from minus to plus this, along both axes.</summary>
    [Range(0.1, 100.0), Unit("m"), Group("Goal")]
    public double GoalRange { get; init; } = 1.0;

    /// <summary>How closeness to the goal is paid.</summary>
    [Group("Reward")]
    public GoalReward Reward { get; init; } = GoalReward.Distance;

    /// <summary>A goal nearer than this, over its coordinates, is reached.</summary>
    [Range(0.01, 10.0), Group("Reward")]
    public double SuccessRadius { get; init; } = 0.1;

    /// <summary>Terminates the episode where the goal is reached.</summary>
    [Group("Episode")]
    public bool EndAtGoal { get; init; }

    /// <summary>Every position and velocity starts with uniform noise between minus and plus this.</summary>
    [Range(0.0, 1.0), Group("Episode")]
    public double ResetNoiseScale { get; init; } = 0.1;
}

/// <summary>
/// The three-link swimmer in a viscous plane goes to places, or takes poses that it has been seen in.
/// <para>Actions: torques at the two joints, each from −1 to 1 times the motors' gear.</para>
/// <para>Observation: the 8 values of the swimmer; then the goal wanted and the goal achieved: x and y of the first link (m), or all five
/// positions (x, y, heading, joints). Without goals the 8 values.</para>
/// <para>Reward: minus the distance to the goal after the step, over its coordinates (see <see cref="SwimmerGoalConfig.Reward"/> for
/// others); 0 without goals.</para>
/// <para>Start: stretched along x, with noise; a pose that is wanted is one to which ten random actions led, each held for ten steps.
/// Terminated: never, unless asked to at the goal. Time limit 500 steps of 0.04 s.</para>
/// <para>A state that leaves the finite numbers terminates with reward 0.</para>
/// <para>Source: Coulom 2002; body of Gymnasium's Swimmer-v4; goals as in Liu, Wang, Tian and Chen 2022 (GPIM), their sizes this lab's
/// own.</para>
/// </summary>
public sealed class SwimmerGoal : IEnvironment
{
    private const int FrameSkip = 4;
    private const int StateSize = 8;

    private static readonly Box Actions = new([2], -1, 1);

    private readonly SwimmerGoalConfig config;
    private readonly MujocoSimulation simulation = new("swimmer.xml");
    private readonly MujocoScene scene;
    private readonly WantedPositions goal;

    /// <summary>Makes the environment.</summary>
    public SwimmerGoal(SwimmerGoalConfig config)
    {
        this.config = config;
        scene = new MujocoScene(simulation, width: 6.0, height: 4.0);
        var size = config.Goal switch { BodyGoal.None => 0, BodyGoal.Position => 2, _ => simulation.Positions.Length };
        goal = new WantedPositions(simulation, size);
        const int limit = 500;
        Spec = new EnvironmentSpec(new Box([StateSize + 2 * size], float.NegativeInfinity, float.PositiveInfinity), Actions)
        {
            TimeLimit = limit,
            ScoreRange = size > 0 && config.Reward == GoalReward.Sparse ? (-limit, 0) : null,
            CostlyStep = true,
            SecondsPerStep = 0.04,
            Keyboard = MujocoKeys.Of(Actions, "First joint", "Second joint"),
            Deterministic = size == 0 && config.ResetNoiseScale == 0,
            Goal = size == 0 ? null : new GoalLayout(StateSize, size) { SuccessRadius = config.SuccessRadius },
            WhyNoGoalPlane = WantedPositions.WhyNoPlane(config.Goal),
            GoalPlane = WantedPositions.Plane(config.Goal, config.GoalRange),
        };
    }

    /// <inheritdoc/>
    public EnvironmentSpec Spec { get; }

    /// <summary>The physics, to be compared with the task without goals.</summary>
    internal MujocoSimulation Simulation => simulation;

    /// <inheritdoc/>
    public void Reset(Rng rng, Span<float> observation)
    {
        if (config.Goal == BodyGoal.Pose)
            goal.DrawReached(rng, Actions, FrameSkip);
        else
            goal.Draw(rng, config.GoalRange);
        simulation.Reset();
        var noise = config.ResetNoiseScale;
        foreach (ref var position in simulation.Positions)
            position += rng.NextDouble(-noise, noise);
        foreach (ref var velocity in simulation.Velocities)
            velocity += rng.NextDouble(-noise, noise);
        simulation.Begin();
        Observe(observation);
    }

    /// <inheritdoc/>
    public StepResult Step(ReadOnlySpan<float> action, Span<float> observation)
    {
        var controls = simulation.Controls(action, Actions);
        var before = goal.Distance();
        var finite = simulation.Step(controls, FrameSkip);
        var after = goal.Distance();
        Observe(observation);
        var wanting = finite && config.Goal != BodyGoal.None;
        simulation.Running = finite && !(wanting && config.EndAtGoal && after < config.SuccessRadius);
        var reward = wanting ? GoalRewards.Of(config.Reward, before, after, config.SuccessRadius) : 0.0;
        return new StepResult(reward, Terminated: !simulation.Running, Truncated: false);
    }

    /// <inheritdoc/>
    public void Save(BinaryWriter writer)
    {
        simulation.Save(writer);
        goal.Save(writer);
    }

    /// <inheritdoc/>
    public void Load(BinaryReader reader, Rng rng)
    {
        simulation.Load(reader);
        goal.Load(reader);
    }

    /// <inheritdoc/>
    public Scene Render() =>
        goal.Draw(scene, goal.Values.Length > 0 ? goal.Values[0] : 0, goal.Values.Length > 0 ? goal.Values[1] : 0, config.SuccessRadius);

    /// <inheritdoc/>
    public GoalPlaces? Places => Spec.GoalPlane is null ? null : goal.Places(config.SuccessRadius);

    /// <inheritdoc/>
    public void Want(double x, double y, Span<float> observation)
    {
        goal.Want(Spec.GoalPlane, x, y);
        Observe(observation);
    }

    /// <inheritdoc/>
    public void Dispose() => simulation.Dispose();

    private void Observe(Span<float> observation)
    {
        var index = 0;
        foreach (var position in simulation.Positions[2..])
            observation[index++] = (float)position;
        foreach (var velocity in simulation.Velocities)
            observation[index++] = (float)velocity;
        goal.Observe(observation[index..]);
    }
}
