using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace IntrinsicLab.Data;

/// <summary>
/// The lab's tables. Make one context per operation through <c>IDbContextFactory</c>. Points and roll-up tiers are not here: see
/// <see cref="MetricStore"/>. Names of tables and columns are snake case, so that SQL reads alike on both databases.
/// </summary>
public sealed class LabDbContext(DbContextOptions<LabDbContext> options) : DbContext(options)
{
    public DbSet<Run> Runs => Set<Run>();
    public DbSet<RunEvent> RunEvents => Set<RunEvent>();
    public DbSet<Experiment> Experiments => Set<Experiment>();
    public DbSet<Baseline> Baselines => Set<Baseline>();
    public DbSet<KeptRule> Rules => Set<KeptRule>();
    public DbSet<MetricSeries> MetricSeries => Set<MetricSeries>();
    public DbSet<LogLine> LogLines => Set<LogLine>();
    public DbSet<Artifact> Artifacts => Set<Artifact>();
    public DbSet<Checkpoint> Checkpoints => Set<Checkpoint>();
    public DbSet<LabWorker> Workers => Set<LabWorker>();
    public DbSet<IdempotencyKey> IdempotencyKeys => Set<IdempotencyKey>();

    /// <summary>Raises the version of every run that was edited through this context; a version that somebody else raised is a conflict.</summary>
    public override Task<int> SaveChangesAsync(bool acceptAllChangesOnSuccess, CancellationToken cancellationToken = default)
    {
        RaiseVersions();
        return base.SaveChangesAsync(acceptAllChangesOnSuccess, cancellationToken);
    }

    public override int SaveChanges(bool acceptAllChangesOnSuccess)
    {
        RaiseVersions();
        return base.SaveChanges(acceptAllChangesOnSuccess);
    }

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        configurationBuilder.Properties<DateTimeOffset>().HaveConversion<UnixMicroseconds>();
        configurationBuilder.Properties<RunStatus>().HaveConversion<string>();
        configurationBuilder.Properties<SweepStatus>().HaveConversion<string>();
    }

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.ApplyConfigurationsFromAssembly(typeof(LabDbContext).Assembly);
        foreach (var property in modelBuilder.Model.GetEntityTypes().SelectMany(entity => entity.GetProperties()))
            if (property.FindAnnotation("Relational:ColumnName") is null)
                property.SetColumnName(JsonNamingPolicy.SnakeCaseLower.ConvertName(property.Name));
    }

    private void RaiseVersions()
    {
        foreach (var entry in ChangeTracker.Entries<Run>())
            if (entry.State == EntityState.Modified)
            {
                entry.Entity.Version = entry.OriginalValues.GetValue<long>(nameof(Run.Version)) + 1;
                entry.Entity.UpdatedAt = DateTimeOffset.UtcNow;
            }
    }
}

/// <summary>Times as whole microseconds since 1970 in UTC: one sortable number on both databases.</summary>
internal sealed class UnixMicroseconds() : ValueConverter<DateTimeOffset, long>(time => From(time), value => To(value))
{
    public static long From(DateTimeOffset time) => (time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    public static DateTimeOffset To(long value) => DateTimeOffset.UnixEpoch.AddTicks(value * TimeSpan.TicksPerMicrosecond);
}
