using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Formulas;
using IntrinsicLab.Core.Networks;
using static TorchSharp.torch;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>
/// The windows of all lifetimes of <see cref="Lpg"/> at once, as tensors on any device, differentiated by libtorch: what a graphics card is
/// there for. Worlds are stepped and values learned where they are on the CPU; agents travel to the device and back with every window, padded
/// to the largest.
/// </summary>
/// <param name="config">Hyper-parameters.</param>
/// <param name="network">The rule.</param>
/// <param name="batch">The worlds.</param>
/// <param name="mostStates">States of the largest world.</param>
/// <param name="device">Where tensors live.</param>
internal sealed class LpgTensors(LpgConfig config, RuleNetwork network, TabularBatch batch, int mostStates, Device device)
{
    // Far below any logit, yet finite, so that 0 times its logarithm is 0.
    private const float Missing = -1e9f;

    private readonly int lives = config.Lifetimes, steps = config.StepsPerRollout, copies = config.Environments;
    private readonly TabularRollout[] rollouts =
        [.. Enumerable.Range(0, config.Lifetimes).Select(_ => new TabularRollout(config.StepsPerRollout, 1, config.Environments))];

    private readonly TableValues values = new(config.StepsPerRollout, config.Environments, mostStates, config.Gamma, config.Lambda);

    /// <summary>Takes every lifetime through a window.</summary>
    /// <param name="parameters">η, flat, on the CPU.</param>
    /// <param name="lifetimes">The agents; they are changed, and told what the window says of them.</param>
    /// <param name="rates">Their step sizes.</param>
    /// <param name="regularisation">β.</param>
    /// <param name="meanGradient">Receives the mean of the lifetimes' gradients, each clipped.</param>
    public void Run(
        Tensor parameters, IReadOnlyList<Lifetime> lifetimes, IReadOnlyList<AgentRates> rates, RuleRegularisation regularisation, Span<float> meanGradient)
    {
        using var scope = NewDisposeScope();
        var (rows, m) = (steps * copies, network.Predictions);
        var (states, actions) = (lifetimes.Max(life => life.Agent.States), lifetimes.Max(life => life.Agent.Actions));
        var rule = parameters.to(device).unsqueeze(0).expand(lives, network.ParameterCount).clone().requires_grad_(true);
        var table = Padded(lifetimes, states, actions, life => life.Agent.Policy, life => life.Agent.Actions);
        var prediction = m > 0 ? Padded(lifetimes, states, m, life => life.Agent.Prediction, _ => m) : null;
        var mask = Mask(lifetimes, actions);
        var rate = Floats([.. rates.Select(rate => (float)(rate.LearningRate / rows))], lives);
        var predictionRate = Floats([.. rates.Select(rate => (float)(rate.LearningRate * rate.PredictionCoefficient / rows))], lives);
        Tensor squares = zeros([lives], ScalarType.Float32, device), targetSquares = zeros([lives], ScalarType.Float32, device);
        Tensor? loss = null, policyEntropy = null, predictionEntropy = null;
        var advantages = new float[lives * rows];
        for (var k = 0; k <= config.UpdatesPerWindow; k++)
        {
            Roll(lifetimes, table, mask);
            for (var l = 0; l < lives; l++)
            {
                if (network.Semantics != RuleSemantics.Values || k == config.UpdatesPerWindow)
                    values.Evaluate(lifetimes[l].Agent.Values, rollouts[l]);
                values.Advantages.CopyTo(advantages.AsSpan(l * rows, rows));
            }
            var (seen, taken) = (Indices(rollout => rollout.States), Indices(rollout => [.. rollout.Actions.Select(action => (int)action)]));
            var logPolicy = LpgGraph.Read(table, seen, mask);
            if (k == config.UpdatesPerWindow)
            {
                for (var l = 0; l < lives; l++)
                    Lpg.Standardise(advantages.AsSpan(l * rows, rows), config.AdvantageFloor);
                (loss, policyEntropy, predictionEntropy) = LpgGraph.Judge(
                    logPolicy, prediction is null ? null : LpgGraph.Read(prediction, seen), taken, Floats(advantages, lives, rows), regularisation);
                break;
            }
            var reached = Indices(rollout => [.. rollout.States, .. rollout.NextStates[^copies..]]);
            var logPrediction = prediction is null ? null : LpgGraph.Read(prediction, reached);
            var read = logPrediction is null
                ? Floats([.. lifetimes.SelectMany((life, l) => Reached(rollouts[l]).Select(state => life.Agent.Values[state]))], lives, steps + 1, copies)
                : logPrediction.exp().reshape(lives, steps + 1, copies, m);
            var (policyTargets, predictionTargets) = LpgGraph.Rule(
                network, rule, Floats([.. rollouts.SelectMany(rollout => rollout.Rewards)], lives, steps, copies),
                Floats([.. rollouts.SelectMany(rollout => rollout.Ends.Select(end => end == StepEnd.None ? 0f : 1f))], lives, steps, copies),
                config.Gamma, logPolicy.gather(2, taken.unsqueeze(2)).exp().reshape(lives, steps, copies), read);
            var targets = policyTargets.reshape(lives, rows);
            squares = squares + targets.square().sum(1);
            table = LpgGraph.MovePolicy(table, seen, taken, logPolicy, targets, rate);
            if (prediction is not null)
            {
                var wanted = predictionTargets!.reshape(lives, rows, m);
                targetSquares = targetSquares + wanted.softmax(2).square().sum(2).sum(1);
                prediction = LpgGraph.MovePrediction(prediction, seen, logPrediction!.narrow(1, 0, rows), wanted, predictionRate);
            }
            else
                for (var l = 0; l < lives; l++)
                    values.Evaluate(lifetimes[l].Agent.Values, rollouts[l]);
        }
        var share = 1.0 / ((double)config.UpdatesPerWindow * rows);
        loss = loss! + squares * (regularisation.PolicyTarget * share) + targetSquares * (regularisation.PredictionTarget * share);
        var gradient = autograd.grad([loss.sum()], [rule])[0];
        using var held = no_grad();
        Finish(lifetimes, gradient, loss, policyEntropy!, predictionEntropy!, squares * share, meanGradient);
        Unpadded(table, lifetimes, actions, life => life.Agent.Policy, life => life.Agent.Actions);
        if (prediction is not null)
            Unpadded(prediction, lifetimes, m, life => life.Agent.Prediction, _ => m);
    }

