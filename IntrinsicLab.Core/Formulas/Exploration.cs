namespace IntrinsicLab.Core.Formulas;

/// <summary>How actions are chosen from values of theirs, and what counts add to these; shared by bandits and tables.</summary>
public static class Exploration
{
    /// <summary>
    /// sqrt(c·ln N / n): how far a mean of n rewards between 0 and 1 may lie below the truth (Auer, Cesa-Bianchi and Fischer 2002, UCB1, with
    /// c = 2).
    /// </summary>
    /// <param name="logSteps">ln N, N choices so far; the same for all actions, so computed once.</param>
    /// <param name="pulls">n, how often this action was chosen; at least 1.</param>
    /// <param name="constant">c.</param>
    public static double UcbBonus(double logSteps, long pulls, double constant = 2) => Math.Sqrt(constant * logSteps / pulls);

    /// <summary>
    /// What UCB1 with c = 2 loses at most on average in T steps: 8·Σ ln T / Δ + (1 + π²/3)·Σ Δ over the actions that are not best (Auer,
    /// Cesa-Bianchi and Fischer 2002, theorem 1).
    /// </summary>
    /// <param name="means">Mean reward of each action, between 0 and 1.</param>
    /// <param name="steps">T; at least 1.</param>
    public static double UcbRegretBound(ReadOnlySpan<double> means, double steps)
    {
        var best = 0.0;
        foreach (var mean in means)
            best = Math.Max(best, mean);
        var bound = 0.0;
        foreach (var mean in means)
            if (best - mean is > 0 and var gap)
                bound += 8 * Math.Log(steps) / gap + (1 + Math.PI * Math.PI / 3) * gap;
        return bound;
    }

    /// <summary>β/√n, added to a reward (Strehl and Littman 2008).</summary>
    /// <param name="beta">β.</param>
    /// <param name="visits">n, visits so far, this one counted; at least 1.</param>
    public static double CountBonus(double beta, int visits) => beta / Math.Sqrt(visits);

    /// <summary>P(a) = exp(v_a / temperature) / Σ exp(v / temperature), with the largest value taken off first.</summary>
    /// <param name="values">v, [A].</param>
    /// <param name="temperature">Above 0; the higher, the more even.</param>
    /// <param name="probabilities">Receives P, [A].</param>
    public static void Boltzmann(ReadOnlySpan<double> values, double temperature, Span<double> probabilities)
    {
        var highest = double.NegativeInfinity;
        foreach (var value in values)
            highest = Math.Max(highest, value);
        var sum = 0.0;
        for (var action = 0; action < values.Length; action++)
            sum += probabilities[action] = Math.Exp((values[action] - highest) / temperature);
        for (var action = 0; action < values.Length; action++)
            probabilities[action] /= sum;
    }

    /// <summary>Draws an index in proportion to weights.</summary>
    /// <param name="weights">None negative, not all 0.</param>
    /// <param name="rng">Source of the choice.</param>
    public static int InProportion(ReadOnlySpan<double> weights, Rng rng)
    {
        var sum = 0.0;
        foreach (var weight in weights)
            sum += weight;
        var left = rng.NextDouble() * sum;
        for (var index = 0; index < weights.Length - 1; index++)
        {
            left -= weights[index];
            if (left < 0)
                return index;
        }
        return weights.Length - 1;
    }

    /// <summary>The index of the highest value, drawn among equal ones; nothing is drawn where only one is highest.</summary>
    /// <param name="values">At least one.</param>
    /// <param name="rng">Source of the choice.</param>
    public static int Highest(ReadOnlySpan<double> values, Rng rng)
    {
        var (best, equal) = (0, 1);
        for (var index = 1; index < values.Length; index++)
            if (values[index] > values[best])
                (best, equal) = (index, 1);
            else if (values[index] == values[best])
                equal++;
        if (equal == 1)
            return best;
        var highest = values[best];
        for (var skip = rng.NextInt(equal); ; best++)
            if (values[best] == highest && skip-- == 0)
                return best;
    }

    /// <summary>The highest value.</summary>
    /// <param name="values">At least one.</param>
    public static double Highest(ReadOnlySpan<double> values)
    {
        var highest = values[0];
        foreach (var value in values)
            highest = Math.Max(highest, value);
        return highest;
    }
}
