using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace IntrinsicLab.Data;

/// <summary>Runs that answer one question together.</summary>
public sealed class Experiment
{
    /// <summary>UUID version 7.</summary>
    public Guid Id { get; set; }

    public required string Name { get; set; }

    /// <summary>The plan as it was given, as JSON.</summary>
    public required string Plan { get; set; }

    public string Notes { get; set; } = "";
    public DateTimeOffset CreatedAt { get; set; }

    /// <summary>Id and scale of the published figure it repeats, such as <c>ppo-hopper:full</c>; null for other experiments.</summary>
    public string? Reproduction { get; set; }

    /// <summary>Where a sweep is; null for experiments whose runs were all queued at once.</summary>
    public SweepStatus? SweepStatus { get; set; }

    /// <summary>Why a sweep stopped, where it could not say so by its runs.</summary>
    public string? SweepMessage { get; set; }
}

/// <summary>Where a sweep is.</summary>
public enum SweepStatus
{
    /// <summary>It asks for runs as results come in.</summary>
    Active,

    /// <summary>Somebody paused it: it asks for nothing, and its runs wait with checkpoints.</summary>
    Paused,

    /// <summary>Somebody ended it.</summary>
    Cancelled,

    /// <summary>It has found what it was to find.</summary>
    Finished,

    /// <summary>It cannot go on; its message says why.</summary>
    Failed,
}

internal sealed class ExperimentMapping : IEntityTypeConfiguration<Experiment>
{
    public void Configure(EntityTypeBuilder<Experiment> experiment)
    {
        experiment.ToTable("experiments");
        experiment.Property(each => each.Id).ValueGeneratedNever();
        experiment.HasIndex(each => each.CreatedAt).HasDatabaseName("experiments_by_age");
        experiment.HasIndex(each => each.Reproduction).HasDatabaseName("experiments_by_reproduction");
        experiment.HasIndex(each => each.SweepStatus).HasDatabaseName("experiments_by_sweep_status").HasFilter("sweep_status IS NOT NULL");
    }
}
