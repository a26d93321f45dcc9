using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Data;
using IntrinsicLab.Tests.Core.Algorithms;
using IntrinsicLab.Tests.Support;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace IntrinsicLab.Tests.Web.Browser;

[Collection(BrowserCollection.Name), Trait("Kind", "Browser")]
public sealed class RulesPageTests(LabInBrowser lab)
{
    [Fact]
    public async Task Import_OfABadFile_ShowsEveryFault_AndOfAGoodOneItsPage()
    {
        var rule = LearnedRuleFileTests.Rule(name: "imported-rule", version: 1);
        var faulty = JsonNode.Parse(LearnedRuleFile.Write(rule))!.AsObject();
        (faulty["gamma"], faulty["form"]!["units"]) = (2, 5);
        await using var page = await lab.Open("rules");
        var store = page.Tab.GetByRole(AriaRole.Button, new() { Name = "Import rule" });
        var result = page.Tab.Locator("[data-result]");
        await Expect(store).ToBeDisabledAsync();

        await Choose(page, "faulty.rule.json", faulty.ToJsonString());
        await store.ClickAsync();
        await Expect(result.GetByRole(AriaRole.Alert)).ToContainTextAsync("faulty.rule.json was not imported");
        await Expect(result.GetByRole(AriaRole.Group, new() { Name = "Faults" }).Locator("tbody tr")).ToContainTextAsync(["/gamma", "/parameters"]);
        await page.AssertAccessible();
        await Choose(page, "notes.txt", "not a rule");
        await store.ClickAsync();
        await Expect(result.GetByRole(AriaRole.Alert)).ToContainTextAsync("The body is not JSON");
        // The refusals are what this test is about; the browser logs each.
        page.Forget("400");

        await Choose(page, "good.rule.json", Encoding.UTF8.GetString(LearnedRuleFile.Write(rule)));
        await store.ClickAsync();
        await Expect(page.Tab.GetByRole(AriaRole.Heading, new() { Name = "imported-rule@1" })).ToBeVisibleAsync();
        await Expect(page.Tab).ToHaveURLAsync(new Regex("/rules/imported-rule@1$"));
        await page.Go("rules");
        await Expect(page.Tab.GetByRole(AriaRole.Group, new() { Name = "Rules, table" })).ToContainTextAsync("imported-rule@1");
        page.AssertNoErrors();
    }

    [Fact]
    public async Task Page_OfARule_ShowsItsAnswersWithTables()
    {
        await Import(LearnedRuleFileTests.Rule(name: "shown-rule", version: 1));
        await using var page = await lab.Open("rules/shown-rule@1");
        var reward = page.Tab.GetByRole(AriaRole.Region, new() { Name = "Answer to a reward" });

        await Expect(page.Tab.Locator("lab-figures .figure-card")).ToHaveCountAsync(4);
        await Expect(reward.Locator(".js-plotly-plot, .plot .main-svg").First).ToBeVisibleAsync();
        await Expect(page.Tab.Locator(".figures-bar")).ToBeHiddenAsync();
        await page.AssertAccessible();
        await reward.GetByRole(AriaRole.Button, new() { Name = "Table" }).ClickAsync();
        await Expect(reward.Locator("table tbody tr")).ToHaveCountAsync(82);
        await page.Go(page.Tab.Url);
        await Expect(reward.Locator("table tbody tr")).ToHaveCountAsync(82);

        var use = page.Tab.GetByRole(AriaRole.Link, new() { Name = "Use it" });
        await use.ClickAsync();
        await Expect(page.Tab.Locator("#p-rule")).ToHaveValueAsync("shown-rule@1");
        await Expect(page.Tab.Locator("#p-rule option")).ToContainTextAsync(["shown-rule@1"]);
        page.AssertNoErrors();
    }

