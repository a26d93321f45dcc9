using IntrinsicLab.Core;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Formulas;
using IntrinsicLab.Core.Networks;
using IntrinsicLab.Tests.Support;
using static TorchSharp.torch;

namespace IntrinsicLab.Tests.Core.Algorithms;

/// <summary>The three terms of CLN's gradient in double precision, against the exact derivative of one step and against finite differences.</summary>
public class ClnGradientTests
{
    private const int Observation = 3, Rows = 12, Environments = 2;
    private const double Alpha = 0.3, Gamma = 0.9, GaeLambda = 0.8, ClipRange = 0.2, ValueClip = 0.2;
    private static readonly bool[] Ended = [.. Enumerable.Range(0, Rows).Select(row => row is 4 or 7)];

    /// <summary>One policy step and one extrinsic loss after it, on fixed data: everything as a function of η.</summary>
    private sealed class Task : IDisposable
    {
        private readonly ActorCriticShape shape;
        private readonly ConditionalActorCritic network;
        private readonly BottleneckReward reward;
        private readonly ClnConfig config;
        private readonly ClnBatch inner, outer;
        private readonly Tensor theta, steps, outerAdvantages;
        private readonly double[] values = Numbers.Random(new Rng(11), Rows), nextValues = [0.3, -0.2];

        public Task(bool continuous, RewardOutput output, bool normalise)
        {
            shape = new ActorCriticShape([Observation], 2, continuous) { Network = NetworkKind.Mlp, Hidden = [5, 6] };
            config = new ClnConfig { NormaliseAdvantages = normalise, EntropyCoefficient = 0.02 };
            reward = new BottleneckReward(shape, 2, output, Rows, new Rng(3));
            network = new ConditionalActorCritic(shape, reward.ConditionSize, Rows, new Rng(4));
            // Larger weights than the initial ones: with those, gains and outputs hardly differ between samples.
            theta = tensor(network.Parameters.Doubles()) + 0.3 * tensor(Numbers.Random(new Rng(5), (int)network.Parameters.numel()));
            (inner, outer) = (Batch(6), Batch(7));
            outerAdvantages = tensor(Numbers.Random(new Rng(8), Rows));
            var done = continuous ? inner.Actions : nn.functional.one_hot(inner.Actions, 2).to(ScalarType.Float64);
            steps = cat([inner.Observations, done], 1);
            Eta = reward.Parameters.Doubles();
        }

        public double[] Eta { get; }

        public int ConditionOffset => reward.ConditionOffset;

        private ClnBatch Batch(int seed)
        {
            var rng = new Rng((ulong)seed);
            var observations = tensor(Numbers.Random(rng, Rows * Observation)).view(Rows, Observation);
            var actions = shape.Continuous
                ? tensor(Numbers.Random(rng, Rows * 2)).view(Rows, 2)
                : tensor([.. Enumerable.Range(0, Rows).Select(_ => (long)rng.NextInt(2))]);
            var batch = new ClnBatch(observations, actions, zeros(Rows, ScalarType.Float64), tensor(values));
            // Old probabilities near the present ones, so that some ratios are clipped and some are not.
            var nlp = ClnGraph.Evaluate(network, theta, Condition(tensor(reward.Parameters.Doubles())), batch).NegativeLogProbabilities;
            return batch with { OldNegativeLogProbabilities = nlp + 0.15 * tensor(Numbers.Random(rng, Rows)) };
        }

        private Tensor Condition(Tensor eta) => eta.narrow(0, reward.ConditionOffset, reward.ConditionSize);

        // GAE as a differentiable function of the rewards: its matrix is what one unit of reward does to every advantage.
        private Tensor Advantages(Tensor eta)
        {
            var rewards = reward.Forward(eta, steps);
            double[] Of(double[] paid)
            {
                var advantages = new double[Rows];
                Returns.GeneralizedAdvantages<double>(paid, values, Ended, nextValues, Gamma, GaeLambda, advantages);
                return advantages;
            }

            var constant = Of(new double[Rows]);
            var matrix = new double[Rows, Rows];
            for (var row = 0; row < Rows; row++)
            {
                var unit = new double[Rows];
                unit[row] = 1;
                var column = Of(unit);
                for (var to = 0; to < Rows; to++)
                    matrix[to, row] = column[to] - constant[to];
            }
            return tensor(matrix).mv(rewards) + tensor(constant);
        }

