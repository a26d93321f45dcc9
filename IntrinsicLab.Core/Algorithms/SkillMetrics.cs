namespace IntrinsicLab.Core.Algorithms;

/// <summary>What learners of skills report, and of goals.</summary>
internal static class SkillMetrics
{
    public const string CriticLoss = "loss/skill_critic";
    public const string PolicyLoss = "loss/skill_policy";
    public const string GoalCriticLoss = "loss/goal_critic";
    public const string GoalPolicyLoss = "loss/goal_policy";
    public const string AutoencoderLoss = "loss/vae";
    private const string CodeDivergence = "vae/kl";
    private const string Reconstruction = "vae/reconstruction";
    private const string DiscriminatorLoss = "loss/discriminator";
    private const string Accuracy = "discriminator/accuracy";
    private const string Reward = "skill/reward";
    private const string ForetoldReward = "skill/reward_foretold";
    private const string Held = "skill/held";
    private const string Entropy = "skill/entropy";
    private const string Distinct = "skill/distinct";
    private const string Effective = "skill/effective";
    private const string Distance = "goal/distance";
    private const string HardDistance = "goal/distance_hard";
    private const string Nearest = "goal/nearest";
    private const string Success = "goal/success";
    private const string SkillDistance = "goal/distance_skill";
    private const string Tracking = "goal/tracking";
    private const string ActorSteps = "goal/actor_steps";
    private const string GoalReward = "goal/reward";
    private const string GoalEntropy = "goal/entropy";
    private const string FieldStraight = "field/distance";
    private const string FieldRound = "field/round";

    public static IReadOnlyList<MetricDescription> OfSkills { get; } =
    [
        new(DiscriminatorLoss, "Discriminator's loss", "nats", "Mean of −log q(ω|s) over the update's gradient steps; 0 where every state tells its skill, and in the warm-up."),
        new(Accuracy, "Discriminator's accuracy", "", "Share of the update's new states that q gives to their skill, before it learnt from them; of points, within two deviations."),
        new(Reward, "Reward of skills", "nats", "Mean of log q(ω|s′) − log p(ω) over the update's new steps: an estimate, from below, of what states tell of skills; at most log n."),
        new(ForetoldReward, "Reward for being foretold", "nats", "With the objectives dads and forward: mean of what the update's new steps are paid, log p(·|ω) less the log of its mean over all skills; at most log n.") { Optional = true },
        new(Held, "Rewards held", "rows", "Rows of all batches so far whose reward was below −20 and was held there."),
        new(Entropy, "Entropy of skills", "nats", "Mean of −log π over the last batch's states; how undecided the policy of skills is. 0 in the warm-up."),
        new(CriticLoss, "Skills' critic loss", "nats²", "Sum of both critics' mean squared errors in the update's last gradient step, of the policy of skills."),
        new(PolicyLoss, "Skills' policy loss", "nats", "Loss of the policy of skills in the update's last gradient step; only that it is finite says much."),
        new(Distinct, "Distinct skills", "skills", "Skills that q finds in the last states of one episode of each skill with its most likely actions; at best all."),
        new(Effective, "Effective skills", "skills", "exp of the entropy of q averaged over the same states; 0 where skills are points."),
    ];

    public static IReadOnlyList<MetricDescription> OfGoals { get; } =
    [
        new(Distance, "Distance to goals", "", "Mean distance to the goal at the end over the mean distance at the start, over goals that are the same for all methods and seeds; 0 where all are reached, 1 where the policy might have stayed."),
        new(HardDistance, "Distance to hard goals", "", "As goal/distance, over those of its goals that the straight way does not lead to; where the world calls none so, over all."),
        new(Nearest, "Nearest to goals", "", "As goal/distance, with the nearest state of each episode in place of the last."),
        new(Success, "Share of goals reached", "", "Share of the trial's episodes, over goals that are the same for all methods and seeds, that end within the world's success radius of their goal; of rooms, that end in the one named."),
        new(ActorSteps, "Steps of the goal's policy", "steps", "Steps that the policy of goals has taken itself; with GPIM half of all, since the policy of skills takes the others."),
        new(GoalReward, "Reward of goals", "", "Mean of what the goal's policy was paid in the batches of the update; its unit is the reward's. 0 in the warm-up."),
        new(GoalEntropy, "Entropy of the goal's policy", "nats", "Mean of −log π over the last batch's states. 0 in the warm-up."),
        new(GoalCriticLoss, "Goal's critic loss", "", "As loss/skill_critic, of the policy of goals."),
        new(GoalPolicyLoss, "Goal's policy loss", "", "As loss/skill_policy, of the policy of goals."),
    ];

