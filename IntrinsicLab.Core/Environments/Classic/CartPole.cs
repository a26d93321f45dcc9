using System.ComponentModel.DataAnnotations;
using IntrinsicLab.Core.Experiments;

namespace IntrinsicLab.Core.Environments.Classic;

/// <summary>Parameters of <see cref="CartPole"/>; the defaults are those of the published task.</summary>
public sealed record CartPoleConfig
{
    /// <summary>Acceleration of gravity.</summary>
    [Range(0.1, 100.0), Unit("m/s²"), Group("Physics")]
    public double Gravity { get; init; } = 9.8;

    /// <summary>Mass of the cart.</summary>
    [Range(0.01, 100.0), Unit("kg"), Group("Physics")]
    public double CartMass { get; init; } = 1.0;

    /// <summary>Mass of the pole.</summary>
    [Range(0.001, 100.0), Unit("kg"), Group("Physics")]
    public double PoleMass { get; init; } = 0.1;

    /// <summary>Distance from the hinge to the pole's centre of mass, half of its length.</summary>
    [Range(0.01, 10.0), Unit("m"), Group("Physics")]
    public double HalfPoleLength { get; init; } = 0.5;

    /// <summary>Force of a push, to either side.</summary>
    [Range(0.1, 1000.0), Unit("N"), Group("Physics")]
    public double Force { get; init; } = 10.0;

    /// <summary>Every state value starts uniformly between minus and plus this.</summary>
    [Range(0.0, 0.2), Group("Episode")]
    public double ResetRange { get; init; } = 0.05;

    /// <summary>Pays 0 per step and −1 for falling, as in the original article, in place of 1 per step.</summary>
    [Group("Reward")]
    public bool SuttonBartoReward { get; init; }
}

/// <summary>
/// A pole hinged to a cart on a track is kept upright by pushing the cart.
/// <para>Actions: 0 pushes left, 1 pushes right; every step pushes.</para>
/// <para>Observation: cart position x (m), its velocity (m/s), pole angle θ from upright (rad, positive to the right), its velocity
/// (rad/s).</para>
/// <para>Reward: 1 per step, the last included (see <see cref="CartPoleConfig.SuttonBartoReward"/>).</para>
/// <para>Start: every value uniform near 0. Terminated: |x| or |θ| beyond its limit. Time limit 500 steps.</para>
/// <para>Source: Barto, Sutton and Anderson 1983; dynamics and limits of Gymnasium's CartPole-v1 (explicit Euler).</para>
/// </summary>
public sealed class CartPole(CartPoleConfig config) : IEnvironment
{
    private const double StepDuration = 0.02;
    private const double PositionLimit = 2.4;
    private const double AngleLimit = 12.0 * 2.0 * Math.PI / 360.0;

    private static readonly Discrete Actions = new(2) { Names = ["Push left", "Push right"] };

    private static readonly float[] Bounds =
        [(float)(2 * PositionLimit), float.PositiveInfinity, (float)(2 * AngleLimit), float.PositiveInfinity];

    private double position, velocity, angle, angularVelocity;
    private int push;
    private bool running;

    /// <inheritdoc/>
    public EnvironmentSpec Spec { get; } = new(new Box([4], [.. Bounds.Select(bound => -bound)], Bounds), Actions)
    {
        TimeLimit = 500,
        ScoreRange = config.SuttonBartoReward ? (-1, 0) : (0, 500),
        SolvedAt = config == new CartPoleConfig() ? 475 : null,
        SecondsPerStep = StepDuration,
        Keyboard = new([new("ArrowLeft", [0], "Push left"), new("ArrowRight", [1], "Push right")], Idle: null),
        Maps = [StateMap.Plane(2, MapAxis.Between("pole angle (rad)", -AngleLimit, AngleLimit), 3, MapAxis.Between("its rate (rad/s)", -3, 3))],
    };

    /// <summary>Position, velocity, angle, angular velocity; setting them begins an episode there.</summary>
    internal (double Position, double Velocity, double Angle, double AngularVelocity) State
    {
        get => (position, velocity, angle, angularVelocity);
        set
        {
            (position, velocity, angle, angularVelocity) = value;
            push = 0;
            running = true;
        }
    }

    /// <inheritdoc/>
    public void Reset(Rng rng, Span<float> observation)
    {
        State = (Small(), Small(), Small(), Small());
        Observe(observation);

        double Small() => rng.NextDouble(-config.ResetRange, config.ResetRange);
    }

    /// <inheritdoc/>
    public StepResult Step(ReadOnlySpan<float> action, Span<float> observation)
    {
        if (!running)
            throw new InvalidOperationException("The episode has ended or was not begun; call Reset first.");
        push = Actions.IndexOf(action) == 1 ? 1 : -1;
        var (acceleration, angularAcceleration) = CartAndPole.Accelerations(
            angle, angularVelocity, push * config.Force, config.Gravity, config.CartMass, config.PoleMass, config.HalfPoleLength);

        // Explicit Euler: both positions move with the velocities from before the step.
        position += StepDuration * velocity;
        velocity += StepDuration * acceleration;
        angle += StepDuration * angularVelocity;
        angularVelocity += StepDuration * angularAcceleration;

        var terminated = Math.Abs(position) > PositionLimit || Math.Abs(angle) > AngleLimit;
        running = !terminated;
        Observe(observation);
        var reward = config.SuttonBartoReward ? (terminated ? -1.0 : 0.0) : 1.0;
        return new StepResult(reward, terminated, Truncated: false);
    }

    /// <inheritdoc/>
    public void Save(BinaryWriter writer)
    {
        foreach (var value in (ReadOnlySpan<double>)[position, velocity, angle, angularVelocity])
            writer.Write(value);
        writer.Write(push);
        writer.Write(running);
    }

    /// <inheritdoc/>
    public void Load(BinaryReader reader, Rng rng)
    {
        State = (reader.ReadDouble(), reader.ReadDouble(), reader.ReadDouble(), reader.ReadDouble());
        push = reader.ReadInt32();
        running = reader.ReadBoolean();
    }

    /// <inheritdoc/>
    public Scene Render() => CartAndPole.Draw(position, angle, 2 * config.HalfPoleLength, PositionLimit, below: 0, push);

    /// <inheritdoc/>
    public void Dispose() { }

    private void Observe(Span<float> observation) =>
        ((ReadOnlySpan<float>)[(float)position, (float)velocity, (float)angle, (float)angularVelocity]).CopyTo(observation);
}
