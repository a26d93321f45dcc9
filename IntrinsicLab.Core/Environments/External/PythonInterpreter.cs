namespace IntrinsicLab.Core.Environments.External;

/// <summary>Where Python is on this machine.</summary>
internal static class PythonInterpreter
{
    /// <summary>Environment variable that names the interpreter for environments that name none.</summary>
    internal const string Variable = "INTRINSICLAB_PYTHON";

    /// <summary>Says in one line that there is no Python; null where there is.</summary>
    internal static string? WhyUnavailable() => Find("") is null
        ? $"There is no {Wanted("")} on the path: install Python 3.8 or later (apt-get install python3), or name it in {Variable}."
        : null;

    /// <summary>The word that is looked for: the one given, else the variable's, else <c>python3</c>.</summary>
    internal static string Wanted(string given) =>
        given.Trim() is { Length: > 0 } named ? named
        : Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } set ? set
        : OperatingSystem.IsWindows() ? "python" : "python3";

    /// <summary>Full path of the interpreter; null where there is none.</summary>
    internal static string? Find(string given)
    {
        var wanted = Wanted(given);
        if (wanted.StartsWith("~/", StringComparison.Ordinal))
            wanted = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), wanted[2..]);
        if (Path.GetFileName(wanted) != wanted)
            return File.Exists(wanted) ? Path.GetFullPath(wanted) : null;
        var name = OperatingSystem.IsWindows() && !Path.HasExtension(wanted) ? wanted + ".exe" : wanted;
        return (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, name))
            .FirstOrDefault(File.Exists);
    }
}
