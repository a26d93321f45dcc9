using IntrinsicLab.Core;
using IntrinsicLab.Core.Formulas;
using IntrinsicLab.Core.Optimizers;
using IntrinsicLab.Tests.Support;
using static TorchSharp.torch;

namespace IntrinsicLab.Tests.Core.Formulas;

public class MetaGradientsTests
{
    private const int Parameters = 40;

    private static readonly double[] Start = Numbers.Random(new Rng(1), Parameters);
    private static readonly double[] Gradient = Numbers.Random(new Rng(2), Parameters, 0.3);
    private static readonly double[] Upstream = Numbers.Random(new Rng(3), Parameters);

    // The state after some steps, so that no slot is as it began.
    private static OptimizerState Warm(IOptimizer optimizer, Tensor parameters)
    {
        var state = optimizer.Initial(parameters);
        for (var step = 0; step < 3; step++)
            (_, state) = optimizer.Step(parameters, tensor(Numbers.Random(new Rng((ulong)(10 + step)), Parameters, 0.2)), state, 1e-3);
        return state;
    }

    private static double[] ByAutograd(IOptimizer optimizer, OptimizerState state, double learningRate)
    {
        var g = tensor(Gradient).requires_grad_(true);
        var (next, _) = optimizer.Step(tensor(Start), g, state, learningRate);
        return autograd.grad([(next * tensor(Upstream)).sum()], [g])[0].Doubles();
    }

    [Theory]
    [InlineData(EpsilonStyle.Tensorflow)]
    [InlineData(EpsilonStyle.Pytorch)]
    public void ThroughAdam_SquareHeldConstant_EqualsAutograd(EpsilonStyle style)
    {
        var optimizer = new Adam(1e-5, style, constantSquare: true);
        var state = Warm(optimizer, tensor(Start));
        var (_, stepped) = optimizer.Step(tensor(Start), tensor(Gradient), state, 3e-4);
        var (bias1, bias2) = (1 - Math.Pow(0.9, 4), Math.Sqrt(1 - Math.Pow(0.999, 4)));
        var (rate, correction) = style == EpsilonStyle.Tensorflow ? (3e-4 * bias2 / bias1, 1.0) : (3e-4 / bias1, 1 / bias2);
        var result = new double[Parameters];

        MetaGradients.ThroughAdam(Upstream, stepped.Slots[1].Doubles(), rate, correction, 1e-5, 1 - 0.9, result);

        Numbers.Close(ByAutograd(optimizer, state, 3e-4), result, 1e-15);
    }

    [Theory]
    [InlineData(EpsilonStyle.Tensorflow)]
    [InlineData(EpsilonStyle.Pytorch)]
    public void ThroughRmsProp_AllOfIt_EqualsAutograd(EpsilonStyle style)
    {
        var optimizer = new RmsProp(style: style);
        var state = Warm(optimizer, tensor(Start));
        var (_, stepped) = optimizer.Step(tensor(Start), tensor(Gradient), state, 7e-4);
        var (inside, outside) = style == EpsilonStyle.Tensorflow ? (1e-5, 0.0) : (0.0, 1e-5);
        var result = new double[Parameters];

        MetaGradients.ThroughRmsProp(Upstream, Gradient, stepped.Slots[0].Doubles(), 7e-4, inside, outside, 1 - 0.99, result);

        Numbers.Close(ByAutograd(optimizer, state, 7e-4), result, 1e-14);
    }

    [Fact]
    public void ThroughSgd_AnyGradient_IsMinusTheStepSize()
    {
        var result = new double[Parameters];

        MetaGradients.ThroughSgd<double>(Upstream, 0.1, result);

        Numbers.Close(ByAutograd(new Sgd(), new OptimizerState([], 0), 0.1), result, 1e-16);
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(100)]
    [InlineData(0)]
    public void ThroughClip_LongAndShortGradients_EqualsAutograd(double maximum)
    {
        var g = tensor(Gradient).requires_grad_(true);
        var clipped = GlobalNorm.Clip(g, maximum);
        var result = (double[])Upstream.Clone();

        MetaGradients.ThroughClip<double>(result, clipped.Doubles(), Math.Sqrt(Gradient.Sum(value => value * value)), maximum);

        Numbers.Close(autograd.grad([(clipped * tensor(Upstream)).sum()], [g])[0].Doubles(), result, 1e-14);
    }

