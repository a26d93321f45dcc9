using System.Net;
using System.Text.Json.Nodes;
using IntrinsicLab.Data;
using Microsoft.EntityFrameworkCore;

namespace IntrinsicLab.Tests.Web.Endpoints;

[Collection(ApiCollection.Name)]
public class ExperimentEndpointsTests(ApiApplication lab)
{
    private const string Small = """
        {"name":"rates","algorithms":["ppo","a2c"],"environments":["cartpole"],"seeds":2,"steps":1000,"grid":{"ppo.gamma":[0.9,0.99]},"notes":"n"}
        """;

    [Fact]
    public async Task Create_QueuesTheWholeMatrix()
    {
        var response = await lab.Send(HttpMethod.Post, "experiments", Small);
        var experiment = await ApiApplication.Read(response, HttpStatusCode.Created);

        Assert.Equal((string)experiment["links"]!["self"]!, response.Headers.Location!.ToString());
        Assert.Equal(6, (int)experiment["runs"]!);
        Assert.Equal(6, (int)experiment["runsByStatus"]!["queued"]!);
        Assert.Equal(6000, (long)experiment["steps"]!);
        Assert.Equal(6, (await lab.Get((string)experiment["links"]!["runs"]!))["items"]!.AsArray().Count);
        Assert.Equal("rates", (string)(await lab.Get((string)experiment["links"]!["self"]!))["plan"]!["name"]!);
    }

    [Fact]
    public async Task Wait_EndsWhenEveryRunHasEnded()
    {
        var experiment = await lab.Post("experiments",
            """{"name":"one","algorithms":["ppo"],"environments":["cartpole"],"seeds":[4],"steps":1000}""", HttpStatusCode.Created);
        var self = (string)experiment["links"]!["self"]!;
        Assert.NotNull((await lab.Client.GetAsync($"{self}?wait=1")).Headers.RetryAfter);
        var waiting = lab.Client.GetAsync($"{self}?wait=30&until=terminal");
        var run = (await lab.Get((string)experiment["links"]!["runs"]!))["items"]![0]!;
        await lab.Post($"runs/{run["id"]}/cancel");

        var ended = await ApiApplication.Read(await waiting, HttpStatusCode.OK);

        Assert.True((bool)ended["finished"]!);
        Assert.Equal(1, (int)ended["runsByStatus"]!["cancelled"]!);
    }

    [Fact]
    public async Task List_Pages()
    {
        for (var index = 0; index < 3; index++)
            await lab.Post("experiments", Small.Replace("rates", $"list{index}"), HttpStatusCode.Created);
        var first = await lab.Get("experiments?q=LIST&limit=2&count=true");
        var second = await lab.Get($"experiments?q=LIST&limit=2&cursor={first["next"]}");

        Assert.Equal(3, (int)first["count"]!);
        Assert.Equal(["list2", "list1", "list0"],
            first["items"]!.AsArray().Concat(second["items"]!.AsArray()).Select(each => (string)each!["name"]!));
        Assert.Null(second["next"]);
    }

    [Fact]
    public async Task Create_ListsEveryFaultAtOnce()
    {
        var problem = await ApiApplication.Problem(await lab.Send(HttpMethod.Post, "experiments",
            """{"name":"","algorithms":["pppo"],"environments":["cartpole"],"seeds":0,"steps":0,"grids":{}}"""), 400);

        Assert.Equal(["/algorithms/0", "/grids", "/name", "/seeds", "/steps"],
            problem["errors"]!.AsObject().Select(pair => pair.Key).Order());
    }

    [Fact]
    public async Task CancelPauseResume_AreIdempotentAndSayWhatTheyDid()
    {
        var self = await Experiment();
        Assert.Equal((4, 0, 0), Counts(await lab.Post($"{self}/pause")));
        Assert.Equal((0, 4, 0), Counts(await lab.Post($"{self}/pause")));
        Assert.Equal((4, 0, 0), Counts(await lab.Post($"{self}/resume")));
        var run = (await lab.Get($"runs?experiment={self.Split('/')[^1]}&limit=1"))["items"]![0]!["id"];
        await lab.Post($"runs/{run}/cancel");

        var paused = await lab.Post($"{self}/pause");
        Assert.Equal((3, 0, 1), Counts(paused));
        Assert.Equal("A run that is cancelled cannot be paused.", (string)paused["reasons"]![0]!["reason"]!);
        Assert.Equal((3, 1, 0), Counts(await lab.Post($"{self}/cancel")));
        Assert.Equal((0, 4, 0), Counts(await lab.Post($"{self}/cancel")));

        var refused = await ApiApplication.Problem(await lab.Send(HttpMethod.Post, $"{self}/resume"), 409);
        Assert.Equal("No run can be resumed: 4 cancelled.", (string)refused["detail"]!);
        Assert.Equal(4, (int)refused["refused"]!["cancelled"]!);
        foreach (var action in (string[])["cancel", "pause", "resume"])
            await ApiApplication.Problem(await lab.Send(HttpMethod.Post, $"experiments/{Guid.NewGuid()}/{action}"), 404);
    }

