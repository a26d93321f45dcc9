using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Environments;

namespace IntrinsicLab.Core.Analyses;

/// <summary>A family of levels that rules and baselines are tried in.</summary>
/// <param name="Family">The family.</param>
/// <param name="Seen">Whether the rules that ship with the project were trained on such levels.</param>
/// <param name="Length">How long an agent lives.</param>
/// <param name="Levels">Levels to choose step sizes on, and as many others to report.</param>
public sealed record TrialFamily(LevelFamily Family, bool Seen, TrialLength Length, int Levels);

/// <summary>What baselines reach in a family; it does not depend on any rule.</summary>
/// <param name="Family">Name of the family.</param>
/// <param name="Random">Mean score of chance on the levels reported.</param>
/// <param name="Default">Mean score of A2C with its defaults.</param>
/// <param name="Tuned">Mean score of the A2C that did best on the other levels.</param>
/// <param name="Best">Its hyper-parameters.</param>
/// <param name="TunedScores">Its score in every level, mean over seeds.</param>
public sealed record FamilyBaseline(string Family, double Random, double Default, double Tuned, TableActorCritic Best, IReadOnlyList<double> TunedScores)
{
    /// <summary>Score of chance in every level, mean over seeds.</summary>
    public IReadOnlyList<double> RandomScores { get; init; } = [];
}

/// <summary>What a rule reaches in a family.</summary>
/// <param name="Family">Name of the family.</param>
/// <param name="Rates">Step sizes that did best on the other levels.</param>
/// <param name="Scores">Score in every level reported, mean over seeds.</param>
public sealed record FamilyScore(string Family, AgentRates Rates, IReadOnlyList<double> Scores)
{
    /// <summary>Mean over levels.</summary>
    public double Mean => Scores.Average();

    /// <summary>(rule − random) / (tuned A2C − random).</summary>
    public double Normalised(FamilyBaseline baseline) => (Mean - baseline.Random) / (baseline.Tuned - baseline.Random);
}

/// <summary>
/// Rules beside A2C on the same engine: levels of every family that no training saw, the same lives for all, step sizes and hyper-parameters of
/// either side chosen on other levels than those that are reported.
/// </summary>
/// <param name="seeds">Lives in each level that is reported.</param>
/// <param name="threads">Lives at the same time; results do not depend on it.</param>
public sealed class RuleComparison(int seeds = 5, int threads = 1)
{
    /// <summary>Step sizes α that a rule is tried with.</summary>
    public static IReadOnlyList<double> LearningRates(TrialFamily family) => IsLong(family) ? [10, 20, 40, 80, 160] : [2.5, 5, 10, 20, 40];

    /// <summary>Weights of predictions α_y that a rule is tried with.</summary>
    public static IReadOnlyList<double> PredictionCoefficients { get; } = [0.4, 2, 4];

    /// <summary>Hyper-parameters that A2C is tried with.</summary>
    public static IReadOnlyList<TableActorCritic> Grid(TrialFamily family) =>
    [
        .. from rate in IsLong(family) ? new double[] { 20, 40, 80, 160, 320 } : [5, 10, 20, 40, 80]
           from entropy in new[] { 0, 0.01, IsLong(family) ? 0.03 : 0.05 }
           from lambda in new[] { 0.9, 0.95, 0.97 }
           from normalise in new[] { true, false }
           select new TableActorCritic(rate, entropy, lambda, normalise),
    ];

    /// <summary>What chance and A2C reach in a family.</summary>
    public FamilyBaseline Baseline(TrialFamily family)
    {
        var best = Best([.. Grid(family)], config => (level, rng) => LevelTrial.ByActorCritic(config, level, family.Length, rng).Score, family);
        var tuned = Scores((level, rng) => LevelTrial.ByActorCritic(best, level, family.Length, rng).Score, family);
        var random = Chance(family);
        return new(
            family.Family.Name,
            random.Average(),
            Scores((level, rng) => LevelTrial.ByActorCritic(new TableActorCritic(), level, family.Length, rng).Score, family).Average(),
            tuned.Average(), best, tuned)
        { RandomScores = random };
    }

    /// <summary>Score of chance in every level reported, mean over seeds.</summary>
    public IReadOnlyList<double> Chance(TrialFamily family) => Scores((level, rng) => LevelTrial.ByChance(level, family.Length, rng).Score, family);

    /// <summary>What a rule reaches in a family.</summary>
    /// <param name="rule">The rule.</param>
    /// <param name="family">The family.</param>
    public FamilyScore Rule(RuleContent rule, TrialFamily family)
    {
        AgentRates[] rates = [.. LearningRates(family).SelectMany(rate => PredictionCoefficients.Select(coefficient => new AgentRates(rate, coefficient)))];
        var best = Best(rates, rate => (level, rng) => LevelTrial.ByRule(rule, rate, level, family.Length, rng).Score, family);
        return new(family.Family.Name, best, Scores((level, rng) => LevelTrial.ByRule(rule, best, level, family.Length, rng).Score, family));
    }

    // Larger worlds take longer lives and larger steps, for either side.
    private static bool IsLong(TrialFamily family) => family.Length.Updates > 400;

    // Chosen on levels of their own, one life in each.
    private T Best<T>(T[] candidates, Func<T, Func<ITabularLevel, Rng, double>> life, TrialFamily family)
    {
        var scores = new double[candidates.Length * family.Levels];
        Parallel.For(0, scores.Length, new ParallelOptions { MaxDegreeOfParallelism = threads }, index =>
            scores[index] = life(candidates[index / family.Levels])(Level(family, "choosing", index % family.Levels), Stream(family, "choosing", index % family.Levels, 0)));
        return candidates.Index().MaxBy(candidate => scores.Skip(candidate.Index * family.Levels).Take(family.Levels).Average()).Item;
    }

    private double[] Scores(Func<ITabularLevel, Rng, double> life, TrialFamily family)
    {
        var scores = new double[family.Levels * seeds];
        Parallel.For(0, scores.Length, new ParallelOptions { MaxDegreeOfParallelism = threads }, index =>
            scores[index] = life(Level(family, "reported", index / seeds), Stream(family, "reported", index / seeds, index % seeds)));
        return [.. scores.Chunk(seeds).Select(level => level.Average())];
    }

    // No training draws from these streams: they are split by names of their own.
    private static ITabularLevel Level(TrialFamily family, string purpose, int index) =>
        family.Family.Draw(new Rng(0).Split("trials").Split(family.Family.Name).Split(purpose, index));

    private static Rng Stream(TrialFamily family, string purpose, int level, int seed) =>
        new Rng(0).Split("lives").Split(family.Family.Name).Split(purpose, level).Split("seed", seed);
}
