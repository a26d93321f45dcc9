using System.ComponentModel.DataAnnotations;
using System.Globalization;
using IntrinsicLab.Core.Experiments;

namespace IntrinsicLab.Core.Environments.Classic;

/// <summary>Parameters of <see cref="Segway"/>.</summary>
public sealed record SegwayConfig
{
    /// <summary>Speed beyond which going faster pays no more.</summary>
    [Range(0.1, 100.0), Unit("m/s"), Group("Reward")]
    public double PaidSpeed { get; init; } = 3.0;

    /// <summary>Paid per step for not having fallen.</summary>
    [Range(0.0, 100.0), Group("Reward")]
    public double AliveReward { get; init; } = 1.0;

    /// <summary>Weight of the squared push, taken off the reward.</summary>
    [Range(0.0, 100.0), Group("Reward")]
    public double PushCost { get; init; } = 0.001;

    /// <summary>Lean at which it has fallen.</summary>
    [Range(0.05, 1.5), Unit("rad"), Group("Episode")]
    public double LeanLimit { get; init; } = 0.5;
}

/// <summary>
/// A cart with a pole rides to the right as fast as pays without letting the pole fall: rewards like those of a walking robot at the price
/// of a pole on a cart.
/// <para>Action: push from −1 to 1 as a share of 10 N; a larger one is clipped.</para>
/// <para>Observation: speed (m/s), sin and cos of the lean θ, its rate (rad/s); where it is does not matter and is not shown.</para>
/// <para>Reward: 1 + speed after the step, at most 3 and at least −3, − 0.001 · push².</para>
/// <para>Start: every value uniform in ± 0.05. Terminated: |θ| > 0.5. Time limit 500 steps.</para>
/// <para>Source: own task, a small stand-in for a hopping robot; dynamics of <see cref="CartPole"/>.</para>
/// </summary>
public sealed class Segway(SegwayConfig config) : IEnvironment
{
    private const double StepDuration = 0.02;
    private const double Force = 10.0;

    private static readonly Box Actions = new([1], -1, 1);

    private static readonly float[] Bounds = [float.PositiveInfinity, 1, 1, float.PositiveInfinity];

    private double position, velocity, angle, angularVelocity, push;
    private bool running;

    /// <inheritdoc/>
    public EnvironmentSpec Spec { get; } = new(new Box([4], [.. Bounds.Select(bound => -bound)], Bounds), Actions)
    {
        TimeLimit = 500,
        ScoreRange = (
            500 * Math.Min(0, config.AliveReward - config.PaidSpeed - config.PushCost), 500 * (config.AliveReward + config.PaidSpeed)),
        SecondsPerStep = StepDuration,
        Keyboard = new([new("ArrowLeft", [-1], "Push left"), new("ArrowRight", [1], "Push right")], Idle: [0]),
        Maps =
        [
            new(MapAxis.Between("speed (m/s)", -1, 4), MapAxis.Between("lean (rad)", -config.LeanLimit, config.LeanLimit), (speed, lean, _, observation) =>
            {
                (observation[0], observation[1], observation[2]) = ((float)speed, (float)Math.Sin(lean), (float)Math.Cos(lean));
                return true;
            }),
        ],
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
        State = (rng.NextDouble(-0.05, 0.05), rng.NextDouble(-0.05, 0.05), rng.NextDouble(-0.05, 0.05), rng.NextDouble(-0.05, 0.05));
        Observe(observation);
    }

    /// <inheritdoc/>
    public StepResult Step(ReadOnlySpan<float> action, Span<float> observation)
    {
        Actions.Require(action);
        if (!running)
            throw new InvalidOperationException("The episode has ended or was not begun; call Reset first.");
        push = Math.Clamp((double)action[0], -1, 1);
        var (acceleration, angularAcceleration) = CartAndPole.Accelerations(angle, angularVelocity, push * Force);
        position += StepDuration * velocity;
        velocity += StepDuration * acceleration;
        angle += StepDuration * angularVelocity;
        angularVelocity += StepDuration * angularAcceleration;

        var terminated = Math.Abs(angle) > config.LeanLimit;
        running = !terminated;
        Observe(observation);
        var reward = config.AliveReward + Math.Clamp(velocity, -config.PaidSpeed, config.PaidSpeed) - config.PushCost * (push * push);
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
    public Scene Render()
    {
        // The picture travels along; marks on the ground show how fast.
        const double width = 5.0, middle = width / 2, ground = 0.5, radius = 0.3, hub = ground + radius;
        var (topX, topY) = (middle + 1.1 * Math.Sin(angle), hub + 1.1 * Math.Cos(angle));
        var (headX, headY) = (middle + 1.3 * Math.Sin(angle), hub + 1.3 * Math.Cos(angle));
        var (spokeX, spokeY) = (0.24 * Math.Sin(position / radius), 0.24 * Math.Cos(position / radius));
        var shapes = new List<Shape> { new("line", [0, ground, width, ground], "ground", 0.03) };
        for (var mark = Math.Ceiling(position - middle); mark <= position + middle; mark++)
        {
            var x = mark - position + middle;
            shapes.Add(new Shape("line", [x, ground, x - 0.12, ground - 0.18], "ground", 0.03) { Opacity = 0.6 });
        }
        shapes.AddRange(
        [
            new Shape("line", [middle - 0.36 * Math.Sign(push), hub, middle - 0.36 * Math.Sign(push) - 0.4 * push, hub], "trail", 0.08)
            {
                Opacity = 0.6,
            },
            new Shape("circle", [middle, hub, middle + radius, hub], "object"),
            new Shape("line", [middle - spokeX, hub - spokeY, middle + spokeX, hub + spokeY], "ground", 0.04),
            new Shape("line", [middle - spokeY, hub + spokeX, middle + spokeY, hub - spokeX], "ground", 0.04),
            new Shape("line", [middle, hub, topX, topY], "agent", 0.1),
            new Shape("circle", [headX, headY, headX + 0.16, headY], "agent"),
        ]);
        return new Scene(width, 2.5, shapes)
        {
            Caption = string.Create(CultureInfo.InvariantCulture, $"{velocity:0.0} m/s, {position:0.0} m from the start"),
        };
    }

    /// <inheritdoc/>
    public void Dispose() { }

    private void Observe(Span<float> observation)
    {
        observation[0] = (float)velocity;
        observation[1] = (float)Math.Sin(angle);
        observation[2] = (float)Math.Cos(angle);
        observation[3] = (float)angularVelocity;
    }
}
