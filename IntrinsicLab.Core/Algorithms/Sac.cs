using System.ComponentModel.DataAnnotations;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Core.Networks;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>Hyper-parameters of <see cref="Sac"/>.</summary>
public sealed record SacConfig
{
    /// <summary>Environments stepped together (published results: 1).</summary>
    [Range(1, 4096), Unit("environments"), Group("Experience")]
    public int Environments { get; init; } = 1;

    /// <summary>Steps with random actions, before the policy acts (CleanRL: 5,000; Stable-Baselines3: 100).</summary>
    [Range(0, 1_000_000_000), Unit("steps"), Group("Experience")]
    public int RandomSteps { get; init; } = 5000;

    /// <summary>Steps before anything is learned; published results: as many as random ones.</summary>
    [Range(0, 1_000_000_000), Unit("steps"), Group("Experience")]
    public int LearningStarts { get; init; } = 5000;

    /// <summary>Transitions kept; memory grows with those that are there (the paper: 1,000,000).</summary>
    [Range(1, 100_000_000), Unit("transitions"), Group("Experience")]
    public int BufferSize { get; init; } = 1_000_000;

    /// <summary>Environment steps between two turns of learning (MuJoCo: 1, CleanRL on Atari: 4).</summary>
    [Range(1, 1_000_000), Unit("steps"), Group("Optimiser")]
    public int TrainFrequency { get; init; } = 1;

    /// <summary>Gradient steps of each turn (the paper: 1).</summary>
    [Range(1, 10_000), Unit("gradient steps"), Group("Optimiser")]
    public int GradientSteps { get; init; } = 1;

    /// <summary>Transitions of each gradient step (the paper: 256).</summary>
    [Range(1, 1_000_000), Unit("transitions"), Group("Optimiser")]
    public int BatchSize { get; init; } = 256;

    /// <summary>Step size of the policy (the paper: 3e-4).</summary>
    [Range(0.0, 1000.0), Group("Optimiser")]
    public double ActorLearningRate { get; init; } = 3e-4;

    /// <summary>Step size of the critics (the paper: 3e-4; CleanRL: 1e-3).</summary>
    [Range(0.0, 1000.0), Group("Optimiser")]
    public double CriticLearningRate { get; init; } = 3e-4;

    /// <summary>Gradient steps of the critics for one turn of policy and temperature, which then take as many steps (CleanRL: 2).</summary>
    [Range(1, 10_000), Unit("gradient steps"), Group("Optimiser")]
    public int PolicyFrequency { get; init; } = 1;

    /// <summary>ε that keeps Adam from dividing by zero (PyTorch: 1e-8; CleanRL on Atari: 1e-4).</summary>
    [Range(0.0, 1.0), Group("Optimiser")]
    public double AdamEpsilon { get; init; } = 1e-8;

    /// <summary>Discount γ per step (the paper: 0.99).</summary>
    [Range(0.0, 1.0), Group("Values")]
    public double Gamma { get; init; } = 0.99;

    /// <summary>τ, share of the critics that their targets take over at each move (the paper: 0.005; 1 copies them).</summary>
    [Range(0.0, 1.0), Group("Values")]
    public double Tau { get; init; } = 0.005;

    /// <summary>Gradient steps between two moves of the targets (the paper: 1; CleanRL on Atari: 2,000 with τ = 1).</summary>
    [Range(1, 1_000_000), Unit("gradient steps"), Group("Values")]
    public int TargetFrequency { get; init; } = 1;

    /// <summary>Learns the temperature α so that the policy keeps a given entropy (Haarnoja et al. 2018, section 5); else it stays as it begins.</summary>
    [Group("Temperature")]
    public bool AutomaticTemperature { get; init; } = true;

    /// <summary>α at first, or throughout: what a nat of entropy is worth (Stable-Baselines3: 1).</summary>
    [Range(0.0, 1e6, MinimumIsExclusive = true), Unit("reward"), Group("Temperature")]
    public double InitialTemperature { get; init; } = 1;

