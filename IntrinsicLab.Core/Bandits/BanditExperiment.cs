using System.Globalization;
using IntrinsicLab.Core.Formulas;
using IntrinsicLab.Core.Statistics;
using static System.FormattableString;

namespace IntrinsicLab.Core.Bandits;

/// <summary>
/// Many players of one Bernoulli bandit under each of some rules. Every run has its own stream, shared by the rules, and a row of its own:
/// results depend on nothing but this record, and a rule's not on which others are played.
/// </summary>
public sealed record BanditExperiment
{
    private const int Places = 120;

    /// <summary>Each arm's probability of paying 1, [K].</summary>
    public required double[] Arms { get; init; }

    /// <summary>The rules that are compared.</summary>
    public required IReadOnlyList<ActingRule> Rules { get; init; }

    /// <summary>Steps of a run, T.</summary>
    public int Horizon { get; init; } = 1000;

    /// <summary>Runs of each rule.</summary>
    public int Runs { get; init; } = 200;

    /// <summary>Root of all randomness.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Plays all runs.</summary>
    /// <param name="threads">Threads that share the runs; results do not depend on it.</param>
    /// <param name="cancellation">Stops early, with an exception.</param>
    public BanditResult Play(int threads = 1, CancellationToken cancellation = default)
    {
        // The step 0 and up to 120 more, evenly spaced, the last included.
        var places = Math.Min(Places, Horizon);
        int[] at = [0, .. Enumerable.Range(1, places).Select(place => (int)((long)place * Horizon / places))];
        var options = new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellation };
        return new BanditResult(at, [.. at.Select(step => Exploration.UcbRegretBound(Arms, Math.Max(1, step)))],
            [.. Rules.Select(rule => Play(rule, at, options))]);
    }

    private RuleResult Play(ActingRule rule, int[] at, ParallelOptions options)
    {
        var regrets = new double[at.Length][];
        for (var place = 0; place < at.Length; place++)
            regrets[place] = new double[Runs];
        var pulls = new int[Runs * Arms.Length];
        var root = new Rng((ulong)Seed);
        Parallel.For(0, Runs, options, run =>
        {
            var player = new BanditPlayer(Arms, rule, root.Split("run", run));
            var step = 0;
            for (var place = 1; place < at.Length; place++)
            {
                for (; step < at[place]; step++)
                    player.Step();
                regrets[place][run] = player.Regret;
            }
            player.Pulls.CopyTo(pulls.AsSpan(run * Arms.Length));
        });
        var reach = Runs > 1 ? StudentT.Quantile(0.975, Runs - 1) : double.NaN;
        var curve = regrets.Select(runs => new RegretAt(
            Aggregates.Mean(runs), Runs > 1 ? Aggregates.StandardDeviation(runs) / Math.Sqrt(Runs) : null, reach)).ToList();
        var mean = new double[Arms.Length];
        for (var index = 0; index < pulls.Length; index++)
            mean[index % Arms.Length] += (double)pulls[index] / Runs;
        return new RuleResult(rule, curve, mean);
    }
}

/// <summary>What an experiment found.</summary>
/// <param name="Steps">Steps at which regret was read, the first 0, the last the horizon.</param>
/// <param name="Bound">The most that UCB-1 with constant 2 loses on average by each of these steps.</param>
/// <param name="Rules">What each rule did.</param>
public sealed record BanditResult(IReadOnlyList<int> Steps, IReadOnlyList<double> Bound, IReadOnlyList<RuleResult> Rules)
{
    /// <summary>What the curves show: who lost least, and how regret goes on growing.</summary>
    public string Sentence
    {
        get
        {
            if (Bound[^1] == 0)
                return "All arms pay alike, so that no rule can lose anything.";
            var least = Rules.MinBy(each => each.Final.Mean)!;
            var error = least.Final.StandardError is { } known ? Invariant($" ± {known:0.0}") : "";
            var steps = Steps[^1].ToString("#,0", CultureInfo.InvariantCulture).Replace(',', '\u2009');
            var lost = Invariant($"After {steps} steps {least.Rule.Name} has lost least, {least.Final.Mean:0.0}{error} rewards");
            var slow = Rules.Count(each => each.Rule is { Kind: ActingRuleKind.Ucb1, Parameter: > 0 });
            return slow == Rules.Count ? $"{lost}; regret grows with the logarithm of the steps, because a bonus for few pulls shrinks as pulls go on."
                : slow == 0 ? $"{lost}; none of these rules stops pulling worse arms, by chance or because it is stuck on one, so that regret goes on growing with the steps."
                : $"{lost}; regret of UCB-1 grows with the logarithm of the steps, that of the others with the steps themselves, so that UCB-1 wins in the long run.";
        }
    }
}

/// <summary>What one rule did.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="Curve">Regret by step.</param>
/// <param name="Pulls">Mean pulls of each arm at the end, [K].</param>
public sealed record RuleResult(ActingRule Rule, IReadOnlyList<RegretAt> Curve, IReadOnlyList<double> Pulls)
{
    /// <summary>Regret at the horizon.</summary>
    public RegretAt Final => Curve[^1];
}

/// <summary>Regret after some steps.</summary>
/// <param name="Mean">Mean over runs.</param>
/// <param name="StandardError">Standard error of the mean; null with one run.</param>
/// <param name="Reach">Student's quantile for a 95 % interval.</param>
public readonly record struct RegretAt(double Mean, double? StandardError, double Reach)
{
    /// <summary>95 % interval of the mean; null with one run.</summary>
    public Interval? Interval => StandardError is { } error ? new Interval(Mean - Reach * error, Mean + Reach * error) : null;
}
