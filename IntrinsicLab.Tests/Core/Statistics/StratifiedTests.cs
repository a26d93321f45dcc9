using IntrinsicLab.Core.Statistics;

namespace IntrinsicLab.Tests.Core.Statistics;

public class StratifiedTests
{
    private static readonly ScoreTable Table = new([[0.1, 0.4, 0.4, 0.9], [1.2, 0.3, 0.8], [0.5, 0.6]]);

    [Fact]
    public void ScoreProfile_OfATable_HasTheAreaThatIsTheMean()
    {
        var profile = ScoreProfile.Of(Table, 500, 7);

        // The area under the share above a threshold, from 0, is the mean of all scores.
        var area = 0.0;
        for (var index = 0; index < profile.Thresholds.Length; index++)
            area += (profile.Thresholds[index] - (index > 0 ? profile.Thresholds[index - 1] : 0)) * (index > 0 ? profile.Shares[index - 1] : 1);
        Assert.Equal(new[] { 0.1, 0.4, 0.4, 0.9, 1.2, 0.3, 0.8, 0.5, 0.6 }.Average(), area, 12);
        Assert.Equal(0, profile.Shares[^1]);
        Assert.Equal(PerformanceProfile.OfRuns(Table, profile.Thresholds), profile.Shares);
    }

    [Fact]
    public void ScoreProfile_Band_IsThatOfResampledTables()
    {
        var profile = ScoreProfile.Of(Table, 400, 11);

        // The same draws, one table after another, as the definition says it.
        var generator = new SplitMix64(11);
        var shares = new List<double[]>();
        for (var replicate = 0; replicate < 400; replicate++)
            shares.Add(PerformanceProfile.OfRuns(new ScoreTable(Enumerable.Range(0, Table.Tasks)
                .Select(task => Enumerable.Range(0, Table[task].Length).Select(_ => Table[task][generator.Below(Table[task].Length)]).ToArray())), profile.Thresholds));
        foreach (var (index, _) in profile.Thresholds.Index())
        {
            double[] sorted = [.. shares.Select(share => share[index]).Order()];
            Assert.Equal(Quantile.OfSorted(sorted, 0.025), profile.Low[index], 12);
            Assert.Equal(Quantile.OfSorted(sorted, 0.975), profile.High[index], 12);
        }
    }

    [Fact]
    public void ScoreProfile_OfOneRunOnATask_HasNoBand() => Assert.Empty(ScoreProfile.Of(new ScoreTable([[1, 2], [3]]), 100, 1).Low);

    [Fact]
    public void Replicates_ByCounts_AreTheSortedOnesToTheBit()
    {
        foreach (var aggregate in new[] { Aggregate.Iqm, Aggregate.Median })
        {
            var scores = aggregate == Aggregate.Iqm ? Table : ScoreTable.Of([3, 1, 4, 1, 5, 9.5]);
            var generator = new SplitMix64(5);
            double[] expected = [.. Enumerable.Range(0, 300).Select(_ => Aggregates.Of(aggregate, new ScoreTable(Enumerable.Range(0, scores.Tasks)
                .Select(task => Enumerable.Range(0, scores[task].Length).Select(_ => scores[task][generator.Below(scores[task].Length)]).ToArray()))))];

            Assert.Equal(expected, Bootstrap.Replicates(aggregate, scores, 300, 5));
        }
    }

    [Fact]
    public void Between_OfManyValues_IsThatOfSortedOnes()
    {
        var generator = new SplitMix64(3);
        foreach (var size in new[] { 1, 2, 3, 17, 100, 1999, 2000 })
        {
            double[] values = [.. Enumerable.Range(0, size).Select(_ => (double)generator.Below(size))];
            double[] sorted = [.. values.Order()];

            Assert.Equal(new Interval(Quantile.OfSorted(sorted, 0.025), Quantile.OfSorted(sorted, 0.975)), Quantile.Between(values, 0.025, 0.975));
        }
    }