    [Fact]
    public void Backward_OfTheOptimisers_EqualsTheirFormulasInSinglePrecision()
    {
        foreach (var optimizer in new IOptimizer[] { new Adam(constantSquare: true), new RmsProp(), new RmsProp(style: EpsilonStyle.Pytorch), new Sgd() })
        {
            using var scope = NewDisposeScope();
            var start = tensor(Start).to(ScalarType.Float32);
            var g = tensor(Gradient).to(ScalarType.Float32);
            var state = optimizer.Initial(start);
            // RMSProp's first step is the sign of the gradient, whose slope is all cancellation.
            for (var step = 0; step < 3; step++)
                optimizer.StepInPlace(start, tensor(Numbers.RandomFloats(new Rng((ulong)(20 + step)), Parameters, 0.3)), state, 1e-2);
            var leaf = g.clone().requires_grad_(true);
            var expected = autograd.grad(
                [(optimizer.Step(start, leaf, state, 1e-2).Parameters * tensor(Upstream).to(ScalarType.Float32)).sum()], [leaf])[0].Floats();
            optimizer.StepInPlace(start, g, state, 1e-2);
            var result = new float[Parameters];

            optimizer.Backward(state, g.Floats(), 1e-2, [.. Upstream.Select(value => (float)value)], result);

            for (var i = 0; i < Parameters; i++)
                Assert.Equal(1, result[i] / expected[i], 1e-4);
        }
    }

    [Fact]
    public void Backward_OfAdamWithALiveSquare_IsRefused()
    {
        var (adam, start) = (new Adam(), zeros(1));

        Assert.Throws<InvalidOperationException>(() => adam.Backward(adam.Initial(start), new float[1], 1, new float[1], new float[1]));
    }

    [Fact]
    public void ThroughNormalise_AnyAdvantages_EqualsAutogradAndLosesShiftAndScale()
    {
        var advantages = Numbers.Random(new Rng(4), 64, 3);
        var upstream = Numbers.Random(new Rng(5), 64);
        var leaf = tensor(advantages).requires_grad_(true);
        var expected = autograd.grad([(PolicyGradients.Normalise(leaf) * tensor(upstream)).sum()], [leaf])[0].Doubles();

        MetaGradients.ThroughNormalise<double>(advantages, upstream);

        Numbers.Close(expected, upstream, 1e-14);
        Assert.Equal(0, upstream.Sum(), 12);
        Assert.Equal(0, upstream.Zip(advantages, (u, a) => u * (a - advantages.Average())).Sum(), 6);
    }

    [Fact]
    public void ThroughNormalise_EqualAdvantages_IsZero()
    {
        var upstream = new[] { 1.0, 2.0 };

        MetaGradients.ThroughNormalise<double>([0.3, 0.3], upstream);

        Assert.Equal([0, 0], upstream);
    }

