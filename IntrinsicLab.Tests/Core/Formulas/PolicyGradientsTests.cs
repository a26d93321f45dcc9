using IntrinsicLab.Core;
using IntrinsicLab.Core.Formulas;
using IntrinsicLab.Tests.Support;
using static TorchSharp.torch;

namespace IntrinsicLab.Tests.Core.Formulas;

public class PolicyGradientsTests
{
    private static readonly double[] Advantages = [1, -1, 0.5, -0.5];
    private static readonly double[] NlpOfRatios = [-Math.Log(1.3), -Math.Log(1.3), -Math.Log(0.7), -Math.Log(0.7)];

    [Fact]
    public void ClippedSurrogate_RatiosOutsideTheRange_EqualsValueByHand()
    {
        // Per sample −1.2, 1.3, −0.35, 0.4.
        var (loss, kl, fraction) = PolicyGradients.ClippedSurrogate<double>(NlpOfRatios, new double[4], Advantages, 0.2, new double[4]);

        Assert.Equal(0.0375, loss, 12);
        Assert.Equal(1, fraction);
        Assert.Equal((Math.Pow(Math.Log(1.3), 2) + Math.Pow(Math.Log(0.7), 2)) / 4, kl, 12);
        Assert.Equal(0.0375, PolicyGradients.ClippedSurrogate(tensor(NlpOfRatios), zeros(4, ScalarType.Float64), tensor(Advantages), 0.2).item<double>(), 12);
    }

    [Fact]
    public void ClippedSurrogate_WithRatioOne_HasThePlainGradient()
    {
        var (clipped, plain) = (new double[4], new double[4]);

        PolicyGradients.ClippedSurrogate<double>([1, 2, 3, 4], [1, 2, 3, 4], Advantages, 0.2, clipped);
        PolicyGradients.Plain<double>([1, 2, 3, 4], Advantages, plain);

        Numbers.Close(plain, clipped, 1e-15);
    }

    [Fact]
    public void ClippedSurrogate_Gradient_EqualsFiniteDifferencesAndAutograd()
    {
        var rng = new Rng(3);
        var (nlp, old, advantages) = (Numbers.Random(rng, 20), Numbers.Random(rng, 20), Numbers.Random(rng, 20));
        var gradient = new double[20];

        PolicyGradients.ClippedSurrogate<double>(nlp, old, advantages, 0.2, gradient);

        Numbers.Close(
            Numbers.FiniteDifferences(x => PolicyGradients.ClippedSurrogate<double>(x, old, advantages, 0.2, new double[20]).Loss, nlp), gradient, 1e-7);
        var at = tensor(nlp).requires_grad_(true);
        Numbers.Close(
            autograd.grad([PolicyGradients.ClippedSurrogate(at, tensor(old), tensor(advantages), 0.2)], [at])[0].Doubles(), gradient, 1e-12);
        Numbers.CheckGradients(x => PolicyGradients.ClippedSurrogate(x, tensor(old), tensor(advantages), 0.2), nlp);
    }

    [Fact]
    public void ClippedValueLoss_ThreeSamples_EqualsValueByHand()
    {
        // Largest squares 1.69, 1, 0.01.
        var loss = PolicyGradients.ClippedValueLoss<double>([1, 2, 0], [0.5, 1.9, 0.4], [2, 1, 0.1], 0.2, new double[3]);

        Assert.Equal(0.45, loss, 12);
        Assert.Equal(0.45, PolicyGradients.ClippedValueLoss(
            Numbers.Vector(1, 2, 0), Numbers.Vector(0.5, 1.9, 0.4), Numbers.Vector(2, 1, 0.1), 0.2).item<double>(), 12);
    }

    [Theory]
    [InlineData(0.2)]
    [InlineData(double.PositiveInfinity)]
    public void ClippedValueLoss_Gradient_EqualsFiniteDifferencesAndAutograd(double range)
    {
        var rng = new Rng(4);
        var (values, old, returns) = (Numbers.Random(rng, 20), Numbers.Random(rng, 20), Numbers.Random(rng, 20));
        var gradient = new double[20];

        PolicyGradients.ClippedValueLoss<double>(values, old, returns, range, gradient);

        Numbers.Close(
            Numbers.FiniteDifferences(x => PolicyGradients.ClippedValueLoss<double>(x, old, returns, range, new double[20]), values), gradient, 1e-7);
        Numbers.CheckGradients(x => PolicyGradients.ClippedValueLoss(x, tensor(old), tensor(returns), range), values);
    }

    [Fact]
    public void Normalise_FiveAdvantages_EqualsValuesByHand()
    {
        double[] advantages = [2.302846925, 1.49585, 1.7, -0.0730335, 1.093];
        double[] expected = [1.262365576682, 0.242737292124, 0.500677697898, -1.739523039010, -0.266257527693];

        Numbers.Close(expected, PolicyGradients.Normalise(tensor(advantages)).Doubles(), 1e-11);
        PolicyGradients.Normalise<double>(advantages);
        Numbers.Close(expected, advantages, 1e-11);
    }

    [Fact]
    public void Plain_Gradient_IsTheAdvantageOverTheCount()
    {
        var gradient = new double[4];

        var loss = PolicyGradients.Plain<double>([1, 2, 3, 4], Advantages, gradient);

        Assert.Equal((1 - 2 + 1.5 - 2) / 4, loss, 12);
        Numbers.Close([0.25, -0.25, 0.125, -0.125], gradient, 1e-15);
        Assert.Equal(loss, PolicyGradients.Plain(Numbers.Vector(1, 2, 3, 4), tensor(Advantages)).item<double>(), 12);
    }

    [Fact]
    public void Losses_OfValuesThatAreNotFinite_AreNotFinite()
    {
        Assert.False(double.IsFinite(PolicyGradients.ClippedSurrogate<double>([double.NaN], [0], [1], 0.2, new double[1]).Loss));
        Assert.False(double.IsFinite(PolicyGradients.ClippedValueLoss<double>([double.NaN], [0], [1], 0.2, new double[1])));
    }
}
