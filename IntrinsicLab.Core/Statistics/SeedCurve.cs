namespace IntrinsicLab.Core.Statistics;

/// <summary>One seed's learning curve.</summary>
/// <param name="X">Ascending places: steps, episodes or seconds.</param>
/// <param name="Y">Values there; NaN where nothing was measured.</param>
public sealed record SeedCurve(double[] X, double[] Y)
{
    /// <summary>
    /// The run's final score: the mean over the last share of the budget, never the best of training. NaN where it did not get there.
    /// </summary>
    /// <param name="budget">Where training ends on the x axis.</param>
    /// <param name="share">Such as 0.1 for the last tenth.</param>
    public double Final(double budget, double share)
    {
        var (sum, count) = (0.0, 0);
        for (var index = 0; index < X.Length; index++)
        {
            if (X[index] <= budget * (1 - share) || X[index] > budget || double.IsNaN(Y[index]))
                continue;
            sum += Y[index];
            count++;
        }
        return count == 0 ? double.NaN : sum / count;
    }
}
