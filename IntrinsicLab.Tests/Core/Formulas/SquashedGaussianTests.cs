using IntrinsicLab.Core;
using IntrinsicLab.Core.Formulas;
using IntrinsicLab.Tests.Support;

namespace IntrinsicLab.Tests.Core.Formulas;

public class SquashedGaussianTests
{
    [Theory]
    [InlineData(0, 1, 0, -0.918938533)]
    [InlineData(0, 1, 0.5, -0.782125081)]
    [InlineData(0.5, 0.3, 0.2, -0.165076703)]
    [InlineData(1.5, 0.8, 0.95, 1.546109080)]
    [InlineData(-2, 0.1353352832366127, -0.99, -6.417266243)]
    [InlineData(0, 1, 0.999999, -14.109216514)]
    public void LogProbability_OfAnAction_IsTheDensitysLogarithm(double mean, double deviation, double action, double expected) =>
        Assert.Equal(expected, SquashedGaussian.LogProbability(mean, Math.Log(deviation), Math.Atanh(action)), 8);

    [Theory]
    [InlineData(0, 1, 0.669804)]
    [InlineData(0.5, 0.3, -0.094837)]
    [InlineData(1.5, 0.8, -0.672841)]
    [InlineData(-2, 0.1353352832366127, -3.232382)]
    public void LogProbability_OverAllActions_IntegratesToOneAndToTheEntropy(double mean, double deviation, double entropy)
    {
        const int Points = 200_000;
        var (mass, sum) = (0.0, 0.0);
        var step = 24 * deviation / Points;
        for (var i = 0; i < Points; i++)
        {
            var u = mean - 12 * deviation + (i + 0.5) * step;
            var logProbability = SquashedGaussian.LogProbability(mean, Math.Log(deviation), u);
            var weight = Math.Exp(logProbability + SquashedGaussian.Squash(u).LogSlope) * step;
            mass += weight;
            sum -= weight * logProbability;
        }

        Assert.Equal(1, mass, 8);
        Assert.Equal(entropy, sum, 5);
    }

    [Theory]
    [InlineData(1, -0.867561661)]
    [InlineData(5, -8.613796437)]
    [InlineData(10, -18.613705643)]
    [InlineData(40, -78.613705639)]
    [InlineData(-40, -78.613705639)]
    public void LogSlope_FarOut_KeepsItsDigits(double u, double expected)
    {
        Assert.Equal(expected, SquashedGaussian.Squash(u).LogSlope, 8);
        Assert.Equal(expected, SquashedGaussian.Squash((float)u).LogSlope, 1e-5 * Math.Abs(expected));
    }

    [Fact]
    public void Squash_OfAnyNumber_IsFiniteAndTanh()
    {
        for (var u = -50.0; u <= 50; u += 0.125)
        {
            var (tanh, logSlope) = SquashedGaussian.Squash(u);
            Assert.Equal(Math.Tanh(u), tanh, 14);
            Assert.True(double.IsFinite(logSlope) && logSlope <= 1e-15, $"{logSlope} at {u}");
            Assert.True(float.IsFinite(SquashedGaussian.Squash((float)u).LogSlope));
        }
    }

    [Fact]
    public void Sample_OfTheWorkedExample_HasItsActionAndLogProbability()
    {
        // m = 0.3, sigma = 0.5, noise 0.7: bounds of the log-deviation that meet at log 0.5 leave no doubt about it.
        var low = Math.Log(0.5);
        var (actions, logDeviations, deviations, logProbabilities) = (new double[1], new double[1], new double[1], new double[1]);

        SquashedGaussian.Sample<double>([0.3, 1.7], [0.7], low, low, actions, logDeviations, deviations, logProbabilities);

        Assert.Equal(0.571669966, actions[0], 9);
        Assert.Equal(-0.075068806, logProbabilities[0], 9);
        Assert.Equal(0.5, deviations[0], 12);
    }

    [Fact]
    public void Gradient_OfARandomPolicy_IsThatOfFiniteDifferences()
    {
        const int Rows = 3, Size = 2;
        const double Low = -5, High = 2, Temperature = 0.37;
        var rng = new Rng(5);
        var (outputs, noise, slopes) = (Numbers.Random(rng, 2 * Rows * Size), Numbers.Random(rng, Rows * Size), Numbers.Random(rng, Rows * Size, 3));
        var (actions, logDeviations, deviations, logProbabilities) = (new double[Rows * Size], new double[Rows * Size], new double[Rows * Size], new double[Rows]);
        // Q is bent, so that its slope has to be taken at the action itself.
        double Value(int at) => slopes[at] * actions[at] + actions[at] * actions[at] * actions[at];
        double Loss(double[] changed)
        {
            SquashedGaussian.Sample<double>(changed, noise, Low, High, actions, logDeviations, deviations, logProbabilities);
            return (Temperature * logProbabilities.Sum() - Enumerable.Range(0, Rows * Size).Sum(Value)) / Rows;
        }
        var expected = Numbers.FiniteDifferences(Loss, outputs);
        Loss(outputs);
        double[] ofActions = [.. Enumerable.Range(0, Rows * Size).Select(at => slopes[at] + 3 * actions[at] * actions[at])];
        var gradient = new double[outputs.Length];

        SquashedGaussian.Gradient<double>(noise, actions, logDeviations, deviations, Low, High, Temperature, ofActions, gradient, Rows);

        Numbers.Close(expected, gradient, 1e-7);
    }

    [Fact]
    public void Gradient_OfTheWorkedExample_HasItsLogProbabilitysDerivatives()
    {
        // With Q = 0 and a temperature of 1 the loss is log pi itself.
        var (low, raw) = (Math.Log(0.5) - 1, 0.0);
        var (actions, logDeviations, deviations, logProbabilities, gradient) = (new double[1], new double[1], new double[1], new double[1], new double[2]);
        SquashedGaussian.Sample<double>([0.3, raw], [0.7], low, low + 2, actions, logDeviations, deviations, logProbabilities);

        SquashedGaussian.Gradient<double>([0.7], actions, logDeviations, deviations, low, low + 2, 1, [0], gradient, 1);

        // At a raw number of 0 the bounded log-deviation changes as fast as it does.
        Assert.Equal(1.143339932, gradient[0], 9);
        Assert.Equal(-0.599831024, gradient[1], 9);
    }
}
