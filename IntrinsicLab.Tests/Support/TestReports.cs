using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Analyses;
using IntrinsicLab.Core.Statistics;

namespace IntrinsicLab.Tests.Support;

/// <summary>Reports on rules that took no time to measure.</summary>
internal static class TestReports
{
    public static RuleReport Of(LearnedRule rule) => new()
    {
        Rule = rule.Id,
        Digest = LearnedRuleFile.Digest(rule.Content),
        Settings = new(Quick: true, Seeds: 1),
        Families = [Family("first-family", "First family", seen: true, [0.5, 1.5]), Family("second-family", "Second family", seen: false, [double.NaN, 1])],
        Analyses =
        [
            RuleReport.Stored(CreditReach.Of(rule.Content, new(Updates: 60)).Analysis()),
            RuleReport.Stored(PredictionPicture.Of(rule.Content, new(2, 80) { LeastVisits = 5 }).Analysis()),
        ],
    };

    private static FamilyReport Family(string name, string label, bool seen, double[] scores)
    {
        var baseline = new FamilyBaseline(name, 0, 0.75, 2, new TableActorCritic(40), [1.5, 2.5]) { RandomScores = [0.25, -0.25] };
        var score = new FamilyScore(name, new AgentRates(10, 2), scores);
        return new(name, label, seen, new TrialLength(200), 1, baseline, score, score.Normalised(baseline), new Interval(0.25, 0.75));
    }
}
