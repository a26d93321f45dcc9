using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Environments.Wrappers;
using IntrinsicLab.Core.Experiments;

namespace IntrinsicLab.Tests.Core.Experiments;

public partial class PublishedFigureTests
{
    // Algorithms of the design; one that is not in the catalogue yet may be named, a misspelt one not.
    private static readonly string[] Algorithms = ["a2c", "ppo", "trpo", "sac", "lirpg", "cln", "vime", "count-bonus", "diayn", "gpim", "lpg"];

    private static readonly string[] Spreads = ["sd", "se", "ci95", "minmax", "quartiles", "unstated", "none"];

    [Fact]
    public void Figures_OfTheFile_AreComplete()
    {
        Assert.Distinct(PublishedFigures.All.Select(figure => figure.Id));
        Assert.All(PublishedFigures.All, IsComplete);
    }

    [Fact]
    public void Figures_OfTheFile_NameEnvironmentsAndParametersOfTheCatalogue() => Assert.All(PublishedFigures.All, IsOfTheCatalogue);

    [Fact]
    public void Figures_OfAlgorithmsWithoutPublishedReturns_AreNotInvented() =>
        Assert.All(PublishedFigures.All.Where(figure => figure.Ours is "lirpg" or "cln" or "diayn" or "gpim"),
            figure => Assert.Equal(FigureTrust.Prototype, figure.Trust));

    [Fact]
    public void Differences_OfADelayedRun_NameTheDelay()
    {
        var figure = PublishedFigures.All.First(each => each.Id == "prototype-segway-ppo");
        var defaults = new JsonObject { ["delay"] = 1, ["paidSpeed"] = 3.0 };

        Assert.Empty(PublishedFigures.Differences(figure, (JsonObject)defaults.DeepClone(), defaults));
        Assert.Equal(["delay 1, here 20"], PublishedFigures.Differences(figure, new() { ["delay"] = 20, ["paidSpeed"] = 3.0 }, defaults));
    }

    private static void IsComplete(PublishedFigure figure)
    {
        Assert.Matches(KebabCase(), figure.Id);
        Assert.All((string[])[figure.Algorithm, figure.Task, figure.Metric, figure.Reading, figure.Source.Authors, figure.Source.Title, figure.Source.Place],
            text => Assert.False(string.IsNullOrWhiteSpace(text)));
        Assert.True(double.IsFinite(figure.Value));
        Assert.Contains(figure.Statistic, (string[])["mean", "median"]);
        Assert.True(figure.Source.Year is null or (> 1980 and < 2100));
        Assert.True(figure.Seeds is null or > 0);
        Assert.True(figure.Steps is null or > 0);
        Assert.True(figure.Ours is null || Algorithms.Contains(figure.Ours), figure.Ours);
        Assert.Contains(figure.Spread.Kind, Spreads);
        switch (figure.Spread.Kind)
        {
            case "none":
                Assert.Equal(new FigureSpread("none"), figure.Spread);
                break;
            case "minmax" or "quartiles":
                Assert.True(figure.Spread.Low <= figure.Value && figure.Value <= figure.Spread.High && figure.Spread.Amount is null, figure.Spread.ToString());
                break;
            default:
                Assert.True(figure.Spread is { Amount: >= 0, Low: null, High: null }, figure.Spread.ToString());
                break;
        }
    }

    private static void IsOfTheCatalogue(PublishedFigure figure)
    {
        var entry = EnvironmentCatalog.Find(figure.Environment);
        Assert.NotNull(entry);

        var problems = new List<Problem>();
        var members = Members.Of(JsonSerializer.SerializeToElement(figure.EnvironmentParameters), "", problems);
        ParameterSchema.Of(entry.Parameters).Read(members, Activator.CreateInstance(entry.Parameters)!, problems);
        ParameterSchema.Of(typeof(WrapperConfig)).Read(members, new WrapperConfig(), problems);
        members.RefuseOthers("parameter", []);

        Assert.Empty(problems);
    }

    [GeneratedRegex("^[a-z0-9]+(-[a-z0-9]+)*$")]
    private static partial Regex KebabCase();
}
