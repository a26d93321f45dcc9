using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using IntrinsicLab.Core.Algorithms;

namespace IntrinsicLab.Core.Experiments;

public sealed partial record Reproduction
{
    private static readonly string[] Known =
        ["id", "paper", "figure", "title", "claim", "reduced", "settings", "score", "families", "expected", "measured", "minutes", "deviations"];

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
        var measured = members.Text("measured", 2000) ?? "";
        var settings = FigureSettings.Read(members.Take("settings"), members.At("settings"), plan.TryGetProperty("arms", out _), problems);
        var score = Expectation.ReadScore(members) ?? ReproductionScore.Final;
        var families = GroupFamily.ReadAll(members.Take("families"), members.At("families"), problems);
        var expected = Required(members, "expected") is { } list ? Expectation.ReadAll(list, members.At("expected"), score, problems) : [];
        var patch = members.Take("reduced");
        var (fullMinutes, reducedMinutes) = ReadMinutes(members, patch is not null, problems);
        var reduced = ReadReduced(patch, plan, members.At("reduced"), full is not null, score, problems);
        members.RefuseOthers("member", Known);

        var fullRuns = Planned(full, settings);
        var reducedRuns = Planned(reduced.Plan, settings);
        if (full is not null)
        {
            foreach (var family in families)
                family.FindUnknown([.. fullRuns.Concat(reducedRuns).Select(run => run.Group).Distinct()], members.At("families"), problems);
            FindUnknownGroups(expected, fullRuns, families, members.At("expected"), problems);
            if (reduced.Plan is not null && reduced.Expected is { } own)
                FindUnknownGroups(own, reducedRuns, families, Problem.At(members.At("reduced"), "expected"), problems);
        }
        if (full is not null && reduced.Plan is not null && reduced.Expected is null && expected.Count > 0 && problems.Count == before)
        {
            if (Resolve(expected, Groups(reducedRuns), families).Count == 0)
                members.Fault("reduced", "It leaves out every group of which something is expected.");
            foreach (var late in expected.Where(each => IsBeyond(each, reducedRuns)))
                members.Fault("reduced", $"Its runs are too short for what is expected: {late.Sentence}. Say in its own 'expected' what they should show.");
        }
        if (problems.Count != before || full is null || (patch is not null && reduced.Plan is null))
            return null;
        return new Reproduction
        {
            Id = id!,
            Paper = paper!,
            Figure = figure!.Trim(),
            Title = title!.Trim(),
            Claim = claim!.Trim(),
            Deviations = deviations.Trim(),
            Measured = measured.Trim(),
            ReducedDeviations = reduced.Deviations.Trim(),
            Settings = settings,
            Families = families,
            Expected = expected,
            ReducedExpected = reduced.Expected ?? expected,
            FullMinutes = fullMinutes!.Value,
            ReducedMinutes = reducedMinutes ?? 0,
            Full = full,
            Reduced = reduced.Plan,
            FullRuns = fullRuns,
            ReducedRuns = reducedRuns,
            FullJson = Merged(plan, null).ToJsonString(),
            ReducedJson = reduced.Json,
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

    private static List<Expectation> Resolve(
        IEnumerable<Expectation> expected, List<(string Group, string Environment)> groups, IReadOnlyList<GroupFamily> families)
    {
        var resolved = new List<Expectation>();
        foreach (var expectation in expected)
        {
            List<string> places = [.. groups.Select(each => each.Environment).Distinct().Where(environment =>
                (expectation.Environment ?? environment) == environment && expectation.Groups.All(name => IsRun(name, environment)))];
            if (expectation.Scope != EnvironmentScope.Each && places.Count > 1)
                resolved.Add(expectation with { Environments = places });
            else
                resolved.AddRange(places.Select(expectation.On));
        }
        return resolved;

        bool IsRun(string name, string environment) => groups.Contains((name, environment))
            || families.FirstOrDefault(family => family.Name == name) is { } family && family.Groups.Any(group => groups.Contains((group, environment)));
    }

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

    private static (double? Full, double? Reduced) ReadMinutes(Members members, bool hasReduced, List<Problem> problems)
    {
        if (Required(members, "minutes") is not { } json)
            return (null, null);
        var before = problems.Count;
        var minutes = Members.Of(json, members.At("minutes"), problems);
        if (problems.Count > before)
            return (null, null);
        var read = (Positive(minutes, "full"), hasReduced ? Positive(minutes, "reduced") : null);
        minutes.RefuseOthers("member", hasReduced ? ["full", "reduced"] : ["full"]);
        return read;
    }

    private static void FindUnknownGroups(
        IReadOnlyList<Expectation> expected, IReadOnlyList<PlannedRun> runs, IReadOnlyList<GroupFamily> families, string pointer, List<Problem> problems)
    {
        var groups = Groups(runs);
        var environments = groups.Select(each => each.Environment).Distinct().ToList();
        List<string> names = [.. groups.Select(each => each.Group).Distinct(), .. families.Select(family => family.Name)];
        foreach (var expectation in expected)
        {
            var at = Problem.At(pointer, expectation.Index.ToString(CultureInfo.InvariantCulture));
            foreach (var (member, name) in expectation.Named)
                if (!names.Contains(name))
                    problems.Add(new(Problem.At(at, member), Problem.Unknown("group in this plan", name, names)));
            if (expectation.Environment is { } environment && !environments.Contains(environment))
                problems.Add(new(Problem.At(at, "environment"), Problem.Unknown("environment in this plan", environment, [.. environments, "most", "all"])));
            else if (expectation.Groups.All(names.Contains) && Resolve([expectation], groups, families).Count == 0)
                problems.Add(new(at, "These groups are never run on the same environment."));
            if (expectation.Trend is { } trend)
                FindUnknownSeries(expectation, trend, runs, families, at, problems);
        }
    }

    private static void FindUnknownSeries(
        Expectation expectation, SeriesTrend trend, IReadOnlyList<PlannedRun> runs, IReadOnlyList<GroupFamily> families, string at, List<Problem> problems)
    {
        if (families.Any(family => family.Name == expectation.Group))
            problems.Add(new(Problem.At(at, "group"), "A trend is of one group, not of the best of several."));
        var reported = runs.Where(run => run.Group == expectation.Group).Select(run => run.Algorithm).Distinct()
            .Select(id => AlgorithmCatalog.Find(id)!.Reports.Concat(Metrics.OfEveryRun).Select(metric => metric.Path).ToList()).ToList();
        if (reported.Count > 0 && !reported.TrueForAll(metrics => metrics.Contains(trend.Series)))
            problems.Add(new(Problem.At(at, "series"), Problem.Unknown($"metric of {expectation.Group}", trend.Series, [.. reported.SelectMany(metrics => metrics).Distinct()])));
        if (IsBeyond(expectation, runs))
            problems.Add(new(Problem.At(at, trend.ToStep is null ? "fromStep" : "toStep"), "The runs end before this step."));
    }

    private static bool IsBeyond(Expectation expectation, IEnumerable<PlannedRun> runs) => expectation.Trend is { } trend
        && runs.Any(run => run.Group == expectation.Group && (trend.FromStep >= run.Steps || trend.ToStep > run.Steps));

    private sealed record ReducedForm(string Json, ExperimentPlan? Plan, IReadOnlyList<Expectation>? Expected, string Deviations);

    // Faults of the reduced plan are shown where the patch has the member, and not at all where the plan itself has them.
    private static ReducedForm ReadReduced(
        JsonElement? patch, JsonElement plan, string pointer, bool planIsValid, ReproductionScore score, List<Problem> problems)
    {
        var none = new ReducedForm("", null, null, "");
        if (patch is not { } members)
            return none;
        if (members.ValueKind != JsonValueKind.Object)
        {
            problems.Add(new(pointer, $"Expected an object, not {Parameter.Shown(members)}."));
            return none;
        }
        if (members.TryGetProperty(Member, out _))
        {
            problems.Add(new(Problem.At(pointer, Member), "A reduced plan has the same figure; leave this out."));
            return none;
        }
        var own = Members.Of(members, pointer, problems);
        var expected = own.Take("expected") is { } list ? Expectation.ReadAll(list, own.At("expected"), score, problems) : null;
        var deviations = own.Text("deviations", 4000) ?? "";
        var changes = JsonObject.Create(members)!.DeepClone().AsObject();
        changes.Remove("expected");
        changes.Remove("deviations");
        var merged = Merged(plan, changes);
        var found = new List<Problem>();
        var reduced = ExperimentPlan.Read(JsonSerializer.SerializeToElement(merged), found);
        foreach (var fault in found)
            if (IsIn(members, fault.Pointer))
                problems.Add(fault with { Pointer = pointer + fault.Pointer });
            else if (planIsValid)
                problems.Add(new(pointer, $"With these members the plan is wrong at {(fault.Pointer.Length == 0 ? "/" : fault.Pointer)}: {fault.Message}"));
        return new(merged.ToJsonString(), reduced, expected, deviations);
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

    private static JsonObject Merged(JsonElement plan, JsonObject? changes)
    {
        var merged = JsonObject.Create(plan)!.DeepClone().AsObject();
        merged.Remove(Member);
        return changes is null ? merged : (JsonObject)Merge(merged, changes)!;
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
