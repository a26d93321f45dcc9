namespace IntrinsicLab.Core.Environments;

/// <summary>
/// An <see cref="ITabular"/> compiled into flat arrays, with exact dynamic programming over them (Bellman 1957). A value function is an
/// array [S]; a policy is the probability of each action, [S × A]. Terminated outcomes are worth nothing beyond their reward.
/// </summary>
public sealed class TabularModel
{
    private readonly int[] firsts;
    private readonly int[] nexts;
    private readonly double[] probabilities;
    private readonly double[] rewards;

    /// <summary>Lists every outcome of a world.</summary>
    /// <param name="world">The world; its episode is left alone.</param>
    /// <param name="actions">Number of actions, A.</param>
    /// <exception cref="InvalidDataException">Probabilities of an action, or of the starts, do not sum to 1.</exception>
    public TabularModel(ITabular world, int actions)
    {
        (States, Actions, Starts) = (world.States, actions, world.Starts);
        RequireOne(Starts.Sum(start => start.Probability), "The starts");
        firsts = new int[States * actions + 1];
        rewards = new double[States * actions];
        List<int> next = [];
        List<double> probability = [];
        List<Outcome> outcomes = [];
        for (var pair = 0; pair < rewards.Length; pair++)
        {
            outcomes.Clear();
            world.Outcomes(pair / actions, pair % actions, outcomes);
            RequireOne(outcomes.Sum(outcome => outcome.Probability), $"Action {pair % actions} in state {pair / actions}");
            foreach (var outcome in outcomes)
            {
                rewards[pair] += outcome.Probability * outcome.Reward;
                if (outcome.Terminated || outcome.Probability == 0)
                    continue;
                var known = next.IndexOf(outcome.State, firsts[pair]);
                if (known >= 0)
                {
                    probability[known] += outcome.Probability;
                    continue;
                }
                next.Add(outcome.State);
                probability.Add(outcome.Probability);
            }
            firsts[pair + 1] = next.Count;
        }
        (nexts, probabilities) = ([.. next], [.. probability]);
    }

    /// <summary>Number of states, S.</summary>
    public int States { get; }

    /// <summary>Number of actions, A.</summary>
    public int Actions { get; }

    /// <summary>Where an episode can begin, with probabilities.</summary>
    public IReadOnlyList<(int State, double Probability)> Starts { get; }

    /// <summary>Every action equally likely in every state, [S × A].</summary>
    public double[] UniformPolicy
    {
        get
        {
            var policy = new double[States * Actions];
            Array.Fill(policy, 1.0 / Actions);
            return policy;
        }
    }

    /// <summary>Mean of a value function over the starts.</summary>
    public double AtStart(ReadOnlySpan<double> values)
    {
        var mean = 0.0;
        foreach (var (state, probability) in Starts)
            mean += probability * values[state];
        return mean;
    }

    /// <summary>Q(s, a) = r(s, a) + γ Σ p(s' | s, a) V(s').</summary>
    public double ActionValue(int state, int action, double gamma, ReadOnlySpan<double> values)
    {
        var pair = state * Actions + action;
        var next = 0.0;
        for (var index = firsts[pair]; index < firsts[pair + 1]; index++)
            next += probabilities[index] * values[nexts[index]];
        return rewards[pair] + gamma * next;
    }

    /// <summary>Optimal values without end of time, by value iteration in place.</summary>
    /// <param name="gamma">Discount γ; with 1 every policy's episode has to end.</param>
    /// <param name="tolerance">Largest error of a value; with γ = 1, of the last sweep.</param>
    /// <exception cref="InvalidOperationException">Values still grow after 1,000,000 sweeps.</exception>
    public double[] OptimalValues(double gamma, double tolerance = 1e-10) =>
        Iterate(gamma, tolerance, (state, values) => Best(state, gamma, values, out _));

