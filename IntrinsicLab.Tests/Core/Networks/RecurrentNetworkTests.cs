using IntrinsicLab.Core;
using IntrinsicLab.Core.Formulas;
using IntrinsicLab.Core.Networks;
using IntrinsicLab.Tests.Support;
using static TorchSharp.torch;

namespace IntrinsicLab.Tests.Core.Networks;

public class RecurrentNetworkTests
{
    private const int Steps = 5, Environments = 3, Rows = Steps * Environments;

    // Episodes that begin in the middle of the sequence, at its first step and at its last.
    private static readonly bool[] Starts = [.. Enumerable.Range(0, Rows).Select(row => row is 2 or 2 * Environments or 4 * Environments + 1)];

    private static (RecurrentNetwork Network, float[] Parameters, float[] Observations, float[] Feedback, LstmState<float> State, Rng Rng) Make(
        int[] observation, int memoryUnits, bool continuous)
    {
        var rng = new Rng(11);
        var network = new RecurrentNetwork(new ActorCriticShape(observation, 3, continuous) { Hidden = [7, 6] }, memoryUnits);
        var parameters = new float[network.ParameterCount];
        network.Initialise(parameters, rng);
        for (var i = 0; i < parameters.Length; i++)
            parameters[i] += (float)(0.05 * rng.NextGaussian());
        var state = new LstmState<float>(Environments, memoryUnits);
        Numbers.RandomFloats(rng, state.Hidden.Length, 0.5).CopyTo(state.Hidden, 0);
        Numbers.RandomFloats(rng, state.Cell.Length).CopyTo(state.Cell, 0);
        return (network, parameters, Numbers.RandomFloats(rng, Rows * network.Encoder.Inputs), Numbers.RandomFloats(rng, Rows * network.FeedbackSize), state, rng);
    }

    [Theory]
    [InlineData(8, false, 4)]
    [InlineData(8, true, 4)]
    [InlineData(0, false, 4)]
    [InlineData(5, false, 6, 5, 2)]
    [InlineData(0, true, 6, 5, 2)]
    public void Backward_ThroughTime_EqualsFiniteDifferencesInDoublePrecision(int memoryUnits, bool continuous, params int[] observation)
    {
        using var scope = NewDisposeScope();
        var (network, parameters, observations, feedback, state, rng) = Make(observation, memoryUnits, continuous);
        var taken = continuous ? Numbers.RandomFloats(rng, Rows * 3) : [.. Enumerable.Range(0, Rows).Select(row => (float)(row % 3))];
        var (nlpSlopes, valueSlopes) = (Numbers.RandomFloats(rng, Rows), Numbers.RandomFloats(rng, Rows));
        var coreSlopes = Numbers.RandomFloats(rng, Rows * network.CoreSize, 0.3);
        var (hidden, cell) = (RecurrentOracle.Double(state.Hidden, Environments, -1), RecurrentOracle.Double(state.Cell, Environments, -1));
        var (pass, gradient) = (new RecurrentPass(network, Steps, Environments), new float[network.ParameterCount]);

        pass.Forward(parameters, observations, feedback, Starts, state, Steps);
        pass.Backward(parameters, observations, Starts, taken, nlpSlopes, -0.7f, valueSlopes, coreSlopes, gradient);

        var (x, y) = (RecurrentOracle.Double(observations, Rows, -1), RecurrentOracle.Double(feedback, Rows, -1));
        Tensor Loss(Tensor theta)
        {
            var (core, policy, values) = RecurrentOracle.Forward(network, theta, x, y, Starts, hidden, cell, Environments);
            var deviation = theta.narrow(0, network.DeviationOffset, network.ParameterCount - network.DeviationOffset);
            var (nlp, entropy) = continuous
                ? (DiagonalGaussian.NegativeLogProbability(policy, deviation, RecurrentOracle.Double(taken, Rows, 3)), DiagonalGaussian.Entropy(deviation))
                : (Categorical.NegativeLogProbability(policy, tensor(taken).to(ScalarType.Int64)), Categorical.Entropy(policy).mean());
            return (nlp * RecurrentOracle.Double(nlpSlopes, Rows)).sum() - 0.7 * entropy
                + (values * RecurrentOracle.Double(valueSlopes, Rows)).sum() + (core * RecurrentOracle.Double(coreSlopes, Rows, -1)).sum();
        }

        var theta = RecurrentOracle.Double(parameters, -1);
        var outputs = RecurrentOracle.Forward(network, theta, x, y, Starts, hidden, cell, Environments);
        Numbers.Close(outputs.Policy.flatten().to(ScalarType.Float32).Floats(), pass.PolicyOutputs, 1e-5);
        Numbers.Close(outputs.Values.to(ScalarType.Float32).Floats(), pass.Values, 1e-5);
        Numbers.Close(outputs.Core.flatten().to(ScalarType.Float32).Floats(), pass.Core, 1e-5);
        for (var trial = 0; trial < 4; trial++)
        {
            var direction = tensor(Numbers.Random(rng, parameters.Length));
            var slope = Numbers.FiniteDifferences(at => Loss(theta + direction * at[0]).item<double>(), [0.0])[0];
            Assert.Equal(slope, (direction * RecurrentOracle.Double(gradient, -1)).sum().item<double>(), Math.Abs(slope) * 1e-4 + 1e-3);
        }
        var leaf = theta.detach().requires_grad_(true);
        Numbers.Close(autograd.grad([Loss(leaf)], [leaf])[0].to(ScalarType.Float32).Floats(), gradient, 2e-4);
    }

