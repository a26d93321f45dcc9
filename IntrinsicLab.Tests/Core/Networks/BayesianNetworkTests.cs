using IntrinsicLab.Core;
using IntrinsicLab.Core.Formulas;
using IntrinsicLab.Core.Networks;
using IntrinsicLab.Tests.Support;

namespace IntrinsicLab.Tests.Core.Networks;

/// <summary>The belief over weights in double precision: worked examples, then random networks against finite differences and loops.</summary>
public class BayesianNetworkTests
{
    private const double Rho = -0.4327521295671885;

    private static void Near(double expected, double actual, double relative) =>
        Assert.True(Math.Abs(expected - actual) <= relative * Math.Abs(expected), $"Expected {expected:R}, got {actual:R}.");

    private static double Gain(BayesianPass<double> pass) => Gains(pass, 1)[0];

    private static double[] Gains(BayesianPass<double> pass, int rows)
    {
        var gains = new double[rows];
        pass.Gains(gains);
        return gains;
    }

    private static double Exact(BayesianPass<double> pass, BeliefStep step, double length)
    {
        var gains = new double[1];
        pass.ExactGains(step, length, gains);
        return gains[0];
    }

    [Theory]
    [InlineData(5, 2.528465131641, 0.04)]
    [InlineData(1, 0.921155683271, 1)]
    public void OneLayer_WorkedExample_HasItsNumbers(double deviation, double loss, double scale)
    {
        var network = new BayesianNetwork(2, [], 1, 0.5, deviation);
        var pass = new BayesianPass<double>(network, 1, 1);
        var gradient = new double[6];

        pass.Believe([0.3, -0.1, 0.2, 0, -1, -0.5]);
        pass.Noise(0)[0] = 0.7;
        pass.Forward([1, -2], 1);
        Assert.Equal(1.433409459139, pass.Outputs[0], 1e-12);
        Assert.Equal(loss, pass.NegativeLogLikelihood([1.5]), 1e-12);
        pass.Backward(gradient);

        Assert.Equal(-0.066590540861 * scale, pass.OutputGradient[0], 1e-12);
        Numbers.Close(
            [
                .. new[] { -0.066590540861, 0.133181081723, -0.066590540861, -0.015419048723, -0.014992949758, -0.007962963547 }
                    .Select(value => value * scale),
            ],
            gradient, 1e-12);
        var q = Gain(pass);
        Near(deviation == 5 ? 8.477782439186828e-06 : 0.005298614024491768, q, 1e-12);
        // Worked out with 50 digits.
        Near(deviation == 5 ? 1.0000126876351916 : 1.0003176552243537, Exact(pass, BeliefStep.Natural, 1) / (0.5 * q), 1e-13);
        Near(deviation == 5 ? 1.0000012686936890 : 1.0000317219968560, Exact(pass, BeliefStep.Natural, 0.1) / (0.5 * 0.01 * q), 1e-13);
    }

    private static BayesianPass<double> TwoLayers(double[] gradient, out double loss)
    {
        var pass = new BayesianPass<double>(new BayesianNetwork(2, [3], 1), 1, 2);
        double[] means = [.5, -.4, .2, .1, .3, -.6, .1, -.2, .05, .7, -.5, .25, .3];
        pass.Believe([.. means, .. Enumerable.Repeat(Rho, 9), -1, -1, -1, 0]);
        new[] { .3, -.7, 1.2, -.5, .4, .1 }.CopyTo(pass.Noise(0));
        new[] { .6, -.9 }.CopyTo(pass.Noise(1));
        pass.Forward([1, -1.5], 1);
        loss = pass.NegativeLogLikelihood([.8]);
        pass.Backward(gradient);
        return pass;
    }

    [Fact]
    public void TwoLayers_WorkedExample_HasItsNumbers()
    {
        var gradient = new double[26];
        var pass = TwoLayers(gradient, out var loss);

        Numbers.Close([2.05637239, -0.10365368], pass.Outputs, 5e-9);
        Near(2.5523270611122104, loss, 1e-14);
        Numbers.Close([0.01866211, 0, 0.0076476], gradient.AsSpan(0, 3), 5e-9);
        var q = Gain(pass);
        Near(0.0008649581358536516, q, 1e-13);

        // What each part of φ contributes, from the gradient itself: M1, c1, ρ1, ρc1, M2, c2, ρ2, ρc2.
        double[] rhos = [.. Enumerable.Repeat(Rho, 9), -1, -1, -1, 0];
        double Part(int from, int count, bool ofRho) => Enumerable.Range(from, count).Sum(i => ofRho
            ? gradient[13 + i] * gradient[13 + i] / InformationGain.RhoCurvature(rhos[i])
            : gradient[i] * gradient[i] / InformationGain.MeanCurvature(rhos[i]));
        double[] parts =
        [
            Part(0, 6, false), Part(6, 3, false), Part(0, 6, true), Part(6, 3, true),
            Part(9, 3, false), Part(12, 1, false), Part(9, 3, true), Part(12, 1, true),
        ];
        double[] expected =
        [
            3.304926282e-4, 1.016900394e-4, 2.870180585e-5, 4.734318490e-6, 1.724708282e-4, 2.390935795e-5, 6.302563963e-5, 1.399335181e-4,
        ];
        foreach (var (wanted, found) in expected.Zip(parts))
            Near(wanted, found, 1e-9);
        Near(q, parts.Sum(), 1e-13);
    }

