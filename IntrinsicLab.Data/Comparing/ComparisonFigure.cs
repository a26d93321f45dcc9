using System.Globalization;
using IntrinsicLab.Core.Statistics;

namespace IntrinsicLab.Data;

/// <summary>What a chart of a comparison shows.</summary>
public enum FigureKind
{
    /// <summary>Learning curves with bands and the number of seeds.</summary>
    Curves,

    /// <summary>Final scores with intervals.</summary>
    Finals,

    /// <summary>Performance profiles.</summary>
    Profile,
}

/// <summary>Which chart of a comparison, and how it is looked at; none of it changes a number.</summary>
public sealed record FigureView
{
    /// <summary>The charts by name.</summary>
    public static IReadOnlyList<string> Charts { get; } = ["curves", "finals", "profile"];

    /// <summary>Which chart.</summary>
    public FigureKind Kind { get; init; }

    /// <summary>One environment's own scores instead of all of them normalised; null for all.</summary>
    public string? Environment { get; init; }

    /// <summary>Labels of groups that are not drawn.</summary>
    public IReadOnlyCollection<string> Hidden { get; init; } = [];

    /// <summary>The x axis is logarithmic.</summary>
    public bool LogX { get; init; }

    /// <summary>The y axis is logarithmic.</summary>
    public bool LogY { get; init; }
}

/// <summary>One group in a chart; NaN where it has no value.</summary>
/// <param name="Label">Its name.</param>
/// <param name="Slot">Colour slot.</param>
/// <param name="Dash">Dash pattern.</param>
/// <param name="X">Places; of final scores the score alone.</param>
/// <param name="Y">Values; of final scores the row.</param>
/// <param name="Low">Lower edge.</param>
/// <param name="High">Upper edge.</param>
/// <param name="N">Runs at each place.</param>
public sealed record FigureSeries(string Label, int Slot, int Dash, double[] X, double[] Y, double[] Low, double[] High, int[] N);

