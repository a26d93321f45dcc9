using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace IntrinsicLab.Tests.Web.Browser;

[Collection(BrowserCollection.Name), Trait("Kind", "Browser")]
public sealed class GoalPicturesTests(LabInBrowser lab)
{
    private static readonly Dictionary<string, Guid> learned = [];
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
        // Three episodes of each.
        await Expect(Card("How skills vary").Locator(".scatterlayer .js-line")).ToHaveCountAsync(18);
        await Expect(Card("Which skill the goal's policy is taken for").Locator(".heatmaplayer image")).ToHaveCountAsync(1);
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

    // A policy that hindsight has taught 12,000 steps reaches all 200 goals of its trials, for three seeds of three (after 3,000 steps already): whatever is
    // clicked has to be within the world's own radius of success, and "There" says that it is.
    [Fact]
    public async Task Click_InARunThatHasLearned_ReachesTheGoal()
    {
        await using var page = await Play(await Learned("HER"));
        foreach (var place in ((double, double)[])[(0.35, -0.6), (-0.7, 0.5), (0.9, 0)])
            Assert.InRange((await Send(page, place)).Distance, 0, 0.1);
        page.AssertNoErrors();
    }

    // The reward of n skills sees no finer than their regions: about 1/√n of the way is left, 0.22 with 20. Three seeds left 0.26 to 0.30 over 200 goals, so
    // that twice the rule is far from a policy that has learned nothing (1) and no closer than the method is.
    [Fact]
    public async Task Click_InARunOfGpim_BringsItsPolicyAsNearAsItsSkillsResolve()
    {
        await using var page = await Play(await Learned("GPIM"));
        var (left, whole) = (0.0, 0.0);
        foreach (var place in ((double, double)[])[(0.6, 0.6), (-0.7, 0.5), (0, 0.8)])
        {
            var (distance, way) = await Send(page, place);
            (left, whole) = (left + distance, whole + way);
        }

        Assert.InRange(left / whole, 0, 2 / Math.Sqrt(20));
        page.AssertNoErrors();
    }

    [Fact]
    public async Task Figures_OfAnArm_ChangeToThoseOfAnother_InTheSameColours()
    {
        await using var page = await lab.Open($"runs/{await Learned("GPIM")}?tab=figures");
        var reached = page.Tab.Locator(".figure-card", new() { Has = page.Tab.GetByRole(AriaRole.Heading, new() { Name = "Which goals are reached", Exact = true }) });
        var choice = page.Tab.GetByRole(AriaRole.Group, new() { Name = "Run of the experiment whose figures are shown" });
        await Expect(choice.GetByRole(AriaRole.Button)).ToHaveTextAsync(["GPIM", "HER"]);
        await Expect(reached.Locator(".heatmaplayer image")).ToHaveCountAsync(1);
        Task<double[]> Drawn() => reached.Locator(".figure-plot").EvaluateAsync<double[]>(
            "plot => [plot.data[0].zmin, plot.data[0].zmax, plot.data[0].z.flat().reduce((sum, value) => sum + value, 0) / 400]");
        var gpim = await Drawn();

        await choice.GetByRole(AriaRole.Button, new() { Name = "HER" }).ClickAsync();

        await Expect(page.Tab).ToHaveURLAsync(new Regex($"of={await Learned("HER")}"));
        await LabInBrowser.Until(async () => (await Drawn())[2] < gpim[2] / 2, "the map of the other arm");
        Assert.Equal((0, 1.5, 0, 1.5), (gpim[0], gpim[1], (await Drawn())[0], (await Drawn())[1]));
        await Expect(page.Tab.GetByRole(AriaRole.Heading, new() { Name = "Where each skill goes" })).ToHaveCountAsync(0);
        await page.AssertAccessible();
        await page.Go(page.Tab.Url);
        await Expect(choice.GetByRole(AriaRole.Button, new() { Name = "HER" })).ToHaveAttributeAsync("aria-pressed", "true");
        await choice.GetByRole(AriaRole.Button, new() { Name = "GPIM" }).ClickAsync();
        await Expect(page.Tab.GetByRole(AriaRole.Heading, new() { Name = "Where each skill goes" })).ToBeVisibleAsync();
        Assert.DoesNotContain("of=", page.Tab.Url);
        page.AssertNoErrors();
    }

