using System.Text.Json;
using IntrinsicLab.Core;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Core.Formulas;
using IntrinsicLab.Core.Networks;
using IntrinsicLab.Tests.Contracts;
using IntrinsicLab.Tests.Support;
using static TorchSharp.torch;

namespace IntrinsicLab.Tests.Core.Algorithms;

public class LpgAgentTests
{
    private const string Chain = "delayed-chain", ShortChain = """{"length": 5}""", Grid = "grid-tabular", SmallGrid = """{"configuration": "small-dense"}""";

    private static LpgAgent Make(LearnedRule rule, LpgAgentConfig config, string environment = Grid, string world = SmallGrid) =>
        new(config, new TrainingSetup(
            AlgorithmContractTests.Plan("ppo", environment, environmentParameters: world).CreateEnvironments(), 10_000, new Rng(1), CPU)
        { FindRule = _ => rule });

    private static RuleTables Tables(LpgAgent agent) => Assert.IsType<RuleTables>(agent.Student);

    private static double Point(Progress progress, string metric) => progress.Points.Single(point => point.Metric == metric).Value;

    // L = mean(−π̂·log π(a|s)) + α_y·mean KL(y ‖ ŷ) over logits of each step, π̂ and ŷ constants.
    private static Tensor Loss(Tensor logits, Tensor predictions, LpgAgent agent, double coefficient)
    {
        var (count, m) = (agent.Actions.Length, predictions.shape[1]);
        var actions = tensor(agent.Actions.ToArray().Select(action => (long)action).ToArray());
        var targets = tensor(Wide(agent.Said.PolicyTargets));
        var policy = (targets * Categorical.NegativeLogProbability(logits, actions)).mean();
        if (m == 0)
            return policy;
        var q = tensor(Wide(agent.Said.PredictionTargets)).view(count, m);
        return policy + Categorical.Divergence(predictions, q).mean() * coefficient;
    }

    private static double[] Wide(ReadOnlySpan<float> values) => [.. values.ToArray().Select(value => (double)value)];

    [Theory]
    [InlineData(Grid, SmallGrid, 20, 2)]
    [InlineData(Chain, ShortChain, 5, 0.4)]
    [InlineData("deep-sea", "{}", 40, 4)]
    public void Update_OfTables_IsAStepDownTheGradientThatAutogradFinds(string environment, string world, double learningRate, double coefficient)
    {
        var config = new LpgAgentConfig { LearningRate = learningRate, PredictionCoefficient = coefficient };
        using var agent = Make(TestRules.Random(predictions: 5), config, environment, world);
        agent.Update();
        agent.Update();
        var tables = Tables(agent);
        var states = tables.Visits.Length;
        using var scope = NewDisposeScope();
        var policy = tensor(Wide(tables.Policy)).view(states, -1).requires_grad_(true);
        var prediction = tensor(Wide(tables.Prediction)).view(states, 5).requires_grad_(true);

        var progress = agent.Update();

        var rows = tensor(tables.States.ToArray().Select(state => (long)state).ToArray());
        var loss = Loss(policy.index_select(0, rows), prediction.index_select(0, rows), agent, coefficient);
        var slopes = autograd.grad([loss], [policy, prediction]);
        // Tables are kept in single precision; steps here are up to some tenths long.
        Numbers.Close((policy - slopes[0] * learningRate).Doubles(), Wide(tables.Policy), 2e-6);
        Numbers.Close((prediction - slopes[1] * learningRate).Doubles(), Wide(tables.Prediction), 2e-6);
        var norm = (slopes[0].square().sum() + slopes[1].square().sum()).sqrt().item<double>();
        Assert.Equal(norm, Point(progress, Metrics.GradientNorm), norm * 1e-4);
    }

