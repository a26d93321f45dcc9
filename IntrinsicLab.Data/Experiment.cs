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
}

internal sealed class ExperimentMapping : IEntityTypeConfiguration<Experiment>
{
    public void Configure(EntityTypeBuilder<Experiment> experiment)
    {
        experiment.ToTable("experiments");
        experiment.Property(each => each.Id).ValueGeneratedNever();
        experiment.HasIndex(each => each.CreatedAt).HasDatabaseName("experiments_by_age");
        experiment.HasIndex(each => each.Reproduction).HasDatabaseName("experiments_by_reproduction");
    }
}
