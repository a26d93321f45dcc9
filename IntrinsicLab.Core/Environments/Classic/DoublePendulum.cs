using System.ComponentModel.DataAnnotations;
using IntrinsicLab.Core.Experiments;

namespace IntrinsicLab.Core.Environments.Classic;

/// <summary>Parameters of <see cref="DoublePendulum"/>; the defaults are those of the VIME authors' task.</summary>
public sealed record DoublePendulumConfig
{
    /// <summary>Pays 1 while the tip is near the top; otherwise pays minus its distance from there.</summary>
    [Group("Reward")]
    public bool Sparse { get; init; } = true;

    /// <summary>How near the tip has to be to the point straight above the shoulder at full stretch.</summary>
    [Range(0.01, 4.0), Unit("m"), Group("Reward")]
    public double GoalRadius { get; init; } = 1.0;

    /// <summary>Torque of the motor in the elbow at full power.</summary>
    [Range(0.1, 1000.0), Unit("N·m"), Group("Physics")]
    public double Torque { get; init; } = 50.0;
}

/// <summary>
/// Two links hang from a shoulder that turns freely; a motor in the elbow has to bring the tip to the top and keep it there.
/// <para>Action: torque from −1 to 1 as a share of the motor's, counter-clockwise on the lower link; a larger one is clipped.</para>
/// <para>Observation: sin, cos and rate (rad/s) of the upper link's angle, then of the lower one's; 0 hangs down, both measured from there,
/// counter-clockwise positive.</para>
/// <para>Reward: 1 if the tip is within 1 m of the top after the step, else 0 (see <see cref="DoublePendulumConfig.Sparse"/>).</para>
/// <para>Start: angles normal with deviation 0.1, rates with 0.01. Never terminates. Time limit 500 steps.</para>
/// <para>Source: the code of Houthooft et al. 2016 (VIME), on rllab's task (Duan et al. 2016): two semi-implicit Euler steps of 0.01 s,
/// in each of which a link turns by a quarter at most, as in rllab's engine. The original mirrors the lower link when it computes the tip;
/// here the tip is where it is drawn.</para>
/// </summary>
public sealed class DoublePendulum(DoublePendulumConfig config) : IEnvironment
{
    private const double Substep = 0.01;
    private const int Substeps = 2;
    private const double Gravity = 10.0;
    private const double Mass = 0.5;
    private const double Length = 1.0;
    private const double ToCentre = 0.5;
    private const double Width = 0.1;
    private const double RateLimit = Math.PI / 2 / Substep;
    private const double Inertia = Mass * (Length * Length + Width * Width) / 12;

    private static readonly Box Actions = new([1], -1, 1);

    private static readonly float[] Bounds = [1, 1, (float)RateLimit, 1, 1, (float)RateLimit];

    private double angle1, angle2, rate1, rate2, push;
    private bool running;

