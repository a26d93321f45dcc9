using System.ComponentModel.DataAnnotations;
using IntrinsicLab.Core.Experiments;

namespace IntrinsicLab.Core.Environments.Mujoco;

/// <summary>Parameters of <see cref="Ant"/>; the defaults are those of the published task.</summary>
public sealed record AntConfig
{
    /// <summary>
    /// Whose rules hold: those of v5 always have the contact forces, without those on the world, and pay the healthy reward on healthy
    /// steps only.
    /// </summary>
    [Group("Reward")]
    public GymnasiumVersion Version { get; init; }

    /// <summary>
    /// Adds the 84 contact forces to the observation and takes their cost off the reward, as v2 and v3 did; they move nothing. The rules of
    /// v5 do so in any case.
    /// </summary>
    [Group("Reward")]
    public bool UseContactForces { get; init; }

    /// <summary>Weight of the forward velocity in the reward.</summary>
    [Range(0.0, 1000.0), Group("Reward")]
    public double ForwardRewardWeight { get; init; } = 1.0;

    /// <summary>Weight of the summed squares of the action, taken off the reward.</summary>
    [Range(0.0, 1000.0), Group("Reward")]
    public double ControlCostWeight { get; init; } = 0.5;

    /// <summary>Weight of the summed squares of the clipped contact forces, taken off the reward where they are used.</summary>
    [Range(0.0, 1000.0), Group("Reward")]
    public double ContactCostWeight { get; init; } = 5e-4;

    /// <summary>Contact forces are clipped to minus and plus this.</summary>
    [Range(0.0, 1e6), Group("Reward")]
    public double ContactForceLimit { get; init; } = 1.0;

    /// <summary>Paid on every step, under the rules of v4 also on the one that ends the episode by a fall.</summary>
    [Range(0.0, 1000.0), Group("Reward")]
    public double HealthyReward { get; init; } = 1.0;

    /// <summary>Ends the episode at an unhealthy state; otherwise only the healthy reward is withheld there.</summary>
    [Group("Episode")]
    public bool TerminateWhenUnhealthy { get; init; } = true;

    /// <summary>The torso of a healthy ant is not lower than this.</summary>
    [Range(-10.0, 10.0), Unit("m"), Group("Episode")]
    public double MinimumHealthyHeight { get; init; } = 0.2;

    /// <summary>The torso of a healthy ant is not higher than this.</summary>
    [Range(-10.0, 10.0), Unit("m"), Group("Episode")]
    public double MaximumHealthyHeight { get; init; } = 1.0;

    /// <summary>
    /// Every position starts with uniform noise between minus and plus this, every velocity with normal noise of this standard deviation.
    /// </summary>
    [Range(0.0, 1.0), Group("Episode")]
    public double ResetNoiseScale { get; init; } = 0.1;

    /// <summary>Adds the place on the ground, x and y, to the observation, in front.</summary>
    [Group("Observation")]
    public bool ObservePosition { get; init; }
}

/// <summary>
/// A ball on four legs of two joints each walks in the direction of x as fast as it can.
/// <para>Actions: torques at hip and ankle of the right hind leg, then of the left front, right front and left hind leg, each from −1 to 1
/// (times the motors' gear of 150 N m).</para>
/// <para>Observation (27): height (m), orientation (quaternion w, x, y, z), hip and ankle angles of the left front, right front, left hind
/// and right hind leg (rad), then velocity (m/s), angular velocity and joint velocities (rad/s). With contact forces (111): also torque
/// and force that contacts exert on each body, the world's row first, clipped to ±1; under v5 without that row (105).</para>
/// <para>Reward: velocity along x + 1 − 0.5 · Σ action² (− 5·10⁻⁴ · Σ contact force² with contact forces).</para>
/// <para>Start: standing, with noise. Terminated: the torso is not between 0.2 m and 1 m high. Time limit 1000 steps of 0.05 s.</para>
/// <para>The velocity is that of the engine's last readings of the torso, which are a moment older than the state. A state that leaves the
/// finite numbers terminates with reward 0.</para>
/// <para>Source: Schulman, Moritz, Levine, Jordan and Abbeel 2016; body and rules of Gymnasium's Ant-v4, and of v5 where asked for.</para>
/// </summary>
public sealed class Ant : IEnvironment
{
    private const int FrameSkip = 5;
    private const int Torso = 1;

