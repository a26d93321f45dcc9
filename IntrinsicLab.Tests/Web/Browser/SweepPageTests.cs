using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace IntrinsicLab.Tests.Web.Browser;

[Collection(BrowserCollection.Name), Trait("Kind", "Browser")]
public sealed class SweepPageTests(LabInBrowser lab)
{
    [Fact]
    public async Task Form_FromSpaceToResult_RunsASweepAndShowsItFromEverySide()
    {
        await using var page = await lab.Open("sweeps/new");
        var tab = page.Tab;
        await tab.Locator("#steps").FillAsync("2000");
        await tab.Locator("#seeds").FillAsync("2");
        await tab.Locator("label.pickcard", new() { HasText = "Grid" }).ClickAsync();
        await tab.Locator("#count-0").FillAsync("2");
        await tab.GetByRole(AriaRole.Button, new() { Name = "Add a parameter" }).ClickAsync();
        await tab.Locator("#space-1").SelectOptionAsync("epochs");
        await tab.Locator("#kind-1").SelectOptionAsync("values");
        await tab.Locator("#values-1").FillAsync("1, two");
        await tab.Locator("#values-1").BlurAsync();
        await Expect(tab.GetByRole(AriaRole.Alert)).ToContainTextAsync("epochs");
        await Expect(tab.GetByRole(AriaRole.Button, new() { Name = "Start sweep" })).ToBeDisabledAsync();
        await tab.Locator("#values-1").FillAsync("1, 2");
        await tab.Locator("#values-1").BlurAsync();
        await Expect(tab.Locator("aside")).ToContainTextAsync("4 of 2");
        await page.AssertAccessible();
        await tab.GetByRole(AriaRole.Button, new() { Name = "Start sweep" }).ClickAsync();
        await Expect(tab).ToHaveURLAsync(new Regex("sweeps/[0-9a-f-]{36}$"));
        var id = tab.Url.Split('/')[^1];

        await LabInBrowser.Until(async () => (string?)JsonNode.Parse(await lab.Client.GetStringAsync($"sweeps/{id}"))!["status"] == "finished", "the sweep to end", 90);
        var rows = tab.GetByRole(AriaRole.Group, new() { Name = "Trials, table" }).Locator("tbody tr");
        await Expect(rows).ToHaveCountAsync(4);
        await Expect(tab.GetByRole(AriaRole.Heading, new() { Name = "Best: trial" })).ToBeVisibleAsync();
        await Expect(tab.Locator(".coordinates polyline")).ToHaveCountAsync(4);
        await Expect(tab.Locator("[data-part=heat] .heatmaplayer image")).ToHaveCountAsync(1);
        await Expect(tab.Locator("[data-part=scatter] .scatterlayer > .trace")).ToHaveCountAsync(2);
        await Expect(tab.Locator("[data-part=importance] tbody tr")).ToHaveCountAsync(2);

        // What is chosen stands in the address and outlives a reload.
        await tab.GetByLabel("Along").SelectOptionAsync("epochs");
        await tab.Locator("[data-sort=trial]").ClickAsync();
        await tab.Locator("[data-sort=trial]").ClickAsync();
        await Expect(rows.First.Locator("td").Nth(1)).ToHaveTextAsync("3");
        await Expect(tab).ToHaveURLAsync(new Regex("x=epochs.*sort=-trial"));
        await page.Go(tab.Url);
        await Expect(rows.First.Locator("td").Nth(1)).ToHaveTextAsync("3");
        await Expect(tab.GetByLabel("Along")).ToHaveValueAsync("epochs");
        await Expect(tab.Locator("th[aria-sort=descending]")).ToHaveTextAsync(new Regex("Trial"));
        await page.AssertAccessible();
        await page.AssertNoOverflow();
        page.AssertNoErrors();

        await tab.GetByRole(AriaRole.Button, new() { Name = "Run the best with 10 more seeds" }).ClickAsync();
        await Expect(tab.GetByText("added seed")).ToBeVisibleAsync();
        Assert.Equal(18, (int)JsonNode.Parse(await lab.Client.GetStringAsync($"sweeps/{id}"))!["runs"]!);
        foreach (var run in JsonNode.Parse(await lab.Client.GetStringAsync($"runs?experiment={id}&status=active&limit=100"))!["items"]!.AsArray())
            await lab.Client.PostAsync($"runs/{run!["id"]}/cancel", null);
    }
}
