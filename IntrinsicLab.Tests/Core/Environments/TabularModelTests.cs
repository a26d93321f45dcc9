using IntrinsicLab.Core;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Environments.GridWorlds;
using IntrinsicLab.Core.Environments.Wrappers;

namespace IntrinsicLab.Tests.Core.Environments;

/// <summary>
/// Optimal and uniform values against those computed for the same grids by an independent program: finite horizon over steps left, cell and
/// mask.
/// </summary>
public class TabularModelTests
{
    private const GridActionSet Nine = GridActionSet.NineMoves;
    private const GridActionSet Five = GridActionSet.FiveMoves;
    private const string TwoRooms = "....#..../........./....#..../...###.../....#..../........./....#....";

    private const string FourRooms =
        ".........../.....#...../.....#...../.....#...../##.#####.##/.....#...../"
        + ".....#...../.........../.....#...../.....#...../.....#.....";

    public static TheoryData<string> Tabular =>
        [.. EnvironmentCatalog.All.Where(entry => entry.StartsByItself && IsTabular(entry)).Select(entry => entry.Id)];

    [Theory]
    [InlineData(Nine, 1.0, 1.000000, 1.000000, 0.412337)]
    [InlineData(Nine, 0.99, 0.970299, 0.981736, 0.340888)]
    [InlineData(Five, 0.99, 0.932065, 0.970091, 0.330174)]
    public void Values_OneGoal_AreThePublished(GridActionSet actions, double gamma, double start, double average, double uniform) =>
        Check(Level(new GridMap(5, 5), 50, (0, 0), actions, ((4, 4), 1, 1, 0)), gamma, start, average, uniform);

    [Theory]
    [InlineData(1.0, 5.621315, 5.638458, 2.175078)]
    [InlineData(0.99, 3.869662, 3.890071, 1.424262)]
    public void Values_OneObjectThatComesBack_AreThePublished(double gamma, double start, double average, double uniform) =>
        Check(Level(new GridMap(5, 5), 100, (0, 0), Nine, ((2, 2), 1, 0, 0.05)), gamma, start, average, uniform);

    [Theory]
    [InlineData(Nine, 1.0, 5.917355, 6.131641, -0.951708)]
    [InlineData(Nine, 0.99, 4.553143, 4.782357, -0.761324)]
    [InlineData(Five, 1.0, 5.826446, 6.079693, -0.365559)]
    public void Values_WallsAndTwoObjects_AreThePublished(GridActionSet actions, double gamma, double start, double average, double uniform) =>
        Check(Level(new GridMap(4, 4, (1, 1), (2, 2)), 60, (3, 0), actions, ((0, 3), 1, 0, 0.1), ((1, 2), -1, 0.5, 1)), gamma, start, average, uniform);

    [Theory]
    [InlineData(Nine, 1.0, 46.168058, 46.116243, -0.399135)]
    [InlineData(Nine, 0.99, 10.182256, 10.124774, -0.120276)]
    [InlineData(Five, 1.0, 43.466629, 43.377155, -0.416962)]
    public void Values_Dense_AreThePublished(GridActionSet actions, double gamma, double start, double average, double uniform) =>
        Check(
            Level(new GridMap(11, 11), 500, (0, 0), actions, ((1, 3), 1, 0, 0.05), ((3, 7), 1, 0, 0.05), ((8, 7), -1, 0.5, 0.1), ((9, 2), -1, 0, 0.5)),
            gamma, start, average, uniform);

    [Fact]
    public void Values_Sparse_AreThePublished() =>
        Check(Level(new GridMap(13, 13), 50, (12, 12), Nine, ((6, 6), 1, 1, 0), ((0, 0), -1, 1, 0)), 0.99, 0.950990, 0.967357, 0.088383);

    [Fact]
    public void Values_LongHorizon_AreThePublished() =>
        Check(
            Level(new GridMap(11, 11), 1000, (0, 0), Nine, ((1, 3), 1, 0, 0.01), ((9, 8), 1, 0, 0.01), ((4, 5), -1, 0.5, 1), ((7, 2), -1, 0.5, 1)),
            1.0, 21.002920, 20.992770, -0.874637);

