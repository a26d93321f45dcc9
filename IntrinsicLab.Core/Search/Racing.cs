using IntrinsicLab.Core.Statistics;

namespace IntrinsicLab.Core.Search;

/// <summary>
/// Racing (Maron and Moore, "Hoeffding races", 1994; with a test in place of Hoeffding's bound as in Birattari, Stützle, Paquete and Varrentrapp,
/// "A racing algorithm for configuring metaheuristics", 2002): after the search the best configuration and those that cannot be told from it
/// get one further seed each, until none is left that could be as good, or the seeds are used up. A rival is out for good once the
/// 95 % Welch interval of the difference of the means excludes 0. The look is repeated with every seed, so that the chance of dropping a
/// rival that is as good is more than 5 %: a race is for choosing, and claims about the winner belong on fresh seeds.
/// </summary>
internal static class Racing
{
    /// <summary>The rivals that x, the best, has not left behind.</summary>
    /// <param name="best">Scores of the best.</param>
    /// <param name="rival">Scores of the other.</param>
    public static bool IsSeparated(double[] best, double[] rival)
    {
        if (best.Length < 2 || rival.Length < 2)
            return false;
        return WelchTest.Of(best, rival) is { } test
            ? test.Interval.Low > 0 || test.Interval.High < 0
            : Aggregates.Mean(best) != Aggregates.Mean(rival); // neither varies
    }

    /// <summary>The first seed from 1 on that a trial does not have.</summary>
    public static int NextSeed(IReadOnlyList<int> seeds) => Enumerable.Range(1, seeds.Count + 1).First(seed => !seeds.Contains(seed));
}
