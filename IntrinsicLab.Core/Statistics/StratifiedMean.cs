namespace IntrinsicLab.Core.Statistics;

/// <summary>
/// Mean over tasks of the means over runs, each task weighing the same, and how sure it is. The degrees of freedom are Welch and
/// Satterthwaite's, since tasks differ in spread.
/// </summary>
/// <param name="Mean">The mean.</param>
/// <param name="StandardError">Its standard error; null where a task has fewer than two runs.</param>
/// <param name="Interval">Its t interval; null likewise, or where nothing varies.</param>
public sealed record StratifiedMean(double Mean, double? StandardError, Interval? Interval)
{
    /// <summary>The mean of a table; of one task the plain mean with its usual t interval.</summary>
    /// <param name="scores">Scores, of several tasks normalised.</param>
    /// <param name="confidence">Of the interval.</param>
    public static StratifiedMean Of(ScoreTable scores, double confidence = 0.95)
    {
        var (mean, variance, weight) = (0.0, 0.0, 0.0);
        for (var task = 0; task < scores.Tasks; task++)
        {
            mean += Aggregates.Mean(scores[task]) / scores.Tasks;
            var part = Math.Pow(Aggregates.StandardDeviation(scores[task]), 2) / scores[task].Length;
            variance += part;
            weight += part * part / (scores[task].Length - 1);
        }
        if (double.IsNaN(variance))
            return new StratifiedMean(mean, null, null);
        var error = Math.Sqrt(variance) / scores.Tasks;
        var reach = variance == 0 ? 0 : error * StudentT.Quantile(1 - (1 - confidence) / 2, variance * variance / weight);
        return new StratifiedMean(mean, error, new Interval(mean - reach, mean + reach));
    }

    /// <summary>Welch's test of two methods on the same tasks: the difference of the means over its standard error.</summary>
    /// <param name="x">One method.</param>
    /// <param name="y">The other, with the same tasks in the same order.</param>
    /// <param name="confidence">Of the interval.</param>
    /// <returns>Null where a task has fewer than two runs of either, or nothing varies.</returns>
    public static WelchTest? Welch(ScoreTable x, ScoreTable y, double confidence = 0.95)
    {
        if (x.Tasks != y.Tasks)
            throw new ArgumentException($"{x.Tasks} tasks cannot be compared with {y.Tasks}.", nameof(y));
        var (difference, variance, weight) = (0.0, 0.0, 0.0);
        for (var task = 0; task < x.Tasks; task++)
        {
            difference += (Aggregates.Mean(x[task]) - Aggregates.Mean(y[task])) / x.Tasks;
            var (a, b) = (Part(x[task]), Part(y[task]));
            variance += a + b;
            weight += a * a / (x[task].Length - 1) + b * b / (y[task].Length - 1);
        }
        if (!(variance > 0))
            return null;
        var error = Math.Sqrt(variance) / x.Tasks;
        var (t, degrees) = (difference / error, variance * variance / weight);
        var reach = error * StudentT.Quantile(1 - (1 - confidence) / 2, degrees);
        return new WelchTest(difference, error, t, degrees, StudentT.TwoSided(t, degrees), new Interval(difference - reach, difference + reach));

        static double Part(ReadOnlySpan<double> scores) => Math.Pow(Aggregates.StandardDeviation(scores), 2) / scores.Length;
    }
}
