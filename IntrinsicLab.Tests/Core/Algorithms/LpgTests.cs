using System.Text.Json;
using IntrinsicLab.Core;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Core.Networks;
using TorchSharp;

namespace IntrinsicLab.Tests.Core.Algorithms;

public class LpgTests
{
    private const string Small = "\"lifetimes\": 5, \"environments\": 3, \"stepsPerRollout\": 6, \"units\": 6, \"predictions\": 3, \"lifetimeUpdates\": 25, \"firstUpdates\": 4";

    private static RunPlan? Plan(string parameters, List<Problem> problems, string environment = "level-mix", string environmentParameters = "{}") => RunPlan.Read(
        JsonDocument.Parse($$"""
            {"algorithm": "lpg", "environment": "{{environment}}", "environmentParameters": {{environmentParameters}}, "steps": 1000000, "seed": 3, "parameters": { {{parameters}} } }
            """).RootElement, problems);

    private static Trainer Make(string parameters = Small, string environmentParameters = "{}")
    {
        var problems = new List<Problem>();
        var plan = Plan(parameters, problems, environmentParameters: environmentParameters);
        Assert.Empty(problems);
        return new Trainer(plan!);
    }

    private static List<MetricValue> Run(Trainer trainer, int updates) =>
        [.. Enumerable.Range(0, updates).SelectMany(_ => trainer.Update().Points)];

    private static byte[] State(Trainer trainer)
    {
        using var stream = new MemoryStream();
        trainer.Save(stream);
        return stream.ToArray();
    }

    [Fact]
    public void Update_WithMoreThreads_IsTheSameBitForBit()
    {
        using var one = Make();
        using var three = Make(Small + ", \"threads\": 3");

        Assert.Equal(Run(one, 12), Run(three, 12));
        Assert.Equal(one.Rule!.Parameters, three.Rule!.Parameters);
    }

    [Theory]
    [InlineData("predictions")]
    [InlineData("values")]
    public void Load_InTheMiddleOfLifetimes_GoesOnBitForBit(string semantics)
    {
        var parameters = Small + $", \"semantics\": \"{semantics}\"";
        using var undisturbed = Make(parameters);
        Run(undisturbed, 9);
        using var resumed = Make(parameters);
        resumed.Load(new MemoryStream(State(undisturbed)));

        // Lifetimes of 25 updates end after every fifth window, so that worlds, agents and arms are drawn anew on both sides.
        Assert.Equal(Run(undisturbed, 8), Run(resumed, 8));
        Assert.True(State(undisturbed).AsSpan().SequenceEqual(State(resumed)), "The states differ.");
    }

    [Theory]
    [InlineData("predictions")]
    [InlineData("predictions-without-next")]
    [InlineData("none")]
    [InlineData("values")]
    public void Update_ByAutomaticDifferentiation_IsThatOfOurOwnPasses(string semantics)
    {
        var parameters = Small + $", \"semantics\": \"{semantics}\"";
        using var own = Make(parameters);
        using var automatic = Make(parameters + ", \"gradients\": \"autograd\"");

        // A draw that falls on a boundary can go either way in single precision: three windows are safe from that with this seed.
        var (left, right) = (Run(own, 3), Run(automatic, 3));

        Assert.Equal(left.Select(point => point.Metric), right.Select(point => point.Metric));
        foreach (var (expected, found) in left.Zip(right))
            Assert.True(Math.Abs(expected.Value - found.Value) <= 2e-4 * Math.Max(1e-2, Math.Abs(expected.Value)), $"{expected} and {found}");
    }

    [Fact]
    public void Update_AtTheBeginning_DrawsTheChainsAlone()
    {
        // Chains have two actions, so that entropy starts at ln 2; grids with nine at ln 9.
        using var chains = Make();
        using var all = Make(Small.Replace("\"firstUpdates\": 4", "\"firstUpdates\": 0", StringComparison.Ordinal));

        Assert.Equal(Math.Log(2), Entropy(Run(chains, 1)), 0.01);
        Assert.True(Entropy(Run(all, 1)) > 1);

        static double Entropy(List<MetricValue> points) => points.Single(point => point.Metric == Metrics.Entropy).Value;
    }

