using IntrinsicLab.Core;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Environments.Classic;
using IntrinsicLab.Core.Environments.GridWorlds;

namespace IntrinsicLab.Tests.Core.Environments;

public class ExplorationTests
{
    [Theory]
    [InlineData(2, true)]
    [InlineData(10, true)]
    [InlineData(10, false)]
    [InlineData(50, true)]
    public void DeepSea_AlwaysRight_Returns099(int size, bool randomise)
    {
        var config = new DeepSeaConfig { Size = size, RandomiseActions = randomise };
        using var environment = new DeepSea(config);
        var observation = new float[size * size];
        environment.Reset(new Rng(1), observation);

        var rewards = Enumerable.Range(0, size).Select(_ => environment.Step([Towards(environment, right: true)], observation)).ToList();

        Assert.Equal(0.99, rewards.Sum(result => result.Reward), 12);
        Assert.Equal(-0.01 / size, rewards[0].Reward, 12);
        Assert.Equal([size - 1], rewards.Index().Where(result => result.Item.Terminated).Select(result => result.Index));
        Assert.All(observation, value => Assert.Equal(0, value));
    }

    [Fact]
    public void DeepSea_OneStepLeft_LosesTheTreasure()
    {
        using var environment = new DeepSea(new DeepSeaConfig());
        environment.Reset(new Rng(1), new float[100]);

        var total = Enumerable.Range(0, 10).Sum(step => environment.Step([Towards(environment, right: step != 4)], new float[100]).Reward);

        Assert.Equal(-0.009, total, 12);
    }

    [Fact]
    public void DeepSea_Mapping_DependsOnItsSeedAlone()
    {
        Assert.Equal(Mapping(42), Mapping(42));
        Assert.NotEqual(Mapping(42), Mapping(43));
        Assert.InRange(Mapping(42).Count(action => action == 1), 30, 70);

        static List<int> Mapping(int seed)
        {
            using var environment = new DeepSea(new DeepSeaConfig { MappingSeed = seed });
            return [.. Enumerable.Range(0, 100).Select(state => Right(environment, state))];
        }
    }

    [Fact]
    public void FourRooms_Map_HasItsRoomsAndHallways()
    {
        using var environment = new FourRooms(new FourRoomsConfig { SlipProbability = 0 });
        Assert.Equal(104, environment.States);
        Assert.Equal(104, environment.Spec.Observation.Size);
        environment.Reset(new Rng(1), new float[104]);

        // Down and right through the west and south hallways, up through the east one.
        var path = "R DDDDDDDDD RRRRRRR UUU".Replace(" ", "", StringComparison.Ordinal);
        var results = path.Select(move => environment.Step(["URDL".IndexOf(move)], new float[104])).ToList();

        Assert.Equal(path.Length, results.Count(result => !result.Terminated) + 1);
        Assert.Equal(new StepResult(1, Terminated: true, Truncated: false), results[^1]);
        Assert.Equal(0, results.SkipLast(1).Sum(result => result.Reward));
    }

    [Fact]
    public void FourRooms_IntoAWall_Stays()
    {
        using var environment = new FourRooms(new FourRoomsConfig { SlipProbability = 0, View = FourRoomsView.Coordinates });
        var observation = new float[2];
        environment.Reset(new Rng(1), observation);

        environment.Step([0], observation);
        Assert.Equal([0f, 0f], observation);
        environment.Step([2], observation);
        Assert.Equal([0f, 0.1f], observation);
    }

    [Fact]
    public void KeyDoor_ShortestWay_IsFoundInTheTable()
    {
        using var environment = new KeyDoor(new KeyDoorConfig());
        // To the key 6 down, back up 3 and right 3 through the door, on to the goal 3 right and 3 down.
        Assert.Equal(18, ShortestWay(environment));
    }

    [Fact]
    public void KeyDoor_WithoutTheKey_TheDoorIsShut()
    {
        using var environment = new KeyDoor(new KeyDoorConfig());
        var observation = new float[7 * 7 * 6];
        environment.Reset(new Rng(1), observation);

        Walk(environment, observation, "DDD RRR");
        Assert.Equal((3, 2), Agent(observation));
        Walk(environment, observation, "LL DDD UUU RRR");
        Assert.Equal((3, 3), Agent(observation));
        Assert.True(Walk(environment, observation, "RRR DDD").Terminated);
    }

