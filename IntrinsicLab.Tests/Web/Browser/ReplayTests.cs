using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using IntrinsicLab.Tests.Support;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace IntrinsicLab.Tests.Web.Browser;

[Collection(BrowserCollection.Name), Trait("Kind", "Browser")]
public sealed class ReplayTests(LabInBrowser lab)
{
    private static Guid? trained;

    private static ILocator Range(LabPage page) => page.Tab.GetByLabel("Step of the episode");

    private static ILocator Panes(LabPage page) => page.Tab.Locator(".replay-pane");

    private static ILocator Button(LabPage page, string name) => page.Tab.Locator("lab-replay").GetByRole(AriaRole.Button, new() { Name = name, Exact = true });

    private static Task<string> Picture(LabPage page, int pane = 0) =>
        page.Tab.EvaluateAsync<string>("pane => document.querySelectorAll('.replay-pane canvas.scene')[pane].toDataURL()", pane);

    private static async Task<int> Position(LabPage page) => int.Parse(await Range(page).InputValueAsync());

    [Fact]
    public async Task Play_MovesThePictureToTheEnd()
    {
        await using var page = await Open();
        var first = await Picture(page);

        await Button(page, "Play").ClickAsync();

        await LabInBrowser.Until(async () => await Picture(page) != first, "the picture to move");
        await Expect(Button(page, "Play")).ToBeVisibleAsync(new() { Timeout = 60_000 });
        Assert.Equal(int.Parse((await Range(page).GetAttributeAsync("max"))!), await Position(page));
        page.AssertNoErrors();
    }

    [Fact]
    public async Task Scrub_KeysAndSettings_LiveInTheAddress()
    {
        await using var page = await Open();
        var first = await Picture(page);
        await Range(page).FillAsync("5");
        await LabInBrowser.Until(async () => await Picture(page) != first, "the fifth step");
        await Button(page, "One frame on").ClickAsync();
        await page.Tab.Keyboard.PressAsync("ArrowRight");
        Assert.Equal(7, await Position(page));
        await page.Tab.GetByLabel("Speed").SelectOptionAsync("4");
        await Button(page, "Play again and again").ClickAsync();
        await page.Tab.GetByLabel("Policy after").SelectOptionAsync(new SelectOptionValue { Index = 1 });
        await page.Tab.GetByLabel("Episode", new() { Exact = true }).SelectOptionAsync("1");
        await Expect(page.Tab).ToHaveURLAsync(new Regex(@"replay=\d+.*episode=1|episode=1.*replay=\d+"));
        await Expect(page.Tab).ToHaveURLAsync(new Regex("at=7"));
        var (picture, chosen) = (await Picture(page), await page.Tab.GetByLabel("Policy after").InputValueAsync());

        await page.Go(page.Tab.Url);
        await Expect(page.Tab.Locator(".replay-facts")).ToContainTextAsync("Return");

        await LabInBrowser.Until(async () => await Picture(page) == picture, "the same picture after a reload");
        Assert.Equal(7, await Position(page));
        await Expect(page.Tab.GetByLabel("Speed")).ToHaveValueAsync("4");
        await Expect(page.Tab.GetByLabel("Policy after")).ToHaveValueAsync(chosen);
        await Expect(Button(page, "Play again and again")).ToHaveAttributeAsync("aria-pressed", "true");
        await page.Tab.Keyboard.PressAsync("Home");
        Assert.Equal(0, await Position(page));
        await page.Tab.Keyboard.PressAsync(" ");
        await Expect(Button(page, "Pause")).ToBeVisibleAsync();
        page.AssertNoErrors();
    }

    [Fact]
    public async Task Compare_ShowsTheFirstReplayBeside_AndPlaysBoth()
    {
        await using var page = await Open();
        await Button(page, "Compare").ClickAsync();
        await Expect(Panes(page)).ToHaveCountAsync(2);
        await Expect(Panes(page).Nth(1).Locator(".replay-facts")).ToContainTextAsync("Return");
        await Expect(page.Tab).ToHaveURLAsync(new Regex("beside=this%3A0"));
        var (one, other) = (await Picture(page), await Picture(page, 1));
        Assert.NotEqual(one, other);

        await page.Tab.Keyboard.PressAsync("ArrowRight");
        await page.Tab.Keyboard.PressAsync("ArrowRight");
        await LabInBrowser.Until(async () => await Picture(page) != one && await Picture(page, 1) != other, "both pictures to move");

        await page.Go(page.Tab.Url);
        await Expect(Panes(page)).ToHaveCountAsync(2);
        await Button(page, "Close this replay").ClickAsync();
        await Expect(Panes(page)).ToHaveCountAsync(1);
        await Expect(page.Tab).Not.ToHaveURLAsync(new Regex("beside"));
        page.AssertNoErrors();
    }

