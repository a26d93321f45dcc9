using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Experiments;

namespace IntrinsicLab.Tests.Core.Experiments;

public class DataSheetTests
{
    [Fact]
    public void Of_CartPole_ReadsItsDocumentation()
    {
        var sheet = DataSheet.Of(EnvironmentCatalog.Find("cartpole")!);

        Assert.StartsWith("A pole hinged to a cart", sheet.Summary);
        Assert.Equal(["Actions", "Observation", "Reward", "Start", "Terminated", "Source"], sheet.Entries.Select(fact => fact.Heading));
        Assert.Contains("“Sutton barto reward”", sheet.Entries.Single(fact => fact.Heading == "Reward").Text);
    }

    [Fact]
    public void Of_EveryEnvironment_TellsActionsObservationRewardAndSource()
    {
        foreach (var entry in EnvironmentCatalog.All.Where(entry => entry.Family != "Your own environments"))
        {
            var headings = DataSheet.Of(entry).Entries.Select(fact => fact.Heading).ToList();
            foreach (var heading in (string[])["Actions", "Observation", "Reward", "Source"])
                Assert.True(headings.Contains(heading), $"{entry.Id} documents no {heading}.");
        }
    }
}
