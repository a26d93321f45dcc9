using System.Globalization;
using IntrinsicLab.Core.Networks;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>
/// How a learned rule answers one changed input: a short made-up rollout of <see cref="Steps"/> equal steps (no reward, no end, an action of
/// probability <see cref="UsualProbability"/>, even predictions), in which one input of the step at <see cref="Place"/> takes each value of a
/// range. What it says of that step and of those before it follows from the parameters alone.
/// </summary>
public static class RuleResponse
{
    /// <summary>Steps of the rollout.</summary>
    public const int Steps = 12;

    /// <summary>The step whose input changes; those after it are the future that it reads first.</summary>
    public const int Place = 8;

    /// <summary>π(a|s) of every step but the changed one.</summary>
    public const float UsualProbability = 0.5f;

    private const int Points = 41;
    private const int MostChanged = 4;

    /// <summary>
    /// Lines for the page of a rule: π̂ over the reward, over the probability, and over the distance to a reward and to an end; for rules with
    /// predictions the entries of ŷ that the reward changes most.
    /// </summary>
    public static IReadOnlyList<Figure> Figures(RuleContent rule)
    {
        var rewards = Range(-1, 1);
        var probabilities = Range(0.02, 0.98);
        var plain = Answer(rule, rewards, reward => new((float)reward, false, UsualProbability));
        var ended = Answer(rule, rewards, reward => new((float)reward, true, UsualProbability));
        var figures = new List<Figure>
        {
            new LineFigure("response-reward", "Answer to a reward",
                "How much more likely (above 0) or less likely (below 0) the rule makes an action by the reward that followed it, where the episode goes on and where it ends with it.",
                new("reward of the step"), new(PolicyTarget),
                [new("the episode goes on", rewards, plain.Policy(Place)), new("the episode ends", rewards, ended.Policy(Place))]),
            new LineFigure("response-probability", "Answer to a probability",
                "The same over how probable the action was. A rule that answers improbable actions with more than probable ones keeps policies varied.",
                new("probability of the action, π(a|s)"), new(PolicyTarget),
                [.. new[] { -1f, 0, 1 }.Select(reward => new FigureSeries(
                    reward < 0 ? "reward −1" : reward > 0 ? "reward 1" : "no reward", probabilities,
                    Answer(rule, probabilities, probability => new(reward, false, (float)probability)).Policy(Place)))]),
            Carried(rule),
        };
        if (rule.Network.Predictions > 1)
            figures.Add(Predictions(rule.Network.Predictions, rewards, plain));
        return figures;
    }

    private const string PolicyTarget = "π̂, change of the action's preference";

    // What a step is told of a reward or an end that lies some steps ahead of it.
    private static LineFigure Carried(RuleContent rule)
    {
        double[] one = [0];
        var usual = Answer(rule, one, _ => Step.Usual);
        var distances = Enumerable.Range(0, Place + 1).Select(distance => (double)distance).ToArray();
        FigureSeries Told(string name, Step step)
        {
            var changed = Answer(rule, one, _ => step);
            return new(name, distances, [.. distances.Select(distance => changed.Policy(Place - (int)distance)[0] - usual.Policy(Place - (int)distance)[0])]);
        }
        return new("response-distance", "How far back a step is heard",
            "By how much π̂ of earlier steps differs from a rollout in which nothing happens. An end closes the door: what comes after it is unknown before it.",
            new("steps before it happened"), new("change of π̂"),
            [Told("reward 1", Step.Usual with { Reward = 1 }), Told("reward −1", Step.Usual with { Reward = -1 }), Told("the episode ends", Step.Usual with { Ends = true })]);
    }

    private static LineFigure Predictions(int count, double[] rewards, Answers answers)
    {
        var middle = Points / 2;
        var entries = Enumerable.Range(0, count)
            .OrderByDescending(entry => answers.Prediction(Place, entry).Max() - answers.Prediction(Place, entry).Min()).ThenBy(entry => entry)
            .Take(MostChanged).Order();
        return new("response-prediction", "Answer in the predictions",
            $"What the rule wants predicted, ŷ, compared with a step without reward: the {Math.Min(MostChanged, count)} of {count} entries that the reward changes most. Entries have no meaning of their own but what the rule gives them.",
            new("reward of the step"), new("change of ŷ, share of 1"),
            [.. entries.Select(entry => new FigureSeries(
                string.Create(CultureInfo.InvariantCulture, $"entry {entry + 1}"), rewards,
                [.. answers.Prediction(Place, entry).Select(value => value - answers.Prediction(Place, entry)[middle])]))]);
    }

    private sealed record Step(float Reward, bool Ends, float Probability)
    {
        public static Step Usual { get; } = new(0, false, UsualProbability);
    }

    // π̂ and ŷ of a rollout for each value: environments of the pass are the values.
    private sealed record Answers(int Values, int Entries, float[] PolicyTargets, double[] PredictionTargets)
    {
        public double[] Policy(int step) => [.. PolicyTargets.Skip(step * Values).Take(Values).Select(value => (double)value)];

        public double[] Prediction(int step, int entry) => [.. Enumerable.Range(0, Values).Select(value => PredictionTargets[(step * Values + value) * Entries + entry])];
    }

    private static Answers Answer(RuleContent rule, double[] values, Func<double, Step> at)
    {
        var (network, count) = (rule.Network, values.Length);
        var pass = new RulePass<float>(network, Steps, count);
        var (rewards, ends, probabilities) = (new float[Steps * count], new bool[Steps * count], new float[Steps * count]);
        Array.Fill(probabilities, UsualProbability);
        for (var value = 0; value < count; value++)
            (rewards[Place * count + value], ends[Place * count + value], probabilities[Place * count + value]) = at(values[value]);
        var states = new float[(Steps + 1) * count * Math.Max(1, network.Predictions)];
        if (network.Predictions > 0)
            Array.Fill(states, 1f / network.Predictions);
        pass.Forward(rule.Parameters, rewards, ends, (float)rule.Gamma, probabilities, states);
        return new(count, network.Predictions, pass.PolicyTargets.ToArray(), Shares(pass.PredictionTargets, network.Predictions));
    }

    private static double[] Shares(ReadOnlySpan<float> logits, int entries)
    {
        var shares = new double[logits.Length];
        for (var row = 0; row < logits.Length; row += entries)
        {
            var most = double.NegativeInfinity;
            for (var entry = 0; entry < entries; entry++)
                most = Math.Max(most, logits[row + entry]);
            var sum = 0.0;
            for (var entry = 0; entry < entries; entry++)
                sum += shares[row + entry] = Math.Exp(logits[row + entry] - most);
            for (var entry = 0; entry < entries; entry++)
                shares[row + entry] /= sum;
        }
        return shares;
    }

    private static double[] Range(double low, double high) => [.. Enumerable.Range(0, Points).Select(point => low + (high - low) * point / (Points - 1))];
}