    [Fact]
    public async Task Save_FrameGifAndVideo_AreFilesOfTheirKind()
    {
        await using var page = await Open();
        await Button(page, "Compare").ClickAsync();
        await Expect(Panes(page).Nth(1).Locator(".replay-facts")).ToContainTextAsync("Return");
        await page.Tab.GetByLabel("Speed").SelectOptionAsync("8");

        var (pngName, png) = await Save(page, "This frame as PNG");
        var (gifName, gif) = await Save(page, "Animated GIF");
        var (videoName, video) = await Save(page, "Video (WebM)");

        Assert.Matches(@"^replay-of-a-run-step-\d+-and-step-\d+-frame-0\.png$", pngName);
        Assert.Equal([0x89, 0x50, 0x4E, 0x47], png[..4]);
        Assert.Matches(@"^replay-of-a-run-step-\d+-and-step-\d+\.gif$", gifName);
        var read = new GifFile(gif);
        Assert.Equal((960, 348), (read.Width, read.Height));
        Assert.InRange(read.Frames.Count, 2, 402);
        Assert.NotEqual(read.Frames[0], read.Frames[^1]);
        Assert.EndsWith(".webm", videoName);
        Assert.Equal([0x1A, 0x45, 0xDF, 0xA3], video[..4]);
        Assert.InRange(video.Length, 5_000, 20_000_000);
        page.AssertNoErrors();
    }

    [Fact]
    public async Task Tab_OfALiveRun_FindsNewReplaysByItself()
    {
        var run = (Guid)(await lab.Send("runs", new JsonObject
        {
            ["algorithm"] = "ppo",
            ["environment"] = "cartpole",
            ["steps"] = 50_000_000,
            ["evaluation"] = new JsonObject { ["every"] = 50_000 },
        }))["id"]!;
        await using var page = await lab.Open($"runs/{run}?tab=replay");
        await Expect(page.Tab.Locator(".replay-facts")).ToContainTextAsync("Return", new() { Timeout = 60_000 });
        var options = page.Tab.GetByLabel("Policy after").Locator("option");
        var before = await options.CountAsync();

        await LabInBrowser.Until(async () => await options.CountAsync() > before, "another replay", 60);

        await page.Tab.GetByRole(AriaRole.Button, new() { Name = "Cancel run" }).ClickAsync();
        await Expect(page.Tab.Locator("main .status").First).ToHaveTextAsync("Cancelled", new() { Timeout = 30_000 });
        page.AssertNoErrors();
    }

    [Fact]
    public async Task Tab_WithTwoReplays_IsAccessibleInBothThemes_AndFitsAPhone()
    {
        var run = await Trained();
        foreach (var scheme in (ColorScheme[])[ColorScheme.Light, ColorScheme.Dark])
        {
            await using var page = await lab.Open($"runs/{run}?tab=replay&beside=this:0", scheme: scheme);
            await Expect(Panes(page).Nth(1).Locator(".replay-facts")).ToContainTextAsync("Return");
            await page.AssertAccessible();
            page.AssertNoErrors();
        }
        await using var phone = await lab.Open($"runs/{run}?tab=replay&beside=this:0", width: 420);
        await Expect(Panes(phone).Nth(1).Locator(".replay-facts")).ToContainTextAsync("Return");
        await phone.AssertNoOverflow();
    }

    [Fact]
    public async Task Tab_WithoutReplays_SaysWhy()
    {
        await using var page = await lab.Open($"runs/{await lab.AddCurves("no replays")}?tab=replay");

        await Expect(page.Tab.Locator("lab-replay .empty")).ToContainTextAsync("Another program trains it");
        page.AssertNoErrors();
    }

    private static async Task<(string Name, byte[] Content)> Save(LabPage page, string what)
    {
        await page.Tab.Locator("lab-replay summary").ClickAsync();
        var download = await page.Tab.RunAndWaitForDownloadAsync(() => Button(page, what).ClickAsync(), new() { Timeout = 120_000 });
        return (download.SuggestedFilename, await File.ReadAllBytesAsync(await download.PathAsync()));
    }

    private async Task<LabPage> Open()
    {
        var page = await lab.Open($"runs/{await Trained()}?tab=replay");
        await Expect(page.Tab.Locator(".replay-facts")).ToContainTextAsync("Return");
        // The first paint.
        await LabInBrowser.Until(async () => (await Picture(page)).Length > 3000, "the first picture");
        return page;
    }

    private async Task<Guid> Trained()
    {
        if (trained is { } known)
            return known;
        var run = (Guid)(await lab.Send("runs", new JsonObject
        {
            ["name"] = "replay of a run",
            ["algorithm"] = "ppo",
            ["environment"] = "cartpole",
            ["steps"] = 6_000,
            ["evaluation"] = new JsonObject { ["every"] = 2_000, ["record"] = 2 },
        }))["id"]!;
        await LabInBrowser.Until(
            async () => (await lab.Client.GetStringAsync($"runs/{run}?wait=20&until=terminal")).Contains("\"status\":\"completed\"", StringComparison.Ordinal),
            "the run to end", 120);
        trained = run;
        return run;
    }
}
