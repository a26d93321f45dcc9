using System.Data;
using System.Data.Common;
using Microsoft.EntityFrameworkCore;

namespace IntrinsicLab.Data;

/// <summary>Name, type and size of an artifact, without its content.</summary>
public sealed record ArtifactRow(string Name, string MediaType, long Size, DateTimeOffset CreatedAt);

/// <summary>Stores and lists artifacts.</summary>
public sealed class ArtifactStore(LabDatabase database, IDbContextFactory<LabDbContext> contexts, TimeProvider time)
{
    /// <summary>Stores an artifact, in place of one of the same name. A run's own process stores through <see cref="MetricStore.Append"/>.</summary>
    /// <exception cref="ArgumentException">It is larger than <see cref="NewArtifact.MostBytes"/>, or its name is empty or too long.</exception>
    public async Task Put(Guid runId, string name, string mediaType, byte[] content, CancellationToken cancellationToken = default)
    {
        var artifact = new NewArtifact(name, mediaType, content);
        await using var connection = await database.Open(cancellationToken);
        await using var transaction = LabDatabase.BeginWrite(connection);
        await Write(transaction, runId, artifact, time.GetUtcNow(), cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    internal static Task Write(DbTransaction transaction, Guid runId, NewArtifact artifact, DateTimeOffset now, CancellationToken cancellationToken) =>
        transaction.Execute(
            """
            INSERT INTO artifacts (run_id, name, media_type, size, created_at, content, encoding)
            VALUES (@run, @name, @type, @size, @now, @content, @encoding)
            ON CONFLICT (run_id, name) DO UPDATE SET media_type = excluded.media_type, size = excluded.size, created_at = excluded.created_at,
                content = excluded.content, encoding = excluded.encoding
            """, cancellationToken,
            ("run", runId), ("name", artifact.Name), ("type", artifact.MediaType), ("size", artifact.Size), ("now", UnixMicroseconds.From(now)),
            ("content", artifact.Stored), ("encoding", artifact.Encoding ?? (object)DbType.String));

    /// <summary>A run's artifacts by name, without their content.</summary>
    public async Task<IReadOnlyList<ArtifactRow>> List(Guid runId, CancellationToken cancellationToken = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Artifacts.Where(artifact => artifact.RunId == runId).OrderBy(artifact => artifact.Name)
            .Select(artifact => new ArtifactRow(artifact.Name, artifact.MediaType, artifact.Size, artifact.CreatedAt)).ToListAsync(cancellationToken);
    }

    /// <summary>One artifact with its content, or null.</summary>
    public async Task<Artifact?> Get(Guid runId, string name, CancellationToken cancellationToken = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Artifacts.AsNoTracking().SingleOrDefaultAsync(artifact => artifact.RunId == runId && artifact.Name == name, cancellationToken);
    }
}
