using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Statistics;

namespace IntrinsicLab.Core.Analyses;

/// <summary>How a report is made.</summary>
/// <param name="Quick">Few levels, short lives and small analyses: to look, not to state.</param>
/// <param name="Seeds">Lives in each level that is reported.</param>
public sealed record RuleReportSettings(bool Quick = false, int Seeds = 5)
{
    private const int QuickLevels = 3, QuickUpdates = 200;

    /// <summary>Families that the rule is tried in.</summary>
    [JsonIgnore]
    public IReadOnlyList<TrialFamily> Families => Quick
        ? [.. TrialFamilies.Small.Select(family => family with { Levels = QuickLevels, Length = family.Length with { Updates = QuickUpdates } })]
        : TrialFamilies.All;
}

/// <summary>What a rule reaches in a family, beside what others reach.</summary>
/// <param name="Family">Name of the family.</param>
/// <param name="Label">Its name for people.</param>
/// <param name="Seen">Whether the rules that ship with the project were trained on such levels.</param>
/// <param name="Length">How long an agent lives.</param>
/// <param name="Seeds">Lives in each level.</param>
/// <param name="Baseline">Chance and A2C.</param>
/// <param name="Score">The rule.</param>
/// <param name="Normalised">(rule − random) / (tuned A2C − random).</param>
/// <param name="Interval">95 % of bootstrap replicates of it, levels drawn again.</param>
public sealed record FamilyReport(
    string Family, string Label, bool Seen, TrialLength Length, int Seeds, FamilyBaseline Baseline, FamilyScore Score, double Normalised, Interval Interval)
{
    /// <summary>Levels.</summary>
    public int Levels => Score.Scores.Count;
}

/// <summary>A <see cref="RuleAnalysis"/> as it is stored: its figures are data for the page.</summary>
/// <param name="Name">Kebab-case name.</param>
/// <param name="Title">Name for people.</param>
/// <param name="Question">What is asked, and how.</param>
/// <param name="Numbers">What was measured.</param>
/// <param name="Figures">The figures, a JSON array.</param>
public sealed record AnalysisReport(string Name, string Title, string Question, IReadOnlyList<AnalysisNumber> Numbers, JsonElement Figures);

/// <summary>Everything that was measured of a rule, as JSON: scores beside A2C by family, and what its updates and predictions do.</summary>
public sealed record RuleReport
{
    /// <summary>How the names of such files end.</summary>
    public const string Extension = ".report.json";

    /// <summary>Replicates of an interval.</summary>
    public const int Replicates = 2000;

    private const string Mark = "intrinsiclab-rule-report";
    private const int Version = 1;

    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Marks such files.</summary>
    public string Format { get; init; } = Mark;

    /// <summary>Version of the format.</summary>
    public int FormatVersion { get; init; } = Version;

    /// <summary>The rule, "name@version".</summary>
    public required string Rule { get; init; }

    /// <summary><see cref="LearnedRuleFile.Digest"/> of the rule: what the report is true of, whatever the rule is called.</summary>
    public required string Digest { get; init; }

    /// <summary>How the report was made.</summary>
    public required RuleReportSettings Settings { get; init; }

    /// <summary>Scores by family.</summary>
    public required IReadOnlyList<FamilyReport> Families { get; init; }

    /// <summary>Analyses; those of predictions are missing where a rule has none.</summary>
    public required IReadOnlyList<AnalysisReport> Analyses { get; init; }

    /// <summary>Mean of the normalised scores: above 1 where the rule is better than tuned A2C on average over families.</summary>
    [JsonIgnore]
    public double Mean => Families.Average(family => family.Normalised);

    /// <summary>95 % of bootstrap replicates of <see cref="Mean"/>, levels of every family drawn again.</summary>
    [JsonIgnore]
    public Interval MeanInterval
    {
        get
        {
            // Older reports do not have what chance reached in each level.
            if (Families.Any(family => family.Baseline.RandomScores.Count != family.Levels || family.Baseline.TunedScores.Count != family.Levels))
                return new(double.NaN, double.NaN);
            var sums = new double[Replicates];
            foreach (var family in Families)
                foreach (var (index, replicate) in Replicate(family.Score.Scores, family.Baseline.RandomScores, family.Baseline.TunedScores, Draws(family.Family)).Index())
                    sums[index] += replicate / Families.Count;
            return Bootstrap.Bounds(BootstrapInterval.Percentile, sums, double.NaN, 0.95);
        }
    }

    /// <summary>What chance and A2C reach in the families of a report; it serves the reports of all rules.</summary>
    /// <param name="settings">How reports are made.</param>
    /// <param name="threads">Lives at the same time; results do not depend on it.</param>
    /// <param name="known">A report whose baselines are taken where families, lengths, levels and seeds are the same; null for none.</param>
    /// <param name="say">Told what is being done.</param>
    public static IReadOnlyList<FamilyBaseline> Baselines(RuleReportSettings settings, int threads, RuleReport? known, Action<string> say)
    {
        var comparison = new RuleComparison(settings.Seeds, threads);
        return
        [
            .. settings.Families.Select(family =>
            {
                if (known?.Families.FirstOrDefault(each => each.Family == family.Family.Name && each.Length == family.Length && each.Seeds == settings.Seeds
                    && each.Baseline.TunedScores.Count == family.Levels) is { } same)
                    return same.Baseline.RandomScores.Count == family.Levels ? same.Baseline : same.Baseline with { RandomScores = comparison.Chance(family) };
                say($"Chance and A2C in {family.Family.Label}");
                return comparison.Baseline(family);
            }),
        ];
    }

