using System.Globalization;
using IntrinsicLab.Core.Environments;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>What <see cref="QLearning"/> can learn, reports, and is often started with.</summary>
internal static class QLearningSettings
{
    public const string Error = "loss/td_error";
    public const string StartValue = "value/start";
    public const string BestShare = "policy/best_share";
    public const string StatesVisited = "exploration/states_visited";
    public const string BonusMean = "reward/bonus_mean";

    private const int MostStatesPlanned = 5_000;

    public static IReadOnlyList<MetricDescription> Reports { get; } =
    [
        new(Error, "Error of the values", "return", "Mean absolute difference between what a step showed, bonus included, and the value it met; near 0 where the table agrees with itself."),
        new(StartValue, "Value of the start", "return", "Highest value in the state that the present episode began in; with bonuses it also counts what there is left to explore."),
        new(BestShare, "Share of best actions", "", "Share of the update's steps that took an action of the highest value; 1 with bonus and mbie-eb, whose values explore by themselves."),
        new(StatesVisited, "States visited", "states", "States in which something was tried at least once."),
        new(BonusMean, "Bonus", "reward", "Mean bonus of the update's steps for visits that were rare; 0 where counts do not act on rewards."),
    ];

    public static IReadOnlyList<Preset> Presets { get; } =
    [
        new("Counts in the choice", "UCB on values, with untried actions first: exploration is local.", new Dictionary<string, object>
        {
            ["exploration"] = TabularExploration.Ucb, ["ucbCoefficient"] = 1.0,
        }),
        new("Counts in the reward", "A bonus for rare visits and values that start high: exploration is deep.", new Dictionary<string, object>
        {
            ["exploration"] = TabularExploration.Bonus, ["bonusCoefficient"] = 0.1,
        }),
        new("Counts in a model", "MBIE-EB (Strehl and Littman 2008): plans in what it has counted, the untried valued as high as can be.", new Dictionary<string, object>
        {
            ["exploration"] = TabularExploration.MbieEb, ["bonusCoefficient"] = 0.1,
        }),
    ];

    public static QLearningConfig For(EnvironmentSpec spec) => new();

    public static string? WhyNotOn(EnvironmentSpec spec) =>
        spec.Action is not Discrete ? "It keeps one value per action, so actions have to be discrete; here they are numbers."
        : spec.Table is null ? "It keeps one row per state, and what is observed here does not tell one of few states, as lock-chain, deep-sea and four-rooms do."
        : null;

    public static IEnumerable<(string Member, string Message)> Check(QLearningConfig config, EnvironmentSpec spec)
    {
        if (config.Exploration == TabularExploration.MbieEb && spec.Table is { States: > MostStatesPlanned } table)
            yield return ("exploration", string.Create(CultureInfo.InvariantCulture,
                $"mbie-eb plans over all states before each episode; {table.States} are too many, at most {MostStatesPlanned}."));
    }
}