        private Tensor Extrinsic(Tensor parameters, Tensor condition) => PolicyGradients.ClippedSurrogate(
            ClnGraph.Evaluate(network, parameters, condition, outer).NegativeLogProbabilities, outer.OldNegativeLogProbabilities, outerAdvantages, ClipRange);

        private Tensor PolicyLoss(Tensor at, Tensor eta) =>
            ClnGraph.PolicyLoss(config, network, at, Condition(eta), inner, Advantages(eta), ClipRange, ValueClip);

        public double Loss(double[] etaValues)
        {
            using var scope = NewDisposeScope();
            var (at, eta) = (theta.detach().requires_grad_(true), tensor(etaValues));
            var gradient = autograd.grad([PolicyLoss(at, eta)], [at])[0];
            return Extrinsic(theta - Alpha * gradient, Condition(eta)).item<double>();
        }

        public double[] Total()
        {
            var (at, eta) = (theta.detach().requires_grad_(true), tensor(Eta).requires_grad_(true));
            var gradient = autograd.grad([PolicyLoss(at, eta)], [at], create_graph: true, retain_graph: true)[0];
            return autograd.grad([Extrinsic(at - Alpha * gradient, Condition(eta))], [eta])[0].Doubles();
        }

        /// <summary>Terms 11, α·12 and α·13, each over all of η.</summary>
        public (double[] Direct, double[] Mixed, double[] Rewards) Terms()
        {
            var at = theta.detach().requires_grad_(true);
            var eta = tensor(Eta);
            var gradient = autograd.grad([PolicyLoss(at, eta)], [at])[0];
            var next = (theta - Alpha * gradient).detach().requires_grad_(true);
            var condition = Condition(eta).detach().requires_grad_(true);
            var both = autograd.grad([Extrinsic(next, condition)], [condition, next]);
            var direction = new double[theta.numel()];
            MetaGradients.ThroughSgd<double>(both[1].Doubles(), Alpha, direction);

            var (ofCondition, ofAdvantages) = ClnGraph.AlongStep(
                config, network, theta, Condition(eta), inner, Advantages(eta), tensor(direction), ClipRange, ValueClip);
            var spread = ofAdvantages.Doubles();
            MetaGradients.ThroughReturns<double>(spread, Ended, Environments, Gamma * GaeLambda);
            var leaf = tensor(Eta).requires_grad_(true);
            var ofRewards = autograd.grad([(reward.Forward(leaf, steps) * tensor(spread)).sum()], [leaf])[0].Doubles();
            return (Tail(both[0].Doubles()), Tail(ofCondition.Doubles()), ofRewards);
        }

        private double[] Tail(double[] ofCondition) => [.. new double[reward.ConditionOffset], .. ofCondition];

        public void Dispose()
        {
            network.Dispose();
            reward.Dispose();
        }
    }

    [Theory]
    [InlineData(false, RewardOutput.Linear, true)]
    [InlineData(false, RewardOutput.Tanh, false)]
    [InlineData(true, RewardOutput.Linear, true)]
    [InlineData(true, RewardOutput.Tanh, true)]
    public void ThreeTerms_OneGradientStep_AddUpToTheExactDerivative(bool continuous, RewardOutput output, bool normalise)
    {
        using var scope = NewDisposeScope();
        using var task = new Task(continuous, output, normalise);

        var (direct, mixed, rewards) = task.Terms();

        double[] sum = [.. direct.Zip(mixed, rewards).Select(terms => terms.First + terms.Second + terms.Third)];
        Numbers.Close(task.Total(), sum, 1e-12);
        Numbers.Close(Numbers.FiniteDifferences(task.Loss, task.Eta), sum, 1e-7);
        // Each matters: none could be left out unnoticed.
        foreach (var term in new[] { direct, mixed, rewards })
            Assert.True(term.Max(Math.Abs) > 1e-4, $"{term.Max(Math.Abs)}");
        Assert.All(direct.Take(task.ConditionOffset), value => Assert.Equal(0, value));
    }
}
