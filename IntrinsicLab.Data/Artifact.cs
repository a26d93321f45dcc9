using System.IO.Compression;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace IntrinsicLab.Data;

/// <summary>A named piece of data that belongs to a run: figure, replay, file. It lives in the database; its name never touches the file system.</summary>
public sealed class Artifact
{
    /// <summary>The one <see cref="Encoding"/> there is.</summary>
    public const string Gzip = "gzip";

    public Guid RunId { get; set; }
    public required string Name { get; set; }
    public required string MediaType { get; set; }

    /// <summary>Bytes, once unpacked.</summary>
    public long Size { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    /// <summary>As stored: see <see cref="Encoding"/>.</summary>
    public required byte[] Content { get; set; }

    /// <summary>How <see cref="Content"/> is packed, in HTTP's words; null for not at all.</summary>
    public string? Encoding { get; set; }

    /// <summary>The content, unpacked.</summary>
    public byte[] Unpack()
    {
        if (Encoding is null)
            return Content;
        using var packed = new GZipStream(new MemoryStream(Content), CompressionMode.Decompress);
        var content = new byte[Size];
        packed.ReadExactly(content);
        return content;
    }
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
