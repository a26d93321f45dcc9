using IntrinsicLab.Core.Formulas;

namespace IntrinsicLab.Tests.Core.Formulas;

public class InformationGainTests
{
    private static void Near(double expected, double actual, double relative = 1e-12) =>
        Assert.True(Math.Abs(expected - actual) <= relative * Math.Max(Math.Abs(expected), 1e-300), $"Expected {expected:R}, got {actual:R}.");

    [Theory]
    [InlineData(0, 1, 0, 1, 0)]
    [InlineData(1, 1, 0, 1, 0.5)]
    [InlineData(0, 2, 0, 1, 0.8068528194400546)]
    [InlineData(0, 1, 0, 2, 0.3181471805599453)]
    [InlineData(0.3, 0.7, -0.2, 1.1, 0.25777024770999946)]
    [InlineData(-0.2, 1.1, 0.3, 0.7, 0.5378107946242898)]
    public void Divergence_TwoGaussians_EqualsTheClosedForm(double mean, double deviation, double otherMean, double otherDeviation, double expected) =>
        Assert.Equal(expected, InformationGain.Divergence(mean, deviation, otherMean, otherDeviation), 1e-15);

    [Theory]
    [InlineData(-1, 0.31326168751822286)]
    [InlineData(-0.5, 0.4740769841801067)]
    [InlineData(0, 0.6931471805599453)]
    [InlineData(1, 1.3132616875182228)]
    public void Softplus_KnownPoints_AreExactAndInverted(double rho, double expected)
    {
        Assert.Equal(expected, Softplus.Of(rho), 1e-15);
        Assert.Equal(rho, Softplus.Inverse(expected), 1e-14);
        Assert.Equal(-0.4327521295671885, Softplus.Inverse(0.5), 1e-15);
    }

    [Theory]
    [InlineData(-1, 10.190263960523557, 1.4741131523182103)]
    [InlineData(0, 2.0813689810056077, 1.0406844905028039)]
    [InlineData(1, 0.5798256865725354, 0.6197717861975776)]
    public void Curvature_OfTheDivergence_EqualsPublishedAndCentralDifferences(double rho, double ofMean, double ofRho)
    {
        Near(ofMean, InformationGain.MeanCurvature(rho));
        Near(ofRho, InformationGain.RhoCurvature(rho));

        const double H = 1e-4;
        double At(double mean, double step) => InformationGain.Divergence(mean, Softplus.Of(rho + step), 0, Softplus.Of(rho));
        Near(ofMean, (At(H, 0) + At(-H, 0)) / (H * H), 1e-6);
        Near(ofRho, (At(0, H) + At(0, -H)) / (H * H), 1e-6);
    }

    [Fact]
    public void OfChange_TinyChange_KeepsItsDigitsWhereTheUsualFormHasNone()
    {
        foreach (var u in new[] { 1e-12, 1e-9, 1e-6, 0.99e-4, 1.01e-4, 1e-3 })
        {
            // ½(e^2u − 1 − 2u) = u² + ⅔u³ + ⅓u⁴ + …, summed to far below the last digit.
            var (term, series) = (1.0, 0.0);
            for (var k = 1; k < 12; k++)
            {
                term *= 2 * u / k;
                series += k > 1 ? 0.5 * term : 0;
            }
            Near(series, InformationGain.OfChange(u, 0), 1e-11);
            Near(series, InformationGain.OfChange(Softplus.LogRatio(-0.4, StepFor(-0.4, u)), 0), 1e-7);
        }
        Assert.Equal(0, Math.Log(1 + 1e-17));
        Near(1e-17, Softplus.LogOnePlus(1e-17));
        Near(1e-17, Softplus.ExpMinusOne(1e-17));
    }

    // h with softplus(ρ + h) = softplus(ρ)·e^u.
    private static double StepFor(double rho, double u) =>
        Softplus.LogOnePlus(Softplus.ExpMinusOne(Softplus.Of(rho) * Softplus.ExpMinusOne(u)) / Softplus.Slope(rho));

    [Theory]
    [InlineData(1000)]
    [InlineData(88)]
    [InlineData(-30)]
    [InlineData(-88)]
    [InlineData(-1000)]
    public void Softplus_FarOut_NeitherOverflowsNorLosesItsLimit(double rho)
    {
        var (deviation, slope) = (new float[9], new float[9]);
        Softplus.Of(Enumerable.Repeat((float)rho, 9).ToArray(), deviation, slope);

        Near(rho > 0 ? rho : Math.Exp(rho), Softplus.Of(rho), 1e-12);
        foreach (var value in deviation)
            Assert.Equal((float)Softplus.Of(rho), value, Math.Abs(rho) > 80 ? 1e-35 : 1e-18);
        foreach (var value in slope)
            Assert.Equal((float)Softplus.Slope(rho), value, Math.Abs(rho) > 80 ? 1e-35 : 1e-18);
        Assert.True(double.IsFinite(InformationGain.RhoCurvature(rho)));
        Assert.True(double.IsFinite(Softplus.LogOf(rho)));
        Near(rho > 0 ? Math.Log(1.001) : rho * 0.001, Softplus.LogRatio(rho, rho * 0.001), 1e-9);
    }

    [Theory]
    [InlineData(0.3, -50)]
    [InlineData(0.3, -700)]
    [InlineData(-3, 2)]
    [InlineData(-30, -30)]
    [InlineData(5, 900)]
    public void LogRatio_LongStep_IsTheDifferenceOfLogarithms(double rho, double step) =>
        Near(Softplus.LogOf(rho + step) - Math.Log(Softplus.Of(rho)), Softplus.LogRatio(rho, step), 1e-13);

    [Fact]
    public void Exact_DeviationThatUnderflowed_IsFiniteAndLongStepsAreClipped()
    {
        Assert.True(double.IsFinite(InformationGain.Exact(-2000, 3, 5, BeliefStep.Natural, 1)));
        Assert.Equal(1000, InformationGain.Clip(InformationGain.Exact(0, 0, -1e6, BeliefStep.Natural, 1), 1000));
        Assert.Equal(1000, InformationGain.Clip(InformationGain.Exact(0, 1e9, 0, BeliefStep.Plain, 1), 1000));
        Assert.True(double.IsNaN(InformationGain.Clip(InformationGain.Exact(0, double.NaN, 0, BeliefStep.Natural, 1), 1000)));
    }

    [Fact]
    public void Divergence_OfBeliefs_IsTheSlidesFormulaLessHalfTheWeights()
    {
        float[] before = [0.3f, -0.2f, 0.1f, -0.5f], after = [0.4f, -0.1f, 0.3f, -0.9f];
        var slide = 0.0;
        for (var i = 0; i < 2; i++)
        {
            var (old, now) = (Softplus.Of(before[2 + i]), Softplus.Of(after[2 + i]));
            var shift = (after[i] - (double)before[i]) / old;
            slide += 0.5 * (now / old * (now / old) + 2 * Math.Log(old) - 2 * Math.Log(now) + shift * shift);
        }

        Near(slide - 1, InformationGain.Divergence(after, before), 1e-12);
        Assert.Equal(0, InformationGain.Divergence(before, before));
    }
}
