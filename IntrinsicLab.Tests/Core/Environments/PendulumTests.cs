using IntrinsicLab.Core.Environments.Classic;

namespace IntrinsicLab.Tests.Core.Environments;

public class PendulumTests
{
    [Fact]
    public void Pendulum_HangingStill_CostsTheSquareOfPi()
    {
        using var environment = new Pendulum(new PendulumConfig()) { State = (Math.PI, 0) };

        Assert.Equal(-Math.PI * Math.PI, environment.Step([0], new float[3]).Reward, 12);
        Assert.Equal(Math.PI, environment.State.Angle, 12);
    }

    [Fact]
    public void Pendulum_TorqueBeyondTheLimit_IsClippedInCostAndPush()
    {
        using var strong = new Pendulum(new PendulumConfig()) { State = (0, 0) };
        using var full = new Pendulum(new PendulumConfig()) { State = (0, 0) };

        Assert.Equal(full.Step([2], new float[3]), strong.Step([5], new float[3]));
        Assert.Equal(full.State, strong.State);
    }

    [Fact]
    public void Acrobot_Sparse_PaysForTheLineAlone()
    {
        using var environment = new Acrobot(new AcrobotConfig { Sparse = true }) { State = (2, 0, 0, 0) };
        Assert.Equal(0, environment.Step([1], new float[6]).Reward);

        environment.State = (Math.PI, 0, 0, 0);
        Assert.Equal((1.0, true), (environment.Step([1], new float[6]).Reward, environment.State.Angle1 > 3));
    }

    [Fact]
    public void CartPoleSwingUp_ConstantPush_FollowsTheEngine()
    {
        using var environment = new CartPoleSwingUp(new CartPoleSwingUpConfig()) { State = (0, 0, Math.PI - 0.5, 0) };

        environment.Step([0.5f], new float[4]);
        Near([0.011236840514687662, 0.22473681029375323, 2.6447712817873072, 0.06357256395028267], 1e-12);
        environment.Step([0.5f], new float[4]);
        Near([0.033715540966590005, 0.4495740090380469, 2.6509919523223275, 0.12441341070040524], 1e-12);
        for (var step = 2; step < 20; step++)
            environment.Step([step < 10 ? 0.5f : -0.5f], new float[4]);
        Near([1.079489, -0.082913, 4.0481, 2.832755], 1e-6);

        void Near(double[] expected, double tolerance)
        {
            var (position, velocity, angle, rate) = environment.State;
            Assert.Equal(expected, [position, velocity, angle, rate], (one, other) => Math.Abs(one - other) < tolerance);
        }
    }

    [Theory]
    [InlineData(true, 0, 1)]
    [InlineData(true, 1, 0)]
    [InlineData(false, 0, 1)]
    [InlineData(false, Math.PI, -1)]
    public void CartPoleSwingUp_Reward_IsForUprightOrTheCosine(bool sparse, double angle, double expected)
    {
        using var environment = new CartPoleSwingUp(new CartPoleSwingUpConfig { Sparse = sparse }) { State = (0, 0, angle, 0) };

        Assert.Equal(expected, environment.Step([0], new float[4]).Reward, 9);
    }

    [Theory]
    [InlineData(true, 0)]
    [InlineData(false, -100)]
    public void CartPoleSwingUp_LeavingTheTrackUpright_IsNotPaid(bool sparse, double expected)
    {
        using var environment = new CartPoleSwingUp(new CartPoleSwingUpConfig { Sparse = sparse }) { State = (2.99, 2, 0, 0) };

        var result = environment.Step([0], new float[4]);

        Assert.Equal((expected, true), (result.Reward, result.Terminated));
    }

    [Fact]
    public void DoublePendulum_Accelerations_AreThePrintedOnes()
    {
        var (first, second) = DoublePendulum.Accelerations(0.1, -0.1, 0, 0, 3);

        Assert.Equal(-27.66253961, first, 8);
        Assert.Equal(60.01416163, second, 8);
    }

