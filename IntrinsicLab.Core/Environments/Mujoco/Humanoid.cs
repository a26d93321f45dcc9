using System.ComponentModel.DataAnnotations;
using IntrinsicLab.Core.Experiments;

namespace IntrinsicLab.Core.Environments.Mujoco;

/// <summary>Parameters of <see cref="Humanoid"/>; the defaults are those of the published task.</summary>
public sealed record HumanoidConfig
{
    /// <summary>
    /// Whose rules hold: those of v5 leave out what is always 0 in the observation, take a contact cost off the reward, and pay the healthy
    /// reward on healthy steps only.
    /// </summary>
    [Group("Reward")]
    public GymnasiumVersion Version { get; init; }

    /// <summary>Takes the contact cost off the reward, as the rules of v2 and v3 say; those of v5 do so in any case.</summary>
    [Group("Reward")]
    public bool UseContactCost { get; init; }

    /// <summary>Weight of the forward velocity of the centre of mass in the reward.</summary>
    [Range(0.0, 1000.0), Group("Reward")]
    public double ForwardRewardWeight { get; init; } = 1.25;

    /// <summary>Weight of the summed squares of the action, taken off the reward.</summary>
    [Range(0.0, 1000.0), Group("Reward")]
    public double ControlCostWeight { get; init; } = 0.1;

    /// <summary>Weight of the summed squares of the contact forces, taken off the reward where the contact cost is used.</summary>
    [Range(0.0, 1000.0), Group("Reward")]
    public double ContactCostWeight { get; init; } = 5e-7;

    /// <summary>The contact cost of a step is not higher than this.</summary>
    [Range(0.0, 1e6), Group("Reward")]
    public double ContactCostLimit { get; init; } = 10.0;

    /// <summary>Paid on every step, under the rules of v4 also on the one that ends the episode by a fall.</summary>
    [Range(0.0, 1000.0), Group("Reward")]
    public double HealthyReward { get; init; } = 5.0;

    /// <summary>Ends the episode at an unhealthy state; otherwise only the healthy reward is withheld there.</summary>
    [Group("Episode")]
    public bool TerminateWhenUnhealthy { get; init; } = true;

    /// <summary>The torso of a healthy humanoid is higher than this.</summary>
    [Range(-10.0, 10.0), Unit("m"), Group("Episode")]
    public double MinimumHealthyHeight { get; init; } = 1.0;

    /// <summary>The torso of a healthy humanoid is lower than this.</summary>
    [Range(-10.0, 10.0), Unit("m"), Group("Episode")]
    public double MaximumHealthyHeight { get; init; } = 2.0;

    /// <summary>Every position and velocity starts with uniform noise between minus and plus this.</summary>
    [Range(0.0, 1.0), Group("Episode")]
    public double ResetNoiseScale { get; init; } = 1e-2;

    /// <summary>Adds the place on the ground, x and y, to the observation, in front.</summary>
    [Group("Observation")]
    public bool ObservePosition { get; init; }
}

/// <summary>
/// A body of torso, waist, legs and arms with 17 driven joints walks forward as fast as it can without falling.
/// <para>Actions: torques at waist (y, z, x), right hip (x, z, y) and knee, left hip and knee, right shoulder (two) and elbow,
/// left shoulder and elbow, each from −0.4 to 0.4 (times gears of 100 N m at waist and hips, 300 at hips' y, 200 at knees, 25 at arms).</para>
/// <para>Observation (376): height, orientation (quaternion) and joint angles (22 values), velocities (23), then of each of 14 bodies, the
/// world first, inertia about the centre of mass with mass (10) and velocity of rotation and translation there (6), the motors' forces
/// (23), and torque and force that contacts exert on each body (6). Under v5 without the world's rows and the root's motor forces, all
/// of which are 0 (348).</para>
/// <para>Reward: 1.25 · forward velocity of the centre of mass + 5 − 0.1 · Σ action² (− a contact cost where asked for and under v5).</para>
/// <para>Start: standing, with noise. Terminated: the torso is not between 1 m and 2 m high. Time limit 1000 steps of 0.015 s.</para>
/// <para>Velocity of the centre of mass, inertias and forces are the engine's last readings, a moment older than the state. A state that
/// leaves the finite numbers terminates with reward 0.</para>
/// <para>Source: Tassa, Erez and Todorov 2012; body and rules of Gymnasium's Humanoid-v4, and of v5 where asked for.</para>
/// </summary>
public sealed class Humanoid : IEnvironment
{
    private const int FrameSkip = 5;
    private const int InertiaSize = 10, VelocitySize = 6, ForceSize = 6, RootForces = 6;