    [Fact]
    public void Forward_StepByStep_IsForwardAtOnceBitForBit()
    {
        var (network, parameters, observations, feedback, state, _) = Make([4], 8, continuous: false);
        var (whole, step) = (new RecurrentPass(network, Steps, Environments), new RecurrentPass(network, 1, Environments));
        var carried = new LstmState<float>(Environments, 8);
        carried.CopyFrom(state);
        var values = new List<float>();

        whole.Forward(parameters, observations, feedback, Starts, state, Steps);
        for (var t = 0; t < Steps; t++)
        {
            var row = t * Environments;
            step.Forward(
                parameters, observations.AsSpan(row * 4, Environments * 4), feedback.AsSpan(row * 4, Environments * 4), Starts.AsSpan(row, Environments),
                carried, 1);
            values.AddRange(step.Values);
        }

        Assert.Equal(whole.Values.ToArray(), values);
        Assert.Equal(state.Hidden, carried.Hidden);
        Assert.Equal(state.Cell, carried.Cell);
    }

    [Fact]
    public void Forward_EpisodeBegins_ForgetsWhatWasBefore()
    {
        var (network, parameters, observations, feedback, state, _) = Make([4], 8, continuous: false);
        var pass = new RecurrentPass(network, 1, Environments);
        var empty = new LstmState<float>(Environments, 8);

        pass.Forward(parameters, observations, feedback, [true, false, true], state, 1);
        var values = pass.Values.ToArray();
        pass.Forward(parameters, observations, feedback, [false, false, false], empty, 1);

        Assert.Equal(pass.Values[0], values[0]);
        Assert.NotEqual(pass.Values[1], values[1]);
        Assert.Equal(pass.Values[2], values[2]);
    }

    [Theory]
    [InlineData(false, new[] { 2f }, -7.5, new[] { 0f, 0f, 1f, -1f })]
    [InlineData(true, new[] { 0.5f, -3f, 2f }, 0.25, new[] { 0.5f, -3f, 2f, 0.25f })]
    public void WriteFeedback_OfAStep_IsActionAndClippedReward(bool continuous, float[] action, double reward, float[] expected)
    {
        var feedback = new float[4];

        new RecurrentNetwork(new ActorCriticShape([4], 3, continuous), 8).WriteFeedback(action, reward, feedback);

        Assert.Equal(expected, feedback);
    }

    [Fact]
    public void Initialise_Lstm_RemembersAtFirst()
    {
        var lstm = new Lstm(3, 4);
        var parameters = new float[lstm.ParameterCount];

        lstm.Initialise(parameters, new Rng(1));

        Assert.Equal((3 + 4 + 1) * 16, lstm.ParameterCount);
        Assert.Equal([.. Enumerable.Range(0, 16).Select(gate => gate is >= 4 and < 8 ? 1f : 0f)], parameters[lstm.BiasOffset..]);
    }
}
