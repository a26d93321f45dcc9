using IntrinsicLab.Core;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Formulas;
using IntrinsicLab.Core.Networks;
using IntrinsicLab.Core.Optimizers;
using IntrinsicLab.Tests.Contracts;
using IntrinsicLab.Tests.Support;
using static TorchSharp.torch;

namespace IntrinsicLab.Tests.Core.Algorithms;

/// <summary>The meta-gradient in double precision: closed forms on two states, then networks against finite differences and route against route.</summary>
public class LirpgGradientTests
{
    private const double Gamma = 0.9, Lambda = 0.5;

    /// <summary>Two states, two actions, action 0 then 1, rewards 0 then 1: everything the outer loss depends on.</summary>
    private sealed record Tabular(IOptimizer Optimizer, double[,] Features)
    {
        public double Lambda { get; init; } = LirpgGradientTests.Lambda;

        public double MaximumNorm { get; init; }

        public (double Loss, double[] Theta, double[] Gradient, double[] FirstOrder) Differentiate(double[]? etaValues = null)
        {
            var actions = tensor(new long[] { 0, 1 });
            Tensor Nlp(Tensor parameters) => Categorical.NegativeLogProbability(tensor(Features).mm(parameters.view(2, 2)), actions);
            var extrinsic = tensor(new[] { Gamma, 1.0 });
            var eta = tensor(etaValues ?? [0.2, 0, 0, -0.4]).requires_grad_(true);
            var (first, second) = (eta.narrow(0, 0, 1), eta.narrow(0, 3, 1));
            var mixed = cat([Gamma + Lambda * (first + Gamma * second), 1 + Lambda * second]);
            var theta = zeros(4, ScalarType.Float64).requires_grad_(true);
            var state = Optimizer.Initial(theta);
            var nlp = Nlp(theta);
            var g = autograd.grad([PolicyGradients.Plain(nlp, mixed)], [theta], create_graph: true, retain_graph: true)[0];
            var clipped = GlobalNorm.Clip(g, MaximumNorm);
            var (next, stepped) = Optimizer.Step(theta, clipped, state, 0.1);
            var loss = PolicyGradients.ClippedSurrogate(Nlp(next), nlp.detach(), extrinsic, double.PositiveInfinity);
            var gradient = autograd.grad([loss], [eta], retain_graph: true)[0].Doubles();

            var leaf = next.detach().requires_grad_(true);
            var q = autograd.grad([PolicyGradients.ClippedSurrogate(Nlp(leaf), nlp.detach(), extrinsic, double.PositiveInfinity)], [leaf])[0].Doubles();
            var direction = ThroughStep(Optimizer, q, clipped.Doubles(), stepped, 0.1);
            MetaGradients.ThroughClip<double>(direction, clipped.Doubles(), g.square().sum().sqrt().item<double>(), MaximumNorm);
            var tangents = Tangents(parameters => Nlp(parameters), theta.detach(), direction);
            var ofRewards = new double[2];
            MetaGradients.OfSurrogate<double>(nlp.Doubles(), nlp.Doubles(), mixed.Doubles(), double.PositiveInfinity, tangents, ofRewards);
            MetaGradients.ThroughReturns<double>(ofRewards, [false, true], 1, Gamma);
            return (loss.item<double>(), next.Doubles(), gradient, [Lambda * ofRewards[0], 0, 0, Lambda * ofRewards[1]]);
        }
    }

    private static readonly double[,] OneHot = { { 1, 0 }, { 0, 1 } };

    internal static double[] ThroughStep(IOptimizer optimizer, double[] upstream, double[] clipped, OptimizerState stepped, double learningRate)
    {
        var result = new double[upstream.Length];
        switch (optimizer)
        {
            case Sgd:
                MetaGradients.ThroughSgd(upstream, learningRate, result);
                break;
            case RmsProp:
                MetaGradients.ThroughRmsProp(upstream, clipped, stepped.Slots[0].Doubles(), learningRate, 1e-5, 0, 1 - 0.99, result);
                break;
            default:
                var rate = learningRate * Math.Sqrt(1 - Math.Pow(0.999, stepped.Steps)) / (1 - Math.Pow(0.9, stepped.Steps));
                MetaGradients.ThroughAdam(upstream, stepped.Slots[1].Doubles(), rate, 1, 1e-5, 1 - 0.9, result);
                break;
        }
        return result;
    }

