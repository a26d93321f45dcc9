using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Data;

namespace IntrinsicLab.Tests.Web.Endpoints;

[Collection(ApiCollection.Name)]
public class RunEventsTests(ApiApplication lab)
{
    private sealed record Sent(string Id, string Type, JsonNode Data);

    [Fact]
    public async Task Stream_OfAnEndedRun_TellsItsHistoryAndEnds()
    {
        var path = await Ended();
        var response = await lab.Client.GetAsync($"{path}/events");
        var events = Parse(await response.Content.ReadAsStringAsync());

        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        Assert.Equal("no-cache", response.Headers.CacheControl!.ToString());
        Assert.Equal(["running", "completed"], events.Where(each => each.Type == "state").Select(each => (string)each.Data["to"]!));
        Assert.Equal(["one", "two", "three"], events.Where(each => each.Type == "log").Select(each => (string)each.Data["text"]!));
        var metrics = Assert.Single(events, each => each.Type == "metrics").Data["metrics"]!;
        Assert.Equal(("NaN", 2, 1.5), ((string)metrics["loss"]!["value"]!, (int)metrics["m"]!["step"]!, (double)metrics["m"]!["value"]!));
    }

    [Fact]
    public async Task Stream_WithLastEventId_GoesOnThere()
    {
        var path = await Ended();
        var whole = Parse(await lab.Client.GetStringAsync($"{path}/events"));

        for (var heard = 0; heard < whole.Count; heard++)
        {
            var response = await lab.Send(HttpMethod.Get, $"{path}/events", null, ("Last-Event-ID", whole[heard].Id));
            var rest = Parse(await response.Content.ReadAsStringAsync());
            Assert.Equal(whole.Skip(heard + 1).Select(each => each.Id), rest.Select(each => each.Id));
        }
        await ApiApplication.Problem(await lab.Send(HttpMethod.Get, $"{path}/events", null, ("Last-Event-ID", "x")), 400);
    }

    [Fact]
    public async Task Stream_OfALiveRun_SendsWhatHappens()
    {
        var path = await lab.CreateExternal();
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var response = await lab.Client.SendAsync(
            ApiApplication.Request(HttpMethod.Get, $"{path}/events"), HttpCompletionOption.ResponseHeadersRead, timeout.Token);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(timeout.Token));
        await Until(reader, "\"to\":\"running\"", timeout.Token);

