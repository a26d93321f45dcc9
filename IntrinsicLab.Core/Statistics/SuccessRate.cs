namespace IntrinsicLab.Core.Statistics;

/// <summary>Shares of successes.</summary>
public static class SuccessRate
{
    /// <summary>Wilson's interval (1927), which stays within 0 and 1 and is not empty at either.</summary>
    /// <param name="successes">How many succeeded.</param>
    /// <param name="count">Of how many, at least one.</param>
    /// <param name="confidence">Such as 0.95.</param>
    public static Interval Wilson(int successes, int count, double confidence = 0.95)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        var z = Normal.Quantile(1 - (1 - confidence) / 2);
        var rate = successes / (double)count;
        var scale = 1 + z * z / count;
        var centre = (rate + z * z / (2 * count)) / scale;
        var reach = z / scale * Math.Sqrt(rate * (1 - rate) / count + z * z / (4.0 * count * count));
        return new Interval(Math.Max(0, centre - reach), Math.Min(1, centre + reach));
    }
}