    // J·w as the derivative of vᵀJ·w with respect to v: forward mode out of two backward passes.
    internal static double[] Tangents(Func<Tensor, Tensor> f, Tensor at, double[] direction)
    {
        using var scope = NewDisposeScope();
        var x = at.detach().requires_grad_(true);
        var y = f(x);
        var v = zeros_like(y).requires_grad_(true);
        var transposed = autograd.grad([y], [x], [v], create_graph: true, retain_graph: true)[0];
        return autograd.grad([(transposed * tensor(direction)).sum()], [v])[0].Doubles();
    }

    private static void Expect(Tabular task, double[] theta, double loss, double[] gradient)
    {
        var found = task.Differentiate();

        Numbers.Close(theta, found.Theta, 1e-15);
        Assert.Equal(loss, found.Loss, 1e-15);
        foreach (var route in new[] { found.Gradient, found.FirstOrder })
            Numbers.Close([gradient[0], 0, 0, gradient[1]], route, 1e-15);
    }

    [Fact]
    public void GradientStep_TwoStates_EqualsTheClosedForm()
    {
        var task = new Tabular(new Sgd(), OneHot);

        Expect(task, [0.0205, -0.0205, -0.02, 0.02], -0.9692223748284089, [-0.00562263675588005, -0.01130787374680763]);

        // ρ_i·⟨∇log π′, ∇log π⟩ = ρ·2(1 − p)(1 − p′), on disjoint states.
        var theta = task.Differentiate().Theta;
        var p = new[] { 1 / (1 + Math.Exp(theta[1] - theta[0])), 1 / (1 + Math.Exp(theta[2] - theta[3])) };
        Numbers.Close([1.0204971287743188, 1.0199973337599308], [2 * p[0], 2 * p[1]], 1e-15);
        var (first, second) = (Gamma * 2 * p[0] * (1 - p[0]), 2 * p[1] * (1 - p[1]));
        var scale = -0.1 * Lambda / 4;
        Numbers.Close([scale * first, 0, 0, scale * (Gamma * first + second)], task.Differentiate().Gradient, 1e-15);
    }

    [Fact]
    public void GradientStep_NoIntrinsicWeight_HasNoMetaGradientAtAll()
    {
        var found = (new Tabular(new Sgd(), OneHot) { Lambda = 0 }).Differentiate();

        Numbers.Close([0.0225, -0.0225, -0.025, 0.025], found.Theta, 1e-15);
        Assert.All(found.Gradient.Concat(found.FirstOrder), value => Assert.Equal(0, value));
    }

    [Fact]
    public void GradientStep_SharedParametersWithAndWithoutClip_EqualsValuesByHand()
    {
        var task = new Tabular(new Sgd(), new[,] { { 1, 0.5 }, { 0.3, -1 } });

        Expect(task, [0.0145, -0.0145, 0.03025, -0.03025], -0.9762744564667096, [-0.008274244560467787, -0.015378765485905598]);
        Expect(task with { MaximumNorm = 0.5 }, [0.0145, -0.0145, 0.03025, -0.03025], -0.9762744564667096, [-0.008274244560467787, -0.015378765485905598]);
        Expect(
            task with { MaximumNorm = 0.25 }, [0.007641109820509477, -0.007641109820509477, 0.015940936004855976, -0.015940936004855976],
            -0.963848517152069, [0.000193579625195784, -0.0000241974531494723]);
    }

