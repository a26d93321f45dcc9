using System.Text.Json;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Environments.Wrappers;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Tests.Support;
using TorchSharp;

namespace IntrinsicLab.Tests.Contracts;

/// <summary>
/// What every algorithm of the catalogue promises, on a vector with discrete actions, one with continuous actions, and a grid; one that needs a
/// table of states on one that has it, and one that needs goals on one that wants some.
/// </summary>
public class AlgorithmContractTests
{
    public static TheoryData<string, string> Pairs
    {
        get
        {
            var pairs = new TheoryData<string, string>();
            foreach (var algorithm in AlgorithmCatalog.All)
                foreach (var environment in Fitting(algorithm, "cartpole", "mountain-car-continuous", "catch"))
                    pairs.Add(algorithm.Id, environment);
            return pairs;
        }
    }

    internal static IEnumerable<string> Fitting(AlgorithmEntry algorithm, params string[] environments)
    {
        return environments.Where(Fits).ToList() is { Count: > 0 } fitting ? fitting : ((string[])["deep-sea", "point-navigation", "delayed-chain"]).Where(Fits).Take(1);

        bool Fits(string environment) => algorithm.WhyNotOn(Plan("ppo", environment).CreateEnvironments().Spec) is null;
    }

    internal static RunPlan Plan(string algorithm, string environment, int seed = 1, string parameters = "{}", string environmentParameters = "{}")
    {
        var problems = new List<Problem>();
        var plan = RunPlan.Read(
            JsonDocument.Parse($$"""
                {"algorithm": "{{algorithm}}", "environment": "{{environment}}", "steps": 100000, "seed": {{seed}}, "parameters": {{parameters}},
                 "environmentParameters": {{environmentParameters}}}
                """).RootElement,
            problems);
        Assert.Empty(problems);
        return plan!;
    }

    private static List<Progress> Run(Trainer trainer, int updates) => [.. Enumerable.Range(0, updates).Select(_ => trainer.Update())];

    private static List<MetricValue> Points(IEnumerable<Progress> progress) => [.. progress.SelectMany(update => update.Points)];

