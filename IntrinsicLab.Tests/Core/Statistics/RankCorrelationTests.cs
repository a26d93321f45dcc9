using IntrinsicLab.Core.Statistics;

namespace IntrinsicLab.Tests.Core.Statistics;

public class RankCorrelationTests
{
    [Theory]
    [InlineData(new double[] { 1, 2, 3, 4, 5 }, new double[] { 5, 6, 7, 8, 7 }, 0.8207826816681233)]
    [InlineData(new double[] { 1, 2, 3, 4, 5 }, new double[] { 1, 8, 27, 64, 125 }, 1)]
    [InlineData(new double[] { 3, 1, 2 }, new double[] { 10, 30, 20 }, -1)]
    [InlineData(new double[] { 1, 1, 2, 2 }, new double[] { 1, 2, 1, 2 }, 0)]
    // 1 − 6·Σd²/(n³ − n) where nothing is tied: d = 1, 1, 0, 0, so 1 − 12/60.
    [InlineData(new double[] { 1, 2, 3, 4 }, new double[] { 2, 1, 3, 4 }, 0.8)]
    public void Spearman_IsThePearsonCorrelationOfMidranks(double[] x, double[] y, double expected) =>
        Assert.Equal(expected, RankCorrelation.Spearman(x, y), 12);

    [Fact]
    public void Spearman_OfWhatNeverChanges_IsNotDefined() => Assert.Equal(double.NaN, RankCorrelation.Spearman([1, 2, 3], [4, 4, 4]));

    [Fact]
    public void Trend_LooksAtItsPartOfTheCurveAlone()
    {
        var curve = new SeedCurve([0, 10, 20, 30, 40, 50], [9, 3, 6, 7, 8, 1]);

        Assert.Equal(1, RankCorrelation.Trend(curve, 10, 40), 12);
        Assert.Equal(-1, RankCorrelation.Trend(new SeedCurve([0, 1, 2], [3, 2, 1]), 0, null), 12);
        Assert.Equal(double.NaN, RankCorrelation.Trend(curve, 40, null));
        Assert.Equal(0, RankCorrelation.Trend(new SeedCurve([0, 1, 2], [5, 5, 5]), 0, null));
    }

    [Fact]
    public void Trend_OfAReducedCurve_LeavesOutItsEndsOfNoWeight()
    {
        var curve = new SeedCurve([0, 1, 2, 3, 4], [100, 1, 2, 3, -100]) { Weights = [0, 5, 5, 5, 0] };

        Assert.Equal(1, RankCorrelation.Trend(curve, 0, null), 12);
    }
}