    [Fact]
    public void RmsPropStep_TwoStates_EqualsValuesByHandAndFiniteDifferences()
    {
        var task = new Tabular(new RmsProp(), OneHot);

        Expect(
            task, [0.020598799621485496, -0.020598799621485496, -0.020096595319746176, 0.020096595319746176], -0.9693150941414777,
            [-0.005647314848326984, -0.011357698310835614]);
        Numbers.Close(Numbers.FiniteDifferences(eta => task.Differentiate(eta).Loss, [0.2, 0, 0, -0.4], 1e-5), task.Differentiate().Gradient, 1e-10);
    }

    [Fact]
    public void AdamStep_TwoStates_IsAsReleasedAndNotTheTrueDerivative()
    {
        var asReleased = new Tabular(new Adam(constantSquare: true), OneHot);
        var whole = new Tabular(new Adam(), OneHot);

        Expect(
            asReleased, [0.09984598014026577, -0.09984598014026577, -0.09984213572233087, 0.09984213572233087], -1.044537824119915,
            [-0.027125443516965258, -0.05530459954657567]);
        // The released code's gradient is 650 times the true one, which is what differences of the loss see.
        var differences = Numbers.FiniteDifferences(eta => asReleased.Differentiate(eta).Loss, [0.2, 0, 0, -0.4], 1e-5);
        Numbers.Close([-4.17786e-05, 0, 0, -8.63677e-05], differences, 1e-9);
        Numbers.Close(differences, whole.Differentiate().Gradient, 1e-9);
    }

    // ---- networks ----

    private const int Rows = 96, Samples = 24, Observation = 3, Actions = 2;

    /// <summary>A rollout with four episodes, one minibatch of it, networks with random weights and optimiser slots that are not as they began.</summary>
    private sealed class Network : IDisposable
    {
        private readonly TorchSharp.DisposeScope scope = NewDisposeScope();
        private readonly LirpgConfig config;
        private readonly ActorCritic policy;
        private readonly RewardNetwork reward;
        private readonly OptimizerState state;
        private readonly Tensor theta, observations, actions, rewards;
        private readonly double[] oldNlp, oldValues;
        private readonly bool[] ended;
        private readonly long[] rows;
        private readonly double clipRange, valueClip;
        private readonly LirpgBatch batch;

        public Network(LirpgOptimizer inner, double maximumNorm)
        {
            config = new LirpgConfig { Optimizer = inner, MaximumGradientNorm = maximumNorm, EntropyCoefficient = 0.01, IntrinsicCoefficient = 0.7 };
            (clipRange, valueClip) = Ppo ? (0.2, 0.2) : (double.PositiveInfinity, double.PositiveInfinity);
            var (rng, shape) = (new Rng(3), new ActorCriticShape([Observation], Actions, Continuous: Ppo) { Hidden = [8, 8] });
            policy = new ActorCritic(shape, 4, rng.Split("policy"), CPU);
            reward = new RewardNetwork(shape, 4, rng.Split("reward"), CPU);
            theta = policy.Parameters.to(ScalarType.Float64) + tensor(Numbers.Random(rng, (int)policy.Parameters.numel(), 0.1));
            Eta = (reward.Parameters.to(ScalarType.Float64) + tensor(Numbers.Random(rng, (int)reward.Parameters.numel(), 0.1))).Doubles();
            Optimizer = Ppo ? new Adam(constantSquare: true) : new RmsProp();
            state = Optimizer.Initial(theta);
            for (var step = 0; step < 3; step++)
                (_, state) = Optimizer.Step(theta, tensor(Numbers.Random(rng, (int)theta.numel(), 0.05)), state, 1e-3);
            observations = tensor(Numbers.Random(rng, Rows * Observation)).view(Rows, Observation);
            actions = Ppo
                ? tensor(Numbers.Random(rng, Rows * Actions)).view(Rows, Actions)
                : tensor(Enumerable.Range(0, Rows).Select(_ => (long)rng.NextInt(Actions)).ToArray());
            rewards = tensor(Numbers.Random(rng, Rows));
            ended = [.. Enumerable.Range(0, Rows).Select(row => row % 25 == 24)];
            rows = Ppo ? [.. Enumerable.Range(0, Samples).Select(i => (long)(i * 37 % Rows))] : [.. Enumerable.Range(0, Rows).Select(row => (long)row)];
            var (nlp, values) = Evaluate(theta, observations, actions);
            // The policy has moved since it acted, so that both clips are at work.
            oldNlp = [.. nlp.Doubles().Select(value => value + (Ppo ? 0.15 * rng.NextGaussian() : 0))];
            oldValues = [.. values.Doubles().Select(value => value + 0.15 * rng.NextGaussian())];
            var index = tensor(rows);
            batch = new LirpgBatch(
                observations.index_select(0, index), actions.index_select(0, index), tensor(oldNlp).index_select(0, index),
                tensor(oldValues).index_select(0, index), tensor(Numbers.Random(rng, rows.Length)));
        }

