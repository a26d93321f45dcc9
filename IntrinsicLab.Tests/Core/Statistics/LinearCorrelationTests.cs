using IntrinsicLab.Core.Statistics;

namespace IntrinsicLab.Tests.Core.Statistics;

public class LinearCorrelationTests
{
    [Fact]
    public void Pearson_OfStraightLines_IsOneOrMinusOne()
    {
        double[] x = [1, 2, 5, 9];

        Assert.Equal(1, LinearCorrelation.Pearson(x, [.. x.Select(value => 3 * value + 7)]), 12);
        Assert.Equal(-1, LinearCorrelation.Pearson(x, [.. x.Select(value => -0.5 * value)]), 12);
    }

    // Deviations (−2, −1, 3) and (−1, 2, −1): −3 over √14·√6.
    [Fact]
    public void Pearson_OfThreePoints_IsWhatItIsByHand() =>
        Assert.Equal(-3 / Math.Sqrt(84), LinearCorrelation.Pearson([0, 1, 5], [3, 6, 3]), 12);

    [Fact]
    public void Pearson_OfWhatNeverChanges_IsNotANumber()
    {
        Assert.True(double.IsNaN(LinearCorrelation.Pearson([1, 1, 1], [1, 2, 3])));
        Assert.True(double.IsNaN(LinearCorrelation.Pearson([1], [1])));
        Assert.Throws<ArgumentException>(() => LinearCorrelation.Pearson([1, 2], [1]));
    }
}
