using System.Text;
using IntrinsicLab.Core.Environments;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>
/// One episode of each skill with the most likely actions, from starts that stay the same all through a run: every skill with an index, or the 25 of a
/// lattice over the square.
/// </summary>
internal sealed class SkillTrial : IDisposable
{
    private const int LatticeSide = 5;

    private readonly SkillLearner learner;
    private readonly EnvironmentBatch batch;
    private readonly GoalLayout? layout;
    private readonly ActionScale scale;
    private readonly MemoryStream start = new();
    private readonly int stateSize, goalSize, actionSize, longest;
    private readonly float[] now, actions, states, achieved;
    private readonly int[] lengths;
    private readonly DiscriminatorInput input;

    /// <summary>Begins the episodes.</summary>
    /// <param name="learner">Whose skills are tried.</param>
    /// <param name="input">What its discriminator sees.</param>
    /// <param name="environments">Makes the environments.</param>
    /// <param name="rng">Source of the starts.</param>
    public SkillTrial(SkillLearner learner, DiscriminatorInput input, EnvironmentFactory environments, Rng rng)
    {
        (this.learner, this.input) = (learner, input);
        Count = learner.Discriminator.IsCategorical ? learner.Discriminator.Skills : LatticeSide * LatticeSide;
        batch = new EnvironmentBatch(environments, Count, rng);
        layout = environments.Spec.Goal;
        scale = new ActionScale(environments.Spec.Action);
        (stateSize, goalSize) = GoalWorld.SizesOf(environments.Spec);
        (actionSize, longest) = (environments.Spec.Action.Size, learner.World.Longest);
        Skills = new float[Count * learner.Discriminator.SkillValues];
        for (var index = 0; index < Count; index++)
            if (learner.Discriminator.IsCategorical)
                Skills[index] = index;
            else
                (Skills[2 * index], Skills[2 * index + 1]) = (OnLattice(index % LatticeSide), OnLattice(index / LatticeSide));
        (now, actions, lengths) = (new float[Count * stateSize], new float[Count * actionSize], new int[Count]);
        (states, achieved) = (new float[(longest + 1) * Count * stateSize], new float[(longest + 1) * Count * goalSize]);
        batch.Reset();
        using var writer = new BinaryWriter(start, Encoding.UTF8, leaveOpen: true);
        batch.Save(writer);
    }

    /// <summary>Skills tried, M.</summary>
    public int Count { get; }

    /// <summary>The skills, [M, <see cref="Discriminator.SkillValues"/>].</summary>
    public float[] Skills { get; }

    /// <summary>Goals that each step of the last trial achieved, [T, M, G], the last one held where an episode was shorter.</summary>
    public ReadOnlySpan<float> AchievedBySteps => achieved.AsSpan(Count * goalSize);

    /// <summary>Distinct skills that the discriminator finds in the last states of the last trial.</summary>
    public int Distinct { get; private set; }

    /// <summary>exp of the entropy of the mean posterior over the last states: how many skills it takes them to come from; 0 where skills are points.</summary>
    public double Effective { get; private set; }

    /// <summary>The tried skill that is, or is nearest to, a skill.</summary>
    public int IndexOf(ReadOnlySpan<float> skill) =>
        learner.Discriminator.IsCategorical ? (int)skill[0] : LatticeSide * Nearest(skill[1]) + Nearest(skill[0]);

    /// <summary>Steps of an episode of the last trial.</summary>
    public int LengthOf(int index) => lengths[index];

    /// <summary>A state of the last trial.</summary>
    public ReadOnlySpan<float> State(int index, int step) => states.AsSpan((step * Count + index) * stateSize, stateSize);

    /// <summary>What it achieved.</summary>
    public ReadOnlySpan<float> Achieved(int index, int step) => achieved.AsSpan((step * Count + index) * goalSize, goalSize);

    /// <summary>What the discriminator sees of the last state of an episode.</summary>
    public ReadOnlySpan<float> LastSeen(int index) =>
        input == DiscriminatorInput.Achieved ? Achieved(index, lengths[index]) : State(index, lengths[index]);

    /// <summary>Plays every skill.</summary>
    public void Play()
    {
        var width = batch.Spec.Observation.Size;
        start.Position = 0;
        using (var reader = new BinaryReader(start, Encoding.UTF8, leaveOpen: true))
            batch.Load(reader);
        Array.Clear(lengths);
        var running = new bool[Count];
        Array.Fill(running, true);
        for (var index = 0; index < Count; index++)
            Keep(index, 0, batch.Observations.Slice(index * width, width));
        for (var step = 0; step < longest; step++)
        {
            states.AsSpan(step * Count * stateSize, Count * stateSize).CopyTo(now);
            learner.Agent.Act(now, Skills, Count, actions);
            for (var index = 0; index < Count; index++)
                scale.Apply(actions.AsSpan(index * actionSize, actionSize), actions.AsSpan(index * actionSize, actionSize));
            batch.Step(actions);
            for (var index = 0; index < Count; index++)
            {
                if (!running[index])
                {
                    State(index, step).CopyTo(states.AsSpan(((step + 1) * Count + index) * stateSize));
                    Achieved(index, step).CopyTo(achieved.AsSpan(((step + 1) * Count + index) * goalSize));
                    continue;
                }
                var over = batch.Terminated[index] || batch.Truncated[index];
                Keep(index, step + 1, (over ? batch.FinalObservations : batch.Observations).Slice(index * width, width));
                lengths[index]++;
                running[index] = !over;
            }
        }
        CountDistinct();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        batch.Dispose();
        start.Dispose();
    }

    private void Keep(int index, int step, ReadOnlySpan<float> observation)
    {
        observation[..stateSize].CopyTo(states.AsSpan((step * Count + index) * stateSize));
        GoalWorld.AchievedIn(layout, observation).CopyTo(achieved.AsSpan((step * Count + index) * goalSize));
    }

    private void CountDistinct()
    {
        var discriminator = learner.Discriminator;
        var found = new HashSet<int>();
        var (skill, posterior, mean) = (new float[discriminator.SkillValues], new double[discriminator.Skills], new double[discriminator.Skills]);
        for (var index = 0; index < Count; index++)
        {
            discriminator.MostLikely(LastSeen(index), skill);
            found.Add(IndexOf(skill));
            if (!discriminator.IsCategorical)
                continue;
            discriminator.Posterior(LastSeen(index), posterior);
            for (var other = 0; other < mean.Length; other++)
                mean[other] += posterior[other] / Count;
        }
        (Distinct, Effective) = (found.Count, discriminator.IsCategorical ? Formulas.MutualInformation.EffectiveNumber(mean) : 0);
    }

    private static float OnLattice(int place) => -0.8f + 0.4f * place;

    private static int Nearest(float coordinate) => Math.Clamp((int)MathF.Round((coordinate + 0.8f) / 0.4f), 0, LatticeSide - 1);
}
