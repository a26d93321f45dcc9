using System.Text.Json.Nodes;
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
        var items = (await ApiApplication.Read(response, System.Net.HttpStatusCode.OK))["items"]!.AsArray();

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
