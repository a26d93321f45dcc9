using System.Runtime.CompilerServices;

namespace IntrinsicLab.Core.Statistics;

/// <summary>One number for the scores of a method (Agarwal, Schwarzer, Castro, Courville and Bellemare 2021).</summary>
public enum Aggregate
{
    /// <summary>Mean over tasks of the means over runs.</summary>
    Mean,

    /// <summary>Median over tasks of the means over runs; of a single task the median over its runs.</summary>
    Median,

    /// <summary>Interquartile mean: the mean of the middle half of all scores.</summary>
    Iqm,

    /// <summary>How far scores stay below 1 on average; what is above 1 earns nothing.</summary>
    OptimalityGap,
}

/// <summary>Computes <see cref="Aggregate"/>s.</summary>
public static class Aggregates
{
    /// <summary>The aggregate of a table.</summary>
    public static double Of(Aggregate aggregate, ScoreTable scores)
    {
        var flat = new double[scores.Count];
        scores.CopyTo(flat);
        var runs = new int[scores.Tasks];
        for (var task = 0; task < runs.Length; task++)
            runs[task] = scores[task].Length;
        return Of(aggregate, flat, runs);
    }

    /// <summary>The aggregate of scores that lie task by task; they may be reordered.</summary>
    /// <param name="aggregate">Which.</param>
    /// <param name="scores">All scores.</param>
    /// <param name="runs">Number of scores of each task.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static double Of(Aggregate aggregate, Span<double> scores, ReadOnlySpan<int> runs) => aggregate switch
    {
        Aggregate.Mean => MeanOfTaskMeans(scores, runs),
        Aggregate.Median => runs.Length == 1 ? Median(scores) : MedianOfTaskMeans(scores, runs),
        Aggregate.Iqm => InterquartileMean(scores),
        Aggregate.OptimalityGap => OptimalityGap(scores, 1.0),
        _ => throw new ArgumentOutOfRangeException(nameof(aggregate)),
    };

    /// <summary>
    /// Mean of what is left after dropping ⌊n/4⌋ values at each end; no value counts in part. Below four values nothing is dropped.
    /// </summary>
    /// <param name="values">At least one; they may be reordered.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double InterquartileMean(Span<double> values)
    {
        values.Sort();
        var trimmed = values.Length / 4;
        return Mean(values[trimmed..^trimmed]);
    }

    /// <summary>γ − mean(min(score, γ)).</summary>
    /// <param name="scores">At least one.</param>
    /// <param name="gamma">Score from which on nothing more is earned.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double OptimalityGap(ReadOnlySpan<double> scores, double gamma)
    {
        var sum = 0.0;
        foreach (var score in scores)
            sum += Math.Min(score, gamma);
        return gamma - sum / scores.Length;
    }

    /// <summary>The arithmetic mean.</summary>
    /// <param name="values">At least one.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double Mean(ReadOnlySpan<double> values)
    {
        var sum = 0.0;
        foreach (var value in values)
            sum += value;
        return sum / values.Length;
    }

    /// <summary>The standard deviation with n − 1; NaN below two values.</summary>
    public static double StandardDeviation(ReadOnlySpan<double> values)
    {
        if (values.Length < 2)
            return double.NaN;
        var mean = Mean(values);
        var squares = 0.0;
        foreach (var value in values)
            squares += (value - mean) * (value - mean);
        return Math.Sqrt(squares / (values.Length - 1));
    }

    /// <summary>The median.</summary>
    /// <param name="values">At least one; they may be reordered.</param>
    public static double Median(Span<double> values)
    {
        values.Sort();
        return Quantile.MedianOfSorted(values);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double MeanOfTaskMeans(ReadOnlySpan<double> scores, ReadOnlySpan<int> runs)
    {
        var sum = 0.0;
        foreach (var count in runs)
        {
            sum += Mean(scores[..count]);
            scores = scores[count..];
        }
        return sum / runs.Length;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double MedianOfTaskMeans(ReadOnlySpan<double> scores, ReadOnlySpan<int> runs)
    {
        Span<double> means = runs.Length <= 128 ? stackalloc double[runs.Length] : new double[runs.Length];
        for (var task = 0; task < runs.Length; task++)
        {
            means[task] = Mean(scores[..runs[task]]);
            scores = scores[runs[task]..];
        }
        return Median(means);
    }
}