        public double[] Eta { get; }

        public IOptimizer Optimizer { get; }

        public bool Ppo => config.Optimizer == LirpgOptimizer.Ppo;

        private double Decay => Ppo ? config.Gamma * config.GaeLambda : config.Gamma;

        public Tensor OuterLoss(Tensor eta, IOptimizer optimizer) => LirpgGraph.OuterLoss(
            config, policy, optimizer, theta, state, 1e-2, clipRange, valueClip, batch, Advantages(eta).index_select(0, tensor(rows)));

        public double[] ThroughTheWholeGraph()
        {
            var eta = tensor(Eta).requires_grad_(true);
            return autograd.grad([OuterLoss(eta, Optimizer)], [eta])[0].Doubles();
        }

        /// <summary>As the algorithm computes it: the formulas of MetaGradients between four ordinary passes of the networks.</summary>
        public (double[] Gradient, double Norm) FirstOrder()
        {
            var raw = Advantages(tensor(Eta)).index_select(0, tensor(rows)).detach();
            var leaf = theta.detach().requires_grad_(true);
            var (nlp, values) = Evaluate(leaf, batch.Observations, batch.Actions);
            var advantages = Ppo ? PolicyGradients.Normalise(raw) : raw;
            var loss = Ppo
                ? PolicyGradients.ClippedSurrogate(nlp, batch.OldNegativeLogProbabilities, advantages, clipRange)
                : PolicyGradients.Plain(nlp, advantages);
            loss += config.ValueCoefficient * PolicyGradients.ClippedValueLoss(values, batch.OldValues, raw + batch.OldValues, valueClip);
            loss -= config.EntropyCoefficient * Entropy(leaf);
            var g = autograd.grad([loss], [leaf])[0];
            var clipped = GlobalNorm.Clip(g, config.MaximumGradientNorm);
            var (next, stepped) = Optimizer.Step(theta, clipped, state, 1e-2);
            var after = next.detach().requires_grad_(true);
            var denominators = Ppo ? batch.OldNegativeLogProbabilities : nlp.detach();
            var outer = PolicyGradients.ClippedSurrogate(
                Evaluate(after, batch.Observations, batch.Actions).Nlp, denominators, batch.ExtrinsicAdvantages, clipRange);
            var norm = g.square().sum().sqrt().item<double>();
            var direction = ThroughStep(Optimizer, autograd.grad([outer], [after])[0].Doubles(), clipped.Doubles(), stepped, 1e-2);
            MetaGradients.ThroughClip<double>(direction, clipped.Doubles(), norm, config.MaximumGradientNorm);
            var nlpTangents = Tangents(parameters => Evaluate(parameters, batch.Observations, batch.Actions).Nlp, theta, direction);
            var valueTangents = Tangents(parameters => Evaluate(parameters, batch.Observations, batch.Actions).Values, theta, direction);
            var ofAdvantages = new double[rows.Length];
            MetaGradients.OfSurrogate<double>(nlp.Doubles(), denominators.Doubles(), advantages.Doubles(), clipRange, nlpTangents, ofAdvantages);
            if (Ppo)
                MetaGradients.ThroughNormalise<double>(raw.Doubles(), ofAdvantages);
            MetaGradients.AddOfValueLoss<double>(
                values.Doubles(), batch.OldValues.Doubles(), (raw + batch.OldValues).Doubles(), valueClip, config.ValueCoefficient, valueTangents,
                ofAdvantages);
            var ofRewards = new double[Rows];
            for (var i = 0; i < rows.Length; i++)
                ofRewards[rows[i]] = ofAdvantages[i];
            MetaGradients.ThroughReturns<double>(ofRewards, ended, 1, Decay);
            var eta = tensor(Eta).requires_grad_(true);
            var learned = reward.Forward(eta, observations, actions).Rewards;
            var upstream = tensor(ofRewards) * config.IntrinsicCoefficient;
            // The extrinsic value function takes no part: an unused input's gradient is none.
            return (autograd.grad([(learned * upstream).sum() + 0 * eta.sum()], [eta])[0].Doubles(), norm);
        }

