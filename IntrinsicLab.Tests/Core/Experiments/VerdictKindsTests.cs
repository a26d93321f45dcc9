using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Core.Statistics;

namespace IntrinsicLab.Tests.Core.Experiments;

/// <summary>Verdicts about shares of seeds, trends, several environments and families.</summary>
public class VerdictKindsTests
{
    private static readonly double[] Low = [60, 62, 58, 61, 64];

    [Theory]
    [InlineData(10, Verdict.Holds)]
    [InlineData(9, Verdict.Holds)]
    [InlineData(8, Verdict.Undecided)]
    [InlineData(2, Verdict.Undecided)]
    [InlineData(1, Verdict.DoesNotHold)]
    [InlineData(0, Verdict.DoesNotHold)]
    public void Of_AShareOfSeedsBeyondANumber_HasWilsonsInterval(int learned, Verdict verdict)
    {
        double[] scores = [.. Enumerable.Repeat(1800.0, learned), .. Enumerable.Repeat(34.0, 10 - learned)];
        var found = Judge(Bound(above: 500) with { SeedShare = 0.5 }, scores, 10);

        Assert.Equal(verdict, found.Verdict);
        Assert.Equal(learned / 10.0, found.Estimate!.Value, 12);
        Assert.Equal(SuccessRate.Wilson(learned, 10), found.Interval);
        Assert.Equal(BinomialTest.TwoSided(learned, 10, 0.5), found.P!.Value, 12);
        Assert.Equal(2 / 1024.0, found.SmallestP!.Value, 12);
        // Below is the same from the other side.
        Assert.Equal(1 - learned / 10.0, Judge(Bound(below: 500) with { SeedShare = 0.5 }, scores, 10).Estimate!.Value, 12);
    }

    [Fact]
    public void Of_AShareOfSeedsBeyondAnothersMean_CountsThoseBeyondTheMargin()
    {
        var share = Comparison() with { SeedShare = 0.5 };
        double[] mixed = [500, 61.5, 40, 800, 900, 700, 30, 950, 1000, 1200];

        // The mean of the others is 61.
        var found = Judge(share, mixed, 10, Low);
        Assert.Equal(0.8, found.Estimate!.Value, 12);
        Assert.Equal(0.7, Judge(share with { AtLeast = 1 }, mixed, 10, Low).Estimate!.Value, 12);
        Assert.Equal(0.7, Judge(share with { Ratio = 2 }, mixed, 10, Low).Estimate!.Value, 12);
        Assert.Equal(Verdict.Undecided, found.Verdict);
        Assert.True(found.Interval!.Value.Low <= SuccessRate.Wilson(8, 10).Low && found.Interval.Value.High >= SuccessRate.Wilson(8, 10).High);
        Assert.Equal(ProbabilityOfImprovement.Of(mixed, Low), found.Improvement!.Value, 12);
        Assert.Contains("of the share", found.Reason);
        Assert.Contains("reaches across 50\u202f%", found.Reason);
        Assert.Equal("x: at least 50\u202f% of the seeds better than the mean of y on maze", found.Expectation.Sentence);
    }

    [Fact]
    public void Of_AShareThatIsOpen_SaysHowManySeedsWouldDecide()
    {
        var found = Judge(Bound(above: 500) with { SeedShare = 0.5 }, [1, 1000, 1000, 1000, 1000], 5);

        Assert.Equal(Verdict.Undecided, found.Verdict);
        // (1.96·√(0.5·0.5) + 0.8416·√(0.8·0.2))² / 0.3² = 19.3, rounded up.
        Assert.Equal(20, found.SeedsNeeded);
    }

