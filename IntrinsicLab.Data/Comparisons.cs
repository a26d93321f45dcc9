using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using IntrinsicLab.Core.Statistics;
using Microsoft.EntityFrameworkCore;

namespace IntrinsicLab.Data;

/// <summary>
/// Compares runs with their seeds as evidence. A group's numbers follow from its own runs and the query's settings alone: which other groups
/// are shown changes nothing but adjusted p-values, and the scale of <see cref="ScoreScaling.MinMax"/>. That is also why groups can be kept:
/// one whose runs have not changed is not computed again.
/// </summary>
public sealed class Comparisons(IDbContextFactory<LabDbContext> contexts, MetricStore metrics)
{
    /// <summary>The most runs of one comparison.</summary>
    public const int MostRuns = 1000;

    /// <summary>The most groups of which every pair is tested; beyond, only groups are described.</summary>
    public const int MostPairedGroups = 12;

    private const string Configuration = "configuration";
    internal const int FinalReplicates = 50_000;
    internal const int AreaReplicates = 10_000;
    private const int PairReplicates = 10_000;

    // More in a label would tell as little as the configuration's hash.
    private const int MostDifferences = 4;

    private readonly BoundedCache<Described> groups = new(256);
    private readonly BoundedCache<GroupDifference> pairs = new(1024);