    [Fact]
    public async Task Page_OfARule_ShowsItsReport_OrHowToMakeOne()
    {
        var (measured, other) = (TestRules.Random(seed: 7) with { Name = "measured-rule" }, TestRules.Random(seed: 8) with { Name = "unmeasured-rule" });
        await Import(measured);
        await Import(other);
        await lab.Keep(TestReports.Of(measured));
        await using var page = await lab.Open("rules/measured-rule@1");
        var scores = page.Tab.GetByRole(AriaRole.Group, new() { Name = "Scores by family, table" });

        await Expect(scores.Locator("tbody tr")).ToHaveCountAsync(2);
        await Expect(scores.Locator("tbody tr").First).ToContainTextAsync("First family");
        await Expect(scores.Locator("tbody tr").First).ToContainTextAsync("0.50 [0.25, 0.75]");
        await Expect(scores.Locator("tbody tr").Last).ToContainTextAsync("never seen");
        await Expect(page.Tab.GetByText("A quick look")).ToBeVisibleAsync();
        await Expect(page.Tab.GetByText("above tuned A2C in 0 of them")).ToBeVisibleAsync();
        await Expect(page.Tab.GetByRole(AriaRole.Group, new() { Name = "How far back credit goes, table" }).Locator("tbody tr")).ToHaveCountAsync(4);
        var credit = page.Tab.GetByRole(AriaRole.Region, new() { Name = "Credit by the steps that are left" });
        await Expect(credit.Locator(".scatterlayer .trace")).ToHaveCountAsync(2);
        await Expect(page.Tab.GetByRole(AriaRole.Region, new() { Name = "Predictions beside state values, entries 1, 2, 3, 4" }).Locator(".heatmaplayer image")).ToHaveCountAsync(1);
        await page.AssertAccessible();
        await credit.GetByRole(AriaRole.Button, new() { Name = "Table" }).ClickAsync();
        await Expect(credit.Locator("table tbody tr")).ToHaveCountAsync(92);
        await page.Go(page.Tab.Url);
        await Expect(credit.Locator("table tbody tr")).ToHaveCountAsync(92);
        await using (var narrow = await lab.Open("rules/measured-rule@1", width: 420))
        {
            await Expect(narrow.Tab.Locator(".heatmaplayer image")).ToHaveCountAsync(4);
            await narrow.AssertNoOverflow();
        }

        await page.Go("rules");
        await Expect(page.Tab.GetByRole(AriaRole.Row).Filter(new() { HasText = "lpg-small@1" })).ToContainTextAsync("of tuned A2C, 14 families");
        await Expect(page.Tab.GetByRole(AriaRole.Row).Filter(new() { HasText = "unmeasured-rule@1" })).ToContainTextAsync("not measured");

        await page.Go("rules/unmeasured-rule@1");
        await Expect(page.Tab.GetByText("./lab rule-report unmeasured-rule@1")).ToBeVisibleAsync();
        page.AssertNoErrors();
    }

    [Fact]
    public async Task Run_ThatLearnsARule_OffersToKeepIt()
    {
        var run = await lab.AddCurves("learns a rule");
        await lab.Store(run, Rules.ArtifactName, LearnedRuleFile.Write(LearnedRuleFileTests.Rule()));
        await using var page = await lab.Open($"runs/{run}");
        var card = page.Tab.GetByRole(AriaRole.Region, new() { Name = "The rule of this run" });

        await card.GetByRole(AriaRole.Button, new() { Name = "Keep this rule" }).ClickAsync();
        var name = card.GetByLabel("Name of the rule");
        await Expect(name).ToHaveValueAsync("learns-a-rule");
        await name.FillAsync("Not a name");
        await card.GetByRole(AriaRole.Button, new() { Name = "Keep it" }).ClickAsync();
        await Expect(card).ToContainTextAsync("small letters and digits in words joined by single hyphens");
        await page.AssertAccessible();
        await name.FillAsync("kept-rule");
        await name.PressAsync("Enter");
        await card.GetByRole(AriaRole.Link, new() { Name = "kept-rule@1" }).ClickAsync();

        await Expect(page.Tab.GetByRole(AriaRole.Heading, new() { Name = "kept-rule@1" })).ToBeVisibleAsync();
        await Expect(page.Tab.GetByRole(AriaRole.Link, new() { Name = "learns a rule" })).ToBeVisibleAsync();
        await page.Tab.GetByRole(AriaRole.Button, new() { Name = "Delete rule" }).ClickAsync();
        await page.Tab.GetByRole(AriaRole.Button, new() { Name = "Keep the rule" }).ClickAsync();
        await page.Tab.GetByRole(AriaRole.Button, new() { Name = "Delete rule" }).ClickAsync();
        await page.Tab.GetByRole(AriaRole.Button, new() { Name = "Delete for good" }).ClickAsync();
        await Expect(page.Tab.GetByRole(AriaRole.Heading, new() { Name = "Rules", Exact = true })).ToBeVisibleAsync();
        await page.Go("rules/kept-rule@1");
        await Expect(page.Tab.GetByRole(AriaRole.Heading, new() { Name = "There is no rule “kept-rule@1”" })).ToBeVisibleAsync();
        page.AssertNoErrors();
    }

