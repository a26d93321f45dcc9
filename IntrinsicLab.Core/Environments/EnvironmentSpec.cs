using IntrinsicLab.Core.Environments.Navigation;

namespace IntrinsicLab.Core.Environments;

/// <summary>What an environment shows, accepts and pays.</summary>
/// <param name="Observation">Space of observations.</param>
/// <param name="Action">Space of actions.</param>
public sealed record EnvironmentSpec(Box Observation, Space Action)
{
    /// <summary>Steps after which an episode is truncated; null for none.</summary>
    public int? TimeLimit { get; init; }

    /// <summary>Steps within which every episode ends by itself; null where that is not certain.</summary>
    public int? EndsWithin { get; init; }

    /// <summary>Range in which episode returns fall, for axes and progress; null where unknown.</summary>
    public (double Low, double High)? ScoreRange { get; init; }

    /// <summary>Mean return at which the task's authors call it solved; null where there is none.</summary>
    public double? SolvedAt { get; init; }

    /// <summary>A step costs enough (physics) that a batch is worth spreading over threads.</summary>
    public bool CostlyStep { get; init; }

    /// <summary>Nothing is random: equal actions give equal episodes whatever the seed.</summary>
    public bool Deterministic { get; init; }

    /// <summary>Steps run in another process: a batch announces all actions before it waits for the first result.</summary>
    public bool Elsewhere { get; init; }

    /// <summary>Seconds of the world's own time in a step, for showing it at its natural speed; null where a step has no duration.</summary>
    public double? SecondsPerStep { get; init; }

    /// <summary>How a person plays it on a keyboard; null where nobody can.</summary>
    public Keyboard? Keyboard { get; init; }

    /// <summary>How the observation of a world with goals is laid out; null for one without.</summary>
    public GoalLayout? Goal { get; init; }

    /// <summary>The plane in which its goals are places that can be set from outside; null where they are not.</summary>
    public GoalPlane? GoalPlane { get; init; }

    /// <summary>Why the goals of a world that has some cannot be pointed at, as a sentence for people; empty where they can, or there are none.</summary>
    public string WhyNoGoalPlane { get; init; } = "";

    /// <summary>Planes through the states that are worth a picture of rewards and values; empty where there is none.</summary>
    public IReadOnlyList<StateMap> Maps { get; init; } = [];

    /// <summary>Walls and ways of a world whose states are places of a plane, for pictures; null where there are none.</summary>
    public FloorPlan? Plan { get; init; }

    /// <summary>How its observation tells which of few states it is in; null where it does not.</summary>
    public StateTable? Table { get; init; }

    /// <summary>Its rules by state index, for learners that step many such worlds at once; null where it has none.</summary>
    public ITabularLevel? Level { get; init; }

    /// <summary>Families of worlds like this one, from which a meta-learner draws one for each lifetime; empty where there are none.</summary>
    public IReadOnlyList<LevelFamily> Families { get; init; } = [];
}

/// <summary>What a plane world looks like from above.</summary>
/// <param name="Walls">Straight walls, or borders worth seeing, from one end to the other.</param>
public sealed record FloorPlan(IReadOnlyList<Wall> Walls)
{
    /// <summary>Given a place, the length of the shortest way round the walls to it from any other; null where nobody knows.</summary>
    public Func<double, double, Func<double, double, double>>? WaysTo { get; init; }

    /// <summary>Where a state lies, for states whose first two values are not their place; null where they are.</summary>
    public WritePlace? PlaceOfState { get; init; }

    /// <summary>Its edges; null where the bounds of states are.</summary>
    public Region? Bounds { get; init; }
}

/// <summary>Keys and what they do.</summary>
/// <param name="Keys">Bindings; the first whose key is held counts.</param>
/// <param name="Idle">Action while no key is held; null where the world waits for one.</param>
public sealed record Keyboard(IReadOnlyList<KeyBinding> Keys, float[]? Idle);

/// <summary>One key.</summary>
/// <param name="Key">Name of the key as browsers tell it: <c>ArrowLeft</c>, <c> </c> (space), <c>a</c>.</param>
/// <param name="Action">The action it stands for, as <see cref="IEnvironment.Step"/> takes it.</param>
/// <param name="Name">What it does, for people: "Push left".</param>
public sealed record KeyBinding(string Key, float[] Action, string Name);