    // Of fourteen lives six are in chains, which are drawn three times as often, and two last three times as long: as much as 18 usual ones.
    [Fact]
    public void Update_WithFamiliesOfLongerLives_EndsFewer()
    {
        const int Updates = 500;
        using var small = Make(Small);
        using var wide = Make(Small, """{"suite": "wide"}""");

        var usual = 5 * Updates * 5 / 25.0;
        Assert.InRange(Ended(small), usual - 15, usual + 15);
        Assert.InRange(Ended(wide), usual * 14 / 18 - 25, usual * 14 / 18 + 25);

        static double Ended(Trainer trainer) => Run(trainer, Updates).Last(point => point.Metric == LpgSettings.LifetimesEnded).Value;
    }

    [Fact]
    public void Rule_AfterUpdates_IsACopyThatStays()
    {
        using var trainer = Make();
        Run(trainer, 2);
        var rule = trainer.Rule!;
        var before = rule.Parameters.ToArray();

        Run(trainer, 1);

        Assert.Equal(before, rule.Parameters);
        Assert.NotEqual(before, trainer.Rule!.Parameters);
        Assert.Equal(new RuleNetwork(3, 6, RuleSemantics.Predictions), rule.Network);
    }

    [Fact]
    public void Figures_NameEveryFamilyAndArm()
    {
        using var trainer = Make();
        Run(trainer, 1);

        var figure = JsonDocument.Parse(trainer.Figures()!.ToJson()).RootElement.GetProperty("figures").EnumerateArray().Single(each => each.GetProperty("id").GetString() == "step-sizes");

        Assert.Equal(8, figure.GetProperty("y").GetProperty("names").GetArrayLength());
        Assert.Equal(12, figure.GetProperty("x").GetProperty("names").GetArrayLength());
    }

    [Theory]
    [InlineData("\"learningRates\": \"5, x\"", "/parameters/learningRates")]
    [InlineData("\"learningRates\": \"0\"", "/parameters/learningRates")]
    [InlineData("\"predictionCoefficients\": \"\"", "/parameters/predictionCoefficients")]
    [InlineData("\"lifetimes\": 100000, \"environments\": 4096, \"units\": 4096, \"stepsPerRollout\": 10000", "/parameters/lifetimes")]
    public void Plan_ThatCannotBeRun_IsRefusedWithTheReason(string parameters, string place)
    {
        var problems = new List<Problem>();

        Plan(parameters, problems);

        var problem = Assert.Single(problems);
        Assert.Equal(place, problem.Pointer);
        if (place.EndsWith("lifetimes", StringComparison.Ordinal))
            Assert.Matches(@"Tables .* MB \+ unrolled windows .* MB \+ gradients .* MB = .* MB, more than", problem.Message);
    }

