using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Environments.Wrappers;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>Environments as a learner sees them: observations and rewards normalised where that is asked for, in the order of VecNormalize, then delayed, then a live bonus added.</summary>
public sealed class Experience : IDisposable
{
    private readonly ObservationNormaliser? observationNormaliser;
    private readonly RewardNormaliser? rewardNormaliser;
    private readonly DelayedRewards? delayedRewards;
    private readonly double liveBonus;
    private readonly float[] observations;
    private readonly float[] final;
    private readonly double[] rewards;

    /// <summary>Begins an episode in every environment.</summary>
    /// <param name="batch">The environments; owned from here on.</param>
    /// <param name="observationNormaliser">What normalises observations, or null.</param>
    /// <param name="rewardNormaliser">What normalises rewards, or null.</param>
    /// <param name="liveBonus">
    /// Added to every reward after all else, that of an episode's last step included; scores never see it (the baselines called PPO-bonus
    /// and A2C-bonus in Zheng, Oh and Singh 2018).
    /// </param>
    public Experience(
        EnvironmentBatch batch, ObservationNormaliser? observationNormaliser, RewardNormaliser? rewardNormaliser, double liveBonus = 0)
    {
        Batch = batch;
        this.liveBonus = liveBonus;
        (this.observationNormaliser, this.rewardNormaliser) = (observationNormaliser, rewardNormaliser);
        observations = new float[batch.Count * batch.Spec.Observation.Size];
        final = new float[batch.Spec.Observation.Size];
        rewards = new double[batch.Count];
        if (batch.Wrappers is { Delay: > 1, DelayAfterNormalisation: true } wrappers)
            delayedRewards = new DelayedRewards(batch.Count, wrappers.Delay);
        batch.Reset();
        Observe(update: true);
    }

    /// <summary>The environments themselves.</summary>
    public EnvironmentBatch Batch { get; }

    /// <summary>What the learner sees now, [B, O].</summary>
    public ReadOnlySpan<float> Observations => observations;

    /// <summary>What the learner was paid for the last step, [B].</summary>
    public ReadOnlySpan<double> Rewards => rewards;

    /// <summary>Steps every environment once.</summary>
    /// <param name="actions">[B, A].</param>
    public void Step(ReadOnlySpan<float> actions)
    {
        Batch.Step(actions);
        Observe(update: true);
        if (rewardNormaliser is null)
            Batch.Rewards.CopyTo(rewards, 0);
        else
            rewardNormaliser.Normalise(Batch.Rewards, Batch.Terminated, Batch.Truncated, rewards);
        for (var index = 0; index < rewards.Length && delayedRewards is not null; index++)
            rewards[index] = delayedRewards.Pay(index, rewards[index], Batch.Terminated[index] || Batch.Truncated[index]);
        for (var index = 0; index < rewards.Length && liveBonus != 0; index++)
            rewards[index] += liveBonus;
    }

    /// <summary>The last observation of the episode that ended in an environment, as the learner would have seen it.</summary>
    /// <param name="environment">Which.</param>
    public ReadOnlySpan<float> FinalObservation(int environment) =>
        Seen(Batch.FinalObservations.Slice(environment * final.Length, final.Length));

    /// <summary>One observation as the learner would see it; valid until the next call.</summary>
    /// <param name="observation">As the environment gave it.</param>
    public ReadOnlySpan<float> Seen(ReadOnlySpan<float> observation)
    {
        if (observationNormaliser is null)
            observation.CopyTo(final);
        else
            observationNormaliser.Normalise(observation, final, update: false);
        return final;
    }

    /// <summary>Writes environments and normalisers.</summary>
    public void Save(BinaryWriter writer)
    {
        Batch.Save(writer);
        observationNormaliser?.Save(writer);
        rewardNormaliser?.Save(writer);
        delayedRewards?.Save(writer);
    }

    /// <summary>Restores what <see cref="Save"/> wrote.</summary>
    public void Load(BinaryReader reader)
    {
        Batch.Load(reader);
        observationNormaliser?.Load(reader);
        rewardNormaliser?.Load(reader);
        delayedRewards?.Load(reader);
        // The moments are those that the last observations were normalised with: the same numbers come out.
        Observe(update: false);
    }

    /// <inheritdoc/>
    public void Dispose() => Batch.Dispose();

    private void Observe(bool update)
    {
        if (observationNormaliser is null)
            Batch.Observations.CopyTo(observations);
        else
            observationNormaliser.Normalise(Batch.Observations, observations, update);
    }
}
