using System.Globalization;
using System.Text.Json;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Core.Statistics;
using IntrinsicLab.Data;

namespace IntrinsicLab.Web.Endpoints;

/// <summary>Body of POST comparisons.</summary>
public sealed record NewComparison : IRequestBody<NewComparison>
{
    private static readonly string[] Known =
        ["runs", "experiments", "metric", "groupBy", "x", "statistic", "interval", "smoothing", "budget", "points", "finalShare", "replicates"];

    /// <summary>Ids of runs.</summary>
    public IReadOnlyList<Guid>? Runs { get; init; }

    /// <summary>Ids of experiments; all their runs count.</summary>
    public IReadOnlyList<Guid>? Experiments { get; init; }

    /// <summary>Name of the metric; return/extrinsic when left out.</summary>
    public string? Metric { get; init; }

    /// <summary>
    /// Members of a plan that make a group: algorithm, environment, parameters.learningRate, environmentParameters.delay …; whole
    /// configurations when left out.
    /// </summary>
    public IReadOnlyList<string>? GroupBy { get; init; }

    /// <summary>steps, episodes or seconds.</summary>
    public string? X { get; init; }

    /// <summary>mean, median or iqm.</summary>
    public string? Statistic { get; init; }

    /// <summary>ci95 (bootstrap), t95, se, sd, minmax or p12.5-87.5.</summary>
    public string? Interval { get; init; }

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

    internal ComparisonQuery? Query { get; private init; }

    public static NewComparison? Read(JsonElement json, List<Problem> problems)
    {
        var before = problems.Count;
        var members = Members.Of(json, "", problems);
        var query = new ComparisonQuery
        {
            Runs = Ids(members, "runs", problems),
            Experiments = Ids(members, "experiments", problems),
            Metric = members.Text("metric", 200) ?? MetricStore.ReturnMetric,
            GroupBy = members.Texts("groupBy", 10, 200),
            X = Choice(members, "x", ComparisonWords.Axes, "steps"),
            Budget = Number(members, "budget", double.Epsilon, 1e15),
            Points = (int)(members.Whole("points", 2, 2000) ?? 200),
            FinalShare = Number(members, "finalShare", 0.001, 1) ?? 0.1,
            Curve = new GroupCurveSettings
            {
                Statistic = Choice(members, "statistic", ComparisonWords.Statistics, "mean"),
                Band = Choice(members, "interval", ComparisonWords.Bands, "ci95"),
                Smoothing = Number(members, "smoothing", 0, 0.999) ?? 0,
                Replicates = (int)(members.Whole("replicates", 100, 50_000) ?? 2000),
            },
        };
        members.RefuseOthers("member", Known);
        if (problems.Count == before && query.Runs.Count + query.Experiments.Count == 0)
            problems.Add(new("", "Name the runs or the experiments to compare."));
        return problems.Count == before ? new() { Query = query } : null;
    }

    private static List<Guid> Ids(Members members, string name, List<Problem> problems)
    {
        var ids = new List<Guid>();
        foreach (var (index, text) in members.Texts(name, Comparisons.MostRuns, 40).Index())
            if (Guid.TryParse(text, out var id))
                ids.Add(id);
            else
                problems.Add(new(Problem.At(members.At(name), index.ToString(CultureInfo.InvariantCulture)), $"'{text}' is no id."));
        return ids;
    }

    private static T Choice<T>(Members members, string name, IReadOnlyDictionary<string, T> choices, string usual)
    {
        if (members.Text(name, 40) is not { } word)
            return choices[usual];
        if (choices.TryGetValue(word, out var chosen))
            return chosen;
        members.Fault(name, Problem.Unknown("choice", word, [.. choices.Keys]));
        return choices[usual];
    }

    private static double? Number(Members members, string name, double low, double high)
    {
        if (members.Take(name) is not { } value)
            return null;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && number >= low && number <= high)
            return number;
        members.Fault(name, low == double.Epsilon
            ? $"Expected a number above 0, up to {high.ToString(CultureInfo.InvariantCulture)}."
            : string.Create(CultureInfo.InvariantCulture, $"Expected a number from {low} to {high}."));
        return null;
    }
}
