using IntrinsicLab.Core;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Environments.Navigation;

namespace IntrinsicLab.Tests.Core.Environments.Navigation;

/// <summary>What holds for every world with goals, whatever kind of goal.</summary>
public class GoalLayoutTests
{
    private static readonly Dictionary<string, Func<IEnvironment>> Worlds = new()
    {
        ["point fixed"] = () => new PointNavigation(new PointNavigationConfig()),
        ["point dynamic"] = () => new PointNavigation(new PointNavigationConfig { Goal = PointGoal.Dynamic }),
        ["point image"] = () => new PointNavigation(new PointNavigationConfig { Goal = PointGoal.Image }),
        ["point image with distractor"] = () => new PointNavigation(new PointNavigationConfig { Goal = PointGoal.Image, Distractor = true, Map = FieldMap.Cup }),
        ["point waypoints"] = () => new PointNavigation(new PointNavigationConfig { Goal = PointGoal.Waypoints, Map = FieldMap.LongShelf }),
        ["point discrete"] = () => new PointNavigation(new PointNavigationConfig { Actions = PointActions.Discrete, Reward = NavigationReward.Geodesic, Map = FieldMap.Shelf }),
        ["point without"] = () => new PointNavigation(new PointNavigationConfig { Goal = PointGoal.None }),
        ["maze"] = () => new PointMaze(new PointMazeConfig()),
        ["maze tree"] = () => new PointMaze(new PointMazeConfig { Map = MazeMap.Tree, Reward = MazeReward.Geodesic, GoalPlacement = GoalPlacement.Hard }),
        ["maze without"] = () => new PointMaze(new PointMazeConfig { Map = MazeMap.Corridor, Goal = MazeGoal.None }),
        ["push"] = () => new ObjectPush(new ObjectPushConfig()),
        ["push described"] = () => new ObjectPush(new ObjectPushConfig { Goal = PushGoal.Description }),
        ["push one"] = () => new ObjectPush(new ObjectPushConfig { Objects = 1, Goal = PushGoal.Description }),
        ["push without"] = () => new ObjectPush(new ObjectPushConfig { Goal = PushGoal.None }),
        ["rooms"] = () => new GridRooms(new GridRoomsConfig()),
        ["rooms without"] = () => new GridRooms(new GridRoomsConfig { Goal = RoomGoal.None }),
        ["arm"] = () => new PlanarArm(new PlanarArmConfig()),
        ["arm image"] = () => new PlanarArm(new PlanarArmConfig { Goal = ArmGoal.Image }),
        ["arm without"] = () => new PlanarArm(new PlanarArmConfig { Goal = ArmGoal.None }),
        ["swimmer pose"] = () => new ThreeLinkSwimmer(new ThreeLinkSwimmerConfig()),
        ["swimmer position"] = () => new ThreeLinkSwimmer(new ThreeLinkSwimmerConfig { Goal = ThreeLinkGoal.Position }),
        ["swimmer without"] = () => new ThreeLinkSwimmer(new ThreeLinkSwimmerConfig { Goal = ThreeLinkGoal.None }),
    };

