using IntrinsicLab.Core.Networks;
using static TorchSharp.torch;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>
/// The formulas of <see cref="LifetimeWindow{T}"/> over tensors of either precision on any device, all lifetimes at once, for libtorch to
/// differentiate. Every lifetime has a copy of η, so that each has a gradient of its own.
/// </summary>
public static class LpgGraph
{
    /// <summary>Logarithms of the softmax of the rows that belong to states.</summary>
    /// <param name="table">Logits, [L, S, C].</param>
    /// <param name="states">[L, N].</param>
    /// <param name="mask">Added to the logits, [L, 1, C]: far below zero where a lifetime lacks a column; null for none.</param>
    public static Tensor Read(Tensor table, Tensor states, Tensor? mask = null)
    {
        var rows = table.gather(1, states.unsqueeze(2).expand(states.shape[0], states.shape[1], table.shape[2]));
        return (mask is null ? rows : rows + mask).log_softmax(2);
    }

    /// <summary>What the rule says of a rollout: π̂, [L, T, E], and q, [L, T, E, m] (null without predictions).</summary>
    /// <param name="network">Its form.</param>
    /// <param name="parameters">η for every lifetime, [L, P].</param>
    /// <param name="rewards">[L, T, E].</param>
    /// <param name="ends">1 where an episode ended, [L, T, E].</param>
    /// <param name="gamma">γ.</param>
    /// <param name="probabilities">π(a|s), [L, T, E].</param>
    /// <param name="states">Predictions y, [L, T + 1, E, m], or values, [L, T + 1, E].</param>
    public static (Tensor PolicyTargets, Tensor? PredictionTargets) Rule(
        RuleNetwork network, Tensor parameters, Tensor rewards, Tensor ends, double gamma, Tensor probabilities, Tensor states)
    {
        var (lifetimes, steps, environments) = (rewards.shape[0], rewards.shape[1], rewards.shape[2]);
        var (units, goesOn) = (network.Units, 1 - ends);
        var embedded = Embed(network, parameters, states);
        var here = embedded.narrow(1, 0, steps);
        var next = network.Semantics is RuleSemantics.Predictions or RuleSemantics.Values ? embedded.narrow(1, 1, steps) * goesOn : zeros_like(here);
        var input = stack([rewards, ends, full_like(rewards, gamma), probabilities, here, next], -1);
        var memory = network.Memory;
        var inputWeights = Part(network.MemoryOffset, RuleNetwork.Inputs, memory.Gates);
        var recurrentWeights = Part(network.MemoryOffset + memory.RecurrentOffset, units, memory.Gates);
        var bias = Part(network.MemoryOffset + memory.BiasOffset, 1, memory.Gates);
        var gates = (input.reshape(lifetimes, steps * environments, RuleNetwork.Inputs).bmm(inputWeights) + bias)
            .reshape(lifetimes, steps, environments, memory.Gates);
        var (hidden, cell) = (zeros_like(gates.select(1, 0).narrow(2, 0, units)), zeros_like(gates.select(1, 0).narrow(2, 0, units)));
        var outputs = new Tensor[steps];
        for (var t = steps - 1; t >= 0; t--)
        {
            var keep = goesOn.select(1, t).unsqueeze(2);
            var step = gates.select(1, t) + (hidden * keep).bmm(recurrentWeights);
            var open = step.narrow(2, 0, 3 * units).sigmoid();
            cell = open.narrow(2, units, units) * (cell * keep) + open.narrow(2, 0, units) * step.narrow(2, 3 * units, units).tanh();
            hidden = open.narrow(2, 2 * units, units) * cell.tanh();
            outputs[t] = hidden;
        }
        var heads = (stack(outputs, 1).reshape(lifetimes, steps * environments, units).bmm(Part(network.HeadOffset, units, network.Heads))
            + Part(network.BiasOffset, 1, network.Heads)).reshape(lifetimes, steps, environments, network.Heads);
        return (heads.select(3, 0), network.Predictions > 0 ? heads.narrow(3, 1, network.Predictions) : null);

        Tensor Part(int offset, int rows, int columns) => parameters.narrow(1, offset, (long)rows * columns).reshape(lifetimes, rows, columns);
    }

