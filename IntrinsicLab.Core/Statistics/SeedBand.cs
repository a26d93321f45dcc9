namespace IntrinsicLab.Core.Statistics;

/// <summary>What a handful of seeds say about one number. Values that need more seeds than there are, are null.</summary>
public sealed record SeedBand
{
    /// <summary>Number of seeds.</summary>
    public required int Count { get; init; }

    /// <summary>Arithmetic mean.</summary>
    public double? Mean { get; init; }

    /// <summary>Standard deviation, with n − 1.</summary>
    public double? StandardDeviation { get; init; }

    /// <summary>Standard error of the mean.</summary>
    public double? StandardError { get; init; }

    /// <summary>Interval of the mean from Student's t.</summary>
    public Interval? StudentInterval { get; init; }

    /// <summary>Smallest value.</summary>
    public double? Minimum { get; init; }

    /// <summary>Largest value.</summary>
    public double? Maximum { get; init; }

    /// <summary>Median.</summary>
    public double? Median { get; init; }

    /// <summary>Interquartile mean.</summary>
    public double? Iqm { get; init; }

    /// <summary>Computes the band.</summary>
    /// <param name="values">One per seed, all finite; may be empty.</param>
    /// <param name="confidence">Of the interval, such as 0.95.</param>
    public static SeedBand Of(ReadOnlySpan<double> values, double confidence = 0.95)
    {
        if (values.IsEmpty)
            return new SeedBand { Count = 0 };
        var sorted = values.ToArray();
        Array.Sort(sorted);
        var mean = Aggregates.Mean(values);
        var band = new SeedBand
        {
            Count = values.Length,
            Mean = mean,
            Minimum = sorted[0],
            Maximum = sorted[^1],
            Median = Quantile.MedianOfSorted(sorted),
            Iqm = Aggregates.InterquartileMean(sorted),
        };
        if (values.Length < 2)
            return band;
        var deviation = Aggregates.StandardDeviation(values);
        var error = deviation / Math.Sqrt(values.Length);
        var reach = error * StudentT.Quantile(1 - (1 - confidence) / 2, values.Length - 1);
        return band with { StandardDeviation = deviation, StandardError = error, StudentInterval = new Interval(mean - reach, mean + reach) };
    }
}
