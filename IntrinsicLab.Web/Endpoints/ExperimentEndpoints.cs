using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Nodes;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Data;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace IntrinsicLab.Web.Endpoints;

/// <summary>Experiments: many runs that answer one question.</summary>
public static class ExperimentEndpoints
{
    public static void Map(RouteGroupBuilder group)
    {
        group.MapPost("/experiments", Create).WithName("CreateExperiment").Creates();
        group.MapGet("/experiments", List).WithName("ListExperiments");
        group.MapGet("/experiments/{id:guid}", Get).WithName("GetExperiment");
    }

    /// <summary>Queues every run of a matrix of algorithms, environments, parameter values and seeds, or none.</summary>
    public static async Task<Created<ExperimentResource>> Create(
        Body<NewExperiment> body, RunQueue queue, IDbContextFactory<LabDbContext> contexts, CancellationToken cancellation)
    {
        var experiment = await queue.EnqueueExperiment(body.Value.Plan!, body.Value.Json!, RunEndpoints.Actor, cancellation);
        await using var lab = await contexts.CreateDbContextAsync(cancellation);
        var resource = await Describe(lab, [experiment], cancellation);
        return TypedResults.Created(resource[0].Links.Self, resource[0]);
    }

    /// <summary>Lists experiments, newest first.</summary>
    public static async Task<Ok<Page<ExperimentResource>>> List(
        Query<ExperimentListQuery> query, HttpContext context, IDbContextFactory<LabDbContext> contexts, CancellationToken cancellation)
    {
        var asked = query.Value;
        await using var lab = await contexts.CreateDbContextAsync(cancellation);
        var experiments = lab.Experiments.AsNoTracking();
        foreach (var word in asked.Q.ToLowerInvariant().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
            experiments = experiments.Where(each => each.Name.ToLower().Contains(word) || each.Notes.ToLower().Contains(word));
        int? count = asked.Count ? await experiments.CountAsync(cancellation) : null;
        // Ids rise with time, so they are the order.
        if (Guid.TryParseExact(asked.Cursor, "N", out var after))
            experiments = experiments.Where(each => each.Id.CompareTo(after) < 0);
        var rows = await experiments.OrderByDescending(each => each.Id).Take(asked.Limit + 1).ToListAsync(cancellation);
        var more = rows.Count > asked.Limit;
        var page = await Describe(lab, more ? rows[..asked.Limit] : rows, cancellation);
        return TypedResults.Ok(new Page<ExperimentResource>(page, more ? page[^1].Id.ToString("N") : null, count).Announced(context));
    }

    /// <summary>One experiment with how far its runs are. With 'wait' the answer comes when every run is where 'until' says.</summary>
    public static async Task<Results<Ok<ExperimentResource>, ProblemResult>> Get(
        Guid id, Query<WaitQuery> query, HttpContext context, IDbContextFactory<LabDbContext> contexts, CancellationToken cancellation)
    {
        var until = query.Value.Statuses();
        await Waiting.UntilAsync(query.Value, context, async () =>
        {
            await using var polled = await contexts.CreateDbContextAsync(cancellation);
            return !await polled.Runs.AnyAsync(run => run.ExperimentId == id && run.DeletedAt == null && !until.Contains(run.Status), cancellation);
        });
        await using var lab = await contexts.CreateDbContextAsync(cancellation);
        if (await lab.Experiments.AsNoTracking().SingleOrDefaultAsync(each => each.Id == id, cancellation) is not { } experiment)
            return ProblemResult.NotFound($"There is no experiment {id}.");
        return TypedResults.Ok((await Describe(lab, [experiment], cancellation))[0] with { Plan = JsonNode.Parse(experiment.Plan) as JsonObject });
    }

    private static async Task<List<ExperimentResource>> Describe(LabDbContext lab, IReadOnlyList<Experiment> experiments, CancellationToken cancellation)
    {
        var ids = experiments.Select(each => (Guid?)each.Id).ToList();
        var counts = await lab.Runs.Where(run => ids.Contains(run.ExperimentId) && run.DeletedAt == null)
            .GroupBy(run => new { run.ExperimentId, run.Status })
            .Select(group => new { group.Key, Count = group.Count(), Steps = group.Sum(run => run.Steps), Done = group.Sum(run => run.StepsDone) })
            .ToListAsync(cancellation);
        return [.. experiments.Select(experiment =>
        {
            var own = counts.Where(row => row.Key.ExperimentId == experiment.Id).ToList();
            return new ExperimentResource(experiment.Id, experiment.Name, experiment.Notes, experiment.CreatedAt, own.Sum(row => row.Count),
                own.All(row => row.Key.Status.IsTerminal()), own.ToDictionary(row => Words.Of(row.Key.Status), row => row.Count),
                own.Sum(row => row.Steps), own.Sum(row => row.Done));
        })];
    }
}

/// <summary>An experiment and how far it is.</summary>
/// <param name="Id">UUID version 7.</param>
/// <param name="Name">Name for people.</param>
/// <param name="Notes">Free text.</param>
/// <param name="CreatedAt">When it was queued.</param>
/// <param name="Runs">How many runs it has.</param>
/// <param name="Finished">Every run has ended.</param>
/// <param name="RunsByStatus">How many runs are in which status.</param>
/// <param name="Steps">Environment steps of all its runs together.</param>
/// <param name="StepsDone">How many of them are done.</param>
public sealed record ExperimentResource(
    Guid Id, string Name, string Notes, DateTimeOffset CreatedAt, int Runs, bool Finished, IReadOnlyDictionary<string, int> RunsByStatus, long Steps, long StepsDone)
{
    /// <summary>The plan as it was given; only where one experiment is read.</summary>
    public JsonObject? Plan { get; init; }
    public ExperimentLinks Links => new(Id);
}

/// <summary>Where to go from an experiment.</summary>
/// <param name="id">The experiment.</param>
public sealed class ExperimentLinks(Guid id)
{
    public string Self => $"/api/v1/experiments/{id}";
    public string Page => $"/experiments/{id}";
    public string Runs => $"/api/v1/runs?experiment={id}";
}

/// <summary>Query of the list of experiments.</summary>
public sealed record ExperimentListQuery : ICheckedQuery
{
    /// <summary>Words that all occur in name or notes.</summary>
    public string Q { get; init; } = "";

