using IntrinsicLab.Core;
using IntrinsicLab.Core.Formulas;
using IntrinsicLab.Core.Networks;
using IntrinsicLab.Tests.Support;
using static TorchSharp.torch;

namespace IntrinsicLab.Tests.Core.Networks;

/// <summary>Conditional layer norm by hand, and its two implementations against each other.</summary>
public class ConditionalNetworkTests
{
    private static readonly double[] Input = [1, 2, 4, -1], Eta = [0.5, -0.25], Weights = [1, -1, 0.5, 2];
    private static readonly double[,] GainWeights = { { 0.1, 0.2 }, { -0.3, 0 }, { 0, 0.4 }, { 0.2, -0.2 } };
    private static readonly double[,] BiasWeights = { { 0, 0.1 }, { 0.2, 0.2 }, { -0.1, 0 }, { 0.3, 0.1 } };
    private static readonly double[] Outputs = [-0.2934614088354396, 0.27821587629512057, 0.833066048007298, -0.8995317777788501];
    private static readonly double[] EtaGradient = [-0.13975587871013567, 0.08507400500676962];

    [Fact]
    public void Apply_FourUnits_GivesTheNumbersWorkedOutByHand()
    {
        using var scope = NewDisposeScope();
        var eta = tensor(Eta).requires_grad_(true);
        var (gain, bias) = (1 + tensor(GainWeights).mv(eta), tensor(BiasWeights).mv(eta));

        var output = ConditionalLayerNorm.Apply(tensor(Input).unsqueeze(0), gain, bias).tanh().squeeze(0);
        var loss = (output * tensor(Weights)).sum();

        Numbers.Close([1, 0.85, 0.9, 1.15], gain.Doubles(), 1e-15);
        Numbers.Close([-0.025, 0.05, -0.05, 0.125], bias.Doubles(), 1e-15);
        Numbers.Close(Outputs, output.Doubles(), 1e-15);
        Assert.Equal(-1.9542078166846113, loss.item<double>(), 1e-15);
        Numbers.Close(EtaGradient, autograd.grad([loss], [eta])[0].Doubles(), 1e-15);
    }

    [Fact]
    public void ForwardAndBackward_FourUnits_GiveTheSameNumbers()
    {
        double[] gain = [1, 0.85, 0.9, 1.15], bias = [-0.025, 0.05, -0.05, 0.125];
        var (normalised, deviations, output) = (new double[4], new double[1], new double[4]);
        ConditionalLayerNorm.Forward<double>(Input, gain, bias, normalised, deviations, output);
        double[] activated = [.. output.Select(Math.Tanh)];
        double[] upstream = [.. activated.Zip(Weights, (value, weight) => weight * (1 - value * value))];
        var (gainGradient, biasGradient, inputGradient) = (new double[4], new double[4], new double[4]);
        ConditionalLayerNorm.Backward<double>(normalised, deviations, gain, upstream, gainGradient, biasGradient, inputGradient);

        Numbers.Close([-0.277349671421, 0.277349671421, 1.386748357106, -1.386748357106], normalised, 1e-12);
        Numbers.Close(Outputs, activated, 1e-15);
        for (var value = 0; value < 2; value++)
            Assert.Equal(
                EtaGradient[value],
                Enumerable.Range(0, 4).Sum(unit => gainGradient[unit] * GainWeights[unit, value] + biasGradient[unit] * BiasWeights[unit, value]), 1e-15);
        double Loss(double[] input)
        {
            var result = new double[4];
            ConditionalLayerNorm.Forward<double>(input, gain, bias, new double[4], new double[1], result);
            return result.Zip(Weights, (value, weight) => weight * Math.Tanh(value)).Sum();
        }

        Numbers.Close(Numbers.FiniteDifferences(Loss, Input), inputGradient, 1e-9);
        Assert.Equal(0, inputGradient.Sum(), 1e-15);
    }

