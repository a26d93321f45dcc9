using IntrinsicLab.Core.Environments;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>
/// A soft actor-critic that is told a skill beside the state, with the replay of what its skills did. Rewards are not kept: whoever trains it computes
/// them anew for every batch, with the discriminator of that moment.
/// </summary>
internal sealed class SkillAgent : IDisposable
{
    private readonly SoftActorCritic learner;
    private readonly ReplayBuffer buffer;
    private readonly Discriminator discriminator;
    private readonly int stateSize, width;
    private readonly int[] drawn;
    private readonly float[] input, extra;
    private float[] inputs = [];

    /// <summary>Makes networks and an empty buffer.</summary>
    /// <param name="spec">The world.</param>
    /// <param name="discriminator">Knows the skills; not owned.</param>
    /// <param name="seenSize">Values of a state as the discriminator sees it.</param>
    /// <param name="settings">How it learns.</param>
    /// <param name="capacity">Transitions kept.</param>
    /// <param name="rng">Parent of its random streams.</param>
    public SkillAgent(EnvironmentSpec spec, Discriminator discriminator, int seenSize, SoftActorCriticSettings settings, int capacity, Rng rng)
    {
        this.discriminator = discriminator;
        stateSize = GoalWorld.SizesOf(spec).State;
        width = stateSize + discriminator.CodeSize;
        learner = new SoftActorCritic(width, spec.Action is Discrete { Count: var count } ? count : spec.Action.Size, spec.Action is Box, settings, rng);
        buffer = new ReplayBuffer(
            stateSize, spec.Action.Size, capacity, 1, ("skill", discriminator.SkillValues), ("seen", seenSize), ("next_seen", seenSize));
        Rows = settings.BatchSize;
        (drawn, input, extra) = (new int[Rows], new float[width], new float[discriminator.SkillValues + 2 * seenSize]);
        (Skills, Seen, NextSeen) = (new float[Rows * discriminator.SkillValues], new float[Rows * seenSize], new float[Rows * seenSize]);
    }

    /// <summary>Rows of a batch, N.</summary>
    public int Rows { get; }

    /// <summary>Skills of the batch.</summary>
    public float[] Skills { get; }

    /// <summary>States of the batch as the discriminator sees them.</summary>
    public float[] Seen { get; }

    /// <summary>States reached, as the discriminator sees them.</summary>
    public float[] NextSeen { get; }

    /// <summary>What is paid for the batch, [N]; to be filled before <see cref="Learn"/>.</summary>
    public float[] Rewards => learner.Rewards;

    /// <summary>Transitions kept.</summary>
    public int Count => buffer.Count;

    /// <summary>Chooses an action for a skill.</summary>
    /// <param name="state">s.</param>
    /// <param name="skill">ω.</param>
    /// <param name="rng">Source of the choice; null for the most likely one.</param>
    /// <param name="action">Receives it.</param>
    public void Act(ReadOnlySpan<float> state, ReadOnlySpan<float> skill, Rng? rng, Span<float> action)
    {
        state.CopyTo(input);
        discriminator.Encode(skill, input.AsSpan(stateSize));
        learner.Act(input, rng, action);
    }

    /// <summary>Chooses the most likely actions of N states and skills.</summary>
    public void Act(ReadOnlySpan<float> states, ReadOnlySpan<float> skills, int rows, Span<float> actions)
    {
        if (inputs.Length < rows * width)
            inputs = new float[rows * width];
        for (var row = 0; row < rows; row++)
        {
            states.Slice(row * stateSize, stateSize).CopyTo(inputs.AsSpan(row * width));
            discriminator.Encode(skills.Slice(row * discriminator.SkillValues, discriminator.SkillValues), inputs.AsSpan(row * width + stateSize, discriminator.CodeSize));
        }
        learner.Act(inputs.AsSpan(0, rows * width), null, actions);
    }

    /// <summary>Keeps a step.</summary>
    public void Add(
        ReadOnlySpan<float> state, ReadOnlySpan<float> action, ReadOnlySpan<float> next, bool terminated, bool ended, ReadOnlySpan<float> skill,
        ReadOnlySpan<float> seen, ReadOnlySpan<float> nextSeen)
    {
        skill.CopyTo(extra);
        seen.CopyTo(extra.AsSpan(skill.Length));
        nextSeen.CopyTo(extra.AsSpan(skill.Length + seen.Length));
        buffer.Add(state, action, 0, next, terminated, ended, extra);
    }

    /// <summary>Draws a batch.</summary>
    public void Draw(Rng rng)
    {
        buffer.Draw(rng, drawn);
        buffer.Gather(drawn, buffer.Observation, learner.Inputs, width);
        buffer.Gather(drawn, buffer.NextObservation, learner.NextInputs, width);
        buffer.Gather(drawn, buffer.Action, learner.Actions);
        buffer.GatherTerminated(drawn, learner.Terminated);
        buffer.Gather(drawn, buffer.Extras[0], Skills);
        buffer.Gather(drawn, buffer.Extras[1], Seen);
        buffer.Gather(drawn, buffer.Extras[2], NextSeen);
        for (var row = 0; row < Rows; row++)
        {
            var skill = Skills.AsSpan(row * discriminator.SkillValues, discriminator.SkillValues);
            discriminator.Encode(skill, learner.Inputs.AsSpan(row * width + stateSize, discriminator.CodeSize));
            discriminator.Encode(skill, learner.NextInputs.AsSpan(row * width + stateSize, discriminator.CodeSize));
        }
    }

    /// <summary>Takes a gradient step on the batch and its rewards.</summary>
    public SoftActorCriticReport Learn() => learner.Learn();

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
}
