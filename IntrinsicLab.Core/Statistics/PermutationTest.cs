namespace IntrinsicLab.Core.Statistics;

/// <summary>
/// Permutation test of equal means (Fisher 1935): how often a random split of all values differs as much as the groups do.
/// </summary>
/// <param name="Difference">Mean of x minus mean of y.</param>
/// <param name="P">Two-sided p-value.</param>
/// <param name="Exact">All splits were counted; otherwise <paramref name="Splits"/> of them were drawn.</param>
/// <param name="AsExtreme">Splits that differ at least as much.</param>
/// <param name="Splits">Splits looked at.</param>
public sealed record PermutationTest(double Difference, double P, bool Exact, int AsExtreme, int Splits)
{
    private const int Draws = 100_000;

    // Sums of the same numbers in another order differ in the last bits and have to count as equal.
    private const double Slack = 1e-12;

    /// <summary>The smallest p-value that groups of these sizes can reach.</summary>
    public static double SmallestP(int n, int m) =>
        Statistics.Splits.Count(n, m) is var count && count > Statistics.Splits.Most ? 1.0 / (Draws + 1) : (n == m ? 2.0 : 1.0) / count;

    /// <summary>Tests two groups; null where one is empty. Exact up to 200,000 splits.</summary>
    /// <param name="x">One group.</param>
    /// <param name="y">The other.</param>
    /// <param name="seed">Of the draws where the test is not exact.</param>
    public static PermutationTest? Of(ReadOnlySpan<double> x, ReadOnlySpan<double> y, ulong seed = 0)
    {
        if (x.IsEmpty || y.IsEmpty)
            return null;
        double[] pooled = [.. x, .. y];
        var n = x.Length;
        var (total, slack) = (pooled.Sum(), Slack * Math.Max(1, pooled.Max(Math.Abs)));
        var difference = Aggregates.Mean(x) - Aggregates.Mean(y);
        var extreme = 0;
        if (Statistics.Splits.Count(n, y.Length) is var count && count <= Statistics.Splits.Most)
        {
            Statistics.Splits.ForEach(n, pooled.Length, chosen => extreme += IsExtreme(chosen.Sum(index => pooled[index])) ? 1 : 0);
            return new PermutationTest(difference, extreme / (double)count, Exact: true, extreme, (int)count);
        }
        var generator = new SplitMix64(seed);
        for (var draw = 0; draw < Draws; draw++)
        {
            Statistics.Splits.Draw(pooled, n, ref generator);
            var sum = 0.0;
            for (var index = 0; index < n; index++)
                sum += pooled[index];
            extreme += IsExtreme(sum) ? 1 : 0;
        }
        return new PermutationTest(difference, (1.0 + extreme) / (1.0 + Draws), Exact: false, extreme, Draws);

        bool IsExtreme(double sum) => Math.Abs(sum / n - (total - sum) / (pooled.Length - n)) >= Math.Abs(difference) - slack;
    }
}
