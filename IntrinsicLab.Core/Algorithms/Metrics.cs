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

    /// <summary>Quality of the extrinsic value function.</summary>
    public const string ExtrinsicExplainedVariance = "value/explained_variance_extrinsic";

    /// <summary>Length of the joint gradient of reward and extrinsic value.</summary>
    public const string RewardGradientNorm = "optimizer/reward_gradient_norm";

    /// <summary>Length of the reward's and extrinsic value's parameter vector.</summary>
    public const string RewardParameterNorm = "network/reward_parameter_norm";

    /// <summary>One sentence per metric, for pages that show it.</summary>
    public static IReadOnlyDictionary<string, string> Explanations { get; } = new Dictionary<string, string>
    {
        [ExtrinsicReturn] = "Mean raw return of the last 100 training episodes (of all so far, while there are fewer); the field's usual score.",
        [EpisodeReturn] = "Raw return of each finished episode, at the step that ended it.",
        [EvaluationReturn] = "Mean raw return of a few episodes of the policy's most likely actions, in environments of their own.",
        [EvaluationLength] = "Mean steps of the episodes of each evaluation.",
        [EpisodeLength] = "Steps of each finished episode, at the step that ended it.",
        [PolicyLoss] = "Policy loss, averaged over the update's minibatches; its sign and size say little, only that it is finite.",
        [ValueLoss] = "Half the mean squared error of the value function (clipped as the algorithm's page says), averaged over the minibatches.",
        [Entropy] = "Entropy of the policy in nats; falling to zero early means that exploration has stopped.",
        [ApproximateKl] = "Half the mean squared change of log-probability since acting; above about 0.05 the updates are too large.",
        [ClipFraction] = "Share of samples whose probability ratio left the clip range; 0.05 to 0.3 is usual.",
        [ExplainedVariance] = "Share of the returns' variance that the values predicted when acting; 1 is perfect, below 0 worse than a constant.",
        [LearningRate] = "Learning rate of the update.",
        [GradientNorm] = "Euclidean norm of the gradient before clipping, averaged over the update's minibatches.",
        [ParameterNorm] = "Euclidean norm of all parameters after the update; steady growth precedes divergence.",
        [IntrinsicReturn] = "Sum of the learned intrinsic rewards of each episode, under the reward network that its steps were taken with.",
        [IntrinsicReward] = "Mean learned intrinsic reward of the update's steps, before it is weighted; from -1 to 1.",
        [ExtrinsicReward] = "Mean extrinsic reward of the update's steps as the learner sees it: normalised and delayed, not yet weighted.",
        [ExtrinsicValueLoss] = "As loss/value, of the second value function, which predicts extrinsic returns alone and is trained with the reward.",
        [MetaLoss] = "Extrinsic policy loss of the policy after its step: what the learned reward is trained to lower; only its being finite tells much.",
        [MetaGradientNorm] = "Euclidean norm of the meta-gradient over the reward network alone; 0 throughout means that the reward learns nothing.",
        [MetaGradientCosine] =
            "Cosine between the gradient that moved the policy and the extrinsic one after that step; 1 where the learned reward asks for the same.",
        [MetaRatioClipFraction] = "Share of samples whose ratio after the step left the clip range in the outer loss; most of these teach the reward nothing.",
        [ExtrinsicExplainedVariance] = "As value/explained_variance, of the second value function on extrinsic returns.",
        [RewardGradientNorm] = "Euclidean norm of the reward network's and the second value function's gradient together, before clipping.",
        [RewardParameterNorm] = "As network/parameter_norm, of the reward network and the second value function.",
    };
}
