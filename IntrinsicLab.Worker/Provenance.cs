using System.Globalization;
using System.Text.Json;
using IntrinsicLab.Data;
using Microsoft.EntityFrameworkCore;
using TorchSharp;

namespace IntrinsicLab.Worker;

/// <summary>What a run's numbers depend on besides its plan: code, libraries, machine. Stored with the run when it starts.</summary>
internal static class Provenance
{
    /// <summary>Writes it to the run's row, if the run still belongs to this fence.</summary>
    public static async Task Record(LabDbContext context, Guid runId, long fence, string device, CancellationToken cancellationToken = default)
    {
        var version = WorkerNode.CodeVersion.Split('+', 2);
        var commit = Commit;
        var (hardware, packages) = (Hardware(device), Packages());
        var libtorch = torch.__version__;
        var now = DateTimeOffset.UtcNow;
        var updated = await context.Runs.Where(run => run.Id == runId && run.Fence == fence).ExecuteUpdateAsync(set => set
            .SetProperty(run => run.Host, Environment.MachineName)
            .SetProperty(run => run.ProcessId, Environment.ProcessId)
            .SetProperty(run => run.CodeVersion, version[0])
            .SetProperty(run => run.GitCommit, commit)
            .SetProperty(run => run.LibtorchVersion, libtorch)
            .SetProperty(run => run.HardwareDescription, hardware)
            .SetProperty(run => run.Packages, packages)
            .SetProperty(run => run.UpdatedAt, now), cancellationToken);
        if (updated == 0)
            throw new StaleFenceException(runId, fence);
    }

    /// <summary>Commit that this program was built from; null where it is not known.</summary>
    public static string? Commit => WorkerNode.CodeVersion.Split('+', 2) is [_, var commit] ? commit : null;

    private static string Packages()
    {
        var lines = new SortedSet<string>(StringComparer.Ordinal) { $".NET {Environment.Version}" };
        var file = Path.Combine(AppContext.BaseDirectory, "IntrinsicLab.Worker.deps.json");
        if (File.Exists(file))
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(file));
            foreach (var library in json.RootElement.GetProperty("libraries").EnumerateObject())
                if (library.Value.GetProperty("type").GetString() == "package")
                    lines.Add(library.Name.Replace('/', ' '));
        }
        return string.Join('\n', lines);
    }

    /// <summary>Processor, cores and memory, and the cards where the device is one.</summary>
    public static string Hardware(string device)
    {
        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 1e9;
        var processor = FirstLine("/proc/cpuinfo", "model name") ?? System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture.ToString();
        var text = string.Create(CultureInfo.InvariantCulture, $"{processor}, {Environment.ProcessorCount} cores, {memory:0.#} GB");
        if (device == "cpu")
            return text;
        var cards = Directory.Exists("/proc/driver/nvidia/gpus")
            ? Directory.GetDirectories("/proc/driver/nvidia/gpus").Select(card => FirstLine(Path.Combine(card, "information"), "Model")).OfType<string>()
            : [];
        return $"{text}; {string.Join(", ", cards)}";
    }

    private static string? FirstLine(string file, string name)
    {
        try
        {
            return File.ReadLines(file).FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))?.Split(':', 2)[1].Trim();
        }
        catch (IOException)
        {
            return null;
        }
    }
}
