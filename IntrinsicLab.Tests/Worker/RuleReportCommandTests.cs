using System.Diagnostics;
using System.Runtime.InteropServices;

namespace IntrinsicLab.Tests.Worker;

public sealed class RuleReportCommandTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("lab-rule-report-").FullName;

    [Fact]
    public async Task RuleReport_OfWhatIsNoRule_SaysSoBeforeAnythingIsMeasured()
    {
        var file = Path.Combine(folder, "faulty.rule.json");
        await File.WriteAllTextAsync(file, """{"format":"intrinsiclab-rule"}""");

        var (code, printed) = await Run("missing-rule@1");
        Assert.Equal(2, code);
        Assert.Contains("There is no rule missing-rule@1", printed);

        (code, printed) = await Run(file);
        Assert.Equal(2, code);
        Assert.Contains("/parameters", printed);
        Assert.DoesNotContain("Chance and A2C", printed);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private async Task<(int Code, string Printed)> Run(params string[] words)
    {
        var dotnet = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "../../../dotnet"));
        var start = new ProcessStartInfo(dotnet, [Path.Combine(AppContext.BaseDirectory, "IntrinsicLab.Worker.dll"), "rule-report", .. words])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["Lab__DataFolder"] = Path.Combine(folder, "data");
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, await output + await errors);
    }
}
