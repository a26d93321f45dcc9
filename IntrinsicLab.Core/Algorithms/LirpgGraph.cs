using IntrinsicLab.Core.Formulas;
using IntrinsicLab.Core.Networks;
using IntrinsicLab.Core.Optimizers;
using static TorchSharp.torch;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>A minibatch of <see cref="Lirpg"/> as tensors.</summary>
/// <param name="Observations">[N, O].</param>
/// <param name="Actions">[N, A], or [N] indices as int64.</param>
/// <param name="OldNegativeLogProbabilities">−log π(a|s) when acting, [N].</param>
/// <param name="OldValues">Mixed V(s) when acting, [N].</param>
/// <param name="ExtrinsicAdvantages">As they stand in the outer loss, [N].</param>
public sealed record LirpgBatch(
    Tensor Observations, Tensor Actions, Tensor OldNegativeLogProbabilities, Tensor OldValues, Tensor ExtrinsicAdvantages);

/// <summary>One step of <see cref="Lirpg"/> over tensors of either precision, differentiable through the step.</summary>
public static class LirpgGraph
{
    /// <summary>Lines 6 to 9: the extrinsic policy loss after the policy's step, as a function of the mixed advantages that made the step.</summary>
    /// <param name="config">Hyper-parameters.</param>
    /// <param name="network">The policy and mixed value function.</param>
    /// <param name="optimizer">The rule of the step.</param>
    /// <param name="theta">Their parameters, flat.</param>
    /// <param name="state">The rule's state before the step.</param>
    /// <param name="learningRate">α.</param>
    /// <param name="clipRange">ε of both surrogates; infinity for A2C.</param>
    /// <param name="valueClip">ε of the value loss; infinity for none.</param>
    /// <param name="batch">The samples.</param>
    /// <param name="advantages">Mixed advantages before normalisation, [N]; what η acts through.</param>
    public static Tensor OuterLoss(
        LirpgConfig config, ActorCritic network, IOptimizer optimizer, Tensor theta, OptimizerState state, double learningRate, double clipRange,
        double valueClip, LirpgBatch batch, Tensor advantages)
    {
        var ppo = config.Optimizer == LirpgOptimizer.Ppo;
        var before = theta.detach().requires_grad_(true);
        var (nlp, values, entropy) = Evaluate(network, before, batch);
        var policyLoss = ppo
            ? PolicyGradients.ClippedSurrogate(
                nlp, batch.OldNegativeLogProbabilities, config.NormaliseAdvantages ? PolicyGradients.Normalise(advantages) : advantages, clipRange)
            : PolicyGradients.Plain(nlp, advantages);
        var valueLoss = PolicyGradients.ClippedValueLoss(values, batch.OldValues, advantages + batch.OldValues, valueClip);
        var loss = policyLoss + config.ValueCoefficient * valueLoss - config.EntropyCoefficient * entropy;
        var gradient = autograd.grad([loss], [before], create_graph: true, retain_graph: true)[0];
        var (after, _) = optimizer.Step(before, GlobalNorm.Clip(gradient, config.MaximumGradientNorm), state, learningRate);
        var (nextNlp, _, _) = Evaluate(network, after, batch);
        return PolicyGradients.ClippedSurrogate(
            nextNlp, ppo ? batch.OldNegativeLogProbabilities : nlp.detach(), batch.ExtrinsicAdvantages, clipRange);
    }

    private static (Tensor NegativeLogProbabilities, Tensor Values, Tensor Entropy) Evaluate(ActorCritic network, Tensor theta, LirpgBatch batch)
    {
        var (policy, values, logStandardDeviation) = network.Forward(theta, batch.Observations);
        return logStandardDeviation is null
            ? (Categorical.NegativeLogProbability(policy, batch.Actions), values, Categorical.Entropy(policy).mean())
            : (DiagonalGaussian.NegativeLogProbability(policy, logStandardDeviation, batch.Actions), values, DiagonalGaussian.Entropy(logStandardDeviation));
    }
}
