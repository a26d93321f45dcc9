using System.ComponentModel.DataAnnotations;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Experiments;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>What pays the policy of goals in <see cref="Gpim"/>, on goals that skills made.</summary>
public enum GoalPay
{
    /// <summary>The discriminator, for the skill that the goal came from.</summary>
    Gpim,

    /// <summary>Minus the Euclidean distance of goals as they are observed: of pictures over their pixels.</summary>
    L2,

    /// <summary>Minus the distance in the coordinates that success is measured in, which a picture hides.</summary>
    Oracle,
}

/// <summary>Hyper-parameters of <see cref="Gpim"/>.</summary>
public sealed record GpimConfig
{
    /// <summary>Which skills there are; a categorical prior learns better (Eysenbach et al. 2018).</summary>
    [Group("Skills")]
    public SkillPrior Prior { get; init; } = SkillPrior.Categorical;

    /// <summary>n, number of skills of a categorical prior; goals are told apart no finer than their regions.</summary>
    [Range(2, 1000), Unit("skills"), Group("Skills")]
    public int SkillCount { get; init; } = 50;

    /// <summary>What the policy of skills is paid for; the discriminator is trained beside it whatever it is.</summary>
    [Group("Skills")]
    public SkillObjective MuObjective { get; init; } = SkillObjective.Diayn;

    /// <summary>Episodes of skills after which their policy stays as it is; 0 for never.</summary>
    [Range(0, 1_000_000_000), Unit("episodes"), Group("Skills")]
    public int FreezeMuAfter { get; init; }

    /// <summary>Which goals a path of skills is made into.</summary>
    [Group("Goals")]
    public GoalRelabelling Relabel { get; init; } = GoalRelabelling.Step;

    /// <summary>Goals that a path is made into one after the other, with waypoints.</summary>
    [Range(1, 100), Unit("goals"), Group("Goals")]
    public int Waypoints { get; init; } = 4;

    /// <summary>What pays the policy of goals.</summary>
    [Group("Goals")]
    public GoalPay ThetaReward { get; init; } = GoalPay.Gpim;

    /// <summary>Units of each hidden layer of the discriminator.</summary>
    [Group("Discriminator")]
    public int[] DiscriminatorSizes { get; init; } = [64, 64];

    /// <summary>What the discriminator sees of a state.</summary>
    [Group("Discriminator")]
    public DiscriminatorInput DiscriminatorInput { get; init; } = DiscriminatorInput.State;

    /// <summary>Its gradient steps for each of the skills' policy.</summary>
    [Range(1, 100), Unit("steps"), Group("Discriminator")]
    public int DiscriminatorSteps { get; init; } = 1;

    /// <summary>Trains the discriminator on the states of the goals' policy too, with the skills that its goals came from.</summary>
    [Group("Discriminator")]
    public bool DiscriminatorOnBoth { get; init; }

    /// <summary>σ of the discriminator for skills that are points.</summary>
    [Range(0.01, 2.0), Group("Discriminator")]
    public double Deviation { get; init; } = 0.3;

    /// <summary>Units of each hidden layer of both policies and their critics.</summary>
    [Group("Policies")]
    public int[] HiddenSizes { get; init; } = [64, 64];

    /// <summary>α, weight of the policies' entropy: fixed, or where it begins.</summary>
    [Range(0.0, 100.0, MinimumIsExclusive = true), Group("Policies")]
    public double Temperature { get; init; } = 0.1;

    /// <summary>Learns α, so that the entropy stays at minus the number of action components. Rewards here are bounded and move: a fixed weight reads easier.</summary>
    [Group("Policies")]
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

    /// <summary>Gradient steps of each policy for each of its steps in the world.</summary>
    [Range(0.0, 100.0), Group("Optimiser")]
    public double UpdatesPerStep { get; init; } = 1;

    /// <summary>Transitions that each policy keeps.</summary>
    [Range(1, 100_000_000), Unit("transitions"), Group("Replay")]
    public int BufferSize { get; init; } = 100_000;

    /// <summary>Episodes of random actions of each policy before anything is learnt.</summary>
    [Range(1, 100_000), Unit("episodes"), Group("Episodes")]
    public int WarmUpEpisodes { get; init; } = 10;

    /// <summary>Steps after which an episode is broken off; 0 for the world's own limit.</summary>
    [Range(0, 1_000_000), Unit("steps"), Group("Episodes")]
    public int EpisodeSteps { get; init; }

