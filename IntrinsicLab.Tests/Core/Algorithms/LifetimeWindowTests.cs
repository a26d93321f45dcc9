using IntrinsicLab.Core;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Networks;

namespace IntrinsicLab.Tests.Core.Algorithms;

/// <summary>The window of LPG: a worked example to its printed digits, finite differences, and what must and must not depend on what.</summary>
public class LifetimeWindowTests
{
    private const int States = 4, Actions = 2, Predictions = 3, Units = 2, Environments = 2, Steps = 3;

    private static readonly RuleRegularisation Usual = new(0.01, 0.001, 0.001, 0.001);
    private static readonly double[] Advantages = [.7, -.4, 1.2, -.9, .3, -.5];

    // The example lists its gates input, forget, candidate, output; ours come in the order input, forget, output, candidate, and the head of π̂ lies
    // beside those of ŷ.
    private static int[] PlacesOfExample()
    {
        var (places, network) = (new int[165], new RuleNetwork(Predictions, Units, RuleSemantics.Predictions));
        for (var i = 0; i < 81; i++)
            places[i] = i;
        foreach (var (offset, rows, own) in new[]
            { (81, 6, network.MemoryOffset), (129, 2, network.MemoryOffset + 48), (145, 1, network.MemoryOffset + 64) })
            for (var row = 0; row < rows; row++)
                for (var gate = 0; gate < 4; gate++)
                    for (var unit = 0; unit < 2; unit++)
                        places[offset + row * 8 + gate * 2 + unit] = own + row * 8 + new[] { 0, 1, 3, 2 }[gate] * 2 + unit;
        for (var unit = 0; unit < 2; unit++)
        {
            places[153 + unit] = network.HeadOffset + unit * 4;
            for (var i = 0; i < 3; i++)
                places[156 + unit * 3 + i] = network.HeadOffset + unit * 4 + 1 + i;
        }
        places[155] = network.BiasOffset;
        for (var i = 0; i < 3; i++)
            places[162 + i] = network.BiasOffset + 1 + i;
        return places;
    }

    private static double[] ExampleRule()
    {
        var (places, parameters) = (PlacesOfExample(), new double[165]);
        for (var i = 0; i < parameters.Length; i++)
            parameters[places[i]] = 0.4 * Math.Sin(1 + i);
        return parameters;
    }

    private static TabularAgent<double> ExampleAgent()
    {
        var agent = new TabularAgent<double>(States, Actions, Predictions);
        for (var j = 0; j < agent.Policy.Length; j++)
            agent.Policy[j] = 0.2 * Math.Cos(1 + j);
        for (var j = 0; j < agent.Prediction.Length; j++)
            agent.Prediction[j] = 0.3 * Math.Sin(2 + j);
        return agent;
    }

    private static LifetimeWindow<double> ExampleWindow()
    {
        var window = new LifetimeWindow<double>(new(Predictions, Units, RuleSemantics.Predictions), 2, Steps, Environments, States, Actions);
        Fill(window.Rollouts[0], [0, 0, 1, 2, 3, 0], [0, 1, 1, 0, 0, 1], [1, 2, 3, 0, 0, 2], [0, .5f, -1, 1, 1, 0], [0, 0, 0, 1, 1, 0]);
        Fill(window.Rollouts[1], [0, 2, 1, 3, 3, 1], [1, 0, 0, 1, 1, 0], [1, 3, 3, 1, 0, 0], [0, -.5f, 1, 0, .25f, -1], [0, 0, 0, 0, 1, 0]);
        Fill(window.Rollouts[2], [0, 1, 2, 3, 1, 0], [1, 0, 1, 1, 0, 0], new int[6], new float[6], new int[6]);
        return window;
    }

    private static void Fill(TabularRollout rollout, int[] states, byte[] actions, int[] nextStates, float[] rewards, int[] ends)
    {
        states.CopyTo(rollout.States, 0);
        actions.CopyTo(rollout.Actions, 0);
        nextStates.CopyTo(rollout.NextStates, 0);
        rewards.CopyTo(rollout.Rewards, 0);
        for (var b = 0; b < ends.Length; b++)
            rollout.Ends[b] = ends[b] == 1 ? StepEnd.Terminated : StepEnd.None;
    }

