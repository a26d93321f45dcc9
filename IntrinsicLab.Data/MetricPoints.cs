namespace IntrinsicLab.Data;

/// <summary>One value of one metric.</summary>
/// <param name="Metric">Lower-case path such as <c>return/extrinsic</c>.</param>
/// <param name="Step">Environment step.</param>
/// <param name="Seconds">Active seconds since the run began, pauses left out.</param>
/// <param name="Value">Any number, NaN and infinities included.</param>
public readonly record struct StoredPoint(string Metric, long Step, double Seconds, double Value);

/// <summary>Where a run stands; written with its points.</summary>
/// <param name="Steps">Environment steps done.</param>
/// <param name="Episodes">Episodes finished.</param>
/// <param name="ActiveSeconds">Seconds spent training.</param>
/// <param name="StepsPerSecond">Recent speed.</param>
/// <param name="Lease">Prolongs the worker's lease by this much from now; null leaves it.</param>
public sealed record RunProgress(long Steps, long Episodes, double ActiveSeconds, double? StepsPerSecond = null, TimeSpan? Lease = null);

/// <summary>A checkpoint to store with the points before it.</summary>
public sealed record NewCheckpoint(long Step, long Episodes, double ActiveSeconds, byte[] Content);

/// <summary>Values of one metric in columns, for bulk ingest.</summary>
/// <param name="Steps">Step of each value, in any order; a step given twice keeps its last value.</param>
/// <param name="Values">The values.</param>
/// <param name="Seconds">Seconds since the run began of each value; null where unknown, which stores 0.</param>
public sealed record SeriesColumns(IReadOnlyList<long> Steps, IReadOnlyList<double> Values, IReadOnlyList<double>? Seconds = null);

/// <summary>A metric of a run at a glance.</summary>
/// <param name="Name">The metric.</param>
/// <param name="Count">Points stored.</param>
/// <param name="Last">Last value, NaN included.</param>
/// <param name="LastStep">Its step.</param>
/// <param name="Min">Least finite value; null where there is none.</param>
/// <param name="Max">Greatest finite value; null where there is none.</param>
/// <param name="NonFinite">Points that are NaN or infinite.</param>
/// <param name="Sequence">Rises with every change.</param>
public sealed record MetricSummary(string Name, long Count, double Last, long LastStep, double? Min, double? Max, long NonFinite, long Sequence);

/// <summary>How a series is read.</summary>
public enum MetricAggregate
{
    /// <summary>Points as stored while they fit, otherwise buckets with mean, least and greatest value.</summary>
    MinMax,

    /// <summary>Every point as stored.</summary>
    Raw,
}

/// <summary>What runs along the x axis.</summary>
public enum MetricAxis
{
    /// <summary>Environment steps.</summary>
    Steps,

    /// <summary>Active seconds.</summary>
    Seconds,

    /// <summary>Episodes, interpolated between the values of <c>progress/episodes</c>.</summary>
    Episodes,
}

/// <summary>A series as columns.</summary>
public sealed class MetricColumns
{
    /// <summary>Position on the axis; of a bucket, that of its last point.</summary>
    public required double[] X { get; init; }

    /// <summary>The value; of a bucket, the mean of its finite values, or NaN where it has none.</summary>
    public required double[] Value { get; init; }

    /// <summary>Least finite value of each bucket; null unless <see cref="Reduced"/>.</summary>
    public double[]? Min { get; init; }

    /// <summary>Greatest finite value of each bucket; null unless <see cref="Reduced"/>.</summary>
    public double[]? Max { get; init; }

    /// <summary>Environment step of each point (or last point of each bucket), whatever the axis.</summary>
    public required long[] Steps { get; init; }

    /// <summary>The columns hold buckets, not points.</summary>
    public bool Reduced { get; init; }

    /// <summary>Points in the range.</summary>
    public long Total { get; init; }

    /// <summary>How many of them are NaN or infinite.</summary>
    public long NonFinite { get; init; }

    /// <summary>Rises with every change of the series: equal numbers mean equal content.</summary>
    public long LastSequence { get; init; }
}

/// <summary>A write came from a worker that does not hold the run any more; nothing was written.</summary>
public sealed class StaleFenceException(Guid runId, long fence)
    : Exception($"Run {runId} does not belong to fence {fence} any more: another worker took it, or it was ended.");
