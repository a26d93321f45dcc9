using IntrinsicLab.Core;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Formulas;

namespace IntrinsicLab.Tests.Core.Algorithms;

public class GoalAutoencoderTests
{
    private const int Rows = 6, Values = 9;

    private static GoalAutoencoder Small(double beta = 1, double power = 0, ulong seed = 1) =>
        new(new() { Latents = 2, Hidden = [8], Beta = beta, LearningRate = 0.01, SkewPower = power }, Values, Rows, new Rng(seed));

    // Pictures with one bright pixel, and one with two.
    private static float[] Pictures()
    {
        var pictures = new float[Rows * Values];
        for (var row = 0; row < Rows; row++)
            pictures[row * Values + row] = 1;
        pictures[8] = 0.5f;
        return pictures;
    }

    private static float[] Noise(int seed, int count = 2 * Rows)
    {
        var rng = new Rng((ulong)seed);
        return [.. Enumerable.Range(0, count).Select(_ => (float)rng.NextGaussian())];
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Gradient_OfABatch_IsThatOfFiniteDifferences(double beta)
    {
        using var autoencoder = Small(beta);
        var (pictures, noise) = (Pictures(), Noise(2));
        var rng = new Rng(3);
        // Biases away from 0, where a ReLU would have its kink.
        foreach (ref var parameter in autoencoder.Parameters)
            parameter += 0.1f * (float)rng.NextGaussian();
        var (gradient, scratch) = (new float[autoencoder.Parameters.Length], new float[autoencoder.Parameters.Length]);
        autoencoder.Gradient(pictures, noise, gradient);
        const float Step = 1e-3f;
        Assert.True(gradient.Count(value => Math.Abs(value) > 0.02) > 50, "The gradient is too small to tell anything.");

        for (var index = 0; index < gradient.Length; index++)
        {
            var kept = autoencoder.Parameters[index];
            autoencoder.Parameters[index] = kept + Step;
            var above = autoencoder.Gradient(pictures, noise, scratch).Loss;
            autoencoder.Parameters[index] = kept - Step;
            var below = autoencoder.Gradient(pictures, noise, scratch).Loss;
            autoencoder.Parameters[index] = kept;

            Assert.Equal((above - below) / (2 * Step), gradient[index], 0.003 + 0.005 * Math.Abs(gradient[index]));
        }
    }

    [Fact]
    public void Divergence_OfAGaussian_IsTheIntegral()
    {
        var (mean, deviation, sum) = (0.7, 0.4, 0.0);
        const double Width = 1e-3;
        for (var z = -5.0; z < 5; z += Width)
        {
            var (own, prior) = (LogNormal(z, mean, deviation), LogNormal(z, 0, 1));
            sum += Math.Exp(own) * (own - prior) * Width;
        }

        Assert.Equal(sum, EvidenceBound.Divergence([(float)mean], [(float)(2 * Math.Log(deviation))]), 1e-5);
        Assert.Equal(0, EvidenceBound.Divergence([0f, 0f], [0f, 0f]));
        Assert.Equal(3 * 0.5 * 4, EvidenceBound.Divergence([2f, 2f, 2f], [0f, 0f, 0f]), 1e-6);

        static double LogNormal(double z, double mean, double deviation) =>
            -0.5 * Math.Pow((z - mean) / deviation, 2) - Math.Log(deviation) - 0.5 * Math.Log(2 * Math.PI);
    }

    [Fact]
    public void Bernoulli_OfLogits_IsTheLogarithmOfTheProbability()
    {
        Assert.Equal(3 * Math.Log(0.5), EvidenceBound.Bernoulli([0f, 0f, 0f], [0f, 1f, 0.5f]), 1e-9);
        Assert.Equal(
            Math.Log(1 / (1 + Math.Exp(-2.0))) + Math.Log(1 - 1 / (1 + Math.Exp(1.0))), EvidenceBound.Bernoulli([2f, -1f], [1f, 0f]), 1e-6);
        Assert.Equal(-1000, EvidenceBound.Bernoulli([1000f], [0f]), 1e-6);
    }

    [Fact]
    public void PriorOverPosterior_OverManyDraws_IsMinusTheDivergence()
    {
        var (rng, sum) = (new Rng(5), 0.0);
        float[] mean = [0.7f, -0.3f], logVariance = [-1f, 0.4f], code = new float[2], noise = new float[2];
        for (var draw = 0; draw < 50_000; draw++)
        {
            for (var i = 0; i < 2; i++)
                code[i] = mean[i] + MathF.Exp(0.5f * logVariance[i]) * (noise[i] = (float)rng.NextGaussian());
            sum += EvidenceBound.PriorOverPosterior(code, noise, logVariance) / 50_000;
        }

        Assert.Equal(-EvidenceBound.Divergence(mean, logVariance), sum, 0.02);
    }

    [Fact]
    public void Likelihoods_OfAnAutoencoderThatKnowsNothing_AreThoseOfEvenPixels()
    {
        using var autoencoder = Small();
        autoencoder.Parameters.Clear();
        var likelihoods = new double[Rows];

        autoencoder.Likelihoods(Pictures(), new Rng(1), likelihoods);

        Assert.All(likelihoods, likelihood => Assert.Equal(Values * Math.Log(0.5), likelihood, 1e-5));
    }

    [Fact]
    public void Skew_OfLikelihoods_IsTheirPowerAndDoesNotOverflow()
    {
        var sums = new double[3];
        GoalAutoencoder.Skew([Math.Log(0.5), Math.Log(0.25), Math.Log(0.25)], -1, sums);
        Assert.Equal([0.2, 0.6, 1.0], sums.Select(sum => Math.Round(sum, 12)));

        GoalAutoencoder.Skew([-5000.0, -1.0, -5000.0], -1, sums);
        Assert.Equal([0.5, 0.5, 1.0], sums);
    }

    [Fact]
    public void Imagine_BeforeAnythingIsFitted_IsThePrior()
    {
        using var autoencoder = Small();
        var (rng, same, code) = (new Rng(7), new Rng(7), new float[2]);

        autoencoder.Imagine(rng, code);

        Assert.Equal([(float)same.NextGaussian(), (float)same.NextGaussian()], code);
    }
}