    [Theory]
    [InlineData(1, 0.99, 0.95)]
    [InlineData(3, 0.99, 0.95)]
    [InlineData(2, 0.9, 1)]
    public void ThroughReturns_EpisodesOfAnyLength_EqualsTheTransposedMatrix(int environments, double gamma, double lambda)
    {
        var rng = new Rng(6);
        var rows = environments * 40;
        var ended = Enumerable.Range(0, rows).Select(_ => rng.NextDouble() < 0.15).ToArray();
        var upstream = Numbers.Random(rng, rows);
        var (values, next) = (Numbers.Random(rng, rows), Numbers.Random(rng, environments));
        // The matrix, column by column: what one reward adds to every advantage.
        var expected = new double[rows];
        var (with, without) = (new double[rows], new double[rows]);
        Returns.GeneralizedAdvantages<double>(new double[rows], values, ended, next, gamma, lambda, without);
        for (var column = 0; column < rows; column++)
        {
            var rewards = new double[rows];
            rewards[column] = 1;
            Returns.GeneralizedAdvantages<double>(rewards, values, ended, next, gamma, lambda, with);
            expected[column] = Enumerable.Range(0, rows).Sum(row => (with[row] - without[row]) * upstream[row]);
        }

        MetaGradients.ThroughReturns<double>(upstream, ended, environments, gamma * lambda);

        Numbers.Close(expected, upstream, 1e-12);
    }

    [Fact]
    public void ThroughReturns_LambdaOne_IsTheBackwardPassOfNStepReturns()
    {
        bool[] ended = [false, true, false, false];
        double[] upstream = [1, 10, 100, 1000];

        MetaGradients.ThroughReturns<double>(upstream, ended, 1, 0.5);

        Assert.Equal([1, 10.5, 100, 1050], upstream);
    }

    [Theory]
    [InlineData(0.2)]
    [InlineData(double.PositiveInfinity)]
    public void OfSurrogateAndValueLoss_AlongADirection_EqualTheMixedDerivativeOfTheLoss(double clipRange)
    {
        const int Count = 64;
        var rng = new Rng(7);
        var (oldNlp, change) = (Numbers.Random(rng, Count), Numbers.Random(rng, Count, 0.3));
        var nlp = oldNlp.Zip(change, (old, by) => old + by).ToArray();
        var (advantages, oldValues) = (Numbers.Random(rng, Count), Numbers.Random(rng, Count));
        var values = oldValues.Zip(Numbers.Random(rng, Count, 0.3), (old, by) => old + by).ToArray();
        var (nlpTangents, valueTangents) = (Numbers.Random(rng, Count), Numbers.Random(rng, Count));
        var (n, v) = (tensor(nlp).requires_grad_(true), tensor(values).requires_grad_(true));
        var (a, g) = (tensor(advantages).requires_grad_(true), tensor(Numbers.Random(rng, Count)).requires_grad_(true));
        var loss = PolicyGradients.ClippedSurrogate(n, tensor(oldNlp), a, clipRange)
            + 0.5 * PolicyGradients.ClippedValueLoss(v, tensor(oldValues), g, clipRange);
        var slopes = autograd.grad([loss], [n, v], create_graph: true, retain_graph: true);
        var along = (slopes[0] * tensor(nlpTangents)).sum() + (slopes[1] * tensor(valueTangents)).sum();
        var expected = autograd.grad([along], [a, g]);
        var (ofAdvantages, ofReturns) = (new double[Count], new double[Count]);

        MetaGradients.OfSurrogate<double>(nlp, oldNlp, advantages, clipRange, nlpTangents, ofAdvantages);
        MetaGradients.AddOfValueLoss<double>(values, oldValues, g.Doubles(), clipRange, 0.5, valueTangents, ofReturns);

        Numbers.Close(expected[0].Doubles(), ofAdvantages, 1e-15);
        Numbers.Close(expected[1].Doubles(), ofReturns, 1e-15);
        Assert.Equal(double.IsFinite(clipRange), ofAdvantages.Contains(0));
    }

    [Fact]
    public void CosineWhereTouched_LeavesOutWhatTheSecondGradientDoesNotTouch()
    {
        Assert.Equal(24.0 / 25, MetaGradients.CosineWhereTouched([3, 4, 100], [4, 3, 0]), 12);
        Assert.Equal(-1, MetaGradients.CosineWhereTouched([1, -2], [-2, 4]), 12);
        Assert.Equal(0, MetaGradients.CosineWhereTouched([0, 5], [1, 0]));
    }
}
