using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using IntrinsicLab.Data;
using IntrinsicLab.Web.Endpoints;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace IntrinsicLab.Tests.Web.Endpoints;

/// <summary>The real application over HTTP, with a database of its own in a temporary folder and no worker.</summary>
public sealed class ApiApplication : WebApplicationFactory<ApiErrors>
{
    public const string SmallRun = """{"algorithm":"ppo","environment":"cartpole","steps":1000}""";
    private readonly string folder = Path.Combine(Path.GetTempPath(), $"lab-api-{Guid.NewGuid():N}");
    private HttpClient? client;

    public string ResultsFolder => Path.Combine(folder, "results");

    public HttpClient Client => client ??= CreateClient(new() { BaseAddress = new("http://localhost/api/v1/") });

    public T Service<T>() where T : notnull => Services.GetRequiredService<T>();

    public LabDbContext Context() => Service<IDbContextFactory<LabDbContext>>().CreateDbContext();

    public static HttpRequestMessage Request(
        HttpMethod method, string path, string? json = null, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(method, path);
        if (json is not null)
            request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        foreach (var (name, value) in headers)
            Assert.True(request.Headers.TryAddWithoutValidation(name, value));
        return request;
    }

    public Task<HttpResponseMessage> Send(
        HttpMethod method, string path, string? json = null, params (string Name, string Value)[] headers) =>
        Client.SendAsync(Request(method, path, json, headers));

    public async Task<JsonObject> Get(string path) => await Read(await Client.GetAsync(path), HttpStatusCode.OK);

    public async Task<JsonObject> Post(string path, string? json = null, HttpStatusCode expected = HttpStatusCode.OK) =>
        await Read(await Send(HttpMethod.Post, path, json), expected);

    /// <summary>Creates a run and returns its path, such as <c>runs/…</c>.</summary>
    public async Task<string> CreateRun(string json = SmallRun) => $"runs/{(await Post("runs", json, HttpStatusCode.Created))["id"]}";

    public Task<string> CreateExternal(string name = "external") => CreateRun($$"""{"source":"external","name":"{{name}}"}""");

    public static Guid IdOf(string runPath) => Guid.Parse(runPath.Split('/')[^1]);

    public static async Task<JsonObject> Read(HttpResponseMessage response, HttpStatusCode expected)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == expected, $"{(int)response.StatusCode}: {text}");
        return JsonNode.Parse(text)!.AsObject();
    }

    /// <summary>Asserts that an answer has the one form of every error, and returns it.</summary>
    public static async Task<JsonObject> Problem(HttpResponseMessage response, int status)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.True((int)response.StatusCode == status, $"{(int)response.StatusCode} in place of {status}: {text}");
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        var problem = JsonNode.Parse(text)!.AsObject();
        Assert.Equal(status, (int)problem["status"]!);
        foreach (var member in (string[])["type", "title", "detail", "instance", "traceId"])
            Assert.False(string.IsNullOrEmpty((string?)problem[member]), $"{member} is missing: {text}");
        Assert.DoesNotContain("   at ", text);
        return problem;
    }

    /// <summary>The messages of one place, in one text.</summary>
    public static string Errors(JsonObject problem, string pointer) =>
        problem["errors"]?[pointer] is JsonArray messages
            ? string.Join(" ", messages)
            : throw new Xunit.Sdk.XunitException($"nothing at {pointer}: {problem}");

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        builder.UseSetting("Lab:DataFolder", folder);
        builder.UseSetting("Lab:Database", "");
        builder.UseSetting("Lab:EmbeddedWorker", "false");
        builder.UseSetting("Lab:ResultsFolder", ResultsFolder);
        builder.UseSetting("Logging:LogLevel:Default", "Warning");
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }
}

/// <summary>All tests of the API share one application.</summary>
[CollectionDefinition(Name)]
public sealed class ApiCollection : ICollectionFixture<ApiApplication>
{
    public const string Name = "api";
}
