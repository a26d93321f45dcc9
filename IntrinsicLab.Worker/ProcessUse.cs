using System.Diagnostics;
using System.Globalization;
using IntrinsicLab.Core.Algorithms;

namespace IntrinsicLab.Worker;

/// <summary>What a process uses: processor time since the last look (100 for one core), memory, and the graphics card's where it has one.</summary>
internal sealed class ProcessUse(Process process, bool gpu)
{
    private readonly Stopwatch watch = Stopwatch.StartNew();
    private TimeSpan processorTime;
    private bool gpuAnswers = gpu;

    public async Task<IReadOnlyList<(string Metric, double Value)>> Read()
    {
        process.Refresh();
        var elapsed = watch.Elapsed;
        var used = process.TotalProcessorTime;
        watch.Restart();
        var values = new List<(string, double)>
        {
            (Metrics.CpuPercent, Math.Round(100 * (used - processorTime) / elapsed, 1)),
            (Metrics.MemoryMegabytes, Math.Round(process.WorkingSet64 / 1e6, 1)),
        };
        processorTime = used;
        if (gpuAnswers)
        {
            var line = await Ask("--query-gpu=utilization.gpu", "--format=csv,noheader,nounits");
            gpuAnswers = double.TryParse(line?.Split('\n')[0], CultureInfo.InvariantCulture, out var percent);
            if (gpuAnswers)
                values.Add((Metrics.GpuPercent, percent));
            foreach (var row in (await Ask("--query-compute-apps=pid,used_memory", "--format=csv,noheader,nounits") ?? "").Split('\n'))
                if (row.Split(',') is [var id, var memory]
                    && id.Trim() == process.Id.ToString(CultureInfo.InvariantCulture) && double.TryParse(memory, CultureInfo.InvariantCulture, out var megabytes))
                    values.Add((Metrics.GpuMemoryMegabytes, megabytes));
        }
        return values;
    }

    private static async Task<string?> Ask(params string[] arguments)
    {
        try
        {
            using var query = Process.Start(new ProcessStartInfo("nvidia-smi", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var answer = await query.StandardOutput.ReadToEndAsync();
            await query.WaitForExitAsync();
            return query.ExitCode == 0 ? answer : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}
