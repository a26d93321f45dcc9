using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace IntrinsicLab.Data;

/// <summary>Everything a run needs to go on from a step. The last two are kept, in case the newer one is damaged.</summary>
public sealed class Checkpoint
{
    public Guid RunId { get; set; }
    public long Step { get; set; }
    public long Episodes { get; set; }
    public double ActiveSeconds { get; set; }
    public DateTimeOffset CreatedAt { get; set; }

    /// <summary>Lower-case hexadecimal SHA-256 of <see cref="Content"/>.</summary>
    public required string Sha256 { get; set; }

    public required byte[] Content { get; set; }
}

internal sealed class CheckpointMapping : IEntityTypeConfiguration<Checkpoint>
{
    public void Configure(EntityTypeBuilder<Checkpoint> checkpoint)
    {
        checkpoint.ToTable("checkpoints");
        checkpoint.HasKey(each => new { each.RunId, each.Step });
        checkpoint.HasOne<Run>().WithMany().HasForeignKey(each => each.RunId).OnDelete(DeleteBehavior.Cascade);
    }
}