    [Fact]
    public void TwoLayers_ExactDivergence_ApproachesItsExpansionAsTheStepShrinks()
    {
        var pass = TwoLayers(new double[26], out _);
        var q = Gain(pass);

        foreach (var (length, ratio) in new[] { (1, 0.99926348), (0.1, 0.99992629), (0.01, 0.99999263) })
            Assert.Equal(ratio, Exact(pass, BeliefStep.Natural, length) / (0.5 * length * length * q), 5e-9);
        // The error shrinks with the step.
        Assert.Equal(1, Exact(pass, BeliefStep.Natural, 1e-7) / (0.5 * 1e-14 * q), 1e-9);
        Assert.Equal(0.0126334, Exact(pass, BeliefStep.Plain, 1), 5e-8);
        Assert.Equal(1.26339e-4, Exact(pass, BeliefStep.Plain, 0.1), 5e-10);
        Assert.Equal(1.263396e-6, Exact(pass, BeliefStep.Plain, 0.01), 5e-13);
    }

    [Fact]
    public void PriorDivergence_OneWeight_IsTwo()
    {
        var network = new BayesianNetwork(1, [], 1);
        var atPrior = network.PriorDivergence<double>([0, 0, Rho, Rho]);

        Assert.Equal(0, atPrior, 1e-15);
        Assert.Equal(2, network.PriorDivergence<double>([1, 0, Rho, Rho]), 1e-14);
    }

    public static TheoryData<int[], int, bool> Shapes => new()
    {
        { [], 1, false }, { [5], 3, true }, { [5], 3, false }, { [20, 17], 2, true }, { [20, 17], 2, false },
    };

    private static (BayesianNetwork Network, double[] Belief, double[] Input, double[] Target) Random(int[] hidden, int rows)
    {
        var rng = new Rng(11);
        var network = new BayesianNetwork(3, hidden, 4, 0.5, 2);
        double[] belief = [.. Numbers.Random(rng, network.Weights, 0.6), .. Numbers.Random(rng, network.Weights, 0.7)];
        return (network, belief, Numbers.Random(rng, rows * 3), Numbers.Random(rng, rows * 4, 2));
    }

    private static double[][] Noise(BayesianNetwork network, int count)
    {
        var rng = new Rng(12);
        return [.. network.Means.Layers.Select(layer => Numbers.Random(rng, count * layer.Outputs))];
    }

