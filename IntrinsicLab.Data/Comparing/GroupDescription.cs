using IntrinsicLab.Core.Statistics;

namespace IntrinsicLab.Data;

/// <summary>What the runs of one group say, from their curves and the settings alone.</summary>
internal static class GroupDescription
{
    private const int ProfileReplicates = 2000;
    private const double EarlyShare = 0.2;

    private static readonly Aggregate[] Every = [Aggregate.Mean, Aggregate.Median, Aggregate.Iqm, Aggregate.OptimalityGap];

    /// <summary>Describes a group.</summary>
    public static Described Of(
        ComparisonQuery query, MemberGroup group, IReadOnlyDictionary<Guid, SeedCurve> curves, IReadOnlyList<ScoreScale> scales, CancellationToken cancellation)
    {
        var warnings = new List<string>();
        var members = Once(group.Members);
        if (members.Count < group.Members.Count)
            warnings.Add($"{group.Members.Count - members.Count} runs repeat a seed of the same configuration and are left out.");
        var tasks = members.GroupBy(member => member.Task).Select(task => new TaskRuns(query, task.Key, [.. task], curves, scales)).ToList();
        var several = tasks.Count > 1;
        if (several && scales.Count == 0)
            warnings.Add("scores of several environments are pooled; they share no scale.");

        // Raw scores of several environments are one heap; normalised ones are a table of runs by environments.
        List<TaskRuns> strata = several && scales.Count == 0 ? [new TaskRuns(query, "", members, curves, [])] : tasks;
        var runs = strata.SelectMany(task => task.Runs).ToList();
        var missing = runs.Count(run => run.Final is null);
        if (missing > 0)
            warnings.Add($"{missing} of {runs.Count} runs have not reached the last part of the budget and have no final score.");
        var fewest = strata.Min(task => task.Finals.Length);
        var where = several && strata.Count > 1 ? $" on {strata.First(task => task.Finals.Length == fewest).Name}" : "";
        if (fewest == 1)
            warnings.Add($"one seed has a final score{where}; no interval can be given.");
        else if (fewest is > 1 and < 5)
            warnings.Add($"{fewest} seeds are few{where}; bootstrap intervals of fewer than 5 are too narrow.");
        if (fewest == 0 && strata.Count > 1)
            warnings.Add($"no run has a final score{where}; the group is described without it only where all its environments have one.");

        var finals = Table(strata.Select(task => task.Finals));
        var areas = Table(strata.Select(task => task.Areas));
        var budget = strata.Min(task => task.Budget);
        if (strata.Max(task => task.Budget) > budget)
            warnings.Add($"budgets differ between environments; the curve over all of them ends at the smallest, {budget:0.##}.");
        var statistic = query.Curve.Statistic;
        var aggregates = scales.Count == 0 || finals is null ? []
            : Every.Select(aggregate => new ComparedAggregate(aggregate, Aggregates.Of(aggregate, finals), Interval(aggregate, finals, cancellation))).ToList();
        return new Described(
            new ComparedGroup(
                "", group.Key, runs,
                GroupCurve.OfTasks([.. strata.Select(task => task.Curves)], GroupCurve.RoundGrid(Math.Max(budget, 1), query.Points), query.Curve, cancellation),
                Band(strata, task => task.Finals, finals),
                finals is null ? null : aggregates.Find(each => each.Aggregate == statistic)?.Interval ?? Interval(statistic, finals, cancellation),
                Band(strata, task => task.Areas, areas))
            {
                Environments = [.. tasks.Select(task => task.Name)],
                FinalStatistic = finals is null ? null : Aggregates.Of(statistic, finals),
                AreaStatistic = areas is null ? null : Aggregates.Of(statistic, areas),
                AreaInterval = areas is null ? null : Interval(statistic, areas, cancellation, Comparisons.AreaReplicates),
                Profile = finals is null ? null : ScoreProfile.Of(finals, ProfileReplicates, Seed(finals), 0.95, cancellation),
                Aggregates = aggregates,
                Reaching = query.Threshold is { } threshold ? Reaching.Of(threshold, [.. runs.Select(run => run.ReachedAt)]) : null,
                Success = Rate([.. runs.Select(run => run.RawFinal).OfType<double>()]),
                Tasks = !several ? [] : [.. tasks.Select(task => Alone(query, task, curves, cancellation))],
            },
            finals, warnings);
    }

    /// <summary>Final scores, as measured, of runs on one environment.</summary>
    public static IReadOnlyList<double> Finals(ComparisonQuery query, IReadOnlyList<Member> members, IReadOnlyDictionary<Guid, SeedCurve> curves) =>
        new TaskRuns(query, "", Once(members), curves, []).Finals;

    // The same configuration and seed twice is one piece of evidence, not two.
    private static List<Member> Once(IReadOnlyList<Member> members) =>
        [.. members.GroupBy(member => (member.Run.ConfigurationHash, member.Run.Seed, member.Run.Source == Run.SourceExternal ? member.Run.Id : default))
            .Select(same => same.OrderByDescending(member => member.Run.StepsDone).ThenByDescending(member => member.Run.CreatedAt).First())];

