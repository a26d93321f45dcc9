using System.ComponentModel.DataAnnotations;
using IntrinsicLab.Core.Experiments;

namespace IntrinsicLab.Core.Environments.Classic;

/// <summary>Parameters of <see cref="CartPoleContinuous"/>.</summary>
public sealed record CartPoleContinuousConfig
{
    /// <summary>Force of a full push.</summary>
    [Range(0.1, 1000.0), Unit("N"), Group("Physics")]
    public double Force { get; init; } = 10.0;

    /// <summary>Every state value starts uniformly between minus and plus this.</summary>
    [Range(0.0, 0.2), Group("Episode")]
    public double ResetRange { get; init; } = 0.05;
}

/// <summary>
/// A pole hinged to a cart on a track is kept upright by pushing the cart as hard as is needed.
/// <para>Action: push from −1 (left) to 1 (right) as a share of the force; a larger one is clipped.</para>
/// <para>Observation: cart position x (m), its velocity (m/s), pole angle θ from upright (rad, positive to the right), its velocity
/// (rad/s).</para>
/// <para>Reward: 1 per step, the last included.</para>
/// <para>Start: every value uniform near 0. Terminated: |x| > 2.4 or |θ| > 12°. Time limit 500 steps.</para>
/// <para>Source: <see cref="CartPole"/> (Barto, Sutton and Anderson 1983) with a force that can be chosen.</para>
/// </summary>
public sealed class CartPoleContinuous(CartPoleContinuousConfig config) : IEnvironment
{
    private const double StepDuration = 0.02;
    private const double PositionLimit = 2.4;
    private const double AngleLimit = 12.0 * 2.0 * Math.PI / 360.0;

    private static readonly Box Actions = new([1], -1, 1);

    private static readonly float[] Bounds =
        [(float)(2 * PositionLimit), float.PositiveInfinity, (float)(2 * AngleLimit), float.PositiveInfinity];

    private double position, velocity, angle, angularVelocity, push;
    private bool running;

    /// <inheritdoc/>
    public EnvironmentSpec Spec { get; } = new(new Box([4], [.. Bounds.Select(bound => -bound)], Bounds), Actions)
    {
        TimeLimit = 500,
        ScoreRange = (0, 500),
        SecondsPerStep = StepDuration,
        Keyboard = new([new("ArrowLeft", [-1], "Push left"), new("ArrowRight", [1], "Push right")], Idle: [0]),
        Maps = [StateMap.Plane(2, MapAxis.Between("pole angle (rad)", -AngleLimit, AngleLimit), 3, MapAxis.Between("its rate (rad/s)", -3, 3))],
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
        State = (Small(), Small(), Small(), Small());
        Observe(observation);

        double Small() => rng.NextDouble(-config.ResetRange, config.ResetRange);
    }

    /// <inheritdoc/>
    public StepResult Step(ReadOnlySpan<float> action, Span<float> observation)
    {
        Actions.Require(action);
        if (!running)
            throw new InvalidOperationException("The episode has ended or was not begun; call Reset first.");
        push = Math.Clamp((double)action[0], -1, 1);
        var (acceleration, angularAcceleration) = CartAndPole.Accelerations(angle, angularVelocity, push * config.Force);
        position += StepDuration * velocity;
        velocity += StepDuration * acceleration;
        angle += StepDuration * angularVelocity;
        angularVelocity += StepDuration * angularAcceleration;

        var terminated = Math.Abs(position) > PositionLimit || Math.Abs(angle) > AngleLimit;
        running = !terminated;
        Observe(observation);
        return new StepResult(1.0, terminated, Truncated: false);
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
    public Scene Render() => CartAndPole.Draw(position, angle, length: 1, PositionLimit, below: 0, push);

    /// <inheritdoc/>
    public void Dispose() { }

    private void Observe(Span<float> observation) =>
        ((ReadOnlySpan<float>)[(float)position, (float)velocity, (float)angle, (float)angularVelocity]).CopyTo(observation);
}
