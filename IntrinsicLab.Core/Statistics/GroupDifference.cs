namespace IntrinsicLab.Core.Statistics;

/// <summary>Two methods' final scores on one task compared, from every side a reviewer may ask for.</summary>
/// <param name="Difference">Difference of the means, x − y, with its bootstrap interval; null where a group has fewer than two seeds.</param>
/// <param name="Improvement">P(X &gt; Y), see <see cref="ProbabilityOfImprovement"/>, with its bootstrap interval.</param>
/// <param name="Welch">Welch's test; null where it cannot be made.</param>
/// <param name="Permutation">Permutation test; null where it cannot be made.</param>
/// <param name="MannWhitney">Mann and Whitney's test; null where it cannot be made.</param>
/// <param name="HedgesG">Effect size; NaN where there is none.</param>
/// <param name="SmallestP">The smallest p-value that so few seeds can reach in a permutation test.</param>
public sealed record GroupDifference(
    Estimate Difference, Estimate Improvement, WelchTest? Welch, PermutationTest? Permutation, MannWhitneyTest? MannWhitney, double HedgesG, double SmallestP)
{
    /// <summary>Compares x with y.</summary>
    /// <param name="x">Final scores of one method, by seed, at least one.</param>
    /// <param name="y">Final scores of the other, at least one.</param>
    /// <param name="replicates">Bootstrap replicates.</param>
    /// <param name="cancellation">Ends the work early.</param>
    public static GroupDifference Of(double[] x, double[] y, int replicates = 50_000, CancellationToken cancellation = default) =>
        Of(ScoreTable.Of(x), ScoreTable.Of(y), replicates, cancellation);

    /// <summary>
    /// Compares x with y over the same tasks: means are means over tasks, every resampling stays within its task. The ranks of different tasks
    /// say nothing together, so that there is no Mann-Whitney test of several; the effect size is the mean of the tasks'.
    /// </summary>
    /// <param name="x">Final scores of one method, of several tasks normalised.</param>
    /// <param name="y">Final scores of the other, with the same tasks in the same order.</param>
    /// <param name="replicates">Bootstrap replicates.</param>
    /// <param name="cancellation">Ends the work early.</param>
    public static GroupDifference Of(ScoreTable x, ScoreTable y, int replicates = 50_000, CancellationToken cancellation = default)
    {
        var (flatOfX, flatOfY) = (new double[x.Count], new double[y.Count]);
        x.CopyTo(flatOfX);
        y.CopyTo(flatOfY);
        var seed = GroupCurve.Seed([flatOfX, flatOfY]);
        var difference = Aggregates.Of(Aggregate.Mean, x) - Aggregates.Of(Aggregate.Mean, y);
        var improvement = ProbabilityOfImprovement.Of(x, y);
        var tasks = Enumerable.Range(0, x.Tasks).ToList();
        var enough = tasks.TrueForAll(task => x[task].Length > 1 && y[task].Length > 1);
        return new GroupDifference(
            new Estimate(difference, enough
                ? Bounds(Bootstrap.ReplicatesOfDifference(Aggregate.Mean, x, y, replicates, seed, cancellation), difference)
                : null),
            new Estimate(improvement, enough
                ? Bounds(Bootstrap.ReplicatesOfImprovement(x, y, replicates, seed, cancellation), improvement)
                : null),
            x.Tasks == 1 ? WelchTest.Of(x[0], y[0]) : StratifiedMean.Welch(x, y),
            enough ? PermutationTest.Of(x, y, seed, cancellation) : null,
            enough && x.Tasks == 1 ? MannWhitneyTest.Of(x[0], y[0]) : null,
            enough ? tasks.Average(task => EffectSizes.HedgesG(x[task], y[task])) : double.NaN,
            PermutationTest.SmallestP(x, y));
    }

    /// <summary>Cliff's delta: 2·P(X &gt; Y) − 1, from −1 to 1.</summary>
    public double CliffsDelta => 2 * Improvement.Value - 1;

    private static Interval Bounds(double[] replicates, double estimate) =>
        Bootstrap.Bounds(BootstrapInterval.Percentile, replicates, estimate, 0.95);
}

/// <summary>A number and how sure it is.</summary>
/// <param name="Value">The number.</param>
/// <param name="Interval">95 % interval; null where there are too few seeds for one.</param>
public readonly record struct Estimate(double Value, Interval? Interval);