    /// <summary>Compares.</summary>
    /// <exception cref="ComparisonException">There is nothing to compare, or too much.</exception>
    public async Task<Comparison> Compare(ComparisonQuery query, CancellationToken cancellation = default)
    {
        var warnings = new List<string>();
        var (members, heads, episodes) = await Find(query, warnings, cancellation);
        var grouped = Grouped(query, members).ToList();
        var several = grouped.Exists(group => group.Members.Select(member => member.Task).Distinct().Count() > 1);
        IReadOnlyDictionary<Guid, SeedCurve> curves = new Dictionary<Guid, SeedCurve>();
        if (query.Normalise == ScoreScaling.MinMax)
            curves = await metrics.Curves(heads, query.X, episodes, cancellation);
        var scales = Scales(query, members, several, curves, warnings);

        var settings = Settings(query, scales);
        var keys = grouped.ConvertAll(group => string.Join('\n', group.Members.Select(member => string.Create(CultureInfo.InvariantCulture,
            $"{member.Run.Id} {member.Run.Version} {heads[member.Run.Id].Sequence} {(episodes.TryGetValue(member.Run.Id, out var head) ? head.Sequence : 0)} {member.Run.StepsDone}"))
            .Append(string.Join('\n', group.Key.Select(pair => $"{pair.Key}={pair.Value}"))).Append(settings)));
        var described = new Described?[grouped.Count];
        var absent = new List<int>();
        foreach (var (index, key) in keys.Index())
            if (groups.TryGet(key, out var known))
                described[index] = known;
            else
                absent.Add(index);
        if (absent.Count > 0)
        {
            var wanted = absent.SelectMany(index => grouped[index].Members.Select(member => member.Run.Id)).Where(id => !curves.ContainsKey(id)).ToHashSet();
            if (wanted.Count > 0)
            {
                var read = await metrics.Curves(heads.Where(pair => wanted.Contains(pair.Key)).ToDictionary(), query.X, episodes, cancellation);
                curves = curves.Concat(read).ToDictionary();
            }
            await Task.Run(() => Parallel.ForEach(absent, new ParallelOptions { CancellationToken = cancellation }, index =>
            {
                described[index] = GroupDescription.Of(query, grouped[index], curves, scales, cancellation);
                groups.Keep(keys[index], described[index]!);
            }), cancellation);
        }

        var labels = Labels(query, grouped);
        var labelled = described.OfType<Described>().Index()
            .Select(pair => (pair.Item, Label: labels[pair.Index]))
            .OrderBy(pair => pair.Label, StringComparer.Ordinal).ToList();
        warnings.AddRange(labelled.SelectMany(pair => pair.Item.Warnings.Select(warning => $"{pair.Label}: {warning}")));
        List<(ComparedGroup Group, ScoreTable? Finals)> found = labelled.ConvertAll(pair => (pair.Item.Group with { Label = pair.Label }, pair.Item.Finals));
        return new Comparison(
            [.. found.Select(each => each.Group)], await Task.Run(() => Pairs(found, warnings, cancellation), cancellation), [.. warnings.Distinct()])
        {
            Environments = [.. members.Select(member => member.Task).Distinct().Order(StringComparer.Ordinal)],
            Scales = scales,
            Method = Method(query, scales, several),
            Version = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(string.Join('\n', keys))))[..16],
        };
    }

    /// <summary>The runs that a query names, with everything that is stored about them, in the order of their ids.</summary>
    /// <exception cref="ComparisonException">Some are not there, or there are none, or too many.</exception>
    public async Task<IReadOnlyList<Run>> RunsOf(ComparisonQuery query, CancellationToken cancellation = default)
    {
        await using var lab = await contexts.CreateDbContextAsync(cancellation);
        var (ids, experiments) = (query.Runs.ToList(), query.Experiments.Select(id => (Guid?)id).ToList());
        var runs = await lab.Runs.AsNoTracking()
            .Where(run => run.DeletedAt == null && (ids.Contains(run.Id) || experiments.Contains(run.ExperimentId)))
            .OrderBy(run => run.Id).Take(MostRuns + 1).ToListAsync(cancellation);
        if (runs.Count > MostRuns)
            throw new ComparisonException("experiments", $"More than {MostRuns} runs are chosen.");
        if (ids.Except(runs.Select(run => run.Id)).ToList() is { Count: > 0 } absent)
            throw new ComparisonException("runs", $"There is no run {absent[0]}{(absent.Count > 1 ? $", nor {absent.Count - 1} others" : "")}.");
        if (query.Experiments.Where(id => runs.All(run => run.ExperimentId != id)).ToList() is { Count: > 0 } empty)
            throw new ComparisonException("experiments", $"There is no experiment {empty[0]}, or it has no runs.");
        return runs.Count > 0 ? runs : throw new ComparisonException("runs", "No run is chosen.");
    }

    /// <summary>Members of plans, worth grouping by, in which runs of the same algorithm on the same environment differ.</summary>
    public async Task<IReadOnlyList<string>> DifferingMembers(IReadOnlyCollection<Guid> runs, CancellationToken cancellation = default)
    {
        await using var lab = await contexts.CreateDbContextAsync(cancellation);
        var plans = await lab.Runs.AsNoTracking().Where(run => runs.Contains(run.Id))
            .Select(run => new { run.Algorithm, run.Environment, run.Plan }).ToListAsync(cancellation);
        return [.. plans.GroupBy(run => (run.Algorithm, run.Environment))
            .SelectMany(same => same.SelectMany(run => Parameters(run.Plan)).GroupBy(member => member.Key)
                .Where(group => group.Select(member => member.Value).Distinct().Count() > 1).Select(group => group.Key))
            .Distinct().Order(StringComparer.Ordinal)];

        static IEnumerable<(string Key, string Value)> Parameters(string plan)
        {
            var json = JsonNode.Parse(plan) as JsonObject ?? [];
            if (json["arm"] is JsonValue arm)
                yield return ("arm", arm.ToJsonString());
            foreach (var part in (string[])["parameters", "environmentParameters"])
                foreach (var member in json[part] as JsonObject ?? [])
                    yield return ($"{part}.{member.Key}", member.Value?.ToJsonString() ?? "null");
        }
    }

    private async Task<(List<Member> Members, IReadOnlyDictionary<Guid, SeriesHead> Heads, IReadOnlyDictionary<Guid, SeriesHead> Episodes)> Find(
        ComparisonQuery query, List<string> warnings, CancellationToken cancellation)
    {
        var runs = await RunsOf(query, cancellation);
        Guid[] ids = [.. runs.Select(run => run.Id)];
        var all = await metrics.Heads(ids, query.Metric, cancellation);
        var episodes = query.X == MetricAxis.Episodes ? await metrics.Heads(ids, MetricStore.EpisodesMetric, cancellation) : new Dictionary<Guid, SeriesHead>();
        var heads = all.Where(pair => pair.Value.Count > pair.Value.NonFinite && (query.X != MetricAxis.Episodes || episodes.ContainsKey(pair.Key))).ToDictionary();
        if (heads.Count == 0)
            throw new ComparisonException("metric", $"None of the {runs.Count} runs has {query.Metric} with a finite value.");
        if (heads.Count < runs.Count)
            warnings.Add($"{runs.Count - heads.Count} of {runs.Count} runs have no finite {query.Metric} and are left out.");
        return ([.. runs.Where(run => heads.ContainsKey(run.Id)).Select(run =>
        {
            var plan = JsonNode.Parse(run.Plan) as JsonObject ?? [];
            return new Member(run, plan, ScoreScales.TaskOf(run, plan));
        })], heads, episodes);
    }

    private static IEnumerable<MemberGroup> Grouped(ComparisonQuery query, List<Member> members)
    {
        var keys = query.GroupBy.Count > 0 ? query.GroupBy : ["algorithm", "environment", Configuration];
        foreach (var key in keys)
            if (members.TrueForAll(member => Value(member, key) is null))
                throw new ComparisonException("groupBy", $"No run's plan has '{key}'. Examples: algorithm, parameters.learningRate, environmentParameters.delay.");
        return members.Select(member => (Member: member, Key: (IReadOnlyDictionary<string, string>)keys.ToDictionary(key => key, key => Value(member, key) ?? "none")))
            .GroupBy(pair => string.Join("\n", pair.Key.Select(member => $"{member.Key}={member.Value}")))
            .Select(group => new MemberGroup(group.First().Key, [.. group.Select(pair => pair.Member)
                .OrderBy(member => member.Task, StringComparer.Ordinal).ThenBy(member => member.Run.Seed).ThenBy(member => member.Run.Id)]));
    }

    private static string? Value(Member member, string key) => key switch
    {
        "algorithm" => member.Run.Algorithm,
        "environment" => member.Task,
        Configuration => member.Run.ConfigurationHash[..Math.Min(8, member.Run.ConfigurationHash.Length)],
        _ => key.Split('.').Aggregate((JsonNode?)member.Plan, (node, name) => (node as JsonObject)?[name]) switch
        {
            null => null,
            JsonValue text when text.GetValueKind() == JsonValueKind.String => text.GetValue<string>(),
            var value => value.ToJsonString(),
        },
    };

    // The hash of a configuration tells nobody anything; unless asked for, it is shown only where nothing else sets groups apart. Before it come the
    // names of arms and the parameters in which configurations differ.
    private static string[] Labels(ComparisonQuery query, IReadOnlyList<MemberGroup> grouped)
    {
        var labels = grouped.Select(group => Label(group.Key.Where(member => member.Key != Configuration || query.GroupBy.Count > 0))).ToArray();
        foreach (var alike in Enumerable.Range(0, labels.Length).GroupBy(index => labels[index]).Where(same => same.Count() > 1).Select(same => same.ToList()).ToList())
        {
            var rows = ConfigurationTable.Of(alike.Select(index => (labels[index], grouped[index].Members[0].Plan))).Rows;
            var byArm = rows.Select(row => row.Arm).Where(arm => arm.Length > 0).Distinct().Count() == rows.Count;
            var differences = rows.Select(row => byArm ? row.Arm : string.Join(", ", row.Values.Select(
                member => $"{member.Key.Split('.')[^1]} {(member.Value.GetValueKind() == JsonValueKind.String ? member.Value.GetValue<string>() : member.Value.ToJsonString())}"))).ToList();
            foreach (var (place, index) in alike.Index())
                labels[index] = differences[place].Length > 0 && (byArm || rows[place].Values.Count <= MostDifferences) && differences.Count(each => each == differences[place]) == 1
                    ? $"{labels[index]} · {differences[place]}"
                    : Label(grouped[index].Key);
        }
        return labels;
    }

    private static string Label(IEnumerable<KeyValuePair<string, string>> key) => string.Join(
        " · ", key.Select(member => member.Key is "algorithm" or "environment" or "arm" ? member.Value : $"{member.Key.Split('.')[^1]} {member.Value}"));

    private static List<ScoreScale> Scales(
        ComparisonQuery query, List<Member> members, bool several, IReadOnlyDictionary<Guid, SeedCurve> curves, List<string> warnings)
    {
        if (query.References.Keys.Except(members.Select(member => member.Task)).FirstOrDefault() is { } stranger)
            throw new ComparisonException("references", $"No compared run is on '{stranger}'.");
        if (query.Normalise == ScoreScaling.None || (query.Normalise == ScoreScaling.Auto && !several))
            return [];
        var found = members.GroupBy(member => member.Task).OrderBy(group => group.Key, StringComparer.Ordinal).Select(group => query.Normalise == ScoreScaling.MinMax
            ? ScoreScales.Between(group.Key, GroupDescription.Finals(query, [.. group], curves))
            : ScoreScales.Find(query.Normalise, group.Key, [.. group.Select(member => member.Run)], query.References)).ToList();
        if (found.TrueForAll(each => each.Scale is not null))
            return [.. found.Select(each => each.Scale!)];
        var reasons = string.Join(" ", found.Select(each => each.WhyNone).OfType<string>());
        if (query.Normalise != ScoreScaling.Auto)
            throw new ComparisonException("normalise", reasons);
        warnings.Add($"Scores are not normalised. {reasons}");
        return [];
    }

    // What a group's numbers follow from, besides its runs.
    private static string Settings(ComparisonQuery query, List<ScoreScale> scales)
    {
        var json = (query with { Runs = [], Experiments = [], References = new Dictionary<string, ScoreReference>(), Lines = false, Normalise = ScoreScaling.None }).ToJson();
        return json.ToJsonString() + JsonSerializer.Serialize(scales);
    }

    private List<ComparedPair> Pairs(List<(ComparedGroup Group, ScoreTable? Finals)> found, List<string> warnings, CancellationToken cancellation)
    {
        var asked = new List<(string X, string Y, ScoreTable Left, ScoreTable Right)>();
        foreach (var rivals in found.Where(each => each.Finals is not null).GroupBy(each => string.Join("\n", each.Group.Environments)).Select(group => group.ToList()))
        {
            if (rivals.Count > MostPairedGroups)
            {
                warnings.Add($"{rivals.Count} groups on one environment are too many to test every pair; at most {MostPairedGroups} are.");
                continue;
            }
            for (var left = 0; left < rivals.Count; left++)
                for (var right = left + 1; right < rivals.Count; right++)
                    if (rivals[left].Finals!.Tasks == rivals[right].Finals!.Tasks)
                        asked.Add((rivals[left].Group.Label, rivals[right].Group.Label, rivals[left].Finals!, rivals[right].Finals!));
        }
        var differences = new GroupDifference[asked.Count];
        Parallel.For(0, asked.Count, new ParallelOptions { CancellationToken = cancellation }, index =>
        {
            var (_, _, left, right) = asked[index];
            var key = $"{Identity(left)}{Identity(right)}";
            if (!pairs.TryGet(key, out var known))
                pairs.Keep(key, known = GroupDifference.Of(left, right, PairReplicates, cancellation));
            differences[index] = known;
        });
        var (permutation, welch, ranks) = (Holm(pair => pair.Permutation?.P), Holm(pair => pair.Welch?.P), Holm(pair => pair.MannWhitney?.P));
        return [.. asked.Select((pair, index) => new ComparedPair(pair.X, pair.Y, differences[index], permutation[index])
        {
            AdjustedWelchP = welch[index],
            AdjustedMannWhitneyP = ranks[index],
        })];

        double?[] Holm(Func<GroupDifference, double?> p)
        {
            int[] tested = [.. Enumerable.Range(0, differences.Length).Where(index => p(differences[index]) is not null)];
            var adjusted = MultipleComparisons.Holm([.. tested.Select(index => p(differences[index])!.Value)]);
            var values = new double?[differences.Length];
            foreach (var (place, index) in tested.Index())
                values[index] = adjusted[place];
            return values;
        }

        static string Identity(ScoreTable scores)
        {
            var flat = new double[scores.Count];
            scores.CopyTo(flat);
            return $"{string.Join(' ', Enumerable.Range(0, scores.Tasks).Select(task => scores[task].Length))}:{GroupCurve.Seed([flat])};";
        }
    }

    private static string Method(ComparisonQuery query, List<ScoreScale> scales, bool several)
    {
        var place = query.Budget is { } budget ? string.Create(CultureInfo.InvariantCulture, $"{budget:0.##} {ComparisonQuery.Word(query.X)}") : "each run's budget";
        var scale = scales.Count == 0 ? ""
            : query.Normalise == ScoreScaling.MinMax ? " Scores are normalised by the least and greatest final score of the compared runs on each environment."
            : $" Scores are normalised: {string.Join("; ", scales.Select(each => $"{each.Environment} from {each.Source}"))}.";
        var strata = several && scales.Count > 0 ? ", runs resampled within each environment, all environments weighing the same" : "";
        return string.Create(CultureInfo.InvariantCulture,
            $"Final score: mean of the last {100 * query.FinalShare:0.##} % of {place}. Intervals: 95 % percentile bootstrap, {FinalReplicates} resamples ({AreaReplicates} for areas, {PairReplicates} for pairs){strata}; p-values after Holm over all pairs.{scale}");
    }
}

/// <summary>One run of a comparison.</summary>
internal sealed record Member(Run Run, JsonObject Plan, string Task);

/// <summary>Runs that belong together.</summary>
internal sealed record MemberGroup(IReadOnlyDictionary<string, string> Key, IReadOnlyList<Member> Members);

/// <summary>A group without its name, and what a reader has to know about it.</summary>
internal sealed record Described(ComparedGroup Group, ScoreTable? Finals, IReadOnlyList<string> Warnings);
