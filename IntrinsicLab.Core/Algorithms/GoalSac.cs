using System.ComponentModel.DataAnnotations;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Core.Formulas;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>Where <see cref="GoalSac"/> takes the goals of its training episodes from.</summary>
public enum GoalSource
{
    /// <summary>What some step in its own replay achieved, each as likely.</summary>
    Own,

    /// <summary>The world's own, as evaluations have them.</summary>
    World,
}

/// <summary>What <see cref="GoalSac"/> is paid.</summary>
public enum GoalRewardKind
{
    /// <summary>Minus the Euclidean distance of goals as they are observed: of pictures over their pixels.</summary>
    L2,

    /// <summary>Cosine of goals as they are observed, less 1.</summary>
    Cosine,

    /// <summary>0 within the radius, else −1.</summary>
    Sparse,

    /// <summary>Minus the distance in the coordinates that success is measured in, which a picture hides.</summary>
    Oracle,

    /// <summary>What the world itself pays for its own goal, such as minus the length of the way round walls.</summary>
    World,

    /// <summary>Cosine of learned embeddings, where above 0, at every step (a dense form of DISCERN, Warde-Farley et al. 2018).</summary>
    Discern,
}

/// <summary>What <see cref="GoalSac"/> does with goals when it goes back to a step.</summary>
public enum GoalReplay
{
    /// <summary>Leaves them.</summary>
    None,

    /// <summary>Replaces most by what the same episode achieved later (Andrychowicz et al. 2017, HER).</summary>
    Hindsight,
}

/// <summary>Hyper-parameters of <see cref="GoalSac"/>.</summary>
public sealed record GoalSacConfig
{
    /// <summary>Where the goals of training episodes come from.</summary>
    [Group("Goals")]
    public GoalSource Goals { get; init; } = GoalSource.Own;

    /// <summary>What is paid.</summary>
    [Group("Goals")]
    public GoalRewardKind Reward { get; init; } = GoalRewardKind.L2;

    /// <summary>What is done with goals in replay.</summary>
    [Group("Goals")]
    public GoalReplay Replay { get; init; } = GoalReplay.None;

    /// <summary>Share of replayed steps whose goal is replaced (hindsight; 0.8 is four later goals for one kept).</summary>
    [Range(0.0, 1.0), Group("Goals")]
    public double HindsightShare { get; init; } = 0.8;

    /// <summary>Radius of the sparse reward, in the coordinates that success is measured in; 0 for the world's own.</summary>
    [Range(0.0, 1e6), Group("Goals")]
    public double Radius { get; init; }

    /// <summary>Units of each hidden layer of policy and critics.</summary>
    [Group("Policy")]
    public int[] HiddenSizes { get; init; } = [64, 64];

    /// <summary>α, weight of the policy's entropy: fixed, or where it begins.</summary>
    [Range(0.0, 100.0, MinimumIsExclusive = true), Group("Policy")]
    public double Temperature { get; init; } = 0.1;

    /// <summary>Learns α, so that the entropy stays at minus the number of action components.</summary>
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

    /// <summary>Steps between two trials; results do not depend on it.</summary>
    [Range(1, 1_000_000_000), Unit("steps"), Group("Report")]
    public int StepsBetweenTrials { get; init; } = 1000;

    /// <summary>Goals of a trial, the same in every run.</summary>
    [Range(1, 10_000), Unit("goals"), Group("Report")]
    public int TrialGoals { get; init; } = 200;
}

/// <summary>
/// Soft actor-critic that is told a goal, put together from three parts: where goals come from, what is paid, and what replay makes of goals. What
/// goal-reaching methods are compared with (L2, HER, DISCERN and oracles, as in Liu, Wang, Tian and Chen 2022). Numbers refer to
/// docs/algorithms/goal-sac.md.
/// </summary>
public sealed class GoalSac : IAlgorithm
{
    private readonly GoalSacConfig config;
    private readonly EnvironmentSpec spec;
    private readonly GoalWorld world;
    private readonly GoalAgent agent;
    private readonly GoalEmbedding? embedding;
    private readonly GoalTrial trial;
    private readonly EpisodeLog episodes = new();
    private readonly float[] goal, nextGoal, state, action;
    private Rng actionRng, batchRng, goalRng;
    private long nextTrial;

    /// <summary>Makes networks and environment.</summary>
    public GoalSac(GoalSacConfig config, TrainingSetup setup)
    {
        this.config = config;
        spec = setup.Environments.Spec;
        world = new GoalWorld(setup.Environments, setup.Rng.Split("goal-world"), config.EpisodeSteps);
        agent = new GoalAgent(spec, world.GoalSize, 0, 0, world.GoalSize, GoalSacSettings.Of(config), config.BufferSize, setup.Rng.Split("goal-agent"));
        if (config.Reward == GoalRewardKind.Discern)
            embedding = new GoalEmbedding(world.GoalSize, config.HiddenSizes, config.LearningRate, config.BatchSize, setup.Rng.Split("embedding"));
        (goal, nextGoal, state) = (new float[world.GoalSize], new float[world.GoalSize], new float[world.StateSize]);
        action = new float[spec.Action.Size];
        (actionRng, batchRng, goalRng) = (setup.Rng.Split("goal-actions"), setup.Rng.Split("goal-batches"), setup.Rng.Split("goals"));
        trial = new GoalTrial(setup.Environments, config.TrialGoals, GoalTrial.Shared, config.EpisodeSteps);
        Policy = new GoalPolicy(this);
    }

    /// <inheritdoc/>
    public IPolicy Policy { get; }

