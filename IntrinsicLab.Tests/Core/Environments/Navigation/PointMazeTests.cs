using IntrinsicLab.Core;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Environments.Navigation;

namespace IntrinsicLab.Tests.Core.Environments.Navigation;

public class PointMazeTests
{
    [Fact]
    public void Reset_ManyTimes_StartsInTheOriginsCellAndWantsEveryCell()
    {
        using var environment = new PointMaze(new PointMazeConfig());
        var wanted = new HashSet<(double, double)>();
        for (var seed = 0UL; seed < 400; seed++)
        {
            environment.Reset(new Rng(seed), new float[6]);
            Assert.InRange(Math.Max(Math.Abs(environment.Position.X), Math.Abs(environment.Position.Y)), 0, 0.45);
            wanted.Add((Math.Round(environment.Wanted.X), Math.Round(environment.Wanted.Y)));
        }

        Assert.Equal(environment.Map.Free.Count, wanted.Count);
    }

    [Fact]
    public void Reset_HardGoals_LieInTheEnds()
    {
        using var environment = new PointMaze(new PointMazeConfig { Map = MazeMap.Tree, GoalPlacement = GoalPlacement.Hard });
        for (var seed = 0UL; seed < 50; seed++)
        {
            environment.Reset(new Rng(seed), new float[6]);
            Assert.Equal(-6, Math.Round(environment.Wanted.Y));
        }
    }

    [Theory]
    [InlineData(MazeReward.Distance, -0.6)]
    [InlineData(MazeReward.Sparse, -1)]
    [InlineData(MazeReward.Progress, 0.1)]
    [InlineData(MazeReward.Geodesic, -0.6)]
    public void Step_EachReward_IsThatOfTheDistanceInFifths(MazeReward kind, double expected)
    {
        using var environment = new PointMaze(new PointMazeConfig { Map = MazeMap.Corridor, GoalPlacement = GoalPlacement.Given, GoalX = 4, StepSize = 0.5, Reward = kind });
        environment.Reset(new Rng(1), new float[6]);
        environment.Position = (0.5, 0);

        Assert.Equal(expected, environment.Step([1, 0], new float[6]).Reward, 1e-9);
    }

    [Fact]
    public void Step_NearAsTheCrowFlies_IsFarToWalk()
    {
        using var environment = new PointMaze(new PointMazeConfig { GoalPlacement = GoalPlacement.Given, GoalX = 2, GoalY = 0, Reward = MazeReward.Geodesic });
        environment.Reset(new Rng(1), new float[6]);
        environment.Position = (0, 0);

        // Down 2, right 2 and up 2, less the corners that can be cut.
        Assert.InRange(environment.Step([0, 0], new float[6]).Reward, -6 / 5.0, -4 / 5.0);
    }

    [Fact]
    public void Step_OntoTheGoal_CountsAndEndsWhereAsked()
    {
        using var environment = new PointMaze(new PointMazeConfig
        {
            Map = MazeMap.Corridor,
            GoalPlacement = GoalPlacement.Given,
            GoalX = 1,
            Reward = MazeReward.Sparse,
            EndAtGoal = true,
        });
        environment.Reset(new Rng(1), new float[6]);
        environment.Position = (0.5, 0);

        Assert.Equal(new StepResult(0, Terminated: true, Truncated: false), environment.Step([0.5f, 0], new float[6]));
    }

    [Fact]
    public void Constructor_GoalInAWall_IsRefused()
    {
        var problem = Assert.Throws<ArgumentException>(() => new PointMaze(new PointMazeConfig { GoalPlacement = GoalPlacement.Given, GoalX = 1, GoalY = 0 }));

        Assert.Contains("(1, 0)", problem.Message, StringComparison.Ordinal);
    }
}
