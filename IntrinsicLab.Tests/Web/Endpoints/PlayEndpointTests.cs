using System.Diagnostics;
using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Web.Endpoints;
using IntrinsicLab.Web.Live;

namespace IntrinsicLab.Tests.Web.Endpoints;

[Collection(ApiCollection.Name)]
public class PlayEndpointTests(ApiApplication lab)
{
    private const string Start = """{"do":"start","seed":3}""";

    [Fact]
    public async Task Play_EqualSeeds_ShowEqualEpisodes()
    {
        using var game = await Connect();
        var started = await Ask(game, Start);
        var first = await Ask(game, """{"do":"step","count":5}""");
        var again = await Ask(game, """{"do":"reset","seed":3}""");
        var second = await Ask(game, """{"do":"step","count":5}""");

        Assert.Equal("started", (string)started["kind"]!);
        Assert.Equal(2, (int)started["spec"]!["action"]!["count"]!);
        Assert.NotNull(started["frames"]![0]!["scene"]!["width"]);
        Assert.Equal(started["frames"]!.ToJsonString(), again["frames"]!.ToJsonString());
        Assert.Equal(5, first["frames"]!.AsArray().Count);
        Assert.Equal(first.ToJsonString(), second.ToJsonString());
        Assert.Equal(5.0, (double)first["frames"]![4]!["return"]!);
    }

    [Fact]
    public async Task Play_BeyondTheEnd_StopsThereAndNeedsAReset()
    {
        using var game = await Connect("catch");
        await Ask(game, Start);
        var frames = (await Ask(game, """{"do":"step","action":[1],"count":240}"""))["frames"]!.AsArray();
        var after = await Ask(game, """{"do":"step"}""");
        var next = await Ask(game, """{"do":"reset"}""");

        Assert.Equal(9, frames.Count);
        Assert.True((bool)frames[^1]!["terminated"]!);
        Assert.Contains("over", after.ToJsonString());
        Assert.Equal(0, (int)next["frames"]![0]!["step"]!);
    }

    [Theory]
    [InlineData("""{"do":"start","environmentParameters":{"gravity":-1}}""", "/environmentParameters/gravity", "out of range")]
    [InlineData("""{"do":"start","environmentParameters":{"gravty":1}}""", "/environmentParameters/gravty", "Did you mean")]
    [InlineData("""{"do":"start","seed":-1}""", "/seed", "out of range")]
    [InlineData("""{"do":"stat"}""", "/do", "Did you mean 'start'")]
    [InlineData("""{"do":"step","action":[7]}""", "/action", "none of the actions")]
    [InlineData("""{"do":"step","action":"left"}""", "/action", "list of numbers")]
    [InlineData("""{"do":"step","count":100000}""", "/count", "out of range")]
    [InlineData("garbage", "", "not JSON")]
    public async Task Play_BadInput_NamesEveryFaultAndGoesOn(string command, string pointer, string message)
    {
        using var game = await Connect();
        await Ask(game, Start);

        var answer = await Ask(game, command);

        Assert.Equal("problems", (string)answer["kind"]!);
        Assert.Contains(message, (string)answer["problems"]![pointer]![0]!);
        Assert.Equal("frames", (string)(await Ask(game, """{"do":"step"}"""))["kind"]!);
    }

    [Fact]
    public async Task Play_StepBeforeStart_SaysWhatComesFirst()
    {
        using var game = await Connect();

        Assert.Contains("first command is start", (await Ask(game, """{"do":"step"}""")).ToJsonString());
    }

    [Fact]
    public async Task Play_ProcessKilled_SaysSoAndTheLabGoesOn()
    {
        using var game = await Connect();
        var others = lab.Service<PlaySessions>().ProcessIds;
        await Ask(game, Start);
        using var process = Process.GetProcessById(lab.Service<PlaySessions>().ProcessIds.Except(others).Single());
        process.Kill();
        await process.WaitForExitAsync();

        var answer = await Ask(game, """{"do":"step"}""");

        Assert.Equal("crashed", (string)answer["reason"]!);
        Assert.Contains("signal 9", (string)answer["message"]!);
        Assert.Equal(HttpStatusCode.OK, (await lab.Client.GetAsync("environments")).StatusCode);
        using var another = await Connect();
        Assert.Equal("started", (string)(await Ask(another, Start))["kind"]!);
    }

