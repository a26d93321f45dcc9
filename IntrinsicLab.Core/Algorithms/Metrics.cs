using System.Text.Json.Serialization;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>Names of the metrics that several algorithms report, and what they mean.</summary>
public static class Metrics
{
    /// <summary>Mean raw return of the last 100 training episodes.</summary>
    public const string ExtrinsicReturn = "return/extrinsic";

    /// <summary>Raw return of one episode.</summary>
    public const string EpisodeReturn = "return/episode";

    /// <summary>Mean raw return of the episodes of an evaluation.</summary>
    public const string EvaluationReturn = "return/evaluation";

    /// <summary>Mean steps of the episodes of an evaluation.</summary>
    public const string EvaluationLength = "evaluation/length";

    /// <summary>Steps of one episode.</summary>
    public const string EpisodeLength = "episode/length";

    /// <summary>Policy loss.</summary>
    public const string PolicyLoss = "loss/policy";

    /// <summary>Value loss.</summary>
    public const string ValueLoss = "loss/value";

    /// <summary>Entropy of the policy.</summary>
    public const string Entropy = "policy/entropy";

    /// <summary>Change of the policy.</summary>
    public const string ApproximateKl = "policy/approx_kl";

    /// <summary>Share of clipped samples.</summary>
    public const string ClipFraction = "policy/clip_fraction";

    /// <summary>Quality of the value function.</summary>
    public const string ExplainedVariance = "value/explained_variance";

    /// <summary>Learning rate of the update.</summary>
    public const string LearningRate = "optimizer/learning_rate";

    /// <summary>Length of the gradient.</summary>
    public const string GradientNorm = "optimizer/gradient_norm";

    /// <summary>Length of the parameter vector.</summary>
    public const string ParameterNorm = "network/parameter_norm";

    /// <summary>Sum of learned rewards over one episode.</summary>
    public const string IntrinsicReturn = "return/intrinsic";

    /// <summary>Mean learned reward per step.</summary>
    public const string IntrinsicReward = "reward/intrinsic_mean";

    /// <summary>Mean extrinsic reward per step.</summary>
    public const string ExtrinsicReward = "reward/extrinsic_mean";

    /// <summary>Value loss of the extrinsic critic.</summary>
    public const string ExtrinsicValueLoss = "loss/value_extrinsic";

    /// <summary>Loss that the reward network lowers.</summary>
    public const string MetaLoss = "loss/meta";

    /// <summary>Length of the meta-gradient.</summary>
    public const string MetaGradientNorm = "meta/gradient_norm";

    /// <summary>Agreement of the two policy gradients.</summary>
    public const string MetaGradientCosine = "meta/gradient_cosine";

    /// <summary>Share of clipped samples of the outer loss.</summary>
    public const string MetaRatioClipFraction = "meta/ratio_clip_fraction";

    /// <summary>Change of the policy in the outer loss.</summary>
    public const string MetaApproximateKl = "meta/approx_kl";

    /// <summary>Length of the meta-gradient through the policy's step alone.</summary>
    public const string IndirectGradientNorm = "meta/indirect_gradient_norm";

    /// <summary>What a condition adds to the policy's gains.</summary>
    public const string ConditionedGain = "policy/conditioned_gain";

    /// <summary>What a condition adds to the policy's biases.</summary>
    public const string ConditionedBias = "policy/conditioned_bias";

    /// <summary>Quality of the extrinsic value function.</summary>
    public const string ExtrinsicExplainedVariance = "value/explained_variance_extrinsic";

    /// <summary>Length of the joint gradient of reward and extrinsic value.</summary>
    public const string RewardGradientNorm = "optimizer/reward_gradient_norm";

    /// <summary>Length of the reward's and extrinsic value's parameter vector.</summary>
    public const string RewardParameterNorm = "network/reward_parameter_norm";

    /// <summary>Divergence of a trust-region step.</summary>
    public const string Divergence = "policy/kl";

    /// <summary>What a trust-region step gained.</summary>
    public const string SurrogateImprovement = "policy/surrogate_improvement";

    /// <summary>How often a line search shortened its step.</summary>
    public const string Backtracks = "line_search/backtracks";

    /// <summary>Whether a line search found a step.</summary>
    public const string StepAccepted = "line_search/accepted";