    [Fact]
    public void StratifiedMean_OfOneTask_IsThePlainMean()
    {
        double[] values = [10, 12, 9, 15, 11];
        var (mean, band) = (StratifiedMean.Of(ScoreTable.Of(values)), SeedBand.Of(values));

        Assert.Equal(band.Mean!.Value, mean.Mean, 12);
        Assert.Equal(band.StandardError!.Value, mean.StandardError!.Value, 12);
        Assert.Equal(band.StudentInterval!.Value.Low, mean.Interval!.Value.Low, 9);
        double[] other = [5, 6, 4, 8, 5];
        Assert.Equal(WelchTest.Of(values, other)!.P, StratifiedMean.Welch(ScoreTable.Of(values), ScoreTable.Of(other))!.P, 12);
    }

    [Fact]
    public void StratifiedMean_OfSeveralTasks_WeighsThemAlike()
    {
        var mean = StratifiedMean.Of(Table);

        Assert.Equal(Aggregates.Of(Aggregate.Mean, Table), mean.Mean, 12);
        var errors = Enumerable.Range(0, 3).Select(task => SeedBand.Of(Table[task]).StandardError!.Value).ToList();
        Assert.Equal(Math.Sqrt(errors.Sum(error => error * error)) / 3, mean.StandardError!.Value, 12);
        Assert.Null(StratifiedMean.Of(new ScoreTable([[1, 2], [3]])).Interval);
    }

    [Fact]
    public void GroupDifference_OverTasks_SwapsSigns()
    {
        var other = new ScoreTable([[0.2, 0.1, 0.3, 0.2], [0.4, 0.2, 0.3], [0.1, 0.2]]);
        var (one, two) = (GroupDifference.Of(Table, other, 500), GroupDifference.Of(other, Table, 500));

        Assert.Equal(one.Difference.Value, -two.Difference.Value, 12);
        Assert.Equal(1, one.Improvement.Value + two.Improvement.Value, 12);
        Assert.Equal(ProbabilityOfImprovement.Of(Table, other), one.Improvement.Value, 12);
        Assert.InRange(one.Permutation!.P, 1e-5, 0.05);
        Assert.Equal(one.Permutation.P, GroupDifference.Of(Table, other, 500).Permutation!.P);
        Assert.Null(one.MannWhitney);
    }

    [Fact]
    public void Reaching_CountsWhoNeverDid()
    {
        var reaching = Reaching.Of(1, [100, null, 300, null, 200]);

        Assert.Equal((3, 5), (reaching.Reached, reaching.Count));
        Assert.Equal((200, 300, (double?)null), (reaching.Lower, reaching.Median, reaching.Upper));
        Assert.Equal(SuccessRate.Wilson(3, 5), reaching.Share);
        Assert.Equal(20, Reaching.First(new SeedCurve([10, 20, 30], [0, 2, 1]), 2));
        Assert.Null(Reaching.First(new SeedCurve([10, 20, 30], [0, 2, 1]), 2.5));
    }

    [Fact]
    public void Exponential_OfMeansOfPoints_IsNearThatOfThePoints()
    {
        double[] points = [.. Enumerable.Range(0, 800).Select(index => Math.Sin(index / 60.0))];
        double[] means = [.. points.Chunk(8).Select(chunk => chunk.Average())];
        var (fine, coarse) = (Smoothing.Exponential(points, 0.97), Smoothing.Exponential(means, 0.97, [.. means.Select(_ => 8.0)]));

        foreach (var (index, value) in coarse.Index().Skip(5))
            Assert.Equal(fine[index * 8 + 7], value, 0.03);
    }

    [Theory]
    [InlineData("ALE/Breakout-v5", 1.7, 30.5)]
    [InlineData("PongNoFrameskip-v4", -20.7, 14.6)]
    [InlineData("SeaquestDeterministic-v0", 68.4, 42054.7)]
    public void HumanScores_OfGymnasiumIds_AreTheTables(string id, double random, double human) => Assert.Equal((random, human), HumanScores.Of(id));

    [Theory]
    [InlineData("breakout")]
    [InlineData("MinAtar/Breakout-v1")]
    [InlineData("CartPole-v1")]
    public void HumanScores_OfAnythingElse_AreNone(string id)
    {
        Assert.Null(HumanScores.Of(id));
        Assert.Equal(57, HumanScores.Count);
    }
}
