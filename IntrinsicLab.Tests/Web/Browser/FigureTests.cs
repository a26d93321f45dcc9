using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace IntrinsicLab.Tests.Web.Browser;

[Collection(BrowserCollection.Name), Trait("Kind", "Browser")]
public sealed class FigureTests(LabInBrowser lab)
{
    [Fact]
    public async Task Figures_OfARun_AreDrawn_AndTheirMomentLivesInTheAddress()
    {
        var run = (Guid)(await lab.Send("runs", new JsonObject
        {
            ["name"] = "figures of a run",
            ["algorithm"] = "ppo",
            ["environment"] = "mountain-car",
            ["steps"] = 4_000,
            ["evaluation"] = new JsonObject { ["every"] = 1_000, ["episodes"] = 1 },
        }))["id"]!;
        await LabInBrowser.Until(
            async () => (await lab.Client.GetStringAsync($"runs/{run}?wait=20&until=terminal")).Contains("\"status\":\"completed\"", StringComparison.Ordinal),
            "the run to end", 120);
        await using var page = await lab.Open($"runs/{run}?tab=figures");
        var cards = page.Tab.Locator(".figure-card");
        await Expect(cards).ToHaveCountAsync(3);
        await Expect(cards.First.Locator(".barlayer .point")).ToHaveCountAsync(6);
        await Expect(cards.Nth(2).Locator(".heatmaplayer image")).ToHaveCountAsync(1);
        await Expect(page.Tab.Locator(".figures-where")).ToContainTextAsync("the last");
        Assert.True(
            await cards.Nth(2).EvaluateAsync<bool>(
                "card => [...card.querySelectorAll('.xtick text')].every(tick => tick.getBoundingClientRect().bottom <= card.querySelector('.annotation-text').getBoundingClientRect().top)"),
            "The axis title lies on the ticks.");

        var moment = page.Tab.GetByLabel("Moment of training");
        await moment.FocusAsync();
        await page.Tab.Keyboard.PressAsync("Home");
        await Expect(page.Tab).ToHaveURLAsync(new Regex(@"figures=\d+"));
        await cards.First.GetByRole(AriaRole.Button, new() { Name = "Table" }).ClickAsync();
        await Expect(cards.First.GetByRole(AriaRole.Table)).ToContainTextAsync("Push left");
        var where = await page.Tab.Locator(".figures-where").InnerTextAsync();

        await page.Go(page.Tab.Url);

        await Expect(page.Tab.Locator(".figures-where")).ToHaveTextAsync(where);
        await Expect(cards.First.GetByRole(AriaRole.Table)).ToContainTextAsync("Push left");
        page.AssertNoErrors();
    }

    [Fact]
    public async Task LearnedReward_OfARun_IsDrawnOverItsCells_ThroughTraining_AndUnderTheReplay()
    {
        var run = (Guid)(await lab.Send("runs", new JsonObject
        {
            ["name"] = "learned reward",
            ["algorithm"] = "lirpg",
            ["environment"] = "four-rooms",
            ["steps"] = 3_072,
            ["evaluation"] = new JsonObject { ["every"] = 1_024, ["episodes"] = 1 },
        }))["id"]!;
        await LabInBrowser.Until(
            async () => (await lab.Client.GetStringAsync($"runs/{run}?wait=20&until=terminal")).Contains("\"status\":\"completed\"", StringComparison.Ordinal),
            "the run to end", 120);
        await using var page = await lab.Open($"runs/{run}?tab=figures");
        ILocator Card(string title) => page.Tab.Locator(".figure-card", new() { Has = page.Tab.GetByRole(AriaRole.Heading, new() { Name = title, Exact = true }) });
        var map = Card("Learned reward over the state space");
        await Expect(map.Locator(".heatmaplayer image")).ToHaveCountAsync(1);
        await Expect(map.Locator(".annotation-text")).ToHaveTextAsync("Goal");
        await Expect(Card("Learned and extrinsic reward, step by step").Locator(".scatterlayer .trace")).ToHaveCountAsync(2);
        await Expect(Card("Learned and extrinsic reward, step by step").Locator(".y2title")).ToHaveTextAsync("extrinsic reward");
        await Expect(Card("Learned reward of each action").Locator(".barlayer .point")).ToHaveCountAsync(8);

        // Another moment, another reward in the same colours.
        Task<string?> Picture() => map.Locator(".heatmaplayer image").GetAttributeAsync("href");
        Task<double[]> Colours() => map.Locator(".figure-plot").EvaluateAsync<double[]>("plot => [plot.data[0].zmin, plot.data[0].zmax]");
        var (last, colours) = (await Picture(), await Colours());
        Assert.NotNull(last);
        Assert.True(colours[0] < colours[1]);
        await page.Tab.GetByLabel("Moment of training").FocusAsync();
        await page.Tab.Keyboard.PressAsync("Home");
        await Expect(page.Tab).ToHaveURLAsync(new Regex(@"figures=\d+"));
        await LabInBrowser.Until(async () => await Picture() != last, "the reward as it was after the first update");
        Assert.Equal(colours, await Colours());
        await Expect(map).ToContainTextAsync("Colours mean the same at every moment.");

        // Under the replay the reward of the step just taken, none before the first.
        await page.Go($"runs/{run}?tab=replay");
        var told = page.Tab.Locator(".replay-told");
        await Expect(told).ToContainTextAsync("Learned reward of this step –");
        await page.Tab.Keyboard.PressAsync("ArrowRight");
        await Expect(told).ToContainTextAsync(new Regex(@"Learned reward of this step −?\d"));
        Assert.NotEqual("", await page.Tab.Locator(".replay-trace polyline").GetAttributeAsync("points"));
        await page.AssertAccessible();
        page.AssertNoErrors();
    }
}
