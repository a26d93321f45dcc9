using System.Runtime.CompilerServices;

namespace IntrinsicLab.Core.Statistics;

/// <summary>Mann and Whitney's test (1947) of whether one group tends to be larger, from ranks alone; ties count half.</summary>
/// <param name="U">Pairs in which x is larger.</param>
/// <param name="P">Two-sided p-value.</param>
/// <param name="Exact">From all splits; otherwise from the normal approximation with correction for ties and continuity.</param>
public sealed record MannWhitneyTest(double U, double P, bool Exact)
{
    private const double Slack = 1e-12;

    /// <summary>Tests two groups; null where one is empty. Exact up to 200,000 splits.</summary>
    public static MannWhitneyTest? Of(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        if (x.IsEmpty || y.IsEmpty)
            return null;
        var (n, m) = (x.Length, y.Length);
        double[] pooled = [.. x, .. y];
        var ranks = Ranks(pooled);
        var u = PairsWon(ranks.AsSpan(0, n));
        var far = Math.Abs(u - n * m / 2.0) - Slack;
        if (Splits.Count(n, m) is var count && count <= Splits.Most)
        {
            var extreme = Splits.CountFar(ranks, n, [MethodImpl(MethodImplOptions.AggressiveOptimization)] (sum) => Math.Abs(sum - n * (n + 1) / 2.0 - n * m / 2.0), far);
            return new MannWhitneyTest(u, extreme / (double)count, Exact: true);
        }
        var total = (double)(n + m);
        var ties = pooled.GroupBy(value => value).Sum(group => Math.Pow(group.Count(), 3) - group.Count());
        var deviation = Math.Sqrt(n * m / 12.0 * (total + 1 - ties / (total * (total - 1))));
        var z = Math.Max(0, Math.Abs(u - n * m / 2.0) - 0.5) / deviation;
        return new MannWhitneyTest(u, deviation == 0 ? 1 : Math.Min(1, 2 * Normal.Cumulative(-z)), Exact: false);
    }

    private static double PairsWon(ReadOnlySpan<double> ranks)
    {
        var sum = 0.0;
        foreach (var rank in ranks)
            sum += rank;
        return sum - ranks.Length * (ranks.Length + 1) / 2.0;
    }

    // From 1; equal values share the mean of the ranks they take together.
    private static double[] Ranks(double[] values)
    {
        var order = Enumerable.Range(0, values.Length).OrderBy(index => values[index]).ToArray();
        var ranks = new double[values.Length];
        for (int from = 0, to; from < order.Length; from = to)
        {
            to = from + 1;
            while (to < order.Length && values[order[to]] == values[order[from]])
                to++;
            for (var place = from; place < to; place++)
                ranks[order[place]] = (from + 1 + to) / 2.0;
        }
        return ranks;
    }
}
