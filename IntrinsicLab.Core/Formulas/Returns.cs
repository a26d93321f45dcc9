using System.Numerics;

namespace IntrinsicLab.Core.Formulas;

/// <summary>
/// What experience was worth. Arrays are [T, B] flat and time-major (element (t, b) at t·B + b). <c>ended[t]</c> says that step t was the
/// last of its episode, so nothing that follows it counts; time limits count as ends unless the caller adds their value to the reward.
/// </summary>
public static class Returns
{
    /// <summary>
    /// Generalised advantage estimates (Schulman et al. 2016, "High-Dimensional Continuous Control Using Generalized Advantage
    /// Estimation", equations 11 to 16): δ_t = r_t + γ·V(s_{t+1})·(1 − ended_t) − V(s_t), A_t = δ_t + γλ·(1 − ended_t)·A_{t+1}.
    /// λ = 0 gives one-step temporal differences, λ = 1 the n-step return minus the value.
    /// </summary>
    /// <param name="rewards">r_t, [T, B].</param>
    /// <param name="values">V(s_t), [T, B].</param>
    /// <param name="ended">Whether step t ended its episode, [T, B].</param>
    /// <param name="nextValues">V(s_T) of the observations after the rollout, [B].</param>
    /// <param name="gamma">Discount γ per step.</param>
    /// <param name="lambda">Trace decay λ.</param>
    /// <param name="advantages">Receives A_t, [T, B].</param>
    /// <exception cref="ArgumentException">The lengths do not fit together.</exception>
    public static void GeneralizedAdvantages<T>(
        ReadOnlySpan<T> rewards, ReadOnlySpan<T> values, ReadOnlySpan<bool> ended, ReadOnlySpan<T> nextValues, T gamma, T lambda,
        Span<T> advantages)
        where T : IFloatingPointIeee754<T>
    {
        var environments = Environments(rewards.Length, nextValues.Length, values.Length, ended.Length, advantages.Length);
        for (var b = 0; b < environments; b++)
        {
            var nextValue = nextValues[b];
            var nextAdvantage = T.Zero;
            for (var i = rewards.Length - environments + b; i >= 0; i -= environments)
            {
                var continues = ended[i] ? T.Zero : T.One;
                var delta = rewards[i] + gamma * nextValue * continues - values[i];
                nextAdvantage = delta + gamma * lambda * continues * nextAdvantage;
                advantages[i] = nextAdvantage;
                nextValue = values[i];
            }
        }
    }

    /// <summary>
    /// n-step returns that reach to the end of the rollout (Mnih et al. 2016, "Asynchronous Methods for Deep Reinforcement Learning",
    /// algorithm S3): G_t = r_t + γ·(1 − ended_t)·G_{t+1}, G_T = V(s_T).
    /// </summary>
    /// <param name="rewards">r_t, [T, B].</param>
    /// <param name="ended">Whether step t ended its episode, [T, B].</param>
    /// <param name="nextValues">V(s_T) of the observations after the rollout, [B].</param>
    /// <param name="gamma">Discount γ per step.</param>
    /// <param name="returns">Receives G_t, [T, B].</param>
    /// <exception cref="ArgumentException">The lengths do not fit together.</exception>
    public static void NStep<T>(ReadOnlySpan<T> rewards, ReadOnlySpan<bool> ended, ReadOnlySpan<T> nextValues, T gamma, Span<T> returns)
        where T : IFloatingPointIeee754<T>
    {
        var environments = Environments(rewards.Length, nextValues.Length, ended.Length, returns.Length);
        for (var b = 0; b < environments; b++)
        {
            var next = nextValues[b];
            for (var i = rewards.Length - environments + b; i >= 0; i -= environments)
                returns[i] = next = rewards[i] + (ended[i] ? T.Zero : gamma * next);
        }
    }

    /// <summary>
    /// The part of the targets' variance that the values explain: 1 − Var(target − value) / Var(target). 1 is perfect, 0 as good as the
    /// mean, NaN where the targets do not vary.
    /// </summary>
    /// <param name="values">Predictions, [N].</param>
    /// <param name="targets">What they predict, [N].</param>
    public static double ExplainedVariance<T>(ReadOnlySpan<T> values, ReadOnlySpan<T> targets) where T : IFloatingPointIeee754<T>
    {
        if (values.Length != targets.Length || values.Length == 0)
            throw new ArgumentException($"{values.Length} values do not fit {targets.Length} targets.");
        double targetMean = 0, errorMean = 0;
        for (var i = 0; i < targets.Length; i++)
        {
            var (value, target) = (double.CreateTruncating(values[i]), double.CreateTruncating(targets[i]));
            targetMean += target;
            errorMean += target - value;
        }
        targetMean /= targets.Length;
        errorMean /= targets.Length;
        double targetVariance = 0, errorVariance = 0;
        for (var i = 0; i < targets.Length; i++)
        {
            var (value, target) = (double.CreateTruncating(values[i]), double.CreateTruncating(targets[i]));
            targetVariance += (target - targetMean) * (target - targetMean);
            errorVariance += (target - value - errorMean) * (target - value - errorMean);
        }
        return targetVariance == 0 ? double.NaN : 1 - errorVariance / targetVariance;
    }

    private static int Environments(int steps, int environments, params ReadOnlySpan<int> lengths)
    {
        if (environments == 0 || steps % environments != 0)
            throw new ArgumentException($"{steps} rewards are no multiple of {environments} environments.");
        foreach (var length in lengths)
            if (length != steps)
                throw new ArgumentException($"{length} elements were given where {steps} belong.");
        return environments;
    }
}
