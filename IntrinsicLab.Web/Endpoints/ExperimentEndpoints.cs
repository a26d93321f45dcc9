using System.Text.Json.Nodes;
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
            return !await polled.Runs.AnyAsync(
                run => run.ExperimentId == id && run.DeletedAt == null && !until.Contains(run.Status), cancellation);
        });
        await using var lab = await contexts.CreateDbContextAsync(cancellation);
        if (await lab.Experiments.AsNoTracking().SingleOrDefaultAsync(each => each.Id == id, cancellation) is not { } experiment)
            return ProblemResult.NotFound($"There is no experiment {id}.");
        var described = (await Describe(lab, [experiment], cancellation))[0];
        return TypedResults.Ok(described with { Plan = JsonNode.Parse(experiment.Plan) as JsonObject });
    }

    private static async Task<List<ExperimentResource>> Describe(
        LabDbContext lab, IReadOnlyList<Experiment> experiments, CancellationToken cancellation)
    {
        var ids = experiments.Select(each => (Guid?)each.Id).ToList();
        var counts = await lab.Runs.Where(run => ids.Contains(run.ExperimentId) && run.DeletedAt == null)
            .GroupBy(run => new { run.ExperimentId, run.Status })
            .Select(group =>
                new { group.Key, Count = group.Count(), Steps = group.Sum(run => run.Steps), Done = group.Sum(run => run.StepsDone) })
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
