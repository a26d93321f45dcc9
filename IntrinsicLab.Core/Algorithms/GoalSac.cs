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

    /// <summary>Codes that an auto-encoder of goals imagines; the policy is told codes too (Nair et al. 2018, RIG).</summary>
    Vae,
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

    /// <summary>Minus the distance of the auto-encoder's codes, with its present encoder (Nair et al. 2018, RIG).</summary>
    Latent,
}

/// <summary>What <see cref="GoalSac"/> does with goals when it goes back to a step.</summary>
public enum GoalReplay
{
    /// <summary>Leaves them.</summary>
    None,

    /// <summary>Replaces most by what the same episode achieved later (Andrychowicz et al. 2017, HER).</summary>
    Hindsight,

    /// <summary>Keeps a fifth, has half of them imagined anew, and replaces the others by what the same episode achieved later (Nair et al. 2018, RIG).</summary>
    Rig,
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

    /// <summary>Numbers of a code of the auto-encoder.</summary>
    [Range(1, 256), Group("Auto-encoder")]
    public int Latents { get; init; } = 2;

    /// <summary>Units of each hidden layer of the auto-encoder's encoder; its decoder has them the other way round.</summary>
    [Group("Auto-encoder")]
    public int[] VaeSizes { get; init; } = [64];

    /// <summary>β, weight of the codes' divergence from their prior (rlkit, on camera pictures: 20); at 1 the codes of small pictures say nothing.</summary>
    [Range(0.0, 1000.0), Group("Auto-encoder")]
    public double VaeBeta { get; init; } = 0.1;

    /// <summary>Step size of Adam for the auto-encoder.</summary>
    [Range(0.0, 1.0), Group("Auto-encoder")]
    public double VaeLearningRate { get; init; } = 1e-3;

    /// <summary>Gradient steps of the auto-encoder after each episode.</summary>
    [Range(1, 100_000), Unit("steps"), Group("Auto-encoder")]
    public int VaeSteps { get; init; } = 20;

    /// <summary>Draws goals from a Gaussian fitted to the codes of what was achieved, in place of the prior.</summary>
    [Group("Auto-encoder")]
    public bool FittedPrior { get; init; }

    /// <summary>Power of its own likelihood that a goal is drawn with to train the auto-encoder: 0 for all alike (RIG), −1 for rare ones more often (Pong et al. 2020, Skew-Fit).</summary>
    [Range(-10.0, 0.0), Group("Auto-encoder")]
    public double SkewPower { get; init; }

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
/// goal-reaching methods are compared with (L2, HER, RIG, Skew-Fit, DISCERN and oracles, as in Liu, Wang, Tian and Chen 2022). Numbers refer to
/// docs/algorithms/goal-sac.md.
/// </summary>
public sealed class GoalSac : IAlgorithm
{
    private const int FieldGoals = 20;

    private readonly GoalSacConfig config;
    private readonly EnvironmentSpec spec;
    private readonly GoalWorld world;
    private readonly GoalAgent agent;
    private readonly GoalEmbedding? embedding;
    private readonly GoalAutoencoder? autoencoder;
    private readonly GoalTrial trial;
    private readonly RewardField? field;
    private readonly Lazy<GoalGrid?> grid;
    private readonly EpisodeLog episodes = new();
    private readonly float[] goal, nextGoal, state, action, codes;
    private readonly int toldSize;
    private Rng actionRng, batchRng, goalRng;
    private long nextTrial;

    /// <summary>Makes networks and environment.</summary>
    public GoalSac(GoalSacConfig config, TrainingSetup setup)
    {
        this.config = config;
        spec = setup.Environments.Spec;
        world = new GoalWorld(setup.Environments, setup.Rng.Split("goal-world"), config.EpisodeSteps);
        toldSize = config.Goals == GoalSource.Vae ? config.Latents : world.GoalSize;
        agent = new GoalAgent(
            spec, toldSize, config.Goals == GoalSource.Vae ? 1 : spec.Goal!.InputScale, 0, 0, world.GoalSize, GoalSacSettings.Of(config), config.BufferSize,
            setup.Rng.Split("goal-agent"));
        if (config.Reward == GoalRewardKind.Discern)
            embedding = new GoalEmbedding(world.GoalSize, config.HiddenSizes, config.LearningRate, config.BatchSize, setup.Rng.Split("embedding"));
        if (config.Goals == GoalSource.Vae)
            autoencoder = new GoalAutoencoder(GoalSacSettings.AutoencoderOf(config), world.GoalSize, config.BatchSize, setup.Rng.Split("auto-encoder"));
        codes = new float[autoencoder is null ? 0 : config.BatchSize * config.Latents];
        (goal, nextGoal, state) = (new float[toldSize], new float[toldSize], new float[world.StateSize]);
        action = new float[spec.Action.Size];
        (actionRng, batchRng, goalRng) = (setup.Rng.Split("goal-actions"), setup.Rng.Split("goal-batches"), setup.Rng.Split("goals"));
        grid = new(() => GoalGrid.Of(setup.Environments, config.EpisodeSteps));
        // Of the learned rewards, the one that can be asked about any place.
        field = embedding is null ? null : RewardField.Over(spec, DiscriminatorInput.Achieved);
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
        else if (autoencoder is not null)
            autoencoder.Imagine(goalRng, nextGoal);
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
        var coded = learns ? autoencoder?.Learn(agent, config.VaeSteps, batchRng) : null;
        var (learnt, meanReward) = learns ? Learn() : default;
        if (!double.IsFinite(learnt.CriticLoss))
            throw new DivergedException(SkillMetrics.GoalCriticLoss, step, learnt.CriticLoss);
        if (coded is { } fit)
        {
            if (!double.IsFinite(fit.Loss))
                throw new DivergedException(SkillMetrics.AutoencoderLoss, step, fit.Loss);
            SkillMetrics.Report(fit, step, points);
        }
        episodes.Summarise(step, points);
        SkillMetrics.Report(learnt, meanReward, step, step, points);
        if (step >= nextTrial)
        {
            nextTrial = (step / config.StepsBetweenTrials + 1) * config.StepsBetweenTrials;
            SkillMetrics.Report(trial, trial.Play(Choose), step, points);
            if (field is not null)
                SkillMetrics.Report(field.OfGoals(spec, embedding!, trial.FirstGoals.AsSpan(0, Math.Min(trial.Count, FieldGoals) * world.GoalSize)), step, points);
        }
        return new Progress(step, episodes.Count, points);
    }

