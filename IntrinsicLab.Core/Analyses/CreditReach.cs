using System.Globalization;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Environments.GridWorlds;
using IntrinsicLab.Core.Formulas;
using IntrinsicLab.Core.Networks;

namespace IntrinsicLab.Core.Analyses;

/// <summary>How the reach of credit is measured.</summary>
/// <param name="Length">Steps of the chain; without a common divisor with a rollout's 20 steps, so that rollouts begin everywhere.</param>
/// <param name="Updates">Updates of the predictions.</param>
/// <param name="Seed">Seed of the sampling.</param>
public sealed record CreditReachSettings(int Length = 47, int Updates = 400, int Seed = 1)
{
    /// <summary>Step sizes of the predictions.</summary>
    public AgentRates Rates { get; init; } = RuleAnalysis.Rates;
}

/// <summary>
/// How far back does a rule give credit, and by what? In a chain whose first action decides the reward of its last step, an even policy walks both
/// branches; credit is what π̂ has for a step on the good branch beyond one on the bad branch, by the steps that are left. A rollout of 20 steps
/// carries it no further than 20 steps; beyond that only predictions that were learned before can. Beside it, made-up rollouts in which one input
/// changes: what π̂ and ŷ answer.
/// </summary>
/// <param name="Learned">Credit with predictions that the rule taught, by steps left, from 1.</param>
/// <param name="Even">The same with predictions that are even everywhere.</param>
/// <param name="Responses">Figures of the made-up rollouts.</param>
public sealed record CreditReach(IReadOnlyList<double> Learned, IReadOnlyList<double> Even, IReadOnlyList<Figure> Responses)
{
    /// <summary>Twice the steps of a rollout: no rollout shows a step and a reward so far apart.</summary>
    public const int Far = 40;

    private const int Steps = 20, Place = 10, Points = 41, MostEntries = 4;
    private const float Usual = 0.5f;
    private const string PolicyTarget = "π̂, change of the action's preference";

    private enum Change
    {
        Reward,
        End,
        NextPrediction,
    }

    /// <summary>Credit 40 steps before the end, as a share of that in the last 20 steps.</summary>
    /// <param name="credit">By steps left.</param>
    public static double FarShare(IReadOnlyList<double> credit) => credit[Far - 1] / credit.Take(Steps).Average();

