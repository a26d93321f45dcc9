using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using IntrinsicLab.Tests.Support;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace IntrinsicLab.Tests.Web.Endpoints;

/// <summary>What is written about the API holds.</summary>
[Collection(ApiCollection.Name)]
public partial class DocumentationTests(ApiApplication lab)
{
    /// <summary>Set this environment variable to 1 and run the test to write the file anew.</summary>
    private const string Rewrite = "LAB_REWRITE_OPENAPI";

    [Fact]
    public async Task OpenApi_IsTheCommittedDocument()
    {
        var file = Path.Combine(Repository.Root, "docs", "openapi.json");
        var actual = (await lab.Client.GetStringAsync("/openapi/v1.json")).ReplaceLineEndings("\n") + "\n";
        if (Environment.GetEnvironmentVariable(Rewrite) == "1")
            await File.WriteAllTextAsync(file, actual);

        Assert.True(await File.ReadAllTextAsync(file) == actual,
            $"The API differs from docs/openapi.json. If that is meant, run this test with {Rewrite}=1 and commit the file: scripts of other people depend on it.");
    }

    [Fact]
    public async Task SwaggerUi_ServesItsOwnFiles()
    {
        var page = await lab.Client.GetStringAsync("/api/index.html");

        Assert.DoesNotContain("://", Regex.Replace(page, "<!--.*?-->", "", RegexOptions.Singleline));
        Assert.True((await lab.Client.GetAsync("/api/swagger-ui-bundle.js")).IsSuccessStatusCode);
    }

    /// <summary>Runs every shell example of docs/api.md, in order, with curl against a real port.</summary>
    [Fact]
    public async Task Guide_EveryExampleRuns()
    {
        await using var served = new ApiApplication();
        served.UseKestrel(0);
        served.StartServer();
        var address = served.Service<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        var guide = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "api.md"));
        var examples = ShellExample().Matches(guide).Select(match => match.Groups[1].Value).ToList();
        Assert.True(examples.Count >= 8);

        var start = new ProcessStartInfo("bash", ["-euo", "pipefail"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Directory.CreateTempSubdirectory("lab-guide-").FullName,
            Environment = { ["LAB"] = address },
        };
        using var shell = Process.Start(start)!;
        var (output, errors) = (shell.StandardOutput.ReadToEndAsync(), shell.StandardError.ReadToEndAsync());
        var script = new StringBuilder();
        foreach (var (index, example) in examples.Index())
            script.Append("echo EXAMPLE ").Append(index + 1).Append(" >&2\n").Append(example);
        await shell.StandardInput.WriteAsync(script.ToString());
        shell.StandardInput.Close();
        await shell.WaitForExitAsync(new CancellationTokenSource(TimeSpan.FromMinutes(2)).Token);
        Directory.Delete(start.WorkingDirectory, recursive: true);

        Assert.True(shell.ExitCode == 0, $"{await errors}\n{await output}");
    }

    [GeneratedRegex("^```sh\n(.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex ShellExample();
}
