using IntrinsicLab.Core;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Environments.Mujoco;
using IntrinsicLab.Tests.Support;

namespace IntrinsicLab.Tests.Core.Environments;

public class HopperTests
{
    private readonly float[] observation = new float[12];

    [MujocoFact]
    public void Reset_WithNoise_StaysNearTheStartPose()
    {
        using var hopper = new Hopper(new HopperConfig());
        hopper.Reset(new Rng(1), observation);

        Assert.All(observation[..11].Zip([1.25f, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]), pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 1e-9, 0.005));
    }

    [MujocoFact]
    public void Step_WhenFallen_TerminatesAndPaysTheHealthyReward()
    {
        var last = Fall(new HopperConfig { ForwardRewardWeight = 0, ControlCostWeight = 0 });

        Assert.Equal(new StepResult(1, Terminated: true, Truncated: false), last);
    }

    [MujocoFact]
    public void Step_WhenFallenButAllowed_GoesOnWithoutTheHealthyReward()
    {
        var last = Fall(new HopperConfig { ForwardRewardWeight = 0, ControlCostWeight = 0, TerminateWhenUnhealthy = false });

        Assert.Equal(new StepResult(0, Terminated: false, Truncated: false), last);
    }

    [MujocoFact]
    public void Step_ControlCost_IsWeightTimesSquares()
    {
        using var hopper = new Hopper(new HopperConfig { ForwardRewardWeight = 0, ControlCostWeight = 2, HealthyReward = 0 });
        hopper.Reset(new Rng(1), observation);

        Assert.Equal(-2 * (1 + 0.25 + 0.25), hopper.Step([1, -0.5f, 0.5f], observation).Reward, 1e-12);
    }

    [MujocoFact]
    public void Step_ObservingPosition_AddsItInFront()
    {
        using var hopper = new Hopper(new HopperConfig { ObservePosition = true });
        hopper.Reset(new Rng(1), observation);
        hopper.Step([0, 0, 0], observation);

        Assert.Equal(12, hopper.Spec.Observation.Size);
        Assert.Equal((float)hopper.Simulation.Positions[0], observation[0]);
    }

    [MujocoFact]
    public void Step_FastJoint_IsObservedClipped()
    {
        using var hopper = new Hopper(new HopperConfig());
        hopper.Reset(new Rng(1), observation);
        hopper.Simulation.Velocities[5] = 90;
        hopper.Simulation.Velocities[4] = -90;
        hopper.Observe(observation);

        Assert.Equal([-10, 10], observation[9..11]);
    }

    [MujocoFact]
    public void Step_StateNotFinite_TerminatesWithoutReward()
    {
        using var hopper = new Hopper(new HopperConfig());
        hopper.Reset(new Rng(1), observation);
        hopper.Simulation.Velocities[0] = double.NaN;
        var result = hopper.Step([0, 0, 0], observation);

        Assert.Equal(new StepResult(0, Terminated: true, Truncated: false), result);
        Assert.All(observation, value => Assert.True(float.IsFinite(value)));
        hopper.Reset(new Rng(1), observation);
        Assert.False(hopper.Step([0, 0, 0], observation).Terminated);
        Assert.False(File.Exists("MUJOCO_LOG.TXT"));
    }

    [MujocoFact]
    public void Step_AfterDispose_IsRefused()
    {
        var hopper = new Hopper(new HopperConfig());
        hopper.Reset(new Rng(1), observation);
        hopper.Dispose();
        hopper.Dispose();

        Assert.Throws<ObjectDisposedException>(() => hopper.Step([0, 0, 0], observation));
    }

    [MujocoFact]
    public void Simulation_UnknownModelOrField_IsRefusedByName()
    {
        using var hopper = new Hopper(new HopperConfig());

        Assert.Contains("no-such.xml", Assert.Throws<InvalidOperationException>(() => new MujocoSimulation("no-such.xml")).Message, StringComparison.Ordinal);
        Assert.Contains("tail", Assert.Throws<ArgumentException>(() => hopper.Simulation.Find("body", "tail")).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => hopper.Simulation.Number("weather"));
    }

    private StepResult Fall(HopperConfig config)
    {
        using var hopper = new Hopper(config);
        hopper.Reset(new Rng(1), observation);
        var last = default(StepResult);
        for (var step = 0; step < 200 && !last.Terminated; step++)
            last = hopper.Step([1, 1, 1], observation);
        return last;
    }
}
