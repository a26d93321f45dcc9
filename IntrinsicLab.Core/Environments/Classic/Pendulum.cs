using System.ComponentModel.DataAnnotations;
using IntrinsicLab.Core.Experiments;

namespace IntrinsicLab.Core.Environments.Classic;

/// <summary>Parameters of <see cref="Pendulum"/>; the defaults are those of the published task.</summary>
public sealed record PendulumConfig
{
    /// <summary>Acceleration of gravity. The torque of at most 2 N·m lifts the default pendulum only by swinging.</summary>
    [Range(0.0, 100.0), Unit("m/s²"), Group("Physics")]
    public double Gravity { get; init; } = 10.0;

    /// <summary>Mass of the rod, spread evenly along it.</summary>
    [Range(0.01, 100.0), Unit("kg"), Group("Physics")]
    public double Mass { get; init; } = 1.0;

    /// <summary>Length of the rod.</summary>
    [Range(0.1, 10.0), Unit("m"), Group("Physics")]
    public double Length { get; init; } = 1.0;
}

/// <summary>
/// A rod on a pivot is swung up and held upright by a motor too weak to lift it at once.
/// <para>Action: torque from −2 to 2 N·m, counter-clockwise positive; a larger one is clipped.</para>
/// <para>Observation: cos θ, sin θ, rate of θ from −8 to 8 rad/s; θ = 0 is upright, counter-clockwise positive.</para>
/// <para>Reward: −(θ² + 0.1 · rate² + 0.001 · torque²) of the state before the step, θ from −π to π.</para>
/// <para>Start: any angle, rate from −1 to 1. Never terminates. Time limit 200 steps.</para>
/// <para>Source: Gymnasium's Pendulum-v1 (semi-implicit Euler).</para>
/// </summary>
public sealed class Pendulum(PendulumConfig config) : IEnvironment
{
    private const double StepDuration = 0.05;
    private const double SpeedLimit = 8.0;
    private const double TorqueLimit = 2.0;

    private static readonly Box Actions = new([1], (float)-TorqueLimit, (float)TorqueLimit);

    private double angle, angularVelocity, torque;
    private bool running;

    /// <inheritdoc/>
    public EnvironmentSpec Spec { get; } = new(new Box([3], [-1, -1, (float)-SpeedLimit], [1, 1, (float)SpeedLimit]), Actions)
    {
        TimeLimit = 200,
        ScoreRange = (-200 * (Math.PI * Math.PI + 0.1 * SpeedLimit * SpeedLimit + 0.001 * TorqueLimit * TorqueLimit), 0),
        SecondsPerStep = StepDuration,
        Keyboard = new([new("ArrowLeft", [2], "Turn counter-clockwise"), new("ArrowRight", [-2], "Turn clockwise")], Idle: [0]),
        Maps =
        [
            new(MapAxis.Between("angle from upright (rad)", -Math.PI, Math.PI), MapAxis.Between("its rate (rad/s)", -SpeedLimit, SpeedLimit), (at, rate, _, observation) =>
            {
                (observation[0], observation[1], observation[2]) = ((float)Math.Cos(at), (float)Math.Sin(at), (float)rate);
                return true;
            }),
        ],
    };

    /// <summary>Angle and angular velocity; setting them begins an episode there.</summary>
    internal (double Angle, double AngularVelocity) State
    {
        get => (angle, angularVelocity);
        set
        {
            (angle, angularVelocity) = value;
            torque = 0.0;
            running = true;
        }
    }

    /// <inheritdoc/>
    public void Reset(Rng rng, Span<float> observation)
    {
        State = (rng.NextDouble(-Math.PI, Math.PI), rng.NextDouble(-1.0, 1.0));
        Observe(observation);
    }

    /// <inheritdoc/>
    public StepResult Step(ReadOnlySpan<float> action, Span<float> observation)
    {
        Actions.Require(action);
        var result = Apply(action[0]);
        Observe(observation);
        return result;
    }

    /// <summary>One step in double precision.</summary>
    internal StepResult Apply(double wanted)
    {
        if (!running)
            throw new InvalidOperationException("No episode was begun; call Reset first.");
        torque = Math.Clamp(wanted, -TorqueLimit, TorqueLimit);
        var fromUpright = FromUpright(angle);
        var cost = fromUpright * fromUpright + 0.1 * angularVelocity * angularVelocity + 0.001 * torque * torque;

        var acceleration = 3 * config.Gravity / (2 * config.Length) * Math.Sin(angle)
            + 3.0 / (config.Mass * config.Length * config.Length) * torque;
        angularVelocity = Math.Clamp(angularVelocity + acceleration * StepDuration, -SpeedLimit, SpeedLimit);
        angle += angularVelocity * StepDuration;
        return new StepResult(-cost, Terminated: false, Truncated: false);
    }

    /// <inheritdoc/>
    public void Save(BinaryWriter writer)
    {
        writer.Write(angle);
        writer.Write(angularVelocity);
        writer.Write(torque);
        writer.Write(running);
    }

    /// <inheritdoc/>
    public void Load(BinaryReader reader, Rng rng)
    {
        (angle, angularVelocity, torque) = (reader.ReadDouble(), reader.ReadDouble(), reader.ReadDouble());
        running = reader.ReadBoolean();
    }

    /// <inheritdoc/>
    public Scene Render()
    {
        const double centre = 1.3;
        var (tipX, tipY) = (centre - Math.Sin(angle), centre + Math.Cos(angle));
        return new Scene(2 * centre, 2 * centre,
        [
            new Shape("line", [centre, centre, centre, centre + 1.15], "goal", 0.02) { Opacity = 0.5 },
            new Shape("circle", [centre, centre + 1.15, centre + 0.04, centre + 1.15], "goal"),
            new Shape("line", [centre, centre, tipX, tipY], "agent", 0.14),
            new Shape("circle", [tipX, tipY, tipX + 0.07, tipY], "agent"),
            new Shape("circle", [centre, centre, centre + 0.09, centre], "ground"),
            .. TorqueArrow(centre, 0.32, torque / TorqueLimit),
        ]);
    }

    /// <inheritdoc/>
    public void Dispose() { }

    /// <summary>An arc around the pivot from straight down, as long as the torque is strong, and its head.</summary>
    private static IEnumerable<Shape> TorqueArrow(double centre, double radius, double share)
    {
        if (Math.Abs(share) < 0.02)
            yield break;
        const int segments = 16;
        var arc = new double[2 * (segments + 1)];
        for (var point = 0; point <= segments; point++)
            (arc[2 * point], arc[2 * point + 1]) = At(radius, 2.4 * share * point / segments);
        yield return new Shape("line", arc, "trail", 0.04);
        var (end, head) = (2.4 * share, 2.4 * share + 0.35 * Math.Sign(share));
        var ((innerX, innerY), (outerX, outerY), (tipX, tipY)) = (At(radius - 0.08, end), At(radius + 0.08, end), At(radius, head));
        yield return new Shape("polygon", [innerX, innerY, outerX, outerY, tipX, tipY], "trail");

        (double X, double Y) At(double distance, double turn) => (centre + distance * Math.Sin(turn), centre - distance * Math.Cos(turn));
    }

    private static double FromUpright(double angle)
    {
        var turn = (angle + Math.PI) % (2 * Math.PI);
        return (turn < 0 ? turn + 2 * Math.PI : turn) - Math.PI;
    }

    private void Observe(Span<float> observation)
    {
        observation[0] = (float)Math.Cos(angle);
        observation[1] = (float)Math.Sin(angle);
        observation[2] = (float)angularVelocity;
    }
}
