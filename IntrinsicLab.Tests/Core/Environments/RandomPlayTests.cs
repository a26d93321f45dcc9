using System.Text.Json.Nodes;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Tests.Support;

namespace IntrinsicLab.Tests.Core.Environments;

public class RandomPlayTests
{
    [Fact]
    public void Of_Catch_ReturnsWhatChancePays()
    {
        var play = RandomPlay.Of(EnvironmentCatalog.Find("catch")!, seed: 1);

        // One column of ten is right: 0.1 − 0.9, with a deviation of 0.6 over 1,000 episodes.
        Assert.Equal((1000, 9, 0), (play.Episodes, play.Length, play.Cut));
        Assert.InRange(play.Mean, -0.88, -0.72);
        Assert.InRange(play.StandardDeviation, 0.5, 0.7);
    }

    [Fact]
    public void CommittedFile_ListsEveryEnvironmentThatCanBePlayed()
    {
        var listed = JsonNode.Parse(File.ReadAllText(Path.Combine(Repository.Root, "docs", "random-returns.json")))!["returns"]!.AsObject();

        Assert.Empty(EnvironmentCatalog.All.Where(entry => entry.WhyUnavailable() is null).Select(entry => entry.Id).Except(listed.Select(row => row.Key)));
        Assert.Empty(listed.Select(row => row.Key).Except(EnvironmentCatalog.All.Select(entry => entry.Id)));
    }
}
