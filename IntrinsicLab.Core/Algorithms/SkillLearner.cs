using IntrinsicLab.Core.Environments;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>What skills are paid for.</summary>
public enum SkillObjective
{
    /// <summary>log q(ω|s′) − log p(ω): being told apart by the state reached (Eysenbach et al. 2018, DIAYN).</summary>
    Diayn,

    /// <summary>Being foretold, step by step, better than by other skills (Sharma et al. 2020, DADS).</summary>
    Dads,

    /// <summary>Reaching what is expected of the skill and of no other (forward form of Campos et al. 2020, EDL).</summary>
    Forward,

    /// <summary>Nothing: the policy of skills is never trained.</summary>
    Random,
}

/// <summary>What the discriminator sees of a state.</summary>
public enum DiscriminatorInput
{
    /// <summary>All of it.</summary>
    State,

    /// <summary>The goal that it achieves, such as the place of the object that is to be moved.</summary>
    Achieved,
}

/// <summary>Settings of a <see cref="SkillLearner"/>.</summary>
internal sealed record SkillSettings
{
    public required DiscriminatorSettings Discriminator { get; init; }
    public required DiscriminatorInput Input { get; init; }
    public required SkillObjective Objective { get; init; }
    public required SoftActorCriticSettings Learner { get; init; }
    public required int Capacity { get; init; }
    public required int EpisodeSteps { get; init; }
    public required int WarmUpEpisodes { get; init; }
    public required double UpdatesPerStep { get; init; }
    public required int DiscriminatorSteps { get; init; }
}

/// <summary>
/// A policy of skills μ, the discriminator q that pays it, and the episodes of both: what DIAYN is, and GPIM's first half. One episode has one skill.
/// </summary>
internal sealed class SkillLearner : IDisposable
{
    private readonly SkillSettings settings;
    private readonly SkillModel? model;
    private readonly float[] skill, action, seen, seenBefore, statesBefore, statesOfEpisode, skillsOfEpisode, rewardsOfEpisode, stateBefore;
    private readonly int seenSize;
    private Rng skillRng, actionRng, batchRng;

    /// <summary>Makes everything and begins an episode.</summary>
    public SkillLearner(SkillSettings settings, EnvironmentFactory environments, Rng rng)
    {
        this.settings = settings;
        World = new GoalWorld(environments, rng.Split("skill-world"), settings.EpisodeSteps);
        seenSize = settings.Input == DiscriminatorInput.Achieved ? World.GoalSize : World.StateSize;
        Discriminator = new Discriminator(settings.Discriminator, seenSize, rng.Split("discriminator"));
        Agent = new SkillAgent(environments.Spec, Discriminator, seenSize, settings.Learner, settings.Capacity, rng.Split("skill-agent"));
        if (settings.Objective is SkillObjective.Dads or SkillObjective.Forward)
            model = new SkillModel(
                settings.Objective == SkillObjective.Dads, Discriminator.Skills, seenSize, settings.Discriminator.Hidden, settings.Discriminator.LearningRate,
                settings.Learner.BatchSize, rng.Split("skill-model"));
        Path = new GoalPath(World.StateSize, World.GoalSize);
        (skillRng, actionRng, batchRng) = (rng.Split("skills"), rng.Split("skill-actions"), rng.Split("skill-batches"));
        (skill, action) = (new float[Discriminator.SkillValues], new float[environments.Spec.Action.Size]);
        (seen, seenBefore, stateBefore) = (new float[seenSize], new float[seenSize], new float[World.StateSize]);
        statesOfEpisode = new float[World.Longest * seenSize];
        statesBefore = new float[model is null ? 0 : World.Longest * seenSize];
        skillsOfEpisode = new float[World.Longest * skill.Length];
        rewardsOfEpisode = new float[World.Longest];
        Actions = environments.Spec.Action;
    }

    /// <summary>Its world.</summary>
    public GoalWorld World { get; }

    /// <summary>q.</summary>
    public Discriminator Discriminator { get; }

    /// <summary>μ.</summary>
    public SkillAgent Agent { get; }

    /// <summary>The last episode.</summary>
    public GoalPath Path { get; }

    /// <summary>The skill of the last episode.</summary>
    public ReadOnlySpan<float> Skill => skill;

    /// <summary>Episodes so far.</summary>
    public long Episodes { get; private set; }

    /// <summary>Whether actions are still drawn at random and nothing is learnt.</summary>
    public bool WarmingUp => Episodes <= settings.WarmUpEpisodes;

    /// <summary>Share of the last episode's states that q gives to their skill, before it learnt from them.</summary>
    public double Accuracy { get; private set; }

    /// <summary>Mean of log q(ω|s′) − log p(ω) over the last episode's steps, before q learnt from them.</summary>
    public double MeanReward { get; private set; }

    /// <summary>Mean over the last episode's steps of what a model of skills pays for them, before it learnt from them; null where there is none.</summary>
    public double? ForetoldReward { get; private set; }

    /// <summary>Rows whose reward was held at −20, so far.</summary>
    public long Held { get; private set; }

    /// <summary>Mean of −log q(ω|s) over the last gradient steps of q.</summary>
    public double DiscriminatorLoss { get; private set; }

