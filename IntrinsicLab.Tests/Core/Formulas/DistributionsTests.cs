using IntrinsicLab.Core;
using IntrinsicLab.Core.Formulas;
using IntrinsicLab.Tests.Support;
using static TorchSharp.torch;

namespace IntrinsicLab.Tests.Core.Formulas;

public class DistributionsTests
{
    private static readonly double[] Logits = [-0.2, 0.3, 0.5];
    private static readonly double[] Mean = [0.1, -0.2];
    private static readonly double[] LogDeviation = [-0.5, 0.3];
    private static readonly double[] Action = [0.4, 0.5];

    [Fact]
    public void Categorical_ThreeActions_EqualsValuesByHand()
    {
        var (nlp, entropy) = Categorical.Evaluate<double>(Logits, 2);

        Assert.Equal(0.839546203864945, nlp, 12);
        Assert.Equal(1.060404112983842, entropy, 12);
        Assert.Equal(0.214478408819, Math.Exp(-Categorical.Evaluate<double>(Logits, 0).NegativeLogProbability), 11);
        Assert.Equal(0.839546203864945, Categorical.NegativeLogProbability(tensor(Logits).unsqueeze(0), tensor(new long[] { 2 })).item<double>(), 12);
        Assert.Equal(1.060404112983842, Categorical.Entropy(tensor(Logits).unsqueeze(0)).item<double>(), 12);
    }

    [Fact]
    public void Categorical_Gradient_EqualsFiniteDifferences()
    {
        var gradient = new double[3];

        Categorical.Gradient<double>(Logits, 1, 0.7, -0.3, gradient);

        Numbers.Close(Numbers.FiniteDifferences(Weighted, Logits), gradient, 1e-8);
        static double Weighted(double[] logits)
        {
            var (nlp, entropy) = Categorical.Evaluate<double>(logits, 1);
            return 0.7 * nlp - 0.3 * entropy;
        }
    }

    [Fact]
    public void Categorical_TensorForms_AreTwiceDifferentiable()
    {
        Numbers.CheckGradients(x => Categorical.NegativeLogProbability(x.unsqueeze(0), tensor(new long[] { 1 })).sum(), Logits);
        Numbers.CheckGradients(x => Categorical.Entropy(x.unsqueeze(0)).sum(), Logits);
    }

    [Fact]
    public void Categorical_Samples_HaveTheirProbabilities()
    {
        var rng = new Rng(1);
        var counts = new int[3];

        for (var draw = 0; draw < 30_000; draw++)
            counts[Categorical.Sample([-0.2f, 0.3f, 0.5f], rng)]++;

        Numbers.Close([0.2145, 0.3536, 0.4319], [.. counts.Select(count => count / 30_000.0)], 0.01);
    }

    [Fact]
    public void Categorical_LargeLogits_StayFinite()
    {
        var (nlp, entropy) = Categorical.Evaluate<float>([1000, 0, -1000], 0);

        Assert.Equal(0, nlp);
        Assert.Equal(0, entropy);
        Assert.Equal(0, Categorical.Sample([1000, 0, -1000], new Rng(1)));
        Assert.Equal(0, Categorical.Mode([1000, 1000, -1000]));
    }

    [Fact]
    public void Gaussian_TwoComponents_EqualsValuesByHand()
    {
        var (nlp, entropy) = DiagonalGaussian.Evaluate<double>(Mean, LogDeviation, Action);

        Assert.Equal(1.8946585995330387, nlp, 12);
        Assert.Equal(2.637877066409345, entropy, 12);
        Assert.Equal(1.8946585995330387, DiagonalGaussian.NegativeLogProbability(
            tensor(Mean).unsqueeze(0), tensor(LogDeviation), tensor(Action).unsqueeze(0)).item<double>(), 12);
        Assert.Equal(2.637877066409345, DiagonalGaussian.Entropy(tensor(LogDeviation)).item<double>(), 12);
    }

    [Fact]
    public void Gaussian_Gradient_EqualsFiniteDifferences()
    {
        var (mean, deviation) = (new double[2], new double[2]);

        DiagonalGaussian.Gradient<double>(Mean, LogDeviation, Action, 0.7, -0.3, mean, deviation);

        Numbers.Close(Numbers.FiniteDifferences(x => Weighted(x, LogDeviation), Mean), mean, 1e-8);
        Numbers.Close(Numbers.FiniteDifferences(x => Weighted(Mean, x), LogDeviation), deviation, 1e-8);
        static double Weighted(double[] mean, double[] logDeviation)
        {
            var (nlp, entropy) = DiagonalGaussian.Evaluate<double>(mean, logDeviation, Action);
            return 0.7 * nlp - 0.3 * entropy;
        }
    }

    [Fact]
    public void Gaussian_TensorForms_AreTwiceDifferentiable()
    {
        Numbers.CheckGradients(
            x => DiagonalGaussian.NegativeLogProbability(x.unsqueeze(0), tensor(LogDeviation), tensor(Action).unsqueeze(0)).sum(), Mean);
        Numbers.CheckGradients(
            x => DiagonalGaussian.NegativeLogProbability(tensor(Mean).unsqueeze(0), x, tensor(Action).unsqueeze(0)).sum(), LogDeviation);
    }

    [Fact]
    public void Gaussian_Samples_HaveTheirMoments()
    {
        var rng = new Rng(2);
        var action = new float[1];
        double sum = 0, squares = 0;

        for (var draw = 0; draw < 30_000; draw++)
        {
            DiagonalGaussian.Sample([0.5f], [-1f], rng, action);
            sum += action[0];
            squares += (action[0] - 0.5) * (action[0] - 0.5);
        }

        Assert.Equal(0.5, sum / 30_000, 0.01);
        Assert.Equal(Math.Exp(-2), squares / 30_000, 0.005);
    }
}
