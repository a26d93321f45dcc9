using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace IntrinsicLab.Tests.Web.Browser;

[Collection(BrowserCollection.Name), Trait("Kind", "Browser")]
public sealed class ReproductionPageTests(LabInBrowser lab)
{
    [Fact]
    public async Task Figure_StartedFromTheWall_RunsToItsVerdict()
    {
        await using var page = await lab.Open("reproductions");
        var card = page.Tab.GetByRole(AriaRole.Article, new() { Name = "A quick figure" });
        await Expect(card).ToContainTextAsync("Nobody et al. 2020 · figure 1");
        await Expect(card.Locator(".thumbnail")).ToContainTextAsync("Not run yet");
        await card.GetByRole(AriaRole.Button, new() { Name = "Start A quick figure, reduced" }).ClickAsync();
        await Expect(card.Locator(".scale-row").Nth(1)).ToContainTextAsync(new Regex("of 4|4.runs"));

        await card.GetByRole(AriaRole.Link, new() { Name = "A quick figure" }).ClickAsync();
        await page.Tab.WaitForURLAsync(new Regex("reproductions/quick-figure"));
        if (!page.Tab.Url.Contains("scale=reduced", StringComparison.Ordinal))
            await page.Tab.GetByRole(AriaRole.Button, new() { Name = "Reduced" }).ClickAsync();

        // While it runs it can be paused; in the end its curves, its table and its verdict are there without a reload.
        await Expect(page.Tab.Locator(".facts")).ToContainTextAsync("4 of 4 runs", new() { Timeout = 240_000 });
        await Expect(page.Tab.Locator("lab-compare .scatterlayer > .trace").First).ToBeAttachedAsync();
        var rows = page.Tab.GetByRole(AriaRole.Group, new() { Name = "Expectations, table" }).Locator("tbody tr");
        await Expect(rows).ToHaveCountAsync(2);
        await Expect(rows.First).ToContainTextAsync("with PPO better than with A2C on CartPole (higher final return)");
        await Expect(rows.First).ToContainTextAsync("2 and 2");
        await Expect(rows.Nth(1)).ToContainTextAsync(new Regex("holds|undecided"));
        await Expect(page.Tab.Locator(".facts .status").First).ToHaveTextAsync(new Regex("holds|does not hold|undecided"));
        await Expect(page.Tab.Locator(".method").First).ToContainTextAsync("Mean over 2 seeds; band: smallest to largest seed");
        await page.Tab.Locator("summary").Filter(new() { HasText = "4 of 4 completed" }).ClickAsync();
        await page.AssertAccessible();
        await page.AssertNoOverflow();
        page.AssertNoErrors();

        // Whoever follows a link without a scale sees what there is.
        await page.Go("reproductions/quick-figure");
        await Expect(page.Tab.GetByRole(AriaRole.Button, new() { Name = "Reduced" })).ToHaveAttributeAsync("aria-pressed", "true");
        await Expect(page.Tab.Locator(".facts")).ToContainTextAsync("4 of 4 runs");

        await page.Go("reproductions?algorithm=ppo");
        await Expect(page.Tab.GetByRole(AriaRole.Article, new() { Name = "A quick figure" }).Locator(".thumbnail polyline")).ToHaveCountAsync(2);
    }

    [Fact]
    public async Task Wall_Filtered_KeepsItsFilterInTheAddress()
    {
        await using var page = await lab.Open("reproductions");
        var cards = page.Tab.Locator(".paper-card");
        await Expect(cards.First).ToBeVisibleAsync();
        var all = await cards.CountAsync();

        await page.Tab.GetByLabel("Algorithm").SelectOptionAsync("a2c");
        await Expect(page.Tab).ToHaveURLAsync(new Regex("algorithm=a2c"));
        await Expect(page.Tab.GetByRole(AriaRole.Article, new() { Name = "What delayed rewards cost PPO: segway" })).ToHaveCountAsync(0);
        Assert.True(await cards.CountAsync() is > 0 and var some && some < all);
        await page.Tab.GetByLabel("Verdict").SelectOptionAsync("does-not-hold");
        await Expect(page.Tab.GetByText("No figure has this algorithm and verdict.")).ToBeVisibleAsync();

        await page.Go(page.Tab.Url);
        await Expect(page.Tab.GetByLabel("Algorithm")).ToHaveValueAsync("a2c");
        await Expect(page.Tab.GetByLabel("Verdict")).ToHaveValueAsync("does-not-hold");
        page.AssertNoErrors();
    }

    [Fact]
    public async Task Page_OfAFigure_ChangesScaleInTheAddress()
    {
        await using var page = await lab.Open("reproductions/ppo-a2c-hopper?scale=full");
        await Expect(page.Tab.Locator(".facts")).ToContainTextAsync("1\u2009M\u2009steps each");
        await Expect(page.Tab.GetByText("./lab reproduce ppo-a2c-hopper", new() { Exact = true })).ToBeVisibleAsync();

        await page.Tab.GetByRole(AriaRole.Button, new() { Name = "Reduced" }).ClickAsync();

        await Expect(page.Tab).ToHaveURLAsync(new Regex("scale=reduced"));
        await Expect(page.Tab.Locator(".facts")).ToContainTextAsync("300\u2009k\u2009steps each");
        await Expect(page.Tab.GetByRole(AriaRole.Button, new() { Name = "Start", Exact = true })).ToBeVisibleAsync();

        await page.Tab.GetByRole(AriaRole.Button, new() { Name = "Full" }).ClickAsync();

        await Expect(page.Tab).ToHaveURLAsync(new Regex("scale=full"));
        await Expect(page.Tab.Locator(".facts")).ToContainTextAsync("1\u2009M\u2009steps each");
        page.AssertNoErrors();
    }
}