    private static readonly Box Actions = new([17], -0.4f, 0.4f);

    private readonly HumanoidConfig config;
    private readonly MujocoSimulation simulation = new("humanoid.xml");
    private readonly MujocoReading centres, inertias, bodyVelocities, motorForces, contactForces;
    private readonly MujocoScene scene;
    private readonly double[] masses;
    private readonly double totalMass;
    private readonly bool contactCost;

    // Under v5 the world's row of each array is left out.
    private readonly int firstBody;

    /// <summary>Makes the environment.</summary>
    /// <exception cref="ArgumentException">No height is healthy.</exception>
    public Humanoid(HumanoidConfig config)
    {
        if (config.MinimumHealthyHeight >= config.MaximumHealthyHeight)
            throw new ArgumentException(
                $"Humanoid: no height is healthy between {config.MinimumHealthyHeight} m and {config.MaximumHealthyHeight} m.", nameof(config.MinimumHealthyHeight));
        this.config = config;
        centres = simulation.Reading("xipos");
        inertias = simulation.Reading("cinert");
        bodyVelocities = simulation.Reading("cvel");
        motorForces = simulation.Reading("qfrc_actuator");
        contactForces = simulation.Reading("cfrc_ext");
        scene = new MujocoScene(simulation, width: 4.0, height: 2.4);
        masses = simulation.Numbers("body_mass").ToArray();
        totalMass = masses.Sum();
        var v5 = config.Version == GymnasiumVersion.V5;
        contactCost = v5 || config.UseContactCost;
        firstBody = v5 ? 1 : 0;
        var published = config == new HumanoidConfig { Version = config.Version };
        Spec = new EnvironmentSpec(
            new Box([(v5 ? 348 : 376) + (config.ObservePosition ? 2 : 0)], float.NegativeInfinity, float.PositiveInfinity), Actions)
        {
            TimeLimit = 1000,
            ScoreRange = published ? (0, 8000) : null,
            CostlyStep = true,
            SecondsPerStep = 0.015,
            Keyboard = MujocoKeys.Of(Actions, "Waist y", "Waist z", "Waist x", "Right hip x", "Right hip z", "Right hip y", "Right knee",
                "Left hip x", "Left hip z", "Left hip y", "Left knee", "Right shoulder 1", "Right shoulder 2", "Right elbow",
                "Left shoulder 1", "Left shoulder 2", "Left elbow"),
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
        var before = MassCentre();
        if (!simulation.Step(torques, FrameSkip, externalForces: true))
            return new StepResult(0.0, Terminated: true, Truncated: false);

        var velocity = (MassCentre() - before) / (simulation.Timestep * FrameSkip);
        var height = simulation.Positions[2];
        var healthy = height > config.MinimumHealthyHeight && height < config.MaximumHealthyHeight;
        var alive = healthy || config is { Version: GymnasiumVersion.V4, TerminateWhenUnhealthy: true } ? config.HealthyReward : 0.0;
        var cost = config.ControlCostWeight * MujocoSimulation.Squares(torques);
        if (contactCost)
            cost += Math.Min(config.ContactCostWeight * MujocoSimulation.Squares(contactForces.Values), config.ContactCostLimit);
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
        var rest = Write(simulation.Positions[(config.ObservePosition ? 0 : 2)..], observation);
        rest = Write(simulation.Velocities, rest);
        rest = Write(inertias.Values[(firstBody * InertiaSize)..], rest);
        rest = Write(bodyVelocities.Values[(firstBody * VelocitySize)..], rest);
        rest = Write(motorForces.Values[(firstBody * RootForces)..], rest);
        Write(contactForces.Values[(firstBody * ForceSize)..], rest);
    }

    private static Span<float> Write(ReadOnlySpan<double> values, Span<float> observation)
    {
        for (var index = 0; index < values.Length; index++)
            observation[index] = (float)values[index];
        return observation[values.Length..];
    }

    private double MassCentre()
    {
        var sum = 0.0;
        var places = centres.Values;
        for (var body = 0; body < masses.Length; body++)
            sum += masses[body] * places[3 * body];
        return sum / totalMass;
    }
}
