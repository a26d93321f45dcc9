using System.Runtime.CompilerServices;

namespace IntrinsicLab.Core.Statistics;

/// <summary>One seed's learning curve.</summary>
/// <param name="X">Ascending places: steps, episodes or seconds.</param>
/// <param name="Y">Values there; NaN where nothing was measured.</param>
public sealed record SeedCurve(double[] X, double[] Y)
{
    /// <summary>How many measured points each value is the mean of; null where each is one.</summary>
    public double[]? Weights { get; init; }

    /// <summary>The curve with another scale of scores.</summary>
    /// <param name="floor">Score that becomes 0.</param>
    /// <param name="ceiling">Score that becomes 1.</param>
    public SeedCurve Between(double floor, double ceiling) =>
        this with { Y = Array.ConvertAll(Y, score => Normalisation.Between(score, floor, ceiling)) };

    /// <summary>The values smoothed as <see cref="Smoothing.Exponential(ReadOnlySpan{double}, double)"/> would smooth the points they stand for.</summary>
    /// <param name="weight">Of the past, for each point.</param>
    public double[] Smoothed(double weight) => Weights is null ? Smoothing.Exponential(Y, weight) : Smoothing.Exponential(Y, weight, Weights);

    /// <summary>
    /// The run's final score: the mean over the last share of the budget, never the best of training. NaN where it did not get there.
    /// </summary>
    /// <param name="budget">Where training ends on the x axis.</param>
    /// <param name="share">Such as 0.1 for the last tenth.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public double Final(double budget, double share)
    {
        var (sum, count) = (0.0, 0.0);
        for (var index = 0; index < X.Length; index++)
        {
            if (X[index] <= budget * (1 - share) || X[index] > budget || double.IsNaN(Y[index]))
                continue;
            var weight = Weights is null ? 1 : Weights[index];
            sum += weight * Y[index];
            count += weight;
        }
        return count == 0 ? double.NaN : sum / count;
    }
}
