using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Core.Statistics;

namespace IntrinsicLab.Data;

/// <summary>What is kept of a reproduced figure: <c>reproductions/ID-SCALE.json</c>. It follows from plan, runs and code alone.</summary>
/// <param name="Schema">Version of this form.</param>
/// <param name="Id">Id of the figure.</param>
/// <param name="Scale">full or reduced.</param>
/// <param name="Title">Title for people.</param>
/// <param name="Paper">Where the claim was published.</param>
/// <param name="Figure">Which figure of the paper.</param>
/// <param name="Claim">What the paper says, in our own words.</param>
/// <param name="Deviations">In what the experiment differs from the paper's.</param>
/// <param name="Verdict">What our runs say: the worst of what they say of each expectation.</param>
/// <param name="Date">When the last run ended.</param>
/// <param name="CodeVersion">Version of the code that trained.</param>
/// <param name="Commit">Its commit, where known.</param>
/// <param name="Libtorch">Version of libtorch.</param>
/// <param name="Hardware">Machine.</param>
/// <param name="Command">The command that repeats it.</param>
/// <param name="Seeds">Seeds of every group.</param>
/// <param name="Statistics">How the figures were computed.</param>
/// <param name="Expected">Each expectation and what was found.</param>
/// <param name="Runs">Every run.</param>
/// <param name="Comparison">The curves, as POST comparisons answers.</param>
public sealed record ReproductionResult(
    int Schema, string Id, ReproductionScale Scale, string Title, PaperReference Paper, string Figure, string Claim, string Deviations, Verdict Verdict,
    DateTimeOffset Date, string CodeVersion, string? Commit, string Libtorch, string Hardware, string Command, IReadOnlyList<int> Seeds,
    ReproductionStatistics Statistics, IReadOnlyList<ExpectationResource> Expected, IReadOnlyList<ReproducedRun> Runs, ComparisonResource Comparison)
{
    /// <summary>The version that this program writes and reads.</summary>
    public const int CurrentSchema = 1;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower) },
    };

    /// <summary>Sentences that belong under its figure.</summary>
    [JsonIgnore]
    public IReadOnlyList<string> Notes =>
        [.. Expected.Select(found => $"{found.Sentence}: {JsonNamingPolicy.KebabCaseLower.ConvertName(found.Verdict.ToString()).Replace('-', ' ')}. {found.Reason}"), $"Repeat with: {Command}"];

    /// <summary>The file's content: lists of numbers on one line each, as people who read a diff want them.</summary>
    public string ToJson()
    {
        var text = JsonSerializer.Serialize(this, Json);
        return Regex.Replace(text, @"\[\s*((?:-?[0-9][0-9.eE+-]*|null)(?:,\s*(?:-?[0-9][0-9.eE+-]*|null))*)\s*\]",
            list => $"[{Regex.Replace(list.Groups[1].Value, @"\s+", " ")}]") + "\n";
    }

    /// <summary>Reads a file; null when it is absent, damaged or of another version.</summary>
    public static ReproductionResult? Read(string file)
    {
        try
        {
            return File.Exists(file) && JsonSerializer.Deserialize<ReproductionResult>(File.ReadAllText(file), Json) is { Schema: CurrentSchema } read ? read : null;
        }
        catch (Exception error) when (error is JsonException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The name of a figure's files, without their ending.</summary>
    public static string FileName(Reproduction figure, ReproductionScale scale) => $"{figure.Id}-{Reproduction.Word(scale)}";
}

/// <summary>How a verdict was computed.</summary>
/// <param name="Interval">The interval that decides.</param>
/// <param name="Test">The test beside it.</param>
/// <param name="Score">What a run's score is.</param>
public sealed record ReproductionStatistics(string Interval, string Test, string Score)
{
    internal static ReproductionStatistics Of(Reproduction figure) => new(
        "95 %, at either end the wider of percentile bootstrap (20,000 resamples) and Welch's t (Student's for a bound or a trend, Wilson's for a share of seeds)",
        "Permutation test of the means at the margin (Student's t for a bound or a trend, binomial for a share of seeds), two-sided, Holm over all tests",
        $"final: mean of {figure.Settings.Metric} over the last tenth of the budget; area: mean of its curve over the budget; early: over the first fifth of it");
}

/// <summary>A run of a reproduced figure.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Group">The group it belongs to.</param>
/// <param name="Environment">Its environment.</param>
/// <param name="Seed">Its seed.</param>
/// <param name="ConfigurationHash">Hash of its configuration.</param>
/// <param name="Status">Where it is in its life.</param>
/// <param name="Final">Mean of the last tenth of its budget; null before it is completed.</param>
/// <param name="Area">Mean of its curve; null before it is completed.</param>
public sealed record ReproducedRun(
    string Name, string Group, string Environment, int Seed, string ConfigurationHash, RunStatus Status, double? Final, double? Area)
{
    /// <summary>Mean of the first fifth of its budget, where something is expected of it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Early { get; init; }

    /// <summary>Its rank correlation with the steps, for each trend that is expected.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, double>? Trends { get; init; }
}

/// <summary>An expectation and what was found; null for what too few seeds cannot say.</summary>
/// <param name="Sentence">What was expected, in words.</param>
/// <param name="Verdict">What the runs say.</param>
/// <param name="Reason">Why, and what would decide it where nothing does.</param>
/// <param name="Environment">Where.</param>
/// <param name="Score">final, area or early.</param>
/// <param name="Better">The group that should be better; null for a bound.</param>
/// <param name="Worse">The other group.</param>
/// <param name="AtLeast">By how much.</param>
/// <param name="Ratio">How many times the other's score.</param>
/// <param name="Group">The group that has a bound.</param>
/// <param name="Above">Its mean should lie above this.</param>
/// <param name="Below">Its mean should lie below this.</param>
/// <param name="Estimate">What <see cref="Measure"/> says: difference of the means, better − worse; for a bound the group's mean; and so on.</param>
/// <param name="Interval95">Its 95 % interval: low, high.</param>
/// <param name="ProbabilityOfImprovement">How likely a run of the better group beats one of the other.</param>
/// <param name="ProbabilityOfImprovement95">Its 95 % interval.</param>
/// <param name="P">Two-sided p-value.</param>
/// <param name="AdjustedP">After Holm.</param>
/// <param name="SmallestP">The smallest p-value, before adjusting, that so few seeds can reach.</param>
/// <param name="Seeds">Scores of the better group, or of the one with a bound.</param>
/// <param name="OtherSeeds">Scores of the worse group.</param>
/// <param name="SeedsNeeded">Seeds of each group that would probably decide it; null where it is decided or none would.</param>
public sealed record ExpectationResource(
    string Sentence, Verdict Verdict, string Reason, string? Environment, ReproductionScore Score, string? Better, string? Worse, double AtLeast, double? Ratio,
    string? Group, double? Above, double? Below, double? Estimate, double[]? Interval95, double? ProbabilityOfImprovement, double[]? ProbabilityOfImprovement95,
    double? P, double? AdjustedP, double? SmallestP, int Seeds, int OtherSeeds, int? SeedsNeeded)
{
    /// <summary>What the estimate is: difference, mean, seed-share, rank-correlation or environments.</summary>
    public string Measure { get; init; } = Group is null ? "difference" : "mean";

    /// <summary>most or all, where it counts environments.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Scope { get; init; }

    /// <summary>At least this share of the seeds.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? SeedShare { get; init; }

    /// <summary>What a metric should do.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public TrendResource? Trend { get; init; }

    /// <summary>Each environment, where it counts them.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<ExpectationResource>? Parts { get; init; }

    /// <summary>The estimate in words, such as 0.4 or 60 %.</summary>
    [JsonIgnore]
    public string Found => Estimate is not { } value ? "" : Measure == "environments" ? $"{value.ToString(CultureInfo.InvariantCulture)} of {Parts?.Count ?? 0}" : Shown(value);

    /// <summary>What the estimate is, in words.</summary>
    [JsonIgnore]
    public string MeasureWords => Measure switch
    {
        "seed-share" => "of the seeds",
        "rank-correlation" => "rank correlation",
        "environments" => "environments",
        var word => word,
    };

    /// <summary>The interval in words; empty where there is none.</summary>
    [JsonIgnore]
    public string Between => Interval95 is [var low, var high] ? $"{Shown(low)} to {Shown(high)}" : "";

    public static ExpectationResource Of(ExpectationVerdict found)
    {
        var expected = found.Expectation;
        return new(
            expected.Sentence, found.Verdict, found.Reason, expected.Environment, expected.Score, expected.Better, expected.Worse, expected.AtLeast,
            expected.Ratio, expected.Group, expected.Above, expected.Below, found.Estimate, Pair(found.Interval), found.Improvement,
            Pair(found.ImprovementInterval), found.P, found.AdjustedP, found.SmallestP, found.Seeds, found.OtherSeeds, found.SeedsNeeded)
        {
            Measure = found.Parts.Count > 0 ? "environments" : expected.SeedShare is not null ? "seed-share" : expected.Trend is not null ? "rank-correlation"
                : expected.IsComparison ? "difference" : "mean",
            Scope = expected.Scope switch { EnvironmentScope.Most => "most", EnvironmentScope.All => "all", _ => null },
            SeedShare = expected.SeedShare,
            Trend = expected.Trend is { } trend ? TrendResource.Of(trend) : null,
            Parts = found.Parts.Count > 0 ? [.. found.Parts.Select(Of)] : null,
        };
    }

    private string Shown(double value) => Measure == "seed-share"
        ? (100 * value).ToString("0.#", CultureInfo.InvariantCulture) + "\u202f%"
        : value.ToString(Math.Abs(value) >= 1000 ? "0" : "G4", CultureInfo.InvariantCulture).Replace('-', '\u2212');

    private static double[]? Pair(Interval? interval) => interval is { } bounds ? [bounds.Low, bounds.High] : null;
}

/// <summary>What a metric should do over part of a run.</summary>
/// <param name="Series">The metric.</param>
/// <param name="Direction">increasing, decreasing or none.</param>
/// <param name="FromStep">Points from this step on.</param>
/// <param name="ToStep">Points up to this step; null to the end.</param>
/// <param name="Within">How near to 0 the mean rank correlation of a flat series lies; null for the others.</param>
public sealed record TrendResource(string Series, string Direction, long FromStep, long? ToStep, double? Within)
{
    internal static TrendResource Of(SeriesTrend trend) => new(
        trend.Series, SeriesTrend.Word(trend.Direction), trend.FromStep, trend.ToStep, trend.Direction == TrendDirection.None ? trend.Within : null);
}
