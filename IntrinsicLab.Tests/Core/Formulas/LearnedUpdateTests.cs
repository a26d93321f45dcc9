using IntrinsicLab.Core;
using IntrinsicLab.Core.Formulas;

namespace IntrinsicLab.Tests.Core.Formulas;

/// <summary>What the step of LPG's agents becomes where its targets are known.</summary>
public class LearnedUpdateTests
{
    private static (double[] P, double[] LogP) Softmax(double[] logits)
    {
        var (logP, p) = (logits.ToArray(), new double[logits.Length]);
        LearnedUpdate.Softmax<double>(logP, p, logits.Length);
        return (p, logP);
    }

    [Fact]
    public void Softmax_OfRows_SumsToOneWhateverTheSize()
    {
        var (logits, p) = (new double[] { 1, 2, 3, 1000, 1001, 999 }, new double[6]);

        LearnedUpdate.Softmax<double>(logits, p, 3);

        Assert.Equal(Math.Exp(1) / (Math.Exp(1) + Math.Exp(2) + Math.Exp(3)), p[0], 1e-12);
        Assert.Equal(1, p[3] + p[4] + p[5], 1e-12);
        Assert.Equal(Math.Log(p[4]), logits[4], 1e-12);
    }

    [Fact]
    public void Softmax_InSinglePrecision_IsThatOfDouble()
    {
        var rng = new Rng(1);
        float[] logits = [.. Enumerable.Range(0, 7 * 9).Select(_ => (float)(3 * rng.NextGaussian()))];
        var exact = logits.Chunk(9).SelectMany(row => Softmax([.. row.Select(value => (double)value)]).P).ToArray();
        var p = new float[logits.Length];

        LearnedUpdate.Softmax<float>(logits, p, 9);

        for (var i = 0; i < p.Length; i++)
            Assert.Equal(exact[i], p[i], 1e-6);
    }

    [Fact]
    public void MovePolicy_ByAnAdvantage_IsThePolicyGradientStep()
    {
        double[] logits = [.3, -.2, .9];
        const double Rate = 0.5, Advantage = 1.7;
        var (p, _) = Softmax(logits);
        var moved = logits.ToArray();

        LearnedUpdate.MovePolicy<double>(moved, p, 1, Rate * Advantage);

        for (var i = 0; i < 3; i++)
        {
            const double Step = 1e-6;
            double LogChosen(double change)
            {
                var changed = logits.ToArray();
                changed[i] += change;
                return Softmax(changed).LogP[1];
            }
            Assert.Equal(logits[i] + Rate * Advantage * (LogChosen(Step) - LogChosen(-Step)) / (2 * Step), moved[i], 1e-9);
        }
    }

    [Fact]
    public void MovePolicy_ByOneForEveryAction_DoesNotMoveOnAverage()
    {
        var (p, _) = Softmax([.3, -.2, .9, 2]);
        var mean = new double[4];

        for (var action = 0; action < 4; action++)
        {
            var moved = new double[4];
            LearnedUpdate.MovePolicy<double>(moved, p, action, 1);
            for (var i = 0; i < 4; i++)
                mean[i] += p[action] * moved[i];
        }

        Assert.All(mean, value => Assert.Equal(0, value, 1e-15));
    }

    [Fact]
    public void MovePrediction_TowardsItself_DoesNotMove()
    {
        double[] logits = [.3, -.2, .9];
        var (y, logY) = Softmax(logits);
        var moved = logits.ToArray();

        // ŷ = y, its logits with any normaliser.
        LearnedUpdate.MovePrediction<double>(moved, y, logY, [.. logY.Select(value => value + 3)], 10);

        for (var i = 0; i < 3; i++)
            Assert.Equal(logits[i], moved[i], 1e-12);
    }

    [Fact]
    public void MovePrediction_TowardsAConstant_ComesCloserWithEveryStep()
    {
        double[] logits = [2, -1, .5, 0], q = [0, 1, -1, .3];
        var divergence = double.PositiveInfinity;

        for (var step = 0; step < 2000; step++)
        {
            var (y, logY) = Softmax(logits);
            var now = LearnedUpdate.Divergence<double>(y, logY, q);
            Assert.True(now <= divergence + 1e-14, $"step {step}");
            divergence = now;
            LearnedUpdate.MovePrediction<double>(logits, y, logY, q, 0.5);
        }

        Assert.True(divergence < 1e-6, $"{divergence}");
    }

    [Fact]
    public void MovePrediction_IsTheGradientOfTheDivergence()
    {
        double[] logits = [.3, -.2, .9], q = [1, 0, -1];
        var (y, logY) = Softmax(logits);
        var moved = new double[3];

        LearnedUpdate.MovePrediction<double>(moved, y, logY, q, 1);

        for (var i = 0; i < 3; i++)
        {
            const double Step = 1e-6;
            double Divergence(double change)
            {
                var changed = logits.ToArray();
                changed[i] += change;
                var (p, logP) = Softmax(changed);
                return LearnedUpdate.Divergence<double>(p, logP, q);
            }
            Assert.Equal(-(Divergence(Step) - Divergence(-Step)) / (2 * Step), moved[i], 1e-9);
        }
    }
}
