using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Nodes;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Core.Search;
using IntrinsicLab.Core.Statistics;
using IntrinsicLab.Data;

namespace IntrinsicLab.Web.Endpoints;

/// <summary>A sweep: a search whose trials are configurations and whose runs are their seeds.</summary>
/// <param name="Id">UUID version 7; also the id of its experiment.</param>
/// <param name="Name">Name for people.</param>
/// <param name="Notes">Free text.</param>
/// <param name="CreatedAt">When it was started.</param>
/// <param name="Status">active, paused, cancelled, finished or failed.</param>
/// <param name="Message">Why it failed; null otherwise.</param>
/// <param name="Algorithm">Id of the algorithm.</param>
/// <param name="Environment">Id of the environment.</param>
/// <param name="Method">grid, random, tpe or asha.</param>
/// <param name="Metric">Metric whose last part is a run's score.</param>
/// <param name="Goal">maximise or minimise.</param>
/// <param name="Aggregate">mean, median, iqm or worst: one number for a trial's seeds.</param>
/// <param name="Steps">Full budget of a run in environment steps.</param>
/// <param name="Rungs">Steps at which trials are compared; the last is the full budget.</param>
/// <param name="Seeds">Seeds of every trial.</param>
/// <param name="Trials">Trials planned, at most.</param>
/// <param name="TrialsStarted">Trials started.</param>
/// <param name="TrialsByStanding">How many trials stand where: under-way, waits, dropped, finished, failed.</param>
/// <param name="Racing">The best configurations get further seeds.</param>
/// <param name="Runs">Runs so far.</param>
/// <param name="StepsDone">Environment steps done.</param>
/// <param name="StepsExpected">Environment steps to be expected, races apart.</param>
/// <param name="StepsMost">Environment steps if every trial went on to the end.</param>
/// <param name="Best">The best trial so far; null before the first result.</param>
public sealed record SweepResource(
    Guid Id, string Name, string Notes, DateTimeOffset CreatedAt, string Status, string? Message, string Algorithm, string Environment, string Method,
    string Metric, string Goal, string Aggregate, long Steps, IReadOnlyList<long> Rungs, IReadOnlyList<int> Seeds, int Trials, int TrialsStarted,
    IReadOnlyDictionary<string, int> TrialsByStanding, bool Racing, int Runs, long StepsDone, long StepsExpected, long StepsMost, TrialResource? Best)
{
    /// <summary>The parameters that the search varies; only where one sweep is read.</summary>
    public IReadOnlyList<DimensionResource>? Parameters { get; init; }

    /// <summary>Every trial; only where one sweep is read.</summary>
    public IReadOnlyList<TrialResource>? TrialTable { get; init; }

    /// <summary>What each parameter explains by itself; only where one sweep is read.</summary>
    public ImportanceResource? Importance { get; init; }

    /// <summary>The plan with nothing left to default; only where one sweep is read.</summary>
    public JsonObject? Plan { get; init; }
    public SweepLinks Links => new(Id);

    internal static SweepResource Of(SweepView view, bool whole)
    {
        var (plan, settings, state) = (view.Plan, view.Plan.Search.Settings, view.State);
        var (expected, most) = plan.Search.Cost();
        var resource = new SweepResource(
            view.Experiment.Id, view.Experiment.Name, view.Experiment.Notes, view.Experiment.CreatedAt, Words.Of(view.Experiment.SweepStatus!.Value),
            view.Experiment.SweepMessage, plan.Start.Algorithm, plan.Start.Environment, Words.Of(settings.Method), plan.Metric, Words.Of(settings.Goal),
            Words.Of(settings.Aggregate), plan.Search.Steps, plan.Search.Rungs, plan.Search.Seeds, settings.Trials, state.Trials.Count,
            state.Trials.GroupBy(trial => trial.Standing).ToDictionary(group => Words.Of(group.Key), group => group.Count()), state.Racing, view.Runs.Count,
            view.Runs.Values.Sum(run => run.StepsDone), expected, most, view.Best is { } best ? TrialResource.Of(view, best) : null);
        return !whole ? resource : resource with
        {
            Parameters = [.. plan.Search.Space.Dimensions.Select(dimension => new DimensionResource(
                dimension.Name, Words.Of(dimension.Scale), dimension.Scale == DimensionScale.Values ? null : dimension.Low,
                dimension.Scale == DimensionScale.Values ? null : dimension.High,
                dimension.Scale == DimensionScale.Values ? [.. dimension.All.Select(dimension.ToJson)] : null))],
            TrialTable = [.. state.Trials.Select(trial => TrialResource.Of(view, trial))],
            Importance = ImportanceResource.Of(view),
            Plan = JsonNode.Parse(view.Experiment.Plan) as JsonObject,
        };
    }
}