        /// <summary>The loss at other reward parameters, with Adam's v′ held where it is at the base point.</summary>
        public double LossAt(double[] eta, IOptimizer held) => OuterLoss(tensor(eta), held).item<double>();

        public IOptimizer WithSquareHeld()
        {
            if (!Ppo)
                return Optimizer;
            var seen = new Recorder(Optimizer);
            OuterLoss(tensor(Eta), seen);
            return new HeldAdam(seen.Stepped!.Slots[1].detach());
        }

        public void Dispose()
        {
            policy.Dispose();
            reward.Dispose();
            scope.Dispose();
        }

        private (Tensor Nlp, Tensor Values) Evaluate(Tensor parameters, Tensor seen, Tensor done)
        {
            var (outputs, values, deviation) = policy.Forward(parameters, seen);
            return (deviation is null
                ? Categorical.NegativeLogProbability(outputs, done)
                : DiagonalGaussian.NegativeLogProbability(outputs, deviation, done), values);
        }

        private Tensor Entropy(Tensor parameters)
        {
            var (outputs, _, deviation) = policy.Forward(parameters, batch.Observations);
            return deviation is null ? Categorical.Entropy(outputs).mean() : DiagonalGaussian.Entropy(deviation);
        }

        // A_t = δ_t + decay·(1 − ended_t)·A_{t+1}, step by step in the graph: nothing shared with the algorithm's own scans.
        private Tensor Advantages(Tensor eta)
        {
            var mixed = config.ExtrinsicCoefficient * rewards + config.IntrinsicCoefficient * reward.Forward(eta, observations, actions).Rewards;
            var advantages = new Tensor[Rows];
            for (var row = Rows - 1; row >= 0; row--)
            {
                var last = ended[row] || row == Rows - 1;
                var (nextValue, nextAdvantage) = last ? (0, zeros(1, ScalarType.Float64)) : (oldValues[row + 1], advantages[row + 1]);
                advantages[row] = mixed.narrow(0, row, 1) + (config.Gamma * nextValue - oldValues[row]) + (Ppo ? Decay : config.Gamma) * nextAdvantage;
            }
            return cat(advantages);
        }
    }

    private sealed class Recorder(IOptimizer inner) : IOptimizer
    {
        public OptimizerState? Stepped { get; private set; }

        public OptimizerState Initial(Tensor parameters) => inner.Initial(parameters);

        public (Tensor Parameters, OptimizerState State) Step(Tensor parameters, Tensor gradient, OptimizerState state, double learningRate)
        {
            var result = inner.Step(parameters, gradient, state, learningRate);
            Stepped = result.State;
            return result;
        }

        public void StepInPlace(Tensor parameters, Tensor gradient, OptimizerState state, double learningRate) => throw new NotSupportedException();

        public void Backward(OptimizerState state, ReadOnlySpan<float> gradient, double learningRate, ReadOnlySpan<float> upstream, Span<float> result) =>
            throw new NotSupportedException();
    }

    private sealed class HeldAdam(Tensor square) : IOptimizer
    {
        public OptimizerState Initial(Tensor parameters) => throw new NotSupportedException();

