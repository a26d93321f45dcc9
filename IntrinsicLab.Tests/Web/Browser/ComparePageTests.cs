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
        await Expect(page.Tab.Locator("lab-compare .scatterlayer > .trace")).ToHaveCountAsync(3, new() { Timeout = 20_000 });
        var row = page.Tab.GetByRole(AriaRole.Group, new() { Name = "Final scores" }).Locator("tbody tr");
        await Expect(row).ToHaveCountAsync(1);
        await Expect(row).ToContainTextAsync("ppo · cartpole");
        await Expect(row).ToContainTextAsync("3 of 3");
        await Expect(page.Tab.Locator(".method")).ToContainTextAsync("Mean over 3 seeds; band: 95 % percentile bootstrap");
        await Expect(page.Tab.Locator("lab-compare .sr-only")).ToContainTextAsync("ppo · cartpole: ");

        await page.Tab.GetByLabel("Line").SelectOptionAsync("median");
        await page.Tab.GetByLabel("Band").SelectOptionAsync("minmax");
        await Expect(page.Tab.Locator(".method")).ToContainTextAsync("Median over 3 seeds; band: smallest to largest seed");
        await page.Go(page.Tab.Url);
        await Expect(page.Tab.GetByLabel("Line")).ToHaveValueAsync("median");
        await Expect(page.Tab.Locator(".method")).ToContainTextAsync("Median over 3 seeds");

        var download = await page.Tab.RunAndWaitForDownloadAsync(async () =>
        {
            await page.Tab.GetByLabel("Export").ClickAsync();
            await page.Tab.GetByText("Download CSV of what is drawn").ClickAsync();
        });
        var lines = await File.ReadAllLinesAsync(await download.PathAsync());
        Assert.Equal("group,steps,value,low,high,seeds", lines[0]);
        Assert.Contains(lines, line => line.StartsWith("\"ppo · cartpole\",100000,", StringComparison.Ordinal) && line.EndsWith(",3", StringComparison.Ordinal));
        page.AssertNoErrors();
    }

    [Fact]
    public async Task MetricThatNobodyHas_IsSaidPlainly()
    {
        await lab.AddCurves("metricless");
        await using var page = await lab.Open("compare?q=metricless&metric=return/none");

        await Expect(page.Tab.GetByRole(AriaRole.Alert)).ToContainTextAsync("None of the 1 runs has return/none with a finite value.");
    }
}