    [Fact]
    public async Task Seeds_AddedTwice_AddNothing()
    {
        var self = await Experiment();
        var added = await lab.Post($"{self}/seeds", """{"seeds":[2,3]}""");
        Assert.Equal((2, 2), ((int)added["addedCount"]!, (int)added["presentCount"]!));
        Assert.Equal([3, 3], added["added"]!.AsArray().Select(run => (int)run!["seed"]!));
        Assert.Equal([2, 2], added["present"]!.AsArray().Select(run => (int)run!["seed"]!));

        var again = await lab.Post($"{self}/seeds", """{"seeds":[2,3]}""");
        Assert.Equal((0, 4), ((int)again["addedCount"]!, (int)again["presentCount"]!));
        Assert.Equal(6, (int)(await lab.Get(self))["runs"]!);

        var hash = (string)(await lab.Get($"{self}/differences"))["configurations"]![1]!["hash"]!;
        var one = await lab.Post($"{self}/seeds", $$"""{"seeds":1,"configurations":["{{hash[..10]}}"]}""");
        Assert.Equal((hash, 4), ((string)one["added"]![0]!["configuration"]!, (int)one["added"]![0]!["seed"]!));
        await ApiApplication.Problem(await lab.Send(HttpMethod.Post, $"experiments/{Guid.NewGuid()}/seeds", """{"seeds":1}"""), 404);
    }

    [Theory]
    [InlineData("{}", "/seeds")]
    [InlineData("""{"seeds":0}""", "/seeds")]
    [InlineData("""{"seeds":[1,1]}""", "/seeds")]
    [InlineData("""{"seeds":[-1]}""", "/seeds")]
    [InlineData("""{"seeds":"many"}""", "/seeds")]
    [InlineData("""{"seeds":1,"configurations":["abc"]}""", "/configurations/0")]
    [InlineData("""{"seeds":1,"configurations":["0123456789"]}""", "/configurations/0")]
    [InlineData("""{"seeds":1,"seed":1}""", "/seed")]
    public async Task Seeds_ThatMakeNoSense_AreRefusedAtTheirPlace(string body, string pointer)
    {
        var self = await Experiment();

        ApiApplication.Errors(await ApiApplication.Problem(await lab.Send(HttpMethod.Post, $"{self}/seeds", body), 400), pointer);
        Assert.Equal(4, (int)(await lab.Get(self))["runs"]!);
    }

    [Fact]
    public async Task Change_NeedsTheVersionSeen()
    {
        var self = await Experiment();
        var tag = (await lab.Client.GetAsync(self)).Headers.ETag!.ToString();

        await ApiApplication.Problem(await lab.Send(HttpMethod.Patch, self, """{"name":"better"}"""), 428);
        var changed = await ApiApplication.Read(await lab.Send(HttpMethod.Patch, self, """{"name":" better "}""", ("If-Match", tag)), HttpStatusCode.OK);
        Assert.Equal(("better", "n"), ((string)changed["name"]!, (string)changed["notes"]!));
        await ApiApplication.Problem(await lab.Send(HttpMethod.Patch, self, """{"notes":"late"}""", ("If-Match", tag)), 412);
        ApiApplication.Errors(await ApiApplication.Problem(await lab.Send(HttpMethod.Patch, self, """{"name":" "}""", ("If-Match", "*")), 400), "/name");
        await ApiApplication.Problem(await lab.Send(HttpMethod.Patch, $"experiments/{Guid.NewGuid()}", """{"notes":""}""", ("If-Match", "*")), 404);

        // Progress of runs is no change of the experiment.
        tag = (await lab.Client.GetAsync(self)).Headers.ETag!.ToString();
        await lab.Post($"{self}/pause");
        Assert.NotEqual(tag, (await lab.Client.GetAsync(self)).Headers.ETag!.ToString());
        await ApiApplication.Read(await lab.Send(HttpMethod.Patch, self, """{"notes":""}""", ("If-Match", tag)), HttpStatusCode.OK);
    }

