using System.Numerics;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Formulas;
using IntrinsicLab.Core.Networks;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>An agent of two tables, and the value function beside it that only the meta-gradient uses.</summary>
/// <typeparam name="T">Single precision to train, double to check.</typeparam>
/// <param name="states">S.</param>
/// <param name="actions">A.</param>
/// <param name="predictions">m.</param>
public sealed class TabularAgent<T>(int states, int actions, int predictions) where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>S.</summary>
    public int States => states;

    /// <summary>A.</summary>
    public int Actions => actions;

    /// <summary>m.</summary>
    public int Predictions => predictions;

    /// <summary>Θ, logits of the policy, [S, A].</summary>
    public T[] Policy { get; } = new T[states * actions];

    /// <summary>Z, logits of the predictions, [S, m].</summary>
    public T[] Prediction { get; } = new T[states * predictions];

    /// <summary>V, [S].</summary>
    public T[] Values { get; } = new T[states];
}

/// <summary>Step sizes of one lifetime, which its family's bandit chose.</summary>
/// <param name="LearningRate">α, for the mean over the rollout.</param>
/// <param name="PredictionCoefficient">α_y.</param>
public readonly record struct AgentRates(double LearningRate, double PredictionCoefficient);

/// <summary>Weights of what keeps a rule from degenerating (Oh et al. 2020, section 3.4).</summary>
/// <param name="PolicyEntropy">β₀, of the agent's policy after the window.</param>
/// <param name="PredictionEntropy">β₁, of its predictions.</param>
/// <param name="PolicyTarget">β₂, of π̂².</param>
/// <param name="PredictionTarget">β₃, of Σ ŷ².</param>
public readonly record struct RuleRegularisation(double PolicyEntropy, double PredictionEntropy, double PolicyTarget, double PredictionTarget);

