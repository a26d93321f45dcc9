using IntrinsicLab.Core;
using IntrinsicLab.Core.Formulas;

namespace IntrinsicLab.Tests.Core.Formulas;

public class ExplorationTests
{
    [Fact]
    public void UcbBonus_OfTenPullsInAHundred_GivesTheIndex() => Assert.Equal(1.4597051824376162, 0.5 + Exploration.UcbBonus(Math.Log(100), 10), 12);

    [Theory]
    [InlineData(0.8, 1000, 553.0)]
    [InlineData(0.8, 10_000, 737.3)]
    [InlineData(0.6, 1000, 185.5)]
    [InlineData(0.6, 10_000, 246.9)]
    public void UcbRegretBound_OfTwoArms_IsAuersTheorem(double worse, int steps, double expected)
    {
        Assert.Equal(expected, Exploration.UcbRegretBound([0.9, worse], steps), 0.05);
        // Worked out: 8·ln T / Δ + (1 + π²/3)·Δ.
        Assert.Equal(8 * Math.Log(steps) / (0.9 - worse) + (1 + Math.PI * Math.PI / 3) * (0.9 - worse), Exploration.UcbRegretBound([worse, 0.9], steps), 9);
    }

    [Fact]
    public void UcbRegretBound_OfTenArms_AddsUpTheGaps() =>
        Assert.Equal(2854, Exploration.UcbRegretBound([0.5, 0.45, 0.4, 0.35, 0.3, 0.6, 0.2, 0.25, 0.1, 0.15], 10_000), 0.5);

    [Theory]
    [InlineData(1.0, 0.09003057, 0.24472847, 0.66524096)]
    [InlineData(0.5, 0.01587624, 0.11731043, 0.86681333)]
    public void Boltzmann_OfOneTwoThree_GivesTheShares(double temperature, double first, double second, double third)
    {
        var shares = new double[3];

        Exploration.Boltzmann([1, 2, 3], temperature, shares);

        Assert.Equal([first, second, third], shares, (left, right) => Math.Abs(left - right) < 5e-9);
    }

    [Fact]
    public void Boltzmann_OfHugeValues_StaysFinite()
    {
        var shares = new double[2];

        Exploration.Boltzmann([1e6, 1e6 + 1], 0.001, shares);

        Assert.Equal([0, 1], shares);
    }

    // What an entropy bonus adds: dH/dz = −p·(ln p + H).
    [Fact]
    public void SoftmaxEntropy_OfThreeShares_HasThisValueAndGradient()
    {
        double[] shares = [0.7, 0.2, 0.1];
        var gradient = new double[3];
        double[] logits = [.. shares.Select(share => Math.Log(share))];

        Categorical.Gradient<double>(logits, 0, 0, 1, gradient);

        Assert.Equal(0.8018185525433372, Categorical.Evaluate<double>(logits, 0).Entropy, 12);
        Assert.Equal([-0.31160053, 0.16152387, 0.15007665], gradient, (left, right) => Math.Abs(left - right) < 5e-9);
    }

    [Fact]
    public void Highest_OfEqualValues_IsDrawnEvenly()
    {
        var (rng, counts) = (new Rng(1), new int[4]);

        for (var draw = 0; draw < 3000; draw++)
            counts[Exploration.Highest([2, 1, 2, 2], rng)]++;

        Assert.Equal(0, counts[1]);
        // 1,000 ± 5 standard deviations of a count with p = 1/3.
        Assert.All((int[])[counts[0], counts[2], counts[3]], count => Assert.InRange(count, 870, 1130));
        Assert.Equal(1, Exploration.Highest([double.NegativeInfinity, double.PositiveInfinity], rng));
    }

    [Fact]
    public void InProportion_OfWeights_HasTheirShares()
    {
        var (rng, counts) = (new Rng(1), new int[3]);

        for (var draw = 0; draw < 4000; draw++)
            counts[Exploration.InProportion([1, 0, 3], rng)]++;

        Assert.Equal(0, counts[1]);
        Assert.InRange(counts[2], 3000 - 5 * 28, 3000 + 5 * 28);
    }
}
