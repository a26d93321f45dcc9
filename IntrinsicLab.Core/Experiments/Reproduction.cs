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

    /// <summary>Mean of its curve over the first fifth of the budget.</summary>
    Early,
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
/// groupBy[], panels, kind, smoothing, lowerIsBetter, label}, score, families{name:{bestOf[]}}, expected[{better, worse, atLeast or ratio} or {group, above or
/// below}, each with environment, score, seedShare; or {group, series, trend, fromStep, toStep, within}], measured, minutes{full, reduced}, deviations }</code>
/// The member <c>reduced</c> may be absent: then there is no reduced form. Beside members of the plan it may have <c>expected</c> and <c>deviations</c> of its own.
/// The claim is kept apart from what is expected of our runs, and that from what was observed: see <see cref="Verdict"/>.
/// </summary>
public sealed partial record Reproduction
{
    /// <summary>Name of the plan's member.</summary>
    public const string Member = "reproduction";

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

    /// <summary>What was seen elsewhere before this lab ran it, beside what the paper says and what is expected; empty where nothing is known.</summary>
    public string Measured { get; init; } = "";

    /// <summary>How the figure is drawn and its runs are grouped.</summary>
    public required FigureSettings Settings { get; init; }

    /// <summary>In what the reduced experiment differs besides; empty where the plan says nothing.</summary>
    public string ReducedDeviations { get; init; } = "";

    /// <summary>What is expected of the runs, as written; <see cref="Expectations"/> spells it out by environment.</summary>
    public required IReadOnlyList<Expectation> Expected { get; init; }

    /// <summary>What is expected of the reduced experiment's runs, as written: the same unless the plan says otherwise.</summary>
    public required IReadOnlyList<Expectation> ReducedExpected { get; init; }

    /// <summary>Groups of which the best on each environment counts.</summary>
    public IReadOnlyList<GroupFamily> Families { get; init; } = [];

    /// <summary>Minutes the full experiment took on two cores, for those without a history of their own.</summary>
    public required double FullMinutes { get; init; }

    /// <summary>Minutes the reduced experiment took on two cores; 0 where there is none.</summary>
    public required double ReducedMinutes { get; init; }

    /// <summary>The full experiment.</summary>
    public required ExperimentPlan Full { get; init; }

    /// <summary>The reduced experiment; null where there is none.</summary>
    public ExperimentPlan? Reduced { get; init; }

    /// <summary>Runs of the full experiment, with the groups they belong to.</summary>
    public required IReadOnlyList<PlannedRun> FullRuns { get; init; }

    /// <summary>Runs of the reduced experiment; none where there is no such experiment.</summary>
    public required IReadOnlyList<PlannedRun> ReducedRuns { get; init; }

    /// <summary>JSON of the full experiment's plan, without the member that made it a reproduction.</summary>
    public required string FullJson { get; init; }

    /// <summary>JSON of the reduced experiment's plan; empty where there is none.</summary>
    public required string ReducedJson { get; init; }

    /// <summary>The scales there are.</summary>
    public IReadOnlyList<ReproductionScale> Scales => Reduced is null ? [ReproductionScale.Full] : [ReproductionScale.Full, ReproductionScale.Reduced];

    /// <summary>The experiment at one of its <see cref="Scales"/>.</summary>
    public ExperimentPlan Plan(ReproductionScale scale) => scale == ReproductionScale.Full ? Full
        : Reduced ?? throw new InvalidOperationException($"{Id} has no reduced form.");

    /// <summary>In what the experiment at a scale differs from the paper's.</summary>
    public string DeviationsAt(ReproductionScale scale) =>
        scale == ReproductionScale.Reduced && ReducedDeviations.Length > 0 ? $"{Deviations} {ReducedDeviations}".Trim() : Deviations;

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

    /// <summary>What is expected at a scale, once for each environment in which the groups it names are run, or with the environments it counts.</summary>
    public IReadOnlyList<Expectation> Expectations(ReproductionScale scale) =>
        Resolve(scale == ReproductionScale.Full ? Expected : ReducedExpected, Groups(Runs(scale)), Families);
}
