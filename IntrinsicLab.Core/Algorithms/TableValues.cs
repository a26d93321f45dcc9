using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Formulas;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>
/// Values of the states of a table, learned by TD(λ) from one rollout after the other: V[s] += (1 − ½^min(n, 4))·(mean target − V[s]), n the
/// visits of s in the rollout. Where time ran out the value goes on, as the task did not end.
/// </summary>
/// <param name="steps">Steps of a rollout, T.</param>
/// <param name="environments">Copies of the world, E.</param>
/// <param name="mostStates">States of the largest world.</param>
/// <param name="gamma">Discount γ.</param>
/// <param name="lambda">Trace decay λ.</param>
internal sealed class TableValues(int steps, int environments, int mostStates, double gamma, double lambda)
{
    private readonly float[] rewards = new float[steps * environments], seen = new float[steps * environments], beyond = new float[environments];
    private readonly float[] advantages = new float[steps * environments];
    private readonly bool[] ended = new bool[steps * environments];
    private readonly float[] sums = new float[mostStates];
    private readonly int[] visits = new int[mostStates];

    /// <summary>Advantages of the last rollout's steps, [T, E].</summary>
    public Span<float> Advantages => advantages;

    /// <summary>Computes a rollout's advantages, then learns from it.</summary>
    /// <param name="values">V, [S].</param>
    /// <param name="rollout">What happened.</param>
    public void Evaluate(Span<float> values, TabularRollout rollout)
    {
        for (var b = 0; b < rewards.Length; b++)
        {
            seen[b] = values[rollout.States[b]];
            ended[b] = rollout.Ends[b] != StepEnd.None;
            rewards[b] = rollout.Rewards[b] + (rollout.Ends[b] == StepEnd.Truncated ? (float)gamma * values[rollout.NextStates[b]] : 0);
        }
        for (var e = 0; e < environments; e++)
            beyond[e] = values[rollout.NextStates[rewards.Length - environments + e]];
        Returns.GeneralizedAdvantages<float>(rewards, seen, ended, beyond, (float)gamma, (float)lambda, advantages);
        for (var b = 0; b < rewards.Length; b++)
        {
            sums[rollout.States[b]] += advantages[b] + seen[b];
            visits[rollout.States[b]]++;
        }
        foreach (var state in rollout.States)
        {
            if (visits[state] == 0)
                continue;
            var share = 1 - 1f / (1 << Math.Min(visits[state], 4));
            values[state] += share * (sums[state] / visits[state] - values[state]);
            (sums[state], visits[state]) = (0, 0);
        }
    }
}
