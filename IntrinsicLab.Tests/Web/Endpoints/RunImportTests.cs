using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace IntrinsicLab.Tests.Web.Endpoints;

[Collection(ApiCollection.Name)]
public class RunImportTests(ApiApplication lab)
{
    private const string Table = "run,algorithm,environment,seed,step,return\n{0} 1,{0},cartpole,1,100,10\n{0} 1,{0},cartpole,1,200,20\n{0} 2,{0},cartpole,2,100,12\n";

    [Fact]
    public async Task Import_OfATable_StoresRunsWithTheirCurves()
    {
        var imported = await Send("tabled.csv", Text("tabled"), HttpStatusCode.Created);

        Assert.Equal((2, 0, 3L), ((int)imported["created"]!, (int)imported["existing"]!, (long)imported["points"]!));
        var run = await lab.Get($"runs/{imported["files"]![0]!["runs"]![0]!["id"]}");
        Assert.Equal(("tabled 1", "external", "completed", 200L, 20.0),
            ((string)run["name"]!, (string)run["source"]!, (string)run["status"]!, (long)run["stepsDone"]!, (double)run["lastReturn"]!));
        Assert.Equal(["imported"], run["tags"]!.AsArray().Select(tag => (string)tag!));
        var curve = await lab.Get($"runs/{run["id"]}/metrics/return/extrinsic?agg=raw");
        Assert.Equal([100.0, 200.0], curve["x"]!.AsArray().Select(x => (double)x!));
        var compared = await lab.Post("comparisons", $$"""{"runs":[{{string.Join(",", Runs(imported).Select(each => $"\"{each["id"]}\""))}}]}""");
        Assert.Equal(2, compared["groups"]![0]!["runs"]!.AsArray().Count);
    }

    [Fact]
    public async Task Import_OfTheSameFileAgain_NamesTheRunsThereAre()
    {
        var first = await Send("twice.csv", Text("twice"), HttpStatusCode.Created);
        var preview = await Send("renamed.csv", Text("twice"), HttpStatusCode.OK, "&preview=true");
        var second = await Send("renamed.csv", Text("twice"), HttpStatusCode.OK);
        var grown = await Send("grown.csv", Text("twice") + "twice 3,twice,cartpole,3,100,9\n", HttpStatusCode.Created);

        Assert.All(Runs(preview).Concat(Runs(second)), run => Assert.Equal("exists", (string)run["state"]!));
        Assert.Equal(Runs(first).Select(run => (string)run["id"]!), Runs(second).Select(run => (string)run["id"]!));
        Assert.Equal((1, 2), ((int)grown["created"]!, (int)grown["existing"]!));
        Assert.Equal(3, (int)(await lab.Get("runs?algorithm=twice&count=true"))["count"]!);
    }

    [Fact]
    public async Task Import_WithAFault_StoresNothing()
    {
        var faulty = Text("faulty") + "faulty 3,faulty,cartpole,3,100,many\n";

        var preview = await Send("faulty.csv", faulty, HttpStatusCode.OK, "&preview=true");
        var problem = await ApiApplication.Problem(await Post("faulty.csv", faulty), 400);

        Assert.Equal((5, 6, "return"), ((int)preview["files"]![0]!["problems"]![0]!["line"]!, (int)preview["files"]![0]!["problems"]![0]!["column"]!,
            (string)preview["files"]![0]!["problems"]![0]!["name"]!));
        Assert.Contains("'many' is no number", ApiApplication.Errors(problem, "/5/return"));
        Assert.Equal(0, (int)(await lab.Get("runs?algorithm=faulty&count=true"))["count"]!);
    }

    [Fact]
    public async Task Import_OfSeveralFiles_IsAllOrNothing()
    {
        using var good = new MultipartFormDataContent { { new StringContent(Text("several")), "file", "a.csv" }, { new StringContent("step,return\n1,1\n"), "file", "b.csv" } };
        using var bad = new MultipartFormDataContent { { new StringContent(Text("halves")), "file", "a.csv" }, { new StringContent("step,return\n1,x\n2,y\n"), "file", "b.csv" } };

        var stored = await ApiApplication.Read(await lab.Client.PostAsync("runs/import", good), HttpStatusCode.Created);
        var refused = await ApiApplication.Problem(await lab.Client.PostAsync("runs/import", bad), 400);

        Assert.Equal(["a.csv", "b.csv"], stored["files"]!.AsArray().Select(file => (string)file!["name"]!));
        Assert.Contains("'x' is no number", ApiApplication.Errors(refused, "/b.csv/2/return"));
        Assert.Equal(0, (int)(await lab.Get("runs?algorithm=halves&count=true"))["count"]!);
    }

    [Fact]
    public async Task Import_OfAHundredMegabytes_IsRefusedWithTheLimit()
    {
        using var announced = new ByteArrayContent(new byte[100 * 1024 * 1024]);
        // Of unknown length: noticed while it is read.
        using var streamed = new StreamContent(new Endless());

        foreach (var content in (HttpContent[])[announced, streamed])
        {
            content.Headers.ContentType = new("text/csv");
            var problem = await ApiApplication.Problem(await lab.Client.PostAsync("runs/import", content), 413);
            Assert.Equal(32 * 1024 * 1024, (int)problem["limit"]!);
            Assert.Contains("32 MiB", (string)problem["detail"]!);
        }
    }

    private static string Text(string name) => Table.Replace("{0}", name, StringComparison.Ordinal);

    private static IEnumerable<JsonNode> Runs(JsonObject resource) => resource["files"]!.AsArray().SelectMany(file => file!["runs"]!.AsArray()).Select(run => run!);

    private Task<HttpResponseMessage> Post(string file, string text, string more = "") =>
        lab.Client.PostAsync($"runs/import?file={file}{more}", new StringContent(text, Encoding.UTF8, "text/csv"));

    private async Task<JsonObject> Send(string file, string text, HttpStatusCode expected, string more = "") =>
        await ApiApplication.Read(await Post(file, text, more), expected);

    private sealed class Endless : MemoryStream
    {
        private long left = 100L * 1024 * 1024;

        public override bool CanSeek => false;

        public override int Read(Span<byte> buffer)
        {
            var count = (int)Math.Min(buffer.Length, left);
            buffer[..count].Fill((byte)'1');
            left -= count;
            return count;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(Read(buffer.Span));

        public override Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken) => Copy(destination, cancellationToken);

        private async Task Copy(Stream destination, CancellationToken cancellationToken)
        {
            var block = new byte[1 << 20];
            for (int count; (count = Read(block)) > 0;)
                await destination.WriteAsync(block.AsMemory(0, count), cancellationToken);
        }
    }
}
