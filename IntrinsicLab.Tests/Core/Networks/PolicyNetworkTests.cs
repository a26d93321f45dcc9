using IntrinsicLab.Core;
using IntrinsicLab.Core.Formulas;
using IntrinsicLab.Core.Networks;
using IntrinsicLab.Tests.Support;
using static TorchSharp.torch;

namespace IntrinsicLab.Tests.Core.Networks;

/// <summary>A policy by itself: its curvature and gradient, over plain memory in single precision, against libtorch in double.</summary>
public class PolicyNetworkTests
{
    private const int Rows = 40, Size = 5, Actions = 3;

    private static (PolicyNetwork Network, float[] Seen) Make(bool continuous, Activation activation = Activation.Tanh)
    {
        var rng = new Rng(11);
        var network = new PolicyNetwork(
            new PolicyShape(Size, Actions, continuous) { Hidden = [16, 12], Activation = activation, InitialDeviation = 0.7 }, rng);
        foreach (ref var value in network.Parameters.AsSpan())
            value += (float)(0.1 * rng.NextGaussian());
        var seen = Numbers.RandomFloats(rng, Rows * Size);
        network.Forward(seen, Rows);
        return (network, seen);
    }

    private static float[] Product(PolicyNetwork network, float[] vector)
    {
        var product = new float[vector.Length];
        network.FisherProduct(vector, product);
        return product;
    }

    private static Tensor Divergence(PolicyNetwork network, Tensor parameters, Tensor input, Tensor old, Tensor? oldDeviation)
    {
        var (outputs, deviation) = network.Forward(parameters, input);
        return (deviation is null ? Categorical.Divergence(old, outputs) : DiagonalGaussian.Divergence(old, oldDeviation!, outputs, deviation)).mean();
    }

    [Theory]
    [InlineData(true, Activation.Tanh)]
    [InlineData(true, Activation.Relu)]
    [InlineData(false, Activation.Tanh)]
    public void FisherProduct_AnyDirection_EqualsDifferencesOfTheDivergencesGradient(bool continuous, Activation activation)
    {
        const double Step = 1e-4;
        using var scope = NewDisposeScope();
        var (network, seen) = Make(continuous, activation);
        var direction = Numbers.RandomFloats(new Rng(5), network.Parameters.Length, 0.1);
        var input = tensor(seen).view(Rows, Size).to(ScalarType.Float64);
        var theta = tensor(network.Parameters).to(ScalarType.Float64);
        var (old, oldDeviation) = network.Forward(theta, input);

        var product = Product(network, direction);

        double[] Gradient(double sign)
        {
            var at = (theta + sign * Step * tensor(direction).to(ScalarType.Float64)).detach().requires_grad_(true);
            return autograd.grad([Divergence(network, at, input, old, oldDeviation)], [at])[0].Doubles();
        }
        double[] expected = [.. Gradient(1).Zip(Gradient(-1), (up, down) => (up - down) / (2 * Step))];
        Numbers.Close(expected, [.. product.Select(value => (double)value)], 1e-5);
        Assert.True(expected.Max(Math.Abs) > 0.01, "The product is too small for the comparison to mean anything.");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void FisherProduct_TwoDirections_IsSymmetricAndPositive(bool continuous)
    {
        var (network, _) = Make(continuous);
        var rng = new Rng(6);
        for (var pair = 0; pair < 20; pair++)
        {
            var (left, right) = (Numbers.RandomFloats(rng, network.Parameters.Length), Numbers.RandomFloats(rng, network.Parameters.Length));
            var (one, other) = (ConjugateGradient.Dot<float>(left, Product(network, right)), ConjugateGradient.Dot<float>(right, Product(network, left)));
            var own = ConjugateGradient.Dot<float>(left, Product(network, left));

            Assert.Equal(one, other, 1e-5 * own);
            Assert.True(own > 0);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Backward_AndDivergence_EqualLibtorch(bool continuous)
    {
        using var scope = NewDisposeScope();
        var (network, seen) = Make(continuous);
        var rng = new Rng(7);
        float[] actions = continuous ? Numbers.RandomFloats(rng, Rows * Actions) : [.. Enumerable.Range(0, Rows).Select(_ => (float)rng.NextInt(Actions))];
        var (weights, gradient, nlp) = (Numbers.RandomFloats(rng, Rows, 0.1), new float[network.Parameters.Length], new float[Rows]);
        var (oldOutputs, oldDeviations) = (Numbers.RandomFloats(rng, Rows * Actions), Numbers.RandomFloats(rng, continuous ? Actions : 0, 0.1));

        network.Evaluate(actions, nlp);
        network.Backward(actions, weights, 0.3f, gradient);

        var theta = tensor(network.Parameters).to(ScalarType.Float64).requires_grad_(true);
        var (outputs, deviation) = network.Forward(theta, tensor(seen).view(Rows, Size).to(ScalarType.Float64));
        var taken = continuous ? tensor(actions).view(Rows, Actions).to(ScalarType.Float64) : tensor(actions.Select(action => (long)action).ToArray());
        var expected = deviation is null
            ? Categorical.NegativeLogProbability(outputs, taken) : DiagonalGaussian.NegativeLogProbability(outputs, deviation, taken);
        var entropy = (deviation is null ? Categorical.Entropy(outputs) : DiagonalGaussian.Entropy(deviation)).mean();
        Numbers.Close(expected.Doubles(), [.. nlp.Select(value => (double)value)], 1e-5);
        Numbers.Close(
            autograd.grad([(expected * tensor(weights)).sum() + 0.3 * entropy], [theta], retain_graph: true)[0].Doubles(),
            [.. gradient.Select(value => (double)value)], 1e-5);
        Assert.Equal(
            Divergence(network, theta, tensor(seen).view(Rows, Size).to(ScalarType.Float64), tensor(oldOutputs).view(Rows, Actions), tensor(oldDeviations)).item<double>(),
            network.Divergence(oldOutputs, oldDeviations), 5);
    }

    [Fact]
    public void Forward_DeviationBelowItsFloor_StaysAtTheFloorAndDoesNotLearn()
    {
        var (network, seen) = Make(continuous: true);
        network.Parameters[^1] = -20;

        network.Forward(seen, Rows);

        var gradient = new float[network.Parameters.Length];
        network.Backward(Numbers.RandomFloats(new Rng(1), Rows * Actions), Numbers.RandomFloats(new Rng(2), Rows), 1, gradient);
        Assert.Equal(Math.Log(1e-6), network.LogStandardDeviation[^1], 6);
        Assert.Equal(0, gradient[^1]);
        Assert.NotEqual(0, gradient[^2]);
        Assert.Equal(0, Product(network, Numbers.RandomFloats(new Rng(3), gradient.Length))[^1]);
    }

    [Fact]
    public void Glorot_EveryLayer_KeepsItsBoundAndFillsIt()
    {
        var mlp = new Mlp(20, [30], 5, Activation.Tanh);
        var parameters = Numbers.RandomFloats(new Rng(1), mlp.ParameterCount);

        Glorot.Fill(mlp, parameters, new Rng(2));

        foreach (var layer in mlp.Layers)
        {
            var bound = Math.Sqrt(6.0 / (layer.Inputs + layer.Outputs));
            var largest = parameters[layer.Offset..layer.BiasOffset].Max(Math.Abs);
            Assert.InRange(largest, 0.9 * bound, bound);
            Assert.All(parameters.AsSpan(layer.BiasOffset, layer.Outputs).ToArray(), bias => Assert.Equal(0, bias));
        }
    }
}