    /// <summary>What conjugate gradients left unsolved.</summary>
    public const string CgResidual = "conjugate_gradient/residual";

    /// <summary>Median information gain of a batch.</summary>
    public const string GainMedian = "vime/information_gain_median";

    /// <summary>Mean information gain of a batch.</summary>
    public const string GainMean = "vime/information_gain_mean";

    /// <summary>Largest information gain of a batch.</summary>
    public const string GainMaximum = "vime/information_gain_max";

    /// <summary>What information gains were divided by.</summary>
    public const string GainDivisor = "vime/normaliser";

    /// <summary>Curiosity's part of what was paid.</summary>
    public const string BonusShare = "vime/bonus_share";

    /// <summary>Error of the model of the world before it learnt from a batch.</summary>
    public const string ModelErrorBefore = "vime/model_error_before";

    /// <summary>The same after.</summary>
    public const string ModelErrorAfter = "vime/model_error_after";

    /// <summary>How far the belief is from its prior.</summary>
    public const string PriorDivergence = "vime/prior_divergence";

    /// <summary>Fields of the state space visited so far.</summary>
    public const string StateCoverage = "vime/state_coverage";

    /// <summary>Loss of both critics.</summary>
    public const string CriticLoss = "loss/critic";

    /// <summary>Loss of a learned temperature.</summary>
    public const string TemperatureLoss = "loss/temperature";

    /// <summary>What the first critic says.</summary>
    public const string FirstCritic = "value/critic_1";

    /// <summary>What the second critic says.</summary>
    public const string SecondCritic = "value/critic_2";

    /// <summary>What the critics should say.</summary>
    public const string CriticTarget = "value/target";

    /// <summary>What entropy is worth.</summary>
    public const string Temperature = "policy/temperature";

    /// <summary>How close to a certain choice the policy is.</summary>
    public const string Decidedness = "policy/decidedness";

    /// <summary>Length of the critics' gradient.</summary>
    public const string CriticGradientNorm = "optimizer/critic_gradient_norm";

    /// <summary>Length of the policy's gradient.</summary>
    public const string PolicyGradientNorm = "optimizer/policy_gradient_norm";

    /// <summary>Transitions that a replay buffer holds.</summary>
    public const string BufferTransitions = "buffer/transitions";
    /// <summary>Loss of pixel control.</summary>
    public const string PixelControlLoss = "loss/pixel_control";

    /// <summary>Error of pixel control's values.</summary>
    public const string PixelControlError = "pixel_control/error";

    /// <summary>Loss of feature control.</summary>
    public const string FeatureControlLoss = "loss/feature_control";

    /// <summary>Error of feature control's values.</summary>
    public const string FeatureControlError = "feature_control/error";

    /// <summary>Loss of reward prediction.</summary>
    public const string RewardPredictionLoss = "loss/reward_prediction";

    /// <summary>Loss of values on old sequences.</summary>
    public const string ValueReplayLoss = "loss/value_replay";

    /// <summary>Share of rewards predicted rightly, by their class: none, positive, negative.</summary>
    public static IReadOnlyList<string> RewardPredictionAccuracies { get; } =
        ["reward_prediction/accuracy_zero", "reward_prediction/accuracy_positive", "reward_prediction/accuracy_negative"];

    /// <summary>Episodes finished so far.</summary>
    public const string Episodes = "progress/episodes";

    /// <summary>Speed of training.</summary>
    public const string StepsPerSecond = "speed/steps_per_second";

    /// <summary>Processor time of the run's process.</summary>
    public const string CpuPercent = "system/cpu_percent";

    /// <summary>Memory of the run's process.</summary>
    public const string MemoryMegabytes = "system/memory_mb";

    /// <summary>Use of the graphics card.</summary>
    public const string GpuPercent = "system/gpu_percent";

    /// <summary>Memory of the run's process on the graphics card.</summary>
    public const string GpuMemoryMegabytes = "system/gpu_memory_mb";

