namespace IntrinsicLab.Core.Formulas;

/// <summary>What two quantities tell of each other, from the table of their joint probabilities; in nats.</summary>
public static class MutualInformation
{
    /// <summary>I = Σ p(x,y)·log(p(x,y)/(p(x)·p(y))) (Shannon 1948).</summary>
    /// <param name="joint">p(x, y), row after row of x; sums to 1.</param>
    /// <param name="columns">Values of y.</param>
    public static double Of(ReadOnlySpan<double> joint, int columns)
    {
        var rows = joint.Length / columns;
        var (ofRows, ofColumns) = (new double[rows], new double[columns]);
        for (var at = 0; at < joint.Length; at++)
        {
            ofRows[at / columns] += joint[at];
            ofColumns[at % columns] += joint[at];
        }
        var sum = 0.0;
        for (var at = 0; at < joint.Length; at++)
            if (joint[at] > 0)
                sum += joint[at] * Math.Log(joint[at] / (ofRows[at / columns] * ofColumns[at % columns]));
        return sum;
    }

    /// <summary>
    /// Σ p(x,y)·(log q(x|y) − log p(x)): at most I, and I exactly where q is the posterior, because the rest is a divergence (Barber and Agakov 2003).
    /// It is the mean of what <see cref="SkillRewards.Categorical"/> pays.
    /// </summary>
    /// <param name="joint">p(x, y), row after row of x; sums to 1.</param>
    /// <param name="columns">Values of y.</param>
    /// <param name="logPosterior">log q(x|y), in the same order.</param>
    public static double Bound(ReadOnlySpan<double> joint, int columns, ReadOnlySpan<double> logPosterior)
    {
        var ofRows = new double[joint.Length / columns];
        for (var at = 0; at < joint.Length; at++)
            ofRows[at / columns] += joint[at];
        var sum = 0.0;
        for (var at = 0; at < joint.Length; at++)
            if (joint[at] > 0)
                sum += joint[at] * (logPosterior[at] - Math.Log(ofRows[at / columns]));
        return sum;
    }

    /// <summary>exp(H): how many equally likely values would be as undecided as these.</summary>
    /// <param name="probabilities">p; sums to 1.</param>
    public static double EffectiveNumber(ReadOnlySpan<double> probabilities)
    {
        var entropy = 0.0;
        foreach (var probability in probabilities)
            if (probability > 0)
                entropy -= probability * Math.Log(probability);
        return Math.Exp(entropy);
    }
}
