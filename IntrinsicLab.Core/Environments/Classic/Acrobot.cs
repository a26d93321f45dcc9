using System.ComponentModel.DataAnnotations;
using IntrinsicLab.Core.Experiments;

namespace IntrinsicLab.Core.Environments.Classic;

/// <summary>Parameters of <see cref="Acrobot"/>; the defaults are those of the published task.</summary>
public sealed record AcrobotConfig
{
    /// <summary>Acceleration of gravity.</summary>
    [Range(0.1, 100.0), Unit("m/s²"), Group("Physics")]
    public double Gravity { get; init; } = 9.8;

    /// <summary>Torque of the motor in the middle joint.</summary>
    [Range(0.01, 100.0), Unit("N·m"), Group("Physics")]
    public double Torque { get; init; } = 1.0;

    /// <summary>How high above the upper joint the tip has to come; 2 is the highest it can.</summary>
    [Range(-1.0, 1.95), Unit("m"), Group("Goal")]
    public double GoalHeight { get; init; } = 1.0;

    /// <summary>Pays 1 for reaching the goal and nothing before, in place of −1 per step.</summary>
    [Group("Reward")]
    public bool Sparse { get; init; }
}

/// <summary>
/// Two links hang from a bar; a motor in the joint between them swings the tip above a line.
/// <para>Actions: 0 turns the lower link clockwise, 1 lets go, 2 turns it counter-clockwise.</para>
/// <para>Observation: cos and sin of θ₁, cos and sin of θ₂, their rates up to 4π and 9π rad/s; θ₁ = 0 hangs down, θ₂ is measured from the
/// upper link, counter-clockwise positive.</para>
/// <para>Reward: −1 per step, 0 on the last one (see <see cref="AcrobotConfig.Sparse"/>).</para>
/// <para>Start: every angle and rate uniform in ±0.1. Terminated: the tip is above the line. Time limit 500 steps.</para>
/// <para>Source: Sutton 1996, with the equations of Sutton and Barto 1998; Gymnasium's Acrobot-v1, one Runge–Kutta step of 0.2 s.</para>
/// </summary>
public sealed class Acrobot(AcrobotConfig config) : IEnvironment
{
    private const double StepDuration = 0.2;
    private const double SpeedLimit1 = 4 * Math.PI;
    private const double SpeedLimit2 = 9 * Math.PI;

    private static readonly Discrete Actions = new(3) { Names = ["Turn clockwise", "Let go", "Turn counter-clockwise"] };

    private static readonly float[] Bounds = [1, 1, 1, 1, (float)SpeedLimit1, (float)SpeedLimit2];

    private double angle1, angle2, rate1, rate2;
    private int turn;
    private bool running;

    /// <inheritdoc/>
    public EnvironmentSpec Spec { get; } = new(new Box([6], [.. Bounds.Select(bound => -bound)], Bounds), Actions)
    {
        TimeLimit = 500,
        ScoreRange = config.Sparse ? (0, 1) : (-500, 0),
        SolvedAt = config == new AcrobotConfig() ? -100 : null,
        SecondsPerStep = StepDuration,
        Keyboard = new([new("ArrowLeft", [0], "Turn clockwise"), new("ArrowRight", [2], "Turn counter-clockwise")], Idle: [1]),
        Maps =
        [
            new(MapAxis.Between("upper angle (rad, 0 hangs down)", -Math.PI, Math.PI), MapAxis.Between("lower angle (rad)", -Math.PI, Math.PI), (upper, lower, _, observation) =>
            {
                (observation[0], observation[1]) = ((float)Math.Cos(upper), (float)Math.Sin(upper));
                (observation[2], observation[3]) = ((float)Math.Cos(lower), (float)Math.Sin(lower));
                return true;
            }),
        ],
    };

    /// <summary>Both angles, both rates; setting them begins an episode there.</summary>
    internal (double Angle1, double Angle2, double Rate1, double Rate2) State
    {
        get => (angle1, angle2, rate1, rate2);
        set
        {
            (angle1, angle2, rate1, rate2) = value;
            turn = 0;
            running = true;
        }
    }

    /// <inheritdoc/>
    public void Reset(Rng rng, Span<float> observation)
    {
        State = (Small(), Small(), Small(), Small());
        Observe(observation);

        // The published task rounds its start, not its later states, to single precision.
        double Small() => (float)rng.NextDouble(-0.1, 0.1);
    }

    /// <inheritdoc/>
    public StepResult Step(ReadOnlySpan<float> action, Span<float> observation)
    {
        if (!running)
            throw new InvalidOperationException("The episode has ended or was not begun; call Reset first.");
        turn = Actions.IndexOf(action) - 1;
        Integrate(turn * config.Torque);
        var terminated = -Math.Cos(angle1) - Math.Cos(angle1 + angle2) > config.GoalHeight;
        running = !terminated;
        Observe(observation);
        var reward = config.Sparse ? (terminated ? 1.0 : 0.0) : terminated ? 0.0 : -1.0;
        return new StepResult(reward, terminated, Truncated: false);
    }

