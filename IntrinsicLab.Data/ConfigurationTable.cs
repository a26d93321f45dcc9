using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;

namespace IntrinsicLab.Data;

/// <summary>One configuration and where it differs from others.</summary>
/// <param name="Hash">Its hash.</param>
/// <param name="Algorithm">Id of the algorithm.</param>
/// <param name="Environment">Id of the environment.</param>
/// <param name="Arm">Name of the arm; empty for none.</param>
/// <param name="Values">The differing members that its plan has, by name.</param>
public sealed record ConfigurationRow(string Hash, string Algorithm, string Environment, string Arm, IReadOnlyDictionary<string, JsonNode> Values);

/// <summary>
/// Configurations side by side, only what differs: <c>algorithm</c>, <c>environment</c>, <c>arm</c>, <c>steps</c>, <c>device</c>,
/// <c>parameters.…</c> and <c>environmentParameters.…</c>.
/// </summary>
/// <param name="Members">The members that differ, in the order of plans.</param>
/// <param name="Rows">The configurations, in the order they were planned.</param>
public sealed record ConfigurationTable(IReadOnlyList<string> Members, IReadOnlyList<ConfigurationRow> Rows)
{
    private static readonly string[] Heads = ["arm", "algorithm", "environment", "steps", "device"];

    /// <summary>
    /// Makes the table. Defaults depend on algorithm and environment; a parameter counts as differing where it does so within one algorithm on one
    /// environment (within one environment for the environment's own), or anywhere with <paramref name="all"/>.
    /// </summary>
    public static ConfigurationTable Of(IEnumerable<(string Hash, JsonObject Plan)> configurations, bool all = false)
    {
        var rows = configurations.Select(each => (each.Hash, Members: Flat(each.Plan))).ToList();
        var members = new List<string>();
        foreach (var head in Heads)
            if (rows.Select(row => Text(row.Members, head)).Distinct().Skip(1).Any())
                members.Add(head);
        foreach (var name in rows.SelectMany(row => row.Members.Keys).Where(name => name.Contains('.')).Distinct())
        {
            var alike = rows.GroupBy(row => all ? ""
                : name.StartsWith("parameters.", StringComparison.Ordinal) ? $"{Text(row.Members, "algorithm")}\n{Text(row.Members, "environment")}"
                : Text(row.Members, "environment"));
            if (alike.Any(group => group.Select(row => Text(row.Members, name)).Distinct().Skip(1).Any()))
                members.Add(name);
        }
        return new(members, [.. rows.Select(row => new ConfigurationRow(
            row.Hash, Word(row.Members, "algorithm"), Word(row.Members, "environment"), Word(row.Members, "arm"),
            members.Where(row.Members.ContainsKey).ToDictionary(name => name, name => row.Members[name])))]);
    }

    private static Dictionary<string, JsonNode> Flat(JsonObject plan)
    {
        var members = new Dictionary<string, JsonNode>();
        foreach (var head in Heads)
            if (plan[head] is { } value)
                members[head] = value;
        foreach (var part in (string[])["parameters", "environmentParameters"])
            foreach (var (name, value) in plan[part] as JsonObject ?? [])
                if (value is not null)
                    members[$"{part}.{name}"] = value;
        return members;
    }

    private static string? Text(Dictionary<string, JsonNode> members, string name) => members.GetValueOrDefault(name)?.ToJsonString();

    private static string Word(Dictionary<string, JsonNode> members, string name) =>
        members.GetValueOrDefault(name) is JsonValue value && value.TryGetValue<string>(out var word) ? word : "";
}

/// <summary>Reads tables of configurations.</summary>
public sealed class ConfigurationTables(IDbContextFactory<LabDbContext> contexts)
{
    private const int PlansAtOnce = 500;

    /// <summary>The configurations of runs, one row each.</summary>
    public async Task<ConfigurationTable> Of(RunFilter filter, bool all = false, CancellationToken cancellationToken = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var runs = await RunQueries.Filtered(context, filter).OrderBy(run => run.CreatedAt).ThenBy(run => run.Id)
            .Select(run => new { run.Id, run.ConfigurationHash }).ToListAsync(cancellationToken);
        // Seeds of one configuration have the same plan but for the seed: one of them is read.
        var first = runs.DistinctBy(run => run.ConfigurationHash).ToList();
        var plans = new Dictionary<Guid, string>();
        foreach (var ids in first.Select(run => run.Id).Chunk(PlansAtOnce))
            foreach (var run in await context.Runs.Where(run => ids.Contains(run.Id)).Select(run => new { run.Id, run.Plan }).ToListAsync(cancellationToken))
                plans[run.Id] = run.Plan;
        return ConfigurationTable.Of(first.Select(run => (run.ConfigurationHash, JsonNode.Parse(plans[run.Id]) as JsonObject ?? [])), all);
    }
}
