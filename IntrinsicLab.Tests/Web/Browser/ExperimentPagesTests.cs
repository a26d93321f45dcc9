using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace IntrinsicLab.Tests.Web.Browser;

[Collection(BrowserCollection.Name), Trait("Kind", "Browser")]
public sealed class ExperimentPagesTests(LabInBrowser lab)
{
    private const string Long = """
        {"name":"NAME","algorithms":["ppo"],"environments":["cartpole"],"seeds":3,"steps":2000000000}
        """;

    private static ILocator Summary(LabPage page) => page.Tab.GetByRole(AriaRole.Complementary, new() { Name = "Summary" });

    private static ILocator Cell(LabPage page, string row) => Summary(page).Locator("tr", new() { HasText = row }).Locator("td").Last;

    private static async Task Fill(LabPage page, string id, string text)
    {
        await page.Tab.Locator($"#{id}").FillAsync(text);
        await page.Tab.Locator($"#{id}").PressAsync("Tab");
    }

    [Fact]
    public async Task Form_FilledAndStarted_LeadsToTheExperimentWhichTakesMoreSeeds()
    {
        await using var page = await lab.Open("experiments/new");
        // Ten updates of 4 environments for 128 steps: the last tenth of the budget has one of them.
        await Fill(page, "steps", "5120");
        await Fill(page, "seeds", "2");
        await Fill(page, "name", "by form");
        await page.Tab.GetByRole(AriaRole.Button, new() { Name = "Vary a parameter" }).ClickAsync();
        await Fill(page, "grid-0-key", "ppo.gamma");
        await Fill(page, "grid-0-values", "0.9, 0.99");
        await Expect(Cell(page, "Configurations")).ToHaveTextAsync("2");
        await Expect(Cell(page, "Runs")).ToHaveTextAsync("4");
        await page.Go(page.Tab.Url);
        await Expect(page.Tab.Locator("#grid-0-values")).ToHaveValueAsync("0.9, 0.99");
        await Expect(Cell(page, "Runs")).ToHaveTextAsync("4");

        await page.Tab.GetByRole(AriaRole.Button, new() { Name = "Start experiment" }).ClickAsync();

        await Expect(page.Tab.GetByRole(AriaRole.Heading, new() { Name = "by form" })).ToBeVisibleAsync();
        var counts = page.Tab.Locator(".gauge .counts");
        await Expect(counts).ToHaveTextAsync(new Regex("4 completed"), new() { Timeout = 90_000 });
        var rows = page.Tab.Locator(".results tbody tr:has(th)");
        await Expect(rows).ToHaveCountAsync(2);
        await Expect(rows.First).ToContainTextAsync("2 of 2");
        await Expect(rows.First).ToContainTextAsync(" to ");
        await Expect(page.Tab.Locator("lab-compare .scatterlayer > .trace")).ToHaveCountAsync(6);

        await page.Tab.GetByRole(AriaRole.Button, new() { Name = "Add seeds" }).First.ClickAsync();
        await page.AssertAccessible();
        await page.Tab.Locator("#more-seeds").FillAsync("2-3");
        await Expect(page.Tab.Locator("#seeds-dialog [role=status]")).ToContainTextAsync("at most 4");
        await page.Tab.Locator("#seeds-dialog").GetByRole(AriaRole.Button, new() { Name = "Add seeds" }).ClickAsync();

        await Expect(page.Tab.Locator(".rz-notification")).ToContainTextAsync("2\u2009runs queued");
        await Expect(page.Tab.Locator(".head")).ToContainTextAsync("2\u2009configurations × 3\u2009seeds");
        await page.Tab.GetByRole(AriaRole.Link, new() { Name = "Runs", Exact = true }).Last.ClickAsync();
        await Expect(page.Tab.Locator(".runs-box tr[data-run]")).ToHaveCountAsync(6);

        await page.Tab.GetByRole(AriaRole.Link, new() { Name = "Compare", Exact = true }).Last.ClickAsync();
        var card = page.Tab.Locator(".chart-card").First;
        await Expect(card.Locator(".scatterlayer .trace").First).ToBeVisibleAsync();
        var download = await page.Tab.RunAndWaitForDownloadAsync(async () =>
        {
            await card.Locator("summary").ClickAsync();
            await card.GetByText("Vector picture").ClickAsync();
        });
        var picture = XDocument.Parse(await File.ReadAllTextAsync(await download.PathAsync()));
        Assert.Equal("svg", picture.Root!.Name.LocalName);
        Assert.Contains("gamma 0.99", picture.Root.Value);
        page.AssertNoErrors();
    }

