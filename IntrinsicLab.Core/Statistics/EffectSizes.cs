namespace IntrinsicLab.Core.Statistics;

/// <summary>How large a difference between two groups is, apart from whether chance could have made it.</summary>
public static class EffectSizes
{
    /// <summary>Cliff's delta (1993): 2·A₁₂ − 1, from −1 to 1.</summary>
    public static double CliffsDelta(ReadOnlySpan<double> x, ReadOnlySpan<double> y) => 2 * ProbabilityOfImprovement.Of(x, y) - 1;

    /// <summary>Cohen's d: the difference of means in pooled standard deviations; NaN where neither group varies or one has one value.</summary>
    public static double CohensD(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        var (deviationOfX, deviationOfY) = (Aggregates.StandardDeviation(x), Aggregates.StandardDeviation(y));
        var pooled = Math.Sqrt(
            ((x.Length - 1) * deviationOfX * deviationOfX + (y.Length - 1) * deviationOfY * deviationOfY) / (x.Length + y.Length - 2));
        return pooled == 0 ? double.NaN : (Aggregates.Mean(x) - Aggregates.Mean(y)) / pooled;
    }

    /// <summary>Hedges' g (1981): Cohen's d with the correction 1 − 3/(4(n + m) − 9) for small groups.</summary>
    public static double HedgesG(ReadOnlySpan<double> x, ReadOnlySpan<double> y) =>
        CohensD(x, y) * (1 - 3.0 / (4.0 * (x.Length + y.Length) - 9));
}
