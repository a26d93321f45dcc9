using System.Text.Json;
using System.Text.Json.Nodes;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Environments.Wrappers;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Tests.Support;

namespace IntrinsicLab.Tests.Core.Experiments;

public class EvaluationTests
{
    private static RunPlan Plan(string evaluation, long steps = 100_000, string environment = "cartpole", string world = "{}") => TestWorker.Plan($$"""
        {"algorithm": "ppo", "environment": "{{environment}}", "steps": {{steps}}, "evaluation": {{evaluation}}, "environmentParameters": {{world}}}
        """);

    private static (List<MetricValue> Training, List<MetricValue> Evaluations, List<byte[]> Replays) Train(Trainer trainer, int updates)
    {
        var (training, evaluations, replays) = (new List<MetricValue>(), new List<MetricValue>(), new List<byte[]>());
        for (var update = 0; update < updates && !trainer.Finished; update++)
        {
            training.AddRange(trainer.Update().Points);
            if (!trainer.EvaluationIsDue)
                continue;
            using var evaluation = trainer.Evaluate();
            evaluation.Play();
            evaluations.AddRange(evaluation.Points);
            if (evaluation.Replay is { } replay)
                replays.Add(replay.ToJson());
        }
        return (training, evaluations, replays);
    }

    private static byte[] State(Trainer trainer)
    {
        using var stream = new MemoryStream();
        trainer.Save(stream);
        return stream.ToArray();
    }

    [Theory]
    [InlineData("ppo", "cartpole", "{}")]
    [InlineData("ppo", "mountain-car-continuous", """{"normaliseObservations": true, "normaliseRewards": true}""")]
    [InlineData("a2c", "catch", "{}")]
    public void Evaluate_AfterEveryUpdate_LeavesTrainingBitForBit(string algorithm, string environment, string parameters)
    {
        RunPlan Of(string evaluation) => TestWorker.Plan($$"""
            {"algorithm": "{{algorithm}}", "environment": "{{environment}}", "steps": 20000, "parameters": {{parameters}}, "evaluation": {{evaluation}}}
            """);
        using var evaluated = new Trainer(Of("""{"every": 20}"""));
        using var plain = new Trainer(Of("""{"times": 0}"""));

        var (training, evaluations, replays) = Train(evaluated, 4);
        var (alone, none, _) = Train(plain, 4);

        Assert.Equal(8, evaluations.Count);
        Assert.Equal(4, replays.Count);
        Assert.Empty(none);
        Assert.Equal(alone, training);
        Assert.Equal(evaluated.Plan.ConfigurationHash, plain.Plan.ConfigurationHash);
        Assert.True(State(plain).AsSpan().SequenceEqual(State(evaluated)), "The states differ.");
    }

    [Fact]
    public void Evaluate_AfterALoad_PlaysTheSameEpisodes()
    {
        using var first = new Trainer(Plan("""{"every": 1000}"""));
        Train(first, 2);
        using var second = new Trainer(Plan("""{"every": 1000}"""));
        second.Load(new MemoryStream(State(first)));

        Assert.True(second.EvaluationIsDue);
        var (expected, again, loaded) = (first.Evaluate(), first.Evaluate(), second.Evaluate());
        expected.Play();
        loaded.Play();
        while (!again.Finished)
            again.Play(7);

        Assert.Equal(expected.Points, loaded.Points);
        Assert.Equal(expected.Points, again.Points);
        Assert.Equal(expected.Replay!.ToJson(), loaded.Replay!.ToJson());
        Assert.Equal(expected.Replay.ToJson(), again.Replay!.ToJson());
        Array.ForEach([expected, again, loaded], evaluation => evaluation.Dispose());
    }