    /// <summary>What every run stores, whatever its algorithm: scores of episodes and evaluations, progress, and the machine's use.</summary>
    public static IReadOnlyList<MetricDescription> OfEveryRun { get; } =
    [
        new(ExtrinsicReturn, "Return", "return", "Mean raw return of the last 100 training episodes (of all so far, while there are fewer); the field's usual score."),
        new(EpisodeReturn, "Return of each episode", "return", "Raw return of each finished episode, at the step that ended it."),
        new(EvaluationReturn, "Return of evaluations", "return", "Mean raw return of a few episodes of the policy's most likely actions, in environments of their own."),
        new(EvaluationLength, "Length of evaluation episodes", "steps", "Mean steps of the episodes of each evaluation."),
        new(EpisodeLength, "Length of each episode", "steps", "Steps of each finished episode, at the step that ended it."),
        new(Episodes, "Episodes", "episodes", "Training episodes finished so far; the axis of episodes is read from it."),
        new(StepsPerSecond, "Speed", "steps/s", "Environment steps per second of training since the last look, everything included."),
        new(CpuPercent, "Processor", "%", "Processor time of the run's process since the last look; 100 is one core at work all the time."),
        new(MemoryMegabytes, "Memory", "MB", "Memory that the run's process holds."),
        new(GpuPercent, "Graphics card", "%", "Share of time in which the graphics card was at work, whoever used it."),
        new(GpuMemoryMegabytes, "Memory of the graphics card", "MB", "Memory on the graphics card that the run's process holds."),
    ];

    /// <summary>What learners with a policy gradient, a value function and one optimiser report.</summary>
    public static IReadOnlyList<MetricDescription> OfActorCritics { get; } =
    [
        new(PolicyLoss, "Policy loss", "", "Policy loss, averaged over the update's minibatches; its sign and size say little, only that it is finite."),
        new(ValueLoss, "Value loss", "return²", "Half the mean squared error of the value function (clipped as the algorithm's page says), averaged over the minibatches."),
        new(Entropy, "Entropy of the policy", "nats", "How undecided the policy is; falling to zero early means that exploration has stopped. With continuous actions it may be negative."),
        new(ExplainedVariance, "Explained variance", "", "Share of the returns' variance that the values predicted when acting; 1 is perfect, below 0 worse than a constant. No point where returns do not vary."),
        new(LearningRate, "Step size", "", "Learning rate of the update."),
        new(GradientNorm, "Norm of the gradient", "", "Euclidean norm of the gradient before clipping, averaged over the update's minibatches."),
        new(ParameterNorm, "Norm of the parameters", "", "Euclidean norm of all parameters after the update; steady growth precedes divergence."),
    ];

    /// <summary>What learners of auxiliary tasks report besides, each metric only where its task is on.</summary>
    public static IReadOnlyList<MetricDescription> OfAuxiliaryTasks { get; } =
    [
        new(PixelControlLoss, "Pixel control loss", "", "With pixel control: half the squared error of its action values, summed over the squares and averaged over replayed steps; not weighted.") { Optional = true },
        new(PixelControlError, "Pixel control error", "", "With pixel control: mean absolute error of a square's action value, in units of its discounted change.") { Optional = true },
        new(FeatureControlLoss, "Feature control loss", "", "With feature control: as loss/pixel_control, over the network's own features; it grows with them.") { Optional = true },
        new(FeatureControlError, "Feature control error", "", "With feature control: mean absolute error of a feature's action value, in units of its discounted change.") { Optional = true },
        new(RewardPredictionLoss, "Reward prediction loss", "nats", "With reward prediction: mean cross-entropy of none, positive and negative; ln 3 = 1.10 is guessing, ln 2 = 0.69 guessing between two.") { Optional = true },
        new(RewardPredictionAccuracies[0], "Predicted rightly: no reward", "", "With reward prediction: share predicted rightly of the draws that paid nothing, where the update drew one.") { Optional = true },
        new(RewardPredictionAccuracies[1], "Predicted rightly: positive reward", "", "With reward prediction: share predicted rightly of the draws that paid, where the update drew one.") { Optional = true },
        new(RewardPredictionAccuracies[2], "Predicted rightly: negative reward", "", "With reward prediction: share predicted rightly of the draws that cost, where the update drew one.") { Optional = true },
        new(ValueReplayLoss, "Value replay loss", "return²", "With value replay: as loss/value, on replayed sequences; not weighted.") { Optional = true },
    ];

    /// <summary>What learners that clip the change of the policy report besides.</summary>
    public static IReadOnlyList<MetricDescription> OfClippedUpdates { get; } =
    [
        new(ApproximateKl, "Change of the policy", "nats", "Half the mean squared change of log-probability since acting; above about 0.05 the updates are too large."),
        new(ClipFraction, "Clipped share", "", "Share of samples whose probability ratio left the clip range; 0.05 to 0.3 is usual."),
    ];

