using System.Numerics;
using System.Runtime.InteropServices;

namespace IntrinsicLab.Core.Formulas;

/// <summary>
/// What soft actor-critic learners compute from the outputs of two critics and a policy whose entropy is worth α (Haarnoja et al. 2018, "Soft
/// Actor-Critic Algorithms and Applications"; with expectations over discrete actions, Christodoulou 2019, "Soft Actor-Critic for Discrete Action
/// Settings").
/// </summary>
public static class SoftValues
{
    /// <summary>Of every row min(Q₁, Q₂) − α·log π, the soft value of a state as one action drawn there tells it.</summary>
    /// <param name="logProbabilities">log π of that action, [N].</param>
    /// <param name="first">Q₁, [N].</param>
    /// <param name="second">Q₂, [N].</param>
    /// <param name="temperature">α.</param>
    /// <param name="values">Receives the values, [N].</param>
    public static void Sampled<T>(ReadOnlySpan<T> logProbabilities, ReadOnlySpan<T> first, ReadOnlySpan<T> second, T temperature, Span<T> values)
        where T : IFloatingPointIeee754<T>
    {
        for (var row = 0; row < values.Length; row++)
            values[row] = T.Min(first[row], second[row]) - temperature * logProbabilities[row];
    }

    /// <summary>y = r + γ·(1 − terminated)·V: what the critics should say.</summary>
    /// <param name="rewards">r, [N].</param>
    /// <param name="terminated">1 where the task ended with the step, else 0; a time limit is no end, [N].</param>
    /// <param name="values">V, the soft value of the next state by the target critics, [N].</param>
    /// <param name="discount">γ.</param>
    /// <param name="targets">Receives y, [N]; may be the same memory as V.</param>
    public static void Targets<T>(ReadOnlySpan<T> rewards, ReadOnlySpan<T> terminated, ReadOnlySpan<T> values, T discount, Span<T> targets)
        where T : IFloatingPointIeee754<T>
    {
        for (var row = 0; row < targets.Length; row++)
            targets[row] = rewards[row] + discount * (T.One - terminated[row]) * values[row];
    }

    /// <summary>log softmax of every row.</summary>
    /// <param name="logits">[N, A].</param>
    /// <param name="actions">A.</param>
    /// <param name="logProbabilities">Receives log π, [N, A].</param>
    public static void LogSoftmax<T>(ReadOnlySpan<T> logits, int actions, Span<T> logProbabilities) where T : IFloatingPointIeee754<T>
    {
        for (var at = 0; at < logits.Length; at += actions)
        {
            var highest = logits[at];
            for (var j = 1; j < actions; j++)
                highest = T.Max(highest, logits[at + j]);
            var sum = T.Zero;
            for (var j = 0; j < actions; j++)
                sum += T.Exp(logits[at + j] - highest);
            var offset = highest + T.Log(sum);
            for (var j = 0; j < actions; j++)
                logProbabilities[at + j] = logits[at + j] - offset;
        }
    }

    /// <summary>Of every row Σ_a π(a)·(min(Q₁, Q₂)(a) − α·log π(a)), the soft value of a state with discrete actions.</summary>
    /// <param name="logProbabilities">log π, [N, A].</param>
    /// <param name="first">Q₁, [N, A].</param>
    /// <param name="second">Q₂, [N, A].</param>
    /// <param name="temperature">α.</param>
    /// <param name="values">Receives the values, [N].</param>
    public static void Expected<T>(ReadOnlySpan<T> logProbabilities, ReadOnlySpan<T> first, ReadOnlySpan<T> second, T temperature, Span<T> values)
        where T : IFloatingPointIeee754<T>
    {
        var actions = logProbabilities.Length / values.Length;
        for (var row = 0; row < values.Length; row++)
        {
            var sum = T.Zero;
            for (var at = row * actions; at < (row + 1) * actions; at++)
                sum += T.Exp(logProbabilities[at]) * (T.Min(first[at], second[at]) - temperature * logProbabilities[at]);
            values[row] = sum;
        }
    }

