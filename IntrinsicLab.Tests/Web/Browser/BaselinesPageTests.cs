using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace IntrinsicLab.Tests.Web.Browser;

[Collection(BrowserCollection.Name), Trait("Kind", "Browser")]
public sealed class BaselinesPageTests(LabInBrowser lab)
{
    private const string Table = "run,algorithm,environment,seed,step,return\nuploaded 1,dqn,cartpole,1,100,10\nuploaded 1,dqn,cartpole,1,200,20\nuploaded 2,dqn,cartpole,2,100,12\n";

    [Fact]
    public async Task Upload_OfAFile_ShowsWhatItIsBeforeItIsStored()
    {
        await using var page = await lab.Open("baselines");
        var store = page.Tab.GetByRole(AriaRole.Button, new() { Name = "Store runs" });
        var result = page.Tab.Locator("[data-result]");
        await Expect(store).ToBeDisabledAsync();

        await Choose(page, "faulty.csv", Table + "uploaded 3,dqn,cartpole,3,100,many\n");
        await Expect(result.GetByRole(AriaRole.Alert)).ToContainTextAsync("1 place must be mended first");
        await Expect(result.GetByRole(AriaRole.Group, new() { Name = "Faults" }).Locator("tbody tr")).ToContainTextAsync(["5return'many' is no number."]);
        await Expect(store).ToBeDisabledAsync();

        await Choose(page, "curves.csv", Table);
        await Expect(result.GetByRole(AriaRole.Status)).ToContainTextAsync("2 new runs with 3 points");
        await Expect(result.GetByRole(AriaRole.Group, new() { Name = "Columns" })).ToContainTextAsync("the metric return/extrinsic");
        await page.AssertAccessible();
        await store.ClickAsync();
        await Expect(result.GetByRole(AriaRole.Status)).ToContainTextAsync("2 runs stored");

        await Choose(page, "again.csv", Table);
        await Expect(result.GetByRole(AriaRole.Status)).ToContainTextAsync("0 new runs with 3 points. 2 runs of the same content are in the lab already");
        await Expect(store).ToBeDisabledAsync();
        await result.GetByRole(AriaRole.Link, new() { Name = "uploaded 1" }).ClickAsync();
        await Expect(page.Tab.GetByRole(AriaRole.Heading, new() { Name = "uploaded 1" })).ToBeVisibleAsync();
        page.AssertNoErrors();
    }

    [Fact]
    public async Task Pin_OfARun_PutsItBesideOthersOfItsEnvironment()
    {
        var (pinned, other) = (await lab.AddCurves("pinned curve"), await lab.AddCurves("measured curve"));
        await using var page = await lab.Open($"runs/{pinned}");
        await page.Tab.GetByLabel("More actions").ClickAsync();
        await page.Tab.GetByRole(AriaRole.Button, new() { Name = "Pin as baseline" }).ClickAsync();
        await Expect(page.Tab.Locator(".rz-notification")).ToContainTextAsync("is a baseline now");

        await page.Go($"runs/{other}");
        var table = page.Tab.GetByRole(AriaRole.Group, new() { Name = "References drawn" });
        await Expect(table).ToContainTextAsync("pinned curve");
        await Expect(page.Tab.Locator("lab-chart[metric='return/extrinsic'] .sr-only")).ToContainTextAsync("pinned curve");
        await Drawn(page, "traces => traces.includes(undefined) && traces.length > 1");

        await page.Tab.Locator("summary", new() { HasText = "Beside" }).ClickAsync();
        await page.Tab.GetByLabel("Random actions").CheckAsync();
        await Expect(page.Tab).ToHaveURLAsync(new Regex("beside=.*random"));
        await Drawn(page, "traces => traces.includes('random')");
        await Expect(table).ToContainTextAsync("measured here");
        await page.AssertAccessible();

        await page.Go($"runs/{other}?beside=none");
        await Drawn(page, "traces => traces.length === 1 && traces[0] === undefined");
        await Expect(table).ToHaveCountAsync(0);
        page.AssertNoErrors();
    }

    [Fact]
    public async Task Delete_OfAPinnedRun_AsksFirst()
    {
        var run = await lab.AddCurves("dear curve");
        await lab.Client.PostAsync($"runs/{run}/complete", null);
        await lab.Send("baselines", new System.Text.Json.Nodes.JsonObject { ["run"] = run.ToString(), ["name"] = "dear" });
        await using var page = await lab.Open($"runs/{run}");

        await page.Tab.GetByLabel("More actions").ClickAsync();
        await page.Tab.GetByRole(AriaRole.Button, new() { Name = "Delete run" }).ClickAsync();
        await Expect(page.Tab.GetByRole(AriaRole.Alert)).ToContainTextAsync("A baseline rests on this run: “dear”");
        await page.Tab.GetByRole(AriaRole.Button, new() { Name = "Keep the run" }).ClickAsync();
        await page.Go("baselines");
        await page.Tab.GetByRole(AriaRole.Button, new() { Name = "Unpin dear" }).ClickAsync();
        await Expect(page.Tab.GetByRole(AriaRole.Button, new() { Name = "Unpin dear" })).ToHaveCountAsync(0);
        page.AssertNoErrors();
    }

    [Fact]
    public async Task PublishedFigures_AreSearchedInTheAddress()
    {
        await using var page = await lab.Open("baselines");
        var rows = page.Tab.GetByRole(AriaRole.Group, new() { Name = "Published figures" }).Locator("tbody tr");

        await page.Tab.GetByLabel("Search published figures").FillAsync("cleanrl hopper");
        await Expect(page.Tab).ToHaveURLAsync(new Regex("q=cleanrl"));
        await Expect(rows).ToHaveCountAsync(2);
        await page.Go(page.Tab.Url);
        await Expect(rows).ToHaveCountAsync(2);
        await Expect(rows.First).ToContainTextAsync("CleanRL");
    }

    [Fact]
    public async Task AlgorithmPage_TellsEveryMetric()
    {
        await using var page = await lab.Open("algorithms/ppo");

        await Expect(page.Tab.GetByRole(AriaRole.Table, new() { Name = "Of PPO" })).ToContainTextAsync("policy/clip_fraction");
        await Expect(page.Tab.GetByRole(AriaRole.Table, new() { Name = "Of every run" })).ToContainTextAsync("the field's usual score");
        await Expect(page.Tab.GetByRole(AriaRole.Heading, new() { Name = "Learning curves" })).ToBeVisibleAsync();
        page.AssertNoErrors();
    }

    // What plotly was given for the return: the id of each reference, undefined for the run's own curve.
    private static Task Drawn(LabPage page, string condition) => page.Tab.WaitForFunctionAsync(
        $"() => {{ const plot = document.querySelector(\"lab-chart[metric='return/extrinsic'] .plot\"); return plot?.data && ({condition})(plot.data.map(trace => trace.meta.reference)); }}");

    private static Task Choose(LabPage page, string name, string content) => page.Tab.GetByLabel("Files").SetInputFilesAsync(
        new FilePayload { Name = name, MimeType = "text/csv", Buffer = Encoding.UTF8.GetBytes(content) });
}
