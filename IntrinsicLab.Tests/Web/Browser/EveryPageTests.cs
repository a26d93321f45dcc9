using System.Text.Json.Nodes;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Tests.Core.Algorithms;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace IntrinsicLab.Tests.Web.Browser;

[Collection(BrowserCollection.Name), Trait("Kind", "Browser")]
public sealed class EveryPageTests(LabInBrowser lab)
{
    private static readonly string[] Fixed =
        ["", "runs", "compare", "baselines", "new", "queue", "algorithms", "algorithms/ppo", "bandits", "notation", "environments", "environments/cartpole", "environments/catch?mode=keyboard",
            "environments/mountain-car-continuous?mode=keyboard", "environments/gymnasium", "gymnasium", "settings", "reproductions", "reproductions/quick-figure?scale=reduced", "reproductions/no-such-figure", "runs/00000000-0000-0000-0000-000000000000",
            "experiments", "experiments/new", "experiments/00000000-0000-0000-0000-000000000000", "experiments/{experiment}", "experiments/{experiment}?tab=runs",
            "rules", "rules/no-such-rule@1", "rules/{rule}", "sweeps", "sweeps/new", "sweeps/00000000-0000-0000-0000-000000000000"];

    public static TheoryData<string> Paths => [.. Fixed, "runs/{id}", "runs/{id}?tab=replay", "runs/{id}?tab=play", "runs/{id}?tab=figures", "runs/{id}?tab=configuration", "runs/{id}?tab=log", "runs/{id}?tab=system", "runs/{id}?tab=events"];

    private static readonly LearnedRule Rule = LearnedRuleFileTests.Rule(name: "every-page", version: 1);

    private static Guid? shared;
    private static string? sharedExperiment;

    [Theory, MemberData(nameof(Paths))]
    public async Task Page_InBothThemes_IsAccessibleAndFreeOfErrors(string path)
    {
        foreach (var scheme in (ColorScheme[])[ColorScheme.Light, ColorScheme.Dark])
        {
            await using var page = await lab.Open(await Fill(path), scheme: scheme);
            await page.Tab.WaitForTimeoutAsync(500);

            await page.AssertAccessible();
            page.AssertNoErrors();
        }
    }

    [Theory, MemberData(nameof(Paths))]
    public async Task Page_OnAPhone_IsNoWiderThanTheScreen(string path)
    {
        await using var page = await lab.Open(await Fill(path), width: 420);
        await page.Tab.WaitForTimeoutAsync(300);

        await page.AssertNoOverflow();
    }

    [Fact]
    public async Task UnknownAddress_ShowsAPageThatSaysSo()
    {
        await using var page = await lab.Open("");

        var response = await page.Tab.GotoAsync("no/such/page");

        Assert.Equal(404, response!.Status);
        await Expect(page.Tab.GetByRole(AriaRole.Heading, new() { Name = "There is no such page" })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task ChosenTheme_StaysAndIsThereBeforeTheFirstPaint()
    {
        await using var page = await lab.Open("settings");
        await page.Tab.GetByRole(AriaRole.Button, new() { Name = "Dark", Exact = true }).ClickAsync();

        await page.Tab.AddInitScriptAsync("document.addEventListener('readystatechange', () => window.early ??= document.documentElement.dataset.theme)");
        await page.Go("settings");

        Assert.Equal("dark", await page.Tab.EvaluateAsync<string>("window.early"));
        Assert.Equal("rgb(17, 19, 21)", await page.Tab.EvaluateAsync<string>("getComputedStyle(document.documentElement).backgroundColor"));
    }

    [Fact]
    public async Task Smoothing_IsDebiasedAndSkipsHoles()
    {
        await using var page = await lab.Open("");

        var smoothed = await page.Tab.EvaluateAsync<double[]>(
            "async () => Array.from((await import('/js/curves.js')).smooth([2, NaN, 4, 4], 0.5)).map(value => Number.isNaN(value) ? -1 : value)");

        // Worked out by hand: 2; hole; (0.25·2 + 0.5·4) / 0.75; (0.125·2 + 0.25·4 + 0.5·4) / 0.875.
        Assert.Equal([2, -1, 10.0 / 3, 26.0 / 7], smoothed, (a, b) => Math.Abs(a - b) < 1e-12);
    }

    [Fact]
    public async Task Counts_KeepTheirZeros()
    {
        await using var page = await lab.Open("");

        Assert.Equal("100\u2009k 2\u2009M 1.25\u2009M 500", await page.Tab.EvaluateAsync<string>(
            "async () => { const { count } = await import('/js/curves.js'); return [100000, 2e6, 1.25e6, 500].map(count).join(' '); }"));
    }

    private async Task<string> Fill(string path)
    {
        if (path.Contains("{id}", StringComparison.Ordinal))
            shared ??= await lab.AddCurves("every page");
        if (path.Contains("{experiment}", StringComparison.Ordinal) && sharedExperiment is null)
        {
            sharedExperiment = (string)(await lab.Send("experiments", JsonNode.Parse(
                """{"name":"every page","algorithms":["ppo"],"environments":["cartpole"],"seeds":1,"steps":5120,"grid":{"ppo.gamma":[0.9,0.99]}}""")!))["id"]!;
            await lab.Client.GetAsync($"experiments/{sharedExperiment}?wait=60");
        }
        if (path.Contains("{rule}", StringComparison.Ordinal) && !(await lab.Client.GetAsync($"rules/{Rule.Id}")).IsSuccessStatusCode)
            await lab.Send("rules", JsonNode.Parse(LearnedRuleFile.Write(Rule))!);
        return path.Replace("{rule}", Rule.Id, StringComparison.Ordinal).Replace("{experiment}", sharedExperiment, StringComparison.Ordinal).Replace("{id}", shared.ToString(), StringComparison.Ordinal);
    }
}
