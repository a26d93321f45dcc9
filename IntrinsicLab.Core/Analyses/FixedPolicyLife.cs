using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Formulas;

namespace IntrinsicLab.Core.Analyses;

/// <summary>
/// A life in which the policy never changes: of the rule's updates only those of the predictions are taken, so that these come to say what the
/// rule makes them say of that policy.
/// </summary>
internal sealed class FixedPolicyLife
{
    private const double LeastProbability = 1e-8;

    private readonly RuleContent rule;
    private readonly ITabularLevel level;
    private readonly LifetimeWindow<float> window;
    private readonly TabularBatch batch;
    private readonly float[] policy, logits;
    private readonly Rng actions;

    /// <summary>Begins a life.</summary>
    /// <param name="rule">The rule.</param>
    /// <param name="level">The world.</param>
    /// <param name="policy">Probability of each action, [S × A].</param>
    /// <param name="rates">Step sizes; the predictions move by α·α_y.</param>
    /// <param name="deviation">Deviation of the first Z.</param>
    /// <param name="rng">Equal generators give equal lives.</param>
    public FixedPolicyLife(RuleContent rule, ITabularLevel level, IReadOnlyList<double> policy, AgentRates rates, double deviation, Rng rng)
    {
        (this.rule, this.level) = (rule, level);
        var length = new TrialLength();
        batch = new TabularBatch(1, length.Environments, rng.Split("worlds"));
        batch.Begin(0, 0, level);
        actions = rng.Split("actions");
        this.policy = [.. policy.Select(probability => (float)Math.Log(Math.Max(probability, LeastProbability)))];
        Agent = new TabularAgent<float>(level.States, level.Actions, rule.Network.Predictions);
        this.policy.CopyTo(Agent.Policy, 0);
        var first = rng.Split("predictions");
        foreach (ref var logit in Agent.Prediction.AsSpan())
            logit = (float)(deviation * first.NextGaussian());
        (Visits, logits) = (new int[level.States], new float[Agent.Prediction.Length]);
        window = new LifetimeWindow<float>(rule.Network, 1, length.StepsPerRollout, length.Environments, level.States, level.Actions);
        window.Begin(Agent, rates);
    }

    /// <summary>The agent.</summary>
    public TabularAgent<float> Agent { get; }

    /// <summary>How often each state was acted in, [S].</summary>
    public int[] Visits { get; }

    /// <summary>What happened in the last update.</summary>
    public TabularRollout Rollout => window.Rollouts[0];

    /// <summary>π̂ of the last update's steps, [T, E].</summary>
    public ReadOnlySpan<float> PolicyTargets => window.Pass(0).PolicyTargets;

    /// <summary>One rollout and what the rule makes of it.</summary>
    public void Update()
    {
        for (var step = 0; step < Rollout.Steps; step++)
        {
            window.Read(0, step, batch.States(0));
            Lpg.Choose(window.Policy(0, step), level.Actions, actions, Rollout.ActionsOf(step, 0));
            Rollout.Step(batch, 0, step, 0);
        }
        window.Update(0, rule.Parameters, rule.Gamma);
        policy.CopyTo(Agent.Policy, 0);
        foreach (var state in Rollout.States)
            Visits[state]++;
    }

    /// <summary>Adds y(s) of every state to sums, [S, m].</summary>
    public void AddPredictions(Span<double> sums)
    {
        Agent.Prediction.CopyTo(logits, 0);
        var y = new float[logits.Length];
        LearnedUpdate.Softmax<float>(logits, y, Agent.Predictions);
        for (var i = 0; i < y.Length; i++)
            sums[i] += y[i];
    }

    /// <summary>y(s) of every state now, [S, m].</summary>
    public double[] Predictions()
    {
        var y = new double[logits.Length];
        AddPredictions(y);
        return y;
    }

    /// <summary>
    /// Lives on until the predictions are steady, as far as the updates last, and takes their mean over the last fifth of them: what remains of the
    /// noise of sampling averages out.
    /// </summary>
    /// <param name="updates">Updates.</param>
    /// <param name="after">Called after each update; null for nothing.</param>
    /// <returns>Mean of y(s), [S, m].</returns>
    public double[] Settle(int updates, Action<int>? after = null)
    {
        var (sums, counted) = (new double[logits.Length], 0);
        for (var update = 0; update < updates; update++)
        {
            Update();
            after?.Invoke(update);
            if (!Counts(update, updates))
                continue;
            AddPredictions(sums);
            counted++;
        }
        foreach (ref var sum in sums.AsSpan())
            sum /= counted;
        return sums;
    }

    /// <summary>Whether an update is one of the last fifth.</summary>
    public static bool Counts(int update, int updates) => update >= updates - Math.Max(1, updates / 5);
}
