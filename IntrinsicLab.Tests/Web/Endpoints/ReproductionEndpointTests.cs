using System.Net;
using System.Text.Json.Nodes;
using System.Xml.Linq;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Data;
using Microsoft.EntityFrameworkCore;

namespace IntrinsicLab.Tests.Web.Endpoints;

/// <summary>The figures that come with the program, in a lab of their own, whose runs nobody trains.</summary>
public sealed class ReproductionEndpointTests(ApiApplication lab) : IClassFixture<ApiApplication>
{
    [Fact]
    public async Task List_NamesEveryFigureAtBothScales()
    {
        var listing = await lab.Get("reproductions");

        Assert.Empty(listing["problems"]!.AsArray());
        var figure = listing["items"]!.AsArray().Single(item => (string)item!["id"]! == "ppo-delayed-segway")!;
        Assert.Equal(["ppo"], figure["algorithms"]!.AsArray().Select(id => (string)id!));
        Assert.Equal(2018, (int)figure["paper"]!["year"]!);
        foreach (var (scale, runs) in (IEnumerable<(string, int)>)[("full", 30), ("reduced", 15)])
        {
            var found = figure["scales"]![scale]!;
            Assert.Equal(("not-started", "not-run", "none", runs), ((string)found["status"]!, (string)found["verdict"]!, (string)found["verdictSource"]!, (int)found["runs"]!));
            Assert.True((double)found["secondsLeft"]! > 0);
        }
        Assert.Equal("/api/v1/reproductions/ppo-delayed-segway?scale=reduced", (string)figure["scales"]!["reduced"]!["links"]!["self"]!);
    }

    [Fact]
    public async Task Get_OneFigure_HasItsPlanWhichAnExperimentTakes()
    {
        var detail = await lab.Get("reproductions/ppo-a2c-hopper?scale=reduced");

        Assert.Equal("./lab reproduce ppo-a2c-hopper --reduced", (string)detail["command"]!);
        Assert.Equal(["not-run"], detail["expected"]!.AsArray().Select(each => (string)each!["verdict"]!));
        Assert.Equal(300_000, (int)detail["plan"]!["steps"]!);
        Assert.Null(detail["kept"]);
        await lab.Post("experiments", detail["plan"]!.ToJsonString(), HttpStatusCode.Created);
    }

    [Fact]
    public async Task Unknown_FiguresScalesAndMembers_AreRefusedInWords()
    {
        var missing = await ApiApplication.Problem(await lab.Client.GetAsync("reproductions/ppo-a2c-hoper"), 404);
        Assert.Contains("ppo-a2c-hopper", (string)missing["detail"]!);
        await ApiApplication.Problem(await lab.Send(HttpMethod.Post, "reproductions/nothing/start"), 404);
        await ApiApplication.Problem(await lab.Client.GetAsync("reproductions/nothing/figure"), 404);
        var faults = await ApiApplication.Problem(await lab.Send(HttpMethod.Post, "reproductions/ppo-a2c-hopper/start", """{"scale":"small","colour":1}"""), 400);
        Assert.Equal(["/colour", "/scale"], faults["errors"]!.AsObject().Select(pair => pair.Key).Order(StringComparer.Ordinal));
        Assert.Contains("/scale", (await ApiApplication.Problem(await lab.Client.GetAsync("reproductions/ppo-a2c-hopper?scale=small"), 400))["errors"]!.ToJsonString());
        var never = await ApiApplication.Problem(await lab.Client.GetAsync("reproductions/ppo-a2c-hopper/figure"), 404);
        Assert.Contains("has not been run", (string)never["detail"]!);
    }