    [Theory]
    [InlineData("cartpole")]
    [InlineData("catch")]
    public void Update_OfNetworks_HasTheGradientThatAutogradFinds(string environment)
    {
        var config = new LpgAgentConfig { Environments = 3, StepsPerRollout = 7, LearningRate = 5e-4, PredictionCoefficient = 0.5 };
        using var agent = Make(TestRules.Random(predictions: 5), config, environment, "{}");
        agent.Update();
        var networks = Assert.IsType<RuleNetworks>(agent.Student);
        using var scope = NewDisposeScope();
        var theta = networks.Parameters.to(ScalarType.Float64).detach().requires_grad_(true);

        agent.Update();

        var spec = AlgorithmContractTests.Plan("ppo", environment).CreateEnvironments().Spec;
        var (size, actions) = (spec.Observation.Size, ((Discrete)spec.Action).Count);
        var observed = tensor(Wide(networks.Observations)).view(21, size);
        var (logits, predictions) = spec.Observation.Shape.Length == 1
            ? Both(new Mlp(size, [64, 64], actions, Activation.Tanh).Forward, new Mlp(size, [64, 64], actions, Activation.Tanh).ParameterCount,
                new Mlp(size, [64, 64], 5, Activation.Tanh).Forward)
            : Both(new NatureCnn(spec.Observation.Shape, actions).Forward, new NatureCnn(spec.Observation.Shape, actions).ParameterCount,
                new NatureCnn(spec.Observation.Shape, 5).Forward);
        var slope = autograd.grad([Loss(logits, predictions, agent, 0.5)], [theta])[0];
        Assert.True(slope.abs().max().item<double>() > 1e-4);
        Numbers.Close(slope.Doubles(), Wide(networks.Gradient), 1e-6);

        (Tensor, Tensor) Both(Func<Tensor, Tensor, Tensor> policy, int first, Func<Tensor, Tensor, Tensor> prediction) =>
            (policy(theta.narrow(0, 0, first), observed), prediction(theta.narrow(0, first, theta.shape[0] - first), observed));
    }

    [Fact]
    public void Update_ByAConstantPolicyTarget_IsTheStepOfA2CWithoutEntropy()
    {
        const float Target = -1.5f;
        using var agent = Make(TestRules.Constant(Target, 0, 0), new() { LearningRate = 40 });
        agent.Update();
        var tables = Tables(agent);
        var (before, actions) = (tables.Policy.ToArray(), tables.Policy.Length / tables.Visits.Length);

        agent.Update();

        // A2C: the gradient of mean(A·(−log π)) with respect to −log π, then to the logits; its advantages are the constant.
        var rows = agent.Actions.Length;
        var (advantages, nlp, nlpGradient) = (new float[rows], new float[rows], new float[rows]);
        Array.Fill(advantages, Target);
        PolicyGradients.Plain<float>(nlp, advantages, nlpGradient);
        var (slopes, slope) = (new double[before.Length], new float[actions]);
        for (var row = 0; row < rows; row++)
        {
            var first = tables.States[row] * actions;
            Categorical.Gradient(before.AsSpan(first, actions), (int)agent.Actions[row], nlpGradient[row], 0f, slope);
            for (var action = 0; action < actions; action++)
                slopes[first + action] += slope[action];
        }
        for (var i = 0; i < before.Length; i++)
            Assert.Equal(before[i] - 40 * slopes[i], tables.Policy[i], 1e-6);
        Assert.Contains(tables.Policy.ToArray(), logit => Math.Abs(logit) > 0.1);
    }

    [Fact]
    public void Update_ByARuleThatAsksForNothing_LeavesThePolicy()
    {
        using var agent = Make(TestRules.Constant(0, 1, -1), new());

        for (var update = 0; update < 3; update++)
            agent.Update();

        Assert.All(Tables(agent).Policy.ToArray(), logit => Assert.Equal(0, logit));
    }