        await lab.Post($"{path}/metrics", """{"series":{"m":{"step":[1],"value":[42]}}}""");
        await Until(reader, "\"value\":42", timeout.Token);
        await lab.Service<RunLog>().Append(ApiApplication.IdOf(path), [new(LogLine.Out, "hello")], timeout.Token);
        await Until(reader, "\"text\":\"hello\"", timeout.Token);
        await lab.Post($"{path}/complete");
        await Until(reader, "\"to\":\"completed\"", timeout.Token);
        while (await reader.ReadLineAsync(timeout.Token) is { } line)
            Assert.Equal("", line);
    }

    [Fact]
    public async Task Json_ListsTheTransitions()
    {
        var path = await lab.CreateRun();
        await lab.Post($"{path}/pause");
        var response = await lab.Send(HttpMethod.Get, $"{path}/events", null, ("Accept", "application/json"));
        var items = (await ApiApplication.Read(response, HttpStatusCode.OK))["items"]!.AsArray();

        Assert.Equal(["queued", "paused"], items.Select(each => (string)each!["to"]!));
        Assert.All(items, each => Assert.Equal("api", (string)each!["actor"]!));
    }

    [Fact]
    public async Task Log_GoesOnAfterASequenceNumber()
    {
        var path = await Ended();
        var page = await lab.Get($"{path}/log?after=1&limit=1");
        var plain = await lab.Send(HttpMethod.Get, $"{path}/log", null, ("Accept", "text/plain"));

        Assert.Equal("two", (string)page["items"]![0]!["text"]!);
        Assert.Equal("three", (string)(await lab.Get($"{path}/log?after={page["next"]}"))["items"]![0]!["text"]!);
        Assert.Equal("one\ntwo\nthree\n", await plain.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Artifacts_AreDownloadedAsTheyWereStored()
    {
        var path = await lab.CreateRun();
        await lab.Service<ArtifactStore>().Put(ApiApplication.IdOf(path), "figures/a b.html", "text/html", [1, 2, 3]);
        var listed = (await lab.Get($"{path}/artifacts"))["items"]![0]!;
        var response = await lab.Client.GetAsync($"{path}/artifacts/figures/a%20b.html");

        Assert.Equal(("figures/a b.html", 3), ((string)listed["name"]!, (int)listed["size"]!));
        Assert.Equal([1, 2, 3], await response.Content.ReadAsByteArrayAsync());
        Assert.Equal("attachment", response.Content.Headers.ContentDisposition!.DispositionType);
        Assert.Equal("nosniff", response.Headers.GetValues("X-Content-Type-Options").Single());
        await ApiApplication.Problem(await lab.Client.GetAsync($"{path}/artifacts/..%2f..%2fetc/passwd"), 404);
    }

    [Fact]
    public async Task Replays_TravelPackedWhereTheCallerUnpacks_AndAreNotModified()
    {
        var path = await lab.CreateRun();
        var id = ApiApplication.IdOf(path);
        await lab.Service<RunQueue>().Claim(id, "w", TimeSpan.FromMinutes(5));
        var text = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("""{"frame":1}""", 1000)));
        await lab.Service<MetricStore>().Append(id, 1, [], artifacts: [new NewArtifact(Replay.NameAt(512), "application/json", text).Compressed()]);
        var address = $"{path}/artifacts/{Replay.NameAt(512)}";

        var plain = await lab.Client.GetAsync(address);
        var packed = await lab.Send(HttpMethod.Get, address, null, ("Accept-Encoding", "br;q=0.1, gzip"));
        var refused = await lab.Send(HttpMethod.Get, address, null, ("Accept-Encoding", "gzip;q=0"));
        var seen = await lab.Send(HttpMethod.Get, address, null, ("Accept-Encoding", "gzip"), ("If-None-Match", packed.Headers.ETag!.ToString()));

        Assert.Equal("replays/0000000000512.json", (string)(await lab.Get($"{path}/artifacts"))["items"]![0]!["name"]!);
        Assert.Equal(text, await plain.Content.ReadAsByteArrayAsync());
        Assert.Equal(text, await refused.Content.ReadAsByteArrayAsync());
        Assert.Empty(refused.Content.Headers.ContentEncoding);
        Assert.Equal("gzip", Assert.Single(packed.Content.Headers.ContentEncoding));
        Assert.Equal("application/json", packed.Content.Headers.ContentType!.MediaType);
        using var unpacked = new GZipStream(await packed.Content.ReadAsStreamAsync(), CompressionMode.Decompress);
        Assert.Equal(text.Length, (await new StreamReader(unpacked).ReadToEndAsync()).Length);
        Assert.NotEqual(plain.Headers.ETag, packed.Headers.ETag);
        Assert.Equal(HttpStatusCode.NotModified, seen.StatusCode);
    }

    [Fact]
    public async Task Stream_OfANewReplay_SaysSo()
    {
        var path = await lab.CreateRun();
        var id = ApiApplication.IdOf(path);
        await lab.Service<RunQueue>().Claim(id, "w", TimeSpan.FromMinutes(5));
        await lab.Service<MetricStore>().Append(id, 1, [], artifacts: [new(Replay.NameAt(1), "application/json", [1]), new(Replay.NameAt(2), "application/json", [1])]);
        await lab.Service<RunQueue>().Transition(id, RunStatus.Failed, "test", "", 1);

        var events = Parse(await lab.Client.GetStringAsync($"{path}/events"));

        var told = Assert.Single(events, each => each.Type == "artifacts");
        Assert.Equal([Replay.NameAt(1), Replay.NameAt(2)], told.Data["items"]!.AsArray().Select(item => (string)item!["name"]!));
        var rest = await lab.Send(HttpMethod.Get, $"{path}/events", null, ("Last-Event-ID", told.Id));
        Assert.DoesNotContain("event: artifacts", await rest.Content.ReadAsStringAsync());
    }

    private async Task<string> Ended()
    {
        var path = await lab.CreateExternal();
        await lab.Service<RunLog>().Append(
            ApiApplication.IdOf(path), [new(LogLine.Out, "one"), new(LogLine.Err, "two"), new(LogLine.Lab, "three")]);
        await lab.Post($"{path}/metrics", """{"series":{"m":{"step":[1,2],"value":[1,1.5]},"loss":{"step":[1],"value":["NaN"]}}}""");
        await lab.Post($"{path}/complete");
        return path;
    }

    private static async Task Until(StreamReader reader, string text, CancellationToken cancellation)
    {
        while (await reader.ReadLineAsync(cancellation) is { } line)
            if (line.Contains(text, StringComparison.Ordinal))
                return;
        Assert.Fail($"The stream ended before {text}.");
    }

    private static List<Sent> Parse(string text) =>
        [.. text.Split("\n\n").Where(block => block.StartsWith("id: ", StringComparison.Ordinal)).Select(block => block.Split('\n'))
            .Select(lines => new Sent(lines[0]["id: ".Length..], lines[1]["event: ".Length..], JsonNode.Parse(lines[2]["data: ".Length..])!))];
}