    /// <summary>What learners of intrinsic rewards report besides.</summary>
    public static IReadOnlyList<MetricDescription> OfLearnedRewards { get; } =
    [
        new(IntrinsicReturn, "Intrinsic return", "return", "Sum of the intrinsic rewards of each episode's steps, not weighted, as whatever judges them paid when they were taken."),
        new(IntrinsicReward, "Intrinsic reward", "reward", "Mean learned intrinsic reward of the update's steps, before it is weighted; from -1 to 1 where it comes out of a tanh."),
        new(ExtrinsicReward, "Extrinsic reward", "reward", "Mean extrinsic reward of the update's steps as the learner sees it: normalised and delayed, not yet weighted."),
        new(ExtrinsicValueLoss, "Extrinsic value loss", "return²", "As loss/value, of the second value function, which predicts extrinsic returns alone and is trained with the reward."),
        new(MetaLoss, "Meta loss", "", "Extrinsic policy loss of the policy after its step: what the learned reward, or the learned rule, is trained to lower; only its being finite tells much."),
        new(MetaGradientNorm, "Norm of the meta-gradient", "", "Euclidean norm of the meta-gradient over the reward network, or the rule, alone; 0 throughout means that it learns nothing."),
        new(MetaGradientCosine, "Agreement of the gradients", "", "Cosine between the gradient that moved the policy and the extrinsic one after that step; 1 where the learned reward asks for the same."),
        new(MetaRatioClipFraction, "Clipped share of the meta loss", "", "Share of samples whose ratio after the step left the clip range in the outer loss; most of these teach the reward nothing."),
        new(ExtrinsicExplainedVariance, "Explained extrinsic variance", "", "As value/explained_variance, of the second value function on extrinsic returns."),
        new(RewardGradientNorm, "Norm of the reward's gradient", "", "Euclidean norm of the reward network's and the second value function's gradient together, before clipping."),
        new(RewardParameterNorm, "Norm of the reward's parameters", "", "As network/parameter_norm, of the reward network and the second value function."),
    ];

    /// <summary>What learners report besides that condition their policy on the learned reward's weights.</summary>
    public static IReadOnlyList<MetricDescription> OfConditionalPolicies { get; } =
    [
        .. OfLearnedRewards.Where(metric => metric.Path is not RewardGradientNorm),
        new(MetaApproximateKl, "Change of the policy in the meta loss", "nats", "As policy/approx_kl, of the validation round: from the policy that its ratio compares with, by default the one before the policy round."),
        new(IndirectGradientNorm, "Norm of the indirect meta-gradient", "", "Euclidean norm of the part of the meta-gradient that passes through the policy's last step; 0 with the direct term alone."),
        new(ConditionedGain, "Conditioned gain", "", "Root mean square, over the units of the normed layer, of what the reward's weights add to its gain; near 0 they hardly reach the policy."),
        new(ConditionedBias, "Conditioned bias", "", "As policy/conditioned_gain, of what they add to its bias."),
    ];

    /// <summary>What a step within a trust region reports of itself.</summary>
    public static IReadOnlyList<MetricDescription> OfTrustRegionSteps { get; } =
    [
        new(Divergence, "Divergence of the step", "nats", "Mean Kullback-Leibler divergence from the policy that acted to the new one; at most the limit, 0 where no step was taken."),
        new(SurrogateImprovement, "Gain of the step", "", "How much the step lowered the surrogate loss on its own batch, in deviations of the advantage; 0 where none was taken."),
        new(Backtracks, "Shortenings of the step", "", "How often the line search shortened the step before it was accepted; all its tries where none was."),
        new(StepAccepted, "Step accepted", "", "1 where the line search found a step that lowers the loss within the limit, 0 where the policy stayed as it was."),
        new(CgResidual, "Residual of the direction", "", "Squared residual of the conjugate gradients; small beside the gradient's squared norm where the direction is the natural gradient."),
    ];

    /// <summary>What learners with a trust region report: what they share with other actor-critics, and how each step went.</summary>
    public static IReadOnlyList<MetricDescription> OfTrustRegions { get; } = [.. OfActorCritics.Where(metric => metric.Path != LearningRate), .. OfTrustRegionSteps];

