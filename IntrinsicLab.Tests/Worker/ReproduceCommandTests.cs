using System.Diagnostics;
using System.Runtime.InteropServices;
using IntrinsicLab.Tests.Support;

namespace IntrinsicLab.Tests.Worker;

/// <summary>Several figures in one call on the command line.</summary>
public sealed class ReproduceCommandTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("lab-reproduce-many-").FullName;

    [Fact]
    public async Task Reproduce_ATag_RunsAllWithItAndEndsWithOneTable()
    {
        Directory.CreateDirectory(Path.Combine(folder, "plans"));
        foreach (var (id, reduced) in (IEnumerable<(string, string)>)[("first", "\"reduced\": {\"steps\": 512}, "), ("second", "\"reduced\": {\"steps\": 1024, \"expected\": []}, "), ("third", "")])
            await File.WriteAllTextAsync(Path.Combine(folder, "plans", $"{id}.json"), QuickFigure.Json
                .Replace("\"name\": \"A quick figure\"", "\"tags\": [\"quick\"], \"name\": \"A quick figure\"").Replace("quick-figure", id)
                .Replace("\"reduced\": {\"steps\": 2048},", reduced).Replace(reduced.Length > 0 ? "\t" : ", \"reduced\": 0.1", ""));

        var (code, refused) = await Run("quick", "qick");
        Assert.Equal(2, code);
        Assert.Contains("There is no figure and no tag 'qick'. Did you mean 'quick'?", refused);
        Assert.Contains("Figures: first, second, third.", refused);
        Assert.Contains("Tags: quick.", refused);

        (code, var printed) = await Run("second", "quick", "--reduced");
        Assert.True(code == 0, printed);
        Assert.Contains("third has no reduced form and is skipped.", printed);
        Assert.Contains("2 figures, 8 runs to go", printed);
        var summary = printed[printed.IndexOf("Summary", StringComparison.Ordinal)..];
        // In the order of the words, then of the catalogue.
        Assert.True(summary.IndexOf("second", StringComparison.Ordinal) < summary.IndexOf("first", StringComparison.Ordinal));
        Assert.Contains("nothing: shown without a verdict", summary);
        Assert.Contains("with PPO better than with A2C on cartpole", summary);
        Assert.Matches("This call took 0:[0-9]{2}:[0-9]{2}", summary);
        Assert.Equal(
            ["first-reduced.json", "first-reduced.svg", "second-reduced.json", "second-reduced.svg"],
            Directory.GetFiles(Path.Combine(folder, "out")).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private async Task<(int Code, string Printed)> Run(params string[] words)
    {
        var dotnet = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "../../../dotnet"));
        var start = new ProcessStartInfo(
            dotnet, [Path.Combine(AppContext.BaseDirectory, "IntrinsicLab.Worker.dll"), "reproduce", .. words, "--out", Path.Combine(folder, "out")])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["Lab__DataFolder"] = Path.Combine(folder, "data");
        start.Environment["Lab__PlansFolder"] = Path.Combine(folder, "plans");
        start.Environment["Lab__CpuSlots"] = "2";
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, await output + await errors);
    }
}
