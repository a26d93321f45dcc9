using System.ComponentModel.DataAnnotations;
using IntrinsicLab.Core.Experiments;

namespace IntrinsicLab.Core.Environments.Classic;

/// <summary>Parameters of <see cref="CartPoleSwingUp"/>; the defaults are those of the VIME release.</summary>
public sealed record CartPoleSwingUpConfig
{
    /// <summary>Pays 1 while the pole is upright; otherwise pays cos θ, and −100 for leaving the track.</summary>
    [Group("Reward")]
    public bool Sparse { get; init; } = true;

    /// <summary>The pole counts as upright while cos θ exceeds this (an earlier state of the release: 0.5).</summary>
    [Range(-1.0, 1.0), Group("Reward")]
    public double UprightCosine { get; init; } = 0.8;

    /// <summary>Force of a full push.</summary>
    [Range(0.1, 1000.0), Unit("N"), Group("Physics")]
    public double Force { get; init; } = 10.0;
}

/// <summary>
/// A pole hangs from a cart and has to be swung up and held there; the sparse version pays for nothing else.
/// <para>Action: push from −1 (left) to 1 (right) as a share of the force; a larger one is clipped.</para>
/// <para>Observation: cart position x (m), its velocity (m/s), pole angle θ (rad, 0 upright, counter-clockwise positive, not wrapped), its
/// velocity (rad/s).</para>
/// <para>Reward: 1 if cos θ > 0.8 after the step and the cart is on the track, else 0 (see
/// <see cref="CartPoleSwingUpConfig.Sparse"/>).</para>
/// <para>Start: x ± 1, velocity ± 2, θ = π ± 1, its velocity ± 3, all uniform. Terminated: |x| > 3. Time limit 500 steps.</para>
/// <para>Source: Houthooft et al. 2016 (VIME), on rllab's task (Duan et al. 2016). The equations of motion with rllab's masses, in its one
/// semi-implicit Euler step of 0.05 s; the pole starts on the cart, where rllab's joint starts torn apart.</para>
/// </summary>
public sealed class CartPoleSwingUp(CartPoleSwingUpConfig config) : IEnvironment
{
    private const double StepDuration = 0.05;
    private const double Gravity = 10.0;
    private const double CartMass = 1.0;
    private const double PoleMass = 0.1;
    private const double PoleLength = 1.0;
    private const double PoleWidth = 0.1;
    private const double PositionLimit = 3.0;

    private static readonly Box Actions = new([1], -1, 1);

    private double position, velocity, angle, angularVelocity, push;
    private bool running;

    /// <inheritdoc/>
    public EnvironmentSpec Spec { get; } = new(new Box([4], float.NegativeInfinity, float.PositiveInfinity), Actions)
    {
        TimeLimit = 500,
        ScoreRange = config.Sparse ? (0, 500) : (-599, 500),
        SecondsPerStep = StepDuration,
        Keyboard = new([new("ArrowLeft", [-1], "Push left"), new("ArrowRight", [1], "Push right")], Idle: [0]),
        Maps = [StateMap.Plane(2, MapAxis.Between("pole angle (rad)", -Math.PI, Math.PI), 3, MapAxis.Between("its rate (rad/s)", -8, 8))],
    };

    /// <summary>Position, velocity, angle, angular velocity; setting them begins an episode there.</summary>
    internal (double Position, double Velocity, double Angle, double AngularVelocity) State
    {
        get => (position, velocity, angle, angularVelocity);
        set
        {
            (position, velocity, angle, angularVelocity) = value;
            push = 0.0;
            running = true;
        }
    }

    /// <inheritdoc/>
    public void Reset(Rng rng, Span<float> observation)
    {
        State = (rng.NextDouble(-1, 1), rng.NextDouble(-2, 2), Math.PI + rng.NextDouble(-1, 1), rng.NextDouble(-3, 3));
        Observe(observation);
    }

    /// <inheritdoc/>
    public StepResult Step(ReadOnlySpan<float> action, Span<float> observation)
    {
        Actions.Require(action);
        if (!running)
            throw new InvalidOperationException("The episode has ended or was not begun; call Reset first.");
        push = Math.Clamp((double)action[0], -1, 1);

        const double half = PoleLength / 2, moment = PoleMass * half;
        const double inertia = moment * half + PoleMass * (PoleWidth * PoleWidth + PoleLength * PoleLength) / 12;
        var (sine, cosine) = (Math.Sin(angle), Math.Cos(angle));
        var onCart = push * config.Force - moment * sine * angularVelocity * angularVelocity;
        var onPole = moment * Gravity * sine;
        var determinant = (CartMass + PoleMass) * inertia - moment * cosine * (moment * cosine);
        velocity += StepDuration * ((inertia * onCart + moment * cosine * onPole) / determinant);
        angularVelocity += StepDuration * (((CartMass + PoleMass) * onPole + moment * cosine * onCart) / determinant);
        position += StepDuration * velocity;
        angle += StepDuration * angularVelocity;

        var terminated = Math.Abs(position) > PositionLimit;
        running = !terminated;
        Observe(observation);
        var upright = Math.Cos(angle);
        var reward = config.Sparse ? (upright > config.UprightCosine && !terminated ? 1.0 : 0.0) : terminated ? -100.0 : upright;
        return new StepResult(reward, terminated, Truncated: false);
    }

    /// <inheritdoc/>
    public void Save(BinaryWriter writer)
    {
        foreach (var value in (ReadOnlySpan<double>)[position, velocity, angle, angularVelocity, push])
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
    public Scene Render() => CartAndPole.Draw(position, -angle, PoleLength, PositionLimit, below: 0.8, push);

    /// <inheritdoc/>
    public void Dispose() { }

    private void Observe(Span<float> observation) =>
        ((ReadOnlySpan<float>)[(float)position, (float)velocity, (float)angle, (float)angularVelocity]).CopyTo(observation);
}
