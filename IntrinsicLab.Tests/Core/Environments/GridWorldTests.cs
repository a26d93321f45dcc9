using IntrinsicLab.Core;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Environments.GridWorlds;

namespace IntrinsicLab.Tests.Core.Environments;

public class GridWorldTests
{
    private const byte Up = 1, Right = 5, Stay = 4, CollectRight = 14, CollectHere = 13;

    public static TheoryData<object> Configs => [.. AllConfigs()];

    [Fact]
    public void Step_StayingOnAnObjectThatComesBackSurely_PaysEverySecondStep()
    {
        var level = OneObject(respawn: 1);

        Assert.Equal([1, 0, 1, 0, 1], Rewards(level, level.StateOf(4, 1), [Stay, Stay, Stay, Stay, Stay]));
    }

    [Fact]
    public void Step_ObjectThatComesBackUnderTheAgent_IsHitInTheNextStep()
    {
        var level = OneObject(respawn: 1);

        // Absent before the step onto its cell: not hit then, although it is back by the end of that step.
        Assert.Equal([0, 1], Rewards(level, level.StateOf(7, 0), [Up, Stay]));
    }

    [Fact]
    public void Step_MovesWithCollectActions_CollectNothing()
    {
        var level = OneObject(respawn: 0, GridActionSet.NineMovesAndCollect);

        Assert.Equal([0, 0, 1, 0], Rewards(level, level.StateOf(3, 1), [Right, Stay, CollectHere, CollectHere]));
        Assert.Equal([1, 0], Rewards(level, level.StateOf(3, 1), [CollectRight, Right]));
        Assert.Equal(3, level.CellOf(level.Step(level.StateOf(3, 1), CollectRight, new Rng(1), out _, out _)));
        Assert.Equal([0], Rewards(level, level.StateOf(5, 1), [CollectRight]));
    }

    [Fact]
    public void Step_IntoWallsAndEdges_Stays()
    {
        var level = new GridLevel(GridMap.Parse(".#./.../...", "test"), [], GridActionSet.NineMoves, 10);

        Assert.Equal([0, 0, 3, 4, 3, 0], Cells(level, [1, 5, 7, 5, 3, 1]));
        Assert.Equal([4, 5, 5, 2, 5, 4, 4], Cells(level, [8, 5, 2, 1, 7, 3, 1]));
    }

    [Fact]
    public void Step_ProbabilitiesBetweenNoughtAndOne_AreMetOnAverage()
    {
        var map = new GridMap(1, 2);
        var level = new GridLevel(map, [new GridObject(0, new(2, 0.3, 0.2))], GridActionSet.NineMoves, 10);
        var rng = new Rng(8);
        var (ended, back) = (0, 0);
        for (var trial = 0; trial < 20_000; trial++)
        {
            level.Step(level.StateOf(0, 1), Stay, rng, out _, out var terminated);
            ended += terminated ? 1 : 0;
            back += level.MaskOf(level.Step(level.StateOf(1, 0), Stay, rng, out _, out _));
        }

        Assert.InRange(ended / 20_000.0, 0.285, 0.315);
        Assert.InRange(back / 20_000.0, 0.187, 0.213);
    }

    [Theory]
    [MemberData(nameof(Configs))]
    public void Episodes_OfEveryConfiguration_KeepToTheirSpaceAndSpec(object config)
    {
        using var environment = Create(config);
        var (rng, box) = (new Rng(3), environment.Spec.Observation);
        var observation = new float[box.Size];
        environment.Reset(rng, observation);
        for (var step = 0; step < 300; step++)
        {
            var result = environment.Step([rng.NextInt(((Discrete)environment.Spec.Action).Count)], observation);
            Assert.True(observation.All(value => value is >= 0 and <= 1));
            Assert.InRange(result.Reward, -1, 1);
            if (environment is ITabular world)
                Assert.InRange(world.State, 0, world.States - 1);
            if (result.Ended)
                environment.Reset(rng, observation);
        }
        Assert.NotEmpty(environment.Render()!.Shapes);
    }

