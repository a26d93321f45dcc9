using System.Net;
using IntrinsicLab.Data;

namespace IntrinsicLab.Tests.Web.Endpoints;

[Collection(ApiCollection.Name)]
public class RunEndpointsTests(ApiApplication lab)
{
    [Fact]
    public async Task Create_AnswersEverythingThatWasDefaulted()
    {
        var response = await lab.Send(HttpMethod.Post, "runs",
            """{"algorithm":"ppo","environment":"cartpole","steps":1e3,"parameters":{"gamma":0.5}}""");
        var run = await ApiApplication.Read(response, HttpStatusCode.Created);

        Assert.Equal((string)run["links"]!["self"]!, response.Headers.Location!.ToString());
        Assert.Equal("queued", (string)run["status"]!);
        Assert.Equal(0.5, (double)run["parameters"]!["gamma"]!);
        Assert.True(run["parameters"]!.AsObject().Count > 5);
        Assert.Equal(1, (int)run["environmentParameters"]!["delay"]!);
        Assert.Equal("ppo-cartpole-1", (string)run["name"]!);
        Assert.Equal((string)run["id"]!, (string)(await lab.Get(response.Headers.Location.ToString()))["id"]!);
    }

    [Fact]
    public async Task Get_WithTheTagSeen_IsNotModified()
    {
        var path = await lab.CreateRun();
        var tag = (await lab.Client.GetAsync(path)).Headers.ETag!.ToString();

        Assert.Equal(HttpStatusCode.NotModified, (await lab.Send(HttpMethod.Get, path, null, ("If-None-Match", tag))).StatusCode);

        await lab.Post($"{path}/pause");
        Assert.Equal(HttpStatusCode.OK, (await lab.Send(HttpMethod.Get, path, null, ("If-None-Match", tag))).StatusCode);
    }

    [Fact]
    public async Task Change_NeedsTheCurrentVersion()
    {
        var path = await lab.CreateRun();
        await ApiApplication.Problem(await lab.Send(HttpMethod.Patch, path, """{"name":"a"}"""), 428);
        var tag = (await lab.Client.GetAsync(path)).Headers.ETag!.ToString();

        var changed = await ApiApplication.Read(
            await lab.Send(HttpMethod.Patch, path, """{"name":"mine","tags":["x"],"notes":"n","baseline":true}""", ("If-Match", tag)),
            HttpStatusCode.OK);

        Assert.Equal(("mine", "n", true), ((string)changed["name"]!, (string)changed["notes"]!, (bool)changed["baseline"]!));
        await ApiApplication.Problem(await lab.Send(HttpMethod.Patch, path, """{"name":"b"}""", ("If-Match", tag)), 412);
        var kept = await ApiApplication.Read(await lab.Send(HttpMethod.Patch, path, "{}", ("If-Match", "*")), HttpStatusCode.OK);
        Assert.Equal("mine", (string)kept["name"]!);
    }

    [Fact]
    public async Task Change_IsPossibleWhileProgressArrives()
    {
        var path = await lab.CreateExternal();
        var tag = (await lab.Client.GetAsync(path)).Headers.ETag!.ToString();
        await lab.Post($"{path}/metrics", """{"series":{"m":{"step":[1],"value":[2]}}}""");

        await ApiApplication.Read(await lab.Send(HttpMethod.Patch, path, """{"notes":"n"}""", ("If-Match", tag)), HttpStatusCode.OK);
    }

    [Fact]
    public async Task Delete_HidesTheRun()
    {
        var path = await lab.CreateRun();
        await ApiApplication.Problem(await lab.Send(HttpMethod.Delete, path), 428);
        await ApiApplication.Problem(await lab.Send(HttpMethod.Delete, path, null, ("If-Match", "*")), 409);
        await lab.Post($"{path}/cancel");

        Assert.Equal(HttpStatusCode.NoContent, (await lab.Send(HttpMethod.Delete, path, null, ("If-Match", "*"))).StatusCode);
        await ApiApplication.Problem(await lab.Client.GetAsync(path), 404);
        await ApiApplication.Problem(await lab.Client.GetAsync($"{path}/metrics"), 404);
        await ApiApplication.Problem(await lab.Send(HttpMethod.Post, $"{path}/clone", "{}"), 404);
    }

    [Fact]
    public async Task Wait_ReturnsAsSoonAsTheStatusIsReached()
    {
        var path = await lab.CreateRun();
        var waiting = lab.Client.GetAsync($"{path}?wait=60&until=paused,terminal");
        var longer = lab.Client.GetAsync($"{path}?wait=60&until=terminal");
        await lab.Post($"{path}/pause");

        Assert.Equal("paused", (string)(await ApiApplication.Read(await waiting, HttpStatusCode.OK))["status"]!);
        Assert.False(longer.IsCompleted, "Whoever waits for another status goes on waiting.");
        await lab.Post($"{path}/cancel");
        Assert.Equal("cancelled", (string)(await ApiApplication.Read(await longer, HttpStatusCode.OK))["status"]!);
    }

