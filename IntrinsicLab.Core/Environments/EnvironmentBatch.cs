using System.Runtime.InteropServices;
using IntrinsicLab.Core.Environments.Wrappers;

namespace IntrinsicLab.Core.Environments;

/// <summary>A finished episode.</summary>
/// <param name="Environment">Which of the batch's environments it ran in.</param>
/// <param name="Step">
/// Environment step, counted over the batch, that ended it. The b-th environment takes step number (steps before) + b + 1, so no two
/// episodes share one.
/// </param>
/// <param name="Return">Sum of the raw rewards.</param>
/// <param name="Length">Number of steps.</param>
public readonly record struct Episode(int Environment, long Step, double Return, int Length);

/// <summary>
/// B equal environments stepped together. One that ends is reset within the same step: <see cref="Observations"/> then holds the first
/// observation of its next episode, <see cref="FinalObservations"/> the last of the ended one, so that truncation can bootstrap.
/// Actions outside a <see cref="Box"/> are clipped to it on their way to the environment; the caller's array stays as it is.
/// </summary>
/// <remarks>
/// Every environment draws from its own stream and writes to its own rows: the number of threads changes the speed and nothing else.
/// A step allocates nothing.
/// </remarks>
public sealed class EnvironmentBatch : IDisposable
{
    private readonly IEnvironment[] environments;
    private readonly Rng[] rngs;
    private readonly int observationSize;
    private readonly int actionSize;
    private readonly float[] observations;
    private readonly float[] finalObservations;
    private readonly float[] actions;
    private readonly double[] returns;
    private readonly int[] lengths;
    private readonly bool[] gameGoesOn;
    private readonly List<Episode> ended;
    private readonly BatchThreads? threads;

