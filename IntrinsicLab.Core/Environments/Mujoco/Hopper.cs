using System.ComponentModel.DataAnnotations;
using IntrinsicLab.Core.Experiments;

namespace IntrinsicLab.Core.Environments.Mujoco;

/// <summary>Parameters of <see cref="Hopper"/>; the defaults are those of the published task.</summary>
public sealed record HopperConfig
{
    /// <summary>Whose rules hold: those of v5 pay the healthy reward on healthy steps only.</summary>
    [Group("Reward")]
    public GymnasiumVersion Version { get; init; }

    /// <summary>Weight of the forward velocity in the reward.</summary>
    [Range(0.0, 1000.0), Group("Reward")]
    public double ForwardRewardWeight { get; init; } = 1.0;

    /// <summary>Weight of the summed squares of the action, taken off the reward.</summary>
    [Range(0.0, 1000.0), Group("Reward")]
    public double ControlCostWeight { get; init; } = 1e-3;

    /// <summary>Paid on every step, under the rules of v4 also on the one that ends the episode by a fall.</summary>
    [Range(0.0, 1000.0), Group("Reward")]
    public double HealthyReward { get; init; } = 1.0;

    /// <summary>Ends the episode at an unhealthy state; otherwise only the healthy reward is withheld there.</summary>
    [Group("Episode")]
    public bool TerminateWhenUnhealthy { get; init; } = true;

    /// <summary>The torso of a healthy hopper is higher than this.</summary>
    [Range(-10.0, 10.0), Unit("m"), Group("Episode")]
    public double HealthyHeight { get; init; } = 0.7;

    /// <summary>The torso of a healthy hopper leans less than this, to either side.</summary>
    [Range(0.0, 10.0), Unit("rad"), Group("Episode")]
    public double HealthyAngle { get; init; } = 0.2;

    /// <summary>Angles and velocities of a healthy hopper stay within minus and plus this.</summary>
    [Range(0.0, 1e6), Group("Episode")]
    public double HealthyState { get; init; } = 100.0;

    /// <summary>Every position and velocity starts with uniform noise between minus and plus this.</summary>
    [Range(0.0, 1.0), Group("Episode")]
    public double ResetNoiseScale { get; init; } = 5e-3;

    /// <summary>Adds the distance covered to the observation, in front.</summary>
    [Group("Observation")]
    public bool ObservePosition { get; init; }
}

/// <summary>
/// A one-legged body in the plane hops forward as fast as it can without falling.
/// <para>Actions: torques at thigh, leg and foot joint, each from −1 to 1 (times the motors' gear of 200 N m).</para>
/// <para>Observation: height (m) and angles of torso, thigh, leg and foot (rad), then the velocities of distance, height and these angles,
/// each clipped to ±10.</para>
/// <para>Reward: forward velocity + 1 − 10⁻³ · Σ action² (see <see cref="HopperConfig"/> for the weights).</para>
/// <para>Start: standing, with noise. Terminated: not healthy. Time limit 1000 steps of 0.008 s.</para>
/// <para>A state that leaves the finite numbers terminates with reward 0.</para>
/// <para>Source: Erez, Tassa and Todorov 2011; body and rules of Gymnasium's Hopper-v4.</para>
/// </summary>
public sealed class Hopper : IEnvironment
{
    private const int FrameSkip = 4;
    private const double ObservedVelocityLimit = 10.0;

    private static readonly Box Actions = new([3], -1, 1);

    private readonly HopperConfig config;
    private readonly MujocoSimulation simulation = new("hopper.xml");
    private readonly MujocoScene scene;

    /// <summary>Makes the environment.</summary>
    public Hopper(HopperConfig config)
    {
        this.config = config;
        scene = new MujocoScene(simulation, width: 4.0, height: 2.4);
        var published = config == new HopperConfig();
        Spec = new EnvironmentSpec(
            new Box([config.ObservePosition ? 12 : 11], float.NegativeInfinity, float.PositiveInfinity), Actions)
        {
            TimeLimit = 1000,
            ScoreRange = published ? (0, 4000) : null,
            SolvedAt = published ? 3800 : null,
            Maps =
            [
                StateMap.Plane(
                    config.ObservePosition ? 6 : 5, MapAxis.Between("forward velocity (m/s)", -1, 4),
                    config.ObservePosition ? 2 : 1, MapAxis.Between("torso angle (rad)", -0.2, 0.2)),
            ],
            CostlyStep = true,
            SecondsPerStep = 0.008,
            Keyboard = MujocoKeys.Of(Actions, "Thigh", "Leg", "Foot"),
        };
    }

    /// <inheritdoc/>
    public EnvironmentSpec Spec { get; }

    /// <summary>The physics, for comparison with recorded models.</summary>
    internal MujocoSimulation Simulation => simulation;

    /// <inheritdoc/>
    public void Reset(Rng rng, Span<float> observation)
    {
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
        var result = Apply(simulation.Controls(action, Actions));
        simulation.Running = !result.Terminated;
        Observe(observation);
        return result;
    }

    /// <summary>One control step, also beyond the end of an episode.</summary>
    internal StepResult Apply(ReadOnlySpan<double> torques)
    {
        var before = simulation.Positions[0];
        if (!simulation.Step(torques, FrameSkip))
            return new StepResult(0.0, Terminated: true, Truncated: false);

        var velocity = (simulation.Positions[0] - before) / (simulation.Timestep * FrameSkip);
        var healthy = IsHealthy();
        var alive = healthy || config is { Version: GymnasiumVersion.V4, TerminateWhenUnhealthy: true } ? config.HealthyReward : 0.0;
        var cost = config.ControlCostWeight * MujocoSimulation.Squares(torques);
        var reward = config.ForwardRewardWeight * velocity + alive - cost;
        return new StepResult(reward, config.TerminateWhenUnhealthy && !healthy, Truncated: false);
    }

    /// <inheritdoc/>
    public void Save(BinaryWriter writer) => simulation.Save(writer);

    /// <inheritdoc/>
    public void Load(BinaryReader reader, Rng rng) => simulation.Load(reader);

    /// <inheritdoc/>
    public Scene Render() => scene.Draw();

    /// <inheritdoc/>
    public void Dispose() => simulation.Dispose();

    private bool IsHealthy()
    {
        var positions = simulation.Positions;
        return positions[1] > config.HealthyHeight
            && Math.Abs(positions[2]) < config.HealthyAngle
            && Within(positions[2..], config.HealthyState)
            && Within(simulation.Velocities, config.HealthyState);
    }

    private static bool Within(ReadOnlySpan<double> values, double limit)
    {
        foreach (var value in values)
            if (!(Math.Abs(value) < limit))
                return false;
        return true;
    }

    /// <summary>Writes the observation of the state as it is.</summary>
    internal void Observe(Span<float> observation)
    {
        var index = 0;
        foreach (var position in simulation.Positions[(config.ObservePosition ? 0 : 1)..])
            observation[index++] = (float)position;
        foreach (var velocity in simulation.Velocities)
            observation[index++] = (float)Math.Clamp(velocity, -ObservedVelocityLimit, ObservedVelocityLimit);
    }
}
