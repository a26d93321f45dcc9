using System.Globalization;
using System.Text.Json;

namespace IntrinsicLab.Core.Experiments;

/// <summary>Which way a series goes.</summary>
public enum TrendDirection
{
    /// <summary>Up.</summary>
    Increasing,

    /// <summary>Down.</summary>
    Decreasing,

    /// <summary>Neither: flat, whatever it does in between.</summary>
    None,
}

/// <summary>
/// A metric's way over part of a run: per seed the rank correlation of its values with the steps, see <see cref="Statistics.RankCorrelation"/>.
/// </summary>
/// <param name="Series">Name of the metric.</param>
/// <param name="Direction">Which way it should go.</param>
/// <param name="FromStep">Points from this step on.</param>
/// <param name="ToStep">Points up to this step; null to the end.</param>
/// <param name="Within">Of a flat series the mean correlation lies between minus this and this.</param>
public sealed record SeriesTrend(string Series, TrendDirection Direction, long FromStep, long? ToStep, double Within)
{
    /// <summary>How far from 0 the mean correlation of a flat series may be, where the plan says nothing.</summary>
    public const double UsualWithin = 0.5;

    private static readonly string[] Words = ["increasing", "decreasing", "none"];

    /// <summary>Word for a direction in plans.</summary>
    public static string Word(TrendDirection direction) => Words[(int)direction];

    /// <summary>What the series does, in words that follow a group's name.</summary>
    public string Sentence
    {
        get
        {
            var way = Direction switch { TrendDirection.Increasing => "rises", TrendDirection.Decreasing => "falls", _ => "has no trend" };
            var from = FromStep > 0 ? $" from step {Step(FromStep)}" : "";
            return $"{Series} {way}{from}{(ToStep is { } to ? $" up to step {Step(to)}" : "")}";
        }
    }

    /// <summary>Takes the members of a trend; null where there are none, or faulty ones.</summary>
    internal static SeriesTrend? Read(Members members)
    {
        var (series, word) = (members.Text("series", 200)?.Trim(), members.Text("trend", 20));
        var (from, to) = (members.Whole("fromStep", 0, RunPlan.LongestRun), members.Whole("toStep", 1, RunPlan.LongestRun));
        var within = ReadWithin(members, word);
        if (series is null && word is null)
        {
            foreach (var name in (string[])["fromStep", "toStep"])
                if ((name == "fromStep" ? from : to) is not null)
                    members.Fault(name, "This belongs to 'trend', of a 'series'.");
            return null;
        }
        if (series is null || word is null)
            members.Fault(series is null ? "series" : "trend", "A trend has both: 'series', a metric, and 'trend', its way.");
        else if (!Words.Contains(word))
            members.Fault("trend", Problem.Unknown("trend", word, Words));
        if (to <= (from ?? 0))
            members.Fault("toStep", "It must lie after 'fromStep'.");
        return series is null || word is null || !Words.Contains(word)
            ? null
            : new(series, (TrendDirection)Array.IndexOf(Words, word), from ?? 0, to, within ?? UsualWithin);
    }

    private static double? ReadWithin(Members members, string? word)
    {
        if (members.Take("within") is not { } json)
            return null;
        if (word != "none")
            members.Fault("within", "This belongs to the trend 'none': how far from 0 a flat series' mean rank correlation may be.");
        else if (json.ValueKind == JsonValueKind.Number && json.TryGetDouble(out var within) && within is > 0 and < 1)
            return within;
        else
            members.Fault("within", "Expected a number between 0 and 1.");
        return null;
    }

    private static string Step(long step) => step.ToString("#,0", CultureInfo.InvariantCulture).Replace(',', '\u202f');
}
