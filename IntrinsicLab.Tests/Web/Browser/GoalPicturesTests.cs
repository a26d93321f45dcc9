using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace IntrinsicLab.Tests.Web.Browser;

[Collection(BrowserCollection.Name), Trait("Kind", "Browser")]
public sealed class GoalPicturesTests(LabInBrowser lab)
{
    private static Guid? trained;

    [Fact]
    public async Task Figures_OfARunOfGpim_ShowItsSkillsAndGoals_ThroughTraining()
    {
        await using var page = await lab.Open($"runs/{await Trained()}?tab=figures", scheme: ColorScheme.Dark);
        ILocator Card(string title) => page.Tab.Locator(".figure-card", new() { Has = page.Tab.GetByRole(AriaRole.Heading, new() { Name = title, Exact = true }) });
        var skills = Card("Where each skill goes");
        var ways = skills.Locator(".scatterlayer .js-line");
        await Expect(ways).ToHaveCountAsync(6);
        // Six skills from one start, the square; each ends in a dot. The shelf is a wall, and the field has a border.
        await Expect(skills.Locator(".scatterlayer .point")).ToHaveCountAsync(7);
        await Expect(skills.Locator(".shapelayer path")).ToHaveCountAsync(2);
        Assert.Equal(6, (await ways.EvaluateAllAsync<string[]>("lines => lines.map(line => getComputedStyle(line).stroke)")).Distinct().Count());
        await Expect(Card("Which skill each place is taken for").Locator(".heatmaplayer image")).ToHaveCountAsync(1);
        await Expect(Card("Goals the policy is given").Locator(".scatterlayer .trace")).ToHaveCountAsync(2);
        await Expect(Card("What the way round walls would pay").Locator(".heatmaplayer image")).ToHaveCountAsync(1);
        await Expect(Card("The way to some goals").Locator(".scatterlayer .js-line")).ToHaveCountAsync(12);
        await page.AssertAccessible();

        // Another moment, other ways.
        Task<string?> Drawn() => ways.First.GetAttributeAsync("d");
        var last = await Drawn();
        await page.Tab.GetByLabel("Moment of training").FocusAsync();
        await page.Tab.Keyboard.PressAsync("Home");
        await Expect(page.Tab).ToHaveURLAsync(new Regex(@"figures=\d+"));
        await LabInBrowser.Until(async () => await Drawn() != last, "the skills as they were at first");

        await skills.GetByRole(AriaRole.Button, new() { Name = "Table" }).ClickAsync();
        await Expect(skills.GetByRole(AriaRole.Columnheader)).ToHaveTextAsync(["way or place", "x", "y"]);
        await Expect(skills.GetByRole(AriaRole.Table)).ToContainTextAsync("Skill 6");
        page.AssertNoErrors();
    }

    [Fact]
    public async Task Click_InARunOfGpim_BringsItsPolicyNearer()
    {
        await using var page = await lab.Open("");
        // Nothing plays before it is told to.
        await page.Tab.EmulateMediaAsync(new() { ReducedMotion = ReducedMotion.Reduce });
        await page.Go($"runs/{await Trained()}?tab=play&seed=3");
        var told = page.Tab.Locator(".play-goal-told");
        await Expect(told).ToContainTextAsync("from", new() { Timeout = 60_000 });
        var box = (await page.Tab.Locator(".stage canvas.scene").BoundingBoxAsync())!;

        // Below the shelf, to the right of the start.
        await page.Tab.Mouse.ClickAsync(box.X + box.Width / 2 + box.Height / 6, box.Y + box.Height / 2 + box.Height / 4);

        await Expect(page.Tab).ToHaveURLAsync(new Regex("goal="));
        await Expect(page.Tab.Locator("lab-play")).ToHaveAttributeAsync("data-state", "over");
        var (x, y) = (await Goal(page, "x"), await Goal(page, "y"));
        var distance = Number(Regex.Match(await told.InnerTextAsync(), @"[\d.]+").Value);
        var whole = Math.Sqrt((x + 0.5) * (x + 0.5) + (y + 0.4) * (y + 0.4));
        // So few steps teach it no more than the direction.
        Assert.True(distance < whole, $"{distance} from ({x}, {y}) after an episode that began {whole} away");
        page.AssertNoErrors();
    }

    private static async Task<double> Goal(LabPage page, string axis) => Number(await page.Tab.GetByLabel($"Goal {axis}").InputValueAsync());

    private static double Number(string text) => double.Parse(text.Replace('−', '-'), CultureInfo.InvariantCulture);

    private async Task<Guid> Trained()
    {
        if (trained is { } known)
            return known;
        var run = (Guid)(await lab.Send("runs", new JsonObject
        {
            ["name"] = "skills and goals",
            ["algorithm"] = "gpim",
            ["environment"] = "point-navigation",
            ["environmentParameters"] = new JsonObject { ["map"] = "shelf" },
            ["parameters"] = new JsonObject { ["skillCount"] = 6, ["trialGoals"] = 50, ["stepsBetweenTrials"] = 2_000 },
            ["steps"] = 4_800,
            ["evaluation"] = new JsonObject { ["every"] = 2_400, ["episodes"] = 1 },
        }))["id"]!;
        await LabInBrowser.Until(
            async () => (await lab.Client.GetStringAsync($"runs/{run}?wait=20&until=terminal")).Contains("\"status\":\"completed\"", StringComparison.Ordinal),
            "the run to end", 120);
        trained = run;
        return run;
    }
}
