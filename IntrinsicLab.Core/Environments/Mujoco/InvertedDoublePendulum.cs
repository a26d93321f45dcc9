using System.ComponentModel.DataAnnotations;
using IntrinsicLab.Core.Experiments;

namespace IntrinsicLab.Core.Environments.Mujoco;

/// <summary>Parameters of <see cref="InvertedDoublePendulum"/>; the defaults are those of the published task.</summary>
public sealed record InvertedDoublePendulumConfig
{
    /// <summary>
    /// Whose rules hold: those of v5 observe the constraint force of the cart alone and withhold the healthy reward on the step that ends
    /// the episode.
    /// </summary>
    [Group("Reward")]
    public GymnasiumVersion Version { get; init; }

    /// <summary>Paid on every step, under the rules of v4 also on the one on which the poles fall.</summary>
    [Range(0.0, 1000.0), Group("Reward")]
    public double HealthyReward { get; init; } = 10.0;

    /// <summary>The episode ends when the upper pole's tip is not higher than this; upright it is at 1.2.</summary>
    [Range(-1.2, 1.2), Unit("m"), Group("Episode")]
    public double FallHeight { get; init; } = 1.0;

    /// <summary>
    /// Every position starts with uniform noise between minus and plus this, every velocity with normal noise of this standard deviation.
    /// </summary>
    [Range(0.0, 1.0), Group("Episode")]
    public double ResetNoiseScale { get; init; } = 0.1;
}

/// <summary>
/// Two poles on top of each other, hinged to a cart on a rail, are kept upright by pushing the cart.
/// <para>Actions: force on the cart from −1 to 1 (times the motor's gear of 500 N).</para>
/// <para>Observation (11): place of the cart (m); sines, then cosines of the two hinge angles; velocities of cart and hinges, and the
/// forces of constraints on them, each clipped to ±10. Only the cart's constraint, the end of the rail, can act; under v5 the
/// other two are left out (9).</para>
/// <para>Reward: 10 − 0.01 · x² − (z − 2)² − 10⁻³ · ω₁² − 5·10⁻³ · ω₂², with the upper pole's tip at (x, z) and the hinges' velocities ω₁
/// and ω₂.</para>
/// <para>Start: upright, with noise. Terminated: the tip is not higher than 1 m. Time limit 1000 steps of 0.05 s.</para>
/// <para>Tip and constraint forces are the engine's last readings, a moment older than the state. A state that leaves the finite numbers
/// terminates with reward 0.</para>
/// <para>Source: body and rules of Gymnasium's InvertedDoublePendulum-v4, and of v5 where asked for (after Barto, Sutton and Anderson
/// 1983).</para>
/// </summary>
public sealed class InvertedDoublePendulum : IEnvironment
{
    private const int FrameSkip = 5;
    private const double ObservedLimit = 10.0;

    private static readonly Box Actions = new([1], -1, 1);

    private readonly InvertedDoublePendulumConfig config;
    private readonly MujocoSimulation simulation = new("inverted-double-pendulum.xml");
    private readonly MujocoReading sites, constraints;
    private readonly MujocoScene scene;

    /// <summary>Makes the environment.</summary>
    public InvertedDoublePendulum(InvertedDoublePendulumConfig config)
    {
        this.config = config;
        sites = simulation.Reading("site_xpos");
        constraints = simulation.Reading("qfrc_constraint");
        scene = new MujocoScene(simulation, width: 3.0, height: 3.0, ("cart", "object"));
        var published = config == new InvertedDoublePendulumConfig { Version = config.Version };
        var size = config.Version == GymnasiumVersion.V5 ? 9 : 11;
        Spec = new EnvironmentSpec(new Box([size], float.NegativeInfinity, float.PositiveInfinity), Actions)
        {
            TimeLimit = 1000,
            ScoreRange = published ? (0, 9360) : null,
            SolvedAt = published ? 9100 : null,
            CostlyStep = true,
            SecondsPerStep = 0.05,
            Keyboard = MujocoKeys.Of(Actions, ("ArrowRight", "ArrowLeft", "Push")),
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
    internal StepResult Apply(ReadOnlySpan<double> forces)
    {
        if (!simulation.Step(forces, FrameSkip))
            return new StepResult(0.0, Terminated: true, Truncated: false);

        var (x, z) = (sites.Values[0], sites.Values[2]);
        var (lower, upper) = (simulation.Velocities[1], simulation.Velocities[2]);
        var fallen = z <= config.FallHeight;
        var alive = fallen && config.Version == GymnasiumVersion.V5 ? 0.0 : config.HealthyReward;
        var distance = 0.01 * x * x + (z - 2) * (z - 2);
        var swing = 1e-3 * lower * lower + 5e-3 * upper * upper;
        return new StepResult(alive - distance - swing, fallen, Truncated: false);
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
        var positions = simulation.Positions;
        var index = 0;
        observation[index++] = (float)positions[0];
        foreach (var angle in positions[1..])
            observation[index++] = (float)Math.Sin(angle);
        foreach (var angle in positions[1..])
            observation[index++] = (float)Math.Cos(angle);
        foreach (var velocity in simulation.Velocities)
            observation[index++] = (float)Math.Clamp(velocity, -ObservedLimit, ObservedLimit);
        foreach (var force in constraints.Values[..(config.Version == GymnasiumVersion.V5 ? 1 : 3)])
            observation[index++] = (float)Math.Clamp(force, -ObservedLimit, ObservedLimit);
    }
}