/// <summary>A chart of a comparison as data, which every form of export draws or lists.</summary>
/// <param name="Kind">What it shows.</param>
/// <param name="XLabel">Name of the x axis, with its unit.</param>
/// <param name="YLabel">Name of the y axis.</param>
/// <param name="View">How it is looked at.</param>
/// <param name="Series">The groups drawn.</param>
/// <param name="Notes">Method lines and what is left out, for print under the chart.</param>
/// <param name="Origin">Settings and ids of runs, for the head of the file.</param>
public sealed record ComparisonFigure(
    FigureKind Kind, string XLabel, string YLabel, FigureView View, IReadOnlyList<FigureSeries> Series, IReadOnlyList<string> Notes, IReadOnlyList<string> Origin)
{
    /// <summary>The chart of a comparison.</summary>
    /// <exception cref="ComparisonException">It has no such environment, or nothing is left to draw.</exception>
    public static ComparisonFigure Of(ComparisonQuery query, Comparison comparison, FigureView view)
    {
        var looks = GroupLooks.Assign(comparison.Groups.Select(group => group.Label));
        if (view.Environment is { } name && !comparison.Environments.Contains(name))
            throw new ComparisonException("environment", $"No compared run is on '{name}'.");
        if (view.Environment is not null && view.Kind == FigureKind.Profile)
            throw new ComparisonException("environment", "A profile is drawn over all environments of its groups.");
        var shown = comparison.Groups.Where(group => !view.Hidden.Contains(group.Label))
            .Where(group => view.Environment is null || group.Environments.Contains(view.Environment)).ToList();
        if (shown.Count == 0)
            throw new ComparisonException("hide", "Every group is hidden; there is nothing to draw.");
        var series = shown.Index().Select(pair => One(pair.Item, pair.Index, view, looks[pair.Item.Label])).ToList();
        var notes = new List<string>();
        if (view.Kind == FigureKind.Curves)
            notes.AddRange(shown.Select(group => Curve(group, view.Environment).Method).Distinct());
        else if (view.Kind == FigureKind.Profile)
            notes.Add("Share of runs whose final score is above each threshold, exact at every step; band: 95 % percentile bootstrap, pointwise, 2000 resamples of runs within each environment.");
        notes.Add(view.Environment is null ? comparison.Method : comparison.Method.Split(" Scores are normalised")[0]);
        notes.AddRange(Hidden(series, view));
        var unit = ComparisonQuery.Word(query.X);
        var score = comparison.IsNormalised && view.Environment is null ? $"{query.Metric}, normalised" : query.Metric;
        return view.Kind switch
        {
            FigureKind.Finals => new(view.Kind, $"final {score}", "", view, series, notes, Head(query, comparison)),
            FigureKind.Profile => new(view.Kind, $"threshold on final {score}", "share of runs above", view, series, notes, Head(query, comparison)),
            _ => new(view.Kind, unit, score, view, series, notes, Head(query, comparison)),
        };
    }

    /// <summary>How many points a logarithmic axis cannot show, in sentences; none where it shows all.</summary>
    public static IEnumerable<string> Hidden(IReadOnlyList<FigureSeries> series, FigureView view)
    {
        foreach (var (axis, isLog, values) in new[] { ("x", view.LogX, series.SelectMany(each => each.X)), ("y", view.LogY, series.SelectMany(each => each.Y)) })
            if (isLog && view.Kind == FigureKind.Curves && values.Count(value => value <= 0) is > 0 and var count)
                yield return string.Create(CultureInfo.InvariantCulture,
                    $"{count} point{(count == 1 ? "" : "s")} at or below 0 cannot be shown on the logarithmic {axis} axis and {(count == 1 ? "is" : "are")} left out.");
    }

    /// <summary>Settings, method and run ids, for the head of a file.</summary>
    public static IReadOnlyList<string> Head(ComparisonQuery query, Comparison comparison) =>
    [
        "IntrinsicLab comparison",
        $"settings: {(query with { Runs = [], Experiments = [] }).ToText()}",
        $"method: {comparison.Method}",
        .. comparison.Groups.Select(group => $"curve of {group.Label}: {group.Curve.Method}"),
        .. comparison.Groups.Select(group => $"runs of {group.Label}: {string.Join(' ', group.Runs.Select(run => run.Id))}"),
        .. comparison.Warnings.Select(warning => $"note: {warning}"),
    ];

    private static GroupCurve Curve(ComparedGroup group, string? environment) =>
        environment is null ? group.Curve : group.Tasks.FirstOrDefault(task => task.Environment == environment)?.Curve ?? group.Curve;

    private static FigureSeries One(ComparedGroup group, int row, FigureView view, (int Slot, int Dash) look)
    {
        if (view.Kind == FigureKind.Curves)
        {
            var curve = Curve(group, view.Environment);
            return new(group.Label, look.Slot, look.Dash, curve.Grid, curve.Centre, curve.Low, curve.High, curve.Seeds);
        }
        if (view.Kind == FigureKind.Profile)
        {
            var profile = group.Profile ?? new ScoreProfile([], [], [], []);
            var empty = Array.ConvertAll(profile.Shares, _ => double.NaN);
            return new(
                group.Label, look.Slot, look.Dash, profile.Thresholds, profile.Shares, profile.Low.Length > 0 ? profile.Low : empty,
                profile.High.Length > 0 ? profile.High : empty, Array.ConvertAll(profile.Shares, _ => group.Final.Count));
        }
        var task = group.Tasks.FirstOrDefault(each => each.Environment == view.Environment);
        var (value, interval, count) = task is null ? (group.FinalStatistic, group.FinalInterval, group.Final.Count) : (task.FinalStatistic, task.FinalInterval, task.Final.Count);
        return new(
            group.Label, look.Slot, look.Dash, [value ?? double.NaN], [row], [interval?.Low ?? double.NaN], [interval?.High ?? double.NaN], [count]);
    }
}
