using IntrinsicLab.Core;
using IntrinsicLab.Core.Networks;
using IntrinsicLab.Tests.Support;
using static TorchSharp.torch;

namespace IntrinsicLab.Tests.Core.Networks;

public class NetworkTests
{
    [Theory]
    [InlineData(7, 5, 1.5)]
    [InlineData(5, 7, 0.01)]
    [InlineData(64, 64, 1)]
    [InlineData(144, 16, 1.4142135)]
    public void Orthogonal_AnyShape_HasOrthogonalRowsOrColumns(int rows, int columns, double scale)
    {
        var weights = new float[rows * columns];

        Orthogonal.Fill(rows, columns, scale, new Rng(1), weights, columns);

        var matrix = tensor(weights).view(rows, columns);
        var product = rows >= columns ? matrix.t().mm(matrix) : matrix.mm(matrix.t());
        Numbers.Close((eye(Math.Min(rows, columns)) * (scale * scale)).Floats(), product.Floats(), 1e-5);
    }

    [Theory]
    [InlineData(Activation.Tanh)]
    [InlineData(Activation.Relu)]
    public void MlpPass_AnyNumberOfRows_EqualsLibtorch(Activation activation)
    {
        var network = new Mlp(11, [64, 50, 7], 3, activation);
        var (parameters, rng) = (new float[network.ParameterCount], new Rng(2));
        network.Initialise(parameters, rng, (3, 1));
        for (var i = 0; i < parameters.Length; i++)
            parameters[i] += (float)(0.1 * rng.NextGaussian());
        // More than 64 rows go through in blocks.
        foreach (var rows in new[] { 1, 3, 4, 64, 150 })
        {
            var (input, upstream) = (Numbers.RandomFloats(rng, rows * 11), Numbers.RandomFloats(rng, rows * 3));
            var pass = new MlpPass(network, 150);
            var gradient = new float[network.ParameterCount];
            pass.Forward(parameters, input, rows);
            upstream.CopyTo(pass.OutputGradient);
            var inputGradient = new float[input.Length];
            pass.Backward(parameters, input, gradient, inputGradient);

            var (theta, x) = (tensor(parameters).requires_grad_(true), tensor(input).view(rows, 11).requires_grad_(true));
            var output = network.Forward(theta, x);
            var expected = autograd.grad([output], [theta, x], [tensor(upstream).view(rows, 3)]);
            Numbers.Close(output.Floats(), pass.Outputs, 1e-6);
            Numbers.Close(expected[0].Floats(), gradient, 1e-5);
            Numbers.Close(expected[1].Floats(), inputGradient, 1e-5);
        }
    }

    [Fact]
    public void Tanh_AnyNumber_IsRightToTheLastDigitsAndNeverBeyondOne()
    {
        var inputs = Enumerable.Range(0, 40_001).Select(index => (index - 20_000) * 6e-4f).ToArray();
        float[] values = [.. inputs, 1e-30f, 1e30f, float.PositiveInfinity, float.NegativeInfinity, float.NaN];

        Activation.Tanh.Apply(values);

        for (var i = 0; i < inputs.Length; i++)
        {
            Assert.Equal(Math.Tanh(inputs[i]), values[i], 1.2e-7);
            Assert.InRange(values[i], -1f, 1f);
            Assert.Equal(-values[i], values[inputs.Length - 1 - i]);
        }
        Assert.Equal([0f, 1f, 1f, -1f, float.NaN], values[^5..]);
    }

    [Fact]
    public void MlpPass_RowAlone_EqualsRowAmongOthersBitForBit()
    {
        var network = new Mlp(11, [64, 50], 3, Activation.Tanh);
        var (parameters, rng) = (new float[network.ParameterCount], new Rng(3));
        network.Initialise(parameters, rng, (3, 1));
        var input = Numbers.RandomFloats(rng, 7 * 11);
        var (one, all) = (new MlpPass(network, 1), new MlpPass(network, 7));

        all.Forward(parameters, input, 7);
        for (var row = 0; row < 7; row++)
        {
            one.Forward(parameters, input.AsSpan(row * 11, 11), 1);

            Assert.Equal(all.Outputs.Slice(row * 3, 3).ToArray(), one.Outputs.ToArray());
        }
    }

    [Fact]
    public void Initialise_TwoHeads_ScalesEach()
    {
        var network = new Mlp(4, [64], 3, Activation.Tanh);
        var parameters = new float[network.ParameterCount];

        network.Initialise(parameters, new Rng(4), (2, 0.01), (1, 1));

        var last = tensor(parameters).narrow(0, network.Layers[^1].Offset, 64 * 3).view(64, 3);
        Numbers.Close([1e-4f, 1e-4f, 1f], last.square().sum([0]).Floats(), 1e-5);
        Assert.Throws<ArgumentException>(() => network.Initialise(parameters, new Rng(4), (2, 0.01)));
    }

    [Fact]
    public void NatureCnn_AtariFrames_HasThePublishedSize()
    {
        var network = new NatureCnn([84, 84, 4], 5);

        Assert.Equal(1_684_128, network.ParameterCount - 513 * 5);
        Assert.Equal([400, 81, 49], network.Layers.Select(layer => layer.Positions));
    }