    private static double Run(
        BayesianPass<double> pass, double[] belief, double[][] noise, bool shared, ReadOnlySpan<double> input, ReadOnlySpan<double> target, int rows)
    {
        pass.Believe(belief);
        pass.ShareNoise(shared);
        for (var layer = 0; layer < noise.Length; layer++)
            noise[layer].CopyTo(pass.Noise(layer));
        pass.Forward(input, rows);
        return pass.NegativeLogLikelihood(target);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Backward_LossWithPrior_EqualsFiniteDifferencesInAllOfTheBelief(int[] hidden, int samples, bool shared)
    {
        const int Rows = 3;
        var (network, belief, input, target) = Random(hidden, Rows);
        var noise = Noise(network, shared ? samples : Rows * samples);
        var pass = new BayesianPass<double>(network, Rows, samples);
        var gradient = new double[network.ParameterCount];

        Run(pass, belief, noise, shared, input, target, Rows);
        pass.Backward(gradient);
        pass.AddPriorGradient(0.2, gradient);

        double Loss(double[] phi) => Run(pass, phi, noise, shared, input, target, Rows) + 0.2 * network.PriorDivergence<double>(phi);
        // A difference of losses of this size over 10⁻⁵ has about 10⁻⁸ of them in rounding, and as much in the third derivative.
        Numbers.Close(Numbers.FiniteDifferences(Loss, belief, 1e-5), gradient, 1e-8 * Math.Max(1, Math.Abs(Loss(belief))));
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Gains_OfABatch_EqualALoopOverRowsAndTheirGradients(int[] hidden, int samples, bool shared)
    {
        const int Rows = 4;
        var (network, belief, input, target) = Random(hidden, Rows);
        var noise = Noise(network, shared ? samples : Rows * samples);
        var pass = new BayesianPass<double>(network, Rows, samples);
        Run(pass, belief, noise, shared, input, target, Rows);
        pass.Backward([]);
        var gains = Gains(pass, Rows);
        var exact = new double[Rows];
        pass.ExactGains(BeliefStep.Natural, 0.3, exact);

        var single = new BayesianPass<double>(network, 1, samples);
        var gradient = new double[network.ParameterCount];
        for (var row = 0; row < Rows; row++)
        {
            double[][] own = shared ? noise : [.. noise.Select(all => all[(row * (all.Length / Rows))..((row + 1) * (all.Length / Rows))])];
            Run(single, belief, own, false, input.AsSpan(row * 3, 3), target.AsSpan(row * 4, 4), 1);
            single.Backward(gradient);
            var (quadratic, divergence) = (0.0, 0.0);
            for (var i = 0; i < network.Weights; i++)
            {
                var (ofMean, ofRho, rho) = (gradient[i], gradient[network.Weights + i], belief[network.Weights + i]);
                var (h, k) = (InformationGain.MeanCurvature(rho), InformationGain.RhoCurvature(rho));
                quadratic += ofMean * ofMean / h + ofRho * ofRho / k;
                divergence += InformationGain.Divergence(-0.3 * ofMean / h, Softplus.Of(rho - 0.3 * ofRho / k), 0, Softplus.Of(rho));
            }
            Near(quadratic, gains[row], 1e-12);
            Near(gains[row], Gain(single), 1e-12);
            Near(divergence, exact[row], 1e-9);
            Assert.True(gains[row] > 0);
        }
    }

    [Fact]
    public void Gains_InSinglePrecision_EqualThoseInDouble()
    {
        const int Rows = 7, Samples = 10;
        var (network, belief, input, target) = Random([20, 17], Rows);
        var noise = Noise(network, Rows * Samples);
        var wide = new BayesianPass<double>(network, Rows, Samples);
        Run(wide, belief, noise, false, input, target, Rows);
        wide.Backward([]);

        var pass = new BayesianPass<float>(network, Rows, Samples);
        float[] Single(double[] values) => [.. values.Select(value => (float)value)];
        pass.Believe(Single(belief));
        for (var layer = 0; layer < noise.Length; layer++)
            Single(noise[layer]).CopyTo(pass.Noise(layer));
        pass.Forward(Single(input), Rows);
        pass.NegativeLogLikelihood(Single(target));
        pass.Backward([]);
        var (found, exact) = (new double[Rows], new double[Rows]);
        pass.Gains(found);
        pass.ExactGains(BeliefStep.Natural, 0.01, exact);

        foreach (var (expected, gain) in Gains(wide, Rows).Zip(found))
            Near(expected, gain, 2e-5);
        foreach (var (divergence, gain) in exact.Zip(found))
            Near(0.5 * 1e-4 * gain, divergence, 5e-2);
    }

    [Theory]
    [InlineData(-120f)]
    [InlineData(100f)]
    public void AnyPass_DeviationsFarOut_StaysFinite(float rho)
    {
        var network = new BayesianNetwork(2, [8], 1);
        var belief = new float[network.ParameterCount];
        network.Initialise(belief, new Rng(1));
        belief.AsSpan(network.Weights).Fill(rho);
        var pass = new BayesianPass<float>(network, 1, 2);
        var gradient = new float[network.ParameterCount];
        var gains = new double[1];

        pass.Believe(belief);
        pass.DrawNoise(new GaussianNoise(new Rng(2)), 1, false);
        // Nothing comes in: the variance of the first layer is its biases' alone, and may be 0.
        pass.Forward([0, 0], 1);
        pass.NegativeLogLikelihood([1]);
        pass.Backward(gradient);
        pass.AddPriorGradient(0.2, gradient);
        pass.Gains(gains);

        Assert.All(gradient, value => Assert.True(float.IsFinite(value)));
        Assert.True(double.IsFinite(gains[0]) && gains[0] >= 0);
        Assert.True(double.IsFinite(network.PriorDivergence<float>(belief)));
        pass.ExactGains(BeliefStep.Natural, 0.01, gains);
        Assert.False(double.IsNaN(gains[0]));
    }

    [Fact]
    public void Gains_InputsOfAnySize_AreHeldByTheClipAndNeverUndefined()
    {
        var network = new BayesianNetwork(2, [8, 8], 2);
        var belief = new float[network.ParameterCount];
        network.Initialise(belief, new Rng(1));
        var pass = new BayesianPass<float>(network, 1, 10);
        var gains = new double[1];
        foreach (var size in new[] { 1e3f, 1e6f, 1e8f })
        {
            pass.Believe(belief);
            pass.DrawNoise(new GaussianNoise(new Rng(2)), 1, false);
            pass.Forward([size, -size], 1);
            pass.NegativeLogLikelihood([size, 0]);
            pass.Backward([]);
            pass.Gains(gains);
            Assert.Equal(1000, InformationGain.Clip(1e-4 * gains[0], 1000));
        }
    }
}
