using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Tests.Contracts;

namespace IntrinsicLab.Tests.Learning;

/// <summary>Skills come apart, and goals are reached, with and without a distance.</summary>
[Trait("Kind", "Learning")]
public class GoalLearningTests
{
    // Mean over the last tenth of a run.
    private static double Last(string metric, string algorithm, int steps, string parameters = "{}")
    {
        using var trainer = new Trainer(AlgorithmContractTests.Plan(algorithm, "point-navigation", parameters: parameters) with { Steps = steps });
        var values = new List<double>();
        while (!trainer.Finished)
            foreach (var point in trainer.Update().Points)
                if (point.Metric == metric && point.Step > 0.9 * steps)
                    values.Add(point.Value);
        return values.Average();
    }

    [Fact]
    public void Training_TenSkillsInTheOpen_AreToldApart() =>
        Assert.InRange(Last("skill/reward", "diayn", 4000, """{"skillCount": 10}"""), 1.8, Math.Log(10));

    // Without a wall the reward that nobody gave a distance has come to resemble one; untrained it says nothing of it.
    [Fact]
    public void Training_TenSkillsInTheOpen_ArePaidMoreTheNearerTheyAreToTheirEnds() =>
        Assert.InRange(Last("field/distance", "diayn", 4000, """{"skillCount": 10}"""), 0.6, 1);

    [Fact]
    public void Training_GoalsOfSkillsWithoutADistance_AreApproached() =>
        Assert.InRange(Last("goal/distance", "gpim", 10_000, """{"skillCount": 20}"""), 0, 0.7);

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"goals": "world", "reward": "sparse", "replay": "hindsight"}""")]
    public void Training_GoalsPaidByDistanceOrHindsight_AreReached(string parameters) =>
        Assert.InRange(Last("goal/distance", "goal-sac", 5000, parameters), 0, 0.15);
}
