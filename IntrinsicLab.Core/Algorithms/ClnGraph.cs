using IntrinsicLab.Core.Formulas;
using IntrinsicLab.Core.Networks;
using static TorchSharp.torch;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>A minibatch of the policy round of <see cref="Cln"/> as tensors.</summary>
/// <param name="Observations">[N, O].</param>
/// <param name="Actions">[N, A], or [N] indices as int64.</param>
/// <param name="OldNegativeLogProbabilities">−log π(a|s) when acting, [N].</param>
/// <param name="OldValues">V_in(s) when acting, [N].</param>
public sealed record ClnBatch(Tensor Observations, Tensor Actions, Tensor OldNegativeLogProbabilities, Tensor OldValues);

/// <summary>The policy round of <see cref="Cln"/> over tensors of either precision, differentiable with respect to both ways in which η enters it.</summary>
public static class ClnGraph
{
    /// <summary>−log π(a|s), values and mean entropy of a minibatch.</summary>
    /// <param name="network">Policy and value function.</param>
    /// <param name="theta">Their parameters, flat.</param>
    /// <param name="condition">What the policy is conditioned on, [D].</param>
    /// <param name="batch">The samples.</param>
    public static (Tensor NegativeLogProbabilities, Tensor Values, Tensor Entropy) Evaluate(
        ConditionalActorCritic network, Tensor theta, Tensor condition, ClnBatch batch)
    {
        var (policy, values, logStandardDeviation) = network.Forward(theta, condition, batch.Observations);
        return logStandardDeviation is null
            ? (Categorical.NegativeLogProbability(policy, batch.Actions), values, Categorical.Entropy(policy).mean())
            : (DiagonalGaussian.NegativeLogProbability(policy, logStandardDeviation, batch.Actions), values, DiagonalGaussian.Entropy(logStandardDeviation));
    }

    /// <summary>The loss of line 4.</summary>
    /// <param name="config">Hyper-parameters.</param>
    /// <param name="network">Policy and value function.</param>
    /// <param name="theta">Their parameters, flat.</param>
    /// <param name="condition">What the policy is conditioned on, [D].</param>
    /// <param name="batch">The samples.</param>
    /// <param name="advantages">Advantages before normalisation, [N]; values are trained towards them plus the old values.</param>
    /// <param name="clipRange">ε of the surrogate.</param>
    /// <param name="valueClip">ε of the value loss; infinity for none.</param>
    public static Tensor PolicyLoss(
        ClnConfig config, ConditionalActorCritic network, Tensor theta, Tensor condition, ClnBatch batch, Tensor advantages, double clipRange,
        double valueClip)
    {
        var (nlp, values, entropy) = Evaluate(network, theta, condition, batch);
        var policyLoss = PolicyGradients.ClippedSurrogate(
            nlp, batch.OldNegativeLogProbabilities, config.NormaliseAdvantages ? PolicyGradients.Normalise(advantages) : advantages, clipRange);
        var valueLoss = PolicyGradients.ClippedValueLoss(values, batch.OldValues, advantages + batch.OldValues, valueClip);
        return policyLoss + config.ValueCoefficient * valueLoss - config.EntropyCoefficient * entropy;
    }

    /// <summary>
    /// Line 11: the slope of that loss along a direction w of θ, differentiated once more. With w = (∂θ′/∂∇L)ᵀ·q it is what η did to the
    /// extrinsic loss through the step that made θ′: through the policy's condition (equation 12) and through the advantages (equation 13).
    /// </summary>
    /// <param name="config">Hyper-parameters.</param>
    /// <param name="network">Policy and value function.</param>
    /// <param name="theta">Their parameters before the step, flat.</param>
    /// <param name="condition">What the policy was conditioned on, [D].</param>
    /// <param name="batch">The samples of the step.</param>
    /// <param name="advantages">Their advantages before normalisation, [N].</param>
    /// <param name="direction">w, flat.</param>
    /// <param name="clipRange">ε of the surrogate.</param>
    /// <param name="valueClip">ε of the value loss; infinity for none.</param>
    /// <returns>∂⟨w, ∇_θ L⟩ with respect to the condition, [D], and to the advantages, [N].</returns>
    public static (Tensor OfCondition, Tensor OfAdvantages) AlongStep(
        ClnConfig config, ConditionalActorCritic network, Tensor theta, Tensor condition, ClnBatch batch, Tensor advantages, Tensor direction,
        double clipRange, double valueClip)
    {
        using var scope = NewDisposeScope();
        var (at, given, paid) = (
            theta.detach().requires_grad_(true), condition.detach().requires_grad_(true), advantages.detach().requires_grad_(true));
        var loss = PolicyLoss(config, network, at, given, batch, paid, clipRange, valueClip);
        var gradient = autograd.grad([loss], [at], create_graph: true, retain_graph: true)[0];
        var mixed = autograd.grad([(gradient * direction).sum()], [given, paid]);
        return (mixed[0].MoveToOuterDisposeScope(), mixed[1].MoveToOuterDisposeScope());
    }
}