    [Theory]
    [InlineData(GridConfiguration.Dense, 1936, 500)]
    [InlineData(GridConfiguration.Sparse, 676, 50)]
    [InlineData(GridConfiguration.LongHorizon, 1936, 1000)]
    [InlineData(GridConfiguration.LongerHorizon, 8064, 2000)]
    [InlineData(GridConfiguration.LongDense, 1936, 2000)]
    public void Tabular_PublishedGrids_HaveTheirStatesAndLimits(GridConfiguration configuration, int states, int limit)
    {
        using var environment = new GridTabular(new GridTabularConfig { Configuration = configuration });

        Assert.Equal((states, limit, states), (environment.States, environment.Spec.TimeLimit, environment.Spec.Observation.Size));
    }

    [Theory]
    [InlineData(GridRandomConfiguration.Dense, 4, 11, 11)]
    [InlineData(GridRandomConfiguration.LongHorizon, 3, 11, 11)]
    [InlineData(GridRandomConfiguration.Small, 3, 5, 7)]
    [InlineData(GridRandomConfiguration.SmallSparse, 3, 5, 7)]
    [InlineData(GridRandomConfiguration.VeryDense, 2, 11, 11)]
    public void Random_Observation_HasAPlaneForTheAgentAndEachType(GridRandomConfiguration configuration, int planes, int rows, int columns)
    {
        using var environment = new GridRandom(new GridRandomConfig { Configuration = configuration });
        var observation = new float[environment.Spec.Observation.Size];
        environment.Reset(new Rng(2), observation);

        Assert.Equal([rows, columns, planes], environment.Spec.Observation.Shape);
        Assert.Equal(1 + environment.Cells.Objects.Length, observation.Sum());
        Assert.Equal(1, observation[environment.Cells.Agent * planes]);
    }

    [Fact]
    public void Random_ObjectThatComesBack_LiesOnAnEmptyCell()
    {
        using var environment = new GridRandom(new GridRandomConfig { Configuration = GridRandomConfiguration.VeryDense, Map = ".../.../..." });
        var observation = new float[environment.Spec.Observation.Size];
        environment.Reset(new Rng(2), observation);
        HashSet<int> places = [];
        for (var trial = 0; trial < 400; trial++)
        {
            environment.Cells = (4, [5]);
            Assert.Equal(1, environment.Step([Right], observation).Reward);
            Assert.Equal(-1, environment.Cells.Objects[0]);
            Assert.Equal(0, environment.Step([Stay], observation).Reward);
            places.Add(environment.Cells.Objects[0]);
        }

        Assert.Equal([0, 1, 2, 3, 4, 6, 7, 8], places.Order());
    }

    [Fact]
    public void Random_ObjectAbsentWhileAnotherIsHit_KeepsOffItsCell()
    {
        using var environment = new GridRandom(new GridRandomConfig { Configuration = GridRandomConfiguration.SmallSparse, Map = "...." });
        var observation = new float[environment.Spec.Observation.Size];
        environment.Reset(new Rng(2), observation);
        environment.Cells = (0, [1, 2, -1]);

        var result = environment.Step([Right], observation);
        Assert.Equal((1, true), (result.Reward, result.Terminated));
        Assert.Equal([-1, 2], environment.Cells.Objects[..2]);
        Assert.True(environment.Cells.Objects[2] is 0 or 3);
    }

