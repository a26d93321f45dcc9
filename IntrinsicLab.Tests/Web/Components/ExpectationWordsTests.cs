using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Data;
using IntrinsicLab.Web.Components;

namespace IntrinsicLab.Tests.Web.Components;

public sealed class ExpectationWordsTests
{
    private static readonly FigureSettings Distance = new() { Metric = "goal/distance", LowerIsBetter = true };

    private static readonly ExpectationResource Blank = new(
        "", Verdict.Undecided, "", null, ReproductionScore.Final, null, null, 0, null, null, null, null, null, null, null, null, null, null, null, 0, 0, null);

    [Fact]
    public void Of_ABound_NamesWhatIsMeasuredAndWhere()
    {
        var below = Blank with { Group = "GPIM", Below = 0.35, Environment = "point-navigation" };

        Assert.Equal("GPIM: final distance to goals below 0.35 on Point navigation", ExpectationWords.Of(below, Distance));
        Assert.Equal(
            "GPIM: mean distance to goals over the first fifth of training below 0.35 on Point navigation",
            ExpectationWords.Of(below with { Score = ReproductionScore.Early }, Distance));
        Assert.Equal(
            "DIAYN: final reward of skills above 1.9\u00a0nats",
            ExpectationWords.Of(Blank with { Group = "DIAYN", Above = 1.9 }, new() { Metric = "skill/reward" }));
        // A return needs no unit beside its name, and what nobody describes keeps its path.
        Assert.Equal("PPO: final return above \u2212200", ExpectationWords.Of(Blank with { Group = "PPO", Above = -200 }, new()));
        Assert.Equal("x: final other/score above 3", ExpectationWords.Of(Blank with { Group = "x", Above = 3 }, new() { Metric = "other/score" }));
    }

    [Fact]
    public void Of_AComparison_SaysWhichWayIsBetter()
    {
        var step = Blank with { Better = "step", Worse = "last", AtLeast = 0.1, Environment = "point-navigation" };

        Assert.Equal("step better than last by at least 0.1 on Point navigation (lower final distance to goals)", ExpectationWords.Of(step, Distance));
        Assert.Equal(
            "step: at least 50\u202f% of the seeds better than the mean of last in most environments (higher mean return over training)",
            ExpectationWords.Of(step with { AtLeast = 0, SeedShare = 0.5, Scope = "most", Score = ReproductionScore.Area }, new()));
        Assert.Equal("step better than last, at least 2 times (higher final return)", ExpectationWords.Of(step with { AtLeast = 0, Ratio = 2, Environment = null }, new()));
    }

    [Fact]
    public void Of_ATrend_NamesItsOwnMetric()
    {
        var rises = Blank with { Group = "DIAYN", Trend = new TrendResource("discriminator/accuracy", "increasing", 2000, null, null) };

        Assert.Equal("DIAYN: discriminator's accuracy rises from step 2\u202f000", ExpectationWords.Of(rises, Distance).Replace('\u2009', '\u202f').Replace('\u00a0', '\u202f'));
    }

    [Fact]
    public void Score_SaysWhatOfARunCounts() =>
        Assert.Equal("Its mean over the last tenth of a run is the run’s score; lower is better.", ExpectationWords.Score(ReproductionScore.Final, Distance));
}
