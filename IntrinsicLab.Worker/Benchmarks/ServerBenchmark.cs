using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;

namespace IntrinsicLab.Worker.Benchmarks;

internal static class ServerBenchmark
{
    public static async Task Run()
    {
        var web = Path.Combine(AppContext.BaseDirectory, "IntrinsicLab.Web.dll");
        if (!File.Exists(web))
        {
            Console.WriteLine("  The dashboard does not lie beside the worker; run this as ./lab bench.");
            return;
        }
        var folder = Directory.CreateTempSubdirectory("intrinsiclab-bench-").FullName;
        try
        {
            await Prepare(folder);
            var address = $"http://127.0.0.1:{FreePort()}";
            var watch = Stopwatch.StartNew();
            using var server = Start(web, address, folder);
            try
            {
                using var client = new HttpClient { BaseAddress = new Uri(address), Timeout = TimeSpan.FromSeconds(60) };
                await Eventually(async () => (await client.GetAsync("/")).IsSuccessStatusCode);
                BenchCommand.Report("from start of the dashboard to its first page", watch.Elapsed.TotalSeconds, "s");
                await Measure(client);
            }
            finally
            {
                server.Kill(entireProcessTree: true);
                await server.WaitForExitAsync();
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task Measure(HttpClient client)
    {
        var watch = Stopwatch.StartNew();
        var answer = await client.PostAsJsonAsync("/api/v1/runs", new { algorithm = "ppo", environment = "cartpole", steps = 100_000 });
        var run = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString();
        await Eventually(async () => (await client.GetAsync($"/api/v1/runs/{run}/metrics/return/extrinsic")).IsSuccessStatusCode);
        BenchCommand.Report("from POST of a run to its first point", watch.Elapsed.TotalSeconds, "s");
        await Eventually(async () => (await client.GetStringAsync($"/api/v1/runs/{run}?wait=60&until=terminal")).Contains("\"completed\"", StringComparison.OrdinalIgnoreCase));

        await MeasureCancel(client);

        var full = (await client.GetFromJsonAsync<JsonElement>("/api/v1/runs?q=ppo-cartpole-1&limit=1000")).GetProperty("items").EnumerateArray()
            .First(item => item.GetProperty("status").GetString() == "starting").GetProperty("id").GetString();
        foreach (var format in new[] { "application/octet-stream", "application/json" })
            BenchCommand.Report($"chart of 1,000,000 points over HTTP, {format}", 1e3 * await BenchCommand.MedianSeconds(9, async () =>
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/runs/{full}/metrics/return/episode?points=1000");
                request.Headers.Add("Accept", format);
                (await client.SendAsync(request)).EnsureSuccessStatusCode();
            }), "ms");
        BenchCommand.Report("first 100 of 10,000 runs over HTTP", 1e3 * await BenchCommand.MedianSeconds(9, () => client.GetStringAsync("/api/v1/runs?limit=100")), "ms");
        BenchCommand.Report("page of the run table with 10,000 runs", 1e3 * await BenchCommand.MedianSeconds(9, () => client.GetStringAsync("/runs")), "ms");
    }

    private static async Task MeasureCancel(HttpClient client)
    {
        var answer = await client.PostAsJsonAsync("/api/v1/runs", new { algorithm = "ppo", environment = "cartpole", steps = 1_000_000_000 });
        var run = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString();
        await Eventually(async () => (await client.GetAsync($"/api/v1/runs/{run}/metrics/return/extrinsic")).IsSuccessStatusCode);
        var watch = Stopwatch.StartNew();
        (await client.PostAsync($"/api/v1/runs/{run}/cancel", JsonContent.Create(new { }))).EnsureSuccessStatusCode();
        await Eventually(async () => (await client.GetStringAsync($"/api/v1/runs/{run}?wait=60&until=terminal")).Contains("\"cancelled\"", StringComparison.Ordinal));
        BenchCommand.Report("from cancelling a running run to its end, checkpoint written", watch.Elapsed.TotalSeconds, "s");
    }

    private static async Task Prepare(string folder)
    {
        await using var services = StorageBenchmark.Services(folder);
        await Data.DataServices.MigrateLabDatabase(services);
        var run = await StorageBenchmark.AddRun(services);
        await StorageBenchmark.Ingest(services, run, 1_000_000);
        await StorageBenchmark.AddRuns(services, run, 10_000);
    }

    private static Process Start(string web, string address, string folder)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            ArgumentList = { web, "--urls", address },
            WorkingDirectory = AppContext.BaseDirectory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["Lab__DataFolder"] = folder;
        var server = Process.Start(start)!;
        server.OutputDataReceived += (_, _) => { };
        server.ErrorDataReceived += (_, _) => { };
        server.BeginOutputReadLine();
        server.BeginErrorReadLine();
        return server;
    }

    private static async Task Eventually(Func<Task<bool>> condition)
    {
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < TimeSpan.FromSeconds(90))
        {
            try
            {
                if (await condition())
                    return;
            }
            catch (HttpRequestException)
            {
                // The server does not listen yet.
            }
            await Task.Delay(20);
        }
        throw new TimeoutException("The dashboard did not get there within 90 seconds.");
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
