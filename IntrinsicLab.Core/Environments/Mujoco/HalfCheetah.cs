using System.ComponentModel.DataAnnotations;
using IntrinsicLab.Core.Experiments;

namespace IntrinsicLab.Core.Environments.Mujoco;

/// <summary>Parameters of <see cref="HalfCheetah"/>; the defaults are those of the published task.</summary>
public sealed record HalfCheetahConfig
{
    /// <summary>Weight of the forward velocity in the reward.</summary>
    [Range(0.0, 1000.0), Group("Reward")]
    public double ForwardRewardWeight { get; init; } = 1.0;

    /// <summary>Weight of the summed squares of the action, taken off the reward.</summary>
    [Range(0.0, 1000.0), Group("Reward")]
    public double ControlCostWeight { get; init; } = 0.1;

    /// <summary>
    /// Pays 1 on every step on which the centre of mass has come further than 5 m, 0 on all others and nothing else: the sparse task of
    /// Houthooft et al. 2016, on the body of Gymnasium.
    /// </summary>
    [Group("Reward")]
    public bool Sparse { get; init; }

    /// <summary>
    /// Every position starts with uniform noise between minus and plus this, every velocity with normal noise of this standard deviation.
    /// </summary>
    [Range(0.0, 1.0), Group("Episode")]
    public double ResetNoiseScale { get; init; } = 0.1;

    /// <summary>Adds the distance covered to the observation, in front.</summary>
    [Group("Observation")]
    public bool ObservePosition { get; init; }
}

/// <summary>
/// A cheetah cut in half, a trunk with a hind and a front leg in the plane, runs forward as fast as it can.
/// <para>Actions: torques at thigh, shin and foot of the hind leg, then of the front leg, each from −1 to 1 (times the motors' gears of
/// 120, 90, 60 and 120, 60, 30 N m).</para>
/// <para>Observation: height (m, 0 at the start), angles of trunk, hind thigh, shin and foot, front thigh, shin and foot (rad), then the
/// velocities of distance, height and these angles.</para>
/// <para>Reward: forward velocity − 0.1 · Σ action², or the sparse one (see <see cref="HalfCheetahConfig.Sparse"/>).</para>
/// <para>Start: standing, with noise. Terminated: never. Time limit 1000 steps of 0.05 s.</para>
/// <para>A state that leaves the finite numbers terminates with reward 0.</para>
/// <para>Source: Wawrzyński 2009; body and rules of Gymnasium's HalfCheetah-v4, which v5 left as they were.</para>
/// </summary>
public sealed class HalfCheetah : IEnvironment
{
    private const int FrameSkip = 5;
    private const double SparseDistance = 5.0;
    private const int Trunk = 1;

    private static readonly Box Actions = new([6], -1, 1);

    private readonly HalfCheetahConfig config;
    private readonly MujocoSimulation simulation = new("half-cheetah.xml");
    private readonly MujocoReading massCentres;
    private readonly MujocoScene scene;

    /// <summary>Makes the environment.</summary>
    public HalfCheetah(HalfCheetahConfig config)
    {
        this.config = config;
        massCentres = simulation.Reading("subtree_com");
        scene = new MujocoScene(simulation, width: 4.0, height: 2.4);
        var published = config == new HalfCheetahConfig();
        Spec = new EnvironmentSpec(new Box([config.ObservePosition ? 18 : 17], float.NegativeInfinity, float.PositiveInfinity), Actions)
        {
            TimeLimit = 1000,
            ScoreRange = published ? (0, 10_000) : config == new HalfCheetahConfig { Sparse = true } ? (0, 1000) : null,
            SolvedAt = published ? 4800 : null,
            Maps =
            [
                StateMap.Plane(
                    config.ObservePosition ? 9 : 8, MapAxis.Between("forward velocity (m/s)", -2, 6),
                    config.ObservePosition ? 2 : 1, MapAxis.Between("trunk angle (rad)", -1.5, 1.5)),
            ],
            CostlyStep = true,
            SecondsPerStep = 0.05,
            Keyboard = MujocoKeys.Of(Actions, "Hind thigh", "Hind shin", "Hind foot", "Front thigh", "Front shin", "Front foot"),
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
        var before = simulation.Positions[0];
        if (!simulation.Step(torques, FrameSkip))
            return new StepResult(0.0, Terminated: true, Truncated: false);
        if (config.Sparse)
            return new StepResult(massCentres.Values[3 * Trunk] > SparseDistance ? 1.0 : 0.0, Terminated: false, Truncated: false);

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
        foreach (var position in simulation.Positions[(config.ObservePosition ? 0 : 1)..])
            observation[index++] = (float)position;
        foreach (var velocity in simulation.Velocities)
            observation[index++] = (float)velocity;
    }
}
