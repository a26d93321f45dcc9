using System.ComponentModel.DataAnnotations;
using IntrinsicLab.Core.Experiments;

namespace IntrinsicLab.Core.Environments.Mujoco;

/// <summary>Parameters of <see cref="Swimmer"/>; the defaults are those of the published task.</summary>
public sealed record SwimmerConfig
{
    /// <summary>Weight of the velocity along x in the reward.</summary>
    [Range(0.0, 1000.0), Group("Reward")]
    public double ForwardRewardWeight { get; init; } = 1.0;

    /// <summary>Weight of the summed squares of the action, taken off the reward.</summary>
    [Range(0.0, 1000.0), Group("Reward")]
    public double ControlCostWeight { get; init; } = 1e-4;

    /// <summary>
    /// Pays 1 on every step on which the centre of mass is further than 2 m from where it began along x, to either side, 0 on all others
    /// and nothing else: a sparse task by the authors of Houthooft et al. 2016, on the body of Gymnasium.
    /// </summary>
    [Group("Reward")]
    public bool Sparse { get; init; }

    /// <summary>Every position and velocity starts with uniform noise between minus and plus this.</summary>
    [Range(0.0, 1.0), Group("Episode")]
    public double ResetNoiseScale { get; init; } = 0.1;

    /// <summary>Adds the place of the first link, x and y, to the observation, in front.</summary>
    [Group("Observation")]
    public bool ObservePosition { get; init; }
}

/// <summary>
/// A chain of three links in a viscous plane swims in the direction of x as fast as it can.
/// <para>Actions: torques at the two joints, each from −1 to 1 (times the motors' gear of 150 N m).</para>
/// <para>Observation: heading of the first link and angles of the two joints (rad), then the velocities of its place (m/s), of the heading
/// and of the joints (rad/s).</para>
/// <para>Reward: velocity along x − 10⁻⁴ · Σ action², or the sparse one (see <see cref="SwimmerConfig.Sparse"/>).</para>
/// <para>Start: stretched out along x, with noise. Terminated: never. Time limit 1000 steps of 0.04 s.</para>
/// <para>A state that leaves the finite numbers terminates with reward 0.</para>
/// <para>Source: Coulom 2002; body and rules of Gymnasium's Swimmer-v4, which v5 left as they were.</para>
/// </summary>
public sealed class Swimmer : IEnvironment
{
    private const int FrameSkip = 4;
    private const double SparseDistance = 2.0;
    private const int FirstLink = 1;

    private static readonly Box Actions = new([2], -1, 1);

    private readonly SwimmerConfig config;
    private readonly MujocoSimulation simulation = new("swimmer.xml");
    private readonly MujocoReading massCentres;
    private readonly MujocoScene scene;

    /// <summary>Makes the environment.</summary>
    public Swimmer(SwimmerConfig config)
    {
        this.config = config;
        massCentres = simulation.Reading("subtree_com");
        scene = new MujocoScene(simulation, width: 6.0, height: 4.0);
        var published = config == new SwimmerConfig();
        Spec = new EnvironmentSpec(new Box([config.ObservePosition ? 10 : 8], float.NegativeInfinity, float.PositiveInfinity), Actions)
        {
            TimeLimit = 1000,
            ScoreRange = published ? (0, 360) : config == new SwimmerConfig { Sparse = true } ? (0, 1000) : null,
            SolvedAt = published ? 360 : null,
            CostlyStep = true,
            SecondsPerStep = 0.04,
            Keyboard = MujocoKeys.Of(Actions, ("ArrowLeft", "ArrowRight", "First joint"), ("ArrowUp", "ArrowDown", "Second joint")),
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
        if (config.Sparse)
        {
            var distance = Math.Abs(massCentres.Values[3 * FirstLink]);
            return new StepResult(distance > SparseDistance ? 1.0 : 0.0, Terminated: false, Truncated: false);
        }

        var velocity = (simulation.Positions[0] - before) / (simulation.Timestep * FrameSkip);
        var cost = config.ControlCostWeight * MujocoSimulation.Squares(torques);
        return new StepResult(config.ForwardRewardWeight * velocity - cost, Terminated: false, Truncated: false);
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
    }
}