    /// <summary>Makes the environments; <see cref="Reset"/> begins their episodes.</summary>
    /// <param name="factory">Makes each of them.</param>
    /// <param name="count">How many, B.</param>
    /// <param name="rng">Environment i draws from the stream <c>environment/i</c> split from it.</param>
    /// <param name="threads">Threads that share the stepping, the caller's included; worth it where <see cref="EnvironmentSpec.CostlyStep"/>.</param>
    public EnvironmentBatch(EnvironmentFactory factory, int count, Rng rng, int threads = 1)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(threads);
        Spec = factory.Spec;
        Wrappers = factory.Wrappers;
        observationSize = Spec.Observation.Size;
        actionSize = Spec.Action.Size;
        environments = new IEnvironment[count];
        rngs = new Rng[count];
        for (var index = 0; index < count; index++)
        {
            environments[index] = factory.Create();
            rngs[index] = rng.Split("environment", index);
        }
        observations = new float[count * observationSize];
        finalObservations = new float[count * observationSize];
        actions = new float[count * actionSize];
        returns = new double[count];
        lengths = new int[count];
        gameGoesOn = new bool[count];
        ended = new List<Episode>(count);
        Rewards = new double[count];
        RawRewards = new double[count];
        Terminated = new bool[count];
        Truncated = new bool[count];
        threads = Math.Min(threads, count);
        if (threads > 1)
            this.threads = new BatchThreads(threads, count, StepOne);
    }

    /// <summary>Number of environments, B.</summary>
    public int Count => environments.Length;

    /// <summary>The spec that all of them have.</summary>
    public EnvironmentSpec Spec { get; }

    /// <summary>The wrappers that all of them have.</summary>
    public WrapperConfig Wrappers { get; }

    /// <summary>Environment steps taken so far, over all environments.</summary>
    public long Steps { get; private set; }

    /// <summary>What each environment shows now, [B × O].</summary>
    public ReadOnlySpan<float> Observations => observations;

    /// <summary>Last observation of the episodes that ended in the last step, [B × O]; rows of other environments mean nothing.</summary>
    public ReadOnlySpan<float> FinalObservations => finalObservations;

    /// <summary>Reward of the last step, wrappers applied, [B].</summary>
    public double[] Rewards { get; }

    /// <summary>The environments' own reward of the last step, [B]; see <see cref="StepResult.RawReward"/>.</summary>
    public double[] RawRewards { get; }

    /// <summary>Whether the last step ended the task itself, [B].</summary>
    public bool[] Terminated { get; }

    /// <summary>Whether a limit outside the task ended the episode in the last step, [B]; both flags can be set.</summary>
    public bool[] Truncated { get; }

    /// <summary>Episodes that ended in the last step, by environment; with <see cref="WrapperConfig.EpisodicLife"/> whole games.</summary>
    public IReadOnlyList<Episode> Ended => ended;

    /// <summary>Begins an episode in every environment, dropping those that run. <see cref="Steps"/> goes on counting.</summary>
    public void Reset()
    {
        for (var index = 0; index < Count; index++)
        {
            environments[index].Reset(rngs[index], Row(observations, index, observationSize));
            returns[index] = 0.0;
            lengths[index] = 0;
        }
        Array.Clear(Rewards);
        Array.Clear(RawRewards);
        Array.Clear(Terminated);
        Array.Clear(Truncated);
        ended.Clear();
    }

    /// <summary>Steps every environment once.</summary>
    /// <param name="actions">[B × A]; a discrete action is one value, its index.</param>
    /// <exception cref="ArgumentException">There are not B × A values, or one is no action.</exception>
    /// <exception cref="InvalidOperationException"><see cref="Reset"/> was never called.</exception>
    public void Step(ReadOnlySpan<float> actions)
    {
        if (actions.Length != this.actions.Length)
            throw new ArgumentException($"There are {actions.Length} values for {Count} actions of {actionSize}.", nameof(actions));
        CopyClipped(actions);
        if (Spec.Elsewhere)
            for (var index = 0; index < Count; index++)
                environments[index].Announce(Row(this.actions, index, actionSize));
        if (threads is null)
            for (var index = 0; index < Count; index++)
                StepOne(index);
        else
            threads.Run();
        CollectEnded();
        Steps += Count;
    }

    /// <summary>Writes the full state, generators included, so that <see cref="Load"/> continues bit for bit.</summary>
    public void Save(BinaryWriter writer)
    {
        writer.Write(Count);
        writer.Write(Steps);
        for (var index = 0; index < Count; index++)
        {
            rngs[index].Save(writer);
            environments[index].Save(writer);
            writer.Write(returns[index]);
            writer.Write(lengths[index]);
            writer.Write(Rewards[index]);
            writer.Write(RawRewards[index]);
            writer.Write(Terminated[index]);
            writer.Write(Truncated[index]);
        }
        writer.Write(MemoryMarshal.AsBytes(observations.AsSpan()));
        writer.Write(MemoryMarshal.AsBytes(finalObservations.AsSpan()));
        writer.Write(ended.Count);
        foreach (var episode in ended)
        {
            writer.Write(episode.Environment);
            writer.Write(episode.Step);
            writer.Write(episode.Return);
            writer.Write(episode.Length);
        }
    }

    /// <summary>Restores what <see cref="Save"/> wrote into a batch of the same factory and count.</summary>
    /// <exception cref="InvalidDataException">The state is of another number of environments.</exception>
    public void Load(BinaryReader reader)
    {
        var count = reader.ReadInt32();
        if (count != Count)
            throw new InvalidDataException($"The state holds {count} environments where {Count} belong.");
        Steps = reader.ReadInt64();
        for (var index = 0; index < Count; index++)
        {
            rngs[index] = Rng.Load(reader);
            environments[index].Load(reader, rngs[index]);
            returns[index] = reader.ReadDouble();
            lengths[index] = reader.ReadInt32();
            Rewards[index] = reader.ReadDouble();
            RawRewards[index] = reader.ReadDouble();
            Terminated[index] = reader.ReadBoolean();
            Truncated[index] = reader.ReadBoolean();
        }
        reader.ReadExactly(MemoryMarshal.AsBytes(observations.AsSpan()));
        reader.ReadExactly(MemoryMarshal.AsBytes(finalObservations.AsSpan()));
        ended.Clear();
        for (var left = reader.ReadInt32(); left > 0; left--)
            ended.Add(new Episode(reader.ReadInt32(), reader.ReadInt64(), reader.ReadDouble(), reader.ReadInt32()));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        threads?.Dispose();
        foreach (var environment in environments)
            environment.Dispose();
    }

    private void CopyClipped(ReadOnlySpan<float> given)
    {
        given.CopyTo(actions);
        if (Spec.Action is not Box box)
            return;
        for (var index = 0; index < Count; index++)
        {
            var action = Row(actions, index, actionSize);
            for (var axis = 0; axis < actionSize; axis++)
                action[axis] = Math.Clamp(action[axis], box.Low[axis], box.High[axis]);
        }
    }

    private void StepOne(int index)
    {
        var observation = Row(observations, index, observationSize);
        var result = environments[index].Step(Row(actions, index, actionSize), observation);
        Rewards[index] = result.Reward;
        RawRewards[index] = result.RawReward;
        Terminated[index] = result.Terminated;
        Truncated[index] = result.Truncated;
        returns[index] += result.RawReward;
        lengths[index]++;
        gameGoesOn[index] = result.GameGoesOn;
        if (!result.Ended)
            return;
        observation.CopyTo(Row(finalObservations, index, observationSize));
        environments[index].Reset(rngs[index], observation);
    }

    private void CollectEnded()
    {
        ended.Clear();
        for (var index = 0; index < Count; index++)
        {
            if ((!Terminated[index] && !Truncated[index]) || gameGoesOn[index])
                continue;
            ended.Add(new Episode(index, Steps + index + 1, returns[index], lengths[index]));
            returns[index] = 0.0;
            lengths[index] = 0;
        }
    }

    private static Span<float> Row(float[] rows, int index, int size) => rows.AsSpan(index * size, size);
}
