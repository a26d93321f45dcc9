namespace IntrinsicLab.Core.Environments;

/// <summary>What an environment shows, accepts and pays.</summary>
/// <param name="Observation">Space of observations.</param>
/// <param name="Action">Space of actions.</param>
public sealed record EnvironmentSpec(Box Observation, Space Action)
{
    /// <summary>Steps after which an episode is truncated; null for none.</summary>
    public int? TimeLimit { get; init; }

    /// <summary>Range in which episode returns fall, for axes and progress; null where unknown.</summary>
    public (double Low, double High)? ScoreRange { get; init; }

    /// <summary>Mean return at which the task's authors call it solved; null where there is none.</summary>
    public double? SolvedAt { get; init; }

    /// <summary>A step costs enough (physics) that a batch is worth spreading over threads.</summary>
    public bool CostlyStep { get; init; }
}

/// <summary>A set of observations or actions.</summary>
public abstract record Space
{
    /// <summary>Number of float values that carry one element.</summary>
    public abstract int Size { get; }
}

/// <summary>Real vectors or grids between bounds (infinite where unbounded).</summary>
/// <param name="Shape">Extent of each axis, for example [4] or [10, 10, 6] (rows, columns, channels).</param>
/// <param name="Low">Lower bound of each value, flat.</param>
/// <param name="High">Upper bound of each value, flat.</param>
public sealed record Box(int[] Shape, float[] Low, float[] High) : Space
{
    /// <summary>A box with one bound for every value.</summary>
    public Box(int[] shape, float low, float high)
        : this(shape, Filled(shape, low), Filled(shape, high))
    {
    }

    /// <inheritdoc/>
    public override int Size => Low.Length;

    /// <summary>Refuses a vector of another length and one that is not finite; the bounds are for each environment to enforce.</summary>
    /// <exception cref="ArgumentException">The vector is not one of this space's.</exception>
    public void Require(ReadOnlySpan<float> values)
    {
        if (values.Length != Size)
            throw new ArgumentException($"The vector has {values.Length} values where {Size} belong.", nameof(values));
        foreach (var value in values)
            if (!float.IsFinite(value))
                throw new ArgumentException($"The vector holds {value}; every value has to be finite.", nameof(values));
    }

    private static float[] Filled(int[] shape, float value)
    {
        var size = 1;
        foreach (var extent in shape)
            size *= extent;
        var values = new float[size];
        Array.Fill(values, value);
        return values;
    }
}

/// <summary>The actions 0 … <paramref name="Count"/> − 1.</summary>
/// <param name="Count">How many there are.</param>
public sealed record Discrete(int Count) : Space
{
    /// <summary>What each action does, by index, for people; empty where not told.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    /// <inheritdoc/>
    public override int Size => 1;

    /// <summary>The index that an action vector carries.</summary>
    /// <exception cref="ArgumentException">The vector is not one whole number from 0 to <see cref="Count"/> − 1.</exception>
    public int IndexOf(ReadOnlySpan<float> action)
    {
        if (action.Length != 1)
            throw new ArgumentException($"The vector has {action.Length} values where 1 belongs.", nameof(action));
        if (!(action[0] >= 0 && action[0] < Count) || action[0] != MathF.Truncate(action[0]))
            throw new ArgumentException($"{action[0]} is none of the actions 0 to {Count - 1}.", nameof(action));
        return (int)action[0];
    }
}