    /// <summary>Θ after the update, [L, S, A].</summary>
    /// <param name="table">Θ, [L, S, A].</param>
    /// <param name="states">[L, N].</param>
    /// <param name="actions">[L, N].</param>
    /// <param name="logPolicy">ln π(·|s), [L, N, A].</param>
    /// <param name="targets">π̂, [L, N].</param>
    /// <param name="rate">κ = α/N of every lifetime, [L].</param>
    public static Tensor MovePolicy(Tensor table, Tensor states, Tensor actions, Tensor logPolicy, Tensor targets, Tensor rate)
    {
        var chosen = zeros_like(logPolicy).scatter(2, actions.unsqueeze(2), ones_like(targets).unsqueeze(2));
        var moves = (chosen - logPolicy.exp()) * (targets * rate.unsqueeze(1)).unsqueeze(2);
        return table.scatter_add(1, states.unsqueeze(2).expand(moves.shape[0], moves.shape[1], moves.shape[2]), moves);
    }

    /// <summary>Z after the update, [L, S, m].</summary>
    /// <param name="table">Z, [L, S, m].</param>
    /// <param name="states">[L, N].</param>
    /// <param name="logPrediction">ln y(s), [L, N, m].</param>
    /// <param name="targets">q, [L, N, m].</param>
    /// <param name="rate">κ_y = α·α_y/N of every lifetime, [L].</param>
    public static Tensor MovePrediction(Tensor table, Tensor states, Tensor logPrediction, Tensor targets, Tensor rate)
    {
        var (y, difference) = (logPrediction.exp(), logPrediction - targets);
        var moves = y * (difference - (y * difference).sum(2, true)) * -rate.unsqueeze(1).unsqueeze(2);
        return table.scatter_add(1, states.unsqueeze(2).expand(moves.shape[0], moves.shape[1], moves.shape[2]), moves);
    }

    /// <summary>−mean(Â·ln π) − β₀·H(π) − β₁·H(y) of every lifetime, [L], and both entropies.</summary>
    /// <param name="logPolicy">ln π after the window over the last rollout, [L, N, A]; missing actions have no probability.</param>
    /// <param name="logPrediction">ln y, [L, N, m]; null without predictions.</param>
    /// <param name="actions">[L, N].</param>
    /// <param name="advantages">Â, [L, N].</param>
    /// <param name="regularisation">β.</param>
    public static (Tensor Loss, Tensor PolicyEntropy, Tensor PredictionEntropy) Judge(
        Tensor logPolicy, Tensor? logPrediction, Tensor actions, Tensor advantages, RuleRegularisation regularisation)
    {
        var gain = (logPolicy.gather(2, actions.unsqueeze(2)).squeeze(2) * advantages).mean([1]);
        var policyEntropy = -(logPolicy.exp() * logPolicy).sum(2).mean([1]);
        var predictionEntropy = logPrediction is null ? zeros_like(policyEntropy) : -(logPrediction.exp() * logPrediction).sum(2).mean([1]);
        return (-gain - regularisation.PolicyEntropy * policyEntropy - regularisation.PredictionEntropy * predictionEntropy, policyEntropy, predictionEntropy);
    }

    private static Tensor Embed(RuleNetwork network, Tensor parameters, Tensor states)
    {
        if (network.Semantics == RuleSemantics.Values)
            return states;
        var (lifetimes, rows, environments, predictions) = (states.shape[0], states.shape[1], states.shape[2], network.Predictions);
        if (network.Semantics == RuleSemantics.None)
            return zeros_like(states.select(3, 0));
        const int Width = RuleNetwork.EmbeddingUnits;
        var first = parameters.narrow(1, 0, (long)predictions * Width).reshape(lifetimes, predictions, Width);
        var hidden = (states.reshape(lifetimes, rows * environments, predictions).bmm(first) + parameters.narrow(1, predictions * Width, Width).unsqueeze(1)).relu();
        var second = parameters.narrow(1, (predictions + 1) * Width, Width).unsqueeze(2);
        return (hidden.bmm(second) + parameters.narrow(1, (predictions + 2) * Width, 1).unsqueeze(1)).reshape(lifetimes, rows, environments);
    }
}
