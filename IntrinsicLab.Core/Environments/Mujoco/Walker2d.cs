using System.ComponentModel.DataAnnotations;
using IntrinsicLab.Core.Experiments;

namespace IntrinsicLab.Core.Environments.Mujoco;

/// <summary>Parameters of <see cref="Walker2d"/>; the defaults are those of the published task.</summary>
public sealed record Walker2dConfig
{
    /// <summary>
    /// Whose rules hold: those of v5 pay the healthy reward on healthy steps only and give both feet a friction of 1.9, not the left alone.
    /// </summary>
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

    /// <summary>
    /// Pays 1 on every step on which the centre of mass has come further than 1 m, 0 on all others and nothing else: a sparse task by the
    /// authors of Houthooft et al. 2016, on the body of Gymnasium.
    /// </summary>
    [Group("Reward")]
    public bool Sparse { get; init; }

    /// <summary>Ends the episode at an unhealthy state; otherwise only the healthy reward is withheld there.</summary>
    [Group("Episode")]
    public bool TerminateWhenUnhealthy { get; init; } = true;

    /// <summary>The torso of a healthy walker is higher than this.</summary>
    [Range(-10.0, 10.0), Unit("m"), Group("Episode")]
    public double MinimumHealthyHeight { get; init; } = 0.8;

    /// <summary>The torso of a healthy walker is lower than this.</summary>
    [Range(-10.0, 10.0), Unit("m"), Group("Episode")]
    public double MaximumHealthyHeight { get; init; } = 2.0;

    /// <summary>The torso of a healthy walker leans less than this, to either side.</summary>
    [Range(0.0, 10.0), Unit("rad"), Group("Episode")]
    public double HealthyAngle { get; init; } = 1.0;

    /// <summary>Every position and velocity starts with uniform noise between minus and plus this.</summary>
    [Range(0.0, 1.0), Group("Episode")]
    public double ResetNoiseScale { get; init; } = 5e-3;

    /// <summary>Adds the distance covered to the observation, in front.</summary>
    [Group("Observation")]
    public bool ObservePosition { get; init; }
}

/// <summary>
/// A torso on two legs, in the plane, walks forward as fast as it can without falling.
/// <para>Actions: torques at thigh, leg and foot joint of the right leg, then of the left, each from −1 to 1 (times the motors' gear of
/// 100 N m).</para>
/// <para>Observation: height (m), angles of torso, right thigh, leg and foot, left thigh, leg and foot (rad), then the velocities of
/// distance, height and these angles, each clipped to ±10.</para>
/// <para>Reward: forward velocity + 1 − 10⁻³ · Σ action² (see <see cref="Walker2dConfig"/> for the weights and a sparse reward).</para>
/// <para>Start: standing, with noise. Terminated: not healthy. Time limit 1000 steps of 0.008 s.</para>
/// <para>A state that leaves the finite numbers terminates with reward 0.</para>
/// <para>Source: Erez, Tassa and Todorov 2011; body and rules of Gymnasium's Walker2d-v4, and of v5 where asked for.</para>
/// </summary>
public sealed class Walker2d : IEnvironment
{
    private const int FrameSkip = 4;
    private const double ObservedVelocityLimit = 10.0;
    private const double SparseDistance = 1.0;
    private const int Torso = 1;

    private static readonly Box Actions = new([6], -1, 1);

    private static readonly (string From, string To) EqualFeet =
        ("class=\"right_foot\"><geom friction=\"0.9\"", "class=\"right_foot\"><geom friction=\"1.9\"");

    private readonly Walker2dConfig config;
    private readonly MujocoSimulation simulation;
    private readonly MujocoReading massCentres;
    private readonly MujocoScene scene;

    /// <summary>Makes the environment.</summary>
    /// <exception cref="ArgumentException">No height is healthy.</exception>
    public Walker2d(Walker2dConfig config)
    {
        if (config.MinimumHealthyHeight >= config.MaximumHealthyHeight)
            throw new ArgumentException(
                $"Walker2d: no height is healthy between {config.MinimumHealthyHeight} m and {config.MaximumHealthyHeight} m.", nameof(config.MinimumHealthyHeight));
        this.config = config;
        simulation = new MujocoSimulation("walker2d.xml", config.Version == GymnasiumVersion.V5 ? EqualFeet : null);
        massCentres = simulation.Reading("subtree_com");
        scene = new MujocoScene(simulation, width: 4.0, height: 2.4,
            ("thigh_left_geom", "purple"), ("leg_left_geom", "purple"), ("foot_left_geom", "purple"));
        var published = config == new Walker2dConfig { Version = config.Version };
        Spec = new EnvironmentSpec(new Box([config.ObservePosition ? 18 : 17], float.NegativeInfinity, float.PositiveInfinity), Actions)
        {
            TimeLimit = 1000,
            ScoreRange = published ? (0, 6000) : config == new Walker2dConfig { Sparse = true } ? (0, 1000) : null,
            Maps =
            [
                StateMap.Plane(
                    config.ObservePosition ? 9 : 8, MapAxis.Between("forward velocity (m/s)", -1, 4),
                    config.ObservePosition ? 2 : 1, MapAxis.Between("torso angle (rad)", -1, 1)),
            ],
            CostlyStep = true,
            SecondsPerStep = 0.008,
            Keyboard = MujocoKeys.Of(Actions, "Right thigh", "Right leg", "Right foot", "Left thigh", "Left leg", "Left foot"),
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

        var positions = simulation.Positions;
        var healthy = positions[1] > config.MinimumHealthyHeight && positions[1] < config.MaximumHealthyHeight
            && Math.Abs(positions[2]) < config.HealthyAngle;
        var terminated = config.TerminateWhenUnhealthy && !healthy;
        if (config.Sparse)
            return new StepResult(massCentres.Values[3 * Torso] > SparseDistance ? 1.0 : 0.0, terminated, Truncated: false);

        var velocity = (positions[0] - before) / (simulation.Timestep * FrameSkip);
        var alive = healthy || config is { Version: GymnasiumVersion.V4, TerminateWhenUnhealthy: true } ? config.HealthyReward : 0.0;
        var cost = config.ControlCostWeight * MujocoSimulation.Squares(torques);
        return new StepResult(config.ForwardRewardWeight * velocity + alive - cost, terminated, Truncated: false);
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
        foreach (var position in simulation.Positions[(config.ObservePosition ? 0 : 1)..])
            observation[index++] = (float)position;
        foreach (var velocity in simulation.Velocities)
            observation[index++] = (float)Math.Clamp(velocity, -ObservedVelocityLimit, ObservedVelocityLimit);
    }
}
