namespace IntrinsicLab.Core.Statistics;

/// <summary>Exact binomial test of a share.</summary>
public static class BinomialTest
{
    /// <summary>Twice the smaller tail, at most 1: how likely so few or so many successes are were the share the given one.</summary>
    /// <param name="successes">How many succeeded.</param>
    /// <param name="count">Of how many, at least one.</param>
    /// <param name="share">The share, between 0 and 1.</param>
    public static double TwoSided(int successes, int count, double share)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        // P(K ≥ k) of a binomial K is the regularised incomplete beta function of k and n − k + 1 at the share.
        var most = successes == 0 ? 1 : IncompleteBeta.Regularised(successes, count - successes + 1, share);
        var least = successes == count ? 1 : IncompleteBeta.Regularised(count - successes, successes + 1, 1 - share);
        return Math.Min(1, 2 * Math.Min(most, least));
    }
}