/// <summary>Where to go from a sweep.</summary>
/// <param name="id">The sweep.</param>
public sealed class SweepLinks(Guid id)
{
    public string Self => $"/api/v1/sweeps/{id}";
    public string Page => $"/sweeps/{id}";
    public string Experiment => $"/api/v1/experiments/{id}";
    public string Runs => $"/api/v1/runs?experiment={id}";
}

/// <summary>A parameter that a search varies.</summary>
/// <param name="Name">The parameter; those of the environment begin with 'environment.'.</param>
/// <param name="Scale">linear, log or values.</param>
/// <param name="Low">Smallest value; null for a list.</param>
/// <param name="High">Largest value; null for a list.</param>
/// <param name="Values">The list; null for a range.</param>
public sealed record DimensionResource(string Name, string Scale, double? Low, double? High, IReadOnlyList<JsonNode>? Values);

/// <summary>One configuration with its seeds.</summary>
/// <param name="Number">From 0, in the order of the search.</param>
/// <param name="Default">It is the configuration that everything starts from.</param>
/// <param name="Parameters">Values of the parameters that the search varies.</param>
/// <param name="Rung">The rung it was sent to, from 1.</param>
/// <param name="Standing">under-way, waits, dropped, finished or failed.</param>
/// <param name="Reason">Why it was dropped or failed.</param>
/// <param name="Steps">Environment steps of the last result; null before the first.</param>
/// <param name="Score">Aggregate over the seeds at those steps; null without a result.</param>
/// <param name="Interval">95 % interval: Student's of a mean, bootstrap of median and interquartile mean; null where there is none.</param>
/// <param name="Seeds">Its runs.</param>
/// <param name="Rungs">Results by rung.</param>
/// <param name="Fresh">What the seeds say that were added later and decided nothing; null without any.</param>
public sealed record TrialResource(
    int Number, bool Default, JsonObject Parameters, int Rung, string Standing, string? Reason, long? Steps, double? Score, Bounds? Interval,
    IReadOnlyList<TrialSeed> Seeds, IReadOnlyList<TrialRung> Rungs, FreshEvidence? Fresh)
{
    internal static TrialResource Of(SweepView view, SweepTrial trial)
    {
        var dimensions = view.Plan.Search.Space.Dimensions;
        var evidence = view.Evidence(trial);
        var fresh = view.Fresh(trial);
        var added = view.Added(trial).ToList();
        return new(
            trial.Number, trial.Number == 0 && view.Plan.Search.Settings is { DefaultFirst: true, Method: not SearchMethod.Grid },
            new JsonObject(dimensions.Select((dimension, index) => KeyValuePair.Create(dimension.Name, (JsonNode?)trial.Values[index].DeepClone()))),
            trial.Rung + 1, Words.Of(trial.Standing), trial.Reason, trial.Last?.Steps, evidence.Score, Bounds.Of(evidence.Interval),
            [.. view.Runs.Values.Where(run => run.Trial == trial.Number).OrderBy(run => run.Seed).Select(run => new TrialSeed(
                run.Seed, run.Id, Words.Of(run.Status), run.StepsDone,
                trial.Last?.Seeds.FirstOrDefault(seed => seed.Seed == run.Seed)?.Score ?? view.Scores.GetValueOrDefault((run.Id, view.Plan.Search.Steps)),
                added.Contains(run)))],
            [.. trial.Results.Select(result => new TrialRung(result.Rung + 1, result.Steps, result.Score))],
            added.Count == 0 ? null : new FreshEvidence(added.Count, fresh.Seeds, fresh.Score, Bounds.Of(fresh.Interval)));
    }
}

/// <summary>One run of a trial.</summary>
/// <param name="Seed">Its seed.</param>
/// <param name="Run">Its id.</param>
/// <param name="Status">The run's status.</param>
/// <param name="StepsDone">Environment steps done.</param>
/// <param name="Score">Its score where the trial's is taken; null before it got there.</param>
/// <param name="Added">It was added later and decides nothing.</param>
public sealed record TrialSeed(int Seed, Guid Run, string Status, long StepsDone, double? Score, bool Added);

/// <summary>A trial's result on one rung.</summary>
/// <param name="Rung">From 1.</param>
/// <param name="Steps">Environment steps.</param>
/// <param name="Score">Aggregate over the seeds; null where one failed.</param>
public sealed record TrialRung(int Rung, long Steps, double? Score);

/// <summary>What seeds say that were added after the choice.</summary>
/// <param name="Runs">Seeds added.</param>
/// <param name="Seeds">Seeds of them that are complete.</param>
/// <param name="Score">Their aggregate.</param>
/// <param name="Interval">Its 95 % interval.</param>
public sealed record FreshEvidence(int Runs, int Seeds, double? Score, Bounds? Interval);

