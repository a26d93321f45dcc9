using System.Runtime.CompilerServices;

namespace IntrinsicLab.Core.Statistics;

/// <summary>
/// Scores in ascending order. A resample is then how often each was drawn, and its interquartile mean or median is read off in one pass, to
/// the bit what sorting the resample would give.
/// </summary>
internal sealed class RankedScores
{
    private readonly double[] ascending;

    public RankedScores(ReadOnlySpan<double> scores)
    {
        ascending = scores.ToArray();
        Order = new int[ascending.Length];
        for (var index = 0; index < Order.Length; index++)
            Order[index] = index;
        Array.Sort(ascending, Order);
        Rank = new int[Order.Length];
        for (var rank = 0; rank < Order.Length; rank++)
            Rank[Order[rank]] = rank;
    }

    /// <summary>By rank, the place of the score.</summary>
    public int[] Order { get; }

    /// <summary>By place, the rank of the score.</summary>
    public int[] Rank { get; }

    /// <summary>Whether counts by rank are all that an aggregate needs.</summary>
    public static bool Answers(Aggregate aggregate, int tasks) => aggregate == Aggregate.Iqm || (aggregate == Aggregate.Median && tasks == 1);

    /// <summary>The aggregate of a resample.</summary>
    /// <param name="aggregate">One that <see cref="Answers"/> is true of.</param>
    /// <param name="times">How often each score was drawn, by rank.</param>
    /// <param name="total">Their sum.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public double Of(Aggregate aggregate, ReadOnlySpan<int> times, int total)
    {
        var (first, last) = Middle(aggregate, total);
        var (sum, seen) = (0.0, 0);
        for (var rank = 0; seen < last; rank++)
        {
            var before = seen;
            seen += times[rank];
            for (var copies = Math.Min(seen, last) - Math.Max(before, first); copies > 0; copies--)
                sum += ascending[rank];
        }
        return sum / (last - first);
    }

    /// <summary>The ranks, of a resample, whose mean the aggregate is: from the first up to, not including, the last.</summary>
    public static (int First, int Last) Middle(Aggregate aggregate, int total) =>
        aggregate == Aggregate.Iqm ? (total / 4, total - total / 4) : ((total - 1) / 2, total / 2 + 1);
}
