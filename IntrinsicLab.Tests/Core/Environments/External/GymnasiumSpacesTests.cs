using IntrinsicLab.Core;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Tests.Support;

namespace IntrinsicLab.Tests.Core.Environments.External;

public class GymnasiumSpacesTests
{
    [PythonTheory]
    [InlineData("box", new[] { 2 }, new[] { 0.5f, -1.5f })]
    [InlineData("image", new[] { 4, 2, 3 }, new float[] { 0, 1, 2, 1, 2, 3, 1, 2, 3, 2, 3, 4, 2, 3, 4, 3, 4, 5, 3, 4, 5, 4, 5, 6 })]
    [InlineData("scalar", new[] { 1 }, new[] { 0.25f })]
    [InlineData("discrete", new[] { 3 }, new float[] { 0, 1, 0 })]
    [InlineData("multi-discrete", new[] { 5 }, new float[] { 0, 1, 0, 0, 1 })]
    [InlineData("multi-binary", new[] { 3 }, new float[] { 1, 0, 1 })]
    [InlineData("nested", new[] { 5 }, new[] { 0.1f, 0.2f, 0, 1, 7 })]
    [InlineData("goal", new[] { 7 }, new float[] { 1, 2, 3, 4, 5, 6, 7 })]
    public void Observation_OfEachSpace_IsFlattened(string observation, int[] shape, float[] values)
    {
        using var environment = PythonWorlds.Create("Echo", new { observation });
        var seen = new float[environment.Spec.Observation.Size];
        environment.Reset(new Rng(1), seen);

        Assert.Equal(shape, environment.Spec.Observation.Shape);
        Assert.Equal(values, seen);
    }

    [PythonFact]
    public void Observation_Bounds_AreThoseOfTheSpaces()
    {
        using var nested = PythonWorlds.Create("Echo", new { observation = "nested" });
        using var pole = PythonWorlds.Create("CartPole");

        Assert.Equal([1, 1, 1, 1, 9], nested.Spec.Observation.High);
        Assert.Equal([-4.8f, float.NegativeInfinity, -0.41887903f, float.NegativeInfinity], pole.Spec.Observation.Low);
    }

    [PythonFact]
    public void Observation_OfAGoalEnvironment_IsStateWantedAchieved()
    {
        using var environment = PythonWorlds.Create("Echo", new { observation = "goal" });
        var seen = new float[7];
        environment.Reset(new Rng(1), seen);
        var goal = environment.Spec.Goal!;

        Assert.Equal([1, 2, 3], goal.State(seen).ToArray());
        Assert.Equal([4, 5], goal.Wanted(seen).ToArray());
        Assert.Equal([6, 7], goal.Achieved(seen).ToArray());
    }

    [PythonTheory]
    [InlineData("box", 0, new[] { 0.5f, -0.25f }, 1)]
    [InlineData("discrete", 3, new[] { 0f }, 2)]
    [InlineData("discrete", 3, new[] { 2f }, 3)]
    [InlineData("multi-discrete", 6, new[] { 3f }, 4)]
    [InlineData("multi-discrete", 6, new[] { 5f }, 5)]
    [InlineData("multi-binary", 4, new[] { 1f }, 6)]
    [InlineData("tuple", 8, new[] { 6f }, 7)]
    [InlineData("boxes", 0, new[] { 0.5f, -0.25f, 1.5f }, 8)]
    public void Action_OfEachSpace_ArrivesAsItsElement(string action, int count, float[] given, double code)
    {
        using var environment = PythonWorlds.Create("Echo", new { action });
        var seen = new float[2];
        environment.Reset(new Rng(1), seen);

        Assert.Equal(count, (environment.Spec.Action as Discrete)?.Count ?? 0);
        Assert.Equal(given.Length, environment.Spec.Action.Size);
        Assert.Equal(code, environment.Step(given, seen).Reward);
    }

    [PythonTheory]
    [InlineData("sequence", "box", "observation.inventory: Sequence spaces have no fixed size.")]
    [InlineData("text", "box", "observation: Text spaces hold words, not numbers.")]
    [InlineData("unknown", "box", "observation: object is none of the spaces")]
    [InlineData("upside-down", "box", "observation: a lower bound lies above its upper bound")]
    [InlineData("box", "unbounded", "action: a Box without bounds")]
    [InlineData("box", "many", "action: 10000 combinations are too many")]
    [InlineData("box", "mixed", "action: it mixes numbers to choose from")]
    public void Space_ThatPoliciesCannotUse_IsRefusedWithItsPlace(string observation, string action, string wanted)
    {
        var error = Assert.Throws<ArgumentException>(() => PythonWorlds.Create("Echo", new { observation, action }));

        Assert.StartsWith(wanted, error.Message, StringComparison.Ordinal);
        Assert.Equal("environment", error.ParamName);
    }

    [PythonTheory]
    [InlineData("discrete", 8, "observation is 8, outside of its space: 5 to 7.")]
    [InlineData("discrete", "x", "observation is 'x', not a whole number.")]
    [InlineData("multi-discrete", new[] { 1 }, "observation has the shape [1], but its space [2].")]
    [InlineData("nested", new int[0], "observation is [], which lacks a part of its space")]
    public void Observation_OutsideItsSpace_FailsWithItsPlace(string observation, object shown, string wanted)
    {
        using var environment = PythonWorlds.Create("Echo", new { observation, shown });

        var error = Assert.Throws<InvalidOperationException>(() => environment.Reset(new Rng(1), new float[environment.Spec.Observation.Size]));
        Assert.Contains(wanted, error.Message, StringComparison.Ordinal);
    }
}
