using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace IntrinsicLab.Tests.Web.Browser;

[Collection(BrowserCollection.Name), Trait("Kind", "Browser")]
public sealed class RunsPageTests(LabInBrowser lab)
{
    private static ILocator Row(LabPage page, Guid run) => page.Tab.Locator($"tr[data-run='{run}']");

    private static ILocator Legend(LabPage page) => page.Tab.GetByRole(AriaRole.List, new() { Name = "Runs shown" });

    [Fact]
    public async Task View_LivesInTheAddress()
    {
        var shown = await lab.AddCurves("address shown");
        var hidden = await lab.AddCurves("address hidden");
        await using var page = await lab.Open("runs?q=address");
        await Row(page, hidden).GetByRole(AriaRole.Button, new() { Name = "Show the curves" }).ClickAsync();
        await Expect(Row(page, hidden).GetByRole(AriaRole.Button, new() { Name = "Show the curves" })).ToHaveAttributeAsync("aria-pressed", "false");
        await page.Tab.GetByRole(AriaRole.Button, new() { Name = "Return" }).ClickAsync();
        await Expect(page.Tab.Locator("th[aria-sort='descending']")).ToContainTextAsync("Return");
        await page.Tab.GetByText("Charts", new() { Exact = true }).ClickAsync();
        await page.Tab.GetByRole(AriaRole.Button, new() { Name = "Episodes" }).ClickAsync();
        await Expect(page.Tab).ToHaveURLAsync(new Regex("x=episodes"));

        await page.Go(page.Tab.Url);

        await Expect(page.Tab.Locator("th[aria-sort='descending']")).ToContainTextAsync("Return");
        await Expect(Row(page, hidden).GetByRole(AriaRole.Button, new() { Name = "Show the curves" })).ToHaveAttributeAsync("aria-pressed", "false");
        await Expect(Row(page, shown).GetByRole(AriaRole.Button, new() { Name = "Show the curves" })).ToHaveAttributeAsync("aria-pressed", "true");
        await Expect(page.Tab.Locator("lab-chart").First).ToHaveAttributeAsync("axis", "episodes");
        await Expect(Legend(page)).Not.ToContainTextAsync("address hidden");
        page.AssertNoErrors();
    }

