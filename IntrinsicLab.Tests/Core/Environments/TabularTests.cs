using IntrinsicLab.Core;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Environments.GridWorlds;
using IntrinsicLab.Core.Environments.Navigation;

namespace IntrinsicLab.Tests.Core.Environments;

/// <summary>The table that an environment states is what playing it shows.</summary>
public class TabularTests
{
    private const int Steps = 40_000;

    public static TheoryData<string> Catalogue =>
        [.. EnvironmentCatalog.All.Where(entry => entry.StartsByItself && IsTabular(entry)).Select(entry => entry.Id)];

    [Theory]
    [MemberData(nameof(Catalogue))]
    public void Outcomes_OfDefaults_AgreeWithPlay(string id)
    {
        var entry = EnvironmentCatalog.Find(id)!;
        Compare(() => entry.Create(Activator.CreateInstance(entry.Parameters)!));
    }

    [Fact]
    public void Outcomes_OfTheStochasticSea_AgreeWithPlay() =>
        Compare(() => new DeepSea(new DeepSeaConfig { Size = 4, Stochastic = true }));

    [Fact]
    public void Outcomes_OfFourRoomsFromEverywhere_AgreeWithPlay() =>
        Compare(() => new FourRooms(new() { RandomStart = true, Goal = FourRoomsGoal.Room, View = FourRoomsView.Coordinates }));

    [Fact]
    public void Outcomes_OfRandomMazes_AgreeWithPlay() =>
        Compare(() => new KeyDoor(new KeyDoorConfig { Size = 4, RandomPlacement = true }));

    [Theory]
    [MemberData(nameof(Catalogue))]
    public void Table_OfDefaults_ReadsTheState(string id)
    {
        var entry = EnvironmentCatalog.Find(id)!;
        ReadBack(entry.Create(Activator.CreateInstance(entry.Parameters)!));
    }

    [Fact]
    public void Table_OfOtherViews_ReadsTheState()
    {
        ReadBack(new FourRooms(new() { RandomStart = true, View = FourRoomsView.Coordinates }));
        ReadBack(new GridTabular(new() { Observation = GridObservation.Compact }));
        ReadBack(new GridRooms(new() { Observation = CellObservation.Position }));
        ReadBack(new GridRooms(new() { Goal = RoomGoal.None }));
    }

    [Fact]
    public void Table_WhereTheStateIsNotSeen_IsNone()
    {
        Assert.Null(new KeyDoor(new() { RandomPlacement = true }).Spec.Table);
        Assert.Null(new KeyDoor(new() { View = KeyDoorView.Window }).Spec.Table);
        Assert.Null(new DelayedChain(new DelayedChainConfig { Configuration = ChainConfiguration.StateDistraction }).Spec.Table);
        var chain = EnvironmentCatalog.Find("lock-chain")!;
        Assert.Null(EnvironmentCatalog.Factory(chain, null, new() { FrameStack = 2 }).Spec.Table);
        Assert.Null(EnvironmentCatalog.Factory(chain, null, new() { NoisyChannels = 1 }).Spec.Table);
        Assert.NotNull(EnvironmentCatalog.Factory(chain, null, new() { TimeLimit = 5, Delay = 3 }).Spec.Table);
    }

    private static void ReadBack(IEnvironment environment)
    {
        using var disposed = environment;
        var (world, table) = ((ITabular)environment, environment.Spec.Table!);
        var actions = ((Discrete)environment.Spec.Action).Count;
        var (rng, choice) = (new Rng(1), new Rng(2));
        var observation = new float[environment.Spec.Observation.Size];
        Assert.Equal(world.States, table.States);
        Assert.InRange(table.StateOf(observation), 0, table.States - 1);
        Assert.All(Enumerable.Range(0, table.States), state => Assert.InRange(table.CellOf(state), 0, table.Columns * table.Rows - 1));
        environment.Reset(rng, observation);
        for (var step = 0; step < 3000; step++)
        {
            Assert.Equal(world.State, table.StateOf(observation));
            if (environment.Step([choice.NextInt(actions)], observation).Ended)
                environment.Reset(rng, observation);
        }
    }