    private bool WarmingUp => episodes.Count < config.WarmUpEpisodes;

    /// <inheritdoc/>
    public Progress Update()
    {
        var points = new List<MetricValue>();
        // 1: a goal.
        world.Begin();
        if (config.Goals == GoalSource.World)
            world.Wanted.CopyTo(nextGoal);
        else
            (agent.Count > 0 ? agent.AnyAchieved(goalRng) : world.Achieved).CopyTo(nextGoal);
        // 2: an episode towards it.
        var learns = !WarmingUp;
        while (!world.Ended)
        {
            nextGoal.CopyTo(goal, 0);
            world.State.CopyTo(state);
            if (learns)
                agent.Act(state, goal, actionRng, action);
            else
                SkillLearner.DrawAny(spec.Action, actionRng, action);
            world.Step(action);
            if (config.Goals == GoalSource.World && !world.Ended)
                world.Wanted.CopyTo(nextGoal);
            agent.Add(state, action, world.Reward, world.State, world.Terminated, world.Ended, goal, nextGoal, [], [], world.Achieved);
        }
        var step = world.Steps;
        episodes.Add(new Episode(0, step, world.Return, world.Length), points);
        embedding?.Add(goal, world.Achieved);

        // 3-6: gradient steps.
        var (learnt, meanReward) = learns ? Learn() : default;
        if (!double.IsFinite(learnt.CriticLoss))
            throw new DivergedException(SkillMetrics.GoalCriticLoss, step, learnt.CriticLoss);
        episodes.Summarise(step, points);
        SkillMetrics.Report(learnt, meanReward, step, step, points);
        if (step >= nextTrial)
        {
            nextTrial = (step / config.StepsBetweenTrials + 1) * config.StepsBetweenTrials;
            SkillMetrics.Report(trial, trial.Play(agent.Act), step, points);
        }
        return new Progress(step, episodes.Count, points);
    }

    /// <inheritdoc/>
    public IReadOnlyList<Figure> Figures()
    {
        IReadOnlyList<Figure> ofGoals = [.. GoalFigures.Of(spec, trial, agent.Act)];
        return GoalFigures.Given(spec, trial, agent) is { } given ? [.. ofGoals, given] : ofGoals;
    }

    /// <inheritdoc/>
    public void Save(CheckpointWriter writer)
    {
        world.Save(writer);
        agent.Save(writer);
        embedding?.Save(writer);
        episodes.Save(writer);
        actionRng.Save(writer);
        batchRng.Save(writer);
        goalRng.Save(writer);
        writer.Write(nextTrial);
    }

    /// <inheritdoc/>
    public void Load(CheckpointReader reader)
    {
        world.Load(reader);
        agent.Load(reader);
        embedding?.Load(reader);
        episodes.Load(reader);
        actionRng = Rng.Load(reader);
        batchRng = Rng.Load(reader);
        goalRng = Rng.Load(reader);
        nextTrial = reader.ReadInt64();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        world.Dispose();
        agent.Dispose();
        embedding?.Dispose();
        trial.Dispose();
    }

    private (SoftActorCriticReport Report, double MeanReward) Learn()
    {
        var (last, sum, updates) = (default(SoftActorCriticReport), 0.0, SkillLearner.UpdatesOf(config.UpdatesPerStep, world.Length));
        embedding?.Learn(agent, batchRng);
        for (var update = 0; update < updates; update++)
        {
            // 3-4: a batch, and the goals that replay makes of its own.
            agent.Draw(batchRng);
            if (config.Replay == GoalReplay.Hindsight)
                for (var row = 0; row < agent.Rows; row++)
                    if (batchRng.NextDouble() < config.HindsightShare)
                        agent.TakeLaterGoal(row, batchRng);
            // 5: what is paid for them now.
            Pay();
            foreach (var reward in agent.Rewards)
                sum += reward;
            // 6: soft actor-critic.
            last = agent.Learn();
        }
        return (last, updates > 0 ? sum / updates / agent.Rows : 0);
    }

    private void Pay()
    {
        if (config.Reward == GoalRewardKind.World)
        {
            agent.Stored.CopyTo(agent.Rewards, 0);
            return;
        }
        if (embedding is not null)
        {
            embedding.Rewards(agent.Achieved, agent.Goals, agent.Rewards);
            return;
        }
        var radius = config.Radius > 0 ? config.Radius : spec.Goal!.SuccessRadius ?? 0;
        for (var row = 0; row < agent.Rows; row++)
        {
            var achieved = agent.Achieved.AsSpan(row * world.GoalSize, world.GoalSize);
            var wanted = agent.Goals.AsSpan(row * world.GoalSize, world.GoalSize);
            agent.Rewards[row] = (float)(config.Reward switch
            {
                GoalRewardKind.Cosine => SkillRewards.Cosine(achieved, wanted) - 1,
                GoalRewardKind.Sparse => spec.Goal!.Distance(achieved, wanted) < radius ? 0 : -1,
                GoalRewardKind.Oracle => -spec.Goal!.Distance(achieved, wanted),
                _ => -GoalLayout.Euclidean(achieved, wanted),
            });
        }
    }

    // Towards the goal that the world wants.
    private sealed class GoalPolicy(GoalSac learner) : IPolicy
    {
        private readonly ActionScale scale = new(learner.spec.Action);
        private readonly float[] action = new float[learner.spec.Action.Size];

        public void Act(ReadOnlySpan<float> observation, Span<float> chosen)
        {
            var layout = learner.spec.Goal!;
            learner.agent.Act(layout.State(observation), layout.Wanted(observation), null, action);
            scale.Apply(action, chosen);
        }
    }
}
