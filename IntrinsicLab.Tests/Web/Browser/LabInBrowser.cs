using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using IntrinsicLab.Core.Analyses;
using IntrinsicLab.Data;
using IntrinsicLab.Tests.Support;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;

namespace IntrinsicLab.Tests.Web.Browser;

/// <summary>The real dashboard in a process of its own, with an empty data folder, and Debian's Chromium to look at it.</summary>
public sealed class LabInBrowser : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("lab-browser-").FullName;
    private Process? server;
    private IPlaywright? playwright;

    public Uri Address { get; } = new($"http://127.0.0.1:{FreePort()}/");

    public HttpClient Client => field ??= new HttpClient { BaseAddress = new Uri(Address, "api/v1/") };

    public IBrowser Browser { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        var program = Program();
        var start = new ProcessStartInfo("dotnet", [program, "--urls", Address.ToString()])
        {
            WorkingDirectory = Path.GetDirectoryName(program),
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["Lab__DataFolder"] = folder;
        start.Environment["Lab__CpuSlots"] = "2";
        start.Environment["Lab__PlansFolder"] = QuickFigure.WritePlans(Path.Combine(folder, "plans"));
        start.Environment["Lab__ResultsFolder"] = Path.Combine(folder, "results");
        if (Published is null)
            start.Environment["ASPNETCORE_ENVIRONMENT"] = "Development";
        server = Process.Start(start)!;
        server.OutputDataReceived += (_, _) => { };
        server.ErrorDataReceived += (_, _) => { };
        server.BeginOutputReadLine();
        server.BeginErrorReadLine();
        await Until(async () => (await Client.GetAsync("/health/live")).IsSuccessStatusCode, "the server to answer", 60);

        playwright = await Playwright.CreateAsync();
        Browser = await playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = "/usr/bin/chromium",
            Args =
            [
                "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
                "--disable-component-update", "--disable-sync",
                // Pictures in three dimensions are drawn by the processor.
                "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
            ],
        });
    }

    public async Task DisposeAsync()
    {
        if (Browser is not null)
            await Browser.DisposeAsync();
        playwright?.Dispose();
        server?.Kill(entireProcessTree: true);
        server?.WaitForExit(10_000);
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>A page that remembers what went wrong in it.</summary>
    public async Task<LabPage> Open(string path, int width = 1440, ColorScheme scheme = ColorScheme.Light)
    {
        var context = await Browser.NewContextAsync(new() { ViewportSize = new() { Width = width, Height = 900 }, ColorScheme = scheme, BaseURL = Address.ToString() });
        var page = new LabPage(await context.NewPageAsync());
        await page.Go(path);
        return page;
    }

    /// <summary>A run whose points come from here: curves without training.</summary>
    public async Task<Guid> AddCurves(string name, int points = 400)
    {
        var created = await Send("runs", new JsonObject { ["source"] = "external", ["name"] = name, ["algorithm"] = "ppo", ["environment"] = "cartpole", ["steps"] = 100_000 });
        var id = (Guid)created["id"]!;
        var steps = Enumerable.Range(1, points).Select(index => 100_000 * index / points).ToList();
        await Send($"runs/{id}/metrics", new JsonObject
        {
            ["series"] = new JsonObject
            {
                ["return/extrinsic"] = Series(steps, step => 500 * (1 - Math.Exp(-step / 30_000.0))),
                ["loss/value"] = Series(steps, step => 50 * Math.Exp(-step / 40_000.0) + 1),
            },
        });
        return id;
    }

    public async Task<JsonObject> Send(string path, JsonNode body)
    {
        using var response = await Client.PostAsJsonAsync(path, body);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        return JsonNode.Parse(text)!.AsObject();
    }

    /// <summary>Stores an artifact of a run beside the server, which has no endpoint for it: only a run's own process stores any.</summary>
    public async Task Store(Guid run, string name, byte[] content)
    {
        await using var data = Data();
        await data.GetRequiredService<ArtifactStore>().Put(run, name, "application/json", content);
    }

    /// <summary>Keeps the report of a rule beside the server, as the command line does.</summary>
    public async Task Keep(RuleReport report)
    {
        await using var data = Data();
        data.GetRequiredService<RuleReports>().Keep(report);
    }

    private ServiceProvider Data()
    {
        var settings = new Dictionary<string, string?> { ["Lab:DataFolder"] = folder };
        return new ServiceCollection().AddLabData(new ConfigurationBuilder().AddInMemoryCollection(settings).Build()).BuildServiceProvider();
    }

    public static async Task Until(Func<Task<bool>> condition, string what, double seconds = 60)
    {
        for (var watch = Stopwatch.StartNew(); watch.Elapsed.TotalSeconds < seconds; await Task.Delay(100))
            try
            {
                if (await condition())
                    return;
            }
            catch (HttpRequestException)
            {
                // Not yet.
            }
        Assert.Fail($"Waited {seconds} s for {what}.");
    }

    private static string? Published => Environment.GetEnvironmentVariable("INTRINSICLAB_APP") is { Length: > 0 } folder ? folder : null;

    // What ./lab test published; in an editor, what was built beside these tests.
    private static string Program() => Path.Combine(
        Published ?? AppContext.BaseDirectory.Replace("IntrinsicLab.Tests", "IntrinsicLab.Web", StringComparison.Ordinal), "IntrinsicLab.Web.dll");

    private static JsonObject Series(List<int> steps, Func<int, double> value) => new()
    {
        ["step"] = new JsonArray([.. steps.Select(step => (JsonNode)step)]),
        ["value"] = new JsonArray([.. steps.Select(step => (JsonNode)value(step))]),
    };

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}

