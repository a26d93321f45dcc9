using System.ComponentModel.DataAnnotations;
using IntrinsicLab.Core.Experiments;

namespace IntrinsicLab.Core.Environments.Classic;

/// <summary>Parameters of <see cref="MountainCarContinuous"/>; the defaults are those of the published task.</summary>
public sealed record MountainCarContinuousConfig
{
    /// <summary>Velocity that full force adds in one step. The hill takes up to 0.0025, so that much or more needs no swing.</summary>
    [Range(0.0001, 0.01), Group("Physics")]
    public double Power { get; init; } = 0.0015;

    /// <summary>Velocity that the steepest slope adds in one step.</summary>
    [Range(0.0001, 0.01), Group("Physics")]
    public double Gravity { get; init; } = 0.0025;

    /// <summary>The car has to be at least this fast, to the right, at the goal.</summary>
    [Range(0.0, 0.07), Group("Goal")]
    public double GoalVelocity { get; init; }

    /// <summary>Paid on reaching the goal.</summary>
    [Range(0.0, 10_000.0), Group("Reward")]
    public double GoalReward { get; init; } = 100.0;

    /// <summary>Weight of the squared force, taken off the reward on every step.</summary>
    [Range(0.0, 100.0), Group("Reward")]
    public double ForceCost { get; init; } = 0.1;

    /// <summary>Pays 1 for reaching the goal and nothing else: no larger goal reward, no cost of force.</summary>
    [Group("Reward")]
    public bool Sparse { get; init; }
}

/// <summary>
/// A car in a valley is too weak to drive straight up the hill and has to swing back first; force costs, so doing nothing is a trap.
/// <para>Action: force from −1 (left) to 1 (right); a larger one is clipped, though its cost is not.</para>
/// <para>Observation: position from −1.2 to 0.6 (the valley's bottom at −π/6), velocity per step from −0.07 to 0.07.</para>
/// <para>Reward: 100 on reaching the goal, less 0.1 · force² on every step (see <see cref="MountainCarContinuousConfig.Sparse"/>).</para>
/// <para>Start: at rest between −0.6 and −0.4. Terminated: position ≥ 0.45 and fast enough. Time limit 999 steps.</para>
/// <para>Source: Moore 1990; Gymnasium's MountainCarContinuous-v0, whose state is rounded to single precision after each step.</para>
/// </summary>
public sealed class MountainCarContinuous(MountainCarContinuousConfig config) : IEnvironment
{
    private const double LeftEnd = -1.2;
    private const double RightEnd = 0.6;
    private const double Goal = 0.45;
    private const double SpeedLimit = 0.07;

    private static readonly Box Actions = new([1], -1, 1);

    private double position, velocity, push;
    private bool running;

    /// <inheritdoc/>
    public EnvironmentSpec Spec { get; } = new(
        new Box([2], [(float)LeftEnd, (float)-SpeedLimit], [(float)RightEnd, (float)SpeedLimit]), Actions)
    {
        TimeLimit = 999,
        ScoreRange = config.Sparse ? (0, 1) : (-999 * config.ForceCost, config.GoalReward),
        SolvedAt = config == new MountainCarContinuousConfig() ? 90 : null,
        Keyboard = new([new("ArrowLeft", [-1], "Push left"), new("ArrowRight", [1], "Push right")], Idle: [0]),
        Maps = [StateMap.Plane(0, MapAxis.Between("position", LeftEnd, RightEnd), 1, MapAxis.Between("velocity per step", -SpeedLimit, SpeedLimit))],
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
        State = (rng.NextDouble(-0.6, -0.4), 0.0);
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
    internal StepResult Apply(double force)
    {
        if (!running)
            throw new InvalidOperationException("The episode has ended or was not begun; call Reset first.");
        push = Math.Clamp(force, -1.0, 1.0);
        var speed = velocity + (push * config.Power - config.Gravity * Math.Cos(3 * position));
        speed = Math.Clamp(speed, -SpeedLimit, SpeedLimit);
        var place = Math.Clamp(position + speed, LeftEnd, RightEnd);
        if (place == LeftEnd && speed < 0)
            speed = 0.0;

        var terminated = place >= Goal && speed >= config.GoalVelocity;
        running = !terminated;
        position = (float)place;
        velocity = (float)speed;
        var reward = config.Sparse ? (terminated ? 1.0 : 0.0) : (terminated ? config.GoalReward : 0.0) - config.ForceCost * (force * force);
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
        (position, velocity, push) = (reader.ReadDouble(), reader.ReadDouble(), reader.ReadDouble());
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
