using IntrinsicLab.Core.Statistics;

namespace IntrinsicLab.Core.Experiments;

/// <summary>What our runs say about an expectation.</summary>
public enum Verdict
{
    /// <summary>No run has a score yet.</summary>
    NotRun,

    /// <summary>The data there are do not decide it.</summary>
    Undecided,

    /// <summary>The data contradict it.</summary>
    DoesNotHold,

    /// <summary>The data support it.</summary>
    Holds,
}

/// <summary>Scores of one group on one environment.</summary>
/// <param name="Planned">How many seeds the plan has.</param>
/// <param name="Scores">Scores of the completed runs, by seed.</param>
public sealed record GroupScores(int Planned, IReadOnlyList<double> Scores);

/// <summary>What was found about one expectation; null for what too few seeds cannot say.</summary>
/// <param name="Expectation">What was expected, of one environment.</param>
/// <param name="Verdict">What the runs say.</param>
/// <param name="Reason">Why, and what would decide it where nothing does: sentences.</param>
/// <param name="Estimate">Difference of the means, better − worse, in the direction in which more is better; for a bound the group's mean; of a share
/// the share of seeds; of a trend the mean over seeds of the rank correlation; of several environments in how many it holds.</param>
/// <param name="Interval">Its 95 % interval: the wider, at either end, of the percentile bootstrap's and of Student's or Welch's; for a share
/// Wilson's in their place; none over several environments.</param>
/// <param name="Threshold">What the estimate has to lie above; for a bound above or below; for a flat series how near to 0; over several environments
/// in how many it has to hold.</param>
/// <param name="Improvement">Probability that a run of the better group beats one of the other; null for a bound.</param>
/// <param name="ImprovementInterval">Its 95 % bootstrap interval.</param>
/// <param name="P">Two-sided p-value of the permutation test at the threshold; of Student's test for a bound or a trend; of the binomial test for a share.</param>
/// <param name="AdjustedP">After Holm, over the expectations that could be tested.</param>
/// <param name="SmallestP">The smallest p-value, before adjusting, that so few seeds can reach.</param>
/// <param name="Seeds">Scores of the better group, or of the one with a bound.</param>
/// <param name="OtherSeeds">Scores of the worse group; 0 for a bound.</param>
/// <param name="SeedsNeeded">Seeds of each group that would decide it in four of five cases were the true effect the observed one; null where it is
/// decided, or no number up to <see cref="Verdicts.MostSeeds"/> would.</param>
public sealed record ExpectationVerdict(
    Expectation Expectation, Verdict Verdict, string Reason, double? Estimate, Interval? Interval, double Threshold, double? Improvement,
    Interval? ImprovementInterval, double? P, double? AdjustedP, double? SmallestP, int Seeds, int OtherSeeds, int? SeedsNeeded)
{
    /// <summary>Every planned seed has a score.</summary>
    public bool IsComplete { get; init; }

    /// <summary>The same for each environment, where it is of several; empty otherwise.</summary>
    public IReadOnlyList<ExpectationVerdict> Parts { get; init; } = [];

    /// <summary>Of a family that it names, the group that counts here, and why: a sentence; empty where it names none.</summary>
    public string Chosen { get; init; } = "";
}

/// <summary>What was found about a figure.</summary>
/// <param name="Verdict">The worst of its expectations: one that does not hold decides; one that is open leaves all open.</param>
/// <param name="Expectations">Each expectation.</param>
public sealed record FigureVerdict(Verdict Verdict, IReadOnlyList<ExpectationVerdict> Expectations);

/// <summary>
/// How a verdict is reached. An expectation <em>holds</em> when the 95 % interval of the difference lies wholly above the margin and the p-value,
/// adjusted by Holm over the figure's expectations, is below 0.05 wherever that many seeds can get there. It <em>does not hold</em> when the interval
/// lies wholly below the margin. Otherwise it is <em>undecided</em>, as it is before every planned seed has a score: whoever stops at a
/// pleasing moment finds effects that are not there. See docs/reproductions.md.
/// </summary>
public static partial class Verdicts
{
    /// <summary>More seeds than this are not recommended to anybody.</summary>
    public const int MostSeeds = 1000;

