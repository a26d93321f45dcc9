using System.Text;
using IntrinsicLab.Core;
using IntrinsicLab.Core.Analyses;
using IntrinsicLab.Tests.Support;

namespace IntrinsicLab.Tests.Core.Analyses;

public class RuleReportTests
{
    private static readonly RuleReport Report = TestReports.Of(TestRules.Random());

    [Fact]
    public void Read_OfWhatWasWritten_IsTheSameReport()
    {
        var read = RuleReport.Read(Report.ToJson());

        Assert.Equal(Report.ToJson(), read.ToJson());
        Assert.Equal((Report.Rule, Report.Digest, Report.Settings), (read.Rule, read.Digest, read.Settings));
        Assert.Equal(Report.Families[0].Baseline.Best, read.Families[0].Baseline.Best);
        Assert.Equal([0.5, 1.5], read.Families[0].Score.Scores);
        Assert.Equal((0.5, 0.25, 0.75), (read.Families[0].Normalised, read.Families[0].Interval.Low, read.Families[0].Interval.High));
        Assert.True(double.IsNaN(read.Families[1].Score.Scores[0]));
        Assert.Equal(Report.Analyses[1].Numbers, read.Analyses[1].Numbers);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[1]")]
    [InlineData("not JSON")]
    public void Read_OfSomethingElse_IsRefused(string text) => Assert.Throws<InvalidDataException>(() => RuleReport.Read(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void Read_OfANewerVersion_SaysSo()
    {
        var newer = Report with { FormatVersion = 2 };

        Assert.Contains("version 2", Assert.Throws<InvalidDataException>(() => RuleReport.Read(newer.ToJson())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FigureSheet_OfAnAnalysis_IsWhatPagesDraw()
    {
        var sheet = Encoding.UTF8.GetString(Report.FigureSheet("credit-reach")!);

        Assert.StartsWith("""{"version":1,"step":0,"figures":[{"id":"credit-reach",""", sheet, StringComparison.Ordinal);
        Assert.Null(Report.FigureSheet("no-such-analysis"));
    }

    [Fact]
    public void Between_WhereEveryLevelHasTheSameShare_IsThatShare()
    {
        var interval = RuleReport.Between([1, 2, 4], [0, 0, 0], [2, 4, 8], new Rng(1));

        Assert.Equal((0.5, 0.5), (interval.Low, interval.High));
    }

    // Both levels, or one of them twice: 0 and 1 each in a quarter of the draws, 1/2 in the rest.
    [Fact]
    public void Between_OfTwoLevelsApart_ReachesFromOneToTheOther()
    {
        var interval = RuleReport.Between([0, 1], [0, 0], [1, 1], new Rng(1));

        Assert.Equal((0, 1), (interval.Low, interval.High));
    }

    [Fact]
    public void MeanInterval_OfAFamilyThatScattersAndOneThatDoesNot_IsHalfAsWideAsTheFirst()
    {
        static FamilyReport Family(double[] scores, double normalised) => Report.Families[0] with
        {
            Normalised = normalised,
            Score = Report.Families[0].Score with { Scores = scores },
            Baseline = Report.Families[0].Baseline with { TunedScores = [1, 1], RandomScores = [0, 0] },
        };
        var report = Report with { Families = [Family([0, 1], 0.5), Family([2, 2], 2)] };

        Assert.Equal(1.25, report.Mean);
        Assert.Equal((1, 1.5), (report.MeanInterval.Low, report.MeanInterval.High));
        Assert.True(double.IsNaN((Report with { Families = [Family([0, 1, 1], 0.5)] }).MeanInterval.Low));
    }

    [Fact]
    public void Baselines_OfAnEarlierReport_AreTakenWhereSettingsAreTheSame()
    {
        var settings = new RuleReportSettings(Quick: true, Seeds: 1);
        var earlier = Report with
        {
            Families =
            [
                .. settings.Families.Select(family => Report.Families[0] with
                {
                    Family = family.Family.Name,
                    Length = family.Length,
                    Baseline = Report.Families[0].Baseline with { Family = family.Family.Name, TunedScores = [1, 2, 3], RandomScores = [0, 0, 0] },
                }),
            ],
        };
        var said = new List<string>();

        var taken = RuleReport.Baselines(settings, 1, RuleReport.Read(earlier.ToJson()), said.Add);

        Assert.Empty(said);
        Assert.Equal(settings.Families.Select(family => family.Family.Name), taken.Select(baseline => baseline.Family));
        Assert.All(taken, baseline => Assert.Equal([1, 2, 3], baseline.TunedScores));
    }
}
