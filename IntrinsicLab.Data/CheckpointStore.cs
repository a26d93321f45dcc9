using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;

namespace IntrinsicLab.Data;

/// <summary>Finds the checkpoint to go on from. They are written by <see cref="MetricStore.Append"/>, with the points before them.</summary>
public sealed class CheckpointStore(IDbContextFactory<LabDbContext> contexts)
{
    /// <summary>Checkpoints kept of each run.</summary>
    public const int Kept = 2;

    /// <summary>
    /// The newest checkpoint whose bytes match their checksum and that <paramref name="accept"/> takes (for example, by loading it); null
    /// when there is none. Reports the steps of those passed over to <paramref name="damaged"/>.
    /// </summary>
    public async Task<Checkpoint?> LoadLastGood(
        Guid runId, Func<Checkpoint, bool>? accept = null, Action<long>? damaged = null, CancellationToken cancellationToken = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var steps = await context.Checkpoints.Where(checkpoint => checkpoint.RunId == runId)
            .OrderByDescending(checkpoint => checkpoint.Step).Select(checkpoint => checkpoint.Step).ToListAsync(cancellationToken);
        foreach (var step in steps)
        {
            var checkpoint = await context.Checkpoints.AsNoTracking()
                .SingleOrDefaultAsync(each => each.RunId == runId && each.Step == step, cancellationToken);
            if (checkpoint is null)
                continue;
            if (checkpoint.Sha256 == Checksum(checkpoint.Content) && (accept?.Invoke(checkpoint) ?? true))
                return checkpoint;
            damaged?.Invoke(step);
        }
        return null;
    }

    /// <summary>Hexadecimal SHA-256 of a checkpoint's bytes.</summary>
    public static string Checksum(ReadOnlySpan<byte> content) => Convert.ToHexStringLower(SHA256.HashData(content));
}