    private Space Actions { get; }

    /// <summary>What the discriminator sees now.</summary>
    public ReadOnlySpan<float> SeenIn(GoalWorld world) => settings.Input == DiscriminatorInput.Achieved ? world.Achieved : world.State;

    /// <summary>Draws a skill, and acts by it until the episode ends.</summary>
    public void Explore()
    {
        Episodes++;
        Discriminator.Sample(skillRng, skill);
        World.Begin();
        Path.Clear();
        Path.Add(World);
        for (var step = 0; !World.Ended; step++)
        {
            World.State.CopyTo(stateBefore);
            SeenIn(World).CopyTo(seenBefore);
            if (WarmingUp)
                DrawAny(Actions, actionRng, action);
            else
                Agent.Act(stateBefore, skill, actionRng, action);
            World.Step(action);
            Path.Add(World);
            SeenIn(World).CopyTo(seen);
            Agent.Add(stateBefore, action, World.State, World.Terminated, World.Ended, skill, seenBefore, seen);
            if (model is not null)
                seenBefore.CopyTo(statesBefore.AsSpan(step * seenSize));
            seen.CopyTo(statesOfEpisode.AsSpan(step * seenSize));
            skill.CopyTo(skillsOfEpisode.AsSpan(step * skill.Length));
        }
        Judge();
    }

    /// <summary>As many gradient steps of q and μ as the last episode asks for.</summary>
    /// <param name="improve">μ is trained too, not q alone.</param>
    public SoftActorCriticReport Learn(bool improve)
    {
        var (last, losses, updates) = (default(SoftActorCriticReport), 0.0, UpdatesOf(settings.UpdatesPerStep, World.Length));
        for (var update = 0; update < updates; update++)
        {
            // The discriminator first, on the states that skills reached, ...
            for (var step = 0; step < settings.DiscriminatorSteps; step++)
            {
                Agent.Draw(batchRng);
                losses += Discriminator.Learn(Agent.NextSeen, Agent.Skills, Agent.Rows).Loss;
                model?.Learn(Agent.Seen, Agent.NextSeen, Agent.Skills);
            }
            // ... then the policy on the same batch, paid by the discriminator as it is now.
            if (!improve || settings.Objective == SkillObjective.Random)
                continue;
            if (model is null)
                Held += Discriminator.Rewards(Agent.NextSeen, Agent.Skills, Agent.Rewards);
            else
                model.Rewards(Agent.Seen, Agent.NextSeen, Agent.Skills, Agent.Rewards);
            last = Agent.Learn();
        }
        DiscriminatorLoss = updates > 0 ? losses / updates / settings.DiscriminatorSteps : 0;
        return last;
    }

    /// <summary>Gradient steps that belong to an episode; a fraction of one counts as one from a half on.</summary>
    public static int UpdatesOf(double perStep, int steps) => (int)Math.Round(perStep * steps, MidpointRounding.AwayFromZero);

    /// <summary>Draws an action as a policy has it, whatever it is: an index, or components from −1 to 1.</summary>
    public static void DrawAny(Space space, Rng rng, Span<float> action)
    {
        if (space is Discrete { Count: var count })
            action[0] = rng.NextInt(count);
        else
            foreach (ref var component in action)
                component = (float)rng.NextDouble(-1, 1);
    }

    /// <summary>Writes the whole state.</summary>
    public void Save(CheckpointWriter writer)
    {
        World.Save(writer);
        Discriminator.Save(writer);
        Agent.Save(writer);
        model?.Save(writer);
        writer.Write(Episodes);
        writer.Write(Held);
        skillRng.Save(writer);
        actionRng.Save(writer);
        batchRng.Save(writer);
    }

    /// <summary>Restores what <see cref="Save"/> wrote.</summary>
    public void Load(CheckpointReader reader)
    {
        World.Load(reader);
        Discriminator.Load(reader);
        Agent.Load(reader);
        model?.Load(reader);
        (Episodes, Held) = (reader.ReadInt64(), reader.ReadInt64());
        skillRng = Rng.Load(reader);
        actionRng = Rng.Load(reader);
        batchRng = Rng.Load(reader);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        World.Dispose();
        Discriminator.Dispose();
        Agent.Dispose();
        model?.Dispose();
    }

    private void Judge()
    {
        var (steps, right, sum) = (World.Length, 0.0, 0.0);
        Discriminator.Rewards(statesOfEpisode.AsSpan(0, steps * seenSize), skillsOfEpisode.AsSpan(0, steps * skill.Length), rewardsOfEpisode.AsSpan(0, steps));
        for (var step = 0; step < steps; step++)
        {
            sum += rewardsOfEpisode[step];
            right += Discriminator.IsRight(statesOfEpisode.AsSpan(step * seenSize, seenSize), skill) ? 1 : 0;
        }
        (Accuracy, MeanReward) = (right / steps, sum / steps);
        if (model is null)
            return;
        var paid = rewardsOfEpisode.AsSpan(0, steps);
        model.Rewards(statesBefore, statesOfEpisode, skillsOfEpisode, paid);
        sum = 0;
        foreach (var reward in paid)
            sum += reward;
        ForetoldReward = sum / steps;
    }
}
