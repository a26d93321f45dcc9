using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace IntrinsicLab.Core.Experiments;

/// <summary>How much of a figure's experiment is run.</summary>
public enum ReproductionScale
{
    /// <summary>The plan as written.</summary>
    Full,

    /// <summary>The plan with the members of <c>reduced</c> in place of its own.</summary>
    Reduced,
}

/// <summary>Which number of a run is its score.</summary>
public enum ReproductionScore
{
    /// <summary>Mean of the last tenth of its budget.</summary>
    Final,

    /// <summary>Mean of its whole curve: the area under it over the budget.</summary>
    Area,
}

/// <summary>Where a claim was published.</summary>
/// <param name="Authors">Authors.</param>
/// <param name="Year">Year.</param>
/// <param name="Title">Title.</param>
/// <param name="Link">Address of the paper; null where none is given.</param>
public sealed record PaperReference(string Authors, int Year, string Title, string? Link);

/// <summary>A run of a figure's plan.</summary>
/// <param name="Group">The group it belongs to.</param>
/// <param name="Environment">Id of its environment.</param>
/// <param name="Algorithm">Id of its algorithm.</param>
/// <param name="ConfigurationHash">Hash of its configuration.</param>
/// <param name="Seed">Its seed.</param>
/// <param name="Steps">Its budget in environment steps.</param>
public sealed record PlannedRun(string Group, string Environment, string Algorithm, string ConfigurationHash, int Seed, long Steps);

/// <summary>
/// A published figure that an experiment's plan repeats: the member <c>reproduction</c> of the plan.
/// <code>{ id, paper{authors, year, title, link}, figure, title, claim, reduced{members that replace the plan's}, settings{metric, x, statistic, interval,
/// groupBy[], panels, kind, smoothing, lowerIsBetter, label}, score, expected[{better, worse, atLeast or ratio} or {group, above or below}, each with
/// environment, score], minutes{full, reduced}, deviations }</code>
/// The claim is kept apart from what is expected of our runs, and that from what was observed: see <see cref="Verdict"/>.
/// </summary>
public sealed partial record Reproduction
{
    /// <summary>Name of the plan's member.</summary>
    public const string Member = "reproduction";

    private static readonly string[] Known =
        ["id", "paper", "figure", "title", "claim", "reduced", "settings", "score", "expected", "minutes", "deviations"];

    /// <summary>Kebab-case id used in addresses, files and on the command line.</summary>
    public required string Id { get; init; }

    /// <summary>Where the claim was published.</summary>
    public required PaperReference Paper { get; init; }

    /// <summary>Which figure of the paper, such as <c>figure 3</c>.</summary>
    public required string Figure { get; init; }

    /// <summary>Title for people.</summary>
    public required string Title { get; init; }

    /// <summary>What the paper says, in our own words.</summary>
    public required string Claim { get; init; }

    /// <summary>In what the experiment differs from the paper's; empty where in nothing known.</summary>
    public required string Deviations { get; init; }

    /// <summary>How the figure is drawn and its runs are grouped.</summary>
    public required FigureSettings Settings { get; init; }

    /// <summary>What is expected of the runs, as written; <see cref="Expectations"/> spells it out by environment.</summary>
    public required IReadOnlyList<Expectation> Expected { get; init; }

    /// <summary>Minutes the full experiment took on two cores, for those without a history of their own.</summary>
    public required double FullMinutes { get; init; }

    /// <summary>Minutes the reduced experiment took on two cores.</summary>
    public required double ReducedMinutes { get; init; }

    /// <summary>The full experiment.</summary>
    public required ExperimentPlan Full { get; init; }

    /// <summary>The reduced experiment.</summary>
    public required ExperimentPlan Reduced { get; init; }

    /// <summary>Runs of the full experiment, with the groups they belong to.</summary>
    public required IReadOnlyList<PlannedRun> FullRuns { get; init; }

    /// <summary>Runs of the reduced experiment.</summary>
    public required IReadOnlyList<PlannedRun> ReducedRuns { get; init; }