    [Fact]
    public async Task Rule_ThatARunLearned_IsKeptAndLearnedWith()
    {
        // A window is 2 lifetimes × 2 environments × 5 steps, of five updates and one rollout more.
        var meta = await Trained("""
            {"algorithm":"lpg","environment":"grid-tabular","steps":600,"name":"Learns a rule","evaluation":{"times":0},
             "parameters":{"lifetimes":2,"environments":2,"stepsPerRollout":5,"units":4,"predictions":3,"firstUpdates":0}}
            """);
        var rule = await lab.Send("rules", new JsonObject { ["name"] = "learned-here", ["run"] = (string)meta["id"]! });
        Assert.Equal(("learned-here@1", 4, 3), ((string)rule["id"]!, (int)rule["form"]!["units"]!, (int)rule["form"]!["predictions"]!));
        Assert.Equal((long)meta["stepsDone"]!, (long)rule["origin"]!["steps"]!);
        Assert.Equal(5, (long)rule["origin"]!["updates"]!);
        Assert.Equal("Learns a rule", (string)rule["origin"]!["configuration"]!["name"]!);

        await Trained("""{"algorithm":"lpg-agent","environment":"grid-tabular","steps":400,"evaluation":{"times":0},"parameters":{"rule":"learned-here@1","environments":4}}""");
    }

    [Fact]
    public async Task Form_WithARuleThatIsNotThere_SaysSoAtItsField()
    {
        await Import(LearnedRuleFileTests.Rule(name: "offered-rule", version: 1));
        var plan = Uri.EscapeDataString("""{"algorithm":"lpg-agent","environment":"grid-tabular","steps":5000,"parameters":{"rule":"missing@1"}}""");
        await using var page = await lab.Open($"new?plan={plan}");

        await Expect(page.Tab.Locator("#p-rule-note")).ToContainTextAsync("There is no rule missing@1; there are: ");
        await Expect(page.Tab.GetByRole(AriaRole.Button, new() { Name = "Start run" })).ToBeDisabledAsync();
        await page.Tab.Locator("#p-rule").SelectOptionAsync("offered-rule@1");
        await Expect(page.Tab.GetByRole(AriaRole.Button, new() { Name = "Start run" })).ToBeEnabledAsync();
        page.AssertNoErrors();
    }

    private async Task<JsonNode> Trained(string plan)
    {
        var run = await lab.Send("runs", JsonNode.Parse(plan)!);
        var ended = JsonNode.Parse(await lab.Client.GetStringAsync($"runs/{run["id"]}?wait=60"))!;
        Assert.True((string)ended["status"]! == "completed", ended.ToJsonString());
        return ended;
    }

    private async Task Import(LearnedRule rule) => await lab.Send("rules", JsonNode.Parse(LearnedRuleFile.Write(rule))!);

    private static Task Choose(LabPage page, string name, string content) => page.Tab.Locator("[data-file]").SetInputFilesAsync(
        new FilePayload { Name = name, MimeType = "application/json", Buffer = Encoding.UTF8.GetBytes(content) });
}