    [Theory]
    [InlineData("...../.../.....", "row 2")]
    [InlineData(".../...x/...", "row 2")]
    [InlineData("..x/...", "'x'")]
    [InlineData("###/###", "no free cell")]
    [InlineData("#.#/.#.", "3 free cells for 4 objects")]
    [InlineData("/...", "row 1 of the map is empty")]
    public void Tabular_ImpossibleMap_IsRefusedNamingTheFault(string map, string fault)
    {
        var refusal = Assert.Throws<ArgumentException>(() => new GridTabular(new GridTabularConfig { Map = map }));

        Assert.Contains(fault, refusal.Message, StringComparison.Ordinal);
        Assert.StartsWith("grid-tabular: ", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Random_TooFewFreeCells_IsRefused() =>
        Assert.Throws<ArgumentException>(() => new GridRandom(new GridRandomConfig { Map = "..../####" }));

    [Fact]
    public void Tabular_TooManyStatesForOneHot_IsRefused()
    {
        var map = string.Join('/', Enumerable.Repeat(new string('.', 64), 64));
        var config = new GridTabularConfig { Configuration = GridConfiguration.LongerHorizon, Map = map };

        Assert.Throws<ArgumentException>(() => new GridTabular(config));
        using var compact = new GridTabular(config with { Observation = GridObservation.Compact });
        Assert.Equal(9, compact.Spec.Observation.Size);
    }

    [Fact]
    public void Level_ThatCannotBe_IsRefused()
    {
        var map = new GridMap(2, 2, (0, 0));
        GridLevel Level(GridObject[] objects, int? start = null) => new(map, objects, GridActionSet.NineMoves, 10, start);

        Assert.Equal(8, Level([new(1, new(1, 0, 1))], start: 1).States);
        Assert.Throws<ArgumentException>(() => Level([new(0, new(1, 0, 1))]));
        Assert.Throws<ArgumentException>(() => Level([new(4, new(1, 0, 1))]));
        Assert.Throws<ArgumentException>(() => Level([new(1, new(1, 0, 1)), new(1, new(-1, 0, 1))]));
        Assert.Throws<ArgumentException>(() => Level([new(1, new(1, 1.5, 1))]));
        Assert.Throws<ArgumentException>(() => Level([new(1, new(1, 0, double.NaN))]));
        Assert.Throws<ArgumentException>(() => Level([], start: 0));
        Assert.Throws<ArgumentException>(() => new GridLevel(new GridMap(1, 1, (0, 0)), [], GridActionSet.NineMoves, 10));
        Assert.Throws<ArgumentOutOfRangeException>(() => new GridMap(65, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => new GridMap(0, 2));
    }

    [Fact]
    public void Map_WrittenAndRead_IsTheSame()
    {
        var map = new GridMap(5, 7, (1, 2), (3, 4), (9, 9));

        Assert.Equal("......./..#..../......./....#../.......", map.ToString());
        Assert.Equal(map.ToString(), GridMap.Parse(map.ToString(), "test").ToString());
        Assert.Equal(33, map.FreeCells.Count);
    }

    [Fact]
    public void Tabular_OtherLayoutSeed_IsAnotherLayout()
    {
        var layouts = Enumerable.Range(0, 20).Select(seed =>
        {
            using var environment = new GridTabular(new GridTabularConfig { LayoutSeed = seed });
            return string.Join(' ', environment.Render().Shapes.Where(shape => shape.Kind == "text").SelectMany(shape => shape.Points));
        });

        Assert.Equal(20, layouts.Distinct().Count());
    }

    [Fact]
    public void RandomLevels_ManyDrawn_LieInTheirRanges()
    {
        var levels = Enumerable.Range(0, 300)
            .Select(seed => GridLevel.Draw(GridConfiguration.RandomLevel, GridActionSet.FiveMoves, new Rng((ulong)seed))).ToList();
        var kinds = levels.SelectMany(level => level.Objects).Select(item => item.Kind).ToList();

        Assert.Equal(Enumerable.Range(4, 7), levels.Select(level => level.Map.Rows).Distinct().Order());
        Assert.All(levels, level => Assert.Equal(level.Map.Rows, level.Map.Columns));
        Assert.Equal([1, 2, 3, 4, 5], levels.Select(level => level.Objects.Count).Distinct().Order());
        Assert.All(levels, level => Assert.InRange(level.TimeLimit!.Value, 20, 750));
        Assert.All(levels, level => Assert.InRange(level.Objects[0].Kind.Reward, 0, 1));
        Assert.All(kinds, kind => Assert.InRange(kind.Reward, -1, 1));
        Assert.All(kinds, kind => Assert.InRange(kind.Termination, 0.01, 1));
        Assert.All(kinds, kind => Assert.InRange(kind.Respawn, 0.001, 0.1));
        Assert.All(levels.Where(level => level.Map.Rows == 10), level => Assert.Equal(85, level.Map.FreeCells.Count));
    }

    [Fact]
    public void Chain_EitherBranch_PaysAtTheEndOnly()
    {
        var chain = new ChainLevel(4, rightAction: 1);

        Assert.Equal([1, 3, 5, 5], Path(chain, [1, 0, 0, 1], out var right));
        Assert.Equal([0, 0, 0, 1], right);
        Assert.Equal([2, 4, 6, 6], Path(chain, [0, 1, 1, 1], out var wrong));
        Assert.Equal([0, 0, 0, -1], wrong);
    }

    [Fact]
    public void Chain_Noise_IsFairAndSparesTheLastStep()
    {
        var chain = new ChainLevel(3, rightAction: 0, noisy: true);
        var (rng, sum) = (new Rng(5), 0.0);
        for (var trial = 0; trial < 10_000; trial++)
        {
            var middle = chain.Step(0, 0, rng, out var noise, out _);
            Assert.Equal(1, Math.Abs(noise));
            chain.Step(chain.Step(middle, 0, rng, out _, out _), 0, rng, out var last, out var ended);
            Assert.True(ended && last == 1);
            sum += noise;
        }

        Assert.InRange(sum / 10_000, -0.04, 0.04);
    }

    [Fact]
    public void Chain_LengthsDrawn_CoverTheirRange()
    {
        List<int> Lengths(ChainConfiguration configuration) =>
            [.. Enumerable.Range(0, 2000).Select(seed => ChainLevel.Draw(configuration, new Rng((ulong)seed)).Length).Distinct().Order()];

        Assert.Equal(Enumerable.Range(5, 26), Lengths(ChainConfiguration.Short));
        Assert.Equal(Enumerable.Range(5, 46), Lengths(ChainConfiguration.LongNoisy));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(6)]
    public void Chain_Distraction_ShowsWhichActionIsRightAndWhetherItWasTaken(int length)
    {
        using var chain = new DelayedChain(new DelayedChainConfig { Configuration = ChainConfiguration.StateDistraction, Length = length });
        var (rng, observation) = (new Rng(4), new float[22]);
        HashSet<(float, float)> seen = [];
        for (var episode = 0; episode < 50; episode++)
        {
            chain.Reset(rng, observation);
            var right = observation[0];
            Assert.Equal(0, observation[1]);
            var taken = rng.NextInt(2);
            StepResult result;
            do
            {
                result = chain.Step([taken], observation);
                Assert.Equal((right, taken == right ? 1 : 0), (observation[0], observation[1]));
            }
            while (!result.Ended);
            Assert.Equal(taken == right ? 1 : -1, result.Reward);
            seen.Add((right, taken));
        }

        Assert.Equal(4, seen.Count);
    }

    private static int[] Path(ITabularLevel level, byte[] actions, out double[] rewards)
    {
        var (rng, states) = (new Rng(1), new List<int> { 0 });
        rewards = new double[actions.Length];
        for (var step = 0; step < actions.Length; step++)
            states.Add(level.Step(states[^1], actions[step], rng, out rewards[step], out _));
        return [.. states.Skip(1)];
    }

    private static int[] Cells(GridLevel level, byte[] actions) => Path(level, actions, out _);

    private static double[] Rewards(GridLevel level, int state, byte[] actions)
    {
        var rng = new Rng(1);
        return [.. actions.Select(action =>
        {
            state = level.Step(state, action, rng, out var reward, out _);
            return reward;
        })];
    }

    // A 3 × 3 grid with one object in the middle.
    private static GridLevel OneObject(double respawn, GridActionSet actions = GridActionSet.NineMoves) =>
        new(new GridMap(3, 3), [new GridObject(4, new(1, 0, respawn))], actions, 10);

    private static IEnumerable<object> AllConfigs() =>
    [
        .. Enum.GetValues<GridConfiguration>().Select(kind => new GridTabularConfig { Configuration = kind, LayoutSeed = 5 }),
        .. Enum.GetValues<GridActionSet>().Select(actions => new GridTabularConfig
        {
            Actions = actions, StartCell = GridStart.Fixed, Observation = GridObservation.Compact, Map = "...#./...../#....",
        }),
        .. Enum.GetValues<GridRandomConfiguration>().Select(kind => new GridRandomConfig { Configuration = kind }),
        .. Enum.GetValues<GridActionSet>().Select(actions => new GridRandomConfig
        {
            Actions = actions, StartCell = GridStart.Fixed, Map = "...#./.....",
        }),
        .. Enum.GetValues<ChainConfiguration>().Select(kind => new DelayedChainConfig { Configuration = kind, LayoutSeed = 2 }),
        new DelayedChainConfig { Length = 1 },
    ];

    private static IEnvironment Create(object config) => config switch
    {
        GridTabularConfig grid => new GridTabular(grid),
        GridRandomConfig grid => new GridRandom(grid),
        var chain => new DelayedChain((DelayedChainConfig)chain),
    };
}
