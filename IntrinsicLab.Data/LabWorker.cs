using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace IntrinsicLab.Data;

/// <summary>A process that runs runs, and when it last said so.</summary>
public sealed class LabWorker
{
    /// <summary>Host, process id and a random part.</summary>
    public required string Id { get; set; }

    public required string Host { get; set; }
    public int ProcessId { get; set; }
    public int CpuSlots { get; set; }
    public int GpuSlots { get; set; }
    public DateTimeOffset StartedAt { get; set; }
    public DateTimeOffset LastSeenAt { get; set; }
    public required string Version { get; set; }
}

internal sealed class LabWorkerMapping : IEntityTypeConfiguration<LabWorker>
{
    public void Configure(EntityTypeBuilder<LabWorker> worker) => worker.ToTable("workers");
}
