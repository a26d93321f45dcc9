using System.Text;
using IntrinsicLab.Core.Environments.Mujoco;

namespace IntrinsicLab.Tests.Web.Endpoints;

[Collection(ApiCollection.Name)]
public class ErrorTests(ApiApplication lab)
{
    private const string Experiment = """{"name":"e","algorithms":["ppo"],"environments":["cartpole"],"seeds":1,"steps":1000}""";

    // Endpoint, what is sent, where the fault is, and a part of its message.
    public static TheoryData<string, string, string, string> BadBodies => new()
    {
        { "POST runs", """{"algorithm":"poo","environment":"cartpole","steps":1000}""", "/algorithm", "Did you mean 'ppo'?" },
        { "POST runs", """{"algorithm":"ppo","environment":"cart_pole2","steps":1000}""", "/environment", "Did you mean 'cartpole'?" },
        { "POST runs", """{"algorithm":"ppo","environment":"cartpole","steps":0}""", "/steps", "0 is out of range" },
        { "POST runs", """{"algorithm":"ppo","environment":"cartpole","steps":1e300}""", "/steps", "whole number" },
        { "POST runs", """{"algorithm":"ppo","environment":"cartpole","steps":1.5}""", "/steps", "Expected a whole number, not 1.5." },
        { "POST runs", """{"algorithm":"ppo","environment":"cartpole"}""", "/steps", "required" },
        { "POST runs", """{"algorithm":["ppo"],"environment":"cartpole","steps":1}""", "/algorithm", "Expected text, not a list." },
        { "POST runs", """{"algorithm":"ppo","environment":"cartpole","steps":1,"parameters":{"gama":0.9}}""", "/parameters/gama", "Did you mean 'gamma'?" },
        { "POST runs", """{"algorithm":"ppo","environment":"cartpole","steps":1,"parameters":{"gamma":1.5}}""", "/parameters/gamma", "out of range: 0 to 1" },
        { "POST runs", """{"algorithm":"ppo","environment":"cartpole","steps":1,"parameters":{"gamma":"0.9"}}""", "/parameters/gamma", "Expected a number, not text." },
        { "POST runs", """{"algorithm":"ppo","environment":"cartpole","steps":1,"environmentParameters":{"delay":0}}""", "/environmentParameters/delay", "0 is out" },
        { "POST runs", """{"algorithm":"ppo","environment":"cartpole","steps":1,"seed":-1}""", "/seed", "out of range" },
        { "POST runs", """{"algorithm":"ppo","environment":"cartpole","steps":1,"seeds":3}""", "/seeds", "experiment" },
        { "POST runs", """{"algorithm":"ppo","environment":"cartpole","steps":1,"device":"tpu"}""", "/device", "cpu, cuda or cuda:N" },
        { "POST runs", """{"algorithm":"ppo","environment":"cartpole","steps":1,"priority":1000000}""", "/priority", "out of range" },
        { "POST runs", """{"algorithm":"ppo","environment":"cartpole","steps":1,"tags":["a","a"]}""", "/tags/1", "twice" },
        { "POST runs", """{"algorithm":"ppo","algorithm":"a2c","environment":"cartpole","steps":1}""", "/algorithm", "given twice" },
        { "POST runs", "[]", "", "Expected an object, not a list." },
        { "POST runs", """{"source":"elsewhere"}""", "/source", "external" },
        { "POST runs", """{"source":"external"}""", "/name", "required" },
        { "POST experiments", Experiment.Replace("\"seeds\":1", "\"seeds\":[1,1]"), "/seeds", "different whole numbers" },
        { "POST experiments", Experiment.Replace("\"steps\":1000", "\"steps\":1000,\"grid\":{\"ppo.gama\":[1]}"), "/grid/ppo.gama", "Did you mean 'ppo.gamma'?" },
        { "PATCH {run}", """{"baseline":"yes"}""", "/baseline", "Expected true or false" },
        { "PATCH {run}", """{"name":""}""", "/name", "empty" },
        { "PATCH {run}", """{"status":"completed"}""", "/status", "no member 'status'" },
        { "POST {run}/clone", """{"algorithm":"a2c"}""", "/algorithm", "no member 'algorithm'" },
        { "POST {run}/clone", """{"steps":0}""", "/steps", "out of range" },
        { "POST {run}/complete", """{"error":1}""", "/error", "Expected text" },
        { "POST {run}/metrics", """{"series":{"m":{"step":[1],"value":["1"]}}}""", "/series/m/value/0", "NaN" },
        { "POST {run}/metrics", "{}", "/series", "required" },
        { "POST {run}/metrics", """{"series":{"m":{"step":[1],"value":[1e999]}}}""", "/series/m/value/0", "number" },
        { "POST runs", """{"source":"external","name":"x","tags":["a\u0000"]}""", "/tags/0", "control" },
        { "GET runs?q=%00", "", "/q", "Control characters" },
        { "GET algorithms?environment=carpole", "", "/environment", "'cartpole'" },
        { "GET algorithms/ppo?enviroment=cartpole", "", "/enviroment", "Did you mean 'environment'?" },
        { "GET runs?limit=1001", "", "/limit", "1 to 1000" },
        { "GET runs?limit=many", "", "/limit", "Expected a whole number" },
        { "GET runs?status=runing", "", "/status", "Did you mean 'running'?" },
        { "GET runs?sort=retrun", "", "/sort", "Did you mean 'return'?" },
        { "GET runs?cursor=zzz", "", "/cursor", "another list" },
        { "GET runs?experiment=1", "", "/experiment", "id" },
        { "GET runs?limit=1&limit=2", "", "/limit", "twice" },
        { "GET experiments?cursor=zzz", "", "/cursor", "another list" },
        { "GET {run}?wait=601", "", "/wait", "0 to 600" },
        { "GET {run}?until=finished", "", "/until", "no status 'finished'" },
        { "GET {run}/metrics/m?x=step", "", "/x", "Did you mean 'steps'?" },
        { "GET {run}/metrics/m?points=0", "", "/points", "out of range" },
        { "GET {run}/metrics/m?from=a&to=b", "", "/to", "Expected a number" },
        { "GET {run}/metrics/m?from=2&to=1", "", "/from", "greater than" },
        { "GET {run}/metrics/m?agg=mean", "", "/agg", "no choice 'mean'" },
        { "GET {run}/log?after=-1", "", "/after", "out of range" },
    };

