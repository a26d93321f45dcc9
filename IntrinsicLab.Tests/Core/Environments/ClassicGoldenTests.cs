using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Environments.Classic;
using IntrinsicLab.Tests.Support;
using Xunit.Abstractions;

namespace IntrinsicLab.Tests.Core.Environments;

public class ClassicGoldenTests(ITestOutputHelper output)
{
    private const double SingleStepTolerance = 1e-12;
    private const double FreeRunTolerance = 1e-8;
    private const double ObservationTolerance = 1e-6;

    [Fact]
    public void CartPole_StepFromRecordedState_GivesRecordedStep() => Replay("CartPole-v1", free: false, SingleStepTolerance, CartPoleStep);

    [Fact]
    public void CartPole_FreeRun_FollowsRecording() => Replay("CartPole-v1", free: true, FreeRunTolerance, CartPoleStep);

    [Fact]
    public void MountainCarContinuous_StepFromRecordedState_GivesRecordedStep() =>
        Replay("MountainCarContinuous-v0", free: false, SingleStepTolerance, MountainCarStep);

    [Fact]
    public void MountainCarContinuous_FreeRun_FollowsRecording() =>
        Replay("MountainCarContinuous-v0", free: true, FreeRunTolerance, MountainCarStep);

    [Fact]
    public void MountainCar_StepFromRecordedState_GivesRecordedStep() =>
        Replay("MountainCar-v0", free: false, SingleStepTolerance, DiscreteMountainCarStep);

    [Fact]
    public void MountainCar_FreeRun_FollowsRecording() => Replay("MountainCar-v0", free: true, FreeRunTolerance, DiscreteMountainCarStep);

    [Fact]
    public void Pendulum_StepFromRecordedState_GivesRecordedStep() => Replay("Pendulum-v1", free: false, SingleStepTolerance, PendulumStep);

    [Fact]
    public void Pendulum_FreeRun_FollowsRecording() => Replay("Pendulum-v1", free: true, FreeRunTolerance, PendulumStep);

    [Fact]
    public void Acrobot_StepFromRecordedState_GivesRecordedStep() => Replay("Acrobot-v1", free: false, SingleStepTolerance, AcrobotStep);

    [Fact]
    public void Acrobot_FreeRun_FollowsRecording() => Replay("Acrobot-v1", free: true, FreeRunTolerance, AcrobotStep);

    private static (double[] State, float[] Observation, StepResult Result) DiscreteMountainCarStep(double[] state, double action)
    {
        using var environment = new MountainCar(new MountainCarConfig()) { State = (state[0], state[1]) };
        var observation = new float[2];
        var result = environment.Step([(float)action], observation);
        return ([environment.State.Position, environment.State.Velocity], observation, result);
    }

    private static (double[] State, float[] Observation, StepResult Result) PendulumStep(double[] state, double action)
    {
        using var environment = new Pendulum(new PendulumConfig()) { State = (state[0], state[1]) };
        var result = environment.Apply(action);
        var (angle, rate) = environment.State;
        return ([angle, rate], [(float)Math.Cos(angle), (float)Math.Sin(angle), (float)rate], result);
    }

    private static (double[] State, float[] Observation, StepResult Result) AcrobotStep(double[] state, double action)
    {
        using var environment = new Acrobot(new AcrobotConfig()) { State = (state[0], state[1], state[2], state[3]) };
        var observation = new float[6];
        var result = environment.Step([(float)action], observation);
        var after = environment.State;
        return ([after.Angle1, after.Angle2, after.Rate1, after.Rate2], observation, result);
    }

    private static (double[] State, float[] Observation, StepResult Result) CartPoleStep(double[] state, double action)
    {
        using var environment = new CartPole(new CartPoleConfig()) { State = (state[0], state[1], state[2], state[3]) };
        var observation = new float[4];
        var result = environment.Step([(float)action], observation);
        var after = environment.State;
        return ([after.Position, after.Velocity, after.Angle, after.AngularVelocity], observation, result);
    }

    private static (double[] State, float[] Observation, StepResult Result) MountainCarStep(double[] state, double action)
    {
        using var environment = new MountainCarContinuous(new MountainCarContinuousConfig()) { State = (state[0], state[1]) };
        var result = environment.Apply(action);
        double[] after = [environment.State.Position, environment.State.Velocity];
        return (after, [(float)after[0], (float)after[1]], result);
    }

    private void Replay(
        string name, bool free, double tolerance, Func<double[], double, (double[] State, float[] Observation, StepResult Result)> step)
    {
        var (cases, steps, worst) = (0, 0, 0.0);
        foreach (var recorded in GoldenFiles.Of(name).SelectMany(file => file.GetProperty("cases").EnumerateArray()))
        {
            cases++;
            var state = recorded.Numbers("initial_state");
            var ended = false;
            var (actions, states) = (recorded.GetProperty("actions"), recorded.GetProperty("state"));
            for (var index = 0; index < actions.GetArrayLength(); index++)
            {
                var (after, observation, result) = step(state, actions[index].Numbers()[0]);
                var expected = states[index].Numbers();
                var where = $"{name}, case {recorded.GetProperty("name")}, step {index + 1}";
                worst = Math.Max(worst, Near(expected, after, tolerance, where));
                Near(recorded.GetProperty("obs")[index].Numbers(), [.. observation.Select(value => (double)value)], ObservationTolerance, where);
                Assert.True(result.Terminated == recorded.GetProperty("terminated")[index].GetBoolean(), where);
                // The reference goes on after an end and pays nothing there; the environment refuses such a step.
                if (!ended)
                    Near([recorded.GetProperty("reward")[index].GetDouble()], [result.Reward], tolerance, where);
                ended |= result.Terminated;
                state = free ? after : expected;
                steps++;
            }
        }
        output.WriteLine($"{name}: {cases} cases, {steps} steps, largest deviation {worst}");
        Assert.True(steps > 0);
    }

    private static double Near(double[] expected, double[] actual, double tolerance, string where)
    {
        var worst = expected.Zip(actual, (one, other) => Math.Abs(one - other)).Max();
        Assert.True(worst <= tolerance, $"{where}: {string.Join(", ", actual)} where {string.Join(", ", expected)} is recorded.");
        return worst;
    }
}