    private static byte[] State(Trainer trainer)
    {
        using var stream = new MemoryStream();
        trainer.Save(stream);
        return stream.ToArray();
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Update_Twice_ReportsProgress(string algorithm, string environment)
    {
        using var trainer = TestRules.Trainer(Plan(algorithm, environment));

        var progress = Run(trainer, 2);

        Assert.True(progress[0].Steps > 0 && progress[1].Steps > progress[0].Steps);
        foreach (var metric in Points(progress).GroupBy(point => point.Metric))
        {
            var steps = metric.Select(point => point.Step).ToList();
            Assert.True(steps.Zip(steps.Skip(1), (left, right) => left < right).All(increases => increases), $"The steps of {metric.Key} do not increase.");
            Assert.All(metric, point => Assert.True(double.IsFinite(point.Value) || point.Metric == Metrics.ExplainedVariance, point.ToString()));
        }
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Update_EqualSeeds_EqualProgress(string algorithm, string environment)
    {
        using var first = TestRules.Trainer(Plan(algorithm, environment));
        using var second = TestRules.Trainer(Plan(algorithm, environment));

        Assert.Equal(Points(Run(first, 2)), Points(Run(second, 2)));
        Assert.True(State(first).AsSpan().SequenceEqual(State(second)), "The states differ.");
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Figures_Looked_ChangeNothingAndAreWellFormed(string algorithm, string environment)
    {
        using var looked = TestRules.Trainer(Plan(algorithm, environment));
        using var left = TestRules.Trainer(Plan(algorithm, environment));
        Run(looked, 1);
        Run(left, 1);

        var sheet = looked.Figures();

        Assert.Equal(Points(Run(left, 1)), Points(Run(looked, 1)));
        Assert.True(State(left).AsSpan().SequenceEqual(State(looked)), "Looking inside changed the state.");
        if (sheet is null)
            return;
        var figures = JsonDocument.Parse(sheet.ToJson()).RootElement.GetProperty("figures").EnumerateArray().ToList();
        Assert.Equal(figures.Count, figures.Select(figure => figure.GetProperty("id").GetString()).Distinct().Count());
        Assert.All(figures, figure => Assert.Matches("^[a-z0-9-]+$", figure.GetProperty("id").GetString()));
        Assert.All(figures, figure => Assert.EndsWith(".", figure.GetProperty("caption").GetString()));
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void FiguresAndReplays_AfterAResume_AreThoseOfAnUndisturbedRun(string algorithm, string environment)
    {
        using var uninterrupted = TestRules.Trainer(Plan(algorithm, environment));
        Run(uninterrupted, 3);
        using var resumed = TestRules.Trainer(Plan(algorithm, environment));
        resumed.Load(new MemoryStream(State(uninterrupted)));
        byte[] Recorded(Trainer trainer)
        {
            using var evaluation = trainer.Evaluate();
            evaluation.Play();
            return evaluation.Replay!.ToJson();
        }

        // The replay of the very step that was resumed from, then the figures of the next.
        Assert.Equal(Recorded(uninterrupted), Recorded(resumed));
        Run(uninterrupted, 1);
        Run(resumed, 1);

        Assert.Equal(uninterrupted.Figures()?.ToJson(), resumed.Figures()?.ToJson());
        Assert.True(State(uninterrupted).AsSpan().SequenceEqual(State(resumed)), "Looking changed the state.");
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Update_AnotherSeed_AnotherProgress(string algorithm, string environment)
    {
        using var first = TestRules.Trainer(Plan(algorithm, environment));
        using var second = TestRules.Trainer(Plan(algorithm, environment, seed: 2));

        Assert.NotEqual(Points(Run(first, 1)), Points(Run(second, 1)));
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Load_SavedState_ContinuesBitForBit(string algorithm, string environment)
    {
        using var uninterrupted = TestRules.Trainer(Plan(algorithm, environment));
        Run(uninterrupted, 2);
        using var resumed = TestRules.Trainer(Plan(algorithm, environment));
        resumed.Load(new MemoryStream(State(uninterrupted)));

        Assert.Equal(Points(Run(uninterrupted, 2)), Points(Run(resumed, 2)));
        Assert.True(State(uninterrupted).AsSpan().SequenceEqual(State(resumed)), "The states differ.");
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Delay_OnEitherSideOfNormalisation_ReachesTheLearner(string algorithm, string environment)
    {
        byte[] Learned(WrapperConfig wrappers)
        {
            using var trainer = TestRules.Trainer(Plan(algorithm, environment) with { Wrappers = wrappers });
            Run(trainer, 3);
            var points = Points(Run(trainer, 3)).Where(point => point.Metric.StartsWith("loss/", StringComparison.Ordinal));
            return [.. points.SelectMany(point => BitConverter.GetBytes(point.Value))];
        }

        var atOnce = Learned(new());

        // One that steps levels by their rules refuses whatever stands between.
        var entry = AlgorithmCatalog.Find(algorithm)!;
        var delayed = Plan(algorithm, environment) with { Wrappers = new() { Delay = 5 } };
        if (entry.WhyNotOn(delayed.CreateEnvironments().Spec) is not null)
            return;
        // Catch pays at the end of an episode only, when a delay pays too.
        foreach (var place in new[] { true, false })
            Assert.Equal(environment == "catch" || entry.IgnoresReward, atOnce.SequenceEqual(Learned(new() { Delay = 5, DelayAfterNormalisation = place })));
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Policy_UsedBetweenUpdates_LeavesTrainingAsItIs(string algorithm, string environment)
    {
        using var trainer = TestRules.Trainer(Plan(algorithm, environment));
        using var watched = TestRules.Trainer(Plan(algorithm, environment));
        var spec = watched.Plan.CreateEnvironments().Spec;
        var (observation, action, again) = (new float[spec.Observation.Size], new float[spec.Action.Size], new float[spec.Action.Size]);
        Run(trainer, 1);
        Run(watched, 1);

        watched.Policy.Act(observation, action);
        watched.Policy.Act(observation, again);

        Assert.Equal(action, again);
        if (spec.Action is Box box)
            Assert.True(action[0] >= box.Low[0] && action[0] <= box.High[0]);
        Assert.Equal(Points(Run(trainer, 2)), Points(Run(watched, 2)));
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Update_OfAnAlgorithm_ReportsWhatItsPageDescribes(string algorithm, string environment)
    {
        var common = Metrics.OfEveryRun.Select(metric => metric.Path).ToHashSet();
        var reported = new HashSet<string>();
        // Where an algorithm leaves the choice of what improves its policy, each choice has metrics of its own.
        var choices = ParameterSchema.Of(AlgorithmCatalog.Find(algorithm)!.Parameters).Find("optimizer")?.Choices ?? [];
        foreach (var parameters in choices.Select(choice => $$"""{"optimizer": "{{choice}}"}""").DefaultIfEmpty("{}"))
        {
            using var trainer = TestRules.Trainer(Plan(algorithm, environment, parameters: parameters));
            reported.UnionWith(Points(Run(trainer, 2)).Select(point => point.Metric));
        }

        var (optional, always) = (AlgorithmCatalog.Find(algorithm)!.Reports.Where(metric => metric.Optional), AlgorithmCatalog.Find(algorithm)!.Reports.Where(metric => !metric.Optional));
        Assert.Equal(
            always.Select(metric => metric.Path).Order(StringComparer.Ordinal),
            reported.Except(common).Except(optional.Select(metric => metric.Path)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void MetricsOfEveryRun_AreThoseThatAreStored()
    {
        // Scores come from training, evaluations and progress; speed and the machine's use from the worker, some only with a graphics card.
        using var trainer = TestRules.Trainer(Plan("ppo", "cartpole"));
        var progress = Run(trainer, 2);
        using var evaluation = trainer.Evaluate();
        evaluation.Play();
        var stored = Points(progress).Concat(evaluation.Points).Select(point => point.Metric).ToHashSet();
        string[] ofTheMachine = [Metrics.StepsPerSecond, Metrics.CpuPercent, Metrics.MemoryMegabytes, Metrics.GpuPercent, Metrics.GpuMemoryMegabytes];

        Assert.All(Metrics.OfEveryRun, metric => Assert.True(stored.Contains(metric.Path) || ofTheMachine.Contains(metric.Path), metric.Path));
        Assert.All(stored, path => Assert.NotNull(Metrics.Find(path)));
    }

    [Fact]
    public void MetricDescriptions_AreSentencesAndAgree()
    {
        var all = Metrics.OfEveryRun.Concat(AlgorithmCatalog.All.SelectMany(entry => entry.Reports)).Distinct().ToList();

        Assert.Distinct(all.Select(metric => metric.Path));
        Assert.All(all, metric => Assert.True(metric.Name.Length > 0 && metric.Meaning.EndsWith('.') && metric.Meaning.Length > 15, metric.Path));
    }

    [Fact]
    public void Presets_OnAnEnvironmentTheyFit_AreValid()
    {
        foreach (var algorithm in AlgorithmCatalog.All)
            foreach (var preset in algorithm.Presets)
            {
                var schema = ParameterSchema.Of(algorithm.Parameters);
                Assert.All(preset.Values, value => Assert.NotNull(schema.Find(value.Key)));
            }
    }
}

/// <summary>Memory over a thousand updates.</summary>
[Collection(nameof(Alone))]
public class AlgorithmMemoryTests
{
    // Small values for whichever of these an algorithm has.
    private static readonly Dictionary<string, string> Tiny = new()
    {
        ["environments"] = "2",
        ["stepsPerRollout"] = "4",
        ["minibatches"] = "2",
        ["epochs"] = "1",
        ["validationEpochs"] = "1",
        ["hiddenSizes"] = "[16]",
        ["stepsPerBatch"] = "8",
        ["wholePaths"] = "false",
        ["modelUpdates"] = "2",
        ["poolSize"] = "300",
        ["minimumPool"] = "100",
        ["stepsPerUpdate"] = "4",
        ["batchSize"] = "16",
        ["bufferSize"] = "300",
        ["episodeSteps"] = "4",
        ["skillCount"] = "3",
        ["trialGoals"] = "3",
        ["lifetimes"] = "2",
        ["lifetimeUpdates"] = "20",
        ["updatesPerWindow"] = "2",
        ["units"] = "4",
    };

    public static TheoryData<string, string, string> Cases
    {
        get
        {
            var cases = new TheoryData<string, string, string>();
            foreach (var algorithm in AlgorithmCatalog.All)
                foreach (var environment in AlgorithmContractTests.Fitting(algorithm, "cartpole", "mountain-car-continuous"))
                    foreach (var (member, value) in Routes(ParameterSchema.Of(algorithm.Parameters)))
                        // The routes that differentiate twice take seconds: once is enough.
                        if (environment == "cartpole" || value is not ("double-backpropagation" or "three-terms"))
                            cases.Add(algorithm.Id, environment, member.Length == 0 ? "" : $"\"{member}\": \"{value}\"");
            cases.Add("a2c", "cartpole", """
                "memory": "lstm", "memoryUnits": 8, "pixelControl": 1, "featureControl": 1, "rewardPrediction": 1, "valueReplay": 1, "replayLength": 100
                """);
            return cases;
        }
    }

    // Every way an algorithm has of computing its gradients; CLN's three terms are its other two together.
    private static IEnumerable<(string Member, string Value)> Routes(ParameterSchema schema)
    {
        var found = false;
        foreach (var member in new[] { "gradients", "metaGradient", "gradientTerms" })
            foreach (var value in schema.Find(member)?.Choices ?? [])
            {
                found = true;
                if (value == "lirpg-term")
                    continue;
                yield return (member, value);
            }
        if (!found)
            yield return ("", "");
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Update_AThousandTimes_KeepsTensorsAndMemory(string algorithm, string environment, string route)
    {
        var schema = ParameterSchema.Of(AlgorithmCatalog.Find(algorithm)!.Parameters);
        var members = Tiny.Where(pair => schema.Find(pair.Key) is not null).Select(pair => $"\"{pair.Key}\": {pair.Value}").ToList();
        if (route.Length > 0)
            members.Add(route);
        using var trainer = TestRules.Trainer(AlgorithmContractTests.Plan(algorithm, environment, parameters: $"{{{string.Join(", ", members)}}}"));
        for (var update = 0; update < 100; update++)
            trainer.Update();
        var (memory, managed, tensors) = (Resident(), GC.GetTotalMemory(true), torch.Tensor.TotalCount);

        for (var update = 0; update < 1000; update++)
            trainer.Update();

        Assert.Equal(tensors, torch.Tensor.TotalCount);
        Assert.True(GC.GetTotalMemory(true) - managed < 1 << 20, $"{(GC.GetTotalMemory(true) - managed) >> 10} KiB more are reachable.");
        Assert.True(Resident() - memory < 48 << 20, $"{(Resident() - memory) >> 20} MiB more are resident.");
    }

    private static long Resident()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        return Environment.WorkingSet;
    }
}
