using System.Text.Json;
using System.Text.Json.Nodes;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Data;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace IntrinsicLab.Web.Endpoints;

/// <summary>What an experiment's configurations are and what came of them.</summary>
public static class ExperimentResultEndpoints
{
    public static void Map(RouteGroupBuilder group)
    {
        group.MapGet("/experiments/{id:guid}/differences", Differences).WithName("GetExperimentDifferences");
        group.MapGet("/experiments/{id:guid}/curves", Curves).WithName("GetExperimentCurves");
        group.MapPost("/differences", OfRuns).WithName("CompareConfigurations");
    }

    /// <summary>
    /// The configurations side by side, only the members in which they differ, with the seeds of each and its final scores. Defaults depend on the task:
    /// a parameter is listed where it differs within one algorithm on one environment, or anywhere with 'all'.
    /// </summary>
    public static async Task<Results<Ok<DifferencesResource>, ProblemResult>> Differences(
        Guid id, Query<DifferencesQuery> query, ConfigurationTables tables, ExperimentQueries experiments, CancellationToken cancellation)
    {
        if (await experiments.Find(id, cancellation) is null)
            return ExperimentEndpoints.Missing(id);
        var table = await tables.Of(new RunFilter { ExperimentId = id }, query.Value.All, cancellation);
        return TypedResults.Ok(DifferencesResource.Of(table, await experiments.Results(id, cancellation)));
    }

    /// <summary>The same for any set of runs.</summary>
    public static async Task<Results<Ok<DifferencesResource>, ProblemResult>> OfRuns(
        Body<RunSelection> body, ConfigurationTables tables, CancellationToken cancellation) =>
        TypedResults.Ok(DifferencesResource.Of(
            await tables.Of(new RunFilter { Ids = body.Value.Ids }, body.Value.All ?? false, cancellation), new Dictionary<string, ConfigurationResult>()));

    /// <summary>
    /// Curves of an experiment's configurations on one environment, as POST comparisons answers them: means over seeds with 95 % bootstrap intervals, by
    /// the names that tell the configurations apart. With more than 'top' configurations, the best by final score, then by last return.
    /// </summary>
    public static async Task<Results<Ok<ComparisonResource>, ProblemResult>> Curves(
        Guid id, Query<CurvesQuery> query, ConfigurationTables tables, ExperimentQueries experiments, Comparisons comparisons,
        IDbContextFactory<LabDbContext> contexts, CancellationToken cancellation)
    {
        if (await experiments.Find(id, cancellation) is not { } experiment)
            return ExperimentEndpoints.Missing(id);
        var environment = query.Value.Environment.Length > 0 ? query.Value.Environment : experiment.Environments.FirstOrDefault() ?? "";
        var labels = ConfigurationLabels.Of(await tables.Of(new RunFilter { ExperimentId = id }, cancellationToken: cancellation));
        var results = await experiments.Results(id, cancellation);
        var chosen = labels.Where(label => label.Environment == environment && results[label.Hash].LastReturn is not null)
            .OrderByDescending(label => results[label.Hash].Final.Mean ?? double.NegativeInfinity)
            .ThenByDescending(label => results[label.Hash].LastReturn).Take(query.Value.Top)
            .DistinctBy(label => label.Hash[..8]).ToDictionary(label => label.Hash[..8]);
        if (chosen.Count == 0)
            return ProblemResult.NotFound($"No run of this experiment on '{environment}' has a return yet.");
        await using var lab = await contexts.CreateDbContextAsync(cancellation);
        var hashes = chosen.Values.Select(label => label.Hash).ToList();
        var runs = await lab.Runs.Where(run => run.ExperimentId == id && run.DeletedAt == null && run.LastReturn != null && hashes.Contains(run.ConfigurationHash))
            .OrderBy(run => run.Id).Select(run => run.Id).Take(Comparisons.MostRuns).ToListAsync(cancellation);
        var asked = new ComparisonQuery { Runs = runs, GroupBy = ["configuration"], Metric = query.Value.Metric };
        try
        {
            var found = ComparisonResource.Of(asked, await comparisons.Compare(asked, cancellation));
            return TypedResults.Ok(found with
            {
                Groups = [.. labels.Select(label => label.Hash[..8]).Where(chosen.ContainsKey).SelectMany(hash => found.Groups
                    .Where(group => group.Key["configuration"] == hash).Select(group => group with { Label = chosen[hash].Label }))],
                Pairs = [],
                Warnings = [],
            });
        }
        catch (ComparisonException fault)
        {
            return ProblemResult.Invalid(Problem.At("", fault.Member), fault.Message);
        }
    }
}

