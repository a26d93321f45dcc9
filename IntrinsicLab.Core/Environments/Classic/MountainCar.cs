using System.ComponentModel.DataAnnotations;
using IntrinsicLab.Core.Experiments;

namespace IntrinsicLab.Core.Environments.Classic;

/// <summary>Parameters of <see cref="MountainCar"/>; the defaults are those of the published task.</summary>
public sealed record MountainCarConfig
{
    /// <summary>Velocity that a push adds in one step. The hill takes up to 0.0025, so that much or more needs no swing.</summary>
    [Range(0.0001, 0.01), Group("Physics")]
    public double Force { get; init; } = 0.001;

    /// <summary>Velocity that the steepest slope adds in one step.</summary>
    [Range(0.0001, 0.01), Group("Physics")]
    public double Gravity { get; init; } = 0.0025;

    /// <summary>The car has to be at least this fast, to the right, at the goal.</summary>
    [Range(0.0, 0.07), Group("Goal")]
    public double GoalVelocity { get; init; }

    /// <summary>Pays 1 for reaching the goal and nothing before, in place of −1 per step.</summary>
    [Group("Reward")]
    public bool Sparse { get; init; }
}

/// <summary>
/// A car in a valley is too weak to drive straight up the hill and has to swing back first.
/// <para>Actions: 0 pushes left, 1 does nothing, 2 pushes right.</para>
/// <para>Observation: position from −1.2 to 0.6 (the valley's bottom at −π/6), velocity per step from −0.07 to 0.07.</para>
/// <para>Reward: −1 per step, the last included (see <see cref="MountainCarConfig.Sparse"/>).</para>
/// <para>Start: at rest between −0.6 and −0.4. Terminated: position ≥ 0.5 and fast enough. Time limit 200 steps.</para>
/// <para>Source: Moore 1990; Gymnasium's MountainCar-v0.</para>
/// </summary>
public sealed class MountainCar(MountainCarConfig config) : IEnvironment
{
    private const double LeftEnd = -1.2;
    private const double RightEnd = 0.6;
    private const double Goal = 0.5;
    private const double SpeedLimit = 0.07;

    private static readonly Discrete Actions = new(3) { Names = ["Push left", "Coast", "Push right"] };

    private double position, velocity;
    private int push;
    private bool running;

    /// <inheritdoc/>
    public EnvironmentSpec Spec { get; } = new(
        new Box([2], [(float)LeftEnd, (float)-SpeedLimit], [(float)RightEnd, (float)SpeedLimit]), Actions)
    {
        TimeLimit = 200,
        ScoreRange = config.Sparse ? (0, 1) : (-200, 0),
        SolvedAt = config == new MountainCarConfig() ? -110 : null,
        Keyboard = new([new("ArrowLeft", [0], "Push left"), new("ArrowRight", [2], "Push right")], Idle: [1]),
        Maps = [StateMap.Plane(0, MapAxis.Between("position", LeftEnd, RightEnd), 1, MapAxis.Between("velocity per step", -SpeedLimit, SpeedLimit))],
    };

    /// <summary>Position and velocity; setting them begins an episode there.</summary>
    internal (double Position, double Velocity) State
    {
        get => (position, velocity);
        set
        {
            (position, velocity) = value;
            push = 0;
            running = true;
        }
    }

    /// <inheritdoc/>
    public void Reset(Rng rng, Span<float> observation)
    {
        State = (rng.NextDouble(-0.6, -0.4), 0.0);
        Observe(observation);
    }

    /// <inheritdoc/>
    public StepResult Step(ReadOnlySpan<float> action, Span<float> observation)
    {
        if (!running)
            throw new InvalidOperationException("The episode has ended or was not begun; call Reset first.");
        push = Actions.IndexOf(action) - 1;
        velocity += push * config.Force - config.Gravity * Math.Cos(3 * position);
        velocity = Math.Clamp(velocity, -SpeedLimit, SpeedLimit);
        position = Math.Clamp(position + velocity, LeftEnd, RightEnd);
        if (position == LeftEnd && velocity < 0)
            velocity = 0.0;

        var terminated = position >= Goal && velocity >= config.GoalVelocity;
        running = !terminated;
        Observe(observation);
        var reward = config.Sparse ? (terminated ? 1.0 : 0.0) : -1.0;
        return new StepResult(reward, terminated, Truncated: false);
    }

    /// <inheritdoc/>
    public void Save(BinaryWriter writer)
    {
        writer.Write(position);
        writer.Write(velocity);
        writer.Write(push);
        writer.Write(running);
    }

    /// <inheritdoc/>
    public void Load(BinaryReader reader, Rng rng)
    {
        (position, velocity) = (reader.ReadDouble(), reader.ReadDouble());
        push = reader.ReadInt32();
        running = reader.ReadBoolean();
    }

    /// <inheritdoc/>
    public Scene Render() => CarOnHill.Draw(LeftEnd, RightEnd, Goal, position, push, x => 0.45 * (1 + Math.Sin(3 * x)));

    /// <inheritdoc/>
    public void Dispose() { }

    private void Observe(Span<float> observation)
    {
        observation[0] = (float)position;
        observation[1] = (float)velocity;
    }
}
