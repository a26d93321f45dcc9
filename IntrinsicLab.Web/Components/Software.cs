using System.Reflection;

namespace IntrinsicLab.Web.Components;

/// <summary>What this program is.</summary>
internal static class Software
{
    /// <summary>Version, with the first figures of the commit where the build knew it.</summary>
    public static string Version { get; } = Short(typeof(Software).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "");

    private static string Short(string version) => version.Split('+') is [var number, { Length: > 7 } commit] ? $"{number} ({commit[..7]})" : version;
}