        public (Tensor Parameters, OptimizerState State) Step(Tensor parameters, Tensor gradient, OptimizerState state, double learningRate)
        {
            var rate = learningRate * Math.Sqrt(1 - Math.Pow(0.999, state.Steps + 1)) / (1 - Math.Pow(0.9, state.Steps + 1));
            var mean = state.Slots[0] + (gradient - state.Slots[0]) * (1 - 0.9);
            return (parameters - mean * rate / (square.sqrt() + 1e-5), state);
        }

        public void StepInPlace(Tensor parameters, Tensor gradient, OptimizerState state, double learningRate) => throw new NotSupportedException();

        public void Backward(OptimizerState state, ReadOnlySpan<float> gradient, double learningRate, ReadOnlySpan<float> upstream, Span<float> result) =>
            throw new NotSupportedException();
    }

    [Theory]
    [InlineData(LirpgOptimizer.Ppo, 0.1)]
    [InlineData(LirpgOptimizer.Ppo, 1000)]
    [InlineData(LirpgOptimizer.A2c, 0.1)]
    [InlineData(LirpgOptimizer.A2c, 1000)]
    public void BothRoutes_NetworksInDoublePrecision_AgreeWithEachOtherAndWithFiniteDifferences(LirpgOptimizer inner, double maximumNorm)
    {
        using var network = new Network(inner, maximumNorm);

        var twice = network.ThroughTheWholeGraph();
        var (once, norm) = network.FirstOrder();

        Assert.Equal(maximumNorm < 1, norm > maximumNorm);
        var largest = twice.Max(Math.Abs);
        Assert.True(largest > 0);
        for (var i = 0; i < twice.Length; i++)
            Assert.True(Math.Abs(twice[i] - once[i]) <= 1e-9 * largest, $"Parameter {i}: {twice[i]:R} twice, {once[i]:R} once.");
        // Twenty parameters of the reward network, by differences of the outer loss.
        var held = network.WithSquareHeld();
        var rng = new Rng(9);
        var rewardParameters = Array.FindLastIndex(twice, value => value != 0) + 1;
        for (var trial = 0; trial < 20; trial++)
        {
            using var scope = NewDisposeScope();
            var index = rng.NextInt(rewardParameters);
            var (up, down) = ((double[])network.Eta.Clone(), (double[])network.Eta.Clone());
            up[index] += 1e-5;
            down[index] -= 1e-5;
            var difference = (network.LossAt(up, held) - network.LossAt(down, held)) / 2e-5;
            Assert.True(Math.Abs(difference - twice[index]) <= 1e-4 * Math.Max(Math.Abs(difference), 1e-3 * largest),
                $"Parameter {index}: {difference:R} by differences, {twice[index]:R} by differentiation.");
        }
    }

    // ---- the algorithm itself ----

