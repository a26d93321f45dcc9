using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Networks;
using IntrinsicLab.Data;
using IntrinsicLab.Tests.Core.Algorithms;

namespace IntrinsicLab.Tests.Web.Endpoints;

[Collection(ApiCollection.Name)]
public class RuleEndpointsTests(ApiApplication lab)
{
    [Fact]
    public async Task Create_FromARun_KeepsItUnderTheNextVersion()
    {
        var run = await RunWithRule();
        var body = $$"""{"name":"from-a-run","run":"{{run}}","notes":"good"}""";

        var response = await lab.Send(HttpMethod.Post, "rules", body);
        var rule = await ApiApplication.Read(response, HttpStatusCode.Created);

        Assert.Equal("/api/v1/rules/from-a-run@1", response.Headers.Location!.ToString());
        Assert.Equal(("from-a-run@1", "good", $"{run}", false), ((string)rule["id"]!, (string)rule["notes"]!, (string)rule["run"]!, (bool)rule["shipped"]!));
        Assert.Equal((3, 4, "predictions"), ((int)rule["form"]!["predictions"]!, (int)rule["form"]!["units"]!, (string)rule["form"]!["semantics"]!));
        Assert.Equal((7, 1234, "2026-02-28"), ((int)rule["origin"]!["seed"]!, (int)rule["origin"]!["updates"]!, (string)rule["origin"]!["date"]!));
        Assert.Equal(LearnedRuleFileTests.Rule().Content.Parameters.Length, (int)rule["parameters"]!);
        Assert.Equal("from-a-run@2", (string)(await lab.Post("rules", body, HttpStatusCode.Created))["id"]!);
        var listed = (await lab.Get("rules"))["items"]!.AsArray().Select(each => (string)each!["id"]!).ToList();
        Assert.Contains("from-a-run@1", listed);
        Assert.Contains("from-a-run@2", listed);
    }

    [Fact]
    public async Task Get_WithTheTagSeen_IsNotModified()
    {
        await Import(LearnedRuleFileTests.Rule(name: "tagged"));
        var tag = (await lab.Client.GetAsync("rules/tagged@2")).Headers.ETag!.ToString();

        Assert.Equal(HttpStatusCode.NotModified, (await lab.Send(HttpMethod.Get, "rules/tagged@2", null, ("If-None-Match", tag))).StatusCode);
        Assert.Equal(HttpStatusCode.NotModified, (await lab.Send(HttpMethod.Get, "rules/tagged@2/file", null, ("If-None-Match", tag))).StatusCode);
    }

    [Fact]
    public async Task File_IsWhatWasImported_AndAnotherLabTakesIt()
    {
        var rule = LearnedRuleFileTests.Rule(name: "travels");
        await Import(rule);

        using var response = await lab.Client.GetAsync("rules/travels@2/file");

        Assert.Equal(LearnedRuleFile.Write(rule), await response.Content.ReadAsByteArrayAsync());
        Assert.Equal("travels@2.rule.json", response.Content.Headers.ContentDisposition!.FileName!.Trim('"'));
        await using var other = new ApiApplication();
        Assert.Equal("travels@2", (string)(await other.Post("rules", await response.Content.ReadAsStringAsync(), HttpStatusCode.Created))["id"]!);
    }

    [Fact]
    public async Task Create_FromAFaultyFile_ListsEveryFaultAndStoresNothing()
    {
        var json = JsonNode.Parse(LearnedRuleFile.Write(LearnedRuleFileTests.Rule(name: "faulty")))!.AsObject();
        (json["gamma"], json["form"]!["semantics"], json["extra"]) = (7, "guesses", true);

        var problem = await ApiApplication.Problem(await lab.Send(HttpMethod.Post, "rules", json.ToJsonString()), 400);

        Assert.Contains("0 to 1", ApiApplication.Errors(problem, "/gamma"));
        Assert.Contains("no semantics 'guesses'", ApiApplication.Errors(problem, "/form/semantics"));
        Assert.NotEmpty(ApiApplication.Errors(problem, "/extra"));
        await ApiApplication.Problem(await lab.Client.GetAsync("rules/faulty@2"), 404);
    }

    [Fact]
    public async Task Create_WithFaults_SaysWhereTheyAre()
    {
        var run = await lab.CreateExternal("learns nothing");

        var problem = await ApiApplication.Problem(await lab.Send(HttpMethod.Post, "rules", $$"""{"name":"Not A Name","run":"{{ApiApplication.IdOf(run)}}"}"""), 400);
        Assert.Contains("small letters", ApiApplication.Errors(problem, "/name"));
        Assert.Contains("has no rule", ApiApplication.Errors(problem, "/run"));
        problem = await ApiApplication.Problem(await lab.Send(HttpMethod.Post, "rules", """{"run":"x","nmae":"y"}"""), 400);
        Assert.Contains("no id", ApiApplication.Errors(problem, "/run"));
        Assert.Contains("required", ApiApplication.Errors(problem, "/name"));
        Assert.Contains("name", ApiApplication.Errors(problem, "/nmae"));
        using var large = new ByteArrayContent(Encoding.UTF8.GetBytes($"{{\"format\":\"{new string('x', LearnedRuleFile.MostBytes)}\"}}"));
        large.Headers.ContentType = new("application/json");
        await ApiApplication.Problem(await lab.Client.PostAsync("rules", large), 413);
    }