    [Fact]
    public void Values_LongerHorizon_AreThePublished() =>
        Check(
            Level(GridMap.Parse(TwoRooms, "test"), 2000, (3, 1), Nine, ((0, 0), 1, 0.1, 0.01), ((6, 8), 1, 0.1, 0.01), ((1, 2), -1, 0.8, 1),
                ((2, 6), -1, 0.8, 1), ((4, 1), -1, 0.8, 1), ((5, 7), -1, 0.8, 1), ((3, 8), -1, 0.8, 1)),
            1.0, 9.821820, 9.821679, -1.086787);

    [Theory]
    [InlineData(Nine, 42.712485, 42.712821, 14.925998)]
    [InlineData(Five, 42.093437, 42.103762, 12.174384)]
    public void Values_LongDense_AreThePublished(GridActionSet actions, double start, double average, double uniform) =>
        Check(
            Level(GridMap.Parse(FourRooms, "test"), 2000, (0, 0), actions,
                ((1, 2), 1, 0, 0.005), ((1, 8), 1, 0, 0.005), ((9, 2), 1, 0, 0.005), ((9, 8), 1, 0, 0.005)),
            1.0, start, average, uniform);

    [Theory]
    [InlineData(Nine, 4)]
    [InlineData(Five, 8)]
    public void OptimalValues_WithoutEndOfTime_FallWithTheDistance(GridActionSet actions, int distance)
    {
        // Chebyshev distance with diagonal moves, Manhattan without; the step onto the goal is not discounted.
        using var world = new GridTabular(Level(new GridMap(5, 5), 50, (0, 0), actions, ((4, 4), 1, 1, 0)));

        Assert.Equal(Math.Pow(0.99, distance - 1), Model(world).AtStart(Model(world).OptimalValues(0.99)), 9);
    }

    [Theory]
    [InlineData(ChainConfiguration.Short, 7)]
    [InlineData(ChainConfiguration.LongNoisy, 50)]
    [InlineData(ChainConfiguration.StateDistraction, 30)]
    [InlineData(ChainConfiguration.Short, 1)]
    public void Values_Chain_AreGammaToTheLengthLessOne(ChainConfiguration configuration, int length)
    {
        using var chain = new DelayedChain(new DelayedChainConfig { Configuration = configuration, Length = length, LayoutSeed = 3 });
        var model = Model(chain);

        Assert.Equal(Math.Pow(0.99, length - 1), model.AtStart(model.OptimalValues(0.99)), 12);
        Assert.Equal(1.0, model.AtStart(model.OptimalValues(1.0)), 12);
        Assert.Equal(0.0, model.AtStart(model.PolicyValues(model.UniformPolicy, 0.99)), 12);
    }

    [Fact]
    public void FiniteHorizon_ManySteps_ApproachesValuesWithoutEnd()
    {
        using var world = new GridTabular(new GridTabularConfig { Configuration = GridConfiguration.SmallDense });
        var model = Model(world);
        var values = model.OptimalValues(0.9);
        var greedy = new double[model.States * model.Actions];
        foreach (var (state, action) in model.GreedyPolicy(values, 0.9).Index())
            greedy[state * model.Actions + action] = 1;

        Assert.Equal(model.AtStart(values), model.AtStart(model.OptimalValues(0.9, 400)), 9);
        Assert.Equal(model.AtStart(values), model.AtStart(model.PolicyValues(greedy, 0.9)), 9);
        Assert.Equal(model.AtStart(model.PolicyValues(greedy, 0.9)), model.AtStart(model.PolicyValues(greedy, 0.9, 400)), 9);
    }

    [Fact]
    public void Model_ProbabilitiesThatDoNotSumToOne_AreRefused() =>
        Assert.Throws<InvalidDataException>(() => new TabularModel(new Leaking(), 1));

