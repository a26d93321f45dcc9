using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace IntrinsicLab.Data;

/// <summary>
/// Runs that others are measured by, under a name: one run, every seed of a configuration, or an experiment. What it points at says which; runs
/// that are added to a configuration later belong to it too.
/// </summary>
public sealed class Baseline
{
    /// <summary>UUID version 7.</summary>
    public Guid Id { get; set; }

    public required string Name { get; set; }
    public Guid? RunId { get; set; }
    public Guid? ExperimentId { get; set; }

    /// <summary>Hash of a configuration, with the environment it is of.</summary>
    public string? ConfigurationHash { get; set; }

    public string? Environment { get; set; }
    public DateTimeOffset CreatedAt { get; set; }
    public string Notes { get; set; } = "";

    /// <summary>run, experiment or configuration.</summary>
    public string Kind => RunId is not null ? "run" : ExperimentId is not null ? "experiment" : "configuration";
}

internal sealed class BaselineMapping : IEntityTypeConfiguration<Baseline>
{
    public void Configure(EntityTypeBuilder<Baseline> baseline)
    {
        baseline.ToTable("baselines");
        baseline.Property(each => each.Id).ValueGeneratedNever();
        baseline.Ignore(each => each.Kind);
        baseline.HasOne<Run>().WithMany().HasForeignKey(each => each.RunId).OnDelete(DeleteBehavior.Cascade);
        baseline.HasOne<Experiment>().WithMany().HasForeignKey(each => each.ExperimentId).OnDelete(DeleteBehavior.Cascade);
        baseline.HasIndex(each => each.RunId).HasDatabaseName("baselines_by_run");
        baseline.HasIndex(each => each.ExperimentId).HasDatabaseName("baselines_by_experiment");
        baseline.HasIndex(each => new { each.ConfigurationHash, each.Environment }).HasDatabaseName("baselines_by_configuration");
    }
}