    [Theory]
    [MemberData(nameof(BadBodies))]
    public async Task BadValue_IsNamedWithItsPlace(string endpoint, string body, string pointer, string message)
    {
        var (method, path) = (endpoint.Split(' ')[0], endpoint.Split(' ')[1].Replace("{run}", endpoint.Contains("clone") ? await lab.CreateRun() : await lab.CreateExternal()));
        var response = await lab.Send(new(method), path, body.Length > 0 ? body : null, ("If-Match", "*"));

        Assert.Contains(message, ApiApplication.Errors(await ApiApplication.Problem(response, 400), pointer));
    }

    [Fact]
    public async Task EveryFault_IsListedAtOnce()
    {
        var problem = await ApiApplication.Problem(await lab.Send(HttpMethod.Post, "runs",
            """{"algorithm":"ppo","environment":"cartpole","steps":0,"seed":"one","tag":[],"parameters":{"gamma":2,"clip":1},"environmentParameters":{"delay":-1}}"""), 400);

        Assert.Superset(new HashSet<string> { "/steps", "/seed", "/tag", "/environmentParameters/delay" },
            problem["errors"]!.AsObject().Select(pair => pair.Key).ToHashSet());
    }

    [Theory]
    [InlineData("{\"algorithm\":\n  \"ppo\",,}", 2, 9)]
    [InlineData("{", 1, 2)]
    [InlineData("algorithm=ppo", 1, 1)]
    public async Task WrongJson_IsNamedWithLineAndPosition(string body, int line, int position)
    {
        var problem = await ApiApplication.Problem(await lab.Send(HttpMethod.Post, "runs", body), 400);

        Assert.Equal((line, position), ((int)problem["line"]!, (int)problem["position"]!));
        Assert.Contains($"line {line}, position {position}", (string)problem["detail"]!);
    }