/// <summary>Query of differences.</summary>
public sealed record DifferencesQuery
{
    /// <summary>Also list parameters that differ only between algorithms or environments.</summary>
    public bool All { get; init; }
}

/// <summary>Query of an experiment's curves.</summary>
public sealed record CurvesQuery
{
    /// <summary>Id of the environment; the first of the experiment when left out.</summary>
    public string Environment { get; init; } = "";

    /// <summary>Name of the metric.</summary>
    public string Metric { get; init; } = MetricStore.ReturnMetric;

    /// <summary>The most configurations.</summary>
    [System.ComponentModel.DataAnnotations.Range(1, 100)]
    public int Top { get; init; } = 10;
}

/// <summary>Body of POST differences.</summary>
public sealed record RunSelection : IRequestBody<RunSelection>
{
    /// <summary>Ids of runs.</summary>
    public required IReadOnlyList<Guid> Runs { get; init; }

    /// <summary>Also list parameters that differ only between algorithms or environments.</summary>
    public bool? All { get; init; }

    internal IReadOnlyCollection<Guid> Ids => Runs.ToHashSet();

    public static RunSelection? Read(JsonElement json, List<Problem> problems)
    {
        var members = Members.Of(json, "", problems);
        var ids = new List<Guid>();
        foreach (var (index, text) in members.Texts("runs", Comparisons.MostRuns, 40, required: true).Index())
            if (Guid.TryParse(text, out var id))
                ids.Add(id);
            else
                problems.Add(new($"/runs/{index}", $"'{text}' is no id."));
        var all = members.Flag("all");
        members.RefuseOthers("member", ["runs", "all"]);
        return new() { Runs = ids, All = all };
    }
}

/// <summary>Configurations side by side.</summary>
/// <param name="Members">The members of plans that differ: algorithm, environment, arm, parameters.learningRate …</param>
/// <param name="Configurations">The configurations, in the order they were planned.</param>
public sealed record DifferencesResource(IReadOnlyList<string> Members, IReadOnlyList<ConfigurationResource> Configurations)
{
    internal static DifferencesResource Of(ConfigurationTable table, IReadOnlyDictionary<string, ConfigurationResult> results) => new(
        table.Members,
        [.. ConfigurationLabels.Of(table).Zip(table.Rows, (label, row) => new ConfigurationResource(
            row.Hash, label.Label, new JsonObject(row.Values.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value.DeepClone()))))
            {
                Seeds = results.GetValueOrDefault(row.Hash)?.Seeds,
                RunsByStatus = results.GetValueOrDefault(row.Hash)?.ByStatus.ToDictionary(pair => Words.Of(pair.Key), pair => pair.Value),
                Final = results.GetValueOrDefault(row.Hash) is { } result ? ScoresResource.Of(result.Final, null) : null,
            })]);
}

/// <summary>One configuration.</summary>
/// <param name="Hash">Its hash; runs that share it are its seeds.</param>
/// <param name="Label">Name for people.</param>
/// <param name="Values">The differing members that it has.</param>
public sealed record ConfigurationResource(string Hash, string Label, JsonObject Values)
{
    /// <summary>Its seeds in the experiment.</summary>
    public IReadOnlyList<int>? Seeds { get; init; }

    /// <summary>How many runs are in which status.</summary>
    public IReadOnlyDictionary<string, int>? RunsByStatus { get; init; }

    /// <summary>What its final scores say: of each run the mean over the last tenth of the budget.</summary>
    public ScoresResource? Final { get; init; }
}
