using System.Text.Json.Nodes;
using IntrinsicLab.Core.Environments.External;
using IntrinsicLab.Tests.Support;

namespace IntrinsicLab.Tests.Learning;

[Trait("Kind", "Learning")]
public class GymnasiumLearningTests
{
    private static readonly JsonObject Settings = new() { ["learningRate"] = 1e-3 };

    [PythonFact]
    public void Training_OfPythonsCartPole_LearnsAsOnTheLabsOwn()
    {
        var returned = PythonWorlds.Train(PythonWorlds.Plan(PythonWorlds.Of("CartPole"), 40_000, Settings.DeepClone().AsObject()).Plan!);

        Assert.True(returned >= 195, $"The last 100 episodes returned {returned:F1} on average; 195 was expected.");
    }

    [GymnasiumFact]
    public void Training_OfGymnasiumsCartPole_Learns()
    {
        var returned = PythonWorlds.Train(PythonWorlds.Plan(new GymnasiumConfig(), 40_000, Settings.DeepClone().AsObject()).Plan!);

        Assert.True(returned >= 195, $"The last 100 episodes returned {returned:F1} on average; 195 was expected.");
    }
}