    [Fact]
    public async Task Experiment_IsPausedResumedAndCancelledAsAWhole()
    {
        var id = (string)(await lab.Send("experiments", JsonNode.Parse(Long.Replace("NAME", "as a whole"))!))["id"]!;
        await using var page = await lab.Open($"experiments/{id}");
        var counts = page.Tab.Locator(".gauge .counts");
        await page.Tab.GetByRole(AriaRole.Button, new() { Name = "Pause", Exact = true }).ClickAsync();
        await Expect(counts).ToHaveTextAsync(new Regex("^\\s*3 paused\\s*$"));
        await page.Tab.GetByRole(AriaRole.Button, new() { Name = "Resume", Exact = true }).ClickAsync();
        await Expect(counts).ToContainTextAsync(new Regex("queued|running"));

        await page.Tab.GetByRole(AriaRole.Button, new() { Name = "Cancel", Exact = true }).ClickAsync();
        await page.Tab.GetByRole(AriaRole.Button, new() { Name = "Cancel 3\u2009runs" }).ClickAsync();

        await Expect(counts).ToHaveTextAsync(new Regex("^\\s*3 cancelled\\s*$"));
        await Expect(page.Tab.GetByRole(AriaRole.Button, new() { Name = "Pause", Exact = true })).ToHaveCountAsync(0);
        await page.Tab.GetByText("More", new() { Exact = true }).Last.ClickAsync();
        await page.Tab.GetByRole(AriaRole.Button, new() { Name = "Name and notes" }).ClickAsync();
        await page.Tab.GetByLabel("Name of the experiment").FillAsync("renamed whole");
        await page.Tab.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(page.Tab.GetByRole(AriaRole.Heading, new() { Name = "renamed whole" })).ToBeVisibleAsync();

        await page.Go("experiments?q=renamed");
        await Expect(page.Tab.Locator("tr[data-experiment]")).ToHaveCountAsync(1);
        await Expect(page.Tab.Locator("tr[data-experiment]")).ToContainTextAsync("3 cancelled");
        await page.Tab.GetByRole(AriaRole.Link, new() { Name = "renamed whole" }).ClickAsync();
        await Expect(page.Tab).ToHaveURLAsync(new Regex(id));
        page.AssertNoErrors();
    }

    [Fact]
    public async Task Form_WithAMatrixThatContradictsItself_SaysSoAtThePlaces()
    {
        await using var page = await lab.Open("experiments/new?plan=" + Uri.EscapeDataString("""
            {"name":"wrong","algorithms":["ppo"],"environments":["cartpole"],"seeds":2,"steps":1000,"grid":{"a2c.gamma":[0.9],"ppo.gamma":[0.9,2]}}
            """));

        await Expect(page.Tab.Locator("#grid-0-note")).ToContainTextAsync("There is no algorithm.parameter or environment.parameter 'a2c.gamma'");
        await Expect(page.Tab.Locator("#grid-1-note")).ToContainTextAsync("2 is out of range: 0 to 1.");
        await Expect(page.Tab.GetByRole(AriaRole.Alert)).ToContainTextAsync(new Regex("2.problems"));
        await Expect(page.Tab.GetByRole(AriaRole.Button, new() { Name = "Start experiment" })).ToBeDisabledAsync();
        await page.Tab.GetByRole(AriaRole.Alert).GetByRole(AriaRole.Button, new() { Name = "out of range" }).ClickAsync();
        await Expect(page.Tab.Locator("#grid-1-values")).ToBeFocusedAsync();

        await Fill(page, "grid-1-values", "0.9, 0.99");
        await page.Tab.GetByRole(AriaRole.Button, new() { Name = "Remove a2c.gamma" }).ClickAsync();
        await Expect(page.Tab.GetByRole(AriaRole.Button, new() { Name = "Start experiment" })).ToBeEnabledAsync();

        // Two arms that are the same run every seed twice.
        await page.Tab.GetByRole(AriaRole.Button, new() { Name = "Add an arm" }).ClickAsync();
        await Expect(page.Tab.GetByRole(AriaRole.Group, new() { Name = "Arm 2" })).ToContainTextAsync("is the same configuration as");
        await page.Tab.GetByRole(AriaRole.Button, new() { Name = "Remove arm arm 1" }).ClickAsync();
        await Expect(page.Tab.GetByRole(AriaRole.Button, new() { Name = "Start experiment" })).ToBeEnabledAsync();
        await page.AssertAccessible();
        page.AssertNoErrors();
    }
}