    /// <summary>JSON of the full experiment's plan, without the member that made it a reproduction.</summary>
    public required string FullJson { get; init; }

    /// <summary>JSON of the reduced experiment's plan.</summary>
    public required string ReducedJson { get; init; }

    /// <summary>The experiment at a scale.</summary>
    public ExperimentPlan Plan(ReproductionScale scale) => scale == ReproductionScale.Full ? Full : Reduced;

    /// <summary>Runs at a scale, with the groups they belong to.</summary>
    public IReadOnlyList<PlannedRun> Runs(ReproductionScale scale) => scale == ReproductionScale.Full ? FullRuns : ReducedRuns;

    /// <summary>Names of the groups in the order of the plan, in which they get their colours.</summary>
    public IReadOnlyList<string> GroupNames => [.. FullRuns.Concat(ReducedRuns).Select(run => run.Group).Distinct()];

    /// <summary>JSON of the plan at a scale; <c>./lab train</c> takes it.</summary>
    public string PlanJson(ReproductionScale scale) => scale == ReproductionScale.Full ? FullJson : ReducedJson;

    /// <summary>Minutes it took on two cores.</summary>
    public double Minutes(ReproductionScale scale) => scale == ReproductionScale.Full ? FullMinutes : ReducedMinutes;

    /// <summary>What experiments of this figure at this scale are marked with.</summary>
    public string Key(ReproductionScale scale) => $"{Id}:{Word(scale)}";

    /// <summary><c>full</c> or <c>reduced</c>.</summary>
    public static string Word(ReproductionScale scale) => scale == ReproductionScale.Full ? "full" : "reduced";

    /// <summary>What is expected at a scale, once for each environment in which the groups it names are run.</summary>
    public IReadOnlyList<Expectation> Expectations(ReproductionScale scale) => Resolve(Expected, Groups(Runs(scale)));

    /// <summary>Reads a whole plan with the member; null where it has none, or where <paramref name="problems"/> were added.</summary>
    public static Reproduction? Read(JsonElement plan, List<Problem> problems)
    {
        if (ExperimentPlan.Read(plan, problems) is not { } full || !plan.TryGetProperty(Member, out var member))
            return null;
        return Read(member, plan, full, problems);
    }

    /// <summary>Reads the member alone, adding every fault; without a plan, names of groups cannot be checked.</summary>
    internal static Reproduction? Read(JsonElement json, JsonElement plan, ExperimentPlan? full, List<Problem> problems)
    {
        var before = problems.Count;
        var pointer = Problem.At("", Member);
        var members = Members.Of(json, pointer, problems);
        var id = members.Text("id", 60, required: true);
        if (id is not null && !KebabCase().IsMatch(id))
            members.Fault("id", "Expected lower-case words with hyphens between them, such as ppo-hopper.");
        var paper = ReadPaper(members, problems);
        var figure = members.Text("figure", 40, required: true);
        var title = members.Text("title", 120, required: true);
        var claim = members.Text("claim", 600, required: true);
        var deviations = members.Text("deviations", 4000) ?? "";
        var settings = FigureSettings.Read(members.Take("settings"), members.At("settings"), plan.TryGetProperty("arms", out _), problems);
        var score = Expectation.ReadScore(members) ?? ReproductionScore.Final;
        var expected = Expectation.ReadAll(members, score, problems);
        var (fullMinutes, reducedMinutes) = ReadMinutes(members, problems);
        var (reducedJson, reduced) = ReadReduced(Required(members, "reduced"), plan, members.At("reduced"), full is not null, problems);
        members.RefuseOthers("member", Known);

        var fullRuns = Planned(full, settings);
        var reducedRuns = Planned(reduced, settings);
        if (full is not null)
            FindUnknownGroups(expected, fullRuns, members.At("expected"), problems);
        if (full is not null && reduced is not null && expected.Count > 0 && problems.Count == before && Resolve(expected, Groups(reducedRuns)).Count == 0)
            members.Fault("reduced", "It leaves out every group of which something is expected.");
        if (problems.Count != before || full is null || reduced is null)
            return null;
        return new Reproduction
        {
            Id = id!,
            Paper = paper!,
            Figure = figure!.Trim(),
            Title = title!.Trim(),
            Claim = claim!.Trim(),
            Deviations = deviations.Trim(),
            Settings = settings,
            Expected = expected,
            FullMinutes = fullMinutes!.Value,
            ReducedMinutes = reducedMinutes!.Value,
            Full = full,
            Reduced = reduced,
            FullRuns = fullRuns,
            ReducedRuns = reducedRuns,
            FullJson = Merged(plan, null).ToJsonString(),
            ReducedJson = reducedJson!,
        };
    }

