using System.ComponentModel.DataAnnotations;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Experiments;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>Hyper-parameters of <see cref="Diayn"/>.</summary>
public sealed record DiaynConfig
{
    /// <summary>Which skills there are; a categorical prior learns better (Eysenbach et al. 2018).</summary>
    [Group("Skills")]
    public SkillPrior Prior { get; init; } = SkillPrior.Categorical;

    /// <summary>n, number of skills of a categorical prior.</summary>
    [Range(2, 1000), Unit("skills"), Group("Skills")]
    public int SkillCount { get; init; } = 50;

    /// <summary>What skills are paid for.</summary>
    [Group("Skills")]
    public SkillObjective Objective { get; init; } = SkillObjective.Diayn;

    /// <summary>Units of each hidden layer of the discriminator.</summary>
    [Group("Discriminator")]
    public int[] DiscriminatorSizes { get; init; } = [64, 64];

    /// <summary>What the discriminator sees of a state.</summary>
    [Group("Discriminator")]
    public DiscriminatorInput DiscriminatorInput { get; init; } = DiscriminatorInput.State;

    /// <summary>Its gradient steps for each of the policy's.</summary>
    [Range(1, 100), Unit("steps"), Group("Discriminator")]
    public int DiscriminatorSteps { get; init; } = 1;

    /// <summary>σ of the discriminator for skills that are points.</summary>
    [Range(0.01, 2.0), Group("Discriminator")]
    public double Deviation { get; init; } = 0.3;

    /// <summary>Units of each hidden layer of policy and critics.</summary>
    [Group("Policy")]
    public int[] HiddenSizes { get; init; } = [64, 64];

    /// <summary>α, weight of the policy's entropy: fixed, or where it begins.</summary>
    [Range(0.0, 100.0, MinimumIsExclusive = true), Group("Policy")]
    public double Temperature { get; init; } = 0.1;

    /// <summary>Learns α, so that the entropy stays at minus the number of action components. Rewards here are bounded and move: a fixed weight reads easier.</summary>
    [Group("Policy")]
    public bool AutomaticTemperature { get; init; }

    /// <summary>Step size of Adam, for all networks.</summary>
    [Range(0.0, 1.0), Group("Optimiser")]
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>Discount γ per step.</summary>
    [Range(0.0, 1.0), Group("Optimiser")]
    public double Gamma { get; init; } = 0.95;

    /// <summary>τ, share of the critics that their targets take over in a step.</summary>
    [Range(0.0, 1.0), Group("Optimiser")]
    public double Tau { get; init; } = 0.005;

    /// <summary>Transitions of a gradient step.</summary>
    [Range(1, 65536), Unit("transitions"), Group("Optimiser")]
    public int BatchSize { get; init; } = 64;

    /// <summary>Gradient steps for each step in the world.</summary>
    [Range(0.0, 100.0), Group("Optimiser")]
    public double UpdatesPerStep { get; init; } = 1;

    /// <summary>Transitions that are kept.</summary>
    [Range(1, 100_000_000), Unit("transitions"), Group("Replay")]
    public int BufferSize { get; init; } = 100_000;

    /// <summary>Episodes of random actions before anything is learnt.</summary>
    [Range(1, 100_000), Unit("episodes"), Group("Episodes")]
    public int WarmUpEpisodes { get; init; } = 10;

    /// <summary>Steps after which an episode is broken off; 0 for the world's own limit.</summary>
    [Range(0, 1_000_000), Unit("steps"), Group("Episodes")]
    public int EpisodeSteps { get; init; }

    /// <summary>Steps between two trials of all skills; results do not depend on it.</summary>
    [Range(1, 1_000_000_000), Unit("steps"), Group("Report")]
    public int StepsBetweenTrials { get; init; } = 1000;
}

/// <summary>
/// Skills without a reward (Eysenbach et al. 2018, "Diversity Is All You Need", DIAYN): a policy that is told one of n numbers is paid for being told
/// apart by the states it reaches. On today's soft actor-critic; the numbers refer to docs/algorithms/diayn.md.
/// </summary>
public sealed class Diayn : IAlgorithm
{
    private readonly DiaynConfig config;
    private readonly SkillLearner skills;
    private readonly SkillTrial trial;
    private readonly SkillEpisodes drawn;
    private readonly RewardField? field;
    private readonly EpisodeLog episodes = new();
    private readonly double[] returns;
    private readonly EnvironmentSpec spec;
    private long nextTrial;

