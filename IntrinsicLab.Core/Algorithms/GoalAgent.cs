using IntrinsicLab.Core.Environments;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>
/// A soft actor-critic that is told a goal beside the state, with the replay of its steps: of each also the goal of the step after it, which differs
/// where goals move, what was achieved, and the skill that the goal came from.
/// </summary>
internal sealed class GoalAgent : IDisposable
{
    private readonly SoftActorCritic learner;
    private readonly ReplayBuffer buffer;
    private readonly int stateSize, goalSize, width, skillSize, seenSize, achievedSize;
    private readonly float goalScale;
    private readonly int[] drawn;
    private readonly float[] input, extra;
    private float[] inputs = [];

    /// <summary>Makes networks and an empty buffer.</summary>
    /// <param name="spec">The world.</param>
    /// <param name="goalSize">Values of a goal as the policy is told it.</param>
    /// <param name="goalScale">What they are multiplied by where networks read them; the buffer keeps them as they are.</param>
    /// <param name="skillSize">Numbers that a skill is kept as; 0 where goals come from none.</param>
    /// <param name="seenSize">Values of a state as a discriminator sees it; 0 for none.</param>
    /// <param name="achievedSize">Values of what a step achieved; 0 where nobody asks.</param>
    /// <param name="settings">How it learns.</param>
    /// <param name="capacity">Transitions kept.</param>
    /// <param name="rng">Parent of its random streams.</param>
    public GoalAgent(
        EnvironmentSpec spec, int goalSize, float goalScale, int skillSize, int seenSize, int achievedSize, SoftActorCriticSettings settings, int capacity,
        Rng rng)
    {
        (this.goalSize, this.goalScale, this.skillSize, this.seenSize, this.achievedSize) = (goalSize, goalScale, skillSize, seenSize, achievedSize);
        stateSize = GoalWorld.SizesOf(spec).State;
        width = stateSize + goalSize;
        learner = new SoftActorCritic(width, spec.Action is Discrete { Count: var count } ? count : spec.Action.Size, spec.Action is Box, settings, rng);
        buffer = new ReplayBuffer(
            stateSize, spec.Action.Size, capacity, 1, ("goal", goalSize), ("next_goal", goalSize), ("skill", skillSize), ("next_seen", seenSize),
            ("achieved", achievedSize));
        Rows = settings.BatchSize;
        (drawn, input, extra) = (new int[Rows], new float[width], new float[2 * goalSize + skillSize + seenSize + achievedSize]);
        (Goals, NextGoals) = (new float[Rows * goalSize], new float[Rows * goalSize]);
        (Skills, NextSeen, Achieved) = (new float[Rows * skillSize], new float[Rows * seenSize], new float[Rows * achievedSize]);
        Stored = new float[Rows];
    }

    /// <summary>Rows of a batch, N.</summary>
    public int Rows { get; }

    /// <summary>Goals of the batch; may be changed between <see cref="Draw"/> and <see cref="Learn"/>.</summary>
    public float[] Goals { get; }

    /// <summary>Goals of the steps after them; may be changed likewise.</summary>
    public float[] NextGoals { get; }

    /// <summary>Skills that the goals came from.</summary>
    public float[] Skills { get; }

    /// <summary>States reached, as a discriminator sees them.</summary>
    public float[] NextSeen { get; }

    /// <summary>What the batch's steps achieved.</summary>
    public float[] Achieved { get; }

    /// <summary>The world's own rewards of the batch.</summary>
    public float[] Stored { get; }

    /// <summary>What is paid for the batch, [N]; to be filled before <see cref="Learn"/>.</summary>
    public float[] Rewards => learner.Rewards;

    /// <summary>Transitions kept.</summary>
    public int Count => buffer.Count;

    /// <summary>Chooses an action towards a goal.</summary>
    /// <param name="state">s.</param>
    /// <param name="goal">g.</param>
    /// <param name="rng">Source of the choice; null for the most likely one.</param>
    /// <param name="action">Receives it.</param>
    public void Act(ReadOnlySpan<float> state, ReadOnlySpan<float> goal, Rng? rng, Span<float> action)
    {
        state.CopyTo(input);
        Tell(goal, input.AsSpan(stateSize));
        learner.Act(input, rng, action);
    }

    /// <summary>Chooses the most likely actions of N states and goals.</summary>
    public void Act(ReadOnlySpan<float> states, ReadOnlySpan<float> goals, int rows, Span<float> actions)
    {
        if (inputs.Length < rows * width)
            inputs = new float[rows * width];
        for (var row = 0; row < rows; row++)
        {
            states.Slice(row * stateSize, stateSize).CopyTo(inputs.AsSpan(row * width));
            Tell(goals.Slice(row * goalSize, goalSize), inputs.AsSpan(row * width + stateSize));
        }
        learner.Act(inputs.AsSpan(0, rows * width), null, actions);
    }