/// <summary>One tab.</summary>
public sealed class LabPage : IAsyncDisposable
{
    private static readonly Lazy<string> Axe = new(() => File.ReadAllText(Path.Combine(Repository.Root, "node_modules", "axe-core", "axe.min.js")));
    private readonly List<string> faults = [];

    // Patient, for machines that build beside testing.
    private const float Patience = 60_000;

    static LabPage() => Assertions.SetDefaultExpectTimeout(Patience);

    public LabPage(IPage page)
    {
        Tab = page;
        page.SetDefaultTimeout(Patience);
        page.Console += (_, message) =>
        {
            // Copying a picture that the processor drew counts as slow to a driver that expects a graphics card.
            if (message.Type is "error" or "warning" && !message.Text.Contains("GL Driver Message (OpenGL, Performance", StringComparison.Ordinal))
                faults.Add(message.Text);
        };
        page.PageError += (_, error) => faults.Add(error);
    }

    public IPage Tab { get; }

    /// <summary>Opens an address and waits until the circuit listens.</summary>
    public async Task Go(string path)
    {
        await Tab.GotoAsync(path);
        await Tab.WaitForSelectorAsync("main h1", new() { State = WaitForSelectorState.Attached });
        await Tab.WaitForFunctionAsync("() => window.Blazor && document.querySelector('[data-interactive]')");
    }

    public void AssertNoErrors() => Assert.True(faults.Count == 0, string.Join("\n", faults));

    /// <summary>Faults that hold a text were meant to happen.</summary>
    public void Forget(string text) => faults.RemoveAll(fault => fault.Contains(text, StringComparison.Ordinal));

    public async Task AssertNoOverflow() =>
        Assert.Equal(0, await Tab.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth"));

    public async Task AssertAccessible()
    {
        await Tab.EvaluateAsync(Axe.Value);
        var found = await Tab.EvaluateAsync<string[]>(
            "async () => (await axe.run(document, { resultTypes: ['violations'] })).violations.map(v => `${v.id}: ${v.help}\\n  ${v.nodes.map(n => n.html).slice(0, 3).join('\\n  ')}`)");
        Assert.True(found.Length == 0, string.Join("\n", found));
    }

    public async ValueTask DisposeAsync() => await Tab.Context.DisposeAsync();
}

/// <summary>All browser tests share one lab and one browser.</summary>
[CollectionDefinition(Name)]
public sealed class BrowserCollection : ICollectionFixture<LabInBrowser>
{
    public const string Name = "browser";
}
