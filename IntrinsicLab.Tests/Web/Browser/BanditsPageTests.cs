using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace IntrinsicLab.Tests.Web.Browser;

[Collection(BrowserCollection.Name), Trait("Kind", "Browser")]
public sealed class BanditsPageTests(LabInBrowser lab)
{
    [Fact]
    public async Task Page_FromTheAlgorithms_PlaysWhatStandsInTheAddress()
    {
        await using var page = await lab.Open("algorithms");
        var tab = page.Tab;
        await tab.GetByRole(AriaRole.Link, new() { Name = "Bandits" }).ClickAsync();
        var rows = tab.GetByRole(AriaRole.Group, new() { Name = "Final regret and pulls, table" }).Locator("tbody tr");
        await Expect(rows).ToHaveCountAsync(6);
        await Expect(tab.Locator("lab-bandits .meaning")).ToContainTextAsync("has lost least");
        await Expect(tab.Locator("lab-bandits .scatterlayer > .trace")).ToHaveCountAsync(10);

        await tab.Locator("#horizon").FillAsync("200");
        await tab.Locator("#horizon").BlurAsync();
        await tab.GetByLabel("Remove rule 5").ClickAsync();
        await Expect(rows).ToHaveCountAsync(5);
        await tab.GetByLabel("c of rule 1", new() { Exact = true }).FillAsync("0.5");
        await tab.GetByLabel("c of rule 1", new() { Exact = true }).BlurAsync();
        await Expect(rows.First).ToContainTextAsync("UCB-1 with c 0.5");
        await Expect(tab.Locator("lab-bandits .meaning")).ToContainTextAsync("After 200 steps");
        await Expect(tab).ToHaveURLAsync(new Regex("horizon=200.*rules=ucb1"));
        var shown = await rows.First.InnerTextAsync();

        // What was chosen outlives a reload, and goes with Back.
        await page.Go(tab.Url);
        await Expect(rows.First).ToHaveTextAsync(new Regex(Regex.Escape(shown).Replace("\t", "\\s*").Replace("\\t", "\\s*")));
        await tab.GoBackAsync();
        await Expect(rows.First).Not.ToContainTextAsync("with c");

        await tab.Locator("#arms").FillAsync("0.5, 2");
        await tab.Locator("#arms").BlurAsync();
        await Expect(tab.GetByRole(AriaRole.Alert)).ToContainTextAsync("“2” is no probability");
        await Expect(tab.Locator("#arms")).ToHaveAttributeAsync("aria-invalid", "true");
        await Expect(tab.Locator("lab-bandits")).ToHaveCountAsync(0);
        await tab.Locator("#arms").FillAsync("0.5, 0.2, 0.1");
        await tab.Locator("#arms").BlurAsync();
        await Expect(rows.First.Locator("td")).ToHaveCountAsync(5);
        await tab.GetByText("Logarithmic axes").ClickAsync();
        await Expect(tab).ToHaveURLAsync(new Regex("log=1"));
        await page.AssertAccessible();
        await page.AssertNoOverflow();
        page.AssertNoErrors();
    }
}
