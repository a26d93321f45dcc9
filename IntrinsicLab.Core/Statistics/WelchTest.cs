namespace IntrinsicLab.Core.Statistics;

/// <summary>Welch's test of equal means where variances may differ (Welch 1947).</summary>
/// <param name="Difference">Mean of x minus mean of y.</param>
/// <param name="StandardError">Standard error of the difference.</param>
/// <param name="T">Test statistic.</param>
/// <param name="DegreesOfFreedom">After Welch and Satterthwaite.</param>
/// <param name="P">Two-sided p-value.</param>
/// <param name="Interval">Interval of the difference.</param>
public sealed record WelchTest(double Difference, double StandardError, double T, double DegreesOfFreedom, double P, Interval Interval)
{
    /// <summary>Tests two groups; null where one has fewer than two values or neither varies.</summary>
    /// <param name="x">One group.</param>
    /// <param name="y">The other.</param>
    /// <param name="confidence">Of the interval, such as 0.95.</param>
    public static WelchTest? Of(ReadOnlySpan<double> x, ReadOnlySpan<double> y, double confidence = 0.95)
    {
        if (x.Length < 2 || y.Length < 2)
            return null;
        var (deviationOfX, deviationOfY) = (Aggregates.StandardDeviation(x), Aggregates.StandardDeviation(y));
        var (a, b) = (deviationOfX * deviationOfX / x.Length, deviationOfY * deviationOfY / y.Length);
        if (a + b == 0)
            return null;
        var difference = Aggregates.Mean(x) - Aggregates.Mean(y);
        var error = Math.Sqrt(a + b);
        var t = difference / error;
        var degrees = (a + b) * (a + b) / (a * a / (x.Length - 1) + b * b / (y.Length - 1));
        var reach = error * StudentT.Quantile(1 - (1 - confidence) / 2, degrees);
        return new WelchTest(
            difference, error, t, degrees, StudentT.TwoSided(t, degrees), new Interval(difference - reach, difference + reach));
    }
}