    private void Roll(IReadOnlyList<Lifetime> lifetimes, Tensor table, Tensor mask)
    {
        using var held = no_grad();
        var (draws, at) = (new float[lives * copies], new long[lives * copies]);
        for (var step = 0; step < steps; step++)
        {
            using var scope = NewDisposeScope();
            for (var l = 0; l < lives; l++)
                for (var e = 0; e < copies; e++)
                {
                    at[l * copies + e] = batch.States(l)[e];
                    draws[l * copies + e] = (float)lifetimes[l].Actions.NextDouble();
                }
            var below = LpgGraph.Read(table, tensor(at, [lives, copies]).to(device), mask).exp().cumsum(2) <= Floats(draws, lives, copies, 1);
            var chosen = below.sum(2).cpu().data<long>();
            for (var l = 0; l < lives; l++)
            {
                var last = lifetimes[l].Agent.Actions - 1;
                for (var e = 0; e < copies; e++)
                    rollouts[l].ActionsOf(step, 0)[e] = (byte)Math.Min(last, chosen[l, e]);
                rollouts[l].Step(batch, l, step, 0);
            }
        }
    }

    private void Finish(
        IReadOnlyList<Lifetime> lifetimes, Tensor gradient, Tensor loss, Tensor policyEntropy, Tensor predictionEntropy, Tensor squares, Span<float> meanGradient)
    {
        var norms = gradient.square().sum(1).sqrt();
        var sound = norms.isfinite().logical_and(loss.isfinite());
        var scale = config.LifetimeClip > 0 ? (config.LifetimeClip / norms).clamp_max(1) : ones_like(norms);
        // What is not finite is left out: 0 times it would not be.
        var kept = gradient.where(sound.unsqueeze(1), zeros_like(gradient)) * scale.where(sound, zeros_like(scale)).unsqueeze(1);
        // A bare 0 would be taken for a type of numbers.
        FlatMemory.CopyFrom(kept.sum([0L]) / lives, meanGradient);
        var told = stack([norms, loss, policyEntropy, predictionEntropy, squares, sound.to(ScalarType.Float32)]).cpu().data<float>();
        for (var l = 0; l < lives; l++)
        {
            var life = lifetimes[l];
            life.Age += config.UpdatesPerWindow;
            if (told[5, l] == 0)
            {
                life.Drop();
                continue;
            }
            (life.GradientNorm, life.Loss, life.PolicyEntropy, life.PredictionEntropy, life.PolicyTargetSquare) =
                (told[0, l], told[1, l], told[2, l], told[3, l], told[4, l]);
        }
    }

    private Tensor Padded(IReadOnlyList<Lifetime> lifetimes, int states, int columns, Func<Lifetime, float[]> of, Func<Lifetime, int> own)
    {
        var padded = new float[(long)lives * states * columns];
        for (var l = 0; l < lives; l++)
        {
            var (from, width) = (of(lifetimes[l]), own(lifetimes[l]));
            for (var state = 0; state < lifetimes[l].Agent.States; state++)
                from.AsSpan(state * width, width).CopyTo(padded.AsSpan((l * states + state) * columns));
        }
        return Floats(padded, lives, states, columns);
    }

    private void Unpadded(Tensor padded, IReadOnlyList<Lifetime> lifetimes, int columns, Func<Lifetime, float[]> of, Func<Lifetime, int> own)
    {
        using var held = FlatMemory.Held(padded);
        var values = FlatMemory.Of(held);
        var states = (int)padded.shape[1];
        for (var l = 0; l < lives; l++)
        {
            var (to, width) = (of(lifetimes[l]), own(lifetimes[l]));
            for (var state = 0; state < lifetimes[l].Agent.States; state++)
                values.Slice((l * states + state) * columns, width).CopyTo(to.AsSpan(state * width));
        }
    }

    private Tensor Mask(IReadOnlyList<Lifetime> lifetimes, int actions)
    {
        var mask = new float[lives * actions];
        for (var l = 0; l < lives; l++)
            mask.AsSpan(l * actions + lifetimes[l].Agent.Actions, actions - lifetimes[l].Agent.Actions).Fill(Missing);
        return Floats(mask, lives, 1, actions);
    }

    private static IEnumerable<int> Reached(TabularRollout rollout) => rollout.States.Concat(rollout.NextStates.TakeLast(rollout.Environments));

    private Tensor Indices(Func<TabularRollout, int[]> of) =>
        tensor(rollouts.SelectMany(of).Select(index => (long)index).ToArray()).reshape(lives, -1).to(device);

    private Tensor Floats(float[] numbers, params long[] shape) => tensor(numbers, shape).to(device);
}