    [Fact]
    public async Task Get_AFigureOfManyKinds_HasItsExpectationsInWordsAndParts()
    {
        var detail = await lab.Get("reproductions/cln-fig4");

        Assert.Equal(
            ["CLN better than PPO in most environments", "CLN better than PPO-LIRPG in most environments", "PPO better than CLN in every environment, mean over the first fifth of training"],
            detail["expected"]!.AsArray().Select(each => (string)each!["sentence"]!));
        Assert.Equal(["hopper", "walker2d", "half-cheetah", "ant", "humanoid"], detail["expected"]![0]!["parts"]!.AsArray().Select(part => (string)part!["environment"]!));
        Assert.Equal(("most", "environments"), ((string)detail["expected"]![0]!["scope"]!, (string)detail["expected"]![0]!["measure"]!));
        var reduced = await lab.Get("reproductions/cln-fig6?scale=reduced");
        var trend = Assert.Single(reduced["expected"]!.AsArray())!["trend"]!;
        Assert.Equal(("reward/intrinsic_mean", "none", 0.5), ((string)trend["series"]!, (string)trend["direction"]!, (double)trend["within"]!));
        Assert.Contains("Reduced: the first 500,000 steps", (string)reduced["deviations"]!);
    }

    [Fact]
    public async Task Start_TwiceWithAKeyAndOnceWithout_MakesOneExperiment()
    {
        const string path = "reproductions/ppo-delayed-hopper/start";
        var first = await ApiApplication.Read(
            await lab.Send(HttpMethod.Post, path, """{"scale":"reduced"}""", ("Idempotency-Key", "figure-1")), HttpStatusCode.Created);
        var again = await ApiApplication.Read(
            await lab.Send(HttpMethod.Post, path, """{"scale":"reduced"}""", ("Idempotency-Key", "figure-1")), HttpStatusCode.Created);
        var third = await lab.Post(path, """{"scale":"reduced"}""");

        Assert.Equal(20, (int)first["added"]!);
        Assert.Equal(first.ToJsonString(), again.ToJsonString());
        Assert.Equal(((string)first["experiment"]!, 0), ((string)third["experiment"]!, (int)third["added"]!));
        Assert.Equal(20, (int)(await lab.Get($"experiments/{first["experiment"]}"))["runs"]!);
        Assert.Equal(20, (int)(await lab.Post("reproductions/ppo-delayed-hopper/pause", """{"scale":"reduced"}"""))["paused"]!);
        Assert.Equal("paused", (string)(await lab.Get("reproductions/ppo-delayed-hopper"))["figure"]!["scales"]!["reduced"]!["status"]!);
        Assert.Equal(20, (int)(await lab.Post(path, """{"scale":"reduced"}"""))["resumed"]!);
    }

