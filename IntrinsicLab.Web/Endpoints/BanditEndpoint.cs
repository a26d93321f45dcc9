using System.ComponentModel.DataAnnotations;
using System.Globalization;
using IntrinsicLab.Core.Bandits;
using IntrinsicLab.Core.Experiments;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntrinsicLab.Web.Endpoints;

/// <summary>Bandits, played while one waits.</summary>
public static class BanditEndpoint
{
    // Players at work leave cores for runs, and never more than one request computes.
    private static readonly SemaphoreSlim Turn = new(1);
    private static readonly int Threads = Math.Max(1, Environment.ProcessorCount / 2);

    public static void Map(RouteGroupBuilder group) => group.MapGet("/bandits", Play).WithName("PlayBandits");

    /// <summary>
    /// Plays a Bernoulli bandit under some rules, many runs each: curves of regret with 95 % intervals, pulls of each arm, the bound of UCB-1, and
    /// a sentence that says what they show. Equal queries give equal answers.
    /// </summary>
    public static async Task<Results<Ok<BanditResource>, ProblemResult>> Play(Query<BanditQuery> query, CancellationToken cancellation)
    {
        var experiment = query.Value.Experiment;
        await Turn.WaitAsync(cancellation);
        try
        {
            return TypedResults.Ok(BanditResource.Of(experiment, await Task.Run(() => experiment.Play(Threads, cancellation), cancellation)));
        }
        finally
        {
            Turn.Release();
        }
    }
}

/// <summary>Query of the bandits.</summary>
public sealed record BanditQuery : ICheckedQuery
{
    public const int MostArms = 20;
    public const int MostRules = 8;

    /// <summary>Choices times arms that a request may ask for: some seconds of work.</summary>
    public const long MostWork = 100_000_000;

    /// <summary>Probability of each arm of paying 1 in place of 0, 2 to 20 of them, with commas between.</summary>
    public string Arms { get; init; } = "0.9, 0.8";

    /// <summary>
    /// Rules with commas between, a parameter after a colon: ucb1:2, proportional:2 (the constant c), epsilon-greedy:0.1, boltzmann:0.1 (the
    /// temperature), greedy, uniform.
    /// </summary>
    public string Rules { get; init; } = "ucb1, epsilon-greedy, boltzmann, greedy, uniform";

    /// <summary>Steps of a run.</summary>
    [Range(1, 100_000), Unit("steps")]
    public int Horizon { get; init; } = 1000;

    /// <summary>Runs of each rule.</summary>
    [Range(1, 5000), Unit("runs")]
    public int Runs { get; init; } = 200;

    /// <summary>Root of all randomness.</summary>
    [Range(0, int.MaxValue)]
    public int Seed { get; init; } = 1;

    /// <summary>What is asked for; to be read once nothing is wrong.</summary>
    internal BanditExperiment Experiment => new()
    {
        Arms = [.. Split(Arms).Select(arm => Number(arm) ?? 0)],
        Rules = [.. Split(Rules).Select(text => ReadRule(text, out _)!)],
        Horizon = Horizon,
        Runs = Runs,
        Seed = Seed,
    };

    public void Check(List<Problem> faults)
    {
        var (arms, rules) = (Split(Arms), Split(Rules));
        var before = faults.Count;
        if (arms.Length is < 2 or > MostArms)
            faults.Add(new("/arms", $"Expected 2 to {MostArms} probabilities with commas between, not {arms.Length}."));
        foreach (var (index, arm) in arms.Index())
            if (Number(arm) is not (>= 0 and <= 1))
                faults.Add(new(At("/arms", index), $"“{arm}” is no probability: a number from 0 to 1 is expected."));
        if (rules.Length is < 1 or > MostRules)
            faults.Add(new("/rules", $"Expected 1 to {MostRules} rules with commas between, not {rules.Length}."));
        foreach (var (index, text) in rules.Index())
            if (ReadRule(text, out var fault) is not { } rule)
                faults.Add(new(At("/rules", index), fault));
            else if (rules.Take(index).Any(other => ReadRule(other, out _) == rule))
                faults.Add(new(At("/rules", index), $"{rule.Text} is given twice."));
        if (faults.Count == before && (long)Horizon * Runs * arms.Length * rules.Length is > MostWork and var work)
            faults.Add(new("/runs", string.Create(CultureInfo.InvariantCulture,
                $"{Horizon} steps × {Runs} runs × {arms.Length} arms × {rules.Length} rules are {work / 1e6:0} million choices; {MostWork / 1e6:0} million are allowed at once.")));
    }