/// <summary>
/// An observation that is the state, then the goal that is wanted now, then the goal that the present state achieves, so that an
/// algorithm can relabel: it overwrites the wanted part or copies the achieved one.
/// </summary>
/// <param name="StateSize">Values of the state, at the front.</param>
/// <param name="GoalSize">Values of a goal; the wanted and the achieved one follow the state in this order.</param>
public sealed record GoalLayout(int StateSize, int GoalSize)
{
    /// <summary><see cref="Distance"/> between achieved and wanted goal below which the goal counts as reached; null where nothing does.</summary>
    public double? SuccessRadius { get; init; }

    /// <summary>Where a goal lies, for goals whose own numbers tell no distance, such as pictures; null where they do.</summary>
    public GoalPlace? Place { get; init; }

    /// <summary>Whether a goal is one that the straight way does not lead to; null where the world has no such goals.</summary>
    public GoalQuestion? IsHard { get; init; }

    /// <summary>Rows and columns of goals that are pictures, rows from the bottom; null for others.</summary>
    public (int Rows, int Columns)? Picture { get; init; }

    /// <summary>
    /// What policies and critics multiply a goal's values by before they read them: 1, or √P for a picture of P pixels, so that a bright pixel among
    /// dark ones weighs as much as the picture's values would if all of them told something.
    /// </summary>
    public float InputScale => Picture is { } size ? MathF.Sqrt(size.Rows * size.Columns) : 1;

    /// <summary>Names of goals of which one value is 1 and the others are 0, by place; empty for others.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    /// <summary>The state in an observation.</summary>
    public ReadOnlySpan<float> State(ReadOnlySpan<float> observation) => observation[..StateSize];

    /// <summary>The goal that is wanted.</summary>
    public ReadOnlySpan<float> Wanted(ReadOnlySpan<float> observation) => observation.Slice(StateSize, GoalSize);

    /// <summary>The goal that the present state achieves.</summary>
    public ReadOnlySpan<float> Achieved(ReadOnlySpan<float> observation) => observation.Slice(StateSize + GoalSize, GoalSize);

    /// <summary>Euclidean distance of two goals: between the places they lie at where the world tells these, else over the goals' own numbers.</summary>
    public double Distance(ReadOnlySpan<float> left, ReadOnlySpan<float> right)
    {
        if (Place is not { } place)
            return Euclidean(left, right);
        Span<float> from = stackalloc float[place.Size], to = stackalloc float[place.Size];
        place.Of(left, from);
        place.Of(right, to);
        return Euclidean(from, to);
    }

    /// <summary>Euclidean distance over the numbers themselves.</summary>
    public static double Euclidean(ReadOnlySpan<float> left, ReadOnlySpan<float> right)
    {
        var squares = 0.0;
        for (var i = 0; i < left.Length; i++)
            squares += ((double)left[i] - right[i]) * ((double)left[i] - right[i]);
        return Math.Sqrt(squares);
    }
}

/// <summary>Where goals lie that are not coordinates themselves.</summary>
/// <param name="Size">Coordinates of a place.</param>
/// <param name="Of">Writes them for a goal.</param>
public sealed record GoalPlace(int Size, WritePlace Of);

/// <summary>Writes the place of a goal, or of a state.</summary>
/// <param name="goal">As it is observed.</param>
/// <param name="place">Receives its coordinates.</param>
public delegate void WritePlace(ReadOnlySpan<float> goal, Span<float> place);

/// <summary>Asks something of a goal.</summary>
/// <param name="goal">As it is observed.</param>
public delegate bool GoalQuestion(ReadOnlySpan<float> goal);

/// <summary>A set of observations or actions.</summary>
public abstract record Space
{
    /// <summary>Number of float values that carry one element.</summary>
    public abstract int Size { get; }

    /// <summary>
    /// Draws an element: evenly among discrete ones and between finite bounds; a component with an infinite bound is drawn from N(0, 1) and
    /// held within the other bound.
    /// </summary>
    /// <param name="rng">Source of the choice.</param>
    /// <param name="element">Receives <see cref="Size"/> values.</param>
    public abstract void Sample(Rng rng, Span<float> element);
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

    /// <inheritdoc/>
    public override void Sample(Rng rng, Span<float> element)
    {
        for (var index = 0; index < Size; index++)
            element[index] = float.IsFinite(Low[index]) && float.IsFinite(High[index])
                ? (float)rng.NextDouble(Low[index], High[index])
                : Math.Clamp((float)rng.NextGaussian(), Low[index], High[index]);
    }

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

    /// <inheritdoc/>
    public override void Sample(Rng rng, Span<float> element) => element[0] = rng.NextInt(Count);

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
