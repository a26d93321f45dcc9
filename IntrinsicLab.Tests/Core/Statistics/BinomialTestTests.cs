using IntrinsicLab.Core.Statistics;

namespace IntrinsicLab.Tests.Core.Statistics;

public class BinomialTestTests
{
    [Theory]
    [InlineData(5, 5, 0.5, 2 / 32.0)]
    [InlineData(9, 10, 0.5, 22 / 1024.0)]
    [InlineData(5, 10, 0.5, 1)]
    // Twice 0.7¹⁰ + 10·0.3·0.7⁹.
    [InlineData(1, 10, 0.3, 0.2986166918)]
    [InlineData(0, 4, 0.25, 2 * 0.31640625)]
    public void TwoSided_IsTwiceTheSmallerTail(int successes, int count, double share, double p) =>
        Assert.Equal(p, BinomialTest.TwoSided(successes, count, share), 9);
}
