using System.Text.Json.Nodes;

namespace IntrinsicLab.Core.Search;

/// <summary>The configurations that a search may try.</summary>
/// <param name="Dimensions">The parameters it varies.</param>
/// <param name="Defaults">The value of each where nothing is varied; null where there is no default to try first.</param>
/// <param name="Accepts">Whether a configuration makes sense as a whole; null where all do.</param>
public sealed record SearchSpace(
    IReadOnlyList<Dimension> Dimensions, IReadOnlyList<JsonNode>? Defaults = null, Func<IReadOnlyList<JsonNode>, bool>? Accepts = null)
{
    /// <summary>Number of configurations, those that make no sense included; null where there is no end to them.</summary>
    public long? Size => Dimensions.Aggregate((long?)1, (product, dimension) => product * dimension.Count is { } size ? Math.Min(size, 1L << 40) : null);

    /// <summary>The values of coordinates.</summary>
    public IReadOnlyList<JsonNode> ValuesOf(IReadOnlyList<double> coordinates) =>
        [.. Dimensions.Select((dimension, index) => dimension.ToJson(coordinates[index]))];

    /// <summary>Text that equal configurations share.</summary>
    public static string KeyOf(IReadOnlyList<JsonNode> values) => string.Join('|', values.Select(value => value.ToJsonString()));

    /// <summary>The point of a grid, counted with the last dimension running fastest.</summary>
    internal double[] PointAt(long index)
    {
        var point = new double[Dimensions.Count];
        for (var axis = point.Length - 1; axis >= 0; axis--)
        {
            var count = Dimensions[axis].Count!.Value;
            point[axis] = Dimensions[axis].All.ElementAt((int)(index % count));
            index /= count;
        }
        return point;
    }
}