    [Fact]
    public void Plan_ThatCanBeRun_SaysWhatItWillHold()
    {
        var plan = Plan("", [])!;

        // 32 agents in worlds of up to 36 · 2⁴ states with 9 actions, 8 predictions and a value.
        Assert.StartsWith("Memory: Tables 1.3 MB + unrolled windows 3.8 MB ", plan.Memory(), StringComparison.Ordinal);

        // All lifetimes at once: 51,200 steps of 1,488 numbers, and two of each parameter for every lifetime. A process grew by 290 MB.
        Assert.Contains("unrolled windows 306.1 MB", Plan("\"gradients\": \"autograd\"", [])!.Memory(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cartpole", "{}")]
    [InlineData("delayed-chain", """{"delay": 3}""")]
    [InlineData("delayed-chain", """{"configuration": "state-distraction"}""")]
    public void Plan_OnAWorldWithoutFamilies_IsRefused(string environment, string environmentParameters)
    {
        var problems = new List<Problem>();

        Plan(Small, problems, environment, environmentParameters);

        Assert.Contains("drawn from a family", Assert.Single(problems).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(RuleSemantics.Predictions, 3)]
    [InlineData(RuleSemantics.Values, 0)]
    public void Graph_OfAWindowInDouble_GivesTheGradientOfOurOwnPass(RuleSemantics semantics, int predictions)
    {
        const int Updates = 2, Length = 4, Copies = 3, States = 5, Actions = 3;
        var (network, rng) = (new RuleNetwork(predictions, 4, semantics), new Rng(4));
        var window = new LifetimeWindow<double>(network, Updates, Length, Copies, States, Actions);
        foreach (var rollout in window.Rollouts)
            for (var b = 0; b < Length * Copies; b++)
            {
                (rollout.States[b], rollout.Actions[b], rollout.Rewards[b]) = (rng.NextInt(States), (byte)rng.NextInt(Actions), rng.NextInt(5) - 2);
                rollout.Ends[b] = rng.NextInt(4) == 0 ? IntrinsicLab.Core.Environments.StepEnd.Terminated : IntrinsicLab.Core.Environments.StepEnd.None;
            }
        foreach (var rollout in window.Rollouts)
            for (var b = 0; b < Length * Copies; b++)
                rollout.NextStates[b] = b < (Length - 1) * Copies ? rollout.States[b + Copies] : rng.NextInt(States);
        double[] parameters = Normal(network.ParameterCount), policy = Normal(States * Actions), prediction = Normal(States * predictions);
        double[] values = Normal(States), advantages = Normal(Length * Copies);
        var (rates, regularisation) = (new AgentRates(5, 0.7), new RuleRegularisation(0.1, 0.2, 0.3, 0.4));
        var agent = new TabularAgent<double>(States, Actions, predictions);
        policy.CopyTo(agent.Policy, 0);
        prediction.CopyTo(agent.Prediction, 0);
        values.CopyTo(agent.Values, 0);
        var own = new double[network.ParameterCount];
        window.Begin(agent, rates);
        for (var k = 0; k <= Updates; k++)
        {
            for (var step = 0; step < Length; step++)
                window.Read(k, step, window.Rollouts[k].States.AsSpan(step * Copies, Copies));
            if (k < Updates)
                window.Update(k, parameters, 0.9);
        }
        var loss = window.Backward(parameters, advantages, regularisation, own);

        using var scope = torch.NewDisposeScope();
        var rule = torch.tensor(parameters, [1, network.ParameterCount]).requires_grad_(true);
        var table = torch.tensor(policy, [1, States, Actions]);
        var second = predictions > 0 ? torch.tensor(prediction, [1, States, predictions]) : null;
        torch.Tensor total = torch.zeros([1], torch.ScalarType.Float64);
        for (var k = 0; k <= Updates; k++)
        {
            var rollout = window.Rollouts[k];
            var (seen, taken) = (Indices(rollout.States), Indices([.. rollout.Actions.Select(action => (int)action)]));
            var logPolicy = LpgGraph.Read(table, seen);
            if (k == Updates)
            {
                total += LpgGraph.Judge(logPolicy, second is null ? null : LpgGraph.Read(second, seen), taken, torch.tensor(advantages, [1, Length * Copies]), regularisation).Loss;
                break;
            }
            int[] reached = [.. rollout.States, .. rollout.NextStates[^Copies..]];
            var logPrediction = second is null ? null : LpgGraph.Read(second, Indices(reached));
            var read = logPrediction is null
                ? torch.tensor(reached.Select(state => values[state]).ToArray(), [1, Length + 1, Copies])
                : logPrediction.exp().reshape(1, Length + 1, Copies, predictions);
            var (targets, wanted) = LpgGraph.Rule(
                network, rule, torch.tensor(rollout.Rewards.Select(reward => (double)reward).ToArray(), [1, Length, Copies]),
                torch.tensor(rollout.Ends.Select(end => end == 0 ? 0.0 : 1.0).ToArray(), [1, Length, Copies]), 0.9,
                logPolicy.gather(2, taken.unsqueeze(2)).exp().reshape(1, Length, Copies), read);
            var share = 1.0 / (Updates * Length * Copies);
            total += targets.square().sum() * (regularisation.PolicyTarget * share);
            table = LpgGraph.MovePolicy(table, seen, taken, logPolicy, targets.reshape(1, -1), torch.tensor(new[] { 5.0 / (Length * Copies) }));
            if (second is null)
                continue;
            var q = wanted!.reshape(1, Length * Copies, predictions);
            total += q.softmax(2).square().sum() * (regularisation.PredictionTarget * share);
            second = LpgGraph.MovePrediction(second, seen, logPrediction!.narrow(1, 0, Length * Copies), q, torch.tensor(new[] { 3.5 / (Length * Copies) }));
        }
        var automatic = torch.autograd.grad([total.sum()], [rule])[0].data<double>().ToArray();

        Assert.Equal(total.item<double>(), loss, 1e-12);
        for (var i = 0; i < own.Length; i++)
            Assert.Equal(automatic[i], own[i], 1e-12);

        double[] Normal(int count) => [.. Enumerable.Range(0, count).Select(_ => 0.5 * rng.NextGaussian())];

        static torch.Tensor Indices(int[] indices) => torch.tensor(indices.Select(index => (long)index).ToArray(), [1, indices.Length]);
    }
}
