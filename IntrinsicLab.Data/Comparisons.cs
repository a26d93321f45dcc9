using System.Text.Json;
using System.Text.Json.Nodes;
using IntrinsicLab.Core.Statistics;
using Microsoft.EntityFrameworkCore;

namespace IntrinsicLab.Data;

/// <summary>What is compared, and how.</summary>
public sealed record ComparisonQuery
{
    /// <summary>Runs by id.</summary>
    public IReadOnlyList<Guid> Runs { get; init; } = [];

    /// <summary>Experiments by id; all their runs count.</summary>
    public IReadOnlyList<Guid> Experiments { get; init; } = [];

    /// <summary>Name of the metric.</summary>
    public string Metric { get; init; } = MetricStore.ReturnMetric;

    /// <summary>
    /// Members of a run's plan that make a group, such as <c>algorithm</c> or <c>parameters.learningRate</c>; empty groups by whole
    /// configuration, of which the seeds are then the members.
    /// </summary>
    public IReadOnlyList<string> GroupBy { get; init; } = [];

    /// <summary>What the curves run along.</summary>
    public MetricAxis X { get; init; }

    /// <summary>How seeds become curves.</summary>
    public GroupCurveSettings Curve { get; init; } = new();

    /// <summary>Where curves end and final scores are read; null for the budget of each group's runs.</summary>
    public double? Budget { get; init; }

    /// <summary>Most places of a curve.</summary>
    public int Points { get; init; } = 200;

    /// <summary>Share of the budget, at its end, whose mean is the final score.</summary>
    public double FinalShare { get; init; } = 0.1;
}

/// <summary>One run of a group.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="Seed">Its seed.</param>
/// <param name="Final">Its final score; null where it did not get so far.</param>
/// <param name="Area">Its curve's mean over the budget; null where it has no curve.</param>
public sealed record ComparedRun(Guid Id, string Name, int Seed, double? Final, double? Area);

/// <summary>One configuration with its seeds, or whatever else makes a group.</summary>
/// <param name="Label">Name for people.</param>
/// <param name="Key">The members that make it.</param>
/// <param name="Runs">Its runs, by seed.</param>
/// <param name="Curve">Their curve.</param>
/// <param name="Final">What their final scores say.</param>
/// <param name="FinalInterval">95 % bootstrap interval of the statistic of the final scores; null for fewer than two.</param>
/// <param name="Area">What the means of their curves say.</param>
public sealed record ComparedGroup(
    string Label, IReadOnlyDictionary<string, string> Key, IReadOnlyList<ComparedRun> Runs, GroupCurve Curve, SeedBand Final, Interval? FinalInterval,
    SeedBand Area);

/// <summary>Two groups' final scores side by side.</summary>
/// <param name="X">Label of one.</param>
/// <param name="Y">Label of the other.</param>
/// <param name="Difference">The comparison of x with y.</param>
/// <param name="AdjustedP">p-value of the permutation test after Holm, over all pairs; null where there is none.</param>
public sealed record ComparedPair(string X, string Y, GroupDifference Difference, double? AdjustedP);

/// <summary>Groups of runs compared.</summary>
/// <param name="Groups">By label.</param>
/// <param name="Pairs">Every pair of groups on the same environment that have final scores.</param>
/// <param name="Warnings">What a reader has to know, in sentences.</param>
public sealed record Comparison(IReadOnlyList<ComparedGroup> Groups, IReadOnlyList<ComparedPair> Pairs, IReadOnlyList<string> Warnings);

/// <summary>A selection of runs cannot be compared; the message says why.</summary>
public sealed class ComparisonException(string member, string message) : Exception(message)
{
    /// <summary>The member of the query that is at fault.</summary>
    public string Member => member;
}

/// <summary>
/// Compares runs with their seeds as evidence. A group's numbers follow from its own runs and the query's settings alone: which other groups
/// are shown changes nothing but the adjusted p-values.
/// </summary>
public sealed class Comparisons(IDbContextFactory<LabDbContext> contexts, MetricStore metrics)
{
    /// <summary>The most runs of one comparison.</summary>
    public const int MostRuns = 1000;

    /// <summary>The most groups of which every pair is tested; beyond, only groups are described.</summary>
    public const int MostPairedGroups = 12;

    private const string Configuration = "configuration";

    // Fine against the places of a curve: the mean of a part of a run stands at its end.
    private const int PointsPerRun = 4096;

    private const int FinalReplicates = 50_000;
    private const int PairReplicates = 10_000;