    // Everything as data but the parameters: rollouts stay, whatever the policy would have done.
    private static double Loss(
        LifetimeWindow<double> window, TabularAgent<double> agent, double[] parameters, AgentRates rates, double[] advantages, RuleRegularisation regularisation,
        Span<double> gradient, double gamma = 0.9)
    {
        window.Begin(agent, rates);
        for (var k = 0; k < window.Rollouts.Length; k++)
        {
            var rollout = window.Rollouts[k];
            for (var step = 0; step < rollout.Steps; step++)
                window.Read(k, step, rollout.States.AsSpan(step * rollout.Environments, rollout.Environments));
            if (k < window.Rollouts.Length - 1)
                window.Update(k, parameters, gamma);
        }
        return window.Backward(parameters, advantages, regularisation, gradient);
    }

    [Theory]
    [InlineData(30, 256, 277_792)]
    [InlineData(8, 256, 271_786)]
    [InlineData(8, 64, 18_922)]
    [InlineData(8, 32, 5_450)]
    public void RuleNetwork_OfPublishedSizes_HasAsManyParameters(int predictions, int units, int parameters) =>
        Assert.Equal(parameters, new RuleNetwork(predictions, units, RuleSemantics.Predictions).ParameterCount);

    [Fact]
    public void Update_OfTheExample_GivesItsDigits()
    {
        var (window, agent, parameters) = (ExampleWindow(), ExampleAgent(), ExampleRule());
        var passes = new List<double[]>();
        var network = new RuleNetwork(Predictions, Units, RuleSemantics.Predictions);

        window.Begin(agent, new(3, 0.5));
        for (var k = 0; k < 2; k++)
        {
            for (var step = 0; step < Steps; step++)
                window.Read(k, step, window.Rollouts[k].States.AsSpan(step * 2, 2));
            window.Update(k, parameters, 0.9);
            passes.Add([.. window.Pass(k).PolicyTargets.ToArray(), .. window.Pass(k).PredictionTargets[..3].ToArray(), window.Pass(k).Embeddings[0], window.Pass(k).Embeddings[2]]);
        }

        Close([-0.362807041, -0.343935371, -0.372060109, -0.371414396, -0.368214665, -0.350874722, -0.142644659, 0.258454839, 0.421932150, -0.799863765, -0.736688733], passes[0]);
        Close([-0.346100377, -0.365544623, -0.333177640, -0.359034422, -0.383808548, -0.365403403, -0.145628821, 0.261102429, 0.427777310], passes[1][..9]);
        Close([0.320196873, -0.295365779, -0.272942174, -0.055785050, -0.148880681, 0.397647176, 0.253835528, -0.132155084], agent.Policy);
        Close(
            [0.088704097, 0.085221619, -0.085841234, -0.304950895, -0.061256117, 0.191801060, 0.211309923, 0.140184912, -0.094258149, -0.323023928, -0.134706532, 0.122811633],
            agent.Prediction);
        Assert.Equal(165, network.ParameterCount);
    }

    [Fact]
    public void Backward_OfTheExample_GivesItsDigits()
    {
        var gradient = new double[165];

        var loss = Loss(ExampleWindow(), ExampleAgent(), ExampleRule(), new(3, 0.5), Advantages, Usual, gradient);

        var listed = PlacesOfExample().Select(place => gradient[place]).ToArray();
        Assert.Equal(0.021132164130, loss, 1e-12);
        Assert.Equal(0.020070230808, Norm(listed), 1e-12);
        Close([-3.60125684e-6, 3.03718601e-6, 5.64070830e-7, -9.20546673e-7, -5.38155084e-7, 1.45870176e-6], listed[156..162], 1e-14);
        Close([-7.80495589e-5, 5.01097776e-5, 2.79397813e-5], listed[162..], 1e-13);
        Close([0.0101058121, 0.0100039053, -0.00776474477], listed[153..156], 1e-10);
        Close([-0.000692641747], listed[80..81], 1e-12);
        Close(
            [-0.00015611481, -0.00186447938, -7.10588588e-5, -0.000389651444, 0.00045507499, 0.00228416471, -0.000155432112, -0.00190175943],
            listed[145..153], 1e-11);
        Close([0, 6.42604457e-6, 4.87731059e-6], listed[..3], 1e-13);
    }

