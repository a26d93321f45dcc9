using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Security.Cryptography;

namespace IntrinsicLab.Web;

/// <summary>
/// Serves the browser half of Blazor. Some feeds lack .NET 10's package of browser assets; the script of the 9.0 runtime drives a .NET 10
/// server as well, and lies as a resource in an assembly of that runtime's package, which the build puts beside the application.
/// With that assets package (<c>RequiresAspNetWebAssets=true</c>) there is no such file, and the framework serves its own script.
/// </summary>
internal static class BlazorScript
{
    private const string Resource = "_framework/blazor.web.js";

    public static void Map(IEndpointRouteBuilder routes)
    {
        var source = Path.Combine(AppContext.BaseDirectory, "browser", "blazor.dll");
        if (!File.Exists(source))
            return;
        var script = Read(source);
        var tag = new Microsoft.Net.Http.Headers.EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(script))[..16]}\"");
        routes.MapGet($"/{Resource}", (HttpContext context) =>
        {
            context.Response.Headers.CacheControl = "no-cache";
            return Results.Bytes(script, "text/javascript; charset=utf-8", entityTag: tag);
        }).ExcludeFromDescription();
    }

    private static unsafe byte[] Read(string assembly)
    {
        using var file = new PEReader(File.OpenRead(assembly));
        var metadata = file.GetMetadataReader();
        foreach (var handle in metadata.ManifestResources)
        {
            var resource = metadata.GetManifestResource(handle);
            if (metadata.GetString(resource.Name) != Resource)
                continue;
            var section = file.GetSectionData(file.PEHeaders.CorHeader!.ResourcesDirectory.RelativeVirtualAddress);
            var blob = section.GetReader((int)resource.Offset, section.Length - (int)resource.Offset);
            return blob.ReadBytes(blob.ReadInt32());
        }
        throw new InvalidDataException($"{assembly} holds no {Resource}.");
    }
}