    /// <inheritdoc/>
    public IReadOnlyList<Figure> Figures()
    {
        IReadOnlyList<Figure> ofGoals = [.. GoalFigures.Of(spec, trial, grid.Value, Choose)];
        // Goals that are codes lie nowhere: what an auto-encoder makes of pictures in place of where they are.
        var further = autoencoder is null ? (Figure?)GoalFigures.Given(spec, trial, agent) : GoalFigures.OfAutoencoder(spec, autoencoder, trial);
        return further is null ? ofGoals : [.. ofGoals, further];
    }

    /// <inheritdoc/>
    public void Save(CheckpointWriter writer)
    {
        world.Save(writer);
        agent.Save(writer);
        embedding?.Save(writer);
        autoencoder?.Save(writer);
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
        autoencoder?.Load(reader);
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
        autoencoder?.Dispose();
        trial.Dispose();
        if (grid.IsValueCreated)
            grid.Value?.Dispose();
    }

    private (SoftActorCriticReport Report, double MeanReward) Learn()
    {
        var (last, sum, updates) = (default(SoftActorCriticReport), 0.0, SkillLearner.UpdatesOf(config.UpdatesPerStep, world.Length));
        embedding?.Learn(agent, batchRng);
        for (var update = 0; update < updates; update++)
        {
            // 3-4: a batch, and the goals that replay makes of its own.
            agent.Draw(batchRng);
            if (config.Replay != GoalReplay.None)
                for (var row = 0; row < agent.Rows; row++)
                    Relabel(row, batchRng.NextDouble());
            // 5: what is paid for them now.
            Pay();
            foreach (var reward in agent.Rewards)
                sum += reward;
            // 6: soft actor-critic.
            last = agent.Learn();
        }
        return (last, updates > 0 ? sum / updates / agent.Rows : 0);
    }

    private void Relabel(int row, double draw)
    {
        var (imagined, later) = config.Replay == GoalReplay.Rig ? (GoalSacSettings.ImaginedShare, GoalSacSettings.LaterShare) : (0, config.HindsightShare);
        if (draw >= later + imagined)
            return;
        if (autoencoder is null)
        {
            agent.TakeLaterGoal(row, batchRng);
            return;
        }
        if (draw < later)
            autoencoder.Encode(agent.LaterAchieved(row, batchRng), nextGoal);
        else
            autoencoder.Imagine(batchRng, nextGoal);
        agent.SetGoal(row, nextGoal);
    }

    private void Choose(ReadOnlySpan<float> states, ReadOnlySpan<float> goals, int rows, Span<float> actions)
    {
        if (autoencoder is null)
        {
            agent.Act(states, goals, rows, actions);
            return;
        }
        var told = new float[rows * toldSize];
        autoencoder.Encode(goals, told);
        agent.Act(states, told, rows, actions);
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
        if (autoencoder is not null)
        {
            autoencoder.Encode(agent.Achieved, codes);
            for (var row = 0; row < agent.Rows; row++)
                agent.Rewards[row] = (float)-GoalLayout.Euclidean(codes.AsSpan(row * toldSize, toldSize), agent.Goals.AsSpan(row * toldSize, toldSize));
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
        private readonly float[] told = new float[learner.toldSize];

        public void Act(ReadOnlySpan<float> observation, Span<float> chosen)
        {
            var layout = learner.spec.Goal!;
            if (learner.autoencoder is null)
                layout.Wanted(observation).CopyTo(told);
            else
                learner.autoencoder.Encode(layout.Wanted(observation), told);
            learner.agent.Act(layout.State(observation), told, null, action);
            scale.Apply(action, chosen);
        }
    }
}
