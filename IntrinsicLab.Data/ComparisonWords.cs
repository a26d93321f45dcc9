using IntrinsicLab.Core.Statistics;

namespace IntrinsicLab.Data;

/// <summary>The words in which requests and results name the settings of a comparison.</summary>
public static class ComparisonWords
{
    public static IReadOnlyDictionary<string, Band> Bands { get; } = new Dictionary<string, Band>
    {
        ["ci95"] = Band.Bootstrap,
        ["t95"] = Band.Student,
        ["se"] = Band.StandardError,
        ["sd"] = Band.StandardDeviation,
        ["minmax"] = Band.MinMax,
        ["p12.5-87.5"] = Band.Percentiles,
    };

    public static IReadOnlyDictionary<string, Aggregate> Statistics { get; } = new Dictionary<string, Aggregate>
    {
        ["mean"] = Aggregate.Mean,
        ["median"] = Aggregate.Median,
        ["iqm"] = Aggregate.Iqm,
    };

    public static IReadOnlyDictionary<string, MetricAxis> Axes { get; } = new Dictionary<string, MetricAxis>
    {
        ["steps"] = MetricAxis.Steps,
        ["episodes"] = MetricAxis.Episodes,
        ["seconds"] = MetricAxis.Seconds,
    };

    public static string Of(Band band) => Bands.First(pair => pair.Value == band).Key;

    public static string Of(Aggregate statistic) => Statistics.First(pair => pair.Value == statistic).Key;

    public static string Of(MetricAxis x) => Axes.First(pair => pair.Value == x).Key;
}