    public static IReadOnlyList<MetricDescription> OfAutoencoders { get; } =
    [
        new(AutoencoderLoss, "Auto-encoder's loss", "nats", "With goals that are imagined: vae/reconstruction + β·vae/kl, mean over the update's gradient steps.") { Optional = true },
        new(CodeDivergence, "Divergence of codes", "nats", "With goals that are imagined: KL divergence of a goal's code from the prior; near 0 codes tell nothing of goals.") { Optional = true },
        new(Reconstruction, "Reconstruction", "nats", "With goals that are imagined: −log d(x|z) of a goal from a draw of its code, summed over its values.") { Optional = true },
    ];

    public static IReadOnlyList<MetricDescription> OfSkillGoals { get; } =
    [
        new(SkillDistance, "Distance to skills' goals", "", "As goal/distance, to goals that the present skills make: what training is about."),
        new(Tracking, "Imitation", "", "Mean distance over all steps between where the policy is and where it was to be, over that from its start, following the present skills' paths step by step."),
    ];

    public static IReadOnlyList<MetricDescription> OfFields { get; } =
    [
        new(FieldStraight, "Reward field against distance", "",
            "Where states are places: Spearman's correlation, over 21 × 21 places, of the learned reward with minus the distance to where it leads, mean over the trial's skills, to where each ends (with the reward discern over the trial's first 20 goals). 1 where being paid more means being nearer, 0 where the reward tells nothing.")
        { Optional = true },
        new(FieldRound, "Reward field against the way round", "",
            "In worlds with walls: as field/distance, with the length of the shortest way round the walls in place of the distance; above it, the reward knows of the walls.")
        { Optional = true },
    ];

    public static void Report((double Straight, double? Round) field, long step, List<MetricValue> points)
    {
        points.Add(new(FieldStraight, step, field.Straight));
        if (field.Round is { } round)
            points.Add(new(FieldRound, step, round));
    }

    public static void Report(SkillLearner skills, SoftActorCriticReport learnt, long step, List<MetricValue> points)
    {
        points.Add(new(DiscriminatorLoss, step, skills.DiscriminatorLoss));
        points.Add(new(Accuracy, step, skills.Accuracy));
        points.Add(new(Reward, step, skills.MeanReward));
        if (skills.ForetoldReward is { } foretold)
            points.Add(new(ForetoldReward, step, foretold));
        points.Add(new(Held, step, skills.Held));
        points.Add(new(Entropy, step, learnt.Entropy));
        points.Add(new(CriticLoss, step, learnt.CriticLoss));
        points.Add(new(PolicyLoss, step, learnt.PolicyLoss));
    }

    public static void Report(SkillTrial trial, long step, List<MetricValue> points)
    {
        points.Add(new(Distinct, step, trial.Distinct));
        points.Add(new(Effective, step, trial.Effective));
    }

    public static void Report(SoftActorCriticReport learnt, double meanReward, long actorSteps, long step, List<MetricValue> points)
    {
        points.Add(new(ActorSteps, step, actorSteps));
        points.Add(new(GoalReward, step, meanReward));
        points.Add(new(GoalEntropy, step, learnt.Entropy));
        points.Add(new(GoalCriticLoss, step, learnt.CriticLoss));
        points.Add(new(GoalPolicyLoss, step, learnt.PolicyLoss));
    }

    public static void Report(GoalAutoencoderFit fit, long step, List<MetricValue> points)
    {
        points.Add(new(AutoencoderLoss, step, fit.Loss));
        points.Add(new(CodeDivergence, step, fit.Divergence));
        points.Add(new(Reconstruction, step, fit.Reconstruction));
    }

    public static void Report(GoalTrial trial, GoalScores scores, long step, List<MetricValue> points)
    {
        points.Add(new(Distance, step, scores.Distance));
        points.Add(new(HardDistance, step, trial.DistanceOf(trial.IsHard) is var hard && double.IsNaN(hard) ? scores.Distance : hard));
        points.Add(new(Nearest, step, scores.Nearest));
        points.Add(new(Success, step, scores.Success));
    }

    public static void ReportOfSkills(GoalScores scores, long step, List<MetricValue> points)
    {
        points.Add(new(SkillDistance, step, scores.Distance));
        points.Add(new(Tracking, step, scores.Tracking));
    }
}