    private static ComparedTask Alone(ComparisonQuery query, TaskRuns task, IReadOnlyDictionary<Guid, SeedCurve> curves, CancellationToken cancellation)
    {
        var raw = new TaskRuns(query, task.Name, task.Members, curves, []);
        var finals = raw.Finals.Length > 0 ? ScoreTable.Of(raw.Finals) : null;
        return new ComparedTask(
            task.Name, GroupCurve.Of(raw.Curves, GroupCurve.RoundGrid(Math.Max(raw.Budget, 1), query.Points), query.Curve, cancellation), SeedBand.Of(raw.Finals),
            finals is null ? null : Aggregates.Of(query.Curve.Statistic, finals), finals is null ? null : Interval(query.Curve.Statistic, finals, cancellation));
    }

    private static ScoreTable? Table(IEnumerable<double[]> tasks) => tasks.ToList() is var scores && scores.TrueForAll(task => task.Length > 0) ? new ScoreTable(scores) : null;

    private static Interval? Interval(Aggregate aggregate, ScoreTable scores, CancellationToken cancellation, int replicates = Comparisons.FinalReplicates)
    {
        for (var task = 0; task < scores.Tasks; task++)
            if (scores[task].Length < 2)
                return null;
        return Bootstrap.Bounds(
            BootstrapInterval.Percentile, Bootstrap.Replicates(aggregate, scores, replicates, Seed(scores), cancellation), 0, 0.95);
    }

    private static ulong Seed(ScoreTable scores)
    {
        var flat = new double[scores.Count];
        scores.CopyTo(flat);
        return GroupCurve.Seed([flat]);
    }

    // Over several environments the mean is that of their means, and so on; the extremes are those of all runs.
    private static SeedBand Band(List<TaskRuns> strata, Func<TaskRuns, double[]> scores, ScoreTable? table)
    {
        var all = SeedBand.Of([.. strata.SelectMany(scores)]);
        if (table is null || table.Tasks == 1)
            return table is null && strata.Count > 1 ? new SeedBand { Count = all.Count } : all;
        var mean = StratifiedMean.Of(table);
        return all with
        {
            Mean = mean.Mean,
            StandardError = mean.StandardError,
            StudentInterval = mean.Interval,
            Median = Aggregates.Of(Aggregate.Median, table),
        };
    }

    private static ComparedRate? Rate(double[] finals) => finals.Length > 0 && Array.TrueForAll(finals, final => final is 0 or 1)
        ? new ComparedRate(finals.Count(final => final == 1), finals.Length, SuccessRate.Wilson(finals.Count(final => final == 1), finals.Length))
        : null;

    // Runs on one environment, on the scale that is used.
    private sealed class TaskRuns
    {
        public TaskRuns(
            ComparisonQuery query, string name, IReadOnlyList<Member> members, IReadOnlyDictionary<Guid, SeedCurve> curves, IReadOnlyList<ScoreScale> scales)
        {
            (Name, Members) = (name, [.. members.Where(member => curves.ContainsKey(member.Run.Id))]);
            var scale = scales.FirstOrDefault(each => each.Environment == name);
            Curves = [.. Members.Select(member => scale is null ? curves[member.Run.Id] : curves[member.Run.Id].Between(scale.Floor, scale.Ceiling))];
            Budget = query.Budget ?? (query.X == MetricAxis.Steps && members.Max(member => member.Run.Steps) is > 0 and var steps
                ? steps
                : Curves.Select(curve => curve.X[^1]).DefaultIfEmpty(1).Max());
            Runs = [.. Members.Select((member, index) => new ComparedRun(
                member.Run.Id, member.Run.Name, member.Run.Seed, Known(Curves[index].Final(Budget, query.FinalShare)),
                Known(AreaUnderCurve.Mean(Curves[index].X, Curves[index].Y, Budget)))
            {
                Environment = member.Task,
                Early = Known(AreaUnderCurve.Mean(Curves[index].X, Curves[index].Y, EarlyShare * Budget)),
                RawFinal = Known(curves[member.Run.Id].Final(Budget, query.FinalShare)),
                ReachedAt = query.Threshold is { } threshold
                    ? Reaching.First(Curves[index] with { Y = Curves[index].Smoothed(query.Curve.Smoothing) }, threshold) is { } place && place <= Budget ? place : null
                    : null,
            })];
            Finals = [.. Runs.Select(run => run.Final).OfType<double>()];
            Areas = [.. Runs.Select(run => run.Area).OfType<double>()];
        }

        public string Name { get; }

        public IReadOnlyList<Member> Members { get; }

        public IReadOnlyList<SeedCurve> Curves { get; }

        public double Budget { get; }

        public IReadOnlyList<ComparedRun> Runs { get; }

        public double[] Finals { get; }

        public double[] Areas { get; }

        private static double? Known(double value) => double.IsFinite(value) ? value : null;
    }
}
