using IntrinsicLab.Core.Statistics;

namespace IntrinsicLab.Tests.Core.Statistics;

public class DeterminationTests
{
    private static readonly double[] Actual = [1, 2, 3, 6];

    [Fact]
    public void Coefficient_OfTheQuantityItself_IsOne_AndOfItsMeanZero()
    {
        Assert.Equal(1, Determination.Coefficient(Actual, Actual), 12);
        Assert.Equal(0, Determination.Coefficient(Actual, [3, 3, 3, 3]), 12);
    }

    // Squares around the mean 3: 4 + 1 + 0 + 9 = 14; errors 1, 0, 0 and 4 squared: 17.
    [Fact]
    public void Coefficient_OfABadPrediction_IsBelowZero()
    {
        Assert.Equal(1 - 17 / 14.0, Determination.Coefficient(Actual, [2, 2, 3, 2]), 12);
        Assert.Equal(17 / 4.0, Determination.MeanSquaredError(Actual, [2, 2, 3, 2]), 12);
    }

    [Fact]
    public void Coefficient_OfWhatNeverChanges_IsNotANumber() => Assert.True(double.IsNaN(Determination.Coefficient([2, 2], [2, 3])));
}
