using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json;
using IntrinsicLab.Core;
using IntrinsicLab.Core.Environments;

namespace IntrinsicLab.Web.Live;

/// <summary>
/// The first scene of every environment, as <see cref="SceneFormat"/> writes it: its defaults, seed 1. Nothing is stepped, so that it needs
/// no process of its own; made when somebody first looks, once.
/// </summary>
public sealed class EnvironmentStills
{
    private readonly ConcurrentDictionary<string, Lazy<EnvironmentStill>> known = new();

    /// <summary>The picture of an environment that can run here.</summary>
    public EnvironmentStill Of(EnvironmentEntry entry)
    {
        if (entry.WhyUnavailable() is { } reason)
            return new([], "", reason);
        if (entry.NeedsParameters)
            return new([], "", $"What {entry.Name} looks like follows from its parameters.");
        var still = known.GetOrAdd(entry.Id, _ => new(() => Draw(entry))).Value;
        // What failed may work the next time: a library may be installed meanwhile.
        if (still.WhyNone is not null)
            known.TryRemove(entry.Id, out _);
        return still;
    }

    private static EnvironmentStill Draw(EnvironmentEntry entry)
    {
        Scene? scene;
        try
        {
            var factory = EnvironmentCatalog.Factory(entry);
            using var environment = factory.Create();
            environment.Reset(new Rng(1).Split("environment"), new float[factory.Spec.Observation.Size]);
            scene = environment.Render();
        }
        catch (Exception fault) when (fault is InvalidOperationException or ArgumentException or IOException)
        {
            return new([], "", fault.Message);
        }
        if (scene is null)
            return new([], "", $"{entry.Name} has no picture.");
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
            SceneFormat.Write(writer, scene);
        var json = buffer.ToArray();
        return new(json, $"\"{Convert.ToHexStringLower(SHA256.HashData(json))[..16]}\"", null);
    }
}

/// <summary>A picture as JSON.</summary>
/// <param name="Json">The scene; empty without one.</param>
/// <param name="Tag">Its entity tag.</param>
/// <param name="WhyNone">Why there is no picture; null where there is one.</param>
public sealed record EnvironmentStill(byte[] Json, string Tag, string? WhyNone);
