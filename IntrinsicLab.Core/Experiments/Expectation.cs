using System.Globalization;
using System.Text.Json;

namespace IntrinsicLab.Core.Experiments;

/// <summary>In how many of the environments where its groups run an expectation should hold.</summary>
public enum EnvironmentScope
{
    /// <summary>It is one expectation for each of them.</summary>
    Each,

    /// <summary>In more than half of them.</summary>
    Most,

    /// <summary>In every one of them.</summary>
    All,
}

/// <summary>
/// One thing that a figure leads us to expect of our runs: a group's scores lie above another's, or above or below a number, or a metric of its
/// runs goes a way.
/// </summary>
/// <param name="Index">Its place in the list as written.</param>
/// <param name="Score">Which number of a run is compared.</param>
/// <param name="Environment">Where; null in every environment.</param>
/// <param name="Better">The group that should be better; null for a bound.</param>
/// <param name="Worse">The other group; null for a bound.</param>
/// <param name="AtLeast">By how much, in units of the score; 0 for by anything.</param>
/// <param name="Ratio">How many times the other's score; null where the margin is a difference.</param>
/// <param name="Group">The group that has a bound; null for a comparison.</param>
/// <param name="Above">Its mean score should lie above this.</param>
/// <param name="Below">Its mean score should lie below this.</param>
public sealed record Expectation(
    int Index, ReproductionScore Score, string? Environment, string? Better, string? Worse, double AtLeast, double? Ratio, string? Group, double? Above,
    double? Below)
{
    private const int Most = 50;
    private static readonly string[] Known =
    [
        "better", "worse", "atLeast", "ratio", "group", "above", "below", "environment", "score", "seedShare", "series", "trend", "fromStep", "toStep", "within",
    ];

    /// <summary>In how many environments.</summary>
    public EnvironmentScope Scope { get; init; }

    /// <summary>The environments that <see cref="Scope"/> counts, once they are known; empty for an expectation of one.</summary>
    public IReadOnlyList<string> Environments { get; init; } = [];

    /// <summary>At least this share of the group's seeds, or of the better group's, should lie beyond the number or the other group's mean; null where means are compared.</summary>
    public double? SeedShare { get; init; }

    /// <summary>What a metric should do; null where scores are compared.</summary>
    public SeriesTrend? Trend { get; init; }

    /// <summary>It compares two groups.</summary>
    public bool IsComparison => Better is not null;

    /// <summary>The same of one environment alone.</summary>
    internal Expectation On(string environment) => this with { Environment = environment, Environments = [], Scope = EnvironmentScope.Each };

    /// <summary>The groups it names.</summary>
    public IReadOnlyList<string> Groups => [.. Named.Select(each => each.Name)];

    internal IEnumerable<(string Member, string Name)> Named =>
        ((string, string?)[])[("better", Better), ("worse", Worse), ("group", Group)] is var all
            ? all.Where(each => each.Item2 is not null).Select(each => (each.Item1, each.Item2!))
            : [];

    /// <summary>The expectation as a sentence without its full stop.</summary>
    public string Sentence
    {
        get
        {
            var where = Scope == EnvironmentScope.All ? " in every environment" : Scope == EnvironmentScope.Most ? " in most environments"
                : Environment is null ? "" : $" on {Environment}";
            if (Trend is { } trend)
                return $"{Group}: {trend.Sentence}{where}";
            var seeds = SeedShare is { } share ? $"at least {Percent(share)} of the seeds " : "";
            if (Group is not null)
                return $"{Group}: {seeds}{(SeedShare is null ? ScoreWords(Score) : $"with a {ScoreWords(Score)}")} {(Above is { } above ? $"above {Shown(above)}" : $"below {Shown(Below ?? 0)}")}{where}";
            var margin = Ratio is { } ratio ? $", at least {Shown(ratio)} times" : AtLeast > 0 ? $" by at least {Shown(AtLeast)}" : "";
            var score = Score == ReproductionScore.Final ? "" : $", {ScoreWords(Score)}";
            return SeedShare is null ? $"{Better} better than {Worse}{margin}{where}{score}" : $"{Better}: {seeds}better than the mean of {Worse}{margin}{where}{score}";
        }
    }

    internal static string ScoreWords(ReproductionScore score) => score switch
    {
        ReproductionScore.Area => "mean over training",
        ReproductionScore.Early => "mean over the first fifth of training",
        _ => "final score",
    };

    internal static string Percent(double share) => (100 * share).ToString("0.#", CultureInfo.InvariantCulture) + "\u202f%";

    internal static string Shown(double value) => value.ToString(Math.Abs(value) >= 1000 ? "0" : "G4", CultureInfo.InvariantCulture).Replace('-', '\u2212');

    internal static ReproductionScore? ReadScore(Members members)
    {
        switch (members.Text("score", 20))
        {
            case null:
                return null;
            case "final":
                return ReproductionScore.Final;
            case "area":
                return ReproductionScore.Area;
            case "early":
                return ReproductionScore.Early;
            case var word:
                members.Fault("score", Problem.Unknown("score", word, ["final", "area", "early"]));
                return null;
        }
    }

    internal static IReadOnlyList<Expectation> ReadAll(JsonElement json, string pointer, ReproductionScore score, List<Problem> problems)
    {
        if (json.ValueKind != JsonValueKind.Array || json.GetArrayLength() > Most)
        {
            problems.Add(new(pointer, $"Expected a list of at most {Most} expectations, empty where the figure is only shown."));
            return [];
        }
        var all = new List<Expectation>();
        foreach (var (index, element) in json.EnumerateArray().Index())
            if (Read(element, Problem.At(pointer, index.ToString(CultureInfo.InvariantCulture)), index, score, problems) is { } read)
                all.Add(read);
        return all;
    }

    private static Expectation? Read(JsonElement json, string pointer, int index, ReproductionScore usual, List<Problem> problems)
    {
        var before = problems.Count;
        var members = Members.Of(json, pointer, problems);
        if (problems.Count > before)
            return null;
        var (better, worse, group) = (members.Text("better", 200), members.Text("worse", 200), members.Text("group", 200));
        var (atLeast, ratio, share) = (Number(members, "atLeast"), Number(members, "ratio"), Number(members, "seedShare"));
        var (above, below) = (Number(members, "above"), Number(members, "below"));
        var environment = members.Text("environment", 100);
        var score = ReadScore(members);
        var trend = SeriesTrend.Read(members);
        members.RefuseOthers("member", Known);
        if (problems.Count > before)
            return null;
        if (share is <= 0 or >= 1)
            members.Fault("seedShare", "A share lies between 0 and 1: with either none or all of the seeds, no number of seeds could decide it.");
        if (trend is not null)
        {
            if (group is null || better is not null || worse is not null)
                problems.Add(new(pointer, "A trend is of one 'group'."));
            if (above is not null || below is not null || atLeast is not null || ratio is not null || share is not null || score is not null)
                problems.Add(new(pointer, "A trend has no 'above', 'below', 'atLeast', 'ratio', 'seedShare' or 'score': its number is the rank correlation with the steps."));
        }
        else if (group is null == (better is null && worse is null))
            problems.Add(new(pointer, "Expected either 'better' and 'worse', two groups, or 'group' with 'above', 'below' or 'trend'."));
        else if (group is not null)
        {
            if (above is null == below is null)
                problems.Add(new(pointer, "A group has one bound: 'above' or 'below'."));
            if (atLeast is not null || ratio is not null)
                problems.Add(new(pointer, "'atLeast' and 'ratio' belong to 'better' and 'worse'; a bound is a number itself."));
        }
        else
        {
            if (better is null || worse is null || better == worse)
                problems.Add(new(pointer, "Expected two different groups: 'better' and 'worse'."));
            if (above is not null || below is not null)
                problems.Add(new(pointer, "'above' and 'below' belong to 'group'; for two groups say 'atLeast' or 'ratio'."));
            if (atLeast is not null && ratio is not null)
                problems.Add(new(pointer, "Say the margin once: 'atLeast' as a difference or 'ratio' as a factor."));
            if (atLeast < 0)
                members.Fault("atLeast", "A margin is 0 or more.");
            if (ratio <= 0)
                members.Fault("ratio", "A ratio is above 0.");
        }
        if (problems.Count > before)
            return null;
        var scope = environment switch { "all" => EnvironmentScope.All, "most" => EnvironmentScope.Most, _ => EnvironmentScope.Each };
        return new(index, score ?? usual, scope == EnvironmentScope.Each ? environment : null, better, worse, atLeast ?? 0, ratio, group, above, below)
        {
            Scope = scope,
            SeedShare = share,
            Trend = trend,
        };
    }

    private static double? Number(Members members, string name)
    {
        if (members.Take(name) is not { } json)
            return null;
        if (json.ValueKind == JsonValueKind.Number && json.TryGetDouble(out var number) && double.IsFinite(number))
            return number;
        members.Fault(name, $"Expected a number, not {Parameter.Shown(json)}.");
        return null;
    }
}
