namespace IntrinsicLab.Core.Statistics;

/// <summary>p-values adjusted for having looked more than once.</summary>
public static class MultipleComparisons
{
    /// <summary>Holm's step-down method (1979): controls the chance of any false finding.</summary>
    public static double[] Holm(IReadOnlyList<double> p)
    {
        var adjusted = new double[p.Count];
        var largest = 0.0;
        foreach (var (rank, index) in Ascending(p).Index())
            adjusted[index] = largest = Math.Max(largest, Math.Min(1, (p.Count - rank) * p[index]));
        return adjusted;
    }

    /// <summary>Benjamini and Hochberg's step-up method (1995): controls the expected share of false findings.</summary>
    public static double[] BenjaminiHochberg(IReadOnlyList<double> p)
    {
        var adjusted = new double[p.Count];
        var smallest = 1.0;
        foreach (var (rank, index) in Ascending(p).Index().Reverse())
            adjusted[index] = smallest = Math.Min(smallest, p.Count * p[index] / (rank + 1));
        return adjusted;
    }

    private static int[] Ascending(IReadOnlyList<double> p) => [.. Enumerable.Range(0, p.Count).OrderBy(index => p[index])];
}