    public static TheoryData<string> Names => [.. Worlds.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Observations_OfRandomEpisodes_AreLaidOutAsTheSpecSays(string name)
    {
        using var environment = Worlds[name]();
        var (box, layout) = (environment.Spec.Observation, environment.Spec.Goal);
        Assert.Equal(name.EndsWith("without", StringComparison.Ordinal), layout is null);
        if (layout is not null)
            Assert.Equal(box.Size, layout.StateSize + 2 * layout.GoalSize);

        foreach (var episode in Episodes(environment))
        {
            foreach (var (observation, reward) in episode)
            {
                Assert.All(observation.Index(), value => Assert.InRange(value.Item, box.Low[value.Index], box.High[value.Index]));
                Assert.True(double.IsFinite(reward) && (layout is not null || reward == 0));
            }
            if (layout is not null)
                Assert.Equal(!name.EndsWith("dynamic", StringComparison.Ordinal) && !name.EndsWith("waypoints", StringComparison.Ordinal),
                    episode.Select(step => string.Join(" ", layout.Wanted(step.Observation).ToArray())).Distinct().Count() == 1);
        }
    }

    [Theory]
    [InlineData("point fixed", 0, 1)]
    [InlineData("point dynamic", 0, 1)]
    [InlineData("maze", 0, 1)]
    [InlineData("push", 2, 3)]
    [InlineData("arm", 4, 5)]
    [InlineData("swimmer position", 4, 5)]
    [InlineData("swimmer pose", 0, 1, 2, 3, 4, 5)]
    public void Achieved_IsThatPartOfTheState(string name, params int[] coordinates)
    {
        using var environment = Worlds[name]();
        var layout = environment.Spec.Goal!;
        foreach (var (observation, _) in Episodes(environment).SelectMany(episode => episode))
            Assert.Equal(coordinates.Select(coordinate => observation[coordinate]), layout.Achieved(observation).ToArray());
    }

    // So that whoever relabels can compute the same reward from goals alone.
    [Theory]
    [InlineData("point fixed")]
    [InlineData("point dynamic")]
    [InlineData("maze")]
    [InlineData("push")]
    [InlineData("arm")]
    [InlineData("swimmer pose")]
    [InlineData("swimmer position")]
    public void Reward_IsMinusTheDistanceToTheGoalThatWasWanted(string name)
    {
        using var environment = Worlds[name]();
        var layout = environment.Spec.Goal!;
        foreach (var episode in Episodes(environment))
            foreach (var (before, after) in episode.Zip(episode.Skip(1)))
            {
                var (wanted, achieved) = (layout.Wanted(before.Observation).ToArray(), layout.Achieved(after.Observation).ToArray());
                Assert.Equal(-Math.Sqrt(wanted.Zip(achieved, (left, right) => ((double)left - right) * ((double)left - right)).Sum()), after.Reward, 1e-6);
            }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Load_InMidEpisode_ContinuesBitForBit(string name)
    {
        using var saved = Worlds[name]();
        using var loaded = Worlds[name]();
        var (rng, observation) = (new Rng(5), new float[saved.Spec.Observation.Size]);
        saved.Reset(rng, observation);
        for (var step = 0; step < 13; step++)
            saved.Step(Action(saved, new Rng((ulong)step)), observation);
        using var stream = new MemoryStream();
        rng.Save(new BinaryWriter(stream));
        saved.Save(new BinaryWriter(stream));
        stream.Position = 0;
        var reader = new BinaryReader(stream);
        var copy = Rng.Load(reader);
        loaded.Load(reader, copy);

        Assert.Equal(stream.Length, stream.Position);
        var other = new float[observation.Length];
        for (var step = 0; step < 20; step++)
        {
            var action = Action(saved, new Rng((ulong)step));
            Assert.Equal(saved.Step(action, observation), loaded.Step(action, other));
            Assert.Equal(observation, other);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Render_OfEachKind_FitsItsFrame(string name)
    {
        using var environment = Worlds[name]();
        var observation = new float[environment.Spec.Observation.Size];
        environment.Reset(new Rng(1), observation);
        for (var step = 0; step < 20; step++)
        {
            environment.Step(Action(environment, new Rng((ulong)step)), observation);
            var scene = environment.Render()!;
            Assert.Contains(scene.Shapes, shape => shape.Tone == "agent");
            Assert.Equal(environment.Spec.Goal is not null, scene.Shapes.Any(shape => shape.Tone == "goal"));
            foreach (var shape in scene.Shapes)
                foreach (var point in shape.Points.Chunk(2))
                    Assert.True(point[0] >= -0.5 && point[0] <= scene.Width + 0.5 && point[1] >= -0.5 && point[1] <= scene.Height + 0.5, $"{shape.Kind} {shape.Tone}");
        }
    }

    private static List<List<(float[] Observation, double Reward)>> Episodes(IEnvironment environment)
    {
        var (rng, actions) = (new Rng(8), new Rng(9));
        var episodes = new List<List<(float[] Observation, double Reward)>>();
        for (var episode = 0; episode < 4; episode++)
        {
            var observation = new float[environment.Spec.Observation.Size];
            environment.Reset(rng, observation);
            var steps = new List<(float[] Observation, double Reward)> { (observation.ToArray(), 0) };
            for (var step = 0; step < environment.Spec.TimeLimit; step++)
            {
                var reward = environment.Step(Action(environment, actions), observation).Reward;
                steps.Add((observation.ToArray(), reward));
            }
            episodes.Add(steps);
        }
        return episodes;
    }

    private static float[] Action(IEnvironment environment, Rng rng) => environment.Spec.Action is Discrete discrete
        ? [rng.NextInt(discrete.Count)]
        : [(float)rng.NextDouble(-1, 1), (float)rng.NextDouble(-1, 1)];
}
