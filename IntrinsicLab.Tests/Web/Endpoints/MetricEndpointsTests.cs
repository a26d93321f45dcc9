using System.Buffers.Binary;
using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json;
using IntrinsicLab.Web.Endpoints;

namespace IntrinsicLab.Tests.Web.Endpoints;

[Collection(ApiCollection.Name)]
public class MetricEndpointsTests(ApiApplication lab)
{
    [Fact]
    public async Task Ingest_AgainAndPartlyNew_ReplacesAndAdds()
    {
        var path = await lab.CreateExternal();
        const string Points = """{"series":{"return/extrinsic":{"step":[10,20,30],"value":[1,"NaN","-Infinity"]},"loss":{"step":[10],"value":[0.5]}}}""";
        var first = await lab.Post($"{path}/metrics", Points);
        var again = await lab.Post($"{path}/metrics", Points);
        var more = await lab.Post($"{path}/metrics", """{"series":{"loss":{"step":[20,10],"value":[0.25,0.75],"seconds":[2,1]}}}""");

        Assert.Equal((4, 4, 0), ((int)first["accepted"]!, (int)first["added"]!, (int)first["replaced"]!));
        Assert.Equal((4, 0, 4), ((int)again["accepted"]!, (int)again["added"]!, (int)again["replaced"]!));
        Assert.Equal((2, 1, 1), ((int)more["accepted"]!, (int)more["added"]!, (int)more["replaced"]!));
        var names = (await lab.Get($"{path}/metrics"))["items"]!.AsArray();
        Assert.Equal(["loss", "return/extrinsic"], names.Select(each => (string)each!["name"]!));
        Assert.Equal((2, 0.25, 20, 0.25, 0.75), ((int)names[0]!["count"]!, (double)names[0]!["last"]!, (int)names[0]!["lastStep"]!,
            (double)names[0]!["min"]!, (double)names[0]!["max"]!));
        Assert.Equal("-Infinity", (string)names[1]!["last"]!);
    }

    [Fact]
    public async Task Ingest_IsAllOrNothing()
    {
        var path = await lab.CreateExternal();
        var problem = await ApiApplication.Problem(await lab.Send(HttpMethod.Post, $"{path}/metrics",
            """{"series":{"good":{"step":[1],"value":[1]},"Bad name":{"step":[1,-2,1.5],"value":[1,null],"values":[]}},"serie":{}}"""),
            400);

        string[] places = ["", "/step/1", "/step/2", "/value/1", "/values"];
        Assert.Equal(["/serie", .. places.Select(place => $"/series/Bad name{place}")],
            problem["errors"]!.AsObject().Select(pair => pair.Key).Order(StringComparer.Ordinal));
        Assert.Empty((await lab.Get($"{path}/metrics"))["items"]!.AsArray());
    }

    [Fact]
    public async Task Ingest_TakesTenThousandPointsPacked()
    {
        var path = await lab.CreateExternal();
        var steps = Enumerable.Range(0, 20_000).ToArray();
        var json = JsonSerializer.SerializeToUtf8Bytes(new { series = new { m = new { step = steps, value = steps } } });
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(json);
        var request = ApiApplication.Request(HttpMethod.Post, $"{path}/metrics");
        request.Content = new ByteArrayContent(packed.ToArray())
        {
            Headers = { ContentType = new("application/json"), ContentEncoding = { "gzip" } },
        };

        Assert.Equal(20_000, (int)(await ApiApplication.Read(await lab.Client.SendAsync(request), HttpStatusCode.OK))["added"]!);
    }

    [Fact]
    public async Task Ingest_OfTooMuch_NamesTheLimit()
    {
        var path = await lab.CreateExternal();
        var request = ApiApplication.Request(HttpMethod.Post, $"{path}/metrics");
        request.Content = new ByteArrayContent(new byte[RequestBody.Largest + 1]) { Headers = { ContentType = new("application/json") } };
        var problem = await ApiApplication.Problem(await lab.Client.SendAsync(request), 413);

        Assert.Equal(RequestBody.Largest, (int)problem["limit"]!);
    }

    [Fact]
    public async Task Ingest_IntoARunOfTheLab_IsRefused() => await ApiApplication.Problem(
        await lab.Send(HttpMethod.Post, $"{await lab.CreateRun()}/metrics", """{"series":{"m":{"step":[1],"value":[1]}}}"""), 409);

    [Fact]
    public async Task Read_Json_SaysWhetherItIsReduced()
    {
        var path = await Filled(5000);
        var reduced = await lab.Get($"{path}/metrics/return/extrinsic?points=100");
        var raw = await lab.Get($"{path}/metrics/return/extrinsic?agg=raw&from=10&to=12");

        Assert.True((bool)reduced["reduced"]!);
        Assert.InRange(reduced["x"]!.AsArray().Count, 20, 100);
        Assert.Equal(5000, (int)reduced["total"]!);
        Assert.Equal(0, reduced["min"]!.AsArray().Min(value => (double)value!));
        Assert.Equal(4999, reduced["max"]!.AsArray().Max(value => (double)value!));
        Assert.False((bool)raw["reduced"]!);
        Assert.Equal([10.0, 11, 12], raw["value"]!.AsArray().Select(value => (double)value!));
    }