    [Fact]
    public async Task Play_NinthAtOnce_IsToldToWait()
    {
        // A lab of its own: other tests' sessions may still be ending.
        await using var own = new ApiApplication();
        var games = new List<WebSocket>();
        for (var index = 0; index < PlaySessions.Most; index++)
            games.Add(await Connect(application: own));
        // A connection is there a moment before its session is.
        while (own.Service<PlaySessions>().Count < PlaySessions.Most)
            await Task.Delay(10);
        using (var ninth = await Connect(application: own))
            Assert.Equal("busy", (string)(await Hear(ninth))["reason"]!);

        await games[0].CloseAsync(WebSocketCloseStatus.NormalClosure, null, default);
        using (var next = await Connect(application: own))
            Assert.Equal("started", (string)(await Ask(next, Start))["kind"]!);
        foreach (var game in games)
            game.Dispose();
    }

    [Fact]
    public async Task Play_NobodyAsks_EndsAfterAWhile()
    {
        var sessions = new PlaySessions { Idle = TimeSpan.FromMilliseconds(20) };

        var end = await sessions.Play("cartpole", () => new TaskCompletionSource<string?>().Task, (_, _) => Task.CompletedTask, default);

        Assert.Equal("idle", end!.Reason);
    }

    [Fact]
    public async Task Play_LargeCommand_IsRefused()
    {
        using var game = await Connect();

        var answer = await Ask(game, new string(' ', PlayEndpoint.LargestCommand + 1));

        Assert.Equal("refused", (string)answer["reason"]!);
    }

    [Fact]
    public async Task Play_FromAnotherOrigin_IsRefused()
    {
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => Connect(origin: "http://evil.example"));
        using var own = await Connect(origin: "http://localhost");

        Assert.Contains("403", refused.Message);
        Assert.Equal(WebSocketState.Open, own.State);
    }

    [Fact]
    public async Task Play_UnknownOrWithoutWebSocket_IsAProblem()
    {
        Assert.Contains("'cartpole'", (string)(await ApiApplication.Problem(await lab.Client.GetAsync("environments/cartpol/play"), 404))["detail"]!);
        await ApiApplication.Problem(await lab.Client.GetAsync("environments/cartpole/play"), 426);
    }

    [Fact]
    public async Task Picture_OfEveryEnvironmentThatRunsHere_IsAScene()
    {
        foreach (var entry in EnvironmentCatalog.All)
        {
            var response = await lab.Client.GetAsync($"environments/{entry.Id}/picture");
            if (entry.WhyUnavailable() is not null)
            {
                await ApiApplication.Problem(response, 404);
                continue;
            }
            if (response.StatusCode == HttpStatusCode.NotFound)
            {
                // Only one that draws nothing may have no picture.
                Assert.Contains("picture", await response.Content.ReadAsStringAsync());
                continue;
            }
            var scene = await ApiApplication.Read(response, HttpStatusCode.OK);
            Assert.True(scene["shapes"] is not null || scene["solids"] is not null || scene["image"] is not null, entry.Id);
        }
    }

    [Fact]
    public async Task Picture_SeenBefore_IsNotSentAgain()
    {
        var tag = (await lab.Client.GetAsync("environments/catch/picture")).Headers.ETag!.ToString();

        var again = await lab.Send(HttpMethod.Get, "environments/catch/picture", null, ("If-None-Match", tag));

        Assert.Equal(HttpStatusCode.NotModified, again.StatusCode);
    }

    private async Task<WebSocket> Connect(string environment = "cartpole", string? origin = null, ApiApplication? application = null)
    {
        var client = (application ?? lab).Server.CreateWebSocketClient();
        client.ConfigureRequest = request =>
        {
            if (origin is not null)
                request.Headers.Origin = origin;
        };
        return await client.ConnectAsync(new Uri($"ws://localhost/api/v1/environments/{environment}/play"), default);
    }

    private static async Task<JsonObject> Ask(WebSocket game, string command)
    {
        await game.SendAsync(Encoding.UTF8.GetBytes(command), WebSocketMessageType.Text, endOfMessage: true, default);
        return await Hear(game);
    }

    private static async Task<JsonObject> Hear(WebSocket game)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var text = new MemoryStream();
        var buffer = new byte[64 * 1024];
        while (true)
        {
            var part = await game.ReceiveAsync(buffer.AsMemory(), patience.Token);
            Assert.NotEqual(WebSocketMessageType.Close, part.MessageType);
            text.Write(buffer, 0, part.Count);
            if (part.EndOfMessage)
                return JsonNode.Parse(text.ToArray())!.AsObject();
        }
    }
}