    [Fact]
    public void Schedule_ByTimes_SpreadsOverTheRunAndKeepsToATwentieth()
    {
        var spec = new EnvironmentSpec(new Box([1], 0, 1), new Discrete(2)) { TimeLimit = 500 };
        List<long> Marks(RunPlan plan, EnvironmentSpec spec)
        {
            var schedule = new EvaluationSchedule(plan, spec);
            return [.. Enumerable.Range(1, (int)(plan.Steps / 500)).Select(index => index * 500L)
                .Where(step => schedule.Includes(step - 500, step, step == plan.Steps))];
        }

        Assert.Equal([500, 11_500, 22_500, 33_500, 44_500, 56_000, 67_000, 78_000, 89_000, 100_000], Marks(Plan("{}"), spec));
        Assert.Equal(11, Marks(Plan("{}", 200_000), spec).Count);
        Assert.Equal([500, 20_000], Marks(Plan("{}", 20_000), spec));
        Assert.Equal([500, 4000, 8000, 10_000], Marks(Plan("""{"every": 4000}""", 10_000), spec));
        Assert.Empty(Marks(Plan("""{"times": 0}"""), spec));
        Assert.Equal(10_000, new EvaluationSchedule(Plan("{}"), spec with { TimeLimit = null }).EpisodeSteps);
        Assert.Equal(9, new EvaluationSchedule(Plan("{}"), spec with { TimeLimit = null, EndsWithin = 9 }).EpisodeSteps);
        Assert.Equal(11, Marks(Plan("{}", 20_000), spec with { TimeLimit = null, EndsWithin = 9 }).Count);
        Assert.Equal(11, Marks(Plan("{}", 2_000_000), spec with { TimeLimit = null }).Count);
        Assert.Equal(1, new EvaluationSchedule(Plan("{}"), spec with { Deterministic = true }).Episodes);
    }

    [Fact]
    public void Run_WithTheUsualPlan_SpendsAboutATwentiethAtMost()
    {
        using var trainer = new Trainer(Plan("{}", 60_000, world: """{"timeLimit": 200}"""));
        var spent = 0L;
        while (!trainer.Finished)
        {
            trainer.Update();
            if (!trainer.EvaluationIsDue)
                continue;
            using var evaluation = trainer.Evaluate();
            evaluation.Play();
            spent += evaluation.Lengths.Sum();
        }

        Assert.InRange(spent, 1, 60_000 / 20);
    }

    [Fact]
    public void Returns_UnderWrappersThatChangeRewards_AreRaw()
    {
        using var trainer = new Trainer(Plan("""{"every": 100}""", world: """{"delay": 20, "rewardScale": -3}"""));
        trainer.Update();
        using var evaluation = trainer.Evaluate();
        evaluation.Play();

        // CartPole pays 1 a step.
        Assert.Equal(evaluation.Lengths.Select(length => (double)length), evaluation.Returns);
        Assert.Equal(5, evaluation.Returns.Count);
    }

    [Fact]
    public void Episodes_OfAGameWithLives_AreWholeGames()
    {
        var world = new EnvironmentFactory(new Picture(false).Spec, () => new EpisodicLife(new Picture(false)));
        var plan = Plan("""{"every": 100, "episodes": 2}""");
        var policy = new First();
        using var evaluation = new Evaluation(plan, new EvaluationSchedule(plan, world.Spec), world, policy, 100);
        evaluation.Play();

        Assert.Equal([10, 10], evaluation.Lengths);
        // A life is an episode to the learner, and so to what its policy remembers.
        Assert.Equal("BAPAPAPBAPAPAPBAPAPAPBAPBAPAPAPBAPAPAPBAPAPAPBAP", policy.Heard);
        Assert.Equal(11, JsonNode.Parse(evaluation.Replay!.ToJson())!["episodes"]![0]!["frames"]!.AsArray().Count);
    }

    [Fact]
    public void Replay_OfAnEpisode_HoldsEveryStepAndFrame()
    {
        using var trainer = new Trainer(Plan("""{"every": 100, "record": 2}"""));
        trainer.Update();
        using var evaluation = trainer.Evaluate();
        evaluation.Play();
        var replay = JsonNode.Parse(evaluation.Replay!.ToJson())!;

        Assert.Equal((1, "cartpole", trainer.Steps), ((int)replay["version"]!, (string)replay["environment"]!, (long)replay["step"]!));
        Assert.Equal(2, replay["episodes"]!.AsArray().Count);
        Assert.Equal(5, replay["returns"]!.AsArray().Count);
        foreach (var (index, episode) in replay["episodes"]!.AsArray().Index())
        {
            var length = evaluation.Lengths[index];
            Assert.Equal((length, 1, "terminated"), ((int)episode!["length"]!, (int)episode["frameEvery"]!, (string)episode["ended"]!));
            Assert.Equal(length + 1, episode["frames"]!.AsArray().Count);
            Assert.Equal(length, episode["rewards"]!.AsArray().Count);
            Assert.All(episode["actions"]!.AsArray(), action => Assert.Contains((int)action!, (int[])[0, 1]));
            Assert.NotNull(episode["frames"]![0]!["width"]);
            Assert.Null(episode["frames"]![1]!["width"]);
        }
        Assert.Equal($"replays/{trainer.Steps:D13}.json", evaluation.Replay!.Name);
    }

