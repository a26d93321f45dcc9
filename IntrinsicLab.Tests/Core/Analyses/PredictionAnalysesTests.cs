using IntrinsicLab.Core;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Analyses;
using IntrinsicLab.Core.Networks;
using IntrinsicLab.Core.Statistics;
using IntrinsicLab.Tests.Support;

namespace IntrinsicLab.Tests.Core.Analyses;

public class PredictionAnalysesTests
{
    private const int Threads = 3;

    private static readonly PredictionPictureSettings Picture = new(2, 600) { LeastVisits = 20 }, Long = Picture with { Updates = 3000 };
    private static readonly ValueRegressionSettings Regression = new(4, 4, 300, 4, 800);
    private static readonly ErgodicConvergenceSettings Convergence = new(3) { Moments = [0, 50, 200] };

    [Fact]
    public void PredictionPicture_OfARuleThatPredictsReturns_ShowsThem()
    {
        // Long enough that the noise of single returns, as large as what cells differ by, averages out on both sides.
        var picture = PredictionPicture.Of(Returns(), Long, Threads);

        foreach (var (index, policy) in picture.Policies.Index())
        {
            var (level, model) = (policy.Level, AnalysisWorlds.Model(policy.Level));
            var pi = AnalysisWorlds.NearlyOptimal(model, 0.99, Long.Softness);
            double[] At(double[] values) => [.. policy.Cells.Select(cell => values[level.StateOf(cell, (1 << level.Objects.Count) - 1)])];
            Assert.InRange(policy.Cells.Count, 15, 25);
            // The same steps once more: what the rule saw follow each state is what it made the agent predict.
            var seen = At(Returned(new FixedPolicyLife(Returns(), level, pi, Long.Rates, 0.1, new Rng(1).Split("prediction-picture", index))));
            Assert.InRange(LinearCorrelation.Pearson(policy.Predictions[0], seen), 0.9, 1);
            Assert.InRange(LinearCorrelation.Pearson(policy.Predictions[1], seen), -1, -0.8);
            Assert.All(At(model.PolicyValues(pi, 0.99)).Zip(policy.Values), pair => Assert.Equal(pair.First, pair.Second, 1e-6));
            Assert.Equal(LinearCorrelation.Pearson(policy.Predictions[0], policy.Values), policy.Correlations[0]);
            Assert.Equal(policy.Correlations.Max(Math.Abs), policy.Best);
        }
        Assert.Equal(picture.Policies.Average(policy => policy.Best), picture.Analysis().Numbers[0].Value);
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

    // Mean of the return to come by state, over the last fifth of a life.
    private static double[] Returned(FixedPolicyLife life)
    {
        var (sums, counts) = (new double[life.Visits.Length], new int[life.Visits.Length]);
        for (var update = 0; update < Long.Updates; update++)
        {
            life.Update();
            for (var b = 0; FixedPolicyLife.Counts(update, Long.Updates) && b < life.PolicyTargets.Length; b++)
            {
                sums[life.Rollout.States[b]] += life.PolicyTargets[b];
                counts[life.Rollout.States[b]]++;
            }
        }
        return [.. sums.Zip(counts, (sum, count) => sum / count)];
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