    /// <summary>Step size of log α (the paper: 3e-4; CleanRL: 1e-3).</summary>
    [Range(0.0, 1000.0), Group("Temperature")]
    public double TemperatureLearningRate { get; init; } = 3e-4;

    /// <summary>
    /// Entropy wanted, as a factor: of −A with A continuous components of the action (the paper: 1), of the uniform policy's log A with A
    /// discrete actions (CleanRL: 0.89).
    /// </summary>
    [Range(-100.0, 100.0), Group("Temperature")]
    public double TargetEntropyScale { get; init; } = 1;

    /// <summary>Lower bound of the log-deviation of continuous actions (CleanRL: -5).</summary>
    [Range(-20.0, 20.0), Group("Network")]
    public double LowestLogDeviation { get; init; } = -5;

    /// <summary>Its upper bound (CleanRL and Stable-Baselines3: 2).</summary>
    [Range(-20.0, 20.0), Group("Network")]
    public double HighestLogDeviation { get; init; } = 2;

    /// <summary>Units of each hidden layer of the policy and of both critics (the paper: 256, 256).</summary>
    [Range(1, 65536), Unit("units"), Group("Network")]
    public int[] HiddenSizes { get; init; } = [256, 256];

    /// <summary>After each hidden layer (the paper: relu).</summary>
    [Group("Network")]
    public Activation Activation { get; init; } = Activation.Relu;

    /// <summary>Steps of each environment between two reports; results do not depend on it.</summary>
    [Range(1, 1_000_000), Unit("steps"), Group("Report")]
    public int StepsPerUpdate { get; init; } = 125;
}

/// <summary>
/// Soft actor-critic (Haarnoja, Zhou, Hartikainen, Tucker, Ha, Tan, Kumar, Zhu, Gupta, Abbeel and Levine 2018, "Soft Actor-Critic Algorithms and
/// Applications", algorithm 1): learns from a replay buffer, towards return and entropy together. With discrete actions it takes expectations over
/// them (Christodoulou 2019). Numbers refer to the pseudo-code in docs/algorithms/sac.md.
/// </summary>
public sealed class Sac : IAlgorithm
{
    private readonly SacConfig config;
    private readonly Experience experience;
    private readonly ActionScale scale;
    private readonly ReplayBuffer buffer;
    private readonly SoftActorCritic learner;
    private readonly EpisodeLog episodes = new();
    private readonly float[] seen, done, told;
    private readonly int[] rows;
    private Rng actionRng, batchRng;

    /// <summary>Makes networks, buffer and environments.</summary>
    /// <param name="config">Hyper-parameters.</param>
    /// <param name="setup">World, budget and randomness.</param>
    public Sac(SacConfig config, TrainingSetup setup)
    {
        this.config = config;
        var (spec, count) = (setup.Environments.Spec, config.Environments);
        (actionRng, batchRng) = (setup.Rng.Split("actions"), setup.Rng.Split("batches"));
        experience = new Experience(new EnvironmentBatch(setup.Environments, count, setup.Rng.Split("environments")), null, null);
        scale = new ActionScale(spec.Action);
        buffer = new ReplayBuffer(spec.Observation.Size, spec.Action.Size, config.BufferSize, count);
        learner = new SoftActorCritic(
            spec.Observation.Size, (spec.Action as Discrete)?.Count ?? spec.Action.Size, spec.Action is Box, SacSettings.Learner(config, spec.Action), setup.Rng);
        (seen, done, told) = (new float[count * buffer.Observation.Width], new float[count * buffer.Action.Width], new float[count * buffer.Action.Width]);
        rows = new int[config.BatchSize];
        Policy = new MostLikelyAction(this);
    }

    /// <inheritdoc/>
    public IPolicy Policy { get; }

    /// <summary>What was experienced lately.</summary>
    public ReplayBuffer Buffer => buffer;