    private const double Level = 0.05;
    private const int Replicates = 20_000;

    /// <summary>Judges expectations.</summary>
    /// <param name="expected">What is expected, each of one environment or of several.</param>
    /// <param name="lowerIsBetter">Lower scores are the better ones.</param>
    /// <param name="scores">Scores by group, environment and what is expected of them: a kind of score, or a trend.</param>
    /// <param name="families">Groups of which the best on each environment counts.</param>
    public static FigureVerdict Of(
        IReadOnlyList<Expectation> expected, bool lowerIsBetter, Func<string, string, Expectation, GroupScores> scores, IReadOnlyList<GroupFamily>? families = null)
    {
        var parts = expected.Select(each => each.Environments.Count == 0 ? [each] : each.Environments.Select(each.On).ToList()).ToList();
        var found = parts.SelectMany(each => each).Select(each => Test(
            each, lowerIsBetter, name => Side.Of(name, families ?? [], lowerIsBetter, group => scores(group, each.Environment ?? "", each)))).ToList();
        var tested = found.Where(each => each.P is not null).ToList();
        var adjusted = MultipleComparisons.Holm([.. tested.Select(each => each.P!.Value)]);
        var judged = new Queue<ExpectationVerdict>(found.Select(each => Judge(
            each.P is null ? each : each with { AdjustedP = adjusted[tested.IndexOf(each)] }, tested.Count)));
        var verdicts = new List<ExpectationVerdict>();
        foreach (var (each, part) in expected.Zip(parts))
            verdicts.Add(each.Environments.Count == 0
                ? judged.Dequeue()
                : OverEnvironments(each, [.. part.Select(_ => judged.Dequeue())]));
        return new FigureVerdict(Overall([.. verdicts.Select(each => each.Verdict)]), verdicts);
    }

    /// <summary>The verdict of a figure from those of its expectations.</summary>
    public static Verdict Overall(IReadOnlyCollection<Verdict> verdicts) =>
        verdicts.Contains(Verdict.DoesNotHold) ? Verdict.DoesNotHold
        : verdicts.All(each => each == Verdict.NotRun) ? Verdict.NotRun
        : verdicts.All(each => each == Verdict.Holds) ? Verdict.Holds
        : Verdict.Undecided;

    // Everything but the verdict: NotRun and Undecided with a reason where there is nothing to judge, Undecided without one where there is.
    private static ExpectationVerdict Test(Expectation expectation, bool lowerIsBetter, Func<string, Side> side)
    {
        var x = side(expectation.Better ?? expectation.Group!);
        var y = expectation.Worse is { } worse ? side(worse) : Side.None;
        var sign = lowerIsBetter && expectation.IsComparison ? -1 : 1;
        double[] ours = [.. x.Scores.Select(score => sign * score)], theirs = [.. y.Scores.Select(score => sign * score * (expectation.Ratio ?? 1))];
        var empty = new ExpectationVerdict(
            expectation, Verdict.Undecided, "", null, null, Wanted(expectation), null, null, null, null, null, ours.Length, theirs.Length, null)
        {
            Chosen = string.Join(' ', ((string[])[x.Choice, y.Choice]).Where(choice => choice.Length > 0)),
        };
        if (x.Seen + y.Seen == 0)
            return empty with { Verdict = Verdict.NotRun, Reason = "No run has a score yet." };
        if (ours.Length == 0 || (expectation.IsComparison && theirs.Length == 0))
            return empty with { Reason = $"{(ours.Length == 0 ? expectation.Better ?? expectation.Group : expectation.Worse)} has no score yet." };

        var described = expectation.SeedShare is { } share ? Share(empty, ours, theirs, share)
            : expectation.IsComparison ? Compare(empty, ours, theirs, empty.Threshold)
            : Bound(empty, ours);
        if (x.Seen < x.Planned || y.Seen < y.Planned)
            return described with
            {
                P = null,
                Reason = $"{x.Seen + y.Seen} of {x.Planned + y.Planned} planned seeds have a score. A verdict waits for all of them, so that nobody stops at a pleasing moment.",
            };
        described = described with { IsComplete = true };
        if (ours.Length < 2 || (expectation.IsComparison && theirs.Length < 2))
            return described with { Reason = "One seed does not tell how much seeds differ. With 5 of each group a permutation test can reach p = 0.008." };
        return described with
        {
            SeedsNeeded = expectation.SeedShare is not null
                ? NeededForShare(described.Estimate!.Value, described.Threshold, ours.Length)
                : Needed(ours, theirs, Distance(described.Estimate!.Value, Region(described)), expectation.IsComparison),
        };
    }