    private static List<PlannedRun> Planned(ExperimentPlan? plan, FigureSettings settings)
    {
        var runs = new List<PlannedRun>();
        // Seeds of one configuration follow each other in a plan: its hash and group are found once.
        (RunPlan? Run, string Hash, string Group) last = (null, "", "");
        foreach (var run in plan?.Runs ?? [])
        {
            if (last.Run is null || run with { Seed = last.Run.Seed, Name = last.Run.Name } != last.Run)
                last = (run, run.ConfigurationHash, GroupOf(run, settings));
            runs.Add(new PlannedRun(last.Group, run.Environment, run.Algorithm, last.Hash, run.Seed, run.Steps));
        }
        return runs;
    }

    private static string GroupOf(RunPlan run, FigureSettings settings)
    {
        var plan = run.ToJson();
        return FigureSettings.GroupName(settings.GroupBy.Select(key => KeyValuePair.Create(
            key, key.Split('.').Aggregate((JsonNode?)plan, (node, name) => (node as JsonObject)?[name]) switch
            {
                null => "none",
                JsonValue text when text.GetValueKind() == JsonValueKind.String => text.GetValue<string>(),
                var value => value.ToJsonString(),
            })));
    }

    private static List<(string Group, string Environment)> Groups(IEnumerable<PlannedRun> runs) => [.. runs.Select(run => (run.Group, run.Environment)).Distinct()];

    private static List<Expectation> Resolve(IEnumerable<Expectation> expected, List<(string Group, string Environment)> groups) =>
        [.. from expectation in expected
            from environment in groups.Select(each => each.Environment).Distinct()
            where (expectation.Environment ?? environment) == environment && expectation.Groups.All(name => groups.Contains((name, environment)))
            select expectation with { Environment = environment }];

    private static PaperReference? ReadPaper(Members members, List<Problem> problems)
    {
        if (Required(members, "paper") is not { } json)
            return null;
        var paper = Members.Of(json, members.At("paper"), problems);
        var authors = paper.Text("authors", 300, required: true);
        var year = paper.Whole("year", 1900, 2200, required: true);
        var title = paper.Text("title", 300, required: true);
        var link = paper.Text("link", 500);
        if (link is not null && !(Uri.TryCreate(link, UriKind.Absolute, out var address) && address.Scheme is "https" or "http"))
            paper.Fault("link", "Expected an address that begins with https://.");
        paper.RefuseOthers("member", ["authors", "year", "title", "link"]);
        return authors is null || year is null || title is null ? null : new PaperReference(authors.Trim(), (int)year, title.Trim(), link);
    }

    private static (double? Full, double? Reduced) ReadMinutes(Members members, List<Problem> problems)
    {
        if (Required(members, "minutes") is not { } json)
            return (null, null);
        var before = problems.Count;
        var minutes = Members.Of(json, members.At("minutes"), problems);
        if (problems.Count > before)
            return (null, null);
        var read = (Positive(minutes, "full"), Positive(minutes, "reduced"));
        minutes.RefuseOthers("member", ["full", "reduced"]);
        return read;
    }

