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
    public static GroupDifference Of(double[] x, double[] y, int replicates = 50_000, CancellationToken cancellation = default)
    {
        var (tableOfX, tableOfY) = (ScoreTable.Of(x), ScoreTable.Of(y));
        var seed = GroupCurve.Seed([x, y]);
        var difference = Aggregates.Mean(x) - Aggregates.Mean(y);
        var improvement = ProbabilityOfImprovement.Of(x, y);
        var enough = x.Length > 1 && y.Length > 1;
        return new GroupDifference(
            new Estimate(difference, enough
                ? Bounds(Bootstrap.ReplicatesOfDifference(Aggregate.Mean, tableOfX, tableOfY, replicates, seed, cancellation), difference)
                : null),
            new Estimate(improvement, enough
                ? Bounds(Bootstrap.ReplicatesOfImprovement(tableOfX, tableOfY, replicates, seed, cancellation), improvement)
                : null),
            WelchTest.Of(x, y),
            enough ? PermutationTest.Of(x, y, seed) : null,
            enough ? MannWhitneyTest.Of(x, y) : null,
            enough ? EffectSizes.HedgesG(x, y) : double.NaN,
            PermutationTest.SmallestP(x.Length, y.Length));
    }

    private static Interval Bounds(double[] replicates, double estimate) =>
        Bootstrap.Bounds(BootstrapInterval.Percentile, replicates, estimate, 0.95);
}

/// <summary>A number and how sure it is.</summary>
/// <param name="Value">The number.</param>
/// <param name="Interval">95 % interval; null where there are too few seeds for one.</param>
public readonly record struct Estimate(double Value, Interval? Interval);