    [Theory]
    [InlineData("GET", "nothing", 404)]
    [InlineData("GET", "runs/abc", 404)]
    [InlineData("GET", "runs/01890000-0000-7000-8000-000000000000", 404)]
    [InlineData("GET", "runs/01890000-0000-7000-8000-000000000000/metrics", 404)]
    [InlineData("GET", "runs/01890000-0000-7000-8000-000000000000/metrics/m", 404)]
    [InlineData("GET", "runs/01890000-0000-7000-8000-000000000000/log", 404)]
    [InlineData("GET", "runs/01890000-0000-7000-8000-000000000000/events", 404)]
    [InlineData("GET", "runs/01890000-0000-7000-8000-000000000000/artifacts", 404)]
    [InlineData("GET", "runs/01890000-0000-7000-8000-000000000000/artifacts/a", 404)]
    [InlineData("GET", "runs/01890000-0000-7000-8000-000000000000/manifest", 404)]
    [InlineData("POST", "runs/01890000-0000-7000-8000-000000000000/cancel", 404)]
    [InlineData("GET", "experiments/01890000-0000-7000-8000-000000000000", 404)]
    [InlineData("DELETE", "queue", 405)]
    [InlineData("PUT", "runs", 405)]
    [InlineData("GET", "/openapi/v2.json", 404)]
    [InlineData("GET", "/health/dead", 404)]
    public async Task EveryStatus_HasTheOneForm(string method, string path, int status) =>
        await ApiApplication.Problem(await lab.Send(new(method), path, null, ("Accept", "text/html")), status);

    [Fact]
    public async Task NotJson_Is415()
    {
        foreach (var type in (string[])["text/plain", "application/x-www-form-urlencoded"])
        {
            var request = ApiApplication.Request(HttpMethod.Post, "runs");
            request.Content = new StringContent("{}", Encoding.UTF8, type);
            Assert.Contains("application/json", (string)(await ApiApplication.Problem(await lab.Client.SendAsync(request), 415))["detail"]!);
        }
    }

    [Theory]
    [InlineData("gzip", 400)]
    [InlineData("br", 415)]
    public async Task BodyNotPackedAsAnnounced_IsRefused(string encoding, int status)
    {
        var request = ApiApplication.Request(HttpMethod.Post, "runs", "{}");
        request.Content!.Headers.ContentEncoding.Add(encoding);

        await ApiApplication.Problem(await lab.Client.SendAsync(request), status);
    }

    [Theory]
    [InlineData(new byte[] { 0x22, 0xFF, 0x22 })]
    [InlineData(new byte[] { 0x22, 0x5C, 0x75, 0x64, 0x38, 0x30, 0x30, 0x22 })] // half of a surrogate pair
    public async Task TextThatIsNotUnicode_IsRefused(byte[] text)
    {
        var request = ApiApplication.Request(HttpMethod.Post, "runs");
        request.Content = new ByteArrayContent([.. "{\"source\":\"external\",\"name\":"u8, .. text, .. "}"u8]) { Headers = { ContentType = new("application/json") } };

        await ApiApplication.Problem(await lab.Client.SendAsync(request), 400);
    }

    [Fact]
    public async Task BodyTooLarge_Is413() =>
        await ApiApplication.Problem(await lab.Send(HttpMethod.Post, "runs", $$"""{"name":"{{new string('x', 1024 * 1024)}}"}"""), 413);

    [Fact]
    public async Task EnvironmentThatCannotRun_SaysWhatIsMissing()
    {
        if (MujocoLibrary.WhyUnavailable() is not { } reason)
            return;
        var problem = await ApiApplication.Problem(await lab.Send(HttpMethod.Post, "runs", """{"algorithm":"ppo","environment":"hopper","steps":1000}"""), 400);
        Assert.Contains(reason, ApiApplication.Errors(problem, "/environment"));
    }
}
