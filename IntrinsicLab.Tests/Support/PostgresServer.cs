using System.Diagnostics;
using System.Globalization;

namespace IntrinsicLab.Tests.Support;

/// <summary>
/// A PostgreSQL server for the tests: the one that the variable INTRINSICLAB_POSTGRES names (Host=…), else one started in a temporary folder
/// where PostgreSQL is installed, reached through a socket in it, and stopped when the tests end. Nowhere to be had: those tests are left out.
/// </summary>
internal static class PostgresServer
{
    private static readonly string? Given = Environment.GetEnvironmentVariable("INTRINSICLAB_POSTGRES");
    private static readonly string? Programs = FindPrograms();
    private static readonly Lazy<string> Started = new(Start);

    public static bool IsAvailable => Given is not null || Programs is not null;

    /// <summary>Connection string without a database.</summary>
    public static string Address => Given ?? Started.Value;

    private static string? FindPrograms()
    {
        const string debian = "/usr/lib/postgresql";
        var folders = Directory.Exists(debian) ? Directory.GetDirectories(debian).Select(each => Path.Combine(each, "bin")).ToList() : [];
        folders.AddRange((Environment.GetEnvironmentVariable("PATH") ?? "").Split(':'));
        var found = folders.Find(folder => File.Exists(Path.Combine(folder, "initdb")) && File.Exists(Path.Combine(folder, "pg_ctl")));
        // The server refuses to run as root; Debian's package makes a user for it.
        return found is not null && (!IsRoot || File.ReadLines("/etc/passwd").Any(line => line.StartsWith("postgres:", StringComparison.Ordinal)))
            ? found
            : null;
    }

    private static bool IsRoot => Environment.UserName == "root";

    private static string Start()
    {
        var folder = Directory.CreateTempSubdirectory("lab-postgres-").FullName;
        if (IsRoot)
            Run("chown", "postgres", folder);
        var data = Path.Combine(folder, "data");
        RunAsOwner("initdb", "-D", data, "-U", "lab", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync");
        RunAsOwner("pg_ctl", "-D", data, "-w", "-l", Path.Combine(folder, "log"), "-o",
            $"-k {folder} -c listen_addresses='' -c fsync=off -c max_connections=200", "start");
        // A process of its own takes it down: however the tests end, no server and no files stay behind.
        Run("/bin/sh", "-c", "(while kill -0 $0; do sleep 1; done; kill -QUIT $(head -1 $1/data/postmaster.pid); sleep 1; rm -rf $1) &",
            Environment.ProcessId.ToString(CultureInfo.InvariantCulture), folder);
        return $"Host={folder};Username=lab";
    }

    private static void RunAsOwner(string program, params string[] arguments)
    {
        var path = Path.Combine(Programs!, program);
        if (IsRoot)
            Run("runuser", ["-u", "postgres", "--", path, .. arguments]);
        else
            Run(path, arguments);
    }

    private static void Run(string program, params string[] arguments)
    {
        // Output goes nowhere: a server that inherited a pipe would keep its reader waiting.
        var start = new ProcessStartInfo("/bin/sh", ["-c", "exec \"$0\" \"$@\" >/dev/null 2>&1 </dev/null", program, .. arguments]) { WorkingDirectory = "/" };
        using var process = Process.Start(start)!;
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}.");
    }
}
