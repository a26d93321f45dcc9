using System.Text.Json;
using IntrinsicLab.Core;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Core.Statistics;
using TorchSharp;

namespace IntrinsicLab.Tests.Core.Algorithms;

public class QLearningTests
{
    private const int Episodes = 1000;

    // An independent implementation, 20 seeds of 1,000 episodes: seeds that ever succeeded, median first success, successes in the last 100.
    [Theory]
    [InlineData("epsilon-greedy", 8, 60, 19, 188, 62)]
    [InlineData("epsilon-greedy", 12, 60, 5, 756, 0.1)]
    [InlineData("ucb", 8, 40, 20, 121, 99)]
    [InlineData("ucb", 12, 40, 4, 371, 0)]
    [InlineData("bonus", 8, 20, 20, 5, 100)]
    [InlineData("bonus", 12, 20, 20, 6, 100)]
    [InlineData("mbie-eb", 8, 20, 20, 7, 100)]
    [InlineData("mbie-eb", 12, 20, 20, 12, 100)]
    public void LockChain_OfSomeDoors_IsSolvedAsByAnotherImplementation(
        string exploration, int doors, int seeds, int solved, double median, double late)
    {
        var runs = Enumerable.Range(1, seeds).Select(seed => Play(exploration, doors, seed)).ToList();
        double[] found = [.. runs.Where(run => run.First is not null).Select(run => (double)run.First!.Value)];
        var (count, middle, lately) = (found.Length, found.Length > 0 ? Aggregates.Median(found) : double.NaN, runs.Average(run => run.Late));
        var what = $"{count} of {seeds} seeds, first in episode {middle}, {lately:F1} of the last 100";

        // Shares of 20 and of these seeds differ by less than four standard errors of their difference, if they are one.
        var share = (double)(solved + count) / (20 + seeds);
        Assert.True(Math.Abs((double)count / seeds - solved / 20.0) <= 4 * Math.Sqrt(share * (1 - share) * (1.0 / 20 + 1.0 / seeds)), what);
        // Before the first success all values are 0 and ε-greedy plays by chance.
        var chance = 1 - Math.Pow(1 - Math.Pow(2, -doors), Episodes);
        if (exploration == "epsilon-greedy")
            Assert.True(Math.Abs((double)count / seeds - chance) <= 4 * Math.Sqrt(chance * (1 - chance) / seeds), what);
        if (exploration is "bonus" or "mbie-eb")
            Assert.True(count == seeds && Math.Abs(middle - median) <= 4 && lately == 100, what);
        else
            // Rarely first by luck, and held on to only where values reach back to the first door.
            Assert.True(Math.Abs(lately - late) <= 20 && middle > 50, what);
    }

    private static (int? First, int Late) Play(string exploration, int doors, int seed)
    {
        using var trainer = new Trainer(Plan(exploration, "lock-chain", seed, $$"""{"length": {{doors}}}"""));
        var returns = new List<double>();
        while (returns.Count < Episodes)
            returns.AddRange(trainer.Update().Points.Where(point => point.Metric == Metrics.EpisodeReturn).Select(point => point.Value));
        var first = returns.IndexOf(1);
        return (first >= 0 && first < Episodes ? first + 1 : null, returns.Take(Episodes).TakeLast(100).Count(value => value == 1));
    }

    [Fact]
    public void Update_OfOneStep_IsWatkinsRule()
    {
        // A chain of one door: the wrong action ends with 0, the right one with 1.
        using var learner = Make(new() { StepsPerUpdate = 1, LearningRate = 0.25, InitialValue = 0.4 }, "lock-chain", """{"length": 1}""");

        var paid = learner.Update().Points.Single(point => point.Metric == Metrics.EpisodeReturn).Value;

        var tried = learner.Visits.IndexOf(1);
        Assert.Equal(0.4 + 0.25 * (paid - 0.4), learner.Values[tried], 15);
        Assert.Equal(0.4, learner.Values[1 - tried]);
    }

    [Fact]
    public void Bonus_OfVisits_IsPaidByTheirRoot()
    {
        using var learner = Make(
            new() { Exploration = TabularExploration.Bonus, BonusCoefficient = 0.3, LearningRate = 1, StepsPerUpdate = 1 }, "lock-chain", """{"length": 1}""");

        Assert.Equal([0.3, 0.3], learner.Values.ToArray());
        for (var step = 0; step < 5; step++)
            learner.Update();

        // The right action pays 1 and is kept; the wrong one was tried at most once.
        var right = learner.Visits.IndexOf(learner.Visits.ToArray().Max());
        Assert.Equal(1 + 0.3 / Math.Sqrt(learner.Visits[right]), learner.Values[right], 12);
        Assert.InRange(learner.Visits[1 - right], 0, 1);
    }

    [Fact]
    public void MbieEb_AfterManyEpisodes_HasTheValuesOfItsModel()
    {
        using var learner = Make(new() { Exploration = TabularExploration.MbieEb, BonusCoefficient = 0.1, StepsPerUpdate = 1 }, "lock-chain", """{"length": 4}""");
        // Up to the end of an episode: plans are made there.
        while (learner.Update() is var update && (update.Steps < 400 || update.Points.All(point => point.Metric != Metrics.EpisodeReturn)))
            continue;

        // By hand from the last door back: the right action is the one tried more.
        var following = 0.0;
        for (var door = 3; door >= 0; door--)
        {
            var (visits, values) = (learner.Visits.Slice(2 * door, 2).ToArray(), learner.Values.Slice(2 * door, 2).ToArray());
            var right = visits[0] > visits[1] ? 0 : 1;
            var expected = (door == 3 ? 1 : 0.99 * following) + 0.1 / Math.Sqrt(visits[right]);
            Assert.Equal(expected, values[right], 9);
            Assert.Equal(visits[1 - right] == 0 ? 1.1 * 4 : 0.1 / Math.Sqrt(visits[1 - right]), values[1 - right], 9);
            following = Math.Max(values[0], values[1]);
        }
    }

