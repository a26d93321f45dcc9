using IntrinsicLab.Core;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Analyses;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Environments.GridWorlds;
using IntrinsicLab.Core.Networks;

namespace IntrinsicLab.Tests.Core.Analyses;

public class LevelTrialTests
{
    private static readonly GridLevel Corner = new(new GridMap(5, 5), [new(24, new(1, 1, 0))], GridActionSet.NineMoves, 50);

    [Fact]
    public void ByChance_IsTheExactValueOfTheUniformPolicy()
    {
        // One object in the corner of a 5 × 5 grid, 50 steps: 0.412337 over all starts, by dynamic programming.
        var trial = LevelTrial.ByChance(Corner, new TrialLength(1000), new Rng(1));

        Assert.Equal(0.412337, trial.Score, 0.03);
        Assert.All(trial.Agent.Policy, logit => Assert.Equal(0, logit));
    }

    [Fact]
    public void ByActorCritic_OnAGridWithOneGoal_ReachesIt() =>
        Assert.InRange(LevelTrial.ByActorCritic(new TableActorCritic(), Corner, new TrialLength(300), new Rng(1)).Score, 0.97, 1);

    [Fact]
    public void ByActorCritic_OnAChain_FindsTheRightAction() =>
        Assert.InRange(LevelTrial.ByActorCritic(new TableActorCritic(), new ChainLevel(12, 1), new TrialLength(200), new Rng(2)).Score, 0.95, 1);

    [Fact]
    public void ByRule_OfEqualGenerators_IsTheSameLife()
    {
        var network = new RuleNetwork(4, 8, RuleSemantics.Predictions);
        var rule = new RuleContent(network, 0.99, new float[network.ParameterCount]);
        network.Initialise(rule.Parameters, new Rng(1));

        var (first, second) = (Life(7), Life(7));

        Assert.Equal(first.Curve, second.Curve);
        Assert.Equal(first.Agent.Policy, second.Agent.Policy);
        Assert.NotEqual(first.Agent.Policy, Life(8).Agent.Policy);

        LevelTrial Life(ulong seed) => LevelTrial.ByRule(rule, new AgentRates(20, 2), Corner, new TrialLength(20), new Rng(seed));
    }

    [Fact]
    public void TableValues_OfAChainWithOneWay_ComeToItsReturns()
    {
        // Two copies walk a chain of 4 steps whose right action is 0, always right: 1 at the end, discounted before.
        var level = new ChainLevel(4, 0);
        var (batch, rollout, values) = (new TabularBatch(1, 2, new Rng(0)), new TabularRollout(8, 1, 2), new float[level.States]);
        batch.Begin(0, 0, level);
        var learned = new TableValues(8, 2, level.States, 0.9, 0.95);
        for (var round = 0; round < 60; round++)
        {
            for (var step = 0; step < 8; step++)
            {
                rollout.ActionsOf(step, 0).Clear();
                rollout.Step(batch, 0, step, 0);
            }
            learned.Evaluate(values, rollout);
        }

        Assert.Equal(Math.Pow(0.9, 3), values[0], 1e-4);
        Assert.Equal(0.9 * 0.9, values[1], 1e-4);
        Assert.Equal(1, values[5], 1e-4);
        Assert.Equal(0, values[2]);
        Assert.All(learned.Advantages.ToArray(), advantage => Assert.Equal(0, advantage, 1e-3));
    }

    [Fact]
    public void RuleComparison_WithMoreThreads_GivesTheSameScores()
    {
        var family = new TrialFamily(TrialFamilies.Small[6].Family, true, new TrialLength(15), 3);
        var network = new RuleNetwork(4, 8, RuleSemantics.Predictions);
        var rule = new RuleContent(network, 0.99, new float[network.ParameterCount]);
        network.Initialise(rule.Parameters, new Rng(1));

        var (one, two) = (new RuleComparison(2), new RuleComparison(2, threads: 3));

        Assert.Equal(one.Rule(rule, family).Scores, two.Rule(rule, family).Scores);
        var (left, right) = (one.Baseline(family), two.Baseline(family));
        Assert.Equal(left.TunedScores, right.TunedScores);
        Assert.Equal(left.RandomScores, right.RandomScores);
        Assert.Equal(left with { TunedScores = [], RandomScores = [] }, right with { TunedScores = [], RandomScores = [] });
        Assert.Equal((3, left.Random), (left.RandomScores.Count, left.RandomScores.Average()));
        Assert.Equal(3, left.TunedScores.Count);
    }

    [Fact]
    public void Normalised_OfARuleBetweenChanceAndA2C_IsItsShareOfTheWay() =>
        Assert.Equal(0.75, new FamilyScore("x", default, [2, 3]).Normalised(new FamilyBaseline("x", 1, 2, 3, new(), [])), 12);
}