    /// <summary>What learners report that are paid for what a model of the world learns, besides the metrics of their policy's steps.</summary>
    public static IReadOnlyList<MetricDescription> OfInformationGain { get; } =
    [
        .. OfLearnedRewards.Where(metric => metric.Path is IntrinsicReturn),
        new(GainMedian, "Information gain, median", "nats", "Median over the batch's steps of what each would teach the model, before normalisation; with another bonus, of its score. 0 until the model is trained."),
        new(GainMean, "Information gain, mean", "nats", "Mean over the batch's steps; far above the median, a few steps hold what is new."),
        new(GainMaximum, "Information gain, largest", "nats", "Largest of the batch's steps; at the configured maximum, gains are clipped."),
        new(GainDivisor, "Divisor of the bonus", "nats", "What the gains were divided by to be a bonus; it falls while the model learns, so that the bonus does not."),
        new(BonusShare, "Share of the bonus", "", "Weighted bonus over weighted bonus and absolute extrinsic reward together, of the batch; 1 while nothing else is paid."),
        new(ModelErrorBefore, "Model error before", "", "Mean squared error of the model's mean prediction over the batch, in variances of the observation, before it learnt from it."),
        new(ModelErrorAfter, "Model error after", "", "As vime/model_error_before, after the iteration's gradient steps."),
        new(PriorDivergence, "Divergence from the prior", "nats", "KL[belief‖prior] over all weights of the model; it begins high, where means are drawn wide, and falls towards what data supports."),
        new(StateCoverage, "State coverage", "fields", "Fields of the state map (41 by 41 on planes) that training has visited so far."),
    ];

    /// <summary>What soft actor-critics report: losses, what the critics say, and how random the policy is.</summary>
    public static IReadOnlyList<MetricDescription> OfSoftActorCritics { get; } =
    [
        .. OfActorCritics.Where(metric => metric.Path is PolicyLoss or Entropy or ParameterNorm),
        new(CriticLoss, "Critic loss", "return²", "Mean squared error of both critics together against their targets; it grows with the size of returns."),
        new(TemperatureLoss, "Temperature loss", "", "Log of the temperature times how far the entropy is from the one wanted; 0 where the temperature is fixed."),
        new(FirstCritic, "First critic", "return", "Mean of what the first critic says of the batches' actions: discounted return, and what entropy is worth."),
        new(SecondCritic, "Second critic", "return", "The same of the second critic; of the two the lower one counts. Growth without end is divergence."),
        new(CriticTarget, "Target of the critics", "return", "Mean of what the critics should say by the slowly following targets."),
        new(Temperature, "Temperature", "reward", "What a nat of entropy is worth beside the reward; a learned one falls while the policy is more random than wanted."),
        new(Decidedness, "Decidedness", "", "Mean absolute action between the bounds, 1 at them; with discrete actions mean probability of the likeliest."),
        new(CriticGradientNorm, "Norm of the critics' gradient", "", "Euclidean norm of both critics' gradient, averaged over the update's gradient steps."),
        new(PolicyGradientNorm, "Norm of the policy's gradient", "", "Euclidean norm of the policy's gradient, averaged over its gradient steps; 0 means that it learns nothing."),
        new(BufferTransitions, "Transitions in the buffer", "transitions", "How many transitions there are to learn from."),
    ];

    /// <summary>What a metric means, whichever algorithm reports it; null for one that nobody describes, such as another program's.</summary>
    public static MetricDescription? Find(string path) =>
        OfEveryRun.Concat(AlgorithmCatalog.All.SelectMany(entry => entry.Reports)).FirstOrDefault(known => known.Path == path);
}

/// <summary>What a metric means, in one place for charts, pages and the API.</summary>
/// <param name="Path">Its stable name, such as <c>loss/policy</c>.</param>
/// <param name="Name">Name for people.</param>
/// <param name="Unit">Unit; empty for a bare number.</param>
/// <param name="Meaning">A sentence: what it is, and what to read from it.</param>
public sealed record MetricDescription(string Path, string Name, string Unit, string Meaning)
{
    /// <summary>Only some settings of the algorithm report it, or it only in some worlds; its meaning says which.</summary>
    [JsonIgnore]
    public bool Optional { get; init; }
}
