using System.Text.Json.Nodes;
using System.Xml.Linq;
using IntrinsicLab.Core.Statistics;
using IntrinsicLab.Data;
using IntrinsicLab.Tests.Support;

namespace IntrinsicLab.Tests.Data;

public class FigureSvgTests
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    [Fact]
    public void Draw_TwoEnvironments_HasAPanelForEachAndOneLegend()
    {
        var figure = QuickFigure.Read(plan =>
        {
            plan["environments"] = new JsonArray("catch", "cartpole");
            plan["reproduction"]!["title"] = "Less <is> more & \"better\"";
        });
        var picture = FigureSvg.Draw(figure, Comparison("catch", "cartpole"), ["A note that is not short: " + string.Join(' ', Enumerable.Repeat("word", 60))]);
        var texts = XDocument.Parse(picture).Descendants(Svg + "text").Select(text => text.Value).ToList();

        Assert.Equal(picture, FigureSvg.Draw(figure, Comparison("catch", "cartpole"), ["A note that is not short: " + string.Join(' ', Enumerable.Repeat("word", 60))]));
        Assert.Contains("Less <is> more & \"better\"", texts);
        Assert.Single(texts, "with PPO");
        Assert.Single(texts, "with A2C");
        Assert.True(texts.IndexOf("catch") >= 0 && texts.IndexOf("catch") < texts.IndexOf("cartpole"));
        Assert.Equal(2, texts.Count(text => text == "Environment steps"));
        Assert.Equal(2, texts.Count(text => text == "Return, mean of the last 100 episodes"));
        Assert.Contains("4\u2009k", texts);
        Assert.All(texts, text => Assert.InRange(text.Length, 1, 200));
        // A group has one colour in every panel: two lines of each.
        var strokes = XDocument.Parse(picture).Descendants(Svg + "polyline").GroupBy(line => (string)line.Attribute("style")!).Select(lines => lines.Count());
        Assert.Equal([2, 2], strokes);
        AssertInside(picture);
    }

    [Fact]
    public void Draw_ALineWithAHole_BreaksIt()
    {
        var comparison = Comparison("cartpole");
        var curve = comparison.Groups[0].Curve with { Y = [1, 2, null, 4, 5], Low = [1, 1, null, 3, 4], High = [2, 3, null, 5, 6], X = [0, 1000, 2000, 3000, 4000], N = [2, 2, 0, 2, 2] };
        var picture = XDocument.Parse(FigureSvg.Draw(QuickFigure.Read(), comparison with { Groups = [comparison.Groups[0] with { Curve = curve }] }, []));

        Assert.Equal(2, picture.Descendants(Svg + "polyline").Count());
        Assert.Equal(2, picture.Descendants(Svg + "polygon").Count());
        Assert.DoesNotContain("NaN", picture.ToString());
    }

    [Fact]
    public void Draw_Bars_HasOneForEachGroupWithItsInterval()
    {
        var figure = QuickFigure.Read(plan => plan["reproduction"]!["settings"] = JsonNode.Parse("""{"kind": "bars"}"""));
        var picture = FigureSvg.Draw(figure, Comparison("cartpole"), []);
        var document = XDocument.Parse(picture);

        Assert.Equal(2, document.Descendants(Svg + "rect").Count() - 1);
        Assert.Equal(2, document.Descendants(Svg + "path").Count());
        Assert.Empty(document.Descendants(Svg + "polyline"));
        AssertInside(picture);
    }

    [Fact]
    public void Thumbnail_IsWellFormedAndSaysWhatItShows()
    {
        var picture = XElement.Parse(FigureSvg.Thumbnail(QuickFigure.Read(), Comparison("cartpole")));

        Assert.Equal(2, picture.Descendants("polyline").Count());
        Assert.Contains("with PPO · cartpole 40 over 2 seeds", (string)picture.Attribute("aria-label")!);
        Assert.Contains("var(--series-1)", picture.ToString());
    }

    private static void AssertInside(string picture)
    {
        var root = XDocument.Parse(picture).Root!;
        var (width, height) = ((double)root.Attribute("width")!, (double)root.Attribute("height")!);
        foreach (var text in root.Descendants(Svg + "text"))
        {
            Assert.InRange((double)text.Attribute("x")!, 0, width);
            Assert.InRange((double)text.Attribute("y")!, 0, height);
        }
    }

    private static ComparisonResource Comparison(params string[] environments)
    {
        var settings = new GroupCurveSettings { Band = Band.MinMax };
        var groups = new List<ComparedGroupResource>();
        foreach (var environment in environments)
            foreach (var (name, score) in ((string, double)[])[("with A2C", 20), ("with PPO", 40)])
            {
                SeedCurve[] seeds = [new([0, 4096], [0, score - 1]), new([0, 4096], [0, score + 1])];
                var finals = SeedBand.Of([score - 1, score + 1]);
                var curve = GroupCurve.Of(seeds, [0, 1024, 2048, 3072, 4096], settings);
                groups.Add(new(
                    $"{name} · {environment}", new Dictionary<string, string> { ["arm"] = name, ["environment"] = environment },
                    [new(Guid.Empty, "1", 1, score - 1, score / 2), new(Guid.Empty, "2", 2, score + 1, score / 2)], GroupCurveResource.Of(curve),
                    ScoresResource.Of(finals, null), ScoresResource.Of(finals, null)));
            }
        return new ComparisonResource(new("return/extrinsic", ["arm", "environment"], "steps", "mean", "minmax", 0, null, 200, 0.1, 2000), groups, [], []);
    }
}