    /// <inheritdoc/>
    public EnvironmentSpec Spec { get; } = new(new Box([6], [.. Bounds.Select(bound => -bound)], Bounds), Actions)
    {
        TimeLimit = 500,
        ScoreRange = config.Sparse ? (0, 500) : (-2000, 0),
        SecondsPerStep = Substeps * Substep,
        Keyboard = new([new("ArrowLeft", [-1], "Turn clockwise"), new("ArrowRight", [1], "Turn counter-clockwise")], Idle: [0]),
        Maps =
        [
            new(MapAxis.Between("upper angle (rad, 0 hangs down)", -Math.PI, Math.PI), MapAxis.Between("lower angle (rad)", -Math.PI, Math.PI), (upper, lower, _, observation) =>
            {
                (observation[0], observation[1]) = ((float)Math.Sin(upper), (float)Math.Cos(upper));
                (observation[3], observation[4]) = ((float)Math.Sin(lower), (float)Math.Cos(lower));
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
            push = 0.0;
            running = true;
        }
    }

    /// <inheritdoc/>
    public void Reset(Rng rng, Span<float> observation)
    {
        State = (0.1 * rng.NextGaussian(), 0.1 * rng.NextGaussian(), 0.01 * rng.NextGaussian(), 0.01 * rng.NextGaussian());
        Observe(observation);
    }

    /// <inheritdoc/>
    public StepResult Step(ReadOnlySpan<float> action, Span<float> observation)
    {
        Actions.Require(action);
        if (!running)
            throw new InvalidOperationException("No episode was begun; call Reset first.");
        push = Math.Clamp((double)action[0], -1, 1);
        for (var substep = 0; substep < Substeps; substep++)
        {
            var (first, second) = Accelerations(angle1, angle2, rate1, rate2, push * config.Torque);
            rate1 = Math.Clamp(rate1 + Substep * first, -RateLimit, RateLimit);
            rate2 = Math.Clamp(rate2 + Substep * second, -RateLimit, RateLimit);
            angle1 += Substep * rate1;
            angle2 += Substep * rate2;
        }
        Observe(observation);
        var (x, y) = (Length * (Math.Sin(angle1) + Math.Sin(angle2)), -Length * (Math.Cos(angle1) + Math.Cos(angle2)));
        var distance = double.Hypot(x, y - 2 * Length);
        var reward = config.Sparse ? (distance < config.GoalRadius ? 1.0 : 0.0) : -distance;
        return new StepResult(reward, Terminated: false, Truncated: false);
    }

    /// <summary>Lagrange's equations of two uniform links; the torque acts on the second and, opposite, on the first.</summary>
    internal static (double First, double Second) Accelerations(double angle1, double angle2, double rate1, double rate2, double torque)
    {
        const double coupling = Mass * Length * ToCentre;
        const double inertia1 = Inertia + Mass * ToCentre * ToCentre + Mass * Length * Length;
        const double inertia2 = Inertia + Mass * ToCentre * ToCentre;
        var (sine, cosine) = (Math.Sin(angle1 - angle2), Math.Cos(angle1 - angle2));
        var first = -torque - coupling * sine * rate2 * rate2 - (Mass * ToCentre + Mass * Length) * Gravity * Math.Sin(angle1);
        var second = torque + coupling * sine * rate1 * rate1 - Mass * ToCentre * Gravity * Math.Sin(angle2);
        var offDiagonal = coupling * cosine;
        var determinant = inertia1 * inertia2 - offDiagonal * offDiagonal;
        return ((inertia2 * first - offDiagonal * second) / determinant, (inertia1 * second - offDiagonal * first) / determinant);
    }

    /// <inheritdoc/>
    public void Save(BinaryWriter writer)
    {
        foreach (var value in (ReadOnlySpan<double>)[angle1, angle2, rate1, rate2, push])
            writer.Write(value);
        writer.Write(running);
    }

    /// <inheritdoc/>
    public void Load(BinaryReader reader, Rng rng)
    {
        State = (reader.ReadDouble(), reader.ReadDouble(), reader.ReadDouble(), reader.ReadDouble());
        push = reader.ReadDouble();
        running = reader.ReadBoolean();
    }

    /// <inheritdoc/>
    public Scene Render()
    {
        const double shoulderX = 2.3, shoulderY = 2.2;
        var (elbowX, elbowY) = (shoulderX + Length * Math.Sin(angle1), shoulderY - Length * Math.Cos(angle1));
        var (tipX, tipY) = (elbowX + Length * Math.Sin(angle2), elbowY - Length * Math.Cos(angle2));
        const double top = shoulderY + 2 * Length;
        return new Scene(2 * shoulderX, Math.Max(top + 0.3, top + Math.Min(config.GoalRadius, 1.2)),
        [
            new Shape("circle", [shoulderX, top, shoulderX + config.GoalRadius, top], "goal") { Opacity = 0.15 },
            new Shape("circle", [shoulderX, top, shoulderX + 0.06, top], "goal"),
            new Shape("line", [shoulderX - 0.4, shoulderY, shoulderX + 0.4, shoulderY], "ground", 0.05),
            new Shape("line", [shoulderX, shoulderY, elbowX, elbowY], "object", 0.14),
            new Shape("line", [elbowX, elbowY, tipX, tipY], "agent", 0.14),
            new Shape("circle", [shoulderX, shoulderY, shoulderX + 0.08, shoulderY], "ground"),
            new Shape("circle", [elbowX, elbowY, elbowX + 0.07 + 0.06 * Math.Abs(push), elbowY], "trail"),
            new Shape("circle", [tipX, tipY, tipX + 0.07, tipY], "agent"),
        ]);
    }

    /// <inheritdoc/>
    public void Dispose() { }

    private void Observe(Span<float> observation)
    {
        observation[0] = (float)Math.Sin(angle1);
        observation[1] = (float)Math.Cos(angle1);
        observation[2] = (float)rate1;
        observation[3] = (float)Math.Sin(angle2);
        observation[4] = (float)Math.Cos(angle2);
        observation[5] = (float)rate2;
    }
}
