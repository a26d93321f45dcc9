namespace IntrinsicLab.Core.Algorithms;

/// <summary>Points that may be missing.</summary>
internal static class MetricPoints
{
    /// <summary>Adds a point unless its value is not defined there, such as the variance explained of returns that are all the same.</summary>
    public static void AddDefined(this List<MetricValue> points, string metric, long step, double value)
    {
        if (!double.IsNaN(value))
            points.Add(new(metric, step, value));
    }
}