    [Theory]
    [InlineData("cartpole", LirpgOptimizer.Ppo)]
    [InlineData("cartpole", LirpgOptimizer.A2c)]
    [InlineData("mountain-car-continuous", LirpgOptimizer.Ppo)]
    [InlineData("mountain-car-continuous", LirpgOptimizer.A2c)]
    public void Update_OneMinibatch_TakesTheStepOfTheWholeGraphInDoublePrecision(string environment, LirpgOptimizer inner)
    {
        const int Environments = 3, Steps = 40;
        using var scope = NewDisposeScope();
        var ppo = inner == LirpgOptimizer.Ppo;
        var config = new LirpgConfig
        {
            Optimizer = inner,
            Environments = Environments,
            StepsPerRollout = Steps,
            Epochs = 1,
            Minibatches = 1,
            ExtrinsicCoefficient = 0.3,
            IntrinsicCoefficient = 0.7,
            RewardLearningRate = 0.1,
            RewardMaximumGradientNorm = 0,
            LearningRate = 1e-2,
            LearningRateSchedule = Schedule.Constant,
            HiddenSizes = [10],
        };
        TrainingSetup Setup() => new(AlgorithmContractTests.Plan("ppo", environment).CreateEnvironments(), 100_000, new Rng(5), CPU);
        using var lirpg = new Lirpg(config, Setup());

        // The same rollout once more, from the same named streams.
        var setup = Setup();
        var spec = setup.Environments.Spec;
        var continuous = spec.Action is Box;
        var shape = new ActorCriticShape(spec.Observation.Shape, (spec.Action as Discrete)?.Count ?? spec.Action.Size, continuous) { Hidden = [10] };
        using var policy = new ActorCritic(shape, Environments, setup.Rng.Split("policy-init"), CPU);
        using var reward = new RewardNetwork(shape, Environments * Steps, setup.Rng.Split("reward-init"), CPU);
        using var experience = new Experience(new EnvironmentBatch(setup.Environments, Environments, setup.Rng.Split("environments"), 1), null, null);
        var rollout = new Rollout(spec, Environments, Steps);
        rollout.Collect(experience, policy, setup.Rng.Split("actions"), _ => { });
        Tensor Wide(ReadOnlySpan<float> values) => tensor(values.ToArray()).to(ScalarType.Float64);
        var seen = Wide(rollout.Observations).view(rollout.Rows, -1);
        var done = continuous ? Wide(rollout.Actions).view(rollout.Rows, -1) : tensor(rollout.Actions.Select(action => (long)action).ToArray());
        var eta = reward.Parameters.to(ScalarType.Float64).requires_grad_(true);
        var (learned, values) = reward.Forward(eta, seen, done);
        var next = reward.Forward(eta, Wide(experience.Observations).view(Environments, -1), done.narrow(0, 0, Environments)).Values.Doubles();
        Tensor Advantages(Tensor rewards, double[] old, double[] nextValues)
        {
            var advantages = new Tensor[rollout.Rows];
            for (var row = rollout.Rows - 1; row >= 0; row--)
            {
                var after = row + Environments;
                advantages[row] = rewards.narrow(0, row, 1) - old[row];
                if (rollout.Ended[row])
                    continue;
                advantages[row] += config.Gamma * (after < rollout.Rows ? old[after] : nextValues[row % Environments]);
                if (after < rollout.Rows)
                    advantages[row] += config.Gamma * (ppo ? config.GaeLambda : 1) * advantages[after];
            }
            return cat(advantages);
        }
        var extrinsic = Advantages(Wide(rollout.Rewards), values.Doubles(), next);
        var oldMixed = Wide(rollout.Values);
        var mixed = Advantages(
            0.3 * Wide(rollout.Rewards) + 0.7 * learned, oldMixed.Doubles(), [.. rollout.NextValues.Select(value => (double)value)]);
        IOptimizer optimizer = ppo ? new Adam(constantSquare: true) : new RmsProp();
        var theta = policy.Parameters.to(ScalarType.Float64);
        var clip = ppo ? 0.2 : double.PositiveInfinity;
        var batch = new LirpgBatch(
            seen, done, Wide(rollout.NegativeLogProbabilities), oldMixed, ppo ? PolicyGradients.Normalise(extrinsic) : extrinsic);
        var loss = LirpgGraph.OuterLoss(config, policy, optimizer, theta, optimizer.Initial(theta), 1e-2, clip, clip, batch, mixed)
            + config.ExtrinsicValueCoefficient
                * PolicyGradients.ClippedValueLoss(values, values.detach(), (extrinsic + values).detach(), clip);
        var gradient = autograd.grad([loss], [eta])[0];
        var (expected, _) = optimizer.Step(eta.detach(), gradient, optimizer.Initial(eta.detach()), 0.1);

        var before = lirpg.RewardParameters.Doubles();
        lirpg.Update();

        var (wanted, found) = ((expected - eta).Doubles(), lirpg.RewardParameters.Doubles().Zip(before, (after, begun) => after - begun).ToArray());
        Assert.Equal(eta.Doubles(), before);
        // The reward's parameters apart from the value function's: their steps differ in length.
        foreach (var part in new[] { ..reward.RewardParameterCount, reward.RewardParameterCount.. })
        {
            var largest = wanted[part].Max(Math.Abs);
            Assert.True(largest > 0);
            Numbers.Close(wanted[part], found[part], 1e-2 * largest);
        }
    }
}
