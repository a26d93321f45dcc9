using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Core.Statistics;

namespace IntrinsicLab.Data;

/// <summary>What the scores of an environment are normalised between, and where that comes from.</summary>
internal static class ScoreScales
{
    /// <summary>What a run was trained on: its environment, or what runs inside it.</summary>
    public static string TaskOf(Run run, JsonObject plan) =>
        run.Environment == "gymnasium" && (plan["environmentParameters"] as JsonObject)?["environment"] is JsonValue inner && inner.TryGetValue<string>(out var id)
            ? id
            : run.Environment;

    /// <summary>The scale of one environment, or a sentence that says why there is none.</summary>
    /// <param name="scaling">Which kind.</param>
    /// <param name="task">The environment.</param>
    /// <param name="runs">Runs on it.</param>
    /// <param name="references">Scores that somebody stated.</param>
    public static (ScoreScale? Scale, string? WhyNone) Find(
        ScoreScaling scaling, string task, IReadOnlyList<Run> runs, IReadOnlyDictionary<string, ScoreReference> references)
    {
        if (scaling is ScoreScaling.Human or ScoreScaling.Auto && !references.ContainsKey(task) && HumanScores.Of(task) is { } scores)
            return (new(task, scores.Random, scores.Human, $"random play and human of {HumanScores.Table}"), null);
        if (scaling == ScoreScaling.Human)
            return (null, $"{task} is not in the table of human scores ({HumanScores.Table}).");

        var (random, range) = Measured(runs);
        double floor;
        string from;
        if (references.TryGetValue(task, out var stated) && stated.Floor is { } low)
            (floor, from) = (low, $"{Text(low)} as stated");
        else if (random is { } play)
            (floor, from) = (play.Mean, $"random play {Text(play.Mean)} ({play.Episodes.ToString("N0", CultureInfo.InvariantCulture)} episodes)");
        else if (range is { } returns)
            (floor, from) = (returns.Low, $"least return {Text(returns.Low)}");
        else
            return (null, $"{task} has neither a measured random return nor a range of returns; state [score of 0, score of 1] under references.");
        if (!references.ContainsKey(task) && range is null)
            return (null, $"{task} has no reference score; state the score that counts as 1 under references.");
        var (ceiling, to) = references.ContainsKey(task) ? (stated.Ceiling, $"{Text(stated.Ceiling)} as stated") : (range!.Value.High, $"top of the environment's range {Text(range.Value.High)}");
        return ceiling == floor ? (null, $"{task}: scores cannot be normalised between {Text(floor)} and itself.") : (new(task, floor, ceiling, $"{from} to {to}"), null);
    }

    /// <summary>The scale between the least and the greatest of some scores.</summary>
    public static (ScoreScale? Scale, string? WhyNone) Between(string task, IReadOnlyList<double> finals) =>
        finals.Count == 0 ? (null, $"{task}: no run has a final score to normalise by.")
        : finals.Min() == finals.Max() ? (null, $"{task}: all final scores are {Text(finals[0])}; there is nothing to normalise between.")
        : (new(task, finals.Min(), finals.Max(), $"least {Text(finals.Min())} to greatest {Text(finals.Max())} final score of the compared runs"), null);

    // Random play was measured with default parameters; other parameters make another environment.
    private static (RandomReturn? Random, (double Low, double High)? Range) Measured(IReadOnlyList<Run> runs)
    {
        if (EnvironmentCatalog.Find(runs[0].Environment) is not { } entry || entry.WhyUnavailable() is not null)
            return (RandomReturns.Of(runs[0].Environment), null);
        var plain = true;
        (double, double)? range = null;
        foreach (var (index, json) in runs.Where(run => run.Source == Run.SourceLab).Select(Settings).Distinct().Index())
        {
            var problems = new List<Problem>();
            using var document = JsonDocument.Parse(json);
            if (RunPlan.Read(document.RootElement, problems) is not { } plan)
                return (null, null);
            plain &= plan.EnvironmentParameters.Equals(Activator.CreateInstance(entry.Parameters)) && plan.Wrappers is { TimeLimit: 0, RewardScale: 1 };
            var own = plan.Wrappers.RewardScale == 1 ? plan.CreateEnvironments().Spec.ScoreRange : null;
            if (index > 0 && own != range)
                return (plain ? RandomReturns.Of(entry.Id) : null, null);
            range = own;
        }
        if (runs.All(run => run.Source != Run.SourceLab) && !entry.NeedsParameters)
            range = EnvironmentCatalog.Factory(entry).Spec.ScoreRange;
        return (plain ? RandomReturns.Of(entry.Id) : null, range);
    }

    // A plan of the same environment with the least that makes it readable.
    private static string Settings(Run run)
    {
        var plan = JsonNode.Parse(run.Plan)!.AsObject();
        plan["name"] = "scale";
        plan["seed"] = 1;
        plan["steps"] = 1;
        plan.Remove("arm");
        plan.Remove("evaluation");
        return plan.ToJsonString();
    }

    private static string Text(double value) => value.ToString("0.####", CultureInfo.InvariantCulture);
}