    [Fact]
    public void Apply_FirstAndSecondDerivatives_AgreeWithFiniteDifferences()
    {
        var upstream = tensor(Numbers.Random(new Rng(2), 8)).view(2, 4);

        Numbers.CheckGradients(
            x => (ConditionalLayerNorm.Apply(x.narrow(0, 0, 8).view(2, 4), x.narrow(0, 8, 4), x.narrow(0, 12, 4)).tanh() * upstream).sum(),
            Numbers.Random(new Rng(1), 16));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ConditionalActorCritic_PlainMemory_EqualsTensorsAndTheirGradients(bool continuous)
    {
        using var scope = NewDisposeScope();
        const int Rows = 7, Condition = 9;
        var shape = new ActorCriticShape([5], 3, continuous) { Hidden = [16, 16] };
        using var network = new ConditionalActorCritic(shape, Condition, 8, new Rng(1));
        FlatMemory.CopyTo(
            [.. network.Parameters.Floats().Zip(Numbers.RandomFloats(new Rng(9), (int)network.Parameters.numel(), 0.2), (left, right) => left + right)],
            network.Parameters);
        var (condition, observations) = (Numbers.RandomFloats(new Rng(2), Condition), Numbers.RandomFloats(new Rng(3), Rows * 5));
        float[] actions = continuous ? Numbers.RandomFloats(new Rng(4), Rows * 3) : [0, 1, 2, 2, 1, 0, 1];
        var (nlpFactors, valueFactors) = (Numbers.RandomFloats(new Rng(5), Rows), Numbers.RandomFloats(new Rng(6), Rows));
        const float EntropyFactor = -0.3f;
        network.ParametersChanged();
        network.Condition(condition);
        var nlp = new float[Rows];
        network.Forward(observations, Rows);
        var entropy = network.Evaluate(actions, nlp);
        network.Backward(actions, nlpFactors, EntropyFactor, valueFactors);

        var (theta, given) = (network.Parameters.detach().requires_grad_(true), tensor(condition).requires_grad_(true));
        var (policy, values, deviation) = network.Forward(theta, given, tensor(observations).view(Rows, 5));
        var expectedNlp = continuous
            ? DiagonalGaussian.NegativeLogProbability(policy, deviation!, tensor(actions).view(Rows, 3))
            : Categorical.NegativeLogProbability(policy, tensor(actions).to(ScalarType.Int64));
        var expectedEntropy = continuous ? DiagonalGaussian.Entropy(deviation!) : Categorical.Entropy(policy).mean();
        var loss = (expectedNlp * tensor(nlpFactors)).sum() + (values * tensor(valueFactors)).sum() + EntropyFactor * expectedEntropy;
        var gradients = autograd.grad([loss], [theta, given]);

        Numbers.Close(expectedNlp.Floats(), nlp, 1e-5);
        Numbers.Close(values.Floats(), network.Values, 1e-5);
        Assert.Equal(expectedEntropy.item<float>(), entropy, 1e-5);
        Numbers.Close(gradients[0].Floats(), network.Gradient.Floats(), 2e-5);
        Numbers.Close(gradients[1].Floats(), network.ConditionGradient, 2e-5);

        // By itself it is the same.
        network.Backward(actions, nlpFactors, 0, []);
        var both = network.ConditionGradient.ToArray();
        network.Backward(actions, Numbers.RandomFloats(new Rng(7), Rows), 0, []);
        network.ForwardPolicy(observations, Rows);
        network.BackwardToCondition(actions, nlpFactors);
        Assert.Equal(both, network.ConditionGradient.ToArray());
    }

    [Fact]
    public void ConditionalActorCritic_NoWeightsFromTheCondition_HasNoGradientForIt()
    {
        var shape = new ActorCriticShape([5], 3, false) { Hidden = [16] };
        using var network = new ConditionalActorCritic(shape, 9, 8, new Rng(1));
        // Without the weights the gains are 1 and the biases 0: plain layer normalisation.
        var values = FlatMemory.Of(network.Parameters);
        values.Slice(6 * 16, 9 * 32).Clear();
        network.ParametersChanged();
        network.Condition(Numbers.RandomFloats(new Rng(2), 9));
        network.Forward(Numbers.RandomFloats(new Rng(3), 20), 4);
        network.Backward([0, 1, 2, 0], [1, -2, 0.5f, 3], 0, []);

        Assert.All(network.Gain.ToArray(), gain => Assert.Equal(1, gain));
        Assert.All(network.Bias.ToArray(), bias => Assert.Equal(0, bias));
        Assert.All(network.ConditionGradient.ToArray(), value => Assert.Equal(0, value));
        Assert.Contains(network.Gradient.Floats(), value => value != 0);
    }

    [Fact]
    public void ConditionalActorCritic_AtTheStart_IsNearPlainLayerNormButHearsTheCondition()
    {
        using var network = new ConditionalActorCritic(new ActorCriticShape([5], 3, false), 265, 4, new Rng(1));
        network.Condition(Numbers.RandomFloats(new Rng(2), 265));

        Assert.All(network.Gain.ToArray(), gain => Assert.InRange(gain, 0.9f, 1.1f));
        Assert.All(network.Bias.ToArray(), bias => Assert.InRange(bias, -0.1f, 0.1f));
        Assert.NotEqual(network.Unconditioned[..64].ToArray(), network.Gain.ToArray());
    }

    [Theory]
    [InlineData(true, RewardOutput.Linear)]
    [InlineData(false, RewardOutput.Tanh)]
    public void BottleneckReward_PlainMemory_EqualsTensorsAndTheirGradients(bool continuous, RewardOutput output)
    {
        using var scope = NewDisposeScope();
        using var reward = new BottleneckReward(new ActorCriticShape([3], 2, continuous), 4, output, 6, new Rng(1));
        var observations = Numbers.RandomFloats(new Rng(2), 15);
        float[] actions = continuous ? Numbers.RandomFloats(new Rng(3), 10) : [1, 0, 0, 1, 1];
        var (rewards, factors) = (new float[5], Numbers.RandomFloats(new Rng(4), 5));
        reward.Forward(observations, actions, rewards);
        reward.Backward(factors);

        var eta = reward.Parameters.detach().requires_grad_(true);
        var done = continuous ? tensor(actions).view(5, 2) : nn.functional.one_hot(tensor(actions).to(ScalarType.Int64), 2).to(ScalarType.Float32);
        var expected = reward.Forward(eta, cat([tensor(observations).view(5, 3), done], 1));
        Numbers.Close(expected.Floats(), rewards, 1e-5);
        Numbers.Close(autograd.grad([(expected * tensor(factors)).sum()], [eta])[0].Floats(), reward.Gradient.Floats(), 2e-5);
    }

    [Fact]
    public void BottleneckReward_Condition_IsTheWeightsOfTheLastTwoLayers()
    {
        using var reward = new BottleneckReward(new ActorCriticShape([3], 2, true), 4, RewardOutput.Linear, 6, new Rng(1));

        // 64 units to 4 and their biases, 4 to 1 and its bias.
        Assert.Equal(265, reward.ConditionSize);
        Assert.Equal(reward.Parameters.Floats()[^265..], reward.Condition.ToArray());
        // Before them: 5 inputs to 64 units, 64 to 64.
        Assert.Equal(6 * 64 + 65 * 64, reward.ConditionOffset);
    }
}
