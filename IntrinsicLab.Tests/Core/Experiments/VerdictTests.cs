using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Core.Statistics;

namespace IntrinsicLab.Tests.Core.Experiments;

public class VerdictTests
{
    private static readonly double[] High = [100, 104, 98, 103, 101];
    private static readonly double[] Low = [60, 62, 58, 61, 64];
    private static readonly double[] Wide = [40, 160, 70, 150, 95];

    [Fact]
    public void Of_GroupsThatLieApart_Holds()
    {
        var found = Judge(High, Low);

        Assert.Equal(Verdict.Holds, found.Verdict);
        Assert.Equal(101.2 - 61, found.Estimate!.Value, 9);
        // Five against five can reach 2 / 252, and does where the groups do not overlap.
        Assert.Equal(2 / 252.0, found.P!.Value, 12);
        Assert.Equal(found.P, found.AdjustedP);
        Assert.Equal((1, 1), (found.Improvement!.Value, found.ImprovementInterval!.Value.Low));
        Assert.Null(found.SeedsNeeded);
        Assert.Contains("lies above 0", found.Reason);
    }

    [Fact]
    public void Of_TheOppositeOrder_DoesNotHold() => Assert.Equal(Verdict.DoesNotHold, Judge(Low, High).Verdict);

    [Fact]
    public void Of_LowerIsBetter_TurnsTheOrderRound()
    {
        Assert.Equal(Verdict.Holds, Judge(Low, High, lowerIsBetter: true).Verdict);
        Assert.Equal(40.2, Judge(Low, High, lowerIsBetter: true).Estimate!.Value, 9);
        Assert.Equal(Verdict.DoesNotHold, Judge(High, Low, lowerIsBetter: true).Verdict);
    }

    [Fact]
    public void Of_SeedsThatScatter_IsUndecidedAndSaysHowManyWouldDecide()
    {
        var found = Judge(High, Wide);

        Assert.Equal(Verdict.Undecided, found.Verdict);
        Assert.Contains("reaches across 0", found.Reason);
        Assert.Contains("1000 seeds would not decide", found.Reason);
        var other = Judge(High, [60, 130, 70, 100, 65]);
        Assert.Equal(Verdict.Undecided, other.Verdict);
        Assert.Contains($"{other.SeedsNeeded} seeds of each group ({other.SeedsNeeded - 5} more)", other.Reason);
        // The textbook's figure for two normal groups: (1.96 + 0.84)² (s² + t²) / d² and a little more for Student's t.
        var variance = Math.Pow(Aggregates.StandardDeviation(High), 2) + Math.Pow(Aggregates.StandardDeviation([60, 130, 70, 100, 65]), 2);
        Assert.InRange(other.SeedsNeeded!.Value, 7.84 * variance / Math.Pow(101.2 - 85, 2), 7.84 * variance / Math.Pow(101.2 - 85, 2) + 3);
    }

    [Theory]
    [InlineData(10, null, Verdict.Holds)]
    [InlineData(40, null, Verdict.Undecided)]
    [InlineData(60, null, Verdict.DoesNotHold)]
    [InlineData(0, 1.2, Verdict.Holds)]
    [InlineData(0, 3.0, Verdict.DoesNotHold)]
    public void Of_AMargin_IsWhatTheIntervalHasToClear(double atLeast, double? ratio, Verdict verdict)
    {
        var expectation = Comparison() with { AtLeast = atLeast, Ratio = ratio };

        Assert.Equal(verdict, Judge(expectation, High, Low).Verdict);
    }

    [Fact]
    public void Of_OneSeed_IsUndecidedAndInventsNoInterval()
    {
        var found = Judge([100], [50], planned: 1);

        Assert.Equal(Verdict.Undecided, found.Verdict);
        Assert.Equal(50, found.Estimate);
        Assert.Null(found.Interval);
        Assert.Null(found.P);
        Assert.Contains("One seed", found.Reason);
    }

    [Fact]
    public void Of_SeedsThatAreMissing_WaitsHoweverClearTheRest()
    {
        var found = Judge(High[..4], Low);

        Assert.Equal(Verdict.Undecided, found.Verdict);
        Assert.Contains("9 of 10 planned seeds", found.Reason);
        Assert.NotNull(found.Interval);
        Assert.Null(found.AdjustedP);
        Assert.Equal(Verdict.Undecided, Judge(High, []).Verdict);
        Assert.Equal(Verdict.NotRun, Judge([], []).Verdict);
    }

