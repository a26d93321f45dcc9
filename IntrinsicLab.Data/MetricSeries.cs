using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace IntrinsicLab.Data;

/// <summary>Summary of one metric of one run, kept by <see cref="MetricStore"/>. Its points are no entities: there are too many.</summary>
public sealed class MetricSeries
{
    public long Id { get; set; }
    public Guid RunId { get; set; }
    public required string Name { get; set; }

    /// <summary>Points stored.</summary>
    public long Count { get; set; }

    public long LastStep { get; set; }
    public double LastSeconds { get; set; }

    /// <summary>Null where the last value is not a number.</summary>
    public double? LastValue { get; set; }

    /// <summary>Least of the finite values; null where there are none.</summary>
    public double? Min { get; set; }

    /// <summary>Greatest of the finite values; null where there are none.</summary>
    public double? Max { get; set; }

    /// <summary>Points whose value is NaN or infinite.</summary>
    public long NonFinite { get; set; }

    /// <summary>Rises with every change of the series.</summary>
    public long Sequence { get; set; }
}

internal sealed class MetricSeriesMapping : IEntityTypeConfiguration<MetricSeries>
{
    public void Configure(EntityTypeBuilder<MetricSeries> series)
    {
        series.ToTable("metric_series");
        series.Property(each => each.Min).HasColumnName("min_value");
        series.Property(each => each.Max).HasColumnName("max_value");
        series.HasOne<Run>().WithMany().HasForeignKey(each => each.RunId).OnDelete(DeleteBehavior.Cascade);
        series.HasIndex(each => new { each.RunId, each.Name }).IsUnique().HasDatabaseName("metric_series_by_run");
    }
}