    /// <summary>
    /// Gradient of mean Σ_a π(a)·(α·log π(a) − min(Q₁, Q₂)(a)) with respect to the logits: π(a)·(f(a) − Σ π·f)/N, f the bracket; α's own
    /// contribution through log π sums to zero.
    /// </summary>
    /// <param name="logProbabilities">log π, [N, A].</param>
    /// <param name="first">Q₁, [N, A].</param>
    /// <param name="second">Q₂, [N, A].</param>
    /// <param name="temperature">α.</param>
    /// <param name="rows">N.</param>
    /// <param name="gradient">Receives the gradient, [N, A].</param>
    /// <returns>The loss.</returns>
    public static T PolicyGradient<T>(
        ReadOnlySpan<T> logProbabilities, ReadOnlySpan<T> first, ReadOnlySpan<T> second, T temperature, int rows, Span<T> gradient)
        where T : IFloatingPointIeee754<T>
    {
        var (actions, share, loss) = (logProbabilities.Length / rows, T.One / T.CreateTruncating(rows), T.Zero);
        for (var row = 0; row < rows; row++)
        {
            var mean = T.Zero;
            for (var at = row * actions; at < (row + 1) * actions; at++)
                mean += T.Exp(logProbabilities[at]) * (temperature * logProbabilities[at] - T.Min(first[at], second[at]));
            for (var at = row * actions; at < (row + 1) * actions; at++)
                gradient[at] = share * T.Exp(logProbabilities[at]) * (temperature * logProbabilities[at] - T.Min(first[at], second[at]) - mean);
            loss += share * mean;
        }
        return loss;
    }

    /// <summary>Loss and gradient of a critic: mean (Q − y)².</summary>
    /// <param name="values">Q, [N].</param>
    /// <param name="targets">y, [N].</param>
    /// <param name="gradient">Receives 2·(Q − y)/N, [N].</param>
    /// <returns>The loss.</returns>
    public static T CriticLoss<T>(ReadOnlySpan<T> values, ReadOnlySpan<T> targets, Span<T> gradient) where T : IFloatingPointIeee754<T>
    {
        var (loss, share) = (T.Zero, T.One / T.CreateTruncating(values.Length));
        for (var row = 0; row < values.Length; row++)
        {
            var error = values[row] - targets[row];
            loss += share * error * error;
            gradient[row] = (share + share) * error;
        }
        return loss;
    }

    /// <summary>
    /// Derivative with respect to log α of −log α·(mean log π + H), H the entropy that is wanted: above 0 where the policy is more random than
    /// that, so that a step down lowers α.
    /// </summary>
    /// <param name="meanLogProbability">Mean of log π over the batch: minus the entropy.</param>
    /// <param name="targetEntropy">H.</param>
    public static double TemperatureGradient(double meanLogProbability, double targetEntropy) => -(meanLogProbability + targetEntropy);

    /// <summary>target ← τ·online + (1 − τ)·target; τ = 1 copies, τ = 0 changes nothing.</summary>
    /// <param name="online">Parameters that are learned.</param>
    /// <param name="target">Parameters that follow; overwritten.</param>
    /// <param name="tau">τ.</param>
    public static void Follow(ReadOnlySpan<float> online, Span<float> target, float tau)
    {
        var old = 1 - tau;
        var targets = MemoryMarshal.Cast<float, Vector<float>>(target);
        var followed = MemoryMarshal.Cast<float, Vector<float>>(online)[..targets.Length];
        for (var i = 0; i < targets.Length; i++)
            targets[i] = followed[i] * tau + targets[i] * old;
        for (var i = targets.Length * Vector<float>.Count; i < target.Length; i++)
            target[i] = online[i] * tau + target[i] * old;
    }
}
