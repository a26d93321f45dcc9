using IntrinsicLab.Core;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Environments.Classic;
using IntrinsicLab.Core.Environments.Mujoco;
using IntrinsicLab.Core.Environments.Navigation;
using IntrinsicLab.Core.Environments.Wrappers;

namespace IntrinsicLab.Tests.Core.Environments;

public class GoalPlaceTests
{
    private static readonly Dictionary<string, Func<IEnvironment>> Worlds = new()
    {
        ["field"] = () => new PointNavigation(new()),
        ["pictures"] = () => new PointNavigation(new() { Goal = PointGoal.Image, Distractor = true }),
        ["maze"] = () => new PointMaze(new()),
        ["push"] = () => new ObjectPush(new()),
        ["description"] = () => new ObjectPush(new() { Goal = PushGoal.Description }),
        ["arm"] = () => new PlanarArm(new()),
        ["arm with pictures"] = () => new PlanarArm(new() { Goal = ArmGoal.Image }),
        ["rooms"] = () => new GridRooms(new()),
        ["swimmer"] = () => new ThreeLinkSwimmer(new() { Goal = ThreeLinkGoal.Position }),
        ["ant"] = () => new AntGoal(new()),
        ["cheetah"] = () => new HalfCheetahGoal(new()),
        ["swimmer with physics"] = () => new SwimmerGoal(new()),
    };

    // Two places of each world where something can be wanted.
    private static readonly Dictionary<string, (double X, double Y)[]> Pairs = new()
    {
        ["maze"] = [(0.2, -3), (4, -1.25)],
        ["push"] = [(2, 3), (8, 7.5)],
        ["description"] = [(2, 3), (8, 7.5)],
        ["rooms"] = [(1.5, 8.5), (8.5, 1.5)],
        ["cheetah"] = [(2, 0), (-3, 0)],
    };

    public static TheoryData<string> Names => [.. Worlds.Keys];

    private static (double X, double Y)[] PlacesOf(string name) => Pairs.GetValueOrDefault(name) ?? [(0.5, 0.25), (-0.75, 0.5)];

    [Theory, MemberData(nameof(Names))]
    public void Want_WritesTheGoalIntoTheObservation_AndKeepsIt(string name)
    {
        using var world = Make(name);
        var layout = world.Spec.Goal!;
        var (observation, before) = (new float[world.Spec.Observation.Size], new float[world.Spec.Observation.Size]);
        var wanted = new List<float[]>();
        world.Reset(new Rng(3), observation);
        foreach (var (x, y) in PlacesOf(name))
        {
            observation.CopyTo(before, 0);
            world.Want(x, y, observation);

            Assert.Equal((x, y), (Math.Round(world.Places!.Value.WantedX, 6), Math.Round(world.Places!.Value.WantedY, 6)));
            Assert.Equal(layout.State(before).ToArray(), layout.State(observation).ToArray());
            Assert.Equal(layout.Achieved(before).ToArray(), layout.Achieved(observation).ToArray());
            wanted.Add(layout.Wanted(observation).ToArray());

            world.Step(Rest(world), observation);
            Assert.Equal(wanted[^1], layout.Wanted(observation).ToArray());
        }
        Assert.NotEqual(wanted[0], wanted[1]);
    }

    [Theory, MemberData(nameof(Names))]
    public void Want_IsSavedWithTheEpisode(string name)
    {
        using var world = Make(name);
        using var other = Make(name);
        var (observation, restored) = (new float[world.Spec.Observation.Size], new float[world.Spec.Observation.Size]);
        world.Reset(new Rng(3), observation);
        world.Want(PlacesOf(name)[0].X, PlacesOf(name)[0].Y, observation);
        using var state = new MemoryStream();
        world.Save(new BinaryWriter(state));
        state.Position = 0;
        other.Load(new BinaryReader(state), new Rng(4));

        Assert.Equal(world.Places, other.Places);
        var (one, two) = (world.Step(Rest(world), observation), other.Step(Rest(other), restored));
        Assert.Equal(one, two);
    }