    [Fact]
    public void DoublePendulum_WithoutTorque_KeepsItsEnergy()
    {
        double[] state = [1, 2, 0.3, -0.5];
        Assert.Equal(-2.98125737244658, Energy(state), 12);

        for (var step = 0; step < 2000; step++)
            state = RungeKutta(state, 0.001);

        Assert.Equal(-2.98125737244658, Energy(state), 10);

        static double Energy(double[] s)
        {
            const double inertia = 0.5 * 1.01 / 12;
            var kinetic = 0.5 * (inertia + 0.5 * 0.25 + 0.5) * s[2] * s[2] + 0.5 * (inertia + 0.5 * 0.25) * s[3] * s[3]
                + 0.25 * s[2] * s[3] * Math.Cos(s[0] - s[1]);
            return kinetic - 10 * (0.75 * Math.Cos(s[0]) + 0.25 * Math.Cos(s[1]));
        }

        static double[] RungeKutta(double[] s, double h)
        {
            var k1 = Rates(s);
            var k2 = Rates(Moved(s, k1, h / 2));
            var k3 = Rates(Moved(s, k2, h / 2));
            var k4 = Rates(Moved(s, k3, h));
            return [.. s.Select((value, index) => value + h / 6 * (k1[index] + 2 * k2[index] + 2 * k3[index] + k4[index]))];
        }

        static double[] Rates(double[] s)
        {
            var (first, second) = DoublePendulum.Accelerations(s[0], s[1], s[2], s[3], 0);
            return [s[2], s[3], first, second];
        }

        static double[] Moved(double[] s, double[] rates, double h) => [.. s.Zip(rates, (value, rate) => value + h * rate)];
    }

    [Theory]
    [InlineData(true, Math.PI, 1)]
    [InlineData(true, 0, 0)]
    [InlineData(false, Math.PI, 0)]
    [InlineData(false, 0, -4)]
    public void DoublePendulum_Reward_IsNearnessOfTheTipToTheTop(bool sparse, double angle, double expected)
    {
        using var environment = new DoublePendulum(new DoublePendulumConfig { Sparse = sparse }) { State = (angle, angle, 0, 0) };

        Assert.Equal(expected, environment.Step([0], new float[6]).Reward, 9);
    }

    [Fact]
    public void Segway_Reward_IsSpeedUpToThreeAndLifeLessPush()
    {
        using var environment = new Segway(new SegwayConfig()) { State = (0, 5, 0, 0) };
        Assert.Equal(1 + 3 - 0.001, environment.Step([2], new float[4]).Reward, 12);

        environment.State = (0, 1, 0, 0);
        // tmp = 10/1.1, lean acceleration = −tmp/(0.5·(4/3 − 0.1/1.1)), acceleration = tmp − 0.05·that/1.1, as θ = 0.
        var push = 10 / 1.1;
        var lean = -push / (0.5 * (4.0 / 3 - 0.1 / 1.1));
        var observation = new float[4];
        var result = environment.Step([1], observation);
        Assert.Equal(1 + 1 + 0.02 * (push - 0.05 * lean / 1.1) - 0.001, result.Reward, 12);
        Assert.Equal(0.02 * lean, observation[3], 1e-6);
        Assert.Equal([0f, 1f], observation[1..3]);
    }

    [Fact]
    public void Segway_LeaningTooFar_Terminates()
    {
        using var environment = new Segway(new SegwayConfig()) { State = (0, 0, 0.499, 1) };

        Assert.True(environment.Step([0], new float[4]).Terminated);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(-1, 0)]
    public void CartPoleContinuous_FullPush_MovesAsCartPoleDoes(float push, float action)
    {
        using var continuous = new CartPoleContinuous(new CartPoleContinuousConfig()) { State = (0.1, -0.2, 0.05, 0.3) };
        using var discrete = new CartPole(new CartPoleConfig()) { State = (0.1, -0.2, 0.05, 0.3) };

        Assert.Equal(discrete.Step([action], new float[4]), continuous.Step([push], new float[4]));
        Assert.Equal(discrete.State, continuous.State);
    }
}
