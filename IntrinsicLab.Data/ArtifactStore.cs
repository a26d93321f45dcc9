using Microsoft.EntityFrameworkCore;

namespace IntrinsicLab.Data;

/// <summary>Name, type and size of an artifact, without its content.</summary>
public sealed record ArtifactRow(string Name, string MediaType, long Size, DateTimeOffset CreatedAt);

/// <summary>Stores and lists artifacts.</summary>
public sealed class ArtifactStore(IDbContextFactory<LabDbContext> contexts, TimeProvider time)
{
    public const int MostBytes = 64 * 1024 * 1024;

    /// <summary>Stores an artifact, in place of one of the same name.</summary>
    /// <exception cref="ArgumentException">It is larger than <see cref="MostBytes"/>, or its name is empty or longer than 200 characters.</exception>
    public async Task Put(Guid runId, string name, string mediaType, byte[] content, CancellationToken cancellationToken = default)
    {
        if (content.Length > MostBytes)
            throw new ArgumentException($"'{name}' has {content.Length} bytes; an artifact has at most {MostBytes}.", nameof(content));
        if (name.Length is 0 or > 200)
            throw new ArgumentException("An artifact's name has 1 to 200 characters.", nameof(name));
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        await context.Artifacts.Where(artifact => artifact.RunId == runId && artifact.Name == name).ExecuteDeleteAsync(cancellationToken);
        context.Artifacts.Add(new Artifact
        {
            RunId = runId,
            Name = name,
            MediaType = mediaType,
            Content = content,
            Size = content.Length,
            CreatedAt = time.GetUtcNow(),
        });
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

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