    /// <summary>Rows per page.</summary>
    [Range(1, 1000)]
    public int Limit { get; init; } = 100;

    /// <summary>Where the page before ended: its 'next'.</summary>
    public string Cursor { get; init; } = "";

    /// <summary>Also say how many experiments match.</summary>
    public bool Count { get; init; }

    public void Check(List<Problem> faults)
    {
        if (Cursor.Length > 0 && !Guid.TryParseExact(Cursor, "N", out _))
            faults.Add(new("/cursor", "This cursor belongs to another list; leave it out to start at the beginning."));
    }
}

/// <summary>Body of POST experiments: algorithms × environments × grid × seeds under one budget.</summary>
public sealed record NewExperiment : IRequestBody<NewExperiment>
{
    public required string Name { get; init; }
    public required IReadOnlyList<string> Algorithms { get; init; }
    public required IReadOnlyList<string> Environments { get; init; }

    /// <summary>A count, or a list of seeds.</summary>
    public required JsonNode Seeds { get; init; }

    /// <summary>Budget of each run in environment steps.</summary>
    public required long Steps { get; init; }
    public string? Device { get; init; }

    /// <summary>By algorithm: hyper-parameters that differ from the defaults.</summary>
    public JsonObject? Parameters { get; init; }

    /// <summary>By environment: parameters that differ from the defaults.</summary>
    public JsonObject? EnvironmentParameters { get; init; }

    /// <summary>By 'algorithm.parameter': the values to try.</summary>
    public JsonObject? Grid { get; init; }
    public int? Priority { get; init; }
    public IReadOnlyList<string>? Tags { get; init; }
    public string? Notes { get; init; }

    internal ExperimentPlan? Plan { get; private init; }
    internal string? Json { get; private init; }

    public static NewExperiment? Read(JsonElement json, List<Problem> problems) => new()
    {
        Name = "",
        Algorithms = [],
        Environments = [],
        Seeds = 0,
        Steps = 0,
        Plan = ExperimentPlan.Read(json, problems),
        Json = json.GetRawText(),
    };
}
