using IntrinsicLab.Web.Components;

namespace IntrinsicLab.Tests.Web.Components;

public sealed class PaletteTests
{
    private static readonly Guid[] Runs = [.. Enumerable.Range(1, 40).Select(index => Guid.CreateVersion7(DateTimeOffset.UnixEpoch.AddDays(index)))];

    [Fact]
    public void Assign_UpToEightRuns_SharesNoColour() =>
        Assert.Equal(8, Palette.Assign(Runs.Take(8)).Values.Select(look => look.Slot).Distinct().Count());

    [Fact]
    public void Assign_BeyondEight_SharesNoLook() =>
        Assert.Equal(40, Palette.Assign(Runs).Values.Distinct().Count());

    [Fact]
    public void Assign_DoesNotDependOnTheOrderOfTheTable() =>
        Assert.Equal(Palette.Assign(Runs.Take(12)), Palette.Assign(Runs.Take(12).Reverse()));

    [Fact]
    public void Assign_OfOneRun_IsItsOwnSlot() =>
        Assert.All(Runs, run => Assert.Equal(new SeriesLook(Palette.Own(run), 0), Palette.Assign([run])[run]));

    [Fact]
    public void Assign_WhenAYoungerRunIsAdded_KeepsTheColoursOfTheOlder()
    {
        var before = Palette.Assign(Runs.Take(5));
        var after = Palette.Assign(Runs.Take(6));

        Assert.All(before, pair => Assert.Equal(pair.Value, after[pair.Key]));
    }
}