    /// <summary>Compares.</summary>
    /// <exception cref="ComparisonException">There is nothing to compare, or too much.</exception>
    public async Task<Comparison> Compare(ComparisonQuery query, CancellationToken cancellation = default)
    {
        var warnings = new List<string>();
        var runs = await Load(query, cancellation);
        var curves = await Curves(query, runs, warnings, cancellation);
        var grouped = Grouped(query, runs.Where(run => curves.ContainsKey(run.Id))).ToList();

        // The hash of a configuration tells nobody anything; unless asked for, it is shown only where nothing else sets groups apart.
        var plain = grouped.ConvertAll(members => Label(members[0].Key.Where(member => member.Key != Configuration || query.GroupBy.Count > 0)));
        var groups = new List<(ComparedGroup Group, string Environments)>();
        foreach (var (index, members) in grouped.Index())
            groups.Add((
                Describe(query, plain.Count(each => each == plain[index]) == 1 ? plain[index] : Label(members[0].Key), members, curves, warnings, cancellation),
                string.Join("\n", members.Select(member => member.Run.Environment).Distinct().Order(StringComparer.Ordinal))));
        groups.Sort((left, right) => string.CompareOrdinal(left.Group.Label, right.Group.Label));
        return new Comparison([.. groups.Select(each => each.Group)], Pairs(groups, warnings, cancellation), warnings);
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

        static IEnumerable<(string Key, string Value)> Parameters(string plan) =>
            from part in (string[])["parameters", "environmentParameters"]
            from member in (JsonNode.Parse(plan) as JsonObject)?[part] as JsonObject ?? []
            select ($"{part}.{member.Key}", member.Value?.ToJsonString() ?? "null");
    }

    private async Task<List<Run>> Load(ComparisonQuery query, CancellationToken cancellation)
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

    private async Task<Dictionary<Guid, SeedCurve>> Curves(
        ComparisonQuery query, IReadOnlyList<Run> runs, List<string> warnings, CancellationToken cancellation)
    {
        var curves = new Dictionary<Guid, SeedCurve>();
        foreach (var run in runs)
            if (await metrics.Read(run.Id, query.Metric, points: PointsPerRun, axis: query.X, cancellationToken: cancellation) is { } columns
                && Ascending(columns) is { X.Length: > 0 } curve)
                curves[run.Id] = curve;
        if (curves.Count == 0)
            throw new ComparisonException("metric", $"None of the {runs.Count} runs has {query.Metric} with a finite value.");
        if (curves.Count < runs.Count)
            warnings.Add($"{runs.Count - curves.Count} of {runs.Count} runs have no finite {query.Metric} and are left out.");
        return curves;
    }

    // Several updates can fall into one episode, or into one tick of the clock: the last of them counts.
    private static SeedCurve Ascending(MetricColumns columns)
    {
        var (x, y) = (new List<double>(columns.X.Length), new List<double>(columns.X.Length));
        for (var index = 0; index < columns.X.Length; index++)
        {
            if (!double.IsFinite(columns.Value[index]))
                continue;
            if (x.Count > 0 && x[^1] == columns.X[index])
                (x[^1], y[^1]) = (columns.X[index], columns.Value[index]);
            else
            {
                x.Add(columns.X[index]);
                y.Add(columns.Value[index]);
            }
        }
        return new SeedCurve([.. x], [.. y]);
    }

    private static IEnumerable<IReadOnlyList<(Run Run, IReadOnlyDictionary<string, string> Key)>> Grouped(ComparisonQuery query, IEnumerable<Run> runs)
    {
        var keys = query.GroupBy.Count > 0 ? query.GroupBy : ["algorithm", "environment", Configuration];
        var found = runs.Select(run => (Run: run, Plan: JsonNode.Parse(run.Plan) as JsonObject ?? [])).ToList();
        foreach (var key in keys)
            if (found.All(pair => Member(pair.Run, pair.Plan, key) is null))
                throw new ComparisonException("groupBy", $"No run's plan has '{key}'. Examples: algorithm, parameters.learningRate, environmentParameters.delay.");
        return found.Select(pair => (pair.Run, Key: (IReadOnlyDictionary<string, string>)keys.ToDictionary(key => key, key => Member(pair.Run, pair.Plan, key) ?? "none")))
            .GroupBy(pair => string.Join("\n", pair.Key.Select(member => $"{member.Key}={member.Value}")))
            .Select(group => (IReadOnlyList<(Run, IReadOnlyDictionary<string, string>)>)[.. group.OrderBy(pair => pair.Run.Seed).ThenBy(pair => pair.Run.Id)]);
    }

    private static string? Member(Run run, JsonObject plan, string key) => key switch
    {
        "algorithm" => run.Algorithm,
        "environment" => run.Environment,
        Configuration => run.ConfigurationHash[..Math.Min(8, run.ConfigurationHash.Length)],
        _ => key.Split('.').Aggregate((JsonNode?)plan, (node, name) => (node as JsonObject)?[name]) switch
        {
            null => null,
            JsonValue text when text.GetValueKind() == JsonValueKind.String => text.GetValue<string>(),
            var value => value.ToJsonString(),
        },
    };