    [Fact]
    public void Backward_WithoutRegularisation_ReachesPredictionHeadThroughTheInputs()
    {
        var gradient = new double[165];

        Loss(ExampleWindow(), ExampleAgent(), ExampleRule(), new(3, 0.5), Advantages, default, gradient);

        // The return alone: were the rule's inputs taken as constants, its prediction head would get exactly 0.
        var listed = PlacesOfExample().Select(place => gradient[place]).ToArray();
        Assert.Equal(0.0194293, Norm(listed), 1e-7);
        Assert.Equal(6.27175e-5, Norm(listed[156..]), 1e-10);
        Assert.Equal(1.07051e-3, Norm(listed[..81]), 1e-8);
    }

    [Theory]
    [InlineData(RuleSemantics.Predictions)]
    [InlineData(RuleSemantics.PredictionsWithoutNext)]
    [InlineData(RuleSemantics.None)]
    [InlineData(RuleSemantics.Values)]
    public void Backward_OfEveryParameter_IsTheFiniteDifference(RuleSemantics semantics)
    {
        const int Updates = 3, Length = 6, Copies = 3, Cells = 9, Moves = 4, Units = 5;
        var network = new RuleNetwork(semantics == RuleSemantics.Values ? 0 : 4, Units, semantics);
        var rng = new Rng(17);
        var window = new LifetimeWindow<double>(network, Updates, Length, Copies, Cells, Moves);
        for (var k = 0; k <= Updates; k++)
        {
            int[] states = [.. Draw(Length * Copies, Cells)], ends = [.. Draw(Length * Copies, 4).Select(value => value == 0 ? 1 : 0)];
            int[] next = [.. states[Copies..], .. Draw(Copies, Cells)];
            Fill(window.Rollouts[k], states, [.. Draw(Length * Copies, Moves).Select(value => (byte)value)], next,
                [.. Draw(Length * Copies, 5).Select(value => value - 2f)], ends);
        }
        double[] parameters = [.. Normal(network.ParameterCount, 0.4)], policy = [.. Normal(Cells * Moves, 0.5)];
        double[] prediction = [.. Normal(Cells * network.Predictions, 0.5)], values = [.. Normal(Cells, 1)], advantages = [.. Normal(Length * Copies, 1)];
        var gradient = new double[parameters.Length];
        Of(parameters, gradient);

        const double Step = 1e-5;
        for (var i = 0; i < parameters.Length; i++)
        {
            var kept = parameters[i];
            parameters[i] = kept + Step;
            var above = Of(parameters, new double[parameters.Length]);
            parameters[i] = kept - Step;
            var below = Of(parameters, new double[parameters.Length]);
            parameters[i] = kept;
            Assert.Equal((above - below) / (2 * Step), gradient[i], 1e-7);
        }
        Assert.True(Norm(gradient) > 1e-3);

        double Of(double[] rule, double[] into)
        {
            var agent = new TabularAgent<double>(Cells, Moves, network.Predictions);
            policy.CopyTo(agent.Policy, 0);
            prediction.CopyTo(agent.Prediction, 0);
            values.CopyTo(agent.Values, 0);
            return Loss(window, agent, rule, new(6, 1.5), advantages, new(0.02, 0.03, 0.04, 0.05), into);
        }

        IEnumerable<int> Draw(int count, int below) => Enumerable.Range(0, count).Select(_ => rng.NextInt(below)).ToArray();

        IEnumerable<double> Normal(int count, double deviation) => Enumerable.Range(0, count).Select(_ => deviation * rng.NextGaussian()).ToArray();
    }