/// <summary>Bounds of an interval.</summary>
/// <param name="Low">Lower bound.</param>
/// <param name="High">Upper bound.</param>
public sealed record Bounds(double Low, double High)
{
    internal static Bounds? Of(Interval? interval) => interval is { } bounds ? new(bounds.Low, bounds.High) : null;
}

/// <summary>What each parameter explains by itself.</summary>
/// <param name="Steps">Environment steps at which the trials are compared: the lowest rung, which all have finished.</param>
/// <param name="Parameters">By parameter.</param>
public sealed record ImportanceResource(long Steps, IReadOnlyList<ParameterImportance> Parameters)
{
    internal static ImportanceResource Of(SweepView view) => new(view.Plan.Search.Rungs[0], ParameterImportance.Of(
        view.Plan.Search.Space.Dimensions,
        [.. view.State.Trials.Where(trial => trial.Results is [{ Score: not null }, ..]).Select(trial => (trial.Coordinates, trial.Results[0].Score!.Value))]));
}

/// <summary>Query of the list of sweeps.</summary>
public sealed record SweepListQuery : ICheckedQuery
{
    /// <summary>Words that all occur in name or notes.</summary>
    public string Q { get; init; } = "";

    /// <summary>Rows per page.</summary>
    [Range(1, 100)]
    public int Limit { get; init; } = 20;

    /// <summary>Where the page before ended: its 'next'.</summary>
    public string Cursor { get; init; } = "";

    public void Check(List<Problem> faults)
    {
        if (Cursor.Length > 0 && !Guid.TryParseExact(Cursor, "N", out _))
            faults.Add(new("/cursor", "This cursor belongs to another list; leave it out to start at the beginning."));
    }
}

/// <summary>Query of one sweep.</summary>
public sealed record SweepQuery : ICheckedQuery
{
    /// <summary>Seconds to wait at most until the sweep has ended or is paused; 'Prefer: wait=60' does the same.</summary>
    [Range(0, 600)]
    public int Wait { get; init; }

    public void Check(List<Problem> faults)
    {
    }
}

/// <summary>Body of POST sweeps.</summary>
public sealed record NewSweep : IRequestBody<NewSweep>
{
    public required string Name { get; init; }

    /// <summary>Id of the algorithm.</summary>
    public required string Algorithm { get; init; }

    /// <summary>Id of the environment.</summary>
    public required string Environment { get; init; }

    /// <summary>A count, or a list of seeds, of every trial.</summary>
    public required JsonNode Seeds { get; init; }

    /// <summary>Full budget of a run in environment steps.</summary>
    public required long Steps { get; init; }

    /// <summary>
    /// How to search, and where: {method: grid | random | tpe | asha, space: {parameter: {low, high, scale, whole, count} or {values}}, trials, seed, parallel,
    /// metric, goal, finalShare, aggregate, reduction, firstRung, defaultFirst, racing: {most, rivals}}.
    /// </summary>
    public required JsonObject Search { get; init; }
    public string? Device { get; init; }

    /// <summary>Hyper-parameters that differ from the defaults in every trial.</summary>
    public JsonObject? Parameters { get; init; }

    /// <summary>Parameters of the environment that differ from the defaults in every trial.</summary>
    public JsonObject? EnvironmentParameters { get; init; }

    /// <summary>When policies are tried out and recorded, as in POST runs.</summary>
    public JsonObject? Evaluation { get; init; }
    public int? Priority { get; init; }
    public IReadOnlyList<string>? Tags { get; init; }
    public string? Notes { get; init; }

    internal SweepPlan? Plan { get; private init; }

    public static bool NamesRules => true;

    public static NewSweep? Read(JsonElement json, List<Problem> problems) => Read(json, problems, null);

    public static NewSweep? Read(JsonElement json, List<Problem> problems, IReadOnlyCollection<string>? rules) => new()
    {
        Name = "",
        Algorithm = "",
        Environment = "",
        Seeds = 0,
        Steps = 0,
        Search = [],
        Plan = SweepPlan.Read(json, problems, rules),
    };
}

/// <summary>Body of POST sweeps/{id}/best-seeds.</summary>
public sealed record MoreSeeds : IRequestBody<MoreSeeds>
{
    private const int Most = 100;

    /// <summary>Seeds to add, 10 when left out.</summary>
    public int? Count { get; init; }

    public static bool Optional => true;

    public static MoreSeeds? Read(JsonElement json, List<Problem> problems)
    {
        var members = Members.Of(json, "", problems);
        var read = new MoreSeeds { Count = (int)(members.Whole("count", 1, Most) ?? 10) };
        members.RefuseOthers("member", ["count"]);
        return read;
    }
}
