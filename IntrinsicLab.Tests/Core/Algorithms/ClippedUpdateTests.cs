using IntrinsicLab.Core;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Formulas;
using IntrinsicLab.Core.Networks;
using IntrinsicLab.Tests.Support;
using static TorchSharp.torch;

namespace IntrinsicLab.Tests.Core.Algorithms;

public class ClippedUpdateTests
{
    private const int Rows = 60;
    private const int Size = 4;
    private const int Actions = 2;

    private static (PolicyNetwork Policy, float[] Seen, float[] Taken, double[] Advantages) Batch(bool continuous)
    {
        var rng = new Rng(8);
        var policy = new PolicyNetwork(new PolicyShape(Size, Actions, continuous) { Hidden = [16] }, rng);
        var (seen, taken) = (Numbers.RandomFloats(rng, Rows * Size), new float[Rows * (continuous ? Actions : 1)]);
        policy.Forward(seen, Rows);
        policy.Sample(rng, taken);
        return (policy, seen, taken, Numbers.Random(rng, Rows));
    }

    // The first step begins where all ratios are 1; at the second, some have left the range.
    [Theory]
    [InlineData(true, 1, 0.5)]
    [InlineData(false, 1, 0.5)]
    [InlineData(true, 2, 0.05)]
    [InlineData(false, 2, 0)]
    public void Improve_WholeBatchSteps_AreThoseOfAutograd(bool continuous, int epochs, double maximumNorm)
    {
        using var scope = NewDisposeScope();
        var (policy, seen, taken, advantages) = Batch(continuous);
        var settings = new ClippedSettings
        {
            Epochs = epochs,
            MinibatchSize = Rows,
            ClipRange = 0.1,
            LearningRate = 0.02,
            EntropyCoefficient = 0.03,
            MaximumGradientNorm = maximumNorm,
        };
        var theta = tensor(policy.Parameters).to(ScalarType.Float64);
        var (mean, square) = (zeros_like(theta), zeros_like(theta));
        var (losses, norms, outside) = (new List<double>(), new List<double>(), new List<double>());
        Tensor? acted = null;
        for (var step = 1; step <= epochs; step++)
        {
            theta = theta.detach().requires_grad_(true);
            var (nlp, entropy) = Evaluate(policy, theta, seen, taken);
            acted ??= nlp.detach();
            var loss = PolicyGradients.ClippedSurrogate(nlp, acted, tensor(advantages), settings.ClipRange);
            outside.Add(((acted - nlp).exp() - 1).abs().gt(settings.ClipRange).to(ScalarType.Float64).mean().item<double>());
            var gradient = autograd.grad([loss - settings.EntropyCoefficient * entropy], [theta])[0];
            var norm = gradient.norm().item<double>();
            (losses, norms) = ([.. losses, loss.item<double>()], [.. norms, norm]);
            if (maximumNorm > 0 && norm > maximumNorm)
                gradient *= maximumNorm / norm;
            // Adam (Kingma and Ba 2015) with ε beside the corrected root.
            mean = 0.9 * mean + 0.1 * gradient;
            square = 0.999 * square + 0.001 * gradient * gradient;
            theta = theta.detach() - settings.LearningRate * (mean / (1 - Math.Pow(0.9, step))) / ((square / (1 - Math.Pow(0.999, step))).sqrt() + 1e-5);
        }
        using var update = new ClippedUpdate(policy, settings);

        var result = update.Improve(seen, taken, advantages, new Rng(1), 0);

        Numbers.Close(theta.Doubles(), [.. policy.Parameters.Select(value => (double)value)], 2e-4);
        Assert.Equal(losses.Average(), result.Loss, 4);
        Assert.Equal(norms.Average(), result.GradientNorm, 4);
        Assert.Equal(outside.Average(), result.ClipFraction, 6);
        Assert.True(epochs == 1 || result.ClipFraction > 0.05, $"Only {result.ClipFraction} of the samples left the range.");
    }

    [Fact]
    public void Improve_MinibatchesThatDoNotDivideTheRows_TakesEveryRow()
    {
        // Only one row has an advantage: it moves the policy wherever it lies in the order.
        var (policy, seen, taken, advantages) = Batch(continuous: false);
        Array.Clear(advantages);
        advantages[^1] = 1;
        policy.Forward(seen, Rows);
        var (before, after) = (new float[Rows], new float[Rows]);
        policy.Evaluate(taken, before);
        using var update = new ClippedUpdate(policy, new ClippedSettings { Epochs = 3, MinibatchSize = 32, LearningRate = 1e-2 });

        update.Improve(seen, taken, advantages, new Rng(1), 0);

        policy.Forward(seen, Rows);
        policy.Evaluate(taken, after);
        Assert.True(after[^1] < before[^1], $"The action's −log π went from {before[^1]} to {after[^1]}.");
    }

    [Fact]
    public void Improve_AnAdvantageNoNumber_NamesMetricAndStep()
    {
        var (policy, seen, taken, advantages) = Batch(continuous: true);
        advantages[3] = double.NaN;
        using var update = new ClippedUpdate(policy, new ClippedSettings());

        var thrown = Assert.Throws<DivergedException>(() => update.Improve(seen, taken, advantages, new Rng(1), 77));

        Assert.Equal((Metrics.PolicyLoss, 77), (thrown.Metric, thrown.Step));
    }

    [Fact]
    public void Load_WhatWasSaved_ContinuesBitForBit()
    {
        var (policy, seen, taken, advantages) = Batch(continuous: true);
        using var update = new ClippedUpdate(policy, new ClippedSettings());
        update.Improve(seen, taken, advantages, new Rng(1), 0);
        using var stream = new MemoryStream();
        using (var writer = new CheckpointWriter(stream))
            update.Save(writer);
        var (other, _, _, _) = Batch(continuous: true);
        policy.Parameters.CopyTo(other.Parameters, 0);
        using var resumed = new ClippedUpdate(other, new ClippedSettings());
        using (var reader = new CheckpointReader(new MemoryStream(stream.ToArray())))
            resumed.Load(reader);

        Assert.Equal(update.Improve(seen, taken, advantages, new Rng(2), 0), resumed.Improve(seen, taken, advantages, new Rng(2), 0));
        Assert.True(policy.Parameters.AsSpan().SequenceEqual(other.Parameters));
    }

    private static (Tensor NegativeLogProbability, Tensor Entropy) Evaluate(PolicyNetwork policy, Tensor theta, float[] seen, float[] taken)
    {
        var (outputs, deviation) = policy.Forward(theta, tensor(seen).view(Rows, Size).to(ScalarType.Float64));
        return deviation is null
            ? (Categorical.NegativeLogProbability(outputs, tensor(taken.Select(action => (long)action).ToArray())), Categorical.Entropy(outputs).mean())
            : (DiagonalGaussian.NegativeLogProbability(outputs, deviation, tensor(taken).view(Rows, Actions).to(ScalarType.Float64)),
                DiagonalGaussian.Entropy(deviation).mean());
    }
}
