using System.ComponentModel.DataAnnotations;
using IntrinsicLab.Core.Environments.Navigation;
using IntrinsicLab.Core.Experiments;

namespace IntrinsicLab.Core.Environments.Mujoco;

/// <summary>Parameters of <see cref="HalfCheetahGoal"/>.</summary>
public sealed record HalfCheetahGoalConfig
{
    /// <summary>What is wanted.</summary>
    [Group("Goal")]
    public BodyGoal Goal { get; init; } = BodyGoal.Position;

    /// <summary>Places are drawn from minus to plus this, along the track.</summary>
    [Range(0.1, 100.0), Unit("m"), Group("Goal")]
    public double GoalRange { get; init; } = 5.0;

    /// <summary>How closeness to the goal is paid.</summary>
    [Group("Reward")]
    public GoalReward Reward { get; init; } = GoalReward.Distance;

    /// <summary>A goal nearer than this, over its coordinates, is reached.</summary>
    [Range(0.01, 10.0), Group("Reward")]
    public double SuccessRadius { get; init; } = 0.5;

    /// <summary>Terminates the episode where the goal is reached.</summary>
    [Group("Episode")]
    public bool EndAtGoal { get; init; }

    /// <summary>
    /// Every position starts with uniform noise between minus and plus this, every velocity with normal noise of this deviation.
    /// </summary>
    [Range(0.0, 1.0), Group("Episode")]
    public double ResetNoiseScale { get; init; } = 0.1;
}

/// <summary>
/// The half cheetah goes to places along its track, or takes poses that it has been seen in.
/// <para>Actions: torques at thigh, shin and foot of the hind leg, then of the front leg, each from −1 to 1 times the motors' gears.</para>
/// <para>Observation: the 17 values of the half cheetah; then the goal wanted and the goal achieved: the distance covered (m), or all nine
/// positions (distance, height, angles of trunk and joints). Without goals the 17 values.</para>
/// <para>Reward: minus the distance to the goal after the step, over its coordinates (see <see cref="HalfCheetahGoalConfig.Reward"/> for
/// others); 0 without goals.</para>
/// <para>Start: standing, with noise; a pose that is wanted is one to which ten random actions led, each held for ten steps. Terminated:
/// never, unless asked to at the goal. Time limit 200 steps of 0.05 s.</para>
/// <para>A state that leaves the finite numbers terminates with reward 0.</para>
/// <para>Source: Wawrzyński 2009; body of Gymnasium's HalfCheetah-v4; goals as in Liu, Wang, Tian and Chen 2022 (GPIM), their sizes this
/// lab's own.</para>
/// </summary>
public sealed class HalfCheetahGoal : IEnvironment
{
    private const int FrameSkip = 5;
    private const int StateSize = 17;

    private static readonly Box Actions = new([6], -1, 1);

    private readonly HalfCheetahGoalConfig config;
    private readonly MujocoSimulation simulation = new("half-cheetah.xml");
    private readonly MujocoScene scene;
    private readonly WantedPositions goal;

    /// <summary>Makes the environment.</summary>
    public HalfCheetahGoal(HalfCheetahGoalConfig config)
    {
        this.config = config;
        scene = new MujocoScene(simulation, width: 6.0, height: 2.4);
        var size = config.Goal switch { BodyGoal.None => 0, BodyGoal.Position => 1, _ => simulation.Positions.Length };
        goal = new WantedPositions(simulation, size);
        const int limit = 200;
        Spec = new EnvironmentSpec(new Box([StateSize + 2 * size], float.NegativeInfinity, float.PositiveInfinity), Actions)
        {
            TimeLimit = limit,
            ScoreRange = size > 0 && config.Reward == GoalReward.Sparse ? (-limit, 0) : null,
            CostlyStep = true,
            SecondsPerStep = 0.05,
            Keyboard = MujocoKeys.Of(Actions, "Hind thigh", "Hind shin", "Hind foot", "Front thigh", "Front shin", "Front foot"),
            Deterministic = size == 0 && config.ResetNoiseScale == 0,
            Goal = size == 0 ? null : new GoalLayout(StateSize, size) { SuccessRadius = config.SuccessRadius },
            WhyNoGoalPlane = WantedPositions.WhyNoPlane(config.Goal),
            GoalPlane = WantedPositions.Plane(config.Goal, config.GoalRange, onALine: true),
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
            velocity += noise * rng.NextGaussian();
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
        goal.Draw(scene, goal.Values.Length > 0 ? goal.Values[0] : 0, 0, config.SuccessRadius);

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
        foreach (var position in simulation.Positions[1..])
            observation[index++] = (float)position;
        foreach (var velocity in simulation.Velocities)
            observation[index++] = (float)velocity;
        goal.Observe(observation[index..]);
    }
}