    [Fact]
    public void Update_TowardsThePredictionThereIs_LeavesIt()
    {
        using var agent = Make(TestRules.Constant(0.5f, 0.25f, 1.25f, -0.75f), new() { LearningRate = 40, PredictionCoefficient = 4 });
        var tables = Tables(agent);
        // Logits that differ by a constant stand for the same prediction.
        for (var i = 0; i < tables.Prediction.Length; i++)
            tables.Prediction[i] = (i % 3) switch { 0 => 0.25f, 1 => 1.25f, _ => -0.75f } + 2;
        var before = tables.Prediction.ToArray();

        var progress = agent.Update();

        for (var i = 0; i < before.Length; i++)
            Assert.Equal(before[i], tables.Prediction[i], 1e-5);
        Assert.Equal(0, Point(progress, "rule/prediction_divergence"), 1e-6);
    }

    [Fact]
    public void Update_TowardsAFixedPrediction_BringsEveryVisitedStateNearer()
    {
        float[] wanted = [2, 0, -1];
        using var agent = Make(TestRules.Constant(0, wanted), new() { LearningRate = 5, PredictionCoefficient = 0.4 });
        var tables = Tables(agent);
        var distances = Distances();

        for (var update = 0; update < 10; update++)
        {
            var visits = tables.Visits.ToArray();
            agent.Update();
            var now = Distances();
            for (var state = 0; state < now.Length; state++)
                Assert.True(tables.Visits[state] == visits[state] ? now[state] == distances[state] : now[state] < distances[state], $"State {state} in update {update}.");
            distances = now;
        }

        double[] Distances() => [.. Enumerable.Range(0, tables.Visits.Length).Select(state =>
            Categorical.Divergence<double>([.. tables.Prediction.ToArray().Skip(3 * state).Take(3).Select(logit => (double)logit)], [2, 0, -1]))];
    }

    [Fact]
    public void ReturnsToGo_OfARollout_AreWhatTheHandMadeRuleAsksFor()
    {
        using var agent = Make(TestRules.ReturnsToGo(), new() { RewardScale = 0.5 });
        agent.Update();

        var returns = new float[agent.Rewards.Length];
        Returns.NStep(agent.Rewards, agent.Ended, new float[16], 1f, returns);

        Assert.Contains(agent.Rewards.ToArray(), reward => reward is 0.5f or -0.5f);
        Assert.All(agent.Rewards.ToArray(), reward => Assert.True(reward is 0 or 0.5f or -0.5f));
        for (var row = 0; row < returns.Length; row++)
            Assert.Equal(returns[row], agent.Said.PolicyTargets[row], 0.02 + 0.01 * Math.Abs(returns[row]));
    }

    [Fact]
    public void Forward_WithAnEndWithin_TellsNothingOfWhatFollows()
    {
        var rule = TestRules.Random(predictions: 3).Content;
        const int Steps = 6, End = 3;
        var (plain, changed) = (new RulePass<double>(rule.Network, Steps, 1), new RulePass<double>(rule.Network, Steps, 1));
        var rng = new Rng(2);
        double[] parameters = [.. rule.Parameters.Select(value => (double)value)];
        var (rewards, probabilities, states) = (Draw(Steps), Draw(Steps), Draw((Steps + 1) * 3));
        var ends = new bool[Steps];
        ends[End] = true;
        plain.Forward(parameters, rewards, ends, 0.99, probabilities, states);

        Draw(Steps - End - 1).CopyTo(rewards, End + 1);
        Draw(Steps - End - 1).CopyTo(probabilities, End + 1);
        Draw((Steps - End) * 3).CopyTo(states, (End + 1) * 3);
        changed.Forward(parameters, rewards, ends, 0.99, probabilities, states);

        Assert.Equal(plain.PolicyTargets[..(End + 1)].ToArray(), changed.PolicyTargets[..(End + 1)].ToArray());
        Assert.Equal(plain.PredictionTargets[..((End + 1) * 3)].ToArray(), changed.PredictionTargets[..((End + 1) * 3)].ToArray());
        Assert.NotEqual(plain.PolicyTargets[End + 1], changed.PolicyTargets[End + 1]);

        double[] Draw(int count) => [.. Enumerable.Range(0, count).Select(_ => rng.NextGaussian())];
    }