    [Theory]
    [InlineData("field"), InlineData("pictures"), InlineData("maze"), InlineData("push"), InlineData("arm"), InlineData("swimmer")]
    public void Scene_DrawsGoalAndAgentWhereTheirPlacesAre(string name)
    {
        using var world = Make(name);
        var observation = new float[world.Spec.Observation.Size];
        world.Reset(new Rng(5), observation);
        var (x, y) = PlacesOf(name)[1];
        world.Want(x, y, observation);
        world.Step(Rest(world), observation);

        var (places, scale) = (world.Places!.Value, world.Spec.GoalPlane!.Scale);
        var drawn = world.Render()!.Shapes.First(shape => shape is { Kind: "circle", Tone: "goal" }).Points;

        Assert.Equal(places.OriginX + scale * x, drawn[0], 6);
        Assert.Equal(places.OriginY + scale * y, drawn[1], 6);
        if (name is "field" or "pictures" or "maze" or "arm")
        {
            var agent = world.Render()!.Shapes.Last(shape => shape is { Kind: "circle", Tone: "agent" }).Points;
            Assert.Equal(places.OriginX + scale * places.X, agent[0], 6);
            Assert.Equal(places.OriginY + scale * places.Y, agent[1], 6);
        }
    }

    [Fact]
    public void Places_TellDistanceAndArrival()
    {
        var field = new PointNavigation(new() { StartNoise = 0 });
        var observation = new float[6];
        field.Reset(new Rng(1), observation);
        field.Want(0.3, 0.4, observation);

        Assert.Equal(0.5, field.Places!.Value.Distance, 12);
        Assert.False(field.Places!.Value.Reached);
        // Minus the distance after a step of 0.1 along x: sqrt(0.2² + 0.4²).
        Assert.Equal(-Math.Sqrt(0.2), field.Step([1, 0], observation).Reward, 6);
        field.Want(0.15, 0, observation);
        Assert.True(field.Places!.Value.Reached);

        // From the middle, (5, 5), two columns and two rows lead into the room that begins at (7, 7).
        var rooms = new GridRooms(new());
        var seen = new float[rooms.Spec.Observation.Size];
        rooms.Reset(new Rng(1), seen);
        rooms.Want(10, 9, seen);
        Assert.Equal(new GoalPlaces(8.5, 8.5, 5, 5, 4, false) { OriginX = 0.5, OriginY = 0.5 }, rooms.Places);
    }

    [Theory]
    [InlineData("field", 1.01, 0, "x = 1.01 is out of range: -1 to 1")]
    [InlineData("field", 0, double.NaN, "y = NaN is out of range")]
    [InlineData("maze", 3, -1, "no cell")]
    [InlineData("arm", 0.1, 0.1, "out of reach")]
    [InlineData("arm", 0.9, 0.9, "out of reach")]
    [InlineData("rooms", 5, 5, "corners")]
    [InlineData("cheetah", 1, 0.5, "y = 0.5 is out of range: 0 to 0")]
    [InlineData("ant", 4.5, 0, "x = 4.5 is out of range: -4 to 4")]
    public void Want_WhereNothingCanBe_IsRefusedAndChangesNothing(string name, double x, double y, string message)
    {
        using var world = Make(name);
        var observation = new float[world.Spec.Observation.Size];
        world.Reset(new Rng(2), observation);
        var (before, seen) = (world.Places, observation.ToArray());

        var refusal = Assert.Throws<ArgumentException>(() => world.Want(x, y, observation));

        Assert.Contains(message, refusal.Message);
        Assert.Equal(before, world.Places);
        Assert.Equal(seen, observation);
    }

    [Fact]
    public void Want_WithoutPlaces_IsNotSupported()
    {
        IEnvironment[] without =
        [
            new PointNavigation(new() { Goal = PointGoal.None }),
            new PointMaze(new() { Goal = MazeGoal.None }), new GridRooms(new() { Goal = RoomGoal.Red }), new ThreeLinkSwimmer(new()),
            new CartPole(new()), new TimeLimit(new CartPole(new()), 10),
        ];
        foreach (var world in without)
        {
            var observation = new float[world.Spec.Observation.Size];
            world.Reset(new Rng(1), observation);
            Assert.Null(world.Spec.GoalPlane);
            Assert.Null(world.Places);
            Assert.Throws<NotSupportedException>(() => world.Want(0, 0, observation));
        }
    }