    [Fact]
    public void Backward_InSinglePrecision_AgreesWithDouble()
    {
        var (gradient, single) = (new double[165], new float[165]);
        Loss(ExampleWindow(), ExampleAgent(), ExampleRule(), new(3, 0.5), Advantages, Usual, gradient);
        var (exact, agent) = (ExampleWindow(), new TabularAgent<float>(States, Actions, Predictions));
        var window = new LifetimeWindow<float>(new(Predictions, Units, RuleSemantics.Predictions), 2, Steps, Environments, States, Actions);
        float[] parameters = [.. ExampleRule().Select(value => (float)value)];
        ExampleAgent().Policy.Select(value => (float)value).ToArray().CopyTo(agent.Policy, 0);
        ExampleAgent().Prediction.Select(value => (float)value).ToArray().CopyTo(agent.Prediction, 0);
        window.Begin(agent, new(3, 0.5));
        for (var k = 0; k < 3; k++)
        {
            var from = exact.Rollouts[k];
            Fill(window.Rollouts[k], from.States, from.Actions, from.NextStates, from.Rewards, [.. from.Ends.Select(end => end == StepEnd.None ? 0 : 1)]);
            for (var step = 0; step < Steps; step++)
                window.Read(k, step, from.States.AsSpan(step * 2, 2));
            if (k < 2)
                window.Update(k, parameters, 0.9);
        }

        window.Backward(parameters, [.. Advantages.Select(value => (float)value)], Usual, single);

        for (var i = 0; i < single.Length; i++)
            Assert.Equal(gradient[i], single[i], 2e-7);
    }

    [Fact]
    public void Forward_BehindAnEnd_DependsOnNothingLater()
    {
        var rng = new Rng(3);
        var network = new RuleNetwork(Predictions, 5, RuleSemantics.Predictions);
        double[] parameters = [.. Enumerable.Range(0, network.ParameterCount).Select(_ => rng.NextGaussian())];
        double[] rewards = [1, 2, 3, 4], probabilities = [.1, .2, .3, .4], states = [.. Enumerable.Range(0, 5 * Predictions).Select(_ => rng.NextDouble())];
        var (first, second) = (new RulePass<double>(network, 4, 1), new RulePass<double>(network, 4, 1));

        first.Forward(parameters, rewards, [false, true, false, false], 0.9, probabilities, states);
        (rewards[2], rewards[3], probabilities[2], states[2 * Predictions], states[^1]) = (-7, 9, .9, 5, -5);
        second.Forward(parameters, rewards, [false, true, false, false], 0.9, probabilities, states);

        Assert.Equal(first.PolicyTargets[..2], second.PolicyTargets[..2]);
        Assert.Equal(first.PredictionTargets[..(2 * Predictions)], second.PredictionTargets[..(2 * Predictions)]);
        Assert.NotEqual(first.PolicyTargets[2], second.PolicyTargets[2]);
    }

    [Fact]
    public void Update_ByARuleThatSaysNothing_LeavesThePolicy()
    {
        var (window, agent, parameters) = (ExampleWindow(), ExampleAgent(), ExampleRule());
        var network = new RuleNetwork(Predictions, Units, RuleSemantics.Predictions);
        for (var unit = 0; unit < Units; unit++)
            parameters[network.HeadOffset + unit * network.Heads] = 0;
        parameters[network.BiasOffset] = 0;

        Loss(window, agent, parameters, new(3, 0.5), Advantages, default, new double[165]);

        Assert.Equal(ExampleAgent().Policy, agent.Policy);
        Assert.NotEqual(ExampleAgent().Prediction, agent.Prediction);
    }

    private static void Close(double[] expected, double[] actual, double tolerance = 1e-9)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], actual[i], tolerance);
    }

    private static double Norm(IEnumerable<double> values) => Math.Sqrt(values.Sum(value => value * value));
}