    [Fact]
    public async Task Figure_OfCompletedRuns_IsDrawnJudgedAndLaterReadFromTheKeptResult()
    {
        var started = await lab.Post("reproductions/ppo-a2c-cartpole/start", """{"scale":"reduced"}""", HttpStatusCode.Created);
        var experiment = Guid.Parse((string)started["experiment"]!);
        await Complete(experiment);

        var response = await lab.Client.GetAsync("reproductions/ppo-a2c-cartpole/figure?scale=reduced");
        var comparison = await ApiApplication.Read(response, HttpStatusCode.OK);
        Assert.Equal("lab", Assert.Single(response.Headers.GetValues("Figure-Source")));
        Assert.Equal(["a2c · cartpole", "ppo · cartpole"], Labels(comparison));
        Assert.Equal("ci95", (string)comparison["settings"]!["interval"]!);
        var panel = await lab.Get("reproductions/ppo-a2c-cartpole/figure?scale=reduced&environment=cartpole");
        Assert.Equal(["a2c", "ppo"], Labels(panel));
        Assert.Equal(("a2c", "ppo"), ((string)panel["pairs"]![0]!["x"]!, (string)panel["pairs"]![0]!["y"]!));
        await ApiApplication.Problem(await lab.Client.GetAsync("reproductions/ppo-a2c-cartpole/figure?scale=reduced&environment=catch"), 400);

        var detail = await lab.Get("reproductions/ppo-a2c-cartpole?scale=reduced");
        var found = Assert.Single(detail["expected"]!.AsArray())!;
        Assert.Equal(("holds", "ppo", "a2c", 5), ((string)found["verdict"]!, (string)found["better"]!, (string)found["worse"]!, (int)found["seeds"]!));
        Assert.Equal(2 / 252.0, (double)found["adjustedP"]!, 9);
        Assert.Equal(("finished", "holds", "lab"), detail["figure"]!["scales"]!["reduced"] is { } scale
            ? ((string)scale["status"]!, (string)scale["verdict"]!, (string)scale["verdictSource"]!) : default);
        Assert.Equal(10, detail["runs"]!.AsArray().Count(run => run!["area"] is not null));

        var picture = await lab.Client.GetAsync("reproductions/ppo-a2c-cartpole/figure.svg?scale=reduced");
        Assert.Equal("image/svg+xml", picture.Content.Headers.ContentType!.MediaType);
        Assert.Equal("svg", XDocument.Parse(await picture.Content.ReadAsStringAsync()).Root!.Name.LocalName);
        var unchanged = await lab.Send(HttpMethod.Get, "reproductions/ppo-a2c-cartpole/figure.svg?scale=reduced", null, ("If-None-Match", picture.Headers.ETag!.ToString()));
        Assert.Equal(HttpStatusCode.NotModified, unchanged.StatusCode);

        // What is kept is shown where the lab has no runs of its own any more.
        var reproductions = lab.Service<Reproductions>();
        var figure = reproductions.Catalog.Find("ppo-a2c-cartpole")!;
        Directory.CreateDirectory(lab.ResultsFolder);
        await File.WriteAllTextAsync(
            Path.Combine(lab.ResultsFolder, "ppo-a2c-cartpole-reduced.json"), (await reproductions.Result(figure, ReproductionScale.Reduced))!.ToJson());
        await using (var context = lab.Context())
            await context.Runs.Where(run => run.ExperimentId == experiment).ExecuteUpdateAsync(set => set.SetProperty(run => run.DeletedAt, DateTimeOffset.UtcNow));
        response = await lab.Client.GetAsync("reproductions/ppo-a2c-cartpole/figure?scale=reduced");
        Assert.Equal("kept", Assert.Single(response.Headers.GetValues("Figure-Source")));
        Assert.Equal(comparison["groups"]!.ToJsonString(), (await ApiApplication.Read(response, HttpStatusCode.OK))["groups"]!.ToJsonString());
        detail = await lab.Get("reproductions/ppo-a2c-cartpole?scale=reduced");
        Assert.Equal(("holds", 5), ((string)detail["kept"]!["verdict"]!, detail["kept"]!["seeds"]!.AsArray().Count));
    }

    // Only workers write a trained run's points; for as long as they are written, these are somebody else's.
    private async Task Complete(Guid experiment)
    {
        await using var context = lab.Context();
        var runs = context.Runs.Where(run => run.ExperimentId == experiment);
        await runs.ExecuteUpdateAsync(set => set.SetProperty(run => run.Source, Run.SourceExternal));
        foreach (var run in await runs.AsNoTracking().ToListAsync())
        {
            var score = run.Algorithm == "ppo" ? 400 + run.Seed : 200 - run.Seed;
            await lab.Service<MetricStore>().Upsert(run.Id, new Dictionary<string, SeriesColumns> { ["return/extrinsic"] = new([0, 50_000, 100_000], [20, score, score]) });
        }
        await runs.ExecuteUpdateAsync(set => set
            .SetProperty(run => run.Source, Run.SourceLab).SetProperty(run => run.Status, RunStatus.Completed).SetProperty(run => run.StepsDone, run => run.Steps));
    }

    private static IEnumerable<string> Labels(JsonObject comparison) => comparison["groups"]!.AsArray().Select(group => (string)group!["label"]!);
}
