using IntrinsicLab.Core;
using IntrinsicLab.Core.Statistics;

namespace IntrinsicLab.Tests.Core.Statistics;

public class GroupTests
{
    private static readonly SeedCurve[] Seeds =
    [
        new([0, 10, 20, 30], [0, 1, 2, 3]), new([0, 15, 30], [1, 4, 1]), new([0, 10, 20], [2, 2, 2]), new([0, 30], [5, 8]), new([0, 30], [0, 9]),
    ];

    private static readonly double[] Grid = [0, 10, 20, 30];

    [Fact]
    public void GroupCurve_OfSeedsOfUnequalLength_CountsOnlyWhereTheyWereObserved()
    {
        var curve = GroupCurve.Of(Seeds, Grid, new GroupCurveSettings { Band = Band.MinMax });

        Assert.Equal([5, 5, 5, 4], curve.Seeds);
        Assert.Equal(1.6, curve.Centre[0], 12);
        Assert.Equal((3 + 1 + 8 + 9) / 4.0, curve.Centre[3], 12);
        Assert.Equal((1, 9), (curve.Low[3], curve.High[3]));
        Assert.Equal("Mean over 5 seeds; band: smallest to largest seed; linear between a seed's points, never beyond its range; where more than half of the seeds were observed.", curve.Method);
    }

    [Theory]
    [InlineData(Aggregate.Median)]
    [InlineData(Aggregate.Mean)]
    public void GroupCurve_WhereHalfTheSeedsHaveEnded_Stops(Aggregate statistic)
    {
        // Three of four reach 2, two of four 3; the longest is the one that never got anywhere.
        SeedCurve[] seeds = [new([0, 2], [1, 1]), new([0, 1], [1, 1]), new([0, 3], [1, 1]), new([0, 4], [0, 0])];

        var curve = GroupCurve.Of(seeds, [0, 1, 2, 3, 4], new GroupCurveSettings { Statistic = statistic, Band = Band.MinMax });

        Assert.Equal([4, 4, 3, 2, 1], curve.Seeds);
        Assert.Equal([false, false, false, true, true], curve.Centre.Select(double.IsNaN));
        Assert.Equal(curve.Centre.Select(double.IsNaN), curve.Low.Select(double.IsNaN));
        Assert.Equal(curve.Centre.Select(double.IsNaN), curve.High.Select(double.IsNaN));
        Assert.Equal(statistic == Aggregate.Median ? 1 : 2.0 / 3, curve.Centre[2], 12);
        Assert.Equal(0, curve.Lines[3][4]);
    }

    [Fact]
    public void GroupCurve_OverTasks_StopsWhereOneTaskHasLostHalfItsRuns()
    {
        SeedCurve[] whole = [new([0, 2], [1, 1]), new([0, 2], [1, 1])], half = [new([0, 2], [3, 3]), new([0, 1], [3, 3])];

        var curve = GroupCurve.OfTasks([whole, half], [0, 1, 2], new GroupCurveSettings { Band = Band.MinMax });

        Assert.Equal([2, 2, double.NaN], curve.Centre);
        Assert.Equal([4, 4, 3], curve.Seeds);
    }

    [Fact]
    public void GroupCurve_OfOneSeed_HasNoBandAndSaysSo()
    {
        foreach (var band in Enum.GetValues<Band>())
        {
            var curve = GroupCurve.Of([Seeds[0]], Grid, new GroupCurveSettings { Band = band });

            Assert.Equal([0, 1, 2, 3], curve.Centre);
            Assert.All(curve.Low.Concat(curve.High), edge => Assert.True(double.IsNaN(edge)));
            Assert.Contains("no band for one seed", curve.Method);
        }
    }

    [Fact]
    public void GroupCurve_IqmOfThreeSeeds_IsTheirMeanAndSaysSo()
    {
        var curve = GroupCurve.Of(Seeds[..3], Grid, new GroupCurveSettings { Statistic = Aggregate.Iqm });

        Assert.Equal(1, curve.Centre[0], 12);
        Assert.StartsWith("Mean (the interquartile mean of fewer than 4) over 3 seeds", curve.Method);
    }

    [Fact]
    public void GroupCurve_ComputedTwice_IsTheSameToTheBit()
    {
        var settings = new GroupCurveSettings { Statistic = Aggregate.Iqm, Replicates = 3000 };
        var (one, other) = (GroupCurve.Of(Seeds, Grid, settings), GroupCurve.Of(Seeds, Grid, settings));

        Assert.Equal(one.Low, other.Low);
        Assert.Equal(one.High, other.High);
        Assert.All(one.Low.Zip(one.Centre, one.High), point => Assert.True(point.First <= point.Second && point.Second <= point.Third));
    }

    [Fact]
    public void GroupCurve_Smoothed_SmoothsEachSeedBeforeAggregating()
    {
        var curve = GroupCurve.Of(Seeds[..1], Grid, new GroupCurveSettings { Smoothing = 0.5 });

        Assert.Equal(Smoothing.Exponential(Seeds[0].Y, 0.5), curve.Centre);
    }

    [Fact]
    public void GroupCurve_Cancelled_StopsWithoutAResult() => Assert.ThrowsAny<OperationCanceledException>(
        () => GroupCurve.Of(Seeds, Grid, new GroupCurveSettings(), new CancellationToken(canceled: true)));