    /// <summary>Steps of the goals' policy between two trials; results do not depend on it.</summary>
    [Range(1, 1_000_000_000), Unit("steps"), Group("Report")]
    public int StepsBetweenTrials { get; init; } = 1000;

    /// <summary>Goals of a trial, the same in every run.</summary>
    [Range(1, 10_000), Unit("goals"), Group("Report")]
    public int TrialGoals { get; init; } = 200;
}

/// <summary>
/// Goals without a reward of their own (Liu, Wang, Tian and Chen 2022, "Learn Goal-Conditioned Policy with Intrinsic Motivation for Deep Reinforcement
/// Learning", GPIM): the paths of a policy of skills are made into goals for a second policy, and the discriminator that tells skills apart pays both.
/// The numbers refer to docs/algorithms/gpim.md.
/// </summary>
public sealed class Gpim : IAlgorithm
{
    private readonly GpimConfig config;
    private readonly EnvironmentSpec spec;
    private readonly SkillLearner skills;
    private readonly GoalWorld world;
    private readonly GoalAgent agent;
    private readonly SkillTrial skillTrial;
    private readonly SkillEpisodes drawn;
    private readonly GoalTrial trial, trialOfSkills;
    private readonly RewardField? field;
    private readonly Lazy<GoalGrid?> grid;
    private readonly EpisodeLog episodes = new();
    private readonly float[] goal, nextGoal, state, action;
    private readonly int goalSize;
    private Rng actionRng, batchRng, relabelRng;
    private long nextTrial;
    private int anyState;

    /// <summary>Makes networks and environments.</summary>
    public Gpim(GpimConfig config, TrainingSetup setup)
    {
        this.config = config;
        spec = setup.Environments.Spec;
        skills = new SkillLearner(GpimSettings.Of(config), setup.Environments, setup.Rng);
        world = new GoalWorld(setup.Environments, setup.Rng.Split("goal-world"), config.EpisodeSteps);
        goalSize = config.Relabel == GoalRelabelling.Latent ? skills.Discriminator.CodeSize : world.GoalSize;
        var seenSize = config.DiscriminatorInput == DiscriminatorInput.Achieved ? world.GoalSize : world.StateSize;
        agent = new GoalAgent(
            spec, goalSize, config.Relabel == GoalRelabelling.Latent ? 1 : spec.Goal!.InputScale, skills.Discriminator.SkillValues, seenSize,
            config.ThetaReward == GoalPay.Gpim ? 0 : world.GoalSize, GpimSettings.Of(config).Learner, config.BufferSize, setup.Rng.Split("goal-agent"));
        (goal, nextGoal, state) = (new float[goalSize], new float[goalSize], new float[world.StateSize]);
        action = new float[spec.Action.Size];
        (actionRng, batchRng, relabelRng) = (setup.Rng.Split("goal-actions"), setup.Rng.Split("goal-batches"), setup.Rng.Split("relabelling"));
        skillTrial = new SkillTrial(skills, config.DiscriminatorInput, setup.Environments, setup.Rng.Split("trial"));
        drawn = new SkillEpisodes(skills, skillTrial, setup.Environments, setup.Rng.Split("drawn-episodes"));
        grid = new(() => GoalGrid.Of(setup.Environments, config.EpisodeSteps));
        field = RewardField.Over(spec, config.DiscriminatorInput);
        trial = new GoalTrial(setup.Environments, config.TrialGoals, GoalTrial.Shared, config.EpisodeSteps);
        trialOfSkills = new GoalTrial(setup.Environments, skillTrial.Count, GoalTrial.Shared.Split("skills"), config.EpisodeSteps);
        Policy = new GoalPolicy(this);
        // Only where the discriminator sees what goals are made of can it tell which skill a goal asks for.
        Traces = seenSize == world.GoalSize
            ? [new StepTrace("Reward on the way to the goal", "What the discriminator pays for the step, log q(ω|s′) − log p(ω), ω the skill that it takes the goal for.", RewardOfGoal)]
            : [];
    }

    /// <inheritdoc/>
    public IPolicy Policy { get; }

    /// <inheritdoc/>
    public IReadOnlyList<StepTrace> Traces { get; }

    private long Steps => skills.World.Steps + world.Steps;

    private bool WarmingUp => skills.WarmingUp;