    // What the estimate is held against.
    private static double Wanted(Expectation expectation) =>
        expectation.SeedShare ?? (expectation.Trend is { } trend ? trend.Direction == TrendDirection.None ? trend.Within : 0
            : expectation.IsComparison ? expectation.AtLeast : expectation.Above ?? expectation.Below ?? 0);

    // Where the estimate should lie.
    private static Interval Region(ExpectationVerdict found) => found.Expectation switch
    {
        { Trend.Direction: TrendDirection.None } => new(-found.Threshold, found.Threshold),
        { Trend.Direction: TrendDirection.Decreasing } or { SeedShare: null, Below: not null } => new(double.NegativeInfinity, found.Threshold),
        _ => new(found.Threshold, double.PositiveInfinity),
    };

    // From the nearest edge of the region.
    private static double Distance(double estimate, Interval region) => Math.Min(Math.Abs(estimate - region.Low), Math.Abs(estimate - region.High));

    private static ExpectationVerdict Compare(ExpectationVerdict empty, double[] x, double[] y, double threshold)
    {
        var found = GroupDifference.Of(x, y, Replicates);
        // The test asks whether x without the margin could be y.
        var moved = x.Select(score => score - threshold).ToArray();
        var enough = x.Length > 1 && y.Length > 1;
        return empty with
        {
            Estimate = found.Difference.Value,
            Interval = Hull(found.Difference.Interval, found.Welch?.Interval),
            Improvement = found.Improvement.Value,
            ImprovementInterval = found.Improvement.Interval,
            P = enough ? PermutationTest.Of(moved, y, GroupCurve.Seed([x, y]))?.P : null,
            SmallestP = enough ? found.SmallestP : null,
        };
    }

    private static ExpectationVerdict Bound(ExpectationVerdict empty, double[] x)
    {
        var band = SeedBand.Of(x);
        if (x.Length < 2)
            return empty with { Estimate = band.Mean };
        var bootstrap = Bootstrap.Bounds(
            BootstrapInterval.Percentile, Bootstrap.Replicates(Aggregate.Mean, ScoreTable.Of(x), Replicates, GroupCurve.Seed([x])), band.Mean!.Value, 0.95);
        var (mean, error, interval) = (band.Mean.Value, band.StandardError!.Value, Hull(bootstrap, band.StudentInterval)!.Value);
        if (empty.Expectation.Trend is not null)
            interval = new(Math.Max(-1, interval.Low), Math.Min(1, interval.High));
        return empty with
        {
            Estimate = mean,
            Interval = interval,
            P = error > 0 ? PAt(mean, error, x.Length - 1, Region(empty)) : null,
            SmallestP = error > 0 ? 0 : null,
        };
    }

    // Student's test at the edge; of a region between two edges both one-sided tests have to reject (two one-sided tests, Schuirmann 1987).
    private static double PAt(double mean, double error, int degrees, Interval region)
    {
        if (double.IsInfinity(region.Low) || double.IsInfinity(region.High))
            return StudentT.TwoSided((mean - (double.IsInfinity(region.Low) ? region.High : region.Low)) / error, degrees);
        var inside = Math.Min(mean - region.Low, region.High - mean);
        return inside > 0 ? StudentT.TwoSided(inside / error, degrees) : 1;
    }

