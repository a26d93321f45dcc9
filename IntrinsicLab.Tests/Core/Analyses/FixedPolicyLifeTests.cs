using IntrinsicLab.Core;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Analyses;
using IntrinsicLab.Core.Environments.GridWorlds;
using IntrinsicLab.Tests.Support;

namespace IntrinsicLab.Tests.Core.Analyses;

public class FixedPolicyLifeTests
{
    private static readonly ChainLevel Chain = new(3, 0);

    // ln of 1, 2 and 5: ŷ = (1, 2, 5) / 8.
    private static readonly LearnedRule Pull = TestRules.Constant(5, 0, 0.6931472f, 1.609438f);

    [Fact]
    public void Settle_WithARuleThatWantsOneVector_ReachesItAndLeavesThePolicy()
    {
        double[] policy = [0.25, 0.75, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5];
        // A third of all steps is taken in the first state: larger steps of its predictions would overshoot.
        var life = new FixedPolicyLife(Pull.Content, Chain, policy, new AgentRates(5, 1), 1, new Rng(1));

        var y = life.Settle(400);

        for (var state = 0; state < Chain.States; state++)
            Assert.All(new[] { 0.125, 0.25, 0.625 }.Index(), entry => Assert.Equal(entry.Item, y[state * 3 + entry.Index], 1e-3));
        Assert.All(life.Agent.Policy.Zip(policy), pair => Assert.Equal(Math.Log(pair.Second), pair.First, 1e-6));
        Assert.Equal(400 * 320, life.Visits.Sum());
        // A quarter of the first steps goes right.
        Assert.InRange(life.Visits[1] / (double)(life.Visits[1] + life.Visits[2]), 0.24, 0.26);
    }

    [Fact]
    public void Update_WithoutAStepSizeOfPredictions_ChangesNothing()
    {
        var life = new FixedPolicyLife(Pull.Content, Chain, Enumerable.Repeat(0.5, 10).ToArray(), new AgentRates(20, 0), 1, new Rng(1));
        var before = life.Predictions();

        life.Update();

        Assert.Equal(before, life.Predictions());
    }
}