    [Fact]
    public void Want_OfWayPoints_PutsTheLastAndLeavesTheOthers()
    {
        var field = new PointNavigation(new() { Goal = PointGoal.Waypoints, Waypoints = 3, StepsPerWaypoint = 2, StartNoise = 0 });
        var observation = new float[6];
        (double X, double Y)[] Wanted(bool click)
        {
            var wanted = new List<(double, double)>();
            field.Reset(new Rng(3), observation);
            if (click)
                field.Want(0.25, -0.5, observation);
            for (var step = 0; step < 6; step++)
            {
                wanted.Add((Math.Round(field.Places!.Value.WantedX, 6), Math.Round(field.Places!.Value.WantedY, 6)));
                Assert.Equal((float)field.Places!.Value.WantedX, observation[2]);
                field.Step([0, 0], observation);
            }
            return [.. wanted];
        }

        var own = Wanted(click: false);

        Assert.Equal([.. own[..4], (0.25, -0.5), (0.25, -0.5)], Wanted(click: true));
        Assert.Equal(3, own.Distinct().Count());
        Assert.StartsWith("The last of the way-points", field.Spec.GoalPlane!.Meaning, StringComparison.Ordinal);
    }

    [Fact]
    public void Want_OfAGoalThatMoves_LetsItGoOnFromTheNearestPointOfItsCircle()
    {
        var field = new PointNavigation(new() { Goal = PointGoal.Dynamic, StartNoise = 0 });
        var observation = new float[6];
        field.Reset(new Rng(3), observation);
        for (var step = 0; step < 7; step++)
            field.Step([0, 0], observation);

        // Straight up, beyond the circle of 0.6; ten of forty steps later it is a quarter further, against the clock.
        field.Want(0, 0.9, observation);
        var now = field.Places!.Value;
        for (var step = 0; step < 10; step++)
            field.Step([0, 0], observation);
        var later = field.Places!.Value;

        Assert.Equal((0, 0.6, 0.6), (Math.Round(now.WantedX, 9), Math.Round(now.WantedY, 9), Math.Round(now.Distance, 9)));
        Assert.Equal((-0.6, 0), (Math.Round(later.WantedX, 9), Math.Round(later.WantedY, 9)));
        Assert.Equal(-0.6f, observation[2], 5);
    }

    [Fact]
    public void Spec_OfGoalsThatAreNoPlaces_SaysWhyNobodyCanPointAtOne()
    {
        Assert.Contains("poses", new ThreeLinkSwimmer(new()).Spec.WhyNoGoalPlane);
        Assert.Contains("red room", new GridRooms(new() { Goal = RoomGoal.Red }).Spec.WhyNoGoalPlane);
        Assert.All(Worlds.Values, make => Assert.Equal("", make().Spec.WhyNoGoalPlane));
        Assert.Equal("", new CartPole(new()).Spec.WhyNoGoalPlane);
    }

    [Fact]
    public void Want_OutsideAnEpisode_IsRefused()
    {
        var field = new PointNavigation(new());

        Assert.Throws<InvalidOperationException>(() => field.Want(0, 0, new float[6]));
    }

    [Fact]
    public void Want_ThroughWrappers_ChangesTheGoalOfEveryFrameAndNothingElse()
    {
        var entry = EnvironmentCatalog.Find("point-navigation")!;
        var wrappers = new WrapperConfig { TimeLimit = 30, FrameStack = 3, RewardScale = 2, RewardSign = true, Delay = 4, DelayAfterNormalisation = false };
        using var world = EnvironmentCatalog.Factory(entry, null, wrappers).Create();
        var observation = new float[world.Spec.Observation.Size];
        world.Reset(new Rng(7), observation);
        world.Step([1, 0.5f], observation);
        var before = observation.ToArray();

        world.Want(-0.5, 0.25, observation);

        Assert.Equal(-0.5, world.Places!.Value.WantedX);
        for (var frame = 0; frame < 3; frame++)
        {
            (before[6 * frame + 2], before[6 * frame + 3]) = (-0.5f, 0.25f);
            Assert.Equal(before[(6 * frame)..(6 * frame + 6)], observation[(6 * frame)..(6 * frame + 6)]);
        }
    }

    [Fact]
    public void Want_ThroughNoise_LeavesTheNoise()
    {
        using var world = new NoisyChannels(new PointNavigation(new()), 2);
        var observation = new float[8];
        world.Reset(new Rng(7), observation);
        var before = observation.ToArray();

        world.Want(0.5, 0.75, observation);

        Assert.Equal([before[0], before[1], 0.5f, 0.75f, .. before[4..]], observation);
    }

    private static IEnvironment Make(string name) => Worlds[name]();

    private static float[] Rest(IEnvironment world) => world.Spec.Action is Discrete ? [4] : new float[world.Spec.Action.Size];
}