    internal static string[] Split(string list) => list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    internal static double? Number(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : null;

    /// <summary>A rule as people write it; null with the reason where it is none.</summary>
    internal static ActingRule? ReadRule(string text, out string fault)
    {
        var parts = text.Split(':', 2, StringSplitOptions.TrimEntries);
        fault = "";
        if (Enum.GetValues<ActingRuleKind>().Cast<ActingRuleKind?>().FirstOrDefault(known => new ActingRule(known!.Value, 0).Word == parts[0]) is not { } kind)
        {
            fault = Problem.Unknown("rule", parts[0], ActingRule.Words);
            return null;
        }
        if (ActingRule.Range(kind) is not { } range)
        {
            fault = parts.Length > 1 ? $"{parts[0]} has no parameter." : "";
            return parts.Length > 1 ? null : new ActingRule(kind, 0);
        }
        if (parts.Length == 1)
            return new ActingRule(kind, ActingRule.Usual(kind)!.Value);
        if (Number(parts[1]) is { } number && number >= range.Low && number <= range.High)
            return new ActingRule(kind, number);
        fault = string.Create(CultureInfo.InvariantCulture, $"“{parts[1]}” is no {range.Name} of {parts[0]}: a number from {range.Low} to {range.High} is expected.");
        return null;
    }

    private static string At(string pointer, int index) => Problem.At(pointer, index.ToString(CultureInfo.InvariantCulture));
}

/// <summary>What some rules lose on a bandit.</summary>
/// <param name="Arms">Each arm's probability of paying 1.</param>
/// <param name="Horizon">Steps of a run.</param>
/// <param name="Runs">Runs of each rule.</param>
/// <param name="Seed">Root of all randomness.</param>
/// <param name="Meaning">What the curves show, in a sentence.</param>
/// <param name="Steps">Steps at which regret was read.</param>
/// <param name="Bound">The most that UCB-1 with c = 2 loses on average by each of these steps.</param>
/// <param name="Rules">What each rule did.</param>
public sealed record BanditResource(
    double[] Arms, int Horizon, int Runs, int Seed, string Meaning, IReadOnlyList<int> Steps, IReadOnlyList<double> Bound, IReadOnlyList<BanditRuleResource> Rules)
{
    internal static BanditResource Of(BanditExperiment experiment, BanditResult result) => new(
        experiment.Arms, experiment.Horizon, experiment.Runs, experiment.Seed, result.Sentence, result.Steps, result.Bound,
        [.. result.Rules.Select(each => new BanditRuleResource(
            each.Rule.Text, each.Rule.Name, each.Final.Mean, each.Final.StandardError,
            each.Final.Interval is { } interval ? [interval.Low, interval.High] : null, each.Pulls,
            [.. each.Curve.Select(at => at.Mean)], [.. each.Curve.Select(at => at.Interval?.Low)], [.. each.Curve.Select(at => at.Interval?.High)]))]);
}

/// <summary>What one rule lost.</summary>
/// <param name="Rule">The rule with its parameter.</param>
/// <param name="Name">Name for people.</param>
/// <param name="Regret">Mean regret at the horizon, in rewards.</param>
/// <param name="StandardError">Its standard error; null with one run.</param>
/// <param name="Interval">Its 95 % interval; null with one run.</param>
/// <param name="Pulls">Mean pulls of each arm.</param>
/// <param name="Mean">Mean regret by step.</param>
/// <param name="Low">Lower end of its 95 % interval.</param>
/// <param name="High">Upper end.</param>
public sealed record BanditRuleResource(
    string Rule, string Name, double Regret, double? StandardError, double[]? Interval, IReadOnlyList<double> Pulls, IReadOnlyList<double> Mean,
    IReadOnlyList<double?> Low, IReadOnlyList<double?> High);