    [Theory]
    [InlineData("three-link-swimmer", "{}", "It cannot be sent anywhere. Its goals are poses", false)]
    [InlineData("point-navigation", """{"goal": "waypoints"}""", "the last of the way-points is put there", true)]
    public async Task Play_OfGoalsThatAreNotOnePlace_SaysWhatAClickMeans(string world, string parameters, string words, bool clicked)
    {
        var run = (Guid)(await lab.Send("runs", new JsonObject
        {
            ["name"] = $"goals of {world}",
            ["algorithm"] = "goal-sac",
            ["environment"] = world,
            ["environmentParameters"] = JsonNode.Parse(parameters),
            ["parameters"] = new JsonObject { ["hiddenSizes"] = new JsonArray(8), ["warmUpEpisodes"] = 1, ["trialGoals"] = 2 },
            ["steps"] = 200,
        }))["id"]!;
        await Completed($"runs/{run}?wait=20&until=terminal");

        await using var page = await lab.Open("");
        await page.Tab.EmulateMediaAsync(new() { ReducedMotion = ReducedMotion.Reduce });
        await page.Go($"runs/{run}?tab=play&seed=3");

        await Expect(page.Tab.Locator(".play-told")).ToContainTextAsync(words, new() { Timeout = 60_000 });
        await Expect(page.Tab.GetByLabel("Goal x")).ToBeVisibleAsync(new() { Visible = clicked });
        page.AssertNoErrors();
    }

    private async Task<LabPage> Play(Guid run)
    {
        var page = await lab.Open("");
        // Nothing plays before it is told to.
        await page.Tab.EmulateMediaAsync(new() { ReducedMotion = ReducedMotion.Reduce });
        await page.Go($"runs/{run}?tab=play&seed=3");
        await Expect(page.Tab.Locator(".play-goal-told")).ToContainTextAsync("from", new() { Timeout = 60_000 });
        return page;
    }

    // Clicks a place of the field and waits for the end of the episode: how far it ended from there, and how far the middle, where it began, is.
    private static async Task<(double Distance, double Way)> Send(LabPage page, (double X, double Y) place)
    {
        var box = (await page.Tab.Locator(".stage canvas.scene").BoundingBoxAsync())!;
        // The picture's middle is the field's, and 2 of the field are about 0.8 of its height.
        var scale = 0.4 * box.Height;
        await page.Tab.Mouse.ClickAsync((float)(box.X + box.Width / 2 + scale * place.X), (float)(box.Y + box.Height / 2 - scale * place.Y));
        var (distance, x, y) = (0.0, 0.0, 0.0);
        await LabInBrowser.Until(async () =>
        {
            // At one moment: the next episode begins by itself.
            var told = await page.Tab.EvaluateAsync<string>(
                "() => document.querySelector('lab-play').dataset.state === 'over' ? document.querySelector('.play-goal-told').textContent : ''");
            if (Regex.Match(told, @"([\d.]+) from \(([\d.−]+), ([\d.−]+)\)") is not { Success: true } found)
                return false;
            (distance, x, y) = (Number(found.Groups[1].Value), Number(found.Groups[2].Value), Number(found.Groups[3].Value));
            return Math.Abs(x - place.X) < 0.1 && Math.Abs(y - place.Y) < 0.1;
        }, $"the end of an episode to about {place}");
        return (distance, Math.Sqrt(x * x + y * y));
    }

    private async Task<Guid> Learned(string arm)
    {
        if (learned.TryGetValue(arm, out var known))
            return known;
        var experiment = (Guid)(await lab.Send("experiments", new JsonObject
        {
            ["name"] = "goals with and without a distance",
            ["environments"] = new JsonArray("point-navigation"),
            ["seeds"] = new JsonArray(1),
            ["steps"] = 12_000,
            ["arms"] = new JsonArray(
                new JsonObject { ["name"] = "GPIM", ["algorithm"] = "gpim", ["parameters"] = new JsonObject { ["skillCount"] = 20, ["stepsBetweenTrials"] = 3_000 } },
                new JsonObject
                {
                    ["name"] = "HER",
                    ["algorithm"] = "goal-sac",
                    ["parameters"] = new JsonObject { ["goals"] = "world", ["reward"] = "sparse", ["replay"] = "hindsight", ["stepsBetweenTrials"] = 3_000 },
                }),
        }))["id"]!;
        foreach (var run in JsonNode.Parse(await lab.Client.GetStringAsync($"runs?experiment={experiment}"))!["items"]!.AsArray())
        {
            await Completed($"runs/{run!["id"]}?wait=20&until=terminal");
            learned[(string)run["name"]! is var name && name.StartsWith("GPIM", StringComparison.Ordinal) ? "GPIM" : "HER"] = (Guid)run["id"]!;
        }
        return learned[arm];
    }

    private Task Completed(string address) => LabInBrowser.Until(
        async () => (await lab.Client.GetStringAsync(address)).Contains("\"status\":\"completed\"", StringComparison.Ordinal), "the run to end", 120);

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
        await Completed($"runs/{run}?wait=20&until=terminal");
        trained = run;
        return run;
    }
}
