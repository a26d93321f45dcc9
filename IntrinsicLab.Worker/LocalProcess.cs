using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace IntrinsicLab.Worker;

/// <summary>What can be known about, and done to, processes of this machine.</summary>
internal static partial class LocalProcess
{
    private const int Terminate = 15;

    /// <summary>The framework of this process, which runs its children too, whatever program hosts this one.</summary>
    public static string Dotnet =>
        Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "../../../dotnet")) is var path && File.Exists(path) ? path : "dotnet";

    /// <summary>A process of this id runs that was started before the time given; ids are used again.</summary>
    public static bool IsAlive(int id, DateTimeOffset startedBefore)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            return !IsZombie(id) && process.StartTime.ToUniversalTime() <= startedBefore.UtcDateTime.AddSeconds(2);
        }
        catch (Exception error) when (error is ArgumentException or InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    /// <summary>A process of this id runs and has the text on its command line.</summary>
    public static bool IsAlive(int id, string argument)
    {
        var commandLine = $"/proc/{id.ToString(CultureInfo.InvariantCulture)}/cmdline";
        if (!OperatingSystem.IsLinux())
            return IsAlive(id, DateTimeOffset.MaxValue.AddDays(-1));
        try
        {
            return File.ReadAllText(commandLine).Contains(argument, StringComparison.Ordinal) && !IsZombie(id);
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>Asks a process to end (SIGTERM).</summary>
    public static void AskToEnd(Process process)
    {
        if (OperatingSystem.IsWindows())
            process.StandardInput.Close(); // no signals there; the child takes the end of its input as one
        else if (!process.HasExited)
            _ = Kill(process.Id, Terminate);
    }

    /// <summary>Ends a process and its children at once.</summary>
    public static void End(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (Exception error) when (error is InvalidOperationException or AggregateException or System.ComponentModel.Win32Exception)
        {
            // It ended by itself in the meantime.
        }
    }

    /// <summary>How many processes the kernel has killed for want of memory, on this machine or in this container.</summary>
    public static long OutOfMemoryKills() =>
        Counter("/proc/vmstat", "oom_kill ") + Counter("/sys/fs/cgroup/memory.events", "oom_kill ");

    private static long Counter(string file, string name)
    {
        try
        {
            return File.ReadLines(file).Where(line => line.StartsWith(name, StringComparison.Ordinal))
                .Select(line => long.Parse(line[name.Length..], CultureInfo.InvariantCulture)).FirstOrDefault();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or FormatException)
        {
            return 0;
        }
    }

    private static bool IsZombie(int id)
    {
        if (!OperatingSystem.IsLinux())
            return false;
        try
        {
            var stat = File.ReadAllText($"/proc/{id.ToString(CultureInfo.InvariantCulture)}/stat");
            return stat[(stat.LastIndexOf(')') + 2)..].StartsWith('Z');
        }
        catch (IOException)
        {
            return true;
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int process, int signal);
}
