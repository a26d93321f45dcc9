using IntrinsicLab.Core;
using IntrinsicLab.Core.Formulas;
using IntrinsicLab.Tests.Support;

namespace IntrinsicLab.Tests.Core.Formulas;

public class SoftValuesTests
{
    [Theory]
    [InlineData(0, 5.7124)]
    [InlineData(1, 1)]
    public void Targets_OfTheWorkedExample_AreRight(double terminated, double expected)
    {
        var values = new double[1];
        SoftValues.Sampled<double>([-1.3], [5], [4.5], 0.2, values);

        SoftValues.Targets<double>([1], [terminated], values, 0.99, values);

        Assert.Equal(expected, values[0], 12);
    }

    [Fact]
    public void TemperatureGradient_OfAPolicyTooRandom_LowersTheTemperature()
    {
        Assert.Equal(1.5, SoftValues.TemperatureGradient(-0.5, -1), 12);
        Assert.True(SoftValues.TemperatureGradient(2, -1) < 0);
    }

    [Fact]
    public void Follow_SomeSteps_ApproachesAsAGeometricSeries()
    {
        float[] online = [.. Enumerable.Repeat(3f, 19)], target = new float[19], copied = [.. Enumerable.Repeat(0.1f, 19)], left = (float[])copied.Clone();

        for (var step = 0; step < 7; step++)
            SoftValues.Follow(online, target, 0.2f);
        SoftValues.Follow(online, copied, 1);
        SoftValues.Follow(online, left, 0);

        Assert.All(target, value => Assert.Equal(3 * (1 - Math.Pow(0.8, 7)), value, 1e-5));
        Assert.Equal(online, copied);
        Assert.All(left, value => Assert.Equal(0.1f, value));
    }

    [Fact]
    public void PolicyGradient_OfRandomRows_IsThatOfFiniteDifferences()
    {
        const int Rows = 4, Actions = 3;
        var rng = new Rng(11);
        var (logits, first, second) = (Numbers.Random(rng, Rows * Actions), Numbers.Random(rng, Rows * Actions), Numbers.Random(rng, Rows * Actions));
        var (logProbabilities, gradient, values) = (new double[logits.Length], new double[logits.Length], new double[Rows]);
        double Loss(double[] changed)
        {
            SoftValues.LogSoftmax<double>(changed, Actions, logProbabilities);
            SoftValues.Expected<double>(logProbabilities, first, second, 0.3, values);
            return -values.Average();
        }
        var expected = Numbers.FiniteDifferences(Loss, logits);
        var loss = Loss(logits);

        Assert.Equal(loss, SoftValues.PolicyGradient<double>(logProbabilities, first, second, 0.3, Rows, gradient), 12);

        Numbers.Close(expected, gradient, 1e-8);
    }

    [Fact]
    public void PolicyGradient_AtTheBoltzmannPolicy_Vanishes()
    {
        // Q = (1, 0) at a temperature of 0.5: softmax(Q/alpha) = (0.880797, 0.119203).
        var (logProbabilities, gradient) = (new double[2], new double[2]);
        SoftValues.LogSoftmax<double>([2, 0], 2, logProbabilities);

        SoftValues.PolicyGradient<double>(logProbabilities, [1, 0], [1, 0], 0.5, 1, gradient);

        Assert.Equal(0.880797, Math.Exp(logProbabilities[0]), 6);
        Assert.Equal(0, gradient[0], 12);
    }

    [Fact]
    public void CriticLoss_AndGradient_AreThoseOfTheMeanSquare()
    {
        var gradient = new double[2];

        Assert.Equal(2.5, SoftValues.CriticLoss<double>([3, 1], [1, 2], gradient), 12);

        Assert.Equal([2, -1], gradient);
    }
}
