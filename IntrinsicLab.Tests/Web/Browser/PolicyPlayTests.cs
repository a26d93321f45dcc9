using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace IntrinsicLab.Tests.Web.Browser;

[Collection(BrowserCollection.Name), Trait("Kind", "Browser")]
public sealed class PolicyPlayTests(LabInBrowser lab)
{
    private static Guid? trained;

    [Fact]
    public async Task Click_OnTheMap_SendsThePolicyThere()
    {
        await using var page = await Open("&seed=3");
        await Expect(Count(page, "step")).ToHaveTextAsync("0");
        var box = (await page.Tab.Locator(".stage canvas.scene").BoundingBoxAsync())!;

        // The picture's middle is the field's, and a sixth of the picture's height to each side is well within the field.
        await page.Tab.Mouse.ClickAsync(box.X + box.Width / 2 + box.Height / 6, box.Y + box.Height / 2 + box.Height / 4);

        await Expect(page.Tab).ToHaveURLAsync(new Regex("goal="));
        var (x, y) = (await Goal(page, "x"), await Goal(page, "y"));
        // The field is a little less high than the picture: 2 of it are about 0.8 of the picture's height.
        Assert.InRange(x, 0.3, 0.5);
        Assert.InRange(y, -0.75, -0.5);
        await Expect(page.Tab.Locator("lab-play")).ToHaveAttributeAsync("data-state", "over");
        var distance = await Distance(page);
        Assert.True(distance < Math.Sqrt(x * x + y * y) / 2, $"{distance} from ({x}, {y}) after an episode that began in the middle");
        page.AssertNoErrors();
    }

    [Fact]
    public async Task Fields_SetTheGoal_WhichStaysInTheAddress_AndLaterEpisodes()
    {
        await using var page = await Open("&seed=3");
        await page.Tab.GetByLabel("Goal x").FillAsync("-0.5");
        await page.Tab.GetByLabel("Goal y").FillAsync("7");
        await page.Tab.GetByLabel("Goal y").PressAsync("Enter");
        await Expect(Told(page)).ToHaveTextAsync("y has to be from −1 to 1.");
        await Expect(page.Tab).Not.ToHaveURLAsync(new Regex("goal="));

        await page.Tab.GetByLabel("Goal y").FillAsync("0.25");
        await Button(page, "Go there").FocusAsync();
        await page.Tab.Keyboard.PressAsync("Enter");

        await Expect(page.Tab).ToHaveURLAsync(new Regex("goal=-0.5%2C0.25|goal=-0.5,0.25"));
        await Expect(Count(page, "episode")).ToHaveTextAsync("2");
        await Expect(Told(page)).ToContainTextAsync("(−0.5, 0.25)");
        await page.Go(page.Tab.Url);
        await Started(page);
        await Expect(Told(page)).ToContainTextAsync("(−0.5, 0.25)");
        await Expect(Count(page, "step")).ToHaveTextAsync("0");
        await Button(page, "Drop the goal").ClickAsync();
        await Expect(page.Tab).Not.ToHaveURLAsync(new Regex("goal="));
        page.AssertNoErrors();
    }

    [Fact]
    public async Task HeldKey_TakesOver()
    {
        await using var page = await Open("&seed=3&goal=0.9,0&limit=off");
        await Expect(Count(page, "step")).ToHaveTextAsync("0");
        await page.Tab.Locator(".stage").FocusAsync();

        await page.Tab.Keyboard.DownAsync("ArrowLeft");
        await Expect(Count(page, "action")).ToHaveTextAsync("−1, 0");
        await Expect(page.Tab.Locator(".stage-note")).ToHaveTextAsync("You have taken over");
        // The edge of the field is 1.9 from the goal.
        await Expect(Told(page)).ToContainTextAsync("1.9 from");
        await page.Tab.Keyboard.UpAsync("ArrowLeft");

        await Expect(page.Tab.Locator(".stage-note")).ToHaveTextAsync("The policy plays");
        await LabInBrowser.Until(async () => await Distance(page) < 1.5, "the policy to come back");
        page.AssertNoErrors();
    }

    [Fact]
    public async Task Tab_IsAccessibleInBothThemes_AndFitsAPhone()
    {
        foreach (var scheme in (ColorScheme[])[ColorScheme.Light, ColorScheme.Dark])
        {
            await using var page = await lab.Open($"runs/{await Trained()}?tab=play&goal=0.5,0.5", scheme: scheme);
            await Started(page);
            await page.AssertAccessible();
            page.AssertNoErrors();
        }
        await using var phone = await lab.Open($"runs/{await Trained()}?tab=play&goal=0.5,0.5", width: 420);
        await Started(phone);
        await phone.AssertNoOverflow();
    }

    [Fact]
    public async Task Tab_WithoutAPolicy_SaysWhy()
    {
        await using var page = await lab.Open($"runs/{await lab.AddCurves("no policy")}?tab=play");

        await Expect(page.Tab.Locator(".empty")).ToContainTextAsync("Another program trains it");
        page.AssertNoErrors();
    }

    private static ILocator Count(LabPage page, string name) => page.Tab.Locator($"[data-counter='{name}']");

    private static ILocator Told(LabPage page) => page.Tab.Locator(".play-goal-told");

    // A process starts and loads libtorch: patience for machines that build beside testing.
    private static Task Started(LabPage page) => Expect(Told(page)).ToContainTextAsync("from", new() { Timeout = 60_000 });

    private static ILocator Button(LabPage page, string name) => page.Tab.GetByRole(AriaRole.Button, new() { Name = name, Exact = true });

    private static async Task<double> Goal(LabPage page, string axis) => Number(await page.Tab.GetByLabel($"Goal {axis}").InputValueAsync());

    private static async Task<double> Distance(LabPage page) => Number(Regex.Match(await Told(page).InnerTextAsync(), @"[\d.]+").Value);

    private static double Number(string text) => double.Parse(text.Replace('−', '-'), CultureInfo.InvariantCulture);

    private async Task<LabPage> Open(string rest)
    {
        var page = await lab.Open("");
        // Nothing plays before it is told to.
        await page.Tab.EmulateMediaAsync(new() { ReducedMotion = ReducedMotion.Reduce });
        await page.Go($"runs/{await Trained()}?tab=play{rest}");
        await Started(page);
        return page;
    }

    private async Task<Guid> Trained()
    {
        if (trained is { } known)
            return known;
        var run = (Guid)(await lab.Send("runs", new JsonObject
        {
            ["name"] = "a policy to play with",
            ["algorithm"] = "ppo",
            ["environment"] = "point-navigation",
            ["steps"] = 40_960,
        }))["id"]!;
        await LabInBrowser.Until(
            async () => (await lab.Client.GetStringAsync($"runs/{run}?wait=20&until=terminal")).Contains("\"status\":\"completed\"", StringComparison.Ordinal),
            "the run to end", 120);
        trained = run;
        return run;
    }
}
