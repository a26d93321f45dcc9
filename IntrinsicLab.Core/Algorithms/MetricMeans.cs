namespace IntrinsicLab.Core.Algorithms;

/// <summary>Means of values measured at every gradient step of an update; a value that is not finite ends the run.</summary>
/// <param name="step">Environment step the update belongs to.</param>
public sealed class MetricMeans(long step)
{
    private readonly List<string> names = [];
    private readonly List<(double Sum, int Count)> sums = [];

    /// <summary>Takes a value in.</summary>
    /// <param name="metric">Its name.</param>
    /// <param name="value">The value.</param>
    /// <exception cref="DivergedException">The value is not finite.</exception>
    public void Add(string metric, double value)
    {
        if (!double.IsFinite(value))
            throw new DivergedException(metric, step, value);
        var index = names.IndexOf(metric);
        if (index < 0)
        {
            names.Add(metric);
            sums.Add((value, 1));
            return;
        }
        var (sum, count) = sums[index];
        sums[index] = (sum + value, count + 1);
    }

    /// <summary>Reports the means in the order their names came.</summary>
    /// <param name="points">Receives them.</param>
    public void Report(List<MetricValue> points)
    {
        for (var index = 0; index < names.Count; index++)
            points.Add(new(names[index], step, sums[index].Sum / sums[index].Count));
    }
}
