using System.Numerics;

namespace IntrinsicLab.Core.Formulas;

/// <summary>
/// Actions a = tanh(u), u = m + σ·ε, ε standard normal: a Gaussian squeezed into (−1, 1) component by component, with log-probabilities that stay
/// right however far out u lies, and gradients through the sample itself (Haarnoja et al. 2018, "Soft Actor-Critic Algorithms and Applications",
/// appendix C).
/// </summary>
/// <remarks>
/// A network puts out means m and then raw numbers ρ, [N, 2A]; the log-deviation is bounded, log σ = low + (high − low)/2·(tanh ρ + 1) (Yarats and
/// Kostrikov 2020). Nothing here inverts a tanh: near ±1 that would lose every digit.
/// </remarks>
public static class SquashedGaussian
{
    private static readonly double HalfLogTwoPi = 0.5 * Math.Log(2 * Math.PI);
    private static readonly double LogTwo = Math.Log(2);

    /// <summary>tanh(u) and log(1 − tanh²u) = 2·(log 2 − u − softplus(−2u)), from one exponential and without cancellation.</summary>
    /// <param name="u">Any finite number.</param>
    public static (T Tanh, T LogSlope) Squash<T>(T u) where T : IFloatingPointIeee754<T>
    {
        var size = T.Abs(u);
        var decay = T.Exp(-(size + size));
        var tanh = T.CopySign((T.One - decay) / (T.One + decay), u);
        var half = T.CreateTruncating(LogTwo) - size - T.Log(T.One + decay);
        return (tanh, half + half);
    }

    /// <summary>log π(tanh u) of one component.</summary>
    /// <param name="mean">m.</param>
    /// <param name="logDeviation">log σ.</param>
    /// <param name="u">What was squeezed.</param>
    public static T LogProbability<T>(T mean, T logDeviation, T u) where T : IFloatingPointIeee754<T>
    {
        var standardised = (u - mean) * T.Exp(-logDeviation);
        return -T.CreateTruncating(0.5) * standardised * standardised - logDeviation - T.CreateTruncating(HalfLogTwoPi) - Squash(u).LogSlope;
    }

    /// <summary>The bounded log-deviation that a raw number stands for.</summary>
    /// <param name="raw">ρ.</param>
    /// <param name="low">Lower bound.</param>
    /// <param name="high">Upper bound.</param>
    public static T LogDeviation<T>(T raw, T low, T high) where T : IFloatingPointIeee754<T> =>
        low + T.CreateTruncating(0.5) * (high - low) * (Squash(raw).Tanh + T.One);

    /// <summary>Actions and their log-probabilities for given noise.</summary>
    /// <param name="outputs">m and ρ of every row, [N, 2A].</param>
    /// <param name="noise">ε, [N, A].</param>
    /// <param name="low">Lower bound of the log-deviation.</param>
    /// <param name="high">Upper bound.</param>
    /// <param name="actions">Receives a, [N, A].</param>
    /// <param name="logDeviations">Receives log σ, [N, A].</param>
    /// <param name="deviations">Receives σ, [N, A].</param>
    /// <param name="logProbabilities">Receives log π(a), [N].</param>
    public static void Sample<T>(
        ReadOnlySpan<T> outputs, ReadOnlySpan<T> noise, T low, T high, Span<T> actions, Span<T> logDeviations, Span<T> deviations,
        Span<T> logProbabilities)
        where T : IFloatingPointIeee754<T>
    {
        var size = noise.Length / logProbabilities.Length;
        var (half, constant) = (T.CreateTruncating(0.5), T.CreateTruncating(HalfLogTwoPi));
        for (var row = 0; row < logProbabilities.Length; row++)
        {
            var logProbability = T.Zero;
            for (var j = 0; j < size; j++)
            {
                var at = row * size + j;
                var logDeviation = LogDeviation(outputs[2 * row * size + size + j], low, high);
                var deviation = T.Exp(logDeviation);
                var (action, logSlope) = Squash(outputs[2 * row * size + j] + deviation * noise[at]);
                logProbability -= half * noise[at] * noise[at] + logDeviation + constant + logSlope;
                (actions[at], logDeviations[at], deviations[at]) = (action, logDeviation, deviation);
            }
            logProbabilities[row] = logProbability;
        }
    }

    /// <summary>
    /// Gradient of mean[α·log π(a) − Q(a)] with respect to the network's outputs, through the sample: for each component, with G = dQ/da,
    /// d/dm = 2α·a − (1 − a²)·G, d/dlog σ = d/dm·σ·ε − α and d/dρ = d/dlog σ·(high − low)/2·(1 − tanh²ρ).
    /// </summary>
    /// <param name="noise">ε, [N, A].</param>
    /// <param name="actions">a, [N, A].</param>
    /// <param name="logDeviations">log σ, [N, A].</param>
    /// <param name="deviations">σ, [N, A].</param>
    /// <param name="low">Lower bound of the log-deviation.</param>
    /// <param name="high">Upper bound.</param>
    /// <param name="temperature">α.</param>
    /// <param name="actionGradient">G, of each row's own Q and not divided by N, [N, A].</param>
    /// <param name="outputGradient">Receives the gradient with respect to m and ρ, [N, 2A].</param>
    /// <param name="rows">N.</param>
    public static void Gradient<T>(
        ReadOnlySpan<T> noise, ReadOnlySpan<T> actions, ReadOnlySpan<T> logDeviations, ReadOnlySpan<T> deviations, T low, T high, T temperature,
        ReadOnlySpan<T> actionGradient, Span<T> outputGradient, int rows)
        where T : IFloatingPointIeee754<T>
    {
        var size = noise.Length / rows;
        var (share, half) = (T.One / T.CreateTruncating(rows), T.CreateTruncating(0.5) * (high - low));
        for (var row = 0; row < rows; row++)
            for (var j = 0; j < size; j++)
            {
                var at = row * size + j;
                var action = actions[at];
                var ofMean = (temperature + temperature) * action - (T.One - action * action) * actionGradient[at];
                var squeezed = half == T.Zero ? T.Zero : (logDeviations[at] - low) / half - T.One;
                var ofLogDeviation = ofMean * deviations[at] * noise[at] - temperature;
                outputGradient[2 * row * size + j] = share * ofMean;
                outputGradient[2 * row * size + size + j] = share * ofLogDeviation * half * (T.One - squeezed * squeezed);
            }
    }
}
