using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace IntrinsicLab.Tests.Web.Browser;

[Collection(BrowserCollection.Name), Trait("Kind", "Browser")]
public sealed class PlayTests(LabInBrowser lab)
{
    private const string Canvas = ".stage canvas.scene";

    [Fact]
    public async Task Preview_StartsByItselfAndMoves()
    {
        await using var page = await lab.Open("environments/cartpole");
        await Expect(Count(page, "step")).Not.ToHaveTextAsync(new Regex("^[–0]$"));
        var before = await Pixels(page);

        await LabInBrowser.Until(async () => await Pixels(page) != before, "the picture to change");

        await Expect(page.Tab.Locator("lab-play")).ToHaveAttributeAsync("data-state", new Regex("playing|over"));
        page.AssertNoErrors();
    }

    [Fact]
    public async Task Preview_WhereMotionIsUnwanted_WaitsForPlay()
    {
        await using var page = await lab.Open("");
        await page.Tab.EmulateMediaAsync(new() { ReducedMotion = ReducedMotion.Reduce });
        await page.Go("environments/cartpole");

        await Expect(page.Tab.Locator("lab-play")).ToHaveAttributeAsync("data-state", "paused");
        await Expect(Count(page, "step")).ToHaveTextAsync("0");

        await page.Tab.GetByRole(AriaRole.Button, new() { Name = "Play", Exact = true }).ClickAsync();
        await Expect(Count(page, "step")).Not.ToHaveTextAsync("0");
    }

    [Fact]
    public async Task Keyboard_AKeyActs()
    {
        await using var page = await lab.Open("environments/catch?mode=keyboard");
        await Expect(Count(page, "step")).ToHaveTextAsync("0");
        var before = await Pixels(page);
        var key = page.Tab.Locator(".play-key").Last;

        await page.Tab.Locator(".stage").FocusAsync();
        await page.Tab.Keyboard.PressAsync(await key.GetAttributeAsync("data-key") ?? "");

        await Expect(Count(page, "step")).Not.ToHaveTextAsync("0");
        await LabInBrowser.Until(async () => await Pixels(page) != before, "the picture to change");
        page.AssertNoErrors();
    }

    [Fact]
    public async Task Keyboard_WithoutKeys_HasSlidersForContinuousActions()
    {
        await using var page = await lab.Open("");
        await page.Tab.RouteWebSocketAsync(new Regex("/play$"), socket =>
        {
            var server = socket.ConnectToServer();
            server.OnMessage(message =>
            {
                var answer = JsonNode.Parse(message.Text!)!;
                if (answer["spec"] is { } spec)
                    spec["keyboard"] = null;
                socket.Send(answer.ToJsonString());
            });
        });
        await page.Go("environments/mountain-car-continuous?mode=keyboard");
        await page.Tab.GetByLabel("Action 1").FillAsync("-1");
        await Button(page, "Step").ClickAsync();

        await Expect(Count(page, "step")).ToHaveTextAsync("1");
        await Expect(Count(page, "action")).ToHaveTextAsync("−1");
        page.AssertNoErrors();
    }

    [Fact]
    public async Task StepResetAndSeed_ShowTheSameEpisodeAgain()
    {
        await using var page = await lab.Open("");
        await page.Tab.EmulateMediaAsync(new() { ReducedMotion = ReducedMotion.Reduce });
        await page.Go("environments/cartpole?seed=7");
        await page.Tab.Locator(".play-values summary").ClickAsync();
        await Expect(Count(page, "step")).ToHaveTextAsync("0");
        var start = await Observation(page);
        await Button(page, "Step").ClickAsync();
        await Expect(Count(page, "step")).ToHaveTextAsync("1");
        Assert.NotEqual(start, await Observation(page));

        await Button(page, "Reset").ClickAsync();
        await Expect(Count(page, "step")).ToHaveTextAsync("0");
        Assert.Equal(start, await Observation(page));

        await page.Tab.GetByLabel("Seed").FillAsync("8");
        await page.Tab.GetByLabel("Seed").PressAsync("Enter");
        await Expect(page.Tab).ToHaveURLAsync(new Regex("seed=8"));
        await Expect(page.Tab.Locator(".play-values p")).Not.ToHaveTextAsync(start);
        page.AssertNoErrors();
    }

    [Fact]
    public async Task Episode_AtItsEnd_SaysHowItWent()
    {
        await using var page = await lab.Open("environments/catch");

        await Expect(page.Tab.Locator(".stage-note")).ToHaveTextAsync(new Regex("Ended after 9 steps, return (−)?1"));
    }

