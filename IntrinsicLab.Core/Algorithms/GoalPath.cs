namespace IntrinsicLab.Core.Algorithms;

/// <summary>Where an episode of a <see cref="GoalWorld"/> passed: L + 1 states and what each achieved.</summary>
/// <param name="stateSize">Values of a state.</param>
/// <param name="goalSize">Values of a goal.</param>
internal sealed class GoalPath(int stateSize, int goalSize)
{
    private readonly List<float> states = [], achieved = [];

    /// <summary>Steps, L; −1 before the first state.</summary>
    public int Length => states.Count / stateSize - 1;

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        states.Clear();
        achieved.Clear();
    }

    /// <summary>Adds the state that the world is in.</summary>
    public void Add(GoalWorld world)
    {
        states.AddRange(world.State);
        achieved.AddRange(world.Achieved);
    }

    /// <summary>State number <paramref name="index"/>, 0 the first.</summary>
    public ReadOnlySpan<float> State(int index) => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(states).Slice(index * stateSize, stateSize);

    /// <summary>What it achieved.</summary>
    public ReadOnlySpan<float> Achieved(int index) => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(achieved).Slice(index * goalSize, goalSize);
}