    /// <summary>Gradient steps of the critics so far.</summary>
    public long GradientStepsTaken => learner.Updates;

    /// <inheritdoc/>
    public Progress Update()
    {
        var points = new List<MetricValue>();
        var means = new MetricMeans(experience.Batch.Steps + (long)config.StepsPerUpdate * experience.Batch.Count);
        for (var step = 0; step < config.StepsPerUpdate; step++)
        {
            // 1-3: act, by chance at first, and remember.
            var before = experience.Batch.Steps;
            Act(before < config.RandomSteps);
            Remember();
            foreach (var episode in experience.Batch.Ended)
                episodes.Add(episode, points);

            // 4-9: learn.
            var steps = experience.Batch.Steps;
            if (steps <= config.LearningStarts)
                continue;
            for (var turns = (steps / config.TrainFrequency - before / config.TrainFrequency) * config.GradientSteps; turns > 0; turns--)
            {
                buffer.Draw(batchRng, rows);
                buffer.Gather(rows, buffer.Observation, learner.Inputs);
                buffer.Gather(rows, buffer.Action, learner.Actions);
                buffer.Gather(rows, buffer.Reward, learner.Rewards);
                buffer.Gather(rows, buffer.NextObservation, learner.NextInputs);
                buffer.GatherTerminated(rows, learner.Terminated);
                learner.Learn().AddTo(means);
            }
        }
        means.Add(Metrics.ParameterNorm, learner.ParameterNorm());
        means.Add(Metrics.BufferTransitions, buffer.Count);
        episodes.Summarise(experience.Batch.Steps, points);
        means.Report(points);
        return new Progress(experience.Batch.Steps, episodes.Count, points);
    }

    /// <inheritdoc/>
    public IReadOnlyList<Figure> Figures() => SacFigures.Of(buffer, learner, experience, config);

    /// <inheritdoc/>
    public void Save(CheckpointWriter writer)
    {
        learner.Save(writer);
        buffer.Save(writer);
        experience.Save(writer);
        episodes.Save(writer);
        actionRng.Save(writer);
        batchRng.Save(writer);
    }

    /// <inheritdoc/>
    public void Load(CheckpointReader reader)
    {
        learner.Load(reader);
        buffer.Load(reader);
        experience.Load(reader);
        episodes.Load(reader);
        (actionRng, batchRng) = (Rng.Load(reader), Rng.Load(reader));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        experience.Dispose();
        learner.Dispose();
    }

    // The policy acts in (−1, 1), the environment in its own units.
    private void Act(bool byChance)
    {
        experience.Observations.CopyTo(seen);
        if (!byChance)
            learner.Act(seen, actionRng, done);
        else
            foreach (ref var action in done.AsSpan())
                action = experience.Batch.Spec.Action is Discrete discrete ? actionRng.NextInt(discrete.Count) : (float)actionRng.NextDouble(-1, 1);
        var size = buffer.Action.Width;
        for (var environment = 0; environment < experience.Batch.Count; environment++)
            scale.Apply(done.AsSpan(environment * size, size), told.AsSpan(environment * size, size));
        experience.Step(told);
    }

    private void Remember()
    {
        var (batch, observation, action) = (experience.Batch, buffer.Observation.Width, buffer.Action.Width);
        for (var b = 0; b < batch.Count; b++)
        {
            // A time limit ends the episode, not the task.
            var ended = batch.Terminated[b] || batch.Truncated[b];
            buffer.Add(
                seen.AsSpan(b * observation, observation), done.AsSpan(b * action, action), (float)experience.Rewards[b],
                ended ? experience.FinalObservation(b) : experience.Observations.Slice(b * observation, observation), batch.Terminated[b], ended);
        }
    }

    private sealed class MostLikelyAction(Sac owner) : IPolicy
    {
        public void Act(ReadOnlySpan<float> observation, Span<float> action)
        {
            owner.learner.Act(owner.experience.Seen(observation), null, action);
            owner.scale.Apply(action, action);
        }
    }
}
