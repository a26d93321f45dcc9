using System.Net;

namespace IntrinsicLab.Tests.Web.Endpoints;

[Collection(ApiCollection.Name)]
public class SweepEndpointsTests(ApiApplication lab)
{
    private const string Small = """
        {"name":"rates","algorithm":"ppo","environment":"cartpole","seeds":2,"steps":9000,"notes":"n",
         "search":{"method":"asha","space":{"learningRate":{"low":1e-5,"high":1e-2,"scale":"log"},"activation":{"values":["tanh","relu"]}},"trials":9,"parallel":3}}
        """;

    [Fact]
    public async Task Create_QueuesTheFirstTrialsAndAnswersWithThem()
    {
        var response = await lab.Send(HttpMethod.Post, "sweeps", Small);
        var sweep = await ApiApplication.Read(response, HttpStatusCode.Created);

        Assert.Equal((string)sweep["links"]!["self"]!, response.Headers.Location!.ToString());
        Assert.Equal("active", (string)sweep["status"]!);
        Assert.Equal([1000, 3000, 9000], sweep["rungs"]!.AsArray().Select(rung => (long)rung!));
        Assert.Equal((9 * 2000L + 3 * 4000 + 1 * 12_000, 162_000L), ((long)sweep["stepsExpected"]!, (long)sweep["stepsMost"]!));
        Assert.Equal(3, sweep["trialTable"]!.AsArray().Count);
        Assert.True((bool)sweep["trialTable"]![0]!["default"]!);
        Assert.Equal(2, sweep["trialTable"]![1]!["seeds"]!.AsArray().Count);
        Assert.Equal("under-way", (string)sweep["trialTable"]![2]!["standing"]!);
        Assert.Equal(["tanh", "relu"], sweep["parameters"]![1]!["values"]!.AsArray().Select(each => (string)each!));
        Assert.Null(sweep["best"]);
        Assert.Equal(6, (await lab.Get((string)sweep["links"]!["runs"]!))["items"]!.AsArray().Count);
        Assert.Equal("rates", (string)(await lab.Get((string)sweep["links"]!["experiment"]!))["plan"]!["name"]!);
    }

    [Fact]
    public async Task Actions_ChangeTheSweepAndRefuseWhatCannotBe()
    {
        var sweep = await lab.Post("sweeps", Small, HttpStatusCode.Created);
        var self = (string)sweep["links"]!["self"]!;

        Assert.Equal("paused", (string)(await lab.Post($"{self}/pause"))["status"]!);
        Assert.Equal("paused", (string)(await lab.Get($"{self}?wait=60"))["status"]!);
        Assert.Equal("active", (string)(await lab.Post($"{self}/resume"))["status"]!);
        Assert.Equal("cancelled", (string)(await lab.Post($"{self}/cancel"))["status"]!);
        Assert.Equal("cancelled", (string)(await lab.Post($"{self}/cancel"))["status"]!);
        var refused = await lab.Send(HttpMethod.Post, $"{self}/resume", "");
        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
        Assert.Contains("cancelled cannot be resumed", await refused.Content.ReadAsStringAsync());
        var early = await lab.Send(HttpMethod.Post, $"{self}/best-seeds", """{"count":2}""");
        Assert.Equal(HttpStatusCode.Conflict, early.StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await lab.Send(HttpMethod.Post, $"sweeps/{Guid.NewGuid()}/pause", "")).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await lab.Send(HttpMethod.Post, $"{self}/best-seeds", """{"count":0}""")).StatusCode);
    }

    [Fact]
    public async Task List_PagesNewestFirst()
    {
        for (var index = 0; index < 3; index++)
            await lab.Post("sweeps", Small.Replace("rates", $"paged{index}"), HttpStatusCode.Created);
        var first = await lab.Get("sweeps?q=PAGED&limit=2");
        var second = await lab.Get($"sweeps?q=PAGED&limit=2&cursor={first["next"]}");

        Assert.Equal(["paged2", "paged1", "paged0"], first["items"]!.AsArray().Concat(second["items"]!.AsArray()).Select(each => (string)each!["name"]!));
        Assert.Null(second["next"]);
    }

    [Fact]
    public async Task Create_ListsEveryFaultAtItsPlaceAndStoresNothing()
    {
        var problem = await ApiApplication.Problem(await lab.Send(HttpMethod.Post, "sweeps",
            """{"name":"faulty","algorithm":"ppo","environment":"cartpole","seeds":0,"steps":10,"search":{"method":"asha","space":{"gama":{"values":[1]}}}}"""), 400);

        Assert.Equal(["/seeds", "/search/space/gama"], problem["errors"]!.AsObject().Select(error => error.Key));
        Assert.Empty((await lab.Get("sweeps?q=faulty"))["items"]!.AsArray());
    }
}
