using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Environments.Classic;

namespace IntrinsicLab.Tests.Core.Environments;

public class MountainCarTests
{
    [Fact]
    public void MountainCar_PushedAlongItsVelocity_ReachesTheGoalAtStep124()
    {
        using var environment = new MountainCar(new MountainCarConfig()) { State = (-0.5, 0) };

        Assert.False(Push(environment).Terminated);
        Assert.Equal(-0.49917684300416926, environment.State.Position, 15);
        Assert.Equal(0.0008231569958307428, environment.State.Velocity, 15);
        for (var step = 2; step < 124; step++)
            Assert.Equal(new StepResult(-1, Terminated: false, Truncated: false), Push(environment));
        Assert.Equal(new StepResult(-1, Terminated: true, Truncated: false), Push(environment));

        static StepResult Push(MountainCar environment) => environment.Step([environment.State.Velocity >= 0 ? 2 : 0], new float[2]);
    }

    [Theory]
    [InlineData(false, -1, -1)]
    [InlineData(true, 0, 1)]
    public void MountainCar_Reward_IsPerStepOrForTheGoal(bool sparse, double before, double atGoal)
    {
        using var environment = new MountainCar(new MountainCarConfig { Sparse = sparse }) { State = (0.4, 0.05) };

        Assert.Equal(before, environment.Step([2], new float[2]).Reward);
        Assert.Equal(new StepResult(atGoal, Terminated: true, Truncated: false), Last(environment, 2));
    }

    [Fact]
    public void MountainCarContinuous_ForceBeyondTheLimit_CostsInFullAndPushesNoMore()
    {
        using var strong = new MountainCarContinuous(new MountainCarContinuousConfig()) { State = (-0.5, 0) };
        using var full = new MountainCarContinuous(new MountainCarContinuousConfig()) { State = (-0.5, 0) };

        Assert.Equal(-0.9, strong.Step([3], new float[2]).Reward, 12);
        Assert.Equal(-0.1, full.Step([1], new float[2]).Reward, 12);
        Assert.Equal(full.State, strong.State);
    }

    [Fact]
    public void MountainCarContinuous_Sparse_PaysForTheGoalAlone()
    {
        using var environment = new MountainCarContinuous(new MountainCarContinuousConfig { Sparse = true }) { State = (0.3, 0.04) };

        Assert.Equal(0, environment.Step([1], new float[2]).Reward);
        Assert.Equal(new StepResult(1, Terminated: true, Truncated: false), Last(environment, 1));
    }

    [Fact]
    public void MountainCarX_FullThrottleFromHalfSpeed_FollowsTheClosedForm()
    {
        using var environment = new MountainCarX(new MountainCarXConfig()) { State = (0, 0.5) };
        (double Position, double Velocity)[] expected =
        [
            (0.0305, 0.61), (0.06427579961755503, 0.6755159923511006), (0.09891755907580232, 0.6928351891649457),
            (0.1321836330312856, 0.6653214791096658), (0.16228766823609236, 0.6020807040961353),
        ];

        foreach (var (position, velocity) in expected)
        {
            Assert.Equal(0, environment.Step([1], new float[2]).Reward);
            Assert.Equal(position, environment.State.Position, 12);
            Assert.Equal(velocity, environment.State.Velocity, 12);
        }
    }

    [Fact]
    public void MountainCarX_PushedAlongItsVelocity_IsPaidOnceAtTheGoal()
    {
        using var environment = new MountainCarX(new MountainCarXConfig()) { State = (0, 0.5) };
        var rewards = new List<double>();
        StepResult result;
        do
        {
            result = environment.Step([environment.State.Velocity >= 0 ? 1 : -1], new float[2]);
            rewards.Add(result.Reward);
        }
        while (!result.Terminated);

        Assert.Equal(0.6127996277810338, environment.State.Position, 10);
        Assert.Equal(76, rewards.Count);
        Assert.Equal(1, rewards[^1]);
        Assert.Equal(1, rewards.Sum());
    }

    [Fact]
    public void MountainCarX_FullThrottleFromRest_DoesNotClimb()
    {
        using var environment = new MountainCarX(new MountainCarXConfig()) { State = (0, 0) };
        var farthest = Enumerable.Range(0, 500).Max(_ =>
        {
            environment.Step([1], new float[2]);
            return environment.State.Position;
        });

        Assert.Equal(0.19309064096873843, farthest, 12);
    }

    [Fact]
    public void MountainCarX_Coasting_SwingsLessAndLess()
    {
        using var environment = new MountainCarX(new MountainCarXConfig()) { State = (0, 1) };
        var positions = Enumerable.Range(0, 300).Select(_ =>
        {
            environment.Step([0], new float[2]);
            return environment.State.Position;
        }).ToList();
        var extremes = Enumerable.Range(1, positions.Count - 2)
            .Where(step => Math.Sign(positions[step] - positions[step - 1]) != Math.Sign(positions[step + 1] - positions[step]))
            .Select(step => Math.Round(positions[step], 4)).Take(6);

        Assert.Equal([0.1788, -0.1445, 0.1180, -0.0968, 0.0794, -0.0650], extremes);
    }

    [Fact]
    public void MountainCarX_Shaped_PaysTheHeightOfTheCarsCentre()
    {
        using var environment = new MountainCarX(new MountainCarXConfig { Sparse = false }) { State = (0, 0) };
        var idle = Enumerable.Range(0, 500).Sum(_ => environment.Step([0], new float[2]).Reward);

        Assert.Equal(-417, idle, 9);
        environment.State = (0.5, 1);
        var reward = environment.Step([0], new float[2]).Reward;
        Assert.Equal(-1 + 0.166 + 1 - Math.Cos(Math.PI / 2 * environment.State.Position), reward, 12);
        Assert.True(environment.State.Position > 0.5);
    }

    private static StepResult Last(IEnvironment environment, float action)
    {
        StepResult result;
        do
            result = environment.Step([action], new float[2]);
        while (!result.Terminated);
        return result;
    }
}
