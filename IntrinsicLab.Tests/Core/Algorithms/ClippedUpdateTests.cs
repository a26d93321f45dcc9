using IntrinsicLab.Core;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Formulas;
using IntrinsicLab.Core.Networks;
using IntrinsicLab.Tests.Support;

namespace IntrinsicLab.Tests.Core.Algorithms;

public class ClippedUpdateTests
{
    private const int Rows = 64;

    private static (PolicyNetwork Policy, float[] Seen, float[] Actions, double[] Advantages) Batch(bool continuous)
    {
        var rng = new Rng(8);
        var policy = new PolicyNetwork(new PolicyShape(3, 2, continuous) { Hidden = [5] }, rng);
        var seen = Numbers.RandomFloats(rng, Rows * 3);
        var actions = new float[Rows * (continuous ? 2 : 1)];
        policy.Forward(seen, Rows);
        policy.Sample(rng, actions);
        double[] advantages = [.. Enumerable.Range(0, Rows).Select(_ => rng.NextGaussian())];
        PolicyGradients.Normalise<double>(advantages);
        return (policy, seen, actions, advantages);
    }

    private static double[] NegativeLogProbabilities(PolicyNetwork policy, float[] seen, float[] actions)
    {
        var nlp = new float[Rows];
        policy.Forward(seen, Rows);
        policy.Evaluate(actions, nlp);
        return [.. nlp.Select(value => (double)value)];
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Improve_OneStep_IsAdamsFirstAlongThePolicyGradient(bool continuous)
    {
        const double Step = 1e-3;
        var (policy, seen, actions, advantages) = Batch(continuous);
        using var update = new ClippedUpdate(policy, new ClippedSettings { Epochs = 1, MinibatchSize = Rows, LearningRate = Step, MaximumGradientNorm = 0 });
        var before = (float[])policy.Parameters.Clone();
        var old = NegativeLogProbabilities(policy, seen, actions);
        // −mean ρ·Â by central differences; nothing is clipped at ρ = 1.
        var gradient = new double[before.Length];
        for (var i = 0; i < before.Length; i++)
        {
            double Loss(float by)
            {
                policy.Parameters[i] = before[i] + by;
                var nlp = NegativeLogProbabilities(policy, seen, actions);
                policy.Parameters[i] = before[i];
                return -Enumerable.Range(0, Rows).Average(row => Math.Exp(old[row] - nlp[row]) * advantages[row]);
            }
            gradient[i] = (Loss(0.01f) - Loss(-0.01f)) / 0.02;
        }

        var result = update.Improve(seen, actions, advantages, new Rng(1), 0);

        Assert.Equal(0, result.Loss, 5);
        Assert.Equal((0, 0), (result.ApproximateKl, result.ClipFraction));
        Assert.Equal(Math.Sqrt(gradient.Sum(value => value * value)), result.GradientNorm, 3);
        // Adam's first step has the length of the step size, whatever that of the gradient.
        for (var i = 0; i < before.Length; i++)
            if (Math.Abs(gradient[i]) > 1e-3)
                Assert.Equal(-Step * gradient[i] / (Math.Abs(gradient[i]) + 1e-5), policy.Parameters[i] - before[i], 5);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Improve_SomeEpochs_LowersTheLossAndStopsAtTheClip(bool continuous)
    {
        var (policy, seen, actions, advantages) = Batch(continuous);
        using var narrow = new ClippedUpdate(policy, new ClippedSettings { Epochs = 60, MinibatchSize = 24, ClipRange = 0.05, LearningRate = 3e-3 });
        var (other, _, _, _) = Batch(continuous);
        using var wide = new ClippedUpdate(other, new ClippedSettings { Epochs = 60, MinibatchSize = 24, ClipRange = 10, LearningRate = 3e-3 });
        var old = NegativeLogProbabilities(policy, seen, actions);

        var result = narrow.Improve(seen, actions, advantages, new Rng(1), 0);
        wide.Improve(seen, actions, advantages, new Rng(1), 0);

        double Loss(double[] nlp) => -Enumerable.Range(0, Rows).Average(row => Math.Exp(old[row] - nlp[row]) * advantages[row]);
        double Change(double[] nlp) => Enumerable.Range(0, Rows).Average(row => Math.Abs(Math.Exp(old[row] - nlp[row]) - 1));
        var (near, far) = (NegativeLogProbabilities(policy, seen, actions), NegativeLogProbabilities(other, seen, actions));
        Assert.True(Loss(near) < -0.01, $"The loss became {Loss(near)}.");
        Assert.True(Change(near) < 0.5 * Change(far), $"{Change(near)} with the clip, {Change(far)} without.");
        Assert.InRange(result.ClipFraction, 0.05, 0.95);
    }

    [Fact]
    public void Improve_AnAdvantageNoNumber_NamesMetricAndStep()
    {
        var (policy, seen, actions, advantages) = Batch(continuous: true);
        using var update = new ClippedUpdate(policy, new ClippedSettings());
        advantages[3] = double.NaN;

        var thrown = Assert.Throws<DivergedException>(() => update.Improve(seen, actions, advantages, new Rng(1), 77));

        Assert.Equal((Metrics.PolicyLoss, 77), (thrown.Metric, thrown.Step));
    }
}