    [Fact]
    public void Update_OfTheSameStepsInOtherOrder_GivesTheSameTables()
    {
        const int Steps = 4, Environments = 3, States = 5, Actions = 3, Width = 2;
        int[] order = [2, 0, 1], relabelled = [1, 2, 0];
        var rng = new Rng(3);
        var states = Enumerable.Range(0, Steps * Environments).Select(_ => rng.NextInt(States)).ToArray();
        float[] policy = [.. Enumerable.Range(0, states.Length * Actions).Select(_ => (float)rng.NextGaussian())];
        float[] prediction = [.. Enumerable.Range(0, states.Length * Width).Select(_ => (float)rng.NextGaussian())];

        var (plain, permuted) = (After([0, 1, 2], [0, 1, 2]), After(order, relabelled));

        for (var state = 0; state < States; state++)
        {
            for (var action = 0; action < Actions; action++)
                Assert.Equal(plain.Policy[state * Actions + relabelled[action]], permuted.Policy[state * Actions + action], 1e-6);
            for (var i = 0; i < Width; i++)
                Assert.Equal(plain.Prediction[state * Width + i], permuted.Prediction[state * Width + i], 1e-6);
        }

        RuleTables After(int[] environments, int[] actions)
        {
            var tables = new RuleTables(StateTable.OneHot(States), Actions, Width, values: false, Steps, Environments, new Rng(1));
            var (policyGradient, predictionGradient) = (new List<float>(), new List<float>());
            for (var step = 0; step < Steps; step++)
            {
                var seen = new float[Environments * States];
                foreach (var (place, environment) in environments.Index())
                {
                    var row = step * Environments + environment;
                    seen[place * States + states[row]] = 1;
                    policyGradient.AddRange(actions.Select(action => policy[row * Actions + action]));
                    predictionGradient.AddRange(prediction.AsSpan(row * Width, Width));
                }
                tables.Act(seen, step);
            }
            tables.Improve(policyGradient.ToArray(), predictionGradient.ToArray(), 0.3);
            return tables;
        }
    }

    [Fact]
    public void Update_WithStateValues_MovesTablesToTheMeanOfTheirReturns()
    {
        using var agent = Make(TestRules.Random(RuleSemantics.Values), new() { ValueLambda = 0.5 }, Chain, ShortChain);
        agent.Update();
        var tables = Tables(agent);
        var before = tables.Prediction.ToArray();

        var progress = agent.Update();

        // G = r + γ·((1 − λ)·v(s′) + λ·G′), 0 behind an end; four whole episodes fill the rollout.
        var rows = agent.Rewards.Length;
        var sums = new Dictionary<int, (double Sum, int Count)>();
        var squares = 0.0;
        for (var environment = 0; environment < 16; environment++)
            for (var (row, target) = (rows - 16 + environment, 0.0); row >= 0; row -= 16)
            {
                target = agent.Rewards[row] + (agent.Ended[row] ? 0 : 0.99 * (0.5 * before[tables.States[row + 16]] + 0.5 * target));
                var (sum, count) = sums.GetValueOrDefault(tables.States[row]);
                sums[tables.States[row]] = (sum + target, count + 1);
                squares += Math.Pow(target - before[tables.States[row]], 2);
            }
        foreach (var (state, (sum, count)) in sums)
            Assert.Equal(before[state] + (1 - Math.Pow(0.5, Math.Min(count, 4))) * (sum / count - before[state]), tables.Prediction[state], 1e-5);
        Assert.Equal(Math.Sqrt(squares / rows), Point(progress, "value/lambda_error"), 1e-5);
        Assert.DoesNotContain(progress.Points, point => point.Metric.StartsWith("rule/prediction", StringComparison.Ordinal));
    }

