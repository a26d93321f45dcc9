using System.IO.Compression;

namespace IntrinsicLab.Data;

/// <summary>An artifact to store.</summary>
public sealed record NewArtifact
{
    /// <summary>The most bytes an artifact has.</summary>
    public const int MostBytes = 64 * 1024 * 1024;

    // Less gains nothing that a database page would not waste again.
    private const int LeastCompressed = 4096;

    /// <summary>Checks name and size.</summary>
    /// <exception cref="ArgumentException">It is larger than <see cref="MostBytes"/>, or its name is empty or longer than 200 characters.</exception>
    public NewArtifact(string name, string mediaType, byte[] content)
    {
        if (content.Length > MostBytes)
            throw new ArgumentException($"'{name}' has {content.Length} bytes; an artifact has at most {MostBytes}.", nameof(content));
        if (name.Length is 0 or > 200)
            throw new ArgumentException("An artifact's name has 1 to 200 characters.", nameof(name));
        (Name, MediaType, Size, Stored) = (name, mediaType, content.Length, content);
    }

    public string Name { get; }
    public string MediaType { get; }

    /// <summary>Bytes of the content as it was given.</summary>
    public long Size { get; }

    /// <summary>The content as it is stored.</summary>
    internal byte[] Stored { get; private init; }

    /// <summary>How it is stored: <see cref="Artifact.Gzip"/>, or null for as it was given.</summary>
    internal string? Encoding { get; private init; }

    /// <summary>The same, stored compressed where that makes it smaller.</summary>
    public NewArtifact Compressed()
    {
        if (Encoding is not null || Stored.Length < LeastCompressed)
            return this;
        using var buffer = new MemoryStream();
        using (var gzip = new GZipStream(buffer, CompressionLevel.Optimal, leaveOpen: true))
            gzip.Write(Stored);
        return buffer.Length < Stored.Length ? this with { Stored = buffer.ToArray(), Encoding = Artifact.Gzip } : this;
    }
}
