using System.Runtime.CompilerServices;

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
    private const int DrawsOfSeveral = 20_000;

    // Sums of the same numbers in another order differ in the last bits and have to count as equal.
    private const double Slack = 1e-12;

    /// <summary>The smallest p-value that groups of these sizes can reach.</summary>
    public static double SmallestP(int n, int m) =>
        Statistics.Splits.Count(n, m) is var count && count > Statistics.Splits.Most ? 1.0 / (Draws + 1) : (n == m ? 2.0 : 1.0) / count;

    /// <summary>The smallest p-value that two methods on these tasks can reach.</summary>
    public static double SmallestP(ScoreTable x, ScoreTable y) => x.Tasks == 1 ? SmallestP(x[0].Length, y[0].Length) : 1.0 / (DrawsOfSeveral + 1);

    /// <summary>Tests two groups; null where one is empty. Exact up to 200,000 splits.</summary>
    /// <param name="x">One group.</param>
    /// <param name="y">The other.</param>
    /// <param name="seed">Of the draws where the test is not exact.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static PermutationTest? Of(ReadOnlySpan<double> x, ReadOnlySpan<double> y, ulong seed = 0)
    {
        if (x.IsEmpty || y.IsEmpty)
            return null;
        double[] pooled = [.. x, .. y];
        var n = x.Length;
        var (total, slack) = (pooled.Sum(), Slack * Math.Max(1, pooled.Max(Math.Abs)));
        var difference = Aggregates.Mean(x) - Aggregates.Mean(y);
        var far = Math.Abs(difference) - slack;
        if (Statistics.Splits.Count(n, y.Length) is var count && count <= Statistics.Splits.Most)
        {
            var all = Statistics.Splits.CountFar(pooled, n, Distance, far);
            return new PermutationTest(difference, all / (double)count, Exact: true, all, (int)count);
        }
        var (generator, extreme) = (new SplitMix64(seed), 0);
        for (var draw = 0; draw < Draws; draw++)
        {
            Statistics.Splits.Draw(pooled, n, ref generator);
            var sum = 0.0;
            for (var index = 0; index < n; index++)
                sum += pooled[index];
            extreme += Distance(sum) >= far ? 1 : 0;
        }
        return new PermutationTest(difference, (1.0 + extreme) / (1.0 + Draws), Exact: false, extreme, Draws);

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        double Distance(double sum) => Math.Abs(sum / n - (total - sum) / (pooled.Length - n));
    }

    /// <summary>
    /// Tests two methods on the same tasks: within each task the runs are split anew, and the mean over tasks of the differences counts. Of one
    /// task the test above; of several always drawn.
    /// </summary>
    /// <param name="x">One method.</param>
    /// <param name="y">The other, with the same tasks in the same order.</param>
    /// <param name="seed">Of the draws where the test is not exact.</param>
    /// <param name="cancellation">Ends the work early.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static PermutationTest? Of(ScoreTable x, ScoreTable y, ulong seed = 0, CancellationToken cancellation = default)
    {
        if (x.Tasks != y.Tasks)
            throw new ArgumentException($"{x.Tasks} tasks cannot be compared with {y.Tasks}.", nameof(y));
        if (x.Tasks == 1)
            return Of(x[0], y[0], seed);
        var (pooled, totals, largest, difference) = (new double[x.Tasks][], new double[x.Tasks], 1.0, 0.0);
        for (var task = 0; task < x.Tasks; task++)
        {
            pooled[task] = [.. x[task], .. y[task]];
            totals[task] = pooled[task].Sum();
            largest = Math.Max(largest, pooled[task].Max(Math.Abs));
            difference += (Aggregates.Mean(x[task]) - Aggregates.Mean(y[task])) / x.Tasks;
        }
        var (far, generator, extreme) = (Math.Abs(difference) - Slack * largest, new SplitMix64(seed), 0);
        for (var draw = 0; draw < DrawsOfSeveral; draw++)
        {
            if (draw % 1024 == 0)
                cancellation.ThrowIfCancellationRequested();
            var found = 0.0;
            for (var task = 0; task < pooled.Length; task++)
            {
                var (values, n, sum) = (pooled[task], x[task].Length, 0.0);
                Statistics.Splits.Draw(values, n, ref generator);
                for (var index = 0; index < n; index++)
                    sum += values[index];
                found += sum / n - (totals[task] - sum) / (values.Length - n);
            }
            extreme += Math.Abs(found / pooled.Length) >= far ? 1 : 0;
        }
        return new PermutationTest(difference, (1.0 + extreme) / (1.0 + DrawsOfSeveral), Exact: false, extreme, DrawsOfSeveral);
    }
}