    /// <inheritdoc/>
    public Progress Update()
    {
        var points = new List<MetricValue>();
        // 1-2: a skill, and an episode of it.
        skills.Explore();
        // 3-4: the discriminator on what skills reached, and their policy, paid by it.
        var ofSkills = WarmingUp ? default : skills.Learn(improve: config.FreezeMuAfter == 0 || skills.Episodes <= config.FreezeMuAfter);
        // 5-6: its path made into goals, and an episode of the other policy from a start of its own.
        Pursue();
        episodes.Add(new Episode(0, Steps, world.Return, world.Length), points);
        // 7: that policy, paid by the same discriminator for the skill that made the goal.
        var (ofGoals, meanReward) = WarmingUp ? default : Learn();

        var step = Steps;
        if (!double.IsFinite(ofSkills.CriticLoss + ofGoals.CriticLoss))
            throw new DivergedException(SkillMetrics.GoalCriticLoss, step, ofSkills.CriticLoss + ofGoals.CriticLoss);
        episodes.Summarise(step, points);
        SkillMetrics.Report(skills, ofSkills, step, points);
        SkillMetrics.Report(ofGoals, meanReward, world.Steps, step, points);
        if (world.Steps >= nextTrial)
        {
            nextTrial = (world.Steps / config.StepsBetweenTrials + 1) * config.StepsBetweenTrials;
            Try(step, points);
        }
        return new Progress(step, episodes.Count, points);
    }

    /// <inheritdoc/>
    public IReadOnlyList<Figure> Figures()
    {
        IReadOnlyList<Figure> ofGoals = [.. GoalFigures.Of(spec, trial, grid.Value, Choose)], ofSkills = [.. SkillFigures.Of(spec, skills, skillTrial, drawn, config.DiscriminatorInput)];
        IReadOnlyList<Figure> taken = SkillFigures.OfGoals(skills.Discriminator, trialOfSkills, config.DiscriminatorInput, GoalsOfSkills(), Choose) is { } matrix ? [matrix] : [];
        IReadOnlyList<Figure> given = config.Relabel != GoalRelabelling.Latent && GoalFigures.Given(spec, trial, agent) is { } goals ? [goals] : [];
        // What skills do comes first: goals are made of it.
        return
        [
            .. ofSkills.Take(3), .. ofGoals, .. given, .. taken,
            .. SkillFigures.OfGoal(spec, skills, skillTrial, config.DiscriminatorInput, trial.FirstGoals.AsSpan(0, world.GoalSize)), .. ofSkills.Skip(3),
        ];
    }

    /// <inheritdoc/>
    public void Save(CheckpointWriter writer)
    {
        skills.Save(writer);
        world.Save(writer);
        agent.Save(writer);
        episodes.Save(writer);
        actionRng.Save(writer);
        batchRng.Save(writer);
        relabelRng.Save(writer);
        writer.Write(nextTrial);
    }

    /// <inheritdoc/>
    public void Load(CheckpointReader reader)
    {
        skills.Load(reader);
        world.Load(reader);
        agent.Load(reader);
        episodes.Load(reader);
        actionRng = Rng.Load(reader);
        batchRng = Rng.Load(reader);
        relabelRng = Rng.Load(reader);
        nextTrial = reader.ReadInt64();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        skills.Dispose();
        world.Dispose();
        agent.Dispose();
        skillTrial.Dispose();
        trial.Dispose();
        trialOfSkills.Dispose();
        if (grid.IsValueCreated)
            grid.Value?.Dispose();
    }

    private void Pursue()
    {
        world.Begin();
        // 5: any of the path's states, once an episode.
        anyState = 1 + relabelRng.NextInt(skills.Path.Length);
        Relabel(0, nextGoal);
        for (var step = 0; !world.Ended; step++)
        {
            nextGoal.CopyTo(goal, 0);
            world.State.CopyTo(state);
            if (WarmingUp)
                SkillLearner.DrawAny(spec.Action, actionRng, action);
            else
                agent.Act(state, goal, actionRng, action);
            world.Step(action);
            // 6: the goal that follows is kept too; after the last step the same again.
            if (!world.Ended)
                Relabel(step + 1, nextGoal);
            agent.Add(
                state, action, 0, world.State, world.Terminated, world.Ended, goal, nextGoal, skills.Skill, skills.SeenIn(world), world.Achieved);
        }
    }

    private void Relabel(int step, Span<float> target)
    {
        if (config.Relabel == GoalRelabelling.Latent)
            skills.Discriminator.Encode(skills.Skill, target);
        else
            skills.Path.Achieved(Relabelling.StateOf(config.Relabel, step, skills.Path.Length, world.Longest, anyState, config.Waypoints)).CopyTo(target);
    }

