using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Data;
using IntrinsicLab.Web.Endpoints;
using Microsoft.EntityFrameworkCore;

namespace IntrinsicLab.Web.Components;

/// <summary>Where learning curves of an algorithm on one environment come from.</summary>
/// <param name="Environment">Id of the environment.</param>
/// <param name="Steps">Budget; null for a committed result.</param>
/// <param name="Runs">Completed runs of this lab with every parameter at its default; none for a committed result.</param>
/// <param name="Result">Id of the committed result; null for the lab's own runs.</param>
/// <param name="Date">When the committed result was made.</param>
public sealed record AlgorithmTask(string Environment, long? Steps, IReadOnlyList<Guid> Runs, string? Result, string? Date);

/// <summary>
/// Learning curves for an algorithm's page: this lab's completed runs with default parameters, per environment the budget with most seeds; where
/// there are none, results that come with the program.
/// </summary>
public sealed class AlgorithmCurves(IDbContextFactory<LabDbContext> contexts, Comparisons comparisons)
{
    private const int MostRuns = 2000;
    private static readonly ConcurrentDictionary<(string Algorithm, string Environment, long Steps, string Device), string?> Usual = new();

    /// <summary>The environments that there are curves of, by name.</summary>
    public async Task<IReadOnlyList<AlgorithmTask>> Tasks(AlgorithmEntry algorithm, CancellationToken cancellation = default)
    {
        await using var lab = await contexts.CreateDbContextAsync(cancellation);
        var runs = await lab.Runs.AsNoTracking()
            .Where(run => run.Algorithm == algorithm.Id && run.Status == RunStatus.Completed && run.Source == Run.SourceLab && run.DeletedAt == null)
            .OrderByDescending(run => run.Id).Take(MostRuns)
            .Select(run => new { run.Id, run.Environment, run.Steps, run.Seed, run.Device, run.ConfigurationHash }).ToListAsync(cancellation);
        var own = runs.GroupBy(run => run.ConfigurationHash)
            .Where(same => same.First() is var any && Usual.GetOrAdd((algorithm.Id, any.Environment, any.Steps, any.Device), HashOfDefaults) == same.Key)
            .GroupBy(same => same.First().Environment)
            .Select(each => each.OrderByDescending(same => same.Select(run => run.Seed).Distinct().Count()).ThenByDescending(same => same.First().Steps).First())
            .Select(best => new AlgorithmTask(best.First().Environment, best.First().Steps, [.. best.Select(run => run.Id)], null, null)).ToList();
        var committed = Committed(algorithm.Id)
            .SelectMany(result => Groups(result.Json, algorithm.Id).Select(group => (string?)group["key"]?["environment"]).OfType<string>().Distinct()
                .Select(environment => new AlgorithmTask(environment, null, [], result.Id, (string?)result.Json["date"])))
            .Where(task => own.TrueForAll(each => each.Environment != task.Environment)).DistinctBy(task => task.Environment);
        return [.. own.Concat(committed).OrderBy(task => task.Environment, StringComparer.Ordinal)];
    }

    /// <summary>Curves of one task, or of all, in the form of a comparison; null where there are none.</summary>
    public async Task<ComparisonResource?> Read(AlgorithmEntry algorithm, string? environment, CancellationToken cancellation = default)
    {
        var tasks = (await Tasks(algorithm, cancellation)).Where(task => environment is null || task.Environment == environment).ToList();
        ComparisonResource? own = null;
        if (tasks.SelectMany(task => task.Runs).ToList() is { Count: > 0 } runs)
        {
            var query = new ComparisonQuery { Runs = runs, GroupBy = ["environment"] };
            own = ComparisonResource.Of(query, await comparisons.Compare(query, cancellation));
        }
        foreach (var task in tasks.Where(task => task.Result is not null))
        {
            var json = (JsonObject)Committed(algorithm.Id).First(result => result.Id == task.Result).Json["comparison"]!.DeepClone();
            var groups = Groups(new JsonObject { ["comparison"] = json.DeepClone(), ["runs"] = Committed(algorithm.Id).First(result => result.Id == task.Result).Json["runs"]?.DeepClone() }, algorithm.Id)
                .Where(group => (string?)group["key"]?["environment"] == task.Environment).Select(group => group.DeepClone());
            json["groups"] = new JsonArray([.. groups]);
            json["pairs"] = new JsonArray();
            if (json.Deserialize<ComparisonResource>(ApiJson.Options) is { } read)
                own = own is null ? read : own with { Groups = [.. own.Groups, .. read.Groups] };
        }
        return own;
    }

    private static string? HashOfDefaults((string Algorithm, string Environment, long Steps, string Device) task) => RunPlan.Read(
        JsonSerializer.SerializeToElement(new JsonObject
        {
            ["algorithm"] = task.Algorithm,
            ["environment"] = task.Environment,
            ["steps"] = task.Steps,
            ["device"] = task.Device,
        }), [])?.ConfigurationHash;

    // Files of results that were reproduced elsewhere and come with the program; what cannot be read is passed over.
    private static IEnumerable<(string Id, JsonObject Json)> Committed(string algorithm)
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "reproductions");
        foreach (var file in Directory.Exists(folder) ? Directory.GetFiles(folder, "*.json").Order(StringComparer.Ordinal) : Enumerable.Empty<string>())
            if (Parse(file) is { } json && (string?)json["id"] is { } id && Groups(json, algorithm).Any())
                yield return (id, json);
    }

    private static JsonObject? Parse(string file)
    {
        try
        {
            return JsonNode.Parse(File.ReadAllText(file)) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static IEnumerable<JsonNode> Groups(JsonObject result, string algorithm)
    {
        var ids = (result["runs"] as JsonArray ?? []).Where(run => (string?)run?["algorithm"] == algorithm).Select(run => (string?)run!["id"]).ToHashSet();
        return (result["comparison"]?["groups"] as JsonArray ?? []).OfType<JsonNode>().Where(group =>
            (string?)group["key"]?["algorithm"] == algorithm || (group["runs"] as JsonArray ?? []).Any(run => ids.Contains((string?)run?["id"])));
    }
}
