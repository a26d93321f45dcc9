using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace IntrinsicLab.Data;

/// <summary>A bearer key <c>il_…</c>. Only its hash is kept.</summary>
public sealed class ApiKey
{
    /// <summary>UUID version 7.</summary>
    public Guid Id { get; set; }

    public required string Name { get; set; }

    /// <summary>Hexadecimal SHA-256 of the key.</summary>
    public required string Hash { get; set; }

    /// <summary>First characters, to tell keys apart.</summary>
    public required string Prefix { get; set; }

    public List<string> Scopes { get; set; } = [];
    public DateTimeOffset CreatedAt { get; set; }
    public DateTimeOffset? LastUsedAt { get; set; }
    public DateTimeOffset? RevokedAt { get; set; }
}

internal sealed class ApiKeyMapping : IEntityTypeConfiguration<ApiKey>
{
    public void Configure(EntityTypeBuilder<ApiKey> key)
    {
        key.ToTable("api_keys");
        key.Property(each => each.Id).ValueGeneratedNever();
        key.HasIndex(each => each.Hash).IsUnique().HasDatabaseName("api_keys_by_hash");
    }
}
