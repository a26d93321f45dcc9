using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace IntrinsicLab.Tests.Web.Browser;

[Collection(BrowserCollection.Name), Trait("Kind", "Browser")]
public sealed class CompareBaselinesTests(LabInBrowser lab)
{
    [Fact]
    public async Task Baselines_AreAddedAsGroupsOfTheirOwn_AndPublishedFiguresAsLines()
    {
        await lab.AddCurves("contender");
        // Another budget, and so another configuration than every other curve of these tests.
        var created = await lab.Send("runs", new JsonObject { ["source"] = "external", ["name"] = "old master", ["algorithm"] = "master", ["environment"] = "cartpole", ["steps"] = 90_000 });
        await lab.Send($"runs/{created["id"]}/metrics", JsonNode.Parse("""{"series":{"return/extrinsic":{"step":[0,50000,90000],"value":[20,200,300]}}}""")!);
        await lab.Send("baselines", new JsonObject { ["run"] = (string)created["id"]!, ["name"] = "the old master" });
        await using var page = await lab.Open("compare?q=contender");

        await page.Tab.GetByText("Add baselines").ClickAsync();
        await page.Tab.GetByRole(AriaRole.Button, new() { Name = "the old master" }).ClickAsync();
        await Expect(page.Tab).ToHaveURLAsync(new Regex("baselines="));
        var rows = page.Tab.GetByRole(AriaRole.Group, new() { Name = "Final scores" }).Locator("tbody tr");
        await Expect(rows).ToHaveCountAsync(2);
        await Expect(rows.Filter(new() { HasText = "master" })).ToContainTextAsync("baseline");

        await page.Tab.Locator("summary", new() { HasText = "Beside" }).ClickAsync();
        await page.Tab.GetByLabel("Random actions").CheckAsync();
        await Expect(page.Tab.Locator("lab-compare .sr-only").First).ToContainTextAsync("Beside it: Random actions");
        await page.Go(page.Tab.Url);
        await Expect(page.Tab.Locator("lab-compare .sr-only").First).ToContainTextAsync("Beside it: Random actions");
        await Expect(rows).ToHaveCountAsync(2);
        await page.AssertAccessible();

        await page.Tab.GetByLabel("Remove the old master").ClickAsync();
        await Expect(rows).ToHaveCountAsync(1);
        page.AssertNoErrors();
    }
}
