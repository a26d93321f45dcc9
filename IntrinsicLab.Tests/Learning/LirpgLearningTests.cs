using System.Text.Json;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Tests.Contracts;
using IntrinsicLab.Tests.Support;

namespace IntrinsicLab.Tests.Learning;

/// <summary>The paper's two settings in small.</summary>
[Trait("Kind", "Learning")]
public class LirpgLearningTests
{
    // PPO, rewards paid every 20 steps, and a policy that sees them at a hundredth.
    // A policy that learns nothing, or learns to fall fast, returns about 35; the most is 2000.
    [Fact]
    public void Training_DelayedSegway_LearnsToStayUp()
    {
        var plan = AlgorithmContractTests.Plan("lirpg", "segway", parameters: """{"stepsPerRollout": 512, "minibatches": 8}""");
        var last = Train(plan with { Steps = 30_720, Wrappers = new() { Delay = 20 } });

        Assert.True(last >= 300, $"The last 100 episodes returned {last:F2} on average; 300 was expected.");
    }

    // A2C as in the plan, which has the large games' settings as far as a short run allows; chance returns −0.8.
    [Fact]
    public void Training_CatchByA2c_LearnsToCatch()
    {
        var problems = new List<Problem>();
        using var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(Repository.Root, "experiments", "lirpg-catch.json")));
        var plan = ExperimentPlan.Read(json.RootElement, problems)!.Runs.First(run => run.Arm == "A2C-LIRPG");

        var last = Train(plan with { Steps = 30_000 });

        Assert.True(last >= -0.2, $"The last 100 episodes returned {last:F2} on average; -0.2 was expected.");
    }

    private static double Train(RunPlan plan)
    {
        using var trainer = new Trainer(plan);
        var last = double.NegativeInfinity;
        while (!trainer.Finished)
            foreach (var point in trainer.Update().Points)
                if (point.Metric == Metrics.ExtrinsicReturn)
                    last = point.Value;
        return last;
    }
}
