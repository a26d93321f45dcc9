namespace IntrinsicLab.Core.Statistics;

/// <summary>What share of scores lies above each threshold (Dolan and Moré 2002; Agarwal et al. 2021).</summary>
public static class PerformanceProfile
{
    /// <summary>Share of all scores strictly above each threshold.</summary>
    public static double[] OfRuns(ScoreTable scores, IReadOnlyList<double> thresholds)
    {
        var flat = new double[scores.Count];
        scores.CopyTo(flat);
        return [.. thresholds.Select(threshold => flat.Count(score => score > threshold) / (double)flat.Length)];
    }

    /// <summary>Share of tasks whose mean score lies strictly above each threshold.</summary>
    public static double[] OfTaskMeans(ScoreTable scores, IReadOnlyList<double> thresholds)
    {
        var means = Enumerable.Range(0, scores.Tasks).Select(task => Aggregates.Mean(scores[task])).ToArray();
        return [.. thresholds.Select(threshold => means.Count(mean => mean > threshold) / (double)means.Length)];
    }
}
