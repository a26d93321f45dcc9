using System.Text.Json.Nodes;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Data;

namespace IntrinsicLab.Web;

/// <summary>A configuration's name among those of its experiment.</summary>
/// <param name="Hash">Its hash.</param>
/// <param name="Environment">Id of its environment.</param>
/// <param name="Label">Arm or algorithm, and the parameters that set it apart; the environment is left to the chart's title.</param>
public sealed record ConfigurationLabel(string Hash, string Environment, string Label);

/// <summary>Names configurations by what sets them apart.</summary>
internal static class ConfigurationLabels
{
    public static IReadOnlyList<ConfigurationLabel> Of(ConfigurationTable table)
    {
        // Arms bear names so that nobody has to read their parameters, unless a grid varies them within an arm.
        var varied = table.Rows.SelectMany(row => row.Values.Select(value => (row.Arm, row.Environment, Member: value.Key, Text: value.Value.ToJsonString())))
            .Distinct().GroupBy(each => (each.Arm, each.Environment, each.Member)).Where(group => group.Skip(1).Any()).Select(group => group.Key).ToHashSet();
        var labels = table.Rows.Select(row => new ConfigurationLabel(row.Hash, row.Environment, string.Join(" · ",
        [
            row.Arm.Length > 0 ? row.Arm : AlgorithmCatalog.Find(row.Algorithm)?.Name ?? row.Algorithm,
            .. row.Values.Where(value => value.Key.Contains('.') && (row.Arm.Length == 0 || varied.Contains((row.Arm, row.Environment, value.Key))))
                .Select(value => $"{Word(value.Key, row)} {Text(value.Value)}"),
        ]))).ToList();
        var alike = labels.GroupBy(label => (label.Environment, label.Label)).Where(group => group.Skip(1).Any()).Select(group => group.Key).ToHashSet();
        return [.. labels.Select(label => !alike.Contains((label.Environment, label.Label))
            ? label : label with { Label = $"{label.Label} · {label.Hash[..Math.Min(8, label.Hash.Length)]}" })];
    }

    /// <summary>A member's name for people.</summary>
    public static string Word(string member, ConfigurationRow? row = null)
    {
        var name = member.Split('.')[^1];
        if (!member.Contains('.'))
            return char.ToUpperInvariant(name[0]) + name[1..];
        var records = member.StartsWith("parameters.", StringComparison.Ordinal)
            ? AlgorithmCatalog.All.Where(entry => row is null || entry.Id == row.Algorithm).Select(entry => entry.Parameters)
            : EnvironmentCatalog.All.Where(entry => row is null || entry.Id == row.Environment).Select(entry => entry.Parameters)
                .Append(typeof(Core.Environments.Wrappers.WrapperConfig));
        var label = records.Select(record => ParameterSchema.Of(record).Find(name)?.Label).FirstOrDefault(known => known is not null) ?? name;
        return row is null ? label : char.ToLowerInvariant(label[0]) + label[1..];
    }

    /// <summary>A value as people write it.</summary>
    public static string Text(JsonNode? value) => Components.RunDraft.Text(value);
}