    [Theory]
    [InlineData(100_000, 1000)]
    [InlineData(1_000_000, 10_000)]
    [InlineData(61_440, 500)]
    [InlineData(150, 1)]
    public void RoundGrid_OfABudget_HasRoundSteps(double budget, double step)
    {
        var grid = GroupCurve.RoundGrid(budget);

        Assert.Equal((0, step), (grid[0], grid[1]));
        Assert.True(grid.Length <= 200 && grid[^1] <= budget && grid[^1] > budget - step - 1e-6);
    }

    [Fact]
    public void SeedCurve_Final_IsTheMeanOverTheLastTenth()
    {
        var curve = new SeedCurve([10, 90, 91, 95, 100, 101], [1, 2, 4, 6, 8, 100]);

        Assert.Equal(6, curve.Final(100, 0.1));
        Assert.True(double.IsNaN(curve.Final(1000, 0.1)));
    }

    [Fact]
    public void GroupDifference_OfFiveAgainstFive_TellsTheSmallestP()
    {
        var difference = GroupDifference.Of([1, 2, 3, 4, 5], [11, 12, 13, 14, 15], replicates: 2000);

        Assert.Equal(-10, difference.Difference.Value);
        Assert.InRange(difference.Difference.Interval!.Value.Low, -12.5, -11);
        Assert.Equal((0, 0, 0), (difference.Improvement.Value, difference.Improvement.Interval!.Value.Low, difference.Improvement.Interval.Value.High));
        Assert.Equal(2 / 252.0, difference.SmallestP, 12);
        Assert.Equal(difference.SmallestP, difference.Permutation!.P, 12);
        Assert.Equal(difference.SmallestP, difference.MannWhitney!.P, 12);
    }

    [Fact]
    public void GroupDifference_OfSingleSeeds_InventsNoInterval()
    {
        var difference = GroupDifference.Of([1], [2, 3]);

        Assert.Equal(-1.5, difference.Difference.Value);
        Assert.Null(difference.Difference.Interval);
        Assert.Null(difference.Welch);
        Assert.Null(difference.Permutation);
        Assert.True(double.IsNaN(difference.HedgesG));
    }

    // The 95 % bootstrap interval of the mean of 20 normal values covers the true mean a little less than 95 times in 100 (about 93).
    [Fact]
    public void Bootstrap_IntervalsOfSimulatedData_CoverTheTruth()
    {
        var rng = new Rng(1);
        var covered = 0;
        for (var trial = 0; trial < 1000; trial++)
        {
            var scores = Enumerable.Range(0, 20).Select(_ => rng.NextGaussian()).ToArray();
            var interval = Bootstrap.Bounds(
                BootstrapInterval.Percentile, Bootstrap.Replicates(Aggregate.Mean, ScoreTable.Of(scores), 500, (ulong)trial), 0, 0.95);
            covered += interval.Low <= 0 && interval.High >= 0 ? 1 : 0;
        }

        Assert.InRange(covered, 905, 955);
    }

    [Fact]
    public void PermutationTest_OfManySeeds_DrawsSplitsAndAgreesWithWelch()
    {
        var rng = new Rng(2);
        double[] x = [.. Enumerable.Range(0, 30).Select(_ => rng.NextGaussian() + 0.5)], y = [.. Enumerable.Range(0, 30).Select(_ => rng.NextGaussian())];
        var (drawn, welch) = (PermutationTest.Of(x, y, seed: 3)!, WelchTest.Of(x, y)!);

        Assert.False(drawn.Exact);
        Assert.Equal(welch.P, drawn.P, 0.01);
        Assert.Equal(drawn, PermutationTest.Of(x, y, seed: 3));
        Assert.Equal(welch.P, MannWhitneyTest.Of(x, y)!.P, 0.08);
    }

    [Fact]
    public void PerformanceProfile_AreaUnderIt_IsTheMeanOfNonNegativeScores()
    {
        var scores = ScoreTable.Of([0.25, 0.5, 0.75, 1.5]);
        var thresholds = Enumerable.Range(0, 200_000).Select(index => index * 1e-5).ToArray();

        Assert.Equal(0.75, PerformanceProfile.OfRuns(scores, thresholds).Sum() * 1e-5, 1e-4);
    }

    [Theory]
    [InlineData(0.975, 1.959963984540054)]
    [InlineData(0.5, 0)]
    [InlineData(0.001, -3.090232306167813)]
    public void Normal_Quantile_IsThatOfTables(double probability, double quantile)
    {
        Assert.Equal(quantile, Normal.Quantile(probability), 1e-9);
        Assert.Equal(probability, Normal.Cumulative(quantile), 1e-12);
    }

    [Fact]
    public void ScoreTable_OfBadScores_NamesThePlace()
    {
        Assert.Contains("run 1 on task 1 is NaN", Assert.Throws<ArgumentException>(() => new ScoreTable([[1.0], [2.0, double.NaN]])).Message);
        Assert.Contains("Task 0 has no run", Assert.Throws<ArgumentException>(() => new ScoreTable([Array.Empty<double>()])).Message);
    }
}