    [Fact]
    public void OptimalValues_UndiscountedAndEndless_AreRefused() =>
        Assert.Throws<InvalidOperationException>(() => new TabularModel(new Endless(), 1).OptimalValues(1.0));

    [Theory]
    [MemberData(nameof(Tabular))]
    public void GreedyPolicy_InSimulation_ReachesTheOptimum(string id)
    {
        const int episodes = 400;
        var entry = EnvironmentCatalog.Find(id)!;
        using var raw = entry.Create(Activator.CreateInstance(entry.Parameters)!);
        var limit = raw.Spec.TimeLimit ?? 1000;
        var world = (ITabular)raw;
        var model = new TabularModel(world, ((Discrete)raw.Spec.Action).Count);
        var (values, plan) = model.OptimalPlan(gamma: 1, limit);
        var rng = new Rng(2);
        var returns = Enumerable.Range(0, episodes).Select(_ => Return(new TimeLimit(raw, limit), world, plan, rng)).ToList();

        var mean = returns.Average();
        var error = Math.Sqrt(returns.Sum(value => (value - mean) * (value - mean)) / (episodes - 1) / episodes);
        Assert.InRange(mean, model.AtStart(values) - 4 * error - 1e-9, model.AtStart(values) + 4 * error + 1e-9);
    }

    private static double Return(TimeLimit environment, ITabular world, byte[][] plan, Rng rng)
    {
        var observation = new float[environment.Spec.Observation.Size];
        environment.Reset(rng, observation);
        var sum = 0.0;
        for (var left = plan.Length; left > 0; left--)
        {
            var result = environment.Step([plan[left - 1][world.State]], observation);
            sum += result.Reward;
            if (result.Ended)
                break;
        }
        return sum;
    }

    private static void Check(GridLevel level, double gamma, double start, double average, double uniform)
    {
        using var world = new GridTabular(level, GridObservation.Compact);
        var model = Model(world);
        var mask = (1 << level.Objects.Count) - 1;
        var steps = level.TimeLimit!.Value;
        var optimal = model.OptimalValues(gamma, steps);
        var random = model.PolicyValues(model.UniformPolicy, gamma, steps);

        Assert.Equal(start, optimal[level.StateOf(level.Start!.Value, mask)], 6);
        Assert.Equal(average, level.Map.FreeCells.Average(cell => optimal[level.StateOf(cell, mask)]), 6);
        Assert.Equal(uniform, level.Map.FreeCells.Average(cell => random[level.StateOf(cell, mask)]), 6);
    }

    private static GridLevel Level(GridMap map, int steps, (int Row, int Column) start, GridActionSet actions,
        params ((int Row, int Column) Cell, double Reward, double Termination, double Respawn)[] objects) => new(
            map,
            [
                .. objects.Select(item => new GridObject(
                    item.Cell.Row * map.Columns + item.Cell.Column, new(item.Reward, item.Termination, item.Respawn))),
            ],
            actions, steps, start.Row * map.Columns + start.Column);

    private static TabularModel Model(IEnvironment world) => new((ITabular)world, ((Discrete)world.Spec.Action).Count);

    private static bool IsTabular(EnvironmentEntry entry)
    {
        using var environment = entry.Create(Activator.CreateInstance(entry.Parameters)!);
        return environment is ITabular;
    }

    private sealed class Leaking : ITabular
    {
        public int States => 1;

        public int State => 0;

        public IReadOnlyList<(int State, double Probability)> Starts => [(0, 1)];

        public void Outcomes(int state, int action, List<Outcome> outcomes) => outcomes.Add(new Outcome(0.9, 0, 0, false));
    }

    private sealed class Endless : ITabular
    {
        public int States => 1;

        public int State => 0;

        public IReadOnlyList<(int State, double Probability)> Starts => [(0, 1)];

        public void Outcomes(int state, int action, List<Outcome> outcomes) => outcomes.Add(new Outcome(1, 0, 1, false));
    }
}
