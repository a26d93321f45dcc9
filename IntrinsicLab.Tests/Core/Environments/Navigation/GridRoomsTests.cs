using IntrinsicLab.Core;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Environments.Navigation;

namespace IntrinsicLab.Tests.Core.Environments.Navigation;

public class GridRoomsTests
{
    [Theory]
    [InlineData(RoomGoal.Red, 0, 2)]
    [InlineData(RoomGoal.Green, 0, 3)]
    [InlineData(RoomGoal.Blue, 1, 3)]
    [InlineData(RoomGoal.Yellow, 1, 2)]
    public void Step_TowardsARoom_ArrivesAfterFourSteps(RoomGoal goal, int vertical, int horizontal)
    {
        using var environment = new GridRooms(new GridRoomsConfig { Goal = goal, EndAtGoal = true });
        var observation = Begun(environment, 1);
        var rewards = ((int[])[vertical, vertical, horizontal, horizontal]).Select(action => environment.Step([action], observation)).ToList();

        Assert.Equal([-1, -1, -1, 0], rewards.Select(result => result.Reward));
        Assert.Equal([false, false, false, true], rewards.Select(result => result.Terminated));
        var layout = environment.Spec.Goal!;
        Assert.Equal(layout.Wanted(observation).ToArray(), layout.Achieved(observation).ToArray());
    }

    [Fact]
    public void Step_DistanceReward_CountsTheStepsLeft()
    {
        using var environment = new GridRooms(new GridRoomsConfig { Goal = RoomGoal.Red, Reward = RoomReward.Distance });
        var observation = Begun(environment, 1);

        Assert.Equal([-3, -4, -3, -2, -1, 0, 0], ((int[])[0, 1, 0, 0, 2, 2, 2]).Select(action => environment.Step([action], observation).Reward));
    }

    [Fact]
    public void RoomOf_AllCells_HasFourRoomsOfSixteen()
    {
        var rooms = Enumerable.Range(0, 121).GroupBy(GridRooms.RoomOf).OrderBy(group => group.Key).Select(group => group.Count());

        Assert.Equal([16, 16, 16, 16, 57], rooms);
    }

    [Theory]
    [InlineData(RoomGoal.None)]
    [InlineData(RoomGoal.Random)]
    [InlineData(RoomGoal.Blue)]
    public void Outcomes_AlongEpisodes_AreWhatStepDoes(RoomGoal goal)
    {
        using var environment = new GridRooms(new GridRoomsConfig { Goal = goal, Reward = RoomReward.Distance });
        var (rng, observation) = (new Rng(2), new float[environment.Spec.Observation.Size]);
        for (var episode = 0; episode < 20; episode++)
        {
            environment.Reset(rng, observation);
            Assert.Contains(environment.Starts, start => start.State == environment.State);
            for (var step = 0; step < 20; step++)
            {
                var (state, action, outcomes) = (environment.State, rng.NextInt(5), new List<Outcome>());
                environment.Outcomes(state, action, outcomes);
                var result = environment.Step([action], observation);
                Assert.Equal([new Outcome(1, environment.State, result.Reward, result.Terminated)], outcomes);
                Assert.InRange(environment.State, 0, environment.States - 1);
            }
        }
        Assert.Equal(1, environment.Starts.Sum(start => start.Probability));
    }

    [Fact]
    public void Observation_Position_IsCentred()
    {
        using var environment = new GridRooms(new GridRoomsConfig { Observation = CellObservation.Position, Goal = RoomGoal.None });
        var observation = Begun(environment, 1);
        Assert.Equal([0, 0], observation);
        for (var step = 0; step < 7; step++)
            environment.Step([3], observation);

        Assert.Equal([1, 0], observation);
    }

    private static float[] Begun(IEnvironment environment, ulong seed)
    {
        var observation = new float[environment.Spec.Observation.Size];
        environment.Reset(new Rng(seed), observation);
        return observation;
    }
}