    /// <summary>Makes a report.</summary>
    /// <param name="rule">The rule.</param>
    /// <param name="settings">How.</param>
    /// <param name="baselines">What <see cref="Baselines"/> found with the same settings.</param>
    /// <param name="threads">Lives at the same time; results do not depend on it.</param>
    /// <param name="say">Told what is being done.</param>
    public static RuleReport Make(
        LearnedRule rule, RuleReportSettings settings, IReadOnlyList<FamilyBaseline> baselines, int threads, Action<string> say)
    {
        var comparison = new RuleComparison(settings.Seeds, threads);
        var families = new List<FamilyReport>();
        foreach (var (family, baseline) in settings.Families.Zip(baselines))
        {
            say($"{rule.Id} in {family.Family.Label}");
            var score = comparison.Rule(rule.Content, family);
            families.Add(new(
                family.Family.Name, family.Family.Label, family.Seen, family.Length, settings.Seeds, baseline, score, score.Normalised(baseline),
                Between(score.Scores, baseline.RandomScores, baseline.TunedScores, Draws(family.Family.Name))));
        }
        return new()
        {
            Rule = rule.Id,
            Digest = LearnedRuleFile.Digest(rule.Content),
            Settings = settings,
            Families = families,
            Analyses = [.. Analyse(rule.Content, settings.Quick, threads, title => say($"{rule.Id}: {title}")).Select(Stored)],
        };
    }

    /// <summary>The analyses that a rule can be asked for, one after the other.</summary>
    /// <param name="rule">The rule.</param>
    /// <param name="quick">Smaller ones.</param>
    /// <param name="threads">Lives at the same time; results do not depend on it.</param>
    /// <param name="say">Told what is being done.</param>
    public static IEnumerable<RuleAnalysis> Analyse(RuleContent rule, bool quick, int threads, Action<string> say)
    {
        say("how far back credit goes");
        yield return CreditReach.Of(rule, quick ? new(Updates: 150) : new()).Analysis();
        if (!RuleAnalysis.HasPredictions(rule))
            yield break;
        say("what predictions look like");
        yield return PredictionPicture.Of(rule, quick ? new(2, 800) : new(), threads).Analysis();
        say("what predictions say of values");
        yield return ValueRegression.Of(rule, quick ? new(4, 8, 300, 4, 1000) : new(), threads).Analysis();
        say("whether predictions mean the same every time");
        yield return ErgodicConvergence.Of(rule, quick ? new(4) { Moments = [0, 10, 20, 50, 100, 200] } : new(), threads).Analysis();
    }

    /// <summary>The report as a file, UTF-8.</summary>
    public byte[] ToJson() => [.. JsonSerializer.SerializeToUtf8Bytes(this, Options), (byte)'\n'];

    /// <summary>Reads a file.</summary>
    /// <exception cref="InvalidDataException">It is no report, or one of another version.</exception>
    public static RuleReport Read(ReadOnlySpan<byte> file)
    {
        try
        {
            var read = JsonSerializer.Deserialize<RuleReport>(file, Options);
            return read is { Format: Mark, FormatVersion: Version }
                ? read
                : throw new InvalidDataException(read?.Format == Mark ? $"The report is of version {read.FormatVersion}, not {Version}." : "This is no report of a rule.");
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"This is no report of a rule: {error.Message}", error);
        }
    }

    /// <summary>The figures of an analysis as a sheet: <c>version</c> 1, <c>step</c> 0 and <c>figures</c>, as runs have them; null where there is none.</summary>
    /// <param name="name">Name of the analysis.</param>
    public byte[]? FigureSheet(string name)
    {
        if (Analyses.FirstOrDefault(analysis => analysis.Name == name) is not { } wanted)
            return null;
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteNumber("version", 1);
            writer.WriteNumber("step", 0);
            writer.WritePropertyName("figures");
            wanted.Figures.WriteTo(writer);
            writer.WriteEndObject();
        }
        return buffer.ToArray();
    }

    /// <summary>An analysis as it is stored.</summary>
    public static AnalysisReport Stored(RuleAnalysis analysis)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartArray();
            foreach (var figure in analysis.Figures)
                figure.Write(writer);
            writer.WriteEndArray();
        }
        using var figures = JsonDocument.Parse(buffer.ToArray());
        return new(analysis.Name, analysis.Title, analysis.Question, analysis.Numbers, figures.RootElement.Clone());
    }

    /// <summary>95 % of replicates of the normalised score, in which whole levels, with what everybody reached there, are drawn again.</summary>
    /// <param name="rule">The rule's score in each level.</param>
    /// <param name="random">That of chance.</param>
    /// <param name="tuned">That of tuned A2C.</param>
    /// <param name="rng">Where the draws come from.</param>
    internal static Interval Between(IReadOnlyList<double> rule, IReadOnlyList<double> random, IReadOnlyList<double> tuned, Rng rng) =>
        Bootstrap.Bounds(BootstrapInterval.Percentile, Replicate(rule, random, tuned, rng), double.NaN, 0.95);

    private static double[] Replicate(IReadOnlyList<double> rule, IReadOnlyList<double> random, IReadOnlyList<double> tuned, Rng rng)
    {
        var replicates = new double[Replicates];
        foreach (ref var replicate in replicates.AsSpan())
        {
            var (gain, whole) = (0.0, 0.0);
            for (var draw = 0; draw < rule.Count; draw++)
            {
                var level = rng.NextInt(rule.Count);
                (gain, whole) = (gain + rule[level] - random[level], whole + tuned[level] - random[level]);
            }
            replicate = gain / whole;
        }
        return replicates;
    }

    private static Rng Draws(string family) => new Rng(1).Split("intervals").Split(family);
}
