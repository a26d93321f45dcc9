using System.ComponentModel.DataAnnotations;
using IntrinsicLab.Core.Experiments;

namespace IntrinsicLab.Core.Environments.Mujoco;

/// <summary>Parameters of <see cref="Reacher"/>; the defaults are those of the published task.</summary>
public sealed record ReacherConfig
{
    /// <summary>
    /// Whose rules hold: those of v5 read the distance after the step, not before it, and leave the height out of the observation.
    /// </summary>
    [Group("Reward")]
    public GymnasiumVersion Version { get; init; }

    /// <summary>Weight of the distance between fingertip and target, taken off the reward.</summary>
    [Range(0.0, 1000.0), Group("Reward")]
    public double DistanceWeight { get; init; } = 1.0;

    /// <summary>Weight of the summed squares of the action, taken off the reward.</summary>
    [Range(0.0, 1000.0), Group("Reward")]
    public double ControlCostWeight { get; init; } = 1.0;

}

/// <summary>
/// An arm of two links on a table moves its fingertip to a target that is placed anew in every episode.
/// <para>Actions: torques at the two joints, each from −1 to 1 (times the motors' gear of 200 N m).</para>
/// <para>Observation (11): cosines, then sines of the two joint angles; place of the target (m); velocities of the joints (rad/s);
/// fingertip minus target along x, y and z (m), of which the last is always 0 and is left out under v5 (10).</para>
/// <para>Reward: − distance from fingertip to target (before the step under v4, after it under v5) − Σ action².</para>
/// <para>Start: arm stretched out along x, every angle within ±0.1 of it; target uniform in the disc of radius 0.2. Terminated: never. Time
/// limit 50 steps of 0.02 s.</para>
/// <para>Fingertip and target are the engine's last readings, a moment older than the state. A state that leaves the finite numbers
/// terminates with reward 0.</para>
/// <para>Source: Brockman et al. 2016; body and rules of Gymnasium's Reacher-v4, and of v5 where asked for.</para>
/// </summary>
public sealed class Reacher : IEnvironment
{
    private const int FrameSkip = 2;
    private const double PositionNoise = 0.1, VelocityNoise = 0.005, TargetRadius = 0.2;
    private const int Fingertip = 3, Target = 4;

    private static readonly Box Actions = new([2], -1, 1);

    private readonly ReacherConfig config;
    private readonly MujocoSimulation simulation = new("reacher.xml");
    private readonly MujocoReading places;
    private readonly MujocoScene scene;

    /// <summary>Makes the environment.</summary>
    public Reacher(ReacherConfig config)
    {
        this.config = config;
        places = simulation.Reading("xpos");

        // The root, which stands still, is the first of the agent's bodies: what follows the agent keeps the whole table in view.
        scene = new MujocoScene(simulation, width: 0.8, height: 0.6, ("root", "agent"), ("target", "goal"));
        var published = config == new ReacherConfig { Version = config.Version };
        var size = config.Version == GymnasiumVersion.V5 ? 10 : 11;
        Spec = new EnvironmentSpec(new Box([size], float.NegativeInfinity, float.PositiveInfinity), Actions)
        {
            TimeLimit = 50,
            ScoreRange = published ? (-50, 0) : null,
            SolvedAt = published ? -3.75 : null,
            CostlyStep = true,
            SecondsPerStep = 0.02,
            Keyboard = MujocoKeys.Of(Actions, ("ArrowLeft", "ArrowRight", "Shoulder"), ("ArrowUp", "ArrowDown", "Elbow")),
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
        var positions = simulation.Positions;
        var velocities = simulation.Velocities;
        foreach (ref var position in positions)
            position += rng.NextDouble(-PositionNoise, PositionNoise);
        do
            (positions[2], positions[3]) = (rng.NextDouble(-TargetRadius, TargetRadius), rng.NextDouble(-TargetRadius, TargetRadius));
        while (Math.Sqrt(positions[2] * positions[2] + positions[3] * positions[3]) >= TargetRadius);
        foreach (ref var velocity in velocities)
            velocity += rng.NextDouble(-VelocityNoise, VelocityNoise);
        velocities[2..].Clear();
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
        var distance = Distance();
        if (!simulation.Step(torques, FrameSkip))
            return new StepResult(0.0, Terminated: true, Truncated: false);
        if (config.Version == GymnasiumVersion.V5)
            distance = Distance();
        var cost = config.ControlCostWeight * MujocoSimulation.Squares(torques);
        return new StepResult(-config.DistanceWeight * distance - cost, Terminated: false, Truncated: false);
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
        var velocities = simulation.Velocities;
        var (x, y, z) = FromTarget();
        Span<float> values =
        [
            (float)Math.Cos(positions[0]), (float)Math.Cos(positions[1]), (float)Math.Sin(positions[0]), (float)Math.Sin(positions[1]),
            (float)positions[2], (float)positions[3], (float)velocities[0], (float)velocities[1], (float)x, (float)y, (float)z,
        ];
        values[..Spec.Observation.Size].CopyTo(observation);
    }

    private double Distance()
    {
        var (x, y, z) = FromTarget();
        return Math.Sqrt(x * x + y * y + z * z);
    }

    private (double X, double Y, double Z) FromTarget()
    {
        var fingertip = places.Values.Slice(3 * Fingertip, 3);
        var target = places.Values.Slice(3 * Target, 3);
        return (fingertip[0] - target[0], fingertip[1] - target[1], fingertip[2] - target[2]);
    }
}