    [Fact]
    public async Task Parameters_Changed_RestartThePreviewOrSayWhatIsWrong()
    {
        await using var page = await lab.Open("environments/catch");
        await page.Tab.Locator(".fold summary").Filter(new() { HasText = "Grid" }).ClickAsync();
        var rows = page.Tab.Locator("#e-rows");
        await rows.FillAsync("1");
        await rows.PressAsync("Tab");
        await Expect(page.Tab.Locator("#e-rows-note")).ToContainTextAsync("out of range");

        await rows.FillAsync("4");
        await rows.PressAsync("Tab");

        await Expect(page.Tab.Locator(".stage-note")).ToHaveTextAsync(new Regex("Ended after 3 steps"));
        await Expect(page.Tab).ToHaveURLAsync(new Regex("parameters="));
        await page.Go(page.Tab.Url);
        await Expect(page.Tab.Locator("lab-play")).ToHaveAttributeAsync("parameters", """{"rows":4}""");
        page.AssertNoErrors();
    }

    [Fact]
    public async Task Solids_AreDrawnInThreeDimensions()
    {
        await using var page = await lab.Open("");

        var seen = await page.Tab.EvaluateAsync<int>(
            """
            async () => {
              if (!document.createElement('canvas').getContext('webgl2')) return -1;
              const { SceneView } = await import('/js/scene.js');
              const place = document.body.appendChild(document.createElement('div'));
              place.style.cssText = 'width:200px;height:120px';
              const view = new SceneView(place);
              const turn = [1, 0, 0, 0];
              view.show({ width: 1, height: 1, solids: [{ kind: 'plane', tone: 'ground', size: [0, 0] }, { kind: 'capsule', tone: 'agent', size: [0.1, 0.5] },
                { kind: 'box', tone: 'wall', size: [0.1, 0.2, 0.3] }], poses: [0, 0, 0, ...turn, 0, 0, 0.6, ...turn, 0.6, 0, 0.3, ...turn] });
              await view.ready;
              view.show({ poses: [0, 0, 0, ...turn, 0.1, 0, 0.6, ...turn, 0.6, 0, 0.3, ...turn] });
              const { data } = view.snapshot(200, 120).getContext('2d').getImageData(0, 0, 200, 120);
              const seen = new Set();
              for (let at = 0; at < data.length; at += 4) seen.add(`${data[at]},${data[at + 1]},${data[at + 2]}`);
              view.dispose();
              place.remove();
              return seen.size;
            }
            """);

        // Without WebGL there is a sentence in place of the picture.
        Assert.True(seen == -1 || seen > 50, $"{seen} colours");
        page.AssertNoErrors();
    }

    [Fact]
    public async Task ProcessGone_IsSaidAndPlayBeginsAnew()
    {
        await using var page = await lab.Open("");
        var served = 0;
        await page.Tab.RouteWebSocketAsync(new Regex("/play$"), socket =>
        {
            if (++served > 1)
                socket.ConnectToServer();
            else
                socket.OnMessage(_ => socket.Send("""{"kind":"ended","reason":"crashed","message":"The environment's process is gone."}"""));
        });
        await page.Go("environments/cartpole");
        await Expect(page.Tab.Locator(".stage-note.fault")).ToHaveTextAsync("The environment's process is gone.");

        await Button(page, "Play").ClickAsync();

        await Expect(Count(page, "step")).Not.ToHaveTextAsync(new Regex("^[–0]$"));
        page.AssertNoErrors();
    }

    [Fact]
    public async Task List_ShowsPicturesAndFindsByName()
    {
        await using var page = await lab.Open("environments");
        await Expect(page.Tab.Locator("lab-picture canvas.scene").First).ToBeVisibleAsync();

        await page.Tab.GetByLabel("Search environments").FillAsync("paddle falling ball");

        await Expect(page.Tab.Locator(".worldcard")).ToHaveCountAsync(1);
        await Expect(page.Tab).ToHaveURLAsync(new Regex("q=paddle"));
        page.AssertNoErrors();
    }

    private static ILocator Count(LabPage page, string name) => page.Tab.Locator($"[data-counter='{name}']");

    private static ILocator Button(LabPage page, string name) => page.Tab.GetByRole(AriaRole.Button, new() { Name = name, Exact = true });

    private static Task<string> Observation(LabPage page) => page.Tab.Locator(".play-values p").InnerTextAsync();

    private static Task<string> Pixels(LabPage page) => page.Tab.EvaluateAsync<string>($"document.querySelector('{Canvas}').toDataURL()");
}
