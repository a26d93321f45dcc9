using IntrinsicLab.Core.Formulas;

namespace IntrinsicLab.Core.Bandits;

/// <summary>One player of a Bernoulli bandit: arms pay 1 with their probability, else 0.</summary>
/// <param name="arms">Each arm's probability of paying, [K].</param>
/// <param name="rule">How it chooses.</param>
/// <param name="rng">Source of choices and payments.</param>
public sealed class BanditPlayer(double[] arms, ActingRule rule, Rng rng)
{
    private readonly double best = arms.Max();
    private readonly int[] pulls = new int[arms.Length];
    private readonly double[] sums = new double[arms.Length];
    private readonly double[] means = new double[arms.Length];
    private readonly double[] weights = new double[arms.Length];
    private int steps;

    /// <summary>How often each arm was pulled, [K].</summary>
    public ReadOnlySpan<int> Pulls => pulls;

    /// <summary>How much less than the best arm the pulled ones would have paid on average.</summary>
    public double Regret
    {
        get
        {
            var regret = 0.0;
            for (var arm = 0; arm < arms.Length; arm++)
                regret += pulls[arm] * (best - arms[arm]);
            return regret;
        }
    }

    /// <summary>Pulls an arm.</summary>
    /// <returns>Which.</returns>
    public int Step()
    {
        // The index of an arm never pulled is infinite; means begin at 0.
        var arm = rule.Kind is ActingRuleKind.Ucb1 or ActingRuleKind.Proportional && steps < arms.Length ? steps : Choose();
        steps++;
        pulls[arm]++;
        if (rng.NextDouble() < arms[arm])
            sums[arm]++;
        means[arm] = sums[arm] / pulls[arm];
        return arm;
    }

    private int Choose()
    {
        switch (rule.Kind)
        {
            case ActingRuleKind.Ucb1:
                Index();
                return weights.IndexOf(Exploration.Highest(weights));
            case ActingRuleKind.Proportional:
                Index();
                return Exploration.InProportion(weights, rng);
            case ActingRuleKind.EpsilonGreedy:
                return rng.NextDouble() < rule.Parameter ? rng.NextInt(arms.Length) : Exploration.Highest(means, rng);
            case ActingRuleKind.Boltzmann:
                Exploration.Boltzmann(means, rule.Parameter, weights);
                return Exploration.InProportion(weights, rng);
            case ActingRuleKind.Greedy:
                return Exploration.Highest(means, rng);
            default:
                return rng.NextInt(arms.Length);
        }
    }

    private void Index()
    {
        var logSteps = Math.Log(steps);
        for (var arm = 0; arm < arms.Length; arm++)
            weights[arm] = means[arm] + Exploration.UcbBonus(logSteps, pulls[arm], rule.Parameter);
    }
}