    private static void FindUnknownGroups(
        IReadOnlyList<Expectation> expected, IReadOnlyList<PlannedRun> runs, string pointer, List<Problem> problems)
    {
        var groups = Groups(runs);
        var (names, environments) = (groups.Select(each => each.Group).Distinct().ToList(), groups.Select(each => each.Environment).Distinct().ToList());
        foreach (var expectation in expected)
        {
            var at = Problem.At(pointer, expectation.Index.ToString(CultureInfo.InvariantCulture));
            foreach (var (member, name) in expectation.Named)
                if (!names.Contains(name))
                    problems.Add(new(Problem.At(at, member), Problem.Unknown("group in this plan", name, names)));
            if (expectation.Environment is { } environment && !environments.Contains(environment))
                problems.Add(new(Problem.At(at, "environment"), Problem.Unknown("environment in this plan", environment, environments)));
            else if (expectation.Groups.All(names.Contains) && Resolve([expectation], groups).Count == 0)
                problems.Add(new(at, "These groups are never run on the same environment."));
        }
    }

    // Faults of the reduced plan are shown where the patch has the member, and not at all where the plan itself has them.
    private static (string? Json, ExperimentPlan? Plan) ReadReduced(
        JsonElement? patch, JsonElement plan, string pointer, bool planIsValid, List<Problem> problems)
    {
        if (patch is not { } members)
            return (null, null);
        if (members.ValueKind != JsonValueKind.Object)
        {
            problems.Add(new(pointer, $"Expected an object, not {Parameter.Shown(members)}."));
            return (null, null);
        }
        if (members.TryGetProperty(Member, out _))
        {
            problems.Add(new(Problem.At(pointer, Member), "A reduced plan has the same figure; leave this out."));
            return (null, null);
        }
        var merged = Merged(plan, members);
        var found = new List<Problem>();
        var reduced = ExperimentPlan.Read(JsonSerializer.SerializeToElement(merged), found);
        foreach (var fault in found)
            if (IsIn(members, fault.Pointer))
                problems.Add(fault with { Pointer = pointer + fault.Pointer });
            else if (planIsValid)
                problems.Add(new(pointer, $"With these members the plan is wrong at {(fault.Pointer.Length == 0 ? "/" : fault.Pointer)}: {fault.Message}"));
        return (merged.ToJsonString(), reduced);
    }

    private static bool IsIn(JsonElement json, string pointer)
    {
        foreach (var part in pointer.Split('/').Skip(1))
        {
            if (json.ValueKind != JsonValueKind.Object)
                break;
            if (!json.TryGetProperty(part.Replace("~1", "/").Replace("~0", "~"), out json))
                return false;
        }
        return pointer.Length > 0;
    }

    private static JsonObject Merged(JsonElement plan, JsonElement? patch)
    {
        var merged = JsonObject.Create(plan)!.DeepClone().AsObject();
        merged.Remove(Member);
        return patch is { } changes ? (JsonObject)Merge(merged, JsonObject.Create(changes))! : merged;
    }

    // RFC 7396: objects are merged member by member, null removes a member, anything else replaces.
    private static JsonNode? Merge(JsonNode? target, JsonNode? patch)
    {
        if (patch is not JsonObject changes)
            return patch?.DeepClone();
        var merged = target as JsonObject ?? [];
        foreach (var (name, change) in changes)
            if (change is null)
                merged.Remove(name);
            else if (merged[name] is JsonObject part && change is JsonObject)
                Merge(part, change);
            else
                merged[name] = Merge(null, change);
        return merged;
    }

    private static JsonElement? Required(Members members, string name)
    {
        var value = members.Take(name);
        if (value is null)
            members.Fault(name, "This member is required.");
        return value;
    }

    private static double? Positive(Members members, string name)
    {
        var value = members.Take(name);
        if (value is { ValueKind: JsonValueKind.Number } number && number.TryGetDouble(out var minutes) && minutes is > 0 and < 1e6)
            return minutes;
        members.Fault(name, value is null ? "This member is required." : "Expected a number of minutes above 0.");
        return null;
    }

    [GeneratedRegex("^[a-z0-9]+(-[a-z0-9]+)*$")]
    private static partial Regex KebabCase();
}
