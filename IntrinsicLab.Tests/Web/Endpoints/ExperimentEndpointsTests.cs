using System.Net;

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
}