    private static string Label(IEnumerable<KeyValuePair<string, string>> key) => string.Join(
        " · ", key.Select(member => member.Key is "algorithm" or "environment" ? member.Value : $"{member.Key.Split('.')[^1]} {member.Value}"));

    private static ComparedGroup Describe(
        ComparisonQuery query, string label, IReadOnlyList<(Run Run, IReadOnlyDictionary<string, string> Key)> members,
        IReadOnlyDictionary<Guid, SeedCurve> curves, List<string> warnings, CancellationToken cancellation)
    {
        // The same configuration and seed twice is one piece of evidence, not two.
        var runs = members.Select(member => member.Run).GroupBy(run => (run.ConfigurationHash, run.Seed, run.Source == Run.SourceExternal ? run.Id : default))
            .Select(same => same.OrderByDescending(run => run.StepsDone).ThenByDescending(run => run.CreatedAt).First()).ToList();
        if (runs.Count < members.Count)
            warnings.Add($"{label}: {members.Count - runs.Count} runs repeat a seed of the same configuration and are left out.");
        if (runs.Select(run => run.Environment).Distinct().Count() > 1)
            warnings.Add($"{label}: scores of several environments are pooled; they share no scale.");

        var own = runs.ConvertAll(run => curves[run.Id]);
        var budget = query.Budget ?? (query.X == MetricAxis.Steps && runs.Max(run => run.Steps) is > 0 and var steps ? steps : own.Max(curve => curve.X[^1]));
        var described = runs.Select((run, index) => new ComparedRun(
            run.Id, run.Name, run.Seed, Known(own[index].Final(budget, query.FinalShare)), Known(AreaUnderCurve.Mean(own[index].X, own[index].Y, budget)))).ToList();
        var finals = described.Select(run => run.Final).OfType<double>().ToArray();
        if (finals.Length < runs.Count)
            warnings.Add($"{label}: {runs.Count - finals.Length} of {runs.Count} runs have not reached the last part of the budget and have no final score.");
        if (finals.Length == 1)
            warnings.Add($"{label}: one seed has a final score; no interval can be given.");
        else if (finals.Length is > 1 and < 5)
            warnings.Add($"{label}: {finals.Length} seeds are few; bootstrap intervals of fewer than 5 are too narrow.");

        var table = finals.Length > 1 ? ScoreTable.Of(finals) : null;
        return new ComparedGroup(
            label, members[0].Key, described,
            GroupCurve.Of(own, GroupCurve.RoundGrid(Math.Max(budget, 1), query.Points), query.Curve, cancellation),
            SeedBand.Of(finals),
            table is null ? null : Bootstrap.Bounds(
                BootstrapInterval.Percentile,
                Bootstrap.Replicates(query.Curve.Statistic, table, FinalReplicates, GroupCurve.Seed([finals]), cancellation), 0, 0.95),
            SeedBand.Of([.. described.Select(run => run.Area).OfType<double>()]));
    }

    private static List<ComparedPair> Pairs(List<(ComparedGroup Group, string Environments)> groups, List<string> warnings, CancellationToken cancellation)
    {
        var pairs = new List<(string X, string Y, GroupDifference Difference)>();
        foreach (var rivals in groups.Where(each => each.Group.Final.Count > 0).GroupBy(each => each.Environments, each => each.Group).Select(group => group.ToList()))
        {
            if (rivals.Count > MostPairedGroups)
            {
                warnings.Add($"{rivals.Count} groups on one environment are too many to test every pair; at most {MostPairedGroups} are.");
                continue;
            }
            for (var left = 0; left < rivals.Count; left++)
                for (var right = left + 1; right < rivals.Count; right++)
                    pairs.Add((rivals[left].Label, rivals[right].Label, GroupDifference.Of(Finals(rivals[left]), Finals(rivals[right]), PairReplicates, cancellation)));
        }
        var tested = pairs.Where(pair => pair.Difference.Permutation is not null).ToList();
        var adjusted = MultipleComparisons.Holm([.. tested.Select(pair => pair.Difference.Permutation!.P)]);
        return [.. pairs.Select(pair => new ComparedPair(pair.X, pair.Y, pair.Difference, tested.IndexOf(pair) is >= 0 and var index ? adjusted[index] : null))];
    }

    private static double[] Finals(ComparedGroup group) => [.. group.Runs.Select(run => run.Final).OfType<double>()];

    private static double? Known(double value) => double.IsFinite(value) ? value : null;
}