    [Fact]
    public async Task Differences_AreWhatSetsConfigurationsApart()
    {
        var self = await Experiment();

        var found = await lab.Get($"{self}/differences");

        Assert.Equal(["parameters.gamma"], found["members"]!.AsArray().Select(each => (string)each!));
        Assert.Equal([0.9, 0.99], found["configurations"]!.AsArray().Select(each => (double)each!["values"]!["parameters.gamma"]!));
        var first = found["configurations"]![0]!;
        Assert.Equal([1, 2], first["seeds"]!.AsArray().Select(each => (int)each!));
        Assert.Equal((2, 0), ((int)first["runsByStatus"]!["queued"]!, (int)first["final"]!["n"]!));
        await ApiApplication.Problem(await lab.Client.GetAsync($"experiments/{Guid.NewGuid()}/differences"), 404);

        var runs = (await lab.Get($"runs?experiment={self.Split('/')[^1]}"))["items"]!.AsArray().Select(run => $"\"{run!["id"]}\"");
        var same = await lab.Post("differences", $$"""{"runs":[{{string.Join(',', runs)}}]}""");
        Assert.Equal(["parameters.gamma"], same["members"]!.AsArray().Select(each => (string)each!));
        ApiApplication.Errors(await ApiApplication.Problem(await lab.Send(HttpMethod.Post, "differences", """{"runs":["x"]}"""), 400), "/runs/0");
    }

    [Fact]
    public async Task Estimate_OfAPlan_QueuesNothing()
    {
        var before = (int)(await lab.Get("runs?count=true&limit=1"))["count"]!;
        var estimate = await lab.Post("experiments/estimate",
            """{"name":"e","algorithms":["ppo"],"environments":["delayed-chain"],"seeds":3,"steps":1000,"grid":{"ppo.gamma":[0.9,0.99]}}""");

        Assert.Equal((6, 2, 6000), ((int)estimate["runs"]!, (int)estimate["configurations"]!, (long)estimate["steps"]!));
        Assert.Equal((6, "unknown"), ((int)estimate["unknownRuns"]!, (string)estimate["parts"]![0]!["basis"]!));
        Assert.Null(estimate["computeSeconds"]);
        Assert.Equal(before, (int)(await lab.Get("runs?count=true&limit=1"))["count"]!);
        ApiApplication.Errors(await ApiApplication.Problem(
            await lab.Send(HttpMethod.Post, "experiments/estimate", Small.Replace("\"seeds\":2", "\"seeds\":0")), 400), "/seeds");
    }

    [Fact]
    public async Task Curves_AreNamedByWhatSetsConfigurationsApart()
    {
        var self = await Experiment();
        await ApiApplication.Problem(await lab.Client.GetAsync($"{self}/curves"), 404);
        var id = Guid.Parse(self.Split('/')[^1]);
        await using (var context = lab.Context())
            await context.Runs.Where(run => run.ExperimentId == id).ExecuteUpdateAsync(set => set.SetProperty(run => run.Source, Run.SourceExternal));
        foreach (var run in (await lab.Get($"runs?experiment={id}"))["items"]!.AsArray())
            await lab.Post($"runs/{run!["id"]}/metrics", """{"series":{"return/extrinsic":{"step":[500,1000],"value":[1,2]}}}""");

        var curves = await lab.Get($"{self}/curves?environment=cartpole");
        var best = await lab.Get($"{self}/curves?top=1");

        Assert.Equal(["PPO · gamma 0.9", "PPO · gamma 0.99"], curves["groups"]!.AsArray().Select(group => (string)group!["label"]!));
        Assert.All(curves["groups"]!.AsArray(), group => Assert.Equal(2, group!["runs"]!.AsArray().Count));
        Assert.Single(best["groups"]!.AsArray());
    }

    private async Task<string> Experiment() => ((string)(await lab.Post("experiments", Small.Replace("[\"ppo\",\"a2c\"]", "[\"ppo\"]"), HttpStatusCode.Created))
        ["links"]!["self"]!)["/api/v1/".Length..];

    private static (int Changed, int Unchanged, int Refused) Counts(JsonObject move) =>
        ((int)move["changed"]!, (int)move["unchanged"]!, (int)move["refused"]!);
}