    /// <summary>Keeps a step.</summary>
    public void Add(
        ReadOnlySpan<float> state, ReadOnlySpan<float> action, double reward, ReadOnlySpan<float> next, bool terminated, bool ended,
        ReadOnlySpan<float> goal, ReadOnlySpan<float> nextGoal, ReadOnlySpan<float> skill, ReadOnlySpan<float> nextSeen, ReadOnlySpan<float> achieved)
    {
        goal.CopyTo(extra);
        nextGoal.CopyTo(extra.AsSpan(goalSize));
        skill.CopyTo(extra.AsSpan(2 * goalSize));
        nextSeen.CopyTo(extra.AsSpan(2 * goalSize + skillSize));
        achieved[..achievedSize].CopyTo(extra.AsSpan(2 * goalSize + skillSize + seenSize));
        buffer.Add(state, action, (float)reward, next, terminated, ended, extra);
    }

    /// <summary>Draws a batch with the goals that were pursued.</summary>
    public void Draw(Rng rng)
    {
        buffer.Draw(rng, drawn);
        buffer.Gather(drawn, buffer.Observation, learner.Inputs, width);
        buffer.Gather(drawn, buffer.NextObservation, learner.NextInputs, width);
        buffer.Gather(drawn, buffer.Action, learner.Actions);
        buffer.Gather(drawn, buffer.Reward, Stored);
        buffer.GatherTerminated(drawn, learner.Terminated);
        buffer.Gather(drawn, buffer.Extras[0], Goals);
        buffer.Gather(drawn, buffer.Extras[1], NextGoals);
        buffer.Gather(drawn, buffer.Extras[2], Skills);
        buffer.Gather(drawn, buffer.Extras[3], NextSeen);
        buffer.Gather(drawn, buffer.Extras[4], Achieved);
    }

    /// <summary>
    /// Replaces the goal of a row of the batch by what its episode achieved with this step or a later one, each as likely (Andrychowicz et al. 2017).
    /// </summary>
    /// <param name="row">Row of the batch.</param>
    /// <param name="rng">Source of the choice.</param>
    public void TakeLaterGoal(int row, Rng rng) => SetGoal(row, LaterAchieved(row, rng));

    /// <summary>What the episode of a row of the batch achieved with this step or a later one, each as likely.</summary>
    public ReadOnlySpan<float> LaterAchieved(int row, Rng rng) => buffer[buffer.DrawLater(drawn[row], rng), buffer.Extras[4]];

    /// <summary>Replaces the goal of a row of the batch, in its step and the one after.</summary>
    public void SetGoal(int row, ReadOnlySpan<float> goal)
    {
        goal.CopyTo(Goals.AsSpan(row * goalSize));
        goal.CopyTo(NextGoals.AsSpan(row * goalSize));
    }

    /// <summary>What some step in the buffer achieved, each as likely.</summary>
    public ReadOnlySpan<float> AnyAchieved(Rng rng) => buffer[rng.NextInt(buffer.Count), buffer.Extras[4]];

    /// <summary>Up to so many of the steps taken last, each <paramref name="every"/>th: the goal pursued in it.</summary>
    public IEnumerable<float[]> LastGoals(int most, int every)
    {
        for (var back = 1; back <= Math.Min(buffer.Count, most * every); back += every)
            yield return buffer[(buffer.Next - back + buffer.Capacity) % buffer.Capacity, buffer.Extras[0]].ToArray();
    }

    /// <summary>Takes a gradient step on the batch, its goals and rewards.</summary>
    public SoftActorCriticReport Learn()
    {
        for (var row = 0; row < Rows; row++)
        {
            Tell(Goals.AsSpan(row * goalSize, goalSize), learner.Inputs.AsSpan(row * width + stateSize));
            Tell(NextGoals.AsSpan(row * goalSize, goalSize), learner.NextInputs.AsSpan(row * width + stateSize));
        }
        return learner.Learn();
    }

    /// <summary>Writes networks and buffer.</summary>
    public void Save(CheckpointWriter writer)
    {
        learner.Save(writer);
        buffer.Save(writer);
    }

    /// <summary>Restores what <see cref="Save"/> wrote.</summary>
    public void Load(CheckpointReader reader)
    {
        learner.Load(reader);
        buffer.Load(reader);
    }

    /// <inheritdoc/>
    public void Dispose() => learner.Dispose();

    // As networks read a goal.
    private void Tell(ReadOnlySpan<float> goal, Span<float> told)
    {
        for (var i = 0; i < goal.Length; i++)
            told[i] = goalScale * goal[i];
    }
}
