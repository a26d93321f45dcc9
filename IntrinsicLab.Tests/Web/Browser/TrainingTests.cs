using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace IntrinsicLab.Tests.Web.Browser;

[Collection(BrowserCollection.Name), Trait("Kind", "Browser")]
public sealed class TrainingTests(LabInBrowser lab)
{
    private const string Curve = "lab-chart[metric='return/extrinsic']";

    [Fact]
    public async Task QuickStart_OneClick_ShowsALiveCurve()
    {
        await using var page = await lab.Open("");

        await page.Tab.GetByRole(AriaRole.Button, new() { Name = "Start run" }).ClickAsync();

        await Expect(page.Tab.Locator($".quick {Curve} .scatterlayer path").First).ToBeAttachedAsync(new() { Timeout = 60_000 });
        page.AssertNoErrors();
    }

    [Fact]
    public async Task NewRun_FilledAndStarted_GrowsItsCurveUntilCancelled()
    {
        await using var page = await lab.Open("new");
        await page.Tab.GetByLabel("Budget").FillAsync("50000000");
        await page.Tab.GetByLabel("Name", new() { Exact = true }).FillAsync("long run");
        await page.Tab.GetByLabel("Name", new() { Exact = true }).PressAsync("Tab");
        await Expect(page.Tab.GetByRole(AriaRole.Complementary, new() { Name = "Summary" })).ToContainTextAsync(new Regex("50.M.steps"));

        await page.Tab.GetByRole(AriaRole.Button, new() { Name = "Start run" }).ClickAsync();

        await Expect(page.Tab.GetByRole(AriaRole.Heading, new() { Name = "long run" })).ToBeVisibleAsync();
        await Expect(page.Tab.Locator($"{Curve} .scatterlayer path").First).ToBeAttachedAsync(new() { Timeout = 60_000 });
        var before = await LastStep(page);
        await LabInBrowser.Until(async () => await LastStep(page) > before, "the curve to grow");

        await page.Tab.GetByRole(AriaRole.Button, new() { Name = "Cancel run" }).ClickAsync();

        await Expect(page.Tab.Locator("main .status").First).ToHaveTextAsync("Cancelled", new() { Timeout = 30_000 });
        page.AssertNoErrors();
    }

    [Fact]
    public async Task NewRun_WithFaults_SaysThemAtTheFieldAndInTheList()
    {
        await using var page = await lab.Open("new");
        await page.Tab.GetByLabel("Budget").FillAsync("-5");
        await page.Tab.GetByLabel("Budget").PressAsync("Tab");

        await Expect(page.Tab.Locator("#steps-note")).ToContainTextAsync("out of range");
        await Expect(page.Tab.GetByRole(AriaRole.Alert)).ToContainTextAsync("out of range");
        await Expect(page.Tab.GetByRole(AriaRole.Button, new() { Name = "Start run" })).ToBeDisabledAsync();

        await page.Tab.GetByRole(AriaRole.Alert).GetByRole(AriaRole.Button).ClickAsync();
        await Expect(page.Tab.GetByLabel("Budget")).ToBeFocusedAsync();
    }

    [Fact]
    public async Task NewRun_AfterAReload_IsFilledAsBefore()
    {
        await using var page = await lab.Open("new");
        await page.Tab.Locator("#algorithm-a2c").CheckAsync();
        await page.Tab.GetByLabel("Seeds").FillAsync("1-3");
        await page.Tab.GetByLabel("Seeds").PressAsync("Tab");
        await Expect(page.Tab.GetByRole(AriaRole.Button, new() { Name = "Start 3 runs" })).ToBeEnabledAsync();

        await page.Go(page.Tab.Url);

        await Expect(page.Tab.GetByLabel("Seeds")).ToHaveValueAsync("1-3");
        await Expect(page.Tab.Locator("#algorithm-a2c")).ToBeCheckedAsync();
        page.AssertNoErrors();
    }

    private static Task<double> LastStep(LabPage page) =>
        page.Tab.EvaluateAsync<double>($"Math.max(...document.querySelector(\"{Curve} .plot\").data.at(-1).x)");
}
