using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace IntrinsicLab.Data;

/// <summary>
/// A learned update rule that somebody kept or imported. It never changes; one that is deleted leaves its row without its content, so that its
/// name and version never stand for another rule.
/// </summary>
public sealed class KeptRule
{
    /// <summary>Kebab-case name.</summary>
    public required string Name { get; set; }

    /// <summary>1, 2, …</summary>
    public int Version { get; set; }

    /// <summary>Values of a prediction vector.</summary>
    public int Predictions { get; set; }

    /// <summary>Recurrent units.</summary>
    public int Units { get; set; }

    /// <summary>What it reads of predictions, as files call it.</summary>
    public required string Semantics { get; set; }

    public double Gamma { get; set; }

    /// <summary>Digest of what an agent learns with.</summary>
    public required string Digest { get; set; }

    /// <summary>The run it came from; null for an import, and where the run was erased.</summary>
    public Guid? RunId { get; set; }

    public DateTimeOffset CreatedAt { get; set; }
    public DateTimeOffset? DeletedAt { get; set; }
    public string Notes { get; set; } = "";

    /// <summary>The file; empty once it is deleted.</summary>
    public required byte[] Content { get; set; }

    /// <summary>What plans call it.</summary>
    public string Id => $"{Name}@{Version}";
}

internal sealed class KeptRuleMapping : IEntityTypeConfiguration<KeptRule>
{
    public void Configure(EntityTypeBuilder<KeptRule> rule)
    {
        rule.ToTable("rules");
        rule.HasKey(each => new { each.Name, each.Version });
        rule.Property(each => each.Version).ValueGeneratedNever();
        rule.Ignore(each => each.Id);
        rule.HasOne<Run>().WithMany().HasForeignKey(each => each.RunId).OnDelete(DeleteBehavior.SetNull);
        rule.HasIndex(each => each.RunId).HasDatabaseName("rules_by_run");
    }
}
