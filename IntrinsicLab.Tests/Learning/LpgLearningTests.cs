using IntrinsicLab.Core;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Analyses;
using IntrinsicLab.Core.Environments.GridWorlds;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Core.Networks;
using IntrinsicLab.Tests.Contracts;

namespace IntrinsicLab.Tests.Learning;

/// <summary>A rule that begins by knowing nothing learns to teach agents worlds that it never saw.</summary>
[Trait("Kind", "Learning")]
public class LpgLearningTests
{
    // Mean score over chains of 8 to 20 steps, both first actions right in turn.
    private static double OnChains(RuleContent rule) => Enumerable.Range(0, 6).Average(index =>
        LevelTrial.ByRule(rule, new AgentRates(10, 4), new ChainLevel(8 + 2 * index + index / 5 * 2, index % 2), new TrialLength(), new Rng((ulong)index)).Score);

    [Fact]
    public void RuleThatShips_OnAChainThatNoRolloutSpans_NeedsItsPredictions()
    {
        var rule = ShippedRules.Find("lpg-small@1")!.Content;
        var blind = rule with { Network = rule.Network with { Semantics = RuleSemantics.None } };
        double Score(RuleContent of) => Enumerable.Range(0, 8).Average(index =>
            LevelTrial.ByRule(of, new AgentRates(10, 2), new ChainLevel(45, index % 2), new TrialLength(), new Rng((ulong)(index / 2))).Score);

        // Rollouts of 20 steps: the first action and the reward never share one. (With 40 steps no end would ever lie within a rollout: all copies
        // move in step, and this rule learns slowly there.)
        Assert.InRange(Score(rule), 0.9, 1);
        Assert.InRange(Score(blind), -0.8, 0.8);
    }

    // It met sparse grids of up to 10 by 10 and 40 steps; these are 13 by 13, of 50.
    [Fact]
    public void RuleOfWiderWorlds_OnLargeSparseGrids_FindsThePrize()
    {
        var rule = ShippedRules.Find("lpg-wide@1")!.Content;
        for (var seed = 1UL; seed <= 3; seed++)
        {
            var level = GridLevel.Draw(GridConfiguration.Sparse, GridActionSet.NineMoves, new Rng(seed));
            var length = new TrialLength(2000);

            var learned = LevelTrial.ByRule(rule, new AgentRates(20, 2), level, length, new Rng(seed)).Score;

            Assert.InRange(LevelTrial.ByChance(level, length with { Updates = 200 }, new Rng(seed)).Score, -0.3, 0.3);
            Assert.InRange(learned, 0.95, 1);
        }
    }

    [Fact]
    public void Training_OnChains_MakesARuleThatTeachesChains()
    {
        using var trainer = new Trainer(AlgorithmContractTests.Plan("lpg", "level-mix", environmentParameters: """{"suite": "chains"}""",
            parameters: """{"lifetimes": 16, "predictionCoefficients": "0.8, 4, 8", "policyEntropy": 0.01, "metaLearningRate": 0.003, "risingUpdates": 10, "threads": 2}""")
            with
        { Steps = 4_000_000 });
        trainer.Update();
        var before = OnChains(trainer.Rule!);

        while (!trainer.Finished)
            trainer.Update();

        Assert.InRange(before, -0.6, 0.6);
        Assert.InRange(OnChains(trainer.Rule!), 0.9, 1);
    }
}