    [Fact]
    public void Update_WhereTimeRanOut_TakesTheValueBeyondIt()
    {
        // Nothing ends this task but its limit of 200 steps, and hardly anything pays.
        using var agent = Make(
            TestRules.Random(RuleSemantics.Values), new() { ValueLambda = 0, RewardScale = 1e-9 }, Grid, """{"configuration": "small-long-dense"}""");
        for (var update = 0; update < 9; update++)
            agent.Update();
        Tables(agent).Prediction.Fill(1);

        var progress = agent.Update();

        Assert.Equal(16, agent.Ended.Count(true));
        // r + γ·v(s′) − v(s), at the limit as elsewhere.
        Assert.Equal(0.01, Point(progress, "value/lambda_error"), 1e-6);
    }

    [Fact]
    public void Training_WithStateValues_FindsThoseOfThePolicy()
    {
        // The policy stays even, so the first action is right half of the time, and each branch then is worth what its end pays.
        var rule = TestRules.Random(RuleSemantics.Values);
        rule.Content.Parameters.AsSpan().Clear();
        using var agent = Make(rule, new(), Chain, ShortChain);

        for (var update = 0; update < 20; update++)
            agent.Update();

        var values = Tables(agent).Prediction;
        Assert.Equal(0, values[0], 0.4);
        for (var step = 1; step < 5; step++)
        {
            Assert.Equal(Math.Pow(0.99, 4 - step), values[2 * step - 1], 0.01);
            Assert.Equal(-Math.Pow(0.99, 4 - step), values[2 * step], 0.01);
        }
    }

    [Theory]
    [InlineData(RuleSemantics.Predictions, Grid, SmallGrid, "table")]
    [InlineData(RuleSemantics.PredictionsWithoutNext, "four-rooms", "{}", "auto")]
    [InlineData(RuleSemantics.None, Chain, ShortChain, "table")]
    [InlineData(RuleSemantics.Values, Grid, SmallGrid, "table")]
    [InlineData(RuleSemantics.Values, "cartpole", "{}", "network")]
    [InlineData(RuleSemantics.None, "catch", "{}", "auto")]
    public void Load_SavedState_ContinuesBitForBit(RuleSemantics semantics, string environment, string world, string kind)
    {
        var plan = AlgorithmContractTests.Plan("lpg-agent", environment, parameters: $$"""{"agent": "{{kind}}"}""", environmentParameters: world);
        using var uninterrupted = Train();
        uninterrupted.Update();
        uninterrupted.Update();
        using var resumed = Train();
        resumed.Load(new MemoryStream(State(uninterrupted)));

        Assert.Equal(uninterrupted.Update().Points, resumed.Update().Points);
        Assert.Equal(uninterrupted.Update().Points, resumed.Update().Points);
        Assert.Equal(uninterrupted.Figures()!.ToJson(), resumed.Figures()!.ToJson());
        Assert.True(State(uninterrupted).AsSpan().SequenceEqual(State(resumed)), "The states differ.");

        Trainer Train() => new(plan, _ => TestRules.Random(semantics));

        static byte[] State(Trainer trainer)
        {
            using var stream = new MemoryStream();
            trainer.Save(stream);
            return stream.ToArray();
        }
    }

    [Fact]
    public void Policy_OfTables_TakesTheLikeliestAction()
    {
        using var agent = Make(TestRules.Constant(0, 0, 0), new(), Chain, ShortChain);
        var tables = Tables(agent);
        (tables.Policy[2 * 3], tables.Policy[2 * 3 + 1]) = (0.1f, 0.2f);
        var (observation, action) = (new float[9], new float[1]);
        observation[3] = 1;

        agent.Policy.Act(observation, action);
        Assert.Equal(1, action[0]);
        tables.Policy[2 * 3] = 0.3f;
        agent.Policy.Act(observation, action);
        Assert.Equal(0, action[0]);
    }

