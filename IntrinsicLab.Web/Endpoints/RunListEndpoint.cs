using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Data;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntrinsicLab.Web.Endpoints;

/// <summary>The list of runs.</summary>
public static class RunListEndpoint
{
    public static void Map(RouteGroupBuilder group) => group.MapGet("/runs", List).WithName("ListRuns");

    /// <summary>
    /// Lists runs, newest first unless sorted otherwise. Rows that arrive while you page neither shift nor repeat others.
    /// </summary>
    public static async Task<Ok<Page<RunRow>>> List(
        Query<RunListQuery> query, HttpContext context, RunQueries runs, CancellationToken cancellation)
    {
        var asked = query.Value;
        var filter = asked.Filter([]);
        var sort = RunSort.Parse(asked.Sort)!.Value;
        var page = await runs.List(filter, sort, asked.Limit, Cursor.Parse(asked.Cursor, sort), cancellation);
        int? count = asked.Count ? await runs.Count(filter, cancellation) : null;
        return TypedResults.Ok(new Page<RunRow>(page.Rows, page.Next, count).Announced(context));
    }
}

/// <summary>Query of the list of runs.</summary>
public sealed record RunListQuery : ICheckedQuery
{
    /// <summary>Runs of this experiment.</summary>
    public string Experiment { get; init; } = "";

    /// <summary>Algorithm id; several with commas.</summary>
    public string Algorithm { get; init; } = "";

    /// <summary>Environment id; several with commas.</summary>
    public string Environment { get; init; } = "";

    /// <summary>Status; several with commas. 'active' and 'terminal' stand for all statuses before and after the end.</summary>
    public string Status { get; init; } = "";

    /// <summary>Runs that carry this tag; several with commas for all of them.</summary>
    public string Tag { get; init; } = "";

    /// <summary>Configuration hash: the seeds of one configuration.</summary>
    public string Configuration { get; init; } = "";

    /// <summary>Words that all occur in name, algorithm, environment or notes.</summary>
    public string Q { get; init; } = "";

    /// <summary>true for baselines, false for the others.</summary>
    public string Baseline { get; init; } = "";

    /// <summary>
    /// created, updated, name, algorithm, environment, status, seed, steps-done, return, best-return, active-seconds or priority; '-'
    /// before it for falling.
    /// </summary>
    public string Sort { get; init; } = "-created";

    /// <summary>Rows per page.</summary>
    [Range(1, RunQueries.MostRows)]
    public int Limit { get; init; } = 100;

    /// <summary>Where the page before ended: its 'next'.</summary>
    public string Cursor { get; init; } = "";

    /// <summary>Also say how many runs match.</summary>
    public bool Count { get; init; }

    public void Check(List<Problem> faults)
    {
        Filter(faults);
        var sort = RunSort.Parse(Sort);
        if (sort is null)
            faults.Add(new("/sort", Problem.Unknown("sort", Sort.TrimStart('-'), RunSort.Names)));
        else if (Cursor.Length > 0 && Data.Cursor.Parse(Cursor, sort.Value) is null)
            faults.Add(new("/cursor", "This cursor belongs to another list; leave it out to start at the beginning."));
    }

    internal RunFilter Filter(List<Problem> faults)
    {
        var experiment = Guid.Empty;
        if (Experiment.Length > 0 && !Guid.TryParse(Experiment, out experiment))
            faults.Add(new("/experiment", "Expected the id of an experiment."));
        if (Baseline is not ("" or "true" or "false"))
            faults.Add(new("/baseline", "Expected true or false."));
        return new()
        {
            ExperimentId = Experiment.Length > 0 ? experiment : null,
            Algorithms = Words.Several(Algorithm),
            Environments = Words.Several(Environment),
            Statuses = Words.Statuses(Status, "/status", faults),
            Tags = Words.Several(Tag),
            ConfigurationHash = Configuration.Length > 0 ? Configuration : null,
            Text = Q,
            Baseline = Baseline.Length > 0 ? Baseline == "true" : null,
        };
    }
}

/// <summary>Words of a query.</summary>
internal static class Words
{
    public static List<string> Several(string text) =>
        [.. text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];

    /// <summary>An enum member as the API writes it.</summary>
    public static string Of<T>(T value) where T : struct, Enum => JsonNamingPolicy.KebabCaseLower.ConvertName(value.ToString());

    /// <summary>Status names with commas; <c>active</c> and <c>terminal</c> stand for several.</summary>
    public static IReadOnlyList<RunStatus> Statuses(string text, string pointer, List<Problem> faults)
    {
        var known = Enum.GetValues<RunStatus>();
        var read = new List<RunStatus>();
        foreach (var word in Several(text))
        {
            var meant = known.Where(status => word switch
            {
                "terminal" => status.IsTerminal(),
                "active" => !status.IsTerminal(),
                _ => Of(status) == word,
            }).ToList();
            if (meant.Count == 0)
                faults.Add(new(pointer, Problem.Unknown("status", word, [.. known.Select(Of), "active", "terminal"])));
            read.AddRange(meant);
        }
        return read;
    }
}