    [Theory]
    [InlineData(TrendDirection.Increasing, new[] { 0.8, 0.9, 0.7, 0.95, 0.85 }, Verdict.Holds)]
    [InlineData(TrendDirection.Increasing, new[] { -0.8, -0.9, -0.7, -0.95, -0.85 }, Verdict.DoesNotHold)]
    [InlineData(TrendDirection.Increasing, new[] { 0.9, -0.8, 0.3, -0.5, 0.6 }, Verdict.Undecided)]
    [InlineData(TrendDirection.Decreasing, new[] { -0.8, -0.9, -0.7, -0.95, -0.85 }, Verdict.Holds)]
    [InlineData(TrendDirection.None, new[] { 0.1, -0.05, 0.02, -0.1, 0.08 }, Verdict.Holds)]
    [InlineData(TrendDirection.None, new[] { 0.8, 0.9, 0.7, 0.95, 0.85 }, Verdict.DoesNotHold)]
    [InlineData(TrendDirection.None, new[] { -0.8, -0.9, -0.7, -0.95, -0.85 }, Verdict.DoesNotHold)]
    [InlineData(TrendDirection.None, new[] { 0.9, -0.8, 0.3, -0.5, 0.6 }, Verdict.Undecided)]
    public void Of_ATrend_IsTheMeanCorrelationOverSeeds(TrendDirection direction, double[] correlations, Verdict verdict)
    {
        var found = Judge(Rising(direction), correlations, 5);

        Assert.Equal(verdict, found.Verdict);
        Assert.Equal(correlations.Average(), found.Estimate!.Value, 12);
        Assert.InRange(found.Interval!.Value.Low, -1, found.Estimate.Value);
        Assert.InRange(found.Interval.Value.High, found.Estimate.Value, 1);
    }

    [Fact]
    public void Of_AFlatSeries_HasThePValueOfTwoOneSidedTests()
    {
        double[] correlations = [0.1, -0.05, 0.02, -0.1, 0.08];
        var found = Judge(Rising(TrendDirection.None), correlations, 5);

        // The nearer edge is 0.5: t = (0.5 − 0.01) / (s / √5) with 4 degrees of freedom.
        var t = (0.5 - 0.01) / (Aggregates.StandardDeviation(correlations) / Math.Sqrt(5));
        Assert.Equal(StudentT.TwoSided(t, 4), found.P!.Value, 12);
        Assert.Equal(1, Judge(Rising(TrendDirection.None), [0.8, 0.9, 0.7, 0.95, 0.85], 5).P);
        Assert.Equal("x: reward/intrinsic_mean has no trend from step 1\u202f000 up to step 5\u202f000 on maze", found.Expectation.Sentence);
    }

    [Fact]
    public void Of_ATrend_CaresNothingForLowerBeingBetter() =>
        Assert.Equal(Verdict.Holds, Assert.Single(Verdicts.Of([Rising(TrendDirection.Increasing)], true, (_, _, _) => new GroupScores(3, [0.9, 0.95, 1])).Expectations).Verdict);

    [Theory]
    [InlineData(EnvironmentScope.Most, "hhhff", Verdict.Holds)]
    [InlineData(EnvironmentScope.Most, "hhuff", Verdict.Undecided)]
    [InlineData(EnvironmentScope.Most, "hhfff", Verdict.DoesNotHold)]
    [InlineData(EnvironmentScope.Most, "hhff", Verdict.DoesNotHold)]
    [InlineData(EnvironmentScope.All, "hhh", Verdict.Holds)]
    [InlineData(EnvironmentScope.All, "hhu", Verdict.Undecided)]
    [InlineData(EnvironmentScope.All, "hhuf", Verdict.DoesNotHold)]
    [InlineData(EnvironmentScope.Most, "hhh-", Verdict.Undecided)]
    [InlineData(EnvironmentScope.Most, "hhhf.", Verdict.Undecided)]
    [InlineData(EnvironmentScope.All, "..", Verdict.NotRun)]
    public void Of_SeveralEnvironments_CountsWhereItHolds(EnvironmentScope scope, string places, Verdict verdict)
    {
        // In each: holds, fails, is undecided, has seeds missing, was not run.
        var environments = places.Select((_, index) => $"world{index}").ToList();
        var expectation = Comparison() with { Environment = null, Scope = scope, Environments = environments };
        var found = Assert.Single(Verdicts.Of([expectation], false, (name, environment, _) => new GroupScores(5, places[environments.IndexOf(environment)] switch
        {
            '.' => [],
            '-' => [.. (name == "x" ? High() : Low).Take(4)],
            'u' => name == "x" ? [60, 61, 59, 62, 63] : Low,
            var place => name == "x" == (place == 'h') ? High() : Low,
        })).Expectations);

        Assert.Equal(verdict, found.Verdict);
        Assert.Equal(places.Length, found.Parts.Count);
        Assert.Equal(environments, found.Parts.Select(part => part.Expectation.Environment));
        if (verdict != Verdict.NotRun)
        {
            Assert.Equal(places.Count(place => place == 'h'), found.Estimate);
            Assert.Equal(scope == EnvironmentScope.All ? places.Length : places.Length / 2 + 1, found.Threshold);
        }
    }

