using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace IntrinsicLab.Data;

/// <summary>Answer given to a POST, so that the same request sent twice does its work once.</summary>
public sealed class IdempotencyKey
{
    /// <summary>Who asked and the key they sent, in one text.</summary>
    public required string Key { get; set; }

    /// <summary>Hexadecimal SHA-256 of method, path and body.</summary>
    public required string RequestHash { get; set; }

    /// <summary>Status code of the answer; 0 while the first request is still at work.</summary>
    public int StatusCode { get; set; }

    public string? Location { get; set; }
    public string? ContentType { get; set; }
    public byte[]? Body { get; set; }
    public DateTimeOffset CreatedAt { get; set; }
}

internal sealed class IdempotencyKeyMapping : IEntityTypeConfiguration<IdempotencyKey>
{
    public void Configure(EntityTypeBuilder<IdempotencyKey> key)
    {
        key.ToTable("idempotency_keys");
        key.HasKey(each => each.Key);
        key.HasIndex(each => each.CreatedAt).HasDatabaseName("idempotency_keys_by_age");
    }
}