    [Theory]
    [InlineData(2000, false)]
    [InlineData(9999, false)]
    [InlineData(500, true)]
    public void Recording_OfALongEpisode_KeepsFewerFramesAndTheEnd(int length, bool pixels)
    {
        var world = new Picture(pixels);
        var recording = new EpisodeRecording(world.Render(), 1);
        for (var step = 1; step <= length; step++)
        {
            world.Steps = step;
            recording.Add([1], step, world, last: step == length);
        }
        recording.End(7, "stopped");
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
            recording.Write(writer);
        var json = JsonNode.Parse(buffer.ToArray())!;
        var frames = json["frames"]!.AsArray();
        var every = (int)json["frameEvery"]!;

        Assert.InRange(buffer.Length, 1000, 16 << 20);
        Assert.InRange(frames.Count, 20, 2001);
        Assert.Equal(length, json["rewards"]!.AsArray().Count);
        Assert.Equal(frames.Select((_, index) => Math.Min(index * every, length)), frames.Select(frame => int.Parse((string)frame!["caption"]!)));
        Assert.Equal(length, int.Parse((string)frames[^1]!["caption"]!));
    }

    [Theory]
    [InlineData("""{"times": -1, "episodes": 0, "recrod": 1}""", "/evaluation/episodes /evaluation/recrod /evaluation/times")]
    [InlineData("""{"every": 10}""", "/evaluation/every")]
    [InlineData("""5""", "/evaluation")]
    public void Read_FaultyEvaluation_NamesThePlaces(string evaluation, string pointers)
    {
        var problems = new List<Problem>();
        RunPlan.Read(JsonDocument.Parse($$"""{"algorithm": "ppo", "environment": "cartpole", "steps": 100000, "evaluation": {{evaluation}}}""").RootElement, problems);

        Assert.Equal(pointers, string.Join(" ", problems.Select(problem => problem.Pointer).Order(StringComparer.Ordinal)));
    }

    private sealed class First : IPolicy
    {
        /// <summary>What it was told and asked: B begin, A act, P paid 1.</summary>
        public string Heard { get; private set; } = "";

        public void Begin() => Heard += "B";

        public void Act(ReadOnlySpan<float> observation, Span<float> action)
        {
            action[0] = 0;
            Heard += "A";
        }

        public void Paid(double reward) => Heard += reward == 1 ? "P" : "?";
    }

    /// <summary>Shows how many steps were taken, as a caption. Every third costs a life, the tenth is the end.</summary>
    private sealed class Picture(bool pixels) : IEnvironment
    {
        public int Steps { get; set; }

        public EnvironmentSpec Spec { get; } = new(new Box([1], 0, 1), new Discrete(2));

        public Scene Render() => new(1, 1, [])
        {
            Caption = Steps.ToString(System.Globalization.CultureInfo.InvariantCulture),
            Image = pixels ? new Bitmap(600, 400, new byte[3 * 600 * 400]) : null,
        };

        public void Reset(IntrinsicLab.Core.Rng rng, Span<float> observation) => Steps = 0;

        public StepResult Step(ReadOnlySpan<float> action, Span<float> observation) =>
            new(1, ++Steps == 10, false) { LifeLost = Steps % 3 == 0 };

        public void Save(BinaryWriter writer) => throw new NotSupportedException();

        public void Load(BinaryReader reader, IntrinsicLab.Core.Rng rng) => throw new NotSupportedException();

        public void Dispose()
        {
        }
    }
}