    [Fact]
    public async Task Create_OfAVersionThatIsThere_IsAConflict()
    {
        await Import(LearnedRuleFileTests.Rule(name: "twice"));

        var same = await ApiApplication.Problem(await SendFile(LearnedRuleFileTests.Rule(name: "twice")), 409);
        var other = await ApiApplication.Problem(await SendFile(LearnedRuleFileTests.Rule(RuleSemantics.None, 0, name: "twice")), 409);

        Assert.Contains("same content", (string)same["detail"]!);
        Assert.Contains("another rule", (string)other["detail"]!);
    }

    [Fact]
    public async Task Response_IsASheetOfFigures()
    {
        await Import(LearnedRuleFileTests.Rule(name: "answers"));

        var sheet = await lab.Get("rules/answers@2/response");

        Assert.Equal(1, (int)sheet["version"]!);
        Assert.Equal(["response-reward", "response-probability", "response-distance", "response-prediction"], sheet["figures"]!.AsArray().Select(each => (string)each!["id"]!));
    }

    [Fact]
    public async Task Runs_ThatNameARule_NeedOneThatExists()
    {
        await Import(LearnedRuleFileTests.Rule(name: "wanted"));
        const string Run = """{"algorithm":"lpg-agent","environment":"grid-tabular","steps":5000,"parameters":{"rule":"RULE"}}""";
        const string Experiment = """{"name":"e","algorithms":["lpg-agent"],"environments":["grid-tabular"],"seeds":1,"steps":5000,"grid":{"lpg-agent.rule":["wanted@2","RULE"]}}""";
        const string Sweep = """{"name":"s","algorithm":"lpg-agent","environment":"grid-tabular","seeds":1,"steps":5000,"parameters":{"rule":"RULE"},"search":{"method":"random","trials":2,"space":{"learningRate":{"low":1,"high":80}}}}""";

        foreach (var (path, body, place) in ((string, string, string)[])
            [("runs", Run, "/parameters/rule"), ("experiments", Experiment, "/grid/lpg-agent.rule/1"), ("sweeps", Sweep, "/parameters/rule")])
        {
            var problem = await ApiApplication.Problem(await lab.Send(HttpMethod.Post, path, body.Replace("RULE", "wanted@3")), 400);
            Assert.StartsWith("There is no rule wanted@3; there are: ", ApiApplication.Errors(problem, place));
        }
        var run = await lab.CreateRun(Run.Replace("RULE", "wanted@2"));
        var clone = await ApiApplication.Problem(await lab.Send(HttpMethod.Post, $"{run}/clone", """{"parameters":{"rule":"wanted@4"}}"""), 400);
        Assert.StartsWith("There is no rule wanted@4", ApiApplication.Errors(clone, "/parameters/rule"));

        var refused = await ApiApplication.Problem(await lab.Send(HttpMethod.Delete, "rules/wanted@2"), 409);
        Assert.Contains("lpg-agent-grid-tabular-1", (string)refused["detail"]!);
        await lab.Post($"{run}/cancel");
        Assert.Equal(HttpStatusCode.NoContent, (await lab.Send(HttpMethod.Delete, "rules/wanted@2")).StatusCode);
        var missing = await ApiApplication.Problem(await lab.Send(HttpMethod.Delete, "rules/wanted@2"), 404);
        Assert.Contains("There is no rule wanted@2", (string)missing["detail"]!);
    }

    [Fact]
    public async Task Schema_OfAnAlgorithm_SaysThatAParameterNamesARule()
    {
        var algorithm = await lab.Get("algorithms/lpg-agent?environment=grid-tabular");

        Assert.Contains("\"x-names\":\"rule\"", algorithm.ToJsonString());
    }

    private async Task<Guid> RunWithRule()
    {
        var run = ApiApplication.IdOf(await lab.CreateExternal("learns a rule"));
        await lab.Service<ArtifactStore>().Put(run, Rules.ArtifactName, "application/json", LearnedRuleFile.Write(LearnedRuleFileTests.Rule()));
        return run;
    }

    private async Task Import(LearnedRule rule) => await ApiApplication.Read(await SendFile(rule), HttpStatusCode.Created);

    private Task<HttpResponseMessage> SendFile(LearnedRule rule) => lab.Send(HttpMethod.Post, "rules", Encoding.UTF8.GetString(LearnedRuleFile.Write(rule)));
}
