using System.Globalization;
using System.Text.Json.Nodes;

namespace IntrinsicLab.Core.Search;

/// <summary>How the values of a dimension are spread.</summary>
public enum DimensionScale
{
    /// <summary>Equal differences are equally likely.</summary>
    Linear,

    /// <summary>Equal ratios are equally likely: for step sizes and other parameters whose order of magnitude is in question.</summary>
    Log,

    /// <summary>A list without order, each value equally likely.</summary>
    Values,
}

/// <summary>
/// One parameter that a search varies. A value is held as a coordinate: the number itself on a scale, the place in the list of
/// <see cref="DimensionScale.Values"/>. NaN stands for a value outside the space, which only the default configuration may have.
/// </summary>
public sealed class Dimension
{
    private readonly double[]? levels;
    private readonly IReadOnlyList<JsonNode> values = [];

    private Dimension(string name, DimensionScale scale, double low, double high) => (Name, Scale, Low, High) = (name, scale, low, high);

    private Dimension(string name, IReadOnlyList<JsonNode> values)
        : this(name, DimensionScale.Values, 0, values.Count - 1) => (this.values, Count) = (values, values.Count);

    private Dimension(string name, DimensionScale scale, double low, double high, bool whole, int? count)
        : this(name, scale, low, high)
    {
        IsWhole = whole;
        if (count is { } asked)
        {
            levels = [.. Enumerable.Range(0, asked)
                .Select(index => Rounded(index == 0 ? low : index == asked - 1 ? high : Plain(Unwarp(Warp(low) + (Warp(high) - Warp(low)) * index / (asked - 1)))))
                .Distinct()];
            Count = levels.Length;
        }
        else if (whole && high - low < 1e6)
            Count = (int)(high - low) + 1;
    }

    /// <summary>Name in the plan, such as <c>learningRate</c> or <c>environment.delay</c>.</summary>
    public string Name { get; }

    /// <summary>How values are spread.</summary>
    public DimensionScale Scale { get; }

    /// <summary>Smallest coordinate.</summary>
    public double Low { get; }

    /// <summary>Largest coordinate.</summary>
    public double High { get; }

    /// <summary>Only whole numbers.</summary>
    public bool IsWhole { get; }

    /// <summary>How many values there are; null where there is no end to them.</summary>
    public int? Count { get; }

    /// <summary>Numbers between two bounds.</summary>
    /// <param name="name">Name in the plan.</param>
    /// <param name="low">Smallest value; above 0 for <see cref="DimensionScale.Log"/>.</param>
    /// <param name="high">Largest value.</param>
    /// <param name="scale">How they are spread.</param>
    /// <param name="whole">Only whole numbers.</param>
    /// <param name="count">So many values, evenly spaced on the scale, and none between; null for all.</param>
    public static Dimension Range(string name, double low, double high, DimensionScale scale = DimensionScale.Linear, bool whole = false, int? count = null) =>
        new(name, scale, low, high, whole, count);

    /// <summary>A list of values.</summary>
    public static Dimension Of(string name, IReadOnlyList<JsonNode> values) => new(name, values);

    /// <summary>The coordinate at a share of the dimension's distribution: uniform shares give uniform values on the scale.</summary>
    /// <param name="share">From 0 up to, but without, 1.</param>
    public double At(double share)
    {
        if (Scale == DimensionScale.Values)
            return Math.Min(Math.Floor(share * values.Count), values.Count - 1);
        if (levels is not null)
            return levels[Math.Min((int)(share * levels.Length), levels.Length - 1)];
        // Half a unit more on both sides gives the first and the last whole number as much room as the others.
        var (low, high) = IsWhole ? (Low - 0.5, High + 0.5) : (Low, High);
        return Snap(Unwarp(Warp(low) + (Warp(high) - Warp(low)) * share));
    }

    /// <summary>The coordinates of a dimension that has an end, in order.</summary>
    public IEnumerable<double> All => levels
        ?? Enumerable.Range(0, Count ?? throw new InvalidOperationException($"{Name} has no end of values.")).Select(index => Low + index);

    /// <summary>A coordinate as a place between 0 and 1 on the dimension's scale.</summary>
    public double ToUnit(double coordinate) => High <= Low ? 0.5 : (Warp(coordinate) - Warp(Low)) / (Warp(High) - Warp(Low));

    /// <summary>The coordinate nearest to a place between 0 and 1 on the dimension's scale.</summary>
    public double FromUnit(double unit) => Snap(Unwarp(Warp(Low) + (Warp(High) - Warp(Low)) * unit));

    /// <summary>The value of a coordinate, as plans have it.</summary>
    public JsonNode ToJson(double coordinate) => Scale == DimensionScale.Values ? values[(int)coordinate].DeepClone()
        : IsWhole ? JsonValue.Create((long)coordinate)
        : JsonValue.Create(coordinate);

    /// <summary>The coordinate of a value; NaN where the space does not hold it.</summary>
    public double CoordinateOf(JsonNode? value)
    {
        var text = value?.ToJsonString() ?? "null";
        if (Scale == DimensionScale.Values)
            return values.Index().Where(pair => pair.Item.ToJsonString() == text).Select(pair => (double)pair.Index).DefaultIfEmpty(double.NaN).First();
        if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) || !(number >= Low && number <= High))
            return double.NaN;
        return levels is not null && !levels.Contains(number) ? double.NaN : number;
    }

    private double Snap(double value)
    {
        value = Math.Clamp(Rounded(value), Low, High);
        return levels is null ? value : levels.MinBy(level => Math.Abs(Warp(level) - Warp(value)));
    }

    private double Rounded(double value) => IsWhole || Scale == DimensionScale.Values ? Math.Round(value, MidpointRounding.AwayFromZero) : value;

    // 0.001 rather than 0.0010000000000000002, which nobody means and which equals no default.
    private static double Plain(double value) => double.Parse(value.ToString("G12", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    private double Warp(double value) => Scale == DimensionScale.Log ? Math.Log(value) : value;

    private double Unwarp(double value) => Scale == DimensionScale.Log ? Math.Exp(value) : value;
}
