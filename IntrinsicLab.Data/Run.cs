using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace IntrinsicLab.Data;

/// <summary>One seed of one configuration. The row is the truth about the run; schedulers and processes follow it.</summary>
public sealed class Run
{
    public const string SourceLab = "lab";
    public const string SourceExternal = "external";
    public const string GroupCpu = "cpu";
    public const string GroupGpu = "gpu";

    /// <summary>UUID version 7.</summary>
    public Guid Id { get; set; }

    public required string Name { get; set; }
    public Guid? ExperimentId { get; set; }
    public required string Algorithm { get; set; }
    public required string Environment { get; set; }

    /// <summary>Budget in environment steps.</summary>
    public long Steps { get; set; }

    public int Seed { get; set; }
    public string Device { get; set; } = "cpu";

    /// <summary><see cref="GroupCpu"/> or <see cref="GroupGpu"/>: which slots of a worker it takes.</summary>
    public string ExecutionGroup { get; set; } = GroupCpu;

    public RunStatus Status { get; set; }
    public int Priority { get; set; }
    public List<string> Tags { get; set; } = [];
    public bool Baseline { get; set; }

    /// <summary><see cref="SourceLab"/>: trained here. <see cref="SourceExternal"/>: its points are sent by another program.</summary>
    public string Source { get; set; } = SourceLab;

    public DateTimeOffset CreatedAt { get; set; }
    public DateTimeOffset? StartedAt { get; set; }
    public DateTimeOffset? FinishedAt { get; set; }

    /// <summary>Last change of any kind, progress included.</summary>
    public DateTimeOffset UpdatedAt { get; set; }

    /// <summary>Raised by every edit and transition, for If-Match. Progress does not raise it, or nobody could edit a running run.</summary>
    public long Version { get; set; } = 1;

    public long StepsDone { get; set; }
    public long EpisodesDone { get; set; }

    /// <summary>Last value of <c>return/extrinsic</c>.</summary>
    public double? LastReturn { get; set; }

    public double? BestReturn { get; set; }
    public double? StepsPerSecond { get; set; }

    /// <summary>Seconds spent training, over all attempts, without pauses.</summary>
    public double ActiveSeconds { get; set; }

    /// <summary>How often a worker has claimed it.</summary>
    public int Attempt { get; set; }

    /// <summary>Steps done when last claimed: an attempt that ends beyond them has made progress.</summary>
    public long StepsAtClaim { get; set; }

    /// <summary>Attempts in a row that were lost without progress.</summary>
    public int FruitlessAttempts { get; set; }

    /// <summary>The worker that holds it, null when none does.</summary>
    public string? WorkerId { get; set; }

    /// <summary>Raised by every claim; whoever writes with an older one is refused.</summary>
    public long Fence { get; set; }

    public DateTimeOffset? LeaseUntil { get; set; }
    public string? Host { get; set; }
    public int? ProcessId { get; set; }
    public string? CodeVersion { get; set; }
    public string? GitCommit { get; set; }
    public string? LibtorchVersion { get; set; }
    public string? HardwareDescription { get; set; }
    public DateTimeOffset? DeletedAt { get; set; }
    public required string ConfigurationHash { get; set; }
    public string? Error { get; set; }
    public string Notes { get; set; } = "";

    /// <summary>Packages and their versions, one per line.</summary>
    public string? Packages { get; set; }

    /// <summary>The resolved configuration as JSON.</summary>
    public required string Plan { get; set; }

    /// <summary>Number of the trial in its sweep; null outside sweeps.</summary>
    public int? Trial { get; set; }

    /// <summary>The run pauses with a checkpoint after the first update that ends here or later, and waits for its sweep; null for never.</summary>
    public long? PauseAt { get; set; }
}

internal sealed class RunMapping : IEntityTypeConfiguration<Run>
{
    public void Configure(EntityTypeBuilder<Run> run)
    {
        run.ToTable("runs");
        run.Property(each => each.Id).ValueGeneratedNever();
        run.Property(each => each.Version).IsConcurrencyToken();
        run.HasOne<Experiment>().WithMany().HasForeignKey(each => each.ExperimentId).OnDelete(DeleteBehavior.SetNull);
        run.HasIndex(each => each.ExperimentId).HasDatabaseName("runs_by_experiment");
        run.HasIndex(each => new { each.Status, each.ExecutionGroup, each.Priority, each.CreatedAt }).HasDatabaseName("runs_by_queue_order");
        run.HasIndex(each => new { each.CreatedAt, each.Id }).HasDatabaseName("runs_by_age");
        run.HasIndex(each => new { each.Algorithm, each.Environment }).HasDatabaseName("runs_by_task");
        run.HasIndex(each => new { each.ExperimentId, each.Trial, each.Seed }).HasDatabaseName("runs_by_trial")
            .IsUnique().HasFilter("trial IS NOT NULL");
        run.HasIndex(each => new { each.ExperimentId, each.ConfigurationHash, each.Seed }).HasDatabaseName("runs_by_configuration_of_sweep")
            .IsUnique().HasFilter("trial IS NOT NULL");
    }
}