    private static ExpectationVerdict Judge(ExpectationVerdict found, int tests)
    {
        if (found.Reason.Length > 0 || found.Interval is not { } interval)
            return found with { Reason = With(found.Reason, found) };
        var region = Region(found);
        var supports = interval.Low > region.Low && interval.High < region.High;
        var contradicts = interval.High < region.Low || interval.Low > region.High;
        string Shown(double value) => found.Expectation.SeedShare is null ? Expectation.Shown(value) : Expectation.Percent(value);
        var what = found.Expectation.SeedShare is not null ? "share" : found.Expectation.Trend is not null ? "mean rank correlation"
            : found.Expectation.IsComparison ? "difference" : "mean";
        var bounds = $"The 95 % interval of the {what}, {Shown(interval.Low)} to {Shown(interval.High)}";
        var isBand = double.IsFinite(region.Low) && double.IsFinite(region.High);
        var edge = isBand ? $"{Shown(region.Low)} to {Shown(region.High)}" : Shown(found.Threshold);
        var (inside, outside) = isBand ? ("within", "outside") : double.IsInfinity(region.Low) ? ("below", "above") : ("above", "below");
        if (contradicts)
            return found with { Verdict = Verdict.DoesNotHold, SeedsNeeded = null, Reason = With($"{bounds}, lies {outside} {edge}.", found) };
        var smallest = Math.Min(1, tests * (found.SmallestP ?? 0));
        if (supports && (found.AdjustedP is not { } p || p < Level || smallest >= Level))
        {
            var test = found.AdjustedP is not { } adjusted ? ""
                : adjusted < Level ? $" Adjusted for {tests} test{(tests == 1 ? "" : "s")}, p is {Small(adjusted)}."
                : $" So few seeds need not reach p = 0.05 once adjusted for {tests} test{(tests == 1 ? "" : "s")}, at best {Small(smallest)}: the interval alone decides.";
            return found with { Verdict = Verdict.Holds, SeedsNeeded = null, Reason = With($"{bounds}, lies {inside} {edge}.{test}", found) };
        }
        var open = supports
            ? $"{bounds}, lies {inside} {edge}, but p, adjusted for {tests} tests, is {Small(found.AdjustedP ?? 1)}."
            : $"{bounds}, {(isBand ? $"is not wholly within {edge}, nor outside" : $"reaches across {edge}")}.";
        return found with { Verdict = Verdict.Undecided, Reason = With($"{open} {Advice(found)}", found) };
    }

    private static string With(string reason, ExpectationVerdict found) => found.Chosen.Length > 0 && found.Verdict != Verdict.NotRun ? $"{reason} {found.Chosen}" : reason;

    private static string Advice(ExpectationVerdict found)
    {
        var least = Math.Min(found.Seeds, found.Expectation.IsComparison ? found.OtherSeeds : found.Seeds);
        return found.SeedsNeeded is { } needed
            ? $"Were the true effect the observed one, {needed} seeds of each group ({Math.Max(1, needed - least)} more) would decide in four of five cases."
            : $"The observed effect is so small against the spread that {MostSeeds} seeds would not decide.";
    }

    // Power of 0.8 at a two-sided level of 0.05, for equal groups with the observed variances.
    private static int? Needed(double[] x, double[] y, double effect, bool isComparison)
    {
        var deviations = (X: Aggregates.StandardDeviation(x), Y: isComparison ? Aggregates.StandardDeviation(y) : 0);
        var variance = deviations.X * deviations.X + deviations.Y * deviations.Y;
        for (var seeds = Math.Max(2, Math.Min(x.Length, isComparison ? y.Length : x.Length) + 1); seeds <= MostSeeds; seeds++)
        {
            var degrees = isComparison ? 2 * seeds - 2 : seeds - 1;
            var reach = (StudentT.Quantile(1 - Level / 2, degrees) + StudentT.Quantile(0.8, degrees)) * Math.Sqrt(variance / seeds);
            if (Math.Abs(effect) > reach && (!isComparison || PermutationTest.SmallestP(seeds, seeds) < Level))
                return seeds;
        }
        return null;
    }

    private static string Small(double p) => p < 0.001 ? "below 0.001" : p.ToString("0.###", System.Globalization.CultureInfo.InvariantCulture);

    private static Interval? Hull(Interval? one, Interval? other) =>
        one is { } a && other is { } b ? new Interval(Math.Min(a.Low, b.Low), Math.Max(a.High, b.High)) : one ?? other;
}
