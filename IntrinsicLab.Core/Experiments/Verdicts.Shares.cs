using IntrinsicLab.Core.Statistics;

namespace IntrinsicLab.Core.Experiments;

public static partial class Verdicts
{
    // The share of a group's seeds beyond the bound, or beyond the other group's mean by the margin.
    private static ExpectationVerdict Share(ExpectationVerdict empty, double[] x, double[] y, double threshold)
    {
        var expected = empty.Expectation;
        var line = expected.IsComparison ? Aggregates.Mean(y) + expected.AtLeast : expected.Above ?? expected.Below ?? 0;
        var successes = Array.FindAll(x, score => expected.Below is null ? score > line : score < line).Length;
        var wilson = SuccessRate.Wilson(successes, x.Length);
        var described = empty with
        {
            Estimate = successes / (double)x.Length,
            Interval = x.Length < 2 ? null : wilson,
            P = x.Length < 2 ? null : BinomialTest.TwoSided(successes, x.Length, threshold),
            SmallestP = x.Length < 2 ? null : Math.Min(BinomialTest.TwoSided(0, x.Length, threshold), BinomialTest.TwoSided(x.Length, x.Length, threshold)),
        };
        if (!expected.IsComparison)
            return described;
        // The other group's mean is not known for sure either.
        var improvement = GroupDifference.Of(x, y, Replicates).Improvement;
        return described with
        {
            Interval = x.Length < 2 || y.Length < 2 ? null : Hull(wilson, Resampled(x, y, expected.AtLeast)),
            Improvement = improvement.Value,
            ImprovementInterval = improvement.Interval,
        };
    }

    private static Interval Resampled(double[] x, double[] y, double margin)
    {
        var (generator, shares) = (new SplitMix64(GroupCurve.Seed([x, y])), new double[Replicates]);
        for (var replicate = 0; replicate < shares.Length; replicate++)
        {
            var (beyond, line) = (0, margin);
            for (var index = 0; index < y.Length; index++)
                line += y[generator.Below(y.Length)] / y.Length;
            for (var index = 0; index < x.Length; index++)
                beyond += x[generator.Below(x.Length)] > line ? 1 : 0;
            shares[replicate] = beyond / (double)x.Length;
        }
        return Bootstrap.Bounds(BootstrapInterval.Percentile, shares, 0, 0.95);
    }

    // Seeds with which a two-sided test at 0.05 would find the observed share in four of five cases, by the normal approximation.
    private static int? NeededForShare(double share, double threshold, int seeds)
    {
        if (share == threshold)
            return null;
        var reach = Normal.Quantile(1 - Level / 2) * Math.Sqrt(threshold * (1 - threshold)) + Normal.Quantile(0.8) * Math.Sqrt(share * (1 - share));
        var needed = Math.Ceiling(Math.Pow(reach / (share - threshold), 2));
        return needed > MostSeeds ? null : (int)Math.Max(needed, seeds + 1);
    }
}
