using System.Text.Json.Nodes;
using IntrinsicLab.Core.Statistics;

namespace IntrinsicLab.Core.Search;

/// <summary>What one seed of a trial came to: a score, or why there is none.</summary>
/// <param name="Seed">The seed.</param>
/// <param name="Score">Its score; null where it failed.</param>
/// <param name="Failure">Why it failed; null where it did not.</param>
public sealed record SeedScore(int Seed, double? Score, string? Failure = null);

/// <summary>What a trial came to on one rung.</summary>
/// <param name="Rung">The rung, from 0.</param>
/// <param name="Steps">Environment steps of each run at that rung.</param>
/// <param name="Seeds">Each seed's score.</param>
/// <param name="Score">Aggregate over the seeds; null where one of them failed, which counts as worse than any score.</param>
public sealed record RungResult(int Rung, long Steps, IReadOnlyList<SeedScore> Seeds, double? Score)
{
    /// <summary>Why there is no score.</summary>
    public string? Failure => Score is null ? Seeds.FirstOrDefault(seed => seed.Score is null)?.Failure : null;

    /// <summary>One number for scores.</summary>
    /// <param name="aggregate">Which.</param>
    /// <param name="goal">Which end is the worst.</param>
    /// <param name="scores">At least one.</param>
    public static double Of(TrialAggregate aggregate, SearchGoal goal, IEnumerable<double> scores)
    {
        double[] values = [.. scores];
        return aggregate switch
        {
            TrialAggregate.Mean => Aggregates.Mean(values),
            TrialAggregate.Median => Aggregates.Median(values),
            TrialAggregate.Iqm => Aggregates.InterquartileMean(values),
            _ => goal == SearchGoal.Maximise ? values.Min() : values.Max(),
        };
    }
}

/// <summary>Where a trial stands.</summary>
public enum TrialStanding
{
    /// <summary>Its runs are under way.</summary>
    UnderWay,

    /// <summary>It has finished a rung, and whether it goes on depends on others.</summary>
    Waits,

    /// <summary>It was not among the best of a rung and goes no further.</summary>
    Dropped,

    /// <summary>It has spent its whole budget.</summary>
    Finished,

    /// <summary>A seed of it failed.</summary>
    Failed,
}

/// <summary>One configuration of a sweep; its seeds are runs.</summary>
public sealed class SweepTrial
{
    private readonly List<RungResult> results = [];
    private readonly List<int> seeds;

    internal SweepTrial(int number, IReadOnlyList<double> coordinates, IReadOnlyList<JsonNode> values, IReadOnlyList<int> seeds) =>
        (Number, Coordinates, Values, this.seeds) = (number, coordinates, values, [.. seeds]);

    /// <summary>From 0, in the order of the search.</summary>
    public int Number { get; }

    /// <summary>Place in the space, by dimension.</summary>
    public IReadOnlyList<double> Coordinates { get; }

    /// <summary>Values of the parameters that the search varies, by dimension.</summary>
    public IReadOnlyList<JsonNode> Values { get; }

    /// <summary>Seeds that the search or its races asked for.</summary>
    public IReadOnlyList<int> Seeds => seeds;

    /// <summary>The highest rung it was sent to, from 0.</summary>
    public int Rung { get; internal set; }

    /// <summary>Results by rung, as far as the search's clock has seen them.</summary>
    public IReadOnlyList<RungResult> Results => results;

    /// <summary>Where it stands.</summary>
    public TrialStanding Standing { get; internal set; } = TrialStanding.UnderWay;

    /// <summary>Why it was dropped or failed.</summary>
    public string? Reason { get; internal set; }

    /// <summary>The last result, with the seeds of races where it was in one; null before the first.</summary>
    public RungResult? Last => results.Count > 0 ? results[^1] : null;

    internal void Add(RungResult result) => results.Add(result);

    internal void AddSeed(int seed, RungResult result)
    {
        seeds.Add(seed);
        results[^1] = result;
    }
}