    [Fact]
    public void NatureCnn_MinAtarGrids_IsThePublishedNetwork()
    {
        var network = new NatureCnn([10, 10, 4], 3);

        Assert.Equal((3 * 3 * 4 + 1) * 16 + (8 * 8 * 16 + 1) * 128 + (128 + 1) * 3, network.ParameterCount);
        Assert.True(new ActorCriticShape([10, 10, 4], 3, Continuous: false).Convolutional);
    }

    [Fact]
    public void NatureCnnPass_AlongRandomDirections_EqualsFiniteDifferences()
    {
        const int Rows = 6, Outputs = 4;
        var network = new NatureCnn([10, 10, 4], Outputs);
        var (parameters, rng) = (new float[network.ParameterCount], new Rng(9));
        network.Initialise(parameters, rng, (Outputs, 1));
        var input = Enumerable.Range(0, Rows * 400).Select(_ => rng.NextInt(5) == 0 ? 1f : 0f).ToArray();
        var upstream = Numbers.RandomFloats(rng, Rows * Outputs);
        var (pass, gradient) = (new NatureCnnPass(network, Rows), new float[network.ParameterCount]);

        pass.Forward(parameters, input, Rows);
        upstream.CopyTo(pass.OutputGradient);
        pass.Backward(parameters, input, gradient);

        var (theta, x) = (tensor(parameters).to(ScalarType.Float64), tensor(input).to(ScalarType.Float64).view(Rows, -1));
        var weights = tensor(upstream).to(ScalarType.Float64).view(Rows, Outputs);
        for (var trial = 0; trial < 5; trial++)
        {
            var direction = tensor(Numbers.Random(rng, parameters.Length));
            var slope = Numbers.FiniteDifferences(
                at => (network.Forward(theta + direction * at[0], x) * weights).sum().item<double>(), [0.0])[0];
            Assert.Equal(slope, (direction * tensor(gradient).to(ScalarType.Float64)).sum().item<double>(), Math.Abs(slope) * 1e-4 + 1e-3);
        }
    }

    [Theory]
    [InlineData(10, 10, 3, 4)]
    [InlineData(10, 10, 10, 7)]
    [InlineData(2, 5, 1, 3)]
    [InlineData(36, 40, 2, 2)]
    public void NatureCnnPass_AnyGrid_EqualsLibtorch(int height, int width, int channels, int outputs)
    {
        const int Rows = 3;
        var network = new NatureCnn([height, width, channels], outputs);
        var (parameters, rng) = (new float[network.ParameterCount], new Rng(5));
        network.Initialise(parameters, rng, (outputs, 1));
        for (var i = 0; i < parameters.Length; i++)
            parameters[i] += (float)(0.01 * rng.NextGaussian());
        var (input, upstream) = (Numbers.RandomFloats(rng, Rows * height * width * channels), Numbers.RandomFloats(rng, Rows * outputs));
        var pass = new NatureCnnPass(network, Rows);
        var gradient = new float[network.ParameterCount];

        pass.Forward(parameters, input, Rows);
        upstream.CopyTo(pass.OutputGradient);
        pass.Backward(parameters, input, gradient);

        var theta = tensor(parameters).requires_grad_(true);
        var output = network.Forward(theta, tensor(input).view(Rows, -1));
        var expected = autograd.grad([output], [theta], [tensor(upstream).view(Rows, outputs)])[0];
        Numbers.Close(output.Floats(), pass.Outputs, 1e-5);
        Numbers.Close(expected.Floats(), gradient, 2e-4);
    }

    [Theory]
    [InlineData(true, true, 6)]
    [InlineData(true, false, 6)]
    [InlineData(false, true, 6)]
    [InlineData(false, false, 6)]
    [InlineData(false, true, 10, 10, 4)]
    [InlineData(true, true, 5, 7, 2)]
    public void ActorCritic_HandWrittenGradient_EqualsAutograd(bool continuous, bool shared, params int[] observation)
    {
        var shape = new ActorCriticShape(observation, 3, continuous) { Shared = shared };
        var size = observation.Aggregate((left, right) => left * right);
        using var fast = new ActorCritic(shape, 8, new Rng(6), CPU);
        using var slow = new ActorCritic(shape, 8, new Rng(6), CPU, GradientEngine.Autograd);
        var rng = new Rng(7);
        var (observations, values) = (Numbers.RandomFloats(rng, 8 * size), Numbers.RandomFloats(rng, 8));
        var (actions, nlp, slopes) = (new float[continuous ? 24 : 8], new float[8], Numbers.RandomFloats(rng, 8));
        foreach (var network in new[] { fast, slow })
        {
            network.Forward(observations, 8);
            network.Sample(new Rng(8), actions);
            network.Evaluate(actions, nlp);
            network.Backward(actions, slopes, -0.3f, values);
        }

        Numbers.Close(slow.Gradient.Floats(), fast.Gradient.Floats(), 1e-5);
        var outputs = fast.Forward(fast.Parameters, tensor(observations).view(8, size));
        Numbers.Close(outputs.Policy.Floats(), fast.PolicyOutputs, 1e-6);
        Numbers.Close(outputs.Values.Floats(), fast.Values, 1e-6);
    }
}
