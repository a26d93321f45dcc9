using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace IntrinsicLab.Tests.Web.Browser;

[Collection(BrowserCollection.Name), Trait("Kind", "Browser")]
public sealed class ComparePageTests(LabInBrowser lab)
{
    [Fact]
    public async Task Seeds_OfAConfiguration_BecomeOneCurveAndOneRow()
    {
        for (var seed = 0; seed < 3; seed++)
            await lab.AddCurves($"comparable {seed}");
        await using var page = await lab.Open("runs?q=comparable");
        await page.Tab.GetByRole(AriaRole.Link, new() { Name = "Compare", Exact = true }).Last.ClickAsync();
        await Expect(page.Tab).ToHaveURLAsync(new Regex("compare\\?q=comparable"));

        // A band, a line and the number of seeds.
        var chart = page.Tab.Locator("lab-compare[chart=curves]");
        await Expect(chart.Locator(".scatterlayer > .trace")).ToHaveCountAsync(3);
        var row = page.Tab.GetByRole(AriaRole.Group, new() { Name = "Final scores, table" }).Locator("tbody tr");
        await Expect(row).ToHaveCountAsync(1);
        await Expect(row).ToContainTextAsync("ppo · cartpole");
        await Expect(row).ToContainTextAsync("3 of 3");
        await Expect(page.Tab.Locator(".method").First).ToContainTextAsync("Mean over 3 seeds; band: 95 % percentile bootstrap");
        await Expect(chart.Locator(".sr-only")).ToContainTextAsync("ppo · cartpole: ");

        await page.Tab.GetByRole(AriaRole.Combobox, new() { Name = "Line" }).SelectOptionAsync("median");
        await page.Tab.GetByRole(AriaRole.Combobox, new() { Name = "Band" }).SelectOptionAsync("minmax");
        await Expect(page.Tab.Locator(".method").First).ToContainTextAsync("Median over 3 seeds; band: smallest to largest seed");

        var download = await Export(page, "CSV of what is drawn");
        var lines = await File.ReadAllLinesAsync(download);
        Assert.Contains("group,steps,value,low,high,seeds", lines);
        Assert.Contains(lines, line => line.StartsWith("# runs of ppo · cartpole: ", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("\"ppo · cartpole\",100000,", StringComparison.Ordinal) && line.EndsWith(",3", StringComparison.Ordinal));
        page.AssertNoErrors();
    }

    [Fact]
    public async Task View_InTheAddress_SurvivesReloadAndBack()
    {
        await AddGroups("viewed");
        await using var page = await lab.Open("compare?q=viewed");
        var chips = page.Tab.GetByRole(AriaRole.List, new() { Name = "Groups" }).GetByRole(AriaRole.Button);
        await Expect(chips).ToHaveCountAsync(2);
        var scores = page.Tab.GetByRole(AriaRole.Group, new() { Name = "Final scores, table" }).Locator("tbody tr");
        var other = await scores.Nth(1).InnerTextAsync();

        await page.Tab.Locator("summary", new() { HasText = "Settings" }).ClickAsync();
        await page.Tab.GetByLabel("Budget (steps)").FillAsync("50000");
        await page.Tab.GetByLabel("Budget (steps)").BlurAsync();
        await Expect(page.Tab).ToHaveURLAsync(new Regex("budget=50000"));
        await page.Tab.GetByLabel("Logarithmic y axis").CheckAsync();
        await Expect(page.Tab.Locator("lab-compare[chart=curves] > .left-out")).ToContainTextAsync("points at or below 0 cannot be shown on the logarithmic y axis and are left out.");
        await page.Tab.GetByLabel("Line of every seed").CheckAsync();
        await Expect(page.Tab.Locator("lab-compare[chart=curves] .scatterlayer > .trace")).ToHaveCountAsync(10);
        await page.Tab.GetByLabel("Threshold").FillAsync("2");
        await page.Tab.GetByLabel("Threshold").BlurAsync();
        await Expect(page.Tab.GetByRole(AriaRole.Heading, new() { Name = "How long to reach" })).ToBeVisibleAsync();
        await page.Tab.Keyboard.PressAsync("Escape");

        // Hiding one changes no number of the other.
        var before = await scores.Nth(1).InnerTextAsync();
        Assert.NotEqual(other, before);
        await chips.First.ClickAsync();
        await Expect(scores).ToHaveCountAsync(1);
        Assert.Equal(before, await scores.First.InnerTextAsync());
        await Expect(page.Tab.Locator("lab-compare[chart=curves] .scatterlayer > .trace")).ToHaveCountAsync(5);

        await page.Go(page.Tab.Url);
        await Expect(scores).ToHaveCountAsync(1);
        Assert.Equal(before, await scores.First.InnerTextAsync());
        await Expect(chips.First).ToHaveAttributeAsync("aria-pressed", "false");
        await Expect(page.Tab.Locator("lab-compare[chart=curves] .scatterlayer > .trace")).ToHaveCountAsync(5);
        await page.Tab.GoBackAsync();
        await Expect(scores).ToHaveCountAsync(2);
        await Expect(chips.First).ToHaveAttributeAsync("aria-pressed", "true");
        page.AssertNoErrors();
    }

    [Fact]
    public async Task Picture_Exported_IsVectorsAndText()
    {
        await AddGroups("pictured");
        await using var page = await lab.Open("compare?q=pictured", scheme: ColorScheme.Dark);
        await Expect(page.Tab.Locator("lab-compare[chart=curves] .scatterlayer > .trace")).ToHaveCountAsync(6);

        var drawing = System.Xml.Linq.XDocument.Load(await Export(page, "Vector picture (SVG), for print"));
        Assert.Contains(drawing.Descendants(), element => element.Name.LocalName == "text" && element.Value == "better · pictured-world");
        Assert.Contains(drawing.Descendants(), element => element.Name.LocalName == "text" && element.Value.Contains("percentile bootstrap"));
        Assert.True(drawing.Descendants().Count(element => element.Name.LocalName == "path" && (string?)element.Attribute("class") == "line") >= 4);
        Assert.Equal("#ffffff", (string?)drawing.Descendants().First(element => element.Name.LocalName == "rect").Attribute("fill"));

        var dots = await File.ReadAllBytesAsync(await Export(page, "Picture (PNG), for print"));
        Assert.Equal("PNG"u8.ToArray(), dots[1..4]);
        Assert.True(dots.Length > 10_000);
        page.AssertNoErrors();
    }

    [Fact]
    public async Task Charts_AreReachedAndReadWithTheKeyboard()
    {
        await AddGroups("typed");
        await using var page = await lab.Open("compare?q=typed");
        foreach (var name in new[] { "curves", "finals", "profile" })
        {
            var chart = page.Tab.Locator($"lab-compare[chart={name}]");
            await chart.ScrollIntoViewIfNeededAsync();
            await chart.FocusAsync();
            await Expect(chart).ToBeFocusedAsync();
            await Expect(chart.Locator(".scatterlayer > .trace").First).ToBeAttachedAsync();
        }
        var curves = page.Tab.Locator("lab-compare[chart=curves]");
        await curves.FocusAsync();
        await page.Tab.Keyboard.PressAsync("ArrowRight");
        await page.Tab.Keyboard.PressAsync("ArrowRight");
        await Expect(curves.Locator(".readout")).ToContainTextAsync("better · typed-world: ");
        await Expect(curves.Locator(".readout")).ToContainTextAsync("2 seeds");

        // The toggle stands before the chart in the order of tabs.
        await page.Tab.GetByRole(AriaRole.Region, new() { Name = "Performance profile" }).GetByRole(AriaRole.Button, new() { Name = "Show as table" }).FocusAsync();
        await page.Tab.Keyboard.PressAsync("Enter");
        await Expect(page.Tab.Locator("lab-compare[chart=profile] .table-view tbody tr")).ToHaveCountAsync(4);
        page.AssertNoErrors();
    }

    [Theory]
    [InlineData(ColorScheme.Light, 1440)]
    [InlineData(ColorScheme.Dark, 420)]
    public async Task Page_OverEnvironments_IsAccessible(ColorScheme scheme, int width)
    {
        await AddGroups($"wide{width}");
        await AddGroups($"wide{width}", "catch");
        await using var page = await lab.Open($"compare?q=wide{width}&group=algorithm&scale=minmax&threshold=0.5", width, scheme);
        await Expect(page.Tab.GetByRole(AriaRole.Heading, new() { Name = "Each environment" })).ToBeVisibleAsync();
        await Expect(page.Tab.GetByRole(AriaRole.Heading, new() { Name = "Sample efficiency: return/extrinsic, normalised, over 2 environments" })).ToBeVisibleAsync();
        await Expect(page.Tab.Locator("lab-compare .scatterlayer > .trace").First).ToBeAttachedAsync();

        await page.AssertNoOverflow();
        await page.AssertAccessible();
        page.AssertNoErrors();
    }

    [Fact]
    public async Task MetricThatNobodyHas_IsSaidPlainly()
    {
        await lab.AddCurves("metricless");
        await using var page = await lab.Open("compare?q=metricless&metric=return/none");

        await Expect(page.Tab.GetByRole(AriaRole.Alert)).ToContainTextAsync("None of the 1 runs has return/none with a finite value.");
        await page.Go("compare?q=metricless&group=parameters.gama");
        await Expect(page.Tab.GetByRole(AriaRole.Alert)).ToContainTextAsync("No run's plan has 'parameters.gama'.");
    }

    private async Task AddGroups(string name, string? environment = null)
    {
        foreach (var (algorithm, level) in new[] { ("better", 4.0), ("worse", 2.5) })
            for (var seed = 1; seed <= 2; seed++)
            {
                var run = await lab.Send("runs", new JsonObject
                {
                    ["source"] = "external",
                    ["name"] = $"{name} {algorithm} {environment} {seed}",
                    ["algorithm"] = algorithm,
                    ["environment"] = environment ?? $"{name}-world",
                    ["steps"] = 100_000,
                    ["seed"] = seed,
                });
                int[] steps = [.. Enumerable.Range(0, 101).Select(index => index * 1000)];
                await lab.Send($"runs/{run["id"]}/metrics", new JsonObject
                {
                    ["series"] = new JsonObject
                    {
                        ["return/extrinsic"] = new JsonObject
                        {
                            ["step"] = new JsonArray([.. steps.Select(step => (JsonNode)step)]),
                            ["value"] = new JsonArray([.. steps.Select(step => (JsonNode)((level + 0.2 * seed) * step / 100_000.0 - 0.5))]),
                        },
                    },
                });
                await lab.Send($"runs/{run["id"]}/complete", new JsonObject());
            }
    }

    private static async Task<string> Export(LabPage page, string item)
    {
        var card = page.Tab.Locator(".chart-card").First;
        var download = await page.Tab.RunAndWaitForDownloadAsync(async () =>
        {
            await card.Locator("summary").ClickAsync();
            await card.GetByText(item).ClickAsync();
        });
        return await download.PathAsync();
    }
}
