using IntrinsicLab.Core;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Environments.GridWorlds;
using IntrinsicLab.Core.Environments.Wrappers;

namespace IntrinsicLab.Tests.Core.Environments;

public class StateMapTests
{
    public static TheoryData<string> Mapped => [.. EnvironmentCatalog.All.Where(entry => entry.StartsByItself && Spec(entry.Id).Maps.Count > 0).Select(entry => entry.Id)];

    private static EnvironmentSpec Spec(string id, object? parameters = null, WrapperConfig? wrappers = null) =>
        EnvironmentCatalog.Factory(EnvironmentCatalog.Find(id)!, parameters, wrappers).Spec;

    private static float[] At(StateMap map, EnvironmentSpec spec, double x, double y)
    {
        var observation = new float[spec.Observation.Size];
        Array.Fill(observation, float.NaN);
        Assert.True(map.Observe(x, y, 0, observation));
        return observation;
    }

    private static float[] Start(string id, object? parameters = null, WrapperConfig? wrappers = null, params float[] actions)
    {
        var factory = EnvironmentCatalog.Factory(EnvironmentCatalog.Find(id)!, parameters, wrappers);
        using var environment = factory.Create();
        var observation = new float[factory.Spec.Observation.Size];
        environment.Reset(new Rng(1), observation);
        foreach (var action in actions)
            environment.Step([action], observation);
        return observation;
    }

    [Theory]
    [MemberData(nameof(Mapped))]
    public void Observe_OnEveryMap_SaysTheSameEachTime_WithinTheBounds(string id)
    {
        var spec = Spec(id);
        foreach (var map in spec.Maps)
        {
            Assert.True(map.X.Label.Length > 0 && map.Y.Label.Length > 0);
            var seen = new HashSet<string>();
            foreach (var y in map.Y.Centres)
                foreach (var x in map.X.Centres)
                {
                    var observation = new float[spec.Observation.Size];
                    Array.Fill(observation, float.NaN);
                    if (!map.Observe(x, y, 0, observation))
                        continue;
                    Assert.True(seen.Add(string.Join(' ', observation)), $"{id}: two places of the map show the same.");
                    for (var index = 0; index < observation.Length; index++)
                        Assert.False(observation[index] < spec.Observation.Low[index] - 1e-5f || observation[index] > spec.Observation.High[index] + 1e-5f);
                }
            Assert.True(seen.Count > 3);
            Assert.All(map.Places, place => Assert.True(place.X <= map.X.Centres[^1] && place.Y <= map.Y.Centres[^1]));
        }
    }

    [Fact]
    public void Observe_WhereEpisodesStart_IsWhatTheyShow()
    {
        Assert.Equal(Start("four-rooms"), At(Spec("four-rooms").Maps[0], Spec("four-rooms"), 1, 1));
        Assert.Equal(Start("deep-sea"), At(Spec("deep-sea").Maps[0], Spec("deep-sea"), 0, 0));
        Assert.Equal(Start("key-door"), At(Spec("key-door").Maps[0], Spec("key-door"), 0, 0));
        var fixedStart = new GridTabularConfig { StartCell = GridStart.Fixed };
        var grid = Spec("grid-tabular", fixedStart);
        var columns = grid.Maps[0].X.Centres.Count;
        var cell = Array.IndexOf(Start("grid-tabular", fixedStart), 1) % (columns * grid.Maps[0].Y.Centres.Count);
        Assert.Equal(Start("grid-tabular", fixedStart), At(grid.Maps[0], grid, cell % columns, cell / columns));
    }

    [Fact]
    public void Observe_InAWallOrBehindAClosedDoor_IsNothing()
    {
        var observation = new float[Spec("four-rooms").Observation.Size];
        Assert.False(Spec("four-rooms").Maps[0].Observe(0, 0, 0, observation));
        var maze = Spec("key-door");
        var seen = new float[maze.Observation.Size];
        var last = maze.Maps[0].X.Centres[^1];
        Assert.False(maze.Maps[0].Observe(last, 0, 0, seen));
        Assert.True(maze.Maps[1].Observe(last, 0, 0, seen));
    }

    [Fact]
    public void Observe_StackedFrames_ShowsTheBallOnItsWayDown()
    {
        // After four steps and one more in place the ball of ten rows is halfway down.
        var stacked = new WrapperConfig { FrameStack = 3 };
        var shown = Start("catch", wrappers: stacked, actions: [1, 1, 1, 1, 1]);
        var ball = Enumerable.Range(0, 10).Single(column => shown[(5 * 10 + column) * 3 + 2] == 1);

        Assert.Equal(shown, At(Spec("catch", wrappers: stacked).Maps[0], Spec("catch", wrappers: stacked), 5, ball));
        // With more frames than rows above, the first stands for those before the start.
        var many = new WrapperConfig { FrameStack = 8 };
        Assert.Equal(Start("catch", wrappers: many, actions: [1, 1, 1, 1, 1]), At(Spec("catch", wrappers: many).Maps[0], Spec("catch", wrappers: many), 5, ball));
    }

    [Fact]
    public void Observe_Angles_AreOnTheCircle_AndTheRestIsLeftOpen()
    {
        var observation = At(Spec("segway").Maps[0], Spec("segway"), 2, 0.25);

        Assert.Equal((2f, (float)Math.Sin(0.25), (float)Math.Cos(0.25)), (observation[0], observation[1], observation[2]));
        Assert.True(float.IsNaN(observation[3]));
    }
}
