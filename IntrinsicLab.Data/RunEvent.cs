using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace IntrinsicLab.Data;

/// <summary>One transition of a run: append-only.</summary>
public sealed class RunEvent
{
    /// <summary>Rises over all runs, in the order of writing.</summary>
    public long Id { get; set; }

    public Guid RunId { get; set; }
    public DateTimeOffset Time { get; set; }
    public RunStatus? From { get; set; }
    public RunStatus To { get; set; }

    /// <summary><c>user</c>, <c>api</c>, or the worker's id.</summary>
    public required string Actor { get; set; }

    public required string Reason { get; set; }
}

internal sealed class RunEventMapping : IEntityTypeConfiguration<RunEvent>
{
    public void Configure(EntityTypeBuilder<RunEvent> runEvent)
    {
        runEvent.ToTable("run_events");
        runEvent.Property(each => each.From).HasColumnName("from_status");
        runEvent.Property(each => each.To).HasColumnName("to_status");
        runEvent.HasOne<Run>().WithMany().HasForeignKey(each => each.RunId).OnDelete(DeleteBehavior.Cascade);
        runEvent.HasIndex(each => new { each.RunId, each.Id }).HasDatabaseName("run_events_by_run");
    }
}
