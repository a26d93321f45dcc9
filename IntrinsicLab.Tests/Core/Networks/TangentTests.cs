using IntrinsicLab.Core;
using IntrinsicLab.Core.Formulas;
using IntrinsicLab.Core.Networks;
using IntrinsicLab.Tests.Core.Algorithms;
using IntrinsicLab.Tests.Support;
using static TorchSharp.torch;

namespace IntrinsicLab.Tests.Core.Networks;

/// <summary>Forward-mode derivatives and the reward network, over plain memory, against libtorch.</summary>
public class TangentTests
{
    public static TheoryData<int[], bool, bool> Shapes => new()
    {
        { [5], false, false },
        { [5], false, true },
        { [5], true, false },
        { [5], true, true },
        { [6, 7, 2], false, true },
        { [40, 40, 1], false, true },
        { [6, 7, 2], true, true },
    };

    private static float[] Actions(Rng rng, int rows, bool continuous) =>
        continuous ? Numbers.RandomFloats(rng, rows * 3) : [.. Enumerable.Range(0, rows).Select(_ => (float)rng.NextInt(3))];

    private static Tensor AsTensor(float[] actions, bool continuous) => continuous
        ? tensor(actions).view(-1, 3).to(ScalarType.Float64)
        : tensor(actions.Select(action => (long)action).ToArray());

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Tangent_AnyNetwork_EqualsTwoBackwardPasses(int[] observation, bool continuous, bool shared)
    {
        const int Rows = 5;
        using var scope = NewDisposeScope();
        var rng = new Rng(4);
        var shape = new ActorCriticShape(observation, 3, continuous) { Hidden = [20, 30], Shared = shared };
        using var network = new ActorCritic(shape, Rows, rng, CPU);
        var size = observation.Aggregate((left, right) => left * right);
        foreach (ref var value in FlatMemory.Of(network.Parameters))
            value += (float)(0.1 * rng.NextGaussian());
        var (seen, actions) = (Numbers.RandomFloats(rng, Rows * size), Actions(rng, Rows, continuous));
        var direction = Numbers.RandomFloats(rng, (int)network.Parameters.numel());
        var (nlpTangent, valueTangent) = (new float[Rows], new float[Rows]);

        network.Forward(seen, Rows);
        network.Tangent(actions, direction, nlpTangent, valueTangent);

        var input = tensor(seen).view(Rows, size).to(ScalarType.Float64);
        Tensor Nlp(Tensor parameters)
        {
            var (policy, _, deviation) = network.Forward(parameters, input);
            return deviation is null
                ? Categorical.NegativeLogProbability(policy, AsTensor(actions, false))
                : DiagonalGaussian.NegativeLogProbability(policy, deviation, AsTensor(actions, true));
        }
        var theta = network.Parameters.to(ScalarType.Float64);
        var wide = direction.Select(value => (double)value).ToArray();
        Expect(LirpgGradientTests.Tangents(Nlp, theta, wide), nlpTangent);
        Expect(LirpgGradientTests.Tangents(parameters => network.Forward(parameters, input).Values, theta, wide), valueTangent);
    }

    private static void Expect(double[] expected, float[] actual)
    {
        var largest = expected.Max(Math.Abs);
        for (var i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - actual[i]) <= 2e-5 * largest, $"Row {i}: expected {expected[i]:R}, got {actual[i]:R}.");
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void RewardNetwork_SomeRowsOfARollout_EqualsLibtorch(int[] observation, bool continuous, bool shared)
    {
        const int Rows = 30;
        using var scope = NewDisposeScope();
        var rng = new Rng(5);
        var shape = new ActorCriticShape(observation, 3, continuous) { Hidden = [20, 30], Shared = shared };
        using var network = new RewardNetwork(shape, Rows, rng, CPU);
        var size = observation.Aggregate((left, right) => left * right);
        var (seen, actions) = (Numbers.RandomFloats(rng, Rows * size), Actions(rng, Rows, continuous));
        int[] rewardRows = [.. Enumerable.Range(0, Rows).Where(row => row % 3 > 0)];
        int[] valueRows = [7, 2, 29, 11];
        var (rewards, values) = (new float[rewardRows.Length], new float[valueRows.Length]);
        var (ofRewards, ofValues) = (Numbers.RandomFloats(rng, rewards.Length), Numbers.RandomFloats(rng, values.Length));

        network.Show(seen, actions);
        network.Forward(rewardRows, valueRows, rewards, values);
        network.Backward(ofRewards, ofValues);

        var eta = network.Parameters.to(ScalarType.Float64).requires_grad_(true);
        var (allRewards, allValues) = network.Forward(eta, tensor(seen).view(Rows, size).to(ScalarType.Float64), AsTensor(actions, continuous));
        var (r, v) = (tensor(rewardRows.Select(row => (long)row).ToArray()), tensor(valueRows.Select(row => (long)row).ToArray()));
        Numbers.Close(allRewards.index_select(0, r).Doubles(), [.. rewards.Select(value => (double)value)], 1e-5);
        Numbers.Close(allValues.index_select(0, v).Doubles(), [.. values.Select(value => (double)value)], 2e-5);
        var loss = (allRewards.index_select(0, r) * tensor(ofRewards)).sum() + (allValues.index_select(0, v) * tensor(ofValues)).sum();
        Expect(autograd.grad([loss], [eta])[0].Doubles(), network.Gradient.Floats());
    }

    [Fact]
    public void RewardNetwork_NoGradientForAnyReward_LeavesExactZeros()
    {
        using var network = new RewardNetwork(new ActorCriticShape([4], 2, false), 8, new Rng(1), CPU);
        network.Show(Numbers.RandomFloats(new Rng(2), 32), [0, 1, 0, 1, 0, 1, 0, 1]);
        network.Forward([0, 1, 2, 3], [1, 3], new float[4], new float[2]);

        network.Backward(new float[4], [1f, -1f]);

        Assert.Equal(0, network.RewardGradientNorm());
        Assert.Contains(network.Gradient.Floats(), value => value != 0);
    }
}