    /// <inheritdoc/>
    public void Save(BinaryWriter writer)
    {
        foreach (var value in (ReadOnlySpan<double>)[angle1, angle2, rate1, rate2])
            writer.Write(value);
        writer.Write(turn);
        writer.Write(running);
    }

    /// <inheritdoc/>
    public void Load(BinaryReader reader, Rng rng)
    {
        State = (reader.ReadDouble(), reader.ReadDouble(), reader.ReadDouble(), reader.ReadDouble());
        turn = reader.ReadInt32();
        running = reader.ReadBoolean();
    }

    /// <inheritdoc/>
    public Scene Render()
    {
        const double centre = 2.2, width = 2 * centre;
        var (elbowX, elbowY) = (centre + Math.Sin(angle1), centre - Math.Cos(angle1));
        var (tipX, tipY) = (elbowX + Math.Sin(angle1 + angle2), elbowY - Math.Cos(angle1 + angle2));
        var line = centre + config.GoalHeight;
        return new Scene(width, width,
        [
            new Shape("polygon", [0, line, width, line, width, width, 0, width], "goal") { Opacity = 0.12 },
            new Shape("line", [0, line, width, line], "goal", 0.03),
            new Shape("line", [centre - 0.45, centre, centre + 0.45, centre], "ground", 0.05),
            new Shape("line", [centre, centre, elbowX, elbowY], "object", 0.16),
            new Shape("line", [elbowX, elbowY, tipX, tipY], "agent", 0.16),
            new Shape("circle", [centre, centre, centre + 0.08, centre], "ground"),
            new Shape("circle", [elbowX, elbowY, elbowX + (turn == 0 ? 0.08 : 0.12), elbowY], turn == 0 ? "ground" : "trail"),
            new Shape("circle", [tipX, tipY, tipX + 0.08, tipY], "agent"),
        ]);
    }

    /// <inheritdoc/>
    public void Dispose() { }

    /// <summary>One classical Runge–Kutta step, then the limits.</summary>
    private void Integrate(double torque)
    {
        const double half = StepDuration / 2;
        var (a1, a2) = Accelerations(angle1, angle2, rate1, rate2, torque);
        var (w1, w2) = (rate1, rate2);
        var (x1, x2) = (rate1 + half * a1, rate2 + half * a2);
        var (b1, b2) = Accelerations(angle1 + half * w1, angle2 + half * w2, x1, x2, torque);
        var (y1, y2) = (rate1 + half * b1, rate2 + half * b2);
        var (c1, c2) = Accelerations(angle1 + half * x1, angle2 + half * x2, y1, y2, torque);
        var (z1, z2) = (rate1 + StepDuration * c1, rate2 + StepDuration * c2);
        var (d1, d2) = Accelerations(angle1 + StepDuration * y1, angle2 + StepDuration * y2, z1, z2, torque);

        angle1 = Wrapped(angle1 + StepDuration / 6 * (w1 + 2 * x1 + 2 * y1 + z1));
        angle2 = Wrapped(angle2 + StepDuration / 6 * (w2 + 2 * x2 + 2 * y2 + z2));
        rate1 = Math.Clamp(rate1 + StepDuration / 6 * (a1 + 2 * b1 + 2 * c1 + d1), -SpeedLimit1, SpeedLimit1);
        rate2 = Math.Clamp(rate2 + StepDuration / 6 * (a2 + 2 * b2 + 2 * c2 + d2), -SpeedLimit2, SpeedLimit2);
    }

    /// <summary>
    /// Sutton and Barto's equations for links of length 1, mass 1 and moment of inertia 1 with their centres in the middle (Sutton 1996
    /// leaves rate₁² out of the second).
    /// </summary>
    private (double First, double Second) Accelerations(double angle1, double angle2, double rate1, double rate2, double torque)
    {
        var (sine, cosine) = (Math.Sin(angle2), Math.Cos(angle2));
        var d1 = 0.25 + (1 + 0.25 + cosine) + 2;
        var d2 = 0.25 + 0.5 * cosine + 1;
        var phi2 = 0.5 * config.Gravity * Math.Cos(angle1 + angle2 - Math.PI / 2);
        var phi1 = -0.5 * rate2 * rate2 * sine - rate2 * rate1 * sine + 1.5 * config.Gravity * Math.Cos(angle1 - Math.PI / 2) + phi2;
        var second = (torque + d2 / d1 * phi1 - 0.5 * rate1 * rate1 * sine - phi2) / (1.25 - d2 * d2 / d1);
        return (-(d2 * second + phi1) / d1, second);
    }

    private static double Wrapped(double angle)
    {
        while (angle > Math.PI)
            angle -= 2 * Math.PI;
        while (angle < -Math.PI)
            angle += 2 * Math.PI;
        return angle;
    }

    private void Observe(Span<float> observation)
    {
        observation[0] = (float)Math.Cos(angle1);
        observation[1] = (float)Math.Sin(angle1);
        observation[2] = (float)Math.Cos(angle2);
        observation[3] = (float)Math.Sin(angle2);
        observation[4] = (float)rate1;
        observation[5] = (float)rate2;
    }
}