    [Fact]
    public void KeyDoor_FullView_ShowsEveryThing()
    {
        using var environment = new KeyDoor(new KeyDoorConfig());
        var observation = new float[7 * 7 * 6];
        environment.Reset(new Rng(1), observation);
        Assert.Equal([1, 6, 1, 1, 1, 0], Channels(observation, 6));

        Walk(environment, observation, "DDDDDD");
        Assert.Equal([1, 6, 0, 1, 1, 49], Channels(observation, 6));
        Walk(environment, observation, "UUU RRR");
        Assert.Equal([1, 6, 0, 0, 1, 0], Channels(observation, 6));
    }

    [Fact]
    public void KeyDoor_Window_IsTheSquareAroundTheAgent()
    {
        using var full = new KeyDoor(new KeyDoorConfig { RandomPlacement = true });
        using var window = new KeyDoor(new KeyDoorConfig { RandomPlacement = true, View = KeyDoorView.Window, WindowReach = 1 });
        var (whole, part, actions) = (new float[7 * 7 * 6], new float[3 * 3 * 5], new Rng(3));
        full.Reset(new Rng(9), whole);
        window.Reset(new Rng(9), part);
        for (var step = 0; step < 300; step++)
        {
            var (row, column) = Agent(whole);
            for (var place = 0; place < 9; place++)
            {
                var (y, x) = (row + place / 3 - 1, column + place % 3 - 1);
                var inside = y is >= 0 and < 7 && x is >= 0 and < 7;
                var shown = inside ? whole.AsSpan((y * 7 + x) * 6 + 1, 5).ToArray() : [1, 0, 0, 0, whole[5]];
                Assert.Equal(shown, part[(place * 5)..(place * 5 + 5)]);
            }
            float[] action = [actions.NextInt(4)];
            full.Step(action, whole);
            if (!window.Step(action, part).Terminated)
                continue;
            full.Reset(new Rng((ulong)step), whole);
            window.Reset(new Rng((ulong)step), part);
        }
    }

    [Fact]
    public void KeyDoor_RandomPlacement_AlwaysHasAWay()
    {
        using var environment = new KeyDoor(new KeyDoorConfig { RandomPlacement = true });
        for (var seed = 0UL; seed < 30; seed++)
        {
            environment.Reset(new Rng(seed), new float[7 * 7 * 6]);
            Assert.InRange(ShortestWay(environment), 4, 40);
        }
    }

    [Theory]
    [InlineData(false, 0, 12)]
    [InlineData(true, 20, 20)]
    public void LockChain_CountsInTheReward_FindTheEndWhereChanceDoesNot(bool bonus, int fewest, int most) =>
        Assert.InRange(Enumerable.Range(0, 20).Count(seed => Finds(seed, bonus)), fewest, most);

    [Fact]
    public void PointGather_Sensors_ShowTheNearestAheadOfEachSector()
    {
        using var environment = new PointGather(new PointGatherConfig());
        var observation = new float[24];

        environment.Begin(
            0, 0, 0, [(3, 0.1, false), (5, 0.2, false), (0, -2, true), (0, 4, true), (-2, 0, false), (6.1, 0.1, true)], observation);

        Assert.Equal([0f, 0f, 0f, 1f], observation[..4]);
        var readings = observation[4..].Index().Where(each => each.Item > 0).ToDictionary(each => each.Index, each => each.Item);
        Assert.Equal([5, 10, 19], readings.Keys.Order());
        Assert.Equal(1 - Math.Sqrt(9.01) / 6, readings[5], 1e-6);
        Assert.Equal(2.0 / 3, readings[10], 1e-6);
        Assert.Equal(1.0 / 3, readings[19], 1e-6);
    }

    [Fact]
    public void PointGather_Driving_TakesWhatIsNearAndEndsWithTheLast()
    {
        using var environment = new PointGather(new PointGatherConfig());
        var observation = new float[24];
        environment.Begin(0, 0, 0, [(2, 0, false), (3, 0.5, true)], observation);

        Assert.Equal(0, environment.Step([1, 0], observation).Reward);
        Assert.Equal(new StepResult(1, Terminated: false, Truncated: false), environment.Step([1, 0], observation));
        Assert.Equal(new StepResult(-1, Terminated: true, Truncated: false), environment.Step([1, 0], observation));
    }

