using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using IntrinsicLab.Data;
using IntrinsicLab.Tests.Support;
using Microsoft.EntityFrameworkCore;

namespace IntrinsicLab.Tests.Faults;

/// <summary>A figure that is reproduced on the command line, killed and interrupted on the way.</summary>
public sealed class KilledReproductionTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("lab-reproduce-").FullName;

    [Fact]
    public async Task Reproduce_KilledThenInterruptedThenRepeated_EndsWithOneRunOfEachPair()
    {
        Directory.CreateDirectory(Path.Combine(folder, "plans"));
        await File.WriteAllTextAsync(Path.Combine(folder, "plans", "quick.json"), QuickFigure.Json.Replace("4096", "40960"));
        await using var lab = await TestWorker.Start(Path.Combine(folder, "data"), worker: false);

        using (var killed = Start())
        {
            await Until(lab, runs => runs.Any(run => run is { Status: RunStatus.Running, StepsDone: > 0 }));
            killed.Kill();
            await killed.WaitForExitAsync();
        }
        using (var interrupted = Start())
        {
            await Until(lab, runs => runs.Any(run => run.Status == RunStatus.Completed));
            Process.Start("kill", ["-INT", $"{interrupted.Id}"]).WaitForExit();
            await interrupted.WaitForExitAsync();
            Assert.True(interrupted.ExitCode is 130 or 0, $"{interrupted.ExitCode}");
        }
        Assert.DoesNotContain(await Runs(lab), run => run.Status is RunStatus.Failed or RunStatus.Cancelled);
        using (var last = Start())
        {
            await last.WaitForExitAsync();
            Assert.Equal(0, last.ExitCode);
        }

        var runs = await Runs(lab);
        Assert.Equal(4, runs.Count);
        Assert.Distinct(runs.Select(run => (run.ConfigurationHash, run.Seed)));
        Assert.All(runs, run => Assert.Equal(RunStatus.Completed, run.Status));
        await using (var context = lab.Context())
            Assert.Equal("quick-figure:full", (await context.Experiments.SingleAsync()).Reproduction);

        var (json, svg) = (Path.Combine(folder, "out", "quick-figure-full.json"), Path.Combine(folder, "out", "quick-figure-full.svg"));
        var result = JsonNode.Parse(await File.ReadAllTextAsync(json))!;
        Assert.Equal(4, result["runs"]!.AsArray().Count(run => run!["final"] is not null));
        Assert.NotEqual("not-run", (string)result["verdict"]!);
        System.Xml.Linq.XDocument.Parse(await File.ReadAllTextAsync(svg));

        // Once more: nothing runs, and the files are the same to the byte.
        var (before, drawn) = (await File.ReadAllBytesAsync(json), await File.ReadAllBytesAsync(svg));
        using (var again = Start())
        {
            await again.WaitForExitAsync();
            Assert.Equal(0, again.ExitCode);
        }
        Assert.Equal(before, await File.ReadAllBytesAsync(json));
        Assert.Equal(drawn, await File.ReadAllBytesAsync(svg));
        Assert.Equal(4, (await Runs(lab)).Count);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static async Task<List<Run>> Runs(TestWorker lab)
    {
        await using var context = lab.Context();
        return await context.Runs.AsNoTracking().ToListAsync();
    }

    private static async Task Until(TestWorker lab, Func<List<Run>, bool> reached)
    {
        for (var deadline = DateTime.UtcNow.AddSeconds(240); !reached(await Runs(lab)); await Task.Delay(50))
            Assert.True(DateTime.UtcNow < deadline, string.Join("; ", (await Runs(lab)).Select(run => $"{run.Name} {run.Status} at {run.StepsDone}: {run.Error}")));
    }

    private Process Start()
    {
        var dotnet = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "../../../dotnet"));
        var start = new ProcessStartInfo(
            dotnet, [Path.Combine(AppContext.BaseDirectory, "IntrinsicLab.Worker.dll"), "reproduce", "quick-figure", "--out", Path.Combine(folder, "out")])
        {
            RedirectStandardOutput = true,
        };
        start.Environment["Lab__DataFolder"] = Path.Combine(folder, "data");
        start.Environment["Lab__PlansFolder"] = Path.Combine(folder, "plans");
        start.Environment["Lab__CheckpointSeconds"] = "0.3";
        start.Environment["Lab__CpuSlots"] = "2";
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        return process;
    }
}