    [Fact]
    public void Figures_OfTables_ShowEntropyAndPredictionsWhereTheAgentWas()
    {
        using var agent = Make(TestRules.Constant(0, 3, 0, 0), new(), Chain, """{"length": 30}""");
        agent.Update();

        var figures = agent.Figures().ToDictionary(figure => figure.Id);

        Assert.Equal(
            ["rule-response", "rule-against-returns", "policy-entropy", "prediction-1", "prediction-2", "prediction-3"], figures.Keys);
        var entropy = Assert.IsType<HeatFigure>(figures["policy-entropy"]);
        Assert.Equal((30, 2), (entropy.Columns.Count, entropy.Rows.Count));
        // Twenty steps lead through the first twenty columns; the first has one row, and nobody has moved the policy.
        Assert.Equal(Math.Log(2), entropy.Values[0], 1e-6);
        Assert.Equal([true, false], new[] { entropy.Values[30], entropy.Values[31] }.Select(double.IsNaN));
        Assert.Equal(Math.Log(2), entropy.Values[49], 1e-6);
        Assert.True(double.IsNaN(entropy.Values[20]) && double.IsNaN(entropy.Values[50]));
        // The rule asks for the first component everywhere.
        Assert.True(Assert.IsType<HeatFigure>(figures["prediction-1"]).Values[0] > 1 / 3.0 + 0.05);
        Assert.Equal(1, new[] { 1, 2, 3 }.Sum(index => ((HeatFigure)figures[$"prediction-{index}"]).Values[0]), 1e-5);
    }

    [Fact]
    public void Figures_OfTheRule_AreItsLastRollout()
    {
        using var agent = Make(TestRules.ReturnsToGo(), new(), Chain, ShortChain);
        agent.Update();

        var along = Assert.IsType<LineFigure>(agent.Figures()[0]);
        var against = Assert.IsType<LineFigure>(agent.Figures()[1]);

        Assert.Equal([4.5, 9.5, 14.5, 19.5], along.Breaks);
        Assert.All(Enumerable.Range(0, 20), step => Assert.Equal(step % 5 == 4, along.Series[0].Y[step] != 0));
        // π̂ of an episode's first step is what its last one pays.
        Assert.Equal(along.Series[0].Y[4], along.Series[1].Y[0], 0.01);
        Assert.Equal(320, against.Series[0].X.Count);
    }

    [Fact]
    public void Create_WithoutTheRule_Refuses()
    {
        var plan = AlgorithmContractTests.Plan("lpg-agent", Chain);

        var fault = Assert.Throws<ArgumentException>(() => new Trainer(plan, _ => null));

        Assert.Contains("lpg-small@1", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cartpole", """{"agent": "table"}""", "/parameters/agent")]
    [InlineData(Chain, """{"agent": "network"}""", "/parameters/learningRate")]
    [InlineData("cartpole", """{"network": "cnn"}""", "/parameters/network")]
    [InlineData("mountain-car-continuous", "{}", "/environment")]
    [InlineData("catch", """{"rewardScale": 0, "stepsPerRollout": 0}""", "/parameters/rewardScale /parameters/stepsPerRollout")]
    public void Plan_ThatCannotWork_IsRefusedAtItsPlace(string environment, string parameters, string places)
    {
        var problems = new List<Problem>();

        var plan = RunPlan.Read(
            JsonDocument.Parse($$"""{"algorithm": "lpg-agent", "environment": "{{environment}}", "steps": 1000, "parameters": {{parameters}}}""").RootElement, problems);

        Assert.Null(plan);
        Assert.Equal(places, string.Join(" ", problems.Select(problem => problem.Pointer)));
    }

    [Fact]
    public void Plan_WithARuleThatIsNotThere_IsRefused()
    {
        var problems = new List<Problem>();

        RunPlan.Read(
            JsonDocument.Parse("""{"algorithm": "lpg-agent", "environment": "catch", "steps": 1000, "parameters": {"rule": "x@3"}}""").RootElement, problems, ["y@1"]);

        Assert.Equal("/parameters/rule", Assert.Single(problems).Pointer);
    }
}
