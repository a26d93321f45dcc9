using IntrinsicLab.Core.Environments;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>
/// One environment as learners of skills and goals see it, an episode at a time: the state by itself, the goal that it achieves and the one that the
/// world wants, without its reward. Where a world has no goals the state is all that is observed, and what is achieved is the state.
/// </summary>
internal sealed class GoalWorld : IDisposable
{
    /// <summary>Steps after which an episode is broken off where neither the world nor the settings name a limit.</summary>
    public const int UsualLimit = 1000;

    private readonly EnvironmentBatch batch;
    private readonly ActionScale scale;
    private readonly float[] observation, action;
    private readonly GoalLayout? layout;
    private bool fresh = true;

    /// <summary>Begins an episode.</summary>
    /// <param name="factory">Makes the environment.</param>
    /// <param name="rng">Source of its randomness.</param>
    /// <param name="longest">Steps after which an episode is broken off; 0 for the world's own limit.</param>
    public GoalWorld(EnvironmentFactory factory, Rng rng, int longest)
    {
        batch = new EnvironmentBatch(factory, 1, rng);
        scale = new ActionScale(factory.Spec.Action);
        layout = factory.Spec.Goal;
        Longest = LimitOf(factory.Spec, longest);
        (StateSize, GoalSize) = SizesOf(factory.Spec);
        observation = new float[factory.Spec.Observation.Size];
        action = new float[factory.Spec.Action.Size];
        batch.Reset();
        batch.Observations.CopyTo(observation);
    }

    /// <summary>Values of a state.</summary>
    public int StateSize { get; }

    /// <summary>Values of a goal.</summary>
    public int GoalSize { get; }

    /// <summary>Steps of the longest episode.</summary>
    public int Longest { get; }

    /// <summary>Steps taken in all.</summary>
    public long Steps => batch.Steps;

    /// <summary>Sum of the world's own rewards in this episode.</summary>
    public double Return { get; private set; }

    /// <summary>Steps of this episode.</summary>
    public int Length { get; private set; }

    /// <summary>The world's own reward of the last step.</summary>
    public double Reward => batch.Rewards[0];

    /// <summary>The task itself ended in the last step: no value follows.</summary>
    public bool Terminated => batch.Terminated[0];

    /// <summary>Whether the episode is over; <see cref="State"/> is then its last.</summary>
    public bool Ended { get; private set; }

    /// <summary>The state, [S].</summary>
    public ReadOnlySpan<float> State => observation.AsSpan(0, StateSize);

    /// <summary>The goal that it achieves, [G].</summary>
    public ReadOnlySpan<float> Achieved => AchievedIn(layout, observation);

    /// <summary>The goal that the world wants now, [G]; the state itself in a world without goals.</summary>
    public ReadOnlySpan<float> Wanted => layout is null ? observation : layout.Wanted(observation);

    /// <summary>Sizes of state and goal.</summary>
    public static (int State, int Goal) SizesOf(EnvironmentSpec spec) =>
        spec.Goal is { } goal ? (goal.StateSize, goal.GoalSize) : (spec.Observation.Size, spec.Observation.Size);

    /// <summary>Steps of the longest episode.</summary>
    public static int LimitOf(EnvironmentSpec spec, int longest)
    {
        var own = spec.TimeLimit ?? spec.EndsWithin ?? UsualLimit;
        return longest > 0 ? Math.Min(own, longest) : own;
    }

    /// <summary>The goal achieved in an observation.</summary>
    public static ReadOnlySpan<float> AchievedIn(GoalLayout? layout, ReadOnlySpan<float> observation) =>
        layout is null ? observation : layout.Achieved(observation);

    /// <summary>Begins an episode at a start of its own.</summary>
    public void Begin()
    {
        if (!fresh)
            batch.Reset();
        fresh = true;
        batch.Observations.CopyTo(observation);
        (Ended, Return, Length) = (false, 0, 0);
    }

    /// <summary>Takes a step.</summary>
    /// <param name="chosen">The policy's action: an index, or components from −1 to 1 that are scaled to the world's bounds.</param>
    public void Step(ReadOnlySpan<float> chosen)
    {
        scale.Apply(chosen, action);
        batch.Step(action);
        Length++;
        Return += batch.RawRewards[0];
        // A world that ends an episode has begun the next one already.
        fresh = batch.Terminated[0] || batch.Truncated[0];
        Ended = fresh || Length >= Longest;
        (fresh ? batch.FinalObservations : batch.Observations).CopyTo(observation);
    }

    /// <summary>Writes the state between two episodes.</summary>
    public void Save(BinaryWriter writer)
    {
        batch.Save(writer);
        writer.Write(fresh);
    }

    /// <summary>Restores what <see cref="Save"/> wrote; <see cref="Begin"/> comes next.</summary>
    public void Load(BinaryReader reader)
    {
        batch.Load(reader);
        fresh = reader.ReadBoolean();
    }

    /// <inheritdoc/>
    public void Dispose() => batch.Dispose();
}