    /// <summary>Values of a policy without end of time.</summary>
    /// <param name="policy">[S × A].</param>
    /// <param name="gamma">Discount γ.</param>
    /// <param name="tolerance">As in <see cref="OptimalValues(double, double)"/>.</param>
    public double[] PolicyValues(double[] policy, double gamma, double tolerance = 1e-10) =>
        Iterate(gamma, tolerance, (state, values) => Expected(state, policy, gamma, values));

    /// <summary>Values of a policy with so many steps left.</summary>
    /// <param name="policy">[S × A].</param>
    /// <param name="gamma">Discount γ.</param>
    /// <param name="steps">Steps until time runs out.</param>
    public double[] PolicyValues(double[] policy, double gamma, int steps)
    {
        var (values, shorter) = (new double[States], new double[States]);
        for (; steps > 0; steps--)
        {
            (values, shorter) = (shorter, values);
            for (var state = 0; state < States; state++)
                values[state] = Expected(state, policy, gamma, shorter);
        }
        return values;
    }

    /// <summary>The best action in each state given what follows; the lowest index where several are.</summary>
    public int[] GreedyPolicy(ReadOnlySpan<double> values, double gamma)
    {
        var policy = new int[States];
        for (var state = 0; state < States; state++)
            Best(state, gamma, values, out policy[state]);
        return policy;
    }

    /// <summary>Optimal values with so many steps left.</summary>
    /// <param name="gamma">Discount γ.</param>
    /// <param name="steps">Steps until time runs out.</param>
    public double[] OptimalValues(double gamma, int steps) => Plan(gamma, steps, actions: null);

    /// <summary>Optimal values and what reaches them with so many steps left.</summary>
    /// <param name="gamma">Discount γ.</param>
    /// <param name="steps">Steps until time runs out.</param>
    /// <returns>Values with all steps left, [S], and by steps left less one and state the best action, [steps][S].</returns>
    public (double[] Values, byte[][] Actions) OptimalPlan(double gamma, int steps)
    {
        var actions = new byte[steps][];
        return (Plan(gamma, steps, actions), actions);
    }

    private double[] Plan(double gamma, int steps, byte[][]? actions)
    {
        var (values, shorter) = (new double[States], new double[States]);
        for (var left = 0; left < steps; left++)
        {
            (values, shorter) = (shorter, values);
            if (actions is not null)
                actions[left] = new byte[States];
            for (var state = 0; state < States; state++)
            {
                values[state] = Best(state, gamma, shorter, out var action);
                if (actions is not null)
                    actions[left][state] = (byte)action;
            }
        }
        return values;
    }

    private double[] Iterate(double gamma, double tolerance, Func<int, double[], double> update)
    {
        var values = new double[States];
        var enough = gamma < 1 ? tolerance * (1 - gamma) : tolerance;
        for (var sweep = 0; sweep < 1_000_000; sweep++)
        {
            var change = 0.0;
            for (var state = 0; state < States; state++)
            {
                var value = update(state, values);
                change = Math.Max(change, Math.Abs(value - values[state]));
                values[state] = value;
            }
            if (change <= enough)
                return values;
        }
        throw new InvalidOperationException($"Values still change after 1,000,000 sweeps with a discount of {gamma}.");
    }

    private double Best(int state, double gamma, ReadOnlySpan<double> values, out int best)
    {
        best = 0;
        var highest = double.NegativeInfinity;
        for (var action = 0; action < Actions; action++)
        {
            var value = ActionValue(state, action, gamma, values);
            if (value > highest)
                (highest, best) = (value, action);
        }
        return highest;
    }

    private double Expected(int state, double[] policy, double gamma, ReadOnlySpan<double> values)
    {
        var mean = 0.0;
        for (var action = 0; action < Actions; action++)
            if (policy[state * Actions + action] is var probability and not 0)
                mean += probability * ActionValue(state, action, gamma, values);
        return mean;
    }

    private static void RequireOne(double sum, string what)
    {
        if (!(Math.Abs(sum - 1) < 1e-9))
            throw new InvalidDataException($"{what}: the probabilities sum to {sum}, not to 1.");
    }
}
