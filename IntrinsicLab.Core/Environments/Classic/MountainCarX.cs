using System.ComponentModel.DataAnnotations;
using IntrinsicLab.Core.Experiments;

namespace IntrinsicLab.Core.Environments.Classic;

/// <summary>Parameters of <see cref="MountainCarX"/>; the defaults are those of the VIME release.</summary>
public sealed record MountainCarXConfig
{
    /// <summary>Pays 1 on reaching the goal and nothing else; otherwise pays the height of the car's centre less 1 on every step.</summary>
    [Group("Reward")]
    public bool Sparse { get; init; } = true;

    /// <summary>Mass of the car. Its force of 1 N is too weak for the slope.</summary>
    [Range(0.01, 10.0), Unit("kg"), Group("Physics")]
    public double Mass { get; init; } = 0.4;

    /// <summary>Share of its speed that the car loses per second.</summary>
    [Range(0.0, 10.0), Unit("1/s"), Group("Physics")]
    public double Damping { get; init; } = 0.6;
}

/// <summary>
/// The mountain car of the VIME article: a valley shaped like a cosine, with a reward only at the goal.
/// <para>Action: force along the track from −1 (left) to 1 (right) N; a larger one is clipped.</para>
/// <para>Observation: position x (m; the valley's bottom at 0), its velocity (m/s).</para>
/// <para>Reward: 1 on the step that reaches the goal, else 0 (see <see cref="MountainCarXConfig.Sparse"/>).</para>
/// <para>Start: x = 0, velocity uniform in ± 1. Terminated: x ≥ 0.6, or |x| ≥ 2, where it never gets. Time limit 500 steps.</para>
/// <para>Source: Houthooft et al. 2016 (VIME), on rllab's task (Duan et al. 2016). In place of rllab's rigid-body engine, a particle slides
/// on the curve with a damping fitted to it: coasting, full throttle and the time to the goal agree within about a tenth.</para>
/// </summary>
public sealed class MountainCarX(MountainCarXConfig config) : IEnvironment
{
    private const double StepDuration = 0.05;
    private const double Gravity = 10.0;
    private const double Goal = 0.6;
    private const double TrackEnd = 2.0;
    private const double CentreAboveTrack = 0.166;

    private static readonly Box Actions = new([1], -1, 1);

    private double position, velocity, push;
    private bool running;

    /// <inheritdoc/>
    public EnvironmentSpec Spec { get; } = new(
        new Box([2], [-3, float.NegativeInfinity], [3, float.PositiveInfinity]), Actions)
    {
        TimeLimit = 500,
        ScoreRange = config.Sparse ? (0, 1) : (-500, 0),
        SecondsPerStep = StepDuration,
        Keyboard = new([new("ArrowLeft", [-1], "Push left"), new("ArrowRight", [1], "Push right")], Idle: [0]),
        Maps = [StateMap.Plane(0, MapAxis.Between("position (m)", -1.2, 0.6), 1, MapAxis.Between("velocity (m/s)", -2.5, 2.5))],
    };

    /// <summary>Position and velocity; setting them begins an episode there.</summary>
    internal (double Position, double Velocity) State
    {
        get => (position, velocity);
        set
        {
            (position, velocity) = value;
            push = 0.0;
            running = true;
        }
    }

    /// <inheritdoc/>
    public void Reset(Rng rng, Span<float> observation)
    {
        State = (0.0, rng.NextDouble(-1, 1));
        Observe(observation);
    }

    /// <inheritdoc/>
    public StepResult Step(ReadOnlySpan<float> action, Span<float> observation)
    {
        Actions.Require(action);
        if (!running)
            throw new InvalidOperationException("The episode has ended or was not begun; call Reset first.");
        push = Math.Clamp((double)action[0], -1, 1);

        // A bead on the curve: slope k and its derivative, force along the tangent, gravity and the curve's bending.
        var slope = Math.PI / 2 * Math.Sin(Math.PI * position / 2);
        var bending = Math.PI * Math.PI / 4 * Math.Cos(Math.PI * position / 2);
        var stretch = 1 + slope * slope;
        var acceleration = push / config.Mass / Math.Sqrt(stretch)
            - (Gravity * slope + slope * bending * velocity * velocity) / stretch
            - config.Damping * velocity;
        velocity += StepDuration * acceleration;
        position += StepDuration * velocity;

        var reached = position >= Goal;
        var terminated = reached || Math.Abs(position) >= TrackEnd;
        running = !terminated;
        Observe(observation);
        var reward = config.Sparse ? (reached ? 1.0 : 0.0) : -1.0 + CentreAboveTrack + Height(position);
        return new StepResult(reward, terminated, Truncated: false);
    }

    /// <inheritdoc/>
    public void Save(BinaryWriter writer)
    {
        foreach (var value in (ReadOnlySpan<double>)[position, velocity, push])
            writer.Write(value);
        writer.Write(running);
    }

    /// <inheritdoc/>
    public void Load(BinaryReader reader, Rng rng)
    {
        (position, velocity, push) = (reader.ReadDouble(), reader.ReadDouble(), reader.ReadDouble());
        running = reader.ReadBoolean();
    }

    /// <inheritdoc/>
    public Scene Render() => CarOnHill.Draw(-1.2, 1.2, Goal, position, push, Height);

    /// <inheritdoc/>
    public void Dispose() { }

    private static double Height(double x) => 1 - Math.Cos(Math.PI * x / 2);

    private void Observe(Span<float> observation)
    {
        observation[0] = (float)position;
        observation[1] = (float)velocity;
    }
}