    [Fact]
    public void PointGather_Move_TurnsFirstAndStopsAtTheWall()
    {
        using var environment = new PointGather(new PointGatherConfig());
        var observation = new float[24];
        environment.Begin(6.5, 0, 0, [(-6, -6, false)], observation);

        environment.Step([1, 2], observation);

        Assert.Equal([1f, (float)(Math.Sin(0.25) / 7), (float)Math.Sin(0.25), (float)Math.Cos(0.25)], observation[..4]);
    }

    [Fact]
    public void PointGather_Reset_PlacesObjectsOnTheirGrid()
    {
        using var environment = new PointGather(new PointGatherConfig());
        for (var seed = 0UL; seed < 50; seed++)
        {
            environment.Reset(new Rng(seed), new float[24]);
            var scene = environment.Render();
            var circles = scene.Shapes.Where(shape => shape.Kind == "circle" && shape.Tone is "green" or "hazard").ToList();
            Assert.Equal((8, 8), (circles.Count(circle => circle.Tone == "green"), circles.Count(circle => circle.Tone == "hazard")));
            var places = circles.Select(circle => (X: Math.Round(circle.Points[0] - 7.8, 9), Y: Math.Round(circle.Points[1] - 7.8, 9)));
            Assert.Equal(16, places.Distinct().Count());
            Assert.DoesNotContain((0.0, 0.0), places);
            Assert.All(places.SelectMany(place => new[] { place.X, place.Y }), value => Assert.True(value % 2 == 0 && value is >= -6 and <= 4));
        }
    }

    private static int Right(DeepSea environment, int state)
    {
        var outcomes = new List<Outcome>();
        environment.Outcomes(state, 1, outcomes);
        return outcomes[0].Reward != 0 ? 1 : 0;
    }

    private static int Towards(DeepSea environment, bool right) =>
        right ? Right(environment, environment.State) : 1 - Right(environment, environment.State);

    private static StepResult Walk(KeyDoor environment, float[] observation, string path)
    {
        var result = default(StepResult);
        foreach (var move in path.Where(char.IsLetter))
            result = environment.Step(["URDL".IndexOf(move)], observation);
        return result;
    }

    private static (int Row, int Column) Agent(float[] observation)
    {
        var cell = Enumerable.Range(0, 49).Single(cell => observation[6 * cell] == 1);
        return (cell / 7, cell % 7);
    }

    private static IEnumerable<int> Channels(float[] observation, int channels) =>
        Enumerable.Range(0, channels).Select(channel => (int)observation.Where((_, index) => index % channels == channel).Sum());

    private static int ShortestWay(KeyDoor environment)
    {
        var distance = new Dictionary<int, int> { [environment.State] = 0 };
        var (queue, outcomes) = (new Queue<int>([environment.State]), new List<Outcome>());
        while (queue.TryDequeue(out var state))
            for (var action = 0; action < 4; action++)
            {
                outcomes.Clear();
                environment.Outcomes(state, action, outcomes);
                if (outcomes[0].Terminated)
                    return distance[state] + 1;
                if (distance.TryAdd(outcomes[0].State, distance[state] + 1))
                    queue.Enqueue(outcomes[0].State);
            }
        return -1;
    }

    /// <summary>Q-learning with tables on twelve doors for 1,000 episodes; does it ever pass the last?</summary>
    private static bool Finds(int seed, bool bonus)
    {
        using var environment = new LockChain(new LockChainConfig { Length = 12, LockSeed = seed });
        var (rng, observation, found) = (new Rng((ulong)seed), new float[12], false);
        var (values, counts) = (new double[12, 2], new int[12, 2]);
        if (bonus)
            for (var door = 0; door < 12; door++)
                (values[door, 0], values[door, 1]) = (1.2, 1.2);
        for (var episode = 0; episode < 1000; episode++)
        {
            environment.Reset(rng, observation);
            for (var ended = false; !ended;)
            {
                var door = environment.State;
                var action = values[door, 0] == values[door, 1] || (!bonus && rng.NextDouble() < 0.1) ? rng.NextInt(2)
                    : values[door, 1] > values[door, 0] ? 1
                    : 0;
                var result = environment.Step([action], observation);
                ended = result.Terminated;
                found |= result.Reward > 0;
                counts[door, action]++;
                var next = ended ? 0 : Math.Max(values[environment.State, 0], values[environment.State, 1]);
                var reward = result.Reward + (bonus ? 0.1 / Math.Sqrt(counts[door, action]) : 0);
                values[door, action] += 0.5 * (reward + 0.99 * next - values[door, action]);
            }
        }
        return found;
    }
}