/// <summary>
/// K updates of one lifetime by a rule, then a rollout that judges them, kept for the way back: the derivative of what the last rollout says of
/// θ_K with respect to η, through π̂ and ŷ, through θ itself and through the rule's inputs. Rollouts count as data. Allocates nothing after it is
/// made, and its memory does not depend on the number of lifetimes.
/// </summary>
/// <typeparam name="T">Single precision to train, double to check.</typeparam>
public sealed class LifetimeWindow<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly RuleNetwork network;
    private readonly int updates, steps, environments;
    private readonly RulePass<T>[] passes;
    private readonly T[][] policies, logPolicies, states, logStates, rewards, probabilities;
    private readonly bool[][] ends;
    private readonly T[] policyTargetGradient, predictionTargetGradient, probabilityGradient, stateGradient;
    private readonly T[] policyGradient, predictionGradient, policyAdjoint, predictionAdjoint, targets, logTargets;
    private TabularAgent<T> agent;
    private T rate, predictionRate;

    /// <summary>Makes room.</summary>
    /// <param name="network">The rule.</param>
    /// <param name="updates">Updates of a window, K.</param>
    /// <param name="steps">Steps of a rollout, T.</param>
    /// <param name="environments">Copies of a lifetime's world, E.</param>
    /// <param name="mostStates">States of the largest world.</param>
    /// <param name="mostActions">Most actions.</param>
    public LifetimeWindow(RuleNetwork network, int updates, int steps, int environments, int mostStates, int mostActions)
    {
        (this.network, this.updates, this.steps, this.environments) = (network, updates, steps, environments);
        var (rows, m) = (steps * environments, network.Predictions);
        var read = Math.Max(1, m);
        passes = [.. Enumerable.Range(0, updates).Select(_ => new RulePass<T>(network, steps, environments))];
        Rollouts = [.. Enumerable.Range(0, updates + 1).Select(_ => new TabularRollout(steps, 1, environments))];
        (policies, logPolicies) = (Arrays(updates + 1, rows * mostActions), Arrays(updates + 1, rows * mostActions));
        (states, logStates) = (Arrays(updates + 1, (rows + environments) * read), Arrays(updates + 1, (rows + environments) * read));
        (rewards, probabilities) = (Arrays(updates, rows), Arrays(updates, rows));
        ends = [.. Enumerable.Range(0, updates).Select(_ => new bool[rows])];
        (policyTargetGradient, predictionTargetGradient, probabilityGradient) = (new T[rows], new T[rows * m], new T[rows]);
        stateGradient = new T[(rows + environments) * m];
        (policyGradient, predictionGradient) = (new T[rows * mostActions], new T[rows * m]);
        (policyAdjoint, predictionAdjoint) = (new T[mostStates * mostActions], new T[mostStates * m]);
        (targets, logTargets) = (new T[rows * m], new T[rows * m]);
        agent = new TabularAgent<T>(0, 0, 0);
    }

    /// <summary>The rollouts: K that the agent learns from, then the one that judges. Whoever steps the worlds fills them.</summary>
    public TabularRollout[] Rollouts { get; }

    /// <summary>Mean over the last backward pass's K rollouts of π̂².</summary>
    public double PolicyTargetSquare { get; private set; }

    /// <summary>Entropy of the policy over the last rollout.</summary>
    public double PolicyEntropy { get; private set; }

    /// <summary>Entropy of the predictions over the last rollout.</summary>
    public double PredictionEntropy { get; private set; }

    /// <summary>What the rule said in one of the updates.</summary>
    /// <param name="index">Which update, 0 … K − 1.</param>
    public RulePass<T> Pass(int index) => passes[index];

    /// <summary>Bytes that a window of this form holds.</summary>
    /// <inheritdoc cref="LifetimeWindow{T}(RuleNetwork, int, int, int, int, int)"/>
    public static long Bytes(RuleNetwork network, int updates, int steps, int environments, int mostStates, int mostActions)
    {
        long rows = (long)steps * environments, m = Math.Max(1, network.Predictions), embedded = rows + environments;
        var pass = rows * (13L * network.Units + 2L * RuleNetwork.Inputs + 3L * network.Heads + network.Units) + embedded * (2 + 2 * RuleNetwork.EmbeddingUnits);
        var data = rows * (2L * mostActions + 5) + 2 * embedded * m;
        return 4 * ((long)updates * pass + (updates + 1L) * data + rows * (mostActions + 5 * m) + (long)mostStates * (mostActions + m));
    }

    /// <summary>Begins a window with the agent as it is.</summary>
    /// <param name="agent">θ_0; updated in place.</param>
    /// <param name="rates">α and α_y.</param>
    public void Begin(TabularAgent<T> agent, AgentRates rates)
    {
        this.agent = agent;
        rate = T.CreateChecked(rates.LearningRate / (steps * environments));
        predictionRate = T.CreateChecked(rates.LearningRate * rates.PredictionCoefficient / (steps * environments));
    }

    /// <summary>π(·|s) of every copy in one step of a rollout, [E, A]; <see cref="Read"/> writes it.</summary>
    /// <param name="index">Which rollout.</param>
    /// <param name="step">Which step.</param>
    public ReadOnlySpan<T> Policy(int index, int step) => policies[index].AsSpan(step * environments * agent.Actions, environments * agent.Actions);

    /// <summary>Looks policy and predictions up for the states of one step, which a rollout holds already.</summary>
    /// <param name="index">Which rollout.</param>
    /// <param name="step">Which step.</param>
    /// <param name="at">The states, [E].</param>
    public void Read(int index, int step, ReadOnlySpan<int> at)
    {
        var (actions, first) = (agent.Actions, step * environments * agent.Actions);
        var logits = logPolicies[index].AsSpan(first, environments * actions);
        for (var e = 0; e < environments; e++)
            agent.Policy.AsSpan(at[e] * actions, actions).CopyTo(logits[(e * actions)..]);
        LearnedUpdate.Softmax(logits, policies[index].AsSpan(first, environments * actions), actions);
        ReadPredictions(index, step, at);
    }

    /// <summary>One update of the agent by the rule, on a rollout that is complete (Oh et al. 2020, equation 2).</summary>
    /// <param name="index">Which update, 0 … K − 1.</param>
    /// <param name="parameters">η.</param>
    /// <param name="gamma">γ that the rule reads.</param>
    public void Update(int index, ReadOnlySpan<T> parameters, double gamma)
    {
        var (rollout, rows, m) = (Rollouts[index], steps * environments, network.Predictions);
        ReadPredictions(index, steps, rollout.NextStates.AsSpan(rows - environments));
        for (var b = 0; b < rows; b++)
        {
            ends[index][b] = rollout.Ends[b] != StepEnd.None;
            rewards[index][b] = T.CreateChecked(rollout.Rewards[b]);
            probabilities[index][b] = policies[index][b * agent.Actions + rollout.Actions[b]];
        }
        var pass = passes[index];
        pass.Forward(parameters, rewards[index], ends[index], T.CreateChecked(gamma), probabilities[index], states[index]);
        for (var b = 0; b < rows; b++)
        {
            var (state, action) = (rollout.States[b], rollout.Actions[b]);
            LearnedUpdate.MovePolicy(
                agent.Policy.AsSpan(state * agent.Actions, agent.Actions), policies[index].AsSpan(b * agent.Actions, agent.Actions), action,
                rate * pass.PolicyTargets[b]);
            if (m > 0)
                LearnedUpdate.MovePrediction(
                    agent.Prediction.AsSpan(state * m, m), states[index].AsSpan(b * m, m), logStates[index].AsSpan(b * m, m),
                    pass.PredictionTargets.Slice(b * m, m), predictionRate);
        }
    }

    /// <summary>
    /// Loss of the window and its derivative: −mean(Â·ln π) − β₀·H(π) − β₁·H(y) over the last rollout, + β₂·mean π̂² + β₃·mean Σŷ² over the K
    /// others.
    /// </summary>
    /// <param name="parameters">η, as in the updates.</param>
    /// <param name="advantages">Â of the last rollout's steps, [T, E].</param>
    /// <param name="regularisation">β.</param>
    /// <param name="gradient">The derivative with respect to η is added to it, flat.</param>
    public double Backward(ReadOnlySpan<T> parameters, ReadOnlySpan<T> advantages, RuleRegularisation regularisation, Span<T> gradient)
    {
        var (rows, m, actions) = (steps * environments, network.Predictions, agent.Actions);
        var policyRows = policyAdjoint.AsSpan(0, agent.States * actions);
        var predictionRows = predictionAdjoint.AsSpan(0, agent.States * m);
        policyRows.Clear();
        predictionRows.Clear();
        var loss = Judge(advantages, regularisation, policyRows, predictionRows);
        var (squares, targetSquares) = (0.0, 0.0);
        var share = 1.0 / ((double)updates * rows);
        T pull = T.CreateChecked(2 * regularisation.PolicyTarget * share), targetPull = T.CreateChecked(2 * regularisation.PredictionTarget * share);
        for (var k = updates - 1; k >= 0; k--)
        {
            var (rollout, pass) = (Rollouts[k], passes[k]);
            pass.PredictionTargets.CopyTo(logTargets);
            if (m > 0)
                LearnedUpdate.Softmax<T>(logTargets, targets, m);
            for (var b = 0; b < rows; b++)
            {
                var (state, target) = (rollout.States[b], pass.PolicyTargets[b]);
                squares += double.CreateChecked(target * target);
                policyTargetGradient[b] = pull * target + LearnedUpdate.PolicyBackward(
                    policyRows.Slice(state * actions, actions), policies[k].AsSpan(b * actions, actions), rollout.Actions[b], target, rate,
                    policyGradient.AsSpan(b * actions, actions));
                if (m == 0)
                    continue;
                var targetGradient = predictionTargetGradient.AsSpan(b * m, m);
                LearnedUpdate.PredictionBackward(
                    predictionRows.Slice(state * m, m), states[k].AsSpan(b * m, m), logStates[k].AsSpan(b * m, m),
                    pass.PredictionTargets.Slice(b * m, m), predictionRate, targetGradient, predictionGradient.AsSpan(b * m, m));
                var wanted = targets.AsSpan(b * m, m);
                var square = T.Zero;
                foreach (var value in wanted)
                    square += value * value;
                targetSquares += double.CreateChecked(square);
                for (var i = 0; i < m; i++)
                    targetGradient[i] += targetPull * wanted[i] * (wanted[i] - square);
            }
            pass.Backward(parameters, states[k], policyTargetGradient, predictionTargetGradient, gradient, probabilityGradient, stateGradient);
            // Only now, as every row was read as it is after the update.
            for (var b = 0; b < rows; b++)
            {
                var state = rollout.States[b];
                var direct = policyGradient.AsSpan(b * actions, actions);
                direct[rollout.Actions[b]] += probabilityGradient[b];
                LearnedUpdate.AddThroughSoftmax(policyRows.Slice(state * actions, actions), policies[k].AsSpan(b * actions, actions), direct);
                if (m == 0)
                    continue;
                var own = predictionGradient.AsSpan(b * m, m);
                for (var i = 0; i < m; i++)
                    own[i] += stateGradient[b * m + i];
                LearnedUpdate.AddThroughSoftmax(predictionRows.Slice(state * m, m), states[k].AsSpan(b * m, m), own);
            }
            for (var b = rows; m > 0 && b < rows + environments; b++)
                LearnedUpdate.AddThroughSoftmax(
                    predictionRows.Slice(rollout.NextStates[b - environments] * m, m), states[k].AsSpan(b * m, m), stateGradient.AsSpan(b * m, m));
        }
        PolicyTargetSquare = squares * share;
        return loss + regularisation.PolicyTarget * squares * share + regularisation.PredictionTarget * targetSquares * share;
    }

    // What the last rollout says of the agent that the window left.
    private double Judge(ReadOnlySpan<T> advantages, RuleRegularisation regularisation, Span<T> policyRows, Span<T> predictionRows)
    {
        var (rollout, rows, m, actions) = (Rollouts[updates], steps * environments, network.Predictions, agent.Actions);
        var (share, gain, policyEntropy, predictionEntropy) = (T.CreateChecked(1.0 / rows), 0.0, 0.0, 0.0);
        T policyScale = share * T.CreateChecked(regularisation.PolicyEntropy), predictionScale = share * T.CreateChecked(regularisation.PredictionEntropy);
        for (var b = 0; b < rows; b++)
        {
            var (state, action) = (rollout.States[b], rollout.Actions[b]);
            var p = policies[updates].AsSpan(b * actions, actions);
            var logP = logPolicies[updates].AsSpan(b * actions, actions);
            var row = policyRows.Slice(state * actions, actions);
            gain += double.CreateChecked(advantages[b] * logP[action]);
            LearnedUpdate.MovePolicy<T>(row, p, action, -share * advantages[b]);
            LearnedUpdate.AddEntropyGradient<T>(row, p, logP, policyScale);
            policyEntropy += double.CreateChecked(LearnedUpdate.Entropy<T>(p, logP));
            if (m == 0)
                continue;
            var y = states[updates].AsSpan(b * m, m);
            var logY = logStates[updates].AsSpan(b * m, m);
            LearnedUpdate.AddEntropyGradient<T>(predictionRows.Slice(state * m, m), y, logY, predictionScale);
            predictionEntropy += double.CreateChecked(LearnedUpdate.Entropy<T>(y, logY));
        }
        (PolicyEntropy, PredictionEntropy) = (policyEntropy / rows, predictionEntropy / rows);
        return -gain / rows - regularisation.PolicyEntropy * PolicyEntropy - regularisation.PredictionEntropy * PredictionEntropy;
    }

    private void ReadPredictions(int index, int step, ReadOnlySpan<int> at)
    {
        var m = network.Predictions;
        if (m == 0)
        {
            // The value of a state stands where φ of its predictions would.
            for (var e = 0; e < environments; e++)
                states[index][step * environments + e] = agent.Values[at[e]];
            return;
        }
        var logits = logStates[index].AsSpan(step * environments * m, environments * m);
        for (var e = 0; e < environments; e++)
            agent.Prediction.AsSpan(at[e] * m, m).CopyTo(logits[(e * m)..]);
        LearnedUpdate.Softmax(logits, states[index].AsSpan(step * environments * m, environments * m), m);
    }

    private static T[][] Arrays(int count, int length) => [.. Enumerable.Range(0, count).Select(_ => new T[length])];
}
