using IntrinsicLab.Core;
using IntrinsicLab.Core.Environments.GridWorlds;

namespace IntrinsicLab.Tests.Core.Environments;

public class LevelMixTests
{
    [Theory]
    [InlineData(LevelSuite.Small, 8)]
    [InlineData(LevelSuite.Wide, 10)]
    [InlineData(LevelSuite.Chains, 2)]
    [InlineData(LevelSuite.Paper, 9)]
    public void Families_OfASuite_DrawWorldsWithinTheirBounds(LevelSuite suite, int count)
    {
        using var mix = new LevelMix(new LevelMixConfig { Suite = suite });

        Assert.Equal(count, mix.Spec.Families.Select(family => family.Name).Distinct().Count());
        foreach (var family in mix.Spec.Families)
            for (var seed = 0UL; seed < 50; seed++)
            {
                var level = family.Draw(new Rng(seed));
                Assert.InRange(level.States, 1, family.MostStates);
                Assert.InRange(level.Actions, 2, family.MostActions);
            }
    }

    [Fact]
    public void Families_OfTheWideSuite_AreTheSmallOnesWithMoreChainsAndLongerLivesInLargerGrids()
    {
        using var small = new LevelMix(new LevelMixConfig());
        using var wide = new LevelMix(new LevelMixConfig { Suite = LevelSuite.Wide });
        var families = wide.Spec.Families;

        Assert.Equal(small.Spec.Families.Select(family => family.Name), families.SkipLast(2).Select(family => family.Name));
        Assert.All(families, family => Assert.Equal(family.First ? 3 : 1, family.Share));
        Assert.Equal(["medium-sparse", "random-level-medium"], families.Where(family => family.LifeFactor == 3).Select(family => family.Name));
        Assert.All(small.Spec.Families, family => Assert.Equal((1, 1), (family.Share, family.LifeFactor)));
    }
}
