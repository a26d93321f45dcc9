using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace IntrinsicLab.Data;

/// <summary>A named piece of data that belongs to a run: figure, replay, file. It lives in the database; its name never touches the file system.</summary>
public sealed class Artifact
{
    public Guid RunId { get; set; }
    public required string Name { get; set; }
    public required string MediaType { get; set; }
    public long Size { get; set; }
    public DateTimeOffset CreatedAt { get; set; }
    public required byte[] Content { get; set; }
}

internal sealed class ArtifactMapping : IEntityTypeConfiguration<Artifact>
{
    public void Configure(EntityTypeBuilder<Artifact> artifact)
    {
        artifact.ToTable("artifacts");
        artifact.HasKey(each => new { each.RunId, each.Name });
        artifact.HasOne<Run>().WithMany().HasForeignKey(each => each.RunId).OnDelete(DeleteBehavior.Cascade);
    }
}
