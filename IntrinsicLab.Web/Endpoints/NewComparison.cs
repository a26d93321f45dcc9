using System.Text.Json;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Data;

namespace IntrinsicLab.Web.Endpoints;

/// <summary>Body of POST comparisons.</summary>
public sealed record NewComparison : IRequestBody<NewComparison>
{
    /// <summary>Ids of runs.</summary>
    public IReadOnlyList<Guid>? Runs { get; init; }

    /// <summary>Ids of experiments; all their runs count.</summary>
    public IReadOnlyList<Guid>? Experiments { get; init; }

    /// <summary>Name of the metric; return/extrinsic when left out.</summary>
    public string? Metric { get; init; }

    /// <summary>
    /// Members of a plan that make a group: algorithm, arm, environment, parameters.learningRate, environmentParameters.delay …; whole
    /// configurations when left out.
    /// </summary>
    public IReadOnlyList<string>? GroupBy { get; init; }

    /// <summary>steps, episodes or seconds.</summary>
    public string? X { get; init; }

    /// <summary>mean, median or iqm.</summary>
    public string? Statistic { get; init; }

    /// <summary>ci95 (bootstrap), t95, se, sd, minmax or p12.5-87.5; ci or t with another level.</summary>
    public string? Interval { get; init; }

    /// <summary>Confidence of the curves' bootstrap and t bands; 0.5 to 0.999, 0.95 when left out.</summary>
    public double? Level { get; init; }

    /// <summary>Weight of the moving average given to each seed first; 0 to 0.999.</summary>
    public double? Smoothing { get; init; }

    /// <summary>Where curves end and final scores are read, in units of x; the runs' own budget when left out.</summary>
    public double? Budget { get; init; }

    /// <summary>Most places of a curve; 2 to 2000, 200 when left out.</summary>
    public int? Points { get; init; }

    /// <summary>Share of the budget, at its end, whose mean is the final score; 0.001 to 1, 0.1 when left out.</summary>
    public double? FinalShare { get; init; }

    /// <summary>Bootstrap resamples for bands; 100 to 50000, 2000 when left out.</summary>
    public int? Replicates { get; init; }

    /// <summary>
    /// none, reference, human, minmax, or auto when left out: raw scores where every group is on one environment, otherwise normalised scores
    /// where every environment has a scale.
    /// </summary>
    public string? Normalise { get; init; }

    /// <summary>By environment the score that counts as 1, or [score of 0, score of 1].</summary>
    public IReadOnlyDictionary<string, JsonElement>? References { get; init; }

    /// <summary>Score, on the scale that is used, whose reaching is timed.</summary>
    public double? Threshold { get; init; }

    /// <summary>Whether the answer holds each run's own curve.</summary>
    public bool? Lines { get; init; }

    internal ComparisonQuery? Query { get; private init; }

    public static NewComparison? Read(JsonElement json, List<Problem> problems) =>
        ComparisonQuery.Read(json, problems) is { } query ? new() { Query = query } : null;
}
