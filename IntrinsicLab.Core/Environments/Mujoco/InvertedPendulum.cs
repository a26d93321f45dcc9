using System.ComponentModel.DataAnnotations;
using IntrinsicLab.Core.Experiments;

namespace IntrinsicLab.Core.Environments.Mujoco;

/// <summary>Parameters of <see cref="InvertedPendulum"/>; the defaults are those of the published task.</summary>
public sealed record InvertedPendulumConfig
{
    /// <summary>Whose rules hold: those of v5 pay nothing on the step that ends the episode by a fall.</summary>
    [Group("Reward")]
    public GymnasiumVersion Version { get; init; }

    /// <summary>A pole that leans further than this, to either side, has fallen.</summary>
    [Range(0.0, 1.5), Unit("rad"), Group("Episode")]
    public double FallAngle { get; init; } = 0.2;

    /// <summary>Every position and velocity starts with uniform noise between minus and plus this.</summary>
    [Range(0.0, 1.0), Group("Episode")]
    public double ResetNoiseScale { get; init; } = 0.01;
}

/// <summary>
/// A pole hinged to a cart on a rail is kept upright by pushing the cart.
/// <para>Actions: force on the cart from −3 to 3 (times the motor's gear of 100 N).</para>
/// <para>Observation: place of the cart (m), angle of the pole from upright (rad), their velocities.</para>
/// <para>Reward: 1 per step, under v4 also on the one on which the pole falls.</para>
/// <para>Start: upright, with noise. Terminated: the pole leans by more than 0.2. Time limit 1000 steps of 0.04 s.</para>
/// <para>A state that leaves the finite numbers terminates with reward 0.</para>
/// <para>Source: Barto, Sutton and Anderson 1983; body and rules of Gymnasium's InvertedPendulum-v4, and of v5 where asked for.</para>
/// </summary>
public sealed class InvertedPendulum : IEnvironment
{
    private const int FrameSkip = 2;

    private static readonly Box Actions = new([1], -3, 3);

    private readonly InvertedPendulumConfig config;
    private readonly MujocoSimulation simulation = new("inverted-pendulum.xml");
    private readonly MujocoScene scene;

    /// <summary>Makes the environment.</summary>
    public InvertedPendulum(InvertedPendulumConfig config)
    {
        this.config = config;
        scene = new MujocoScene(simulation, width: 3.0, height: 1.5, ("cart", "object"));
        var published = config == new InvertedPendulumConfig { Version = config.Version };
        Spec = new EnvironmentSpec(new Box([4], float.NegativeInfinity, float.PositiveInfinity), Actions)
        {
            TimeLimit = 1000,
            ScoreRange = (0, 1000),
            SolvedAt = published ? 950 : null,
            Maps = [StateMap.Plane(1, MapAxis.Between("pole angle (rad)", -0.2, 0.2), 3, MapAxis.Between("its rate (rad/s)", -2, 2))],
            CostlyStep = true,
            SecondsPerStep = 0.04,
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
    internal StepResult Apply(ReadOnlySpan<double> forces)
    {
        if (!simulation.Step(forces, FrameSkip))
            return new StepResult(0.0, Terminated: true, Truncated: false);

        // Not "greater", so that an angle that is no number has fallen too.
        var fallen = !(Math.Abs(simulation.Positions[1]) <= config.FallAngle);
        return new StepResult(fallen && config.Version == GymnasiumVersion.V5 ? 0.0 : 1.0, fallen, Truncated: false);
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
        for (var joint = 0; joint < 2; joint++)
        {
            observation[joint] = (float)simulation.Positions[joint];
            observation[2 + joint] = (float)simulation.Velocities[joint];
        }
    }
}
