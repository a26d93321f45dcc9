using IntrinsicLab.Core;
using IntrinsicLab.Core.Formulas;
using IntrinsicLab.Tests.Support;
using static TorchSharp.torch;

namespace IntrinsicLab.Tests.Core.Formulas;

public class DivergenceTests
{
    [Fact]
    public void Gaussian_TwoDistributions_EqualsValueByHand()
    {
        var logDeviation = Math.Log(0.9);

        Assert.Equal(0.018096274465630557, DiagonalGaussian.Divergence<double>([0.2], [0], [0.3], [logDeviation]), 14);
        Assert.Equal(0.018096274465630557, DiagonalGaussian.Divergence(
            tensor(new[] { 0.2 }).view(1, 1), tensor(new[] { 0.0 }), tensor(new[] { 0.3 }).view(1, 1), tensor(new[] { logDeviation })).item<double>(), 14);
    }

    [Fact]
    public void Categorical_TwoDistributions_EqualsValueByHand()
    {
        // ½·ln(½/¼) + ½·ln(½/¾), whatever is added to all logits.
        double[] old = [5, 5], now = [Math.Log(0.25) - 3, Math.Log(0.75) - 3];
        var expected = 0.5 * Math.Log(4.0 / 3);

        Assert.Equal(expected, Categorical.Divergence<double>(old, now), 12);
        Assert.Equal(expected, Categorical.Divergence(tensor(old).unsqueeze(0), tensor(now).unsqueeze(0)).item<double>(), 12);
    }

    [Fact]
    public void EqualDistributions_AreNoDistanceApart()
    {
        var (values, deviations) = (Numbers.Random(new Rng(1), 4), Numbers.Random(new Rng(2), 4));

        Assert.Equal(0, Categorical.Divergence<double>(values, values));
        Assert.Equal(0, DiagonalGaussian.Divergence<double>(values, deviations, values, deviations));
    }

    [Fact]
    public void FisherProducts_EqualDifferencesOfTheDivergencesGradient()
    {
        const double Step = 1e-4;
        var rng = new Rng(3);
        var (at, direction, deviations) = (Numbers.Random(rng, 4), Numbers.Random(rng, 4), Numbers.Random(rng, 4, 0.5));
        var (categorical, gaussian) = (new double[4], new double[4]);

        Categorical.FisherProduct<double>(at, direction, categorical);
        DiagonalGaussian.FisherProduct<double>(deviations, direction, gaussian);

        double[] Differences(Func<double[], double> divergence)
        {
            double[] Gradient(double sign) => Numbers.FiniteDifferences(divergence, [.. at.Zip(direction, (x, v) => x + sign * Step * v)], 1e-4);
            return [.. Gradient(1).Zip(Gradient(-1), (up, down) => (up - down) / (2 * Step))];
        }
        Numbers.Close(Differences(x => Categorical.Divergence<double>(at, x)), categorical, 1e-6);
        Numbers.Close(Differences(x => DiagonalGaussian.Divergence<double>(at, deviations, x, deviations)), gaussian, 1e-5);
    }
}