    [Fact]
    public void Truncation_IsNoEnd()
    {
        // Nobody reaches the goal in one step: every episode is cut off, and what follows counts.
        using var learner = Make(new() { LearningRate = 1, InitialValue = 2, Gamma = 0.5, StepsPerUpdate = 50 }, "four-rooms", """{"timeLimit": 1}""");

        Assert.Equal(50, learner.Update().Episodes);
        Assert.DoesNotContain(0.0, learner.Values.ToArray());
    }

    [Theory]
    [InlineData("epsilon-greedy", "four-rooms")]
    [InlineData("boltzmann", "delayed-chain")]
    [InlineData("ucb", "key-door")]
    [InlineData("bonus", "deep-sea")]
    [InlineData("mbie-eb", "four-rooms")]
    public void Load_InMidEpisode_ContinuesBitForBit(string exploration, string environment)
    {
        using var uninterrupted = new Trainer(Plan(exploration, environment));
        uninterrupted.Update();
        using var resumed = new Trainer(Plan(exploration, environment));
        resumed.Load(new MemoryStream(State(uninterrupted)));

        for (var update = 0; update < 10; update++)
            Assert.Equal(uninterrupted.Update().Points, resumed.Update().Points);
        Assert.True(State(uninterrupted).AsSpan().SequenceEqual(State(resumed)), "The states differ.");
    }

    [Fact]
    public void StepsPerUpdate_ChangesNoEpisode()
    {
        var episodes = new List<List<MetricValue>>();
        foreach (var steps in (int[])[20, 500])
        {
            using var trainer = new Trainer(Plan("bonus", "deep-sea", more: $$""", "stepsPerUpdate": {{steps}}"""));
            var points = new List<MetricValue>();
            while (trainer.Steps < 1000)
                points.AddRange(trainer.Update().Points.Where(point => point.Metric == Metrics.EpisodeReturn));
            episodes.Add(points);
        }

        Assert.Equal(episodes[0], episodes[1]);
    }

    [Fact]
    public void Figures_AfterTraining_ShowValuesAndVisitsWhereStatesLie()
    {
        using var learner = Make(new() { StepsPerUpdate = 2000 }, "four-rooms");
        learner.Update();

        var figures = learner.Figures().Cast<HeatFigure>().ToDictionary(figure => figure.Id);

        Assert.Equal((13, 13), (figures["visits"].Columns.Count, figures["visits"].Rows.Count));
        Assert.Equal(2000, figures["visits"].Values.Where(double.IsFinite).Sum());
        Assert.Equal(104, figures["visits"].Values.Count(double.IsFinite));
        Assert.True(double.IsNaN(figures["values"].Values[0]), "A corner of the wall has a value.");
        // Episodes begin in the upper left corner of the first room.
        Assert.True(figures["visits"].Values[14] > 0 && double.IsFinite(figures["values"].Values[14]));
    }

    [Theory]
    [InlineData("cartpole", "does not tell one of few states")]
    [InlineData("pendulum", "discrete")]
    public void Plan_OnAWorldWithoutATable_IsRefusedWithTheReason(string environment, string reason)
    {
        var problems = new List<Problem>();

        Assert.Null(RunPlan.Read(JsonDocument.Parse($$"""{"algorithm": "q-learning", "environment": "{{environment}}", "steps": 100}""").RootElement, problems));

        var problem = Assert.Single(problems);
        Assert.Equal("/environment", problem.Pointer);
        Assert.Contains(reason, problem.Message);
    }

    [Fact]
    public void Plan_OverTooManyStates_IsRefusedAtTheExploration()
    {
        var problems = new List<Problem>();
        var json = """{"algorithm": "q-learning", "environment": "deep-sea", "steps": 100, "parameters": {"exploration": "mbie-eb"}, "environmentParameters": {"size": 100}}""";

        Assert.Null(RunPlan.Read(JsonDocument.Parse(json).RootElement, problems));

        Assert.Equal("/parameters/exploration", Assert.Single(problems).Pointer);
    }

    private static QLearning Make(QLearningConfig config, string environment, string environmentParameters = "{}")
    {
        var plan = Plan("bonus", environment, environmentParameters: environmentParameters);
        return new QLearning(config, new TrainingSetup(plan.CreateEnvironments(), 1000, new Rng(1), torch.CPU));
    }

    private static byte[] State(Trainer trainer)
    {
        using var stream = new MemoryStream();
        trainer.Save(stream);
        return stream.ToArray();
    }

    private static RunPlan Plan(string exploration, string environment, int seed = 1, string environmentParameters = "{}", string more = "")
    {
        var problems = new List<Problem>();
        var plan = RunPlan.Read(JsonDocument.Parse($$"""
            {"algorithm": "q-learning", "environment": "{{environment}}", "steps": 20000, "seed": {{seed}},
             "parameters": {"exploration": "{{exploration}}"{{more}}}, "environmentParameters": {{environmentParameters}}}
            """).RootElement, problems);
        Assert.Empty(problems);
        return plan!;
    }
}
