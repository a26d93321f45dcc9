using System.Net;
using IntrinsicLab.Web.Endpoints;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.Configuration;

namespace IntrinsicLab.Tests.Web.Endpoints;

[Collection(ApiCollection.Name)]
public class SafetyTests(ApiApplication lab)
{
    [Theory]
    [InlineData("Origin", "http://evil.example", 403)]
    [InlineData("Origin", "null", 403)]
    [InlineData("Origin", "http://localhost:8080", 403)]
    [InlineData("Origin", "http://localhost", 201)]
    [InlineData("Sec-Fetch-Site", "cross-site", 403)]
    [InlineData("Sec-Fetch-Site", "same-site", 403)]
    [InlineData("Sec-Fetch-Site", "same-origin", 201)]
    public async Task Changes_FromOtherOrigins_AreRefused(string header, string value, int status)
    {
        var response = await lab.Send(HttpMethod.Post, "runs", ApiApplication.SmallRun, (header, value));

        if (status == 403)
            await ApiApplication.Problem(response, 403);
        else
            Assert.Equal(HttpStatusCode.Created, response.StatusCode);
    }

    [Fact]
    public async Task ActionsWithoutBody_FromOtherOrigins_AreRefused() =>
        await ApiApplication.Problem(
            await lab.Send(HttpMethod.Post, $"{await lab.CreateRun()}/cancel", null, ("Origin", "http://evil.example")), 403);

    [Fact]
    public async Task OtherHosts_AreRefused()
    {
        var request = ApiApplication.Request(HttpMethod.Get, "runs");
        request.Headers.Host = "evil.example";

        await ApiApplication.Problem(await lab.Client.SendAsync(request), 400);
    }

    [Theory]
    [InlineData("http://127.0.0.1:5080", true)]
    [InlineData("http://localhost:0;http://[::1]:5080", true)]
    [InlineData("http://0.0.0.0:5080", false)]
    [InlineData("http://*:5080", false)]
    [InlineData("http://+:80", false)]
    [InlineData("http://127.0.0.1:5080;http://192.168.1.2:5080", false)]
    [InlineData("http://[::]:5080", false)]
    [InlineData("http://lab.example:5080", false)]
    public void Addresses_OtherThanLoopback_AreRefused(string urls, bool allowed) => Assert.Equal(allowed, Refusal("urls", urls) is null);

    [Fact]
    public void Addresses_OfEndpointsAndPorts_CountToo()
    {
        Assert.NotNull(Refusal("Kestrel:Endpoints:Http:Url", "http://0.0.0.0:80"));
        Assert.NotNull(Refusal("http_ports", "8080"));
        Assert.DoesNotContain('\n', Refusal("http_ports", "8080")!);
    }

    [Fact]
    public async Task UnhandledException_IsA500WithoutATrace()
    {
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseTestServer();
        await using var app = builder.Build();
        app.UseMiddleware<ApiErrors>();
        app.Run(_ => throw new InvalidOperationException("secret"));
        await app.StartAsync();
        var problem = await ApiApplication.Problem(await app.GetTestClient().GetAsync("/api/v1/runs"), 500);

        Assert.DoesNotContain("secret", problem.ToJsonString());
    }

    private static string? Refusal(string setting, string value) =>
        LoopbackOnly.WhyRefused(
            new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { [setting] = value }).Build());
}
