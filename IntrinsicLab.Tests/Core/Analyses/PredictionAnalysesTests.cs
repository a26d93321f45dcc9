using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Analyses;
using IntrinsicLab.Core.Networks;
using IntrinsicLab.Tests.Support;

namespace IntrinsicLab.Tests.Core.Analyses;

public class PredictionAnalysesTests
{
    private const int Threads = 3;

    private static readonly PredictionPictureSettings Picture = new(2, 600) { LeastVisits = 20 };
    private static readonly ValueRegressionSettings Regression = new(4, 4, 300, 4, 800);
    private static readonly ErgodicConvergenceSettings Convergence = new(3) { Moments = [0, 50, 200] };

    [Fact]
    public void PredictionPicture_OfARuleThatPredictsReturns_FindsValues()
    {
        var picture = PredictionPicture.Of(Returns(), Picture, Threads);

        Assert.All(picture.Policies, policy =>
        {
            Assert.InRange(policy.Cells.Count, 15, 25);
            // The entry that rises with the return rises with the value; shares sum to 1, so that others fall.
            Assert.InRange(policy.Correlations[0], 0.6, 1);
            Assert.True(policy.Correlations[1] < 0);
        });
        Assert.InRange(picture.Correlation, 0.6, 1);
        Assert.Equal(picture.Correlation, picture.Analysis().Numbers[0].Value);
    }

    [Fact]
    public void ValueRegression_OfARuleThatPredictsReturns_ReadsMoreFromItThanFromTheState()
    {
        var regression = ValueRegression.Of(Returns(), Regression, Threads);

        Assert.Equal(9, regression.Read.Count);
        Assert.All(regression.Read, read => Assert.True(read.Error > 0));
        // What a policy earns in 20 steps says most of what it earns with a horizon of 10.
        Assert.True(
            regression.Share(ValueRegression.FromPredictions, 0.9) > regression.Share(ValueRegression.FromState, 0.9) + 0.1,
            string.Join(", ", regression.Read));
    }

    [Fact]
    public void ErgodicConvergence_OfARuleThatWantsOneVector_FallsForEveryPolicy()
    {
        var together = ErgodicConvergence.Of(TestRules.Constant(0, 0, 0.5f, 1).Content, Convergence, Threads);
        var apart = ErgodicConvergence.Of(TestRules.Constant(0, 0, 0.5f, 1).Content, Convergence with { Rates = new(20, 0) }, Threads);

        Assert.All(together.Policies, policy => Assert.True(policy.Fall > 10, $"{policy.Name}: {string.Join(", ", policy.Divergences)}"));
        Assert.All(apart.Policies, policy => Assert.Equal(1, policy.Fall, 12));
        Assert.All(together.Policies, policy => Assert.InRange(policy.States, 3, 400));
    }

    // Means of (1/2, 1/2) and (1/4, 3/4) are (3/8, 5/8).
    [Fact]
    public void Divergence_OfTwoLives_IsWhatItIsByHand()
    {
        var expected = (0.5 * Math.Log(0.5 / 0.375) + 0.5 * Math.Log(0.5 / 0.625) + 0.25 * Math.Log(0.25 / 0.375) + 0.75 * Math.Log(0.75 / 0.625)) / 2;

        Assert.Equal(expected, ErgodicConvergence.Divergence([[9, 9, 0.5, 0.5], [0, 0, 0.25, 0.75]], [1], 2), 12);
    }

    [Fact]
    public void Analyses_WithMoreThreads_AreEqualBitForBit()
    {
        var rule = TestRules.Random().Content;
        var (picture, regression, convergence) = (Picture with { Updates = 20, LeastVisits = 1 }, Regression with { Updates = 20, Steps = 50, LeastVisits = 10, Discounts = [0.9], LearnedPolicies = 2 }, Convergence with { Moments = [0, 10] });

        Assert.Equal(
            PredictionPicture.Of(rule, picture).Policies.SelectMany(policy => policy.Correlations),
            PredictionPicture.Of(rule, picture, Threads).Policies.SelectMany(policy => policy.Correlations));
        Assert.Equal(ValueRegression.Of(rule, regression).Read, ValueRegression.Of(rule, regression, Threads).Read);
        Assert.Equal(
            ErgodicConvergence.Of(rule, convergence).Policies.SelectMany(policy => policy.Divergences),
            ErgodicConvergence.Of(rule, convergence, Threads).Policies.SelectMany(policy => policy.Divergences));
    }

    // π̂ is the return to come, and so is the first entry of q, scaled.
    private static RuleContent Returns()
    {
        var rule = TestRules.ReturnsToGo().Content;
        rule.Parameters[rule.Network.HeadOffset + 1] = 8;
        Assert.Equal(RuleSemantics.Predictions, rule.Network.Semantics);
        return rule;
    }
}
