using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Linq.Expressions;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Data;
using Microsoft.EntityFrameworkCore;

namespace IntrinsicLab.Web.Endpoints;

/// <summary>The list of runs: filters, sorts and pages that neither skip nor repeat a row while runs arrive.</summary>
public static class RunListEndpoint
{
    private static readonly Dictionary<string, IRunSort> Sorts = new()
    {
        ["created"] = Times(run => run.CreatedAt),
        ["updated"] = Times(run => run.UpdatedAt),
        ["name"] = new RunSort<string>(run => run.Name, text => text, text => text),
        ["algorithm"] = new RunSort<string>(run => run.Algorithm, text => text, text => text),
        ["environment"] = new RunSort<string>(run => run.Environment, text => text, text => text),
        ["steps"] = Whole(run => run.Steps),
        ["done"] = Whole(run => run.StepsDone),
        ["seed"] = Whole(run => run.Seed),
        ["return"] = Real(run => run.LastReturn ?? double.MinValue),
        ["best"] = Real(run => run.BestReturn ?? double.MinValue),
        ["speed"] = Real(run => run.StepsPerSecond ?? -1),
        ["seconds"] = Real(run => run.ActiveSeconds),
    };

    public static void Map(RouteGroupBuilder group) => group.MapGet("/runs", List).WithName("ListRuns");

    /// <summary>Lists runs, newest first unless sorted otherwise. Rows that arrive while you page neither shift nor repeat others.</summary>
    private static async Task<IResult> List(
        Query<RunListQuery> query, HttpContext context, IDbContextFactory<LabDbContext> contexts, CancellationToken cancellation)
    {
        var asked = query.Value;
        var faults = new List<Problem>();
        var sortName = asked.Sort.TrimStart('-');
        if (!Sorts.TryGetValue(sortName, out var sort))
            faults.Add(new("/sort", Problem.Unknown("sort", sortName, Sorts.Keys)));
        var after = asked.Cursor.Length == 0 ? null : Cursor.Read(asked.Cursor);
        if (asked.Cursor.Length > 0 && (after is null || after.Sort != asked.Sort || sort?.Accepts(after) == false))
            faults.Add(new("/cursor", "This cursor belongs to another list; leave it out to start at the beginning."));
        await using var lab = await contexts.CreateDbContextAsync(cancellation);
        var runs = RunFilter.Apply(lab.Runs.AsNoTracking(), asked, faults);
        if (faults.Count > 0)
            return ProblemResult.Invalid(faults);

        int? count = asked.Count ? await runs.CountAsync(cancellation) : null;
        var rows = await sort!.Order(runs.Select(RunSummary.Of), asked.Sort.StartsWith('-'), after).Take(asked.Limit + 1).ToListAsync(cancellation);
        var next = rows.Count > asked.Limit ? sort.After(asked.Sort, rows[asked.Limit - 1]).Write() : null;
        return TypedResults.Ok(new Page<RunSummary>(rows.Count > asked.Limit ? rows[..asked.Limit] : rows, next, count).Announced(context));
    }

    private static RunSort<DateTimeOffset> Times(Expression<Func<RunSummary, DateTimeOffset>> key) =>
        new(key, text => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture), time => time.ToString("O", CultureInfo.InvariantCulture));

    private static RunSort<long> Whole(Expression<Func<RunSummary, long>> key) =>
        new(key, text => long.Parse(text, CultureInfo.InvariantCulture), number => number.ToString(CultureInfo.InvariantCulture));

    private static RunSort<double> Real(Expression<Func<RunSummary, double>> key) =>
        new(key, text => double.Parse(text, CultureInfo.InvariantCulture), number => number.ToString("R", CultureInfo.InvariantCulture));
}

/// <summary>Query of the list of runs.</summary>
public sealed record RunListQuery
{
    /// <summary>Runs of this experiment.</summary>
    public string Experiment { get; init; } = "";

    /// <summary>Algorithm id; several with commas.</summary>
    public string Algorithm { get; init; } = "";

    /// <summary>Environment id; several with commas.</summary>
    public string Environment { get; init; } = "";

    /// <summary>Status; several with commas. <c>active</c> and <c>terminal</c> stand for the statuses before and after the end.</summary>
    public string Status { get; init; } = "";

    /// <summary>Runs that carry this tag.</summary>
    public string Tag { get; init; } = "";

    /// <summary>lab or external.</summary>
    public string Source { get; init; } = "";

    /// <summary>Seeds of one configuration.</summary>
    public string Configuration { get; init; } = "";

    /// <summary>Words that all occur in name, algorithm, environment, tags or notes.</summary>
    public string Q { get; init; } = "";

    /// <summary>Only baselines.</summary>
    public bool Baseline { get; init; }

    /// <summary>created, updated, name, algorithm, environment, steps, done, seed, return, best, speed or seconds; - before it for descending.</summary>
    public string Sort { get; init; } = "-created";

    /// <summary>Rows per page.</summary>
    [Range(1, 1000)]
    public int Limit { get; init; } = 100;

    /// <summary>Where the page before ended: its 'next'.</summary>
    public string Cursor { get; init; } = "";

    /// <summary>Also say how many runs match.</summary>
    public bool Count { get; init; }
}
