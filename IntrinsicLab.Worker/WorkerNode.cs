using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using IntrinsicLab.Data;
using Microsoft.Extensions.Options;
using TorchSharp;

namespace IntrinsicLab.Worker;

/// <summary>This process as a worker: its name in the run table and how many runs it takes at a time.</summary>
public sealed class WorkerNode
{
    /// <summary>
    /// Time from claim to the end of the first update, in which a run cannot yet prolong its lease: libraries load, the checkpoint is
    /// restored, and nobody knows how long an update takes. A dead process on the same machine is noticed at once all the same.
    /// </summary>
    public static readonly TimeSpan StartLease = TimeSpan.FromMinutes(5);

    public WorkerNode(IOptions<LabOptions> options, WorkerScope scope)
    {
        Options = options.Value;
        Scope = scope;
        Id = string.Create(CultureInfo.InvariantCulture,
            $"{Environment.MachineName}:{Environment.ProcessId}:{RandomNumberGenerator.GetHexString(4, lowercase: true)}");
        CpuSlots = CpuSlotsOf(Options);
        GpuSlots = GpuSlotsOf(Options);
    }

    public string Id { get; }
    public LabOptions Options { get; }
    public WorkerScope Scope { get; }
    public int CpuSlots { get; }
    public int GpuSlots { get; }

    /// <summary>Version of the code, with the commit it was built from where that is known.</summary>
    public static string CodeVersion { get; } =
        typeof(WorkerNode).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    public int Slots(string group) => group == Run.GroupGpu ? GpuSlots : CpuSlots;

    internal static int CpuSlotsOf(LabOptions options) => options.CpuSlots > 0 ? options.CpuSlots : Math.Max(1, Environment.ProcessorCount);

    // libtorch is loaded to ask only where a driver is: it takes time and memory that a dashboard can do without.
    internal static int GpuSlotsOf(LabOptions options) =>
        options.GpuSlots > 0 && Directory.Exists("/proc/driver/nvidia") && torch.cuda.is_available() ? options.GpuSlots : 0;
}

/// <summary>Which runs a worker takes.</summary>
/// <param name="ExperimentId">Those of this experiment; null for all.</param>
public sealed record WorkerScope(Guid? ExperimentId = null);