    [Fact]
    public async Task Read_NonFiniteValues_AreTextsInJsonAndCsv()
    {
        var path = await lab.CreateExternal();
        await lab.Post($"{path}/metrics", """{"series":{"m":{"step":[1,2,3],"value":["NaN","Infinity",1.5]}}}""");

        Assert.Equal("""["NaN","Infinity",1.5]""", (await lab.Get($"{path}/metrics/m"))["value"]!.ToJsonString());
        Assert.Equal("steps,value\n1,NaN\n2,Infinity\n3,1.5\n", await lab.Client.GetStringAsync($"{path}/metrics/m?format=csv"));
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("?points=50", true)]
    public async Task Read_Binary_HoldsWhatJsonHolds(string query, bool reduced)
    {
        var path = await Filled(400);
        var request = ApiApplication.Request(HttpMethod.Get, $"{path}/metrics/return/extrinsic{query}");
        request.Headers.Accept.Add(new("application/octet-stream"));
        var response = await lab.Client.SendAsync(request);
        var bytes = await response.Content.ReadAsByteArrayAsync();
        var json = await lab.Get($"{path}/metrics/return/extrinsic{query}");
        var rows = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(4));
        string[] names = reduced ? ["x", "value", "min", "max"] : ["x", "value"];

        Assert.Equal("application/octet-stream", response.Content.Headers.ContentType!.MediaType);
        Assert.Equal("ICL1", Encoding.ASCII.GetString(bytes, 0, 4));
        Assert.Equal(names.Length, BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(8)));
        Assert.Equal(reduced ? 1 : 0, BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(12)));
        Assert.Equal((long)json["total"]!, BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(16)));
        Assert.Equal((long)json["sequence"]!, BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(24)));
        Assert.Equal(32 + rows * names.Length * 8, bytes.Length);
        foreach (var (column, name) in names.Index())
            Assert.Equal(json[name]!.AsArray().Select(value => (double)value!),
                Enumerable.Range(0, rows).Select(row => BitConverter.ToDouble(bytes, 32 + (column * rows + row) * 8)));
    }

    [Theory]
    [InlineData("text/csv", "text/csv")]
    [InlineData("text/html, text/csv;q=0.5, application/json;q=0.9", "application/json")]
    [InlineData("*/*", "application/json")]
    public async Task Read_FollowsTheAcceptHeader(string accept, string expected)
    {
        var path = await Filled(3);
        var response = await lab.Send(HttpMethod.Get, $"{path}/metrics/return/extrinsic", null, ("Accept", accept));

        Assert.Equal(expected, response.Content.Headers.ContentType!.MediaType);
        response = await lab.Send(HttpMethod.Get, $"{path}/metrics/return/extrinsic", null, ("Accept", "image/png"));
        await ApiApplication.Problem(response, 406);
    }

    [Fact]
    public async Task Read_UntilPointsArrive_IsNotModified()
    {
        var path = await Filled(3);
        var tag = ("If-None-Match", (await lab.Client.GetAsync($"{path}/metrics/return/extrinsic")).Headers.ETag!.ToString());
        var names = ("If-None-Match", (await lab.Client.GetAsync($"{path}/metrics")).Headers.ETag!.ToString());
        Assert.Equal(HttpStatusCode.NotModified,
            (await lab.Send(HttpMethod.Get, $"{path}/metrics/return/extrinsic", null, tag)).StatusCode);
        Assert.Equal(HttpStatusCode.NotModified, (await lab.Send(HttpMethod.Get, $"{path}/metrics", null, names)).StatusCode);

        await lab.Post($"{path}/metrics", """{"series":{"return/extrinsic":{"step":[2],"value":[9]}}}""");

        Assert.Equal(HttpStatusCode.OK, (await lab.Send(HttpMethod.Get, $"{path}/metrics/return/extrinsic", null, tag)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await lab.Send(HttpMethod.Get, $"{path}/metrics", null, names)).StatusCode);
    }

    [Fact]
    public async Task Read_OfAnUnknownMetric_NamesTheNearest()
    {
        var response = await lab.Client.GetAsync($"{await Filled(1)}/metrics/return/extrinsik");

        Assert.Contains("'return/extrinsic'", (string)(await ApiApplication.Problem(response, 404))["detail"]!);
    }

    private async Task<string> Filled(int points)
    {
        var path = await lab.CreateExternal();
        var columns = new { step = Enumerable.Range(0, points), value = Enumerable.Range(0, points) };
        await lab.Post($"{path}/metrics",
            JsonSerializer.Serialize(new { series = new Dictionary<string, object> { ["return/extrinsic"] = columns } }));
        return path;
    }
}
