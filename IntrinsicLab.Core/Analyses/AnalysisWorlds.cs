using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Environments.GridWorlds;

namespace IntrinsicLab.Core.Analyses;

/// <summary>The worlds in which the meaning of predictions is looked at, and policies for them.</summary>
internal static class AnalysisWorlds
{
    /// <summary>
    /// A grid of 5 × 5 cells with 9 moves, two objects of reward 1 that come back and two of reward −1, at places drawn by chance; episodes of 100
    /// steps.
    /// </summary>
    public static GridLevel Grid(Rng rng) => GridLevel.Draw(GridConfiguration.SmallDense, GridActionSet.NineMoves, rng, map: new GridMap(5, 5));

    /// <summary>The world as dynamic programming reads it; the time limit is left out.</summary>
    public static TabularModel Model(GridLevel level)
    {
        using var world = new GridTabular(level);
        return new TabularModel(world, level.Actions);
    }

    /// <summary>
    /// The best action with probability 1 − <paramref name="softness"/>, any action with the rest; actions that are equally good share alike.
    /// </summary>
    public static double[] NearlyOptimal(TabularModel model, double gamma, double softness)
    {
        var values = model.OptimalValues(gamma, 1e-9);
        var policy = new double[model.States * model.Actions];
        var worth = new double[model.Actions];
        for (var state = 0; state < model.States; state++)
        {
            for (var action = 0; action < worth.Length; action++)
                worth[action] = model.ActionValue(state, action, gamma, values);
            var best = worth.Max();
            // Ties of equally long ways are ties but for rounding.
            var ties = worth.Count(each => each >= best - 1e-7);
            for (var action = 0; action < worth.Length; action++)
                policy[state * worth.Length + action] = softness / worth.Length + (worth[action] >= best - 1e-7 ? (1 - softness) / ties : 0);
        }
        return policy;
    }

    /// <summary>Softmax of normal logits.</summary>
    /// <param name="level">The world.</param>
    /// <param name="deviation">Deviation of the logits: 0 makes all actions equally likely.</param>
    /// <param name="rng">Where they are drawn from.</param>
    public static double[] Random(ITabularLevel level, double deviation, Rng rng)
    {
        var logits = new double[level.States * level.Actions];
        foreach (ref var logit in logits.AsSpan())
            logit = deviation * rng.NextGaussian();
        return Softmax(logits, level.Actions);
    }

    /// <summary>The policy that a life of advantage actor-critic ended with.</summary>
    public static double[] OfActorCritic(ITabularLevel level, TableActorCritic config, int updates, Rng rng) =>
        Softmax([.. LevelTrial.ByActorCritic(config, level, new TrialLength(updates), rng).Agent.Policy], level.Actions);

    private static double[] Softmax(double[] logits, int actions)
    {
        for (var first = 0; first < logits.Length; first += actions)
        {
            var row = logits.AsSpan(first, actions);
            var (highest, sum) = (double.NegativeInfinity, 0.0);
            foreach (var value in row)
                highest = Math.Max(highest, value);
            foreach (ref var value in row)
                sum += value = Math.Exp(value - highest);
            foreach (ref var value in row)
                value /= sum;
        }
        return logits;
    }
}
