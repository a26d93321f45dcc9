namespace IntrinsicLab.Core.Algorithms;

/// <summary>What one update reports.</summary>
/// <param name="Steps">Environment steps taken since the run began.</param>
/// <param name="Episodes">Episodes finished since the run began.</param>
/// <param name="Points">Metric values of this update; a metric's steps strictly increase over the run.</param>
public sealed record Progress(long Steps, long Episodes, IReadOnlyList<MetricValue> Points);

/// <summary>One value of one metric.</summary>
/// <param name="Metric">Stable lower-case path such as <c>return/extrinsic</c>.</param>
/// <param name="Step">Environment step the value belongs to.</param>
/// <param name="Value">The value.</param>
public readonly record struct MetricValue(string Metric, long Step, double Value);

/// <summary>Training left the finite numbers; the run cannot go on.</summary>
/// <param name="metric">What was not finite.</param>
/// <param name="step">Environment step at which it was seen.</param>
/// <param name="value">The value seen.</param>
public sealed class DivergedException(string metric, long step, double value)
    : Exception($"{metric} became {value} at step {step}. A smaller learning rate or a tighter gradient clip usually helps.")
{
    /// <summary>What was not finite.</summary>
    public string Metric => metric;

    /// <summary>Environment step at which it was seen.</summary>
    public long Step => step;
}
