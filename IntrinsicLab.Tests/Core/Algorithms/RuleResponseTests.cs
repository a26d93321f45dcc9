using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Networks;
using IntrinsicLab.Tests.Support;

namespace IntrinsicLab.Tests.Core.Algorithms;

public class RuleResponseTests
{
    [Fact]
    public void Figures_OfAReward_AreWhatTheRuleSaysInDoublePrecision()
    {
        var rule = TestRules.Random(predictions: 5, units: 6).Content;

        var line = Lines(rule, "response-reward").Series;

        foreach (var (series, ends) in line.Zip([false, true]))
            foreach (var index in (int[])[0, 20, 33, 40])
            {
                var (policy, _) = Oracle(rule, (float)series.X[index], ends);
                Assert.Equal(policy[RuleResponse.Place], series.Y[index], 1e-5);
            }
    }

    [Fact]
    public void Figures_OfDistance_AreDifferencesFromAnEmptyRollout()
    {
        var rule = TestRules.Random(predictions: 5, units: 6).Content;

        var told = Lines(rule, "response-distance").Series[0];

        var (usual, with) = (Oracle(rule, 0, false).Policy, Oracle(rule, 1, false).Policy);
        for (var distance = 0; distance <= RuleResponse.Place; distance++)
            Assert.Equal(with[RuleResponse.Place - distance] - usual[RuleResponse.Place - distance], told.Y[distance], 1e-5);
    }

    [Fact]
    public void Figures_OfReturnsToGo_SayThatRewardsAreCarriedBackAndEndsAreNot()
    {
        var rule = TestRules.ReturnsToGo().Content;

        Assert.All(Lines(rule, "response-distance").Series[0].Y, change => Assert.Equal(1, change, 0.05));
        Assert.All(Lines(rule, "response-distance").Series[2].Y, change => Assert.Equal(0, change, 1e-5));
        var reward = Lines(rule, "response-reward").Series[0];
        Assert.All(reward.X.Zip(reward.Y), point => Assert.Equal(point.First, point.Second, 0.05));
    }

    [Fact]
    public void Figures_OfPredictions_ShowTheEntriesThatChangeMost()
    {
        var rule = TestRules.Random(predictions: 6, units: 6).Content;

        var shown = Lines(rule, "response-prediction").Series;

        var (_, usual) = Oracle(rule, 0, false);
        var (_, high) = Oracle(rule, 1, false);
        Assert.Equal(4, shown.Count);
        foreach (var series in shown)
        {
            var entry = int.Parse(series.Name.Split(' ')[1]) - 1;
            Assert.Equal(high[entry] - usual[entry], series.Y[^1], 1e-5);
            Assert.Equal(0, series.Y[20]);
        }
    }

    [Theory]
    [InlineData(RuleSemantics.PredictionsWithoutNext)]
    [InlineData(RuleSemantics.Values)]
    public void Figures_OfOtherForms_AreFinite(RuleSemantics semantics)
    {
        var figures = RuleResponse.Figures(TestRules.Random(semantics).Content);

        Assert.Equal(semantics == RuleSemantics.Values ? 3 : 4, figures.Count);
        Assert.All(figures.Cast<LineFigure>().SelectMany(figure => figure.Series), series => Assert.All(series.Y, value => Assert.True(double.IsFinite(value))));
    }

    private static LineFigure Lines(RuleContent rule, string id) => (LineFigure)RuleResponse.Figures(rule).Single(figure => figure.Id == id);

    // π̂ of every step, and ŷ of the changed one.
    private static (double[] Policy, double[] Prediction) Oracle(RuleContent rule, double reward, bool ends)
    {
        var network = rule.Network;
        var pass = new RulePass<double>(network, RuleResponse.Steps, 1);
        var (rewards, closed, probabilities) = (new double[RuleResponse.Steps], new bool[RuleResponse.Steps], new double[RuleResponse.Steps]);
        (rewards[RuleResponse.Place], closed[RuleResponse.Place]) = (reward, ends);
        Array.Fill(probabilities, RuleResponse.UsualProbability);
        var states = new double[(RuleResponse.Steps + 1) * network.Predictions];
        Array.Fill(states, 1.0 / network.Predictions);
        pass.Forward([.. rule.Parameters.Select(value => (double)value)], rewards, closed, rule.Gamma, probabilities, states);
        var logits = pass.PredictionTargets.Slice(RuleResponse.Place * network.Predictions, network.Predictions).ToArray();
        var sum = logits.Sum(Math.Exp);
        return (pass.PolicyTargets.ToArray(), [.. logits.Select(logit => Math.Exp(logit) / sum)]);
    }
}
