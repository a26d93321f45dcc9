using System.Runtime.CompilerServices;

namespace IntrinsicLab.Core.Statistics;

/// <summary>
/// P(X &gt; Y): how likely a run of one method beats a run of another on the same task, ties counting half, averaged over tasks (Agarwal et
/// al. 2021); the Mann-Whitney U of X over the number of pairs, and Vargha and Delaney's A₁₂ for one task.
/// </summary>
public static class ProbabilityOfImprovement
{
    /// <summary>Of two tables with the same tasks in the same order.</summary>
    /// <exception cref="ArgumentException">They have different numbers of tasks.</exception>
    public static double Of(ScoreTable x, ScoreTable y)
    {
        if (x.Tasks != y.Tasks)
            throw new ArgumentException($"{x.Tasks} tasks cannot be compared with {y.Tasks}.", nameof(y));
        var sum = 0.0;
        for (var task = 0; task < x.Tasks; task++)
            sum += Of(x[task], y[task]);
        return sum / x.Tasks;
    }

    /// <summary>Of two lists of scores on one task.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double Of(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        var wins = 0.0;
        foreach (var left in x)
            foreach (var right in y)
                wins += left > right ? 1 : left == right ? 0.5 : 0;
        return wins / ((double)x.Length * y.Length);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static double Of(ReadOnlySpan<double> x, int[] runsOfX, ReadOnlySpan<double> y, int[] runsOfY)
    {
        var sum = 0.0;
        for (var task = 0; task < runsOfX.Length; task++)
        {
            sum += Of(x[..runsOfX[task]], y[..runsOfY[task]]);
            x = x[runsOfX[task]..];
            y = y[runsOfY[task]..];
        }
        return sum / runsOfX.Length;
    }
}