    private static readonly Box Actions = new([8], -1, 1);

    private readonly AntConfig config;
    private readonly MujocoSimulation simulation = new("ant.xml");
    private readonly MujocoReading places, forces;
    private readonly MujocoScene scene;
    private readonly bool contacts;
    private readonly int firstForce;

    /// <summary>Makes the environment.</summary>
    /// <exception cref="ArgumentException">No height is healthy.</exception>
    public Ant(AntConfig config)
    {
        if (config.MinimumHealthyHeight > config.MaximumHealthyHeight)
            throw new ArgumentException(
                $"Ant: no height is healthy between {config.MinimumHealthyHeight} m and {config.MaximumHealthyHeight} m.", nameof(config.MinimumHealthyHeight));
        this.config = config;
        places = simulation.Reading("xpos");
        forces = simulation.Reading("cfrc_ext");
        scene = new MujocoScene(simulation, width: 6.0, height: 3.0);
        contacts = config.UseContactForces || config.Version == GymnasiumVersion.V5;
        firstForce = config.Version == GymnasiumVersion.V5 ? 6 : 0;
        var size = 27 + (config.ObservePosition ? 2 : 0) + (contacts ? forces.Values.Length - firstForce : 0);
        var published = config == new AntConfig { Version = config.Version };
        Spec = new EnvironmentSpec(new Box([size], float.NegativeInfinity, float.PositiveInfinity), Actions)
        {
            TimeLimit = 1000,
            ScoreRange = published ? (0, 6000) : null,
            SolvedAt = published ? 6000 : null,
            CostlyStep = true,
            SecondsPerStep = 0.05,
            Keyboard = MujocoKeys.Of(Actions, "Right hind hip", "Right hind ankle", "Left front hip", "Left front ankle",
                "Right front hip", "Right front ankle", "Left hind hip", "Left hind ankle"),
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
            velocity += noise * rng.NextGaussian();
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
        var before = places.Values[3 * Torso];
        if (!simulation.Step(torques, FrameSkip, externalForces: contacts))
            return new StepResult(0.0, Terminated: true, Truncated: false);

        var velocity = (places.Values[3 * Torso] - before) / (simulation.Timestep * FrameSkip);
        var healthy = IsHealthy();
        var alive = healthy || config is { Version: GymnasiumVersion.V4, TerminateWhenUnhealthy: true } ? config.HealthyReward : 0.0;
        var cost = config.ControlCostWeight * MujocoSimulation.Squares(torques);
        if (contacts)
            foreach (var force in forces.Values)
                cost += config.ContactCostWeight * Clipped(force) * Clipped(force);
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

    /// <summary>Writes the observation of the state as it is.</summary>
    internal void Observe(Span<float> observation)
    {
        var index = 0;
        foreach (var position in simulation.Positions[(config.ObservePosition ? 0 : 2)..])
            observation[index++] = (float)position;
        foreach (var velocity in simulation.Velocities)
            observation[index++] = (float)velocity;
        if (contacts)
            foreach (var force in forces.Values[firstForce..])
                observation[index++] = (float)Clipped(force);
    }

    private double Clipped(double force) => Math.Clamp(force, -config.ContactForceLimit, config.ContactForceLimit);

    private bool IsHealthy()
    {
        foreach (var position in simulation.Positions)
            if (!double.IsFinite(position))
                return false;
        foreach (var velocity in simulation.Velocities)
            if (!double.IsFinite(velocity))
                return false;
        var height = simulation.Positions[2];
        return height >= config.MinimumHealthyHeight && height <= config.MaximumHealthyHeight;
    }
}
