using IntrinsicLab.Core.Formulas;
using IntrinsicLab.Tests.Support;

namespace IntrinsicLab.Tests.Core.Formulas;

public class ReturnsTests
{
    private static readonly double[] Rewards = [1, 0, 2, -1, 0.5];
    private static readonly double[] Values = [0.5, 0.4, 0.3, 0.2, 0.1];

    [Theory]
    [InlineData(false, new[] { 2.302846925, 1.49585, 1.7, -0.0730335, 1.093 })]
    [InlineData(true, new[] { 2.302846925, 1.49585, 1.7, -0.7248, 0.4 })]
    public void GeneralizedAdvantages_TwoEpisodes_EqualValuesByHand(bool lastEnded, double[] expected)
    {
        bool[] ended = [false, false, true, false, lastEnded];
        var advantages = new double[5];

        Returns.GeneralizedAdvantages<double>(Rewards, Values, ended, [0.7], 0.99, 0.95, advantages);

        Numbers.Close(expected, advantages, 1e-9);
    }

    [Fact]
    public void GeneralizedAdvantages_WithLambdaZero_AreTemporalDifferences()
    {
        bool[] ended = [false, false, true, false, false];
        var advantages = new double[5];

        Returns.GeneralizedAdvantages<double>(Rewards, Values, ended, [0.7], 0.99, 0, advantages);

        Numbers.Close([1 + 0.99 * 0.4 - 0.5, 0.99 * 0.3 - 0.4, 2 - 0.3, -1 + 0.99 * 0.1 - 0.2, 0.5 + 0.99 * 0.7 - 0.1], advantages, 1e-12);
    }

    [Fact]
    public void GeneralizedAdvantages_WithLambdaOne_AreNStepReturnsMinusValues()
    {
        bool[] ended = [false, false, true, false, false];
        var (advantages, returns) = (new double[5], new double[5]);

        Returns.GeneralizedAdvantages<double>(Rewards, Values, ended, [0.7], 0.99, 1, advantages);
        Returns.NStep<double>(Rewards, ended, [0.7], 0.99, returns);

        Numbers.Close([.. returns.Zip(Values, (g, v) => g - v)], advantages, 1e-12);
    }

    [Fact]
    public void NStep_TwoEpisodes_EqualValuesByHand()
    {
        var returns = new double[5];

        Returns.NStep<double>(Rewards, [false, false, true, false, false], [0.7], 0.99, returns);

        Numbers.Close([2.9602, 1.98, 2.0, 0.18107, 1.193], returns, 1e-9);
    }

    [Fact]
    public void GeneralizedAdvantages_TwoEnvironments_DoNotMix()
    {
        double[] rewards = [.. Rewards.SelectMany(reward => new[] { reward, -reward })];
        double[] values = [.. Values.SelectMany(value => new[] { value, -value })];
        bool[] ended = [false, false, false, false, true, true, false, false, false, false];
        var advantages = new double[10];

        Returns.GeneralizedAdvantages<double>(rewards, values, ended, [0.7, -0.7], 0.99, 0.95, advantages);

        Numbers.Close([2.302846925, 1.49585, 1.7, -0.0730335, 1.093], [.. advantages.Where((_, index) => index % 2 == 0)], 1e-9);
        Numbers.Close([-2.302846925, -1.49585, -1.7, 0.0730335, -1.093], [.. advantages.Where((_, index) => index % 2 == 1)], 1e-9);
    }

    [Fact]
    public void GeneralizedAdvantages_LengthsThatDoNotFit_AreRefused() =>
        Assert.Throws<ArgumentException>(() => Returns.GeneralizedAdvantages<double>(Rewards, [0.5], new bool[5], [0.7], 0.99, 0.95, new double[5]));

    [Fact]
    public void ExplainedVariance_OfPerfectAndConstantValues_IsOneAndZero()
    {
        Assert.Equal(1, Returns.ExplainedVariance<float>([1, 2, 3], [1, 2, 3]));
        Assert.Equal(0, Returns.ExplainedVariance<float>([5, 5, 5], [1, 2, 3]));
        Assert.Equal(double.NaN, Returns.ExplainedVariance<float>([1, 2, 3], [2, 2, 2]));
    }
}
