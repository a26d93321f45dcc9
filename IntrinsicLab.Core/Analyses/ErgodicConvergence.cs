using System.Globalization;
using IntrinsicLab.Core.Algorithms;

namespace IntrinsicLab.Core.Analyses;

/// <summary>How convergence is measured.</summary>
/// <param name="Beginnings">Random Z that lives begin with, each with steps of its own.</param>
/// <param name="Seed">Seed of everything.</param>
public sealed record ErgodicConvergenceSettings(int Beginnings = 8, int Seed = 1)
{
    /// <summary>Updates after which it is measured; the first is 0.</summary>
    public IReadOnlyList<int> Moments { get; init; } = [0, 10, 20, 40, 70, 100, 150, 200, 300, 400];

    /// <summary>Step sizes of the predictions.</summary>
    public AgentRates Rates { get; init; } = RuleAnalysis.Rates;
}

/// <summary>How predictions of one policy run together.</summary>
/// <param name="Name">Kebab-case name of the kind of policy.</param>
/// <param name="Label">The kind of policy, for people.</param>
/// <param name="Updates">Updates after which it was measured.</param>
/// <param name="Divergences">D after each.</param>
/// <param name="States">States that were visited often and counted.</param>
public sealed record PolicyConvergence(string Name, string Label, IReadOnlyList<int> Updates, double[] Divergences, int States)
{
    /// <summary>How many times smaller D is at the end than at the beginning.</summary>
    public double Fall => Divergences[0] / Divergences[^1];
}

/// <summary>
/// Do predictions come to say the same of a policy wherever they begin? Lives with one policy and Z drawn from N(0, 1), each on steps of its own:
/// D(u) = mean of KL(y(s) ‖ mean of y(s) over lives) after u updates, over lives and over states that are visited at least once in every update
/// on average (Oh et al. 2020, section 4.2).
/// </summary>
/// <param name="Policies">For each kind of policy.</param>
public sealed record ErgodicConvergence(IReadOnlyList<PolicyConvergence> Policies)
{
    /// <summary>Measures it.</summary>
    /// <param name="rule">A rule with predictions.</param>
    /// <param name="settings">How.</param>
    /// <param name="threads">Lives at the same time; results do not depend on it.</param>
    public static ErgodicConvergence Of(RuleContent rule, ErgodicConvergenceSettings settings, int threads = 1)
    {
        var rng = new Rng((ulong)settings.Seed).Split("ergodic-convergence");
        var level = AnalysisWorlds.Grid(rng.Split("level"));
        (string Name, string Label, double[] Policy)[] kinds =
        [
            ("even", "nearly even policy", AnalysisWorlds.Random(level, 0.1, rng.Split("even"))),
            ("peaked", "peaked random policy", AnalysisWorlds.Random(level, 2, rng.Split("peaked"))),
            ("learned", "nearly deterministic policy of A2C",
                AnalysisWorlds.OfActorCritic(level, new TableActorCritic { EntropyCoefficient = 0 }, 400, rng.Split("learned"))),
        ];
        var (lives, updates) = (settings.Beginnings, settings.Moments[^1]);
        var (predictions, visits) = (new double[kinds.Length * lives][][], new int[kinds.Length * lives][]);
        Parallel.For(0, predictions.Length, new ParallelOptions { MaxDegreeOfParallelism = threads }, index =>
        {
            var life = new FixedPolicyLife(
                rule, level, kinds[index / lives].Policy, settings.Rates, 1, rng.Split(kinds[index / lives].Name).Split("life", index % lives));
            var (moments, done) = (new double[settings.Moments.Count][], 0);
            for (var moment = 0; moment < moments.Length; moment++)
            {
                for (; done < settings.Moments[moment]; done++)
                    life.Update();
                moments[moment] = life.Predictions();
            }
            (predictions[index], visits[index]) = (moments, life.Visits);
        });
        return new(
        [
            .. kinds.Select((kind, index) =>
            {
                var own = predictions.AsSpan(index * lives, lives).ToArray();
                var counts = visits.AsSpan(index * lives, lives).ToArray();
                int[] often = [.. Enumerable.Range(0, level.States).Where(state => counts.Sum(each => (long)each[state]) >= (long)lives * updates)];
                return new PolicyConvergence(
                    kind.Name, kind.Label, settings.Moments,
                    [.. settings.Moments.Select((_, moment) => Divergence([.. own.Select(life => life[moment])], often, rule.Network.Predictions))], often.Length);
            }),
        ]);
    }

    /// <summary>Mean over lives and states of KL(y ‖ mean of y over lives).</summary>
    /// <param name="lives">y of each life, [S, m].</param>
    /// <param name="states">States that count.</param>
    /// <param name="predictions">m.</param>
    internal static double Divergence(IReadOnlyList<double[]> lives, IReadOnlyList<int> states, int predictions)
    {
        var sum = 0.0;
        foreach (var state in states)
            for (var entry = state * predictions; entry < (state + 1) * predictions; entry++)
            {
                var mean = lives.Average(y => y[entry]);
                foreach (var y in lives)
                    if (y[entry] > 0)
                        sum += y[entry] * Math.Log(y[entry] / mean);
            }
        return sum / (states.Count * (double)lives.Count);
    }

    /// <summary>Numbers and figures.</summary>
    public RuleAnalysis Analysis() => new(
        "ergodic-convergence", "Whether predictions mean the same every time",
        string.Create(CultureInfo.InvariantCulture, $"Lives with one and the same policy begin with predictions drawn by chance, and walk their own ways. Do their predictions run together? D is how much those of a life differ from the mean over all lives (Kullback–Leibler divergence, in nats), over states visited at least once in every update on average; a meaning that does not depend on the beginning shows as a steep fall within {Policies[0].Updates[^1]} updates."),
        [
            .. Policies.SelectMany(policy => new AnalysisNumber[]
            {
                new($"fall-{policy.Name}", $"Times that D is smaller in the end, {policy.Label}", policy.Fall),
                new($"divergence-{policy.Name}", $"D in the end, {policy.Label} (nats)", policy.Divergences[^1]),
                new($"states-{policy.Name}", $"States that count, {policy.Label}", policy.States),
            }),
        ],
        [
            new LineFigure(
                "ergodic-convergence", "Predictions run together",
                "How much the predictions of lives that began differently differ from their mean. Down is together; a line that stays up means that the beginning is never forgotten.",
                new("updates of the predictions"), new("D (nats)") { Logarithmic = true },
                [.. Policies.Select(policy => new FigureSeries(policy.Label, [.. policy.Updates.Select(update => (double)update)], policy.Divergences))]),
        ]);
}