    private static bool IsTabular(EnvironmentEntry entry)
    {
        using var environment = entry.Create(Activator.CreateInstance(entry.Parameters)!);
        return environment is ITabular;
    }

    private static void Compare(Func<IEnvironment> create)
    {
        using var environment = create();
        var table = (ITabular)environment;
        var actions = ((Discrete)environment.Spec.Action).Count;
        var (rng, choice) = (new Rng(1), new Rng(2));
        var observation = new float[environment.Spec.Observation.Size];
        var starts = new Dictionary<int, int>();
        var seen = new Dictionary<(int State, int Action), List<(int? Next, double Reward)>>();
        var observations = new Dictionary<int, float[]>();
        var episodes = 0;
        for (var step = 0; step < Steps;)
        {
            environment.Reset(rng, observation);
            episodes++;
            starts[table.State] = starts.GetValueOrDefault(table.State) + 1;
            var result = default(StepResult);
            for (var length = 0; length < 200 && !result.Ended; length++, step++)
            {
                var (state, action) = (table.State, choice.NextInt(actions));
                Assert.InRange(state, 0, table.States - 1);
                if (environment.Spec.Deterministic)
                    Assert.Equal(observations.TryAdd(state, observation.ToArray()) ? observation : observations[state], observation);
                result = environment.Step([action], observation);
                if (!seen.TryGetValue((state, action), out var results))
                    seen[(state, action)] = results = [];
                results.Add((result.Terminated ? null : table.State, result.Reward));
            }
        }

        Assert.Equal(1, table.Starts.Sum(start => start.Probability), 9);
        Assert.All(table.Starts, start => Assert.InRange(start.State, 0, table.States - 1));
        var stated = table.Starts.GroupBy(start => start.State).ToDictionary(group => group.Key, group => group.Sum(start => start.Probability));
        Agree(stated, starts, episodes, "start");
        foreach (var ((state, action), results) in seen)
            Agree(table, state, action, results);
    }

    private static void Agree(ITabular table, int state, int action, List<(int? Next, double Reward)> results)
    {
        var outcomes = new List<Outcome>();
        table.Outcomes(state, action, outcomes);
        var where = $"state {state}, action {action}";
        Assert.Equal(1, outcomes.Sum(outcome => outcome.Probability), 9);
        Agree(
            outcomes.GroupBy(Key).ToDictionary(group => group.Key, group => group.Sum(outcome => outcome.Probability)),
            results.GroupBy(result => result.Next ?? -1).ToDictionary(group => group.Key, group => group.Count()), results.Count, where);
        foreach (var group in results.GroupBy(result => result.Next ?? -1))
        {
            var same = outcomes.Where(outcome => Key(outcome) == group.Key).ToList();
            var expected = same.Sum(outcome => outcome.Probability * outcome.Reward) / same.Sum(outcome => outcome.Probability);
            var mean = group.Average(result => result.Reward);
            var deviation = Math.Sqrt(group.Average(result => (result.Reward - mean) * (result.Reward - mean)));
            var error = 1e-9 + 5 * deviation / Math.Sqrt(group.Count());
            if (deviation < 1e-9 || group.Count() >= 50)
                Assert.True(Math.Abs(mean - expected) <= error, $"{where}: reward {mean} where {expected} is stated.");
        }

        static int Key(Outcome outcome) => outcome.Terminated ? -1 : outcome.State;
    }

    /// <summary>Nothing impossible happened, and frequencies lie within five standard errors.</summary>
    private static void Agree(Dictionary<int, double> stated, Dictionary<int, int> counted, int total, string where)
    {
        foreach (var key in counted.Keys)
            Assert.True(stated.GetValueOrDefault(key) > 0, $"{where}: {key} happened, which is stated to be impossible.");
        foreach (var (key, probability) in stated)
        {
            var expected = total * probability;
            // Counts that small are not normally distributed, and neither is what they leave of the total.
            var few = expected < 10 || (probability < 1 && total - expected < 10);
            var error = 5 * Math.Sqrt(expected * (1 - Math.Min(1, probability))) + (few ? 10 : 1e-6);
            var count = counted.GetValueOrDefault(key);
            Assert.True(Math.Abs(count - expected) <= error, $"{where}: {key} happened {count} times of {total}; {expected} were expected.");
        }
    }
}