    [Theory]
    [InlineData("?wait=1", null)]
    [InlineData("", "respond-async, wait=1")]
    public async Task Wait_WhenTheTimeIsOver_SaysWhenToComeBack(string query, string? prefer)
    {
        var path = await lab.CreateRun();
        var response = await lab.Send(HttpMethod.Get, path + query, null, prefer is null ? [] : [("Prefer", prefer)]);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.NotNull(response.Headers.RetryAfter);
    }

    [Fact]
    public async Task Actions_FollowTheTableAndListWhatIsAllowed()
    {
        var path = await lab.CreateRun();
        Assert.Equal("paused", (string)(await lab.Post($"{path}/pause"))["status"]!);
        Assert.Equal("queued", (string)(await lab.Post($"{path}/resume"))["status"]!);
        Assert.Equal("cancelled", (string)(await lab.Post($"{path}/cancel"))["status"]!);
        Assert.Equal("cancelled", (string)(await lab.Post($"{path}/cancel"))["status"]!);

        var problem = await ApiApplication.Problem(await lab.Send(HttpMethod.Post, $"{path}/resume"), 409);

        Assert.Equal(["clone"], problem["allowed"]!.AsArray().Select(each => (string)each!));
        Assert.Equal("cancelled", (string)problem["runStatus"]!);
    }

    [Fact]
    public async Task Cancel_WhileAWorkerHoldsTheRun_AsksTheWorker()
    {
        var path = await lab.CreateRun();
        await lab.Service<RunQueue>().Claim(ApiApplication.IdOf(path), "w", TimeSpan.FromMinutes(5));

        Assert.Equal("cancelling", (string)(await lab.Post($"{path}/cancel"))["status"]!);
        await ApiApplication.Problem(await lab.Send(HttpMethod.Delete, path, null, ("If-Match", "*")), 409);
    }

    [Fact]
    public async Task Clone_LaysMembersOverThePlan()
    {
        var path = await lab.CreateRun("""{"algorithm":"ppo","environment":"cartpole","steps":1000,"parameters":{"gamma":0.5},"tags":["t"]}""");
        var copy = await lab.Post($"{path}/clone", """{"seed":7,"parameters":{"gaeLambda":0.25}}""", HttpStatusCode.Created);
        var same = await lab.Post($"{path}/clone", null, HttpStatusCode.Created);

        Assert.Equal((7, 0.5, 0.25),
            ((int)copy["seed"]!, (double)copy["parameters"]!["gamma"]!, (double)copy["parameters"]!["gaeLambda"]!));
        Assert.Equal("ppo-cartpole-7", (string)copy["name"]!);
        Assert.Equal((string)(await lab.Get(path))["configurationHash"]!, (string)same["configurationHash"]!);
        Assert.Equal("t", (string)same["tags"]![0]!);
    }

    [Fact]
    public async Task External_LivesByRequestsAlone()
    {
        var path = await lab.CreateExternal("theirs");
        await ApiApplication.Problem(await lab.Send(HttpMethod.Post, $"{path}/pause"), 409);
        await ApiApplication.Problem(await lab.Send(HttpMethod.Post, $"{path}/clone"), 409);

        Assert.Equal("completed", (string)(await lab.Post($"{path}/complete"))["status"]!);
        await ApiApplication.Problem(await lab.Send(HttpMethod.Post, $"{path}/metrics", """{"series":{}}"""), 409);

        var failed = await lab.Post($"{await lab.CreateExternal()}/complete", """{"error":"their disk was full"}""");
        Assert.Equal(("failed", "their disk was full"), ((string)failed["status"]!, (string)failed["error"]!));
        await ApiApplication.Problem(await lab.Send(HttpMethod.Post, $"{await lab.CreateRun()}/complete"), 409);
    }

    [Fact]
    public async Task Manifest_HoldsThePlanAndACommandThatRepeatsIt()
    {
        var path = await lab.CreateRun("""{"name":"it's","algorithm":"ppo","environment":"cartpole","steps":1000,"seed":3}""");
        var manifest = await lab.Get($"{path}/manifest");
        var run = await lab.Post("runs", manifest["plan"]!.ToJsonString(), HttpStatusCode.Created);

        Assert.Equal((string)manifest["configurationHash"]!, (string)run["configurationHash"]!);
        Assert.Equal(3, (int)manifest["seed"]!);
        Assert.Contains("./lab train plan.json", (string)manifest["command"]!);
        Assert.Contains(@"it'\''s", (string)manifest["command"]!);
    }
}