    /// <summary>Makes networks and environment.</summary>
    public Diayn(DiaynConfig config, TrainingSetup setup)
    {
        this.config = config;
        spec = setup.Environments.Spec;
        skills = new SkillLearner(DiaynSettings.Of(config), setup.Environments, setup.Rng);
        trial = new SkillTrial(skills, config.DiscriminatorInput, setup.Environments, setup.Rng.Split("trial"));
        drawn = new SkillEpisodes(skills, trial, setup.Environments, setup.Rng.Split("drawn-episodes"));
        // With other objectives the discriminator pays nobody.
        field = config.Objective == SkillObjective.Diayn ? RewardField.Over(spec, config.DiscriminatorInput) : null;
        returns = new double[trial.Count];
        Policy = new BestSkillPolicy(this);
        Traces = [new StepTrace("Reward of the skill", "What the discriminator pays the skill that is shown for the step, log q(ω|s′) − log p(ω).", RewardOfShown)];
    }

    /// <inheritdoc/>
    public IPolicy Policy { get; }

    /// <inheritdoc/>
    public IReadOnlyList<StepTrace> Traces { get; }

    // The skill that the world paid most.
    private ReadOnlySpan<float> Shown
    {
        get
        {
            var best = -1;
            for (var index = 0; index < returns.Length; index++)
                if (returns[index] != 0 && (best < 0 || returns[index] > returns[best]))
                    best = index;
            var size = skills.Discriminator.SkillValues;
            return trial.Skills.AsSpan(Math.Max(0, best) * size, size);
        }
    }

    /// <inheritdoc/>
    public Progress Update()
    {
        var points = new List<MetricValue>();
        // 1-2: draw a skill, act by it for an episode, keep its steps.
        skills.Explore();
        var (world, step) = (skills.World, skills.World.Steps);
        episodes.Add(new Episode(0, step, world.Return, world.Length), points);

        // 3-5: discriminator and policy, in turns, on what was kept.
        var learnt = skills.WarmingUp ? default : skills.Learn(improve: true);
        if (!double.IsFinite(learnt.CriticLoss))
            throw new DivergedException(SkillMetrics.CriticLoss, step, learnt.CriticLoss);

        episodes.Summarise(step, points);
        SkillMetrics.Report(skills, learnt, step, points);
        if (step >= nextTrial)
        {
            nextTrial = (step / config.StepsBetweenTrials + 1) * config.StepsBetweenTrials;
            trial.Play();
            SkillMetrics.Report(trial, step, points);
            if (field is not null)
                SkillMetrics.Report(field.OfSkills(spec, skills.Discriminator, trial), step, points);
        }
        Remember(world.Return);
        return new Progress(step, episodes.Count, points);
    }

    /// <inheritdoc/>
    public IReadOnlyList<Figure> Figures() => [.. SkillFigures.Of(spec, skills, trial, drawn, config.DiscriminatorInput)];

    /// <inheritdoc/>
    public void Save(CheckpointWriter writer)
    {
        skills.Save(writer);
        episodes.Save(writer);
        writer.Write<double>(returns);
        writer.Write(nextTrial);
    }

    /// <inheritdoc/>
    public void Load(CheckpointReader reader)
    {
        skills.Load(reader);
        episodes.Load(reader);
        reader.ReadInto<double>(returns);
        nextTrial = reader.ReadInt64();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        skills.Dispose();
        trial.Dispose();
    }

    // Which of the tried skills the world itself has paid most, as a running mean; of points, the nearest tried one takes the episode.
    private void Remember(double episodeReturn)
    {
        ref var mean = ref returns[trial.IndexOf(skills.Skill)];
        mean = mean == 0 ? episodeReturn : mean + 0.1 * (episodeReturn - mean);
    }

    private double RewardOfShown(ReadOnlySpan<float> observation, ReadOnlySpan<float> action, ReadOnlySpan<float> next)
    {
        Span<float> reward = stackalloc float[1];
        var seen = config.DiscriminatorInput == DiscriminatorInput.Achieved ? GoalWorld.AchievedIn(spec.Goal, next) : next[..skills.World.StateSize];
        skills.Discriminator.Rewards(seen, Shown, reward);
        return reward[0];
    }

    // The world's reward teaches nothing here; it chooses which skill is shown.
    private sealed class BestSkillPolicy(Diayn learner) : IPolicy
    {
        private readonly ActionScale scale = new(learner.spec.Action);
        private readonly float[] action = new float[learner.spec.Action.Size];

        public void Act(ReadOnlySpan<float> observation, Span<float> chosen)
        {
            learner.skills.Agent.Act(observation[..learner.skills.World.StateSize], learner.Shown, null, action);
            scale.Apply(action, chosen);
        }
    }
}