    private (SoftActorCriticReport Report, double MeanReward) Learn()
    {
        var (last, sum, updates) = (default(SoftActorCriticReport), 0.0, SkillLearner.UpdatesOf(config.UpdatesPerStep, world.Length));
        for (var update = 0; update < updates; update++)
        {
            agent.Draw(batchRng);
            if (config.DiscriminatorOnBoth)
                skills.Discriminator.Learn(agent.NextSeen, agent.Skills, agent.Rows);
            if (config.ThetaReward == GoalPay.Gpim)
                skills.Discriminator.Rewards(agent.NextSeen, agent.Skills, agent.Rewards);
            else
                for (var row = 0; row < agent.Rows; row++)
                {
                    var (achieved, wanted) = (row * world.GoalSize, row * goalSize);
                    agent.Rewards[row] = (float)-(config.ThetaReward == GoalPay.Oracle
                        ? spec.Goal!.Distance(agent.Achieved.AsSpan(achieved, goalSize), agent.Goals.AsSpan(wanted, goalSize))
                        : GoalLayout.Euclidean(agent.Achieved.AsSpan(achieved, goalSize), agent.Goals.AsSpan(wanted, goalSize)));
                }
            foreach (var reward in agent.Rewards)
                sum += reward;
            last = agent.Learn();
        }
        return (last, updates > 0 ? sum / updates / agent.Rows : 0);
    }

    // What the paths of the skills' last trial are made into, as training does it; any one of their states is the last.
    private float[] GoalsOfSkills()
    {
        var (size, limit) = (skillTrial.Count * world.GoalSize, world.Longest);
        var given = new float[limit * size];
        for (var step = 0; step < limit; step++)
            for (var skill = 0; skill < skillTrial.Count; skill++)
            {
                var length = skillTrial.LengthOf(skill);
                var state = Relabelling.StateOf(config.Relabel, step, length, limit, length, config.Waypoints);
                skillTrial.Achieved(skill, state).CopyTo(given.AsSpan(step * size + skill * world.GoalSize));
            }
        return given;
    }

    // Nothing that training depends on.
    private void Try(long step, List<MetricValue> points)
    {
        skillTrial.Play();
        SkillMetrics.Report(skillTrial, step, points);
        if (field is not null)
            SkillMetrics.Report(field.OfSkills(spec, skills.Discriminator, skillTrial), step, points);
        SkillMetrics.Report(trial, trial.Play(Choose), step, points);
        SkillMetrics.ReportOfSkills(trialOfSkills.Play(Choose, skillTrial.AchievedBySteps), step, points);
    }

    private void Choose(ReadOnlySpan<float> states, ReadOnlySpan<float> goals, int rows, Span<float> actions)
    {
        if (config.Relabel != GoalRelabelling.Latent)
        {
            agent.Act(states, goals, rows, actions);
            return;
        }
        // A policy that is told skills is told the one that most likely leads to the goal.
        var (codes, skill) = (new float[rows * goalSize], new float[skills.Discriminator.SkillValues]);
        for (var row = 0; row < rows; row++)
        {
            skills.Discriminator.MostLikely(goals.Slice(row * world.GoalSize, world.GoalSize), skill);
            skills.Discriminator.Encode(skill, codes.AsSpan(row * goalSize, goalSize));
        }
        agent.Act(states, codes, rows, actions);
    }

    private double RewardOfGoal(ReadOnlySpan<float> observation, ReadOnlySpan<float> action, ReadOnlySpan<float> next)
    {
        var (skill, reward) = (new float[skills.Discriminator.SkillValues], new float[1]);
        skills.Discriminator.MostLikely(spec.Goal!.Wanted(observation), skill);
        skills.Discriminator.Rewards(config.DiscriminatorInput == DiscriminatorInput.Achieved ? spec.Goal.Achieved(next) : spec.Goal.State(next), skill, reward);
        return reward[0];
    }

    // Towards the goal that the world wants.
    private sealed class GoalPolicy(Gpim learner) : IPolicy
    {
        private readonly ActionScale scale = new(learner.spec.Action);
        private readonly float[] action = new float[learner.spec.Action.Size];

        public void Act(ReadOnlySpan<float> observation, Span<float> chosen)
        {
            var layout = learner.spec.Goal!;
            learner.Choose(layout.State(observation), layout.Wanted(observation), 1, action);
            scale.Apply(action, chosen);
        }
    }
}
