using System.ComponentModel.DataAnnotations;

namespace IntrinsicLab.Data;

/// <summary>Settings of the lab: section <c>Lab</c> of appsettings.json, or environment variables such as <c>Lab__DataFolder</c>.</summary>
public sealed record LabOptions
{
    public const string Section = "Lab";

    /// <summary>Folder of everything the lab stores; a relative one starts at the current directory of the process.</summary>
    [Required]
    public string DataFolder { get; init; } = ".lab/data";

    /// <summary>Empty: SQLite in the data folder. <c>Host=…</c> or <c>postgres://…</c>: a PostgreSQL database that several machines share.</summary>
    public string Database { get; init; } = "";

    /// <summary>Folder of plans whose member <c>reproduction</c> makes them figures to reproduce; empty for those that come with the program.</summary>
    public string PlansFolder { get; init; } = "";

    /// <summary>Folder of results of reproduced figures; empty for those that come with the program.</summary>
    public string ResultsFolder { get; init; } = "";

    /// <summary>The dashboard's process also runs runs.</summary>
    public bool EmbeddedWorker { get; init; } = true;

    /// <summary>Runs at a time on the processor; 0 for one per core.</summary>
    [Range(0, 4096)]
    public int CpuSlots { get; init; }

    /// <summary>Runs at a time on the graphics cards; counts only where libtorch finds one.</summary>
    [Range(0, 64)]
    public int GpuSlots { get; init; } = 1;

    /// <summary>Seconds without a sign of life after which a run's worker counts as lost. Ten times the longest update is always allowed.</summary>
    [Range(5, 3600)]
    public int LeaseSeconds { get; init; } = 20;

    /// <summary>Seconds between checkpoints, at least; writing them never takes more than about a twentieth of the time.</summary>
    [Range(0.1, 86400)]
    public double CheckpointSeconds { get; init; } = 30;

    /// <summary>Seconds a run has for its last checkpoint after cancel or pause before its process is killed.</summary>
    [Range(0, 600)]
    public double CancelGraceSeconds { get; init; } = 4;

    /// <summary>The data folder as an absolute path.</summary>
    public string DataFolderPath => Path.GetFullPath(DataFolder);
}