    [Fact]
    public async Task Filter_TypedAsAPair_BecomesAChip()
    {
        await using var page = await lab.Open("runs");
        await page.Tab.GetByLabel("Filter runs").FillAsync("status:failed");
        await page.Tab.GetByLabel("Filter runs").PressAsync("Enter");

        await Expect(page.Tab.Locator(".chip")).ToHaveTextAsync("status: failed");
        await page.Tab.GetByRole(AriaRole.Button, new() { Name = "Remove status failed" }).ClickAsync();
        await Expect(page.Tab.Locator(".chip")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task Keys_MoveChooseAndOpen()
    {
        await lab.AddCurves("keys one");
        var second = await lab.AddCurves("keys two");
        await using var page = await lab.Open("runs?q=keys");
        await Expect(page.Tab.Locator("tr[data-run]")).ToHaveCountAsync(2);

        await page.Tab.Keyboard.PressAsync("j");
        await page.Tab.Keyboard.PressAsync("j");
        await page.Tab.Keyboard.PressAsync("k");
        await Expect(Row(page, second)).ToBeFocusedAsync();
        await page.Tab.Keyboard.PressAsync("Space");
        await Expect(Legend(page)).Not.ToContainTextAsync("keys two");
        await page.Tab.Keyboard.PressAsync("Enter");
        await Expect(page.Tab.GetByRole(AriaRole.Heading, new() { Name = "keys two" })).ToBeVisibleAsync();

        await page.Tab.Keyboard.PressAsync("Control+k");
        await page.Tab.Keyboard.TypeAsync("keys one");
        await Expect(page.Tab.Locator("#palette li")).ToHaveCountAsync(1);
        await page.Tab.Keyboard.PressAsync("Enter");
        await Expect(page.Tab.GetByRole(AriaRole.Heading, new() { Name = "keys one" })).ToBeVisibleAsync();

        await page.Tab.Keyboard.PressAsync("?");
        await Expect(page.Tab.Locator("#shortcuts")).ToBeVisibleAsync();
        page.AssertNoErrors();
    }

    [Fact]
    public async Task Pointing_AtARow_LightsItsCurveAndLegend()
    {
        await lab.AddCurves("light one");
        var second = await lab.AddCurves("light two");
        await using var page = await lab.Open("runs?q=light");
        var curve = page.Tab.Locator("lab-chart[metric='return/extrinsic'] .scatterlayer > .trace");
        await Expect(curve).ToHaveCountAsync(2);

        await Row(page, second).HoverAsync();

        await Expect(page.Tab.Locator($".legend li[data-run='{second}']")).ToHaveClassAsync(new Regex("lit"));
        Assert.Single(await curve.EvaluateAllAsync<string[]>("all => all.map(one => one.style.opacity).filter(opacity => opacity === '0.15')"));
    }

    [Fact]
    public async Task Zoom_AsksForTheVisibleRangeAndResets()
    {
        await lab.AddCurves("zoom", 5000);
        await using var page = await lab.Open("runs?q=zoom&range=20000-30000");
        var plot = page.Tab.Locator("lab-chart[metric='return/extrinsic'] .plot");
        await Expect(plot.Locator(".scatterlayer path").First).ToBeAttachedAsync();

        Assert.InRange(await plot.EvaluateAsync<double>("plot => Math.min(...plot.data.at(-1).x)"), 19_000, 21_000);

        await page.Tab.GetByRole(AriaRole.Button, new() { Name = "show all" }).ClickAsync();
        await LabInBrowser.Until(async () => await plot.EvaluateAsync<double>("plot => Math.min(...plot.data.at(-1).x)") < 1000, "the whole curve");
        Assert.DoesNotContain("range", page.Tab.Url);
    }

    [Fact]
    public async Task Chart_AsTable_ShowsTheSameRuns()
    {
        await lab.AddCurves("tabled");
        await using var page = await lab.Open("runs?q=tabled&table=return/extrinsic");

        var table = page.Tab.Locator("lab-chart[metric='return/extrinsic'] table");
        await Expect(table).ToContainTextAsync("tabled");
        await Expect(table).ToContainTextAsync("100\u2009k");
    }

    [Fact]
    public async Task Grouped_FoldsSeedsUnderTheirMean()
    {
        var first = await lab.AddCurves("grouped one");
        await lab.AddCurves("grouped two");
        await using var page = await lab.Open("runs?q=grouped");
        await page.Tab.GetByRole(AriaRole.Button, new() { Name = "Group seeds" }).ClickAsync();

        var group = page.Tab.Locator("tr.group");
        await Expect(group).ToHaveCountAsync(1);
        await Expect(group).ToContainTextAsync("2 running");
        // Both curves end at 500 (1 − e^(−10/3)): the interval has no width.
        await Expect(group).ToContainTextAsync("482.2 to 482.2");
        await Expect(Row(page, first)).ToHaveCountAsync(0);
        await group.GetByRole(AriaRole.Button).ClickAsync();
        await Expect(Row(page, first)).ToBeVisibleAsync();

        await page.Go(page.Tab.Url);
        await Expect(Row(page, first)).ToBeVisibleAsync();
        await page.AssertAccessible();
        page.AssertNoErrors();
    }

    [Fact]
    public async Task Delete_CanBeUndone()
    {
        var id = await lab.AddCurves("deleted");
        await lab.Send($"runs/{id}/cancel", new System.Text.Json.Nodes.JsonObject());
        await using var page = await lab.Open($"runs/{id}");
        await page.Tab.GetByText("More", new() { Exact = true }).Last.ClickAsync();
        await page.Tab.GetByRole(AriaRole.Button, new() { Name = "Delete run" }).ClickAsync();
        await Expect(page.Tab).ToHaveURLAsync(new Regex("/runs$"));

        await page.Tab.GetByRole(AriaRole.Button, new() { Name = "Undo" }).ClickAsync();

        await Expect(Row(page, id)).ToBeVisibleAsync();
    }
}