    /// <summary>Measures it.</summary>
    /// <param name="rule">Any rule.</param>
    /// <param name="settings">How.</param>
    public static CreditReach Of(RuleContent rule, CreditReachSettings settings)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(settings.Length, Far);
        var rng = new Rng((ulong)settings.Seed).Split("credit-reach");
        return new(
            Credit(rule, settings, settings.Rates, 0.1, rng),
            Credit(rule, settings, new AgentRates(settings.Rates.LearningRate, 0), 0, rng),
            Respond(rule));
    }

    private static double[] Credit(RuleContent rule, CreditReachSettings settings, AgentRates rates, double deviation, Rng rng)
    {
        var level = new ChainLevel(settings.Length, rightAction: 0);
        var policy = new double[level.States * level.Actions];
        Array.Fill(policy, 1.0 / level.Actions);
        var life = new FixedPolicyLife(rule, level, policy, rates, deviation, rng);
        var (sums, counts) = (new double[settings.Length], new int[settings.Length]);
        for (var update = 0; update < settings.Updates; update++)
        {
            life.Update();
            if (!FixedPolicyLife.Counts(update, settings.Updates))
                continue;
            // All copies are at the same step of the chain: branches are compared at the same place of the same rollout.
            for (var step = 0; step < life.Rollout.Steps; step++)
                if (Difference(life, level, step) is var (time, difference))
                    (sums[time], counts[time]) = (sums[time] + difference, counts[time] + 1);
        }
        return [.. Enumerable.Range(1, settings.Length - 1).Select(left => sums[settings.Length - left] / counts[settings.Length - left])];
    }

    // Mean of π̂ on the good branch less that on the bad one; null before they part, or where all copies are on one.
    private static (int Time, double Difference)? Difference(FixedPolicyLife life, ChainLevel level, int step)
    {
        var (sums, counts, time) = (new double[2], new int[2], 0);
        var environments = life.Rollout.Environments;
        for (var b = step * environments; b < (step + 1) * environments; b++)
        {
            (time, var right) = level.Place(life.Rollout.States[b]);
            sums[right ? 1 : 0] += life.PolicyTargets[b];
            counts[right ? 1 : 0]++;
        }
        return time > 0 && counts[0] > 0 && counts[1] > 0 ? (time, sums[1] / counts[1] - sums[0] / counts[0]) : null;
    }

    private static List<Figure> Respond(RuleContent rule)
    {
        var rewards = Range(-1, 1);
        double[] probabilities = [0.05, 0.2, 0.5, 0.8, 0.95];
        double[] distances = [.. Enumerable.Range(0, Place + 1).Select(distance => (double)distance)];
        var usual = Answer(rule, [0], Change.Reward);
        var figures = new List<Figure>
        {
            new LineFigure(
                "answer-reward", "Answer to a reward by the action's probability",
                "What the rule says of an action by the reward that followed it, for actions that were rare and actions that were usual. Steps around it pay nothing, predictions are even.",
                new("reward of the step"), new(PolicyTarget),
                [.. probabilities.Select(probability => new FigureSeries(
                    string.Create(CultureInfo.InvariantCulture, $"π(a|s) = {probability:0.##}"), rewards, Answer(rule, rewards, Change.Reward, (float)probability).Policy(Place)))]),
        };
        if (!RuleAnalysis.HasPredictions(rule))
            return figures;
        figures.Add(new LineFigure(
            "answer-prediction-distance", "How far back the wanted predictions move",
            "How much what the rule wants predicted, ŷ, of earlier steps differs from a rollout in which nothing happens (Kullback–Leibler divergence). Where it moves, news is handed to the state before.",
            new("steps before it happened"), new("divergence of ŷ (nats)"),
            [
                Moved("reward 1", Answer(rule, [1], Change.Reward)), Moved("reward −1", Answer(rule, [-1], Change.Reward)),
                Moved("the episode ends", Answer(rule, [1], Change.End)),
            ]));
        if (rule.Network.Semantics == RuleSemantics.Predictions)
            figures.Add(Entries(rule));
        return figures;

        FigureSeries Moved(string name, Answers answers) =>
            new(name, distances, [.. distances.Select(distance => Divergence(answers.Prediction(Place - (int)distance, 0), usual.Prediction(Place - (int)distance, 0)))]);
    }

    private static LineFigure Entries(RuleContent rule)
    {
        var shares = Range(0, 1);
        var lines = Enumerable.Range(0, rule.Network.Predictions)
            .Select(entry => (Entry: entry, Answer: Answer(rule, shares, Change.NextPrediction, Usual, entry).Policy(Place)))
            .OrderByDescending(line => line.Answer.Max() - line.Answer.Min()).ThenBy(line => line.Entry).Take(MostEntries).OrderBy(line => line.Entry);
        return new(
            "answer-next-prediction", "Answer to what is predicted of the next state",
            $"What the rule says of an action that led to a state of which one entry of the prediction vector is large: bootstrapping. The {Math.Min(MostEntries, rule.Network.Predictions)} of {rule.Network.Predictions} entries that change it most.",
            new("share of the entry in the next state's prediction"), new(PolicyTarget),
            [.. lines.Select(line => new FigureSeries(string.Create(CultureInfo.InvariantCulture, $"entry {line.Entry + 1}"), shares, line.Answer))]);
    }

    // π̂ and q of a rollout for each value: environments of the pass are the values.
    private sealed record Answers(int Values, int Entries, float[] PolicyTargets, double[] PredictionTargets)
    {
        public double[] Policy(int step) => [.. PolicyTargets.AsSpan(step * Values, Values).ToArray().Select(value => (double)value)];

        public double[] Prediction(int step, int value) => PredictionTargets.AsSpan((step * Values + value) * Entries, Entries).ToArray();
    }

    private static Answers Answer(RuleContent rule, double[] values, Change change, float probability = Usual, int entry = 0)
    {
        var (network, count, m) = (rule.Network, values.Length, rule.Network.Predictions);
        var pass = new RulePass<float>(network, Steps, count);
        var (rewards, ends, probabilities) = (new float[Steps * count], new bool[Steps * count], new float[Steps * count]);
        Array.Fill(probabilities, Usual);
        var states = new float[(Steps + 1) * count * Math.Max(1, m)];
        if (m > 0)
            Array.Fill(states, 1f / m);
        for (var value = 0; value < count; value++)
        {
            var row = Place * count + value;
            probabilities[row] = probability;
            if (change == Change.Reward)
                rewards[row] = (float)values[value];
            else if (change == Change.End)
                ends[row] = values[value] > 0;
            else
            {
                var next = states.AsSpan((row + count) * m, m);
                next.Fill((float)(1 - values[value]) / m);
                next[entry] += (float)values[value];
            }
        }
        pass.Forward(rule.Parameters, rewards, ends, (float)rule.Gamma, probabilities, states);
        var (logits, shares) = (pass.PredictionTargets.ToArray(), new float[pass.PredictionTargets.Length]);
        if (m > 0)
            LearnedUpdate.Softmax<float>(logits, shares, m);
        return new(count, m, pass.PolicyTargets.ToArray(), [.. shares.Select(share => (double)share)]);
    }

    private static double Divergence(double[] y, double[] other) => y.Select((value, entry) => value > 0 ? value * Math.Log(value / other[entry]) : 0).Sum();

    private static double[] Range(double low, double high) => [.. Enumerable.Range(0, Points).Select(point => low + (high - low) * point / (Points - 1))];

    /// <summary>Numbers and figures.</summary>
    public RuleAnalysis Analysis()
    {
        double[] left = [.. Enumerable.Range(1, Learned.Count).Select(step => (double)step)];
        return new(
            "credit-reach", "How far back credit goes",
            string.Create(CultureInfo.InvariantCulture, $"A chain of {Learned.Count + 1} steps whose first action decides the reward of the last. Credit is what the rule has for a step on the good branch beyond one on the bad branch. Within a rollout of {Steps} steps it can see the reward; further back only predictions that it taught the agent before can bring credit, which is bootstrapping that nobody programmed."),
            [
                new("credit-near", $"Credit in the last {Steps} steps, mean, predictions learned", Learned.Take(Steps).Average()),
                new("credit-far", $"Credit {Far} steps before the end, predictions learned", Learned[Far - 1]),
                new("credit-far-share", "The latter as a share of the former", FarShare(Learned)),
                new("credit-far-even", $"Credit {Far} steps before the end, predictions even", Even[Far - 1]),
            ],
            [
                new LineFigure(
                    "credit-reach", "Credit by the steps that are left",
                    "π̂ on the good branch of the chain less π̂ on the bad branch. Above 0 the rule tells good from bad; without predictions that were learned it cannot beyond the steps of a rollout.",
                    new("steps left to the reward"), new("credit, difference of π̂"),
                    [new("predictions learned", left, Learned), new("predictions even", left, Even)]) { Breaks = [Steps] },
                .. Responses,
            ]);
    }
}
