namespace IntrinsicLab.Tests.Support;

/// <summary>Files of the source tree, for tests that read it.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "IntrinsicLab.sln")))
                return folder.FullName;
        throw new InvalidOperationException("The tests do not lie inside the source tree.");
    }
}