    [Fact]
    public void Of_ThreeSeeds_LetsTheIntervalAloneDecide()
    {
        // Three against three cannot reach a p-value below 0.1.
        var found = Judge([100, 101, 102], [50, 51, 52], planned: 3);

        Assert.Equal(Verdict.Holds, found.Verdict);
        Assert.Equal(0.1, found.P!.Value, 12);
        Assert.Contains("the interval alone decides", found.Reason);
    }

    [Fact]
    public void Of_FewSeeds_TheIntervalIsNoNarrowerThanWelchs()
    {
        double[] x = [100, 104, 109], y = [92, 99, 95];
        var found = Judge(x, y, planned: 3);
        var welch = WelchTest.Of(x, y)!.Interval;

        Assert.Equal(Verdict.Undecided, found.Verdict);
        Assert.True(found.Interval!.Value.Low <= welch.Low && found.Interval.Value.High >= welch.High);
    }

    [Fact]
    public void Of_ManyExpectations_AdjustsThem()
    {
        double[] x = [10, 12, 11, 13, 14], y = [8, 9.5, 10.5, 9, 8.5];
        var alone = Verdicts.Of([Comparison()], false, (name, _, _) => new GroupScores(5, name == "x" ? x : y));
        Assert.Equal(Verdict.Holds, alone.Verdict);
        var p = alone.Expectations[0].P!.Value;

        var many = Verdicts.Of([.. Enumerable.Range(0, 6).Select(index => Comparison() with { Index = index })], false, (name, _, _) => new GroupScores(5, name == "x" ? x : y));

        Assert.All(many.Expectations, found => Assert.Equal(Math.Min(1, 6 * p), found.AdjustedP!.Value, 12));
        Assert.All(many.Expectations, found => Assert.Equal(Verdict.Undecided, found.Verdict));
        Assert.Contains("adjusted for 6 tests", many.Expectations[0].Reason);
    }

    [Theory]
    [InlineData(95.0, null, Verdict.Holds)]
    [InlineData(101.0, null, Verdict.Undecided)]
    [InlineData(120.0, null, Verdict.DoesNotHold)]
    [InlineData(null, 120.0, Verdict.Holds)]
    [InlineData(null, 95.0, Verdict.DoesNotHold)]
    public void Of_ABound_IsComparedWithTheMean(double? above, double? below, Verdict verdict)
    {
        var found = Judge(Comparison() with { Better = null, Worse = null, Group = "x", Above = above, Below = below }, High, []);

        Assert.Equal(verdict, found.Verdict);
        Assert.Equal(101.2, found.Estimate!.Value, 9);
        Assert.Equal(0, found.OtherSeeds);
    }

    [Fact]
    public void Of_SeedsThatNeverDiffer_StillHasAVerdict()
    {
        var found = Judge([500, 500, 500, 500, 500], [100, 100, 100, 100, 100]);

        Assert.Equal(Verdict.Holds, found.Verdict);
        Assert.Equal(new Interval(400, 400), found.Interval);
        Assert.Equal(Verdict.Undecided, Judge([500, 500, 500, 500, 500], [500, 500, 500, 500, 500]).Verdict);
    }

    [Fact]
    public void Of_EqualData_IsEqualToTheBit() => Assert.Equal(Judge(High, Wide), Judge(High, Wide));

    [Theory]
    [InlineData(new[] { Verdict.Holds, Verdict.DoesNotHold, Verdict.Undecided }, Verdict.DoesNotHold)]
    [InlineData(new[] { Verdict.Holds, Verdict.Undecided }, Verdict.Undecided)]
    [InlineData(new[] { Verdict.Holds, Verdict.NotRun }, Verdict.Undecided)]
    [InlineData(new[] { Verdict.NotRun, Verdict.NotRun }, Verdict.NotRun)]
    [InlineData(new[] { Verdict.Holds, Verdict.Holds }, Verdict.Holds)]
    public void Overall_IsTheWorst(Verdict[] verdicts, Verdict overall) => Assert.Equal(overall, Verdicts.Overall(verdicts));

    private static Expectation Comparison() => new(0, ReproductionScore.Final, "maze", "x", "y", 0, null, null, null, null);

    private static ExpectationVerdict Judge(double[] x, double[] y, int planned = 5, bool lowerIsBetter = false) =>
        Assert.Single(Verdicts.Of([Comparison()], lowerIsBetter, (name, _, _) => new GroupScores(planned, name == "x" ? x : y)).Expectations);

    private static ExpectationVerdict Judge(Expectation expectation, double[] x, double[] y) =>
        Assert.Single(Verdicts.Of([expectation], false, (name, _, _) => new GroupScores(5, name == "x" ? x : y)).Expectations);
}
