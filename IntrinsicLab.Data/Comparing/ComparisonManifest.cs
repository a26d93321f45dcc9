using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace IntrinsicLab.Data;

/// <summary>Everything that a comparison rests on, as JSON from which <c>./lab repeat</c> makes it again.</summary>
public static class ComparisonManifest
{
    /// <summary>What the file says it is.</summary>
    public const string Kind = "intrinsiclab-comparison";

    /// <summary>How comparisons are written.</summary>
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower) },
        WriteIndented = true,
    };

    /// <summary>The manifest.</summary>
    /// <param name="query">What was asked.</param>
    /// <param name="comparison">The answer.</param>
    /// <param name="runs">Every run asked about.</param>
    public static JsonObject Of(ComparisonQuery query, Comparison comparison, IReadOnlyList<Run> runs)
    {
        var scores = comparison.Groups.SelectMany(group => group.Runs.Select(run => (group.Label, Run: run))).ToDictionary(pair => pair.Run.Id);
        return new JsonObject
        {
            ["kind"] = Kind,
            ["version"] = 1,
            ["command"] = "./lab repeat manifest.json",
            ["code"] = new JsonArray([.. runs.Where(run => run.CodeVersion is not null).Select(run => $"{run.CodeVersion} {run.GitCommit}".Trim()).Distinct()
                .Select(version => (JsonNode)JsonValue.Create(version))]),
            ["query"] = (query with { Runs = [.. runs.Select(run => run.Id)], Experiments = [] }).ToJson(),
            ["method"] = comparison.Method,
            ["scales"] = JsonSerializer.SerializeToNode(comparison.Scales, Options),
            ["warnings"] = JsonSerializer.SerializeToNode(comparison.Warnings, Options),
            ["groups"] = new JsonArray([.. comparison.Groups.Select(group => (JsonNode)new JsonObject
            {
                ["label"] = group.Label,
                ["curve"] = group.Curve.Method,
                ["statistic"] = group.FinalStatistic,
                ["bootstrap95"] = group.FinalInterval is { } interval ? new JsonArray(interval.Low, interval.High) : null,
            })]),
            ["runs"] = new JsonArray([.. runs.Select(run => (JsonNode)new JsonObject
            {
                ["id"] = run.Id.ToString(),
                ["name"] = run.Name,
                ["source"] = run.Source,
                ["status"] = run.Status.ToString().ToLowerInvariant(),
                ["seed"] = run.Seed,
                ["configurationHash"] = run.ConfigurationHash,
                ["codeVersion"] = run.CodeVersion,
                ["gitCommit"] = run.GitCommit,
                ["libtorchVersion"] = run.LibtorchVersion,
                ["hardware"] = run.HardwareDescription,
                ["group"] = scores.TryGetValue(run.Id, out var found) ? found.Label : null,
                ["finalScore"] = found.Run?.RawFinal,
                ["plan"] = JsonNode.Parse(run.Plan),
            })]),
        };
    }
}