    [Fact]
    public void Of_SeveralEnvironments_AdjustsOverAllOfThem()
    {
        var expectation = Comparison() with { Environment = null, Scope = EnvironmentScope.Most, Environments = ["a", "b", "c"] };
        var found = Assert.Single(Verdicts.Of([expectation], false, (name, _, _) => new GroupScores(5, name == "x" ? High() : Low)).Expectations);

        Assert.All(found.Parts, part => Assert.Equal(3 * 2 / 252.0, part.AdjustedP!.Value, 12));
        Assert.Equal("x better than y in most environments", found.Expectation.Sentence);
        Assert.Equal("It holds on a, b, c. It takes 2 of 3 environments.", found.Reason);
    }

    [Fact]
    public void Of_AFamily_TakesItsBestOnEachEnvironmentAndSaysSo()
    {
        GroupFamily[] families = [new("y", ["small", "large", "elsewhere"])];
        GroupScores Scores(string name, string environment, Expectation _) => name switch
        {
            "x" => new(5, High()),
            "small" => new(5, environment == "maze" ? Low : [10, 11, 12, 13, 14]),
            "large" => new(5, [30, 31, 32, 33, 34]),
            _ => new(0, []),
        };
        var found = Verdicts.Of([Comparison(), Comparison() with { Environment = "field" }], false, Scores, families).Expectations;

        Assert.Equal(101.2 - 61, found[0].Estimate!.Value, 9);
        Assert.Contains("small: chosen from 2 on these same seeds, which favours y", found[0].Reason);
        Assert.Equal(101.2 - 32, found[1].Estimate!.Value, 9);
        Assert.Contains("large", found[1].Reason);
        // Where lower is better, the lowest is the best.
        Assert.Contains("large", Verdicts.Of([Comparison()], true, Scores, families).Expectations[0].Reason);
    }

    [Fact]
    public void Of_AFamilyOfWhichSeedsAreMissing_Waits()
    {
        GroupFamily[] families = [new("y", ["small", "large"])];
        var found = Assert.Single(Verdicts.Of(
            [Comparison()], false, (name, _, _) => new GroupScores(5, name switch { "x" => High(), "small" => Low, _ => [1, 2, 3] }), families).Expectations);

        Assert.Equal(Verdict.Undecided, found.Verdict);
        Assert.Contains("13 of 15 planned seeds", found.Reason);
    }

    private static double[] High() => [100, 104, 98, 103, 101];

    private static Expectation Comparison() => new(0, ReproductionScore.Final, "maze", "x", "y", 0, null, null, null, null);

    private static Expectation Bound(double? above = null, double? below = null) => new(0, ReproductionScore.Final, "maze", null, null, 0, null, "x", above, below);

    private static Expectation Rising(TrendDirection direction) =>
        Bound() with { Trend = new SeriesTrend("reward/intrinsic_mean", direction, 1000, 5000, SeriesTrend.UsualWithin) };

    private static ExpectationVerdict Judge(Expectation expectation, double[] x, int planned, double[]? y = null) =>
        Assert.Single(Verdicts.Of([expectation], false, (name, _, _) => name == "x" ? new GroupScores(planned, x) : new GroupScores(y?.Length ?? 0, y ?? [])).Expectations);
}
