using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace IntrinsicLab.Tests.Web.Endpoints;

[Collection(ApiCollection.Name)]
public class BaselineEndpointsTests(ApiApplication lab)
{
    [Fact]
    public async Task Pin_AConfiguration_HoldsEverySeedAndItsCurve()
    {
        var runs = await Seeds("pinned-group", [1, 2, 4]);
        var hash = (string)(await lab.Get(runs[0]))["configurationHash"]!;

        var pinned = await lab.Post("baselines", $$"""{"configuration":"{{hash}}","environment":"field","name":"three seeds","notes":"from last week"}""", HttpStatusCode.Created);

        Assert.Equal(("three seeds", "configuration", "from last week"), ((string)pinned["name"]!, (string)pinned["kind"]!, (string)pinned["notes"]!));
        Assert.Equal(runs.Select(path => ApiApplication.IdOf(path).ToString()), pinned["runs"]!.AsArray().Select(id => (string)id!));
        var curves = await lab.Get($"baselines/{pinned["id"]}/curves?environment=field");
        var group = Assert.Single(curves["groups"]!.AsArray())!;
        Assert.Equal("three seeds", (string)group["label"]!);
        Assert.Equal(3, (int)group["final"]!["n"]!);
        Assert.Equal(7 / 3.0, (double)group["final"]!["mean"]!, 12);
        Assert.Contains("three seeds", Names(await lab.Get("baselines?environment=field")));
        Assert.DoesNotContain("three seeds", Names(await lab.Get("baselines?environment=cartpole")));
        await ApiApplication.Problem(await lab.Client.GetAsync($"baselines/{pinned["id"]}/curves?environment=cartpole"), 404);
        Assert.Contains("pinned already", (string)(await ApiApplication.Problem(await lab.Send(
            HttpMethod.Post, "baselines", $$"""{"configuration":"{{hash}}","environment":"field"}"""), 409))["detail"]!);

        Assert.Equal(HttpStatusCode.NoContent, (await lab.Send(HttpMethod.Delete, $"baselines/{pinned["id"]}")).StatusCode);
        await ApiApplication.Problem(await lab.Client.GetAsync($"baselines/{pinned["id"]}"), 404);
    }

    [Fact]
    public async Task Patch_OfARun_PinsAndUnpinsIt()
    {
        var run = (await Seeds("pinned-alone", [1]))[0];

        await Patch(run, """{"baseline":true}""");
        var pinned = Assert.Single((await lab.Get("baselines?environment=field"))["items"]!.AsArray(), each => (string?)each!["run"] == ApiApplication.IdOf(run).ToString());
        Assert.Equal(("run", "pinned-alone 0"), ((string)pinned!["kind"]!, (string)pinned["name"]!));

        await lab.Send(HttpMethod.Delete, $"baselines/{pinned["id"]}");
        Assert.False((bool)(await lab.Get(run))["baseline"]!);
        await Patch(run, """{"baseline":true}""");
        await Patch(run, """{"baseline":false}""");
        Assert.DoesNotContain("pinned-alone 0", Names(await lab.Get("baselines")));
    }

    [Fact]
    public async Task Delete_OfARunThatABaselineRestsOn_AsksFirst()
    {
        var run = (await Seeds("pinned-deleted", [1]))[0];
        var pinned = await lab.Post("baselines", $$"""{"run":"{{ApiApplication.IdOf(run)}}","name":"dear"}""", HttpStatusCode.Created);

        var refused = await ApiApplication.Problem(await lab.Send(HttpMethod.Delete, run, headers: ("If-Match", "*")), 409);
        Assert.Contains("“dear” rests on this run", (string)refused["detail"]!);
        Assert.Equal(HttpStatusCode.NoContent, (await lab.Send(HttpMethod.Delete, $"{run}?evenIfBaseline=true", headers: ("If-Match", "*"))).StatusCode);

        var left = await lab.Get($"baselines/{pinned["id"]}");
        Assert.Empty(left["runs"]!.AsArray());
        Assert.Contains("no runs left", (string)(await ApiApplication.Problem(await lab.Client.GetAsync($"baselines/{pinned["id"]}/curves"), 404))["detail"]!);
    }

    [Theory]
    [InlineData("{}", "")]
    [InlineData("""{"run":"x","colour":1}""", "/run /colour")]
    [InlineData("""{"run":"019f0000-0000-7000-8000-000000000000"}""", "/run")]
    [InlineData("""{"experiment":"019f0000-0000-7000-8000-000000000000"}""", "/experiment")]
    [InlineData("""{"configuration":"abc"}""", "/environment")]
    [InlineData("""{"configuration":"abc","environment":"catch"}""", "/configuration")]
    [InlineData("""{"run":"019f0000-0000-7000-8000-000000000000","experiment":"019f0000-0000-7000-8000-000000000000"}""", "")]
    public async Task Pin_WhatIsNotThere_SaysWhere(string body, string pointers)
    {
        var problem = await ApiApplication.Problem(await lab.Send(HttpMethod.Post, "baselines", body), 400);

        Assert.Equal(pointers.Split(' ').Order(), problem["errors"]!.AsObject().Select(pair => pair.Key).Order());
    }

    [Fact]
    public async Task PublishedFigures_OfAnEnvironment_HaveSources()
    {
        var figures = (await lab.Get("published-figures?environment=hopper&algorithm=ppo"))["items"]!.AsArray();

        Assert.Contains(figures, figure => (double)figure!["value"]! == 2316.2 && (int)figure["seeds"]! == 6 && (string)figure["trust"]! == "table");
        Assert.All(figures, figure => Assert.NotEqual("", (string)figure!["source"]!["title"]!));
        Assert.Equal(["/environment", "/trust"], (await ApiApplication.Problem(
            await lab.Client.GetAsync("published-figures?environment=hoper&trust=tables"), 400))["errors"]!.AsObject().Select(pair => pair.Key).Order());
    }

    private static IEnumerable<string> Names(JsonObject listing) => listing["items"]!.AsArray().Select(each => (string)each!["name"]!);

    private async Task Patch(string run, string changes) =>
        Assert.Equal(HttpStatusCode.OK, (await lab.Send(HttpMethod.Patch, run, changes, ("If-Match", "*"))).StatusCode);

    private async Task<List<string>> Seeds(string name, double[] scores)
    {
        var paths = new List<string>();
        foreach (var (seed, score) in scores.Index())
        {
            var path = await lab.CreateRun(JsonSerializer.Serialize(
                new { source = "external", name = $"{name} {seed}", algorithm = name, environment = "field", steps = 100, seed }));
            await lab.Post($"{path}/metrics", JsonSerializer.Serialize(new
            {
                series = new Dictionary<string, object> { ["return/extrinsic"] = new { step = new[] { 0, 90, 100 }, value = new[] { 0, score, score } } },
            }));
            paths.Add(path);
        }
        return paths;
    }
}
