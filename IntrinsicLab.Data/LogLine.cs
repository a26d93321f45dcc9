using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace IntrinsicLab.Data;

/// <summary>One line that a run's process wrote, or that the lab says about it.</summary>
public sealed class LogLine
{
    public const string Out = "out";
    public const string Err = "err";
    public const string Lab = "lab";

    public Guid RunId { get; set; }

    /// <summary>1, 2, 3 … within the run.</summary>
    public long Sequence { get; set; }

    public DateTimeOffset Time { get; set; }

    /// <summary><see cref="Out"/>, <see cref="Err"/> or <see cref="Lab"/>.</summary>
    public required string Stream { get; set; }

    public required string Text { get; set; }
}

internal sealed class LogLineMapping : IEntityTypeConfiguration<LogLine>
{
    public void Configure(EntityTypeBuilder<LogLine> line)
    {
        line.ToTable("log_lines");
        line.HasKey(each => new { each.RunId, each.Sequence });
        line.HasOne<Run>().WithMany().HasForeignKey(each => each.RunId).OnDelete(DeleteBehavior.Cascade);
    }
}
